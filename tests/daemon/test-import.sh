#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Guests of libvirt and of xl are taken over, by the programs on the fake Xen: what became of each is
# said, a dry run says the same, a second run finds nothing to do, and the sources stay as they are.
set -u
# shellcheck source=programs.sh
. "$(dirname "$0")/programs.sh"
root=$dir/root
libvirt=$root/etc/libvirt/libxl libvirt_save=$root/var/lib/libvirt/libxl/save
xen=$root/etc/xen xen_save=$root/srv/xen-save
mkdir -p "$libvirt/autostart" "$libvirt_save" "$xen/auto" "$xen_save" "$root/etc/default" "$root/srv/xen"
: >"$dir/kernel"

# xml NAME NUMBER [DEVICES]
xml() {
    cat <<END
<!-- as libvirt begins its files -->
<domain type='xen'><name>$1</name><uuid>11111111-2222-3333-4444-$(printf %012d "$2")</uuid>
<memory unit='MiB'>16</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='xenpvh'>xenpvh</type><kernel>$dir/kernel</kernel></os>
<devices>${3-}</devices>
</domain>
END
}

# cfg NAME [LINE...]
cfg() {
    printf '%s\n' "name = \"$1\"" 'type = "pvh"' 'memory = 16' "kernel = \"$dir/kernel\"" "${@:2}"
}

runs() { # STATUS ARGUMENT...: its lines are in $dir/out and $dir/err.
    local want=$1 status
    shift
    dom0ctl "$@" --root "$root" >"$dir/out" 2>"$dir/err"
    status=$?
    [ "$status" = "$want" ] || wrong "dom0ctl $*: status $status, not $want: $(cat "$dir/out" "$dir/err")"
}
says() { grep -qxF -e "$1" "$dir/out" || wrong "not said: $1; but: $(cat "$dir/out")"; }
complains() { grep -q -e "$1" "$dir/err" || wrong "no complaint: $1; but: $(cat "$dir/err")"; }
expect() { [ "$2" = "$3" ] || wrong "$1: wanted '$2', got '$3'"; }
names() { dom0ctl list --all --name "$@" | grep -v Domain-0 | sort | paste -sd ' '; }
counter_of() { "$fake/fake-xen" list | awk -v name="$1" '$5 == name { print $4 }'; }
id_of() { "$fake/fake-xen" list | awk -v name="$1" '$5 == name { print $1 }'; }
uuid_of() { dom0ctl info "$1" | sed -n 's/^UUID: *//p'; }
of_sources() { (cd "$root" && find . -type f -exec md5sum {} + | sort; find . -type l -printf '%p %l\n' | sort); }
of_dom0d() { (cd "$dir" && find etc save -type f -exec md5sum {} + -o -type l -print | sort); names; }

# dry_then_real COMMAND: it leaves $dir/out and $dir/err of the real one.
dry_then_real() {
    local before ours
    before=$(of_sources) ours=$(of_dom0d)
    runs 1 "$1" --dry-run
    expect 'what a dry run changes' "$ours" "$(of_dom0d)"
    sed 's/ would be defined/ defined/' "$dir/out" >"$dir/out.dry"
    cp "$dir/err" "$dir/err.dry"
    runs 1 "$1"
    diff "$dir/out.dry" "$dir/out" || wrong 'the dry run has said something else'
    diff "$dir/err.dry" "$dir/err" || wrong 'the dry run has complained of something else'
    expect 'what the import changes in its sources' "$before" "$(of_sources)"
}

start

echo '# libvirt'
for guest in 'web 1' 'torn 2' 'orphan 3' 'live 4' 'other 5'; do
    # shellcheck disable=SC2086
    xml $guest >"$libvirt/${guest% *}.xml"
    dom0ctl create "$libvirt/${guest% *}.xml" >/dev/null || wrong "$guest is not created"
