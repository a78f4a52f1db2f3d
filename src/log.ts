/** Logs: one JSON line each, on standard error. Never content, never a token. */
import type { LogLevel } from './config.ts';

export interface Log {
  readonly level: LogLevel;
  error(event: string, facts?: object): void;
  info(event: string, facts?: object): void;
  debug(event: string, facts?: object): void;
}

const RANK: Record<LogLevel, number> = { error: 0, info: 1, debug: 2 };

export const createLog = (level: LogLevel, write: (line: string) => void = (line) => process.stderr.write(line)): Log => {
  const at =
    (own: LogLevel) =>
    (event: string, facts: object = {}) => {
      if (RANK[own] <= RANK[level]) write(`${JSON.stringify({ at: new Date().toISOString(), level: own, event, ...facts })}\n`);
    };
  return { level, error: at('error'), info: at('info'), debug: at('debug') };
};

/** What may be logged of an unexpected error: where it came from, not what it carried. */
export const errorFacts = (error: unknown): object =>
  error instanceof Error
    ? {
        error: error.name,
        message: error.message,
        stack: error.stack
          ?.split('\n')
          .slice(1, 6)
          .map((line) => line.trim()),
      }
    : { error: typeof error };
