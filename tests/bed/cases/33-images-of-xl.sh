# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Guests of xl stay what they are, by libxl's own account of them, whatever dom0d's XML has no words
# for; and images go to and fro between dom0d, xl and libvirtd.
# long
# timeout: 1200

LIBVIRT="virsh -q -c xen+unix:///system?socket=/run/libvirt/libvirt-sock"
bridge=bed0

# config_of NAME: what libxl says of it, without what a new domain has to have anew.
config_of() {
    xl list -l "$1" | python3 -c '
import json, sys
[domain] = json.load(sys.stdin)
domain["config"]["c_info"].pop("domid", None)
print(json.dumps(domain["config"], indent=1, sort_keys=True))'
}

# is_as_before NAME: nothing of it differs from $BED/NAME.before.
is_as_before() {
    config_of "$1" >"$BED/$1.after" && diff "$BED/$1.before" "$BED/$1.after"
}

# says NAME WORD...: libxl's account of it has them all, so that what is compared is there at all.
says() {
    local word
    for word in "${@:2}"; do
        grep -qF -- "$word" "$BED/$1.before" || { cat "$BED/$1.before"; echo "no $word"; return 1; }
    done
}

pv_cfg() {
    guest_cfg pv of-xl 128
    cat <<END
maxvcpus = 2
cpus = "0-1"
cpu_weight = 300
cap = 90
tsc_mode = "always_emulate"
cpuid = "host,avx512f=0"
max_grant_frames = 48
max_event_channels = 511
on_watchdog = "restart"
disk = [ "format=raw, vdev=xvda, access=rw, target=$BED/disk.raw",
         "format=raw, vdev=0xca10, access=r, target=$BED/second.raw",
         "format=raw, vdev=xvdc, access=rw, backendtype=qdisk, target=$BED/third.raw" ]
vif = [ "mac=00:16:3e:33:00:01, bridge=$bridge, rate=10Mb/s@50ms" ]
channel = [ "connection=pty, name=org.example.agent" ]
END
}

hvm_cfg() {
    guest_cfg hvm two-serials 192
    cat <<END
serial = [ "pty", "file:$BED/serial" ]
usb = 1
usbdevice = [ "tablet", "mouse" ]
hpet = 0
viridian = [ "base" ]
cpuid = "host,avx512f=0"
timer_mode = "no_missed_ticks_pending"
on_watchdog = "restart"
device_model_args = [ "-msg", "timestamp=on" ]
END
}

# of_xl NAME: through an image that dom0d writes and reads.
of_xl() {
    local guest=$1 image=$BED/$1.image before
    before=$(counter "$guest")
    expect "virsh saves $guest" timeout 200 $VIRSH save "$guest" "$image"
    expect "$guest is gone after the save" has_gone "$guest"
    expect "the image of $guest is whole" is_whole "$image"
    expect_eq "nobody else reads the image of $guest" 600 "$(stat -c %a "$image")"
    expect "dom0ctl restores $guest" timeout 200 dom0ctl restore "$image"
    expect "the restored $guest counts on" wait_for 90 "[ \$(counter $guest) -gt $before ]"
    expect "$guest is the same after the image" is_as_before "$guest"
}

# by_xl NAME: from the image that dom0d has written.
by_xl() {
    local guest=$1 image=$BED/$1.image before
    before=$(counter "$guest")
    rm -f "$image"
    expect "$guest is saved a second time" timeout 200 dom0ctl save "$guest" "$image"
    expect "xl restores dom0d's image of $guest" timeout 200 xl restore "$image" 3>&-
    expect "$guest counts on with xl" wait_for 90 "[ \$(counter $guest) -gt $before ]"
    expect "nothing of $guest is lost for xl" is_as_before "$guest"
    expect "$guest is destroyed" dom0ctl destroy "$guest"
}

# Restarted by dom0d, from libxl's configuration as it was in the image.
reboots() {
    local guest=$1 id
    id=$(xen_domid "$guest")
    expect "$guest is told to reboot" timeout 60 $VIRSH reboot "$guest"
    expect "$guest comes back" wait_for 120 "[ \"\$(xen_domid $guest)\" -gt $id ]"
    console_reads "$guest"
    expect "$guest boots again" has_booted "$guest"
    expect "nothing of $guest is lost when it reboots" is_as_before "$guest"
}

guests_of_xl() {
    pv_cfg >"$BED/of-xl.cfg"
    expect 'xl makes a PV guest with what XML has no words for' timeout 100 xl create "$BED/of-xl.cfg" 3>&-
    hvm_cfg >"$BED/two-serials.cfg"
    expect 'xl makes an HVM guest with two serial ports' timeout 200 xl create "$BED/two-serials.cfg" 3>&-
    expect 'the PV guest boots' has_booted of-xl
    expect 'the HVM guest boots' has_booted two-serials 240
    config_of of-xl >"$BED/of-xl.before"
    config_of two-serials >"$BED/two-serials.before"
    expect 'libxl knows what the PV guest was made with' says of-xl '"weight": 300' '"event_channels": 511' '0xca10' 'always_emulate' 'org.example.agent' '"on_watchdog": "restart"'
    expect 'libxl knows what the HVM guest was made with' says two-serials 'serial_list' 'usbdevice_list' 'timestamp=on' '"on_watchdog": "restart"'
    expect 'the XML of the PV guest names what it cannot say' grep -q '<dom0d:only>on_watchdog</dom0d:only>' <<<"$($VIRSH dumpxml of-xl)"
    of_xl of-xl
    of_xl two-serials
    expect 'the HVM guest is destroyed' dom0ctl destroy two-serials
    reboots of-xl
    by_xl of-xl
}

libvirt_says() { timeout 200 $LIBVIRT "$@"; }

with_libvirtd() {
    local image=$BED/ours.image before
    expect 'libvirtd starts' systemctl start libvirtd.service
    expect 'a guest of dom0d boots' boots pvh ours 128
    expect 'it is saved by dom0d' timeout 100 dom0ctl save ours "$image"
    before=$(counter ours)
    expect 'libvirtd restores the image of dom0d' libvirt_says restore "$image"
    expect 'the guest counts on with libvirtd' wait_for 60 "[ \$(counter ours) -gt $before ]"
    rm -f "$image"
    expect 'it is saved by libvirtd' libvirt_says save ours "$image"
    before=$(counter ours)
    expect 'dom0d restores the image of libvirtd' timeout 100 dom0ctl restore "$image"
    expect 'the guest counts on with dom0d' wait_for 60 "[ \$(counter ours) -gt $before ]"
    expect 'it is destroyed' dom0ctl destroy ours
}

truncate -s 8M "$BED/disk.raw" "$BED/second.raw" "$BED/third.raw"
ip link add $bridge type bridge
ip link set $bridge up
trap 'ip link delete $bridge; systemctl stop libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket; rm -rf "$BED"' EXIT
guests_of_xl
with_libvirtd
