# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What cannot work says why, and leaves nothing behind: no guest, no file, no job.
# timeout: 600

guest=victim

# fails CLAIM PATTERN COMMAND...: it does, in these words, and nothing is left.
fails() {
    local claim=$1 before after
    before=$(things)
    expect_fail "$@"
    after=$(things)
    expect_eq "and it leaves nothing behind ($claim)" "$before" "$after"
}

# All that an operation could leave: guests, in Xen and in xenstore, jobs, files.
things() {
    guests_now | paste -sd ' '
    xenstore-list /local/domain | paste -sd ' '
    xenstore-list /libxl | paste -sd ' '
    dom0ctl list --all --name | paste -sd ' '
    jobs_now
    ls -A "$BED" "$BED/full" | paste -sd ' '
    find /var/lib/xen -type f -newer "$BED/start" | paste -sd ' '
    pgrep -c -f libxl-save-helper
}

# An image of the guest has room there, and a part of another one.
mkdir "$BED/full"
mount -t tmpfs -o size=200M none "$BED/full"
trap 'umount "$BED/full" 2>/dev/null; rm -rf "$BED"' EXIT
touch "$BED/start"

expect 'a guest boots' boots pv $guest 128

#----- save -----

expect 'a save to a small file system' dom0ctl save $guest "$BED/full/old"
expect 'and the guest is restored from there' dom0ctl restore "$BED/full/old"

echo 'somebody'"'"'s own' >"$BED/mine"
fails 'save to a full file system' "$BED/full/image: No space left on device" dom0ctl save $guest "$BED/full/image"
expect 'the guest counts on after the save to a full file system' counts $guest
expect 'the older image in the full file system is whole' is_whole "$BED/full/old"
fails 'save to a folder that is not there' "$BED/none: No such file or directory" dom0ctl save $guest "$BED/none/image"
fails 'save over an existing file' "$BED/mine: the file exists" dom0ctl save $guest "$BED/mine"
expect_eq 'the existing file is as it was' "somebody's own" "$(cat "$BED/mine")"
fails 'save to a directory' "$BED: this is a directory" dom0ctl save $guest "$BED"
fails 'save to a file of a folder that is a file' 'Not a directory' dom0ctl save $guest "$BED/mine/image"
fails 'save of an unknown guest' "no domain with matching name 'nobody'" dom0ctl save nobody "$BED/image"
fails 'save of dom0' 'is the control domain' dom0ctl save Domain-0 "$BED/image"
fails 'save by virsh to a folder that is not there' "$BED/none: No such file or directory" $VIRSH save $guest "$BED/none/image"
expect 'the guest counts on after all that' counts $guest

expect 'a save that works' dom0ctl save $guest "$BED/image"
expect 'and the guest is restored' dom0ctl restore "$BED/image"

# The second waits for its turn, and finds then that the guest has gone.
dom0ctl save $guest "$BED/first" >"$BED/first.out" 2>&1 3>&- &
first=$!
expect 'a save is under way' wait_for 20 'dom0ctl jobs | grep -q "save.*running"'
expect_fail 'save of a guest that is already being saved' "$guest.* is not running|no domain" dom0ctl save $guest "$BED/second"
wait $first
expect_eq 'the save that was under way succeeds' 0 $?
expect 'only the first has made a file' [ ! -e "$BED/second" ]
expect 'and that is whole' is_whole "$BED/first"

#----- restore -----

head -c 50000000 "$BED/image" >"$BED/cut-in-memory"
head -c 100 "$BED/image" >"$BED/cut-in-xml"
head -c 40 "$BED/image" >"$BED/cut-in-header"
head -c -8 "$BED/image" >"$BED/cut-at-end"
head -c 1000000 /dev/urandom >"$BED/garbage"
: >"$BED/empty"
# The length of the XML stands at 20.
{ head -c 20 "$BED/image"; printf '\377\377\377\377'; tail -c +25 "$BED/image" | head -c 1000000; } >"$BED/4-gib"

