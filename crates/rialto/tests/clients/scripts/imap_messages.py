"""Messages: append, fetch, flags, copy, move, expunge; seen by a second session too."""

from session import imap, ok, refused, text

client = imap()


def fetch(numbers, what):
    return [part for part in ok(client.fetch(numbers, what)) if part != b")"]


def flags(number):
    line = fetch(str(number), "(FLAGS)")[0].decode()
    return set(line.split("FLAGS (")[1].rstrip(")").split())


ok(client.create("Work"))
assert ok(client.select("Work")) == [b"0"]
message = text("First")
when = '"02-Nov-2026 09:30:00 +0100"'
ok(client.append("Work", r"(\Seen \Flagged project)", when, message))
for number in range(2, 11):
    ok(client.append("Work", None, None, text(f"Number {number}")))
ok(client.noop())
assert ok(client.select("Work")) == [b"10"]

[(head, body)] = fetch("1", "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[])")
assert body == message
assert f"RFC822.SIZE {len(message)}".encode() in head, head
assert b'"02-Nov-2026 ' in head, head
assert flags(1) - {r"\Recent"} == {r"\Seen", r"\Flagged", "project"}

[(head, partial)] = fetch("2", "(BODY.PEEK[]<6.10>)")
assert partial == text("Number 2")[6:16] and b"BODY[]<6>" in head, head
[(_, field)] = fetch("2", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
assert field == b"Subject: Number 2\r\n\r\n", field
assert r"\Seen" not in flags(2)
fetch("2", "(BODY[TEXT])")
assert r"\Seen" in flags(2)
[envelope] = fetch("3", "(ENVELOPE)")
assert b'"Number 3"' in envelope and b'"alice"' in envelope, envelope
[structure] = fetch("3", "(BODYSTRUCTURE)")
assert b'"TEXT" "PLAIN"' in structure.upper(), structure

ok(client.store("2:4", "+FLAGS", r"(\Answered)"))
ok(client.store("3", "-FLAGS", r"(\Answered)"))
ok(client.store("4", "FLAGS.SILENT", r"(\Draft)"))
assert r"\Answered" in flags(2) and r"\Answered" not in flags(3)
assert flags(4) - {r"\Recent"} == {r"\Draft"}

ok(client.copy("1:2", "Archive"))
ok(client._simple_command("MOVE", "3:4", "Archive"))
second = imap()
assert ok(second.select("Archive")) == [b"4"]
assert ok(client.select("Work")) == [b"8"]
[(_, copied)] = [part for part in ok(second.fetch("1", "(BODY.PEEK[])")) if part != b")"]
assert copied == message

ok(second.select("Work"))
ok(client.store("1,3", "+FLAGS", r"(\Deleted)"))
assert ok(client.expunge()) == [b"1", b"2"]
ok(second.noop())
assert second.response("EXPUNGE")[1] == [b"1", b"2"]
assert ok(client.uid("SEARCH", "ALL")) == ok(second.uid("SEARCH", "ALL"))

ok(client.select("Work", readonly=True))
refused(client._simple_command("STORE", "1", "+FLAGS", r"(\Seen)"))
refused(client.copy("1", "Nowhere"))
ok(client.close())
client.logout()
second.logout()
