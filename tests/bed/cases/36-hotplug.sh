# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Hotplug scripts that take long, longer than libxl waits for them, or ask dom0d something.
# long
# timeout: 600

. "$CASES/queries.inc"

bridge=bed0
# So long a script sleeps, in seconds.  What does not wait for it takes some milliseconds, but has more
# time than that: this machine has other things to do.
delay=$((3 * ${PATIENCE:-1}))
soon_ms=2000

# write_script NAME: calls Xen's own script of that name, after $BED/before-it.
write_script() {
    cat >"$BED/$1" <<END
#!/bin/bash
echo "$1 \$*" >>'$BED/scripts'
. '$BED/before-it'
exec /etc/xen/scripts/$1 "\$@"
END
    chmod 755 "$BED/$1"
}

# scripts_do COMMAND: each, from now on, before it does what it is for.
scripts_do() {
    echo "$1" >"$BED/before-it"
    : >"$BED/scripts"
}

disk() {
    cat <<END
    <disk type='file' device='disk'>
      <source file='$BED/disk.raw'/>
      <target dev='xvda' bus='xen'/>
      <script path='$BED/block'/>
    </disk>
END
}

interface() {
    cat <<END
    <interface type='bridge'>
      <source bridge='$bridge'/>
      <script path='$BED/vif-bridge'/>
    </interface>
END
}

scripts_were_called() {
    cat "$BED/scripts"
    grep -q "^block $1" "$BED/scripts" && grep -q "^vif-bridge $2" "$BED/scripts"
}

# slowly CLAIM COMMAND...: the command succeeds, its scripts take their time, and whoever asks
# meanwhile does not wait for them.
slowly() {
    local claim=$1 from query
    shift
    : >"$BED/scripts"
    start_queries list:list info:info:other xml:xml:other
    from=$(now_ms)
    expect "$claim" timeout $((90 * PATIENCE)) "$@"
    expect "it waited for its scripts ($claim)" [ $(($(now_ms) - from)) -ge $((delay * 1000)) ]
    end_queries "$claim"
    for query in list info xml; do
        expect "$query does not wait for the scripts ($claim)" answered_soon $query $soon_ms 5
    done
}

# All that a device could leave: in Xen, in xenstore, in the kernel.
things() {
    xl list | awk 'NR > 1 { print $2 }' | paste -sd ' '
    xenstore-list /local/domain | paste -sd ' '
    xenstore-list /libxl | paste -sd ' '
    xenstore-ls /local/domain/0/backend | grep -E '^ *(vif|vbd) =|^ *[0-9]+ =' | paste -sd ' '
    ip -o link show | sed -n 's/^[0-9]*: \(vif[^:@]*\).*/\1/p' | paste -sd ' '
    losetup -n -O BACK-FILE | grep -c "$BED"
    find /run/dom0d/queue -type f | paste -sd ' '
    jobs_now
}

slow_scripts() {
    local image=$BED/image before

    scripts_do "sleep $delay"
    DEVICES="$(disk)$(interface)" guest_xml pv slow 192 >"$BED/slow.xml"
    slowly 'a guest is created whose scripts are slow' dom0ctl create "$BED/slow.xml"
    expect 'the scripts of its disk and its interface were called' scripts_were_called add online
    expect 'the guest with slow scripts boots' has_booted slow
    before=$(counter slow)
    slowly 'a guest is saved whose scripts are slow' dom0ctl save slow "$image"
    slowly 'a guest is restored whose scripts are slow' dom0ctl restore "$image"
    rm -f "$image"
    expect 'the guest with slow scripts counts on' wait_for 60 "[ \$(counter slow) -gt $before ]"
    slowly 'a guest is destroyed whose scripts are slow' dom0ctl destroy slow
    expect 'the scripts were called for the end of its devices' scripts_were_called remove offline
    expect_eq 'nothing is left of the guest with slow scripts' "$none" "$(things)"
}

# libxl gives a script 40 s.
endless_script() {
    local what=$1 script=$2 devices=$3

    scripts_do "case $script in block) [ \$1 = remove ] ;; *) [ \$1 = offline ] ;; esac || { echo \$\$ >>'$BED/endless'; exec sleep 1000; }"
    DEVICES=$devices guest_xml pv endless 192 >"$BED/endless.xml"
    start_queries list:list
    expect_fail "a guest whose script of the $what never ends is not created, and the error names the script" "$BED/$script" \
        timeout $((150 * PATIENCE)) dom0ctl create "$BED/endless.xml"
    end_queries "the script of the $what does not end"
    expect "list does not wait for the script of the $what" answered_soon list $soon_ms 20
    expect_eq "nothing is left of the guest whose script of the $what never ends" "$none" "$(things)"
    expect "nor is the script of the $what" eval '[ -s "$BED/endless" ] && ! kill -0 $(cat "$BED/endless")'
    rm -f "$BED/endless"
}

# A script that asks dom0d, as some do: it must not wait for the job that waits for the script.
script_asks() {
    # shellcheck disable=SC2016
    scripts_do '{ timeout 20 dom0ctl list && timeout 20 dom0ctl info asking && timeout 20 dom0ctl info other; } >>"${0%/*}/answers" 2>&1 || echo failed >>"${0%/*}/answers"'
    DEVICES="$(disk)$(interface)" guest_xml pv asking 192 >"$BED/asking.xml"
    expect 'a guest is created whose scripts ask dom0d' timeout $((90 * PATIENCE)) dom0ctl create "$BED/asking.xml"
    cat "$BED/answers"
    expect 'the scripts had answers' grep -q "^UUID: *$(guest_uuid other)" "$BED/answers"
    expect 'of each kind, also on the guest that is being created' [ "$(grep -c "^UUID: *$(guest_uuid asking)" "$BED/answers")" = "$(grep -c "^UUID: *$(guest_uuid other)" "$BED/answers")" ]
    expect 'none of them failed' eval '! grep -qx failed "$BED/answers"'
    : >"$BED/answers"
    expect 'the guest is destroyed whose scripts ask dom0d' timeout $((90 * PATIENCE)) dom0ctl destroy asking
    cat "$BED/answers"
    expect 'the scripts had answers at the end too' grep -q "^UUID: *$(guest_uuid other)" "$BED/answers"
    expect_eq 'nothing is left of the guest whose scripts ask dom0d' "$none" "$(things)"
}

ip link add $bridge type bridge
ip link set $bridge up
trap 'ip link delete $bridge; rm -rf "$BED"' EXIT
truncate -s 64M "$BED/disk.raw"
write_script block
write_script vif-bridge

expect 'another guest boots' boots pv other 128
none=$(things)
slow_scripts
script_asks
endless_script disk block "$(disk)"
endless_script interface vif-bridge "$(interface)"
expect 'the other guest counts on' counts other
dom0ctl destroy other
