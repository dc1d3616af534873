#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every C file is as `make format` leaves it.
command -v clang-format >/dev/null || exit 77
cd "$top_srcdir" || exit 1
find include base eventloop wire conf driver daemon client tests -name '*.[ch]' -print0 |
    xargs -0 clang-format --dry-run -Werror
