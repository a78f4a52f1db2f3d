/**
 * Runs the conversations with real clients and writes docs/clients.md and the figures in docs/waking-agents.md. Started by script/test-clients, which installs.
 *
 * `--list` prints what to install, as `package@version directory`; `--clients DIR` where they are installed; `--only TEXT` only conversations with TEXT in their title, and no document.
 * Ends with 0 when all passed, 1 when one failed, 77 when none failed but some could not be run.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { directoryOf, installed, PRODUCTS } from './clients.ts';
import { claudeAndCurl, claudeWoken } from './conversations/claude.ts';
import { codexSevenTools } from './conversations/codex.ts';
import { claudeAndCodex, codexAndGemini, geminiPatience } from './conversations/pairs.ts';
import { claudeWithoutToken, codexWithoutToken } from './conversations/token.ts';
import { claudeByHook, claudeByPlugin, claudeByWait } from './conversations/waking-claude.ts';
import { codexByBridge, codexByHook } from './conversations/waking-codex.ts';
import { geminiByHook, geminiOverRestart, opencodeByBridge } from './conversations/waking-others.ts';
import { FakeModel } from './model.ts';
import { clearUp } from './programs.ts';
import { clientsDoc, type Result } from './report.ts';
import { type Conversation, ms, type Stage } from './stage.ts';
import { withFigures } from './wake-report.ts';

const CONVERSATIONS: readonly Conversation[] = [
  claudeAndCurl,
  claudeWoken,
  codexSevenTools,
  claudeAndCodex,
  codexAndGemini,
  geminiPatience,
  claudeWithoutToken,
  codexWithoutToken,
  claudeByHook,
  claudeByPlugin,
  claudeByWait,
  codexByBridge,
  codexByHook,
  geminiByHook,
  geminiOverRestart,
  opencodeByBridge,
];

/** Not a failure, and not a success. */
const SKIPPED = 77;

const { values } = parseArgs({
  options: { clients: { type: 'string' }, only: { type: 'string', default: '' }, list: { type: 'boolean' } },
});
const { clients: cache, only } = values;
if (values.list) {
  for (const product of Object.values(PRODUCTS)) console.log(`${product.package}@${product.version} ${directoryOf(product)}`);
  process.exit(0);
}
if (cache === undefined) throw new Error('--clients DIR is missing: start script/test-clients');

const hasTmux = spawnSync('tmux', ['-V']).status === 0;

const missing = ({ needs, tmux }: Conversation): string | null => {
  const absent = needs.filter((name) => !installed(cache, name)).map((name) => `${PRODUCTS[name].package}@${PRODUCTS[name].version}`);
  if (tmux && !hasTmux) absent.push('tmux');
  return absent.length === 0 ? null : `${absent.join(', ')} could not be installed`;
};

const play = async (conversation: Conversation, cacheDir: string): Promise<Result> => {
  const skipped = missing(conversation);
  if (skipped !== null) {
    console.log(`NOT RUN  ${conversation.title}: ${skipped}`);
    return { conversation, outcome: null, skipped };
  }
  const stage: Stage = { cache: cacheDir, model: await FakeModel.start() };
  const began = performance.now();
  try {
    const outcome = await conversation.run(stage);
    console.log(`passed   ${conversation.title} (${ms(performance.now() - began)})`);
    for (const { client, era, proven, figure } of outcome.proofs) console.log(`         ${client}, ${era}: ${proven}: ${figure}`);
    for (const wake of outcome.wakes ?? []) {
      const { way, takenMs, wokeMs, evidence, turnMs } = wake;
      console.log(`         wake-test, ${way}: taken ${takenMs} ms, woke ${wokeMs} ms (${evidence}); new turn ${ms(turnMs)}`);
    }
    return { conversation, outcome };
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    console.log(`FAILED   ${conversation.title}: ${failed}`);
    return { conversation, outcome: null, failed };
  } finally {
    stage.model.close();
    clearUp();
  }
};

const main = async (cacheDir: string): Promise<number> => {
  const results: Result[] = [];
  for (const conversation of CONVERSATIONS.filter(({ title }) => title.includes(only))) results.push(await play(conversation, cacheDir));
  const isolated = Object.keys(networkInterfaces()).every((name) => name === 'lo');
  const date = new Date().toISOString().slice(0, 10);
  if (only === '') {
    writeFileSync(new URL('../../docs/clients.md', import.meta.url), clientsDoc(results, { date, isolated }));
    const waking = new URL('../../docs/waking-agents.md', import.meta.url);
    writeFileSync(waking, withFigures(readFileSync(waking, 'utf8'), results, { isolated }));
  }
  const count = (so: (result: Result) => boolean): number => results.filter(so).length;
  const [failed, skipped] = [count((one) => one.failed !== undefined), count((one) => one.skipped !== undefined)];
  console.log(`Conversations: ${results.length - failed - skipped} passed, ${failed} failed, ${skipped} NOT RUN`);
  if (failed > 0) return 1;
  return skipped > 0 || results.length === 0 ? SKIPPED : 0;
};

process.once('exit', clearUp);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
main(cache).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
