# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Guests of each type with disks (raw and qcow2) and a bridged interface, which they see, keep over a
# save, and leave nothing of behind.
# timeout: 420

bridge=bed0

# empty_qcow2 FILE: of 64 MiB.  Clusters of 64 KiB: the header, the table of refcounts, the refcounts
# of these four, and the empty first level.
empty_qcow2() {
    python3 - "$1" <<'END'
import struct, sys
header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, 64 << 20, 0, 1, 3 << 16, 1 << 16, 1, 0, 0)
clusters = [header, struct.pack(">Q", 2 << 16), struct.pack(">4H", 1, 1, 1, 1), b""]
with open(sys.argv[1], "wb") as file:
    file.write(b"".join(cluster.ljust(1 << 16, b"\0") for cluster in clusters))
END
}

devices() {
    cat <<END
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='$BED/disk.qcow2'/>
      <target dev='xvda' bus='xen'/>
    </disk>
    <disk type='file' device='disk'>
      <source file='$BED/disk.raw'/>
      <target dev='xvdb' bus='xen'/>
    </disk>
    <interface type='bridge'>
      <mac address='00:16:3e:11:22:33'/>
      <source bridge='$bridge'/>
    </interface>
END
}

console_says() { wait_for 60 "tr -d '\r' <$(console_log "$1") | grep -qx '$2'"; }
vif_of() { echo "vif$(xen_domid "$1").0"; }
on_bridge() { ip -o link show master $bridge | grep -q " $(vif_of "$1")[@:]"; }
shows_devices() {
    local xml
    xml=$($VIRSH dumpxml "$1") || return
    echo "$xml"
    grep -q "<source file='$BED/disk.qcow2'/>" <<<"$xml" && grep -q "<source file='$BED/disk.raw'/>" <<<"$xml" &&
        grep -q "<driver .*type='qcow2'" <<<"$xml" && grep -q "<source bridge='$bridge'/>" <<<"$xml" &&
        grep -q "<target dev='$(vif_of "$1")'/>" <<<"$xml"
}
no_vif() { [ -z "$(ip -o link show master $bridge)" ]; }
no_loop_device() { [ -z "$(losetup -n -O NAME -j "$BED/disk.raw")" ]; }

with_devices() {
    local type=$1 guest=$1-guest image=$BED/$1.image before

    DEVICES=$(devices) expect "a $type guest with disks and an interface is created" create "$type" "$guest" 192
    expect "the $type guest boots" has_booted "$guest"
    expect "the $type guest sees its disks" console_says "$guest" 'disks xvda xvdb'
    expect "the $type guest sees its interface" console_says "$guest" 'interfaces eth0 lo'
    expect "the interface of the $type guest is on the bridge" on_bridge "$guest"
    expect "dumpxml of the $type guest has the devices, with the name of the interface" shows_devices "$guest"

    before=$(counter "$guest")
    expect "the $type guest is saved" timeout 150 dom0ctl save "$guest" "$image"
    expect "no interface of the saved $type guest is left" wait_for 10 no_vif
    expect "no loop device of the saved $type guest is left" wait_for 10 no_loop_device
    expect "the $type guest is restored" timeout 150 dom0ctl restore "$image"
    rm -f "$image"
    expect "the restored $type guest counts on" wait_for 60 "[ \$(counter $guest) -gt $before ]"
    expect "the restored $type guest has its interface on the bridge" on_bridge "$guest"
    expect "dumpxml of the restored $type guest has the devices" shows_devices "$guest"

    expect "the $type guest is destroyed" dom0ctl destroy "$guest"
    expect "no interface of the destroyed $type guest is left" wait_for 10 no_vif
    expect "no loop device of the destroyed $type guest is left" wait_for 10 no_loop_device
}

ip link add $bridge type bridge
ip link set $bridge up
trap 'ip link delete $bridge; rm -rf "$BED"' EXIT
empty_qcow2 "$BED/disk.qcow2"
truncate -s 64M "$BED/disk.raw"

with_devices pv
with_devices pvh
with_devices hvm
