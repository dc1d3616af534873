#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a worker and its helper inherit, and whom they outlive: no socket of the daemon, nothing of
systemd, a session of its own, and no helper without its worker."""
import contextlib
import os
import signal
import socket
import subprocess
import time

from lib import raw, verdict
from lib.host import Host, descriptors, is_alive, status_of, wait_for
from lib.verdict import check, run

A = raw.domain("a", raw.uuid(1))
SYSTEMD = ("LISTEN_", "NOTIFY_", "WATCHDOG_", "MAINPID", "FDSTORE")
HELPER = "sleep 61 </dev/null >/dev/null 2>&1 &"
OWN_GROUP = "(set -m; sleep 62 </dev/null >/dev/null 2>&1 &)"


def save(host, client):
    client.create(raw.guest_xml("a", 1))
    host.fake("delay", 20000)
    client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
    worker = host.wait_for_worker()
    time.sleep(0.4)
    return worker


# ----- what is inherited -----

def inherited(pid, daemon):
    """Sockets and files of the daemon that it holds, without its standard ones."""
    theirs = set(descriptors(daemon).values())
    return {fd: what for fd, what in descriptors(pid).items()
            if fd > 2 and what in theirs and not what.startswith(("anon_inode:", "/dev/null"))
            and not what.endswith(("/world", "/changed"))}  # the fake's own


def systemd_words(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ") as file:
        return [word for word in file.read().split("\0") if word.startswith(SYSTEMD)]
    return []


def start_by_activation(host):
    """As systemd does: sockets at 3 and above, LISTEN_* in the environment, a place to notify."""
    sockets = []
    for path in (host.socket, host.socket_ro):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        sockets.append(socket.socket(socket.AF_UNIX))
        sockets[-1].bind(path)
        sockets[-1].listen(64)
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(f"{host.folder}/notify{time.monotonic()}")

    def prepare():
        copies = [os.dup(one.fileno()) for one in sockets]
        for number, copy in enumerate(copies, 3):
            os.dup2(copy, number, inheritable=True)
    host.environment.update(
        NOTIFY_SOCKET=notify.getsockname(), WATCHDOG_USEC="60000000", LISTEN_FDS="2",
        LISTEN_FDNAMES="dom0d:dom0d-ro", INVOCATION_ID="0" * 32, JOURNAL_STREAM="1:1")
    host.start(prepare, ["sh", "-c", 'export LISTEN_PID=$$ WATCHDOG_PID=$$; exec "$0" "$@"'],
               pass_fds=(3, 4))
    return sockets + [notify]


def judge_workers(host, when, kept):
    del kept  # they are open in this process up to here
    workers = wait_for(lambda: host.workers(), 10)
    check(f"{when}: there are workers to look at", workers)
    for pid, path in workers.items():
        what = "a busy worker" if os.path.exists(f"{path}.job") else "an idle worker"
        held = inherited(pid, host.pid)
        check(f"{when}: {what} holds nothing of the daemon's", not held, held)
        words = systemd_words(pid)
        check(f"{when}: {what} has nothing of systemd's in its environment", not words, words)
        check(f"{when}: {what} leads a session of its own",
              os.getsid(pid) == pid != os.getsid(host.pid), os.getsid(pid))
        for child in helpers_of(pid):
            held = inherited(child, host.pid)
            check(f"{when}: what {what} has started holds nothing of the daemon's", not held, held)


def nothing_is_inherited():
    with Host(wrapper=HELPER) as host:
        kept = start_by_activation(host)
        with host.client() as client, host.client() as other:
            other.call(raw.INFO, raw.DOM0)
            save(host, client)
            judge_workers(host, "started by systemd", kept)


def nothing_is_inherited_by_repairs():
    """Workers that are started before the daemon serves: for what its predecessor left."""
    with Host().start() as host:
        with host.client() as client:
            client.create(raw.guest_xml("b", 2))
            worker = save(host, client)
            client.send(raw.SUSPEND, raw.domain("b", raw.uuid(2)))
        os.kill(worker, signal.SIGSTOP)
        host.stop(signal.SIGKILL)
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: not host.workers())
        host.fake("delay", 8000)
        kept = start_by_activation(host)
        wait_for(host.busy_workers, 10)
        judge_workers(host, "started by systemd with something to repair", kept)


# ----- who outlives whom -----

def a_stopped_worker_outlives_the_daemon():
    for signum in (signal.SIGTERM, signal.SIGKILL):
        with Host().start() as host:
            with host.client() as client:
                worker = save(host, client)
            os.kill(worker, signal.SIGSTOP)
            host.stop(signum)
            time.sleep(0.4)
            name = signal.Signals(signum).name
            if not check(f"a worker that is stopped outlives the daemon's {name}", is_alive(worker),
                         status_of(worker).get("State")):
                continue
            os.kill(worker, signal.SIGCONT)
            host.fake("delay", 0)
            host.start()
            done = wait_for(lambda: not host.guests(), 10)
            check(f"and its save ends well after {name}",
                  done and os.path.exists(f"{host.folder}/image"), host.last_lines())


def a_terminal_that_hangs_up_ends_no_job():
    """The daemon in a terminal's session: SIGHUP and SIGINT go to its whole process group."""
    with Host().start(start_new_session=True) as host:
        with host.client() as client:
            worker = save(host, client)
        for signum in (signal.SIGINT, signal.SIGHUP):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(host.pid, signum)
        host.process.wait(10)
        time.sleep(0.3)
        check("a signal to the daemon's process group does not reach its workers", is_alive(worker))


