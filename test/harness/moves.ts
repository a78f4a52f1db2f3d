/** Hubs that move between a data directory and a Redis, by the command as its users run it. */
import { type Done, newHome } from './command.ts';
import { type HubProcess, type Program, startHubProcess } from './process.ts';

/** Of every hub on a Redis. */
const KEY = 'the-key-of-the-hubs-of-a-fleet';

export const migration = (from: string, to: string, env: Readonly<Record<string, string>> = {}): Program =>
  newHome().launch(['migrate', '--from', from, '--to', to], { env: { ROGERTHAT_SECRET_KEY: KEY, ...env } });

export const migrateCommand = async (from: string, to: string, env: Readonly<Record<string, string>> = {}): Promise<Done> => {
  const program = migration(from, to, env);
  const { code } = await program.ended;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
};

/** A hub on a place as the command names it. */
export const hubOn = (place: string): Promise<HubProcess> =>
  place.startsWith('redis:')
    ? startHubProcess({ args: ['--redis', place, '--limits', 'off', '--secret-key', KEY] })
    : startHubProcess({ directory: place, args: ['--limits', 'off'] });
