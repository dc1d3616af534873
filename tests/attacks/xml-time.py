#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Long XML holds nobody up: another client's GET_INFO beside 1 MiB that is parsed, refused, told,
or made an xl.cfg.
The figures are of a build without sanitizers."""
import threading
import time

from lib import raw, verdict
from lib.host import Host
from lib.verdict import check, figure, note, run

SIZE = 1000000
UNITS = {
    "elements": "<a/>", "nested elements": "<b>" * 200 + "</b>" * 200,
    "attributes": "<c " + " ".join(f"a{n}='x'" for n in range(60)) + "/>",
    "characters by number": "<d>&#65;</d>", "comments": "<!--" + "<a '" * 8 + "-->", "text": "m" * 1000,
    "line ends": "\n", "quotes": "&apos;" * 100, "processing instructions": "<?p q?>",
    "sections of text": "<![CDATA[<]]>", "devices": "<devices/>", "disks": "<disk type='file'/>",
    "greater signs": ">" * 1000,
}
IN_DEVICES = ("disks",)


def document(unit, name, wrong=False):
    body = UNITS[unit] * (SIZE // len(UNITS[unit]))
    where = {"devices": body} if unit in IN_DEVICES else {"tail": body}
    text = raw.guest_xml(name, 1, **where)
    return text.replace("<memory unit='MiB'>16", "<memory unit='MiB'>0x") if wrong else text


def to_xl_cfg(client, xml):
    return client.call(raw.XML_TO_NATIVE, raw.string("xen-xl") + raw.string(xml) + raw.uint(0))


class Watcher(threading.Thread):
    """The longest of somebody's GET_INFO, meanwhile."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.client = host.client()
        self.over = threading.Event()
        self.longest = 0
        self.start()

    def run(self):
        while not self.over.is_set():
            begin = time.perf_counter()
            self.client.call(raw.INFO, raw.DOM0)
            self.longest = max(self.longest, (time.perf_counter() - begin) * 1000)
            time.sleep(0.001)

    def end(self):
        self.over.set()
        self.join()
        self.client.close()
        return self.longest


def beside(host, work):
    watcher = Watcher(host)
    result = work()
    return watcher.end(), result


def nobody_waits_for_xml():
    worst = {"is refused": 0, "is taken": 0, "is told 16 times": 0, "is converted": 0}
    with Host().start() as host:
        for unit in list(UNITS)[::4 if verdict.options.short else 1]:
            with host.client(timeout=60) as client, host.reader(timeout=60) as reader:
                longest, _ = beside(host, lambda: client.create(document(unit, "a", wrong=True)))
                worst["is refused"] = max(worst["is refused"], longest)
                text = f"{unit}: refused {longest:.0f} ms"
                longest, reply = beside(host, lambda: client.create(document(unit, "a")))
                worst["is taken"] = max(worst["is taken"], longest)
                text += f", taken {longest:.0f} ms ({reply})"
                longest, converted = beside(host, lambda: to_xl_cfg(client, document(unit, "a")))
                worst["is converted"] = max(worst["is converted"], longest)
                text += f", converted {longest:.0f} ms ({converted})"
                if reply.ok:
                    body = raw.domain("a", raw.uuid(1)) + raw.uint(0)

                    def tell():
                        for serial in [reader.send(raw.XML, body) for _ in range(16)]:
                            reader.wait(serial)
                    longest, _ = beside(host, tell)
                    worst["is told 16 times"] = max(worst["is told 16 times"], longest)
                    text += f", told {longest:.0f} ms"
                    client.call(raw.DESTROY, raw.domain("a", raw.uuid(1)))
                note(text)
    for what, longest in worst.items():
        figure(f"longest GET_INFO beside 1 MB of XML that {what}", longest, "ms", 20)


def nobody_waits_for_what_is_stored():
    """Nor for its metadata, its name and its actions."""
    dom, title = raw.domain("a", raw.uuid(1)), raw.uint(1) + raw.optional(None)
    calls = {
        "whose title is told 16 times": (16, raw.GET_METADATA, title + raw.uint(2)),
        "whose element of metadata is told 16 times": (
            16, raw.GET_METADATA, raw.uint(2) + raw.optional("urn:m") + raw.uint(2)),
        "that gets a title": (1, raw.SET_METADATA, raw.uint(1) + raw.optional("t") + 2 * raw.uint(0)
                              + raw.uint(2)),
        "that gets another name": (1, raw.RENAME, raw.optional("b") + raw.uint(0)),
    }
    with Host().start() as host, host.client(timeout=60) as client:
        tail = f"<metadata><m:x xmlns:m='urn:m'>{'<m:y/>' * (SIZE // 6)}</m:x></metadata>"
        xml = raw.guest_xml("a", 1, extra="<title>1</title>", tail=tail)
        longest, reply = beside(host, lambda: client.call(raw.DEFINE, raw.string(xml) + raw.uint(0)))
        check("a definition of 1 MB is taken", reply.ok, reply)
        figure("longest GET_INFO beside a definition of 1 MB that is taken", longest, "ms", 20)
        for what, (times, procedure, body) in calls.items():
            longest, replies = beside(host, lambda: [client.wait(serial) for serial in [
                client.send(procedure, dom + body) for _ in range(times)]])
            check(f"a call is answered for a definition of 1 MB {what}",
                  all(reply.ok for reply in replies), replies[0])
            figure(f"longest GET_INFO beside a definition of 1 MB {what}", longest, "ms", 20)


def what_is_sent_within_the_limit_is_taken():
    """What dom0d adds to it is not the sender's."""
    with Host().start() as host, host.client() as client:
        base = raw.guest_xml("a", 1, tail="<metadata><x>@</x></metadata>")
        for below in (0, 1, 100):
            text = base.replace("@", "m" * ((1 << 20) - len(base) + 1 - below))
            reply = client.create(text)
            check(f"XML of 1 MiB without {below} bytes is taken", reply.ok, reply)
            client.call(raw.DESTROY, raw.domain("a", raw.uuid(1)))
        text = base.replace("@", "m" * ((1 << 20) - len(base) + 2))
        check("XML of 1 MiB and a byte is refused", not client.create(text).ok)


if __name__ == "__main__":
    run(nobody_waits_for_xml, nobody_waits_for_what_is_stored, what_is_sent_within_the_limit_is_taken)
