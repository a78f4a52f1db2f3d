import type { Requirements } from './requirement.ts';

export const BRIDGE = {
  'bridge:tools': {
    behaviour: 'rogerthat mcp offers the tools of /mcp, word for word, in every revision, and carries them to the hub.',
    clauses: ['R-BRIDGE-1'],
  },
  'bridge:framing': {
    behaviour:
      'A line that is no request is refused as JSON-RPC refuses it; a cancelled call is not answered; a client that goes ends the program.',
    clauses: ['R-BRIDGE-1'],
  },
  'bridge:task': { behaviour: 'listen becomes a task for clients that take one, and ends with mail only.', clauses: ['R-BRIDGE-1'] },
  'bridge:rings': {
    behaviour:
      'Between turns mail rings the agent with a pointer that has no word and no name of a peer, and is not called delivered for it.',
    clauses: ['R-BRIDGE-2', 'R-BRIDGE-3'],
  },
  'bridge:replaced': {
    behaviour: 'While the hub is replaced, whatever answers in its place, the watch, a listen and the outbox go on.',
    clauses: ['R-BRIDGE-2', 'R-BRIDGE-4'],
  },
  'bridge:retokened': {
    behaviour: 'When the token of its channel is changed from its home, a bridge watches on, rings, and takes its seats back.',
    clauses: ['R-CLI-18'],
  },
  'bridge:opencode': { behaviour: 'opencode is rung through its own server, in the session that was used last.', clauses: ['R-BRIDGE-3'] },
  'bridge:outbox': {
    behaviour: 'What is sent while the hub is away is called queued here; it goes out once and in order, whoever was killed meanwhile.',
    clauses: ['R-BRIDGE-4'],
  },
  'bridge:refused': {
    behaviour: 'Of a queued message that the hub refuses the agent hears with its next call, once.',
    clauses: ['R-BRIDGE-5'],
  },
  'bridge:guards': {
    behaviour: 'A spent budget is told as such and nothing is queued for it; what was queued before and meets it is given up, and told.',
    clauses: ['R-BRIDGE-4', 'R-BRIDGE-5'],
  },
  'bridge:senders': { behaviour: 'A seat that has to wait holds up no other.', clauses: ['R-BRIDGE-4'] },
  'bridge:whose-refusal': {
    behaviour: 'Of a queued message that is given up the agent hears that sent it, and no other of the home.',
    clauses: ['R-BRIDGE-5'],
  },
  'bridge:remembers': {
    behaviour: 'A bridge that is started again knows the sessions of the one before, and the seat of a thread that is resumed.',
    clauses: ['R-BRIDGE-6'],
  },
  'bridge:disk': {
    behaviour: 'A home that can keep nothing ends no call: each is answered once, and the seat goes on until the bridge ends.',
    clauses: ['R-BRIDGE-6'],
  },
  'bridge:file': { behaviour: 'Every option may stand in a file; a wrong one is named.', clauses: ['R-BRIDGE-7'] },
  'bridge:tidy': {
    behaviour: 'What a bridge that was killed said of itself is removed by the next one, and what those that run say stays.',
    clauses: ['R-BRIDGE-6'],
  },
  'hook:silent': {
    behaviour: 'A hook says nothing and ends with 0 for a session that joined nothing, has no mail, left, or whose hub is away.',
    clauses: ['R-WAKE-1'],
  },
  'hook:dialects': {
    behaviour: 'Each client is answered in its own form, with a pointer; the mail is not taken.',
    clauses: ['R-WAKE-2'],
  },
  'hook:waits': {
    behaviour: 'A waiting hook ends with the mail that comes, is the only one of its session, and takes the place of one that died.',
    clauses: ['R-WAKE-3'],
  },
  'hook:ends': {
    behaviour:
      'A waiting hook ends when its time is over, and neither a turn nor the end of a run without a person is held up for a hub that is away.',
    clauses: ['R-WAKE-1', 'R-WAKE-3'],
  },
  'hook:renews': {
    behaviour: 'A hook that renews the session of a seat changes nothing else of what is remembered: no cursor, no owner.',
    clauses: ['R-WAKE-2', 'R-WAKE-5'],
  },
  'hook:replaced': {
    behaviour: 'A waiting hook goes on while the hub is replaced, whatever answers in its place.',
    clauses: ['R-WAKE-3'],
  },
  'hook:once': { behaviour: 'The same mail begins one turn, and a session at most sixty an hour.', clauses: ['R-WAKE-4'] },
  'hook:hourly': {
    behaviour: 'Mail that comes when the turns of the hour are spent begins one as soon as there is another.',
    clauses: ['R-WAKE-4'],
  },
  'hook:tidy': { behaviour: 'What hooks noted of a session is gone a week after its last turn.', clauses: ['R-WAKE-4'] },
  'hook:again': {
    behaviour:
      'A waiting hook whose seat was lost goes on when its session takes the seat again; one whose hub is away for a while has not lost it.',
    clauses: ['R-WAKE-3'],
  },
  'hook:whose': {
    behaviour: 'Two sessions in one directory are told of their own mail only; where it is not clear whose a seat is, nobody is.',
    clauses: ['R-WAKE-5'],
  },
  'wake:measures': {
    behaviour:
      'wake-test tells for each agent how long until it was handed a message and until it showed that it is awake, or that it did not wake.',
    clauses: ['R-WAKE-7'],
  },
  'wake:honest': {
    behaviour: 'An agent whose listener took the message, and that showed nothing more, is not called awake; one that answers is.',
    clauses: ['R-WAKE-8'],
  },
  'wake:named': {
    behaviour: 'wake-test asks agents that did not join from this home, where they are named, and sends nothing to one that is not there.',
    clauses: ['R-WAKE-7'],
  },
  'hook:learns': {
    behaviour: 'From the tool calls it is told of, a hook learns that its agent joined and left over MCP.',
    clauses: ['R-WAKE-6'],
  },
} as const satisfies Requirements;
