/** Callers whom the gate lets in from memory: see core/recalling.ts. */
import { bandToken, isBand } from '../core/bands.ts';
import type { Hub } from '../core/hub.ts';
import { hashSecret, sameHash } from '../core/ids.ts';
import type { Cancel } from '../core/listening.ts';
import { OutdatedError } from '../core/recalling.ts';
import type { Eventually } from '../core/types.ts';
import { knowsHub, type OpenCall } from './admit.ts';
import type { AnyOperation, Given, Proof, Services } from './operation.ts';

/** The call of somebody who is remembered and shows what they showed then; undefined for everybody who is to be asked about. */
export const recalled = (
  hub: Hub,
  services: Services,
  op: AnyOperation,
  proof: Proof,
  signal: Cancel | undefined,
): OpenCall | undefined => {
  const { channelId, sessionId } = proof;
  if (op.rate || channelId === undefined || sessionId === undefined) return undefined;
  const found = hub.engine.recall?.(channelId, hashSecret(sessionId));
  if (!found) return undefined;
  const shown = proof.channelToken ?? proof.bearer;
  let token = shown ?? '';
  if (!proof.sessionOpens) {
    if (hub.bands && isBand(channelId)) {
      if (!knowsHub(services, proof)) return undefined;
      token = bandToken(proof.address);
    } else if (shown === undefined || !sameHash(hashSecret(shown), found.channel.joinTokenHash)) return undefined;
  }
  return { hub, services, proof, signal, input: undefined, ...found, token };
};

/**
 * Runs a call from memory. When that does not hold, or something is wrong before the engine had its look, the caller
 * is asked about as any other, so that every refusal is the one that it would have been without memory.
 * @param inputOf the input, checked; it may throw
 * @param ask lets the caller in by asking
 * @throws HubError
 */
export const fromMemory = (
  op: AnyOperation,
  call: OpenCall,
  inputOf: () => unknown,
  ask: () => Eventually<OpenCall>,
): Promise<Given<unknown>> => {
  const again = async (error: unknown): Promise<Given<unknown>> => {
    if (call.session?.recalled?.holds) throw error;
    const asked = await ask();
    if (!(error instanceof OutdatedError)) throw error;
    asked.input = call.input;
    return op.run(asked) as Promise<Given<unknown>>;
  };
  // A listen may be parked for long, and holds no more than it must.
  try {
    call.input = inputOf();
    return (op.run(call) as Promise<Given<unknown>>).catch(again);
  } catch (error) {
    return again(error);
  }
};
