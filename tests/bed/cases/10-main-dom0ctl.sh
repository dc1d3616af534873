# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The main job by dom0ctl: create, save, restore, destroy; and an image of xl.
# timeout: 600

# The image's wrapping has the guest's own XML.
has_xml_of() { $TOOLS/image-walk --config "$1" | grep -q "<uuid>$(guest_uuid "$2")</uuid>"; }

# A walk that a torn image passes would prove nothing.
torn_copies_are_not_whole() {
    local size copy=$BED/torn
    size=$(stat -c %s "$1")
    cp "$1" "$copy"
    echo >>"$copy"
    if is_whole "$copy"; then return 1; fi
    truncate -s $((size - 8)) "$copy"
    if is_whole "$copy"; then return 1; fi
    truncate -s $((size / 2)) "$copy"
    if is_whole "$copy"; then return 1; fi
    rm "$copy"
}

main_job() {
    local type=$1 guest=$1-guest image=$BED/$1.image before id

    expect "dom0ctl creates a $type guest" create "$type" "$guest" 128
    expect_eq "dom0d's id of the $type guest is the real one" "$(xen_domid "$guest")" "$(id_of "$guest")"
    expect_eq "the $type guest has the UUID of its XML" "$(guest_uuid "$guest")" "$(uuid_of "$guest")"
    expect "dom0ctl list has the $type guest" grep -qE "^$guest +$(xen_domid "$guest") +128 +1 +running" <<<"$(dom0ctl list)"
    expect "the $type guest's console counts" has_booted "$guest"

    id=$(xen_domid "$guest")
    before=$(counter "$guest")
    on_terminal "dom0ctl save $guest $image" >"$BED/terminal" </dev/null
    expect_eq "dom0ctl save of the $type guest ends with 0" 0 $?
    tr '\r' '\n' <"$BED/terminal"
    expect "the save of the $type guest shows a bar that grows" grep -qP "\r.*save $guest +\d+% \[=*>? *\] \d+/128 MiB" "$BED/terminal"
    expect "the $type guest is gone after the save" has_gone "$guest"
    expect "the image of the $type guest is whole" is_whole "$image"
    expect_eq "the image of the $type guest is its owner's only" 600 "$(stat -c %a "$image")"
    expect "the image of the $type guest has its XML" has_xml_of "$image" "$guest"

    expect "dom0ctl restores the $type guest" dom0ctl restore "$image"
    expect_eq "the restored $type guest has the same UUID" "$(guest_uuid "$guest")" "$(uuid_of "$guest")"
    expect_eq "dom0d's id of the restored $type guest is the real one" "$(xen_domid "$guest")" "$(id_of "$guest")"
    expect "the restored $type guest has a new id" [ "$(xen_domid "$guest")" -gt "$id" ]
    expect "the restored $type guest counts" counts "$guest"
    expect "the restored $type guest counts on from where it was" [ "$(counter "$guest")" -gt "$before" ]
    expect "the console shows no second boot of the $type guest" [ "$(tr -d '\r' <"$(console_log "$guest")" | grep -c '^up$')" = 1 ]

    expect "dom0ctl destroys the $type guest" dom0ctl destroy "$guest"
    expect "the $type guest is gone after destroy" has_gone "$guest"
    expect "no job of the $type guest is left" no_jobs
}

image_of_xl() {
    local type=$1 guest=xl-$1 image=$BED/xl-$1.image

    xl_create "$type" "$guest" 128 && has_booted "$guest"
    timeout 60 xl save "$guest" "$image" 2>&1
    expect "an image that xl made of a $type guest is whole" is_whole "$image"
    expect "dom0ctl restores a $type guest from an image of xl" dom0ctl restore "$image"
    expect "the $type guest of xl's image counts on" counts "$guest"
    expect_eq "the $type guest of xl's image has its UUID" "$(guest_uuid "$guest")" "$(uuid_of "$guest")"
    expect "dom0ctl destroys the $type guest of xl's image" dom0ctl destroy "$guest"
}

main_job pv
expect 'image-walk says of torn images that they are not whole' torn_copies_are_not_whole "$BED/pv.image"
rm "$BED/pv.image"
main_job pvh
image_of_xl pv
image_of_xl pvh
