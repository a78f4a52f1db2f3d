/** The store is not what the hub needs, or cannot be reached at the start. The program exits with 5. */
export class RedisUnfitError extends Error {}
