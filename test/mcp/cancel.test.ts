/**
 * A cancel that comes while the answer is on its way from the tool to the socket.
 * Proves R-MCP-13.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { MemoryNotes } from '../../src/core/notes.ts';
import { createMcp } from '../../src/transports/mcp/endpoint.ts';
import type { McpTool } from '../../src/transports/mcp/tools.ts';
import { testClock } from '../harness/clock.ts';
import { HttpClient } from '../harness/transports/http.ts';
import { until } from '../harness/until.ts';
import { Caller } from './talk.ts';

test('an answer that was ready when its call was cancelled is not written, and its mail was not handed over', async () => {
  const said: string[] = [];
  /** Answers as soon as it is cancelled: the latest moment at which it can. */
  const late: McpTool = {
    definition: { name: 'late', title: 'late', description: 'late', inputSchema: { type: 'object' }, annotations: {} },
    slow: () => false,
    async call(_, { signal }) {
      said.push('called');
      await new Promise<void>((resolve) => signal.addEventListener('abort', { handleEvent: resolve }));
      const delivery = { handed: () => void said.push('handed'), unsure: () => void said.push('unsure') };
      return { result: { content: [{ type: 'text', text: 'mail' }] }, delivery };
    },
  };
  const clock = testClock();
  const mcp = createMcp({
    clock,
    notes: new MemoryNotes(clock),
    tools: [late],
    tasks: null,
    instructions: '',
    server: { name: 'test', title: 'test', version: '1' },
    bodyBytes: 10_000,
    admit: async () => {},
    onBug: (error) => void said.push(String(error)),
  });
  const server = createServer((request, response) => mcp(request, response, { address: '', origin: '', requestId: '' }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const http = new HttpClient((server.address() as AddressInfo).port);
  try {
    const caller = await Caller.connect(http, 'legacy');
    const begun = caller.begin('late', {}, { id: 1 });
    await until(() => said.length === 1);
    await caller.notify('notifications/cancelled', { requestId: 1 });
    const answer = await begun;
    await until(() => answer.over);
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(said).toEqual(['called', 'unsure']);
    expect((await mcp.sessions.find(caller.session!))?.calls).toBeNull();
  } finally {
    http.close();
    server.closeAllConnections();
    server.close();
  }
});
