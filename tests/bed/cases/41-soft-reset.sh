# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# An HVM guest whose kernel crashes and starts a crash kernel by kexec goes on as the same domain, with
# its memory.  (What libxl cannot reset, a PVH guest, is in tests/driver/test-soft-reset: this emulator
# does not boot such a guest with room for a crash kernel.)
# long
# timeout: 900

# perl_into TREE: it makes any system call, and every Debian has it.
perl_into() {
    local file
    for file in /usr/bin/perl $(ldd /usr/bin/perl | grep -o '/[^ ]*'); do
        mkdir -p "$1$(dirname "$file")"
        cp -L "$file" "$1$file"
    done
}

# The first kernel loads another one, writes a word into memory, and crashes.  The second one finds
# the word there and goes on as ever.
write_initrd() {
    local first=$BED/first second=$BED/second
    mkdir "$first" "$second"
    cat >"$second/after" <<'END'
#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
exec </dev/hvc0 >/dev/hvc0 2>&1
echo "after the crash: $(/bin/busybox strings -n 40 /proc/vmcore | /bin/busybox grep -m 1 -o 'word-[0-9a-f-]*')"
exec /init
END
    cat >"$first/crash" <<'END'
#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
exec </dev/hvc0 >/dev/hvc0 2>&1
read -r word </proc/sys/kernel/random/uuid
echo "word-$word" >/word
echo "before the crash: word-$word"
# kexec_file_load, for a crash
/usr/bin/perl -e 'open(K, "<", "/next/vmlinuz") && open(I, "<", "/next/initrd") or die "no kernel\n";
    $line = "console=hvc0 quiet panic=-1 pci=noearly mitigations=off init_on_alloc=0 rdinit=/after";
    syscall(320, fileno(K), fileno(I), length($line) + 1, $line, 2) == 0 or die "kexec: $!\n"' || exec sleep 1000
echo 'the crash kernel is loaded'
sleep 1
echo c >/proc/sysrq-trigger
END
    chmod 755 "$first/crash" "$second/after"
    perl_into "$first"
    mkdir "$first/next"
    cp $GUEST/vmlinuz "$first/next/"
    initrd_with "$second" "$first/next/initrd"
    initrd_with "$first" "$BED/initrd"
}

console_says() { wait_for 240 "tr -d '\r' <$(console_log "$1") | grep -qE -- '$2'"; }
word() { tr -d '\r' <"$(console_log crash)" | sed -n "s/^$1 the crash: //p"; }
device_model() { pgrep -f "xen-domid $(xen_domid crash)( |$)"; }
logged() { journalctl -u dom0d --no-pager -o cat | grep -qE -- "$1"; }

write_initrd
follow_events
INITRD=$BED/initrd expect 'an HVM guest with room for a crash kernel is created' \
    create hvm crash 640 crashkernel=256M rdinit=/crash
id=$(xen_domid crash)
model=$(device_model)
expect 'it loads a crash kernel' console_says crash '^the crash kernel is loaded'
expect 'its crash kernel runs' console_says crash '^count 1$'
expect 'it is the same domain' [ "$(xen_domid crash)" = "$id" ]
expect "dom0d says so too" [ "$(id_of crash)" = "$id" ]
expect 'it has found its first kernel in memory' [ -n "$(word before)" ]
expect_eq 'its memory is kept' "$(word before)" "$(word after)"
expect 'it has a device model' device_model
expect 'it is another one' [ "$(device_model)" != "$model" ]
expect 'its definition is kept with it' [ -n "$($VIRSH dumpxml crash | grep rdinit=/crash)" ]
expect_eq 'it runs' running "$($VIRSH domstate crash)"
expect 'the log says what happened' logged 'asks for a soft reset: soft-reset'
expect 'there are no jobs' no_jobs
expect 'it is saved' timeout 150 dom0ctl save crash "$BED/image"
expect 'it is restored' timeout 150 dom0ctl restore "$BED/image"
expect 'the restored one counts on' counts crash
expect 'it is destroyed' dom0ctl destroy crash
expect_eq 'nothing was told of its soft reset' \
    'Started Booted,Stopped Saved,Started Restored,Stopped Destroyed' "$(events_of crash)"
ignore_events
rm -rf "$BED"
