# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that last, for chaos: what may be true of each of them, and what is.

A state is what is stored of a guest, which may be nothing, and what has become of the guest itself.  Each
operation is a step from one state to another; a call that was not answered may have been either."""
import contextlib
import dataclasses
import os
import re
import struct
import xml.etree.ElementTree as xml_tree

from lib import raw

FIRST = 101  # of their uuids: chaos has other guests besides
OFF, RUNS, SAVED = "is off", "runs", "is in its managed save"


@dataclasses.dataclass(frozen=True)
class State:
    name: str  # by which it is called
    title: int = None  # of its definition; None: there is none
    autostart: bool = False
    is_now: str = OFF

    @property
    def exists(self):
        return self.title is not None or self.is_now == RUNS

    def __str__(self):
        if self.title is None:
            return f"{self.name} without a definition, which {self.is_now}"
        return (f"{self.name} with the title {self.title}{', autostarted' if self.autostart else ''}, "
                f"which {self.is_now}")


class Lasting:
    """One of them; chaos asks for an operation of it, and tells it what was answered."""

    def __init__(self, n):
        self.n, self.uuid = n, raw.uuid(FIRST + n)
        self.may = {State(f"lasting-{n}")}
        self.titles = 0
        self.counter = 0  # at least, while it runs or is saved
        self.busy = None  # the operation that is open

    @property
    def state(self):
        """Where it is certain."""
        return next(iter(self.may)) if len(self.may) == 1 else None

    @property
    def domain(self):
        """The daemon goes by the uuid."""
        return raw.domain(f"lasting-{self.n}", self.uuid)

    def choices(self):
        """[(operation, procedure, body, the state after it)] of all that can be asked for now."""
        now, change = self.state, dataclasses.replace
        self.titles += 1
        xml = raw.guest_xml(now.name, FIRST + self.n, extra=f"<title>{self.titles}</title>")
        found = [("define", raw.DEFINE, raw.string(xml) + raw.uint(0), change(now, title=self.titles))]
        if now.is_now == RUNS:
            gone = change(now, is_now=OFF)
            found.append(("stop", raw.DESTROY, self.domain, gone))
        if now.title is None:
            return found
        without = {"title": None, "autostart": False}
        if now.is_now == RUNS:
            found.append(("undefine", raw.UNDEFINE, self.domain + raw.uint(0), change(now, **without)))
            found += 3 * [("managedsave", raw.MANAGED_SAVE, self.domain + raw.uint(0),
                           change(now, is_now=SAVED))]
        else:
            found.append(("undefine", raw.UNDEFINE, self.domain + raw.uint(raw.UNDEFINE_SAVED),
                          change(now, is_now=OFF, **without)))
            found += 2 * [("start from a managed save" if now.is_now == SAVED else "start", raw.START,
                           self.domain + raw.uint(0), change(now, is_now=RUNS))]
        if now.is_now == SAVED:
            found.append(("forget the managed save", raw.MANAGED_SAVE_REMOVE,
                          self.domain + raw.uint(0), change(now, is_now=OFF)))
        if now.is_now == OFF:
            other = f"lasting-{self.n}{'' if now.name.endswith('-new') else '-new'}"
            found.append(("rename", raw.RENAME, self.domain + raw.optional(other) + raw.uint(0),
                          change(now, name=other)))
        found.append(("autostart", raw.SET_AUTOSTART,
                      self.domain + struct.pack(">i", not now.autostart),
                      change(now, autostart=not now.autostart)))
        return found

    def narrow(self, state):
        self.may = {state}
        if state.is_now == OFF:
            self.counter = 0


# ----- what is on the disk -----

def names_in(folder, suffix=".xml"):
    """Without files that are being written; [] where there is no folder yet."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(name.removesuffix(suffix) for name in os.listdir(folder)
                      if name.endswith(suffix) and not name.startswith("."))
    return []


def read_definition(path):
    """(uuid, title), or None where it has gone; ValueError: it is not whole, or called otherwise."""
    try:
        with open(path) as file:
            text = file.read()
    except FileNotFoundError:
        return None
    try:
        root = xml_tree.fromstring(text)
    except xml_tree.ParseError as error:
        raise ValueError(f"{path}: {error}, in {len(text)} bytes") from error
    name = os.path.basename(path).removesuffix(".xml")
    if root.findtext("name") != name:
        raise ValueError(f"{path}: it is called {root.findtext('name')}")
    return root.findtext("uuid"), int(root.findtext("title"))


def definitions_in(folder):
    """{uuid: [(name, title)]}; ValueError."""
    found = {}
    for name in names_in(folder):
        said = read_definition(f"{folder}/{name}.xml")
        if said:
            found.setdefault(said[0], []).append((name, said[1]))
    return found


def half_written(folders):
    """Files of changes that are not over."""
    return [f"{folder}/{name}" for folder in folders if os.path.isdir(folder)
            for name in os.listdir(folder) if ".dom0d-" in name]


# ----- what the daemon says -----

def told(client, guest):
    """(state, id) that the daemon tells of it; None: it does not know it."""
    found = client.call(raw.LOOKUP_UUID, bytes.fromhex(guest.uuid.replace("-", "")))
    if not found.ok:
        if found.code != raw.NO_DOMAIN:
            raise RuntimeError(f"the look-up of {guest.uuid}: {found}")
        return None

    def ask(procedure, body=b""):
        return raw.Reader(client.call(procedure, guest.domain + body).body).int()
    name, _, domid = raw.Reader(found.body).domain()
    title = None
    if ask(raw.IS_PERSISTENT):
        said = re.search("<title>(.*)</title>", client.xml(guest.domain, raw.XML_INACTIVE))
        title = int(said[1]) if said else -1
    saved = title is not None and ask(raw.HAS_MANAGED_SAVE, raw.uint(0))
    is_now = RUNS if domid >= 0 else SAVED if saved else OFF
    return State(name, title, title is not None and bool(ask(raw.GET_AUTOSTART)), is_now)
