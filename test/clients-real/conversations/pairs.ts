/** Two products on one channel. Each says what it received from the other, which it could not have known. */
import { type Client, type ClientOptions, claudeCode, codex, geminiCli, opencode, PRODUCTS, type ProductName } from '../clients.ts';
import { Hub } from '../hub.ts';
import { promptOf } from '../script.ts';
import { type Conversation, eraOf, expect, join, listen, ms, newWord, send } from '../stage.ts';

const MAKE: Readonly<Record<ProductName, (options: ClientOptions) => Promise<Client>>> = {
  claude: claudeCode,
  codex,
  gemini: geminiCli,
  opencode,
};

const pair = (left: ProductName, right: ProductName): Conversation => ({
  title: `${PRODUCTS[left].title} ↔ ${PRODUCTS[right].title}`,
  needs: [left, right],
  async run({ cache, model }) {
    const hub = await Hub.start(['left', 'right']);
    try {
      const channel = await hub.channel();
      const judge = await hub.agent(channel, 'judge');
      const [alpha, bravo] = [`${left}-with-${right}`, `${right}-with-${left}`];
      const [question, answer, third] = [newWord(), newWord(), newWord()];
      const one = await MAKE[left]({ cache, model: model.url, hub: hub.taps.left.url });
      const two = await MAKE[right]({ cache, model: model.url, hub: hub.taps.right.url });

      const began = performance.now();
      const second = two.ask(
        promptOf(bravo, [
          join(channel, 'bravo'),
          listen('question is'),
          send('alpha', `To «question is (\\w+)» my answer is ${answer}`),
          listen('thanks for'),
          send('alpha', 'You got «thanks for (\\w+)» and told me «then (\\w+)».'),
          { say: 'Bravo heard «question is (\\w+)», «then (\\w+)».' },
        ]),
      );
      await model.asked(bravo, 'its first listen', ({ next }) => 'call' in next && next.call === 'listen');
      const first = one.ask(
        promptOf(alpha, [
          join(channel, 'alpha'),
          send('bravo', `My question is ${question}`),
          listen('my answer is'),
          send('bravo', `thanks for «my answer is (\\w+)», then ${third}`),
          listen('and told me'),
          { say: 'Alpha heard «my answer is (\\w+)», «and told me (\\w+)».' },
        ]),
      );
      await Promise.all([model.ended(alpha), model.ended(bravo)]);
      const took = performance.now() - began;
      const [left_, right_] = await Promise.all([first.ended, second.ended]);
      expect(left_.stdout.includes(`Alpha heard ${answer}, ${third}.`), 'what bravo said', left_);
      expect(right_.stdout.includes(`Bravo heard ${question}, ${third}.`), 'what alpha said', right_);

      const said = (await judge.history()).map(({ from, to, text }) => `${from} > ${to}: ${text}`);
      expect(
        JSON.stringify(said) ===
          JSON.stringify([
            `alpha > bravo: My question is ${question}`,
            `bravo > alpha: To ${question} my answer is ${answer}`,
            `alpha > bravo: thanks for ${answer}, then ${third}`,
            `bravo > alpha: You got ${answer} and told me ${third}.`,
          ]),
        'four messages in order',
        said,
      );
      const proof = (client: ProductName, other: ProductName, era: string) => ({
        client,
        era,
        proven: `talks with ${PRODUCTS[other].title}: four messages, each made of the one before`,
        figure: `${ms(took)} a conversation, both starts included`,
      });
      return { proofs: [proof(left, right, eraOf(hub.taps.left)), proof(right, left, eraOf(hub.taps.right))] };
    } finally {
      await hub.close();
    }
  },
});

export const claudeAndCodex = pair('claude', 'codex');
export const codexAndGemini = pair('codex', 'gemini');

/** Silent listens in a row; two products end a session at the fifth call that looks the same. */
const SILENT = 8;

export const geminiPatience: Conversation = {
  title: `Gemini CLI listens on through ${SILENT} silent answers`,
  needs: ['gemini'],
  async run({ cache, model }) {
    const hub = await Hub.start(['gemini']);
    try {
      const channel = await hub.channel();
      const bravo = await hub.agent(channel, 'bravo');
      const client = await geminiCli({ cache, model: model.url, hub: hub.taps.gemini.url });
      const [who, word] = ['gemini-patience', newWord()];
      const talk = client.ask(
        promptOf(who, [join(channel, 'alpha'), { ...listen('word is', 1), most: 100 }, { say: 'It was «word is (\\w+)».' }]),
      );
      const silent = (): number =>
        model.requests.filter((one) => one.who === who && 'call' in one.next && one.next.call === 'listen').length;
      await model.asked(who, `listen ${SILENT}`, () => silent() > SILENT);
      await bravo.send('alpha', `The word is ${word}`);
      await model.ended(who);
      const { stdout } = await talk.ended;
      expect(stdout.includes(`It was ${word}.`), 'the word', stdout);
      return {
        proofs: [
          {
            client: 'gemini',
            era: eraOf(hub.taps.gemini),
            proven: 'listens on where it would end a loop of equal calls',
            figure: `${SILENT} silent answers, then the message`,
          },
        ],
      };
    } finally {
      await hub.close();
    }
  },
};
