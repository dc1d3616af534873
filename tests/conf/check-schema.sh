#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What conf/ writes is what libvirt's own schema allows, where that schema is installed.
set -u
schemas=/usr/share/libvirt/schemas
data=$top_srcdir/tests/conf/data
status=0

[ -e $schemas/domain.rng ] && command -v xmllint >/dev/null || exit 77

# In these is what libvirt's schema has no word for: a disk's <script>, and <pae state='off'>.
beyond='pv-kernel xl-much hvm-efi xl-much-hvm'

for file in "$data"/*.out.xml "$data"/*.live.xml; do
    name=$(basename "$file")
    case " $beyond " in *" ${name%%.*} "*) continue ;; esac
    xmllint --noout --relaxng $schemas/domain.rng "$file" 2>/dev/null || {
        echo "$file: libvirt's schema does not allow it" >&2
        status=1
    }
done
exit $status
