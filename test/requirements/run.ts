import type { Requirements } from './requirement.ts';

export const RUN = {
  'run:defaults': {
    behaviour: 'Without options a hub is local, on 127.0.0.1:7424.',
    clauses: ['R-RUN-1'],
  },
  'run:shared': {
    behaviour: 'A shared hub asks everybody for its token, or for a channel token on that channel.',
    clauses: ['R-RUN-2', 'R-CHAN-12'],
    needs: ['rest', 'identities', 'info'],
  },
  'run:channel-token': {
    behaviour: 'Who shows the token of the hub passes the channel token beside it.',
    clauses: ['R-RUN-3', 'R-CHAN-12'],
  },
  'run:open': {
    behaviour: 'On an open hub anyone makes channels; their own routes still need their tokens.',
    clauses: ['R-RUN-4'],
  },
  'run:public-host': {
    behaviour: 'A host that is not loopback needs --token or --open; else the program ends with 2 and says why.',
    clauses: ['R-RUN-5'],
  },
  'run:strict-modes': {
    behaviour: 'A hub with --token or --open has full limits on loopback too.',
    clauses: ['R-RUN-6'],
  },
  'run:variables': {
    behaviour: 'Every flag has a variable and a line in the help, and goes before its variable.',
    clauses: ['R-RUN-7'],
  },
  'run:unknown': {
    behaviour: 'An unknown flag or a value out of range ends the program with 2 and a sentence that names it.',
    clauses: ['R-RUN-8', 'R-LIMIT-1'],
  },
  'run:names': {
    behaviour: 'The program serves without a command, under both of its names.',
    clauses: ['R-RUN-9'],
  },
  'run:address': {
    behaviour: 'A hub that has started prints its address on one line, and answers from then on.',
    clauses: ['R-RUN-10', 'R-RUN-1'],
  },
  'run:every-address': {
    behaviour: 'A hub answers at each address it listens at, under that address; no other address and no unknown name is answered to.',
    clauses: ['R-REQ-1', 'R-REQ-3', 'R-RUN-10'],
  },
  'run:banner': {
    behaviour: 'What a hub prints when it starts can be pasted, in each mode; the token of the hub is not in it.',
    clauses: ['R-RUN-10'],
  },
  'run:secrets': {
    behaviour: 'A secret of the operator is long enough and none of a channel, or the hub does not start; how long is in the help.',
    clauses: ['R-RUN-15', 'R-RUN-8'],
  },
  'run:stop': {
    behaviour: 'On SIGTERM, SIGINT and SIGHUP a hub answers who is parked, ends its streams and exits with 0 within 5 seconds.',
    clauses: ['R-RUN-11', 'R-LISTEN-24', 'R-STREAM-10'],
  },
  'run:one-at-a-time': {
    behaviour: 'A second hub on a directory exits with 3 and names the pid of the first, which goes on.',
    clauses: ['R-RUN-12'],
  },
  'run:damaged': {
    behaviour: 'On a damaged database the program exits with 4 and names the file and --repair; the file stays as it is.',
    clauses: ['R-RUN-13'],
  },
  'run:unusable': {
    behaviour: 'A start that cannot use its data directory ends with 1 and names it; the next one that can starts.',
    clauses: ['R-RUN-17'],
  },
  'run:foreign': {
    behaviour: 'A database that is none of a hub is refused as a damaged one is, and not taken for a new one.',
    clauses: ['R-RUN-13'],
  },
  'run:repair': {
    behaviour: '--repair sets a damaged file aside, recovers what is sound and says so; on a sound file it changes nothing.',
    clauses: ['R-RET-14'],
  },
  'repair:rewound': {
    behaviour: 'After a repair the seats of every channel are told, and what is sound is served.',
    clauses: ['R-RET-15', 'R-LISTEN-18'],
  },
  'repair:never-served': {
    behaviour: 'A damaged row that is found while the hub runs is not served: the call is refused.',
    clauses: ['R-RET-15'],
  },
  'repair:neighbours': {
    behaviour: 'A channel that is damaged fails its own calls and no others that would be stored with them.',
    clauses: ['R-RET-15'],
  },
  'run:unheard': {
    behaviour: 'A hub whose output nobody takes goes on, and a command whose output nobody takes ends as it would.',
    clauses: ['R-RUN-16'],
  },
  'run:admin-token': {
    behaviour: 'The admin token is long enough and another than the hub’s token, or the hub does not start.',
    clauses: ['R-RUN-14', 'R-RUN-8'],
  },
} as const satisfies Requirements;
