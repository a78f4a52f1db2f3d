/** The real clients: exact versions, and how each is pointed at a hub and at a model that is not there. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, type Ended, freshHome, type Running, run, start } from './programs.ts';

export interface Product {
  readonly title: string;
  readonly package: string;
  readonly version: string;
  readonly binary: string;
}

export const PRODUCTS = {
  claude: { title: 'Claude Code', package: '@anthropic-ai/claude-code', version: '2.1.330', binary: 'claude' },
  codex: { title: 'Codex', package: '@openai/codex', version: '0.169.0', binary: 'codex' },
  gemini: { title: 'Gemini CLI', package: '@google/gemini-cli', version: '0.61.0', binary: 'gemini' },
  opencode: { title: 'opencode', package: 'opencode-ai', version: '1.18.33', binary: 'opencode' },
} as const satisfies Record<string, Product>;

export type ProductName = keyof typeof PRODUCTS;

/** The directory a product is installed in, under the cache. */
export const directoryOf = ({ package: name, version }: Product): string => `${name.replace(/^@[^/]+\//, '')}-${version}`;

const KEY = 'sk-ant-dummy';

export interface ClientOptions {
  /** Where the clients are installed. */
  readonly cache: string;
  readonly model: string;
  /** The hub's address, without `/mcp`; null: no hub is configured. */
  readonly hub: string | null;
  /** Lines of a user's own configuration. */
  readonly config?: string;
}

/** A client in a home of its own. */
export interface Client {
  readonly home: string;
  readonly work: string;
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs it with these arguments, to the end. */
  run(args: readonly string[]): Promise<Ended>;
  /** One conversation without a person, as scripts run it. */
  ask(prompt: string): Running;
}

const programOf = (cache: string, name: ProductName): string =>
  join(cache, directoryOf(PRODUCTS[name]), 'node_modules/.bin', PRODUCTS[name].binary);

export const installed = (cache: string, name: ProductName): boolean => existsSync(programOf(cache, name));

const clientOf = (
  name: ProductName,
  options: ClientOptions,
  home: { home: string; work: string },
  more: Readonly<Record<string, string>>,
  headless: (prompt: string) => readonly string[],
): Client => {
  const program = programOf(options.cache, name);
  const env = cleanEnvironment(home.home, more);
  const cwd = home.work;
  return {
    ...home,
    program,
    env,
    run: (args) => run(program, args, { env, cwd }),
    ask: (prompt) => start(program, headless(prompt), { env, cwd, atMost: 180_000 }),
  };
};

/** Claude Code past its first-run questions. The hub is added by `claude mcp add`, as its README says. */
export const claudeCode = async (options: ClientOptions): Promise<Client> => {
  const place = freshHome('claude');
  mkdirSync(join(place.home, '.claude'));
  writeFileSync(join(place.home, '.claude/settings.json'), JSON.stringify({ permissions: { allow: ['mcp__rogerthat'] } }));
  writeFileSync(
    join(place.home, '.claude.json'),
    JSON.stringify({
      hasCompletedOnboarding: true,
      customApiKeyResponses: { approved: [KEY] },
      projects: { [place.work]: { hasTrustDialogAccepted: true } },
    }),
  );
  const env = { ANTHROPIC_BASE_URL: options.model, ANTHROPIC_API_KEY: KEY, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' };
  const client = clientOf('claude', options, place, env, (prompt) => ['-p', prompt]);
  if (options.hub !== null) {
    const { code, stderr } = await client.run(['mcp', 'add', '--transport', 'http', 'rogerthat', `${options.hub}/mcp`]);
    if (code !== 0) throw new Error(`claude mcp add: ${stderr}`);
  }
  return client;
};

/** Codex that never asks for approval. `config`: more lines for its server. */
export const codex = async (options: ClientOptions): Promise<Client> => {
  const place = freshHome('codex');
  mkdirSync(join(place.home, '.codex'));
  const server = options.hub === null ? '' : `[mcp_servers.rogerthat]\nurl = "${options.hub}/mcp"\n${options.config ?? ''}\n`;
  writeFileSync(
    join(place.home, '.codex/config.toml'),
    `model = "fake-model"
model_provider = "fake"
approval_policy = "never"
[model_providers.fake]
name = "fake"
base_url = "${options.model}/v1"
env_key = "FAKE_KEY"
wire_api = "responses"
[analytics]
enabled = false
[features]
plugins = false
${server}`,
  );
  return clientOf('codex', options, place, { FAKE_KEY: 'dummy' }, (prompt) => ['exec', '--skip-git-repo-check', prompt]);
};

/** Gemini CLI that trusts the hub's tools. */
export const geminiCli = async (options: ClientOptions): Promise<Client> => {
  const place = freshHome('gemini');
  mkdirSync(join(place.home, '.gemini'));
  const settings = {
    security: { auth: { selectedType: 'gemini-api-key' } },
    privacy: { usageStatisticsEnabled: false },
    general: { disableAutoUpdate: true, enableAutoUpdate: false },
    mcpServers: options.hub === null ? {} : { rogerthat: { type: 'http', url: `${options.hub}/mcp`, trust: true } },
  };
  writeFileSync(join(place.home, '.gemini/settings.json'), JSON.stringify(settings));
  const env = { GOOGLE_GEMINI_BASE_URL: options.model, GEMINI_API_KEY: 'dummy' };
  return clientOf('gemini', options, place, env, (prompt) => ['-m', 'gemini-2.5-flash', '--skip-trust', '-p', prompt]);
};

/** opencode with a provider of its own; its server fetches nothing and asks nobody. `hub` is added as a remote server. */
export const opencode = async (options: ClientOptions): Promise<Client> => {
  const place = freshHome('opencode');
  mkdirSync(join(place.home, '.config/opencode'), { recursive: true });
  const provider = {
    npm: '@ai-sdk/openai-compatible',
    name: 'fake',
    options: { baseURL: `${options.model}/v1`, apiKey: 'dummy' },
    models: { 'fake-model': { name: 'fake' } },
  };
  const mcp = options.hub === null ? {} : { rogerthat: { type: 'remote', url: `${options.hub}/mcp`, oauth: false, enabled: true } };
  writeFileSync(
    join(place.home, '.config/opencode/opencode.json'),
    JSON.stringify({ model: 'fake/fake-model', enabled_providers: ['fake'], provider: { fake: provider }, share: 'disabled', mcp }),
  );
  const env = Object.fromEntries(
    ['MODELS_FETCH', 'AUTOUPDATE', 'LSP_DOWNLOAD', 'DEFAULT_PLUGINS'].map((what) => [`OPENCODE_DISABLE_${what}`, '1']),
  );
  return clientOf('opencode', options, place, env, (prompt) => ['run', prompt]);
};
