# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The main job by virsh, with a PV guest.
# timeout: 300

. "$CASES/main-by-virsh.inc"

host
with_listener main_job pv
