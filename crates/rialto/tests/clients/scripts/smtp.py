"""SMTP: 8 bit, SMTPUTF8, sizes, BDAT, delivery status notifications, many recipients."""

import smtplib

from session import ALICE, BOB, CAROL, HOST, fails, imap, ok, port, submission, text

STRANGER = "stranger@elsewhere.example"


def kept(user, subject):
    """The messages of the Inbox with a subject."""
    client = imap(user)
    ok(client.select())
    numbers = ok(client.search(None, "SUBJECT", f'"{subject}"'))[0].split()
    messages = [ok(client.fetch(number, "(BODY.PEEK[])"))[0][1] for number in numbers]
    client.logout()
    return messages


def body(message):
    return message.partition(b"\r\n\r\n")[2]


def bdat(client, octets, last=False):
    client.send(b"BDAT %d%s\r\n" % (len(octets), b" LAST" if last else b"") + octets)
    return client.getreply()


with smtplib.SMTP(HOST, port("SMTP"), "client.example") as client:
    client.ehlo()
    for extension in ("size", "8bitmime", "smtputf8", "pipelining", "chunking", "dsn"):
        assert client.has_extn(extension), extension
    assert not client.has_extn("auth")

    eight = text("Eight").replace(b"The text", "Grüße: the text".encode())
    client.sendmail(STRANGER, [ALICE, BOB, CAROL], eight, ["BODY=8BITMIME"])
    for user in (ALICE, BOB, CAROL):
        assert [body(message) for message in kept(user, "Eight")] == [body(eight)]

    utf8 = text("Unicode").replace(b"alice@", "größe@".encode())
    client.sendmail("größe@elsewhere.example", [ALICE], utf8, ["SMTPUTF8"])
    [message] = kept(ALICE, "Unicode")
    assert "größe@".encode() in message

    dots = text("Dots") + b".\r\n..\r\n.end\r\n"
    client.sendmail(STRANGER, [ALICE], dots)
    assert [body(message) for message in kept(ALICE, "Dots")] == [body(dots)]

    chunks = text("Chunks")
    client.mail(STRANGER)
    client.rcpt(BOB)
    assert bdat(client, chunks[:7])[0] == 250
    assert bdat(client, chunks[7:])[0] == 250
    assert bdat(client, b"", last=True)[0] == 250
    assert [body(message) for message in kept(BOB, "Chunks")] == [body(chunks)]

    code, reply = client.mail(STRANGER, ["SIZE=1000000000"])
    assert code == 552 and reply.startswith(b"5.3.4"), (code, reply)
    client.rset()
    code, reply = client.docmd("LHLO", "client.example")
    assert code == 500, (code, reply)
    code, reply = client.vrfy(ALICE)
    assert code == 252, (code, reply)

with submission() as client:
    client.sendmail(ALICE, [BOB], text("Report"), ["RET=HDRS"], ["NOTIFY=SUCCESS"])
    [report] = kept(ALICE, "Delivered")
    assert b"multipart/report" in report and b"Action: delivered" in report, report
    error = fails(smtplib.SMTPRecipientsRefused, client.sendmail, ALICE, ["nobody@" + BOB.split("@")[1]], b"x")
    assert list(error.recipients.values())[0][0] == 550, error
