# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A PV guest whose kernel is on its disk, where pygrub finds it.
# timeout: 420

guest=from-disk

# disk_guest: XML with a bootloader and no kernel.
disk_guest() {
    guest_xml pv $guest 192 | sed -e '/<kernel>/d' -e '/<initrd>/d' -e '/<cmdline>/d' \
        -e 's|  <os>|  <bootloader>pygrub</bootloader>\n  <os>|'
}

devices() {
    cat <<END
    <disk type='file' device='disk'>
      <source file='$BED/disk'/>
      <target dev='xvda' bus='xen'/>
    </disk>
END
}

shows_bootloader() {
    local xml
    xml=$($VIRSH dumpxml $guest) || return
    echo "$xml"
    grep -q '<bootloader>.*pygrub</bootloader>' <<<"$xml" && grep -q "<source file='$BED/disk'/>" <<<"$xml"
}

console_says() { wait_for 60 "tr -d '\r' <$(console_log $guest) | grep -qx '$1'"; }

# What pygrub takes off the disk is needed until the guest is built.
leavings() {
    find /run/xen /var/run/xen /var/lib/xen -name '*boot_*' -o -name '*bootloader*' | sort -u
    losetup -n -O BACK-FILE | grep -c "$BED"
}

cp $GUEST/disk "$BED/disk"
none=$(leavings)
DEVICES=$(devices) disk_guest >"$BED/$guest.xml"
expect 'a guest with a bootloader is created' timeout $((120 * PATIENCE)) dom0ctl create "$BED/$guest.xml"
expect_eq "its id is the real one" "$(xen_domid $guest)" "$(id_of $guest)"
expect 'it boots the kernel of its disk' has_booted $guest
expect 'it sees that disk' console_says 'disks xvda'
expect 'its XML has bootloader and disk' shows_bootloader

before=$(counter $guest)
expect 'a guest with a bootloader is saved' timeout $((120 * PATIENCE)) dom0ctl save $guest "$BED/image"
expect 'its image is whole' is_whole "$BED/image"
expect 'a guest with a bootloader is restored' timeout $((120 * PATIENCE)) dom0ctl restore "$BED/image"
expect 'it counts on from where it was, and so did not boot' eval "counts $guest && [ \$(counter $guest) -gt $before ]"
expect 'its XML has bootloader and disk after that' shows_bootloader

id=$(xen_domid $guest)
expect 'virsh reboots it' timeout 60 $VIRSH reboot $guest
expect 'it comes back with a new id' wait_for 60 "[ \"\$(xen_domid $guest)\" -gt $id ]"
console_reads $guest
expect 'it boots from its disk again' has_booted $guest
expect 'it is destroyed' dom0ctl destroy $guest
expect_eq 'nothing is left of it' "$none" "$(leavings)"

expect 'virsh creates it too' timeout $((120 * PATIENCE)) $VIRSH create "$BED/$guest.xml"
dom0ctl destroy $guest
: >"$BED/disk"
expect_fail 'a guest with nothing on its disk is not created, and the error names the bootloader' 'pygrub|bootloader' \
    timeout $((120 * PATIENCE)) dom0ctl create "$BED/$guest.xml"
expect "it is gone" has_gone $guest
expect_eq 'nothing is left of that' "$none" "$(leavings)"
