#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Images on the fake Xen, by the programs: a paused guest stays paused through one, a guest that is kept
# runs on beside one whatever is killed, a disk that has changed is not given to the memory of before,
# and the XML in one is changed as long as it is of the same machine.
set -u
# shellcheck source=programs.sh
. "$(dirname "$0")/programs.sh"
image=$dir/image disk=$dir/disk

has_state() { [ "$(dom0ctl state web)" = "$1" ]; }
is_listed() { dom0ctl list | grep -q web; }
is_whole() { dom0ctl image-xml "$image" | grep -q '<name>web</name>'; }
id_of_web() { "$fake/fake-xen" list | awk '$5 == "web" { print $1 }'; }
counter_of_web() { "$fake/fake-xen" list | awk '$5 == "web" { print $4 }'; }
state_in_xen() { "$fake/fake-xen" list | awk '$5 == "web" { print $3 }'; }

# Those children of the daemon that were told of a socket for a job.
kill_workers() {
    local pid
    for pid in $(cat /proc/"$daemon"/task/*/children 2>/dev/null); do
        grep -qa "$dir/run/jobs/" "/proc/$pid/cmdline" 2>/dev/null && kill -KILL "$pid" && killed=$((killed + 1))
    done
}

# refused PATTERN COMMAND...: it fails, and says so.
refused() {
    local pattern=$1
    shift
    "$@" >"$dir/answer" 2>&1 && wrong "$* succeeded"
    grep -q -e "$pattern" "$dir/answer" || wrong "$*: no '$pattern' in $(cat "$dir/answer")"
}

touch "$dir/kernel"
echo one >"$disk"
cat >"$dir/web.xml" <<END
<domain type='xen'><name>web</name><uuid>11111111-2222-3333-4444-555555555555</uuid>
<memory unit='MiB'>128</memory><vcpu>1</vcpu><title>first</title>
<os><type arch='x86_64' machine='xenpvh'>xenpvh</type><kernel>$dir/kernel</kernel></os>
<devices><disk type='file' device='disk'><source file='$disk'/><target dev='xvda'/></disk></devices>
</domain>
END
start
dom0ctl create "$dir/web.xml" >/dev/null || wrong 'web is not created'

echo '# a paused guest'
"$fake/fake-xen" count "$(id_of_web)"
counter=$(counter_of_web)
dom0ctl pause web || wrong 'it is not paused'
dom0ctl save web "$image" >/dev/null || wrong 'it is not saved'
is_listed && wrong 'it has not gone'
dom0ctl restore "$image" >/dev/null || wrong 'it is not restored'
has_state paused || wrong 'it is not paused any more'
[ "$(counter_of_web)" = "$counter" ] || wrong 'it has forgotten'
rm "$image"
dom0ctl save --running web "$image" >/dev/null || wrong 'it is not saved to run'
dom0ctl restore "$image" >/dev/null || wrong 'it is not restored to run'
has_state running || wrong 'it does not run'
rm "$image"
dom0ctl save --paused web "$image" >/dev/null || wrong 'it is not saved to be paused'
dom0ctl restore "$image" >/dev/null || wrong 'it is not restored to be paused'
has_state paused || wrong 'it is not paused'
dom0ctl unpause web || wrong 'it is not unpaused'

echo '# a save of a paused guest that is aborted'
rm "$image"
dom0ctl pause web
"$fake/fake-xen" delay 3000
timeout -s INT 1 "$build/client/dom0ctl" -s "$dir/s" save web "$image" >"$dir/answer" 2>&1
wait_for no_jobs
[ "$(state_in_xen)" = p-- ] || wrong "it is $(state_in_xen), not paused"
[ ! -e "$image" ] || wrong 'there is an image'
"$fake/fake-xen" delay 0
dom0ctl unpause web

echo '# a guest that is kept'
dom0ctl save --keep web "$image" | grep -q 'goes on' || wrong 'it is not kept'
has_state running || wrong 'it does not go on'
is_whole || wrong 'there is no image'
refused 'already exists' dom0ctl restore "$image"
refused 'the file exists' dom0ctl save --keep web "$image"

echo '# its disk changes'
echo two >>"$disk"
dom0ctl destroy web
refused 'disk xvda (.*disk) is not what it was' dom0ctl restore "$image"
refused 'it had 4 bytes then, and has 8 now' dom0ctl restore "$image"
is_listed && wrong 'it was restored all the same'
dom0ctl restore --force "$image" >/dev/null || wrong 'it is not restored by force'
has_state running || wrong 'it does not run'
rm "$image"

echo '# workers that are killed while a guest is saved and kept'
"$fake/fake-xen" delay 600
killed=0
for msec in 20 60 100 150 200 260 320 380 440 500 560 620 700; do
    dom0ctl save --keep web "$image" >"$dir/answer" 2>&1 &
    client=$!
    sleep "$(printf '0.%03d' $msec)"
    kill_workers
    wait "$client" && is=whole || is=absent
    wait_for no_jobs
    [ "$(state_in_xen)" = --- ] || wrong "killed after $msec ms: it is $(state_in_xen)"
    if [ -e "$image" ]; then
        is_whole || wrong "killed after $msec ms: the image is not whole"
    elif [ $is = whole ]; then
        wrong "killed after $msec ms: there is no image, and it was saved"
    fi
    rm -f "$image"
done
"$fake/fake-xen" delay 0
[ $killed -gt 6 ] || wrong "only $killed workers were killed"

echo '# the XML in an image'
dom0ctl save web "$image" >/dev/null || wrong 'it is not saved'
before=$(md5sum <"$image")
dom0ctl image-xml "$image" >"$dir/image.xml" || wrong 'the XML is not told'
sed 's/<memory unit=.KiB.>131072/<memory unit="KiB">131073/' "$dir/image.xml" >"$dir/other.xml"
refused '<memory> cannot be another' dom0ctl image-edit --file "$dir/other.xml" "$image"
[ "$(md5sum <"$image")" = "$before" ] || wrong 'what was refused has changed it'
EDITOR='sed -i s,first,second,' dom0ctl image-edit "$image" >/dev/null || wrong 'it is not edited'
dom0ctl image-xml "$image" | grep -q '<title>second</title>' || wrong 'the edited XML is not there'
EDITOR='kill -INT $PPID; sed -i s,second,third,' dom0ctl image-edit "$image" >/dev/null ||
    wrong "Ctrl-C in the editor is not the editor's"
EDITOR='sed -i s,third,second,' dom0ctl image-edit "$image" >/dev/null || wrong 'it is not edited back'
EDITOR=true dom0ctl image-edit "$image" | grep -q 'as it was' || wrong 'what is as it was is not said'
dom0ctl image-edit --paused "$image" >/dev/null || wrong 'its state is not changed'
dom0ctl restore "$image" >/dev/null || wrong 'it is not restored from what was edited'
has_state paused || wrong 'it is not paused, as was edited'
dom0ctl xml web | grep -q '<title>second</title>' || wrong 'it has not the XML that was edited'

stop
exit $failed
