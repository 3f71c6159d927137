"""A client that is not ours: Python's own ssl and http, which know nothing of firedrill.

client.py HOST:PORT CA.PEM prints what it saw as one JSON object. Names of the real service lead to the twin here, as a hosts file would
have it.
"""

import base64
import http.client
import json
import os
import socket
import ssl
import sys

address, ca = sys.argv[1:]
host, port = address.rsplit(":", 1)


def trusting(file):
    context = ssl.create_default_context(cafile=file) if file else ssl.create_default_context()
    if hasattr(ssl, "VERIFY_X509_STRICT"):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def dial(name, context):
    return context.wrap_socket(socket.create_connection((host, int(port)), timeout=30), server_hostname=name)


def as_name(name, context):
    """The status of a login, or why there was no connection."""
    try:
        connection = http.client.HTTPSConnection(name, int(port), timeout=30)
        connection.sock = dial(name, context)
        body = json.dumps({"appKey": "python", "appSecret": "anything"})
        connection.request("POST", "/v1.0/oauth2/accessToken", body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except ssl.SSLError as error:
        return error.reason


def websocket(context, user):
    """The status line of a WebSocket handshake for a user's inbox, and the first frame's text."""
    with dial("localhost", context) as stream:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /firedrill/inbox HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}",
            f"X-Firedrill-Credential: push-{user}", "X-Firedrill-After: 0", "", "",
        ]
        stream.sendall("\r\n".join(lines).encode())
        read = b""
        while b"\r\n\r\n" not in read:
            read += stream.recv(4096)
        head, _, frame = read.partition(b"\r\n\r\n")
        while len(frame) < 2 or len(frame) < 2 + frame[1]:
            frame += stream.recv(4096)
        return head.split(b"\r\n")[0].decode(), json.loads(frame[2:2 + frame[1]])["text"]


def send(context, user, text):
    connection = http.client.HTTPSConnection("localhost", int(port), timeout=30)
    connection.sock = dial("localhost", context)
    ask = lambda path, body, headers: (
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers}),
        json.loads(connection.getresponse().read()),
    )[1]
    token = ask("/v1.0/oauth2/accessToken", {"appKey": "python", "appSecret": "anything"}, {})["accessToken"]
    message = {"robotCode": "r", "userIds": [user], "msgKey": "sampleText", "msgParam": json.dumps({"content": text})}
    return ask("/v1.0/robot/oToMessages/batchSend", message, {"x-acs-dingtalk-access-token": token})


ours = trusting(ca)
with dial("localhost", ours) as stream:
    alpn, version = stream.selected_alpn_protocol(), stream.version()
send(ours, "bert", "over wss")
switched, heard = websocket(ours, "bert")
NAMES = [
    "localhost", "127.0.0.1",
    "api.dingtalk.com", "oapi.dingtalk.com", "wss-open-connection.dingtalk.com", "api.dingtalk.io",
]
print(json.dumps({
    "alpn": alpn,
    "version": version,
    "trusted": {name: as_name(name, ours) for name in NAMES},
    "foreign name": as_name("graph.microsoft.com", ours),
    "not ours": as_name("localhost", trusting(None)),
    # More than one TLS record, and more than a socket takes at once.
    "long": "processQueryKey" in send(ours, "anna", "x" * 500_000),
    "switched": switched,
    "heard": heard,
}))
