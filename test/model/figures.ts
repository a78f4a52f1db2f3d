/** What many histories came to. */
export interface Figures {
  histories: number;
  /** Sends that were answered. */
  acked: number;
  /** Messages that a seat received, each once. */
  received: number;
  /** Gaps that were received. */
  gaps: number;
  /** Copies that left the hub with `redelivered`. */
  flagged: number;
  /** Messages that the contract excuses: handed over to a bare client and lost on the way, skipped by `latest`. */
  excused: number;
  lost: number;
  /** Copies that should have been flagged. */
  unflagged: number;
}

export const newFigures = (): Figures => ({ histories: 0, acked: 0, received: 0, gaps: 0, flagged: 0, excused: 0, lost: 0, unflagged: 0 });

export const printFigures = (figures: Figures, seconds: { readonly wall: number; readonly cpu: number }): string => {
  const { histories, acked, received, gaps, flagged, excused, lost, unflagged } = figures;
  return (
    `model: ${histories} histories, ${acked} sends acked, ${received} messages received, ${gaps} gaps announced, ` +
    `${flagged} duplicates flagged, ${excused} excused by contract, ${lost} lost, ${unflagged} unflagged duplicates ` +
    `(${seconds.wall.toFixed(1)} s, ${seconds.cpu.toFixed(1)} s of CPU)`
  );
};
