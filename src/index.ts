/** The public API: a hub inside another program, and the client of one. Its types name no library; script/build-types.ts sees to it. */
import type { Engine } from './core/engine.ts';
import { openLocal as openEngine } from './engines/local/index.ts';
import type { LocalOptions } from './engines/local/opening.ts';

export { type AppOptions, createApp } from './app.ts';
export * from './client/index.ts';
export { type Config, ConfigError, readConfig } from './config.ts';
export { type Clock, systemClock } from './core/clock.ts';
export type { Engine } from './core/engine.ts';
export { ERRORS, type ErrorCode, HubError } from './core/errors.ts';
export { Hub, type HubOptions } from './core/hub.ts';
export { type Limits, limitsFor } from './core/limits.ts';
export type * from './core/types.ts';
export { DamagedDatabaseError, DirectoryInUseError, type LocalOptions, NewerDatabaseError } from './engines/local/opening.ts';
export { createLog, type Log } from './log.ts';
export { type RunningHub, startHub } from './server.ts';
export { VERSION } from './version.ts';

/**
 * Opens the embedded engine on a data directory, or in memory.
 * @throws DirectoryInUseError, DamagedDatabaseError, NewerDatabaseError
 */
export const openLocal: (options: LocalOptions) => Engine = openEngine;
