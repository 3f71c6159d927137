"""PyPI `alibabacloud-dingtalk`, DingTalk's own SDK for its server interface, unchanged."""

import json
import time

from alibabacloud_dingtalk.conference_1_0 import models as meetings
from alibabacloud_dingtalk.conference_1_0.client import Client as Meetings
from alibabacloud_dingtalk.oauth2_1_0 import models as login
from alibabacloud_dingtalk.oauth2_1_0.client import Client as Login
from alibabacloud_dingtalk.robot_1_0 import models as robot
from alibabacloud_dingtalk.robot_1_0.client import Client as Robot
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException

from rig import OnTwin, told


class Person:
    """Whoever uses the SDK, logged in."""

    def __init__(self, address, key):
        self.config = Config(protocol="http", endpoint=address)
        self.key = key
        self.login()

    def login(self):
        wanted = login.GetAccessTokenRequest(app_key=self.key, app_secret="s")
        self.token = Login(self.config).get_access_token(wanted).body.access_token

    def send(self, text, to=("dingfdbert",)):
        message = robot.BatchSendOTORequest(
            robot_code=self.key, user_ids=list(to), msg_key="sampleText", msg_param=json.dumps({"content": text})
        )
        headers = robot.BatchSendOTOHeaders(x_acs_dingtalk_access_token=self.token)
        return Robot(self.config).batch_send_otowith_options(message, headers, RuntimeOptions()).body

    def state(self, sent):
        wanted = robot.BatchOTOQueryRequest(robot_code=self.key, process_query_key=sent.process_query_key)
        headers = robot.BatchOTOQueryHeaders(x_acs_dingtalk_access_token=self.token)
        return Robot(self.config).batch_otoquery_with_options(wanted, headers, RuntimeOptions()).body

    def meet(self, others):
        wanted = meetings.CreateVideoConferenceRequest(
            user_id=self.key, conf_title="评审", invite_user_ids=[f"user{at}" for at in range(others)], invite_caller=True
        )
        headers = meetings.CreateVideoConferenceHeaders(x_acs_dingtalk_access_token=self.token)
        return Meetings(self.config).create_video_conference_with_options(wanted, headers, RuntimeOptions()).body


class OnDingTalk(OnTwin):
    platform, edition, key = "dingtalk", "mainland", "dingfdanna"

    def refused(self, status, code, call, *args):
        with self.assertRaises(TeaException) as caught:
            call(*args)
        error = caught.exception
        self.assertEqual((error.data["statusCode"], error.code), (status, code), error.message)


class DingTalk(OnDingTalk):
    def test_what_is_sent_is_in_the_ledger_and_its_state_is_known(self):
        anna = Person(self.direct, self.key)
        sent = anna.send("订单 1")
        self.assertEqual(anna.state(sent).send_status, "SUCCESS")
        (line,) = self.ledger()
        told = {key: line[key] for key in ("id", "sender", "recipients", "capability", "bytes")}
        # "订单 1" is two characters of three bytes, a space and a digit.
        due = {"id": sent.process_query_key, "sender": self.key}
        due |= {"recipients": ["dingfdbert"], "capability": "chat", "bytes": 8}
        self.assertEqual(told, due)

    def test_the_twin_itself_refuses_a_token_that_it_never_gave(self):
        anna = Person(self.direct, self.key)
        anna.token = "another"
        self.refused(400, "InvalidAuthentication", anna.send, "lost")
        self.accepted()

    def test_whoever_is_frozen_cannot_send_and_others_can(self):
        anna, carl = Person(self.path, self.key), Person(self.path, "dingfdcarl")
        anna.send("before")
        with self.fault("account_freeze", account="anna"):
            self.refused(400, "bot.stopped", anna.send, "frozen")
            self.refused(400, "bot.stopped", anna.login)
            carl.send("from carl")
        anna.send("after")
        self.accepted("before", "from carl", "after")

    def test_the_modes_of_a_freeze_have_words_of_their_own(self):
        anna = Person(self.path, self.key)
        modes = {
            "send-only": "bot.forbidden.sendMessage",
            "organisation": "orgAccessForbidden",
            "disabled": "staffId.notExisted",
        }
        for mode, code in modes.items():
            with self.subTest(mode), self.fault("account_freeze", account="anna", mode=mode):
                self.refused(400, code, anna.send, mode)
        self.accepted()

    def test_a_fence_names_the_address(self):
        anna = Person(self.path, self.key)
        with self.fault("geo_fence", region="hk", actions={"login": "allow"}):
            anna.login()
            with self.assertRaises(TeaException) as caught:
                anna.send("from hk")
        self.assertEqual(caught.exception.code, "Forbidden.AccessDenied.IpNotInWhiteList")
        self.assertIn("request ip=127.0.0.1", caught.exception.message)
        self.accepted()

    def test_what_the_platform_does_not_have_is_not_found(self):
        anna = Person(self.path, self.key)
        with self.fault("capability_missing", capability="chat"):
            self.refused(404, "InvalidAction.NotFound", anna.send, "nowhere")
        self.accepted()

    def test_the_third_of_two_a_minute_is_throttled(self):
        anna = Person(self.path, self.key)
        with self.fault("rate_limit", capability="chat", requests=2, within="60s"):
            anna.send("1")
            anna.send("2")
            self.refused(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", anna.send, "3")
        self.accepted("1", "2")

    def test_a_meeting_of_eight_is_locked_and_one_of_seven_is_not(self):
        anna = Person(self.path, self.key)
        with self.fault("meeting_lock", heads=8):
            self.assertTrue(anna.meet(6).conference_id)
            self.refused(404, "waterLimitError", anna.meet, 7)

    def test_a_revoked_token_is_refused_until_the_next_login(self):
        anna = Person(self.path, self.key)
        with self.fault("token_revoke"):
            self.refused(400, "InvalidAuthentication", anna.send, "old token")
            anna.login()
            anna.send("new token")
        self.accepted("new token")

    def test_a_token_that_expires_early_is_refused_until_the_next_login(self):
        with self.fault("token_expire", after="3s"):
            anna = Person(self.path, self.key)
            anna.send("young")
            time.sleep(3)
            self.refused(400, "InvalidAuthentication", anna.send, "old")
            anna.login()
            anna.send("young again")
        self.accepted("young", "young again")

    def test_what_was_paid_for_is_used_up(self):
        anna = Person(self.path, self.key)
        with self.fault("quota", capability="chat", calls=1):
            anna.send("paid for")
            self.refused(403, "Forbidden.AccessDenied.ApiCountLimitForOrg", anna.send, "free")
        self.accepted("paid for")

    def test_who_comes_by_a_suspect_way_sends_and_does_not_meet(self):
        anna = Person(self.path, self.key)
        # An address outside of those that are welcome weighs 40.
        how = {"welcome": "shenzhen", "threshold": 40, "lock_at": 8}
        with self.fault("vpn_detection", **how, actions={"login": "allow", "chat": "allow", "meeting": "lock"}):
            anna.send("from elsewhere")
            self.assertTrue(anna.meet(6).conference_id)
            self.refused(404, "waterLimitError", anna.meet, 7)
        with self.fault("vpn_detection", **how):
            self.refused(403, "Forbidden.AccessDenied.IpNotInWhiteList", anna.send, "fenced out")
        self.assertEqual([line["capability"] for line in self.ledger()], ["chat", "meeting"])


if __name__ == "__main__":
    told()
