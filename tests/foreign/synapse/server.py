"""Synapse, the Matrix homeserver, as a process of its own on this machine: people with their tokens, and one room in which they all are.

server.py DIRECTORY NAME… prints one line of JSON when everything is ready, and ends when its standard input does. A line `stop` or `start` on
it stops the server and starts it again, at the same address and with everything that it had; each is answered with a line. Who is called
`hasty` may send one message a second.
"""

import hashlib
import hmac
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

# What the start may take before it is given up: it takes two seconds on an idle machine.
PATIENCE_S = 120
SECRET = "drill"
# As many of anything as a drill could ask for.
ANY = "{ per_second: 100000, burst_count: 100000 }"

CONFIG = """
server_name: firedrill.test
signing_key_path: {dir}/signing.key
media_store_path: {dir}/media
report_stats: false
suppress_key_server_warning: true
registration_shared_secret: {secret}
bcrypt_rounds: 4
presence: {{ enabled: false }}
trusted_key_servers: []
listeners:
  - {{ port: {port}, bind_addresses: ['127.0.0.1'], type: http, tls: false, resources: [{{ names: [client] }}] }}
database: {{ name: sqlite3, args: {{ database: {dir}/db.sqlite }} }}
rc_message: {any}
rc_registration: {any}
rc_login: {{ address: {any}, account: {any}, failed_attempts: {any} }}
rc_joins: {{ local: {any}, remote: {any} }}
rc_invites: {{ per_room: {any}, per_user: {any}, per_issuer: {any} }}
"""


class Server:
    """The server, from its first answer on."""

    def __init__(self, directory):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        config = directory / "homeserver.yaml"
        config.write_text(CONFIG.format(dir=directory, port=port, secret=SECRET, any=ANY))
        self.directory, self.log = directory, directory / "log.txt"
        self.command = [sys.executable, "-m", "synapse.app.homeserver", "-c", str(config)]
        with self.log.open("w") as log:
            subprocess.run([*self.command, "--generate-keys"], check=True, stdout=log, stderr=log, cwd=directory)
        self.start()

    def start(self):
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.directory
            )
        end = time.monotonic() + PATIENCE_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise SystemExit(f"synapse did not start within {PATIENCE_S} s:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.1)

    def answers(self):
        try:
            self.ask("GET", "/_matrix/client/versions")
            return True
        except OSError:
            return False

    def ask(self, method, path, token=None, body=None):
        request = urllib.request.Request(self.url + path, method=method)
        request.data = None if body is None else json.dumps(body).encode()
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as no:
            raise SystemExit(f"{method} {path}: {no.code} {no.read().decode()}") from no

    def register(self, name, admin=False):
        """A person's token."""
        nonce = self.ask("GET", "/_synapse/admin/v1/register")["nonce"]
        kind = "admin" if admin else "notadmin"
        mac = hmac.new(SECRET.encode(), "\0".join([nonce, name, "password", kind]).encode(), hashlib.sha1)
        body = {"nonce": nonce, "username": name, "password": "password", "admin": admin, "mac": mac.hexdigest()}
        return self.ask("POST", "/_synapse/admin/v1/register", body=body)["access_token"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def main():
    directory, names = Path(sys.argv[1]), sys.argv[2:]
    server = Server(directory)
    try:
        admin = server.register("admin", admin=True)
        tokens = {name: server.register(name) for name in names}
        room = server.ask("POST", "/_matrix/client/v3/createRoom", admin, {"preset": "public_chat"})["room_id"]
        for name, token in tokens.items():
            server.ask("POST", f"/_matrix/client/v3/join/{urllib.parse.quote(room)}", token, {})
            if name == "hasty":
                limit = {"messages_per_second": 1, "burst_count": 1}
                user = urllib.parse.quote(f"@{name}:firedrill.test")
                server.ask("POST", f"/_synapse/admin/v1/users/{user}/override_ratelimit", admin, limit)
        print(json.dumps({"url": server.url, "room": room, "admin": admin, "tokens": tokens}), flush=True)
        for line in sys.stdin:
            {"stop": server.stop, "start": server.start}[line.strip()]()
            print("done", flush=True)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