def helpers_of(worker):
    """Its descendants, and those of its session and process group."""
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        with contextlib.suppress(OSError):
            if pid != worker and is_alive(pid) and (
                    worker in (os.getpgid(pid), os.getsid(pid))
                    or status_of(pid).get("PPid") == str(worker)):
                found.append(pid)
    return found


def ended_with(host, client, how):
    worker = save(host, client)
    helpers = helpers_of(worker)
    if not helpers:
        raise RuntimeError("the worker has no helper")
    how(host, worker)
    gone = wait_for(lambda: not any(map(is_alive, helpers)), 5)
    for pid in helpers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return gone


def worker_killed(_, worker):
    os.kill(worker, signal.SIGKILL)


def daemon_killed_then_worker(host, worker):
    host.restart(signal.SIGKILL)
    time.sleep(0.3)
    os.kill(worker, signal.SIGKILL)


def daemon_stopped_then_worker(host, worker):
    host.restart(signal.SIGTERM)
    time.sleep(0.3)
    os.kill(worker, signal.SIGKILL)


def worker_dies_without_a_daemon(host, worker):
    host.stop(signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    host.start()


def destroyed_while_stopped(host, worker):
    os.kill(worker, signal.SIGSTOP)
    host.fake("delay", 0)
    with host.client() as client:
        client.call(raw.DESTROY, A)


ENDS = {"its worker was killed": worker_killed,
        "its worker was killed after the daemon": daemon_killed_then_worker,
        "its worker was killed after a restart of the daemon": daemon_stopped_then_worker,
        "its worker died while there was no daemon": worker_dies_without_a_daemon,
        "its worker was ended by a destroy": destroyed_while_stopped}


def no_helper_outlives_its_worker():
    for what, how in ENDS.items():
        with Host(wrapper=HELPER).start() as host, host.client() as client:
            check(f"a helper goes where {what}", ended_with(host, client, how))
    if verdict.options.short:
        return
    for what, how in ENDS.items():
        with Host(wrapper=OWN_GROUP).start() as host, host.client() as client:
            check(f"a helper in a process group of its own goes where {what}",
                  ended_with(host, client, how))


def a_number_that_is_used_again_is_safe():
    """The record's pid belongs to somebody else by now: that one is not killed."""
    with Host({"workers_idle": 0}).start() as host:
        with host.client() as client:
            worker = save(host, client)
        host.stop(signal.SIGKILL)
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: not is_alive(worker))
        other = process_with_pid(worker)
        if other is None:
            verdict.skip("no process gets the pid that is wanted")
            return
        host.fake("delay", 0)
        host.start()
        with host.client() as client:
            client.call(raw.DESTROY, A)
        time.sleep(0.5)
        check("a process that has the pid of a dead worker is not killed", other.poll() is None)
        other.kill()
        other.wait()



def process_with_pid(pid):
    with contextlib.suppress(OSError):
        with open("/proc/sys/kernel/ns_last_pid", "w") as file:
            file.write(str(pid - 1))
        child = subprocess.Popen(["sleep", "60"])
        if child.pid == pid:
            return child
        child.kill()
        child.wait()
    return None


if __name__ == "__main__":
    run(nothing_is_inherited, nothing_is_inherited_by_repairs, a_stopped_worker_outlives_the_daemon,
        a_terminal_that_hangs_up_ends_no_job, no_helper_outlives_its_worker,
        a_number_that_is_used_again_is_safe)
