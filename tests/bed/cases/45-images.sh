# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Images of saved guests: paused ones stay paused, kept ones run on beside theirs, disks that have
# changed are not given to the memory of before, the XML is changed where it is of the same machine;
# and libvirtd restores what dom0d notes its disks in.
# long
# timeout: 1500

LIBVIRT="virsh -q -c xen+unix:///system?socket=/run/libvirt/libvirt-sock"
disk=$BED/disk.raw
# shellcheck disable=SC2034 # of lib.sh
DEVICES="<disk type='file' device='disk'><source file='$disk'/><target dev='xvda'/></disk>"

has_state() { [ "$(dom0ctl state "$1")" = "$2" ]; }
is_paused_in_xen() { [[ $(state_in_xen "$1") == --p--- ]]; }
title_of() { dom0ctl image-xml "$1" | sed -n 's,.*<title>\(.*\)</title>.*,\1,p'; }

# stands_still NAME: it prints no number for three seconds.
stands_still() {
    local before
    before=$(counter "$1")
    sleep 3
    [ "$(counter "$1")" = "$before" ]
}

# The seconds that a paused guest runs to suspend itself are no more than a second of its own.
paused() {
    local type=$1 guest=$1-paused image=$BED/$1-paused.image before
    console_reads "$guest"
    expect "the $type guest is created" create "$type" "$guest" 128
    expect "the $type guest boots" has_booted "$guest" 240
    expect "the $type guest is paused" dom0ctl pause "$guest"
    sleep 1
    before=$(counter "$guest")
    follow_events
    expect "virsh saves the paused $type guest" timeout 200 $VIRSH save "$guest" "$image"
    expect "it has not run for long ($type)" [ "$(counter "$guest")" -le $((before + 4)) ]
    expect "it is gone ($type)" has_gone "$guest"
    expect_eq "clients hear that it was saved, and nothing else ($type)" 'Stopped Saved' "$(events_of "$guest")"
    ignore_events
    expect "the image is whole ($type)" is_whole "$image"
    expect "virsh restores it ($type)" timeout 200 $VIRSH restore "$image"
    expect "it is paused again ($type)" is_paused_in_xen "$guest"
    expect "and dom0d says so ($type)" has_state "$guest" paused
    expect "it stands still ($type)" stands_still "$guest"
    expect "virsh resumes it ($type)" $VIRSH resume "$guest"
    expect "it counts on from where it was ($type)" wait_for 60 "[ \$(counter $guest) -gt $before ]"
    rm "$image"
    expect "virsh saves it to be paused ($type)" timeout 200 $VIRSH save --paused "$guest" "$image"
    expect "virsh restores it to run ($type)" timeout 200 $VIRSH restore --running "$image"
    expect "it counts ($type)" counts "$guest" 60
    expect "dom0ctl destroys it ($type)" dom0ctl destroy "$guest"
    rm "$image"
}

# An abort of the save of a paused guest leaves it paused, and it does not suspend itself later.
aborted() {
    local image=$BED/aborted.image
    boots pv aborted 512
    dom0ctl pause aborted
    dom0ctl save aborted "$image" >"$BED/aborted.out" 2>&1 3>&- &
    wait_for 30 "dom0ctl jobs | grep -q save"
    sleep 1
    dom0ctl abort aborted
    wait $!
    cat "$BED/aborted.out"
    expect 'no job of it is left' wait_for 60 no_jobs
    if [ -e "$image" ]; then
        ok 'the abort came too late'
        rm "$image"
        return
    fi
    expect 'an aborted save leaves a paused guest paused' is_paused_in_xen aborted
    expect 'it is let run' dom0ctl unpause aborted
    expect 'it counts, and is not suspended' counts aborted 30
    expect 'it is saved after all' timeout 200 dom0ctl save aborted "$image"
    rm "$image"
}

kept() {
    local image=$BED/kept.image before
    boots pvh kept 128
    before=$(counter kept)
    expect 'a guest is saved and kept' timeout 200 dom0ctl save --keep kept "$image"
    expect 'it counts on' wait_for 60 "[ \$(counter kept) -gt $((before + 2)) ]"
    expect 'its image is whole' is_whole "$image"
    expect 'it still shuts down as others do' timeout 60 $VIRSH shutdown kept
    expect 'it has gone' wait_for 60 'has_gone kept'
    echo written | dd of="$disk" conv=notrunc status=none
    expect_fail 'it is not restored beside a disk that was written to since' 'disk xvda .*last modified at' dom0ctl restore "$image"
    expect 'by force it is' timeout 200 dom0ctl restore --force "$image"
    expect 'and counts' counts kept 60
    expect 'it is destroyed' dom0ctl destroy kept
    rm "$image"
}

