/** The commands speak the shell's language: names of clients, tokens, helps, and what to do after a refusal. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { CLIENTS, clientNamed } from '../../src/cli/config/clients.ts';
import { CLIENT_NAMES } from '../../src/cli/config/names.ts';
import { commandHelp } from '../../src/cli/help.ts';
import { hintOf } from '../../src/cli/hints.ts';
import { cliDoc } from '../../src/cli/reference.ts';
import { inShell } from '../../src/cli/words.ts';
import { HubProblem, type Problem } from '../../src/client/errors.ts';
import { ERRORS, type ErrorCode } from '../../src/core/errors.ts';
import { ROOT } from '../harness/built.ts';
import { newHome } from '../harness/command.ts';
import { startHubProcess } from '../harness/process.ts';
import { createChannel, expectCall } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';

/** Words of HTTP, of JSON and of fields, that nobody types in a shell. */
const WIRE =
  /\b(?:GET|POST|DELETE) \/|Authorization|Accept:|X-(?:Session-Id|Channel-Token)|Idempotency-Key|Retry-After|"[a-z_]+": ?(?:true|false|")|\b(?:identity_key|new_identity|owner_password|reply_to|idempotency_key|trust_mode|session_ttl_seconds)\b/;

/** Refusals that no command can meet: they are about requests as such, or about fields that no command sends. */
const NEVER_MET: readonly ErrorCode[] = ['invalid_json', 'secret_in_url', 'method_not_allowed', 'unsupported_media_type', 'invalid_url'];

const problemOf = (code: ErrorCode, hint: string = ERRORS[code].hint): HubProblem => {
  const { status, title } = ERRORS[code];
  const problem: Problem = { code, title, status, detail: title, hint, request_id: 'a1b2c3-7', type: '' };
  return new HubProblem(problem, JSON.stringify(problem), 12);
};

verifies.once('cli:words', async () => {
  for (const command of COMMANDS) {
    expect(commandHelp(command), command.name).not.toMatch(WIRE);
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      if (!NEVER_MET.includes(code)) expect(hintOf(problemOf(code), command), `${code} of ${command.name}`).not.toMatch(WIRE);
    }
  }
  const hub = await startHubProcess();
  const home = newHome(hub.url);
  const channel = await createChannel(hub.url, { trust_mode: 'trusted' });
  const cases: [string[], RegExp][] = [
    [['join', channel.id, 'alpha'], /unauthorized: .*missing\.\n {2}Give it with --token/],
    [['join', channel.id, 'alpha', '--token', 'rt_join_wrong'], /give it with --token TOKEN/i],
    [['join', channel.id, 'alpha', '--token', channel.token], /identity_required.*\n {2}.*--new-identity.*--identity-key/],
    [['transcript', '--channel', channel.id, '--token', channel.token], /no_transcript.*\n.*--retention full/],
    [['kick', 'bravo', '--channel', channel.id, '--token', 'rt_owner_wrong'], /--token/],
    [['receipts', '99', '--channel', channel.id, '--token', channel.token], /not_found/],
  ];
  for (const [words, told] of cases) {
    const { code, stderr } = await home.run(words);
    expect([words, code]).toEqual([words, 7]);
    expect(stderr).toMatch(told);
    expect(stderr).not.toMatch(WIRE);
  }
  // As the hub wrote it, for a program.
  const { stdout } = await home.run(['join', channel.id, 'alpha', '--json']);
  expect(JSON.parse(stdout)).toEqual({
    ...(await expectCall(hub.url, { path: `${channel.path}/join`, body: { callsign: 'alpha' } }, 401)),
    request_id: expect.any(String),
  });
});

test('R-CHAN-14, R-CHAN-8: the bounds of what is typed are in the help', () => {
  const help = (name: string): string => commandHelp(COMMANDS.find((one) => one.name === name)!).replace(/\s+/g, ' ');
  expect(help('create')).toContain('A text of 8 to 256 characters.');
  expect(help('create')).toContain('A whole number from 60 to 86400. Default: 1800.');
  expect(help('history')).toContain('How many. A whole number from 1 to 100. Default: 20.');
});

describe('R-CLI-19: hints', () => {
  test('say how long, and which request it was', () => {
    expect(hintOf(problemOf('rate_limited'))).toBe('Wait for 12 s, then call again.');
    expect(hintOf(problemOf('internal'))).toContain('this request_id: a1b2c3-7');
  });

  test.each([
    ['Send it as "Authorization: Bearer JOIN_TOKEN".', 'Give it with --token JOIN_TOKEN.'],
    ['Send "Authorization: Bearer HUB_TOKEN"; its operator has it.', 'Give it with --token HUB_TOKEN; its operator has it.'],
    [
      'Send the right one as "Authorization: Bearer HUB_TOKEN"; its operator has it.',
      'Give the right one with --token HUB_TOKEN; its operator has it.',
    ],
    ['Send it as X-Channel-Token.', 'Give it with --token TOKEN.'],
    [
      'Send the owner token of the channel as "Authorization: Bearer OWNER_TOKEN".',
      'Give the owner token of the channel with --token OWNER_TOKEN.',
    ],
    [
      'Send it as the header "X-Channel-Token", beside that of the hub; to join over MCP, as the argument token.',
      'Give it with --token TOKEN, beside that of the hub.',
    ],
    ['Send it as the header "Idempotency-Key".', 'Give it with --idempotency-key.'],
    ['POST /api/channels/{channel_id}/kick first.', '"rogerthat kick CALLSIGN" first.'],
    ['Use whole seconds, for example timeout=30.', 'Use whole seconds, for example timeout=30.'],
    ['Create a channel with "retention":"full".', 'Create a channel with --retention full.'],
    ['Nothing of ours is in it.', 'Nothing of ours is in it.'],
  ])('%s', (wire, shell) => {
    expect(inShell(wire)).toBe(shell);
  });

  test('options of the command that met it are named in full', () => {
    const listen = COMMANDS.find(({ name }) => name === 'listen');
    expect(inShell('For example timeout=30 and "limit".', listen)).toBe('For example --timeout 30 and --limit.');
  });
});

