/** `rogerthat uninstall`: takes the hub out of the settings of a client. */
import { bridgeIn } from './config/bridge-entry.ts';
import { clientNamed, filesFor } from './config/clients.ts';
import { diff } from './config/diff.ts';
import { Installed } from './config/installed.ts';
import { FORMATS, placesOf, standsIn } from './config/machine.ts';
import type { Context } from './context.ts';

export const run = async (context: Context): Promise<void> => {
  const { args, options } = context.typed;
  const client = clientNamed(args[0] ?? '');
  const installed = new Installed(context.env, client.name);
  // Ours are known by their names and places, whatever hub they are for. A bridge is never ours: `install` puts none in.
  const bridges: string[] = [];
  const files = filesFor(client, placesOf(context), context.hubOrDefault, undefined, '').map((file) => ({
    ...file,
    entries: file.entries.filter((entry) => {
      const bridge = entry.kind === 'member' && bridgeIn(standsIn(file, entry), client.name) !== null;
      if (bridge) bridges.push(file.path);
      return !bridge;
    }),
  }));
  const changes = await installed.planRemoval(files, FORMATS);
  const tellBridges = (): void => {
    for (const path of bridges) context.note(`an entry in ${path} starts a bridge; install did not put it in, and it stays.`);
  };
  const dry = options['dry-run'] === true;
  if (changes.length === 0) {
    // Taken out by hand: its copies are left.
    if (!dry) installed.undo([]);
    await context.out(`${client.title} has nothing that "rogerthat install" put in; nothing was changed.`);
    tellBridges();
    return;
  }
  for (const { path, before, after, exact } of changes) {
    const how =
      after === null ? 'removed, as it was not there before' : exact ? 'as it was before' : 'changed since; only our entries are taken out';
    await context.out(`${path} (${how})\n${diff(before ?? '', after ?? '')}\n`);
  }
  tellBridges();
  if (dry) {
    await context.out('Nothing was changed.');
    return;
  }
  installed.undo(changes);
  await context.out(`Taken out of ${client.title}.`);
};
