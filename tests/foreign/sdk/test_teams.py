"""PyPI `msgraph-sdk`, Microsoft's own SDK for Graph, unchanged."""

import json
import threading
import time
import unittest
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import httpx
from azure.core.credentials import AccessToken
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.chat_message import ChatMessage
from msgraph.generated.models.identity import Identity
from msgraph.generated.models.identity_set import IdentitySet
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.meeting_participant_info import MeetingParticipantInfo
from msgraph.generated.models.meeting_participants import MeetingParticipants
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.online_meeting import OnlineMeeting
from msgraph.generated.models.subscription import Subscription

from rig import OnTwin, told, until

CHAT = "19:anna_bert@unq.gbl.spaces"
CHALLENGES = json.dumps({"access_token": {"xms_cc": {"values": ["cp1"]}}})


class Credential:
    """Where the SDK gets its tokens: a refresh token, as azure-identity keeps one. That library itself logs in by HTTPS only."""

    def __init__(self, address, key):
        self.url = f"http://{address}/organizations/oauth2/v2.0/token"
        self.grant = {"grant_type": "refresh_token", "refresh_token": key}
        self.kept, self.challenges = None, []

    def get_token(self, *scopes, claims=None, enable_cae=False, **_):
        if claims:
            self.challenges.append(json.loads(claims))
        if claims or not self.kept:
            form = {"client_id": "app", **self.grant}
            if enable_cae:
                form["claims"] = CHALLENGES
            answer = httpx.post(self.url, data=form)
            answer.raise_for_status()
            given = answer.json()
            self.kept = AccessToken(given["access_token"], int(time.time()) + given["expires_in"])
        return self.kept


class Person:
    """Whoever uses the SDK."""

    def __init__(self, address, key):
        self.credential = Credential(address, key)
        allowed = [address.split(":")[0], address]
        provider = AzureIdentityAuthenticationProvider(self.credential, allowed_hosts=allowed)
        adapter = GraphRequestAdapter(provider)
        adapter.base_url = f"http://{address}/v1.0"
        self.graph = GraphServiceClient(request_adapter=adapter)

    @property
    def messages(self):
        return self.graph.chats.by_chat_id(CHAT).messages

    async def send(self, text):
        return await self.messages.post(ChatMessage(body=ItemBody(content=text)))

    async def meet(self, others):
        def named(at):
            return MeetingParticipantInfo(identity=IdentitySet(user=Identity(id=f"user{at}")))

        attendees = MeetingParticipants(attendees=[named(at) for at in range(others)])
        return await self.graph.me.online_meetings.post(OnlineMeeting(subject="prices", participants=attendees))


