#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may only read does not learn a password, wherever in the document it stands, nor from a message,
a log, a file or a process."""
import contextlib
import itertools
import json
import os
import stat
import time

from lib import raw
from lib.host import Host, as_nobody, wait_for
from lib.verdict import check, note, run

SECRET = "S3CRETWORD"
VNC = f"<graphics type='vnc' passwd='{SECRET}'/>"
HVM = {"kind": "hvm", "kernel": "/usr/lib/xen/boot/hvmloader"}

PLACES = {
    "a graphics": {"devices": VNC},
    "a second graphics": {"devices": "<graphics type='vnc' passwd='x'/>" + VNC},
    "a second <devices>": {"devices": "<graphics type='vnc' passwd='first'/>",
                           "tail": f"<devices>{VNC}</devices>"},
    "a third <devices>": {"tail": f"<devices/><devices/><devices><x/>{VNC}</devices>"},
    "a graphics of SPICE": {"devices": f"<graphics type='spice' passwd='{SECRET}'/>"},
    "a graphics of no known type": {"tail": f"<devices><graphics type='rdp' passwd='{SECRET}'/></devices>"},
    "a graphics outside of <devices>": {"tail": VNC},
    "a graphics within another element": {"devices": f"<video><x>{VNC}</x></video>"},
    "a graphics within a graphics": {"devices": f"<graphics type='vnc'><listen type='none'/>{VNC}</graphics>"},
    "a graphics in <metadata>": {"tail": f"<metadata><m:x xmlns:m='urn:m'>{VNC}</m:x></metadata>"},
    "a graphics in a namespace": {"root": " xmlns:q='urn:q'",
                                  "tail": f"<q:devices><q:graphics passwd='{SECRET}'/></q:devices>"},
    "a passwd in a namespace": {"root": " xmlns:q='urn:q'",
                                "devices": f"<graphics type='vnc' q:passwd='{SECRET}'/>"},
    "a comment": {"devices": f"<!-- {VNC} -->"},
    "a graphics of another namespace by default": {
        "tail": f"<devices xmlns='urn:other'>{VNC}</devices>"},
}


def everything_a_reader_gets(host, dom):
    """Texts, of every call that a read-only client has and that has one."""
    with host.reader() as client:
        for flags in range(16):
            reply = client.call(raw.XML, dom + raw.uint(flags))
            yield f"XML with flags {flags}", reply.body
            if flags & raw.XML_SECURE:
                yield f"refusal of flags {flags}", b"" if not reply.ok else b"it is not refused" + (
                    SECRET.encode())
        yield "the list", client.call(raw.LIST_ALL, bytes(4) + raw.uint(0)).body
        for uri in (None, "urn:m", "urn:other", "urn:dom0d:libxl", "urn:dom0d:start", ""):
            for kind, affect in itertools.product(range(3), range(3)):
                body = dom + raw.uint(kind) + raw.optional(uri) + raw.uint(affect)
                yield f"metadata {kind} {uri}", client.call(raw.GET_METADATA, body).body
        yield "the list of what is stored", client.call(raw.GUEST_LIST, program=raw.DOM0D).body
        yield "messages", client.call(426, dom + raw.uint(0)).body
        for number in range(1, 12):
            yield "the log of a job", client.call(raw.JOB_LOG, raw.hyper(number), raw.DOM0D).body


def plain_xml_does_not_tell_it():
    """Of the read-write socket: only who asks for it with SECURE gets it."""
    for place, where in PLACES.items():
        with Host().start() as host, host.client() as client:
            if not client.create(raw.guest_xml("a", 1, **where)).ok:
                continue
            dom = raw.domain("a", raw.uuid(1))
            told = [flags for flags in range(16) if not flags & raw.XML_SECURE
                    and SECRET.encode() in client.call(raw.XML, dom + raw.uint(flags)).body]
            check(f"a password in {place} is not in plain XML", not told, told)
    with Host().start() as host, host.client() as client:
        client.create(raw.guest_xml("a", 1, devices=VNC))
        dom = raw.domain("a", raw.uuid(1))
        check("with SECURE it is told", SECRET in client.xml(dom, raw.XML_SECURE))
        image = f"{host.folder}/image"
        client.call(raw.SAVE, dom + raw.string(image))
        client.call(raw.RESTORE, raw.string(image))
        check("and it outlives a save", SECRET in client.xml(dom, raw.XML_SECURE))


def no_reader_learns_it():
    for place, where in PLACES.items():
        with Host({"log_level": "debug"}).start() as host, host.client() as client:
            reply = client.create(raw.guest_xml("a", 1, **where))
            if not reply.ok:
                check(f"a password in {place}: the refusal does not tell it",
                      SECRET not in reply.message, reply)
                continue
            told = [what for what, text in everything_a_reader_gets(host, raw.domain("a", raw.uuid(1)))
                    if SECRET.encode() in text]
            check(f"a password in {place} is not told to a reader", not told, told[:3])
            check(f"a password in {place} is not in the log", SECRET not in host.log())


def of_what_is_stored_neither():
    with Host({"log_level": "debug"}).start() as host, host.client() as client:
        for place, where in PLACES.items():
            xml = raw.guest_xml("a", 1, **where)
            if not client.call(raw.DEFINE, raw.string(xml) + raw.uint(0)).ok:
                continue
            told = [what for what, text in everything_a_reader_gets(host, raw.domain("a", raw.uuid(1)))
                    if SECRET.encode() in text]
            check(f"a password in {place} of a definition is not told to a reader", not told, told[:3])
        check("nor is any in the log", SECRET not in host.log())


def after_a_restart_neither():
    with Host().start() as host:
        with host.client() as client:
            client.create(raw.guest_xml("a", 1, **PLACES["a second <devices>"]))
        host.restart()
        told = [what for what, text in everything_a_reader_gets(host, raw.domain("a", raw.uuid(1)))
                if SECRET.encode() in text]
        check("the next daemon does not tell it either", not told, told[:3])


def a_guest_of_xl_has_secrets_too():
    """What xl keeps in libxl's JSON."""
    for kind, where in (("pv", {"vfbs": [{"vnc": {"enable": "True", "passwd": SECRET}}]}),
                        ("hvm", {"vnc": {"enable": "True", "passwd": SECRET}}),
                        ("hvm", {"spice": {"enable": "True", "passwd": SECRET}})):
        with Host({"log_level": "debug"}).start() as host:
            domid = int(host.fake("create", "a", raw.uuid(1), kind))
            path = f"{host.folder}/config-{domid}"
            with open(path) as file:
                config = json.load(file)
            if kind == "pv":
                config.update(where)
            else:
                config["b_info"]["type.hvm"].update(where)
            with open(path, "w") as file:
                json.dump(config, file)
            with host.client() as client:
                wait_for(client.domains)
                dom = raw.domain("a", raw.uuid(1), domid)
                whole = client.call(raw.XML, dom + raw.uint(raw.XML_SECURE)).body
                if SECRET.encode() in whole:
                    check(f"xl's {kind} guest with {next(iter(where))}: what it is can be defined",
                          client.call(raw.DEFINE, whole + raw.uint(0)).ok)
                note(f"xl's {kind} {next(iter(where))}: with SECURE it is told: {SECRET.encode() in whole}")
            told = [what for what, text in everything_a_reader_gets(host, dom)
                    if SECRET.encode() in text]
            check(f"xl's {kind} guest with {next(iter(where))}: no reader learns its password",
                  not told, told[:3])
            check(f"xl's {kind} guest with {next(iter(where))}: nor does the log",
                  SECRET not in host.log())


