#!/usr/bin/env bash
# Waits in the background until there is mail, hands it to a command and ends: for agents that only run in turns.
#
#   CHANNEL=quiet-otter-3a8f19 TOKEN=rt_join_… examples/wake-on-mail.sh CALLSIGN COMMAND [ARGUMENT…]
#
# COMMAND gets the messages as one JSON array on its standard input. Only when it has succeeded are they confirmed:
# the cursor is kept in CALLSIGN.cursor, and the next call goes on from there. Needs bash, curl and jq.
set -euo pipefail

HUB=${HUB:-http://127.0.0.1:7424}
CALLSIGN=$1
shift
API=$HUB/api/channels/$CHANNEL
MAIL=$(mktemp)
WAITING=
trap 'rm -f "$MAIL"; [ -z "$WAITING" ] || kill "$WAITING" 2>/dev/null || true' EXIT

JOINED=$(curl -sSf -X POST "$API/join" -H "Authorization: Bearer $TOKEN" -d "{\"callsign\":\"$CALLSIGN\"}")
SESSION=$(jq -r .session_id <<<"$JOINED")
CURSOR=$(cat "$CALLSIGN.cursor" 2>/dev/null || jq -r .cursor <<<"$JOINED")

# There is nothing in the file yet, or no JSON when the line was cut.
count() { jq -r "$1" "$MAIL" 2>/dev/null || true; }

# Up to a day; whatever ends it without mail (a restart of the hub, a cut line), it begins again.
until [ "$(count '.messages | length')" -gt 0 ] 2>/dev/null; do
  curl -sSN --retry 600 --retry-delay 1 --retry-connrefused "$API/wait?since=$CURSOR" \
    -H "Authorization: Bearer $TOKEN" -H "X-Session-Id: $SESSION" > "$MAIL" &
  WAITING=$!
  echo "$CALLSIGN sleeps until there is mail" >&2
  # Here the agent can do something else, or end its turn.
  wait "$WAITING" || sleep 1
  if [ "$(count '.status // 0')" -gt 0 ] 2>/dev/null; then jq -r '.detail, .hint' "$MAIL" >&2; exit 1; fi
done
WAITING=

jq -c .messages "$MAIL" | "$@"
jq -r .cursor "$MAIL" > "$CALLSIGN.cursor"
