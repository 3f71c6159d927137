"""PyPI `dingtalk-stream`, DingTalk's own SDK for its Stream mode, unchanged: what is sent arrives, until the receiver is frozen."""

import asyncio
import logging
import threading
from urllib.parse import quote_plus

import dingtalk_stream
import websockets

from rig import OnTwin, told, until
from test_dingtalk import Person


class Bot(dingtalk_stream.ChatbotHandler):
    """Notes what it hears."""

    def __init__(self):
        super().__init__()
        self.heard = []

    async def process(self, callback):
        message = dingtalk_stream.ChatbotMessage.from_dict(callback.data)
        self.heard.append((message.sender_staff_id, message.text.content))
        if message.text.content.endswith("？"):
            self.reply_text("好", message)
        return dingtalk_stream.AckMessage.STATUS_OK, "OK"


class Listener:
    """The SDK's client for a user. It reads where to connect when it is imported, and knows no end but the process's."""

    def __init__(self, address, key):
        logger = logging.getLogger(key)
        # It shouts about every end of a connection, and here these are meant.
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        client = dingtalk_stream.DingTalkStreamClient
        # As DINGTALK_OPENAPI_ENDPOINT in the environment does.
        client.OPEN_CONNECTION_API = f"http://{address}/v1.0/gateway/connections/open"
        self.client = client(dingtalk_stream.Credential(key, "s"), logger)
        self.bot = Bot()
        self.client.register_callback_handler(dingtalk_stream.ChatbotMessage.TOPIC, self.bot)

    def texts(self):
        return [text for _, text in self.bot.heard]

    def listen(self):
        """Connects; what is given ends it."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        self.task = asyncio.run_coroutine_threadsafe(self.client.start(), loop)
        until("it is connected", lambda: self.client.websocket)

        def end():
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

        return end


class Stream(OnTwin):
    # The one who listens is the account that the path knows.
    platform, edition, key = "dingtalk", "mainland", "dingfdanna"

    def refusal(self):
        """What the SDK says of an opening that fails."""
        client = Listener(self.path, self.key).client
        with self.assertLogs(client.logger, logging.ERROR) as said:
            self.assertIsNone(client.open_connection())
        return said.output[-1]

    def handshake(self, given):
        """The status with which a connection is refused, though its ticket is good."""

        async def connect():
            async with websockets.connect(f"{given['endpoint']}?ticket={quote_plus(given['ticket'])}"):
                raise AssertionError("it is connected")

        with self.assertRaises(websockets.exceptions.InvalidStatus) as caught:
            asyncio.run(connect())
        return caught.exception.response.status_code

    def hears(self, address):
        anna, bert = Listener(address, self.key), Person(self.direct, "dingfdbert")
        self.addCleanup(anna.listen())
        bert.send("你好", to=[self.key])
        until("it hears what was sent", lambda: anna.bot.heard)
        self.assertEqual(anna.texts(), ["你好"])
        self.accepted("你好")

    def test_the_twin_pushes_what_was_sent(self):
        self.hears(self.direct)

    def test_the_path_carries_it(self):
        self.hears(self.path)

    def test_a_question_is_answered_by_the_address_that_it_carries(self):
        anna, bert = (Listener(self.path, key) for key in (self.key, "dingfdbert"))
        self.addCleanup(anna.listen())
        self.addCleanup(bert.listen())
        Person(self.path, "dingfdbert").send("可以吗？", to=[self.key])
        until("he hears the answer", lambda: bert.bot.heard)
        self.assertEqual((anna.texts(), bert.bot.heard), (["可以吗？"], [(self.key, "好")]))
        self.accepted("可以吗？", "好")

    def test_whoever_is_frozen_hears_nothing_and_cannot_connect_until_it_is_lifted(self):
        anna, bert = Listener(self.path, self.key), Person(self.path, "dingfdbert")
        self.addCleanup(anna.listen())
        bert.send("before", to=[self.key])
        until("it hears the first", lambda: len(anna.bot.heard) == 1)
        first = anna.client.websocket
        ticket = Listener(self.path, self.key).client.open_connection()
        with self.fault("account_freeze", account="anna"):
            until("its connection is closed", lambda: first.state.name == "CLOSED")
            self.assertIn("bot.stopped", self.refusal())
            self.assertEqual(self.handshake(ticket), 400)
            bert.send("under the freeze", to=[self.key])
        # It tries again 10 seconds after its connection was cut, and 10 after each opening that was refused, as its code says.
        until("it is connected again", lambda: anna.client.websocket is not first)
        bert.send("after", to=[self.key])
        until("it hears the last", lambda: "after" in anna.texts())
        self.accepted("before", "under the freeze", "after")
        self.assertEqual(anna.texts()[0], "before")


if __name__ == "__main__":
    told()
