#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The program dom0d as far as it goes without Xen: options, configuration, exit statuses.
set -u
dom0d=${top_builddir:-.}/daemon/dom0d
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

# run STATUS "PATTERN that the output must match" ARGUMENT...
run() {
    want=$1 pattern=$2
    shift 2
    output=$(timeout 60 "$dom0d" "$@" 2>&1)
    status=$?
    [ "$status" = "$want" ] || { echo "dom0d $*: status $status, not $want: $output"; failed=1; }
    printf '%s\n' "$output" | grep -q -e "$pattern" || { echo "dom0d $*: says $output"; failed=1; }
}

run 0 '^usage: dom0d' --help
run 0 '^dom0d [0-9]' --version
run 2 "Try 'dom0d --help'" --no-such-option
run 2 "'now' is not an option" now
run 78 '/nonexistent: No such file' --config /nonexistent

printf 'run_dir = %s/run\nsocket = %s/s\nsocket_ro = %s/r\n' "$dir" "$dir" "$dir" > "$dir/good"
printf '# a line\nmax_clients = many\n' > "$dir/bad"
run 78 'bad:2: max_clients must be a number' --config "$dir/bad"
run 78 'log_level must be' --config "$dir/good" --log-level shout

# On a Xen host it would go on and rule it.
if [ ! -e /dev/xen/privcmd ]; then
    run 78 'not a Xen dom0' --config "$dir/good"
    [ "$(printf '%s\n' "$output" | wc -l)" = 1 ] || { echo "not one line: $output"; failed=1; }
    [ ! -e "$dir/s" ] || { echo "a socket was left"; failed=1; }
fi
exit $failed
