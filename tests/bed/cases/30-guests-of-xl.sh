# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Guests that xl made, and what xl does to guests of dom0d.
# timeout: 600

# With "at once" we mean two seconds.
in_virsh_list() { $VIRSH list --name | grep -qx "$1"; }
in_list() { dom0ctl list --name | grep -qx "$1"; }

has_full_xml() {
    local guest=$1 type=$2 xml machine
    case $type in
    pv) machine="machine='xenpv'" ;;
    pvh) machine="machine='xenpvh'" ;;
    esac
    xml=$($VIRSH dumpxml "$guest") || return
    echo "$xml"
    grep -q "<domain type='xen' id='$(xen_domid "$guest")'>" <<<"$xml" &&
        grep -q "<uuid>$(guest_uuid "$guest")</uuid>" <<<"$xml" &&
        grep -q "<memory unit='KiB'>131072</memory>" <<<"$xml" &&
        grep -q "<vcpu[^>]*>1</vcpu>" <<<"$xml" &&
        grep -q "$machine" <<<"$xml" &&
        grep -q '<kernel>/srv/guest/vmlinux</kernel>' <<<"$xml" &&
        grep -q '<initrd>/srv/guest/initrd</initrd>' <<<"$xml" &&
        grep -qF "<cmdline>$GUEST_CMDLINE</cmdline>" <<<"$xml" &&
        grep -q '<on_reboot>restart</on_reboot>' <<<"$xml" &&
        grep -qE "<console type='pty' tty='/dev/pts/[0-9]+'>" <<<"$xml"
}

of_xl() {
    local type=$1 guest=xl-$1 image=$BED/$1.image before

    xl_create "$type" "$guest" 128
    expect "virsh lists a $type guest of xl at once" wait_for 2 "in_virsh_list $guest"
    expect "dom0ctl lists a $type guest of xl at once" in_list "$guest"
    expect_eq "dom0d's id of the $type guest of xl is the real one" "$(xen_domid "$guest")" "$(id_of "$guest")"
    expect "the $type guest of xl has full XML" has_full_xml "$guest" "$type"
    has_booted "$guest"
    before=$(counter "$guest")
    expect "dom0ctl saves the $type guest of xl" dom0ctl save "$guest" "$image"
    expect "the $type guest of xl is gone after the save" has_gone "$guest"
    expect "the image of the $type guest of xl is whole" is_whole "$image"
    expect "virsh restores the $type guest of xl" timeout 60 $VIRSH restore "$image"
    rm -f "$image"
    expect "the restored $type guest of xl counts" counts "$guest"
    expect "the restored $type guest of xl counts on from where it was" [ "$(counter "$guest")" -gt "$before" ]
    expect "xl list has the restored $type guest" grep -q "^$guest " <<<"$(xl list)"
    expect "virsh destroys the $type guest of xl" $VIRSH destroy "$guest"
    expect "the $type guest of xl is gone" has_gone "$guest"
    expect_eq "all that happened to the $type guest of xl was told, in order" \
        'Started Booted,Stopped Saved,Started Restored,Stopped Destroyed' "$(events_of "$guest")"
}

renamed_by_xl() {
    local image=$BED/renamed.image

    xl rename theirs other
    expect 'a guest of xl that xl renames has its new name at once' wait_for 2 'in_list other'
    expect 'the XML of a guest of xl that xl renamed has the new name' grep -q '<name>other</name>' <<<"$($VIRSH dumpxml other)"
    xl rename other theirs
    xl rename ours mine
    expect 'a guest of dom0d that xl renames has its new name at once' wait_for 2 'in_list mine'
    expect 'the old name is of no guest' is_not_listed ours
    expect 'the XML of a guest of dom0d that xl renamed has the new name' grep -q '<name>mine</name>' <<<"$($VIRSH dumpxml mine)"
    expect 'a guest of dom0d that xl renamed is saved' timeout 60 dom0ctl save mine "$image"
    expect 'a guest of dom0d that xl renamed is restored' timeout 60 dom0ctl restore "$image"
    expect 'it has its new name after that' in_list mine
    rm -f "$image"
    xl rename mine ours
    expect 'a guest is renamed again' wait_for 2 'in_list ours'
}

destroyed_by_xl() {
    expect "xl list has a guest of dom0d, by its name" grep -qE '^ours +[0-9]+ +128 ' <<<"$(xl list)"
    xl destroy ours
    expect "xl destroy of a guest of dom0d is noticed at once" wait_for 2 'is_not_listed ours'
    expect_eq 'xl destroy of a guest of dom0d is told' 'Started Booted,Stopped Destroyed' "$(events_of ours)"
    xl destroy theirs
    expect "xl destroy of a guest of xl is noticed at once" wait_for 2 'is_not_listed theirs'
    expect_eq 'xl destroy of a guest of xl is told' 'Started Booted,Stopped Destroyed' "$(events_of theirs)"
    expect 'dom0ctl creates the guest again that xl destroyed' dom0ctl create "$BED/ours.xml"
    dom0ctl destroy ours
}

# Two that restart it would make two guests of it, or one that boots twice.
rebooted_by_xl() {
    local id
    xl_create pvh looper 128 bed=reboot:6
    id=$(xen_domid looper)
    expect 'xl restarts its guest that reboots' wait_for 60 "[ \"\$(xen_domid looper)\" -gt $id ]"
    # What would happen a second time, would happen now.
    sleep 3
    expect_eq 'there is one guest of that name' 1 "$(xl list | grep -c '^looper ')"
    expect_eq "dom0d's id of it is the real one" "$(xen_domid looper)" "$(id_of looper)"
    expect_eq 'the next id of Xen shows that it was made once' "$((id + 1))" "$(xen_domid looper)"
    expect_eq 'its restart was told once' 'Started Booted,Stopped Shutdown,Started Booted' "$(events_of looper)"
    xl destroy looper
}

follow_events
xl_create pvh theirs 128
create pvh ours 128
of_xl pv
of_xl pvh
renamed_by_xl
destroyed_by_xl
rebooted_by_xl
ignore_events
