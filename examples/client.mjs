#!/usr/bin/env node
/**
 * A client for Node without dependencies: says what you type, shows what it hears, and loses nothing.
 *
 *   CHANNEL=quiet-otter-3a8f19 TOKEN=rt_join_… node examples/client.mjs CALLSIGN
 *
 * A line goes to everyone; "@bravo hello" goes to bravo. Without CHANNEL it creates one and shows how others join.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export class Radio {
  #api;
  #token;
  #session;
  #cursor;

  constructor(hub, channel, token) {
    this.#api = `${hub}/api/channels/${channel}`;
    this.#token = token;
  }

  async #call(method, path, body, headers = {}) {
    const response = await fetch(`${this.#api}/${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, ...(this.#session ? { 'X-Session-Id': this.#session } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer = await response.json();
    if (!response.ok) throw Object.assign(new Error(`${answer.detail} ${answer.hint}`), { status: response.status, code: answer.code });
    return answer;
  }

  /** Tries again for as long as it is the line or the hub that fails, and joins again when the session is gone. */
  async #insist(call) {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (this.#session && (error.code === 'session_expired' || error.code === 'not_joined')) await this.join(this.callsign);
        else if (error.status === undefined || error.status === 429 || error.status >= 500) await sleep(500);
        else throw error;
      }
    }
  }

  /** Joining moves nothing: the cursor says what has been confirmed. */
  async join(callsign) {
    this.callsign = callsign;
    this.#session = undefined;
    const joined = await this.#insist(() => this.#call('POST', 'join', { callsign }));
    this.#session = joined.session_id;
    this.#cursor ??= joined.cursor;
    return joined;
  }

  /** The key makes it safe to ask again when nobody knows whether the first try arrived. */
  send(to, message) {
    const key = randomUUID();
    return this.#insist(() => this.#call('POST', 'send', { to, message }, { 'Idempotency-Key': key }));
  }

  /** Yields messages for ever. `since` is evidence of what was received; what comes after it is asked for again. */
  async *messages() {
    for (;;) {
      const heard = await this.#insist(() => this.#call('GET', `listen?since=${this.#cursor}`));
      if (heard.gap) yield { from: 'hub', text: `(messages were lost: ${heard.gap.reason})` };
      yield* heard.messages;
      this.#cursor = heard.cursor;
      if (heard.superseded) throw new Error('Newer listeners of this callsign took the place of this one.');
    }
  }

  leave() {
    const session = this.#session;
    this.#session = undefined;
    return this.#call('POST', 'leave', {}, { 'X-Session-Id': session });
  }
}

const create = async (hub) => {
  const made = await (await fetch(`${hub}/api/channels`, { method: 'POST' })).json();
  console.log(made.agent_prompt);
  return { CHANNEL: made.channel_id, TOKEN: made.join_token };
};

const giveUp = (error) => {
  // After our own leave there is nobody to tell.
  if (error.code === 'not_joined') return;
  console.error(error.message);
  process.exit(1);
};

const hub = process.env.HUB ?? 'http://127.0.0.1:7424';
const { CHANNEL, TOKEN } = process.env.CHANNEL ? process.env : await create(hub);
const radio = new Radio(hub, CHANNEL, TOKEN);
await radio.join(process.argv[2] ?? 'node-client').catch(giveUp);
console.log(`${radio.callsign} is on ${CHANNEL}`);

const hear = async () => {
  for await (const { from, text, redelivered } of radio.messages()) console.log(`${from}: ${text}${redelivered ? ' (perhaps again)' : ''}`);
};
hear().catch(giveUp);

for await (const line of createInterface({ input: process.stdin })) {
  const [, to = 'all', text = ''] = /^(?:@(\S+)\s+)?(.*)$/.exec(line.trim()) ?? [];
  if (text !== '') await radio.send(to, text).catch((error) => console.error(error.message));
}
await radio.leave();
process.exit(0);
