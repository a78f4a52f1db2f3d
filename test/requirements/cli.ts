import type { Requirements } from './requirement.ts';

export const CLI = {
  'cli:commands': {
    behaviour: 'Every command of the list is there, has a help made from its operation, and talks to a hub.',
    clauses: ['R-CLI-1'],
  },
  'cli:json': {
    behaviour: '--json prints the body that REST answers, of a refusal too; progress and sentences go to standard error.',
    clauses: ['R-CLI-2'],
  },
  'cli:remembers': {
    behaviour: 'After a join no argument is needed; what is remembered is for its user only.',
    clauses: ['R-CLI-3'],
  },
  'cli:forgets-nothing': {
    behaviour: 'Where nothing can be remembered, what the hub shows once is printed all the same, and the command fails.',
    clauses: ['R-CLI-3', 'R-CLI-12'],
  },
  'cli:keeps-keys': {
    behaviour: 'Who leaves a trusted channel takes the same callsign again: the key of its identity is not forgotten.',
    clauses: ['R-CLI-3'],
  },
  'cli:close-keeps': {
    behaviour: 'After a close the transcript can still be read and erased by who made the channel.',
    clauses: ['R-CLI-18'],
  },
  'cli:slips': {
    behaviour: 'What newcomers mistype is answered with what they meant: help, the nearest command, the place of options, the variable.',
    clauses: ['R-CLI-19'],
  },
  'cli:which-seat': {
    behaviour: 'Of several seats in one home the caller names one, or is shown the choices; no seat is guessed.',
    clauses: ['R-CLI-4'],
  },
  'cli:relative-state': {
    behaviour: 'A state directory that is no absolute path is ignored, as the specification of that variable says.',
    clauses: ['R-CLI-3'],
  },
  'cli:which-hub': {
    behaviour: 'A band of several hubs is not taken for that of any: the caller names the hub, or is shown the choices.',
    clauses: ['R-CLI-4'],
  },
  'cli:secrets': {
    behaviour: 'A token comes from the environment or standard input as well, and stands in no argument then.',
    clauses: ['R-CLI-5'],
  },
  'cli:rejoin': {
    behaviour: 'A session that is over is replaced by a join with the same callsign, and that is said.',
    clauses: ['R-CLI-6'],
  },
  'cli:log': {
    behaviour: 'The log shows what peers say without anything a terminal obeys; colours only where people look.',
    clauses: ['R-CLI-7'],
  },
  'cli:marks': {
    behaviour: 'Nothing that a peer says, as a message or as its status, looks like what the hub attests of it.',
    clauses: ['R-CLI-7', 'R-TRUST-11'],
  },
  'cli:wait': {
    behaviour: 'wait ends when there is mail and prints it, over a restart of the hub, or ends with its own exit code.',
    clauses: ['R-CLI-8'],
  },
  'cli:stopped': {
    behaviour: 'A command that is stopped before it was done does not end as if it were, and a wait not as if there were mail.',
    clauses: ['R-CLI-8', 'R-CLI-12'],
  },
  'cli:reader': {
    behaviour: 'wait and a listen that prints end with the client of the agent that ran them, and take nothing that comes then as read.',
    clauses: ['R-CLI-8'],
  },
  'cli:unwritten': {
    behaviour: 'What cannot be written to standard output is a failure, and is not skipped; a reader that goes away is none.',
    clauses: ['R-CLI-12'],
  },
  'cli:replaced': {
    behaviour: 'wait and listen --follow go on while the hub is replaced, whatever answers in its place.',
    clauses: ['R-CLI-8', 'R-CLI-11'],
  },
  'cli:jsonl': {
    behaviour: 'listen --follow --jsonl loses no line and writes none twice, whoever is killed in the middle.',
    clauses: ['R-CLI-9'],
  },
  'cli:jsonl-months': {
    behaviour: 'A program that writes a file for months keeps no more of it in memory than on the first day.',
    clauses: ['R-CLI-9'],
  },
  'cli:jsonl-confirms': {
    behaviour: 'A message is confirmed when its line is in the file, and not before.',
    clauses: ['R-CLI-9'],
  },
  'cli:exec': {
    behaviour: 'listen --exec gives each message to an executable as data and confirms it when that succeeds.',
    clauses: ['R-CLI-10'],
  },
  'cli:exec-fails': {
    behaviour: 'An executable that fails is tried again; when it fails too often the program ends and the message comes again.',
    clauses: ['R-CLI-10'],
  },
  'cli:follow-ends': {
    behaviour: 'Following ends when the seat is left or taken over, and cleanly with a signal.',
    clauses: ['R-CLI-11'],
  },
  'cli:owner': {
    behaviour: 'The owner of a channel manages it with the token that create remembered, and seats of that home go on with a new one.',
    clauses: ['R-CLI-18'],
  },
  'cli:words': {
    behaviour: 'What to do next is said in commands and options, in the help of each command and after each refusal.',
    clauses: ['R-CLI-19'],
  },
  'cli:hub-token': {
    behaviour: 'The token of a hub and that of a channel have a variable each, and neither is taken for the other.',
    clauses: ['R-CLI-5', 'R-RUN-2'],
  },
  'cli:retokened': {
    behaviour:
      'A command that runs while the token changes, or while its seat is left, writes down its position and brings nothing else back.',
    clauses: ['R-CLI-18', 'R-CLI-3'],
  },
  'cli:tail-restart': {
    behaviour: 'tail shows what was said while the hub was replaced, also when nothing was said before.',
    clauses: ['R-CLI-2', 'R-STREAM-7'],
  },
  'cli:goes-on-retokened': {
    behaviour: 'What follows, waits or watches goes on when its own home changes the token, and ends when somebody else does.',
    clauses: ['R-CLI-18', 'R-CLI-11'],
  },
  'cli:bans': {
    behaviour: 'A ban is made and lifted from the shell, and guards are seen and reset.',
    clauses: ['R-CLI-18'],
  },
  'cli:exits': {
    behaviour: 'Each way to fail has its exit code and says on standard error what to do next.',
    clauses: ['R-CLI-12'],
  },
  'cli:completion': {
    behaviour: 'A shell completes commands, options and their values.',
    clauses: ['R-CLI-17'],
  },
  'cli:install-wakes': {
    behaviour: 'The hooks that install --wake puts in learn of a join over MCP, and begin a turn of who joined.',
    clauses: ['R-CLI-13', 'R-WAKE-6'],
  },
  'cli:install': {
    behaviour: 'install puts our entries into the settings of each client, and nothing else of them changes.',
    clauses: ['R-CLI-13'],
  },
  'cli:install-names': {
    behaviour: 'The names of clients stand in usage, error and documents, and common other spellings are understood.',
    clauses: ['R-CLI-13'],
  },
  'cli:install-refuses': {
    behaviour: 'A file that is broken, read-only or of another shape is not touched, and the line is named.',
    clauses: ['R-CLI-14'],
  },
  'cli:uninstall-empty': {
    behaviour: 'What install made in a file that was changed since goes with our entries, unless somebody uses it.',
    clauses: ['R-CLI-15'],
  },
  'cli:hooks-of-others': {
    behaviour: 'Hooks that others put beside ours, in the same group, outlive another install and an uninstall.',
    clauses: ['R-CLI-13', 'R-CLI-15'],
  },
  'cli:hooks-changed': {
    behaviour:
      'install without --wake changes nothing of the hooks that are there but the hub and program of their commands, and adds none.',
    clauses: ['R-CLI-13'],
  },
  'cli:uninstall-bridge': {
    behaviour: 'An entry that starts the bridge, which install never puts in, outlives an uninstall byte for byte, and that is said.',
    clauses: ['R-CLI-15'],
  },
  'cli:install-copies': {
    behaviour: 'uninstall leaves no copy of a file behind, whatever was written to it between installs.',
    clauses: ['R-CLI-15'],
  },
  'cli:install-links': {
    behaviour: 'A link stays a link, also when the file that it leads to is not there yet.',
    clauses: ['R-CLI-13', 'R-CLI-15'],
  },
  'cli:install-meanwhile': {
    behaviour: 'What somebody writes to a file while it is being changed is kept, and the change is refused.',
    clauses: ['R-CLI-14'],
  },
  'cli:install-hub': {
    behaviour: 'The hooks that install puts in are for the hub that it was told.',
    clauses: ['R-CLI-13'],
  },
  'cli:uninstall': {
    behaviour: 'uninstall brings back every byte, or takes out only our entries when the file was changed since.',
    clauses: ['R-CLI-15'],
  },
  'cli:doctor': {
    behaviour: 'doctor says what is installed, what wakes each client, what is missing, and whether the hub answers.',
    clauses: ['R-CLI-16'],
  },
  'cli:doctor-bridge': {
    behaviour: 'An entry that starts the bridge is known as one: what it wakes, for which hub, and install leaves it for that hub.',
    clauses: ['R-CLI-13', 'R-CLI-16'],
  },
  'cli:bridge-words': {
    behaviour: 'A bridge is known in whatever order and form its entry is written, and so is its hub; values of another kind are left out.',
    clauses: ['R-CLI-13', 'R-CLI-16'],
  },
  'cli:doctor-hooks': {
    behaviour: 'doctor says when the program of a hook is gone or a hook is for another hub; install mends it and keeps the time to wait.',
    clauses: ['R-CLI-13', 'R-CLI-16'],
  },
  'cli:doctor-token': {
    behaviour: 'doctor and install say when the hub does not let a client in with the token that its entry holds, and what mends it.',
    clauses: ['R-CLI-16', 'R-CLI-13'],
  },
} as const satisfies Requirements;
