/** Carrying out an operation for a tool: in this program's own hub, or, in a bridge, at a hub that is elsewhere. */
import { andThen } from '../../core/eventually.ts';
import type { Hub } from '../../core/hub.ts';
import type { Cancel, Delivery } from '../../core/listening.ts';
import type { Eventually } from '../../core/types.ts';
import { type AnyOperation, execute, type Proof, type Services } from '../../operations/operation.ts';

export interface Performed {
  readonly value: unknown;
  readonly delivery?: Delivery | undefined;
}

/** @throws HubError what the agent is told, at once or later */
export type Perform = (
  operation: AnyOperation,
  proof: Proof,
  input: Readonly<Record<string, unknown>>,
  signal: Cancel,
) => Eventually<Performed>;

/** Carries operations out in a hub of this process. */
export const performIn =
  (hub: Hub, services: Services): Perform =>
  (operation, proof, input, signal) =>
    andThen(execute(hub, services, operation, proof, input, signal), (done) =>
      done.answers === 'late' ? done.given : (done as Performed),
    );
