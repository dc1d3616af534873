#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each header compiles alone, so that its users need not know what it needs.
set -u
status=0

for header in $(cd "$top_srcdir" && find include base eventloop wire conf driver daemon client tests -name '*.h'); do
    # Headers of tests may include private ones of the folder that they test.
    folder=$(dirname "$header")
    case $folder in tests/*) private=-I$top_srcdir/${folder#tests/} ;; *) private= ;; esac
    # CPPFLAGS are words.
    # shellcheck disable=SC2086
    # Included, not compiled itself: clang finds an inline function of a main file unused.
    if ! echo "#include \"$top_srcdir/$header\"" |
        $CC -std=gnu11 -Wall -Werror -fsyntax-only $CHECK_CPPFLAGS ${private:+"$private"} \
            -include "$top_builddir/build-config.h" -x c -; then
        echo "$header does not compile alone" >&2
        status=1
    fi
done
exit $status
