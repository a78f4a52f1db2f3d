/** A terminal with a person's view: a program in tmux, on a server of our own. */
import { atClearUp, cleanEnvironment, freshHome, run } from './programs.ts';

const SOCKET = 'rogerthat-test';
const LOOK_MS = 50;
/** How long a program may take to end, in ms. */
const GONE_MS = 10_000;

export class Terminal {
  readonly #env: Readonly<Record<string, string>>;
  readonly #cwd: string;
  /** The program and the server. */
  #pids: readonly number[] = [];

  private constructor(home: string, work: string) {
    // The socket lies in the home, so that two runs never share a server.
    this.#env = cleanEnvironment(home, { TMUX_TMPDIR: home, LANG: 'C.UTF-8' });
    this.#cwd = work;
  }

  /** Opens a terminal that runs a program with exactly this environment. */
  static async open(program: string, args: readonly string[], env: Readonly<Record<string, string>>, cwd: string): Promise<Terminal> {
    const { home, work } = freshHome('tmux');
    const terminal = new Terminal(home, work);
    const words = [
      'env',
      '-i',
      ...Object.entries({ ...env, LANG: 'C.UTF-8' }).map(([name, value]) => `${name}=${value}`),
      program,
      ...args,
    ];
    atClearUp(() => terminal.#endServer());
    await terminal.#tmux(['-f', '/dev/null', 'new-session', '-d', '-x', '160', '-y', '50', '-c', cwd, '--', ...words]);
    terminal.#pids = (await terminal.#tmux(['display-message', '-p', '#{pane_pid} #{pid}'])).trim().split(' ').map(Number);
    await terminal.#tmux(['set-option', '-g', 'remain-on-exit', 'on']);
    return terminal;
  }

  /** What is on the screen now. */
  async screen(): Promise<string> {
    return (await this.#tmux(['capture-pane', '-p'])).replace(/\s+\n/g, '\n');
  }

  /** Waits until the screen matches. */
  async shows(pattern: RegExp, ms = 60_000): Promise<string> {
    const end = performance.now() + ms;
    for (;;) {
      const screen = await this.screen();
      if (pattern.test(screen)) return screen;
      if (performance.now() > end) throw new Error(`the screen never showed ${pattern}:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Presses keys, by their names in tmux. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux(['send-keys', ...keys]);
  }

  /** Types a text that ends in `tail` and, once it is on the screen, Enter: in one go both would be a paste. */
  async enter(text: string, tail: RegExp): Promise<void> {
    await this.#tmux(['send-keys', '-l', text]);
    await this.shows(tail);
    await this.press('Enter');
  }

  /** Ends the program, waits until it is gone, and ends the server. */
  async close(): Promise<void> {
    const [program] = this.#pids;
    const dead = async (): Promise<boolean> => (await this.#tmux(['display-message', '-p', '#{pane_dead}'])).trim() === '1';
    for (const end = performance.now() + GONE_MS; program !== undefined && !(await dead()) && performance.now() < end; ) {
      try {
        process.kill(program, 'SIGTERM');
      } catch {
        // It is gone, and its terminal has yet to notice.
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    this.#endServer();
  }

  #endServer(): void {
    for (const pid of this.#pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It is gone.
      }
    }
    this.#pids = [];
  }

  async #tmux(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run('tmux', ['-L', SOCKET, ...args], { env: this.#env, cwd: this.#cwd });
    if (code !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  }
}
