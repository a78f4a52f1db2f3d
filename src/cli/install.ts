/** `rogerthat install`: puts the hub into the settings of a client. */
import { bridgeIn } from './config/bridge-entry.ts';
import { clientNamed, filesFor, serverFile } from './config/clients.ts';
import { diff } from './config/diff.ts';
import type { Entry } from './config/document.ts';
import { keepsAll } from './config/hook-command.ts';
import { Installed } from './config/installed.ts';
import { FORMATS, hookCommand, placesOf, standsIn } from './config/machine.ts';
import { type Context, DEFAULT_HUB, hubOf } from './context.ts';
import { addressIn, knock, tokenIn, trouble } from './door.ts';
import { CliError } from './exit.ts';

/** A hub that does not answer at once may not run yet, and is not waited for. Milliseconds. */
const AT_ONCE_MS = 2_000;

export const run = async (context: Context): Promise<void> => {
  const { args, options } = context.typed;
  const client = clientNamed(args[0] ?? '');
  const wake = options['wake'] === true;
  if (wake && !client.hooks && client.wakes === null) {
    throw new CliError(
      'usage',
      `${client.title} has no hooks that could wake its agent.`,
      'Install it without --wake; see "rogerthat wait --help".',
    );
  }
  const hub = context.hubOrDefault;
  const token = context.secret('token');
  const places = placesOf(context);
  const hook = hookCommand(client.name, context.env, hub === DEFAULT_HUB ? undefined : hub);
  const installed = new Installed(context.env, client.name);
  const server = serverFile(client, places, hub);
  const present = server.entries.filter(({ kind }) => kind === 'member').map((entry) => standsIn(server, entry))[0];
  const bridge = bridgeIn(present, client.name);
  const held = bridge === null && addressIn(present) === `${hub}/mcp` ? tokenIn(present) : undefined;
  // Who has a bridge for this hub has more than an address; a token that nobody typed again is not to be lost.
  const stays = token === undefined && (bridge === null ? held !== undefined : hubOf(bridge.hub, context.env) === hub);
  const tellTrouble = async (): Promise<void> => {
    const shown = stays ? held : token;
    // Only its client looks it up.
    if (shown === null) return;
    const shut = trouble(await knock(hub, shown, AT_ONCE_MS, context.signal), client, hub);
    if (shut !== null) context.note(shut);
  };
  const files = filesFor(client, places, hub, token, hook).flatMap((file) => {
    const entries = file.entries.flatMap((entry): Entry[] => {
      if (entry.kind === 'member') return stays ? [] : [entry];
      if (wake) return [entry];
      // Hooks that are there are for the same hub as the entry; no more are added, and what their user made of them stays.
      return entry.kind === 'item' && standsIn(file, entry) !== undefined ? [{ ...entry, kept: keepsAll(client.name, hook) }] : [];
    });
    return entries.length > 0 ? [{ ...file, entries }] : [];
  });
  const changes = await installed.plan(files, FORMATS);
  if (changes.length === 0) {
    await context.out(`${client.title} has it already; nothing was changed.`);
    await tellTrouble();
    return;
  }
  for (const { path, before, after } of changes) {
    await context.out(`${path}${before === null ? ' (a new file)' : ''}\n${diff(before ?? '', after ?? '')}\n`);
  }
  if (options['dry-run'] === true) {
    await context.out('Nothing was changed.');
    return;
  }
  installed.make(changes);
  await context.out(
    `Installed in ${client.title}. Start it anew, so that it reads its settings. "rogerthat uninstall ${client.name}" takes it out.`,
  );
  if (wake && client.remark) context.note(client.remark);
  await tellTrouble();
};
