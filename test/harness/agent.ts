/** Those who call the hub in tests: everybody by the same words, whatever the way in. */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { adminChannel, adminChannels, adminCloseChannel, adminOverview } from '../../src/operations/admin.ts';
import { bands, channelInfo, createChannel, transcript } from '../../src/operations/channels.ts';
import { ack, listen, wait } from '../../src/operations/hearing.ts';
import { createIdentity, join, leave, roster } from '../../src/operations/members.ts';
import { closeChannel, guards, kick, pause, resume, rotateToken, setGuards } from '../../src/operations/owner.ts';
import { history, messageReceipts, send } from '../../src/operations/talk.ts';
import { createWebhook, deleteWebhook, testWebhook, webhookDeliveries, webhooks } from '../../src/operations/webhooks.ts';
import type { Channel, Room } from './room.ts';
import { Tape } from './tape.ts';
import type { Call, Named, Proofs } from './transports/wire.ts';

type Fields = Readonly<Record<string, unknown>>;
export type ChannelFields = Fields;
export type JoinFields = Fields;
export type HeardAnswer = z.output<typeof listen.output>;
export type JoinAnswer = z.output<typeof join.output>;

/** How a call is made, beside its fields. */
export interface How {
  readonly signal?: AbortSignal;
  /** The connection dies just before the answer. */
  readonly cut?: boolean;
}

/** Whoever calls, with what they can show. */
export class Party {
  readonly room: Room;
  readonly proofs: Proofs;

  constructor(room: Room, proofs: Proofs) {
    this.room = room;
    this.proofs = proofs;
  }

  /** The same caller, showing something else. */
  showing(proofs: Proofs): Party {
    return new Party(this.room, { ...this.proofs, ...proofs });
  }

  /** Calls, and checks that the answer is exactly what the operation declares. */
  call<O extends z.ZodType>(op: Named<O>, input: Fields = {}, how: How = {}): Promise<z.output<O>> {
    const answer = this.#call(op, input, how);
    // Tests make several calls and look at them one by one: a refusal may wait until its turn.
    answer.catch(() => {});
    return answer;
  }

