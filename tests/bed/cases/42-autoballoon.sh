# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# dom0 gives memory for guests where Xen has not enough, if dom0d.conf has it so, and never more than
# it may.  Xen's command line has dom0_mem=, which keeps dom0's memory for itself where the file says
# nothing.
# long
# bed: memory 3072
# timeout: 900

config=/etc/dom0d/dom0d.conf

free_mib() { xl info | sed -n 's/^free_memory *: *//p'; }
dom0_mib() { xl list Domain-0 | awk 'NR == 2 { print $3 }'; }
logged() { journalctl -u dom0d --no-pager -o cat | grep -qE -- "$1"; }
restarts_with() {
    cp $config "$BED/config"
    printf '%s\n' "$@" >$config
    systemctl restart dom0d
}

whole=$(dom0_mib)
large=$(($(free_mib) + 200))
expect 'without a word dom0 keeps its memory' [ "$whole" -ge 1500 ]
expect_fail 'a guest that is larger than what is free is refused' \
    'not enough memory: domain large needs [0-9]+ MiB, [0-9]+ MiB are free' create pv large $large
expect 'dom0 has its memory still' [ "$(dom0_mib)" = "$whole" ]

expect 'dom0d is told that dom0 gives' restarts_with 'autoballoon = on' 'dom0_min_memory = 768 MiB'
expect 'the same guest is created' create pv large $large
expect 'it boots' has_booted large
less=$(dom0_mib)
expect 'dom0 has given what lacked' [ $((whole - less)) -ge 150 ]
expect 'and no more than that' [ $((whole - less)) -le 400 ]
expect 'the log says so' logged 'asking dom0 for [0-9]+ MiB of its'
expect_eq 'the guest has what it asked for' $large "$(dom0ctl list | awk '$1 == "large" { print $3 }')"

create pv one 128 >"$BED/one.out" 2>&1 3>&- &
one=$!
create pv two 128 >"$BED/two.out" 2>&1 3>&- &
two=$!
wait $one
expect_eq 'one of two that are created at once gets its memory' 0 $?
wait $two
expect_eq 'so does the other' 0 $?
cat "$BED/one.out" "$BED/two.out"
expect 'both boot' eval 'has_booted one && has_booted two'
expect 'dom0 has given more' [ "$(dom0_mib)" -lt "$less" ]
expect 'and keeps its minimum' [ "$(dom0_mib)" -ge 768 ]

less=$(dom0_mib)
expect_fail 'a guest for which dom0 would have to give too much is refused' \
    'not enough memory: .*, and dom0, which has [0-9]+ MiB, keeps 768 MiB' create pv other 1200
expect 'that has cost dom0 nothing' [ "$(dom0_mib)" = "$less" ]
for guest in large one two; do
    expect "$guest is destroyed" dom0ctl destroy $guest
done
expect 'no job is left' no_jobs
expect 'no promise of memory is left' eval '! find /run/dom0d -name "*.memory" | grep .'
cp "$BED/config" $config
systemctl restart dom0d
rm -rf "$BED"
