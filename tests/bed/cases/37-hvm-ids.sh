# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A guest's id is Xen's, of whatever type it and those before it are.
# timeout: 300

# id_is_true GUEST: to dom0ctl and virsh; and the list has it, once.
id_is_true() {
    local id
    id=$(xen_domid "$1")
    echo "xl says that $1 is $id"
    [ -n "$id" ] && [ "$(id_of "$1")" = "$id" ] && [ "$($VIRSH domid "$1")" = "$id" ] &&
        [ "$(dom0ctl list | awk -v name="$1" '$1 == name { print $2 }')" = "$id" ] &&
        [ "$($VIRSH domname "$id")" = "$1" ]
}

# made TYPE NAME: and those that are there have kept their ids.
made() {
    expect "a guest, $2, is created" create "$1" "$2" 192
    for guest in $(guests_now); do
        expect "when $2 is made, the id of $guest is the one that Xen has for it" id_is_true "$guest"
    done
}

has_device_model() { pgrep -f "xen-domid $(xen_domid "$1")( |$)"; }

made pv first-pv
made hvm first-hvm
expect 'the device model of the first HVM guest has its id' has_device_model first-hvm
dom0ctl destroy first-pv
made pv second-pv
made hvm second-hvm
expect 'the device model of the second HVM guest has its id' has_device_model second-hvm
dom0ctl destroy first-hvm
made hvm third-hvm
expect 'the second HVM guest boots' has_booted second-hvm
for guest in second-pv second-hvm third-hvm; do
    expect "$guest is destroyed" dom0ctl destroy $guest
    expect "$guest is gone" has_gone $guest
done
