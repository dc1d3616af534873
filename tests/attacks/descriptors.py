#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon with few descriptors: who only reads does not take those that root needs."""
import os
import resource
import socket
import time

from lib import raw
from lib.host import Host, as_nobody, end_process
from lib.verdict import check, run

A = raw.domain("a", raw.uuid(1))


def hold(path, count, first):
    """Connect count times, say first, and stay."""
    held = []
    for _ in range(count):
        one = socket.socket(socket.AF_UNIX)
        one.settimeout(0.3)
        try:
            one.connect(path)
            one.sendall(first)
        except OSError:
            continue
        held.append(one)
    time.sleep(60)


OPENED = raw.frame(raw.OPEN, raw.uint(0) + raw.uint(1))
CROWDS = {"that say nothing": b"", "that are open": OPENED,
          "that have sent half a frame": OPENED[:20],
          "that wait for events": OPENED + raw.frame(raw.REGISTER, raw.ANY_EVENT, 2)}


def root_is_served(soft, hard, what, first):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    claim = f"{soft} descriptors ({hard} at most), readers {what}"
    with Host({"max_clients": 400, "workers_idle": 0}).start(prepare=limit) as host:
        client = host.client(timeout=10)
        client.create(raw.guest_xml("a", 1))
        client.create(raw.guest_xml("b", 2))
        crowd = as_nobody(lambda: hold(host.socket_ro, 300, first))
        try:
            time.sleep(1)
            judge(host, client, claim)
        finally:
            end_process(crowd)
        time.sleep(0.5)
        with host.client() as after:
            check(f"{claim}: when they have gone all is well", after.call(raw.INFO, raw.DOM0).ok)


def judge(host, client, claim):
    for word, call in (("saves", lambda c: c.call(raw.SAVE, A + raw.string(f"{host.folder}/image"))),
                       ("restores", lambda c: c.call(raw.RESTORE, raw.string(f"{host.folder}/image"))),
                       ("destroys", lambda c: c.call(raw.DESTROY, A)),
                       ("creates", lambda c: c.create(raw.guest_xml("c", 3)))):
        try:
            reply = call(client)
        except TimeoutError as error:
            reply = error
        check(f"{claim}: root {word}", getattr(reply, "ok", False), reply)
    try:
        with host.client(timeout=5) as late:
            good = late.call(raw.DESTROY, raw.domain("b", raw.uuid(2)))
    except (OSError, EOFError) as error:
        good = error
    check(f"{claim}: root is let in and destroys", getattr(good, "ok", False), good)


def readers_leave_root_its_descriptors():
    for what, first in CROWDS.items():
        root_is_served(100, 100, what, first)


def the_limit_is_raised_where_it_can_be():
    """`ulimit -n 1024` is where a shell begins; the hard limit is far above."""
    root_is_served(100, 4096, "that are open", OPENED)


def the_log_says_what_is_cut():
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    with Host({"max_clients": 2000}).start(prepare=limit) as host:
        check("that there are fewer clients than were configured is said",
              any("max_clients" in line or "RLIMIT_NOFILE" in line or "descriptor" in line
                  for line in host.log().splitlines()), host.last_lines())


def workers_have_descriptors_enough():
    """Many jobs at once under a small limit: each is done or refused, and the daemon lives."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    with Host({"workers_idle": 0}).start(prepare=limit) as host:
        client = host.client()
        host.fake("delay", 300)
        serials = [client.send(raw.CREATE, raw.string(raw.guest_xml(f"g{n}", n)) + raw.uint(0))
                   for n in range(1, 15)]
        replies = [client.wait(serial) for serial in serials]
        clients = [host.client() for _ in range(8)]
        more = [c.send(raw.CREATE, raw.string(raw.guest_xml(f"h{k}-{n}", 100 + 20 * k + n))
                       + raw.uint(0)) and c for k, c in enumerate(clients) for n in range(8)]
        for k, one in enumerate(clients):
            replies += [one.wait(serial) for serial in range(2, 10)]
        made = sum(reply.ok for reply in replies)
        check("as many guests are there as were told to be", len(host.guests()) == made and more,
              f"{made} told, {len(host.guests())} there")
        check("all is answered, and the daemon lives",
              host.process.poll() is None and os.path.exists(host.socket)
              and host.client().call(raw.INFO, raw.DOM0).ok)


if __name__ == "__main__":
    run(readers_leave_root_its_descriptors, the_limit_is_raised_where_it_can_be,
        the_log_says_what_is_cut, workers_have_descriptors_enough)
