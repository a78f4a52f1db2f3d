/** Claude Code with nothing but `claude mcp add`: scripted, and idle at its prompt. */
import { claudeCode } from '../clients.ts';
import { Hub } from '../hub.ts';
import type { FakeModel, ModelRequest } from '../model.ts';
import { promptOf } from '../script.ts';
import { type Conversation, eraOf, expect, history, join, leave, listen, ms, newWord, roster, send } from '../stage.ts';
import { Terminal } from '../terminal.ts';

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

const standsBy = (model: FakeModel, who: string, which: string): Promise<ModelRequest> =>
  model.asked(who, `its turn to end ${which}`, ({ next }) => 'say' in next && next.say === `Standing by ${which}.`);

/** Opens Claude Code at its prompt, with the hub's tools in reach. */
const atItsPrompt = async (client: Awaited<ReturnType<typeof claudeCode>>, ready: Promise<void>): Promise<Terminal> => {
  const terminal = await Terminal.open(client.program, [], client.env, client.work);
  await ready;
  await terminal.shows(/shift\+tab to cycle/);
  return terminal;
};

export const claudeWoken: Conversation = {
  title: 'An idle interactive Claude Code is woken by a message',
  needs: ['claude'],
  tmux: true,
  async run({ cache, model }) {
    const hub = await Hub.start(['claude']);
    const tap = hub.taps.claude;
    let terminal: Terminal | null = null;
    try {
      const channel = await hub.channel();
      const bravo = await hub.agent(channel, 'bravo');
      const client = await claudeCode({ cache, model: model.url, hub: tap.url });
      terminal = await atItsPrompt(client, tap.hears('tools/list', /"tools\/list"/, 0));
      const [who, first, second] = ['claude-idle', newWord(), newWord()];
      await terminal.enter(
        promptOf(who, [
          join(channel, 'alpha'),
          { ...listen(), until: 'background', most: 1 },
          { say: 'Standing by once.' },
          send('bravo', 'Heard «word is (\\w+)».'),
          { ...listen(), until: 'background', most: 1 },
          { say: 'Standing by twice.' },
          send('bravo', 'Also «word is (\\w+)».'),
          { say: 'Over and out.' },
        ]),
        /Pasted text|:END/,
      );

      /** Idle: the turn is over on the screen, and the hub is asked about the task. */
      const idle = async (which: string, mark: number): Promise<void> => {
        await standsBy(model, who, which);
        await terminal?.shows(new RegExp(`Standing by ${which}`));
        await terminal?.shows(/^(?![\s\S]*esc to interrupt)/);
        await tap.hears('tasks/get', /"tasks\/get"/, mark);
      };
      const wakes = async (word: string): Promise<number> => {
        const turns = model.requests.length;
        const sent = performance.now();
        await bravo.send('alpha', `The word is ${word}`);
        const woken = await model.asked(who, 'the wake', ({ received }) => received.includes(`word is ${word}`), 120_000);
        expect(model.requests.indexOf(woken) === turns, 'the message in the first request of the new turn', woken.next);
        return woken.at - sent;
      };

      await idle('once', 0);
      const plain = await wakes(first);
      const mark = tap.mark;
      await bravo.hears(new RegExp(`Heard ${first}`));

      await idle('twice', mark);
      await hub.down();
      const before = tap.mark;
      await hub.up();
      await tap.hears('tasks/get after the restart', /"tasks\/get"/, before, 120_000);
      const restarted = await wakes(second);
      await bravo.hears(new RegExp(`Also ${second}`));
      await model.ended(who);
      const era = eraOf(tap);
      return {
        proofs: [
          { client: 'claude', era, proven: 'idle at its prompt, woken by a message', figure: `${ms(plain)} from curl to model` },
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
