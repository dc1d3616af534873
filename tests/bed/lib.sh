# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What cases are written with.  Sourced in dom0.
#
# A case prints `ok CLAIM` or `not ok CLAIM: why` for each thing it claims; the rest of what it
# prints is for who looks for the reason of a failure.

URI=xen+unix:///system?socket=/run/dom0d/dom0d-sock
VIRSH="virsh -q -c $URI"
GUEST=/srv/guest
XEN=/usr/lib/xen-4.17
TOOLS=/share/bed/tools
CASES=/share/bed/cases
BED=${BED:-$(mktemp -d /tmp/bed.XXXXXX)} # for a case's own files; it is empty when a case starts
export URI VIRSH GUEST TOOLS CASES BED

#----- results -----

ok() { echo "ok $*"; }

not_ok() {
    local claim=$1
    shift
    local why=${*:-it does not}
    echo "not ok $claim: ${why//$'\n'/ | }"
}

# expect CLAIM COMMAND...: it succeeds.
expect() {
    local claim=$1 said status
    shift
    said=$("$@" 2>&1) && status=0 || status=$?
    [ -z "$said" ] || printf '%s\n' "$said" | sed 's/^/    /'
    if [ $status = 0 ]; then
        ok "$claim"
    else
        not_ok "$claim" "status $status from $*: $(tail -n 3 <<<"$said")"
        return 1
    fi
}

# expect_fail CLAIM PATTERN COMMAND...: it fails, and what it says matches the pattern (of grep -E).
expect_fail() {
    local claim=$1 pattern=$2 said status
    shift 2
    said=$("$@" 2>&1) && status=0 || status=$?
    [ -z "$said" ] || printf '%s\n' "$said" | sed 's/^/    /'
    if [ $status = 0 ]; then
        not_ok "$claim" "$* succeeded: $(tail -n 3 <<<"$said")"
        return 1
    elif [ $status -ge 124 ]; then
        not_ok "$claim" "status $status from $*: $(tail -n 3 <<<"$said")"
        return 1
    elif ! grep -qE -- "$pattern" <<<"$said"; then
        not_ok "$claim" "no '$pattern' in: $(tail -n 3 <<<"$said")"
        return 1
    fi
    ok "$claim"
}

# expect_eq CLAIM WANTED GOT
expect_eq() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "wanted '$2', got '$3'"
        return 1
    fi
}

# wait_for SECONDS COMMAND: until the shell command succeeds; its output is dropped.
# On a busy machine the seconds are more: DOM0D_BED_PATIENCE times as many.
wait_for() {
    local end=$(($(now_ms) + $1 * 1000 * ${PATIENCE:-1}))
    until eval "$2" >/dev/null 2>&1; do
        (($(now_ms) < end)) || return 1
        sleep 0.1
    done
}

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

#----- guests -----

# guest_uuid NAME: the same for the same name, always.
guest_uuid() {
    local sum
    sum=$(md5sum <<<"$1")
    echo "${sum:0:8}-${sum:8:4}-4${sum:13:3}-8${sum:17:3}-${sum:20:12}"
}

# The kernel for a type: PV and PVH start from the unpacked one in 1 s, the packed one takes 6;
# an HVM guest's firmware wants it packed.
guest_kernel() {
    case $1 in
    hvm) echo $GUEST/vmlinuz ;;
    *) echo $GUEST/vmlinux ;;
    esac
}

# guest_xml TYPE NAME MEMORY_MIB [WORD...]: the words go to the kernel's command line.
# ON_POWEROFF, ON_REBOOT, ON_CRASH, VCPUS, INITRD, and DEVICES and ELEMENTS (XML) may be set.
guest_xml() {
    local type=$1 name=$2 memory=$3 os features=''
    shift 3
    case $type in
    pv) os="<type arch='x86_64' machine='xenpv'>xen</type>" ;;
    pvh) os="<type arch='x86_64' machine='xenpvh'>xenpvh</type>" ;;
    hvm)
        os="<type arch='x86_64' machine='xenfv'>hvm</type>"
        features='<features><acpi/><apic/><pae/></features>'
        ;;
    *) echo "guest_xml: no type $type" >&2 && return 1 ;;
    esac
    cat <<END
