"""A consumer of webhooks, written by somebody who has read docs/erp-and-documents.md and nothing else.

Knows a webhook by its key and books it once, but for what its arguments say: so many webhooks one after another are booked without fault,
and the next one twice; of those of each document so many are booked at once, and the next only after the one that follows it. 0 is never.
It counts what it does.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from serving import Service, serve  # noqa: E402

doubles, holds = int(sys.argv[1]), int(sys.argv[2])
lock = threading.Lock()
ledger, known, states, held = [], {}, {}, {}
counted = {"twice": [], "set_back": [], "repeated": 0, "turned_away": 0}


def book(webhook, effect="booked"):
    if effect == "booked":
        # Whatever came first: an earlier state has taken effect after a later one.
        if webhook["state"] < states.get(webhook["document"], 0):
            counted["set_back"].append(webhook["key"])
        states[webhook["document"]] = webhook["state"]
    ledger.append({"booking": len(ledger) + 1, "effect": effect, **webhook})


def take(webhook):
    key, document = webhook["key"], webhook["document"]
    if key in known:
        counted["repeated"] += 1
        return book(webhook, "repeated")
    known[key] = document
    nth = sum(of == document for of in known.values())
    if holds and nth % holds == 0 and document not in held:
        held[document] = webhook
        return
    book(webhook)
    if doubles and len(known) % doubles == 0:
        counted["twice"].append(key)
        book(webhook)
    if document in held:
        book(held.pop(document))


class Consumer(Service):
    def is_signed(self, hook, body):
        """HMAC-SHA256 over id, time and body, by the secret of whose address it is; the time at most five minutes off."""
        name, stamp, signature = (self.headers.get("webhook-" + part, "") for part in ("id", "timestamp", "signature"))
        secret = hook.replace("fd-hook-", "fd-signs-", 1).encode()
        tag = hmac.digest(secret, b".".join([name.encode(), stamp.encode(), body]), hashlib.sha256)
        fresh = stamp.isdigit() and abs(time.time() - int(stamp)) <= 300
        return fresh and hmac.compare_digest(signature, "v1," + base64.b64encode(tag).decode())

    def do_POST(self):
        body = self.body()
        hook = self.path.removeprefix("/v1/hooks/")
        if not self.is_signed(hook, body):
            counted["turned_away"] += 1
            return self.say(401, {"error": "bad_signature"})
        with lock:
            take({"key": self.headers["webhook-id"], **json.loads(body)})
        self.say(201, {"booking": len(ledger)})

    def do_GET(self):
        asked = urlsplit(self.path)
        if asked.path != "/v1/bookings" or not self.bearer().startswith("fd-reader-"):
            return self.say(403, {"error": "not_a_reader"})
        after = int(parse_qs(asked.query).get("after", ["0"])[0])
        with lock:
            self.say(200, {"bookings": ledger[after : after + 500]})


serve(Consumer, lock, lambda: {**counted, "entries": len(ledger), "keys": len(known), "held": len(held)})
