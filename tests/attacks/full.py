#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""RUN_DIR has no space or no inode left, or the daemon no descriptor: destroy goes on, a guest that
reboots comes back, and what cannot be recorded is refused before it begins."""
import contextlib
import os
import resource
import signal
import time

from lib import mounts, raw, verdict
from lib.host import Host, wait_for
from lib.verdict import check, run, skip

A = raw.domain("a", raw.uuid(1))
RESTARTS = "<on_reboot>restart</on_reboot><on_crash>restart</on_crash>"


class NoSpace:
    """A lack, which begins and ends."""
    name = "no space"

    def __init__(self, host, small):
        self.host, self.small, self.limits = host, small, None

    def begin(self):
        self.small.fill_space()

    def end(self):
        self.small.empty()


class NoInodes(NoSpace):
    name = "no inodes"

    def begin(self):
        self.small.fill_inodes()


class NoDescriptors(NoSpace):
    name = "no descriptors"

    def begin(self):
        if self.limits:
            return
        used = max(map(int, os.listdir(f"/proc/{self.host.pid}/fd"))) + 1
        self.limits = resource.prlimit(self.host.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.host.pid, resource.RLIMIT_NOFILE, (used, self.limits[1]))

    def end(self):
        resource.prlimit(self.host.pid, resource.RLIMIT_NOFILE, self.limits)


class NoProcesses(NoSpace):
    """fork fails: of a program that has gone, as of a table that is full."""
    name = "no worker can be started"

    def begin(self):
        os.rename(f"{self.host.folder}/worker", f"{self.host.folder}/worker-away")
        for pid in self.host.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end(self):
        os.rename(f"{self.host.folder}/worker-away", f"{self.host.folder}/worker")


@contextlib.contextmanager
def world(lack_class):
    with mounts.small() as small:
        with Host({"workers_idle": 0}, f"{small.folder}/run", wrapper="true").start() as host:
            lack = lack_class(host, small)
            with host.client() as client:
                client.create(raw.guest_xml("a", 1, extra=RESTARTS))
                yield host, client, lack
            lack.small.empty()


def destroy_goes_on(lack_class):
    with world(lack_class) as (host, client, lack):
        lack.begin()
        reply = client.call(raw.DESTROY, A)
        check(f"{lack.name}: a guest is destroyed", reply.ok and not host.guests(), reply)


def a_guest_comes_back(lack_class, reason, word):
    with world(lack_class) as (host, _, lack):
        domid = host.guests()["a"][0]
        seconds = 2 if verdict.options.short else 4
        host.fake("delay", seconds * 400)
        host.fake("shutdown", domid, reason)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            lack.begin()
            time.sleep(0.1)
            if lack_class is NoProcesses:
                break
        host.fake("delay", 0)
        time.sleep(max(0, end - time.monotonic()))
        lack.end()
        back = wait_for(lambda: host.guests().get("a", (domid, 0, ""))[0] != domid, 20)
        check(f"{lack.name} for some seconds: a guest that {word} comes back", back,
              f"{host.guests()} {host.last_lines(2)}")


def a_save_is_refused_first(lack_class):
    """Before anything has happened, and said."""
    with world(lack_class) as (host, client, lack):
        before = host.guests()
        lack.begin()
        image = f"{host.folder}/image"
        reply = client.call(raw.SAVE, A + raw.string(image), timeout=15)
        after = host.guests()
        whole = reply.ok and os.path.exists(image) and not after
        check(f"{lack.name}: a save is done, or refused with the guest as it was",
              whole or (not reply.ok and after == before), f"{reply} {after}")
        lack.end()
        if not whole:
            again = client.call(raw.SAVE, A + raw.string(image), timeout=15)
            check(f"{lack.name}: once it is over the save is possible", again.ok, again)
        restored = client.call(raw.RESTORE, raw.string(image), timeout=15)
        check(f"{lack.name}: and the restore", restored.ok and "a" in host.guests(), restored)


def a_create_leaves_nothing_half(lack_class):
    with world(lack_class) as (host, client, lack):
        lack.begin()
        reply = client.create(raw.guest_xml("b", 2), timeout=15)
        there = wait_for(lambda: "b" in host.guests(), 1)
        check(f"{lack.name}: a create is done, or refused and nothing is left",
              bool(there) == reply.ok, f"{reply} {host.guests()}")
        lack.end()


def the_daemon_can_be_restarted(lack_class):
    """systemctl restart while it lasts: it serves, and destroys."""
    if lack_class in (NoDescriptors, NoProcesses):
        return
    with world(lack_class) as (host, _, lack):
        lack.begin()
        try:
            host.restart(signal.SIGTERM)
            with host.client() as client:
                reply = client.call(raw.DESTROY, A)
            check(f"{lack.name}: a daemon that is started then serves and destroys", reply.ok, reply)
        except RuntimeError as error:
            check(f"{lack.name}: a daemon that is started then serves and destroys", False, error)


def a_guest_that_powers_off_goes(lack_class):
    """Its destroy is the daemon's own."""
    with world(lack_class) as (host, _, lack):
        lack.begin()
        host.fake("shutdown", host.guests()["a"][0], 0)
        time.sleep(1)
        lack.end()
        gone = wait_for(lambda: not host.guests(), 10)
        check(f"{lack.name}: a guest that powers off goes", gone, f"{host.guests()} {host.last_lines(1)}")


def an_abort_is_possible(lack_class):
    with world(lack_class) as (host, client, lack):
        host.fake("delay", 20000)
        serial = client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
        host.wait_for_worker()
        time.sleep(0.3)
        lack.begin()
        aborted = client.call(raw.ABORT, A)
        reply = client.wait(serial, 15)
        check(f"{lack.name}: a save is aborted, and its guest runs", aborted.ok and not reply.ok
              and host.guests().get("a", (0, 0, "?"))[2] == "", f"{aborted} {reply} {host.guests()}")


def a_worker_that_dies_is_repaired(lack_class):
    """What repairs it needs a record, a socket and descriptors as well."""
    with world(lack_class) as (host, client, lack):
        host.fake("delay", 3000)
        client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
        worker = host.wait_for_worker()
        wait_for(lambda: "s" in host.guests()["a"][2], 10)
        os.kill(worker, signal.SIGSTOP)
        host.fake("delay", 0)
        lack.begin()
        os.kill(worker, signal.SIGKILL)
        time.sleep(1)
        lack.end()
        check(f"{lack.name} when a worker dies: its guest runs again",
              wait_for(lambda: host.guests().get("a", (0, 0, "?"))[2] == "", 15),
              f"{host.guests()} {host.last_lines(2)}")


def each(part):
    def all_lacks():
        if not mounts.can_mount():
            skip(f"{part.__name__}: no right to mount")
            return
        for lack_class in (NoSpace, NoInodes, NoDescriptors, NoProcesses):
            if lack_class is NoProcesses and part in (destroy_goes_on, an_abort_is_possible):
                continue  # nobody could do it, and there is nothing to abort
            part(lack_class)
    all_lacks.__name__ = part.__name__
    return all_lacks


def a_guest_that_reboots(lack_class):
    a_guest_comes_back(lack_class, 1, "reboots")


def a_guest_that_crashes(lack_class):
    a_guest_comes_back(lack_class, 3, "crashes")


if __name__ == "__main__":
    run(*map(each, (destroy_goes_on, a_guest_that_powers_off_goes, an_abort_is_possible,
                    a_worker_that_dies_is_repaired, a_guest_that_reboots, a_guest_that_crashes,
                    a_save_is_refused_first, a_create_leaves_nothing_half,
                    the_daemon_can_be_restarted)))
