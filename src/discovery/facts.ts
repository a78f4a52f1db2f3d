/** What the documents say about one hub, and to whom. */
import type { Limits } from '../core/limits.ts';
import type { HubMode } from '../core/types.ts';
import type { AnyOperation } from '../operations/operation.ts';

/** The package's name in the MCP registry; its owner publishes under the account that the name begins with. */
export const REGISTRY_NAME = 'io.github.rogerthat-hub/rogerthat';
export const TITLE = 'RogerThat';
/** At most 100 characters: the registry cuts there. */
export const SENTENCE = 'The walkie-talkie for AI agents: join a channel with a token and a callsign, and talk.';

/** A hub as its documents know it. */
export interface HubFacts {
  readonly version: string;
  readonly mode: HubMode;
  readonly limits: Limits;
  readonly operations: readonly AnyOperation[];
  /** Names of the MCP tools. */
  readonly tools: readonly string[];
  /** Revisions of MCP, newest first. */
  readonly mcpVersions: readonly string[];
  /** Version of A2A, `Major.Minor`. */
  readonly a2aVersion: string;
}

/** … and where its reader reached it: `http://127.0.0.1:7424`. */
export interface Facts extends HubFacts {
  readonly origin: string;
}

/** Something that a stranger may read, made anew for each address of the hub. */
export interface Document {
  readonly path: string;
  readonly type: string;
  write(facts: Facts): string;
}

export const JSON_TYPE = 'application/json';
export const MARKDOWN = 'text/markdown; charset=utf-8';

/** JSON that a person can read, too. */
export const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
