#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The program dom0d on the fake Xen: how it ends, what it says then, what it leaves to the next one.
set -u
# shellcheck source=programs.sh
. "$(dirname "$0")/programs.sh"


# case_is NAME: what follows has a log of its own.
case_is() {
    echo "# $1"
    : >"$dir/log"
}

begins() {
    case_is "$1"
    start
}

says() { grep -q -e "$1" "$dir/log"; }
has_job() { dom0ctl jobs | grep -q "$1"; }
is_gone() { ! dom0ctl list | grep -q "$1"; }
is_written() { [ -n "$(find "$dir/run/jobs" -name '*.job')" ]; }
none_is_written() { ! is_written; }
counts() { grep -c -e "$1" "$dir/log"; }

# ends STATUS: the daemon does, within a minute.
ends() {
    local status
    for _ in $(seq 600); do
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "$daemon" 2>/dev/null
    wait "$daemon"
    status=$?
    [ "$status" = "$1" ] || wrong "status $status, not $1"
}

"$fake/fake-xen" create web 11111111-2222-3333-4444-555555555555 pvh >/dev/null

begins 'SIGHUP has the configuration read again'
kill -HUP "$daemon"
wait_for says 'changed: nothing'
printf 'max_queued_jobs = 7\nmax_jobs = 77\nlog_level = debug\n' >>"$dir/conf"
kill -HUP "$daemon"
wait_for says 'changed: max_queued_jobs, log_level; not before the daemon is started again: max_jobs$'
echo 'max_jobs = x' >>"$dir/conf"
kill -HUP "$daemon"
wait_for says 'is as it was: .*conf:[0-9]*: max_jobs'
sed -i '/^max_queued_jobs\|^max_jobs\|^log_level/d' "$dir/conf"
dom0ctl list | grep -q web || wrong 'web is not listed'
kill -TERM "$daemon"
ends 0
[ ! -e "$dir/s" ] || wrong 'its socket was left'

for _ in $(seq 5); do
    begins 'told to stop many times'
    for _ in $(seq 3000); do
        kill -TERM "$daemon" 2>/dev/null || break
    done
    ends 0
done

begins 'a stop while Xen is asked for the sake of a job'
"$fake/fake-xen" delay 60000
dom0ctl save web "$dir/web" >"$dir/answer" 2>&1 &
client=$!
wait_for has_job save
kill -TERM "$daemon"
ends 0
wait "$client" && wrong 'the client was told that it is saved'
[ -s "$dir/answer" ] || wrong 'the client was told nothing'
[ ! -e "$dir/web" ] || wrong 'there is an image'
"$fake/fake-xen" delay 0

begins 'the next daemon begins the job anew'
wait_for is_gone web
[ -s "$dir/web" ] || wrong 'there is no image'
kill -TERM "$daemon"
ends 0

begins 'a stop while a worker works'
touch "$dir/kernel"
sed "s,/k<,$dir/kernel<," >"$dir/own.xml" <<END
<domain type='xen'><name>own</name><uuid>11111111-2222-3333-4444-777777777777</uuid>
<memory unit='MiB'>128</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='xenpv'>linux</type><kernel>/k</kernel></os></domain>
END
dom0ctl create "$dir/own.xml" >/dev/null || wrong 'own is not created'
wait_for none_is_written # the client may hear of the end of the create before its record is gone
"$fake/fake-xen" delay 1500
dom0ctl save own "$dir/image" >"$dir/answer" 2>&1 &
client=$!
wait_for is_written
kill -TERM "$daemon"
ends 0
wait "$client" && wrong 'the client was told that it is saved'
[ -s "$dir/answer" ] || wrong 'the client was told nothing'

begins 'the next daemon has the job'
wait_for test -e "$dir/image"
wait_for is_gone own
"$fake/fake-xen" delay 0
dom0ctl create "$dir/own.xml" >/dev/null || wrong 'own is not created'
kill -TERM "$daemon"
ends 0

