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

const fieldsOf = (value: unknown): Fields => {
  if (typeof value === 'string') {
    try {
      return fieldsOf(JSON.parse(value));
    } catch {
      return {};
    }
  }
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
};

/** Every text in an answer, one after the other. */
const textsOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textsOf).join('\n');
  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .filter(([name]) => name !== 'type')
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
  // The hub's own lines stand before and after the words of peers: the first of each kind, and the last, are its own.
  const [, callsign, channelId] = /You are ([a-z0-9_-]+) on ([a-z0-9-]+)/.exec(answer) ?? [];
  const [, sessionId] = /session_id: (rt_session_[\w-]+)/.exec(answer) ?? [];
  const cursor = [...answer.matchAll(/Next: listen\(since=\\?"([\w.-]+)/g)].at(-1)?.[1];
  if (callsign === undefined || channelId === undefined || sessionId === undefined || cursor === undefined) return null;
  const token = text(input['token']);
  return { type: 'joined', channelId, token, callsign, sessionId, cursor, identityKey: text(input['identity_key']) };
};
