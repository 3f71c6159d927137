"""Asks as a program does that uses requests: the proxy is in the environment, or its resolver leads the name elsewhere, as a hosts file would.
Says status and body."""

import os
import socket

import requests

if led := os.environ.get("LED"):
    host, port = led.split(":")
    there = [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, int(port)))]
    socket.getaddrinfo = lambda *asked, **how: there
answer = requests.post(os.environ["URL"], json={"appKey": "ding", "appSecret": "s"}, timeout=30)
print(answer.status_code, answer.text)
