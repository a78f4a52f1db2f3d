/**
 * The reference: what one send and one long-poll listen cost on plain `node:http`, with nothing else around them. No
 * tokens, no validation, no limits, no history, no disk. It speaks just enough of the hub's wire for one load generator
 * to drive both; every figure of the hub is given as a multiple of this one.
 */

import { createServer, type ServerResponse } from 'node:http';

/** One listener's place: its latest message, and its answer while it is parked. */
interface Box {
  id: number;
  latest: string;
  parked: ServerResponse | undefined;
  timer: NodeJS.Timeout | undefined;
}

const channels = new Map<string, Map<string, Box>>();
let lastId = 0;

function boxOf(channel: string, callsign: string): Box {
  let boxes = channels.get(channel);
  if (!boxes) {
    boxes = new Map();
    channels.set(channel, boxes);
  }
  let box = boxes.get(callsign);
  if (!box) {
    box = { id: 0, latest: '', parked: undefined, timer: undefined };
    boxes.set(callsign, box);
  }
  return box;
}

function answer(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function release(box: Box, body: string): void {
  const parked = box.parked;
  if (!parked) return;
  clearTimeout(box.timer);
  box.parked = undefined;
  answer(parked, body);
}

const server = createServer((request, response) => {
  const [path = '', query] = (request.url ?? '').split('?');
  const [, , , channel = '', verb] = path.split('/');
  if (verb === 'listen') {
    const asked = new URLSearchParams(query);
    const box = boxOf(channel, String(request.headers['x-session-id']));
    if (box.id > Number(asked.get('since'))) return answer(response, box.latest);
    box.parked = response;
    box.timer = setTimeout(() => release(box, '{"messages":[],"cursor":"0"}'), Number(asked.get('timeout')) * 1000);
    response.on('close', () => {
      if (box.parked !== response) return;
      clearTimeout(box.timer);
      box.parked = undefined;
    });
  } else if (verb === 'send') {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const { to, message } = JSON.parse(text) as { to: string; message: string };
      const id = ++lastId;
      const at = new Date().toISOString();
      const body = JSON.stringify({ messages: [{ id, from: 'alpha', to, text: message, at }], cursor: String(id) });
      const boxes = to === 'all' ? (channels.get(channel)?.values() ?? []) : [boxOf(channel, to)];
      for (const box of boxes) {
        box.id = id;
        box.latest = body;
        release(box, body);
      }
      answer(response, JSON.stringify({ id, at, to }));
    });
  } else answer(response, '{"ok":true}');
});

server.listen(Number(process.argv[2]), '127.0.0.1', 4096);

process.once('SIGTERM', () => process.exit(0));