<domain type='xen'>
  <name>$name</name>
  <uuid>$(guest_uuid "$name")</uuid>
  <memory unit='MiB'>$memory</memory>
  <currentMemory unit='MiB'>$memory</currentMemory>
  <vcpu>${VCPUS:-1}</vcpu>
  <os>
    $os
    <kernel>$(guest_kernel "$type")</kernel>
    <initrd>${INITRD:-$GUEST/initrd}</initrd>
    <cmdline>$GUEST_CMDLINE${*:+ $*}</cmdline>
  </os>
  $features
  ${ELEMENTS:-}
  <on_poweroff>${ON_POWEROFF:-destroy}</on_poweroff>
  <on_reboot>${ON_REBOOT:-restart}</on_reboot>
  <on_crash>${ON_CRASH:-destroy}</on_crash>
  <devices>
    <console type='pty'><target type='xen' port='0'/></console>
    ${DEVICES:-}
  </devices>
</domain>
END
}

# initrd_with TREE FILE: FILE becomes the guests' initrd with what is in the folder TREE.
initrd_with() {
    { cat $GUEST/initrd && (cd "$1" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1); } >"$2"
}

# guest_cfg TYPE NAME MEMORY_MIB [WORD...]: the same guest for xl.
guest_cfg() {
    local type=$1 name=$2 memory=$3
    shift 3
    cat <<END
type = "$type"
name = "$name"
uuid = "$(guest_uuid "$name")"
memory = $memory
maxmem = $memory
vcpus = ${VCPUS:-1}
kernel = "$(guest_kernel "$type")"
ramdisk = "$GUEST/initrd"
cmdline = "$GUEST_CMDLINE${*:+ $*}"
on_poweroff = "${ON_POWEROFF:-destroy}"
on_reboot = "${ON_REBOOT:-restart}"
on_crash = "${ON_CRASH:-destroy}"
END
    [ "$type" != hvm ] || echo 'vga = "none"'
}

# After a panic the guest ends at once.  The rest is for speed under emulation.
GUEST_CMDLINE='console=hvc0 quiet panic=-1 pci=noearly mitigations=off init_on_alloc=0'

# xl_create TYPE NAME MEMORY_MIB [WORD...]: by xl, whose watcher stays in the background.
xl_create() {
    guest_cfg "$@" >"$BED/$2.cfg"
    timeout 100 xl create "$BED/$2.cfg" 3>&-
}

# The id that Xen has for a name: nothing to do with dom0d.
xen_domid() { xl domid "$1" 2>/dev/null; }

# state_in_xen NAME: as xl prints it, like r-----, -b----, --p---, ---s--.
state_in_xen() { xl list "$1" 2>/dev/null | awk 'NR == 2 { print $5 }'; }

# stream_is_whole FILE libxl [OFFSET] | stream_is_whole FILE xl: Xen's own checker reads the records
# from OFFSET on (or after xl's header) to the last, and nothing follows.
stream_is_whole() {
    local format=$2 offset=${3:-0}
    {
        [ "$offset" = 0 ] || dd bs="$offset" count=1 of=/dev/null status=none
        PYTHONPATH=$XEN/lib/python python3 $XEN/bin/verify-stream-v2 --format "$format" --in 0 &&
            [ "$(head -c 1 | wc -c)" = 0 ]
    } <"$1"
}

#----- consoles -----

# What a guest prints is kept by xenconsoled, from its first line, through restores and reboots.
console_log() { echo "/var/log/xen/console/guest-$1.log"; }

# console_reads NAME: forgets what the guest has printed so far.
console_reads() { : >"$(console_log "$1")"; }

# counter NAME: the last number the guest printed; 0 if none.
counter() {
    local n
    n=$(tr -d '\r' <"$(console_log "$1")" 2>/dev/null | sed -n 's/^count \([0-9]*\)$/\1/p' | tail -n 1)
    echo "${n:-0}"
}

# counts NAME [SECONDS]: the guest prints a higher number within the time.
counts() {
    local from
    from=$(counter "$1")
    wait_for "${2:-30}" "[ \$(counter '$1') -gt $from ]"
}

# has_booted NAME [SECONDS]: the guest has come to its first numbers.
has_booted() { wait_for "${2:-120}" "[ \$(counter '$1') -gt 0 ]"; }

#----- dom0d -----

# create TYPE NAME MEMORY_MIB [WORD...]: by dom0ctl.
create() {
    guest_xml "$@" >"$BED/$2.xml"
    timeout 100 dom0ctl create "$BED/$2.xml"
}

