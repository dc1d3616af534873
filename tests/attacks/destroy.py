#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Destroy goes first, within one bound: beside a worker that is stopped or hangs in any system call,
on a dead mount, over a restart of the daemon, and with several that destroy at once and again."""
import collections
import contextlib
import errno
import os
import signal
import threading
import time

from lib import mounts, raw, verdict
from lib.host import Host, hanging_worker, is_alive, wait_for
from lib.verdict import check, figure, run, skip

# A job that is to end has 3 s of grace, what undoes it as long; the rest is patience.
BOUND = 8
DOCUMENTED = 6  # in dom0d(8), where the first worker that destroys hangs, too
PATIENCE = 25
NO_DEAD_MOUNT = (errno.EPERM, errno.ENOENT, errno.ENODEV, errno.EACCES)

A = raw.domain("a", raw.uuid(1))


def save(host, client, image):
    client.create(raw.guest_xml("a", 1))
    client.send(raw.SAVE, A + raw.string(image))


class Stopped:
    """A worker in the middle of a save that the kernel does not let run."""
    name = "a save whose worker is stopped"

    @staticmethod
    def begin(host, client):
        client.create(raw.guest_xml("a", 1))
        host.fake("delay", 20000)
        client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
        worker = host.wait_for_worker()
        time.sleep(0.3)
        os.kill(worker, signal.SIGSTOP)
        host.fake("delay", 0)


class Hanging:
    """A save whose worker hangs in one system call."""

    def __init__(self, call):
        self.call = call
        self.name = f"a save that hangs in {call}"

    def begin(self, host, client):
        client.create(raw.guest_xml("a", 1))
        host.hang(self.call)
        client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
        host.wait_for_worker()
        time.sleep(0.5)


class Blocked:
    """An operation inside a call of libxl that does not return, as a domain build or a core dump."""

    def __init__(self, call):
        self.call = call
        self.name = f"a worker inside libxl's {call}"

    def begin(self, host, client):
        if self.call == "create":
            host.fake("delay", 500)
            client.send(raw.CREATE, raw.string(raw.guest_xml("a", 1)) + raw.uint(0))
            wait_for(lambda: "a" in host.guests())
            os.kill(host.wait_for_worker(), signal.SIGSTOP)
            host.fake("delay", 0)
            return
        client.create(raw.guest_xml("a", 1, extra="<on_crash>coredump-destroy</on_crash>"))
        host.fake("block", self.call)
        if self.call == "dump":
            host.fake("shutdown", host.guests()["a"][0], 3)
        else:
            client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
        host.wait_for_worker()
        time.sleep(0.3)


class Restore:
    """A restore of which the daemon knows the domain, and whose worker is stopped."""
    name = "a restore whose worker is stopped"

    @staticmethod
    def begin(host, client):
        image = f"{host.folder}/image"
        client.create(raw.guest_xml("a", 1))
        client.call(raw.SAVE, A + raw.string(image))
        host.fake("delay", 1500)
        client.send(raw.RESTORE, raw.string(image))
        wait_for(lambda: "a" in host.guests())
        os.kill(host.wait_for_worker(), signal.SIGSTOP)
        host.fake("delay", 0)


class SecondDestroy:
    """A destroy that hangs itself, in libxl."""
    name = "a destroy whose worker is stopped"

    @staticmethod
    def begin(host, client):
        client.create(raw.guest_xml("a", 1))
        host.fake("delay", 20000)
        client.send(raw.DESTROY, A)
        os.kill(host.wait_for_worker(), signal.SIGSTOP)
        host.fake("delay", 0)


class Held:
    """What stands before the destroy in the daemon itself, and no worker."""
    worker = False

    def __init__(self, name, begin):
        self.name = name
        self.begin = begin


def a_pause_that_hangs(host, client):
    client.create(raw.guest_xml("a", 1))
    host.fake("delay", 60000)
    client.send(raw.SUSPEND, A)
    time.sleep(0.3)
    host.fake("delay", 0)


def a_shutdown_that_is_ignored(host, client):
    client.create(raw.guest_xml("a", 1))
    host.fake("freeze", host.guests()["a"][0])
    client.send(raw.SHUTDOWN, A)
    client.send(raw.REBOOT, A + raw.uint(0))
    time.sleep(0.3)


def a_full_queue(host, client):
    """As many jobs as may wait for one domain, behind one that hangs."""
    client.create(raw.guest_xml("a", 1))
    host.fake("delay", 60000)
    client.send(raw.SUSPEND, A)
    for n in range(15):
        client.send(raw.SAVE, A + raw.string(f"{host.folder}/image-{n}"))
    for _ in range(6):
        more = host.client()
        for _ in range(16):
            more.send(raw.RESUME, A)
    time.sleep(0.3)
    host.fake("delay", 0)


def a_guest_of_xl(host, client):
    """Its configuration is asked of libxl first, and does not come."""
    host.fake("create", "a", raw.uuid(1), "pvh")
    wait_for(client.domains)
    host.fake("delay", 60000)
    client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
    client.send(raw.XML, A + raw.uint(0))
    time.sleep(0.3)
    host.fake("delay", 0)


HELD = [Held("a pause that hangs", a_pause_that_hangs),
        Held("a shutdown that is ignored", a_shutdown_that_is_ignored),
        Held("a full queue behind a pause that hangs", a_full_queue),
        Held("a guest of xl whose configuration does not come", a_guest_of_xl)]
HOLDS = [Stopped, Hanging("fsync"), Hanging("folder"), Hanging("rename"), Hanging("read"),
         Blocked("suspend"), Blocked("create"), Blocked("dump"), Restore,
         SecondDestroy]


def destroyed(host, seconds=PATIENCE):
    """(reply or what came instead, seconds)"""
    begin = time.monotonic()
    try:
        with host.client() as client:
            reply = client.call(raw.DESTROY, A, timeout=seconds)
            answer = reply if not reply.ok else None
    except (TimeoutError, EOFError, OSError) as error:
        answer = repr(error)
    return answer, time.monotonic() - begin


def judge(claim, host, answers):
    slowest = max(seconds for _, seconds in answers)
    bad = [answer for answer, _ in answers if answer
           and getattr(answer, "code", 0) != raw.NO_DOMAIN]
    # What a pending destroy of the dead daemon has done meanwhile is done.
    return check(claim, not bad and slowest < BOUND and not host.guests(),
                 f"{slowest:.1f} s, {bad[0] if bad else 'answered'}, "
                 f"guest {'there' if host.guests() else 'gone'}")


def one_destroy(host, _):
    return [destroyed(host)]


def after_a_kill(host, _):
    host.restart(signal.SIGKILL)
    return [destroyed(host)]


def after_a_stop(host, _):
    host.restart(signal.SIGTERM)
    return [destroyed(host)]


def after_two_kills(host, _):
    """The second daemon dies while it destroys."""
    host.restart(signal.SIGKILL)
    with contextlib.suppress(OSError, EOFError), host.client() as client:
        client.send(raw.DESTROY, A)
        time.sleep(1)
        host.restart(signal.SIGKILL)
    return [destroyed(host)]


def several(count, apart):
    def at_once(host, _):
        answers = []

        def one(k):
            time.sleep(k * apart)
            answers.append(destroyed(host))
        threads = [threading.Thread(target=one, args=(k,)) for k in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers
    at_once.__doc__ = f"{count} that destroy, {apart} s apart"
    return at_once


def two_that_retry(host, _):
    """An agent and an administrator: each tries again a second after a failure."""
    answers, end, begin = [], time.monotonic() + PATIENCE, time.monotonic()

    def agent(k):
        time.sleep(k * 0.5)
        while time.monotonic() < end:
            answer, _ = destroyed(host)
            answers.append((answer, time.monotonic() - begin - k * 0.5))
            if not answer or getattr(answer, "code", 0) == raw.NO_DOMAIN:
                return
            time.sleep(1)
    threads = [threading.Thread(target=agent, args=(k,)) for k in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def a_client_that_goes(host, _):
    """It destroys, and does not wait for the answer; the next one does."""
    client = host.client()
    client.send(raw.DESTROY, A)
    time.sleep(0.5)
    client.close()
    return [destroyed(host)]


WAYS = {
    "one destroy": one_destroy,
    "two destroys at once": several(2, 0),
    "ten destroys at once": several(10, 0),
    "two destroys, one second apart": several(2, 1),
    "four destroys, 2.5 s apart": several(4, 2.5),
    "two that retry": two_that_retry,
    "a destroy after the client of another has gone": a_client_that_goes,
    "a destroy after the daemon was killed": after_a_kill,
    "a destroy after the daemon was stopped": after_a_stop,
    "a destroy after two daemons were killed": after_two_kills,
}


def holds_against(hold, way):
    with Host(wrapper=hanging_worker()).start() as host, host.client() as client:
        hold.begin(host, client)
        if getattr(hold, "worker", True) and not host.busy_workers():
            check(f"{hold.name}: it holds", False, "it is over, and shows nothing")
            return
        judge(f"{hold.name}: {way} ends the guest within {BOUND} s", host, WAYS[way](host, client))
        for pid in host.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        host.fake("block", "")


def one_destroy_goes_first():
    for hold in HOLDS[:3] + HOLDS[5:6] if verdict.options.short else HOLDS:
        holds_against(hold, "one destroy")


def it_goes_before_what_waits():
    for hold in HELD:
        holds_against(hold, "one destroy")
        if not verdict.options.short:
            holds_against(hold, "ten destroys at once")
            holds_against(hold, "a destroy after the daemon was killed")


def every_call_that_destroys_goes_first():
    """DESTROY_FLAGS with all flags that libvirt has; by another connection's name of the domain."""
    for what, body in (("DESTROY_FLAGS", A + raw.uint(0)), ("DESTROY_FLAGS, gracefully", A + raw.uint(1)),
                       ("DESTROY_FLAGS of an id that has changed",
                        raw.domain("other-name", raw.uuid(1), 99) + raw.uint(0))):
        with Host().start() as host, host.client() as client:
            Stopped.begin(host, client)
            begin = time.monotonic()
            with host.client() as other:
                try:
                    reply = other.call(raw.DESTROY_FLAGS, body, timeout=PATIENCE)
                except TimeoutError as error:
                    reply = error
            seconds = time.monotonic() - begin
            refused = getattr(reply, "code", 0) and seconds < 1
            check(f"{what} ends the guest within {BOUND} s, or is refused at once",
                  refused or (getattr(reply, "ok", False) and seconds < BOUND and not host.guests()),
                  f"{seconds:.1f} s, {reply}")


