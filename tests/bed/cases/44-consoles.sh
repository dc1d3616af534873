# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Consoles by unmodified virsh, by libvirt's library from Python, and by dom0ctl: both ways, by force,
# 10 MB unchanged, over reboot and restore, of HVM guests' serial ports, and who does not read.
# long
# timeout: 1800

SIZE=$((10 * 1024 * 1024))

# The guest says "ready" and does what it is told, a line each, on a console that changes no byte.
write_initrd() {
    local tree=$BED/tree
    mkdir "$tree"
    head -c 1048576 /dev/urandom >"$tree/data"
    cat >"$tree/told" <<'END'
#!/bin/sh
export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
exec </dev/hvc0 >/dev/hvc0 2>&1
stty raw -echo icrnl
echo ready
(n=0; while sleep 1; do n=$((n + 1)); [ -e /silent ] || echo "count $n"; done) &
while read -r line; do
    case $line in
    data) : >/silent; sleep 2; echo begin; for n in 0 1 2 3 4 5 6 7 8 9; do cat /data; done; rm /silent ;;
    flood) while :; do cat /data; done ;;
    *) echo "heard: $line" ;;
    esac
done
exec sleep 1000000
END
    chmod 755 "$tree/told"
    initrd_with "$tree" "$BED/initrd"
    for _ in 0 1 2 3 4 5 6 7 8 9; do cat "$tree/data"; done | sha256sum | cut -d' ' -f1 >"$BED/sum"
}

CONSOLE="$TOOLS/console $URI"

# typed KEYS GUEST [OPTION...]: virsh console, on a terminal, some seconds before and behind the keys
# and then ^].
typed() {
    local keys=$1
    shift
    { sleep 4; printf '%b' "$keys"; sleep 4; printf '\035'; sleep 1; } |
        timeout 60 script -qec "$VIRSH console $*" /dev/null | tr -d '\r'
}
says() { grep -q -e "$1" <<<"$2" || { echo "$2" | tail -n 5; return 1; }; }
file_says() { wait_for "$1" "tr -d '\r' <'$2' | grep -q -e '$3'"; }
daemon_pid() { systemctl show -p MainPID --value dom0d; }
threads() { awk '$1 == "Threads:" { print $2 }' "/proc/$(daemon_pid)/status"; }
descriptors() { find "/proc/$(daemon_pid)/fd" | wc -l; }
rss_kib() { sed -n 's/^VmRSS: *\([0-9]*\) kB/\1/p' "/proc/$(daemon_pid)/status"; }
# through_virsh SIZE: the SHA-256 of so many bytes behind "begin", as virsh console writes them to its
# terminal, which it has made raw.
through_virsh() {
    local out=$BED/through at
    mkfifo "$BED/keys"
    timeout 600 script -qefc "$VIRSH console con" /dev/null <"$BED/keys" >"$out" 2>&1 &
    exec 8>"$BED/keys"
    sleep 4
    printf 'data\r' >&8
    wait_for 60 "grep -aq '^begin' '$out'"
    at=$(grep -abo -m 1 'begin' "$out" | head -n 1 | cut -d: -f1)
    wait_for 500 "[ \$(stat -c %s '$out') -ge $((at + 6 + $1)) ]"
    printf '\035' >&8
    exec 8>&-
    wait $!
    tail -c +$((at + 7)) "$out" | head -c "$1" | sha256sum | cut -d' ' -f1
    rm -f "$BED/keys" "$out"
}

