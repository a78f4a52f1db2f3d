/**
 * The clients that `install` knows: where each keeps its settings, what we put there, and how mail wakes an idle agent in it.
 * Paths and keys are from the clients' own documentation.
 */
import { join } from 'node:path';
import { type McpClient, mcpEntry, SERVER_NAME } from '../../discovery/entries.ts';
import { CliError } from '../exit.ts';
import type { Entry } from './document.ts';
import { keepsWait, runsHook } from './hook-command.ts';
import { CLIENT_NAMES, type ClientName } from './names.ts';

/** Where the user's files are. */
export interface Places {
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
}

export interface ConfigFile {
  readonly path: string;
  readonly format: 'jsonc' | 'toml';
  readonly entries: readonly Entry[];
}

export interface Client {
  /** As it is typed. */
  readonly name: ClientName;
  readonly title: string;
  readonly mcp: McpClient;
  /** The file with its MCP servers. */
  settings(places: Places): string;
  readonly format: ConfigFile['format'];
  /** The client's own folder: when it is there, so is the client. */
  folder(places: Places): string;
  /** How mail wakes an idle agent when only the MCP server is configured; null when it does not. */
  readonly wakes: string | null;
  /** Hooks that `--wake` adds; they run `command`. */
  hooks?(places: Places, command: string): ConfigFile;
  /** What the user has to do once, beside. */
  readonly remark?: string;
}

/** Editors built on VS Code, and Claude Desktop, keep their files where the platform wants them. */
const applicationData = ({ home, platform, env }: Places): string => {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env['APPDATA'] || join(home, 'AppData', 'Roaming');
  return env['XDG_CONFIG_HOME'] || join(home, '.config');
};

const xdgConfig = ({ home, env }: Places): string => env['XDG_CONFIG_HOME'] || join(home, '.config');
const codexHome = ({ home, env }: Places): string => env['CODEX_HOME'] || join(home, '.codex');
const copilotHome = ({ home, env }: Places): string => env['COPILOT_HOME'] || join(home, '.copilot');
const claudeHome = ({ home, env }: Places): string => env['CLAUDE_CONFIG_DIR'] || join(home, '.claude');

const zedFolder = (places: Places): string =>
  places.platform === 'win32' ? join(applicationData(places), 'Zed') : join(xdgConfig(places), 'zed');

/** Hooks as Claude Code has them, which Codex and Gemini CLI took over: events, groups, commands. */
const groups = (
  client: string,
  command: string,
  events: Readonly<Record<string, { readonly matcher?: string; readonly [more: string]: unknown }>>,
): Entry[] =>
  Object.entries(events).map(([event, { matcher, ...hook }]) => ({
    kind: 'item',
    path: ['hooks', event],
    value: { ...(matcher === undefined ? {} : { matcher }), hooks: [hook] },
    inner: 'hooks',
    mine: runsHook(client),
    kept: keepsWait(client, command),
  }));

/** The tool calls from which a hook learns whose seat is whose (R-WAKE-6). */
const SEATS = 'mcp__rogerthat__(join|leave)';

/** Where no hook is told of tool calls. */
const BRIDGE_ONLY = 'Its hook knows the seats that are joined over "rogerthat mcp": put that into its MCP servers in the place of the URL.';

/** A hook may wait as long as a wait does. Seconds. */
const WAIT_S = 86_400;

