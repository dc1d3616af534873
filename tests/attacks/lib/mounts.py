# SPDX-License-Identifier: LGPL-2.1-or-later
"""File systems for a case: a small one, and one that is dead.  tests/attacks/run gives each case a
mount namespace of its own, where it can."""
import contextlib
import ctypes
import errno
import os
import struct
import tempfile
import threading

_libc = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2
FUSE_INIT = 26


def mount(kind, folder, options):
    if _libc.mount(b"none", folder.encode(), kind.encode(), 0, options.encode()):
        number = ctypes.get_errno()
        raise OSError(number, f"mount {kind}: {os.strerror(number)}")


@contextlib.contextmanager
def mounted(kind, options):
    folder = tempfile.mkdtemp(prefix="dom0d-attack-mount.")
    os.chmod(folder, 0o755)
    try:
        mount(kind, folder, options)
        yield folder
    finally:
        _libc.umount2(folder.encode(), MNT_DETACH)
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def can_mount():
    try:
        with mounted("tmpfs", "size=64k"):
            return True
    except OSError:
        return False


class Small:
    """A small tmpfs that can be filled."""

    def __init__(self, folder):
        self.folder = folder

    def fill_space(self):
        with contextlib.suppress(OSError), open(f"{self.folder}/filler", "ab", buffering=0) as file:
            while True:
                file.write(bytes(512))

    def fill_inodes(self):
        with contextlib.suppress(OSError):
            while True:
                number = len(os.listdir(self.folder))
                os.close(os.open(f"{self.folder}/filler-{number}", os.O_CREAT | os.O_EXCL))

    def empty(self):
        for name in os.listdir(self.folder):
            if name.startswith("filler"):
                os.unlink(f"{self.folder}/{name}")


@contextlib.contextmanager
def small(size="512k", inodes=64):
    with mounted("tmpfs", f"size={size},nr_inodes={inodes}") as folder:
        yield Small(folder)


@contextlib.contextmanager
def dead():
    """A FUSE file system whose server has said that it is there, and answers nothing more."""
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, device)  # with it all that wait are let go
        folder = tempfile.mkdtemp(prefix="dom0d-attack-dead.")
        stack.callback(os.rmdir, folder)
        mount("fuse", folder, f"fd={device},rootmode=40755,user_id=0,group_id=0,allow_other")
        stack.callback(_libc.umount2, folder.encode(), MNT_DETACH)
        request = os.read(device, 1 << 17)
        _, opcode, unique = struct.unpack("=IIQ", request[:16])
        if opcode != FUSE_INIT:
            raise OSError(errno.EPROTO, "no FUSE_INIT")
        body = struct.pack("=IIIIHHII", 7, 31, 65536, 0, 16, 12, 4096, 1) + bytes(32)
        os.write(device, struct.pack("=IiQ", 16 + len(body), 0, unique) + body)
        stop = threading.Event()
        server = threading.Thread(target=_swallow, args=(device, stop), daemon=True)
        server.start()
        stack.callback(server.join, 2)
        stack.callback(stop.set)
        yield folder


def _swallow(device, stop):
    os.set_blocking(device, False)
    while not stop.is_set():
        with contextlib.suppress(BlockingIOError):
            os.read(device, 1 << 17)
        stop.wait(0.02)
