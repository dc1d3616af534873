# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The main job by virsh, as Debian packs it; nothing here knows that the daemon is not libvirtd.
# timeout: 600

virsh_event_to() { stdbuf -oL $VIRSH event --all --loop --timestamp >"$1" 2>&1 3>&- & }

# says COMMAND... PATTERN: what virsh prints matches (grep -E), all on one line.
says() {
    local said
    said=$(timeout 60 $VIRSH "${@:1:$#-1}" 2>&1) || { echo "$said"; return 1; }
    echo "$said"
    tr '\n' ' ' <<<"$said" | grep -qE -- "${!#}"
}

is_domain_xml_of() {
    local xml
    xml=$($VIRSH dumpxml "$1") || return
    echo "$xml"
    grep -q "<domain type='xen' id='$(xen_domid "$1")'>" <<<"$xml" &&
        grep -q "<uuid>$(guest_uuid "$1")</uuid>" <<<"$xml" &&
        grep -q '<kernel>/srv/guest/vmlinux</kernel>' <<<"$xml" &&
        grep -qE "<console type='pty' tty='/dev/pts/[0-9]+'>" <<<"$xml"
}

# The events of virsh's own listener, without its time stamps and what belongs to no lifecycle.
told_of() { sed -n "s/.*event 'lifecycle' for domain '$1': //p" "$BED/told" | paste -sd ,; }

host() {
    expect_eq 'virsh uri is what it connected to' "$URI" "$($VIRSH uri)"
    expect 'virsh version tells of library, API and hypervisor' says version 'Using library: libvirt 9.* Using API: Xen .*Running hypervisor: Xen 4\.17'
    expect 'virsh hostname is dom0' says hostname '^dom0 *$'
    expect 'virsh nodeinfo tells of 2 processors' says nodeinfo 'CPU model: +x86_64 CPU\(s\): +2 .*Memory size: +8[0-9]+ KiB'
    expect 'virsh capabilities tells of Xen guests of each type' says capabilities "<os_type>xen</os_type>.*<os_type>hvm</os_type>.*<os_type>xenpvh</os_type>|<os_type>xenpvh</os_type>.*<os_type>hvm</os_type>"
    expect 'virsh list has dom0' says list --all ' 0 +Domain-0 +running'
}

looks() {
    local guest=$1 id
    id=$(xen_domid "$guest")
    expect "virsh list --all has $guest" says list --all " $id +$guest +running"
    expect "virsh dominfo of $guest is complete" says dominfo "$guest" "Id: +$id Name: +$guest UUID: +$(guest_uuid "$guest") OS Type: +(xen|xenpvh|linux) State: +running CPU\(s\): +1 CPU time: +[0-9.]+s Max memory: +13[0-9]+ KiB Used memory: +13[0-9]+ KiB Persistent: +no Autostart: +disable"
    expect "virsh domid of $guest is the real one" says domid "$guest" "^$id *$"
    expect "virsh domuuid of $guest is that of its XML" says domuuid "$guest" "^$(guest_uuid "$guest") *$"
    expect "virsh domname finds $guest by id" says domname "$id" "^$guest *$"
    expect "virsh domname finds $guest by UUID" says domname "$(guest_uuid "$guest")" "^$guest *$"
    expect "virsh dumpxml of $guest is whole" is_domain_xml_of "$guest"
    expect "virsh domjobinfo of an idle $guest is none" says domjobinfo "$guest" 'Job type: +None'
    expect_fail "virsh domjobabort of an idle $guest says that there is no job" 'job' $VIRSH domjobabort "$guest"
}

main_job() {
    local type=$1 guest=$1-guest image=$BED/$1.image before id

    guest_xml "$type" "$guest" 128 >"$BED/$guest.xml"
    expect "virsh creates a $type guest" timeout 100 $VIRSH create "$BED/$guest.xml"
    expect "virsh domstate of the new $type guest says why" says domstate --reason "$guest" '^running \(booted\)'
    looks "$guest"
    expect "the $type guest's console counts" has_booted "$guest"

    expect "virsh suspends the $type guest" $VIRSH suspend "$guest"
    expect "virsh domstate of the suspended $type guest says why" says domstate --reason "$guest" '^paused \(user\)'
    expect "the suspended $type guest is paused in Xen" grep -q p <<<"$(state_in_xen "$guest")"
    expect "virsh resumes the $type guest" $VIRSH resume "$guest"
    expect "virsh domstate of the resumed $type guest says why" says domstate --reason "$guest" '^running \(unpaused\)'
    expect "the resumed $type guest counts" counts "$guest"

    before=$(counter "$guest") id=$(xen_domid "$guest")
    expect "virsh saves the $type guest" timeout 100 $VIRSH save "$guest" "$image"
    expect "the $type guest is gone after the save" has_gone "$guest"
    expect "the image of the $type guest is whole" is_whole "$image"
    expect_eq "the image of the $type guest is its owner's only" 600 "$(stat -c %a "$image")"
    expect "virsh restores the $type guest" timeout 100 $VIRSH restore "$image"
    rm -f "$image"
    expect "virsh domstate of the restored $type guest says why" says domstate --reason "$guest" '^running \(restored\)'
    expect_eq "virsh domid of the restored $type guest is the real one" "$(xen_domid "$guest")" "$($VIRSH domid "$guest")"
    expect "the restored $type guest has a new id" [ "$(xen_domid "$guest")" -gt "$id" ]
    expect_eq "the restored $type guest has the same UUID" "$(guest_uuid "$guest")" "$($VIRSH domuuid "$guest")"
    expect "the restored $type guest counts" counts "$guest"
    expect "the restored $type guest counts on from where it was" [ "$(counter "$guest")" -gt "$before" ]

    id=$(xen_domid "$guest")
    expect "virsh reboots the $type guest" timeout 60 $VIRSH reboot "$guest"
    expect "the $type guest comes back with a new id" wait_for 60 "[ \"\$(xen_domid $guest)\" -gt $id ]"
    expect "virsh domid of the rebooted $type guest is the real one" wait_for 5 "[ \"\$(xen_domid $guest)\" = \"\$($VIRSH domid $guest)\" ]"
    console_reads "$guest"
    expect "the rebooted $type guest boots" has_booted "$guest"

    expect "virsh shuts the $type guest down" timeout 60 $VIRSH shutdown "$guest"
    expect "the $type guest is gone after its shutdown" wait_for 40 "has_gone $guest"

    expect "virsh creates the $type guest again" timeout 100 $VIRSH create "$BED/$guest.xml"
    expect "virsh destroys the $type guest" $VIRSH destroy "$guest"
    expect "the $type guest is gone after destroy" has_gone "$guest"
    wait_for 5 "told_of $guest | grep -q Destroyed\$"
    expect_eq "virsh event tells of all that happened to the $type guest, in order" \
        'Started Booted,Suspended Paused,Resumed Unpaused,Stopped Saved,Started Restored,Stopped Shutdown,Started Booted,Stopped Shutdown,Started Booted,Stopped Destroyed' \
        "$(told_of "$guest")"
}

virsh_event_to "$BED/told"
listener=$!
host
main_job pv
main_job pvh
expect 'virsh event still listens' kill "$listener"
expect 'no job is left' no_jobs
