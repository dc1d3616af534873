#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cores of guests that crash: none is lost for its name, and they do not fill the disk."""
import os
import time

from lib import mounts, raw, verdict
from lib.host import Host, wait_for
from lib.verdict import check, run, skip

DESTROYS = "<on_crash>coredump-destroy</on_crash>"
RESTARTS = "<on_crash>coredump-restart</on_crash>"
FEW = 10  # what may be kept of one guest; dom0d.conf says how many


def cores(host):
    folder = f"{host.folder}/dump"
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def crash(host, name):
    host.fake("shutdown", host.guests()[name][0], 3)


def every_name_has_its_core():
    names = {"of 255 bytes": "n" * 255, "of 240 bytes": "n" * 240, "of 127 letters of two bytes": "é" * 127,
             "that begins with a dot": ".hidden", "with blanks": "a b", "with a percent": "%s%n"}
    for n, (what, name) in enumerate(names.items(), 1):
        with Host().start() as host, host.client() as client:
            reply = client.create(raw.guest_xml(name, n, extra=DESTROYS))
            if not reply.ok:
                verdict.note(f"a name {what} is refused: {reply}")
                continue
            crash(host, name)
            wait_for(lambda: not host.guests(), 10)
            found = [f for f in os.listdir(f"{host.folder}/dump") if f.endswith(".core")]
            check(f"a guest with a name {what} leaves its core and goes", len(found) == 1
                  and not host.guests(), f"{found} {host.guests().keys()} {host.last_lines(2)[:200]}")


def two_crashes_in_a_second_are_two_cores():
    with Host().start() as host, host.client() as client:
        client.create(raw.guest_xml("a", 1, extra=DESTROYS))
        crash(host, "a")
        wait_for(lambda: not host.guests(), 10)
        client.create(raw.guest_xml("a", 1, extra=DESTROYS))
        crash(host, "a")
        wait_for(lambda: not host.guests(), 10)
        check("two crashes within a second leave two cores", len(cores(host)) == 2,
              f"{cores(host)} {host.last_lines(2)[:200]}")


def a_core_that_is_there_is_not_overwritten():
    """Files that somebody has put into the folder, with any name that comes next."""
    with Host().start() as host, host.client() as client:
        for second in range(-1, 5):
            when = time.strftime("%Y%m%d-%H%M%S", time.localtime(time.time() + second))
            with open(f"{host.folder}/dump/a-{when}.core", "w") as file:
                file.write("precious")
        client.create(raw.guest_xml("a", 1, extra=DESTROYS))
        crash(host, "a")
        wait_for(lambda: not host.guests(), 10)
        kept = 0
        for name in cores(host):
            with open(f"{host.folder}/dump/{name}") as file:
                kept += file.read() == "precious"
        check("no core of before is overwritten", kept == 6, kept)
        check("and this one is written", len(cores(host)) == 7, host.last_lines(2)[:200])


def a_crash_loop_is_bounded():
    with Host().start() as host, host.client() as client:
        client.create(raw.guest_xml("loop", 1, extra=RESTARTS))
        client.create(raw.guest_xml("other", 2, extra=DESTROYS))
        crash(host, "other")
        wait_for(lambda: "other" not in host.guests(), 10)
        end = time.monotonic() + (8 if verdict.options.short else 120)
        crashes = 0
        while time.monotonic() < end:
            guest = host.guests().get("loop")
            if guest and "s" not in guest[2]:
                host.fake("shutdown", guest[0], 3)
                crashes += 1
            time.sleep(0.05)
        mine = [name for name in cores(host) if name.startswith("loop")]
        verdict.note(f"{crashes} crashes, {len(mine)} cores")
        check(f"a guest that crashes again and again has at most {FEW} cores", 0 < len(mine) <= FEW,
              len(mine))
        check("the core of another guest is not thrown away for it",
              any(name.startswith("other") for name in cores(host)), cores(host)[:3])


def many_guests_are_bounded_together():
    """A folder of its own size: forty guests crash, the disk is not full, the last core is there."""
    if not mounts.can_mount():
        skip("cores on a small disk: no right to mount")
        return
    with mounts.small("1m", 4096) as small:
        with Host({"dump_dir": small.folder}).start() as host, host.client() as client:
            small.fill_space()
            client.create(raw.guest_xml("a", 1, extra=DESTROYS))
            before = host.log()
            crash(host, "a")
            wait_for(lambda: not host.guests(), 10)
            said = host.log()[len(before):]
            check("where a core cannot be written it is said in the line of the guest's end",
                  any("core" in line or "dump" in line for line in said.splitlines()
                      if "a:" in line or " a " in line), said[-300:])
            left = [name for name in os.listdir(small.folder) if "a-" in name]
            check("no torn core is left", not left, left)


if __name__ == "__main__":
    run(every_name_has_its_core, two_crashes_in_a_second_are_two_cores,
        a_core_that_is_there_is_not_overwritten, a_crash_loop_is_bounded,
        many_guests_are_bounded_together)
