# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's protocol as an attacker speaks it: frames, the XDR of the few calls needed, a client."""
import contextlib
import socket
import struct

REMOTE, DOM0D, KEEPALIVE = 0x20008086, 0x64306430, 0x6b656570
CALL, REPLY, MESSAGE, STREAM, STREAM_HOLE = 0, 1, 2, 3, 6
OK, ERROR, CONTINUE = 0, 1, 2  # statuses of a stream's packets

OPEN, CLOSE = 1, 2
NODE_INFO, CAPABILITIES = 6, 7
CREATE, DESTROY, XML, INFO = 10, 12, 14, 16
LOOKUP_ID, LOOKUP_NAME, LOOKUP_UUID = 22, 23, 24
REBOOT, RESUME, SHUTDOWN, SUSPEND = 27, 28, 33, 34
RESTORE, SAVE, JOB_INFO, ABORT = 54, 55, 163, 164
STATE, SAVE_FLAGS, RESTORE_FLAGS, DESTROY_FLAGS = 212, 232, 233, 234
XML_TO_NATIVE, OPEN_CONSOLE = 136, 201
DEFINE, UNDEFINE, RENAME, START = 350, 231, 358, 196  # those with flags
GET_AUTOSTART, SET_AUTOSTART, IS_PERSISTENT = 15, 29, 151
MANAGED_SAVE, HAS_MANAGED_SAVE, MANAGED_SAVE_REMOVE = 182, 183, 184
SET_METADATA, GET_METADATA = 264, 265
LIST_ALL, JOB_STATS, REGISTER, DOMAIN_CAPABILITIES = 273, 298, 316, 342
JOB_LIST, JOB_WAIT, JOB_ABORT, JOB_LOG, GUEST_LIST = 1, 2, 3, 4, 8  # of DOM0D
EVENT_LIFECYCLE = 318

LIST_ACTIVE = 1  # a flag of LIST_ALL
XML_SECURE, XML_INACTIVE = 1, 2  # flags of XML
CONSOLE_FORCE = 1
UNDEFINE_SAVED = 1  # with the managed save
NO_DOMAIN = 42  # an error's code
ANY_EVENT = struct.pack(">iI", 0, 0)  # REGISTER's argument: lifecycle, of all domains


# ----- XDR -----

def string(text):
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def optional(text):
    return struct.pack(">I", 0) if text is None else struct.pack(">I", 1) + string(text)


def uint(n):
    return struct.pack(">I", n)


def hyper(n):
    return struct.pack(">Q", n)


def uuid(n):
    """The text of the uuid of a test's n-th domain."""
    return f"11111111-2222-3333-4444-{n:012d}"


def domain(name, uuid_text, domid=-1):
    return string(name) + bytes.fromhex(uuid_text.replace("-", "")) + struct.pack(">i", domid)


DOM0 = domain("Domain-0", "0" * 32, 0)


class Reader:
    """What a reply's body says, in its order."""

    def __init__(self, body):
        self.body, self.at = body, 0

    def take(self, count):
        self.at += count
        return self.body[self.at - count:self.at]

    def uint(self):
        return struct.unpack(">I", self.take(4))[0]

    def int(self):
        return struct.unpack(">i", self.take(4))[0]

    def hyper(self):
        return struct.unpack(">Q", self.take(8))[0]

    def bytes(self):
        size = self.uint()
        data = self.take(size)
        self.take(-size % 4)
        return data

    def string(self):
        return self.bytes().decode("utf-8", "surrogateescape")

    def domain(self):
        """(name, uuid, id)"""
        name, raw, domid = self.string(), self.take(16).hex(), self.int()
        return name, "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:])), domid


def frame(procedure, body=b"", serial=1, program=REMOTE, kind=CALL):
    return struct.pack(">7I", 28 + len(body), program, 1, procedure, kind, serial, 0) + body


def stream(procedure, serial, status, data=b"", kind=STREAM):
    """A packet of the stream that the call with this serial has opened."""
    return struct.pack(">7I", 28 + len(data), REMOTE, 1, procedure, kind, serial, status) + data


