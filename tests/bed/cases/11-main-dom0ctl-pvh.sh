# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The main job by dom0ctl, with a PVH guest; and an image of xl.
# timeout: 300

. "$CASES/main-by-dom0ctl.inc"

main_job pvh
rm "$BED/pvh.image"
image_of_xl pvh
