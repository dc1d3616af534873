#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIGTERM at any instant, under any load: status 0 within a second, no core, nothing lost."""
import contextlib
import os
import random
import signal
import subprocess
import threading
import time

from lib import raw, verdict
from lib.host import Host, wait_for
from lib.verdict import check, figure, note, run

ANYTHING = (OSError, EOFError, ConnectionError)
GUESTS = 4


class Load:
    """Threads that do something to a daemon until it is stopped."""

    def __init__(self, host, rng):
        self.host, self.rng = host, rng
        self.over = threading.Event()
        self.threads = []

    def add(self, work, *args):
        def repeat():
            while not self.over.is_set():
                with contextlib.suppress(*ANYTHING):
                    work(*args)
                self.over.wait(0.01)
        self.threads.append(threading.Thread(target=repeat, daemon=True))
        self.threads[-1].start()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(20)

    # What they do.

    def pipeline(self, procedure, body, depth=16, read_only=True):
        path = self.host.socket_ro if read_only else self.host.socket
        with raw.Client(path, read_only=read_only, timeout=3) as client:
            while not self.over.is_set():
                serials = [client.send(procedure, body) for _ in range(depth)]
                for serial in serials:
                    client.wait(serial)

    def never_read(self):
        with self.host.reader(timeout=3) as client:
            client.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while not self.over.is_set():
                    client.send(raw.XML, raw.DOM0 + raw.uint(0))
            self.over.wait(1)

    def come_and_go(self):
        client = self.host.reader(opened=False, timeout=3)
        client.send(raw.OPEN, raw.uint(0) + raw.uint(1))
        client.close()

    def half_a_frame(self):
        with self.host.client(opened=False, timeout=3) as client:
            client.socket.sendall(raw.frame(raw.OPEN, bytes(8))[:20])
            self.over.wait(0.2)

    def listen(self):
        with self.host.reader(timeout=3) as client:
            for _ in range(20):
                client.call(raw.REGISTER, raw.ANY_EVENT)
            client.wait(-1, 3)

    def create_and_destroy(self):
        with self.host.client(timeout=5) as client:
            n = 100 + threading.get_ident() % 1000
            client.create(raw.guest_xml(f"passing-{n}", n))
            client.call(raw.DESTROY, raw.domain(f"passing-{n}", raw.uuid(n)))

    def pause(self):
        with self.host.client(timeout=5) as client:
            dom = raw.domain("g1", raw.uuid(1))
            client.call(raw.SUSPEND, dom)
            client.call(raw.RESUME, dom)

    def save_and_restore(self):
        image = f"{self.host.folder}/image-2"
        with self.host.client(timeout=5) as client:
            client.call(raw.SAVE_FLAGS, raw.domain("g2", raw.uuid(2)) + raw.string(image)
                        + raw.optional(None) + raw.uint(0))
            client.call(raw.RESTORE, raw.string(image))
            with contextlib.suppress(OSError):
                if "g2" in self.host.guests():
                    os.unlink(image)

    def wait_for_jobs(self):
        with self.host.reader(timeout=3) as client:
            for job in client.jobs():
                client.send(raw.JOB_WAIT, raw.hyper(job[0]), raw.DOM0D)
            client.call(raw.INFO, raw.DOM0)
            client.wait(-1, 1)


LOADS = {
    "nothing": [],
    "one reader of XML, 16 deep": [("pipeline", raw.XML, raw.DOM0 + raw.uint(0))],
    "five readers of XML": [("pipeline", raw.XML, raw.DOM0 + raw.uint(0), 1)] * 5,
    "readers of lists and capabilities": [("pipeline", raw.LIST_ALL, bytes(4) + raw.uint(0)),
                                          ("pipeline", raw.CAPABILITIES, b""),
                                          ("pipeline", raw.NODE_INFO, b"")],
    "readers of a guest's XML and state": [
        ("pipeline", raw.XML, raw.domain("g3", raw.uuid(3)) + raw.uint(0)),
        ("pipeline", raw.STATE, raw.domain("g3", raw.uuid(3)) + raw.uint(0)),
        ("pipeline", raw.JOB_INFO, raw.domain("g3", raw.uuid(3)))],
    "clients that come, go, stall and never read": [("come_and_go",), ("half_a_frame",),
                                                    ("never_read",), ("listen",)],
    "guests that come and go": [("create_and_destroy",), ("listen",), ("wait_for_jobs",)],
    "saves and restores": [("save_and_restore",), ("wait_for_jobs",), ("pause",)],
    "all of it": [("pipeline", raw.XML, raw.DOM0 + raw.uint(0)), ("come_and_go",), ("never_read",),
                  ("listen",), ("create_and_destroy",), ("save_and_restore",), ("pause",)],
}


