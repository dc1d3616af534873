# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Nothing is lost when the daemon or a worker is killed amid an operation: eight of tests/bed/kills,
# one of each operation for each of the two, at other instants each day.
# timeout: 480

"$TOOLS/kills" --of daemon --of worker --count 4 --seed "$(date +%F)"
