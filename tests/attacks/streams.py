#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles: clients and guests that flood, and that do not read.  The daemon stays small, and another
client is answered as before."""
import contextlib
import os
import subprocess
import time

from lib import raw, verdict
from lib.host import Host, descriptors, peak_kib, wait_for
from lib.verdict import check, figure, run

A = raw.domain("a", raw.uuid(1))
PIECE = bytes(50000)
P99_BAR, GROWTH_BAR = 20, 8  # ms, MiB


class Guest:
    """The guest behind a console; it says what is written to its standard input."""

    def __init__(self, host, name, command=None):
        say = f"{command} |" if command else ""
        self.process = subprocess.Popen(
            ["sh", "-c", f"{say} exec {host.build}/tests/fakes/fake-xen console {name} 0"],
            env=host.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            start_new_session=True)

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        self.process.wait()


@contextlib.contextmanager
def guest_of(host, client, command=None):
    assert client.create(raw.guest_xml("a", 1)).ok
    guest = Guest(host, "a", command)
    try:
        yield guest
    finally:
        guest.end()


def opens(client, flags=0):
    """The serial of the stream; an error is raised."""
    def tried():
        serial = client.send(raw.OPEN_CONSOLE, A + raw.optional(None) + raw.uint(flags))
        reply = client.wait(serial)
        return serial if reply.ok else None
    serial = wait_for(tried)  # the guest's pty may not be there yet
    if not serial:
        raise RuntimeError("the console cannot be opened")
    return serial


def p99_beside(host, seconds):
    """Of another client's GET_INFO, in ms."""
    times = []
    with host.client() as other:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begin = time.monotonic()
            other.call(raw.INFO, raw.DOM0)
            times.append(time.monotonic() - begin)
            time.sleep(0.002)
    return sorted(times)[len(times) * 99 // 100] * 1000


def judge(host, claim, before_kib, seconds):
    figure(f"{claim}: another client's p99", p99_beside(host, seconds), "ms", P99_BAR)
    figure(f"{claim}: the daemon's growth", (peak_kib(host.pid) - before_kib) / 1024, "MiB",
           GROWTH_BAR)


def who_does_not_read_beside_a_guest_that_floods():
    with Host().start() as host, host.client() as client, host.client() as held:
        with guest_of(host, client, "cat /dev/zero"):
            before = peak_kib(host.pid)
            opens(held)
            judge(host, "a client does not read while its guest floods", before,
                  3 if verdict.options.short else 60)
            check("the one that does not read can destroy the guest all the same",
                  client.call(raw.DESTROY, A).ok)


def who_floods_a_guest_that_does_not_read():
    """More than is kept: the stream fails, the connection does not, and calls on it are answered."""
    with Host().start() as host, host.client() as client:
        with guest_of(host, client) as guest:
            before = peak_kib(host.pid)
            serial = opens(client)
            os.kill(guest.process.pid, 19)
            for n in range(100):
                client.socket.sendall(raw.stream(raw.OPEN_CONSOLE, serial, raw.CONTINUE, PIECE))
                if n % 10 == 0:
                    check(f"a call behind {n * len(PIECE)} bytes of a stream is answered",
                          client.call(raw.INFO, A, timeout=10).ok)
            judge(host, "a client floods a guest that does not read", before, 2)
            check("its stream has failed, with a reason",
                  any(b"faster than it is taken" in body for _, body in client.events))
            os.kill(guest.process.pid, 18)


def packets_of_streams_that_nobody_has():
    with Host().start() as host, host.client() as client:
        before = peak_kib(host.pid)
        for n in range(2000):
            for status in (raw.OK, raw.ERROR, raw.CONTINUE, 7):
                client.socket.sendall(raw.stream(raw.OPEN_CONSOLE, n, status, PIECE[:n]))
        check("a call behind packets of streams that nobody has is answered",
              client.call(raw.INFO, raw.DOM0).ok)
        judge(host, "packets of streams that nobody has", before, 1)


def packets_of_any_kind_in_any_order():
    with Host().start() as host, host.client() as client:
        with guest_of(host, client):
            for kind in (raw.STREAM, raw.STREAM_HOLE):
                for status in (raw.OK, raw.ERROR, raw.CONTINUE, 7, 0xffffffff):
                    for size in (0, 1, 12, 65000):
                        with host.client() as one:
                            serial = opens(one, raw.CONSOLE_FORCE)
                            for _ in range(3):
                                one.socket.sendall(raw.stream(raw.OPEN_CONSOLE, serial, status,
                                                              bytes(size), kind))
                            check(f"a call behind packets of type {kind}, status {status}, "
                                  f"{size} bytes is answered", one.call(raw.INFO, A).ok)


def many_that_come_and_go_leave_nothing():
    with Host().start() as host, host.client() as client:
        with guest_of(host, client, "yes"):
            client.close()
            with host.client() as first:
                opens(first)
            wait_for(lambda: False, 0.5)
            before = len(descriptors(host.pid))
            for n in range(40 if verdict.options.short else 400):
                with host.client() as one:
                    serial = opens(one, raw.CONSOLE_FORCE)
                    if n % 3 == 0:
                        one.socket.sendall(raw.stream(raw.OPEN_CONSOLE, serial, raw.OK, b""))
                    elif n % 3 == 1:
                        one.socket.sendall(raw.stream(raw.OPEN_CONSOLE, serial, raw.CONTINUE, PIECE))
            check("sessions that come and go leave no descriptor",
                  wait_for(lambda: len(descriptors(host.pid)) <= before, 5),
                  f"{before}, then {len(descriptors(host.pid))}")
            status, _ = host.stop()
            check("the daemon ends well behind them", status == 0 and not host.reports(),
                  f"{status} {host.reports()[:3]}")


if __name__ == "__main__":
    run(who_does_not_read_beside_a_guest_that_floods, who_floods_a_guest_that_does_not_read,
        packets_of_streams_that_nobody_has, packets_of_any_kind_in_any_order,
        many_that_come_and_go_leave_nothing)
