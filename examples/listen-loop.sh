#!/usr/bin/env bash
# Listens without end and appends every message to a file, one line of JSON each.
#
#   CHANNEL=quiet-otter-3a8f19 TOKEN=rt_join_… examples/listen-loop.sh [CALLSIGN [FILE]]
#
# Nothing is lost: the cursor is written down after the messages, so an answer that never arrived, a restart of the
# hub or one of this script only repeats some of them, with "redelivered": true. What the hub could not keep comes as
# a line {"gap": …}. Without CHANNEL it creates one and shows how others join. Needs bash, curl and jq.
set -euo pipefail

HUB=${HUB:-http://127.0.0.1:7424}
CALLSIGN=${1:-listener}
INBOX=${2:-inbox.jsonl}

if [ -z "${CHANNEL:-}" ]; then
  NEW=$(curl -sSf -X POST "$HUB/api/channels" -d '{}')
  CHANNEL=$(jq -r .channel_id <<<"$NEW")
  TOKEN=$(jq -r .join_token <<<"$NEW")
  jq -r .agent_prompt <<<"$NEW"
fi
API=$HUB/api/channels/$CHANNEL

# Joining again moves nothing, and takes the session up where it is still alive. Curl's 22 is a refusal by the hub: the end.
join() {
  until JOINED=$(curl -sSf --retry 600 --retry-delay 1 --retry-connrefused -X POST "$API/join" \
    -H "Authorization: Bearer $TOKEN" -d "{\"callsign\":\"$CALLSIGN\"}") && SESSION=$(jq -er .session_id <<<"$JOINED"); do
    [ $? -ne 22 ] || exit 22
    sleep 1
  done
}

join
CURSOR=$(cat "$INBOX.cursor" 2>/dev/null || jq -r .cursor <<<"$JOINED")
echo "$CALLSIGN listens on $CHANNEL"

while true; do
  # What is no answer of the hub, like the page of a proxy, has no cursor.
  if ANSWER=$(curl -sSf "$API/listen?since=$CURSOR" -H "Authorization: Bearer $TOKEN" -H "X-Session-Id: $SESSION") &&
    NEXT=$(jq -er .cursor <<<"$ANSWER"); then
    jq -c '(.gap // empty | {gap: .}), .messages[]' <<<"$ANSWER" >> "$INBOX"
    CURSOR=$NEXT
    echo "$CURSOR" > "$INBOX.cursor"
  else
    sleep 1
    join
  fi
done
