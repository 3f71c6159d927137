"""Two servers that nobody here wrote, on this machine, as a process of its own: `websockets`, and Python's `socketserver`.

server.py websocket|tcp prints one line of JSON, {"port": …}, when it listens. When its standard input ends it prints a line of JSON for
every message that it has taken, and ends. Whoever is called `nobody` it does not have.
"""

import asyncio
import collections
import json
import logging
import socketserver
import sys
import threading
import urllib.parse

from websockets.asyncio.server import serve

TAKEN = []
# That a client breaks off is what a drill is about.
logging.disable()


async def websocket():
    """Clients say {"op": "send", …} at /chat and hear at /inbox/NAME; a token is `key-` and the name."""
    there = collections.defaultdict(set)

    async def inbox(connection, user):
        there[user].add(connection)
        try:
            await connection.wait_closed()
        finally:
            there[user].discard(connection)

    async def chat(connection, user):
        await connection.send(json.dumps({"op": "hello", "user": user}))
        async for frame in connection:
            said = json.loads(frame)
            if "nobody" in said["to"]:
                await connection.send(json.dumps({"op": "no", "id": said["id"], "why": 404}))
                continue
            TAKEN.append({"from": user, "to": said["to"], "id": said["id"], "text": said["body"]})
            for to in said["to"]:
                for other in there[to]:
                    await other.send(json.dumps({"op": "new", "from": user, "body": said["body"], "nr": len(TAKEN)}))
            await connection.send(json.dumps({"op": "ack", "id": said["id"], "nr": len(TAKEN)}))

    async def handler(connection):
        place = urllib.parse.urlsplit(connection.request.path)
        if place.path.startswith("/inbox/"):
            await inbox(connection, urllib.parse.unquote(place.path.removeprefix("/inbox/")))
        else:
            await chat(connection, urllib.parse.parse_qs(place.query)["user"][0])

    def admit(connection, request):
        place = urllib.parse.urlsplit(request.path)
        user = urllib.parse.parse_qs(place.query).get("user", [place.path.rpartition("/")[2]])[0]
        if request.headers.get("Authorization") != f"Bearer fd-token-{urllib.parse.unquote(user)}":
            return connection.respond(401, "who are you?\n")
        return None

    # It asks twice a second whether its clients are there.
    async with serve(handler, "127.0.0.1", 0, process_request=admit, ping_interval=0.5, ping_timeout=5) as server:
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


class Line(socketserver.StreamRequestHandler):
    """HELLO NAME TOKEN, then SEND TO TEXT, and MSG FROM TEXT for whoever is there."""

    there = collections.defaultdict(set)
    lock = threading.Lock()

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        _, user, token = self.rfile.readline().decode().split()
        if token != f"fd-token-{user}":
            return self.say("BYE unknown")
        self.say(f"WELCOME {user}")
        with self.lock:
            self.there[user].add(self)
        try:
            for line in self.rfile:
                _, to, text = line.decode().rstrip("\r\n").split(" ", 2)
                with self.lock:
                    if to == "nobody":
                        self.say("ERR 404")
                        continue
                    TAKEN.append({"from": user, "to": [to], "text": text})
                    for other in self.there[to]:
                        other.say(f"MSG {user} {text}")
                    self.say("OK")
        finally:
            with self.lock:
                self.there[user].discard(self)


class Lines(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that breaks off is no trouble."""


def tcp():
    with Lines(("127.0.0.1", 0), Line) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps({"port": server.server_address[1]}), flush=True)
        sys.stdin.read()
        server.shutdown()


if sys.argv[1] == "websocket":
    asyncio.run(websocket())
else:
    tcp()
for message in TAKEN:
    print(json.dumps(message))
