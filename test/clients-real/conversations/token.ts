/** A hub that asks for a token, and clients that were not given it: what their users get to read. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { claudeCode, codex } from '../clients.ts';
import { Hub } from '../hub.ts';
import { promptOf } from '../script.ts';
import { type Conversation, eraOf, expect } from '../stage.ts';
import { Terminal } from '../terminal.ts';

const TOKEN = 'token-of-the-test-hub';
/** What must be on the screen for a person to know what to do. */
const ADVICE = /Authorization: Bearer/;

/** On one line, without what belongs to this run. */
const plain = (text: string): string =>
  text
    .replace(/[│┃]/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:7424')
    .trim();

/** The part of a text that tells of the failure. */
const around = (text: string, from: RegExp, to: RegExp): string => {
  const begin = text.search(from);
  const rest = text.slice(Math.max(begin, 0));
  const end = to.exec(rest);
  return plain(end ? rest.slice(0, end.index + end[0].length) : rest);
};

export const claudeWithoutToken: Conversation = {
  title: 'Claude Code without the token of a --token hub',
  needs: ['claude'],
  async run({ cache, model }) {
    const hub = await Hub.start(['claude'], ['--token', TOKEN]);
    try {
      const tap = hub.taps.claude;
      const client = await claudeCode({ cache, model: model.url, hub: tap.url });
      const { stdout } = await client.run(['mcp', 'list']);
      expect(ADVICE.test(stdout), 'advice', stdout);
      const text = around(stdout, /rogerthat:/, /$/);
      await client.run(['mcp', 'remove', 'rogerthat']);
      const added = ['mcp', 'add', '--transport', 'http', 'rogerthat', `${tap.url}/mcp`, '--header', `Authorization: Bearer ${TOKEN}`];
      await client.run(added);
      const again = await client.run(['mcp', 'list']);
      expect(again.stdout.includes('✔ Connected'), '✔ Connected with the header', again);
      return {
        proofs: [
          { client: 'claude', era: eraOf(tap), proven: 'without the token of a `--token` hub: told what is missing', figure: 'see below' },
          { client: 'claude', era: eraOf(tap), proven: 'with `--header "Authorization: Bearer …"`: ✔ Connected', figure: '–' },
        ],
        shown: [{ client: 'claude', where: '`claude mcp list`', text }],
      };
    } finally {
      await hub.close();
    }
  },
};

export const codexWithoutToken: Conversation = {
  title: 'Codex without the token of a --token hub',
  needs: ['codex'],
  tmux: true,
  async run({ cache, model }) {
    const hub = await Hub.start(['codex'], ['--token', TOKEN]);
    let terminal: Terminal | null = null;
    try {
      const options = { cache, model: model.url, hub: hub.taps.codex.url };
      const script = promptOf('codex-token', [{ say: 'Nothing to say.' }]);
      const required = await codex({ ...options, config: 'required = true' });
      const { stderr } = await required.ask(script).ended;
      expect(ADVICE.test(stderr), 'advice', stderr);

      const seen = await codex(options);
      appendFileSync(join(seen.home, '.codex/config.toml'), `[projects."${seen.work}"]\ntrust_level = "trusted"\n`);
      terminal = await Terminal.open(seen.program, ['--no-daemon', script], seen.env, seen.work);
      await terminal.shows(/Nothing to say\.[\s\S]*f2 to view/);
      await terminal.press('F2');
      let screen = await terminal.shows(/Warnings? · 1 of/);
      // It also warns of what else it misses on this machine.
      const count = Number(/1 of (\d+)/.exec(screen)?.[1]);
      for (let page = 2; page <= count && !ADVICE.test(screen); page++) {
        await terminal.press('Right');
        screen = await terminal.shows(new RegExp(`Warnings · ${page} of`));
      }
      expect(ADVICE.test(screen), 'advice', screen);

      const header = await codex({ ...options, config: `required = true\nhttp_headers = { "Authorization" = "Bearer ${TOKEN}" }` });
      const good = await header.ask(script).ended;
      expect(good.stdout.includes('Nothing to say.'), 'a session with the header', good);
      const era = eraOf(hub.taps.codex);
      return {
        proofs: [
          { client: 'codex', era, proven: 'without the token of a `--token` hub: told what is missing', figure: 'see below' },
          { client: 'codex', era, proven: 'with `http_headers`: connected', figure: '–' },
        ],
        shown: [
          { client: 'codex', where: '`codex`, after F2', text: around(screen, /MCP client|rogerthat|⚠/, /operator has it\.?/) },
          {
            client: 'codex',
            where: '`codex exec` with `required = true`',
            text: around(stderr, /required MCP servers/, /operator has it\./),
          },
        ],
      };
    } finally {
      await terminal?.close();
      await hub.close();
    }
  },
};
