# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What tests of the programs on the fake Xen are written with: a folder $dir for their files, with a
# configuration and, of the latest daemon, what it says (log).  To be sourced; the test ends with
# `exit $failed`.
build=$(cd "${top_builddir:-.}" && pwd)
dir=$(mktemp -d) || exit 1
export DOM0D_FAKE_DIR=$dir
unset NOTIFY_SOCKET JOURNAL_STREAM DOM0D_SOCKET
fake=$build/tests/fakes
daemon='' failed=0
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$dir"' EXIT
: >"$dir/log"
mkdir "$dir/etc" "$dir/save"

cat >"$dir/conf" <<END
socket = $dir/s
socket_ro = $dir/s-ro
socket_group =
config_dir = $dir/etc
save_dir = $dir/save
run_dir = $dir/run
worker = $fake/dom0d-worker-fake
workers_idle = 0
END

wrong() { echo "$*"; sed 's/^/    /' "$dir/log"; failed=1; }

# wait_for COMMAND...: until it succeeds, for a minute at most.
wait_for() {
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    wrong "in a minute not: $*"
}

launch() {
    "$fake/dom0d-fake" --config "$dir/conf" 2>>"$dir/log" &
    daemon=$!
}

# start: it serves when that returns.
start() {
    launch
    wait_for dom0ctl list
}

stop() {
    kill -TERM "$daemon"
    wait "$daemon" || wrong "the daemon ended with $?"
}

dom0ctl() { DOM0CTL_RECONNECT=0 timeout 60 "$build/client/dom0ctl" -s "$dir/s" "$@"; }

no_jobs() { [ "$(dom0ctl --json jobs)" = "[]" ]; }
