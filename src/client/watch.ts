/** Watching a channel: every message and every coming and going, without a seat and without confirming anything. */
import { Backoff, waitOut } from './backoff.ts';
import type { CallOptions, Credentials, HubClient, StreamEvent } from './client.ts';
import { type ClientError, HubProblem, LinkError } from './errors.ts';

export interface WatchOptions {
  /** Where to begin; default: now. */
  readonly since?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A hub has answered at this address before; default: that is to be seen. */
  readonly met?: boolean | undefined;
  /** The token of the channel as it is known by now; asked when the one that was shown is refused. */
  token?(refused: string | undefined): Promise<string | undefined>;
  /** The hub is away; it is tried again after so many milliseconds. */
  onTrouble?(error: ClientError, ms: number): void;
}

/** The number of the last message. @throws as `call`; LinkError not_a_hub */
const headOf = async (client: HubClient, shown: Credentials, options: CallOptions): Promise<string> => {
  const { counts } = await client.call('channel_info', {}, shown, options);
  if (typeof counts?.head !== 'number') throw new LinkError('not_a_hub', `The answer of ${client.hub} is no channel of a hub.`);
  return String(counts.head);
};

/**
 * The events of a channel until the signal ends it, over restarts of the hub and cut connections.
 * @throws HubProblem when the channel is closed or the token no longer good; LinkError not_a_hub when no hub has answered yet
 */
export async function* watch(
  client: HubClient,
  { channelId, ...shown }: Pick<Credentials, 'channelId' | 'token'>,
  options: WatchOptions = {},
): AsyncGenerator<Exclude<StreamEvent, { type: 'end' }>, void, undefined> {
  const { signal } = options;
  const backoff = new Backoff();
  let { token } = shown;
  let { since, met = false } = options;
  for (;;) {
    try {
      // What is said while the first connection is lost is missed unless it is known where that one began.
      since ??= await headOf(client, { channelId, token }, { signal });
      for await (const event of client.stream({ since }, { channelId, token }, { signal })) {
        backoff.reset();
        met = true;
        if (event.type === 'end') {
          if (event.code === 'shutdown') throw new LinkError('shutdown', event.detail);
          break;
        }
        if (event.type !== 'roster' && event.cursor !== undefined) since = event.cursor;
        yield event;
      }
      throw new LinkError('cut', 'The stream ended.');
    } catch (error) {
      if (signal?.aborted) return;
      const known = error instanceof HubProblem && error.code === 'unauthorized' ? await options.token?.(token) : undefined;
      if (signal?.aborted) return;
      if (known !== undefined && known !== token) {
        token = known;
        continue;
      }
      await waitOut(error, met, backoff, options);
      if (signal?.aborted) return;
    }
  }
}
