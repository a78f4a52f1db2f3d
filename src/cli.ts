#!/usr/bin/env node
/**
 * `rogerthat`: starts a hub, or is a client of one. What a command does not need is not loaded: `rogerthat send` is
 * started often, and the hub is large.
 */
import { tooOld } from './cli/node.ts';
import { VERSION } from './version.ts';

const main = async ([first, ...rest]: readonly string[]): Promise<void> => {
  if (first === '--version' || first === '-v') {
    process.stdout.write(`${VERSION}\n`);
  } else if (first === 'help') {
    // As many type it.
    await main(rest[0] === undefined ? ['--help'] : [rest[0], '--help']);
  } else if (first === undefined || first.startsWith('-')) {
    const { serve } = await import('./cli/serve.ts');
    await serve(first === undefined ? [] : [first, ...rest]);
  } else {
    const { runCommand } = await import('./cli/main.ts');
    // Kept connections and timers are nobody's business once the command is done.
    process.exit(await runCommand(first, rest, process.env));
  }
};

// Who reads the output may go away, and its disk may be full. An error of a write is told to whoever wrote; told to nobody, it would
// end a hub.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
const refused = tooOld(process.versions.node, process.execPath);
if (refused !== null) {
  process.stderr.write(`rogerthat: ${refused}\n`);
  process.exit(1);
}
await main(process.argv.slice(2));
