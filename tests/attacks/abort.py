#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An abort that is answered with OK has an effect within a bound, whatever the worker is in."""
import contextlib
import os
import signal
import struct
import time

from lib import raw, verdict
from lib.host import Host, hanging_worker, wait_for
from lib.verdict import check, run

BOUND = 8  # as of destroy.py
PATIENCE = 20

A = raw.domain("a", raw.uuid(1))


def by_domain(client):
    return client.call(raw.ABORT, A)


def by_number(client):
    return client.call(raw.JOB_ABORT, raw.hyper(client.jobs()[0][0]), raw.DOM0D)


def twice(client):
    """The second one does not begin the grace anew, or is refused."""
    reply = by_number(client)
    for _ in range(3):
        time.sleep(1)
        with contextlib.suppress(IndexError):
            by_number(client)
    return reply


def judge(what, host, asker, serial, guest_runs, abort):
    """Returns the reply of the operation."""
    with host.client() as client:
        begin = time.monotonic()
        aborted = abort(client)
        if not aborted.ok:
            check(f"{what}: an abort is possible", False, aborted)
            return None
        try:
            reply = asker.wait(serial, PATIENCE) if serial else None
        except TimeoutError:
            reply = None
        wait_for(lambda: not client.jobs(), max(0, BOUND - (time.monotonic() - begin)))
        seconds = time.monotonic() - begin
        check(f"{what}: it ends within {BOUND} s of its abort",
              seconds < BOUND and not client.jobs(), f"{seconds:.1f} s, {reply or 'no answer'}")
        if guest_runs is not None:
            state = host.guests().get("a", (0, 0, "none"))[2]
            good = state == "" if guest_runs else state == "none"
            check(f"{what}: " + ("its guest runs on" if guest_runs else "no guest is left"), good,
                  f"state '{state}'")
        return reply


def the_end(host):
    for name in os.listdir(host.folder):
        if name.startswith("hang-"):
            os.unlink(f"{host.folder}/{name}")
    host.fake("block", "")
    for pid in host.workers():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def a_save_that_hangs(call, abort):
    with Host(wrapper=hanging_worker()).start() as host, host.client() as client:
        client.create(raw.guest_xml("a", 1))
        host.hang(call)
        serial = client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
        host.wait_for_worker()
        time.sleep(0.5)
        judge(f"a save that hangs in {call}, aborted {abort.__name__.replace('_', ' ')}", host, client,
              serial, True, abort)
        the_end(host)


def every_save_can_be_aborted():
    calls = ["fsync", "folder"] if verdict.options.short else [
        "fsync", "folder", "rename", "read"]
    for call in calls:
        a_save_that_hangs(call, by_domain)
    if not verdict.options.short:
        a_save_that_hangs("fsync", by_number)
        a_save_that_hangs("fsync", twice)


def a_save_in_libxl():
    with Host().start() as host, host.client() as client:
        client.create(raw.guest_xml("a", 1))
        host.fake("block", "suspend")
        serial = client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
        host.wait_for_worker()
        time.sleep(0.3)
        judge("a save inside libxl's suspend", host, client, serial, True, by_domain)
        the_end(host)


def a_stopped_save():
    with Host().start() as host, host.client() as client:
        client.create(raw.guest_xml("a", 1))
        host.fake("delay", 10000)
        serial = client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
        worker = host.wait_for_worker()
        time.sleep(0.3)
        os.kill(worker, signal.SIGSTOP)
        host.fake("delay", 0)
        judge("a save whose worker is stopped", host, client, serial, True, by_domain)
        the_end(host)


def make_image(host, client):
    image = f"{host.folder}/image"
    client.create(raw.guest_xml("a", 1))
    client.call(raw.SAVE, A + raw.string(image))
    return image


def a_restore_that_hangs(call):
    with Host(wrapper=hanging_worker()).start() as host, host.client() as client:
        image = make_image(host, client)
        host.hang(call)
        path = image
        if call == "open":
            path = f"{host.folder}/dead-image"
            os.rename(image, path)
        serial = client.send(raw.RESTORE, raw.string(path))
        host.wait_for_worker()
        time.sleep(0.5)
        judge(f"a restore that hangs in {call}", host, client, serial, False, by_number)
        the_end(host)
        again = client.call(raw.RESTORE, raw.string(path), timeout=PATIENCE)
        check(f"a restore that hangs in {call}: the image is whole", again.ok, again)


