# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The bed itself: Xen and its tools work, without dom0d.
# timeout: 240

expect_eq 'dom0 runs on Xen 4.17' 4.17 "$(xl info | awk '$1 == "xen_major" { a = $3 } $1 == "xen_minor" { b = $3 } END { print a "." b }')"

for type in pv pvh; do
    expect "xl creates a $type guest" xl_create $type bed-$type 128
    expect "the $type guest boots" has_booted bed-$type
    expect "the $type guest counts" counts bed-$type
    expect "xl destroys the $type guest" xl destroy bed-$type
    expect "the $type guest is gone" wait_for 5 "! xl domid bed-$type"
done
