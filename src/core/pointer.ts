/** What begins a turn of an agent that sleeps: that there is mail and where. */

/**
 * `2 new on quiet-otter-3a8f19: call listen`. It reaches a model with the authority of its user or its program, so nothing
 * that a peer chose is in it: no word of a message, and no callsign, which has room for an order.
 * @param channelId as hubs make them
 */
export const pointer = (channelId: string, count: number): string => `${count} new on ${channelId}: call listen`;
