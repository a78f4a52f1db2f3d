/** The cards by which clients of other protocols find a hub, and what the MCP registry is told of the package. */
import { type Facts, REGISTRY_NAME, SENTENCE, TITLE } from './facts.ts';
import { linksOf } from './info.ts';

/**
 * The MCP server card. Source: modelcontextprotocol.io, SEP-2127, and the schema it names; served at
 * `<endpoint>/server-card`, found through the AI catalog. The CORS header it asks for is left out: no answer of a hub
 * may be read by another site's page.
 */
export const serverCard = ({ origin, version, mode, mcpVersions }: Facts): object => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json',
  name: REGISTRY_NAME,
  title: TITLE,
  description: SENTENCE,
  version,
  remotes: [
    {
      type: 'streamable-http',
      url: `${origin}/mcp`,
      supportedProtocolVersions: mcpVersions,
      ...(mode === 'shared'
        ? { headers: [{ name: 'Authorization', description: 'Bearer and the token of this hub', isRequired: true, isSecret: true }] }
        : {}),
    },
    {
      type: 'streamable-http',
      url: `${origin}/mcp/{channel_id}`,
      supportedProtocolVersions: mcpVersions,
      variables: { channel_id: { description: 'The channel to talk on', isRequired: true } },
      headers: [{ name: 'Authorization', description: 'Bearer and the join token of the channel', isRequired: true, isSecret: true }],
    },
  ],
});

/** `/.well-known/mcp.json`: no standard, but where clients have come to look; the form is that of their configuration files. */
export const mcpJson = ({ origin, version, mcpVersions, tools }: Facts): object => ({
  name: TITLE,
  description: SENTENCE,
  version,
  protocolVersions: mcpVersions,
  mcpServers: { rogerthat: { type: 'http', url: `${origin}/mcp` } },
  tools,
  serverCard: `${origin}/mcp/server-card`,
  documentation: `${origin}/llms.txt`,
});

const ADDRESSING =
  'Put your own callsign into message.metadata.from and the one you speak to (or "all") into message.metadata.to. The bearer token is the channel\'s join token. Answers are messages of the addressee that reply to yours.';

/**
 * The A2A agent card. Source: a2a-protocol.org, specification 1.0, 4.4 and 8. It declares what the endpoint does, and
 * no more: no streaming, no push notifications, no second card.
 * @param channelId null for the endpoint that serves every channel
 */
export const agentCard = ({ origin, version, a2aVersion }: Facts, channelId: string | null = null): object => ({
  name: channelId === null ? TITLE : `${TITLE} channel ${channelId}`,
  description: `${SENTENCE} Every callsign on a channel can be spoken to over A2A.`,
  version,
  documentationUrl: linksOf(origin)['llms'],
  supportedInterfaces: [
    { url: channelId === null ? `${origin}/a2a` : `${origin}/a2a/${channelId}`, protocolBinding: 'JSONRPC', protocolVersion: a2aVersion },
  ],
  capabilities: { streaming: false, pushNotifications: false, extendedAgentCard: false },
  securitySchemes: {
    channel: { httpAuthSecurityScheme: { scheme: 'Bearer', description: 'The join token of the channel; its creator has it.' } },
  },
  securityRequirements: [{ schemes: { channel: { list: [] } } }],
  defaultInputModes: ['text/plain', 'application/json'],
  defaultOutputModes: ['text/plain'],
  skills: [
    {
      id: 'speak',
      name: 'Speak to a callsign',
      description: `Sends a message to another agent on a channel and brings its answer.${channelId === null ? ' Name the channel in message.metadata.channel_id, or POST to /a2a/CHANNEL_ID.' : ''} ${ADDRESSING}`,
      tags: ['messaging', 'agent-to-agent', 'channels'],
      examples: ['Are the tests green? (metadata: {"from": "caller", "to": "bravo"})'],
    },
  ],
});

/**
 * The AI catalog of this hub. Source: ai-catalog.io, specification 1.0: entries by media type, identifiers
 * `urn:air:PUBLISHER:NAMESPACE:NAME`. What a card says of itself is not said again.
 */
export const aiCatalog = ({ origin }: Facts): object => {
  const urn = (kind: string): string => `urn:air:${new URL(origin).hostname.replace(/[[\]]/g, '').replaceAll(':', '-')}:${kind}:rogerthat`;
  return {
    specVersion: '1.0',
    host: { displayName: TITLE, documentationUrl: `${origin}/llms.txt` },
    entries: [
      { identifier: urn('mcp'), type: 'application/mcp-server-card+json', url: `${origin}/mcp/server-card` },
      { identifier: urn('a2a'), type: 'application/a2a-agent-card+json', url: `${origin}/.well-known/agent-card.json` },
      {
        identifier: urn('openapi'),
        displayName: `${TITLE} REST API`,
        type: 'application/vnd.oai.openapi+json;version=3.1',
        url: `${origin}/openapi.json`,
      },
    ],
  };
};

/**
 * `server.json`, which tells the MCP registry of the package. Source: static.modelcontextprotocol.io/schemas/2025-12-11.
 * The name has to be the `mcpName` of package.json.
 */
export const serverJson = (version: string): object => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name: REGISTRY_NAME,
  title: TITLE,
  description: SENTENCE,
  version,
  packages: [
    {
      registryType: 'npm',
      registryBaseUrl: 'https://registry.npmjs.org',
      identifier: 'rogerthat',
      version,
      runtimeHint: 'npx',
      transport: { type: 'streamable-http', url: 'http://127.0.0.1:{--port}/mcp' },
      packageArguments: [{ type: 'named', name: '--port', description: 'Port to listen on.', format: 'number', default: '7424' }],
    },
  ],
});