const HUB_TOKEN = 'the-token-of-this-very-hub';

verifies.once('cli:hub-token', async () => {
  const hub = await startHubProcess({ args: ['--token', HUB_TOKEN] });
  const home = newHome(hub.url);
  expect(await home.run(['create'])).toMatchObject({ code: 7, stderr: expect.stringContaining('--token HUB_TOKEN') });
  for (const [words, env] of [
    [['--token', 'not-the-token-of-this-hub'], {}],
    [[], { ROGERTHAT_TOKEN: 'not-the-token-of-this-hub' }],
  ] as const) {
    const wrong = await home.run(['create', ...words], env);
    expect(wrong).toMatchObject({ code: 7, stdout: '' });
    expect(wrong.stderr).toMatch(/not this hub's token\.\n +Give the right one with --token HUB_TOKEN; its operator has it\.\n$/);
  }
  const operator = { ROGERTHAT_TOKEN: HUB_TOKEN };
  const { stdout } = await home.run(['create', '--json'], operator);
  const { channel_id: id, join_token: token } = JSON.parse(stdout);
  expect((await home.run(['bands'], operator)).stdout).toContain('general');
  expect(await home.run(['join', 'general', 'alpha'], operator)).toMatchObject({ code: 0 });
  expect(await home.run(['join', 'general', 'alpha'], { ROGERTHAT_CHANNEL_TOKEN: token })).toMatchObject({ code: 0 });
  // The operator's shell: the hub's token opens no channel, and is not tried as if it did.
  const stranger = newHome(hub.url);
  const refused = await stranger.run(['join', id, 'bravo'], operator);
  expect(refused).toMatchObject({ code: 7, stderr: expect.stringContaining('missing') });
  expect(refused.stderr).toContain('--token');
  // The agent's: both may be there.
  const both = { ...operator, ROGERTHAT_CHANNEL_TOKEN: token };
  expect(await stranger.run(['join', id, 'bravo'], both)).toMatchObject({ code: 0 });
  expect(await stranger.run(['roster'], both)).toMatchObject({ code: 0 });
  // A join token owns nothing, so the variable is not shown for what owners do.
  expect(await stranger.run(['pause', '--channel', id], both)).toMatchObject({
    code: 11,
    stderr: expect.stringContaining('owner token'),
  });
});

verifies.once('cli:install-names', async () => {
  const home = newHome('http://127.0.0.1:7999');
  const list = CLIENT_NAMES.join('|');
  const doc = cliDoc();
  expect(readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')).toBe(doc);
  for (const name of ['install', 'uninstall']) {
    expect((await home.run([name, '--help'])).stdout).toContain(`Usage: rogerthat ${name} ${list} `);
    expect(await home.run([name])).toMatchObject({ code: 2, stderr: expect.stringContaining(list) });
    expect(doc).toContain(`\`rogerthat ${name} ${list}\``);
  }
  expect((await home.run(['--help'])).stdout).toContain(`install ${list}`);
  for (const { title, name } of CLIENTS) {
    expect(doc).toContain(`\n| ${title} | \`${name}\` | `);
    for (const spelling of [name, title, title.toLowerCase(), name.replaceAll('-', '_'), name.replaceAll('-', ' ')])
      expect(clientNamed(spelling).name, spelling).toBe(name);
  }
  for (const [spelling, name] of [
    ['gemini-cli', 'gemini'],
    ['copilot-cli', 'copilot'],
    ['codex-cli', 'codex'],
    ['github-copilot', 'copilot'],
    ['vs-code', 'vscode'],
    ['code', 'vscode'],
    ['visual-studio-code', 'vscode'],
    ['claude', 'claude-code'],
    ['claudecode', 'claude-code'],
    ['open-code', 'opencode'],
  ] as const)
    expect(clientNamed(spelling).name, spelling).toBe(name);
  for (const wrong of ['', 'cli', 'emacs', '__proto__', 'constructor', 'claude-code-desktop'])
    expect(() => clientNamed(wrong), wrong).toThrow();
  expect((await home.run(['install', 'gemini-cli', '--dry-run'])).stdout).toContain('.gemini/settings.json');
  const unknown = await home.run(['install', 'emacs']);
  expect(unknown).toMatchObject({ code: 2 });
  for (const name of CLIENT_NAMES) expect(unknown.stderr).toContain(name);
});