# ----- a client -----

class Reply:
    def __init__(self, status, body):
        self.ok = status == 0
        self.body = body
        self.code, self.raw_message = 0, b""
        if not self.ok:
            reader = Reader(body)
            self.code, _, there = reader.int(), reader.int(), reader.uint()
            self.raw_message = reader.bytes() if there else b""

    @property
    def message(self):
        return self.raw_message.decode("utf-8", "replace")

    def __str__(self):
        return "ok" if self.ok else f"error {self.code}: {self.message[:160]}"


class Client:
    """A connection.  A call that is not answered in its time raises TimeoutError."""

    def __init__(self, path, read_only=False, opened=True, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.timeout = timeout
        self.serial = 0
        self.kept = {}  # replies to calls that nobody has waited for yet
        self.events = []  # (procedure, body)
        # As libvirt's clients connect: one that does not block is turned away by a full backlog.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                               struct.pack("ll", int(timeout) + 1, 0))
        self.socket.connect(path)
        self.socket.settimeout(timeout)
        if opened:
            reply = self.call(OPEN, uint(0) + uint(1 if read_only else 0))
            if not reply.ok:
                raise ConnectionError(str(reply))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, procedure, body=b"", program=REMOTE):
        """Returns the serial, for wait()."""
        self.serial += 1
        self.socket.sendall(frame(procedure, body, self.serial, program))
        return self.serial

    def _receive(self, count):
        data = bytearray()
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError("the daemon has closed the connection")
            data += piece
        return bytes(data)

    def _take_frame(self):
        size = struct.unpack(">I", self._receive(4))[0]
        data = self._receive(size - 4)
        _, _, procedure, kind, serial, status = struct.unpack(">6I", data[:24])
        if kind == REPLY:
            self.kept[serial] = Reply(status, data[24:])
        else:
            self.events.append((procedure, data[24:]))

    def wait(self, serial, timeout=None):
        self.socket.settimeout(self.timeout if timeout is None else timeout)
        while serial not in self.kept:
            self._take_frame()
        return self.kept.pop(serial)

    def call(self, procedure, body=b"", program=REMOTE, timeout=None):
        return self.wait(self.send(procedure, body, program), timeout)

    def has_answer(self, serial):
        """Whether the answer is there now."""
        self.socket.settimeout(0.001)
        with contextlib.suppress(TimeoutError):
            while serial not in self.kept:
                self._take_frame()
        return serial in self.kept

    # What the cases ask for, by name.

    def create(self, xml, **how):
        return self.call(CREATE, string(xml) + uint(0), **how)

    def xml(self, dom, flags=0):
        return Reader(self.call(XML, dom + uint(flags)).body).string()

    def domains(self):
        """[(name, uuid, id)] of those that are active, without dom0."""
        reader = Reader(self.call(LIST_ALL, struct.pack(">iI", 1, LIST_ACTIVE)).body)
        every = [reader.domain() for _ in range(reader.uint())]
        return [dom for dom in every if dom[2] != 0]

    def jobs(self):
        """[(id, operation, name, state)]"""
        reply = self.call(JOB_LIST, program=DOM0D)
        if not reply.ok:
            raise RuntimeError(f"the list of jobs: {reply}")
        reader, jobs = Reader(reply.body), []
        for _ in range(reader.uint()):
            number, operation, name = reader.hyper(), reader.string(), reader.string()
            reader.take(16)
            jobs.append((number, operation, name, reader.uint()))
            reader.take(24 + 8)
        return jobs


def guest_xml(name, n, memory_mib=16, root="", extra="", devices="", tail="", kernel="/bin/true",
              kind="xenpvh"):
    return (f"<domain type='xen'{root}><name>{name}</name><uuid>{uuid(n)}</uuid>"
            f"<memory unit='MiB'>{memory_mib}</memory><vcpu>1</vcpu>"
            f"<os><type arch='x86_64'>{kind}</type><kernel>{kernel}</kernel></os>{extra}"
            f"<devices>{devices}</devices>{tail}</domain>")
