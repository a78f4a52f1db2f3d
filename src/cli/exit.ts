/** How the commands of a client end. The hub's own exit codes are 2 to 5 (docs/self-hosting.md); no number means two things. */
export const EXITS = {
  done: [0, 'done'],
  failed: [1, 'failed; the last line on standard error says why'],
  usage: [2, 'wrong arguments'],
  unreachable: [6, 'no hub answers there'],
  refused: [7, 'the hub refused; the code of its problem is on standard error, with `--json` the problem is on standard output'],
  lost: [8, 'the seat was lost: kicked, left, taken over by a newer listener, its channel closed or its token changed'],
  nothing: [9, '`wait` ended without mail'],
  command: [10, 'the command of `--exec` failed too often, or cannot be started; its message is not confirmed'],
  noSeat: [11, 'nothing is joined here, or more than one seat is and none was named'],
} as const satisfies Record<string, readonly [number, string]>;

export type Exit = keyof typeof EXITS;

/** A failure that is told in a sentence, and what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: Exit;
  readonly hint: string | undefined;

  constructor(exit: Exit, sentence: string, hint?: string) {
    super(sentence);
    this.exit = exit;
    this.hint = hint;
  }
}
