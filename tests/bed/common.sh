# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the programs of this folder share.  Sourced on the host, never in dom0.

bed_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bed_cache=${DOM0D_BED_CACHE:-/var/cache/dom0d-bed}

say() { echo "bed: $*" >&2; }

die() {
    say "$*"
    exit 1
}

# state_of NAME: the folder of one bed.
state_of() {
    case $1 in
    '' | *[!A-Za-z0-9_-]*) die "a bed's name has letters, digits, _ and - only: '$1'" ;;
    esac
    echo "${TMPDIR:-/tmp}/dom0d-bed.$1"
}

# The folder of the image, whether it exists or not.  Its name changes with the recipe.
image_folder() {
    local hash
    hash=$(cd "$bed_dir" && LC_ALL=C && sha256sum image image.d/* guest/* | sha256sum | cut -c 1-16)
    echo "$bed_cache/image-$hash"
}

# qemu_pid STATE: the pid of its QEMU, if that lives.  A pid alone proves nothing: it may have
# been given to another program since, so the command line must name the folder.
qemu_pid() {
    local pid
    pid=$(cat "$1/qemu.pid" 2>/dev/null) || return 1
    [ -n "$pid" ] || return 1
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$1/qemu.pid" || return 1
    echo "$pid"
}

# stop_qemu STATE: ends it, whatever state it is in.
stop_qemu() {
    local pid n
    pid=$(qemu_pid "$1") || return 0
    kill -TERM "$pid" 2>/dev/null || true
    for ((n = 0; n < 50; n++)); do
        qemu_pid "$1" >/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    for ((n = 0; n < 50; n++)); do
        qemu_pid "$1" >/dev/null || return 0
        sleep 0.1
    done
    say "QEMU $pid cannot be killed"
    return 1
}