# p99_ms SECONDS: of a hundred and more answers to another client.
p99_ms() {
    python3 - "$URI" "$1" <<'END_OF_PYTHON'
import sys
import time

import libvirt

connection, times = libvirt.openReadOnly(sys.argv[1]), []
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    begin = time.monotonic()
    connection.lookupByName("con").info()
    times.append(time.monotonic() - begin)
    time.sleep(0.1)
print(round(sorted(times)[len(times) * 99 // 100] * 1000, 1))
END_OF_PYTHON
}
is_twice_at_most() { awk "BEGIN { exit !($1 <= 2 * $2 + 5) }"; }

is_open() { grep -q open "$1"; }

write_initrd
export INITRD=$BED/initrd
for type in pv pvh; do
    expect "a $type guest is created" create $type con 128 rdinit=/told
    expect "the $type guest's words before the first session are kept" \
        wait_for 60 'dom0ctl log con | grep -q ready'
    expect "virsh console shows them, and takes what is typed, to a $type guest" \
        says 'heard: hello' "$(typed 'hello\r' con)"
    expect "10 MB come from a $type guest unchanged" \
        [ "$(timeout 600 $CONSOLE con read data begin $SIZE)" = "$(cat "$BED/sum")" ]
    expect "10 MB come through virsh console from a $type guest unchanged" \
        [ "$(through_virsh $SIZE)" = "$(cat "$BED/sum")" ]
    [ $type = pvh ] || expect "the $type guest is destroyed" dom0ctl destroy con
    [ $type = pvh ] || expect "its last words are known" [ -n "$(dom0ctl log con)" ]
done

# A second one, and force.
$CONSOLE con follow "$BED/first" >"$BED/end" 2>&1 &
first=$!
expect 'a session follows the guest' file_says 60 "$BED/first" count
expect_fail 'a second session is refused' 'Active console session exists for this domain.*con' \
    $CONSOLE con hold 0
expect 'virsh console takes over by force' says 'heard: force' "$(typed 'force\r' con --force)"
wait $first
expect 'the first session was told' grep -q 'failed:.*another session has taken over' "$BED/end"

# The guest goes and comes.
$CONSOLE con follow "$BED/followed" >"$BED/end" 2>&1 &
follow=$!
expect 'a session follows the guest again' file_says 60 "$BED/followed" count
: >"$BED/followed"
id=$(xen_domid con)
expect 'the guest is asked to reboot' timeout 60 $VIRSH reboot con
expect 'the guest comes back' wait_for 60 "[ \"\$(xen_domid con)\" -gt $id ]"
expect 'the session goes on over the reboot' file_says 90 "$BED/followed" ready
: >"$BED/followed"
expect 'the guest is saved under the session' timeout 150 dom0ctl save con "$BED/image"
expect 'the guest is restored' timeout 150 dom0ctl restore "$BED/image"
: >"$BED/followed"
expect 'the session goes on over save and restore' file_says 60 "$BED/followed" 'count [0-9]'
expect 'it is destroyed' dom0ctl destroy con
wait $follow
expect_eq 'the session ends with the guest' ended "$(cat "$BED/end")"

# Who comes and goes, and who does not read.
expect 'a guest is created again' create pvh con 128 rdinit=/told
expect 'it is ready' wait_for 60 'dom0ctl log con | grep -q ready'
before=$(descriptors) before_threads=$(threads)
expect 'a hundred sessions are opened and left' timeout 300 $CONSOLE con left 100
expect 'they leave no descriptor' wait_for 10 "[ \$(descriptors) -le $before ]"
expect 'they leave no thread' wait_for 10 "[ \$(threads) -le $before_threads ]"
p99=$(p99_ms 20)
rss=$(rss_kib)
{ sleep 2; printf 'flood\n'; sleep 2; } | timeout 20 dom0ctl console con >/dev/null 2>&1
$CONSOLE con hold 70 >"$BED/held" 2>&1 &
hold=$!
wait_for 30 "is_open $BED/held"
p99_beside=$(p99_ms 60)
echo "figures: the p99 of a client's calls is $p99 ms, and $p99_beside ms beside a flood that nobody reads"
# 5 ms are the scatter of an emulated machine, with a guest that takes one of its processors.
expect 'others are answered within twice the time' is_twice_at_most "$p99_beside" "$p99"
expect 'dom0ctl list beside a flood is quick' takes_at_most 500 dom0ctl list
grown=$(($(rss_kib) - rss))
echo "figures: a flooding guest whose client does not read for a minute costs $grown KiB"
expect 'a client that does not read costs bounded memory' [ $grown -lt 4096 ]
wait $hold
expect 'the flooding guest is destroyed' dom0ctl destroy con
unset INITRD

# Serial ports.
DEVICES="<serial type='pty'/>" expect 'an HVM guest with a serial port is created' \
    create hvm ser 192 console=ttyS0 loglevel=7
expect 'what its serial port says is kept' \
    wait_for 180 'dom0ctl log --device serial0 ser | grep -q "Linux version"'
tty=$(xenstore-read "/local/domain/$(xen_domid ser)/serial/0/tty")
expect_eq 'virsh ttyconsole is its serial port' "$tty" "$($VIRSH ttyconsole ser)"
expect 'virsh console opens it by its alias' says 'Linux version' "$(typed '' ser --devname serial0)"
expect_fail 'a serial port that it has not is refused by name' "cannot find character device 'serial1'" \
    script -qec "$VIRSH console ser --devname serial1" /dev/null
expect 'the HVM guest is destroyed' dom0ctl destroy ser

# Guests of xl are xl's.
xl_create pvh theirs 128
expect 'a guest of xl boots' has_booted theirs
expect_fail 'nothing of a guest of xl is kept' 'dom0d did not start it' dom0ctl log theirs
expect 'virsh console shows what it says' says 'count [0-9]' "$(typed '' theirs)"
expect 'afterwards xl console has all of it' \
    says 'count [0-9]' "$(timeout 10 script -qec 'xl console theirs' /dev/null </dev/null | tr -d '\r')"
xl destroy theirs
rm -rf "$BED"
