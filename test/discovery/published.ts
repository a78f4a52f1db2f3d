/**
 * The forms of the published documents, in our own words, with everything that they require and nothing that they do not
 * know: a misspelt field is found. Sources: a2a-protocol.org, specification 1.0, 4.4; SEP-2127 and its schema v1;
 * ai-catalog.io, specification 1.0; static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json.
 */
import { z } from 'zod';

const url = z.url();
const line = z.string().min(1);

export const AGENT_CARD = z.strictObject({
  name: line,
  description: line,
  version: line,
  supportedInterfaces: z
    .array(
      z.strictObject({
        url,
        protocolBinding: z.enum(['JSONRPC', 'GRPC', 'HTTP+JSON']),
        protocolVersion: z.string().regex(/^\d+\.\d+$/),
        tenant: line.optional(),
      }),
    )
    .min(1),
  documentationUrl: url.optional(),
  provider: z.strictObject({ url, organization: line }).optional(),
  iconUrl: url.optional(),
  capabilities: z.strictObject({
    streaming: z.boolean().optional(),
    pushNotifications: z.boolean().optional(),
    extendedAgentCard: z.boolean().optional(),
    extensions: z
      .array(z.strictObject({ uri: line, description: z.string(), required: z.boolean(), params: z.object({}).optional() }))
      .optional(),
  }),
  securitySchemes: z.record(
    line,
    z.strictObject({
      httpAuthSecurityScheme: z.strictObject({ description: z.string().optional(), scheme: line, bearerFormat: z.string().optional() }),
    }),
  ),
  securityRequirements: z.array(z.strictObject({ schemes: z.record(line, z.strictObject({ list: z.array(z.string()) })) })),
  defaultInputModes: z.array(line).min(1),
  defaultOutputModes: z.array(line).min(1),
  skills: z
    .array(
      z.strictObject({
        id: line,
        name: line,
        description: line,
        tags: z.array(line).min(1),
        examples: z.array(line).optional(),
        inputModes: z.array(line).optional(),
        outputModes: z.array(line).optional(),
      }),
    )
    .min(1),
});

/** What an input of a user is described by. */
const input = {
  description: line.optional(),
  isRequired: z.boolean().optional(),
  isSecret: z.boolean().optional(),
  format: z.enum(['string', 'number', 'boolean', 'filepath']).optional(),
  default: z.string().optional(),
  placeholder: z.string().optional(),
  value: z.string().optional(),
  choices: z.array(z.string()).optional(),
};

const identity = {
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  // Ranges are refused.
  version: z
    .string()
    .max(255)
    .regex(/^[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?$|^test$/),
  description: z.string().min(1).max(100),
  title: z.string().min(1).max(100).optional(),
  websiteUrl: url.optional(),
};

export const SERVER_CARD = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json'),
  ...identity,
  remotes: z.array(
    z.strictObject({
      type: z.enum(['streamable-http', 'sse']),
      url: z.string().regex(/^(?:https?:\/\/\S+|\{[a-zA-Z_][a-zA-Z0-9_]*\}\S*)$/),
      headers: z.array(z.strictObject({ name: line, ...input })).optional(),
      variables: z.record(line, z.strictObject(input)).optional(),
      supportedProtocolVersions: z.array(z.string().regex(/^\d{4}-\d\d-\d\d$/)).optional(),
    }),
  ),
});

export const AI_CATALOG = z.strictObject({
  specVersion: z.string().regex(/^\d+\.\d+$/),
  host: z
    .strictObject({ displayName: line, identifier: line.optional(), documentationUrl: url.optional(), logoUrl: line.optional() })
    .optional(),
  entries: z.array(
    z.strictObject({
      identifier: z.string().regex(/^urn:air:[^:\s]+(?::[^:\s]+)+$/),
      type: z.string().regex(/^[a-z]+\/[a-z0-9.+-]+(?:;\S+)?$/),
      url,
      displayName: line.optional(),
      description: line.optional(),
    }),
  ),
});

export const SERVER_JSON = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  ...identity,
  repository: z.strictObject({ url, source: line, subfolder: line.optional(), id: line.optional() }).optional(),
  packages: z.array(
    z.strictObject({
      registryType: z.enum(['npm', 'pypi', 'oci', 'nuget', 'mcpb']),
      registryBaseUrl: url.optional(),
      identifier: line,
      version: identity.version,
      runtimeHint: line.optional(),
      transport: z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('stdio') }),
        z.strictObject({ type: z.literal('streamable-http'), url: z.string().regex(/^https?:\/\/\S+$/) }),
      ]),
      packageArguments: z.array(z.strictObject({ type: z.literal('named'), name: z.string().startsWith('--'), ...input })).optional(),
    }),
  ),
});
