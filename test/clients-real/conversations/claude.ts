/** Claude Code with nothing but `claude mcp add`: scripted, and idle at its prompt. */
import { type Client, claudeCode } from '../clients.ts';
import { Hub } from '../hub.ts';
import type { FakeModel } from '../model.ts';
import { promptOf } from '../script.ts';
import { type Conversation, eraOf, expect, history, join, leave, listen, ms, newWord, roster, send } from '../stage.ts';
import { Terminal } from '../terminal.ts';
import { named, type Wake, wakeTest } from '../wake-test.ts';

export const claudeAndCurl: Conversation = {
  title: 'Claude Code ↔ curl',
  needs: ['claude'],
  async run({ cache, model }) {
    const hub = await Hub.start(['claude']);
    try {
      const tap = hub.taps.claude;
      const client = await claudeCode({ cache, model: model.url, hub: tap.url });
      const listed = await client.run(['mcp', 'list']);
      expect(listed.stdout.includes('✔ Connected'), '✔ Connected', listed);

      const channel = await hub.channel();
      const bravo = await hub.agent(channel, 'bravo');
      const words = [newWord(), newWord()];
      const began = performance.now();
      const talk = client.ask(
        promptOf('claude-curl', [
          {
            tool: 'ToolSearch',
            args: { query: `select:${['roster', 'history', 'leave'].map((name) => `mcp__rogerthat__${name}`).join(',')}` },
          },
          join(channel, 'alpha'),
          send('bravo', 'Alpha is listening.'),
          listen('first word is'),
          send('bravo', 'Heard «first word is (\\w+)».'),
          listen('second word is'),
          send('bravo', 'Heard «second word is (\\w+)» too.'),
          roster('bravo'),
          history('second word is'),
          leave(),
          { say: 'It was «first word is (\\w+)» and «second word is (\\w+)».' },
        ]),
      );
      await bravo.hears(/listening/);
      await bravo.send('alpha', `The first word is ${words[0]}`);
      await bravo.hears(new RegExp(`Heard ${words[0]}`));
      await model.asked('claude-curl', 'the second listen', ({ next }) => 'call' in next && next.call === 'listen');
      const sent = performance.now();
      await bravo.send('alpha', `The second word is ${words[1]}`);
      const carried = await model.asked('claude-curl', 'the word', ({ received }) => received.includes(`second word is ${words[1]}`));
      await bravo.hears(new RegExp(`Heard ${words[1]} too`));
      await model.ended('claude-curl');
      const { stdout } = await talk.ended;
      expect(stdout.includes(`It was ${words[0]} and ${words[1]}.`), 'both words', stdout);
      const took = ms(performance.now() - began);
      return {
        proofs: [
          { client: 'claude', era: eraOf(tap), proven: '`claude mcp list` shows ✔ Connected', figure: '–' },
          {
            client: 'claude',
            era: eraOf(tap),
            proven: 'talks with curl, each answer made of the words received; six tools',
            figure: `${took} a conversation; ${ms(carried.at - sent)} from curl to model`,
          },
        ],
      };
    } finally {
      await hub.close();
    }
  },
};

const POLL = /"tasks\/get"/;

/** How often an idle session is woken by curl, and by `rogerthat wake-test`; then once more after a restart of the hub. */
const WAKES = 5;
const TESTS = 5;

