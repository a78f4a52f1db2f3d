/** Serves the conformance suite's fixtures until it is stopped, to run the suite by hand: `node --import tsx test/mcp/conformance.main.ts [PORT]`. */
import { openFixtureHub } from './fixture-hub.ts';

const hub = await openFixtureHub(Number(process.argv[2] ?? 0));
process.stdout.write(`${hub.url}\n`);
