/** The map of a Redis Cluster: who holds which slots, as its nodes say. */
import type { Endpoint } from './address.ts';
import type { Reply } from './client.ts';
import { infoOf } from './info.ts';
import type { LinkOptions } from './link.ts';
import { askOnce, within } from './once.ts';
import type { Primary } from './primary.ts';

/** A node that has not answered by then is not waited for, ms. */
const ANSWER_MS = 500;

export interface Shard {
  /** First and last slot. */
  readonly from: number;
  readonly to: number;
  readonly primary: Endpoint;
  readonly replicas: readonly Endpoint[];
}

/** A map, and how much its teller knows: of the larger part of the cluster, and of the latest change. */
interface View {
  readonly shards: readonly Shard[];
  readonly sound: boolean;
  readonly epoch: number;
}

type Send = (args: readonly string[]) => Promise<Reply>;

/** Asks one node. A node that does not know its own name leaves it out: it is the one that was asked. */
const viewOf = async (send: Send, asked: Endpoint): Promise<View> => {
  const [slots, words] = await within(ANSWER_MS, Promise.all([send(['CLUSTER', 'SLOTS']), send(['CLUSTER', 'INFO'])]));
  const endpointOf = ([host, port]: readonly [string | null, number]): Endpoint => ({
    host: host === null || host === '' || host === '?' ? asked.host : host,
    port,
  });
  const info = infoOf(String(words));
  return {
    sound: info.get('cluster_state') === 'ok',
    epoch: Number(info.get('cluster_current_epoch') ?? 0),
    shards: (slots as [number, number, ...[string, number][]][]).map(([from, to, primary, ...replicas]) => ({
      ...{ from, to, primary: endpointOf(primary!) },
      replicas: replicas.map(endpointOf),
    })),
  };
};

/**
 * The map as the best informed of the primaries has it, or, when none of them answers, any other node.
 * @throws the failure of the last that was asked
 */
export const askAny = async (
  { driver }: LinkOptions,
  primaries: readonly Primary[],
  others: readonly Endpoint[],
): Promise<readonly Shard[]> => {
  const asked = primaries.filter((primary) => primary.trouble === null);
  const answers = await Promise.allSettled(asked.map((primary) => viewOf((args) => primary.send(args), primary.endpoint)));
  const views = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const best = views.sort((a, b) => Number(b.sound) - Number(a.sound) || b.epoch - a.epoch)[0];
  if (best) return best.shards;
  let why: unknown = new Error('no node of the Redis Cluster answers');
  for (const endpoint of others) {
    try {
      const client = driver.once(endpoint, 'server');
      return (await askOnce(client, () => viewOf((args) => client.sendCommand(args), endpoint))).shards;
    } catch (error) {
      why = error;
    }
  }
  throw why;
};
