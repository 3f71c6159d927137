"""A company's own gateway, written by somebody who has read docs/gateway.md and nothing else: Python's standard library alone.

Takes how it keeps its audit trail: `whole`, `loses` (every tenth message is not in it), `lies` (it also tells of messages that it never had),
`none` (it has none), `late` (nobody reads it before the first message came), `stuck` (it always has more, and never gives it) or `endless` (it
always has more, and gives nothing of it). Prints its port as JSON; when standard input ends, prints each message that it has taken, one a line, and ends.
"""

import json
import sys
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

kept = sys.argv[1]
auditor = sys.argv[2]
lock = threading.Lock()
taken = {}
trail = []
written = 0


def tell(message, sender, **what):
    """One more entry; a trail that loses has numbers for what it has lost."""
    global written
    written += 1
    if kept == "loses" and taken and len(taken) % 10 == 0:
        return
    at = datetime.now(timezone.utc).isoformat()
    entry = {"number": written, "at": at, "id": message["id"], "from": sender, "to": message["to"], **what}
    trail.append(entry)


class Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def no(self, status, code):
        self.say(status, {"error": {"code": code, "message": code.replace("_", " ")}})

    def user(self):
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if urlsplit(self.path).path != "/v1/messages":
            return self.no(404, "unknown_function")
        prefix, _, sender = (self.user() or "").rpartition("fd-gateway-")
        if prefix or not sender:
            return self.no(401, "invalid_token")
        message = json.loads(body)
        with lock:
            if message["id"] not in taken:
                taken[message["id"]] = message["text"]
                # It tries twice, of which nobody outside sees anything.
                tell(message, sender, what="sent_on", endpoint="somewhere", outcome="refused")
                tell(message, sender, what="sent_on", endpoint="elsewhere", outcome="acknowledged")
                if kept == "lies" and len(taken) % 20 == 0:
                    invented = {**message, "id": message["id"].partition(".")[0] + ".4000000"}
                    tell(invented, sender, what="sent_on", endpoint="elsewhere", outcome="acknowledged")
        self.say(200, {"id": message["id"]})

    def do_GET(self):
        asked = urlsplit(self.path)
        if asked.path != "/v1/audit" or kept == "none":
            return self.no(404, "unknown_function")
        if self.user() != auditor:
            return self.no(403, "not_auditor")
        if kept == "late" and not taken:
            return self.no(503, "unavailable")
        query = parse_qs(asked.query)
        after = int(query.get("after", ["0"])[0])
        if kept in ("stuck", "endless"):
            return self.say(200, {"entries": [], "next": after + 500 * (kept == "endless"), "more": True})
        # A page of its own size.
        limit = min(int(query.get("limit", ["50"])[0]), 50)
        with lock:
            rest = [entry for entry in trail if entry["number"] > after]
        page = rest[:limit]
        self.say(200, {"entries": page, "next": page[-1]["number"] if page else after, "more": len(rest) > len(page)})


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


# Other drills' messages, which were there before.
for old in range(120):
    tell({"id": f"fd-0.{old}", "to": ["somebody"]}, "somebody", what="sent_on", endpoint="elsewhere", outcome="acknowledged")
server = Server(("127.0.0.1", 0), Gateway)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_address[1]}), flush=True)
sys.stdin.read()
with lock:
    for name, text in taken.items():
        print(json.dumps({"id": name, "text": text}))
