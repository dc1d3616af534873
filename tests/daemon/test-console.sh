#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# dom0ctl console and log, dom0d and its processes on the fake Xen, with a pty for a guest's console.
set -u
# shellcheck source=programs.sh
. "$(dirname "$0")/programs.sh"

# is_guest NAME TERMINAL: from now on what is written to descriptor 5 the guest says, and what it
# hears is in $dir/heard.
is_guest() {
    rm -f "$dir/says"
    mkfifo "$dir/says"
    "$fake/fake-xen" console "$1" "$2" <"$dir/says" >"$dir/heard" &
    exec 5>"$dir/says"
}
says() { printf '%s' "$*" >&5; }
heard() { grep -q -F -e "$1" "$dir/heard"; }
shows() { grep -q -F -e "$1" "$dir/out"; }
log_has() { [ "$(dom0ctl log "$@" 2>&1)" = "$wanted" ]; }
has_ended() { ! kill -0 "$1" 2>/dev/null; }
domain() { "$fake/fake-xen" list | sed -n "s/^\([0-9]*\) .* $1\$/\1/p"; }

# session ARGUMENT...: dom0ctl console, by pipes: what is written to descriptor 6 is typed.
session() {
    rm -f "$dir/types"
    mkfifo "$dir/types"
    DOM0CTL_RECONNECT=0 timeout 60 "$build/client/dom0ctl" -s "$dir/s" console "$@" \
        <"$dir/types" >"$dir/out" 2>"$dir/err" &
    session=$!
    exec 6>"$dir/types"
}
types() { printf '%s' "$*" >&6; }

# ends STATUS: the session does.
ends() {
    wait_for has_ended "$session"
    wait "$session"
    local status=$?
    [ "$status" = "$1" ] || wrong "the session ended with $status, not $1: $(cat "$dir/err")"
    exec 6>&-
}

cat >>"$dir/conf" <<END
console_log_dir = $dir/logs
console_log_size = 64 KiB
console_log_count = 2
END
: >"$dir/kernel" >"$dir/out" >"$dir/err"
cat >"$dir/web.xml" <<END
<domain type='xen'><name>web</name><uuid>11111111-2222-3333-4444-555555555555</uuid>
<memory unit='MiB'>128</memory><os><type>linux</type><kernel>$dir/kernel</kernel></os>
<on_reboot>restart</on_reboot></domain>
END
start
dom0ctl create "$dir/web.xml" >/dev/null || wrong 'web is not created'
is_guest web 0

echo '# what it says before anybody listens is kept'
says 'booting '
wanted='booting '
wait_for log_has web
session web
wait_for shows 'booting'
types 'root'
wait_for heard 'root'

echo '# a second session is refused, and takes over by force'
dom0ctl console web </dev/null >"$dir/second" 2>&1 && wrong 'a second session'
grep -q "Active console session exists for this domain: 'web', console0" "$dir/second" ||
    wrong "not refused: $(cat "$dir/second")"
mv "$dir/out" "$dir/first"
first=$session
exec 7>&6
session --force web
ends_first() { has_ended "$first"; }
wait_for ends_first
wait "$first" && wrong 'the first session ended well'
exec 7>&-
wait_for shows 'booting'

echo '# it goes on when the guest reboots, and is restored'
"$fake/fake-xen" shutdown "$(domain web)" 1
wait_for sh -c "! '$fake/fake-xen' list | grep -q ' -s- '"
says 'again '
wait_for shows 'again'
dom0ctl save web "$dir/web.save" >/dev/null || wrong 'web is not saved'
dom0ctl restore "$dir/web.save" >/dev/null || wrong 'web is not restored'
says 'restored '
wait_for shows 'restored'
types 'still'
wait_for heard 'still'

echo '# the end of the input is not the end of the session'
exec 6>&-
says 'output goes on '
wait_for shows 'output goes on'

echo '# log follows, and both end with the guest'
timeout 60 "$build/client/dom0ctl" -s "$dir/s" log --follow web >"$dir/followed" &
follow=$!
wait_for grep -q 'output goes on' "$dir/followed"
says 'panic'
wait_for grep -q panic "$dir/followed"
dom0ctl destroy web >/dev/null || wrong 'web is not destroyed'
wait "$follow" || wrong 'log --follow failed'
ends 0
wanted='booting again restored output goes on panic'
log_has web || wrong "of the ended guest: $(dom0ctl log web 2>&1)"
[ "$(cat "$dir/first")" = 'booting ' ] || wrong "the first session got: $(cat "$dir/first")"
[ "$(cat "$dir/out")" = "$wanted" ] || wrong "the session got: $(cat "$dir/out")"