export const CLIENTS: readonly Client[] = [
  {
    name: 'claude-code',
    title: 'Claude Code',
    mcp: 'claude_code',
    // Its user scope; with CLAUDE_CONFIG_DIR the file is inside that folder.
    settings: (places) => join(places.env['CLAUDE_CONFIG_DIR'] || places.home, '.claude.json'),
    format: 'jsonc',
    folder: claudeHome,
    wakes: 'listen runs as a task and begins a new turn',
    hooks: (places, command) => {
      const waiting = { type: 'command', command, asyncRewake: true, timeout: WAIT_S };
      return {
        path: join(claudeHome(places), 'settings.json'),
        format: 'jsonc',
        entries: groups('claude-code', command, {
          SessionStart: waiting,
          Stop: waiting,
          UserPromptSubmit: { type: 'command', command, timeout: 10 },
          PostToolUse: { matcher: SEATS, type: 'command', command, timeout: 10 },
        }),
      };
    },
  },
  {
    name: 'codex',
    title: 'Codex',
    mcp: 'codex',
    settings: (places) => join(codexHome(places), 'config.toml'),
    format: 'toml',
    folder: codexHome,
    wakes: null,
    hooks: (places, command) => ({
      path: join(codexHome(places), 'hooks.json'),
      format: 'jsonc',
      entries: groups('codex', command, {
        Stop: { type: 'command', command, timeout: 300 },
        UserPromptSubmit: { type: 'command', command, timeout: 10 },
        PostToolUse: { matcher: SEATS, type: 'command', command, timeout: 10 },
      }),
    }),
    remark: 'Codex asks once whether it may run the hooks: open it and see /hooks.',
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    mcp: 'gemini_cli',
    settings: ({ home }) => join(home, '.gemini', 'settings.json'),
    format: 'jsonc',
    folder: ({ home }) => join(home, '.gemini'),
    wakes: null,
    hooks: ({ home }, command) => ({
      path: join(home, '.gemini', 'settings.json'),
      format: 'jsonc',
      // Its time-outs are milliseconds.
      entries: groups('gemini', command, {
        AfterAgent: { name: SERVER_NAME, type: 'command', command, timeout: 300_000 },
        AfterTool: { matcher: `.*${SERVER_NAME}.*(join|leave)`, name: SERVER_NAME, type: 'command', command, timeout: 10_000 },
      }),
    }),
  },
  {
    name: 'opencode',
    title: 'opencode',
    mcp: 'opencode',
    settings: (places) => join(xdgConfig(places), 'opencode', 'opencode.json'),
    format: 'jsonc',
    folder: (places) => join(xdgConfig(places), 'opencode'),
    wakes: null,
  },
  {
    name: 'copilot',
    title: 'Copilot CLI',
    mcp: 'copilot_cli',
    settings: (places) => join(copilotHome(places), 'mcp-config.json'),
    format: 'jsonc',
    folder: copilotHome,
    wakes: null,
    hooks: (places, command) => ({
      path: join(copilotHome(places), 'hooks', 'rogerthat.json'),
      format: 'jsonc',
      entries: [
        {
          kind: 'item',
          path: ['hooks', 'agentStop'],
          value: { type: 'command', bash: command, powershell: command, timeoutSec: 300 },
          mine: runsHook('copilot'),
          kept: keepsWait('copilot', command),
        },
        { kind: 'needed', path: ['version'], value: 1 },
      ],
    }),
    remark: BRIDGE_ONLY,
  },
  {
    name: 'cursor',
    title: 'Cursor',
    mcp: 'cursor',
    settings: ({ home }) => join(home, '.cursor', 'mcp.json'),
    format: 'jsonc',
    folder: ({ home }) => join(home, '.cursor'),
    wakes: null,
    hooks: ({ home }, command) => ({
      path: join(home, '.cursor', 'hooks.json'),
      format: 'jsonc',
      entries: [
        {
          kind: 'item',
          path: ['hooks', 'stop'],
          value: { command, loop_limit: 10 },
          mine: runsHook('cursor'),
          kept: keepsWait('cursor', command),
        },
        { kind: 'needed', path: ['version'], value: 1 },
      ],
    }),
    remark: BRIDGE_ONLY,
  },
  {
    name: 'vscode',
    title: 'VS Code',
    mcp: 'vscode',
    settings: (places) => join(applicationData(places), 'Code', 'User', 'mcp.json'),
    format: 'jsonc',
    folder: (places) => join(applicationData(places), 'Code', 'User'),
    wakes: null,
  },
  {
    name: 'cline',
    title: 'Cline',
    mcp: 'cline',
    settings: ({ home, env }) => env['CLINE_MCP_SETTINGS_PATH'] || join(home, '.cline', 'data', 'settings', 'cline_mcp_settings.json'),
    format: 'jsonc',
    folder: ({ home }) => join(home, '.cline'),
    wakes: null,
  },
  {
    name: 'windsurf',
    title: 'Windsurf',
    mcp: 'windsurf',
    settings: ({ home }) => join(home, '.codeium', 'windsurf', 'mcp_config.json'),
    format: 'jsonc',
    folder: ({ home }) => join(home, '.codeium', 'windsurf'),
    wakes: null,
  },
  {
    name: 'zed',
    title: 'Zed',
    mcp: 'zed',
    settings: (places) => join(zedFolder(places), 'settings.json'),
    format: 'jsonc',
    folder: zedFolder,
    wakes: null,
  },
  {
    name: 'claude-desktop',
    title: 'Claude Desktop',
    mcp: 'claude_desktop',
    settings: (places) => join(applicationData(places), 'Claude', 'claude_desktop_config.json'),
    format: 'jsonc',
    folder: (places) => join(applicationData(places), 'Claude'),
    wakes: null,
  },
];

/** A name as one might spell it: `gemini-cli`, `VS Code` and `claude_code` are `gemini`, `vscode` and `claudecode`. */
const spelling = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace(/(?<=.)cli$/, '');

/** What else people call them. */
const ALSO: Readonly<Record<string, ClientName>> = {
  claude: 'claude-code',
  code: 'vscode',
  visualstudiocode: 'vscode',
  githubcopilot: 'copilot',
  openaicodex: 'codex',
  googlegemini: 'gemini',
  zededitor: 'zed',
};

/** The client that is meant, by its name, its title or another spelling of them. @throws CliError usage */
export const clientNamed = (name: string): Client => {
  const meant = spelling(name);
  const also = Object.hasOwn(ALSO, meant) ? ALSO[meant] : undefined;
  const client = CLIENTS.find((one) => one.name === also || spelling(one.name) === meant || spelling(one.title) === meant);
  if (!client) throw new CliError('usage', 'That client is not known.', `Known: ${CLIENT_NAMES.join(', ')}.`);
  return client;
};

/** The file with the client's MCP servers, with ours in it. */
export const serverFile = (client: Client, places: Places, hub: string, bearer?: string): ConfigFile => {
  const { under, value } = mcpEntry(client.mcp, `${hub}/mcp`, bearer);
  return { path: client.settings(places), format: client.format, entries: [{ kind: 'member', path: [under, SERVER_NAME], value }] };
};

/** Everything that is put in for a client; a file stands in it once. */
export const filesFor = (client: Client, places: Places, hub: string, bearer: string | undefined, hook: string | null): ConfigFile[] => {
  const server = serverFile(client, places, hub, bearer);
  const hooks = hook === null ? undefined : client.hooks?.(places, hook);
  if (!hooks) return [server];
  return hooks.path === server.path ? [{ ...server, entries: [...server.entries, ...hooks.entries] }] : [server, hooks];
};
