#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The number of a job is given once, whatever becomes of RUN_DIR/last-job; by it a job is found."""
import contextlib
import os
import signal
import time

from lib import mounts, raw, verdict
from lib.host import Host, wait_for
from lib.verdict import check, run, skip

DAMAGES = {
    "is empty": b"", "is gone": None, "says 0": b"0\n", "says 1": b"1\n", "is text": b"seven\n",
    "is negative": b"-1\n", "is the largest there is": b"18446744073709551615\n",
    "is larger than there can be": b"99999999999999999999999\n", "is half written": b"\n",
    "has bytes behind it": b"1\x00\xff",
}


def damage(host, data):
    path = f"{host.run_dir}/last-job"
    if data is None:
        os.unlink(path)
        return
    with open(path, "wb") as file:
        file.write(data)


def begin_save(host, client, name, n):
    return client.send(raw.SAVE, raw.domain(name, raw.uuid(n)) + raw.string(f"{host.folder}/{name}"))


def ids(client):
    return [job[0] for job in client.jobs()]


def two_jobs_never_have_one_number(what, data):
    with Host().start() as host:
        with host.client() as client:
            for n, name in enumerate(("old", "queued", "new"), 1):
                client.create(raw.guest_xml(name, n))
            host.fake("delay", 60000)
            begin_save(host, client, "old", 1)
            begin_save(host, client, "queued", 2)
            # One that waits behind it, and is recorded in queue/.
            client.send(raw.SUSPEND, raw.domain("queued", raw.uuid(2)))
            wait_for(lambda: len(host.busy_workers()) == 2)
            before = ids(client)
        host.stop(signal.SIGKILL)
        damage(host, data)
        host.start()
        with host.client() as client, host.client() as other:
            # Until its numbers would have come to those of the jobs that were taken up.
            for _ in range(4):
                other.call(raw.DESTROY, raw.domain("nobody", raw.uuid(99)))
            host.fake("delay", 0)
            for n in range(10, 10 + len(before) + 1):
                other.create(raw.guest_xml(f"more-{n}", n))
            host.fake("delay", 60000)
            begin_save(host, other, "new", 3)
            wait_for(lambda: len(ids(client)) > len(before), 5)
            now = ids(client)
            check(f"last-job {what}: the next number is above every other",
                  len(now) == len(before) + 1 and now[-1] > max(before), f"{before} {now}")


def a_lost_number_gives_none_twice():
    for what, data in list(DAMAGES.items())[::4 if verdict.options.short else 1]:
        two_jobs_never_have_one_number(what, data)


def the_next_but_one_daemon_drops_no_task():
    """Both tasks of what would have been one number are undone, none is taken for an older half."""
    with Host().start() as host:
        with host.client() as client:
            client.create(raw.guest_xml("old", 1))
            client.create(raw.guest_xml("new", 2))
            host.fake("delay", 60000)
            begin_save(host, client, "old", 1)
            host.wait_for_worker()
        host.stop(signal.SIGKILL)
        damage(host, b"2\n")
        host.start()
        with host.client() as client:
            begin_save(host, client, "new", 2)  # the number of the other save
            wait_for(lambda: len(host.busy_workers()) == 2)
        for pid in host.busy_workers():
            os.kill(pid, signal.SIGSTOP)
        for domid, *_ in host.guests().values():
            host.fake("shutdown", domid, 2)  # as the suspend of a save leaves them
        host.stop(signal.SIGKILL)
        for pid in host.busy_workers():
            os.kill(pid, signal.SIGKILL)
        host.fake("delay", 0)
        host.start()
        check("after two daemons that died every guest runs again",
              wait_for(lambda: [g[2] for g in host.guests().values()] == ["", ""], 15),
              host.guests())


def a_number_that_cannot_be_kept_refuses_the_job():
    if not mounts.can_mount():
        skip("a full RUN_DIR: no right to mount")
        return
    with mounts.small() as small, Host(run_dir=f"{small.folder}/run").start() as host:
        with host.client() as client:
            client.create(raw.guest_xml("a", 1))
            host.fake("delay", 20000)
            small.fill_space()
            reply = begin_save(host, client, "a", 1)
            time.sleep(1)
            refused = client.has_answer(reply)
        host.stop(signal.SIGKILL)
        small.empty()
        for pid in host.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        host.fake("delay", 0)
        host.start()
        check("a job whose number cannot be kept is refused", refused, "it was begun")
        check("and its guest runs",
              wait_for(lambda: host.guests().get("a", (0, 0, "?"))[2] == "", 10), host.guests())


def an_abort_finds_the_job_that_was_meant():
    with Host().start() as host:
        with host.client() as client:
            client.create(raw.guest_xml("old", 1))
            client.create(raw.guest_xml("new", 2))
            host.fake("delay", 60000)
            begin_save(host, client, "old", 1)
            host.wait_for_worker()
            number = ids(client)[0]
        host.stop(signal.SIGKILL)
        damage(host, f"{number - 1}\n".encode())
        host.start()
        with host.client() as client, host.client() as other:
            begin_save(host, client, "new", 2)
            wait_for(lambda: len(host.busy_workers()) == 2)
            newest = next((job[0] for job in other.jobs() if job[2] == "new"), 0)
            other.call(raw.JOB_ABORT, raw.hyper(newest), raw.DOM0D)
            gone = wait_for(lambda: len(other.jobs()) == 1, 10)
            left = [job[2] for job in other.jobs()]
            check("an abort by number ends the job that has been shown with it",
                  gone and left == ["old"], left)


if __name__ == "__main__":
    run(a_lost_number_gives_none_twice, the_next_but_one_daemon_drops_no_task,
        a_number_that_cannot_be_kept_refuses_the_job, an_abort_finds_the_job_that_was_meant)
