#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# No static function's name is defined more than twice in the product: a backtrace, a profile and
# grep find one place.  Those that were there when this began are in statics-known, with how many
# there may be at most; that list only shrinks.
set -u
cd "$top_srcdir" || exit 1

# As clang-format leaves a definition: its type on a line of its own, its name at a line's beginning.
find base eventloop wire conf driver daemon client include -name '*.[ch]' -print0 |
    xargs -0 awk '
        FNR == 1 { last = "" }
        /^[a-z_][a-z_0-9]*\(/ && last ~ /(^| )static( |$)/ && last !~ /[;{}]/ {
            name = substr($0, 1, index($0, "(") - 1)
            n[name]++
            where[name] = where[name] " " FILENAME ":" FNR
        }
        { last = $0 }
        END { for (name in n) if (n[name] > 1) print name, n[name], where[name] }' | sort |
    awk '
        NR == FNR { if ($0 !~ /^#/) most[$1] = $2; next }
        $2 > 2 { many[$1] = $2 }
        $2 > 2 && $2 > most[$1] {
            print $1 " is the name of " $2 " functions:" substr($0, length($1 " " $2) + 2)
            status = 1
        }
        END {
            for (name in most)
                if (many[name] < most[name])
                    print name " is less common now: say so in tests/checks/statics-known"
            exit status
        }' tests/checks/statics-known -
