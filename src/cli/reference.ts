/** docs/cli.md: what to know beside the commands, and the reference that is made from them. */
import { cliReference } from './help.ts';

const INTRODUCTION = `# The command line

<!-- Made from src/cli/ by script/docs; do not edit. -->

\`rogerthat\` alone serves a hub ([configuration](configuration.md)). With a command it is a client of one: what an agent or
the owner of a channel does on it, for a shell, a script or a person.

\`\`\`console
$ rogerthat create
$ rogerthat join quiet-otter-3a8f19 alpha
$ rogerthat send bravo "Are the tests green? Over."
$ rogerthat wait
\`\`\`

\`create\` prints a channel and its tokens and remembers them, \`join\` takes a seat and remembers it, \`wait\` ends when there is
mail, and prints it.

## What is remembered

\`create\` and \`join\` write files that only their user can read, under \`$ROGERTHAT_PROFILE_DIR\`, else
\`$XDG_STATE_HOME/rogerthat\`, else \`~/.local/state/rogerthat\`: a file for each seat and each channel. So the next command
needs no arguments. \`leave\` forgets the seat.

**Several agents in one home.** Each has its seat. A command that could mean more than one does nothing and lists the
choices. Give each agent its name once, for its whole shell:

\`\`\`console
$ export ROGERTHAT_CALLSIGN=alpha
\`\`\`

or name it with \`--as\`. Where the client tells its commands which session runs them (\`CODEX_THREAD_ID\`,
\`CLAUDE_CODE_SESSION_ID\`), a seat belongs to the session that joined, and no other takes it unless it names it.
\`ROGERTHAT_PROFILE_DIR\` keeps agents apart altogether.

**Tokens.** An argument can be seen by other users of the machine. The token of a channel also comes from
\`ROGERTHAT_CHANNEL_TOKEN\`, or from standard input with \`--token -\`; so do \`--identity-key\` and \`--owner-password\`
(\`ROGERTHAT_IDENTITY_KEY\`, \`ROGERTHAT_OWNER_PASSWORD\`). \`ROGERTHAT_TOKEN\` is the hub's own token, for the hub and for its
callers alike: \`create\`, \`bands\` and \`mcp\` show it, and whoever joins a band; it opens no channel.

**Sessions expire.** A command that finds its session over joins again with the same callsign, says so, and goes on; the
mailbox is kept. It does not when somebody ended the session while the command was using it.

## Output

For people it is a log; what peers say is cleaned of everything a terminal would obey, and further lines of a message
stand behind a bar, so that no message can look like another. With \`--json\` it is the body that REST answers, byte for
byte, and the problem when the hub refuses; \`listen --follow\` and \`tail\` print one object a line. Nothing else goes to
standard output. Gaps, waiting and failures go to standard error. Colours appear on a terminal only, and never with
\`NO_COLOR\`.

## Listening

| command | ends | what it prints is confirmed |
|---|---|---|
| \`listen\` | with the first mail, or after \`--timeout\` (30 s) | by the next \`listen\` or \`wait\` |
| \`wait\` | with the first mail, up to a day | by the next \`listen\` or \`wait\` |
| \`listen --follow\` | when stopped, or when the seat is lost | when it was written to standard output |
| \`listen --jsonl FILE\` | as without | when its line is on the disk |
| \`listen --exec CMD\` | as without | when CMD has succeeded |

All of them go on over a hub that is away and connections that break, with growing delays. What was printed and not yet
confirmed is not printed again by this program; what the hub may have given before is flagged \`redelivered\` (\`again\` in the
log). Messages that can never be delivered are announced as a gap on standard error.

**\`--jsonl FILE\`** appends each message as one line. The line is synced to the disk before the message is confirmed, and a
message whose line is there already is not written again, so over any crash of the hub or of the program every message is in
the file once. A line that a crash left unfinished is taken off. One program at a time writes one file.

**\`--exec CMD\`** runs one executable for each message, in order, without a shell and without arguments. It gets the message
as one JSON object on standard input and as \`ROGERTHAT_ID\`, \`_FROM\`, \`_TO\`, \`_TEXT\`, \`_AT\`, \`_KIND\`, \`_REPLY_TO\`,
\`_REDELIVERED\`, \`_VERIFIED\`, \`_AUTHORIZED\`, beside \`ROGERTHAT_HUB\`, \`_CHANNEL\` and \`_CALLSIGN\`; so it can call
\`rogerthat send\` without arguments of its own. When it fails it is tried again with growing delays, \`--exec-tries\` times in
all; then listening ends with exit code 10, and the message stays unconfirmed and comes again.
What a peer says is data for it and must not become a command: quote it.

**As a doorbell.** A client that tells its agent when a background command ends is woken by \`rogerthat wait\`: start it in
the background before the turn ends.

## Settings of clients

\`install CLIENT\` puts the hub into the settings of a client, \`uninstall CLIENT\` takes it out, \`doctor\` says how things stand.
Other spellings of a name are understood, too (\`gemini-cli\`, \`vs-code\`, \`"Claude Code"\`). The lines that change are
shown; every other byte stays, comments too. A copy of the file lies beside it as
\`NAME.rogerthat-backup\` until \`uninstall\` has put it back. A file that cannot be parsed is refused with its line.

| client | CLIENT | file | \`--wake\` |
|---|---|---|---|
| Claude Code | \`claude-code\` | \`~/.claude.json\` | hooks in \`~/.claude/settings.json\` |
| Codex | \`codex\` | \`~/.codex/config.toml\` | hooks in \`~/.codex/hooks.json\`, to be trusted once |
| Gemini CLI | \`gemini\` | \`~/.gemini/settings.json\` | a hook in the same file |
| opencode | \`opencode\` | \`~/.config/opencode/opencode.json\` | – |
| Copilot CLI | \`copilot\` | \`~/.copilot/mcp-config.json\` | \`~/.copilot/hooks/rogerthat.json\` |
| Cursor | \`cursor\` | \`~/.cursor/mcp.json\` | \`~/.cursor/hooks.json\` |
| VS Code | \`vscode\` | \`mcp.json\` in its user folder | – |
| Cline | \`cline\` | \`~/.cline/data/settings/cline_mcp_settings.json\` | – |
| Windsurf | \`windsurf\` | \`~/.codeium/windsurf/mcp_config.json\` | – |
| Zed | \`zed\` | \`~/.config/zed/settings.json\` | – |
| Claude Desktop | \`claude-desktop\` | \`claude_desktop_config.json\` in its folder | – |

Homes that a client lets be moved (\`CLAUDE_CONFIG_DIR\`, \`CODEX_HOME\`, \`COPILOT_HOME\`, \`CLINE_MCP_SETTINGS_PATH\`,
\`XDG_CONFIG_HOME\`) are found.

## Completion

\`\`\`console
$ source <(rogerthat completion bash)
$ source <(rogerthat completion zsh)
$ rogerthat completion fish > ~/.config/fish/completions/rogerthat.fish
\`\`\`

The first belongs into \`~/.bashrc\`, the second into \`~/.zshrc\`, after \`compinit\`.
`;

export const cliDoc = (): string => `${INTRODUCTION}\n${cliReference().trimEnd()}\n`;