for file in cut-in-memory cut-in-xml cut-in-header cut-at-end; do
    fails "restore of an image that is $file" 'truncated' dom0ctl restore "$BED/$file"
done
fails 'restore of an empty file' 'image' dom0ctl restore "$BED/empty"
fails 'restore of garbage' 'no image of a saved domain' dom0ctl restore "$BED/garbage"
fails 'restore of an image with 4 GiB of XML' '4294967295' dom0ctl restore "$BED/4-gib"
fails 'restore of a file that is not there' "$BED/nothing: No such file or directory" dom0ctl restore "$BED/nothing"
fails 'restore of a directory' 'is not a regular file|is a directory' dom0ctl restore "$BED"
fails 'restore by virsh of garbage' 'no image of a saved domain' $VIRSH restore "$BED/garbage"
expect 'after all that the image is restored' dom0ctl restore "$BED/image"
fails 'restore of a guest that is running' "'$guest' (is already|already)" dom0ctl restore "$BED/image"
expect 'the running guest counts on' counts $guest

#----- create -----

xml_of() { guest_xml pvh other 128 >"$BED/other.xml" && sed -i "$1" "$BED/other.xml"; }

xml_of 's|</memory>|<memory>|'
fails 'create of XML that is not well-formed' 'line [0-9]+' dom0ctl create "$BED/other.xml"
xml_of 's|<name>.*</name>||'
fails 'create of XML without a name' 'name' dom0ctl create "$BED/other.xml"
xml_of "s|<memory unit='MiB'>.*</memory>|<memory unit='MiB'>much</memory>|"
fails 'create of XML with nonsense for memory' 'line [0-9]+.*memory.*much|memory.*line' dom0ctl create "$BED/other.xml"
xml_of 's|/srv/guest/vmlinux|/srv/guest/none|'
fails 'create with a kernel that is not there' '/srv/guest/none.*No such file or directory|No such file.*/srv/guest/none' dom0ctl create "$BED/other.xml"
xml_of 's|/srv/guest/vmlinux|/srv/guest/initrd|'
fails 'create with a kernel that is none' 'cannot create domain other: .*(kernel|image|ELF|xc_dom|loader)' dom0ctl create "$BED/other.xml"
guest_xml pvh other 900000 >"$BED/other.xml"
fails 'create with too much memory' 'memory' dom0ctl create "$BED/other.xml"
DEVICES="<disk type='block'><source dev='/dev/none'/><target dev='xvda' bus='xen'/></disk>" guest_xml pvh other 128 >"$BED/other.xml"
fails 'create with a disk that is not there' '/dev/none' dom0ctl create "$BED/other.xml"
DEVICES="<interface type='bridge'><source bridge='nobridge'/></interface>" guest_xml pvh other 128 >"$BED/other.xml"
fails 'create with a bridge that is not there' 'nobridge' dom0ctl create "$BED/other.xml"
xml_of "s|<name>.*</name>|<name>$guest</name>|"
fails 'create with a name in use' "'$guest' (is already|already)" dom0ctl create "$BED/other.xml"
xml_of "s|<uuid>.*</uuid>|<uuid>$(guest_uuid $guest)</uuid>|"
fails 'create with a UUID in use' "$(guest_uuid $guest)|'$guest'" dom0ctl create "$BED/other.xml"
xml_of 's|<name>.*</name>|<name>a/b</name>|'
fails 'create with a name that could be a path' "name.*/|a/b" dom0ctl create "$BED/other.xml"
fails 'create from a file that is not there' 'No such file or directory' dom0ctl create "$BED/none.xml"
fails 'create by virsh with a kernel that is not there' '/srv/guest/none' $VIRSH create <(guest_xml pvh other 128 | sed 's|/srv/guest/vmlinux|/srv/guest/none|')

expect 'the guest that was there counts on through it all' counts $guest
expect 'dom0ctl destroys it' dom0ctl destroy $guest
fails 'destroy of a guest that is gone' "no domain with matching name '$guest'" dom0ctl destroy $guest
