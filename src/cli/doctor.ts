/** `rogerthat doctor`: what is installed, what wakes whom, what is missing. */
import { existsSync } from 'node:fs';
import { LinkError } from '../client/errors.ts';
import { Connections, wholeText } from '../client/http.ts';
import { CLIENTS, type Client, clientNamed, type Places, serverFile } from './config/clients.ts';
import { readText } from './config/files.ts';
import { FORMATS, onPath, placesOf } from './config/machine.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';

interface ClientReport {
  readonly client: string;
  /** The client has left traces on this machine. */
  readonly present: boolean;
  readonly settings: string;
  /** The address its MCP entry has; null without one. */
  readonly hub: string | null;
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

const addressIn = (entry: unknown): string | null => {
  const found = JSON.stringify(entry ?? null).match(/"(https?:\/\/[^"]+)"/)?.[1];
  return entry === undefined ? null : (found ?? '');
};

const examine = (client: Client, places: Places, hub: string): ClientReport => {
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
  const address = addressIn(lookUp(serverFile(client, places, hub))[0]?.found);
  const hooks = client.hooks ? lookUp(client.hooks(places, '')).filter(({ found }) => found !== undefined) : [];
  const byHook = hooks.length > 0 ? `hooks: ${hooks.map(({ event }) => event).join(', ')}` : null;
  const wakes = address === null ? byHook : [client.wakes, byHook].filter((way) => way !== null).join('; ') || null;
  if (address === null) {
    if (present) missing.push(`rogerthat install ${client.name}`);
  } else {
    if (address !== `${hub}/mcp`) missing.push(`it is set up for ${address}, not for ${hub}/mcp`);
    if (client.hooks && hooks.length === 0) missing.push(`rogerthat install ${client.name} --wake`);
  }
  const byName = hooks.some(({ found }) => /"rogerthat hook /.test(JSON.stringify(found)));
  if (byName && !onPath('rogerthat', places.env))
    missing.push('its hooks call "rogerthat", which is not on your PATH: npm install -g rogerthat');
  return {
    client: client.name,
    present,
    settings: client.settings(places),
    hub: address,
    hooks: hooks.map(({ event }) => event),
    wakes,
    missing,
  };
};

const askHub = async (url: string): Promise<HubReport> => {
  const connections = new Connections();
  try {
    const response = await connections.exchange({ url: `${url}/healthz`, method: 'GET', headers: {}, silenceMs: 5_000 });
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
  const report = { hub: await askHub(hub), clients: clients.map((client) => examine(client, places, hub)) };
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
  if (name !== undefined && report.clients[0]?.hub === null) throw new CliError('failed', `${name} is not set up.`);
};
