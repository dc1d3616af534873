# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The main job by dom0ctl, with a PV guest; and an image of xl.
# timeout: 300

. "$CASES/main-by-dom0ctl.inc"

main_job pv
expect 'image-walk says of torn images that they are not whole' torn_copies_are_not_whole "$BED/pv.image"
rm "$BED/pv.image"
image_of_xl pv
