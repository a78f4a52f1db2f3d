/** What clients tell their hooks, and the form in which each takes an answer. Sources: the clients' hook references. */
import type { HookClient } from '../config/names.ts';
import type { Joining } from './joining.ts';
import { joiningIn } from './joining.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a hook is asked. */
export type Moment =
  /** A turn, or a session, begins with the human: mail may be mentioned. */
  | 'prompt'
  /** A turn ends, or a session begins idle: mail may begin another. */
  | 'idle'
  /** A tool was called. */
  | 'tool'
  | 'other';

export interface HookEvent {
  readonly client: HookClient;
  readonly name: string;
  readonly moment: Moment;
  /** The agent session, under the name by which `join` remembers it; undefined where the client does not tell. */
  readonly owner: string | undefined;
  readonly directory: string;
  /** The session goes on while the hook waits, which may take as long as the session lives. */
  readonly background: boolean;
  /** A session that begins anew: what was rung before is not known to it. */
  readonly fresh: boolean;
  /** What a tool call did to the session's seats. */
  readonly joining: Joining | null;
}

/** What leaves the hook. */
export interface Reply {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exit: number;
}

export const SILENT: Reply = { exit: 0 };

interface Dialect {
  /** How its shell commands name the session, or how we do where they do not. */
  readonly variable: string;
  /** The client's name for itself over MCP. */
  readonly called: RegExp;
  readonly moments: Readonly<Record<string, Moment>>;
  /** For clients whose events carry no name. */
  readonly standard?: string;
  /** Whether the client waits for the hook in the background; otherwise its turn is held up. */
  inBackground?(env: NodeJS.ProcessEnv): boolean;
  wake(text: string): Reply;
}

const json = (value: object): Reply => ({ stdout: `${JSON.stringify(value)}\n`, exit: 0 });
const block = (reason: string): Reply => json({ decision: 'block', reason });

const DIALECTS: Readonly<Record<HookClient, Dialect>> = {
  'claude-code': {
    variable: 'CLAUDE_CODE_SESSION_ID',
    called: /claude/i,
    moments: { SessionStart: 'idle', Stop: 'idle', UserPromptSubmit: 'prompt', PostToolUse: 'tool' },
    // Without a person (`claude -p`) the program ends, and prints, when its hooks have. `sdk-ts` and `sdk-py` tell nothing of
    // that: applications with a person are built on its SDK too.
    inBackground: (env) => env['CLAUDE_CODE_ENTRYPOINT'] !== 'sdk-cli',
    // With asyncRewake this begins a turn; without, it goes on with the one that would end.
    wake: (text) => ({ stderr: `${text}\n`, exit: 2 }),
  },
  codex: {
    variable: 'CODEX_THREAD_ID',
    called: /codex/i,
    moments: { Stop: 'idle', UserPromptSubmit: 'prompt', PostToolUse: 'tool' },
    wake: block,
  },
  gemini: {
    variable: 'GEMINI_SESSION_ID',
    called: /gemini/i,
    moments: { AfterAgent: 'idle', BeforeAgent: 'prompt', AfterTool: 'tool' },
    wake: block,
  },
  copilot: {
    variable: 'COPILOT_SESSION_ID',
    called: /copilot/i,
    moments: { agentStop: 'idle', userPromptSubmitted: 'other', postToolUse: 'tool' },
    standard: 'agentStop',
    wake: block,
  },
  cursor: {
    variable: 'CURSOR_CONVERSATION_ID',
    called: /cursor/i,
    moments: { stop: 'idle', beforeSubmitPrompt: 'other', afterMCPExecution: 'tool' },
    wake: (text) => json({ followup_message: text }),
  },
};

export const dialectOf = (client: HookClient): Pick<Dialect, 'called'> => DIALECTS[client];

/** Whether an agent session is one of this client. */
export const namedBy = (client: HookClient, owner: string | undefined): boolean =>
  owner?.startsWith(`${DIALECTS[client].variable}:`) === true;

/** The answer that begins a turn, or mentions mail in one. */
export const replyTo = ({ client, name, moment }: HookEvent, text: string): Reply =>
  moment === 'prompt' ? json({ hookSpecificOutput: { hookEventName: name, additionalContext: text } }) : DIALECTS[client].wake(text);

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Reads an event. What is not understood is nothing to answer. */
export const readEvent = (client: HookClient, input: Fields, env: NodeJS.ProcessEnv, directory: string): HookEvent => {
  const { variable, moments, standard = '', inBackground } = DIALECTS[client];
  const name = textOf(input['hook_event_name']) ?? textOf(input['hookEventName']) ?? standard;
  const session = textOf(input['session_id']) ?? textOf(input['sessionId']) ?? textOf(input['conversation_id']) ?? env[variable];
  const [root] = Array.isArray(input['workspace_roots']) ? (input['workspace_roots'] as unknown[]) : [];
  const broken = input['status'] === 'aborted' || input['status'] === 'error';
  const moment = moments[name] ?? 'other';
  return {
    client,
    name,
    moment: broken ? 'other' : moment,
    owner: session === undefined ? undefined : `${variable}:${session}`,
    directory: textOf(input['cwd']) ?? textOf(root) ?? directory,
    background: inBackground?.(env) === true,
    fresh: name === 'SessionStart',
    joining: moment === 'tool' ? joiningIn(input) : null,
  };
};
