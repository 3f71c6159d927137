"""Asks again and again over the connection that it keeps, as a long-running program does that uses requests: what stands in a line, and says
status and body in one."""

import json
import sys

import requests

session = requests.Session()
for line in sys.stdin:
    asked = json.loads(line)
    headers = {"content-type": "application/json", "x-acs-dingtalk-access-token": asked["token"]}
    answer = session.post(asked["url"], data=asked["body"].encode(), headers=headers, timeout=30)
    print(json.dumps({"status": answer.status_code, "body": answer.text}), flush=True)
