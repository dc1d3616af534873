#!/usr/bin/python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
