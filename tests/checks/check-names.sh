#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# No header of ours is called as one of TI-RPC's, which it would shadow.
cd "$top_srcdir" || exit 1
found=$(find include base eventloop wire conf driver daemon client tests \( -name rpc.h \
    -o -name xdr.h -o -name types.h -o -name auth.h -o -name clnt.h -o -name svc.h \))
[ -z "$found" ] && exit 0
echo "shadows a header of TI-RPC: $found" >&2
exit 1
