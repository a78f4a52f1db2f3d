#!/usr/bin/env bash
# Waits in the background until there is mail, hands it to a command and ends: for agents that only run in turns.
#
#   CHANNEL=quiet-otter-3a8f19 TOKEN=rt_join_… examples/wake-on-mail.sh CALLSIGN COMMAND [ARGUMENT…]
#
# COMMAND gets the messages as one JSON array on its standard input. Only when it has succeeded are they confirmed:
# the cursor is kept in CALLSIGN.cursor, and the next call goes on from there. Needs bash, curl and jq.
set -euo pipefail

if [ $# -lt 2 ] || [ -z "${CHANNEL:-}" ] || [ -z "${TOKEN:-}" ]; then
  echo "usage: CHANNEL=… TOKEN=… $0 CALLSIGN COMMAND [ARGUMENT…]" >&2
  exit 2
fi

HUB=${HUB:-http://127.0.0.1:7424}
CALLSIGN=$1
shift
API=$HUB/api/channels/$CHANNEL
MAIL=$(mktemp)
WAITING=
trap 'rm -f "$MAIL"; [ -z "$WAITING" ] || kill "$WAITING" 2>/dev/null || true' EXIT

# ask ARGUMENT…, as of curl: what the hub answers is in MAIL. Fails at what passes: no hub, the page of a proxy, 429, 5xx.
# At a refusal that stays it ends with the hub's words, and curl's code for it.
ask() {
  curl -sSN "$@" -H "Authorization: Bearer $TOKEN" > "$MAIL" &
  WAITING=$!
  # Here the agent can do something else, or end its turn.
  wait "$WAITING" || true
  WAITING=
  jq -es '.[] | select(.cursor // .code and .status < 500 and .status != 429)' "$MAIL" >/dev/null 2>&1 || return 1
  ! jq -er 'select(.code) | .detail, .hint' "$MAIL" >&2 || exit 22
}

until ask -X POST "$API/join" -d "{\"callsign\":\"$CALLSIGN\"}"; do sleep 1; done
SESSION=$(jq -r .session_id "$MAIL")
CURSOR=$(cat "$CALLSIGN.cursor" 2>/dev/null || jq -r .cursor "$MAIL")

echo "$CALLSIGN sleeps until there is mail" >&2
# Up to a day; whatever ends it without mail (a restart of the hub, a cut line), it begins again.
until ask "$API/wait?since=$CURSOR" -H "X-Session-Id: $SESSION" && jq -e '.messages[0]' "$MAIL" >/dev/null; do sleep 1; done

jq -c .messages "$MAIL" | "$@"
jq -r .cursor "$MAIL" > "$CALLSIGN.cursor"