done
"$fake/fake-xen" count "$(id_of web)"
counter=$(counter_of web)
for name in web torn orphan other; do
    dom0ctl save "$name" "$libvirt_save/$name.save" >/dev/null || wrong "$name is not saved"
done
cp "$libvirt_save/web.save" "$libvirt_save/live.save"
mv "$libvirt_save/other.save" "$libvirt_save/db.save"
rm "$libvirt/orphan.xml" "$libvirt/other.xml"
truncate -s -1 "$libvirt_save/torn.save"
xml db 6 "<rng model='virtio'/>" >"$libvirt/db.xml"
xml taken 7 | dom0ctl define - >/dev/null
xml taken 8 >"$libvirt/taken.xml"
xml else 9 >"$libvirt/misnamed.xml"
xml bad 10 | sed 's/>16</>much</' >"$libvirt/bad.xml"
for name in web torn live gone; do
    ln -s "/etc/libvirt/libxl/$name.xml" "$libvirt/autostart/$name.xml"
done

dry_then_real import-libvirt
says 'web defined, its saved state taken over, started with the host'
says 'torn defined'
says 'db defined'
says 'live defined, started with the host; it runs'
expect 'how many are said' 4 "$(wc -l <"$dir/out")"
complains "^bad: not defined: $libvirt/bad.xml: line 3: <memory>"
complains "^misnamed: not defined: $libvirt/misnamed.xml is of 'else'\$"
complains "^taken: not defined: it has uuid 11111111-2222-3333-4444-000000000008: .*'taken' already exists with uuid 11111111-2222-3333-4444-000000000007\$"
complains "^torn: its saved state is not taken over: $libvirt_save/torn.save: the image is truncated"
complains '^torn: it is not started with the host: it would forget its saved state$'
complains "^db: its saved state is not taken over: $libvirt_save/db.save: it is an image of domain 'other' with uuid 11111111-2222-3333-4444-000000000005\$"
complains '^live: its saved state is not taken over: .*it runs'
complains "^orphan: its saved state $libvirt_save/orphan.save is not taken over: there is no definition of it\$"
complains '^dom0ctl: warning: db: ignored: line 5: <rng>'
complains '^dom0ctl: 8 things could not be taken, see above$'
expect 'who is defined' 'db live taken torn web' "$(names --persistent)"
expect 'whose links are there' 'live.xml web.xml' "$(ls "$dir/etc/autostart" | paste -sd ' ')"
expect 'who has an image' web.save "$(ls "$dir/save")"
expect 'whose image it is' 600 "$(stat -c %a "$dir/save/web.save")"

rm "$libvirt"/{bad,misnamed,taken}.xml "$libvirt_save"/{orphan,db,live,torn}.save
rm "$libvirt"/autostart/{torn,live}.xml
ours=$(of_dom0d)
runs 0 import-libvirt
says 'web is defined already'
says 'live is defined already'
expect 'complaints of the second run' '' "$(cat "$dir/err")"
expect 'what the second run changes' "$ours" "$(of_dom0d)"

dom0ctl start web >/dev/null || wrong 'web is not started'
expect 'what web remembers' "$counter" "$(counter_of web)"
runs 0 import-libvirt
says "web is defined already, without the saved state $libvirt_save/web.save"
dom0ctl autostart --disable web
runs 0 import-libvirt
says "web is defined already, without the saved state $libvirt_save/web.save, and not started with the host"
expect 'who has an image when it was restored' '' "$(ls "$dir/save")"

echo '# once more, when it was undefined'
dom0ctl destroy web || wrong 'web is not destroyed'
dom0ctl undefine web || wrong 'web is not undefined'
stop
start
runs 0 import-libvirt
says 'web defined, its saved state taken over, started with the host'

