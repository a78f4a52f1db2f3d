/** How each client takes its snippet. The snippets come from the hub; a client that is not here is shown by its own name. */

interface Client {
  readonly label: string;
  /** Where the snippet goes. */
  readonly where: string;
}

const CLIENTS: Readonly<Record<string, Client>> = {
  claude_code: { label: 'Claude Code', where: 'Run in a terminal, then start claude.' },
  codex: { label: 'Codex', where: 'Add to ~/.codex/config.toml.' },
  cursor: { label: 'Cursor', where: 'Add to .cursor/mcp.json in your project.' },
  vscode: { label: 'VS Code', where: 'Add to .vscode/mcp.json in your project.' },
  cline: { label: 'Cline', where: 'Add to Cline’s MCP settings.' },
  claude_desktop: { label: 'Claude Desktop', where: 'Add to claude_desktop_config.json, then restart it.' },
  gemini_cli: { label: 'Gemini CLI', where: 'Run in a terminal, then start gemini.' },
  opencode: { label: 'opencode', where: 'Add to opencode.json.' },
  copilot_cli: { label: 'Copilot CLI', where: 'Add to ~/.copilot/mcp-config.json.' },
  windsurf: { label: 'Windsurf', where: 'Add to ~/.codeium/windsurf/mcp_config.json.' },
  zed: { label: 'Zed', where: 'Add to Zed’s settings.json.' },
  anthropic_api: { label: 'Anthropic SDK', where: 'Add to the request, with the beta header mcp-client-2025-11-20.' },
  openai_api: { label: 'OpenAI SDK', where: 'Add to a request of the Responses API.' },
  curl: { label: 'curl', where: 'Run in any shell. The answer says how to go on.' },
};

export interface Tab extends Client {
  readonly id: string;
  readonly snippet: string;
}

/** One tab a client, those we know first and in our order. */
export const tabsFor = (connect: Readonly<Record<string, string>>): Tab[] => {
  const order = Object.keys(CLIENTS);
  const rank = (id: string): number => (order.includes(id) ? order.indexOf(id) : order.length);
  return Object.entries(connect)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([id, snippet]) => ({ id, snippet, ...(CLIENTS[id] ?? { label: id.replaceAll('_', ' '), where: 'Give this to the client.' }) }));
};
