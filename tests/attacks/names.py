#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names that xenstore takes and nobody else does: every guest is seen, and can be destroyed."""
import time

from lib import raw, verdict
from lib.host import Host, wait_for
from lib.verdict import check, run

NAMES = {
    "of 255 bytes": b"n" * 255,
    "of 1024 bytes": b"n" * 1024,
    "of 1025 bytes": b"n" * 1025,
    "of 1500 bytes": b"n" * 1500,
    "of 4000 bytes": b"n" * 4000,
    "of 2000 characters of two bytes": "é".encode() * 1999,
    "that is no UTF-8": b"bad\xff\xfename",
    "that ends within a character": b"half\xc3",
    "with a line feed": b"two\nerror: a: forged line",
    "with an escape": b"red\x1b[31m",
    "with a NUL's UTF-8": b"nul\xc0\x80",
    "with a surrogate": b"\xed\xa0\x80",
    "with a slash": b"../../etc/passwd",
    "of a blank": b" ",
    "of a dot": b"..",
    "with what XML takes badly": b"<a>&\"'\x01\x02",
    "of the control domain": b"Domain-0",
    "with a percent": b"%s%n%d",
}


def is_utf8(data):
    try:
        data.decode()
        return True
    except UnicodeDecodeError:
        return False


def make(host, name, n):
    return int(host.fake("create", name.decode("utf-8", "surrogateescape"), raw.uuid(n), "pvh"))


def listed(client, n):
    reader = raw.Reader(client.call(raw.LIST_ALL, bytes(3) + b"\1" + raw.uint(0)).body)
    for _ in range(reader.uint()):
        name, uuid, domid = reader.bytes(), reader.take(16).hex(), reader.int()
        if uuid == raw.uuid(n).replace("-", ""):
            return name, domid
    return None


def judge(what, name, n):
    with Host().start() as host:
        domid = make(host, name, n)
        plain = make(host, b"plain", 99)
        with host.client() as client, host.reader() as reader:
            found = wait_for(lambda: listed(client, n), 5)
            if not check(f"a name {what}: its guest is listed", found):
                return
            check(f"a name {what}: it is UTF-8 on the wire", is_utf8(found[0]), found[0][:40])
            dom = raw.domain(found[0], raw.uuid(n), domid)
            info = client.call(raw.INFO, dom)
            check(f"a name {what}: its info is told", info.ok, info)
            text = client.call(raw.XML, dom + raw.uint(0))
            check(f"a name {what}: its XML is told, or refused in words", is_utf8(
                raw.Reader(text.body).bytes() if text.ok else text.raw_message))
            host.fake("delay", 800)
            pause = client.send(raw.SUSPEND, dom)
            time.sleep(0.3)
            jobs = reader.call(raw.JOB_LIST, program=raw.DOM0D)
            check(f"a name {what}: the list of jobs is told while it has one", jobs.ok, jobs)
            check(f"a name {what}: in UTF-8", not jobs.ok or all(
                is_utf8(job[2].encode("utf-8", "surrogateescape")) for job in reader.jobs()))
            reply = client.wait(pause)
            check(f"a name {what}: it is paused", reply.ok, reply)
            host.fake("delay", 0)
            client.call(raw.RESUME, dom)
            image = f"{host.folder}/image"
            saved = client.call(raw.SAVE, dom + raw.string(image))
            there = any(guest[1] == raw.uuid(n) for guest in host.guests().values())
            if saved.ok:
                restored = client.call(raw.RESTORE, raw.string(image))
                there = any(guest[1] == raw.uuid(n) for guest in host.guests().values())
                if not check(f"a name {what}: what was saved can be restored", restored.ok and there,
                             restored):
                    return
            else:
                check(f"a name {what}: a refused save leaves it", there, saved)
        host.restart()
        with host.client() as client:
            found = listed(client, n)
            check(f"a name {what}: the next daemon lists it", found)
            reply = client.call(raw.DESTROY, raw.domain(found[0], raw.uuid(n), found[1]) if found else b"")
            check(f"a name {what}: it is destroyed", reply.ok and not any(
                guest[1] == raw.uuid(n) for guest in host.guests().values()), reply)
            check(f"a name {what}: the other guest is as it was", listed(client, 99) == (b"plain", plain))
        judge_log(host, what)


def judge_log(host, what):
    with open(host.log_path, "rb") as file:
        text = file.read()
    check(f"a name {what}: no line of the log is forged, no byte of it is a control character",
          b"\nerror: a: forged" not in text and not any(
              byte < 32 and byte not in b"\n\t" for byte in text))
    check(f"a name {what}: the log is UTF-8", is_utf8(text))


def every_guest_is_seen():
    for n, (what, name) in list(enumerate(NAMES.items(), 1))[::3 if verdict.options.short else 1]:
        judge(what, name, n)


def names_are_told_apart():
    """Two whose first bytes are the same are two guests, whatever is cut."""
    with Host().start() as host:
        make(host, b"n" * 2000 + b"1", 1)
        make(host, b"n" * 2000 + b"2", 2)
        make(host, b"\xff1", 3)
        make(host, b"\xfe1", 4)
        with host.client() as client:
            wait_for(lambda: len(client.domains()) == 4, 5)
            for n in (2, 4):
                found = listed(client, n)
                reply = client.call(raw.DESTROY, raw.domain(found[0], raw.uuid(n), found[1]))
                check(f"guest {n} of equal names is destroyed", reply.ok, reply)
            left = sorted(guest[1] for guest in host.guests().values())
            check("and the right ones are left", left == [raw.uuid(1), raw.uuid(3)], left)


if __name__ == "__main__":
    run(every_guest_is_seen, names_are_told_apart)
