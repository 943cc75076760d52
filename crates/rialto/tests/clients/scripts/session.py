"""The running demonstration, as its env.sh describes it."""

import imaplib
import os
import poplib
import smtplib
import ssl

HOST = os.environ["HOST"]
DOMAIN = os.environ["DOMAIN"]
ALICE, BOB, CAROL = (os.environ[f"USER{n}"] for n in (1, 2, 3))
PASSWORD = os.environ["PASS1"]
TLS = ssl.create_default_context(cafile=os.environ["CA_FILE"])


def port(name):
    return int(os.environ[name + "_PORT"])


def imap(user=ALICE):
    """A session of IMAP, logged in."""
    client = imaplib.IMAP4_SSL(HOST, port("IMAPS"), ssl_context=TLS)
    ok(client.login(user, PASSWORD))
    client._get_capabilities()  # there are more after logging in
    return client


def pop3(user=ALICE):
    """A session of POP3, logged in."""
    client = poplib.POP3_SSL(HOST, port("POP3S"), context=TLS)
    client.user(user)
    client.pass_(PASSWORD)
    return client


def submission(user=ALICE):
    """A session of SMTP, logged in."""
    client = smtplib.SMTP(HOST, port("SUBMISSION"), "client.example")
    client.starttls(context=TLS)
    client.login(user, PASSWORD)
    return client


def ok(answer):
    """The data of an answer that must be OK."""
    status, data = answer
    assert status == "OK", answer
    return data


def refused(answer):
    """The data of an answer that must be NO."""
    status, data = answer
    assert status == "NO", answer
    return data


def fails(error, call, *arguments):
    """The error that a call must raise."""
    try:
        result = call(*arguments)
    except error as raised:
        return raised
    raise AssertionError(f"{call.__name__}{arguments} gave {result!r}")


def text(subject, sender=ALICE, to=BOB):
    """A message of a few lines."""
    lines = (f"From: {sender}", f"To: {to}", f"Subject: {subject}", "", f"The text of {subject}", "")
    return "\r\n".join(lines).encode()
