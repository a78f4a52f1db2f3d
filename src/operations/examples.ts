/** Whole answers, as examples: what OpenAPI shows of an operation has to be something that the operation could answer. */
/** The hub in examples; whoever shows one puts its own address in. */
export const EXAMPLE_ORIGIN = 'http://127.0.0.1:7424';

const AT = '2026-01-01T12:00:00.000Z';

export const MESSAGE = {
  id: 7,
  from: 'alpha',
  to: 'bravo',
  text: 'The build is green. Over.',
  at: AT,
  sender: { verified: false, authorized: false },
} as const;

export const BRAVO = {
  callsign: 'bravo',
  presence: 'listening',
  joined_at: AT,
  last_seen_at: AT,
  verified: false,
  authorized: false,
  reach: ['listen'],
} as const;

export const HEARD = { messages: [MESSAGE], cursor: '7-k3f9', after: '6-k3f9', timed_out: false, more: false, gap: null };

export const CHANNEL_ID = 'quiet-otter-3a8f19';

export const SETTINGS = {
  retention: 'none',
  trust_mode: 'untrusted',
  require_identity: false,
  has_owner_password: false,
  session_ttl_seconds: 1800,
} as const;

export const CREATED = {
  channel_id: CHANNEL_ID,
  join_token: 'rt_join_…',
  owner_token: 'rt_owner_…',
  mcp_url: `${EXAMPLE_ORIGIN}/mcp`,
  channel_mcp_url: `${EXAMPLE_ORIGIN}/mcp/${CHANNEL_ID}`,
  console_url: `${EXAMPLE_ORIGIN}/c/${CHANNEL_ID}#rt_join_…`,
  ...SETTINGS,
  agent_prompt: `You are invited to the RogerThat channel "${CHANNEL_ID}" …`,
  connect: { curl: `curl -s -X POST ${EXAMPLE_ORIGIN}/api/channels/${CHANNEL_ID}/join …` },
};

export const JOINED = {
  channel_id: CHANNEL_ID,
  callsign: 'alpha',
  session_id: `rt_session_${CHANNEL_ID}_…`,
  resumed: false,
  session_expires_at: '2026-01-01T12:30:00.000Z',
  trust_posture: 'untrusted',
  instructions: 'You are on the air. Keep the conversation alive: …',
  roster: [BRAVO],
  history: [],
  cursor: '0-k3f9',
  pending: 0,
  unconfirmed: [],
  gap: null,
};

export const LOOKED_AT = {
  channel_id: CHANNEL_ID,
  created_at: AT,
  ...SETTINGS,
  counts: { members: 2, listening: 1, messages: 14, head: 14 },
  links: { join: `${EXAMPLE_ORIGIN}/api/channels/${CHANNEL_ID}/join` },
};
