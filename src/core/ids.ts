/** Names and secrets: how they are made, hashed and compared. */
import { createHmac, hash, randomBytes, randomInt } from 'node:crypto';

const ADJECTIVES =
  'amber ancient arctic autumn bold brave bright brisk bronze calm clear clever copper coral crisp dapper deep eager early easy fair fast fleet fond fresh gentle glad golden grand happy hazel honest humble indigo ivory jolly keen kind lively loyal lucid lunar mellow merry mighty misty modest neat nimble noble olive patient plain polar polite proud quick quiet rapid ready rosy royal rustic sage sandy scarlet serene sharp shiny silent silver simple sleek smooth snowy solar solid steady still stout sturdy sunny swift tidy trusty upbeat velvet vivid warm wise witty young zesty'.split(
    ' ',
  );
const ANIMALS =
  'badger bear beaver bison bobcat camel canary caribou cheetah condor cougar coyote crane cricket curlew dingo dolphin dove eagle egret eland elk ermine falcon ferret finch fox gazelle gecko gibbon goose grouse gull hare hawk heron hornet ibex ibis iguana jackal jaguar jay kestrel kiwi koala lark lemur leopard lion lizard llama lynx macaw magpie marmot marten mink mole moose moth newt ocelot okapi oriole osprey otter owl panda panther parrot pelican penguin pigeon pika plover puffin puma quail rabbit raven robin salmon seal shark shrew skunk sloth sparrow spider squid stork swan tapir tern tiger toad toucan trout turtle viper vole walrus weasel whale wolf wombat wren yak zebra'.split(
    ' ',
  );

const pick = (words: readonly string[]): string => words[randomInt(words.length)] ?? 'quiet';

/** A channel id that a person can say aloud: `quiet-otter-3a8f19`. A name, not a secret. */
export const newChannelId = (): string => `${pick(ADJECTIVES)}-${pick(ANIMALS)}-${randomBytes(3).toString('hex')}`;

/** Secrets begin with a fixed word so that secret scanners can find a leaked one. */
export const SECRET_PREFIXES = { join: 'rt_join_', owner: 'rt_owner_', session: 'rt_session_', identity: 'rt_id_' } as const;

/** A secret of 256 random bits. */
export const newSecret = (kind: keyof typeof SECRET_PREFIXES): string => SECRET_PREFIXES[kind] + randomBytes(32).toString('base64url');

/** True when a text begins like one of our secrets. */
export const looksSecret = (text: string): boolean => Object.values(SECRET_PREFIXES).some((prefix) => text.startsWith(prefix));

export const newIdentityId = (): string => `id_${randomBytes(9).toString('base64url')}`;

/** Four letters that tell one run of a store from another (see {@link Position}). */
export const newTag = (): string => randomInt(36 ** 3, 36 ** 4).toString(36);

/** SHA-256 in hex, without the object that `createHash` makes. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex');

/**
 * {@link sha256} with a memory, for secrets that come with every call. The memory is emptied when it is full:
 * cheaper than an LRU, and a miss costs one microsecond.
 */
export const hashSecret: (secret: string) => string = (() => {
  const known = new Map<string, string>();
  return (secret) => {
    let hashed = known.get(secret);
    if (hashed === undefined) {
      hashed = sha256(secret);
      if (known.size >= 20_000) known.clear();
      if (secret.length <= 256) known.set(secret, hashed);
    }
    return hashed;
  };
})();

/**
 * Compares two hex hashes, looking at every digit however many agree. `timingSafeEqual` wants two buffers, which cost
 * more than the comparison; what is compared here are hashes, of which nobody can choose a prefix.
 */
export const sameHash = (a: string, b: string): boolean => {
  if (a.length !== b.length) return false;
  let differing = 0;
  for (let i = 0; i < a.length; i++) differing |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return differing === 0;
};

/**
 * A session id is not stored anywhere: it is derived from the join token, which only joiners have, and a random
 * nonce, which only the hub has. So a copy of the database opens no session, and the same joiner still gets the
 * same id again. It names its channel, so that a caller who has nothing else can be found.
 */
export const deriveSessionId = (joinToken: string, channelId: string, callsign: string, nonce: string): string => {
  const secret = createHmac('sha256', joinToken).update(`${channelId}\0${callsign}\0${nonce}`).digest('base64url');
  return `${SECRET_PREFIXES.session}${channelId}_${secret}`;
};

/** The channel that a session id is for, as it says itself; whether it is worth anything is another question. */
export const channelOfSession = (sessionId: string): string | undefined =>
  /^rt_session_([a-z0-9-]{1,80})_[A-Za-z0-9_-]{43}$/.exec(sessionId)?.[1];

/** Both stand in URLs and headers, and are no secrets. */
export const newWebhookId = (): string => `wh_${randomBytes(12).toString('base64url')}`;
/** Of Standard Webhooks: the id of a message, the same over all attempts. */
export const newDeliveryId = (): string => `msg_${randomBytes(16).toString('base64url')}`;

export const newNonce = (): string => randomBytes(16).toString('base64url');
