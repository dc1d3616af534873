#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs the packages that the bed needs on this machine, where they are missing.
set -eu -o pipefail

wanted=(qemu-system-x86 qemu-utils mmdebstrap e2fsprogs cpio xz-utils util-linux)

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
echo "bed: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${apt[@]}" install --no-install-recommends "${missing[@]}" && exit 0
# The lists may be old or empty.
"${apt[@]}" update
"${apt[@]}" install --no-install-recommends "${missing[@]}"
