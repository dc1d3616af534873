# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# dom0d as systemd runs it: units, sockets, journal, restarts, and a host without Xen.
# timeout: 600

SOCKET=/run/dom0d/dom0d-sock
SOCKET_RO=/run/dom0d/dom0d-sock-ro

unit() { systemctl show -P "$1" "${2:-dom0d.service}"; }
as_visitor() { runuser -u visitor -- "$@"; }

# is_exposed_at_most LEVEL: 10.0 is a service with which nothing is forbidden.
is_exposed_at_most() {
    local said
    said=$(systemd-analyze security --no-pager dom0d.service | grep 'Overall exposure level')
    echo "$said"
    sed 's/.*: \([0-9.]*\).*/\1/' <<<"$said" | awk -v most="$1" '{ exit !($1 > 0 && $1 <= most) }'
}

# has_lines FIELD=VALUE... PATTERN: the journal of this boot has such lines of dom0d's.
has_lines() {
    local lines
    lines=$(journalctl -b -q -o cat _SYSTEMD_UNIT=dom0d.service "${@:1:$#-1}")
    echo "$lines"
    grep -qE -- "${!#}" <<<"$lines"
}

units() {
    expect_eq 'systemd runs dom0d' active "$(systemctl is-active dom0d.service)"
    expect_eq 'it waits until dom0d says that it is ready' notify "$(unit Type)"
    expect 'dom0d says what it does' grep -qE '^[0-9]+ domains?, [0-9]+ clients?, [0-9]+ jobs?$' <<<"$(unit StatusText)"
    expect_eq 'stopping dom0d leaves workers and device models alone' process "$(unit KillMode)"
    expect 'systemd watches the loop' [ "$(unit WatchdogUSec)" != 0 ]
    expect 'the loop feeds the watchdog' wait_for 30 "[ \$(unit WatchdogTimestampMonotonic) -gt $(unit WatchdogTimestampMonotonic) ]"
    expect_eq 'the read-write socket is of root and the group dom0d' 'root:dom0d 660' "$(stat -c '%U:%G %a' $SOCKET)"
    expect_eq 'the read-only socket is for everybody' 666 "$(stat -c %a $SOCKET_RO)"
    expect_eq 'dom0d goes before others that want a processor' -5 "$(ps -o ni= "$(unit MainPID)" | tr -d ' ')"
    expect_eq 'its workers do not' 0 "$(pgrep -f '/dom0d-worker /run/dom0d/jobs/' | xargs ps -o ni= | sort -u | tr -d ' ')"
    expect 'systemd-analyze security says 4.0 or better' is_exposed_at_most 4.0
    expect 'systemd finds no fault with the units' systemd-analyze verify --man=no dom0d.service dom0d.socket dom0d-ro.socket
}

access() {
    expect 'an ordinary user may look' as_visitor virsh -r -c "xen+unix:///system?socket=$SOCKET_RO" list --all
    expect_fail 'an ordinary user may not destroy by the read-only socket' '[Rr]ead.only|forbidden|denied' \
        as_visitor virsh -c "xen+unix:///system?socket=$SOCKET_RO" destroy one
    expect_fail 'an ordinary user cannot use the read-write socket' 'Permission denied' \
        as_visitor virsh -c "xen+unix:///system?socket=$SOCKET" list
    expect_fail 'dom0ctl says so too' 'Permission denied' as_visitor dom0ctl list
    expect 'dom0ctl lists for an ordinary user with --readonly' as_visitor dom0ctl --readonly --socket $SOCKET_RO list
    usermod -aG dom0d visitor
    expect 'a user of the group dom0d may use the read-write socket' as_visitor dom0ctl pause one
    gpasswd -q -d visitor dom0d >/dev/null
    dom0ctl unpause one
}

journal() {
    expect 'the journal finds lines by the name of a guest' has_lines DOM0D_DOMAIN=one .
    expect 'the journal finds lines by the UUID of a guest' has_lines DOM0D_UUID="$(guest_uuid one)" .
    expect 'the journal finds lines by the operation' has_lines DOM0D_OPERATION=create DOM0D_DOMAIN=one .
    expect 'the first line names Xen' has_lines 'dom0d [0-9.]+ serves [0-9]+ domains of Xen 4\.17'
}

# restart COMMAND: while a client comes; systemd holds it until dom0d is back.
restarts() {
    local id before
    id=$(xen_domid one)
    before=$(counter one)
    systemctl restart --no-block dom0d.service
    expect "a client that comes during a restart is served" timeout 30 dom0ctl list
    wait_for 30 'systemctl -q is-active dom0d.service'
    expect_eq 'a restarted dom0d has the guest, with its id' "$id" "$(id_of one)"
    expect_eq 'and the guest of xl' "$(xen_domid theirs)" "$(id_of theirs)"
    expect 'the guest counts on' [ "$(counter one)" -gt "$before" ]
    expect 'and goes on counting' counts one
    expect 'the restarted dom0d has its XML' grep -q '<on_reboot>restart</on_reboot>' <<<"$($VIRSH dumpxml one)"

    $VIRSH reboot one
    expect 'the restarted dom0d obeys on_reboot of a guest it started before' wait_for 60 "[ \"\$(xen_domid one)\" -gt $id ]"

    kill -9 "$(unit MainPID)"
    expect 'a killed dom0d is back by systemd' wait_for 20 'timeout 10 dom0ctl list --name | grep -qx one'
    expect_eq 'the guest has its id still' "$(xen_domid one)" "$(id_of one)"

    systemctl stop dom0d.service
    expect 'dom0d is started by the first client' timeout 30 dom0ctl list
    expect_eq 'it runs then' active "$(systemctl is-active dom0d.service)"
}

# One that ends while nobody looks.
ends_meanwhile() {
    systemctl stop dom0d.socket dom0d-ro.socket dom0d.service 2>&1
    xl destroy theirs
    systemctl start dom0d.socket dom0d-ro.socket dom0d.service
    expect 'a guest that ended while dom0d was down is not listed' is_not_listed theirs
}

# dom0d_off_xen: prints what it says; no devices of Xen are to be seen.
dom0d_off_xen() {
    printf 'run_dir = %s\nsocket = %s/sock\nsocket_ro = %s/sock-ro\n' "$BED" "$BED" "$BED" >"$BED/conf"
    unshare -m bash -c 'mount -t tmpfs none /dev/xen && mount -t tmpfs none /proc/xen; exec timeout 20 dom0d --config "$0"' "$BED/conf" 2>&1
}

off_xen() {
    local status
    dom0d_off_xen >"$BED/said"
    status=$?
    cat "$BED/said"
    expect_eq 'without Xen dom0d ends with the status after which systemd does not restart it' "$(unit RestartPreventExitStatus)" $status
    expect_eq 'without Xen dom0d says one line' 1 "$(grep -c . "$BED/said")"
    expect 'the line names Xen' grep -q Xen "$BED/said"
    expect 'the unit has a condition that there is Xen' grep -q '/sys/hypervisor/type' <<<"$(systemctl cat dom0d.service)"
}

create pv one 128
xl_create pv theirs 128
has_booted one
units
access
journal
restarts
ends_meanwhile
off_xen
dom0ctl destroy one
