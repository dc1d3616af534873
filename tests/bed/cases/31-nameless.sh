# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Domains without a name in xenstore: one that was half built when its maker died, one that lost it,
# and dom0 itself.
# timeout: 420

# half_built NAME: xl is killed while it unpacks the kernel.  Prints the id of what is there then.
half_built() {
    local xl id before
    before=$(xl list | awk 'NR > 1 { print $2 }' | sort -n | tail -n 1)
    guest_cfg pv "$1" 128 | sed 's|^kernel = .*|kernel = "/srv/guest/vmlinuz"|' >"$BED/$1.cfg"
    xl create "$BED/$1.cfg" >"$BED/$1.out" 2>&1 3>&- &
    xl=$!
    wait_for 30 "[ \"\$(xl list | awk 'NR > 1 { print \$2 }' | sort -n | tail -n 1)\" -gt $before ]"
    sleep 0.5
    kill -9 $xl
    wait $xl 2>/dev/null
    id=$(xl list | awk 'NR > 1 { print $2 }' | sort -n | tail -n 1)
    [ "$id" -gt "$before" ] && echo "$id"
}

forget_name() { xenstore-rm "/local/domain/$1/name"; }
# A question mark where there is no answer.
listed_name() { { dom0ctl list --all || echo "? $1"; } | awk -v id="$1" '$2 == id { print $1 }'; }
virsh_name() { { $VIRSH list --all || echo "$1 ?"; } | awk -v id="$1" '$1 == id { print $2 }'; }
in_xen() { xl list | awk 'NR > 1 { print $2 }' | grep -qx "$1"; }
traces() { ls -d /run/dom0d/domains/"$1".domain /var/lib/xen/userdata-*."$1".* 2>/dev/null; xenstore-ls "/local/domain/$1" 2>/dev/null; }

# restart: a daemon that finds the domains as they are now.
restart() {
    systemctl restart dom0d.service
    wait_for 30 'timeout 20 dom0ctl list'
}

# WHAT is in Xen with the id, and has no name.
has_no_name() {
    local what=$1 id=$2 name
    expect_eq "xl has no name for $what" '' "$(xl domname "$id" 2>/dev/null | grep -v null)"
    name=$(listed_name "$id")
    echo "$what is $name"
    expect "dom0ctl lists $what" [ -n "$name" ]
    expect_eq "virsh lists $what under the same name" "$name" "$(virsh_name "$id")"
    expect_eq "dom0ctl info finds $what by that name" "$id" "$(id_of "$name")"
    expect "virsh dominfo finds $what by its id" $VIRSH dominfo "$id"
    expect "virsh domstate of $what is answered" $VIRSH domstate --reason "$id"
    expect "virsh dumpxml of $what is XML of that name, or an error" eval \
        "$VIRSH dumpxml $id >'$BED/xml' 2>&1 && grep -q '<name>$name</name>' '$BED/xml' || grep -q '^error: .' '$BED/xml'"
    head -n 3 "$BED/xml"
    expect "other queries are answered beside $what" dom0ctl info other
}

is_destroyed() {
    local what=$1 id=$2
    expect "$what is destroyed" timeout 60 $VIRSH destroy "$id"
    expect "$what is gone from Xen" wait_for 10 "! in_xen $id"
    expect "$what is gone from the list" wait_for 10 "[ -z \"\$(listed_name $id)\" ]"
    expect_eq "nothing is left of $what" '' "$(traces "$id")"
}

nameless() {
    local id
    expect 'a guest of xl boots' eval 'xl_create pv forgetful 128 && has_booted forgetful'
    id=$(xen_domid forgetful)
    forget_name "$id"
    has_no_name 'a guest that has just lost its name' "$id"
    restart
    has_no_name 'a guest without a name' "$id"
    expect 'a guest without a name counts on' counts forgetful
    expect "a guest without a name is paused by its id" $VIRSH suspend "$id"
    expect "and goes on" $VIRSH resume "$id"
    xenstore-write "/local/domain/$id/name" found
    expect 'a guest that gets a name has it at once' wait_for 5 "[ \"\$(listed_name $id)\" = found ]"
    forget_name "$id"
    restart
    is_destroyed 'a guest without a name' "$id"
}

# Xen tells nobody of a domain that was never introduced; with the next one everybody looks.
another_comes_and_goes() {
    create pv passer 128 && dom0ctl destroy passer
}

half() {
    local id
    id=$(half_built stump)
    expect 'a domain is left half built' [ -n "$id" ]
    another_comes_and_goes
    expect_eq "dom0ctl lists a domain that is half built, with its name" stump "$(listed_name "$id")"
    forget_name "$id"
    restart
    has_no_name 'a half-built domain' "$id"
    is_destroyed 'a half-built domain' "$id"
    expect 'another is left' [ -n "$(half_built stump)" ]
    another_comes_and_goes
    expect 'dom0ctl destroys a half-built domain by its name' timeout 60 dom0ctl destroy stump
    expect 'it is gone' has_gone stump
}

dom0() {
    forget_name 0
    trap 'xenstore-write /local/domain/0/name Domain-0; rm -rf "$BED"' EXIT
    expect_eq 'dom0 that lost its name is Domain-0' Domain-0 "$(listed_name 0)"
    restart
    expect_eq 'dom0 without a name is Domain-0' Domain-0 "$(listed_name 0)"
    expect_eq 'to virsh too' Domain-0 "$(virsh_name 0)"
    expect_eq 'and is found by it' 0 "$(id_of Domain-0)"
    expect 'and in its XML' grep -q '<name>Domain-0</name>' <<<"$($VIRSH dumpxml Domain-0)"
    xenstore-write /local/domain/0/name Domain-0
    restart
}

expect 'another guest boots' boots pv other 128
nameless
half
dom0
expect 'the other guest counts on' counts other
dom0ctl destroy other
