#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the next daemon makes of RUN_DIR: records are ordered by number and phase and not by the clock,
one that cannot be read now is not thrown away, one that is damaged hurts no guest; and files that are
no images."""
import contextlib
import os
import shutil
import signal
import struct
import time

from lib import raw, verdict
from lib.host import Host, wait_for
from lib.verdict import check, note, run

A = raw.domain("a", raw.uuid(1))


def records(host):
    folder = f"{host.run_dir}/jobs"
    return sorted(f"{folder}/{name}" for name in os.listdir(folder) if name.endswith(".job"))


@contextlib.contextmanager
def a_save_whose_worker_died(suspended=True):
    """The guest is suspended, the daemon is dead, the record is there."""
    with Host() as host:
        host.start()
        with host.client() as client:
            client.create(raw.guest_xml("a", 1))
            host.fake("delay", 2000 if suspended else 30000)
            client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
            worker = host.wait_for_worker()
            if suspended:
                wait_for(lambda: "s" in host.guests()["a"][2], 10)
        host.stop(signal.SIGKILL)
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: worker not in host.workers())
        host.fake("delay", 0)
        yield host


def runs_again(host, seconds=15):
    return wait_for(lambda: host.guests().get("a", (0, 0, "gone"))[2] == "", seconds)


def begun_usec_at(data):
    """Where a record says when its task was begun: a number of about now, whatever its version."""
    for at in range(28, len(data) - 7, 4):
        usec = struct.unpack(">Q", data[at:at + 8])[0]
        if abs(usec / 1000000 - time.time()) < 86400:
            return at
    raise RuntimeError("the record does not say when its task was begun")


def shift_time(path, seconds):
    with open(path, "rb") as file:
        data = file.read()
    at = begun_usec_at(data)
    usec = struct.unpack(">Q", data[at:at + 8])[0] + seconds * 1000000
    with open(path, "wb") as file:
        file.write(data[:at] + struct.pack(">Q", max(usec, 0)) + data[at + 8:])


def the_clock_may_go_back_within_a_job():
    """Both tasks of a restart are recorded, the second one with an earlier time than the first."""
    for seconds in (-3600, 3600):
        with Host().start() as host, host.client() as client:
            client.create(raw.guest_xml("a", 1, extra="<on_reboot>restart</on_reboot>"))
            host.fake("delay", 1500)
            host.fake("shutdown", host.guests()["a"][0], 1)
            first = host.wait_for_worker()
            path = records(host)[0]
            shutil.copy(path, f"{host.folder}/first")
            wait_for(lambda: first not in host.busy_workers() and host.busy_workers())
            wait_for(lambda: host.guests().get("a", (0, 0, ""))[2] == "p")  # half-built
            worker = host.busy_workers()
            host.stop(signal.SIGKILL)
            for pid in worker:
                os.kill(pid, signal.SIGKILL)
            shift_time(f"{host.folder}/first", -seconds)
            shutil.copy(f"{host.folder}/first", path)
            host.fake("delay", 0)
            host.start()
            check("two tasks of a restart, the clock " + ("set back" if seconds < 0 else "set forward")
                  + " between them: the guest comes back", runs_again(host),
                  f"{host.guests()} {host.last_lines(2)}")


def the_clock_may_go_back():
    """A record whose time is not of this world."""
    for years in (-30, 30):
        with a_save_whose_worker_died() as host:
            for path in records(host):
                shift_time(path, years * 365 * 86400)
            host.start()
            check(f"a record of {abs(years)} years {'ago' if years < 0 else 'ahead'}: the guest runs again",
                  runs_again(host), f"{host.guests()} {host.last_lines(2)}")


def a_repair_that_dies_is_begun_anew():
    """Whoever killed the worker, as a lack of memory, may kill the next one too."""
    for kills in (2,) if verdict.options.short else (2, 3):
        with Host().start() as host, host.client() as client:
            client.create(raw.guest_xml("a", 1))
            host.fake("delay", 1000)
            client.send(raw.SAVE, A + raw.string(f"{host.folder}/image"))
            wait_for(lambda: "s" in host.guests()["a"][2], 10)
            kill_one_after_the_other(host, kills)
            check(f"a save whose worker and {kills - 1} that repaired it were killed: the guest runs again",
                  runs_again(host), f"{host.guests()} {host.last_lines(1)}")
        with Host().start() as host, host.client() as client:
            host.fake("delay", 1000)
            client.send(raw.CREATE, raw.string(raw.guest_xml("a", 1)) + raw.uint(0))
            wait_for(lambda: "a" in host.guests(), 10)
            kill_one_after_the_other(host, kills)
            gone = wait_for(lambda: not host.guests(), 15)
            check(f"a create whose worker and {kills - 1} that repaired it were killed: nothing is left",
                  gone, f"{host.guests()} {host.last_lines(1)}")


def kill_one_after_the_other(host, kills):
    for _ in range(kills):
        pid = host.wait_for_worker()
        time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: pid not in host.busy_workers(), 5)
        if not wait_for(host.busy_workers, 2):
            break
    host.fake("delay", 0)


def a_record_that_cannot_be_read_stays():
    """For no descriptor, or an error of the disk, that is over at the next start.  A folder of the
    record's name stands for it: open succeeds and read fails."""
    with a_save_whose_worker_died() as host:
        paths = records(host)
        for path in paths:
            os.rename(path, f"{path}-away")
            os.mkdir(path)
        with contextlib.suppress(RuntimeError):
            host.start()
            host.stop()
        there = [path for path in paths if os.path.exists(path)]
        check("a record that cannot be read is not thrown away", there == paths, there)
        for path in paths:
            with contextlib.suppress(OSError):
                os.rmdir(path)
            os.rename(f"{path}-away", path)
        host.start()
        check("and by the next daemon its guest runs again", runs_again(host), host.guests())


