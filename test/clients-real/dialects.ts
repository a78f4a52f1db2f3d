/**
 * The four wire formats in which clients ask a model: Anthropic Messages, OpenAI Responses, OpenAI Chat Completions and
 * Gemini. Each is read into the same items and offers, and an answer is written back as its event stream or JSON.
 */
import { randomBytes } from 'node:crypto';
import type { Item } from './script.ts';

type Fields = Record<string, unknown>;

/** A tool the client offers to its model. */
export interface Offer {
  readonly name: string;
  /** Where a client groups tools, as Codex does. */
  readonly namespace?: string | undefined;
}

export interface Asked {
  readonly items: readonly Item[];
  readonly offers: readonly Offer[];
  readonly streams: boolean;
}

export type Answer = { readonly text: string } | { readonly offer: Offer; readonly args: Fields };

export interface Dialect {
  readonly name: string;
  readonly path: RegExp;
  read(body: Fields, url: string): Asked;
  /** The events of a stream, or one for a plain answer. */
  write(answer: Answer, streams: boolean): readonly Fields[];
  /** Whether events are named after their `type`. */
  readonly named: boolean;
  /** The line that ends the stream. */
  readonly last?: string;
}

const list = (value: unknown): Fields[] => (Array.isArray(value) ? (value as Fields[]) : []);
const newId = (prefix: string): string => prefix + randomBytes(9).toString('hex');

/** Every string in a value but the names of types, one a line. */
const leaves = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(leaves).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .filter(([name]) => name !== 'type')
    .map(([, one]) => leaves(one))
    .join('\n');
};

/** The text of a message whose content is a string or parts with a `text`. */
const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : list(content)
        .map(({ text }) => text)
        .filter((text) => typeof text === 'string')
        .join('\n');

const anthropic: Dialect = {
  name: 'Anthropic Messages',
  path: /^\/v1\/messages(?:\?|$)/,
  named: true,
  read: (body) => ({
    streams: body['stream'] === true,
    offers: list(body['tools']).map(({ name }) => ({ name: String(name) })),
    items: list(body['messages']).flatMap(({ role, content }): Item[] => {
      const said = role === 'assistant' ? 'said' : 'user';
      if (typeof content === 'string') return [{ kind: said, text: content }];
      return list(content).flatMap((block): Item[] => {
        if (block['type'] === 'tool_use') return [{ kind: 'called', text: String(block['name']) }];
        if (block['type'] === 'tool_result') return [{ kind: 'result', text: leaves(block['content']) }];
        return block['type'] === 'text' ? [{ kind: said, text: String(block['text']) }] : [];
      });
    }),
  }),
  write(answer, streams) {
    const usage = { input_tokens: 1, output_tokens: 1 };
    const stop_reason = 'text' in answer ? 'end_turn' : 'tool_use';
    const block =
      'text' in answer
        ? { type: 'text', text: answer.text }
        : { type: 'tool_use', id: newId('toolu_'), name: answer.offer.name, input: answer.args };
    const message = { id: newId('msg_'), type: 'message', role: 'assistant', model: 'fake-model', stop_sequence: null, usage };
    if (!streams) return [{ ...message, content: [block], stop_reason }];
    const [start, delta] =
      'text' in answer
        ? [
            { ...block, text: '' },
            { type: 'text_delta', text: answer.text },
          ]
        : [
            { ...block, input: {} },
            { type: 'input_json_delta', partial_json: JSON.stringify(answer.args) },
          ];
    return [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
      { type: 'content_block_start', index: 0, content_block: start },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
      { type: 'message_stop' },
    ];
  },
};

