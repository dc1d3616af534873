#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every message is UTF-8, whatever it quotes and wherever it is cut."""
from lib import raw
from lib.host import Host
from lib.verdict import check, run

A = raw.domain("a", raw.uuid(1))


def texts():
    for shift in range(4):
        for what, letter in (("two", "é"), ("three", "€"), ("four", "😀")):
            yield (f"long, characters of {what} bytes, shifted by {shift}",
                   ("x" * shift + letter * 3000).encode())
    yield "of bytes that are none", b"\xff\xfe"
    yield "long, of bytes that are none", b"\xff" * 3000
    yield "that ends within a character", b"abc\xe2\x82"
    yield "overlong", b"\xc0\xaf"
    yield "a surrogate", b"\xed\xa0\x80"
    yield "above all characters", b"\xf4\x90\x80\x80"


# What quotes the text that it is given.
CALLS = {
    "LOOKUP_BY_NAME": lambda text: (raw.LOOKUP_NAME, raw.string(text)),
    "GET_INFO": lambda text: (raw.INFO, raw.string(text) + bytes(15) + b"\7" + raw.uint(9)),
    "SAVE to a folder": lambda text: (raw.SAVE, A + raw.string(b"/nowhere/" + text)),
    "SAVE to no absolute path": lambda text: (raw.SAVE, A + raw.string(text)),
    "RESTORE": lambda text: (raw.RESTORE, raw.string(b"/nowhere/" + text)),
    "RESTORE of a short path": lambda text: (raw.RESTORE, raw.string(text)),
    "CREATE_XML": lambda text: (raw.CREATE, raw.string(text) + raw.uint(0)),
    "CREATE_XML, an element": lambda text: (raw.CREATE, raw.string(
        b"<domain type='xen'><name>a</name><memory unit='" + text + b"'>1</memory></domain>") + raw.uint(0)),
    "CREATE_XML, a name": lambda text: (raw.CREATE, raw.string(
        raw.guest_xml("@", 9).encode().replace(b"@", text)) + raw.uint(0)),
    "CREATE_XML, a kernel": lambda text: (raw.CREATE, raw.string(
        raw.guest_xml("k", 8, kernel="/@").encode().replace(b"@", text)) + raw.uint(0)),
    "CREATE_XML, a disk": lambda text: (raw.CREATE, raw.string(
        raw.guest_xml("d", 7, devices="<disk type='@'/>").encode().replace(b"@", text)) + raw.uint(0)),
    "OPEN": lambda text: (raw.OPEN, raw.uint(1) + raw.string(text) + raw.uint(0)),
    "GET_DOMAIN_CAPABILITIES": lambda text: (raw.DOMAIN_CAPABILITIES, raw.uint(0) + (
        raw.uint(1) + raw.string(text)) * 3 + raw.uint(0)),
    "GET_MAX_VCPUS": lambda text: (5, raw.uint(1) + raw.string(text)),
    "SAVE_FLAGS": lambda text: (raw.SAVE_FLAGS, A + raw.string(b"/nowhere") + raw.uint(1)
                                + raw.string(text) + raw.uint(0)),
}



def is_utf8(data):
    try:
        data.decode()
        return b"\0" not in data
    except UnicodeDecodeError:
        return False


def every_message_is_utf8():
    with Host().start() as host:
        with host.client() as client:
            client.create(raw.guest_xml("a", 1))
        for call, make in CALLS.items():
            bad = []
            for what, text in texts():
                with host.client(opened=call != "OPEN") as client:
                    reply = client.call(*make(text))
                    if not reply.ok and not is_utf8(reply.raw_message):
                        bad.append(what)
                    if not reply.ok and not reply.raw_message:
                        bad.append(f"{what} (no message)")
                    if reply.ok and call.startswith("CREATE"):
                        client.call(raw.DESTROY, raw.domain(*client.domains()[-1]))
            check(f"{call}: its messages are UTF-8", not bad, f"{len(bad)}, as {bad[:2]}")


def what_is_kept_is_utf8():
    """The end of a job that is told later, and its log."""
    with Host().start() as host, host.client() as client:
        client.create(raw.guest_xml("a", 1))
        for what, text in texts():
            client.send(raw.SAVE, A + raw.string(b"/nowhere/" + text))
        client.call(raw.INFO, A)
        bad = []
        for number in range(1, 40):
            for procedure in (raw.JOB_WAIT, raw.JOB_LOG):
                reply = client.call(procedure, raw.hyper(number), raw.DOM0D, timeout=10)
                reader = raw.Reader(reply.body)
                if reply.ok and procedure == raw.JOB_WAIT:
                    reader.int()
                if not is_utf8(reader.bytes() if reply.ok else reply.raw_message):
                    bad.append(number)
        check("what is told of a job that has ended is UTF-8", not bad, bad)
        with open(host.log_path, "rb") as file:
            check("the log is UTF-8", is_utf8(file.read()))


def images_with_bad_bytes():
    """The name and XML that an image claims are somebody else's bytes."""
    with Host().start() as host, host.client() as client:
        image = f"{host.folder}/image"
        client.create(raw.guest_xml("name-of-guest", 1))
        client.call(raw.SAVE, raw.domain("name-of-guest", raw.uuid(1)) + raw.string(image))
        with open(image, "rb") as file:
            good = file.read()
        bad = []
        for data in (b"\xff" * 13, b"caf\xe9 \xc3\x28 e1234"[:13], "é".encode() * 6 + b"\xc3",
                     b"&#xD800;&#1;1", b"<![CDATA[\xff\xfe]"[:13]):
            with open(image, "wb") as file:
                file.write(good.replace(b"name-of-guest", data))
            reply = client.call(raw.RESTORE, raw.string(image))
            if reply.ok or not is_utf8(reply.raw_message) or not reply.raw_message:
                bad.append(f"{data}: {reply}")
        check("an image with bad bytes is refused in UTF-8", not bad, bad[:2])


if __name__ == "__main__":
    run(every_message_is_utf8, what_is_kept_is_utf8, images_with_bad_bytes)
