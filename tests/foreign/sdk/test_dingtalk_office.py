"""The same SDK: approvals, calendars, groups and accounts, and an edition that lacks some of them."""

import json

from alibabacloud_dingtalk.calendar_1_0 import models as calendars
from alibabacloud_dingtalk.calendar_1_0.client import Client as Calendars
from alibabacloud_dingtalk.contact_1_0 import models as contacts
from alibabacloud_dingtalk.contact_1_0.client import Client as Contacts
from alibabacloud_dingtalk.robot_1_0 import models as robot
from alibabacloud_dingtalk.robot_1_0.client import Client as Robot
from alibabacloud_dingtalk.workflow_1_0 import models as approvals
from alibabacloud_dingtalk.workflow_1_0.client import Client as Approvals
from alibabacloud_tea_util.models import RuntimeOptions

from rig import told
from test_dingtalk import OnDingTalk, Person

GROUP = "ciddingfdanna,dingfdbert=="
PROCESS = "PROC-ORDER"


class Colleague(Person):
    """Whoever uses more of the SDK."""

    def call(self, function, request, headers, *ids, **more):
        headers = headers(x_acs_dingtalk_access_token=self.token, **more)
        return function(*ids, request, headers, RuntimeOptions()).body

    def start(self, text, *approvers):
        field = approvals.StartProcessInstanceRequestFormComponentValues(name="order", value=text)
        stages = [approvals.StartProcessInstanceRequestApprovers("AND", [user]) for user in approvers]
        wanted = approvals.StartProcessInstanceRequest(
            originator_user_id=self.key, process_code=PROCESS, dept_id=-1, form_component_values=[field], approvers=stages
        )
        client = Approvals(self.config).start_process_instance_with_options
        return self.call(client, wanted, approvals.StartProcessInstanceHeaders).instance_id

    def design(self, name):
        wanted = approvals.FormCreateRequest(name=name, description="", form_components=[])
        client = Approvals(self.config).form_create_with_options
        return self.call(client, wanted, approvals.FormCreateHeaders)

    def approval(self, instance):
        wanted = approvals.GetProcessInstanceRequest(process_instance_id=instance)
        client = Approvals(self.config).get_process_instance_with_options
        return self.call(client, wanted, approvals.GetProcessInstanceHeaders).result

    def decide(self, instance, result):
        (task,) = [task for task in self.approval(instance).tasks if task.status == "RUNNING"]
        wanted = approvals.ExecuteProcessInstanceRequest(
            process_instance_id=instance, actioner_user_id=task.user_id, task_id=task.task_id, result=result
        )
        client = Approvals(self.config).execute_process_instance_with_options
        return self.call(client, wanted, approvals.ExecuteProcessInstanceHeaders)

    def approvals(self):
        wanted = approvals.ListProcessInstanceIdsRequest(
            process_code=PROCESS, start_time=0, next_token=0, max_results=20, statuses=["COMPLETED"]
        )
        client = Approvals(self.config).list_process_instance_ids_with_options
        return self.call(client, wanted, approvals.ListProcessInstanceIdsHeaders).result.list

    def enter(self, text, key):
        at = calendars.CreateEventRequestStart(date_time="2026-12-01T09:00:00+08:00", time_zone="Asia/Shanghai")
        guests = [calendars.CreateEventRequestAttendees(id="dingfdbert")]
        wanted = calendars.CreateEventRequest(summary=text, start=at, attendees=guests)
        client = Calendars(self.config).create_event_with_options
        headers = calendars.CreateEventHeaders
        return self.call(client, wanted, headers, self.key, "primary", x_client_token=key)

    def tell(self, text):
        wanted = robot.OrgGroupSendRequest(
            robot_code=self.key, open_conversation_id=GROUP, msg_key="sampleText", msg_param=json.dumps({"content": text})
        )
        return self.call(Robot(self.config).org_group_send_with_options, wanted, robot.OrgGroupSendHeaders)

    def heard(self, sent):
        wanted = robot.OrgGroupQueryRequest(
            robot_code=self.key, open_conversation_id=GROUP, process_query_key=sent.process_query_key
        )
        return self.call(Robot(self.config).org_group_query_with_options, wanted, robot.OrgGroupQueryHeaders)

    def recall(self, sent):
        wanted = robot.BatchRecallOTORequest(robot_code=self.key, process_query_keys=[sent.process_query_key])
        return self.call(Robot(self.config).batch_recall_otowith_options, wanted, robot.BatchRecallOTOHeaders)

    def disable(self, user):
        wanted = contacts.SetDisableRequest(user_id=user, reason="a drill")
        return self.call(Contacts(self.config).set_disable_with_options, wanted, contacts.SetDisableHeaders).result

    def enable(self, user):
        wanted = contacts.SetEnableRequest(user_id=user)
        return self.call(Contacts(self.config).set_enable_with_options, wanted, contacts.SetEnableHeaders).result

    def sign_out(self, user):
        wanted = contacts.SignOutRequest(user_id=user, reason="a drill")
        return self.call(Contacts(self.config).sign_out_with_options, wanted, contacts.SignOutHeaders).result

    def is_disabled(self, user):
        wanted = contacts.QueryStatusRequest(user_id=user)
        return self.call(Contacts(self.config).query_status_with_options, wanted, contacts.QueryStatusHeaders).disable


