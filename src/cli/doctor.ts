/** `rogerthat doctor`: what is installed, what wakes whom, what is missing. */
import { existsSync } from 'node:fs';
import { LinkError } from '../client/errors.ts';
import { Connections, wholeText } from '../client/http.ts';
import { bridgeIn } from './config/bridge-entry.ts';
import { CLIENTS, type Client, clientNamed, type Places, serverFile } from './config/clients.ts';
import { readText } from './config/files.ts';
import { hookCommandIn } from './config/hook-command.ts';
import { FORMATS, onPath, placesOf } from './config/machine.ts';
import { type Context, hubOf } from './context.ts';
import { addressIn, type Door, installLine, knock, tokenIn, trouble } from './door.ts';
import { CliError } from './exit.ts';

interface ClientReport {
  readonly client: string;
  /** The client has left traces on this machine. */
  readonly present: boolean;
  readonly settings: string;
  /** The address its MCP entry has; null without one. */
  readonly hub: string | null;
  /** Whether this hub lets it in with the token of its entry; null when that was not asked, or was not answered. */
  readonly admitted: boolean | null;
  /** Events whose hooks are ours. */
  readonly hooks: readonly string[];
  /** What begins a new turn when there is mail; null when nothing does. */
  readonly wakes: string | null;
  readonly missing: readonly string[];
}

interface HubReport {
  readonly url: string;
  readonly answers: boolean;
  readonly version: string | null;
}

/** How long a hub may take to answer, in milliseconds. */
const PATIENCE_MS = 5_000;

/** @param doorFor what the hub says to the token of an entry */
const examine = async (
  client: Client,
  places: Places,
  hub: string,
  doorFor: (token: string | null | undefined) => Promise<Door>,
): Promise<ClientReport> => {
  const missing: string[] = [];
  const lookUp = (file: ReturnType<typeof serverFile>): { event: string; found: unknown }[] => {
    try {
      const text = readText(file.path);
      return file.entries
        .filter(({ kind }) => kind !== 'needed')
        .map((entry) => ({
          event: entry.path.at(-1) ?? '',
          found: text === null ? undefined : FORMATS[file.format].find(text, entry, file.path),
        }));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      missing.push(error.message);
      return [];
    }
  };
  const present = existsSync(client.folder(places)) || existsSync(client.settings(places));
  const entry = lookUp(serverFile(client, places, hub))[0]?.found;
  const bridge = bridgeIn(entry, client.name);
  const address = bridge ? hubOf(bridge.hub, places.env) : addressIn(entry);
  const hooks = client.hooks ? lookUp(client.hooks(places, '')).filter(({ found }) => found !== undefined) : [];
  const commands = hooks.flatMap(({ found }) => hookCommandIn(client.name, found) ?? []);
  const gone = commands.flatMap(({ files }) => files).find((file) => !existsSync(file));
  const byHook = hooks.length > 0 && gone === undefined ? `hooks: ${hooks.map(({ event }) => event).join(', ')}` : null;
  const byRing = bridge?.rings ? 'rogerthat mcp rings' : null;
  const wakes = address === null ? byHook : [client.wakes, byRing, byHook].filter((way) => way !== null).join('; ') || null;
  let door: Door = 'unknown';
  if (address === null) {
    if (present) missing.push(installLine(client, hub));
  } else {
    const meant = bridge ? hub : `${hub}/mcp`;
    if (address !== meant) missing.push(`it is set up for ${address}, not for ${meant}`);
    // Its token is for the hub that it is set up for, and nobody else's. A bridge has it from many places.
    else if (!bridge) door = await doorFor(tokenIn(entry));
    const shut = trouble(door, client, hub);
    if (shut !== null) missing.push(shut);
    if (client.hooks && hooks.length === 0 && byRing === null) missing.push(installLine(client, hub, '--wake'));
  }
  const byName = hooks.some(({ found }) => /"rogerthat hook /.test(JSON.stringify(found)));
  if (byName && !onPath('rogerthat', places.env))
    missing.push('its hooks call "rogerthat", which is not on your PATH: npm install -g rogerthat');
  // Hooks that are there go with the entry; --wake would undo what their user made of them.
  if (gone !== undefined) missing.push(`its hooks run ${gone}, which is not there: ${installLine(client, hub)}`);
  const other = commands.map((one) => hubOf(one.hub, places.env)).find((one) => one !== hub);
  if (other !== undefined) missing.push(`its hooks are for ${other}, not for ${hub}: ${installLine(client, hub)}`);
  return {
    client: client.name,
    present,
    settings: client.settings(places),
    hub: address,
    admitted: door === 'unknown' ? null : door === 'open',
    hooks: hooks.map(({ event }) => event),
    wakes,
    missing,
  };
};

const askHub = async (url: string): Promise<HubReport> => {
  const connections = new Connections();
  try {
    const response = await connections.exchange({ url: `${url}/healthz`, method: 'GET', headers: {}, silenceMs: PATIENCE_MS });
    const { version } = JSON.parse(await wholeText(response)) as { version?: unknown };
    return { url, answers: typeof version === 'string', version: typeof version === 'string' ? version : null };
  } catch (error) {
    if (!(error instanceof LinkError || error instanceof SyntaxError)) throw error;
    return { url, answers: false, version: null };
  } finally {
    connections.close();
  }
};

const rowsOf = (report: ClientReport): string[] => {
  const state = report.hub !== null ? `set up for ${report.hub}` : report.present ? 'not set up' : 'not found on this machine';
  return [
    `${report.client}: ${state}`,
    ...(report.hub === null && report.hooks.length === 0
      ? []
      : [`  wakes: ${report.wakes ?? 'nothing; its agent hears mail when it listens'}`]),
    ...report.missing.map((what) => `  missing: ${what}`),
  ];
};

export const run = async (context: Context): Promise<void> => {
  const [name] = context.typed.args;
  const hub = context.hubOrDefault;
  const clients = name === undefined ? CLIENTS : [clientNamed(name)];
  const places = placesOf(context);
  const asked = await askHub(hub);
  const doors = new Map<string | undefined, Promise<Door>>();
  // Once a token: a refused one counts as wrong, and the hub takes only so many of those.
  const doorFor = async (token: string | null | undefined): Promise<Door> => {
    if (!asked.answers || token === null) return 'unknown';
    const door = doors.get(token) ?? knock(hub, token, PATIENCE_MS, context.signal);
    doors.set(token, door);
    return door;
  };
  const report = { hub: asked, clients: await Promise.all(clients.map((client) => examine(client, places, hub, doorFor))) };
  if (context.json) await context.out(JSON.stringify(report));
  else {
    const { answers, version } = report.hub;
    await context.out(
      [
        answers ? `Hub ${hub}: answers, version ${version}` : `Hub ${hub}: does not answer. Start one: npx rogerthat`,
        '',
        ...report.clients.flatMap(rowsOf),
      ].join('\n'),
    );
  }
  if (!report.hub.answers) throw new CliError('unreachable', `No hub answers at ${hub}.`);
  if (name === undefined) return;
  if (report.clients[0]?.hub === null) throw new CliError('failed', `${name} is not set up.`);
  if (report.clients[0]?.admitted === false) throw new CliError('failed', `The hub does not let ${name} in.`);
};