"$fake/fake-xen" create db 11111111-2222-3333-4444-666666666666 pvh >/dev/null
for what in break break-libxl; do
    begins "$what: the daemon says so, once, and systemd is to start it again"
    "$fake/fake-xen" $what
    dom0ctl pause db >/dev/null 2>&1 # libxl is asked for something
    ends 1
    [ "$(counts 'the connection to Xen is lost: ')" = 1 ] || wrong 'not one line of it'
    "$fake/fake-xen" mend
    begins "$what: the list of the next daemon is true"
    dom0ctl list | grep -q db || wrong 'db is not listed'
    kill -TERM "$daemon"
    ends 0
done

id=$("$fake/fake-xen" create brief 11111111-2222-3333-4444-888888888888 pvh)
begins 'a guest is known'
kill -TERM "$daemon"
ends 0
"$fake/fake-xen" destroy "$id"
begins 'who comes soon after the start hears that the guest has ended meanwhile'
dom0ctl events --count 1 --timeout 30 >"$dir/answer" 2>&1 || wrong 'no event came'
grep -q 'brief stopped (destroyed)' "$dir/answer" || wrong "told was: $(cat "$dir/answer")"
kill -TERM "$daemon"
ends 0

# As of a daemon that is killed between making a socket and starting the worker for it.
perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0) && bind(S, pack_sockaddr_un(shift)) or die' \
    "$dir/run/jobs/0123456789abcdef" || exit 1
begins 'a socket of no worker is removed by the next daemon'
[ -e "$dir/run/jobs/0123456789abcdef" ] && wrong 'it is there still'
kill -TERM "$daemon"
ends 0

case_is 'without xenstored at the start systemd is to try again'
"$fake/fake-xen" rule xs_open 1 -1 full
launch
ends 1
says 'xenstored does not answer: ' || wrong 'it does not say why'

"$fake/fake-xen" forget
"$fake/fake-xen" away
case_is 'an xenstored that is away at the start is waited for'
launch
wait_for says 'waiting for it'
dom0ctl list 2>/dev/null && wrong 'it serves clients already'
"$fake/fake-xen" back
wait_for dom0ctl list
kill -TERM "$daemon"
ends 0

# The devices are there, and the hypervisor refuses.
while read -r call reason; do
    case_is "$call fails at the start: one line, with the reason"
    "$fake/fake-xen" forget
    "$fake/fake-xen" rule "$call" 1 -3 full
    launch
    ends 1
    [ "$(grep -vc ' libxl: ' "$dir/log")" = 1 ] || wrong 'not one line beside those of libxl'
    says "$reason" || wrong 'it does not say why'
    [ ! -e "$dir/s" ] || wrong 'its socket was left'
done <<END
ctx_alloc libxl does not start: cannot open libxc handle: Operation not permitted
get_physinfo cannot ask the hypervisor about the host: 
END

begins 'a worker to which the hypervisor refuses libxl'
"$fake/fake-xen" forget
id=$("$fake/fake-xen" create last 11111111-2222-3333-4444-999999999999 pvh)
wait_for dom0ctl xml last # whose it is has been asked, too
for nth in 1 0; do
    "$fake/fake-xen" rule ctx_alloc $nth -3 full
    dom0ctl save last "$dir/last" >"$dir/answer" 2>&1 && wrong 'the save succeeded'
    grep -q 'libxl does not start: cannot open libxc handle: Operation not permitted' \
        "$dir/answer" || wrong "told was: $(cat "$dir/answer")"
    [ "$(wc -l <"$dir/answer")" = 1 ] || wrong "not one line: $(cat "$dir/answer")"
    [ ! -e "$dir/last" ] || wrong 'there is an image'
    dom0ctl list | grep -q last || wrong 'the guest is gone'
    "$fake/fake-xen" forget
done
dom0ctl save last "$dir/last" >"$dir/answer" 2>&1 || wrong "the next worker fails too: $(cat "$dir/answer")"
kill -TERM "$daemon"
ends 0
exit $failed
