/**
 * Plants bugs in the rules of delivery, one at a time, and sees that the model notices each: a suite that stays green
 * on a hub that loses messages proves nothing. Run by script/test; ends with 1 when a bug survives.
 *
 *     node --import tsx script/mutants.ts [WORD]     only the mutants whose name has the word
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Mutant {
  readonly name: string;
  /** Below src/. */
  readonly file: string;
  /** Each text stands in the file exactly once, so that a mutant cannot rot unnoticed. */
  readonly edits: readonly (readonly [find: string, replace: string])[];
}

const MUTANTS: readonly Mutant[] = [
  {
    name: 'a write confirms',
    file: 'core/mailbox.ts',
    edits: [
      ['  box.handed = to;\n  mark(box.handedAt, to, now);\n};', '  box.handed = box.confirmed = to;\n  mark(box.handedAt, to, now);\n};'],
    ],
  },
  {
    name: 'a refused write counts as handed over',
    file: 'core/listening.ts',
    edits: [
      [
        '  unsure(): void {\n',
        '  unsure(): void {\n    if (this.#slice.heard.length > 0) this.#ear.engine.handed(this.#session.channelId, this.#session.callsign, this.#slice);\n',
      ],
    ],
  },
  {
    name: 'a join confirms what was handed over',
    file: 'engines/local/seats.ts',
    edits: [
      [
        '    const told = standing(',
        '    confirm(seat, this.#book.ringOf(state), seat.handed, this.#book.clock.now());\n    const told = standing(',
      ],
    ],
  },
  {
    name: 'a bare listen of an explicit session confirms',
    file: 'core/mailbox.ts',
    edits: [['    if (!box.explicit) {\n      confirm(', '    {\n      confirm(']],
  },
  {
    name: 'an older since lowers confirmed',
    file: 'core/mailbox.ts',
    edits: [['  if (to <= box.confirmed) return;\n', '  if (to === box.confirmed) return;\n']],
  },
  {
    name: 'the copy of a second parked listen is not flagged',
    file: 'core/mailbox.ts',
    edits: [['redelivered: message.id <= Math.max(box.sent, ', 'redelivered: message.id <= Math.max(box.handed, ']],
  },
  {
    name: 'what was given out is forgotten in a crash under full',
    file: 'engines/local/messages.ts',
    edits: [['newest <= (this.#sentOnDisk.get(seat) ?? 0)', 'newest >= 0']],
  },
  {
    name: 'no gap after a restart that cost the texts',
    file: 'core/mailbox.ts',
    edits: [['  if (start >= ring.floor) return null;\n', '  if (start >= ring.floor || ring.gone.length === 0) return null;\n']],
  },
  {
    name: 'direct messages to others count in a gap',
    file: 'core/mailbox.ts',
    edits: [['if (isFor(box, ring.gone[i]!)) remembered++;', 'remembered++;']],
  },
  {
    name: 'the floor of the ring is off by one',
    file: 'core/ring.ts',
    edits: [['    ring.floor = oldest.id;\n', '    ring.floor = oldest.id - 1;\n']],
  },
  {
    name: 'a listen reads first and parks then',
    file: 'core/listening.ts',
    edits: [
      [
        '    ear.waiters.park(waiter, request.timeoutMs > 0 ? ear.limits.sizes.parked : Number.POSITIVE_INFINITY);\n    // Whose channel is gone',
        '    // Whose channel is gone',
      ],
      [
        '      stopTimer ??= ear.clock.after(',
        '      if (!stopTimer) ear.waiters.park(waiter, ear.limits.sizes.parked);\n      stopTimer ??= ear.clock.after(',
      ],
    ],
  },
  {
    name: 'the hub forgets idempotency keys when it stops',
    file: 'engines/local/messages.ts',
    edits: [["      if (draft.key) this.#book.store.insert('keys'", "      if (draft.key === undefined) this.#book.store.insert('keys'"]],
  },
  {
    name: 'positions that wait for the disk are lost at a stop',
    file: 'engines/local/store.ts',
    edits: [['    this.#hurry();\n    this.#write();\n    this.removing', '    this.#write();\n    this.removing']],
  },
  {
    name: 'of what the journal has of a row the oldest is believed',
    file: 'engines/local/journal.ts',
    edits: [['known.set(keyOf(table, values), values)', 'known.set(keyOf(table, values), known.get(keyOf(table, values)) ?? values)']],
  },
  {
    name: 'a message that was not stored stays in the ring',
    file: 'engines/local/store.ts',
    edits: [['      for (const back of undo.reverse()) back();\n', '']],
  },
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What a run needs; the rest of the tree stays where it is. */
const COPIED = [
  'src',
  'test/model',
  'test/setup.ts',
  'test/harness/clock.ts',
  'test/harness/ends.ts',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

/** @throws when a text to find is not there exactly once */
const plant = (tree: string, { name, file, edits }: Mutant): void => {
  const path = join(tree, 'src', file);
  let text = readFileSync(path, 'utf8');
  for (const [find, replace] of edits) {
    const found = text.split(find).length - 1;
    if (found !== 1) throw new Error(`mutant "${name}": its text stands ${found} times in src/${file}, not once:\n${find}`);
    text = text.replace(find, () => replace);
  }
  writeFileSync(path, text);
};

const runModel = (tree: string): Promise<{ red: boolean; output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', tree, 'test/model'], {
      cwd: tree,
      env: { ...process.env, MODEL_SHRINK: '0', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (piece) => {
      output += piece;
    });
    child.stderr.on('data', (piece) => {
      output += piece;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ red: code !== 0, output }));
  });

/** The rule that a run broke; null when it was red for another reason, which proves nothing. */
const ruleIn = (output: string): string | null => /Error: ((?:R-[A-Z]+-\d+|LISTEN): .*)/.exec(output)?.[1] ?? null;

/** How many histories went well before one did not. */
const historiesIn = (output: string): string => /model: ([0-9]+) histories/.exec(output)?.[1] ?? '?';

/** @returns the rule that caught it and in which history, or null */
const tryMutant = async (parent: string, mutant: Mutant): Promise<string | null> => {
  const tree = mkdtempSync(join(parent, 'tree-'));
  for (const path of COPIED) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    cpSync(join(root, path), join(tree, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  plant(tree, mutant);
  const { red, output } = await runModel(tree);
  const rule = red ? ruleIn(output) : null;
  if (red && rule === null) console.error(`mutant "${mutant.name}" ended otherwise:\n${output}`);
  return rule && `${rule.slice(0, 110)} (history ${Number(historiesIn(output)) + 1})`;
};

const word = process.argv[2] ?? '';
const chosen = MUTANTS.filter(({ name }) => name.includes(word));
const parent = mkdtempSync(join(tmpdir(), 'rogerthat-mutants-'));
const waiting = [...chosen];
const survivors: string[] = [];
const width = Math.max(...chosen.map(({ name }) => name.length));
const began = performance.now();
try {
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const rule = await tryMutant(parent, mutant);
      if (rule === null) survivors.push(mutant.name);
      console.log(`${mutant.name.padEnd(width)}  →  ${rule ?? 'SURVIVES'}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
} finally {
  rmSync(parent, { recursive: true, force: true });
}
console.log(
  `mutants: ${chosen.length - survivors.length} of ${chosen.length} caught (${((performance.now() - began) / 1000).toFixed(0)} s)`,
);
process.exitCode = survivors.length > 0 || chosen.length === 0 ? 1 : 0;
