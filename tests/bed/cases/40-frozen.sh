# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Guests that do not answer: nobody but who asked them waits.  Who waited would wait for a minute:
# so long libxl gives a guest.  The bound is wide, and stays below that on a busy machine; tests/bench
# measures.
# timeout: 600

guests='frozen-1 frozen-2 frozen-3'
askers=()

soon() { takes_at_most $((PATIENCE > 3 ? 45000 / PATIENCE : 15000)) "$@"; }

for guest in $guests; do
    create pv "$guest" 128
done
expect 'another guest boots' boots pvh other 128
for guest in $guests; do
    has_booted "$guest"
    xl pause "$guest"
    $VIRSH shutdown "$guest" >"$BED/$guest.out" 2>&1 3>&- &
    askers+=($!)
done
sleep 1
expect_eq 'three guests are frozen' 3 "$(xl list | grep -c '^frozen-.*--p---')"

expect 'virsh list is answered meanwhile' soon $VIRSH list --all
expect 'dom0ctl list is answered meanwhile' soon dom0ctl list
expect 'virsh dominfo of another guest is answered meanwhile' soon $VIRSH dominfo other
expect 'virsh dominfo of a frozen guest is answered meanwhile' soon $VIRSH dominfo frozen-1
expect 'virsh dumpxml of a frozen guest is answered meanwhile' soon $VIRSH dumpxml frozen-2
expect 'virsh domstate of a frozen guest is answered meanwhile' soon $VIRSH domstate frozen-3
expect 'another guest is saved meanwhile' dom0ctl save other "$BED/other.image"
expect 'another guest is restored meanwhile' dom0ctl restore "$BED/other.image"
expect 'another guest counts on meanwhile' counts other
expect 'another guest is created meanwhile' create pvh newcomer 128
expect 'another guest is destroyed meanwhile' dom0ctl destroy newcomer

expect 'virsh destroys a frozen guest that was asked to shut down' soon $VIRSH destroy frozen-1
expect 'dom0ctl destroys another' soon dom0ctl destroy frozen-2
expect 'both are gone' eval 'has_gone frozen-1 && has_gone frozen-2'

# The third wakes up, and hears what it was asked.
xl unpause frozen-3
expect 'a frozen guest that wakes up does shut down' wait_for 40 'has_gone frozen-3'
expect 'everybody who asked has an answer' wait_for 15 '! kill -0 "${askers[@]}"'
tail -n 3 "$BED"/*.out
expect 'no job is left' no_jobs
dom0ctl destroy other
