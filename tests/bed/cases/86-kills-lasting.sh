# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# No definition and no managed save is lost when the daemon or a worker is killed amid an operation on
# one: a fifth of tests/bed/kills --lasting, at other instants each day.
# long
# timeout: 1200

"$TOOLS/kills" --lasting --of daemon --of worker --count 12 --seed "$(date +%F)"
