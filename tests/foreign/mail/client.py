"""Python's own smtplib as a client of a twin: client.py PORT [CA]. Prints a line of JSON for what each call came to; with a CA, what comes of
STARTTLS alone."""

import json
import smtplib
import ssl
import sys
from email.message import EmailMessage

ANNA, BERT, NOBODY = "anna@firedrill.example", "bert@firedrill.example", "nobody@firedrill.example"


def told(what, call):
    try:
        outcome = call()
    except smtplib.SMTPRecipientsRefused as error:
        outcome = {"refused": {who: code for who, (code, _) in error.recipients.items()}}
    except smtplib.SMTPResponseException as error:
        outcome = {"code": error.smtp_code, "words": error.smtp_error.decode()}
    print(json.dumps({"what": what, "outcome": outcome}), flush=True)


def mail(text, encoding=None):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ANNA, BERT, "over smtplib"
    message.set_content(text, **({"cte": encoding} if encoding else {}))
    return message


def connected():
    client = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=30)
    client.ehlo("client.example")
    return client


def login(client, mechanism, password):
    client.user, client.password = ANNA, password
    return client.auth(mechanism, getattr(client, f"auth_{mechanism.lower()}"))[0]


if len(sys.argv) > 2:
    with smtplib.SMTP("localhost", int(sys.argv[1]), timeout=30) as client:
        client.ehlo("client.example")
        told("offered", lambda: client.has_extn("starttls"))
        told("begun", lambda: client.starttls(context=ssl.create_default_context(cafile=sys.argv[2]))[0])
        client.ehlo("client.example")
        told("offered again", lambda: client.has_extn("starttls"))
        told("within", lambda: (client.sock.version() or "").startswith("TLS"))
        told("login", lambda: client.login(ANNA, "s3cret")[0])
        told("sent", lambda: client.sendmail(ANNA, [BERT], "by TLS"))
        told("once more", lambda: client.docmd("STARTTLS")[0])
    sys.exit()
with connected() as client:
    told("without a login", lambda: client.sendmail(ANNA, [BERT], "no"))
with connected() as client:
    told("wrong password", lambda: login(client, "PLAIN", "wrong"))
    told("login", lambda: login(client, "LOGIN", "s3cret"))
    for encoding in ["7bit", "8bit", "base64", "quoted-printable"]:
        text = "plain" if encoding == "7bit" else "香港"
        sent = mail(f"{encoding}: {text}\n.\n..dots\n", encoding)
        told(encoding, lambda: client.send_message(sent))
    told("some decline", lambda: {who: code for who, (code, _) in client.sendmail(ANNA, [BERT, NOBODY], "x").items()})
    told("all decline", lambda: client.sendmail(ANNA, [NOBODY], "x"))
    told("another's name", lambda: client.sendmail(BERT, [ANNA], "x"))
    told("too large", lambda: client.sendmail(ANNA, [BERT], "x" * 100 + "\r\n" + "y" * (1 << 20)))
    told("no such command", lambda: client.docmd("FROB")[0])
    told("still there", lambda: client.noop()[0])
with connected() as client:
    told("plain login", lambda: login(client, "PLAIN", "s3cret"))
