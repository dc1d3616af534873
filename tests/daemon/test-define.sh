#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Definitions that last, with the programs themselves on the fake Xen: whoever is killed, and when,
# no definition is half written, lost or doubled.
set -u
# shellcheck source=programs.sh
. "$(dirname "$0")/programs.sh"

: >"$dir/kernel"

says() { grep -q -e "$1" "$dir/log"; }

# xml NAME NUMBER [MORE]
xml() {
    cat <<END
<domain type='xen'><name>$1</name><uuid>11111111-2222-3333-4444-$(printf %012d "$2")</uuid>
<memory unit='MiB'>128</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='xenpv'>xen</type><kernel>$dir/kernel</kernel></os>${3:-}
</domain>
END
}

define() { xml "$@" | dom0ctl define -; }
lists() { [ "$(dom0ctl list --all --name | sort | tr '\n' ' ')" = "$1" ]; }
expect() { lists "$1" || wrong "$2: there are $(dom0ctl list --all --name | sort | tr '\n' ' ')"; }

# no_rest WHEN: nothing is left beside whole files.
no_rest() {
    local rest
    rest=$(find "$dir/etc" -name '.*' -type f; find "$dir/run/jobs" "$dir/run/queue" "$dir/run/changes" -type f)
    [ -z "$rest" ] || wrong "$1: left: $rest"
}

start
define web 1 '<title>one</title>' >/dev/null || wrong 'it is not defined'
expect 'Domain-0 web ' 'defined'
[ "$(stat -c %a "$dir/etc/domains/web.xml")" = 600 ] || wrong 'others read a definition'
[ "$(stat -c %a "$dir/etc/domains")" = 700 ] || wrong 'others see definitions'
dom0ctl info web | grep -q '^Persistent:  yes' || wrong 'it is not said to be persistent'
dom0ctl start web >/dev/null || wrong 'it is not started'
dom0ctl autostart web || wrong 'it is not to be started with the host'
define web 1 '<title>two</title>' >/dev/null || wrong 'it is not defined again'
dom0ctl xml web | grep -q '<title>one' || wrong 'what runs has changed'
dom0ctl xml --inactive web | grep -q '<title>two' || wrong 'what is stored has not changed'

kill -9 "$daemon"
wait "$daemon" 2>/dev/null
start
dom0ctl info web | grep -q '^Autostart:   yes' || wrong 'the next daemon does not know the link'
dom0ctl list --persistent --name | grep -q web || wrong 'the next daemon does not know what runs'
dom0ctl destroy web || wrong 'it is not destroyed'
expect 'Domain-0 web ' 'destroyed'
EDITOR="sed -i s/two/three/" dom0ctl edit web >/dev/null || wrong 'it is not edited'
dom0ctl xml web | grep -q '<title>three' || wrong 'what was edited is not stored'
dom0ctl rename web www || wrong 'it is not renamed'
expect 'Domain-0 www ' 'renamed'
dom0ctl list --all --autostart --name | grep -q www || wrong 'a rename has lost the link'
dom0ctl undefine www || wrong 'it is not undefined'
expect 'Domain-0 ' 'undefined'
[ -z "$(find "$dir/etc" -name '*.xml')" ] || wrong 'files of it are left'

# What somebody else puts there.
xml theirs 2 >"$dir/etc/domains/theirs.xml"
echo '<domain' >"$dir/etc/domains/broken.xml"
ln -s ../domains/theirs.xml "$dir/etc/autostart/theirs.xml"
kill -HUP "$daemon"
wait_for lists 'Domain-0 theirs '
wait_for says '1 added'
says 'broken.xml: line' || wrong 'a file that is damaged is not named'
dom0ctl info theirs | grep -q '^Autostart:   yes' || wrong 'their link is not seen'
stop
start
expect 'Domain-0 theirs ' 'after a start'
[ -e "$dir/etc/domains/broken.xml" ] || wrong 'a file that is damaged is gone'