echo '# the next daemon has what was kept, and the files'
stop
start
log_has web || wrong "of the next daemon: $(dom0ctl log web 2>&1)"
wait_for grep -q panic "$dir/logs/web.console0.log"
[ "$(cat "$dir/logs/web.console0.log")" = "$wanted" ] || wrong 'the file is another'
[ "$(stat -c %a "$dir/logs/web.console0.log")" = 600 ] || wrong 'the file is not private'

echo '# files are put aside'
dom0ctl create "$dir/web.xml" >/dev/null || wrong 'web is not created again'
for _ in $(seq 10); do
    head -c 20000 /dev/zero | tr '\0' 'x' >&5
    sleep 0.2
done
wait_for test -e "$dir/logs/web.console0.log.2"
is_whole() { [ "$(stat -c %s "$dir"/logs/web.console0.log* | awk '{ n += $1 } END { print n }')" -gt 100000 ]; }
wait_for is_whole
[ ! -e "$dir/logs/web.console0.log.3" ] || wrong 'too many files'
[ "$(find "$dir/logs" -size +65537c)" = '' ] || wrong 'a file is too large'

echo '# a guest whose name is too long for a file has a file all the same'
long=$(printf 'long-%0235d' 0)
sed "s/web/$long/; s/555555555555/666666666666/" "$dir/web.xml" >"$dir/long.xml"
dom0ctl create "$dir/long.xml" >/dev/null || wrong 'the one with a long name is not created'
"$fake/fake-xen" console "$long" 0 <<<'long' >/dev/null &
wait_for grep -q long "$dir/logs/11111111-2222-3333-4444-666666666666.console0.log"
dom0ctl destroy "$long" >/dev/null || wrong 'the one with a long name is not destroyed'

echo '# a terminal is put back, whatever ends the session'
# on_a_terminal: it is in $dir/on-terminal, and script(1) gives it one, whose keys are descriptor 6's.
cat >"$dir/on-terminal" <<END
stty -a >'$dir/before'
sh -c 'echo \$\$ >$dir/pid; exec $build/client/dom0ctl -s $dir/s console web'
stty -a >'$dir/after'
END
on_a_terminal() {
    rm -f "$dir/keys" "$dir/before" "$dir/after"
    mkfifo "$dir/keys"
    timeout 60 script -qec "sh $dir/on-terminal" /dev/null <"$dir/keys" >"$dir/out" 2>&1 &
    exec 6>"$dir/keys"
    wait_for shows 'detaches'
    printf 'key' >&6
    wait_for heard 'key'
    : >"$dir/heard"
}
is_as_before() {
    wait_for test -s "$dir/after"
    exec 6>&-
    diff "$dir/before" "$dir/after" || wrong "after $1 the terminal is another"
}
if command -v script >/dev/null; then
    on_a_terminal
    printf 'last\035lost' >&6
    is_as_before 'the key that detaches'
    wait_for heard 'last'
    heard 'lost' && wrong 'what was typed behind the key was sent'
    on_a_terminal
    kill "$(cat "$dir/pid")"
    is_as_before 'a signal'
    on_a_terminal
    "$fake/fake-xen" destroy "$(domain web)"
    is_as_before 'the end of the guest'
    shows 'The guest has ended.' || wrong "the end is not said: $(cat "$dir/out")"
    dom0ctl create "$dir/web.xml" >/dev/null || wrong 'web is not created again'
fi

echo '# what is wrong is said'
dom0ctl console --device nosuch web </dev/null 2>"$dir/err" && wrong 'nosuch is a console'
grep -q "cannot find character device 'nosuch' of domain 'web'" "$dir/err" || wrong "$(cat "$dir/err")"
dom0ctl --readonly console web </dev/null 2>"$dir/err" && wrong 'read-only has a console'
grep -q 'read only access prevents virDomainOpenConsole' "$dir/err" || wrong "$(cat "$dir/err")"
dom0ctl --readonly log web 2>"$dir/err" && wrong 'read-only has a log'
dom0ctl log nosuch 2>"$dir/err" && wrong 'nosuch has a log'
grep -q "no domain 'nosuch' is known, nor one that ended lately" "$dir/err" || wrong "$(cat "$dir/err")"
dom0ctl console --escape xx web </dev/null 2>"$dir/err"
[ $? = 2 ] || wrong 'an escape of two characters'
stop
exit $failed
