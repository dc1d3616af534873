# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The daemon restarts, hangs, or is away for a while: jobs go on, guests do not notice, clients wait.
# timeout: 600

DROP_IN=/run/systemd/system/dom0d.service.d

main_pid() { systemctl show -P MainPID dom0d.service; }
is_under_way() { dom0ctl jobs | grep -qE 'save +big +running +[1-9][0-9]*%'; }

# goes_on_from NUMBER GUEST: it counts, and did not begin anew.
goes_on_from() { counts "$2" && [ "$(counter "$2")" -gt "$1" ]; }

# save_big: in the background, on a terminal.  Not below expect, which has a shell of its own.
save_big() {
    rm -f "$BED/big.image"
    on_terminal "dom0ctl save big $BED/big.image" </dev/null >"$BED/save.out" 2>&1 3>&- &
    SAVE_PID=$!
}

# The different percentages that dom0ctl showed after so many bytes of what it said.
shown_after() { tail -c "+$1" "$BED/save.out" | tr '\r' '\n' | sed -n 's/^.*save big *\([0-9]*\)% \[.*/\1/p' | uniq; }

# save_ends_well WHAT: though that happened to the daemon.
save_ends_well() {
    local from=$1 before=$2 what=$3 status
    wait "$SAVE_PID"
    status=$?
    tr '\r' '\n' <"$BED/save.out" | tail -n 3
    shown_after "$from" | paste -sd ' '
    expect_eq "a save goes on through $what, and dom0ctl ends with 0" 0 $status
    expect "dom0ctl has gone on showing the progress of the save through $what" [ "$(shown_after "$from" | wc -l)" -ge 2 ]
    expect "the image is whole after $what" is_whole "$BED/big.image"
    expect "the guest is restored after $what" dom0ctl restore "$BED/big.image"
    expect "and counts on from where it was" goes_on_from "$before" big
}

restart_amid_save() {
    local before from
    before=$(counter big)
    save_big
    expect 'a save of 1 GiB is under way' wait_for 60 is_under_way
    systemctl restart dom0d.service
    from=$(stat -c %s "$BED/save.out")
    expect 'the restarted daemon lists the save' eval 'dom0ctl jobs | grep -qE "save +big +running"'
    save_ends_well "$from" "$before" 'a restart of the daemon'
}

# A virsh that is told what to do line by line; its input is our descriptor 4.
start_virsh_shell() {
    mkfifo "$BED/virsh.in"
    # shellcheck disable=SC2086
    $VIRSH <"$BED/virsh.in" >"$BED/virsh.out" 2>&1 3>&- 4>&- &
    exec 4>"$BED/virsh.in"
    echo 'list --name' >&4
}

# The first command after it lost its connection may fail.
ask_virsh_shell_again() {
    echo 'echo ---' >&4
    echo 'list --name' >&4
    echo 'list --name' >&4
    echo 'quit' >&4
    exec 4>&-
}

virsh_shell_has_answered() { sed '1,/^---/d' "$BED/virsh.out" | grep -q '^other'; }

hang_amid_save() {
    local before from pid events
    mkdir -p $DROP_IN
    printf '[Service]\nWatchdogSec=3\nTimeoutAbortSec=2\n' >$DROP_IN/bed.conf
    systemctl daemon-reload
    systemctl restart dom0d.service
    before=$(counter big)
    dom0ctl events >"$BED/dom0ctl.events" 2>&1 3>&- &
    events=$!
    start_virsh_shell
    expect 'a virsh shell is connected' wait_for 30 "grep -q '^other' '$BED/virsh.out'"
    save_big
    expect 'another save is under way' wait_for 60 is_under_way
    pid=$(main_pid)
    kill -STOP "$pid"
    from=$(stat -c %s "$BED/save.out")
    expect 'the watchdog has a daemon that hangs restarted' wait_for 20 "timeout 10 dom0ctl list --name | grep -qx other && [ \$(main_pid) != $pid ]"
    expect 'the journal says that it was the watchdog' grep -q 'Watchdog timeout' <<<"$(journalctl -b -q -o cat -u dom0d.service)"
    expect 'a guest counts on meanwhile' counts other
    save_ends_well "$from" "$before" 'a hang of the daemon'
    ask_virsh_shell_again
    expect 'a virsh shell connects again' wait_for 30 virsh_shell_has_answered
    cat "$BED/virsh.out" "$BED/dom0ctl.events"
    expect 'dom0ctl events goes on with the next daemon' grep -q 'big.*stopped.*saved' "$BED/dom0ctl.events"
    kill $events
    wait $events 2>/dev/null
    rm -r $DROP_IN
    systemctl daemon-reload
    systemctl restart dom0d.service
}

clients_amid_restart() {
    local n failed=0 clients=()
    systemctl restart --no-block dom0d.service
    for n in {1..20}; do
        timeout 60 dom0ctl list --name >"$BED/client.$n" 2>&1 3>&- &
        clients+=($!)
    done
    for n in "${clients[@]}"; do
        wait "$n" || failed=$((failed + 1))
    done
    sort "$BED"/client.* | uniq -c
    expect_eq '20 clients that come during a restart are all served' 0 $failed
    expect_eq 'and all are told the same' 20 "$(grep -lx other "$BED"/client.* | wc -l)"
}

# One guest ends while nobody looks, one runs on.
end_meanwhile() {
    boots pv ends 128 >/dev/null
    systemctl stop dom0d.service
    xl destroy ends
    systemctl start dom0d.service
    follow_events
    expect 'the end of a guest while the daemon was away is told to who listens after its start' wait_for 10 "grep -q '^ends ' '$BED/events'"
    expect 'the guest that ended is not listed' is_not_listed ends
    sleep 2
    expect_eq 'its end is told once' 'Stopped Destroyed' "$(events_of ends)"
    expect_eq 'nothing is told of a guest that ran on' '' "$(events_of other)"
    ignore_events
}

# Drop-ins of ours must not outlive us.
trap 'rm -rf "$BED"; [ ! -e $DROP_IN ] || { rm -r $DROP_IN; systemctl daemon-reload; systemctl restart dom0d.service; }' EXIT

expect 'a guest of 1 GiB boots' boots pv big 1024
expect 'another guest boots' boots pv other 128
restart_amid_save
hang_amid_save
clients_amid_restart
end_meanwhile
expect 'no job is left' no_jobs
dom0ctl destroy big
dom0ctl destroy other
