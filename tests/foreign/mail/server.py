"""aiosmtpd, a mail server that nobody here wrote, on this machine, as a process of its own.

server.py [--tls CERT KEY] [--user NAME PASSWORD]… prints one line of JSON, {"port": …}, when it listens. When its standard input ends it
prints a line of JSON for every mail that it has accepted, and ends. With --tls it takes nothing before STARTTLS; with --user nobody who has
not logged in. Whoever is called `nobody` it does not have.
"""

import argparse
import json
import socket
import ssl
import sys
import time
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Keeper:
    """Keeps what it accepts."""

    def __init__(self):
        self.mails = []

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("nobody"):
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "id": mail["Message-ID"],
                "age": time.time() - mail["Date"].datetime.timestamp(),
                "text": mail.get_content(),
                "tls": session.ssl is not None,
                "login": session.auth_data.decode() if session.auth_data else None,
            }
        )
        return "250 2.0.0 Kept"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tls", nargs=2)
    arguments.add_argument("--user", nargs=2, action="append", default=[])
    asked = arguments.parse_args()
    known = {name.encode(): password.encode() for name, password in asked.user}

    def authenticate(server, session, envelope, mechanism, data):
        if known.get(data.login) == data.password:
            return AuthResult(success=True, auth_data=data.login)
        return AuthResult(success=False, handled=False)

    options = {}
    if asked.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*asked.tls)
        options.update(tls_context=context, require_starttls=True)
    if known:
        options.update(authenticator=authenticate, auth_required=True, auth_require_tls=bool(asked.tls))
    keeper = Keeper()
    # A controller looks for itself at the port that it is given.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=port, ready_timeout=120, **options)
    controller.start()
    print(json.dumps({"port": port}), flush=True)
    sys.stdin.read()
    controller.stop()
    for mail in keeper.mails:
        print(json.dumps(mail))


main()
