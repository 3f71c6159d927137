"""npm `dingtalk-stream` with nothing of it changed, not even the hosts that it has in its code. NODE_CLIENT is the program that uses it."""

import json
import os
import subprocess
import threading
from pathlib import Path

from hosts import HOSTS, ByHosts
from rig import PATIENCE_S, told, until
from test_dingtalk import Person

# What the SDK says on each connection that it has opened.
OPENED = "connect success"


class Client:
    """The program, and what it has said so far."""

    def __init__(self, key):
        client = os.environ["NODE_CLIENT"]
        self.process = subprocess.Popen(["node", client, key, "s"], stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.reading = threading.Thread(target=self.read)
        self.reading.start()

    def read(self):
        self.lines.extend(self.process.stdout)

    def said(self, what):
        found = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [line[what] for line in found if what in line]

    def opened(self):
        return sum(OPENED in line for line in list(self.lines))

    def end(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self.reading.join()
        self.process.stdout.close()


class Node(ByHosts):
    def client(self):
        client = Client(self.key)
        self.addCleanup(client.end)
        return client

    def test_it_is_named_as_it_is_in_its_code(self):
        sdk = Path(os.environ["NODE_CLIENT"]).parent / "node_modules" / "dingtalk-stream" / "dist" / "constants.mjs"
        self.assertTrue(all(f"https://{host}/" in sdk.read_text() for host in HOSTS))

    def test_a_stream_by_tls_through_the_proxy_brings_what_was_sent(self):
        anna, bert = self.client(), Person(self.direct, "dingfdbert")
        until("it is connected", lambda: anna.said("connected"))
        self.assertEqual(len(anna.said("token")), 1, "from the other of the two hosts")
        bert.send("你好", to=[self.key])
        until("it hears what was sent", lambda: anna.said("text") == ["你好"])
        # One for the token, one to open the stream, which it asks for twice, and the stream.
        self.assertGreaterEqual(self.asked(), 3)
        self.accepted("你好")

    def test_whoever_is_frozen_gets_no_token_and_no_stream_though_it_is_by_tls(self):
        self.control("POST", "/firedrill/v1/faults", {"name": "f", "account_freeze": {"account": "anna"}})
        anna = self.client()
        until("it has ended", lambda: anna.process.poll() is not None)
        anna.reading.join()
        # The old gateway says no with a status of 200, which the SDK has words of its own for; the new one with a code.
        token, stream = anna.said("refused")
        self.assertEqual(token, "getAccessToken: get access_token failed")
        self.assertEqual(stream["code"], "bot.stopped")
        self.assertEqual((anna.said("token"), anna.opened()), ([], 0))

    def test_a_socket_that_is_dropped_is_opened_again(self):
        anna, bert = self.client(), Person(self.direct, "dingfdbert")
        until("it is connected", lambda: anna.said("connected"))
        # Of one connection alone: the next one stands.
        self.control("POST", "/firedrill/v1/faults", {"name": "f", "websocket_drop": {"first": 1}})
        # By its own timer, which is a second.
        until("it has connected again", lambda: anna.opened() == 2)
        bert.send("再来", to=[self.key])
        until("it hears what was sent", lambda: anna.said("text") == ["再来"])


if __name__ == "__main__":
    told()
