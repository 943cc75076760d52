"""A folder shared by its permissions alone: found below Other Users, and gone from there."""

import re

from session import ALICE, BOB, imap, ok, refused, text

SHARED = f'"Other Users/{ALICE}/Plans"'

alice, bob = imap(ALICE), imap(BOB)


def others():
    """The folders of other people that Bob sees."""
    lines = [line.decode() for line in ok(bob.list('""', '"Other Users/*"')) if line]
    return {line.split(' "/" ')[1] for line in lines if r"\Noselect" not in line}


def mailbox_id(client, folder):
    answer = ok(client.status(folder, "(MAILBOXID)"))[0].decode()
    return re.search(r"MAILBOXID \((\S+?)\)", answer).group(1)


def email_ids(client, folder):
    """EMAILID of every message."""
    ok(client.select(folder, readonly=True))
    answers = ok(client.fetch("1:*", "(EMAILID)"))
    ids = [re.search(rb"EMAILID \((\S+?)\)", answer).group(1) for answer in answers]
    ok(client.close())
    return ids


ok(alice.create("Plans"))
ok(alice.append("Plans", r"(\Seen)", None, text("A shared plan")))
assert others() == set()
refused(bob.select(SHARED, readonly=True))

ok(alice.setacl("Plans", BOB, "lr"))
assert others() == {SHARED}
assert "Other Users" in str(ok(bob.list('""', "%")))
assert b"MESSAGES 1" in ok(bob.status(SHARED, "(MESSAGES)"))[0]
assert ok(bob.select(SHARED, readonly=True)) == [b"1"]
(_, message), *_ = ok(bob.fetch("1", "(BODY.PEEK[])"))
assert message == text("A shared plan")
ok(bob.close())
refused(bob.append(SHARED, None, None, text("Not allowed")))
refused(bob.status(f'"Other Users/{ALICE}/INBOX"', "(MESSAGES)"))

# One identifier for one thing, whoever looks; never one for two things.
assert mailbox_id(bob, SHARED) == mailbox_id(alice, "Plans")
assert mailbox_id(bob, "INBOX") != mailbox_id(alice, "INBOX")
assert email_ids(bob, SHARED) == email_ids(alice, "Plans")
everything = [*email_ids(bob, "INBOX"), *email_ids(alice, "INBOX"), *email_ids(alice, "Plans")]
assert len(everything) > 2 and len(set(everything)) == len(everything), everything

ok(alice.deleteacl("Plans", BOB))
assert others() == set()
refused(bob.status(SHARED, "(MESSAGES)"))
refused(bob.select(SHARED, readonly=True))
alice.logout()
bob.logout()