/** A whole prompt in the input box, which has a line above it; what was entered before has none. */
const TYPED = /─\n❯\s(?:\[Pasted text|You are[\s\S]*:END\s*\n─)/;

/** How often a fresh session is asked whether it has the hub's tools. */
const CHECKS = 20;

/** Opens Claude Code at its prompt. It connects meanwhile: its model is asked until it is offered the hub's tools. */
const atItsPrompt = async (client: Client, model: FakeModel): Promise<Terminal> => {
  const terminal = await Terminal.open(client.program, [], client.env, client.work);
  await terminal.shows(/shift\+tab to cycle/);
  for (let check = 1; check <= CHECKS; check++) {
    const who = `claude-check-${check}`;
    await terminal.enter(promptOf(who, [{ say: `Check ${check} over.` }]), TYPED);
    const { offers } = await model.ended(who);
    await terminal.shows(new RegExp(`Check ${check} over`));
    if (offers.some(({ name }) => name === 'mcp__rogerthat__join')) return terminal;
  }
  await terminal.close();
  throw new Error(`Claude Code had no tools of the hub after ${CHECKS} turns`);
};

export const claudeWoken: Conversation = {
  title: 'An idle interactive Claude Code is woken by a message',
  needs: ['claude'],
  tmux: true,
  wakes: true,
  async run({ cache, model }) {
    const hub = await Hub.start(['claude']);
    const tap = hub.taps.claude;
    let terminal: Terminal | null = null;
    try {
      const channel = await hub.channel();
      const bravo = await hub.agent(channel, 'bravo');
      const client = await claudeCode({ cache, model: model.url, hub: tap.url });
      terminal = await atItsPrompt(client, model);
      const who = 'claude-idle';
      const turns = WAKES + TESTS + 1;
      const words = Array.from({ length: turns }, newWord);
      const isTest = (turn: number): boolean => turn >= WAKES && turn < WAKES + TESTS;
      const wake = (turn: number) => [
        { ...listen(), until: 'background', most: 1 },
        { say: `Standing by ${turn}.` },
        // After a wake test it only listens on, as the message says.
        ...(isTest(turn) ? [] : [send('bravo', 'Heard «word is (\\w+)».')]),
      ];
      const steps = [join(channel, 'alpha'), ...words.flatMap((_, turn) => wake(turn)), { say: 'Over and out.' }];
      await terminal.enter(promptOf(who, steps), TYPED);

      let mark = 0;
      /** Idle: the turn is over on the screen, and the hub is asked about the task. */
      const idle = async (turn: number): Promise<void> => {
        await model.asked(who, `its turn to end ${turn}`, ({ next }) => 'say' in next && next.say === `Standing by ${turn}.`);
        await terminal?.shows(new RegExp(`Standing by ${turn}\\.`));
        await terminal?.shows(/^(?![\s\S]*esc to interrupt)/);
        await tap.hears('tasks/get', POLL, mark);
      };
      const wakes = async (turn: number): Promise<number> => {
        const requests = model.requests.length;
        mark = tap.mark;
        const sent = performance.now();
        await bravo.send('alpha', `The word is ${words[turn]}`);
        const woken = await model.asked(who, 'the wake', ({ received }) => received.includes(`word is ${words[turn]}`), 120_000);
        expect(model.requests.indexOf(woken) === requests, 'the message in the first request of the new turn', woken.next);
        await bravo.hears(new RegExp(`Heard ${words[turn]}`));
        return woken.at - sent;
      };

      await idle(0);
      // Longer than the hub holds one question open.
      const began = performance.now();
      await tap.hears('the next tasks/get', POLL, tap.mark);
      const rested = performance.now() - began;
      const took = [await wakes(0)];
      for (let turn = 1; turn < WAKES; turn++) {
        await idle(turn);
        took.push(await wakes(turn));
      }
      took.sort((one, other) => one - other);

      const tests: Wake[] = [];
      const sleeper = { client, name: 'claude', way: 'idle at its prompt; its `listen` is a task', goalMs: 1000 } as const;
      for (let turn = WAKES; turn < WAKES + TESTS; turn++) {
        await idle(turn);
        mark = tap.mark;
        tests.push(await wakeTest(sleeper, named(channel, hub.url), model, (request) => request.who === who));
      }

      await idle(turns - 1);
      await hub.down();
      const before = tap.mark;
      await hub.up();
      await tap.hears('tasks/get after the restart', POLL, before, 120_000);
      const restarted = await wakes(turns - 1);
      await model.ended(who);
      const era = eraOf(tap);
      return {
        wakes: tests,
        proofs: [
          {
            client: 'claude',
            era,
            proven: `idle at its prompt, at first for ${ms(rested)}, and woken by each of ${took.length} messages`,
            figure: `median ${ms(took[took.length >> 1] ?? 0)}, worst ${ms(took.at(-1) ?? 0)} from curl to model`,
          },
          {
            client: 'claude',
            era,
            proven: 'the same, the hub restarted while it was idle',
            figure: `${ms(restarted)} from curl to model`,
          },
        ],
      };
    } finally {
      await terminal?.close();
      await hub.close();
    }
  },
};
