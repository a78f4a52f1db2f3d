/** Whom a guard of a channel stopped, and why, in words. */
import type { z } from 'zod';
import type { trips } from '../../../operations/owner.ts';
import { duration, plural } from './format.ts';

type Trip = z.output<typeof trips>[number];

const STOPPED_FOR: Readonly<Record<Trip['guard'], string>> = {
  callsign_budget: 'for its budget of messages',
  channel_budget: 'for the budget of the channel',
  identical: 'for saying the same again and again',
  hops: 'for a chain of answers without end',
};

export const Stopped = ({ trip }: { readonly trip: Trip }) => (
  <li>
    <b>{trip.callsign}</b> was stopped {plural(trip.times, 'time')} {STOPPED_FOR[trip.guard]}, last{' '}
    {duration(Date.now() - Date.parse(trip.at))} ago
  </li>
);
