#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The protocol is a promise: every line of protocol.txt must still be true.  Lines may be added;
# "check-protocol.sh --update" does that (make update-protocol).
src=${top_srcdir:-.}
saved=$src/tests/wire/protocol.txt
now=$(mktemp) || exit 99
trap 'rm -f "$now"' EXIT

# Each declaration of the .x files on a line, without comments: names, order and limits.
print_types()
{
    sed '/^[#%]/d' "$src"/wire/*.x | tr '\n' ' ' |
        sed -E 's,/\*([^*]|\*+[^*/])*\*+/,,g; s/ +/ /g; s/^ //; s/; (const|typedef|enum|struct|union) /;\n\1 /g'
}

# What of it the compiled programs put on the wire.
"${top_builddir:-.}/tests/wire/print-protocol" > "$now" || exit 99
print_types >> "$now"
echo >> "$now"
sed -n 's/^TASK(\([0-9]*\), *\([A-Z_]*\),.*/WORKER_\2 = \1/p' "$src/include/wire/tasks.def" >> "$now"

if [ "$1" = --update ]; then
    cat "$now" > "$saved"
    exit
fi

# A list without a bound takes whatever a stranger says (rpcgen reads <> as "up to 4294967295").
if grep -n '<>' "$src"/wire/*.x; then
    echo "These counts have no bound."
    exit 1
fi
if diff "$saved" "$now" | grep '^<'; then
    echo "These lines are no longer true, and others may rely on them."
    echo "If nobody can, because no release has them: make update-protocol"
    exit 1
fi
if ! cmp -s "$saved" "$now"; then
    diff "$saved" "$now"
    echo "These are new.  If that is meant: make update-protocol"
    exit 1
fi
