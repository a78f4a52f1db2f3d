/** What the conversations about waking share: the turn that ends, the real `rogerthat wake-test`, the turn that begins. */
import { readFileSync, writeFileSync } from 'node:fs';
import { builtHub } from '../../harness/built.ts';
import type { Client, ProductName } from '../clients.ts';
import { type Channel, Hub } from '../hub.ts';
import type { FakeModel, ModelRequest } from '../model.ts';
import type { Step } from '../script.ts';
import { type Conversation, join, listen, ms, type Outcome, type Stage } from '../stage.ts';
import { type Wake, wakeTest } from '../wake-test.ts';

export const POINTER = '1 new on ';
export const MESSAGE = 'Wake test:';

/** The program, as a command line that nothing has to be installed for. */
export const program = (...words: readonly string[]): string => [process.execPath, builtHub(), ...words].join(' ');

export const edit = (path: string, change: (value: Record<string, unknown>) => object): void =>
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)));

/** Within what a new turn is to begin, in ms. */
const GOALS: Partial<Record<ProductName, number>> = { codex: 5000 };

/** A turn that a pointer began: a pointer, and none of the words. */
const byPointer =
  (who: string) =>
  ({ who: asked, received }: ModelRequest): boolean =>
    asked === who && received.includes(POINTER) && !received.includes(MESSAGE);

/** What happens after the turn is over: mail is sent, the model is asked again, reads it and listens on. */
export const steps = (channel: Channel): Step[] => [
  join(channel, 'alpha'),
  { say: 'Standing by.' },
  { ...listen(MESSAGE), most: 3 },
  listen(undefined, 1),
  { say: 'Over and out.' },
];

export const standsBy = (model: FakeModel, who: string): Promise<unknown> =>
  model.asked(who, 'the end of its turn', ({ next }) => 'say' in next && next.say === 'Standing by.');

export interface Setting {
  readonly stage: Stage;
  readonly hub: Hub<string>;
  readonly channel: Channel;
  readonly who: string;
  /** Runs `rogerthat wake-test` for these words. */
  woken(client: Client, whom: readonly string[], begins?: (request: ModelRequest) => boolean): Promise<Wake>;
}

export const waking = (
  title: string,
  client: ProductName,
  way: string,
  proven: string,
  play: (setting: Setting) => Promise<{ era: string; wake: Wake }>,
): Conversation => ({
  title,
  needs: [client],
  tmux: true,
  wakes: true,
  async run(stage): Promise<Outcome> {
    const hub = await Hub.start(['client']);
    const { model } = stage;
    try {
      const channel = await hub.channel();
      const who = `waking-${title.replace(/\W+/g, '-').toLowerCase()}`;
      const { era, wake } = await play({
        stage,
        hub,
        channel,
        who,
        async woken(sleeper, whom, begins = byPointer(who)) {
          const found = await wakeTest({ client: sleeper, name: client, way, goalMs: GOALS[client] }, whom, model, begins);
          await model.ended(who);
          return found;
        },
      });
      return { proofs: [{ client, era, proven, figure: `${ms(wake.turnMs)} from message to new turn` }], wakes: [wake] };
    } finally {
      await hub.close();
    }
  },
});
