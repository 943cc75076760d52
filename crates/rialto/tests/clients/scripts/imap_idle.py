"""IDLE: new mail and the other session's changes are told without being asked for."""

import smtplib

from session import ALICE, HOST, imap, ok, port, text

client = imap()
assert "IDLE" in client.capabilities
count = int(ok(client.select())[0])
client.socket().settimeout(30)
client.send(b"i IDLE\r\n")
assert client.readline().startswith(b"+ ")

with smtplib.SMTP(HOST, port("SMTP"), "client.example") as sender:
    sender.sendmail("stranger@elsewhere.example", ALICE, text("Wake up"))


def until(wanted):
    """Reads untagged responses until this one."""
    line = b""
    while line != b"* " + wanted + b"\r\n":
        line = client.readline()
        assert line.startswith(b"* "), line


until(b"%d EXISTS" % (count + 1))

other = imap()
ok(other.select())
ok(other.store(str(count + 1), "+FLAGS", r"(\Flagged \Deleted)"))
line = client.readline()
assert b"FETCH" in line and rb"\Flagged" in line, line
ok(other.expunge())
until(b"%d EXPUNGE" % (count + 1))

client.send(b"DONE\r\n")
line = client.readline()
while line.startswith(b"* "):
    line = client.readline()
assert line.startswith(b"i OK"), line
other.logout()
client.logout()
