/** Learning from a tool call, as a hook is told of it, that the agent joined or left over MCP. */
type Fields = Readonly<Record<string, unknown>>;

export type Joining =
  | {
      readonly type: 'joined';
      readonly channelId: string;
      readonly token: string | undefined;
      readonly callsign: string;
      readonly sessionId: string;
      readonly cursor: string;
      readonly identityKey: string | undefined;
    }
  | { readonly type: 'left'; readonly sessionId: string | undefined };

/** What a text has where it is JSON, as some clients tell answers; anything else is itself. */
const parsed = (value: unknown): unknown => {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

const fieldsOf = (value: unknown): Fields => {
  const fields = parsed(value);
  return typeof fields === 'object' && fields !== null ? (fields as Fields) : {};
};

/** Beside the text of an answer stand its facts: there a peer's words have no frame, and nothing is read. */
const BESIDE: ReadonlySet<string> = new Set(['type', '_meta', 'structuredContent']);

/** Every text in an answer, one after the other. */
const textsOf = (answer: unknown): string => {
  const value = parsed(answer);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textsOf).join('\n');
  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .filter(([name]) => !BESIDE.has(name))
        .map(([, one]) => textsOf(one))
        .join('\n')
    : '';
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** @returns null for any other call */
export const joiningIn = (event: Fields): Joining | null => {
  const tool = text(event['tool_name'] ?? event['toolName']) ?? '';
  const [, name] = /rogerthat\w*?[_.:/-]+(join|leave)$/.exec(tool) ?? [];
  if (name === undefined) return null;
  const input = fieldsOf(event['tool_input'] ?? event['toolArgs']);
  if (name === 'leave') return { type: 'left', sessionId: text(input['session_id']) };
  const answer = textsOf(event['tool_response'] ?? event['toolResult'] ?? event['result_json']);
  // The hub's own lines stand before and after the words of peers, whose lines have a bar: the first of each kind, and the last
  // without one, are its own, also when the client cut the rest off.
  const [, callsign, channelId] = /You are ([a-z0-9_-]+) on ([a-z0-9-]+)/.exec(answer) ?? [];
  const [, sessionId] = /session_id: (rt_session_[\w-]+)/.exec(answer) ?? [];
  const cursor = [...answer.matchAll(/^[^|\n]*Next: listen\(since=\\?"([\w.-]+)/gm)].at(-1)?.[1];
  if (callsign === undefined || channelId === undefined || sessionId === undefined || cursor === undefined) return null;
  const token = text(input['token']);
  return { type: 'joined', channelId, token, callsign, sessionId, cursor, identityKey: text(input['identity_key']) };
};
