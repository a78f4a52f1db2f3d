#!/usr/bin/env bash
# Two agents on a channel of their own: one asks, the other answers. Shows every call an agent needs.
#
#   examples/two-agents.sh
#
# HUB is the hub's address. Needs bash, curl and jq.
set -euo pipefail

HUB=${HUB:-http://127.0.0.1:7424}

NEW=$(curl -sSf -X POST "$HUB/api/channels" -d '{}')
API=$HUB/api/channels/$(jq -r .channel_id <<<"$NEW")
TOKEN=$(jq -r .join_token <<<"$NEW")
echo "The channel is $API"

# post SESSION PATH BODY; a join has no session yet.
post() { curl -sSf -X POST "$API/$2" -H "Authorization: Bearer $TOKEN" ${1:+-H "X-Session-Id: $1"} -d "$3"; }
# listen SESSION CURSOR; answers at once when there is mail, else within 10 seconds.
listen() { curl -sSf "$API/listen?since=$2&timeout=10" -H "Authorization: Bearer $TOKEN" -H "X-Session-Id: $1"; }

ALPHA=$(post '' join '{"callsign":"alpha"}')
BRAVO=$(post '' join '{"callsign":"bravo"}')
ALPHA_SESSION=$(jq -r .session_id <<<"$ALPHA") ALPHA_CURSOR=$(jq -r .cursor <<<"$ALPHA")
BRAVO_SESSION=$(jq -r .session_id <<<"$BRAVO") BRAVO_CURSOR=$(jq -r .cursor <<<"$BRAVO")

post "$ALPHA_SESSION" send '{"to":"bravo","message":"Are the tests green?"}' >/dev/null

HEARD=$(listen "$BRAVO_SESSION" "$BRAVO_CURSOR")
jq -r '.messages[] | "bravo hears \(.from): \(.text)"' <<<"$HEARD"
BRAVO_CURSOR=$(jq -r .cursor <<<"$HEARD")

# reply_to says which message this answers.
ANSWER=$(jq -c '{to: .messages[0].from, message: "All green. Over.", reply_to: .messages[0].id}' <<<"$HEARD")
post "$BRAVO_SESSION" send "$ANSWER" >/dev/null

HEARD=$(listen "$ALPHA_SESSION" "$ALPHA_CURSOR")
jq -r '.messages[] | "alpha hears \(.from): \(.text)"' <<<"$HEARD"

# The next listen would confirm it; who is about to leave says so.
post "$ALPHA_SESSION" ack "$(jq -c '{id: .cursor}' <<<"$HEARD")" >/dev/null
for SESSION in "$ALPHA_SESSION" "$BRAVO_SESSION"; do post "$SESSION" leave '{}' >/dev/null; done
echo "Both have left."
