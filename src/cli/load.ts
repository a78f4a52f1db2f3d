/** Where each command is; only the one that runs is loaded. */
import type { CommandName } from './commands.ts';
import type { Context } from './context.ts';

export const LOADERS: Readonly<Record<CommandName, () => Promise<{ run(context: Context): Promise<unknown> }>>> = {
  create: () => import('./create.ts'),
  join: () => import('./join.ts'),
  send: () => import('./send.ts'),
  listen: () => import('./listen.ts'),
  wait: () => import('./wait.ts'),
  roster: () => import('./roster.ts'),
  history: () => import('./history.ts'),
  tail: () => import('./tail.ts'),
  leave: () => import('./leave.ts'),
  transcript: () => import('./transcript.ts'),
  receipts: () => import('./receipts.ts'),
  bands: () => import('./bands.ts'),
  close: () => import('./owner.ts'),
  'rotate-token': () => import('./owner.ts'),
  kick: () => import('./owner.ts'),
  pause: () => import('./owner.ts'),
  resume: () => import('./owner.ts'),
  guards: () => import('./guards.ts'),
  'set-guards': () => import('./guards.ts'),
  install: () => import('./install.ts'),
  uninstall: () => import('./uninstall.ts'),
  doctor: () => import('./doctor.ts'),
  mcp: () => import('./mcp.ts'),
  hook: () => import('./hook.ts'),
  'wake-test': () => import('./wake-test.ts'),
  migrate: () => import('./migrate.ts'),
  completion: () => import('./completion.ts'),
};