class Notified:
    """An address that Graph notifies, until it is closed."""

    def __init__(self):
        heard = self.heard = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"] or 0))
                asked = parse_qs(urlparse(self.path).query).get("validationToken")
                if not asked:
                    heard.extend(json.loads(body)["value"])
                self.send_response(200 if asked else 202)
                self.send_header("content-type", "text/plain")
                self.end_headers()
                self.wfile.write(asked[0].encode() if asked else b"")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/heard"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Teams(OnTwin, unittest.IsolatedAsyncioTestCase):
    platform, key = "teams", "fd-refresh-anna"

    async def refused(self, status, code, wait):
        with self.assertRaises(ODataError) as caught:
            await wait
        error = caught.exception
        self.assertEqual((error.response_status_code, error.error.code), (status, code), error.error.message)
        return error.error.message

    async def hears(self, address):
        anna, place = Person(address, self.key), Notified()
        self.addCleanup(place.close)
        wanted = Subscription(
            change_type="created", notification_url=place.url, lifecycle_notification_url=place.url,
            resource=f"/chats/{CHAT}/messages", client_state="ours",
            expiration_date_time=datetime.now(timezone.utc) + timedelta(minutes=30),
        )
        subscribed = await anna.graph.subscriptions.post(wanted)
        sent = await anna.send("你好")
        (note,) = until("it is notified", lambda: list(place.heard))
        self.assertEqual((note["subscriptionId"], note["clientState"]), (subscribed.id, "ours"))
        self.assertIn(sent.id, note["resource"])
        got = await anna.messages.by_chat_message_id(sent.id).get()
        self.assertEqual(got.body.content, "你好")
        self.accepted("你好")

    async def test_what_is_sent_is_notified_and_fetched(self):
        await self.hears(self.direct)

    async def test_the_path_carries_it(self):
        await self.hears(self.path)

    async def test_the_ledger_says_whose_it_is(self):
        anna = Person(self.direct, self.key)
        sent = await anna.send("订单 1")
        (line,) = self.ledger()
        told = (line["id"], line["sender"], line["recipients"], line["capability"], line["bytes"])
        # "订单 1" is two characters of three bytes, a space and a digit.
        self.assertEqual(told, (sent.id, "anna", ["bert"], "chat", 8))

    async def test_whoever_is_frozen_meets_a_challenge_and_gets_no_new_token(self):
        anna, carl = Person(self.path, self.key), Person(self.path, "fd-refresh-carl")
        await anna.send("before")
        with self.fault("account_freeze", account="anna"):
            with self.assertRaises(httpx.HTTPStatusError) as caught:
                await anna.send("frozen")
            await carl.send("from carl")
        # The SDK took the challenge to whoever gives tokens, once, and was refused there.
        (challenge,) = anna.credential.challenges
        self.assertTrue(challenge["access_token"]["nbf"]["essential"])
        answer = caught.exception.response
        self.assertEqual((answer.status_code, answer.json()["error_codes"]), (400, [50057]))
        await anna.send("after")
        self.accepted("before", "from carl", "after")

    async def test_whoever_may_not_send_is_told_without_a_challenge(self):
        anna = Person(self.path, self.key)
        await anna.send("before")
        with self.fault("account_freeze", account="anna", mode="send-only"):
            await self.refused(403, "Forbidden", anna.send("muted"))
        self.assertEqual(anna.credential.challenges, [])
        self.accepted("before")

    async def test_the_twin_itself_refuses_an_application_without_a_person(self):
        robot = Person(self.direct, self.key)
        robot.credential.grant = {"grant_type": "client_credentials", "client_secret": "s"}
        await self.refused(403, "Forbidden", robot.send("lost"))
        self.accepted()

    async def test_a_revoked_token_is_replaced_by_the_sdk_itself(self):
        anna = Person(self.path, self.key)
        await anna.send("before")
        with self.fault("token_revoke"):
            await anna.send("with a new token")
        self.assertEqual(len(anna.credential.challenges), 1)
        self.accepted("before", "with a new token")

    async def test_too_many_are_tried_again_when_they_may(self):
        anna = Person(self.path, self.key)
        with self.fault("rate_limit", capability="chat", requests=1, within="5s"):
            await anna.send("1")
            begun = time.monotonic()
            await anna.send("2")
            # The SDK waits as Retry-After says: whole seconds, rounded up, so one at least.
            self.assertGreaterEqual(time.monotonic() - begun, 1)
        self.accepted("1", "2")

    async def test_a_fence_is_a_challenge_of_place(self):
        anna = Person(self.path, self.key)
        with self.fault("geo_fence", region="hk", actions={"login": "allow"}):
            said = await self.refused(401, "InvalidAuthenticationToken", anna.send("from hk"))
        self.assertIn("LocationConditionEvaluationSatisfied", said)
        self.accepted()

    async def test_what_the_platform_does_not_have_is_not_found(self):
        anna = Person(self.path, self.key)
        with self.fault("capability_missing", capability="chat"):
            said = await self.refused(400, "BadRequest", anna.send("nowhere"))
        self.assertIn("Resource not found for the segment", said)
        self.accepted()

    async def test_a_meeting_of_eight_is_locked_and_one_of_seven_is_not(self):
        anna = Person(self.path, self.key)
        with self.fault("meeting_lock", heads=8):
            self.assertTrue((await anna.meet(6)).join_web_url)
            await self.refused(403, "Forbidden", anna.meet(7))


if __name__ == "__main__":
    told()
