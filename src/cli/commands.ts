/**
 * The commands, once: their arguments, their own options, and the operation whose fields become options. Parsing, `--help`,
 * shell completion and docs/cli.md are made from this table and from the table of operations.
 */
import { RINGS } from '../bridge/rings.ts';
import { entryNamed } from '../client/operations.ts';
import type { Command } from './command.ts';
import { CLIENT_NAMES, HOOK_CLIENTS, WOKEN_CLIENTS } from './config/names.ts';

const LIST = [
  {
    name: 'create',
    operation: 'create_channel',
    args: [],
    on: 'hub',
    examples: ['rogerthat create', 'rogerthat create --retention full'],
  },
  {
    name: 'join',
    operation: 'join',
    without: ['callsign'],
    args: ['CHANNEL', 'CALLSIGN'],
    on: 'hub',
    examples: [
      'rogerthat join quiet-otter-3a8f19 alpha --token rt_join_…',
      'ROGERTHAT_CHANNEL_TOKEN=rt_join_… rogerthat join quiet-otter-3a8f19 alpha',
    ],
  },
  {
    name: 'send',
    operation: 'send',
    without: ['to', 'message', 'text'],
    args: ['TO', 'MESSAGE…'],
    on: 'seat',
    examples: ['rogerthat send bravo "Are the tests green? Over."', 'git diff | rogerthat send all -'],
  },
  {
    name: 'listen',
    operation: 'listen',
    args: [],
    options: {
      follow: { type: 'boolean', short: 'f', help: 'Go on listening, over restarts of the hub and broken connections.' },
      jsonl: {
        type: 'string',
        value: 'FILE',
        help: 'Append each message to a file, one JSON object a line; confirmed when it is on disk.',
      },
      exec: {
        type: 'string',
        value: 'CMD',
        help: 'Run an executable for each message, without a shell: the message as JSON on its standard input and in ROGERTHAT_… variables; confirmed when it succeeds.',
      },
      'exec-tries': { type: 'string', value: 'N', help: 'How often --exec is tried for one message before listening stops. Default: 5.' },
    },
    on: 'seat',
    examples: ['rogerthat listen', 'rogerthat listen --follow --jsonl inbox.jsonl'],
  },
  {
    name: 'wait',
    operation: 'wait',
    args: [],
    on: 'seat',
    examples: ['rogerthat wait', 'rogerthat wait --timeout 600'],
  },
  { name: 'roster', operation: 'roster', args: [], on: 'channel', examples: ['rogerthat roster'] },
  {
    name: 'history',
    operation: 'history',
    args: [],
    on: 'channel',
    examples: ['rogerthat history', 'rogerthat history -n 5'],
  },
  {
    name: 'tail',
    summary: 'Watches the channel as it happens: every message and every coming and going, without confirming anything.',
    operation: 'stream',
    without: ['since', 'last_event_id'],
    args: [],
    options: { since: { type: 'string', value: 'CURSOR', help: 'Begin after this cursor or message id; 0 is the oldest message held.' } },
    on: 'channel',
    examples: ['rogerthat tail', 'rogerthat tail --since 0 --json'],
  },
  { name: 'leave', operation: 'leave', args: [], on: 'seat', examples: ['rogerthat leave'] },
  {
    name: 'transcript',
    operation: 'transcript',
    args: [],
    on: 'channel',
    examples: ['rogerthat transcript', 'rogerthat transcript --json > transcript.json'],
  },
  {
    name: 'receipts',
    operation: 'message',
    without: ['id'],
    args: ['ID'],
    on: 'channel',
    examples: ['rogerthat receipts 7'],
  },
  { name: 'bands', operation: 'bands', args: [], on: 'hub', examples: ['rogerthat bands', 'rogerthat join general alpha'] },
  { name: 'close', operation: 'close_channel', args: [], on: 'channel', examples: ['rogerthat close --channel quiet-otter-3a8f19'] },
  { name: 'rotate-token', operation: 'rotate_token', args: [], on: 'channel', examples: ['rogerthat rotate-token'] },
  {
    name: 'kick',
    operation: 'kick',
    without: ['callsign'],
    args: ['CALLSIGN'],
    on: 'channel',
    examples: ['rogerthat kick bravo', 'rogerthat kick bravo --ban', 'rogerthat kick bravo --no-ban'],
  },
  { name: 'pause', operation: 'pause', args: [], on: 'channel', examples: ['rogerthat pause'] },
  { name: 'resume', operation: 'resume', args: [], on: 'channel', examples: ['rogerthat resume'] },
  { name: 'guards', operation: 'guards', args: [], on: 'channel', examples: ['rogerthat guards'] },
  {
    name: 'set-guards',
    operation: 'set_guards',
    args: [],
    on: 'channel',
    examples: ['rogerthat set-guards --reset', 'rogerthat set-guards --factor 10'],
  },
  {
    name: 'install',
    summary:
      'Puts the hub into the settings of a client: shows what changes, keeps everything else as it is, and a copy beside the file. Run it again and nothing happens.',
    args: [CLIENT_NAMES.join('|')],
    choices: CLIENT_NAMES,
    options: {
      hub: { type: 'string', value: 'URL', help: 'The hub. Default: ROGERTHAT_HUB, or http://127.0.0.1:7424.' },
      token: { type: 'string', value: 'TOKEN', help: 'The token of a hub that asks for one; "-" reads it from standard input.' },
      wake: { type: 'boolean', help: 'Also put in the hooks by which mail wakes an idle agent.' },
      'dry-run': { type: 'boolean', help: 'Show what would change, and change nothing.' },
    },
    on: 'machine',
    examples: ['rogerthat install claude-code --wake', 'rogerthat install codex --dry-run'],
  },
  {
    name: 'uninstall',
    summary:
      'Takes the hub out of the settings of a client: byte for byte as they were, or, when they were changed since, only what is ours.',
    args: [CLIENT_NAMES.join('|')],
    choices: CLIENT_NAMES,
    options: { 'dry-run': { type: 'boolean', help: 'Show what would change, and change nothing.' } },
    on: 'machine',
    examples: ['rogerthat uninstall claude-code'],
  },
  {
    name: 'doctor',
    summary: 'Says of each client what is installed, what wakes its agent, and what is missing; and whether the hub answers.',
    args: [`[${CLIENT_NAMES.join('|')}]`],
    choices: CLIENT_NAMES,
    options: {
      hub: { type: 'string', value: 'URL', help: 'The hub. Default: ROGERTHAT_HUB, or http://127.0.0.1:7424.' },
      json: { type: 'boolean', help: 'Print it as JSON.' },
    },
    on: 'machine',
    examples: ['rogerthat doctor', 'rogerthat doctor codex --json'],
  },
  {
    name: 'mcp',
    summary:
      "Runs an MCP server on standard input and output: the hub's tools for a client that starts its servers as programs. It holds a connection to the hub between turns and rings the agent when there is mail; what is sent while the hub is away waits on the disk.",
    args: [],
    options: {
      hub: { type: 'string', value: 'URL', help: 'The hub. Default: ROGERTHAT_HUB, or http://127.0.0.1:7424.' },
      token: {
        type: 'string',
        value: 'TOKEN',
        help: 'The token of a hub that was started with one. Better in the file of --config. Also ROGERTHAT_TOKEN.',
      },
      config: {
        type: 'string',
        value: 'FILE',
        help: 'A JSON file with any of "hub", "token", "ring", "codex", "opencode", "profile-dir": clients may hide the environment, and arguments can be seen by other users.',
      },
      ring: {
        type: 'string',
        value: RINGS.join('|'),
        values: RINGS,
        help: 'How the agent is rung. Default: auto, by what its client shows of itself, else a desktop notification.',
      },
      codex: { type: 'string', value: 'PROGRAM', help: 'The program that rings Codex. Default: codex.' },
      opencode: { type: 'string', value: 'URL', help: "The address of opencode's server, for ringing it." },
      'profile-dir': { type: 'string', value: 'DIR', help: 'Where seats and the outbox are kept. Also ROGERTHAT_PROFILE_DIR.' },
    },
    on: 'machine',
    examples: ['rogerthat mcp', 'rogerthat mcp --hub http://127.0.0.1:7424 --ring codex'],
  },
  {
    name: 'hook',
    summary:
      "Runs as a hook of an agent's client: reads the event on standard input and answers in the client's own form. Silent when this agent session joined nothing, or has no mail.",
    args: [HOOK_CLIENTS.join('|')],
    options: {
      wait: {
        type: 'string',
        value: 'SECONDS',
        help: 'How long to wait for mail at the end of a turn. Default: as long as the session lives where the client waits in the background (Claude Code with somebody at it), else 20; 0 where a bridge rings.',
      },
      hub: {
        type: 'string',
        value: 'URL',
        help: 'The hub of seats that were joined over MCP. Default: ROGERTHAT_HUB, or http://127.0.0.1:7424.',
      },
    },
    on: 'machine',
    examples: ['rogerthat hook claude-code', 'rogerthat hook gemini --wait 60'],
  },
  {
    name: 'wake-test',
    summary:
      'Sends a real message, as the callsign wake-test, to agents that sleep: all that joined from this home, or whom you name. Tells for each after how long a listener of it was handed the message, and after how long it showed that it is awake: it came back for more, or answered. An agent whose listener took the message and that showed nothing more is not called awake. Ends with 9 unless all are.',
    args: [`[${WOKEN_CLIENTS.join('|')}]`],
    options: {
      to: {
        type: 'string',
        value: 'CALLSIGNS',
        help: 'Only these agents, separated by commas; also ones that did not join from this home.',
      },
      channel: { type: 'string', value: 'ID', help: 'Only agents on this channel. Also ROGERTHAT_CHANNEL.' },
      wait: { type: 'string', value: 'SECONDS', help: 'How long to wait for each. Default: 120.' },
      json: { type: 'boolean', help: 'Print what was measured, as JSON.' },
    },
    on: 'hub',
    examples: [
      'rogerthat wake-test',
      'rogerthat wake-test codex --wait 30',
      'rogerthat wake-test --channel quiet-otter-3a8f19 --to alpha,bravo',
    ],
  },
  {
    name: 'migrate',
    summary:
      'Moves everything that a hub keeps from a data directory into Redis, or back, while no hub runs on either: channels, seats and mailboxes, sessions, identities, webhooks with what is owed to them, transcripts. Tokens, sessions and cursors go on working. The target has to be empty; it is read back before any hub can open it, and the source stays as it is.',
    args: [],
    options: {
      from: {
        type: 'string',
        value: 'PLACE',
        help: 'A data directory, or the URL of a Redis as for --redis; "redis" stands for the URL in ROGERTHAT_REDIS, since arguments can be seen by other users.',
      },
      to: {
        type: 'string',
        value: 'PLACE',
        help: 'Likewise. Webhooks move into Redis only with the key of its hubs in ROGERTHAT_SECRET_KEY.',
      },
      json: { type: 'boolean', help: 'Print the counts as JSON.' },
    },
    on: 'machine',
    examples: [
      'ROGERTHAT_REDIS=redis://127.0.0.1:6379 rogerthat migrate --from ~/.rogerthat --to redis',
      'rogerthat migrate --from redis --to ~/.rogerthat',
    ],
  },
  {
    name: 'completion',
    summary: 'Prints a script that completes commands and options in your shell.',
    args: ['bash|zsh|fish'],
    choices: ['bash', 'zsh', 'fish'],
    on: 'machine',
    examples: ['source <(rogerthat completion bash)', 'rogerthat completion fish > ~/.config/fish/completions/rogerthat.fish'],
  },
] as const satisfies readonly Command[];

export type CommandName = (typeof LIST)[number]['name'];

type Listed = Command & { readonly name: CommandName };

/** A command is there when its operation is. */
export const COMMANDS: readonly Listed[] = (LIST as readonly Listed[]).filter(
  ({ operation }) => operation === undefined || entryNamed(operation) !== undefined,
);
