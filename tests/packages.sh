#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what building and testing dom0d needs on a Debian 12 machine, where it is missing.
set -eu -o pipefail

wanted=(
    autoconf automake make gcc libc6-dev pkg-config rpcsvc-proto
    libxen-dev libxml2-dev libevent-dev libsystemd-dev libtirpc-dev check
    clang clang-format libclang-rt-14-dev llvm valgrind python3 mandoc
)

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
"${apt[@]}" update
"${apt[@]}" install --no-install-recommends "${missing[@]}"
