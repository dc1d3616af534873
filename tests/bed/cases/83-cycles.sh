# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Guests come and go: the daemon grows by nothing, and nothing is left of them.
# DOM0D_BED_CYCLES=200 tests/bed/run ... 83-cycles has 200 of them instead of 30.
# timeout: 900

cycles=${CYCLES:-30}
warm_up=33 # the daemon remembers the last 64 jobs

main_pid() { systemctl show -P MainPID dom0d.service; }
status_of_dom0d() { awk -v field="$1:" '$1 == field { print $2 }' "/proc/$(main_pid)/status"; }
descriptors() { find "/proc/$(main_pid)/fd" -type l | wc -l; }
processes() { wc -l <"/sys/fs/cgroup/system.slice/dom0d.service/cgroup.procs"; }

# All that a guest could leave behind in dom0.
leavings() {
    xenstore-ls -f | grep -cE '^/(local/domain|libxl|vm)/'
    find /var/lib/xen /run/dom0d | wc -l
    losetup -a | wc -l
}

# A guest that needs 32 MiB and does nothing.
small_guest() {
    guest_xml pv small 32 | sed -e "s|<kernel>.*<|<kernel>$GUEST/grub<|" -e '/<initrd>/d' -e '/<cmdline>/d'
}

cycle() { timeout 60 dom0ctl create "$BED/small.xml" && timeout 60 dom0ctl destroy small; }

run_cycles() {
    local n
    for ((n = 0; n < $1; n++)); do
        cycle || return
    done >"$BED/cycles" 2>&1
}

# The reserve is filled, and who has ended, or had nothing to do for long, is gone: there are the
# daemon, its helper and two workers.
is_at_rest() { no_jobs && [ "$(processes)" = 4 ]; }

figures() {
    echo "figures: after $1 cycles: $(status_of_dom0d VmRSS) KiB, $(descriptors) descriptors, $(status_of_dom0d Threads) threads, $(processes) processes"
}

small_guest >"$BED/small.xml"
expect "a small guest is created and destroyed $warm_up times" run_cycles $warm_up
wait_for 20 is_at_rest
pid=$(main_pid)
before=$(leavings)
descriptors=$(descriptors) threads=$(status_of_dom0d Threads) rss=$(status_of_dom0d VmRSS)
figures $warm_up
expect "and $cycles times more" run_cycles "$cycles"
tail -n 2 "$BED/cycles"
expect 'the daemon is at rest afterwards' wait_for 20 is_at_rest
figures $((warm_up + cycles))
expect_eq 'the daemon is the same' "$pid" "$(main_pid)"
expect_eq 'it has no more descriptors' "$descriptors" "$(descriptors)"
expect_eq 'it has no more threads' "$threads" "$(status_of_dom0d Threads)"
expect 'its memory has not grown by a page each time' [ "$(($(status_of_dom0d VmRSS) - rss))" -lt $((4 * cycles)) ]
expect_eq 'nothing is left of the guests' "$before" "$(leavings)"
