/** What happened, as its clients saw it: the one thing that the checker believes. */

export interface SeenGap {
  readonly reason: string;
  readonly missed_at_most: number | null;
  readonly oldest: number | null;
}

export interface SeenMessage {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly redelivered?: boolean;
}

export type HistoryEvent =
  /** A seat is there: everything that is sent from now on is owed to it. */
  | { readonly type: 'joined'; readonly channel: string; readonly callsign: string }
  /** A send goes out, for the first time or again. Bodies are unique in a history. */
  | {
      readonly type: 'tried';
      readonly channel: string;
      readonly from: string;
      readonly to: string;
      readonly key: string;
      readonly body: string;
    }
  /** The hub said 200. */
  | { readonly type: 'acknowledged'; readonly channel: string; readonly from: string; readonly key: string; readonly id: number }
  /** A whole answer arrived: everything after position `after` up to position `cursor`. */
  | {
      readonly type: 'heard';
      readonly channel: string;
      readonly callsign: string;
      readonly after: number;
      readonly cursor: number;
      readonly gap: SeenGap | null;
      readonly messages: readonly SeenMessage[];
    };

export class History {
  readonly events: HistoryEvent[] = [];

  add(event: HistoryEvent): void {
    this.events.push(event);
  }
}

/** The message id in a cursor. */
export const idOfCursor = (cursor: string): number => Number.parseInt(cursor, 10);
