/** The smallest client of the REST API: one call, one connection, the answer as it came. */
import { type Cut, exchange } from './exchange.ts';

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly token?: string | undefined;
  readonly session?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object | undefined;
  readonly cut?: Cut | undefined;
  readonly gone?: AbortSignal | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

/** A request as bytes; its connection ends with the answer. */
export const requestText = (host: string, { method, path, token, session, headers = {}, body }: Call): string => {
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [
    `${method ?? (body === undefined ? 'GET' : 'POST')} ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: close',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(session === undefined ? [] : [`X-Session-Id: ${session}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
};

/**
 * @param via the port to connect to, when it is not the hub's own
 * @throws CutOff
 */
export const call = async (url: string, request: Call, via?: number): Promise<Reply> => {
  const { host, port } = new URL(url);
  const { cut, gone } = request;
  const { status, headers, body } = await exchange(via ?? Number(port), requestText(host, request), {
    ...(cut ? { cut } : {}),
    ...(gone ? { gone } : {}),
  });
  return { status, headers, body: /json/.test(headers['content-type'] ?? '') ? JSON.parse(body) : body };
};

/** @throws Error when the answer is not the wanted status */
export const expectCall = async (url: string, request: Call, status = 200): Promise<Reply['body']> => {
  const reply = await call(url, request);
  if (reply.status !== status) throw new Error(`${request.path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply.body;
};

export interface TestChannel {
  readonly id: string;
  readonly path: string;
  readonly token: string;
  readonly ownerToken: string;
  readonly retention: string;
}

export const createChannel = async (
  url: string,
  settings: { retention?: string; owner_password?: string; trust_mode?: string } = {},
): Promise<TestChannel> => {
  const made = await expectCall(url, { path: '/api/channels', body: settings }, 201);
  return {
    id: made.channel_id,
    path: `/api/channels/${made.channel_id}`,
    token: made.join_token,
    ownerToken: made.owner_token,
    retention: made.retention,
  };
};

export interface TestMember {
  readonly channel: TestChannel;
  readonly callsign: string;
  readonly session: string;
  /** Where the mailbox stood at the join. */
  readonly cursor: string;
}

export const joinChannel = async (url: string, channel: TestChannel, callsign: string): Promise<TestMember> => {
  const joined = await expectCall(url, { path: `${channel.path}/join`, token: channel.token, body: { callsign } });
  return { channel, callsign, session: joined.session_id, cursor: joined.cursor };
};

/** A call of a member. */
export const memberCall = ({ channel, session }: TestMember, rest: Omit<Call, 'token' | 'session'>): Call => ({
  ...rest,
  path: `${channel.path}/${rest.path}`,
  token: channel.token,
  session,
});
