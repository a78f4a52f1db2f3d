/**
 * How each client writes down an MCP server. The snippets a new channel hands out and the entries that `rogerthat install`
 * makes are both made from this.
 */

/** The name that clients know the hub by. */
export const SERVER_NAME = 'rogerthat';

export interface McpEntry {
  /** Where servers stand in the client's configuration. */
  readonly under: string;
  readonly value: Readonly<Record<string, unknown>>;
}

type Headers = { readonly headers?: Readonly<Record<string, string>> };

const ENTRIES = {
  claude_code: (url, headers) => ({ under: 'mcpServers', value: { type: 'http', url, ...headers } }),
  // Remote servers are for its connectors only; a program on this machine speaks for the hub.
  claude_desktop: (url, { headers = {} }) => ({
    under: 'mcpServers',
    value: {
      command: 'npx',
      args: ['-y', 'mcp-remote', url, ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`])],
    },
  }),
  codex: (url, { headers }) => ({
    under: 'mcp_servers',
    value: { url, ...(headers ? { http_headers: headers } : {}), default_tools_approval_mode: 'approve' },
  }),
  cursor: (url, headers) => ({ under: 'mcpServers', value: { url, ...headers } }),
  vscode: (url, headers) => ({ under: 'servers', value: { type: 'http', url, ...headers } }),
  cline: (url, headers) => ({ under: 'mcpServers', value: { transport: { type: 'streamableHttp', url, ...headers } } }),
  gemini_cli: (url, headers) => ({ under: 'mcpServers', value: { type: 'http', url, ...headers, trust: true } }),
  opencode: (url, headers) => ({ under: 'mcp', value: { type: 'remote', url, ...headers, oauth: false, enabled: true } }),
  copilot_cli: (url, headers) => ({ under: 'mcpServers', value: { type: 'http', url, ...headers, tools: ['*'] } }),
  windsurf: (url, headers) => ({ under: 'mcpServers', value: { serverUrl: url, ...headers } }),
  zed: (url, headers) => ({ under: 'context_servers', value: { url, ...headers } }),
} as const satisfies Record<string, (url: string, headers: Headers) => McpEntry>;

export type McpClient = keyof typeof ENTRIES;

/** @param bearer the token that is sent with every request; without one the server asks for none */
export const mcpEntry = (client: McpClient, url: string, bearer?: string): McpEntry =>
  ENTRIES[client](url, bearer === undefined ? {} : { headers: { Authorization: `Bearer ${bearer}` } });

/** The line with which Claude Code takes the hub into its settings. */
export const claudeCommand = (url: string, bearer?: string): string =>
  `claude mcp add --transport http ${SERVER_NAME} ${url}${bearer === undefined ? '' : ` --header "Authorization: Bearer ${bearer}"`}`;

/** An entry as the JSON document it stands in. */
export const entryDocument = ({ under, value }: McpEntry): object => ({ [under]: { [SERVER_NAME]: value } });

const tomlValue = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? `{ ${Object.entries(value)
        .map(([name, one]) => `${JSON.stringify(name)} = ${tomlValue(one)}`)
        .join(', ')} }`
    : // A JSON string is a TOML basic string.
      JSON.stringify(value);

/** An entry as a table of a TOML document, a line a key. */
export const entryTable = ({ under, value }: McpEntry): string[] => [
  `[${under}.${SERVER_NAME}]`,
  ...Object.entries(value).map(([name, one]) => `${name} = ${tomlValue(one)}`),
];
