#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# dom0ctl and dom0d on the fake Xen: definitions as XML and as xl.cfg, and what of them is ignored.
set -u
# shellcheck source=programs.sh
. "$(dirname "$0")/programs.sh"

# runs STATUS ARGUMENT...: dom0ctl, whose output is in out and err.
runs() {
    local want=$1
    shift
    dom0ctl "$@" >"$dir/out" 2>"$dir/err"
    local status=$?
    [ "$status" = "$want" ] || wrong "dom0ctl $*: status $status, not $want: $(cat "$dir/err")"
}
out_has() { grep -q -e "$1" "$dir/out" || wrong "the output has no '$1': $(cat "$dir/out")"; }
err_is() { [ "$(cat "$dir/err")" = "$1" ] || wrong "not said: $1, but $(cat "$dir/err")"; }

: >"$dir/kernel" >"$dir/out" >"$dir/err"
cat >"$dir/web.cfg" <<END
name = 'web'
memory = 128
kernel = '$dir/kernel'
vfb = [ 'vnc=1,vncpasswd=S3CRET' ]
colour = 'red'
END
cat >"$dir/db.xml" <<END
<domain type='xen'><name>db</name><memory unit='MiB'>128</memory>
<os><type>linux</type><kernel>$dir/kernel</kernel></os>
<devices>
<rng model='virtio'/>
</devices></domain>
END
start

runs 0 convert "$dir/web.cfg"
out_has '<name>web</name>'
out_has "passwd='S3CRET'"
out_has '<!-- xl.cfg: colour is not known -->'
cp "$dir/out" "$dir/web.xml"

runs 0 convert --to xl - <"$dir/web.xml"
out_has '^name = "web"$'
out_has '^vfb = .*vncpasswd=S3CRET'
out_has '^# ignored: xl.cfg: colour is not known$'

# What was converted once is the same after any number of ways there and back.
cp "$dir/out" "$dir/once.cfg"
runs 0 convert "$dir/once.cfg"
cp "$dir/out" "$dir/once.xml"
runs 0 convert "$dir/once.xml"
cp "$dir/out" "$dir/twice.cfg"
diff <(grep -v '^#' "$dir/once.cfg") "$dir/twice.cfg" || wrong 'another xl.cfg'
runs 0 convert - <"$dir/twice.cfg"
diff "$dir/once.xml" "$dir/out" || wrong 'another XML'

runs 1 convert - <<<'import os'
err_is "dom0ctl: line 1: 'import': a line is key = value"
runs 1 convert - <<<$'name = "a"\nmemory = 4\n\nirqs = [ 5 ]'
err_is 'dom0ctl: line 4: irqs: is not supported'
runs 1 convert - <<<$'<domain type="xen"><name>a</name>\n<memory>x</memory></domain>'
err_is "dom0ctl: line 2: <memory>: 'x' is not a number"
runs 1 --readonly convert "$dir/web.cfg"
err_is 'dom0ctl: operation forbidden: read only access prevents virConnectDomainXMLFromNative'

runs 0 create "$dir/web.cfg"
err_is 'dom0ctl: warning: ignored: xl.cfg: colour is not known'
runs 0 create "$dir/db.xml"
err_is 'dom0ctl: warning: ignored: line 4: <rng>: Xen has no random number generator for guests'
runs 1 create - <"$dir/once.cfg"
err_is "dom0ctl: operation failed: domain 'web' already exists with uuid $(dom0ctl info web | sed -n 's/^UUID: *//p')"

stop
start
runs 0 --readonly info web
out_has '^Messages:    ignored: xl.cfg: colour is not known$'
runs 0 --readonly info db
out_has '^Messages:    ignored: line [0-9]*: <rng>: Xen has no random number generator for guests$'
stop

[ "$(grep -c 'ignored in the XML' "$dir/log")" = 2 ] || wrong 'not logged once a guest'
grep -q S3CRET "$dir/log" && wrong 'a password is in the log'
exit $failed
