/** How far a message has come, in a word; for several recipients in numbers, and one by one when asked. */
import { useSignal } from '@preact/signals';
import { timeBeside } from '../shared/format.ts';
import type { Logged } from './logbook.ts';
import type { Station } from './station.ts';
import type { Receipt } from './wire.ts';

const STATES = ['confirmed', 'delivered', 'queued', 'expired'] as const;

/** `delivered` is handed over; only the recipient's own evidence confirms. */
const MEANS: Readonly<Record<(typeof STATES)[number], string>> = {
  queued: 'Waits in the mailbox.',
  delivered: 'Handed to a live connection, not confirmed yet.',
  confirmed: 'The recipient has confirmed it.',
  expired: 'Left the channel’s memory unseen.',
};

const summary = (receipts: readonly Receipt[]): string => {
  if (receipts.length === 1) return receipts[0]!.state;
  return STATES.map((state) => [receipts.filter((one) => one.state === state).length, state] as const)
    .filter(([n]) => n > 0)
    .map(([n, state]) => `${n} ${state}`)
    .join(' · ');
};

/** The state that is furthest behind: what still has to happen. */
const worst = (receipts: readonly Receipt[]): (typeof STATES)[number] =>
  (['expired', 'queued', 'delivered', 'confirmed'] as const).find((state) => receipts.some((one) => one.state === state)) ?? 'queued';

export const ReceiptLine = ({ station, message }: { readonly station: Station; readonly message: Logged }) => {
  const open = useSignal(false);
  const receipts = station.receipts.of(message).value;
  if (receipts === null) return <span class="receipts" />;
  if (receipts.length === 0) return <span class="receipts">nobody to hear it</span>;
  const state = worst(receipts);
  if (receipts.length === 1) {
    return (
      <span class="receipts" data-state={state} title={`${receipts[0]!.callsign}: ${MEANS[state]}`}>
        {state}
      </span>
    );
  }
  return (
    <>
      <button
        type="button"
        class="quiet receipts"
        data-state={state}
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {summary(receipts)}
      </button>
      {open.value && (
        <ul class="each">
          {receipts.map((one) => (
            <li key={one.callsign} title={MEANS[one.state]}>
              {one.callsign}: {one.state}
              {one.at === null ? '' : ` ${timeBeside(one.at, message.at)}`}
            </li>
          ))}
        </ul>
      )}
    </>
  );
};
