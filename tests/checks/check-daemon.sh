#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the folders of daemon/ use of each other: by their includes, and by the symbols of what was
# built.  Prints both graphs, and fails on an arrow that is not allowed.
#
#   api -> rpc, job, console, domain;  job, console -> domain;  rpc, domain -> none of them;
#   top -> all
#
# "top" are the files of daemon/ itself.  Of those the folders see config.h, which is data; daemon.h,
# which holds all, is for api and top alone.
set -u
command -v nm >/dev/null || exit 77
folders='rpc domain job console api'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

layer_of() { case $1 in daemon/*/*) basename "$(dirname "$1")" ;; *) echo top ;; esac; }

# includes: lines "include FROM TO FILE HEADER".  A header of daemon/ itself is "x.h" for all.
includes() {
    (cd "$top_srcdir" && find daemon -name '*.[ch]') | sort | while read -r file; do
        from=$(layer_of "$file")
        sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$top_srcdir/$file" | while read -r header; do
            case $header in
            rpc/* | domain/* | job/* | console/* | api/*) to=${header%%/*} ;;
            */*) continue ;; # of another folder: check-layers.sh
            *) to=$header ;;
            esac
            [ "$to" = "$header" ] && [ -e "$top_srcdir/$(dirname "$file")/$header" ] && continue
            [ "$to" = "$from" ] || echo "include $from $to $file $header"
        done
    done
}

# symbols LAYER: of its libraries, "OBJECT NAME TYPE".
symbols() {
    name=$1
    [ "$name" = top ] && name=daemon
    for library in "$top_builddir"/daemon/lib"$name"*.a; do
        nm -gPA "$library" 2>/dev/null || echo "no-library $library -"
    done | sed 's/^[^[]*\[\(.*\)\]: */\1 /'
}

# calls: lines "call FROM TO OBJECT SYMBOL".
calls() {
    for layer in $folders top; do
        symbols "$layer" | sed "s/^/$layer /"
    done | awk '
        $2 == "no-library" { print "call none none " $3 " -"; next }
        $4 == "U" { uses[++n] = $1 " " $2 " " $3; next }
        $4 ~ /^[A-Z]$/ { home[$3] = $1 }
        END {
            for (i = 1; i <= n; i++) {
                split(uses[i], use, " ")
                to = home[use[3]]
                if (to != "" && to != use[1])
                    print "call", use[1], to == "top" && use[3] ~ /^config_/ ? "config.h" : to, use[2], use[3]
            }
        }'
}

is_allowed() {
    case "$1 $2" in
    "top "* | "api rpc" | "api job" | "api console" | "api domain" | "job domain" | "console domain" | *" config.h" | "api daemon.h") ;;
    *) return 1 ;;
    esac
}

includes >"$work/arrows"
calls >>"$work/arrows"
if grep '^call none' "$work/arrows" >&2; then
    echo 'the build has no such library: what is the folder called now?' >&2
    exit 1
fi
awk '{ n[$1 " " $2 " " $3]++ } END { for (arrow in n) print arrow, n[arrow] }' "$work/arrows" |
    sort >"$work/graph"

# It reads a file, not a pipe, so that it may set status.
status=0
while read -r how from to count; do
    if is_allowed "$from" "$to"; then
        mark=
    else
        mark=', which is not allowed:'
        status=1
    fi
    echo "$how $from -> $to ($count)$mark"
    [ -z "$mark" ] || awk -v arrow="$how $from $to" '
        $1 " " $2 " " $3 == arrow { print "    " $4 ": " $5 }' "$work/arrows"
done <"$work/graph"
exit $status