def a_destroy_after_a_restart_goes_first():
    for hold in [HOLDS[1], HOLDS[6]] if verdict.options.short else HOLDS:
        for way in ["a destroy after the daemon was killed"] if verdict.options.short else (
                "a destroy after the daemon was killed", "a destroy after the daemon was stopped",
                "a destroy after two daemons were killed"):
            holds_against(hold, way)


def several_destroys_join_each_other():
    for hold in [Stopped] if verdict.options.short else [Stopped, HOLDS[1], HOLDS[2], SecondDestroy]:
        for way in ["ten destroys at once", "two that retry"] if verdict.options.short else list(WAYS)[1:7]:
            holds_against(hold, way)


def a_dead_mount_does_not_keep_a_guest():
    """A real one: FUSE, whose server answers nothing."""
    for way in ["one destroy"] if verdict.options.short else [
            "one destroy", "two that retry", "a destroy after the daemon was killed"]:
        try:
            with mounts.dead() as folder, Host().start() as host, host.client() as client:
                save(host, client, f"{folder}/image")
                host.wait_for_worker()
                time.sleep(0.5)
                judge(f"a save to a dead mount: {way} ends the guest within {BOUND} s", host,
                      WAYS[way](host, client))
        except OSError as error:
            if error.errno not in NO_DEAD_MOUNT:
                raise
            skip(f"a dead mount: {error}")
            return


