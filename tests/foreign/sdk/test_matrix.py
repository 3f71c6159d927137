"""PyPI `matrix-nio`, a client of Matrix that many bots are written with, unchanged."""

import asyncio
import time
import unittest
from contextlib import asynccontextmanager

from nio import AsyncClient, AsyncClientConfig, JoinError, LoginError, RoomMessageText, RoomSendError, WhoamiError

from rig import OnTwin, told

ROOM = "!anna~bert:firedrill.example"
SERVER = "firedrill.example"


@asynccontextmanager
async def client(address, user, password="password"):
    """Somebody who has logged in, and is told of every no at once."""
    config = AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0)
    one = AsyncClient(f"http://{address}", user, config=config)
    try:
        one.logged = await one.login(password, device_name="test")
        yield one
    finally:
        await one.close()


async def say(one, text, room=ROOM, transaction=None):
    return await one.room_send(room, "m.room.message", {"msgtype": "m.text", "body": text}, tx_id=transaction)


def texts(synced, room=ROOM):
    joined = synced.rooms.join.get(room)
    events = joined.timeline.events if joined else []
    return [event.body for event in events if isinstance(event, RoomMessageText)]


class Matrix(OnTwin, unittest.IsolatedAsyncioTestCase):
    platform, key = "matrix", "anna"

    async def test_messages_are_sent_and_heard(self):
        async with client(self.path, "anna") as anna, client(self.direct, "bert") as bert:
            self.assertEqual(anna.logged.user_id, f"@anna:{SERVER}")
            self.assertEqual((await anna.whoami()).user_id, f"@anna:{SERVER}")
            sent = await say(anna, "eins", transaction="t")
            again = await say(anna, "eins again", transaction="t")
            self.assertEqual(sent.event_id, again.event_id)
            first = await bert.sync(timeout=0)
            self.assertEqual(texts(first), ["eins"])
            self.assertEqual(first.rooms.join[ROOM].timeline.events[0].sender, f"@anna:{SERVER}")
            waiting = asyncio.create_task(bert.sync(timeout=30_000))
            await asyncio.sleep(0.3)
            began = time.monotonic()
            await say(anna, "zwei")
            self.assertEqual(texts(await waiting), ["zwei"])
            # It was told when it came, and not when its patience of 30 s had ended.
            self.assertLess(time.monotonic() - began, 25)
        self.accepted("eins", "zwei")

    async def test_rooms_are_made_and_entered(self):
        async with client(self.path, "anna") as anna, client(self.direct, "bert") as bert, client(self.direct, "carl") as carl:
            made = (await anna.room_create(name="orders", invite=[f"@bert:{SERVER}"])).room_id
            self.assertIn(made, (await bert.sync(timeout=0)).rooms.invite)
            self.assertIsInstance(await carl.join(made), JoinError)
            self.assertEqual((await bert.join(made)).room_id, made)
            members = (await anna.joined_members(made)).members
            self.assertEqual({member.user_id for member in members}, {f"@anna:{SERVER}", f"@bert:{SERVER}"})
            await say(anna, "here", made)
            self.assertEqual(texts(await bert.sync(timeout=0), made), ["here"])
            self.assertEqual(set(bert.rooms[made].users), {f"@anna:{SERVER}", f"@bert:{SERVER}"})
            no = await say(carl, "not he", made)
            self.assertIsInstance(no, RoomSendError)
            self.assertEqual(no.status_code, "M_FORBIDDEN")
        self.accepted("here")

    async def test_a_locked_account_is_told_so_and_goes_on_when_it_is_let_in(self):
        async with client(self.path, "anna") as anna:
            token = anna.access_token
            with self.fault("account_freeze", group="purchasing", mode="whole"):
                no = await say(anna, "locked")
                self.assertEqual((no.status_code, no.message), ("M_USER_LOCKED", "User account has been locked"))
                # The SDK does as it is told: it lets go of its token, and keeps everything else.
                self.assertTrue(no.soft_logout)
                self.assertFalse(anna.logged_in)
                async with client(self.path, "anna") as another:
                    self.assertIsInstance(another.logged, LoginError)
                    self.assertEqual(another.logged.status_code, "M_USER_LOCKED")
                anna.access_token = token
                self.assertEqual((await anna.sync(timeout=0)).status_code, "M_USER_LOCKED")
            anna.access_token = token
            self.assertNotIsInstance(await say(anna, "unlocked"), RoomSendError)
        self.accepted("unlocked")

    async def test_a_deactivated_account_has_no_token_and_gets_none(self):
        async with client(self.path, "anna") as anna:
            with self.fault("account_freeze", group="purchasing", mode="disabled"):
                self.assertEqual((await say(anna, "disabled")).status_code, "M_UNKNOWN_TOKEN")
                async with client(self.path, "anna") as another:
                    self.assertEqual(another.logged.status_code, "M_USER_DEACTIVATED")
        self.accepted()

    async def test_whoever_may_not_send_hears_all_the_same(self):
        async with client(self.path, "anna") as anna, client(self.direct, "bert") as bert:
            with self.fault("account_freeze", group="purchasing", mode="send-only"):
                self.assertEqual((await say(anna, "silenced")).status_code, "M_USER_SUSPENDED")
                await say(bert, "to you")
                self.assertEqual(texts(await anna.sync(timeout=0)), ["to you"])
        self.accepted("to you")

    async def test_so_many_messages_and_no_more(self):
        async with client(self.path, "anna") as anna:
            # Ten at once, and one more every five seconds: in which none of 20 can be due.
            began = time.monotonic()
            told = [await say(anna, str(number)) for number in range(20)]
            took = time.monotonic() - began
            over = [one for one in told if isinstance(one, RoomSendError)]
            self.assertGreaterEqual(len(over), 10 - took // 5 - 1)
            self.assertEqual({one.status_code for one in over}, {"M_LIMIT_EXCEEDED"})
            self.assertTrue(all(0 < one.retry_after_ms <= 5000 for one in over), over)
            self.assertEqual(len(self.ledger()), 20 - len(over))

    async def test_a_token_is_given_back(self):
        async with client(self.path, "anna") as anna:
            token = anna.access_token
            await anna.logout()
            anna.access_token = token
            no = await anna.whoami()
            self.assertIsInstance(no, WhoamiError)
            self.assertEqual((no.status_code, no.soft_logout), ("M_UNKNOWN_TOKEN", False))


if __name__ == "__main__":
    told()
