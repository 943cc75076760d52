"""SEARCH, SORT and THREAD."""

from session import imap, ok, text

client = imap()
ok(client.create("Work"))
for subject in ("Budget", "Travel", "budget again", "Größe"):
    ok(client.append("Work", None, None, text(subject)))
long = text("Long") + b"More words\r\n" * 1000
ok(client.append("Work", r"(\Flagged)", None, long))
ok(client.select("Work"))


def search(*criteria, charset=None):
    return [int(number) for number in ok(client.search(charset, *criteria))[0].split()]


assert search("ALL") == [1, 2, 3, 4, 5]
assert search("SUBJECT", "budget") == [1, 3]
assert search("TEXT", '"The text of travel"') == [2]
assert search("FLAGGED") == [5] and search("UNFLAGGED", "2:3") == [2, 3]
assert search("LARGER", "5000") == [5]
assert search("OR", "SUBJECT", "travel", "BODY", '"more words"') == [2, 5]
assert search("NOT", "FROM", "alice") == []
assert search("SINCE", "1-Jan-2020") == [1, 2, 3, 4, 5] and search("BEFORE", "1-Jan-2020") == []
client.literal = "größe".encode()
assert [int(number) for number in ok(client.search("UTF-8", "SUBJECT"))[0].split()] == [4]
ok(client.store("2", "+FLAGS", "(project)"))
assert search("KEYWORD", "project") == [2]

assert ok(client.sort("(SUBJECT)", "UTF-8", "1:3")) == [b"1 3 2"]
assert ok(client.sort("(REVERSE SIZE)", "UTF-8", "ALL"))[0].split()[0] == b"5"

ok(client.select())
threads = ok(client.thread("REFERENCES", "UTF-8", "SUBJECT offsite"))[0]
assert threads.count(b"(") == 1 and len(threads.split()) == 2, threads
client.logout()
