import type { Need } from '../harness/needs.ts';

/** A behaviour that the product promises, and the clauses of docs/protocol.md that promise it. */
export interface Requirement {
  /** One sentence. */
  readonly behaviour: string;
  readonly clauses: readonly `R-${string}`[];
  /** It applies only to ways in and engines that offer these. */
  readonly needs?: readonly Need[];
  readonly note?: string;
}

export type Requirements = Readonly<Record<string, Requirement>>;
