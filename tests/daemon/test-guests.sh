#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Guests are started and stopped with the host: in their order, and none stops the others.
set -u
# shellcheck source=programs.sh
. "$(dirname "$0")/programs.sh"

: >"$dir/kernel"

# define NAME NUMBER KERNEL START-ATTRIBUTES
define() {
    dom0ctl define - >/dev/null <<END
<domain type='xen'><name>$1</name><uuid>11111111-2222-3333-4444-$(printf %012d "$2")</uuid>
<metadata><start xmlns='urn:dom0d:start' $4/></metadata>
<memory unit='MiB'>16</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='xenpv'>xen</type><kernel>$3</kernel></os>
</domain>
END
}

running() { dom0ctl list --name | grep -v Domain-0 | sort | paste -sd ' '; }
expect() { [ "$2" = "$3" ] || wrong "$1: wanted '$2', got '$3'"; }

# guests WHAT STATUS: its lines are in $dir/out and $dir/err.
guests() {
    dom0ctl guests "$1" >"$dir/out" 2>"$dir/err"
    expect "the status of guests $1" "$2" $?
}

said() { paste -sd , <"$dir/out"; }
complained() { grep -qxF -e "$1" "$dir/err" || wrong "not said: $1; but: $(cat "$dir/err")"; }

echo 'guests_parallel = 2' >>"$dir/conf"
start
define db 1 "$dir/kernel" "order='1' delay='2'"
define web 2 "$dir/kernel" "after='db'"
define late 3 "$dir/kernel" "order='200'"
define off 4 "$dir/kernel" "order='1'"
for name in db web late; do dom0ctl autostart $name || wrong "$name: no autostart"; done

begin=$SECONDS
guests start 0
expect 'who is started, in order' 'db started,web started,late started' "$(said)"
[ $((SECONDS - begin)) -ge 2 ] || wrong 'nobody has waited for the delay'
expect 'who runs' 'db late web' "$(running)"
guests start 0
expect 'who runs is not started' '' "$(said)"

guests stop 0
expect 'who is saved, in order' 'late saved,web saved,db saved' "$(said)"
expect 'who runs after that' '' "$(running)"
for name in db web late; do
    [ -e "$dir/save/$name.save" ] || wrong "$name has no managed save"
done

# One that cannot be started, and one that comes after it; circles; one that is not there.
define broken 5 /no/kernel "order='1'"
define lone 6 "$dir/kernel" "after='broken'"
define a 7 "$dir/kernel" "after='b'"
define b 8 "$dir/kernel" "after='a'"
define lost 9 "$dir/kernel" "after='off'"
for name in broken lone a b lost; do dom0ctl autostart $name || wrong "$name: no autostart"; done
guests start 1
expect 'who runs beside those that cannot' 'db late web' "$(running)"
expect 'managed saves are restored' '' "$(find "$dir/save" -name '*.save')"
grep -q '^broken: .*no/kernel' "$dir/err" || wrong "the reason is not said: $(cat "$dir/err")"
complained 'lone: not started: it comes after broken, which could not be started'
complained 'lost: not started: it comes after off, which does not run, and is not to be started'
complained 'a: not started: it comes after b, which waits for it'
complained 'b: not started: it comes after a, which could not be started'
for name in broken lone a b lost; do dom0ctl undefine $name || wrong "$name: not undefined"; done

# One that comes after another that is looked at later, and fails before anything is under way.
define first 10 "$dir/kernel" "after='second'"
define second 11 "$dir/kernel" "after='off'"
for name in first second; do dom0ctl autostart $name || wrong "$name: no autostart"; done
guests start 1
complained 'second: not started: it comes after off, which does not run, and is not to be started'
complained 'first: not started: it comes after second, which could not be started'
for name in first second; do dom0ctl undefine $name || wrong "$name: not undefined"; done

# What the configuration says.
stop
printf '%s\n' 'guests_stop = leave' >>"$dir/conf"
start
guests stop 0
expect 'who is left' 'db late web' "$(running)"
stop
sed -i 's/^guests_stop = .*/guests_stop = shutdown\nguests_stop_timeout = 1/' "$dir/conf"
start
"$fake/fake-xen" freeze "$(dom0ctl info db | sed -n 's/^Id: *//p')"
guests stop 1
complained 'db: has not shut down in 1 s'
expect 'who shuts down' 'late shut down,web shut down' "$(said)"
dom0ctl destroy db || wrong 'db is not destroyed'

# The daemon goes amid it.
stop
sed -i '/^guests_stop/d' "$dir/conf"
start
guests start 0
"$fake/fake-xen" delay 3000
DOM0CTL_RECONNECT=60 timeout 60 "$build/client/dom0ctl" -s "$dir/s" guests stop >"$dir/out" 2>"$dir/err" &
asker=$!
wait_for pgrep -f -- " $dir/run/jobs/"
sleep 0.5
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
start
wait $asker || wrong "the daemon went, and guests stop ended with $?: $(cat "$dir/err")"
expect 'who runs when the daemon has come back' '' "$(running)"
stop
exit $failed
