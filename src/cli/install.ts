/** `rogerthat install`: puts the hub into the settings of a client. */
import { bridgeIn } from './config/bridge-entry.ts';
import { clientNamed, filesFor, serverFile } from './config/clients.ts';
import { diff } from './config/diff.ts';
import { Installed } from './config/installed.ts';
import { FORMATS, hookCommand, placesOf, standsIn } from './config/machine.ts';
import { type Context, DEFAULT_HUB, hubOf } from './context.ts';
import { knock, trouble } from './door.ts';
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
  const tellTrouble = async (): Promise<void> => {
    const shut = trouble(await knock(hub, token, AT_ONCE_MS, context.signal), client, hub);
    if (shut !== null) context.note(shut);
  };
  const places = placesOf(context);
  // Hooks that are there are for the same hub as the entry.
  const hooks = client.hooks?.(places, '');
  const hooked = hooks?.entries.some((entry) => entry.kind === 'item' && standsIn(hooks, entry) !== undefined);
  const hook = wake || hooked ? hookCommand(client.name, context.env, hub === DEFAULT_HUB ? undefined : hub) : null;
  const installed = new Installed(context.env, client.name);
  const server = serverFile(client, places, hub);
  const bridge = server.entries.map((entry) => bridgeIn(standsIn(server, entry), client.name)).find((one) => one !== null);
  const stays = bridge != null && token === undefined && hubOf(bridge.hub, context.env) === hub;
  // Who has a bridge for this hub has more than an address: it stays.
  const files = filesFor(client, places, hub, token, hook).map((file) => ({
    ...file,
    entries: file.entries.filter(({ kind }) => !stays || kind !== 'member'),
  }));
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
