# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# libxl-save-helper, libxl's own process that reads or writes an image, is killed amid that.
# timeout: 420

guest=big
to=$BED/to

main_pid() { systemctl show -P MainPID dom0d.service; }
helpers() { pgrep -f '/libxl-save-helper '; }
is_under_way() { dom0ctl jobs | grep -qE "$1 +$guest +running +[1-9]"; }

# kill_helper JOB: once that has come some way.
kill_helper() {
    wait_for 60 "is_under_way $1" || return
    helpers >"$BED/helpers"
    [ "$(wc -l <"$BED/helpers")" = 1 ] && kill -9 "$(cat "$BED/helpers")"
}

all_images() { find "$to" -mindepth 1 -printf '%P %s %i %T@\n'; }

# What there is of any domain, and of processes.
things() {
    xl list | awk 'NR > 1 { print $2 }' | paste -sd ' '
    xenstore-list /local/domain | sort | paste -sd ' '
    xenstore-list /libxl | sort | paste -sd ' '
    find /var/lib/xen /run/dom0d/queue /run/dom0d/domains -type f | sort | paste -sd ' '
    find /run/dom0d/jobs -name '*.job' | paste -sd ' '
    helpers | paste -sd ' '
}

amid_save() {
    local type=$1 before id status
    id=$(xen_domid $guest)
    before=$(counter $guest)
    dom0ctl save $guest "$to/image" >"$BED/save.out" 2>&1 3>&- &
    expect "the helper is killed amid the save of a $type guest" kill_helper save
    wait $!
    expect_eq "the save of the $type guest fails" 1 $?
    cat "$BED/save.out"
    expect "dom0ctl says that saving failed ($type)" grep -q "^dom0ctl: .*$guest" "$BED/save.out"
    expect_eq "the $type guest has its id still" "$id" "$(xen_domid $guest)"
    expect "the $type guest runs on from where it was" eval "counts $guest && [ \$(counter $guest) -gt $before ]"
    expect_eq "there is no file of a save of the $type guest that failed" '' "$(all_images)"
    expect "no job is left of the save of the $type guest" no_jobs
    expect_eq "virsh says that the $type guest runs" running "$($VIRSH domstate $guest)"
}

amid_restore() {
    local type=$1 before file none
    before=$(counter $guest)
    expect "the $type guest is saved after that" timeout $((100 * PATIENCE)) dom0ctl save $guest "$to/image"
    expect "the image of the $type guest is whole" is_whole "$to/image"
    file=$(all_images)
    none=$(things)
    dom0ctl restore "$to/image" >"$BED/restore.out" 2>&1 3>&- &
    expect "the helper is killed amid the restore of a $type guest" kill_helper restore
    wait $!
    expect_eq "the restore of the $type guest fails" 1 $?
    cat "$BED/restore.out"
    expect "dom0ctl says that restoring failed ($type)" grep -q "^dom0ctl: .*$guest" "$BED/restore.out"
    expect "there is no domain after the restore of the $type guest failed" has_gone $guest
    expect_eq "nothing is left of the restore of the $type guest" "$none" "$(things)"
    expect "no job is left of the restore of the $type guest" no_jobs
    expect_eq "the image of the $type guest is the file that it was" "$file" "$(all_images)"
    expect "the image of the $type guest is whole still" is_whole "$to/image"
    expect "the $type guest is restored from it" timeout $((100 * PATIENCE)) dom0ctl restore "$to/image"
    rm "$to/image"
    expect "the restored $type guest goes on from where it was" eval "counts $guest && [ \$(counter $guest) -gt $before ]"
}

mkdir "$to"
pid=$(main_pid)
for type in pv pvh; do
    expect "a $type guest boots" boots $type $guest 512
    amid_save $type
    amid_restore $type
    dom0ctl destroy $guest
    rm -f "$(console_log $guest)"
done
expect_eq 'the daemon is the same' "$pid" "$(main_pid)"
