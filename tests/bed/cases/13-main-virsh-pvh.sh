# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The main job by virsh, with a PVH guest.
# timeout: 300

. "$CASES/main-by-virsh.inc"

with_listener main_job pvh