def what_was_killed_is_gone():
    """No worker that hung, and no helper of it, works on when the guest has gone."""
    with Host(wrapper="sleep 60 </dev/null >/dev/null 2>&1 &").start() as host:
        with host.client() as client:
            Stopped.begin(host, client)
            worker = host.busy_workers()[0]
            host.restart(signal.SIGKILL)
            destroyed(host)
            check("the worker that was stopped is gone once its guest is", not is_alive(worker))
        left = helpers_of(worker)
        check("and its helper", not left, left)


def helpers_of(worker):
    """Those of its process group or session, without itself."""
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        with contextlib.suppress(OSError):
            if pid != worker and worker in (os.getpgid(pid), os.getsid(pid)) and is_alive(pid):
                found.append(pid)
    return found


def can_have_dead_mounts():
    try:
        with mounts.dead():
            return True
    except OSError as error:
        if error.errno not in NO_DEAD_MOUNT:
            raise
        skip(f"a dead mount: {error}")
        return False


@contextlib.contextmanager
def a_save_that_is_held(host, client, how, n):
    """In one of three ways, at another instant of it each time."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(mounts.dead()) if how == "a dead mount" else host.folder
        client.create(raw.guest_xml("a", 1))
        if how == "fsync hangs":
            host.hang("fsync")
        host.fake("delay", 400)
        client.send(raw.SAVE, A + raw.string(f"{folder}/image-{n}"))
        time.sleep(n % 20 * 0.03)
        if how == "a stopped worker":
            for pid in host.busy_workers()[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
        host.fake("delay", 0)
        yield
        host.hang("fsync", False)
        for pid in host.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def two_hundred_tries():
    """Each held in another way, destroyed in another way, and begun at another instant."""
    if verdict.options.short:
        return
    holds = ["a stopped worker", "fsync hangs"] + ["a dead mount"] * can_have_dead_mounts()
    ways = ["one destroy", "a destroy after the daemon was killed", "two destroys at once",
            "ten destroys at once"]
    tries, done, worst = collections.Counter(), collections.Counter(), 0
    with Host(wrapper=hanging_worker()).start() as host:
        for n in range(200):
            hold, way = holds[n % len(holds)], ways[n // len(holds) % len(ways)]
            with host.client() as client, a_save_that_is_held(host, client, hold, n):
                answers = WAYS[way](host, client)
            slowest = max(seconds for _, seconds in answers)
            worst = max(worst, slowest)
            bad = [answer for answer, _ in answers
                   if answer and getattr(answer, "code", 0) != raw.NO_DOMAIN]
            good = not bad and slowest < BOUND and not host.guests()
            tries[hold, way] += 1
            done[hold, way] += good
            if not good:
                verdict.note(f"try {n}, {hold}, {way}: {slowest:.1f} s, {bad} {host.guests()}")
    for what, count in tries.items():
        verdict.note(f"{what[0]}, {what[1]}: {done[what]} of {count}")
    check("in 200 of 200 tries the guest is destroyed", done.total() == 200, f"in {done.total()}")
    figure("slowest destroy of 200", worst, "s", DOCUMENTED)


if __name__ == "__main__":
    run(one_destroy_goes_first, it_goes_before_what_waits, every_call_that_destroys_goes_first,
        a_destroy_after_a_restart_goes_first,
        several_destroys_join_each_other, a_dead_mount_does_not_keep_a_guest, what_was_killed_is_gone,
        two_hundred_tries)
