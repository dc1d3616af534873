# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Four creates at once: where there is memory for four, and where there is memory for two.
# timeout: 420

names='one two three four'

# create_all MEMORY: at once; afterwards $BED/NAME.status and .out are there.
create_all() {
    local name pids=()
    for name in $names; do
        guest_xml pv "$name" "$1" >"$BED/$name.xml"
    done
    for name in $names; do
        { timeout $((100 * PATIENCE)) dom0ctl create "$BED/$name.xml" >"$BED/$name.out" 2>&1; echo $? >"$BED/$name.status"; } 3>&- &
        pids+=($!)
    done
    wait "${pids[@]}"
    tail -n 1 "$BED"/*.out
}

those_with_status() { grep -lx "$1" "$BED"/*.status | sed 's|.*/\(.*\)\.status|\1|' | sort | paste -sd ' '; }
free_mib() { xl info | awk '$1 == "free_memory" { print $3 }'; }

things() {
    xl list | awk 'NR > 1 { print $2 }' | paste -sd ' '
    xenstore-list /local/domain | sort | paste -sd ' '
    xenstore-list /libxl | sort | paste -sd ' '
    dom0ctl list --all --name | sort | paste -sd ' '
    find /var/lib/xen /run/dom0d/queue /run/dom0d/domains -type f | sort | paste -sd ' '
    jobs_now
}

ids_are_true() {
    local name
    for name in "$@"; do
        echo "$name: $(xen_domid "$name"), $(id_of "$name")"
        [ -n "$(xen_domid "$name")" ] && [ "$(xen_domid "$name")" = "$(id_of "$name")" ] || return
    done
}

destroy_all() {
    local name
    for name in $1; do
        expect "$name is destroyed ($2)" dom0ctl destroy "$name"
    done
}

with_memory_for_four() {
    local name
    create_all 128
    expect_eq 'four creates at once all succeed' 'four one three two' "$(those_with_status 0)"
    expect 'each guest has the id that Xen has for it' ids_are_true $names
    for name in $names; do
        expect "$name, of four created at once, counts" has_booted "$name"
    done
    destroy_all "$names" 'memory for four'
    expect_eq 'nothing is left of the four' "$none" "$(things)"
}

# ballast MIB: a guest that does nothing, and leaves so much free.
ballast() {
    guest_xml pv ballast $(($(free_mib) - $1)) |
        sed -e "s|<kernel>.*<|<kernel>$GUEST/grub<|" -e '/<initrd>/d' -e '/<cmdline>/d' >"$BED/ballast.xml"
    timeout $((100 * PATIENCE)) dom0ctl create "$BED/ballast.xml"
}

# Each is to find enough when it looks, and two of them none when they build: 256 MiB and what Xen
# needs beside it, twice, and not thrice.
with_memory_for_two() {
    local name ran failed free
    expect 'a guest takes all memory but 700 MiB' ballast 700
    free=$(free_mib)
    echo "$free MiB are free"
    expect 'what is free is enough for two, not three' [ "$free" -gt 530 -a "$free" -lt 768 ]
    none=$(things)
    create_all 256
    ran=$(those_with_status 0)
    failed=$(those_with_status 1)
    expect_eq 'two of four that are created at once run, where there is memory for two' 2 "$(wc -w <<<"$ran")"
    expect_eq 'two fail' 2 "$(wc -w <<<"$failed")"
    expect_eq 'Xen has the two that were created, and no other' "$(tr ' ' '\n' <<<"$ran ballast" | sort | paste -sd ' ')" "$(guests_now | sort | paste -sd ' ')"
    for name in $failed; do
        expect "$name says that memory lacks" grep -qi 'memory' "$BED/$name.out"
        expect "there is no $name" has_gone "$name"
    done
    expect 'the ids of those that run are true' ids_are_true $ran
    for name in $ran; do
        expect "$name counts" has_booted "$name"
    done
    destroy_all "$ran" 'memory for two'
    expect_eq 'nothing is left of the four with memory for two' "$none" "$(things)"
    expect 'the memory is free again' wait_for 20 "[ \$(free_mib) -ge $((free - 2)) ]"
    for name in $failed; do
        expect "$name is created now that there is memory" dom0ctl create "$BED/$name.xml"
    done
    destroy_all "$failed" 'afterwards'
    dom0ctl destroy ballast
}

none=$(things)
with_memory_for_four
with_memory_for_two
