# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The machine that was asked for is the machine that runs: where its processors run and how much of
# them it gets, what they can do, its clock, its serial ports, channels and disks, as Xen says it and
# as the guest sees it; and so it is after a save and a restore.
# long
# timeout: 600

# The guest tells what it sees, then goes on as ever.  Linux hangs its channels up when it resumes, and
# may number them anew: whoever speaks on them has to open them again.
write_initrd() {
    local tree=$BED/tree
    mkdir "$tree"
    cat >"$tree/tell" <<'END'
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec </dev/hvc0 >/dev/hvc0 2>&1
busybox() { /bin/busybox "$@"; }
for module in /modules/*.ko; do insmod "$module"; done
echo "processors $(busybox grep -c ^processor /proc/cpuinfo)"
echo "cpu flags $(busybox sed -n 's/^flags.*: //p' /proc/cpuinfo | busybox head -n 1) ."
echo "clock source $(busybox cat /sys/devices/system/clocksource/clocksource0/available_clocksource)"
sleep 1
for disk in /dev/xvd*; do
    [ -e "$disk" ] && echo "$disk has $(busybox head -c 12 "$disk")"
done
for n in 0 1 2; do
    [ ! -e /sys/class/tty/ttyS$n ] || echo "port $n speaks" >/dev/ttyS$n
done
while :; do
    for n in 1 2 3 4; do echo 'the agent speaks' >/dev/hvc$n; done 2>/dev/null
    sleep 1
done &
exec /init
END
    chmod 755 "$tree/tell"
    initrd_with "$tree" "$BED/initrd"
}

console_says() { wait_for 60 "tr -d '\r' <$(console_log "$1") | grep -qE -- '$2'"; }
console_never_said() { ! tr -d '\r' <"$(console_log "$1")" | grep -qE -- "$2"; }
has_flag() { console_says "$1" "^cpu flags .* $2 "; }
has_no_flag() { console_says "$1" '^cpu flags fpu .* \.$' && console_never_said "$1" "^cpu flags .* $2 "; }

# "0 1" where vcpu 0 may run on processor 0 only, and vcpu 1 on 1: hard affinity, as xl prints it.
affinity() { xl vcpu-list "$1" | awk 'NR > 1 { print $7 }' | paste -sd ' '; }
weight() { xl sched-credit2 -d "$1" | awk -v name="$1" '$1 == name { print $3 }'; }

# in_json NAME PATH: what libxl keeps of the domain, a Python expression over its configuration c.
in_json() {
    xl list -l "$1" | python3 -c 'import json, sys
c = json.load(sys.stdin)[0]["config"]
print(eval(sys.argv[1]))' "$2"
}

backends() { xenstore-list "/local/domain/$(xen_domid "$1")/device/vbd" | sort -n | while read -r vbd; do
    xenstore-read "/local/domain/$(xen_domid "$1")/device/vbd/$vbd/backend"
done | cut -d / -f 6 | paste -sd ' '; }

serve_nbd() {
    $TOOLS/nbd-server "$1" 10809 3>&- &
    nbd=$!
}

disk() { truncate -s 16M "$1" && printf '%-12s' "$2" | dd of="$1" conv=notrunc status=none; }

channel_speaks() {
    timeout 60 python3 - "$1" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
said = b""
while b"the agent speaks" not in said:
    more = s.recv(100)
    if not more:
        sys.exit("the channel was closed")
    said += more
END
}

#----- a PV guest: placement, weight, disks, channels -----

placed_devices() {
    cat <<END
<disk type='file' device='disk'>
  <driver name='qemu' type='raw'/><source file='$BED/by-qemu'/><target dev='xvda' bus='xen'/>
</disk>
<disk type='file' device='disk'>
  <driver name='phy'/><source file='$BED/by-kernel'/><target dev='xvdb' bus='xen'/>
</disk>
<channel type='unix'>
  <source mode='bind' path='$BED/agent'/><target type='xen' name='org.example.agent.0'/>
</channel>
<channel type='pty'><target type='xen' name='org.example.pty.0'/></channel>
END
}

placed_is_as_asked() {
    local when=$1
    expect_eq "$when, each vcpu may run where vcpupin and cpuset say" '0 1 1' "$(affinity placed)"
    expect_eq "$when, its weight is what shares say" 512 "$(weight placed)"
    expect_eq "$when, each disk has its backend" 'qdisk vbd' "$(backends placed)"
    expect_eq "$when, there are both channels" 'org.example.agent.0 org.example.pty.0' \
        "$(in_json placed '" ".join(x["name"] for x in c["channels"])')"
    expect "$when, the guest is heard on its channel" channel_speaks "$BED/agent"
}

placed() {
    disk "$BED/by-qemu" 'first disk'
    disk "$BED/by-kernel" 'second disk'
    ELEMENTS="<cputune><shares>512</shares><vcpupin vcpu='0' cpuset='0'/></cputune>" \
        DEVICES=$(placed_devices) INITRD=$BED/initrd guest_xml pv placed 256 rdinit=/tell |
        sed "s,<vcpu>1<,<vcpu placement='static' cpuset='1'>3<," >"$BED/placed.xml"
    expect 'a PV guest with placement, weight, disks and channels is created' dom0ctl create "$BED/placed.xml"
    expect 'it boots' has_booted placed
    expect 'the guest has its processors' console_says placed '^processors 3$'
    expect 'the guest reads the disk that QEMU serves' console_says placed '^/dev/xvda has first disk'
    expect 'the guest reads the disk that the kernel serves' console_says placed '^/dev/xvdb has second disk'
    placed_is_as_asked 'at first'
    expect 'it is saved' timeout 150 dom0ctl save placed "$BED/image"
    expect 'it is restored' timeout 150 dom0ctl restore "$BED/image"
    expect 'it counts on' counts placed
    placed_is_as_asked 'after its restore'
    expect 'it is destroyed' dom0ctl destroy placed
}

#----- HVM and PVH guests: what the processors can do, the clock; serial ports -----

processors() {
    ELEMENTS="<cpu mode='host-passthrough'><feature policy='disable' name='aes'/>
        <feature policy='forbid' name='sse4.2'/></cpu>
        <clock offset='utc'><timer name='tsc' mode='native'/></clock>"
}

# A disk of the network is an emulated one: QEMU 7.2 opens nothing but files for a PV disk.
ports_and_nbd() {
    cat <<END
<disk type='network' device='disk'>
  <driver name='qemu' type='raw'/>
  <source protocol='nbd' name='disk'><host name='127.0.0.1' port='10809'/></source>
  <target dev='hda' bus='ide'/>
</disk>
<serial type='file'><source path='$BED/port0'/><target port='0'/></serial>
<serial type='pty'><target port='1'/></serial>
<serial type='file'><source path='$BED/port2'/><target port='2'/></serial>
END
}

masked_is_as_asked() {
    local guest=$1
    expect "$guest: libxl keeps the mode of the TSC" [ "$(in_json "$guest" 'c["b_info"]["tsc_mode"]')" = native ]
    expect "$guest: the guest sees no AES" has_no_flag "$guest" aes
    expect "$guest: the guest sees no SSE 4.2" has_no_flag "$guest" sse4_2
    expect "$guest: the guest sees SSE 4.1" has_flag "$guest" sse4_1
}

masked() {
    local ELEMENTS DEVICES='' INITRD=$BED/initrd
    expect 'a PVH guest as ever is created' create pvh plain 192 rdinit=/tell
    expect 'a PVH guest as ever sees AES' has_flag plain aes
    expect 'a PVH guest as ever sees SSE 4.2' has_flag plain sse4_2
    dom0ctl destroy plain
    processors
    expect 'a PVH guest with CPU masks and a TSC mode is created' create pvh masked-pvh 192 rdinit=/tell
    expect 'masked-pvh boots' has_booted masked-pvh
    masked_is_as_asked masked-pvh
    expect 'masked-pvh is destroyed' dom0ctl destroy masked-pvh
    disk "$BED/by-network" 'network disk'
    serve_nbd "$BED/by-network"
    expect 'an NBD server runs on the loopback' wait_for 30 '(: </dev/tcp/127.0.0.1/10809)'
    DEVICES=$(ports_and_nbd)
    expect 'an HVM guest with these, three serial ports and a disk of the network is created' \
        create hvm masked-hvm 256 rdinit=/tell xen_emul_unplug=never
    expect 'its device model has the disk open' wait_for 30 "ss -tnH state established '( dport = :10809 )' | grep -q ."
    expect 'masked-hvm boots' has_booted masked-hvm
    masked_is_as_asked masked-hvm
    expect_eq 'libxl keeps all three serial ports' 3 "$(in_json masked-hvm 'len(c["b_info"]["type.hvm"]["serial_list"])')"
    expect 'what the guest writes to its first port is in the file' wait_for 30 "grep -q 'port 0 speaks' $BED/port0"
    expect 'what the guest writes to its third port is in the file' wait_for 30 "grep -q 'port 2 speaks' $BED/port2"
    expect 'masked-hvm is destroyed' dom0ctl destroy masked-hvm
}

nbd=''
trap '[ -z "$nbd" ] || kill $nbd; rm -rf "$BED"' EXIT
write_initrd
placed
masked
