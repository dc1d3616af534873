# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The connection to xenstored breaks: the daemon says so, is back by itself, and knows what is true.
# timeout: 400

. "$CASES/proxy.inc"

# cut_connections SIGNAL: USR1 the daemon's, USR2 all.
cut_connections() {
    : >"$BED/proxy"
    date +%s >"$BED/cut"
    kill "-$1" "$PROXY_PID"
    wait_for 10 "grep '^cut [1-9]' '$BED/proxy'"
}

names_of_dom0d() { timeout 30 dom0ctl list --name | grep -vx Domain-0 | sort | paste -sd ' '; }
names_of_xl() { guests_now | sort | paste -sd ' '; }
same_names() { [ "$(names_of_dom0d)" = "$(names_of_xl)" ]; }
says_so() { journalctl -b -q -o cat -u dom0d.service --since "@$(cat "$BED/cut")" | grep -i 'xenstored'; }

recovers() {
    expect "$1: the daemon answers again" wait_for 10 'timeout 10 dom0ctl list'
    expect "$1: its list is true" wait_for 10 same_names
    expect "$1: the log says what happened" says_so
    expect "$1: a guest counts on" counts one
}

idle() {
    expect 'the connections of the daemon are cut' cut_connections USR1
    recovers 'cut'
    expect 'a guest of xl is seen afterwards' eval 'xl_create pv theirs 128 && wait_for 20 same_names'
    xl destroy theirs
    expect 'its end is seen too' wait_for 20 'has_gone theirs'
    expect 'a guest is created and counts' boots pv two 128
    expect 'a guest is destroyed' dom0ctl destroy two
}

# Not below expect, which has a shell of its own.
start_save() {
    rm -f "$BED/image"
    dom0ctl save one "$BED/image" >"$BED/save.out" 2>&1 3>&- &
    SAVE_PID=$!
}

is_under_way() { dom0ctl jobs | grep -qE 'save +one +running +[1-9]'; }

amid_save() {
    local before
    before=$(counter one)
    start_save
    expect 'a save is under way' wait_for 30 is_under_way
    expect 'the connections of the daemon are cut amid a save' cut_connections USR1
    wait "$SAVE_PID"
    expect_eq 'the save succeeds all the same' 0 $?
    cat "$BED/save.out"
    expect 'the image is whole' is_whole "$BED/image"
    expect 'the guest is restored' dom0ctl restore "$BED/image"
    expect 'and counts on from where it was' eval "counts one && [ \$(counter one) -gt $before ]"
    recovers 'cut amid a save'
}

# The worker is cut off too: the save may end either way, but nothing is lost, and it is said how.
amid_save_worker_too() {
    local before status
    before=$(counter one)
    start_save
    expect 'another save is under way' wait_for 30 is_under_way
    expect 'all connections are cut amid a save' cut_connections USR2
    wait "$SAVE_PID"
    status=$?
    cat "$BED/save.out"
    expect 'no job is left of it' wait_for 30 no_jobs
    if [ $status = 0 ]; then
        expect 'dom0ctl said that the guest is saved: its image is whole' is_whole "$BED/image"
        expect 'it is restored' dom0ctl restore "$BED/image"
    else
        expect 'dom0ctl said that the save failed: there is no image' [ -z "$(find "$BED" -name '*image*')" ]
    fi
    expect 'the guest counts on from where it was' eval "counts one && [ \$(counter one) -gt $before ]"
    recovers 'all cut amid a save'
}

start_proxy
trap leave_proxy EXIT
expect 'a guest boots' boots pv one 512
expect 'the daemon talks to xenstored through a proxy' use_proxy
idle
amid_save
amid_save_worker_too
dom0ctl destroy one
