# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The same machine, booted without Xen.
# bed: reboot --no-xen

unit() { systemctl show -P "$1" "${2:-dom0d.service}"; }

# says_in_one_line PATTERN COMMAND...: it fails, and that is all it says.
says_in_one_line() {
    local pattern=$1 said status
    shift
    said=$(timeout 60 "$@" 2>&1)
    status=$?
    echo "$status: $said"
    [ $status = 1 ] && [ "$(wc -l <<<"$said")" = 1 ] && grep -qE -- "$pattern" <<<"$said"
}

expect 'this machine has no Xen' [ ! -e /sys/hypervisor/type ]
expect_eq 'the kernel is that of dom0' "$(basename "$(echo /boot/vmlinuz-*)" | sed 's/^vmlinuz-//')" "$(uname -r)"
expect_eq 'dom0d is enabled' enabled "$(systemctl is-enabled dom0d.service)"
expect_eq 'dom0d is not started without Xen' inactive "$(systemctl is-active dom0d.service)"
expect_eq 'for its condition is not met' no "$(unit ConditionResult)"
expect_eq 'and it was looked at in the boot' yes "$([ "$(unit ConditionTimestampMonotonic)" -gt 0 ] && echo yes)"
expect_eq 'no unit has failed' '' "$(systemctl --failed --plain --no-legend)"
expect 'no process of it was ever started' [ "$(journalctl -b -q -o cat _COMM=dom0d | wc -l)" = 0 ]

expect 'dom0ctl says in one line that no daemon runs' says_in_one_line '^dom0ctl: .*(/run/dom0d/dom0d-sock|daemon)' dom0ctl list
expect_eq 'that has made nothing fail' '' "$(systemctl --failed --plain --no-legend)"
expect 'nor does another start make it fail' eval 'systemctl start dom0d.service; [ -z "$(systemctl --failed --plain --no-legend)" ]'
expect 'dom0ctl says the same after that' says_in_one_line '^dom0ctl: .*(/run/dom0d/dom0d-sock|daemon)' dom0ctl list
expect 'virsh has an error too, and does not wait' eval '! timeout 60 $VIRSH list; [ $? -lt 124 ]'
