/** Clients by the names that are typed; light enough to complete in a shell. */

/** Those that `install` knows. */
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

/** Those that run hooks. */
export const HOOK_CLIENTS = ['claude-code', 'codex', 'gemini', 'copilot', 'cursor'] as const;

export type HookClient = (typeof HOOK_CLIENTS)[number];

/** Those whose agents can be told apart: by the name of their session, or by what their bridge says of itself. */
export const WOKEN_CLIENTS = [...HOOK_CLIENTS, 'opencode'] as const;

export type WokenClient = (typeof WOKEN_CLIENTS)[number];
