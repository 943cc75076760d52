"""POP3: STLS, UIDL, TOP, RETR; what is deleted is gone after QUIT only."""

import poplib

from session import ALICE, HOST, PASSWORD, TLS, fails, imap, ok, pop3, port

plain = poplib.POP3(HOST, port("POP3"))
assert "STLS" in plain.capa() and "USER" not in plain.capa()
fails(poplib.error_proto, plain.user, ALICE)
plain.stls(TLS)
assert "STLS" not in plain.capa() and {"USER", "UIDL", "TOP", "PIPELINING"} <= set(plain.capa())
plain.user(ALICE)
fails(poplib.error_proto, plain.pass_, "guess")
plain.user(ALICE)
plain.pass_(PASSWORD)
count, octets = plain.stat()
assert count > 1
plain.quit()

reader = imap()
ok(reader.select())
kept = [part[1] for part in ok(reader.fetch("1:*", "(BODY.PEEK[])")) if part != b")"]

client = pop3()
assert client.stat() == (count, octets) == (len(kept), sum(map(len, kept)))
assert len(set(client.uidl()[1])) == count
for number, message in enumerate(kept, 1):
    assert b"\r\n".join(client.retr(number)[1]) + b"\r\n" == message, number
    head, _, body = message.partition(b"\r\n\r\n")
    top = client.top(number, 1)[1]
    assert b"\r\n".join(top) == head + b"\r\n\r\n" + body.split(b"\r\n")[0], top
fails(poplib.error_proto, client.retr, count + 1)

first = client.uidl(1).split()[2]
client.dele(1)
fails(poplib.error_proto, client.retr, 1)
assert client.stat()[0] == count - 1
client.rset()
assert client.stat()[0] == count
client.dele(1)
client.close()

client = pop3()
assert client.stat()[0] == count, "deleted without QUIT"
client.dele(1)
client.quit()

client = pop3()
assert client.stat()[0] == count - 1
assert first not in [line.split()[1] for line in client.uidl()[1]]
client.quit()
ok(reader.noop())
assert len(ok(reader.search(None, "ALL"))[0].split()) == count - 1
reader.logout()