class Office(OnDingTalk):
    def test_an_approval_goes_its_way(self):
        anna = Colleague(self.path, self.key)
        agreed, refused = (anna.start(text, "dingfdbert", "dingfdcarl") for text in ("订单 17", "订单 18"))
        first = anna.approval(agreed)
        self.assertEqual((first.status, [task.status for task in first.tasks]), ("RUNNING", ["RUNNING", "NEW"]))
        self.assertEqual(first.form_component_values[0].value, "订单 17")
        self.assertTrue(anna.decide(agreed, "agree").result)
        self.assertEqual(anna.approvals(), [])
        anna.decide(agreed, "agree")
        anna.decide(refused, "refuse")
        ends = [(end.status, end.result) for end in map(anna.approval, (agreed, refused))]
        self.assertEqual(ends, [("COMPLETED", "agree"), ("COMPLETED", "refuse")])
        self.assertEqual(anna.approvals(), [agreed, refused])
        self.refused(400, "processInstanceNotExist", anna.approval, "another")
        # Each stage was told, and by the id that the SDK was given.
        ids = [(line["id"], line["recipients"]) for line in self.ledger()]
        told = [(agreed, ["dingfdbert"]), (refused, ["dingfdbert"]), (agreed, ["dingfdcarl"])]
        self.assertEqual(ids, told)

    def test_an_event_with_a_key_is_entered_once(self):
        anna = Colleague(self.path, self.key)
        first, again = anna.enter("评审", "key 1"), anna.enter("评审", "key 1")
        self.assertEqual((first.id, first.summary), (again.id, "评审"))
        self.assertNotEqual(anna.enter("另一个", "key 2").id, first.id)
        self.accepted("评审", "另一个")

    def test_a_group_hears_what_was_told(self):
        anna = Colleague(self.path, self.key)
        state = anna.heard(anna.tell("大家好"))
        self.assertEqual((state.send_status, state.read_user_ids, state.has_more), ("SUCCESS", [], False))
        with self.fault("account_freeze", account="anna"):
            self.refused(400, "bot.stopped", anna.tell, "frozen")
        self.accepted("大家好")

    def test_what_is_taken_back_was_read_by_nobody(self):
        anna = Colleague(self.path, self.key)
        sent = anna.send("wrong")
        self.assertEqual(anna.recall(sent).success_result, [sent.process_query_key])
        state = anna.state(sent)
        read = [one.read_status for one in state.message_read_info_list]
        self.assertEqual((state.send_status, read), ("RECALLED", ["UNREAD"]))

    def test_an_administrator_shuts_somebody_out_and_lets_him_in_again(self):
        anna, bert = Colleague(self.path, self.key), Colleague(self.path, "dingfdbert")
        self.assertTrue(anna.disable("dingfdbert") and anna.is_disabled("dingfdbert"))
        self.refused(400, "InvalidAuthentication", bert.send, "disabled")
        self.refused(400, "staffId.notExisted", bert.login)
        self.assertEqual(anna.send("to nobody").invalid_staff_id_list, ["dingfdbert"])
        self.assertTrue(anna.enable("dingfdbert") and not anna.is_disabled("dingfdbert"))
        bert.login()
        bert.send("again", to=[self.key])
        self.assertTrue(anna.sign_out("dingfdbert"))
        self.refused(400, "InvalidAuthentication", bert.send, "signed out")
        self.refused(400, "user.not.exist", anna.disable, "")


class Lite(OnDingTalk):
    edition = "lite"

    def test_lite_lets_nobody_design_an_approval_and_the_rest_goes_on(self):
        for address in (self.direct, self.path):
            anna = Colleague(address, self.key)
            self.refused(404, "InvalidAction.NotFound", anna.design, "orders")
            anna.start("订单 17", "dingfdbert")
            anna.tell("大家好")
        with self.fault("capability_missing", capability="approval"):
            self.refused(404, "InvalidAction.NotFound", anna.start, "订单 18", "dingfdbert")
        self.accepted("订单 17", "大家好", "订单 17", "大家好")


if __name__ == "__main__":
    told()