def errors_do_not_quote_it():
    """Whatever is wrong beside it, what is said goes to the log as well."""
    with Host({"log_level": "debug"}).start() as host, host.client() as client:
        for devices in (f"<graphics type='vnc' passwd='{SECRET}' port='x'/>",
                        f"<graphics type='{SECRET}' passwd='{SECRET}'/>".replace(f"type='{SECRET}'", "type='no'"),
                        f"<graphics type='vnc' passwd='{SECRET}' passwd='{SECRET}'/>",
                        f"<graphics type='vnc' passwd='{SECRET}&'/>",
                        f"<graphics type='vnc' passwd='{SECRET}' <",
                        f"<graphics type='vnc' passwd='{SECRET * 30}'/>",
                        f"<graphics type='vnc' passwd='{SECRET},x=y'/>",
                        f"<graphics type='vnc' passwd='{SECRET}' autoport='maybe'/>",
                        f"{VNC}<disk type='no'/>"):
            reply = client.create(raw.guest_xml("a", 1, devices=devices, **HVM))
            check(f"{devices[:60].replace(SECRET, '...')}: what is said does not quote it",
                  SECRET not in reply.message, reply)
            client.call(raw.DESTROY, raw.domain("a", raw.uuid(1)))
        check("nor what is logged", SECRET not in host.log())


def no_file_and_no_process_shows_it():
    with Host().start() as host, host.client() as client:
        client.create(raw.guest_xml("a", 1, devices=VNC))
        host.fake("delay", 3000)
        client.send(raw.SAVE, raw.domain("a", raw.uuid(1)) + raw.string(f"{host.folder}/image"))
        worker = host.wait_for_worker()
        time.sleep(0.3)
        shown = []
        for what in ("cmdline", "environ"):
            with open(f"/proc/{worker}/{what}", "rb") as file:
                if SECRET.encode() in file.read():
                    shown.append(what)
        check("a worker's command line and environment do not show it", not shown, shown)
        there, ready = os.pipe()

        def look():
            for folder, _, names in os.walk(host.run_dir):
                for name in names:
                    with contextlib.suppress(OSError), open(f"{folder}/{name}", "rb") as file:
                        if SECRET.encode() in file.read():
                            os.write(ready, f"{folder}/{name} ".encode())
        os.waitpid(as_nobody(look), 0)
        os.close(ready)
        with open(there) as found:
            text = found.read()
            check("no other user can read it in RUN_DIR", not text, text)
        host.fake("delay", 0)
        wait_for(lambda: os.path.exists(f"{host.folder}/image"), 10)
        mode = stat.S_IMODE(os.stat(f"{host.folder}/image").st_mode)
        check("an image is its owner's alone", mode & 0o077 == 0, oct(mode))


if __name__ == "__main__":
    run(plain_xml_does_not_tell_it, no_reader_learns_it, of_what_is_stored_neither, after_a_restart_neither, a_guest_of_xl_has_secrets_too,
        errors_do_not_quote_it, no_file_and_no_process_shows_it)
