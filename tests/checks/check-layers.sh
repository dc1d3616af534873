#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each folder includes only what HACKING's table of folders allows it.
set -u
cd "$top_srcdir" || exit 1
status=0

complain() {
    echo "$1: must not include $2" >&2
    status=1
}

# allow FOLDER "FOLDERS and single headers it may include from" "PATTERNS of system headers it must not include"
allow() {
    for file in $(find "$1" "include/$1" -name '*.[ch]' 2>/dev/null); do
        for header in $(sed -n 's/^ *# *include *[<"]\([^>"]*\)[>"].*/\1/p' "$file"); do
            case $header in
            base/* | eventloop/* | wire/* | conf/* | driver/* | daemon/* | client/*)
                case " $2 " in *" ${header%%/*} "* | *" $header "*) ;; *) complain "$file" "$header" ;; esac
                ;;
            esac
            for pattern in $3; do
                case $header in $pattern) complain "$file" "$header" ;; esac
            done
        done
        for header in $(sed -n 's/^ *# *include *"\([^/"]*\)".*/\1/p' "$file"); do
            [ "$header" = build-config.h ] || [ -e "$(dirname "$file")/$header" ] ||
                case $file in daemon/*/*) [ -e "daemon/$header" ] ;; *) false ;; esac ||
                complain "$file" "$header, a private header of elsewhere"
        done
    done
}

set -f # the patterns are for case, not for files
allow base      "base"                                     "*xl.h libxl* event2/* rpc/* libxml/*"
allow eventloop "base eventloop"                           "libxl* xen* rpc/* libxml/*"
allow wire      "base wire"                                "libxl* xen* event2/* libxml/* sys/socket.h sys/un.h"
allow conf      "base conf wire/libvirt.h"                 "event2/* rpc/*"
allow driver    "base eventloop wire conf driver"          "event2/*"
allow daemon    "base eventloop wire conf driver daemon"   "libxl* xen* conf/libxl.h event2/*"
allow client    "base wire conf client"                    "libxl* xen* conf/libxl.h event2/* libxml/* wire/worker.h"

# No threads, and so no locks: one loop in each program.  libxenstore has its own thread, which is
# its business.  Who may: work.c, whose thread is given what nobody else touches.
if grep -nE '<(pthread|threads|stdatomic|semaphore)\.h>|\b(pthread|thrd|mtx|cnd)_[a-z]+|\b(_Atomic|_Thread_local|__thread)\b' \
    $(find base eventloop wire conf driver daemon client include -name '*.[ch]' ! -path eventloop/work.c) \
    /dev/null >&2; then
    echo 'threads: only eventloop/work.c has one' >&2
    status=1
fi
if grep -nE -- '-l?pthread\b' configure.ac $(find base eventloop wire conf driver daemon client -name local.mk) >&2; then
    echo 'threads: the product has none' >&2
    status=1
fi
exit $status