echo '# xl'
cat >"$root/etc/default/xendomains" <<'END'
## Type: string
XENDOMAINS_SAVE="/srv/xen-save" # on the big disk
XENDOMAINS_AUTO=/etc/xen/auto
END
uuid=aaaaaaaa-2222-3333-4444-555555555555
id=$("$fake/fake-xen" create theirs $uuid pvh)
cat >"$dir/config-$id" <<END
{"c_info": {"type": "pvh", "name": "theirs", "uuid": "$uuid"},
 "b_info": {"type.pvh": {}, "max_memkb": 16384, "target_memkb": 16384, "max_vcpus": 1,
            "kernel": "$dir/kernel"},
 "on_reboot": "restart", "on_watchdog": "restart"}
END
"$fake/fake-xen" count "$id"
counter=$(counter_of theirs)
wait_for dom0ctl info theirs
dom0ctl save theirs "$xen_save/theirs" >/dev/null || wrong 'theirs is not saved'
grep -q 'Xen saved domain, xl format' "$xen_save/theirs" || wrong 'the image is not one of xl'
"$fake/fake-xen" create runs bbbbbbbb-2222-3333-4444-555555555555 pvh >/dev/null
wait_for dom0ctl info runs
cp "$xen_save/theirs" "$xen_save/nobody"
cfg theirs >"$xen/theirs.cfg"
cfg runs >"$xen/runs.cfg"
cfg own 'uuid = "cccccccc-2222-3333-4444-555555555555"' 'colour = "red"' >"$xen/own.cfg"
cfg far >"$root/srv/xen/far.conf"
cfg bad 'irqs = [ 5 ]' >"$xen/bad.cfg"
cfg own >"$xen/own-too.cfg"
cfg taken 'uuid = "dddddddd-2222-3333-4444-555555555555"' >"$xen/taken.cfg"
cfg ignored >"$xen/ignored"
ln -s ../theirs.cfg "$xen/auto/10-theirs"
ln -s /etc/xen/own.cfg "$xen/auto/own.cfg"
ln -s /srv/xen/far.conf "$xen/auto/far"

dry_then_real import-xl
says 'theirs defined, its saved state taken over, started with the host'
says 'own defined, started with the host'
says 'far defined, started with the host'
says 'runs defined; it runs'
expect 'how many are said' 4 "$(wc -l <"$dir/out")"
complains "^$xen/bad.cfg: not defined: line 5: irqs: is not supported\$"
complains "^own: not defined: $xen/own-too.cfg is not the first one of this name\$"
complains "^taken: not defined: it has uuid dddddddd-.*'taken' already exists with uuid 1111"
complains "^nobody: its saved state $xen_save/nobody is not taken over: there is no definition of it\$"
complains '^dom0ctl: warning: own: ignored: xl.cfg: colour is not known$'
complains '^dom0ctl: 4 things could not be taken, see above$'
expect 'whose UUID the saved one has' $uuid "$(uuid_of theirs)"
expect 'whose UUID the one that runs has' bbbbbbbb-2222-3333-4444-555555555555 "$(uuid_of runs)"
expect 'whose UUID is given' cccccccc-2222-3333-4444-555555555555 "$(uuid_of own)"

rm "$xen"/{bad,own-too,taken}.cfg "$xen_save/nobody"
ours=$(of_dom0d)
runs 0 import-xl
for name in theirs own far runs; do says "$name is defined already"; done
expect 'complaints of the second run' '' "$(cat "$dir/err")"
expect 'what the second run changes' "$ours" "$(of_dom0d)"
dom0ctl start theirs >/dev/null || wrong 'theirs is not started'
expect 'what theirs remembers' "$counter" "$(counter_of theirs)"

echo '# what cannot be read'
# shellcheck disable=SC2016
echo 'XENDOMAINS_SAVE=$HOME/save' >"$root/etc/default/xendomains"
runs 1 import-xl
complains "^dom0ctl: $root/etc/default/xendomains: line 1: what XENDOMAINS_SAVE is only a shell could tell\$"
rm -r "$root/etc/xen"
rm "$root/etc/default/xendomains"
runs 1 import-xl
complains "^dom0ctl: cannot read $root/etc/xen: No such file"

stop
exit $failed
