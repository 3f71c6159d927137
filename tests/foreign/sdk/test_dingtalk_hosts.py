"""PyPI `dingtalk-stream` with nothing of it changed, not even the hosts that it has in its code: it goes to api.dingtalk.com and
oapi.dingtalk.com by TLS, as in an office with a proxy. The proxy is ours, ends TLS, and leads both names to the twin."""

import logging
import os
from pathlib import Path

import dingtalk_stream

from rig import OnTwin, told, until
from test_dingtalk import Person
from test_dingtalk_stream import Listener

HOSTS = ["api.dingtalk.com", "oapi.dingtalk.com"]


class Hosts(OnTwin):
    platform, edition, key = "dingtalk", "mainland", "dingfdanna"

    def more(self, place):
        self.place = place
        return ["--tls", "127.0.0.1:0", "--ca", str(place / "theirs")]

    def setUp(self):
        super().setUp()
        twin = self.twin.ready["https"].removeprefix("https://").replace("localhost", "127.0.0.1")
        faults = self.place / "faults.yaml"
        way = ["--api", "127.0.0.1:0", "--forward", "127.0.0.1:0", "--ca", str(self.place / "own")]
        way += ["--upstream-ca", str(self.place / "theirs" / "ca.pem"), "--faults", str(faults)]
        for host in HOSTS:
            way += ["--map", f"{host}:443={twin}", "--intercept", host]
        self.api = self.start("proxy", *way, ANNA_KEY=self.key).ready["api"]
        proxy = "http://" + self.control("GET", "/proxies/forward")["listen"]
        own = str(self.place / "own" / "ca.pem")
        # What an office tells its programs. Of this machine nothing is asked by way of it.
        told = {"HTTPS_PROXY": proxy, "https_proxy": proxy, "REQUESTS_CA_BUNDLE": own, "SSL_CERT_FILE": own}
        told |= {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}
        before = {name: os.environ.get(name) for name in told}
        os.environ.update(told)
        self.addCleanup(self.restore, before)

    def restore(self, before):
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})

    def listener(self, key):
        listener = Listener("unused", key)
        # As it stands in its code.
        dingtalk_stream.DingTalkStreamClient.OPEN_CONNECTION_API = "https://api.dingtalk.com/v1.0/gateway/connections/open"
        return listener

    def asked(self):
        """How many connections the way in has taken."""
        doors = self.control("GET", "/firedrill/v1/state")["doors"]
        return next(door for door in doors if door["name"] == "forward")["accepted"]

    def test_it_is_named_as_it_is_in_its_code(self):
        source = Path(dingtalk_stream.__file__).parent
        named = "".join(part.read_text() for part in source.glob("*.py"))
        self.assertIn("https://oapi.dingtalk.com/media/upload", named)
        self.assertIn("https://api.dingtalk.com", named)

    def test_a_stream_by_tls_through_the_proxy_brings_what_was_sent(self):
        anna, bert = self.listener(self.key), Person(self.direct, "dingfdbert")
        self.addCleanup(anna.listen())
        bert.send("你好", to=[self.key])
        until("it hears what was sent", lambda: anna.texts() == ["你好"])
        # One to open the stream, and the stream.
        self.assertGreaterEqual(self.asked(), 2)
        self.accepted("你好")

    def test_whoever_is_frozen_opens_no_stream_though_it_is_by_tls(self):
        client = self.listener(self.key).client
        self.control("POST", "/firedrill/v1/faults", {"name": "f", "account_freeze": {"account": "anna"}})
        with self.assertLogs(client.logger, logging.ERROR) as said:
            self.assertIsNone(client.open_connection())
        self.assertIn("bot.stopped", said.output[-1])
        self.control("DELETE", "/firedrill/v1/faults/f")
        self.assertIn("ticket", client.open_connection())

    def test_an_upload_goes_to_the_host_in_the_code_and_hears_what_the_twin_has_not(self):
        client = self.listener(self.key).client
        with self.assertLogs(client.logger, logging.ERROR) as said, self.assertRaises(Exception) as failed:
            client.upload_to_dingtalk(b"\x89PNG")
            raise AssertionError("the twin emulates no uploads")
        # The platform has the function, and says so where it has not.
        self.assertIn("does not emulate", str(failed.exception) + said.output[-1])
        self.assertGreaterEqual(self.asked(), 2, "a login at one host, and an upload at the other")


if __name__ == "__main__":
    told()
