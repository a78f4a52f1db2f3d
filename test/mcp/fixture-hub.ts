/** A hub whose MCP endpoint has the suite's fixture tools beside its own seven: the product's layer, guard and all. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HubError } from '../../src/core/errors.ts';
import { Hub } from '../../src/core/hub.ts';
import { limitsFor } from '../../src/core/limits.ts';
import { connectInfo } from '../../src/discovery/connect.ts';
import { openLocal } from '../../src/engines/local/index.ts';
import { operations } from '../../src/operations/index.ts';
import type { Services } from '../../src/operations/operation.ts';
import { createGuard } from '../../src/transports/guard.ts';
import { createMcp, writeMcpRefusal } from '../../src/transports/mcp/endpoint.ts';
import { INSTRUCTIONS } from '../../src/transports/mcp/instructions.ts';
import { performIn } from '../../src/transports/mcp/perform.ts';
import { Tasks } from '../../src/transports/mcp/tasks.ts';
import { createTools } from '../../src/transports/mcp/tools.ts';
import { vouchIn } from '../../src/transports/mcp/vouch.ts';
import { FIXTURE_TOOLS } from './fixture-tools.ts';

export interface FixtureHub {
  readonly url: string;
  /** What went wrong that should not have. */
  readonly bugs: readonly unknown[];
  close(): Promise<void>;
}

export const openFixtureHub = async (port = 0): Promise<FixtureHub> => {
  const limits = limitsFor('local');
  const engine = openLocal({ directory: null, limits, report: () => {} });
  const hub = new Hub({ engine, limits });
  const services: Services = { hubTokenHash: null, adminTokenHash: null, connect: connectInfo, record: null };
  const bugs: unknown[] = [];
  let listening = port;
  const guard = createGuard({ origin: null, allowHosts: [] }, () => listening);
  const perform = performIn(hub, services);
  const vouch = vouchIn(hub);
  const mcp = createMcp({
    clock: hub.clock,
    notes: engine.notes,
    tools: [...createTools(perform, hub.clock, operations, engine.notes, vouch, limits.sizes), ...FIXTURE_TOOLS],
    tasks: new Tasks(perform, hub.clock, operations, engine.notes, vouch),
    instructions: INSTRUCTIONS,
    server: { name: 'rogerthat', title: 'RogerThat', version: 'test' },
    bodyBytes: limits.sizes.bodyBytes,
    admit: async () => {},
    onBug: (error) => void bugs.push(error),
  });
  let requests = 0;
  const server = createServer((request, response) => {
    try {
      guard(request);
    } catch (error) {
      writeMcpRefusal(response, error instanceof HubError ? error : new HubError('internal'));
      return;
    }
    const facts = { address: '127.0.0.1', origin: `http://${request.headers.host}`, requestId: String(++requests) };
    if (!mcp(request, response, facts)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  listening = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${listening}/mcp`,
    bugs,
    async close() {
      hub.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await engine.close();
    },
  };
};
