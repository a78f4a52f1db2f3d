/** Receivers for the tests of a room, and waiting for what is sent to them. */
import { onTestFinished } from 'vitest';
import type { Party } from './agent.ts';
import { type Manner, Receiver } from './receiver.ts';
import type { Room } from './room.ts';
import { turns } from './until.ts';

/** A receiver that is there as long as the test. */
export const receives = async (_: Room, manner?: Manner): Promise<Receiver> => {
  const receiver = await Receiver.start(manner);
  onTestFinished(() => receiver.close());
  return receiver;
};

type Deliveries = Awaited<ReturnType<Party['deliveries']>>;

const LOOKS = 20_000;

/** The deliveries of a webhook, newest first, once they are as wanted. */
export const deliveriesWhen = async (party: Party, id: string, so: (deliveries: Deliveries) => boolean): Promise<Deliveries> => {
  let deliveries: Deliveries = [];
  for (let i = 0; i < LOOKS; i++) {
    deliveries = await party.deliveries(id);
    if (so(deliveries)) return deliveries;
    await turns(1);
  }
  throw new Error(`waited in vain; the deliveries are ${JSON.stringify(deliveries)}`);
};

/** Waits until so many deliveries are done. */
export const done = (party: Party, id: string, count: number): Promise<Deliveries> =>
  deliveriesWhen(party, id, (deliveries) => deliveries.filter(({ state }) => state !== 'pending').length >= count);

/** Waits until the newest delivery has been tried so often. */
export const tried = (party: Party, id: string, attempts: number): Promise<Deliveries> =>
  deliveriesWhen(party, id, (deliveries) => deliveries[0]?.attempts.length === attempts);
