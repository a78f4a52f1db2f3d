/** Codex that never asks anybody for approval, on the two lines of configuration that a hub needs. */
import { codex } from '../clients.ts';
import { Hub } from '../hub.ts';
import { promptOf } from '../script.ts';
import { type Conversation, create, eraOf, expect, history, join, leave, listen, ms, newWord, roster, send } from '../stage.ts';

const TOOLS = ['create_channel', 'join', 'send', 'listen', 'roster', 'history', 'leave'];

export const codexSevenTools: Conversation = {
  title: 'Codex uses all seven tools under approval_policy = "never"',
  needs: ['codex'],
  async run({ cache, model }) {
    const hub = await Hub.start(['codex']);
    try {
      const tap = hub.taps.codex;
      const client = await codex({ cache, model: model.url, hub: tap.url });
      const word = newWord();
      const own = { id: '«channel_id: (\\S+)»', token: '«join_token: (\\S+)»' };
      const talk = client.ask(
        promptOf('codex-seven', [
          create(),
          join(own, 'alpha'),
          roster('bravo'),
          listen('word is'),
          send('bravo', 'Heard «word is (\\w+)».'),
          history('word is'),
          leave(),
          { say: 'It was «word is (\\w+)».' },
        ]),
      );
      const opened = await model.asked('codex-seven', 'the new channel', ({ received }) => /join_token: \S+/.test(received));
      const channel = {
        id: /channel_id: (\S+)/.exec(opened.received)?.[1] ?? '',
        token: /join_token: (\S+)/.exec(opened.received)?.[1] ?? '',
      };
      const bravo = await hub.agent(channel, 'bravo');
      await model.asked('codex-seven', 'its listen', ({ next }) => 'call' in next && next.call === 'listen');
      const sent = performance.now();
      await bravo.send('alpha', `The word is ${word}`);
      const carried = await model.asked('codex-seven', 'the word', ({ received }) => received.includes(`word is ${word}`));
      await bravo.hears(new RegExp(`Heard ${word}`));
      await model.ended('codex-seven');
      const { stdout, stderr } = await talk.ended;
      expect(stdout.includes(`It was ${word}.`), 'the word', stdout);
      for (const tool of TOOLS) expect(stderr.includes(`rogerthat/${tool} (completed)`), `${tool} completed`, stderr);
      return {
        proofs: [
          {
            client: 'codex',
            era: eraOf(tap),
            proven: 'all seven tools under `approval_policy = "never"`, with only `url` configured',
            figure: `${ms(carried.at - sent)} from curl to model`,
          },
        ],
      };
    } finally {
      await hub.close();
    }
  },
};
