# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# xenstored does not answer for 20 s: the daemon answers what it can, and fails the rest in time.  Nobody
# reaches it for two minutes: no answer is wrong.  Each time all is true afterwards.
# long
# timeout: 600

. "$CASES/queries.inc"
. "$CASES/proxy.inc"

main_pid() { systemctl show -P MainPID dom0d.service; }
names_of_dom0d() { timeout 30 dom0ctl list --name | grep -vx Domain-0 | sort | paste -sd ' '; }
names_of_xl() { guests_now | sort | paste -sd ' '; }
same_names() { [ "$(names_of_dom0d)" = "$(names_of_xl)" ]; }

# fails_in_time PATTERN SECONDS COMMAND...: in so many seconds at most, and says why.
fails_in_time() {
    local pattern=$1 seconds=$2 from took said
    shift 2
    from=$(now_ms)
    if said=$(timeout $((seconds * PATIENCE + 30)) "$@" 2>&1); then
        echo "it succeeded"
        return 1
    fi
    took=$(($(now_ms) - from))
    echo "$took ms: $said"
    [ $took -le $((seconds * 1000 * PATIENCE)) ] && grep -qE -- "$pattern" <<<"$said"
}

# What runs as a program of its own starts slowly here; the time of each answer is tools/queries'.
soon() { takes_at_most 5000 "$@"; }

# The loop must turn all the time: it has 10 s.
strict_watchdog() {
    mkdir -p $DROP_IN
    printf '[Service]\nWatchdogSec=10\n' >$DROP_IN/watchdog.conf
    systemctl daemon-reload
    systemctl restart dom0d.service
    wait_for 30 'timeout 20 dom0ctl list'
}

answers_meanwhile() {
    local what=$1
    expect "virsh list is answered meanwhile ($what)" soon $VIRSH list --all
    expect "virsh dominfo is answered meanwhile ($what)" soon $VIRSH dominfo one
    expect "dom0ctl list is answered meanwhile ($what)" soon dom0ctl list
}

# xl hangs as long as xenstored does, and goes on with it.
stopped() {
    local pid stopped dumpxml query
    pid=$(main_pid)
    start_queries list:list info:info:one
    expect 'xenstored is stopped' kill -STOP "$xenstored"
    stopped=$(now_ms)
    timeout 100 xl rename one renamed >/dev/null 2>&1 3>&- &
    fails_in_time 'xenstore' 15 $VIRSH dumpxml two >"$BED/dumpxml" 2>&1 3>&- &
    dumpxml=$!
    expect 'who listens for events is told that it may' soon follow_and_ignore
    answers_meanwhile stopped
    wait $dumpxml
    expect_eq 'dumpxml of a guest fails in 15 s, and names xenstored' 0 $?
    cat "$BED/dumpxml"
    while (($(now_ms) - stopped < 20000)); do sleep 0.2; done
    end_queries "xenstored is stopped"
    kill -CONT "$xenstored"
    for query in list info; do
        expect "$query was answered within a second for 20 s without xenstored" answered_soon $query 1000 20
    done
    expect 'a rename that xl made meanwhile is seen' wait_for 20 'dom0ctl list --name | grep -qx renamed'
    expect_eq 'the daemon is the same after 20 s without xenstored' "$pid" "$(main_pid)"
    afterwards stopped
    xl rename renamed one
    expect 'a later rename is seen too' wait_for 20 same_names
}

follow_and_ignore() {
    timeout 30 $VIRSH event --event lifecycle --timeout 1 >"$BED/event" 2>&1
    cat "$BED/event"
    # 1: the second is over, and nothing has happened.
    grep -q 'event loop timed out' "$BED/event"
}

# What a guest prints is kept under the name that it had first.
afterwards() {
    local what=$1
    expect "the list is true afterwards ($what)" wait_for 20 same_names
    expect "dumpxml of a guest is answered afterwards ($what)" wait_for 30 "$VIRSH dumpxml two"
    expect "the guests count on ($what)" eval "counts one && counts two"
    expect "a guest is created, saved and restored afterwards ($what)" eval \
        "boots pv new 128 && timeout 60 dom0ctl save new '$BED/image' && timeout 60 dom0ctl restore '$BED/image' && counts new"
    dom0ctl destroy new
    rm -f "$BED/image"
    expect "no job is left ($what)" no_jobs
}

# ask COMMAND...: what is answered, or nothing, after 10 s at most.
ask() { timeout 10 "$@" 2>/dev/null; }

ids_of_xl() { xl list | awk 'NR > 1 && $2 != 0 { print $2 }' | sort -n | paste -sd ' '; }

# A list must be that of the hypervisor, and a state the one that the guest has.
note_wrong_answers() {
    local said
    if said=$(ask $VIRSH list --all --id); then
        said=$(awk 'NF && $1 != 0 { print $1 }' <<<"$said" | sort -n | paste -sd ' ')
        [ "$said" = "$(ids_of_xl)" ] || echo "the ids $said where $(ids_of_xl) is true"
    fi
    if said=$(ask $VIRSH domstate "$(xl domid two)"); then
        [ "$said" = paused ] || echo "two is $said where it is paused"
    fi
}

# A daemon that has lost xenstored may be away as long; what it does answer is true.
gone() {
    local until
    stop_proxy
    until=$(($(now_ms) + 120000))
    xl pause two
    xl rename one renamed
    xl destroy three
    xl_create pv four 128
    : >"$BED/wrong"
    expect 'a create while xenstored is gone does not succeed' eval "! timeout 60 dom0ctl create '$BED/new.xml'"
    while (($(now_ms) < until)); do
        note_wrong_answers >>"$BED/wrong"
        sleep 5
    done
    expect_eq 'no answer was wrong while xenstored was gone' '' "$(sort "$BED/wrong" | uniq -c)"
    start_proxy
    expect 'the daemon answers again when xenstored is back' wait_for 30 'timeout 10 dom0ctl list'
    expect 'a guest that came meanwhile is seen afterwards' wait_for 30 'is_listed four'
    expect 'one that went is not' wait_for 30 'is_not_listed three'
    expect 'one that was renamed has its new name' wait_for 30 'is_listed renamed'
    expect_eq 'one that was paused is paused' paused "$($VIRSH domstate two)"
    xl unpause two
    afterwards gone
}

xenstored=$(pgrep -o xenstored)
start_proxy
trap 'kill -CONT "$xenstored"; leave_proxy' EXIT
expect 'a guest boots' boots pv one 128
expect 'and a second one' boots pv two 128
expect 'and a third' boots pvh three 128
guest_xml pv new 128 >"$BED/new.xml"
strict_watchdog
stopped
expect 'the daemon talks to xenstored through a proxy' use_proxy
gone
for guest in $(guests_now); do
    dom0ctl destroy "$guest"
done
