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

if [ -n "${CHANNEL:-}" ] && [ -z "${TOKEN:-}" ]; then
  echo "usage: CHANNEL=… TOKEN=… $0 [CALLSIGN [FILE]]" >&2
  exit 2
fi

# A refusal that stays: the hub's words, and curl's code for it.
refused() {
  jq -r '.detail, .hint' <<<"$ANSWER" >&2
  exit 22
}

# ask ARGUMENT…, as of curl: ANSWER is the hub's. Trouble that passes (no hub, the page of a proxy, 429, 5xx) is tried again.
ask() {
  until ANSWER=$(curl -sS "$@" -H "Authorization: Bearer $TOKEN" |
    jq -ces '.[] | select(.cursor // .code and .status < 500 and .status != 429)' 2>/dev/null); do sleep 1; done
}

# Joining again moves nothing, and takes the session up where it is still alive.
join() {
  ask -X POST "$API/join" -d "{\"callsign\":\"$CALLSIGN\"}"
  SESSION=$(jq -er '.session_id // empty' <<<"$ANSWER") || refused
}

if [ -z "${CHANNEL:-}" ]; then
  ANSWER=$(curl -sS -X POST "$HUB/api/channels" -d '{}')
  CHANNEL=$(jq -er '.channel_id // empty' <<<"$ANSWER") || refused
  TOKEN=$(jq -r .join_token <<<"$ANSWER")
  jq -r .agent_prompt <<<"$ANSWER"
fi
API=$HUB/api/channels/$CHANNEL

join
CURSOR=$(cat "$INBOX.cursor" 2>/dev/null || jq -r .cursor <<<"$ANSWER")
echo "$CALLSIGN listens on $CHANNEL"

while true; do
  ask "$API/listen?since=$CURSOR" -H "X-Session-Id: $SESSION"
  case $(jq -r '.code // empty' <<<"$ANSWER") in
    '')
      jq -c '(.gap // empty | {gap: .}), .messages[]' <<<"$ANSWER" >> "$INBOX"
      CURSOR=$(jq -r .cursor <<<"$ANSWER")
      echo "$CURSOR" > "$INBOX.cursor"
      [ "$(jq -r .superseded <<<"$ANSWER")" != true ] || { echo "newer listeners took the place of this one" >&2; exit 1; }
      ;;
    session_expired | not_joined) join ;;
    *) refused ;;
  esac
done
