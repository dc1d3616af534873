# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Nothing is lost when the daemon or a worker is killed amid an operation: a tenth of tests/bed/kills,
# at other instants each day.
# timeout: 480

"$TOOLS/kills" --of daemon --of worker --count 6 --seed "$(date +%F)"
