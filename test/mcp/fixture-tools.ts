/** The tools that the conformance suite calls, for the layer that carries the seven real ones. Never part of the product. */
import { RpcError } from '../../src/transports/jsonrpc.ts';
import { RPC } from '../../src/transports/mcp/protocol.ts';
import type { McpTool, ToolAnswer, ToolContext } from '../../src/transports/mcp/tools.ts';
import { turns } from '../harness/until.ts';

/** One red pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** A WAVE file without samples. */
const SILENCE = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const NOTHING = { type: 'object', properties: {}, additionalProperties: false };

const tool = (
  name: string,
  call: (context: ToolContext) => Promise<readonly object[]> | readonly object[],
  inputSchema: object = NOTHING,
  slow = false,
): McpTool => ({
  definition: { name, title: name, description: `A fixture of the conformance suite: ${name}.`, inputSchema, annotations: {} },
  slow: () => slow,
  call: async (_args, context): Promise<ToolAnswer> => ({ result: { content: await call(context) } }),
});

const failing = (name: string, text: string): McpTool => ({
  ...tool(name, () => []),
  call: async () => ({ result: { content: [{ type: 'text', text }], isError: true } }),
});

const text = (words: string): object => ({ type: 'text', text: words });
const image = { type: 'image', data: PIXEL, mimeType: 'image/png' };

/** As the scenario `json-schema-2020-12` writes it. */
const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

export const FIXTURE_TOOLS: readonly McpTool[] = [
  tool('test_simple_text', () => [text('This is a simple text response for testing.')]),
  tool('test_image_content', () => [image]),
  tool('test_audio_content', () => [{ type: 'audio', data: SILENCE, mimeType: 'audio/wav' }]),
  tool('test_embedded_resource', () => [
    {
      type: 'resource',
      resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
    },
  ]),
  tool('test_multiple_content_types', () => [
    text('Multiple content types test:'),
    image,
    {
      type: 'resource',
      resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' },
    },
  ]),
  failing('test_error_handling', 'This tool intentionally returns an error for testing'),
  tool(
    'test_tool_with_progress',
    async ({ progress }) => {
      for (const done of [0, 50, 100]) {
        progress(done, 100, `Completed ${done} of 100`);
        await turns();
      }
      return [text('Done.')];
    },
    NOTHING,
    true,
  ),
  tool('json_schema_2020_12_tool', () => [text('Taken.')], SCHEMA_2020_12),
  {
    ...tool('test_missing_capability', () => []),
    // No caller of the suite declares it.
    call: async () => {
      throw new RpcError(400, RPC.missingCapability, 'This tool needs the capability sampling.', {
        requiredCapabilities: { sampling: {} },
      });
    },
  },
  // Whoever asks for something else than an answer gets an answer: no feature of this server goes beyond that.
  tool('test_streaming_elicitation', () => [text('Nothing was asked.')], NOTHING, true),
  tool('test_logging_tool', () => [text('Nothing was logged.')], NOTHING, true),
];