def every_restore_can_be_aborted():
    for call in ["read"] if verdict.options.short else ["read", "open", "fsync"]:
        a_restore_that_hangs(call)


def a_restore_in_libxl():
    with Host().start() as host, host.client() as client:
        image = make_image(host, client)
        host.fake("delay", 1500)
        serial = client.send(raw.RESTORE, raw.string(image))
        wait_for(lambda: "a" in host.guests())
        os.kill(host.wait_for_worker(), signal.SIGSTOP)
        host.fake("delay", 0)
        judge("a restore whose worker is stopped", host, client, serial, False, by_number)
        the_end(host)


def a_restore_that_parses():
    """An image of xl's, whose JSON takes minutes."""
    size = 4 << 20
    with Host().start() as host, host.client() as client:
        image = make_image(host, client)
        with open(image, "rb") as file:
            good = file.read()
        stream = good[64 + struct.unpack("<I", good[20:24])[0]:]
        body = struct.pack("<I", size + 1) + b"[" * size + b"\0"
        with open(image, "wb") as file:
            file.write(b"Xen saved domain, xl format\n \0 \r"
                       + struct.pack("<IIII", 0x01020304, 3, 0, len(body)) + body + stream)
        serial = client.send(raw.RESTORE, raw.string(image))
        time.sleep(0.5)
        with host.client() as other:
            if not other.jobs():
                reply = client.wait(serial)
                check("an image whose JSON is hostile is refused at once", not reply.ok, reply)
                return
        judge("a restore that parses JSON", host, client, serial, False, by_number)


def a_create_in_libxl():
    with Host().start() as host, host.client() as client:
        host.fake("delay", 1500)
        serial = client.send(raw.CREATE, raw.string(raw.guest_xml("a", 1)) + raw.uint(0))
        wait_for(lambda: "a" in host.guests())
        os.kill(host.wait_for_worker(), signal.SIGSTOP)
        host.fake("delay", 0)
        judge("a create whose worker is stopped", host, client, serial, False, by_domain)
        the_end(host)


def a_create_that_hangs():
    with Host(wrapper=hanging_worker()).start() as host, host.client() as client:
        host.hang("fsync")
        serial = client.send(raw.CREATE, raw.string(raw.guest_xml("a", 1)) + raw.uint(0))
        host.wait_for_worker()
        time.sleep(0.5)
        judge("a create that hangs in fsync", host, client, serial, False, by_domain)
        the_end(host)


def a_dump_in_libxl():
    with Host().start() as host, host.client() as client:
        client.create(raw.guest_xml("a", 1, extra="<on_crash>coredump-destroy</on_crash>"))
        host.fake("block", "dump")
        host.fake("shutdown", host.guests()["a"][0], 3)
        host.wait_for_worker()
        time.sleep(0.3)
        begin = time.monotonic()
        reply = by_domain(client)
        ended = wait_for(lambda: not any(job[1] == "dump" for job in client.jobs()), BOUND)
        check(f"a dump inside libxl ends within {BOUND} s of its abort", reply.ok and ended,
              f"{time.monotonic() - begin:.1f} s, {reply}")
        the_end(host)


def after_a_restart():
    with Host(wrapper=hanging_worker()).start() as host:
        with host.client() as client:
            client.create(raw.guest_xml("a", 1))
            host.hang("fsync")
            client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
            host.wait_for_worker()
            time.sleep(0.5)
        host.restart(signal.SIGKILL)
        judge("a save that hangs in fsync, and whose daemon was killed", host, None, None, True,
              by_domain)
        the_end(host)


if __name__ == "__main__":
    run(every_save_can_be_aborted, a_save_in_libxl, a_stopped_save, every_restore_can_be_aborted,
        a_restore_in_libxl, a_restore_that_parses, a_create_in_libxl, a_create_that_hangs,
        a_dump_in_libxl, after_a_restart)