def records_are_read_with_few_descriptors():
    with a_save_whose_worker_died() as host:
        paths = records(host)
        for descriptors in (12, 16, 20, 24):
            with contextlib.suppress(RuntimeError):
                host.start(command=["prlimit", f"--nofile={descriptors}:{descriptors}"])
            if host.process.poll() is None:
                time.sleep(0.5)
                host.stop(signal.SIGKILL)
        kept = runs_again(host, 0) or all(map(os.path.exists, paths))
        check("a daemon that starts with too few descriptors throws no record away", kept,
              host.last_lines())
        host.start()
        check("and by the next one its guest runs again", runs_again(host),
              f"{host.guests()} {host.last_lines(2)}")


def a_damaged_record_hurts_nobody():
    def cut(data):
        return data[:len(data) // 2]

    def filled(data):
        return data + bytes(1 << 20)

    def flipped(data):
        return bytes([data[0] ^ 0xff]) + data[1:]

    def other_domid(data):
        """Of a guest that is another one by now: the uuid decides."""
        raw_uuid = bytes.fromhex(raw.uuid(1).replace("-", ""))
        at = data.index(raw_uuid) + 16
        return data[:at] + struct.pack(">i", 2) + data[at + 4:]

    for how in (cut, filled, flipped, other_domid, lambda data: b""):
        with a_save_whose_worker_died() as host:
            domid = host.fake("create", "innocent", raw.uuid(2), "pvh").strip()
            note(f"an innocent guest {domid}")
            for path in records(host):
                with open(path, "rb") as file:
                    data = file.read()
                with open(path, "wb") as file:
                    file.write(how(data))
            name = how.__name__.replace("<lambda>", "emptied")
            try:
                host.start()
            except RuntimeError as error:
                check(f"a record that is {name}: the daemon serves", False, error)
                continue
            time.sleep(1)
            check(f"a record that is {name}: another guest is left alone",
                  host.guests().get("innocent", (0, 0, "gone"))[2] == "", host.guests())
            with host.client() as client:
                reply = client.call(raw.DESTROY, A, timeout=15)
                check(f"a record that is {name}: its guest can be destroyed", reply.ok
                      and "a" not in host.guests(), reply)


def a_short_file_hurts_nobody():
    """As a disk that was full, or a power cut, leaves them; in each of the folders."""
    for name in ("jobs/0011223344556677.job", "queue/00000000000000000077.job", "domains/77.domain",
                 "ended/00000000000000000077.ended"):
        for size in (0, 27) if verdict.options.short else (0, 1, 4, 27, 28, 100):
            with Host().start() as host:
                with host.client() as client:
                    client.create(raw.guest_xml("a", 1))
                host.stop(signal.SIGKILL)
                os.makedirs(os.path.dirname(f"{host.run_dir}/{name}"), exist_ok=True)
                with open(f"{host.run_dir}/{name}", "wb") as file:
                    file.write(struct.pack(">7I", 28, 0x64306457, 1, 0, 2, 0, 0)[:size].ljust(size, b"x"))
                try:
                    host.start()
                    with host.client() as client:
                        good = client.call(raw.INFO, A)
                    check(f"{name} of {size} bytes: the daemon serves", good.ok, good)
                except RuntimeError as error:
                    check(f"{name} of {size} bytes: the daemon serves", False, error)


def another_file_in_run_dir_hurts_nobody():
    with a_save_whose_worker_died() as host:
        jobs = f"{host.run_dir}/jobs"
        os.symlink("/etc/passwd", f"{jobs}/link.job")
        os.mkfifo(f"{jobs}/pipe.job")
        os.mkdir(f"{jobs}/folder.job")
        os.mkfifo(f"{host.run_dir}/queue/00000000000000000009.job")
        os.mkfifo(f"{host.run_dir}/domains/7.domain")
        with open(f"{jobs}/{'n' * 200}.job", "w") as file:
            file.write("x")
        shutil.copy(records(host)[0] if os.path.isfile(records(host)[0]) else "/etc/hostname",
                    f"{host.run_dir}/queue/00000000000000000010.job")
        try:
            host.start()
            check("a pipe, a link and a folder in RUN_DIR hold no daemon up", True)
        except RuntimeError as error:
            check("a pipe, a link and a folder in RUN_DIR hold no daemon up", False, error)
            return
        check("and the guest runs again", runs_again(host), host.guests())


def what_is_no_image_is_refused():
    with Host().start() as host, host.client() as client:
        os.mkfifo(f"{host.folder}/fifo")
        paths = ["/proc/kmsg", "/sys/kernel/tracing/trace_pipe", "/sys/kernel/debug/tracing/trace_pipe",
                 "/proc/self/mem", "/proc/self/environ", "/proc/self/fd/0", "/dev/zero", "/dev/full",
                 "/proc/sys/kernel/hostname", f"{host.folder}/fifo", host.socket, host.folder,
                 "/proc/1/root/dev/random", "/proc/self/pagemap", "/sys/power/state"]
        for path in paths:
            serial = client.send(raw.RESTORE, raw.string(path))
            try:
                reply = client.wait(serial, 5)
                check(f"{path} is refused as an image", not reply.ok, reply)
                continue
            except TimeoutError:
                pass
            with host.client() as other:
                jobs = other.jobs()
                aborted = jobs and other.call(raw.JOB_ABORT, raw.hyper(jobs[0][0]), raw.DOM0D)
                gone = wait_for(lambda: not other.jobs(), 8)
            check(f"{path} is refused as an image, or its restore ends by an abort",
                  aborted and aborted.ok and gone, "no answer")
            for pid in host.busy_workers():
                os.kill(pid, signal.SIGKILL)


def a_save_goes_to_new_files_only():
    """Nothing that is there is written to, and no link is followed."""
    with Host().start() as host, host.client() as client:
        client.create(raw.guest_xml("a", 1))
        victim = f"{host.folder}/victim"
        with open(victim, "w") as file:
            file.write("precious")
        os.symlink(victim, f"{host.folder}/link")
        os.symlink(f"{host.folder}/nowhere", f"{host.folder}/dangling")
        os.mkfifo(f"{host.folder}/fifo")
        os.link(victim, f"{host.folder}/hard")
        for name in ("victim", "link", "dangling", "fifo", "hard", "run/jobs", ".", ".."):
            path = f"{host.folder}/{name}"
            reply = client.call(raw.SAVE, A + raw.string(path), timeout=10)
            with open(victim) as file:
                whole = file.read() == "precious"
            if reply.ok:
                note(f"a save to {name} is done")
                client.call(raw.RESTORE, raw.string(path))
            check(f"a save to {name} leaves what is there, and its guest", whole
                  and "a" in host.guests() and host.guests()["a"][2] == ""
                  and not os.path.exists(f"{host.folder}/nowhere"), reply)


if __name__ == "__main__":
    run(the_clock_may_go_back, the_clock_may_go_back_within_a_job,
        a_repair_that_dies_is_begun_anew, a_record_that_cannot_be_read_stays,
        records_are_read_with_few_descriptors, a_damaged_record_hurts_nobody,
        a_short_file_hurts_nobody, another_file_in_run_dir_hurts_nobody, what_is_no_image_is_refused,
        a_save_goes_to_new_files_only)
