# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Domains that last, by unmodified virsh: defined, listed with every filter, started, edited, renamed,
# undefined; what a restart of the daemon and a configuration manager do to them.
# long
# timeout: 600

ETC=/etc/dom0d
guest_xml pv keeper 128 >"$BED/keeper.xml"
guest_xml pvh other 128 >"$BED/other.xml"

names() { $VIRSH list --name "$@" | sed '/^$/d' | sort | paste -sd ' '; }
told() { wait_for 10 "[ \"\$(events_of $1)\" = '$2' ]" || { events_of "$1" && return 1; }; }
title_of() { $VIRSH dumpxml "$@" | sed -n 's,.*<title>\(.*\)</title>.*,\1,p'; }

follow_events
expect 'virsh defines a guest' $VIRSH define "$BED/keeper.xml"
expect 'virsh defines another one, validated' $VIRSH define --validate "$BED/other.xml"
expect_eq 'its file is its owner'"'"'s only' 600 "$(stat -c %a $ETC/domains/keeper.xml)"
expect_eq 'list --all has both' 'Domain-0 keeper other' "$(names --all)"
expect_eq 'list --inactive has them alone' 'keeper other' "$(names --inactive)"
expect_eq 'list --all --persistent has them alone' 'keeper other' "$(names --all --persistent)"
expect_eq 'list --all --transient does not have them' Domain-0 "$(names --all --transient)"
expect_eq 'list --all --state-shutoff has them alone' 'keeper other' "$(names --all --state-shutoff)"
expect_eq 'list --all --with-managed-save has none' '' "$(names --all --with-managed-save)"
expect_eq 'virsh says what state it is in' 'shut off (unknown)' "$($VIRSH domstate --reason keeper)"
expect 'dominfo says that it lasts' grep -qx 'Persistent: *yes' <($VIRSH dominfo keeper)
expect_fail 'a name that another guest has is refused' 'already exists' \
    $VIRSH define <(sed "s/$(guest_uuid keeper)/$(guest_uuid nobody)/" "$BED/keeper.xml")
expect_fail 'a UUID that another guest has is refused' 'already defined' \
    $VIRSH define <(sed 's/>keeper</>nobody</' "$BED/keeper.xml")

expect 'virsh has it started with the host' $VIRSH autostart keeper
expect 'its link is there' [ -L $ETC/autostart/keeper.xml ]
expect_eq 'list --all --autostart has it alone' keeper "$(names --all --autostart)"
expect_eq 'list --all --no-autostart has the others' 'Domain-0 other' "$(names --all --no-autostart)"

console_reads keeper
expect 'virsh starts it' $VIRSH start keeper
expect 'it boots' has_booted keeper
expect_fail 'one that runs is not started' 'already active' $VIRSH start keeper
expect_eq 'list has it' 'Domain-0 keeper' "$(names)"
expect_eq 'list --persistent has it alone' keeper "$(names --persistent)"
# virsh gives the editor to a shell.
cat >"$BED/editor" <<'END'
#!/bin/sh
exec sed -i 's,</name>,</name><title>edited</title>,' "$1"
END
chmod +x "$BED/editor"
expect 'virsh edits what is stored of it' env EDITOR="$BED/editor" $VIRSH edit keeper
expect_eq 'what runs is as it was' '' "$(title_of keeper)"
expect_eq 'what is stored has changed' edited "$(title_of --inactive keeper)"
expect 'each change is told' told keeper 'Defined Added,Started Booted,Defined Updated'
ignore_events
expect 'the daemon is restarted' systemctl restart dom0d
follow_events
expect 'it goes on' counts keeper
expect_eq 'it is known to last' keeper "$(names --persistent)"
expect 'virsh makes a title of what runs' $VIRSH desc --live --title keeper --new-desc 'it runs'
expect_eq 'that is what is told' 'it runs' "$(title_of keeper)"
expect_fail 'one that runs is not renamed' 'active' $VIRSH domrename keeper new
id=$(xen_domid keeper)
expect 'it is asked to reboot' $VIRSH reboot keeper
expect 'it comes back' wait_for 90 "[ \"\$(xen_domid keeper)\" -gt $id ]"
expect_eq 'as it was' 'it runs' "$(title_of keeper)"
expect 'virsh destroys it' $VIRSH destroy keeper
expect_eq 'virsh says why it is off' 'shut off (destroyed)' "$($VIRSH domstate --reason keeper)"
expect_eq 'what is stored is told from here on' edited "$(title_of keeper)"

expect 'virsh renames it' $VIRSH domrename keeper new
expect_eq 'the new name is listed alone' 'Domain-0 new other' "$(names --all)"
expect 'its link has followed' [ -L $ETC/autostart/new.xml ]
expect 'the old file has gone' [ ! -e $ETC/domains/keeper.xml ]
expect 'virsh starts it paused' $VIRSH start --paused new
expect_eq 'it is paused' paused "$($VIRSH domstate new)"
expect 'virsh undefines it while it runs' $VIRSH undefine new
expect_eq 'it runs on' 'Domain-0 new' "$(names --transient)"
expect 'virsh makes it last again' $VIRSH define <($VIRSH dumpxml --inactive new)
expect_eq 'it lasts' new "$(names --persistent)"
expect 'virsh undefines it' $VIRSH undefine --managed-save new
expect 'virsh destroys it' $VIRSH destroy new
expect 'it has gone' has_gone new
expect 'its end and its rename are told' told keeper \
    'Stopped Shutdown,Started Booted,Stopped Destroyed,Undefined Renamed'
expect 'and under its new name' told new \
    'Defined Renamed,Started Booted,Suspended Paused,Undefined Removed,Defined Added,Undefined Removed,Stopped Destroyed'

guest_xml pvh managed 128 >$ETC/domains/managed.xml
echo '<domain type="xen">' >$ETC/domains/broken.xml
expect 'dom0d is reloaded' systemctl reload dom0d
expect 'a file that somebody put there is known' wait_for 10 'is_listed managed'
expect 'a file that is damaged is named with its line' \
    wait_for 10 'journalctl -u dom0d --since -1min | grep -q "broken.xml: line"'
rm -f $ETC/domains/managed.xml
expect 'dom0d is reloaded again' systemctl reload dom0d
expect 'a file that somebody removed is known no more' wait_for 10 'is_not_listed managed'
expect 'the damaged file was left' [ -e $ETC/domains/broken.xml ]
rm -f $ETC/domains/broken.xml
expect 'dom0ctl undefines the other one' dom0ctl undefine other
expect_eq 'no file is left' '' "$(find $ETC/domains $ETC/autostart -name '*.xml')"
expect 'no job is left' no_jobs
ignore_events