# boots TYPE NAME MEMORY_MIB [WORD...]: created by dom0ctl, and counting.  What an earlier guest of the
# name printed is forgotten.
boots() { console_reads "$2" && create "$@" && has_booted "$2"; }

# id_of NAME: what dom0d says; xen_domid is what is true.
id_of() { dom0ctl info "$1" 2>/dev/null | sed -n 's/^Id: *//p'; }

uuid_of() { dom0ctl info "$1" 2>/dev/null | sed -n 's/^UUID: *//p'; }

# dom0d says that there is, or is not, such a guest; both fail where it says nothing.
is_listed() { dom0ctl list --all --name | grep -qx -- "$1"; }
is_not_listed() {
    local names
    names=$(dom0ctl list --all --name) && ! grep -qx -- "$1" <<<"$names"
}

# has_gone NAME: neither dom0d nor Xen has it.
has_gone() { ! xen_domid "$1" && is_not_listed "$1"; }

# is_whole FILE: a saved guest with nothing missing and nothing too much.
is_whole() { $TOOLS/image-walk "$1"; }

# Nothing, where there are none.
jobs_now() {
    local jobs
    jobs=$(dom0ctl --json jobs) && tr -d '[] \n' <<<"$jobs"
}

no_jobs() {
    local jobs
    jobs=$(jobs_now) && [ -z "$jobs" ]
}

# takes_at_most MS COMMAND...: and it succeeds.  On a busy machine the time is more, as in wait_for.
takes_at_most() {
    local most=$(($1 * ${PATIENCE:-1})) from took
    shift
    from=$(now_ms)
    "$@" || return
    took=$(($(now_ms) - from))
    echo "$took ms: $*"
    [ $took -le "$most" ]
}

# on_terminal COMMAND: a simple command of the shell has one, and our input is typed there: \003 is
# Ctrl-C.
on_terminal() { script -qec "exec $1" /dev/null; }

# follow_events: from now on each lifecycle event of each guest becomes a line of $BED/events,
# "NAME EVENT DETAIL".  ignore_events ends that.  Not below expect, which has a shell of its own.
follow_events() {
    $TOOLS/events "$URI" >"$BED/events" 2>&1 3>&- &
    EVENTS_PID=$!
    wait_for 30 "grep -q '^ready' '$BED/events'" || { cat "$BED/events"; exit 1; }
}

ignore_events() {
    kill "$EVENTS_PID"
    wait "$EVENTS_PID" 2>/dev/null || true
}

# events_of NAME: in order, with commas between: "Started Booted,Stopped Destroyed".
events_of() { sed -n "s/^$1 //p" "$BED/events" | paste -sd ,; }

#----- order -----

guests_now() { timeout 30 xl list 2>/dev/null | awk 'NR > 1 && $2 != 0 { print $1 }'; }

dom0d_installed() { [ -e /usr/lib/systemd/system/dom0d.service ]; }
on_xen() { [ -e /sys/hypervisor/type ]; }

# bed_clean: no guests, no files, dom0d active.  Prints what a case should not have left behind.
bed_clean() {
    local guest domid file
    on_xen || return 0
    for guest in $(guests_now); do
        echo "the guest $guest is still there"
    done
    for domid in $(timeout 30 xl list 2>/dev/null | awk 'NR > 1 && $2 != 0 { print $2 }'); do
        timeout 30 xl destroy "$domid" >/dev/null 2>&1
    done
    # shellcheck disable=SC2016
    wait_for 15 '[ -z "$(guests_now)" ]' || echo "the guests $(guests_now) cannot be destroyed"
    for file in /etc/dom0d/domains/*.xml /etc/dom0d/autostart/*.xml; do
        [ -e "$file" ] || [ -L "$file" ] || continue
        echo "the definition $file is still there"
        rm -f "$file"
        ! systemctl -q is-active dom0d.service || systemctl reload dom0d.service
    done
    rm -f /var/log/xen/console/guest-*.log
    if dom0d_installed && ! systemctl -q is-active dom0d.service; then
        echo "dom0d is $(systemctl is-active dom0d.service)"
        systemctl reset-failed dom0d.service
        timeout 60 systemctl start dom0d.service || echo "dom0d cannot be started"
    fi
    return 0
}
