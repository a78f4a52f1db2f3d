/** Ways to begin a turn of an agent that sleeps. Each is given a pointer, never a peer's words. */
import { spawn } from 'node:child_process';
import { request } from 'node:http';

export interface Ringer {
  readonly name: string;
  /** Resolves with whether the client took it; never throws. */
  ring(text: string): Promise<boolean>;
}

const RING_MS = 15_000;

/** Runs a program without a shell; whether it ended well. */
const ran = (command: string, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    try {
      const child = spawn(command, args, { stdio: 'ignore', timeout: RING_MS });
      child.once('error', () => resolve(false));
      child.once('close', (code) => resolve(code === 0));
    } catch {
      // Some of what the system says Node throws at once: a path below a file, a script of Windows.
      resolve(false);
    }
  });

/** Codex: its own queue, which starts a turn of an idle thread, in its terminal or in its daemon. */
export const codexRinger = (command: string, threadId: string): Ringer => ({
  name: 'codex',
  ring: (text) => ran(command, ['queue', '--thread', threadId, '--message', text]),
});

const asked = (method: string, url: string, body?: object): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: { 'Content-Type': 'application/json' }, timeout: RING_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.once('error', reject);
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.once('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });

interface OpencodeSession {
  readonly id: string;
  readonly parentID?: string;
  readonly directory?: string;
  readonly time?: { readonly updated?: number };
}

/** opencode: a prompt through its own server, in the session of this directory that was used last. */
export const opencodeRinger = (server: string, directory: string): Ringer => ({
  name: 'opencode',
  async ring(text) {
    try {
      const base = server.replace(/\/+$/, '');
      const listed = await asked('GET', `${base}/session`);
      const sessions = (JSON.parse(listed.text) as OpencodeSession[]).filter(
        (one) => one.parentID === undefined && (one.directory === undefined || one.directory === directory),
      );
      const [latest] = sessions.sort((one, other) => (other.time?.updated ?? 0) - (one.time?.updated ?? 0));
      if (!latest) return false;
      const { status } = await asked('POST', `${base}/session/${encodeURIComponent(latest.id)}/prompt_async`, {
        parts: [{ type: 'text', text }],
      });
      return status >= 200 && status < 300;
    } catch {
      return false;
    }
  },
});

/** A notification for the person at the machine, where the desktop has a way to show one. */
export const desktopRinger = (platform: NodeJS.Platform = process.platform): Ringer => ({
  name: 'desktop',
  ring: (text) =>
    platform === 'darwin'
      ? ran('osascript', ['-e', 'on run argv', '-e', 'display notification (item 1 of argv) with title "RogerThat"', '-e', 'end run', text])
      : ran('notify-send', ['--app-name=RogerThat', 'RogerThat', text]),
});

/** Tries one after the other. */
export const firstOf = (ringers: readonly Ringer[]): Ringer => ({
  name: ringers.map(({ name }) => name).join(', '),
  async ring(text) {
    for (const ringer of ringers) if (await ringer.ring(text)) return true;
    return false;
  },
});
