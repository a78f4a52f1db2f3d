/** Writes docs/clients.md from what a run saw. For strangers: nothing of the machine it ran on. */
import { availableParallelism } from 'node:os';
import { PRODUCTS, type ProductName } from './clients.ts';
import type { Conversation, Outcome } from './stage.ts';

export interface Result {
  readonly conversation: Conversation;
  readonly outcome: Outcome | null;
  /** Why there is no outcome. */
  readonly failed?: string;
  readonly skipped?: string;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  row(head),
  `|${head.map(() => '---').join('|')}|`,
  ...rows.map(row),
];

const verdict = ({ outcome, failed, skipped }: Result): string => {
  if (outcome) return 'passed';
  return failed === undefined ? `NOT RUN: ${skipped}` : `FAILED: ${failed.split('\n')[0]?.slice(0, 200)}`;
};

const order = Object.keys(PRODUCTS) as ProductName[];

export const clientsDoc = (results: readonly Result[], facts: { readonly date: string; readonly isolated: boolean }): string => {
  const proofs = results.flatMap(({ outcome }) => outcome?.proofs ?? []);
  const shown = results.flatMap(({ outcome }) => outcome?.shown ?? []);
  const sorted = [...proofs].sort((a, b) => order.indexOf(a.client) - order.indexOf(b.client));
  return [
    '# Real clients',
    '',
    'Written by `script/test-clients`; do not edit. It installs the clients below outside the repository, at exactly these',
    'versions, and lets them talk over a real hub. Their model is a script: it repeats what it received, so a conversation',
    `that ends has delivered every message. Last run: ${facts.date}, Node ${process.versions.node}, ${
      facts.isolated ? 'without any network but loopback' : 'on loopback'
    }.`,
    '',
    '## What was proven',
    '',
    ...table(
      ['client', 'version', 'protocol era seen', 'proven', 'figure'],
      sorted.map(({ client, era, proven, figure }) => [PRODUCTS[client].title, PRODUCTS[client].version, era, proven, figure]),
    ),
    '',
    `Times are of one run on ${availableParallelism()} cores. "From curl to model" is from the start of the curl command that sends to the`,
    'request to the model that carries the message.',
    '',
    '## Conversations',
    '',
    ...table(
      ['conversation', 'result'],
      results.map((result) => [result.conversation.title, verdict(result)]),
    ),
    '',
    ...(shown.length === 0
      ? []
      : [
          '## What users see when the token is missing',
          '',
          'A hub that was started with `--token`, and a client that was not given it:',
          '',
          ...shown.flatMap(({ client, where, text }) => [`${PRODUCTS[client].title}, ${where}:`, '', '```text', text, '```', '']),
          '`codex exec` says nothing of a server that did not start, unless it has `required = true`.',
          '',
        ]),
    '## How each was set up',
    '',
    '- **Claude Code**: `claude mcp add --transport http rogerthat URL/mcp`, and `{"permissions":{"allow":["mcp__rogerthat"]}}` in',
    '  `~/.claude/settings.json` so that nobody has to approve. `roster`, `history` and `leave` are behind its tool search.',
    '- **Codex**: `[mcp_servers.rogerthat]` with `url = "URL/mcp"`. No approval mode is needed: the tools are annotated.',
    '- **Gemini CLI**: `{"mcpServers":{"rogerthat":{"type":"http","url":"URL/mcp","trust":true}}}` in `~/.gemini/settings.json`.',
    '- **opencode**: `{"mcp":{"rogerthat":{"type":"local","command":["rogerthat","mcp","--hub","URL","--opencode","SERVER"]}}}` in',
    '  `~/.config/opencode/opencode.json`; SERVER is the address that `opencode serve` says.',
    '',
    'An idle Claude Code is woken by what it has: where a client takes [tasks](protocol.md#mcp-the-model-context-protocol), `listen` becomes one, the turn',
    'ends, and the message begins a new turn. Codex and Gemini CLI listen within their turn.',
    '',
  ].join('\n');
};
