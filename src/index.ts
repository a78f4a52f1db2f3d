/** The public API: a hub inside another program. */
export { createApp } from './app.ts';
export * from './client/index.ts';
export { type Config, ConfigError, readConfig } from './config.ts';
export { type Clock, systemClock } from './core/clock.ts';
export type { Engine } from './core/engine.ts';
export { ERRORS, type ErrorCode, HubError } from './core/errors.ts';
export { Hub, type HubMode, type HubOptions } from './core/hub.ts';
export { type Limits, limitsFor } from './core/limits.ts';
export type * from './core/types.ts';
export { DamagedDatabaseError, DirectoryInUseError, openLocal } from './engines/local/index.ts';
export { operations } from './operations/index.ts';
export { execute, type Operation, type Proof, type Services } from './operations/operation.ts';
export { type RunningHub, startHub } from './server.ts';
