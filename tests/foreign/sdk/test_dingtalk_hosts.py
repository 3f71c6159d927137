"""PyPI `dingtalk-stream` with nothing of it changed, not even the hosts that it has in its code: it goes to api.dingtalk.com and
oapi.dingtalk.com by TLS, as in an office with a proxy. The proxy is ours, ends TLS, and leads both names to the twin."""

import logging
from pathlib import Path

import dingtalk_stream

from hosts import ByHosts
from rig import told, until
from test_dingtalk import Person
from test_dingtalk_stream import Listener


class Hosts(ByHosts):
    def listener(self, key):
        listener = Listener("unused", key)
        # As it stands in its code.
        dingtalk_stream.DingTalkStreamClient.OPEN_CONNECTION_API = "https://api.dingtalk.com/v1.0/gateway/connections/open"
        return listener

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