def stop_under(load_name, host, rng):
    """Returns (status, seconds)."""
    host.start()
    load = Load(host, rng)
    for method, *args in LOADS[load_name]:
        load.add(getattr(load, method), *args)
    time.sleep(rng.random() * 0.4 + (0.05 if LOADS[load_name] else 0))
    try:
        return host.stop()
    finally:
        load.end()


def nothing_is_lost(host):
    """Each of the guests runs, or one is in its image while its restore was not asked for."""
    host.start()
    with host.client() as client:
        wait_for(lambda: not client.jobs(), 20)
    guests = host.guests()
    lost = [f"g{n}" for n in range(1, GUESTS + 1) if f"g{n}" not in guests
            and not (n == 2 and os.path.exists(f"{host.folder}/image-2"))]
    host.stop()
    return lost


def every_stop_is_clean():
    seed = random.randrange(1 << 32)
    note(f"seed {seed}")
    rng = random.Random(seed)
    times = 2 if verdict.options.short else 12
    slowest = count = clean = 0
    for load_name in LOADS:
        with Host({"workers_idle": 0}) as host:
            host.start()
            with host.client() as client:
                for n in range(1, GUESTS + 1):
                    client.create(raw.guest_xml(f"g{n}", n))
            host.fake("delay", 60)
            host.stop()
            try:
                ends = [stop_under(load_name, host, rng) for _ in range(times)]
            except subprocess.TimeoutExpired:
                check(f"beside {load_name}: it stops", False, "not within 30 s")
                continue
            statuses = sorted({status for status, _ in ends})
            check(f"beside {load_name}: {times} of {times} stops end with 0", statuses == [0],
                  f"{statuses} {host.reports()[:1]}")
            count += len(ends)
            clean += len([1 for status, seconds in ends if status == 0 and seconds < 1])
            slowest = max([slowest] + [seconds for _, seconds in ends])
            lost = nothing_is_lost(host)
            check(f"beside {load_name}: nothing is lost", not lost, lost)
            check(f"beside {load_name}: no assertion and no sanitizer speaks", not host.reports(),
                  host.reports()[:1])
    note(f"{clean} of {count} stops under load ended with 0 within a second")
    figure("slowest stop", slowest, "s", 1)


def a_stop_while_it_starts():
    """Between two instructions of its start, a status of a signal is that of the kernel."""
    with Host() as host:
        statuses = set()
        for n in range(5 if verdict.options.short else 40):
            host.start(wait=False)
            time.sleep(n * (0.02 if verdict.options.short else 0.0025))
            statuses.add(host.stop()[0])
        check("a daemon that is stopped while it starts ends by SIGTERM or with 0",
              statuses <= {0, -15}, statuses)


def it_may_be_told_twice():
    """And by SIGINT, and by SIGHUP in between."""
    signals = {"SIGINT": [signal.SIGINT], "SIGTERM twice": [signal.SIGTERM] * 2,
               "SIGTERM fifty times": [signal.SIGTERM] * 50,
               "SIGHUP and SIGTERM": [signal.SIGHUP, signal.SIGTERM],
               "SIGPIPE and SIGTERM": [signal.SIGPIPE, signal.SIGTERM]}
    for what, each in signals.items():
        with Host({"workers_idle": 2}) as host:
            statuses = set()
            for n in range(3 if verdict.options.short else 20):
                host.start()
                load = Load(host, None)
                load.add(load.pipeline, raw.LIST_ALL, bytes(4) + raw.uint(0))
                time.sleep(n * 0.01)
                for one in each:
                    host.process.send_signal(one)
                try:
                    statuses.add(host.process.wait(20))
                finally:
                    load.end()
            check(f"{what} ends it with 0", statuses == {0}, statuses)


if __name__ == "__main__":
    run(every_stop_is_clean, a_stop_while_it_starts, it_may_be_told_twice)