# What cannot be read is not written over, whatever is asked for, and said by its name.
keeps() { [ "$(cat "$dir/etc/domains/$1.xml")" = "$2" ] || wrong "the file of $1 is written over"; }
refuses() { # WORDS COMMAND...
    local words=$1
    shift
    "$@" >"$dir/answer" 2>&1 && wrong "it is done: $*"
    grep -q -e "$words" "$dir/answer" || wrong "$*: $(cat "$dir/answer")"
}
refuses 'domains/broken.xml: the file exists and is left as it is' define broken 3
keeps broken '<domain'
refuses 'domains/broken.xml: the file exists and is left as it is' dom0ctl rename theirs broken
keeps broken '<domain'
expect 'Domain-0 theirs ' 'after what was refused'
dom0ctl info theirs | grep -q '^Autostart:   yes' || wrong 'a rename that was refused has lost the link'
echo '<domain' >"$dir/etc/domains/theirs.xml"
kill -HUP "$daemon"
wait_for says 'theirs.xml: line'
for words in 'define theirs 2' 'dom0ctl rename theirs other'; do
    # shellcheck disable=SC2086
    refuses 'domains/theirs.xml cannot be read' $words
    keeps theirs '<domain'
done
xml theirs 2 >"$dir/etc/domains/theirs.xml"
: >"$dir/log"
kill -HUP "$daemon"
wait_for says 'definitions: 1 are known'
define theirs 2 '<title>again</title>' >/dev/null || wrong 'what can be read again is not defined'

# What is in the way of a rename leaves one file, and that is the old one.
rm "$dir/etc/autostart/theirs.xml"
mkdir "$dir/etc/autostart/theirs.xml"
refuses 'autostart/theirs.xml: this is a directory' dom0ctl rename theirs other
rmdir "$dir/etc/autostart/theirs.xml"
[ "$(ls "$dir/etc/domains")" = "$(printf 'broken.xml\ntheirs.xml')" ] ||
    wrong "a rename that failed leaves $(ls "$dir/etc/domains")"
expect 'Domain-0 theirs ' 'after a rename that failed'

rm "$dir/etc/domains/"*
kill -HUP "$daemon"
wait_for lists 'Domain-0 '

# Killed at instants that are spread over each operation.
kill_all() { # of what this test has started: the daemon, and its workers
    kill -9 "$daemon" 2>/dev/null
    [ "$1" = daemon ] || for pid in $(pgrep -f -- " $dir/run/jobs/"); do
        kill -9 "$pid" 2>/dev/null
    done
    wait "$daemon" 2>/dev/null
}
round=0
for what in daemon both; do
    for msec in 0 4 8 12 16 20 25 30 40 60; do
        round=$((round + 1))
        define a $((100 + round)) '<title>before</title>' >/dev/null || wrong 'not defined'
        dom0ctl autostart a || wrong 'not autostarted'
        case $((round % 4)) in
        0) define a $((100 + round)) '<title>after</title>' ;;
        1) dom0ctl rename a b ;;
        2) dom0ctl undefine a ;;
        3) dom0ctl autostart --disable a ;;
        esac >"$dir/answer" 2>&1 &
        asker=$!
        sleep "$(printf '0.%03d' "$msec")"
        kill_all $what
        wait $asker
        answered=$?
        start
        wait_for no_jobs
        case $((round % 4)) in
        0) lists 'Domain-0 a ' && dom0ctl xml a | grep -q 'before\|after' ;;
        1) lists 'Domain-0 a ' || lists 'Domain-0 b ' ;;
        2) lists 'Domain-0 a ' || lists 'Domain-0 ' ;;
        3) lists 'Domain-0 a ' ;;
        esac || wrong "round $round, $what killed after $msec ms: $(dom0ctl list --all)"
        # What was answered is so.
        [ $answered != 0 ] || case $((round % 4)) in
        0) dom0ctl xml a | grep -q after ;;
        1) lists 'Domain-0 b ' ;;
        2) lists 'Domain-0 ' ;;
        3) ! dom0ctl list --all --autostart --name | grep -q a ;;
        esac || wrong "round $round: what was answered is lost"
        no_rest "round $round"
        for name in a b; do
            dom0ctl undefine $name 2>/dev/null
        done
        [ -z "$(ls "$dir/etc/domains" "$dir/etc/autostart" | grep xml)" ] ||
            wrong "round $round: $(ls -R "$dir/etc")"
        : >"$dir/log"
    done
done
stop
exit $failed
