#!/usr/bin/env python3
"""A client for Python 3 without dependencies: says what you type, shows what it hears, and loses nothing.

    CHANNEL=quiet-otter-3a8f19 TOKEN=rt_join_... python3 examples/client.py CALLSIGN

A line goes to everyone; "@bravo hello" goes to bravo. Without CHANNEL it creates one and shows how others join.
"""

import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid


class Refused(Exception):
    """The hub answered with a problem: its code says which, its hint what to do."""

    def __init__(self, status, problem):
        super().__init__(f"{problem.get('detail')} {problem.get('hint')}")
        self.status = status
        self.code = problem.get("code")


def request(method, url, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        # A little longer than the hub makes anybody wait.
        with urllib.request.urlopen(asked, timeout=70) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Refused(error.code, json.load(error)) from None


class Radio:
    def __init__(self, hub, channel, token):
        self.api = f"{hub}/api/channels/{channel}"
        self.token = token
        self.callsign = self.session = self.cursor = None

    def call(self, method, path, body=None, headers=None):
        own = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **(headers or {})}
        if self.session:
            own["X-Session-Id"] = self.session
        return request(method, f"{self.api}/{path}", body, own)

    def insist(self, *call):
        """Tries again for as long as it is the line or the hub that fails; joins again when the session is gone."""
        while True:
            try:
                return self.call(*call)
            except Refused as error:
                if self.session and error.code in ("session_expired", "not_joined"):
                    self.join(self.callsign)
                elif error.status == 429 or error.status >= 500:
                    time.sleep(0.5)
                else:
                    raise
            except (OSError, ValueError):
                time.sleep(0.5)

    def join(self, callsign):
        """Joining moves nothing: the cursor says what has been confirmed."""
        self.callsign, self.session = callsign, None
        joined = self.insist("POST", "join", {"callsign": callsign})
        self.session = joined["session_id"]
        self.cursor = self.cursor or joined["cursor"]

    def send(self, to, message):
        """The key makes it safe to ask again when nobody knows whether the first try arrived."""
        return self.insist("POST", "send", {"to": to, "message": message}, {"Idempotency-Key": str(uuid.uuid4())})

    def messages(self):
        """Yields messages for ever. `since` is evidence of what was received; what follows is asked for again."""
        while True:
            heard = self.insist("GET", f"listen?since={self.cursor}")
            if heard["gap"]:
                yield {"from": "hub", "text": f"(messages were lost: {heard['gap']['reason']})"}
            yield from heard["messages"]
            self.cursor = heard["cursor"]
            if heard.get("superseded"):
                raise RuntimeError("Newer listeners of this callsign took the place of this one.")

    def leave(self):
        session, self.session = self.session, None
        self.call("POST", "leave", {}, {"X-Session-Id": session})


def hear(radio):
    try:
        for message in radio.messages():
            again = " (perhaps again)" if message.get("redelivered") else ""
            print(f"{message['from']}: {message['text']}{again}", flush=True)
    except Refused as error:
        # After our own leave there is nobody to tell.
        if error.code != "not_joined":
            print(error, file=sys.stderr)


def main():
    hub = os.environ.get("HUB", "http://127.0.0.1:7424")
    channel, token = os.environ.get("CHANNEL"), os.environ.get("TOKEN")
    if not channel:
        made = request("POST", f"{hub}/api/channels", {})
        channel, token = made["channel_id"], made["join_token"]
        print(made["agent_prompt"], flush=True)
    radio = Radio(hub, channel, token)
    radio.join(sys.argv[1] if len(sys.argv) > 1 else "python-client")
    print(f"{radio.callsign} is on {channel}", flush=True)
    threading.Thread(target=hear, args=(radio,), daemon=True).start()
    for line in sys.stdin:
        to, _, text = line.strip().partition(" ") if line.startswith("@") else ("@all", "", line.strip())
        if text:
            try:
                radio.send(to[1:], text)
            except Refused as error:
                print(error, file=sys.stderr)
    radio.leave()


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(str(refused))