changed() {
    local image=$BED/changed.image before
    expect 'a guest with a disk boots' boots pv changed 128
    expect 'it is saved' timeout 200 dom0ctl save changed "$image"
    before=$(counter changed)
    expect 'it is restored beside the disk that it has left' timeout 200 dom0ctl restore "$image"
    expect 'it counts on' wait_for 60 "[ \$(counter changed) -gt $before ]"
    rm "$image"
    expect 'it is saved again' timeout 200 dom0ctl save changed "$image"
    touch "$disk"
    expect_fail 'it is not restored beside a disk that has changed, which is named' 'disk xvda .*last modified at' dom0ctl restore "$image"
    expect_fail 'nor by virsh' 'disk xvda' timeout 100 $VIRSH restore "$image"
    expect 'no guest is left of it' has_gone changed
    expect 'the image is whole still' is_whole "$image"
    expect 'by force it is restored' timeout 200 dom0ctl restore --force "$image"
    expect 'and counts' counts changed 60
    expect 'it is destroyed' dom0ctl destroy changed
    rm "$image"
}

edited() {
    local image=$BED/edited.image before
    ELEMENTS='<title>first</title>' boots pvh edited 128
    expect 'a guest is saved to be edited' timeout 200 dom0ctl save edited "$image"
    before=$(counter edited)
    expect_eq 'the image tells its title' first "$(title_of "$image")"
    $VIRSH save-image-dumpxml "$image" | sed 's,first,second,' >"$BED/edited.xml"
    expect 'virsh puts another definition into it' timeout 100 $VIRSH save-image-define "$image" "$BED/edited.xml"
    expect_eq 'the image tells the new one' second "$(title_of "$image")"
    expect 'the image is whole' is_whole "$image"
    expect_eq 'nobody else reads it' 600 "$(stat -c %a "$image")"
    sed -i "s,<memory unit='KiB'>[0-9]*,<memory unit='KiB'>200000," "$BED/edited.xml"
    expect_fail 'one of another machine is refused by name' '<memory> cannot be another' timeout 100 $VIRSH save-image-define "$image" "$BED/edited.xml"
    expect 'dom0ctl has it paused when it is restored' timeout 100 dom0ctl image-edit --paused "$image"
    expect 'it is restored' timeout 200 dom0ctl restore "$image"
    expect 'it is paused' has_state edited paused
    expect 'with its new title' grep -q '<title>second</title>' <<<"$(dom0ctl xml edited)"
    dom0ctl unpause edited
    expect 'it counts on' wait_for 60 "[ \$(counter edited) -gt $before ]"
    expect 'it is destroyed' dom0ctl destroy edited
    rm "$image"
}

# What dom0d notes behind the XML is nothing to libvirtd; what that writes has no note.
with_libvirtd() {
    local image=$BED/theirs.image before
    expect 'libvirtd starts' systemctl start libvirtd.service
    expect 'a guest with a disk boots for libvirtd' boots pvh theirs 128
    expect 'dom0d saves it' timeout 200 dom0ctl save theirs "$image"
    before=$(counter theirs)
    expect 'libvirtd restores the image' timeout 200 $LIBVIRT restore "$image"
    expect 'the guest counts on with libvirtd' wait_for 60 "[ \$(counter theirs) -gt $before ]"
    rm "$image"
    expect 'libvirtd saves it' timeout 200 $LIBVIRT save theirs "$image"
    touch "$disk"
    before=$(counter theirs)
    expect 'dom0d restores that, and knows nothing of its disk' timeout 200 dom0ctl restore "$image"
    expect 'the guest counts on with dom0d' wait_for 60 "[ \$(counter theirs) -gt $before ]"
    expect 'it is destroyed' dom0ctl destroy theirs
    rm "$image"
}

truncate -s 8M "$disk"
trap 'systemctl stop libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket; rm -rf "$BED"' EXIT
DEVICES='' paused pv
DEVICES='' paused pvh
DEVICES='' paused hvm
DEVICES='' aborted
kept
changed
edited
with_libvirtd
