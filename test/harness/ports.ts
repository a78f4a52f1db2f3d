/** Ports for those that die and come back. */
import { createServer } from 'node:net';

/** Whether nobody has a port now. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

/** Free ports that no outgoing connection is given, so that who dies finds its own free again. */
export const lastingPorts = async (count: number): Promise<number[]> => {
  const found: number[] = [];
  for (let port = 12_000 + (process.pid % 10_000); found.length < count; port++) if (await isFree(port)) found.push(port);
  return found;
};
