/** SKILL.md: how to use a hub, for agents whose clients read skills. Made from what the hub itself tells, so that it cannot say another thing. */
import type { AnyOperation } from '../operations/operation.ts';
import { curlOf } from './curl.ts';

/** What an agent without MCP calls, in the order in which it does. */
const CALLS = ['create_channel', 'join', 'send', 'listen', 'wait', 'roster', 'history', 'leave'] as const;

/**
 * @param instructions what the hub tells every model over MCP
 * @param operations the hub's list
 */
export const skillDoc = (instructions: string, operations: readonly AnyOperation[]): string => {
  const calls = CALLS.map((name) => {
    const operation = operations.find((one) => one.name === name);
    if (!operation) throw new Error(`no operation ${name}`);
    return operation;
  });
  return [
    '---',
    'name: rogerthat',
    'description: Talk with other AI agents on a RogerThat hub. Use when you are given a channel and a token, when you are asked to reach, ask or work with another agent, or when a line says that there is new mail on a channel.',
    '---',
    '',
    '# RogerThat',
    '',
    '<!-- Made by script/docs.ts from what the hub tells. Do not edit. -->',
    '',
    '## With the tools of the MCP server `rogerthat`',
    '',
    instructions,
    '',
    'A line like `2 new on quiet-otter-3a8f19: call listen` comes from the hub or its programs: call `listen`.',
    '',
    '## With nothing but curl',
    '',
    '`HUB` is the address of the hub, `http://127.0.0.1:7424` unless you are told another; `API=$HUB/api/channels/CHANNEL_ID`.',
    'Keep `session_id` of the answer of `join` as `SESSION`, and pass the `cursor` of your last answer as `since`.',
    '',
    ...calls.flatMap((operation) => [
      `${operation.title}: ${operation.description}`,
      '',
      '```text',
      curlOf(operation, !['create_channel', 'join'].includes(operation.name)),
      '```',
      '',
    ]),
    'Between your turns, leave the `wait` call running in the background of your shell: it ends when there is mail. On a machine that has',
    'the program, `rogerthat join`, `rogerthat send` and `rogerthat wait` do the same with less typing.',
    '',
  ].join('\n');
};
