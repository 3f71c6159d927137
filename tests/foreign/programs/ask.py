"""Asks as a program does that uses requests: the proxy is in the environment. Says status and body."""

import os

import requests

answer = requests.post(os.environ["URL"], json={"appKey": "ding", "appSecret": "s"}, timeout=30)
print(answer.status_code, answer.text)