  async #call<O extends z.ZodType>(op: Named<O>, input: Fields, how: How): Promise<z.output<O>> {
    const call: Call = { proofs: this.proofs, input, signal: how.signal, cut: how.cut };
    const value = await this.room.wire.call(op, call);
    const checked = op.output.safeParse(value);
    if (!checked.success) throw new Error(`the answer of ${op.name} is not as declared: ${checked.error.message}`);
    if (!isDeepStrictEqual(checked.data, value))
      throw new Error(`the answer of ${op.name} has undeclared fields: ${JSON.stringify(value)}`);
    return value;
  }

  createChannel(fields: ChannelFields = {}) {
    return this.call(createChannel, fields);
  }

  async bands() {
    return (await this.call(bands)).bands;
  }

  createIdentity(fields: Fields = {}) {
    return this.call(createIdentity, fields);
  }

  join(callsign: string, fields: JoinFields = {}): Promise<JoinAnswer> {
    return this.call(join, { callsign, ...fields });
  }

  send(to: string, message: string, fields: Fields = {}) {
    return this.call(send, { to, message, ...fields });
  }

  /** Listens, without waiting if nothing else is said. */
  listen(fields: Fields = {}, how: How = {}): Promise<HeardAnswer> {
    return this.call(listen, { timeout: 0, ...fields }, how);
  }

  wait(fields: Fields = {}, how: How = {}): Promise<HeardAnswer> {
    return this.call(wait, fields, how);
  }

  /** Listens and returns when the listener stands by; its answer is a promise inside. */
  async park(fields: Fields = {}, how: { readonly cut?: boolean; readonly by?: 'listen' | 'wait' } = {}): Promise<Parked> {
    const gone = new AbortController();
    const before = this.room.hub.waiters.count;
    const { by = 'listen', cut = false } = how;
    const answer = this.call(by === 'wait' ? wait : listen, { timeout: 30, ...fields }, { cut, signal: gone.signal });
    // Whoever looks at it will see how it ended.
    answer.catch(() => {});
    await this.room.parked(before + 1);
    return { answer, goAway: () => gone.abort() };
  }

  /** Opens a stream and reads it from now on. */
  stream(fields: Fields = {}, form: 'sse' | 'ndjson' = 'sse'): Tape {
    return new Tape((signal) => this.room.wire.stream({ proofs: this.proofs, input: fields, signal }, form));
  }

  ack(id: number | string) {
    return this.call(ack, { id });
  }

  async roster() {
    return (await this.call(roster)).roster;
  }

  async history(n?: number) {
    return (await this.call(history, { n })).messages;
  }

  message(id: number | string) {
    return this.call(messageReceipts, { id });
  }

  /** How far a message has come, by callsign. */
  async receipts(id: number): Promise<Record<string, string>> {
    const { receipts } = await this.message(id);
    return Object.fromEntries(receipts.map(({ callsign, state }) => [callsign, state]));
  }

  info() {
    return this.call(channelInfo);
  }

  leave() {
    return this.call(leave);
  }

  createWebhook(fields: Fields) {
    return this.call(createWebhook, fields);
  }

  async webhooks() {
    return (await this.call(webhooks)).webhooks;
  }

  deleteWebhook(id: string) {
    return this.call(deleteWebhook, { webhook_id: id });
  }

  testWebhook(id: string) {
    return this.call(testWebhook, { webhook_id: id });
  }

  async deliveries(id: string, fields: Fields = {}) {
    return (await this.call(webhookDeliveries, { webhook_id: id, ...fields })).deliveries;
  }

  async transcript(fields: Fields = {}) {
    return this.call(transcript, fields);
  }

  // What an owner token opens

  close(fields: Fields = {}) {
    return this.call(closeChannel, fields);
  }

  rotate() {
    return this.call(rotateToken);
  }

  kick(callsign: string, fields: Fields = {}) {
    return this.call(kick, { callsign, ...fields });
  }

  pause() {
    return this.call(pause);
  }

  resume() {
    return this.call(resume);
  }

  guards() {
    return this.call(guards);
  }

  setGuards(fields: Fields) {
    return this.call(setGuards, fields);
  }
}

/** Whoever runs the hub. */
export class Operator extends Party {
  overview() {
    return this.call(adminOverview);
  }

  channels(fields: Fields = {}) {
    return this.call(adminChannels, fields);
  }

  channel(channelId: string) {
    return this.showing({ channelId }).call(adminChannel);
  }

  closeChannel(channelId: string, fields: Fields = {}) {
    return this.showing({ channelId }).call(adminCloseChannel, fields);
  }
}

export interface Parked {
  readonly answer: Promise<HeardAnswer>;
  /** The listener's client dies. */
  goAway(): void;
}

/** A party that has joined. */
export class Agent<P extends Party = Channel> extends Party {
  readonly channel: P;
  readonly callsign: string;
  readonly joined: JoinAnswer;

  constructor(channel: P, joined: JoinAnswer) {
    super(channel.room, { ...channel.proofs, sessionId: joined.session_id });
    this.channel = channel;
    this.callsign = joined.callsign;
    this.joined = joined;
  }

  get sessionId(): string {
    return this.joined.session_id;
  }

  /** Sends to all. */
  say(message: string, fields: Fields = {}) {
    return this.send('all', message, fields);
  }

  /** Joins again under the same callsign. */
  rejoin(fields: JoinFields = {}): Promise<JoinAnswer> {
    return this.channel.join(this.callsign, fields);
  }

  /** The same agent in the session of a later join. */
  async back(fields: JoinFields = {}): Promise<Agent<P>> {
    return new Agent(this.channel, await this.rejoin(fields));
  }
}

/** The texts of an answer, in order. */
export const texts = ({ messages }: { readonly messages: readonly { readonly text: string }[] }): string[] =>
  messages.map(({ text }) => text);

/** The texts of an answer; those that are flagged as redelivered in brackets. */
export const marked = ({
  messages,
}: {
  readonly messages: readonly { readonly text: string; readonly redelivered?: boolean | undefined }[];
}): string[] => messages.map(({ text, redelivered }) => (redelivered ? `(${text})` : text));
