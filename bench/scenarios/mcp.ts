/** The cost of the same message over MCP: `tools/call send` and the `tools/call listen` it answers, beside REST. */

import { talk } from '../load.ts';
import { pairsOf } from '../pairs.ts';
import { figure, type Section, type Setting, times } from '../report.ts';
import { against, cells, inTurns } from '../rounds.ts';
import { Agent, type Channel, hubTarget, type Target } from '../target.ts';
import { head } from '../wire.ts';

const PAIRS = 50;

/** An agent that speaks MCP: stateless calls that carry their session, as the clients that matter send them. */
class McpAgent extends Agent {
  readonly #port: number;
  readonly #session: string;
  #calls = 0;

  constructor(port: number, channel: Channel, callsign: string, session: string, cursor: string) {
    super(port, channel, callsign, session, cursor);
    this.#port = port;
    this.#session = session;
  }

  override listen(seconds = 55): string {
    return this.#call('listen', { timeout_seconds: seconds, since: this.cursor });
  }

  override send(to: string, message: string): string {
    return this.#call('send', { to, message });
  }

  #call(name: string, fields: object): string {
    const params = { name, arguments: { ...fields, session_id: this.#session } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: ++this.#calls, method: 'tools/call', params });
    return head('POST', '/mcp', this.#port, { Accept: 'application/json' }, body);
  }
}

const mcpTarget = (rest: Target): Target => ({
  ...rest,
  name: 'MCP',
  join: async (seats) => {
    const { port } = rest.server;
    return Promise.all(
      seats.map(async ({ channel, callsign }) => {
        const response = await fetch(`http://127.0.0.1:${port}/api/channels/${channel.id}/join`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${channel.token}` },
          body: JSON.stringify({ callsign }),
        });
        const joined = (await response.json()) as { session_id: string; cursor: string };
        return new McpAgent(port, channel, callsign, joined.session_id, joined.cursor);
      }),
    );
  },
});

/** Measures CPU a message over MCP and over REST, on the same hub. */
export async function mcp({ quick, servers, say }: Setting): Promise<Section> {
  const rounds = quick ? 3 : 15;
  const slice = quick ? 400 : 700;
  const { hub } = await servers();
  const rest = hubTarget(hub, 'none');
  const runs: (() => ReturnType<typeof talk>)[] = [];
  for (const target of [rest, mcpTarget(rest)]) {
    const lanes = (await pairsOf(target, PAIRS)).map((pair) => [pair]);
    runs.push(() => talk(target.server, lanes, slice));
  }
  say(`${PAIRS} pairs, ${rounds} rounds`);
  await inTurns(quick ? 1 : 10, runs);
  const [overRest = [], overMcp = []] = await inTurns(rounds, runs);
  const { ratio } = against(overMcp, overRest);
  return {
    title: 'MCP beside REST',
    method:
      `The messages of the first section (retention \`none\`, ${PAIRS} pairs) over \`POST /mcp\`: one \`tools/call send\` and the ` +
      '`tools/call listen` it answers, against the same two calls over REST on the same hub.',
    table: {
      columns: ['transport', 'CPU µs a message', '× REST', 'messages a second', 'core busy'],
      rows: [
        ['REST', ...cells(overRest, overRest)],
        ['MCP', ...cells(overMcp, overRest)],
      ],
    },
    goals: [{ goal: 'a message over MCP ≤ 1.25 × REST', figure: times(ratio), met: ratio <= 1.25 }],
    remarks: [`A message over MCP takes ${figure(ratio)} times the CPU of one over REST.`],
  };
}
