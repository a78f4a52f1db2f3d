/** The clients that `install` knows, by the names that are typed; light enough to complete in a shell. */
export const CLIENT_NAMES = [
  'claude-code',
  'codex',
  'gemini',
  'opencode',
  'copilot',
  'cursor',
  'vscode',
  'cline',
  'windsurf',
  'zed',
  'claude-desktop',
] as const;

export type ClientName = (typeof CLIENT_NAMES)[number];
