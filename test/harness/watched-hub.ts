/** A hub in this process whose connections the test sees, with two agents on a channel. */
import type { Socket } from 'node:net';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { type RunningHub, startHub } from '../../src/server.ts';
import { createChannel, joinChannel, type TestMember } from './rest.ts';

export interface WatchedHub {
  readonly running: RunningHub;
  /** The connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
  readonly alpha: TestMember;
  readonly bravo: TestMember;
}

/** @param limits as for `--limits` */
export const watchedHub = async (limits: string): Promise<WatchedHub> => {
  const running = await startHub(readConfig(['--port', '0', '--memory', '--limits', limits], {}), 'test', createLog('error'));
  const sockets = new Set<Socket>();
  running.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const channel = await createChannel(running.url);
  return {
    running,
    sockets,
    alpha: await joinChannel(running.url, channel, 'alpha'),
    bravo: await joinChannel(running.url, channel, 'bravo'),
  };
};
