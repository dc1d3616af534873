# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A host changes over: guests that libvirtd of the bed has defined, has started with the host and has
# saved become dom0d's, and go on; and so do those of xl and xendomains.
# long
# timeout: 900

LIBVIRT="virsh -q -c xen+unix:///system?socket=/run/libvirt/libvirt-sock"
XL_SAVE=/var/lib/xen/save
ETC=/etc/dom0d

libvirt_says() { timeout 200 $LIBVIRT "$@"; }
sources() {
    find /etc/libvirt/libxl /var/lib/libvirt/libxl/save /etc/xen $XL_SAVE -type f -exec md5sum {} + | sort
}

# imports COMMAND: first dry, which changes nothing and says the same.
imports() {
    local before
    before=$(sources)
    expect "$1 --dry-run succeeds" dom0ctl "$1" --dry-run
    dom0ctl "$1" --dry-run >"$BED/dry" 2>&1
    expect_eq 'a dry run defines nothing' '' "$(ls $ETC/domains)"
    expect_eq 'a dry run takes no saved state' '' "$(ls /var/lib/dom0d/save)"
    timeout 300 dom0ctl "$1" >"$BED/real" 2>&1
    expect_eq "$1 succeeds" 0 $?
    cat "$BED/real"
    expect "$1 has said before what it does" \
        diff <(sed 's/ would be defined/ defined/' "$BED/dry") "$BED/real"
    expect_eq 'the sources are as they were' "$before" "$(sources)"
}

# said LINE: of the import.
said() { expect "it says: $1" grep -qxF -e "$1" "$BED/real"; }

# goes_on NAME COUNTER: it starts from its saved state, which goes.
goes_on() {
    expect "the saved state of $1 is dom0d's" [ -f "/var/lib/dom0d/save/$1.save" ]
    expect "virsh starts $1" timeout 200 $VIRSH start "$1"
    expect "$1 counts on" wait_for 60 "[ \$(counter $1) -gt $2 ]"
    expect "the saved state of $1 has gone" [ ! -e "/var/lib/dom0d/save/$1.save" ]
    expect "$1 is destroyed" dom0ctl destroy "$1"
}

of_libvirt() {
    local name before
    expect 'libvirtd starts' systemctl start libvirtd.service
    for name in kept plain; do
        guest_xml pv $name 128 >"$BED/$name.xml"
        expect "libvirtd defines $name" libvirt_says define "$BED/$name.xml"
    done
    expect 'libvirtd has kept started with the host' libvirt_says autostart kept
    console_reads kept
    expect 'libvirtd starts kept' libvirt_says start kept
    expect 'kept boots' has_booted kept
    before=$(counter kept)
    expect 'libvirtd saves kept' libvirt_says managedsave kept
    expect 'kept has gone' has_gone kept
    expect 'libvirtd stops' systemctl stop libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket
    imports import-libvirt
    said 'kept defined, its saved state taken over, started with the host'
    said 'plain defined'
    expect 'the link of kept is there' [ -L $ETC/autostart/kept.xml ]
    expect 'a second import succeeds' dom0ctl import-libvirt
    goes_on kept "$before"
    console_reads plain
    expect 'virsh starts plain' timeout 200 $VIRSH start plain
    expect 'plain boots' has_booted plain
    expect 'plain is destroyed' dom0ctl destroy plain
    expect 'kept is undefined' dom0ctl undefine kept
    expect 'plain is undefined' dom0ctl undefine plain
}

of_xl() {
    local before id
    mkdir -p /etc/xen/auto $XL_SAVE
    guest_cfg pvh of-xl 128 >/etc/xen/of-xl.cfg
    guest_cfg pv stays 128 >/etc/xen/stays.cfg
    ln -s ../of-xl.cfg /etc/xen/auto/of-xl.cfg
    expect 'xl makes of-xl' timeout 100 xl create /etc/xen/of-xl.cfg 3>&-
    expect 'xl makes stays' timeout 100 xl create /etc/xen/stays.cfg 3>&-
    expect 'of-xl boots' has_booted of-xl
    expect 'stays boots' has_booted stays
    before=$(counter of-xl)
    id=$(xen_domid stays)
    expect 'xl saves of-xl as xendomains does' timeout 200 xl save of-xl $XL_SAVE/of-xl
    expect 'of-xl has gone' has_gone of-xl
    imports import-xl
    said 'of-xl defined, its saved state taken over, started with the host'
    said 'stays defined; it runs'
    expect_eq 'stays runs on' "$id" "$(xen_domid stays)"
    expect 'stays counts' counts stays
    expect 'virsh says that stays lasts' grep -qx 'Persistent: *yes' <($VIRSH dominfo stays)
    expect 'a second import succeeds' dom0ctl import-xl
    goes_on of-xl "$before"
    expect 'stays is destroyed' dom0ctl destroy stays
    expect 'of-xl is undefined' dom0ctl undefine of-xl
    expect 'stays is undefined' dom0ctl undefine stays
}

trap 'systemctl stop libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket
    rm -f /etc/libvirt/libxl/{kept,plain}.xml /etc/libvirt/libxl/autostart/kept.xml
    rm -f /var/lib/libvirt/libxl/save/kept.save
    rm -f /etc/xen/{of-xl,stays}.cfg /etc/xen/auto/of-xl.cfg $XL_SAVE/of-xl; rm -rf "$BED"' EXIT
of_libvirt
of_xl
expect_eq 'no file is left' '' "$(find $ETC/domains $ETC/autostart /var/lib/dom0d/save -type f -o -type l)"
expect 'no job is left' no_jobs
