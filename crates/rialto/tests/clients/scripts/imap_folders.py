"""Folders: list, create, rename, subscribe, status, delete."""

from session import imap, ok, refused

client = imap()


def names(pattern="*"):
    lines = [line for line in ok(client.list('""', pattern)) if line]
    return {line.decode().split(' "/" ')[1].strip('"') for line in lines}


def status(folder, item):
    answer = ok(client.status(folder, f"({item})"))[0].decode()
    return int(answer.rsplit(" ", 1)[1].rstrip(")"))


default = names()
assert {"INBOX", "Drafts", "Sent Items", "Deleted Items", "Junk Email", "Archive"} <= default
assert names("S%") == {"Sent Items"}

ok(client.create("Work/Plans"))
assert names() == default | {"Work", "Work/Plans"}
assert names("%") == default | {"Work"}
refused(client.create("Work"))
refused(client.create("INBOX"))

ok(client.append("Work/Plans", r"(\Seen)", None, b"Subject: plan\r\n\r\nA plan\r\n"))
validity = status("Work/Plans", "UIDVALIDITY")
ok(client.rename("Work", "&ZeVnLIqe-"))
assert names() == default | {"&ZeVnLIqe-", "&ZeVnLIqe-/Plans"}
assert status("&ZeVnLIqe-/Plans", "UIDVALIDITY") == validity
assert status("&ZeVnLIqe-/Plans", "MESSAGES") == 1
assert status("&ZeVnLIqe-/Plans", "UNSEEN") == 0
refused(client.rename("Nowhere", "Elsewhere"))

ok(client.subscribe("&ZeVnLIqe-/Plans"))
subscribed = [line for line in ok(client.lsub('""')) if line]
assert any(b"&ZeVnLIqe-/Plans" in line for line in subscribed), subscribed
ok(client.unsubscribe("&ZeVnLIqe-/Plans"))

ok(client.delete("&ZeVnLIqe-/Plans"))
ok(client.delete("&ZeVnLIqe-"))
assert names() == default
refused(client.delete("INBOX"))
refused(client.status("Nowhere", "(MESSAGES)"))
client.logout()
