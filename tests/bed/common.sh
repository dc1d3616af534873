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
    local pid='' word words=()
    { read -r pid <"$1/qemu.pid" && mapfile -d '' words <"/proc/$pid/cmdline"; } 2>/dev/null || return 1
    for word in "${words[@]}"; do
        if [ "$word" = "$1/qemu.pid" ]; then
            echo "$pid"
            return 0
        fi
    done
    return 1
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

# pack_build BUILD TAR: what `make install` puts where.
pack_build() {
    local stage status=0
    stage=$(mktemp -d "${TMPDIR:-/tmp}/dom0d-bed-stage.XXXXXX")
    if ! make -s -C "$1" install DESTDIR="$stage/root" >"$stage/log" 2>&1; then
        cat "$stage/log" >&2
        say "make install failed in $1"
        status=1
    elif [ ! -d "$stage/root/usr" ]; then
        say "$1 installs nothing in /usr: configure it with --prefix=/usr"
        status=1
    else
        tar -C "$stage/root" --owner=0 --group=0 -cf "$2" . || status=1
    fi
    rm -rf "$stage"
    return $status
}
