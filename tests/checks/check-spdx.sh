#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every file that we wrote says its licence in its first lines.
cd "$top_srcdir" || exit 1
status=0

for file in configure.ac Makefile.am $(find include base eventloop wire conf driver daemon client \
    man systemd tests -type f \( -name '*.[ch158]' -o -name '*.def' -o -name '*.x' \
    -o -name '*.sh' -o -name '*.py' -o -name '*.bash' -o -name '*.service' -o -name '*.socket' \
    -o -name '*.in' -o -name 'dom0d.conf' \)); do
    if ! head -n 3 "$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later'; then
        echo "$file: no SPDX line" >&2
        status=1
    fi
done
exit $status
