# SPDX-License-Identifier: LGPL-2.1-or-later
"""A dom0d of its own on a fake Xen of its own: started, stopped, killed, and looked at from outside."""
import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

from lib import raw

PATIENCE = 30  # seconds, of what takes none
REPORTS = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed|"
                     r"libxl would die here")
NOBODY = 65534


def wait_for(condition, seconds=PATIENCE):
    """Its value as soon as it is true; what it is at the end of the time otherwise."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.02)


def status_of(pid):
    """Of /proc/PID/status; {} if there is none."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    except OSError:
        return {}


def is_alive(pid):
    return status_of(pid).get("State", "Z")[0] not in "ZX"


def peak_kib(pid):
    """0: it has ended."""
    return int(status_of(pid).get("VmHWM", "0 kB").split()[0])


def descriptors(pid):
    """{number: what it is}"""
    found = {}
    with contextlib.suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                found[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
    return found


def allow_descriptors(count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY:
        count = max(count, hard) if os.geteuid() == 0 else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(count, hard)))


def as_nobody(work):
    """The pid of a process that does it as a user without any right."""
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        work()
    except (OSError, EOFError, ConnectionError) as error:
        print(f"# {error!r}", flush=True)
    finally:
        os._exit(0)


def end_process(pid):
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


class Host:
    """
    settings   lines of dom0d.conf, {key: value}
    run_dir    RUN_DIR, if it is to lie elsewhere than in memory, where /run has it
    wrapper    what a script does before it becomes the worker, in sh
    """

    def __init__(self, settings=None, run_dir=None, wrapper=None):
        self.build = os.environ["DOM0D_BUILD"]
        self.folder = tempfile.mkdtemp(prefix="dom0d-attack.")
        os.chmod(self.folder, 0o755)
        self.memory = None if run_dir else tempfile.mkdtemp(prefix="dom0d-attack-run.", dir="/dev/shm")
        self.run_dir = run_dir or f"{self.memory}/run"
        self.socket, self.socket_ro = f"{self.folder}/s", f"{self.folder}/r"
        self.log_path = f"{self.folder}/log"
        self.process = None
        self.environment = dict(
            os.environ, DOM0D_FAKE_DIR=self.folder, DOM0D_HANG=self.folder,
            ASAN_OPTIONS="exitcode=99:detect_leaks=1:quarantine_size_mb=8:verify_asan_link_order=0",
            UBSAN_OPTIONS="print_stacktrace=1")
        self._configure(settings or {}, wrapper)

    def _configure(self, settings, wrapper):
        worker = f"{self.build}/tests/fakes/dom0d-worker-fake"
        if wrapper:
            with open(f"{self.folder}/worker", "w") as file:
                file.write(f"#!/bin/sh\n{wrapper}\nexec {worker} \"$@\"\n")
            worker = f"{self.folder}/worker"
            os.chmod(worker, 0o755)
        os.mkdir(f"{self.folder}/dump")
        os.mkdir(f"{self.folder}/save")
        os.makedirs(f"{self.folder}/etc/domains")
        os.mkdir(f"{self.folder}/etc/autostart")
        lines = {"socket": self.socket, "socket_ro": self.socket_ro, "socket_group": "",
                 "config_dir": f"{self.folder}/etc", "run_dir": self.run_dir,
                 "dump_dir": f"{self.folder}/dump", "save_dir": f"{self.folder}/save", "worker": worker}
        lines.update(settings)
        with open(f"{self.folder}/conf", "w") as file:
            file.writelines(f"{key} = {value}\n" for key, value in lines.items())

    # ----- the daemon -----

    def start(self, prepare=None, command=(), wait=True, **how):
        """prepare runs in the new process; command are words to start it by, as prlimit's."""
        def prepare_as_unit():
            # Nice= of dom0d.service
            with contextlib.suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, 0, -5)
            if prepare:
                prepare()
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(
                [*command, f"{self.build}/tests/fakes/dom0d-fake", "--config", f"{self.folder}/conf"],
                env=self.environment, stdin=subprocess.DEVNULL, stderr=log, preexec_fn=prepare_as_unit, **how)
        if wait and not wait_for(lambda: self.process.poll() is not None or self.serves()):
            raise RuntimeError("the daemon does not answer: " + self.last_lines())
        if wait and self.process.poll() is not None:
            raise RuntimeError(f"the daemon ended with {self.process.returncode}: "
                               + self.last_lines())
        return self

    def serves(self):
        with contextlib.suppress(OSError, EOFError, ConnectionError):
            raw.Client(self.socket, timeout=2).close()
            return True
        return False

    @property
    def pid(self):
        return self.process.pid

    def stop(self, signum=signal.SIGTERM, seconds=PATIENCE):
        """Returns (exit status, seconds); negative: of a signal."""
        begin = time.monotonic()
        self.process.send_signal(signum)
        return self.process.wait(seconds), time.monotonic() - begin

    def restart(self, signum=signal.SIGKILL):
        self.stop(signum)
        return self.start()

    def log(self):
        with open(self.log_path, errors="surrogateescape") as file:
            return file.read()

    def last_lines(self, count=3):
        return " / ".join(self.log().splitlines()[-count:])

    def reports(self):
        """What the sanitizers or an assertion have said."""
        return [line for line in self.log().splitlines() if REPORTS.search(line)]

    def client(self, **how):
        return raw.Client(self.socket, **how)

    def reader(self, **how):
        return raw.Client(self.socket_ro, read_only=True, **how)

    # ----- the fake Xen -----

    def fake(self, *words):
        return subprocess.run([f"{self.build}/tests/fakes/fake-xen", *map(str, words)],
                              env=self.environment, check=True, stdout=subprocess.PIPE,
                              encoding="utf-8", errors="surrogateescape").stdout

    def guests(self):
        """{name: (id, uuid, state, counter)} as Xen has them; state is of "psd"."""
        found = {}
        for line in re.split(r"\n(?=\d+ [0-9a-f-]{36} )", self.fake("list").rstrip("\n")):
            domid, uuid, state, counter, name = line.split(" ", 4)
            if domid != "0":
                found[name] = int(domid), uuid, state.replace("-", ""), int(counter)
        return found

    def hang(self, call, yes=True):
        """A system call of workers that does not return while it hangs; see hang.c."""
        path = f"{self.folder}/hang-{call}"
        if yes:
            open(path, "w").close()
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    # ----- workers -----

    def workers(self):
        """{pid: its socket}"""
        found = {}
        start = f"{self.run_dir}/jobs/".encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    sockets = [word for word in file.read().split(b"\0") if word.startswith(start)]
                if sockets and is_alive(pid):
                    found[int(pid)] = sockets[0].decode()
        return found

    def busy_workers(self):
        return [pid for pid, path in self.workers().items() if os.path.exists(f"{path}.job")]

    def wait_for_worker(self):
        """One that is at work and stays so: a record outlives the answer for a moment."""
        def lasting():
            before = self.busy_workers()
            time.sleep(0.08)
            return [pid for pid in self.busy_workers() if pid in before]
        busy = wait_for(lasting)
        if not busy:
            raise RuntimeError("no worker is at work: " + self.last_lines())
        return busy[0]

    # ----- the end -----

    def end(self):
        if self.process and self.process.poll() is None:
            try:
                self.stop(seconds=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for name in os.listdir(self.folder):
            if name.startswith("hang-"):
                os.unlink(f"{self.folder}/{name}")
        wait_for(self._kill_workers, 5)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.memory:
            shutil.rmtree(self.memory, ignore_errors=True)

    def _kill_workers(self):
        """One may just have been started.  Returns whether there was none."""
        workers = self.workers()
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not workers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def hanging_worker():
    """A wrapper for Host, with which hang() works: of workers, not of the helper and the queries."""
    return ('case "$1" in --*) ;; *) '
            f"export LD_PRELOAD={os.environ['DOM0D_BUILD']}/tests/attacks/hang.so;; esac")
