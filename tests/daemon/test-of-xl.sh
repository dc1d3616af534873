#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A guest of xl on the fake Xen: the programs save, restore and restart it, and libxl's configuration
# of it, of which the XML says a part, is what it was.
set -u
# shellcheck source=programs.sh
. "$(dirname "$0")/programs.sh"
uuid=11111111-2222-3333-4444-555555555555

id_of() { "$fake/fake-xen" list | awk -v uuid="$1" '$2 == uuid { print $1 }'; }

# has_restarted OLD-ID: complete, as dom0d sees it.
has_restarted() {
    local id
    id=$(id_of $uuid)
    [ -n "$id" ] && [ "$id" != "$1" ] && no_jobs
}

# is_whole WHEN: what libxl was told of the guest has all that xl said.
is_whole() {
    local word config
    config=$dir/config-$(id_of $uuid)
    for word in '"on_watchdog": "restart"' '"max_grant_frames": 48' '"passwd": "S3CRET"'; do
        grep -q "$word" "$config" || wrong "$1: libxl was not told $word"
    done
}

id=$("$fake/fake-xen" create theirs $uuid hvm)
cat >"$dir/config-$id" <<END
{"c_info": {"type": "hvm", "name": "theirs", "uuid": "$uuid"},
 "b_info": {"type.hvm": {"vnc": {"enable": "True", "passwd": "S3CRET"}}, "max_memkb": 131072,
            "target_memkb": 131072, "max_vcpus": 1, "max_grant_frames": 48},
 "on_reboot": "restart", "on_watchdog": "restart"}
END

start
dom0ctl xml theirs >"$dir/plain" || wrong 'there is no XML of it'
grep -q '<dom0d:only>on_watchdog</dom0d:only>' "$dir/plain" || wrong 'what the XML cannot say is not named'
grep -q S3CRET "$dir/plain" && wrong 'plain XML tells a password'

dom0ctl save theirs "$dir/image" || wrong 'it is not saved'
grep -q 'Xen saved domain, xl format' "$dir/image" || wrong 'the image is not one that xl reads'
[ "$(stat -c %a "$dir/image")" = 600 ] || wrong 'others read the image'
dom0ctl restore "$dir/image" || wrong 'it is not restored'
is_whole 'restored'

stop
start
id=$(id_of $uuid)
"$fake/fake-xen" shutdown "$id" 1
wait_for has_restarted "$id"
is_whole 'restarted by the next daemon'

# on_crash would end it.
id=$(id_of $uuid)
"$fake/fake-xen" shutdown "$id" 4
wait_for has_restarted "$id"
is_whole 'restarted by its watchdog'

rm "$dir/image"
dom0ctl save theirs "$dir/image" || wrong 'it is not saved again'
dom0ctl restore "$dir/image" || wrong 'it is not restored again'
is_whole 'restored again'
stop
grep -q S3CRET "$dir/log" && wrong 'the log tells a password'
exit $failed
