#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest whose definition is at a limit: it is saved so that it can be restored, or it runs on."""
from lib import raw
from lib.host import Host, wait_for
from lib.verdict import check, note, run

MIB = 1 << 20


def filled(text, size):
    """text with its @ grown so that it has the size."""
    return text.replace("@", "m" * (size - len(text) + 1))


def attributes(count, first=""):
    return first + "".join(f" a{n}='x'" for n in range(count))


def at_the_limit_of_size(client, n, below):
    """Of what dom0d makes of it, which is longer than what was sent."""
    text = raw.guest_xml("size", n, extra="<metadata><x>@</x></metadata>")
    if not client.create(text).ok:
        return None
    dom = raw.domain("size", raw.uuid(n))
    grown = len(client.xml(dom, raw.XML_INACTIVE).encode()) - len(text)
    client.call(raw.DESTROY, dom)
    return filled(text, MIB - grown - below)


def hostile_definitions(client):
    disk = ("<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
            "<source file='/dev/null'/><target dev='xvda'{}/></disk>")
    nic = "<interface type='bridge'{}><source bridge='xenbr0'/></interface>"
    yield "64 attributes of <domain>", raw.guest_xml("attributes", 1, root=attributes(63))
    yield "63 attributes of <domain>", raw.guest_xml("attributes-1", 2, root=attributes(62))
    yield "64 attributes of a disk's target", raw.guest_xml(
        "disk", 3, devices=disk.format(attributes(63)))
    yield "64 attributes of an interface", raw.guest_xml("nic", 4, devices=nic.format(attributes(63)))
    yield "64 attributes of a console", raw.guest_xml(
        "console", 5, devices="<console type='pty'" + attributes(63) + "/>")
    yield "256 namespaces", raw.guest_xml(
        "spaces", 6, tail="<metadata>" + "".join(f"<n{k}:e xmlns:n{k}='urn:{k}'/>" for k in range(256))
        + "</metadata>")
    yield "a name of 255 bytes", raw.guest_xml("n" * 255, 7)
    yield "a name of 127 letters of two bytes", raw.guest_xml("é" * 127, 8)
    yield "text that grows when it is written", raw.guest_xml(
        "grows", 9, tail="<metadata><x>" + ">" * (MIB - 2000) + "</x></metadata>")
    yield "quotes that grow when they are written", raw.guest_xml(
        "quotes", 10, tail="<metadata><x a='" + '"' * 500000 + "'/></metadata>")
    yield "1 MiB, as it was sent", filled(
        raw.guest_xml("sent", 11, tail="<metadata><x>@</x></metadata>"), MIB)
    for below in (0, 8, 64):
        yield f"1 MiB without {below} bytes, as it is kept", at_the_limit_of_size(client, 12, below)
    yield "200 levels of elements", raw.guest_xml(
        "deep", 13, tail="<metadata>" + "<b>" * 200 + "</b>" * 200 + "</metadata>")
    yield "elements in a namespace of <domain>", raw.guest_xml(
        "space", 14, root=" xmlns:q='urn:q'", tail="<q:x><q:y z='1'/></q:x>")
    yield "a carriage return and a tab in an attribute", raw.guest_xml(
        "white", 15, tail="<metadata><x a='&#13;&#9;&#10;'/></metadata>")


def goes_round(host, client, what, xml):
    name = xml.split("<name>")[1].split("<")[0]
    uuid = xml.split("<uuid>")[1].split("<")[0]
    image = f"{host.folder}/image-{uuid}-{len(xml)}"
    reply = client.create(xml, timeout=60)
    if not reply.ok:
        note(f"{what}: create is refused: {reply}")
        check(f"{what}: a create that is refused leaves nothing", name not in host.guests())
        return
    before = host.guests()[name]
    dom = raw.domain(name, uuid)
    saved = client.call(raw.SAVE, dom + raw.string(image), timeout=60)
    if not saved.ok:
        check(f"{what}: a save that is refused leaves the guest running",
              host.guests().get(name) == before, f"{saved}, {host.guests().get(name)}")
        client.call(raw.DESTROY, dom)
        return
    restored = client.call(raw.RESTORE, raw.string(image), timeout=60)
    after = host.guests().get(name)
    check(f"{what}: what was saved can be restored", restored.ok and after
          and after[1] == before[1] and after[3] >= before[3], f"{restored}")
    client.call(raw.DESTROY, dom)


def every_image_can_be_restored():
    with Host().start() as host, host.client() as client:
        for what, xml in hostile_definitions(client):
            if xml is None:
                check(f"{what}: is made", False, "its small form is refused")
                continue
            goes_round(host, client, what, xml)


def an_image_outlives_a_smaller_max_xml():
    """max_xml is about what clients send; an image may always have what it had."""
    xml = filled(raw.guest_xml("large", 1, tail="<metadata><x>@</x></metadata>"), 200000)
    with Host().start() as host:
        image = f"{host.folder}/image"
        with host.client() as client:
            client.create(xml)
            saved = client.call(raw.SAVE, raw.domain("large", raw.uuid(1)) + raw.string(image))
        host.stop()
        with open(f"{host.folder}/conf", "a") as file:
            file.write("max_xml = 8 KiB\n")
        host.start()
        with host.client() as client:
            restored = client.call(raw.RESTORE, raw.string(image))
        check("an image of an earlier daemon with a larger max_xml can be restored",
              saved.ok and restored.ok and "large" in host.guests(), restored)


def a_guest_at_a_limit_is_known_after_a_restart():
    """What RUN_DIR keeps of it can be read by the next daemon, which restarts the guest by it."""
    with Host().start() as host:
        with host.client() as client:
            xml = raw.guest_xml("a", 1, root=attributes(63), extra="<on_reboot>restart</on_reboot>")
            note(f"create: {client.create(xml)}")
            before = client.xml(raw.domain("a", raw.uuid(1)))
        host.restart()
        with host.client() as client:
            check("the next daemon tells the same XML",
                  client.xml(raw.domain("a", raw.uuid(1))) == before)
        domid = host.guests()["a"][0]
        host.fake("shutdown", domid, 1)
        check("the next daemon restarts the guest",
              wait_for(lambda: host.guests().get("a", (domid,))[0] != domid, 15),
              f"{host.guests()} {host.last_lines(1)}")


def a_guest_of_xl_at_a_limit():
    """Its XML is made of libxl's JSON; it counts as any other."""
    with Host().start() as host:
        for n, name in enumerate(("x" * 255, "<&>'" * 30, "é" * 120), 1):
            domid = int(host.fake("create", name, raw.uuid(n), "pvh"))
            with host.client() as client:
                wait_for(lambda: client.domains())
                image = f"{host.folder}/xl-{n}"
                dom = raw.domain(name, raw.uuid(n), domid)
                saved = client.call(raw.SAVE, dom + raw.string(image))
                if not saved.ok:
                    note(f"the save: {saved}")
                    check(f"a guest of xl, {name[:8]}...: a refused save leaves it",
                          name in host.guests(), saved)
                    continue
                restored = client.call(raw.RESTORE, raw.string(image))
                check(f"a guest of xl, {name[:8]}...: its image can be restored",
                      restored.ok and name in host.guests(), restored)


if __name__ == "__main__":
    run(every_image_can_be_restored, an_image_outlives_a_smaller_max_xml,
        a_guest_at_a_limit_is_known_after_a_restart, a_guest_of_xl_at_a_limit)
