#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A worker dies in the middle, and so do those that are to repair what it left: the repair is done again,
a destroy goes before it, and one that is never done is said and is the next daemon's."""
import os
import signal
import time

from lib import raw, verdict
from lib.host import Host, wait_for
from lib.verdict import check, run

A = raw.domain("a", raw.uuid(1))
# While the file is there each worker for a task crashes at once.
CRASHING = 'case "$1" in --*) ;; *) [ ! -e "$DOM0D_FAKE_DIR/crash" ] || kill -KILL $$ ;; esac'
REPAIRS = 5
REPAIRS_SECONDS = 15  # between the first and the last


def crash(host, yes=True):
    path = f"{host.folder}/crash"
    if yes:
        open(path, "w").close()
    else:
        os.unlink(path)


class Save:
    name = "a save"

    @staticmethod
    def begin(host, client):
        client.create(raw.guest_xml("a", 1))
        host.fake("delay", 3000)
        serial = client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
        wait_for(lambda: "s" in host.guests()["a"][2])
        return serial

    @staticmethod
    def is_undone(host):
        return host.guests().get("a", (0, 0, "?"))[2] == "" and \
            not any(name.startswith("image") for name in os.listdir(host.folder))


class Create:
    name = "a create"

    @staticmethod
    def begin(host, client):
        host.fake("delay", 3000)
        serial = client.send(raw.CREATE, raw.string(raw.guest_xml("a", 1)) + raw.uint(0))
        wait_for(host.guests)
        return serial

    @staticmethod
    def is_undone(host):
        return not host.guests()


class Restore(Create):
    name = "a restore"

    @staticmethod
    def begin(host, client):
        image = f"{host.folder}/image"
        client.create(raw.guest_xml("a", 1))
        client.call(raw.SAVE, A + raw.string(image))
        host.fake("delay", 3000)
        serial = client.send(raw.RESTORE, raw.string(image))
        wait_for(host.guests)
        return serial


def half_done(operation, host, client):
    """Its worker has died, and the first one that was to repair what it left."""
    serial = operation.begin(host, client)
    worker = host.wait_for_worker()
    crash(host)
    os.kill(worker, signal.SIGKILL)
    host.fake("delay", 0)
    wait_for(lambda: "trying again" in host.log())
    return serial


def world():
    return Host({"workers_idle": 0}, wrapper=CRASHING).start()


def a_repair_whose_worker_dies_is_done_again():
    for operation in (Save, Create, Restore):
        with world() as host, host.client() as client:
            serial = half_done(operation, host, client)
            time.sleep(1.5)
            crash(host, False)
            reply = client.wait(serial, 30)
            check(f"{operation.name} whose repair died twice is undone", not reply.ok
                  and wait_for(lambda: operation.is_undone(host), 5), f"{reply} {host.guests()}")


def what_is_never_repaired_is_the_next_daemons():
    for operation in [Save] if verdict.options.short else (Save, Create, Restore):
        with world() as host, host.client() as client:
            serial = half_done(operation, host, client)
            reply = client.wait(serial, 2 * REPAIRS_SECONDS + 15)
            check(f"{operation.name} that no worker could repair says so",
                  f"all {REPAIRS} workers that were to clean up after it died too" in str(reply), reply)
            crash(host, False)
            host.restart(signal.SIGTERM)
            check(f"{operation.name} that no worker could repair is undone by the next daemon",
                  wait_for(lambda: operation.is_undone(host)), f"{host.guests()} {host.last_lines(2)}")
            left = os.listdir(f"{host.run_dir}/jobs")
            check(f"{operation.name} that no worker could repair leaves no record then",
                  wait_for(lambda: not any("." in name for name in os.listdir(f"{host.run_dir}/jobs")), 5),
                  left)


def a_destroy_goes_before_a_repair_that_waits():
    for operation in (Save, Create, Restore):
        with world() as host, host.client() as client:
            half_done(operation, host, client)
            wait_for(lambda: "trying again in 4 s" in host.log())
            crash(host, False)
            begin = time.monotonic()
            reply = client.call(raw.DESTROY, A, timeout=30)
            seconds = time.monotonic() - begin
            check(f"{operation.name} whose repair waits is destroyed at once",
                  (reply.ok or reply.code == raw.NO_DOMAIN) and not host.guests() and seconds < 3.5,
                  f"{seconds:.1f} s, {reply}, {host.guests()}")


if __name__ == "__main__":
    run(a_repair_whose_worker_dies_is_done_again, what_is_never_repaired_is_the_next_daemons,
        a_destroy_goes_before_a_repair_that_waits)
