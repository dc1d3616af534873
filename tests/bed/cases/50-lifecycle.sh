# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Guests that end by themselves: on_poweroff, on_reboot and on_crash are obeyed.
# timeout: 600

DUMPS=/var/lib/dom0d/dump

# Each of these does what its name says some seconds after its boot.  Those that come back do so again
# and again, and leave the machine little time for others: they have gone before the others come.
start_restarting() {
    ON_POWEROFF=restart create pvh off-restart 128 bed=poweroff:4
    ON_REBOOT=restart create pv boot-restart 128 bed=reboot:4
    ON_CRASH=restart create pv crash-restart 128 bed=crash:4
}

start_ending() {
    ON_POWEROFF=destroy create pv off-destroy 128 bed=poweroff:4
    ON_POWEROFF=preserve create pv off-preserve 128 bed=poweroff:4
    ON_REBOOT=destroy create pvh boot-destroy 128 bed=reboot:4
    ON_CRASH=destroy create pvh crash-destroy 128 bed=crash:4
    ON_CRASH=preserve create pvh crash-preserve 128 bed=crash:4
    ON_CRASH=coredump-destroy create pv crash-dump 128 bed=crash:4
}

# With restart, the guest ends once more, and again: one round is enough.
came_back() { wait_for 90 "[[ \$(events_of $1) == 'Started Booted,Stopped '*,'Started Booted'* ]]" && dom0ctl destroy "$1"; }
ended() { wait_for 90 "has_gone $1"; }
stays() { wait_for 90 "grep -q s <<<\$(state_in_xen $1)"; }
first_events() { events_of "$1" | cut -d , -f 1-3; }

follow_events
start_restarting >/dev/null

expect 'a PV guest that reboots comes back' came_back boot-restart
expect_eq 'its end is told before its start' 'Started Booted,Stopped Shutdown,Started Booted' "$(first_events boot-restart)"
expect 'a PVH guest that powers off comes back with on_poweroff=restart' came_back off-restart
expect_eq 'its end is told before its start too' 'Started Booted,Stopped Shutdown,Started Booted' "$(first_events off-restart)"
expect 'a PV guest that crashes comes back with on_crash=restart' came_back crash-restart
expect_eq 'its crash is told before its start' 'Started Booted,Stopped Crashed,Started Booted' "$(first_events crash-restart)"

start_ending >/dev/null
expect 'a PV guest that powers off ends' ended off-destroy
expect_eq 'its end is told' 'Started Booted,Stopped Shutdown' "$(events_of off-destroy)"
expect 'a PVH guest that reboots ends with on_reboot=destroy' ended boot-destroy
expect_eq 'its end is told' 'Started Booted,Stopped Shutdown' "$(events_of boot-destroy)"
expect 'a PVH guest that crashes ends' ended crash-destroy
expect_eq 'its crash is told' 'Started Booted,Stopped Crashed' "$(events_of crash-destroy)"
expect 'a PV guest that crashes ends with on_crash=coredump-destroy' ended crash-dump
expect 'its core is dumped' [ "$(find $DUMPS -name 'crash-dump*' -size +100M | wc -l)" = 1 ]
expect_eq 'its core is its owner'"'"'s only' 600 "$(stat -c %a $DUMPS/crash-dump*)"
rm -f $DUMPS/crash-dump*

expect 'a PV guest that powers off stays with on_poweroff=preserve' stays off-preserve
expect_eq 'virsh says what state it is in' 'in shutdown (unknown)' "$($VIRSH domstate --reason off-preserve)"
expect 'virsh destroys it' $VIRSH destroy off-preserve
expect 'a PVH guest that crashes stays with on_crash=preserve' stays crash-preserve
expect_eq 'virsh says that it crashed' crashed "$($VIRSH domstate crash-preserve)"
expect_eq 'its crash is told' 'Started Booted,Crashed Panicked' "$(events_of crash-preserve)"
expect 'virsh destroys it too' $VIRSH destroy crash-preserve
ignore_events

# Nobody is connected: virsh and dom0ctl have ended, and nobody listens.
expect 'a guest that will power off is created' create pv alone-off 128 bed=poweroff:1
expect 'a guest that will reboot is created' create pvh alone-boot 128 bed=reboot:1
expect 'a guest that will crash is created' create pv alone-crash 128 bed=crash:1
id=$(xen_domid alone-boot)
expect 'a guest that powers off ends also with no client connected' wait_for 60 '! xen_domid alone-off'
expect 'a guest that reboots comes back also with no client connected' wait_for 60 "[ \"\$(xen_domid alone-boot)\" -gt $id ]"
expect 'a guest that crashes ends also with no client connected' wait_for 60 '! xen_domid alone-crash'
dom0ctl destroy alone-boot
expect 'no job is left' no_jobs
