"""Logging in: no password without TLS, STARTTLS, PLAIN, and wrong passwords."""

import imaplib

from session import ALICE, HOST, PASSWORD, TLS, fails, imap, ok, port, refused

plain = imaplib.IMAP4(HOST, port("IMAP"))
assert "LOGINDISABLED" in plain.capabilities and "STARTTLS" in plain.capabilities
assert "PRIVACYREQUIRED" in str(fails(plain.error, plain.login, ALICE, PASSWORD))
ok(plain.starttls(TLS))
assert "LOGINDISABLED" not in plain.capabilities and "STARTTLS" not in plain.capabilities
ok(plain.login(ALICE, PASSWORD))
ok(plain.select())
plain.logout()

secure = imaplib.IMAP4_SSL(HOST, port("IMAPS"), ssl_context=TLS)
error = str(fails(secure.error, secure.login, ALICE, "guess"))
assert "AUTHENTICATIONFAILED" in error, error
assert secure.state == "NONAUTH"
fails(secure.error, secure.select)
ok(secure.authenticate("PLAIN", lambda _: f"\0{ALICE}\0{PASSWORD}".encode()))
ok(secure.select())
ok(secure.unselect())
secure.logout()

unknown = imap()
refused(unknown.select("Nowhere"))
assert "BAD" in str(fails(unknown.error, unknown.xatom, "FROBNICATE"))
ok(unknown.noop())
unknown.logout()