const responses: Dialect = {
  name: 'OpenAI Responses',
  path: /^\/v1\/responses$/,
  named: true,
  read: (body) => ({
    streams: true,
    offers: list(body['tools']).flatMap(({ type, name, tools }): Offer[] =>
      type === 'namespace'
        ? list(tools).map((tool) => ({ name: String(tool['name']), namespace: String(name) }))
        : [{ name: String(name) }],
    ),
    items: list(body['input']).flatMap((item): Item[] => {
      const { type, role } = item;
      if (type === 'function_call') return [{ kind: 'called', text: String(item['name']) }];
      if (type === 'function_call_output') return [{ kind: 'result', text: leaves(item['output']) }];
      if (type !== 'message' || role === 'developer') return [];
      return [{ kind: role === 'assistant' ? 'said' : 'user', text: textOf(item['content']) }];
    }),
  }),
  write(answer) {
    const item =
      'text' in answer
        ? { type: 'message', id: newId('msg_'), role: 'assistant', content: [{ type: 'output_text', text: answer.text, annotations: [] }] }
        : {
            type: 'function_call',
            id: newId('fc_'),
            call_id: newId('call_'),
            name: answer.offer.name,
            ...(answer.offer.namespace === undefined ? {} : { namespace: answer.offer.namespace }),
            arguments: JSON.stringify(answer.args),
          };
    const response = { id: newId('resp_'), output: [item], usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } };
    return [
      { type: 'response.created', response: { id: response.id } },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response },
    ];
  },
};

const chat: Dialect = {
  name: 'OpenAI Chat Completions',
  path: /^\/v1\/chat\/completions$/,
  named: false,
  last: '[DONE]',
  read: (body) => ({
    streams: body['stream'] === true,
    offers: list(body['tools']).map((tool) => ({ name: String((tool['function'] as Fields)['name']) })),
    items: list(body['messages']).flatMap((message): Item[] => {
      const { role, content } = message;
      if (role === 'tool') return [{ kind: 'result', text: leaves(content) }];
      if (role === 'user') return [{ kind: 'user', text: textOf(content) }];
      if (role !== 'assistant') return [];
      const called = list(message['tool_calls']).map((): Item => ({ kind: 'called', text: '' }));
      return called.length > 0 ? called : [{ kind: 'said', text: textOf(content) }];
    }),
  }),
  write(answer, streams) {
    const finish_reason = 'text' in answer ? 'stop' : 'tool_calls';
    const message =
      'text' in answer
        ? { role: 'assistant', content: answer.text }
        : {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                index: 0,
                id: newId('call_'),
                type: 'function',
                function: { name: answer.offer.name, arguments: JSON.stringify(answer.args) },
              },
            ],
          };
    const base = { id: newId('chat_'), created: 0, model: 'fake-model' };
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    if (!streams) return [{ ...base, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }], usage }];
    const chunk = { ...base, object: 'chat.completion.chunk' };
    return [
      { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] },
      { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }], usage },
    ];
  },
};

const gemini: Dialect = {
  name: 'Gemini',
  path: /:(?:streamG|g)enerateContent(?:\?|$)/,
  named: false,
  read: (body, url) => ({
    streams: url.includes(':stream'),
    offers: list(body['tools']).flatMap((tool) => list(tool['functionDeclarations']).map(({ name }) => ({ name: String(name) }))),
    items: list(body['contents']).flatMap(({ role, parts }) =>
      list(parts).flatMap((part): Item[] => {
        if (part['functionCall']) return [{ kind: 'called', text: '' }];
        if (part['functionResponse']) return [{ kind: 'result', text: leaves((part['functionResponse'] as Fields)['response']) }];
        return typeof part['text'] === 'string' ? [{ kind: role === 'model' ? 'said' : 'user', text: part['text'] }] : [];
      }),
    ),
  }),
  write(answer) {
    const part = 'text' in answer ? { text: answer.text } : { functionCall: { name: answer.offer.name, args: answer.args } };
    return [
      {
        candidates: [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
        modelVersion: 'fake-model',
      },
    ];
  },
};

export const DIALECTS: readonly Dialect[] = [anthropic, responses, chat, gemini];
