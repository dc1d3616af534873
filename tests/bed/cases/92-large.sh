# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A guest of more memory than 32 bits can count, saved and restored.
# long
# bed: memory 12288
# timeout: 1200

guest=large
mib=4608
image=$BED/large.image

# job_bytes: the total and what is done of its job.
job_bytes() {
    python3 - "$URI" $guest <<'END'
import sys
import libvirt
domain = libvirt.openReadOnly(sys.argv[1]).lookupByName(sys.argv[2])
stats = domain.jobStats()
print(stats.get("data_total", 0), stats.get("data_processed", 0))
END
}

past_4_gib() { job_bytes >"$BED/bytes" && awk '{ exit !($2 > 4294967296 && $2 <= $1) }' "$BED/bytes"; }

expect 'a guest of 4.5 GiB is created' create pv $guest $mib
expect 'the guest of 4.5 GiB boots' has_booted $guest 200
expect_eq 'dom0ctl list has its memory' "$mib" "$(dom0ctl list | awk -v name=$guest '$1 == name { print $3 }')"
before=$(counter $guest)
dom0ctl save $guest "$image" >"$BED/save.out" 2>&1 3>&- &
save=$!
expect 'the progress of its save goes past 4 GiB' wait_for 300 past_4_gib
cat "$BED/bytes"
expect_eq 'and is of 4.5 GiB in all' $((mib << 20)) "$(cut -d ' ' -f 1 "$BED/bytes")"
wait $save
expect_eq 'the guest of 4.5 GiB is saved' 0 $?
tail -n 2 "$BED/save.out"
expect 'it is gone' has_gone $guest
expect 'the image has its memory' [ "$(stat -c %s "$image")" -gt $((4 << 30)) ]
expect 'the image is whole' is_whole "$image"
expect 'the guest of 4.5 GiB is restored' timeout 600 dom0ctl restore "$image"
rm "$image"
expect 'it counts on from where it was' eval "counts $guest 60 && [ \$(counter $guest) -gt $before ]"
expect 'and did not boot a second time' [ "$(tr -d '\r' <"$(console_log $guest)" | grep -c '^up$')" = 1 ]
expect_eq 'it has its memory still' "$mib" "$(dom0ctl list | awk -v name=$guest '$1 == name { print $3 }')"
expect 'it is destroyed' dom0ctl destroy $guest
expect 'no job is left' no_jobs
