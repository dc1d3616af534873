# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A dom0 that boots with dom0d enabled.
# bed: reboot

unit() { systemctl show -P "$1" "${2:-dom0d.service}"; }

# Microseconds since the boot.
active_since() { unit ActiveEnterTimestampMonotonic "$1"; }
activating_since() { unit InactiveExitTimestampMonotonic "$1"; }

# How long the process has been there when it is asked, in 1/100 s since the boot.
started_at() { awk '{ print $22 }' "/proc/$1/stat"; }

mode() { stat -c '%F %U:%G %a' "$1"; }

expect_eq 'dom0d runs after a boot' active "$(systemctl is-active dom0d.service)"
expect_eq 'it is enabled' enabled "$(systemctl is-enabled dom0d.service)"
expect_eq 'no unit has failed' '' "$(systemctl --failed --plain --no-legend)"
expect 'nobody has started it but the boot' [ "$(journalctl -b -q -o cat _PID=1 UNIT=dom0d.service | grep -c '^Started dom0d')" = 1 ]
expect_eq 'it was not restarted' 0 "$(unit NRestarts)"
systemd-analyze critical-chain --no-pager dom0d.service

expect 'xenstored was there before dom0d was started' [ "$(started_at "$(pgrep -o xenstored)")" -lt "$(started_at "$(unit MainPID)")" ]
expect "Debian's xen.service had ended before dom0d was started" [ "$(active_since xen.service)" -le "$(activating_since dom0d.service)" -a "$(active_since xen.service)" -gt 0 ]
expect 'its sockets were there before it' [ "$(active_since dom0d.socket)" -le "$(activating_since dom0d.service)" -a "$(active_since dom0d.socket)" -gt 0 ]
expect 'and the read-only one' [ "$(active_since dom0d-ro.socket)" -le "$(activating_since dom0d.service)" -a "$(active_since dom0d-ro.socket)" -gt 0 ]
expect 'the system was up only after it' [ "$(active_since multi-user.target)" -ge "$(active_since dom0d.service)" ]
expect 'no order of units was broken for it' eval '! journalctl -b -q -o cat _PID=1 | grep -i "ordering cycle"'

expect_eq 'RUN_DIR was made' 'directory root:root 755' "$(mode /run/dom0d)"
for folder in jobs domains queue; do
    expect_eq "RUN_DIR/$folder was made, for root only" 'directory root:root 700' "$(mode /run/dom0d/$folder)"
done
expect_eq 'the read-write socket is there' 'socket root:dom0d 660' "$(mode /run/dom0d/dom0d-sock)"
expect_eq 'the read-only socket is there' 'socket 666' "$(stat -c '%F %a' /run/dom0d/dom0d-sock-ro)"

expect_eq 'dom0ctl list answers' Domain-0 "$(dom0ctl list --name)"
expect 'so does virsh, read-only' virsh -q -r -c "xen+unix:///system?socket=/run/dom0d/dom0d-sock-ro" list
expect_eq 'dom0d says that nothing is wrong' '' "$(journalctl -b -q -o cat -p warning -u dom0d.service)"
expect 'a guest is created' create pv one 128
dom0ctl destroy one
