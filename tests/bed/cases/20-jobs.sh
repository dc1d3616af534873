# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Long jobs show how far they are, and can be aborted.  The guest is big, so that there is time.
# timeout: 600

guest=big
image=$BED/big.image

# field_of FIELD: of what domjobinfo printed, a number of bytes where it is an amount.
field_of() {
    awk -F ': +' -v field="$1" '
        $1 == field && split($2, value, " ") == 2 && value[2] ~ /iB$|^B$/ {
            scale["B"] = 1; scale["KiB"] = 1024; scale["MiB"] = 1024 ^ 2; scale["GiB"] = 1024 ^ 3
            printf "%.0f\n", value[1] * scale[value[2]]; next
        }
        $1 == field { sub(/ *$/, "", $2); print $2 }'
}

job_field() { $VIRSH domjobinfo $guest 2>/dev/null | field_of "$1"; }

half_way() { [ "$(job_field 'Data processed')" -gt $((256 << 20)) ]; }
no_file() { [ -z "$(ls -A "$BED/to")" ]; }

# grows FILE: the numbers in it never fall, and are at least three different ones.
grows() {
    paste -sd ' ' "$1"
    sort -n -c "$1" && [ "$(uniq "$1" | wc -l)" -ge 3 ]
}

no_more_than() { [ -z "$(paste "$1" "$2" | awk '$1 > $2')" ]; }

mkdir "$BED/to"
expect 'a guest of 1 GiB is created' create pvh $guest 1024
expect 'the guest of 1 GiB boots' has_booted $guest 120

# Aborted by virsh.
$VIRSH save $guest "$BED/to/image" >"$BED/save.out" 2>&1 &
expect 'a save of 1 GiB gets to its middle' wait_for 60 half_way
expect_eq 'virsh domjobinfo says that the save is bounded' Bounded "$(job_field 'Job type')"
from=$(now_ms)
expect 'virsh domjobabort is accepted' timeout 20 $VIRSH domjobabort $guest
wait $!
expect_eq 'the aborted save fails' 1 $?
aborted_after=$(($(now_ms) - from))
cat "$BED/save.out"
expect 'virsh says that the save was aborted' grep -qi aborted "$BED/save.out"
expect 'the aborted save fails within 5 s' [ $aborted_after -le $((5000 * ${PATIENCE:-1})) ]
expect 'the guest counts on after the abort' counts $guest
expect 'an aborted save leaves no file' no_file
expect 'an aborted save leaves no job' no_jobs
expect_eq 'the guest keeps its id through the abort' "$(xen_domid $guest)" "$(id_of $guest)"

# Aborted by Ctrl-C.
type_ctrl_c_half_way() {
    wait_for 60 half_way
    dom0ctl jobs >"$BED/jobs"
    printf '\003'
    sleep 20
}
on_terminal "dom0ctl save $guest $BED/to/image" < <(type_ctrl_c_half_way) >"$BED/save.out"
expect_eq 'dom0ctl save that was told Ctrl-C ends with 1' 1 $?
cat "$BED/jobs"
expect 'dom0ctl jobs showed the save and how far it is' grep -qE "save +$guest +running +[1-9][0-9]*%" "$BED/jobs"
tr '\r' '\n' <"$BED/save.out" >"$BED/save.lines"
tail -n 2 "$BED/save.lines"
expect 'dom0ctl says what became of the save' grep -q "save of $guest aborted; the guest runs on" "$BED/save.lines"
expect 'the guest counts on after Ctrl-C' counts $guest
expect 'Ctrl-C leaves no file' no_file

# To the end, with nobody in the way.  Without a terminal there are lines, now and then.
dom0ctl save $guest "$image" >"$BED/save.out" 2>&1 3>&- &
save=$!
: >"$BED/processed"
: >"$BED/total"
while kill -0 $save 2>/dev/null; do
    info=$($VIRSH domjobinfo $guest 2>/dev/null) || continue
    grep -q 'Bounded' <<<"$info" || continue
    field_of 'Data processed' <<<"$info" >>"$BED/processed"
    field_of 'Data total' <<<"$info" >>"$BED/total"
done
wait $save
expect_eq 'a save with nobody in the way succeeds' 0 $?
expect 'virsh domjobinfo shows processed bytes that grow' grows "$BED/processed"
expect 'virsh domjobinfo gets near the end' [ "$(tail -n 1 "$BED/processed")" -gt $((768 << 20)) ]
expect_eq 'virsh domjobinfo shows a total of 1 GiB' 1073741824 "$(head -n 1 "$BED/total")"
expect 'virsh domjobinfo shows no more processed bytes than there are in all' no_more_than "$BED/processed" "$BED/total"
cat "$BED/save.out"
expect 'without a terminal dom0ctl prints lines on the progress' grep -qE "^save $guest: [0-9]+%, [0-9]+ of 1024 MiB" "$BED/save.out"
expect 'without a terminal dom0ctl prints no control characters' [ "$(grep -c '[[:cntrl:]]' "$BED/save.out")" = 0 ]
expect 'the image of 1 GiB is whole' is_whole "$image"

# A restore is a job too, and can be aborted.
dom0ctl restore "$image" >"$BED/restore.out" 2>&1 3>&- &
expect 'a restore is under way' wait_for 60 "dom0ctl jobs | grep -qE 'restore +$guest +running +[1-9]'"
expect 'dom0ctl aborts it' dom0ctl abort $guest
wait $!
expect_eq 'the aborted restore fails' 1 $?
cat "$BED/restore.out"
expect 'dom0ctl says that the restore was aborted' grep -q aborted "$BED/restore.out"
expect 'an aborted restore leaves no guest' has_gone $guest
expect 'an aborted restore leaves no job' no_jobs
expect 'an aborted restore leaves its image whole' is_whole "$image"

# The same abort for a PV guest, whose save begins otherwise.
expect 'a PV guest boots' boots pv small 256
$VIRSH save small "$BED/to/image" >"$BED/save.out" 2>&1 3>&- &
wait_for 60 "dom0ctl jobs | grep -qE 'save +small +running +[1-9]'"
expect 'virsh domjobabort is accepted for a PV guest' timeout 20 $VIRSH domjobabort small
wait $!
expect_eq 'the aborted save of the PV guest fails' 1 $?
expect 'the PV guest counts on after the abort' counts small
expect 'the aborted save of the PV guest leaves no file' no_file
dom0ctl destroy small
