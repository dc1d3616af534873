#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manual pages are well formed, and name the commands, options and keys that the programs have.
set -u
man=$top_srcdir/man
dom0ctl=$top_builddir/client/dom0ctl
status=0

# compare WHAT PROGRAM'S MANUAL'S
compare() {
    [ -n "$2" ] && [ "$2" = "$3" ] && return
    printf '%s: the program has\n%s\nand the manual\n%s\n' "$1" "$2" "$3" >&2
    status=1
}

# What "-x, --name VALUE" in a help text and ".It Fl x , Fl -name Ar value" in a page come to.
options_of_help() { sed -n 's/^ *\(-[a-zA-Z], *\)\{0,1\}\(--[a-z-]*\).*/\2/p' | sort; }
options_of_page() { sed -n 's/^\.It Fl \([a-zA-Z] , Fl \)\{0,1\}-\([a-z-]*\).*/--\2/p' "$@" | sort; }

# The part of dom0ctl.1 between COMMANDS and the next section, cut at each command.
section() { sed -n '/^\.Sh COMMANDS/,/^\.Sh PROGRESS/p' "$man/dom0ctl.1"; }

if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning "$man"/*.[1578] || status=1
fi

compare "dom0ctl's commands" "$("$dom0ctl" help --names)" \
    "$(section | sed -n 's/^\.It Ic \([a-z-]*\).*/\1/p')"
compare "dom0ctl's options" "$("$dom0ctl" help | options_of_help)" \
    "$(sed '/^\.Sh COMMANDS/,$d' "$man/dom0ctl.1" | options_of_page)"
for command in $("$dom0ctl" help --names); do
    options=$("$dom0ctl" help --names "$command" | sort)
    [ -n "$options" ] || options=none
    page=$(section | sed -n "/^\.It Ic $command\$/,/^\.It Ic/p; /^\.It Ic $command /,/^\.It Ic/p" |
        options_of_page)
    compare "dom0ctl $command's options" "$options" "${page:-none}"
done

keys=$(sed -n 's/^ *{"\([a-z_]*\)", *[A-Z]*, *FIELD.*/\1/p' "$top_srcdir/daemon/config.c" | sort)
compare "dom0d's keys" "$keys" "$(sed -n 's/^\.It Ic \([a-z_]*\)$/\1/p' "$man/dom0d.conf.5" | sort)"
compare "the keys of the sample" "$keys" \
    "$(sed -n 's/^#\([a-z_]*\) = .*/\1/p' "$top_srcdir/systemd/dom0d.conf.in" | sort)"
compare "dom0d's options" "$("$top_builddir/daemon/dom0d" --help | options_of_help)" \
    "$(options_of_page "$man/dom0d.8")"
exit $status
