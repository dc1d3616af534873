# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The machine that dom0 runs on.  A snapshot fits only the machine it was taken on, so this
# file's text is part of the snapshot's name.

# What becomes of what dom0 flushes.  unsafe is quick, and loses the disk with QEMU, which writes down
# its own tables of the disk when it ends; a power cut needs writeback, which keeps what was flushed.
disk_cache=${DOM0D_BED_DISK_CACHE:-unsafe}

# What the machine has, in MiB; dom0 takes 1536 of it.
bed_memory=${DOM0D_BED_MEMORY:-8192}

xen_words='console=com1 com1=115200,8n1 dom0_mem=1536M,max:1536M dom0_max_vcpus=2 bootscrub=0 loglvl=warning guest_loglvl=warning'
kernel_words='root=LABEL=dom0 rootflags=noinit_itable rw quiet fsck.mode=skip'

# kernel_arguments xen|none IMAGE: Xen with dom0's kernel as its module, or that kernel alone.
kernel_arguments() {
    case $1 in
    xen) kernel=(-kernel "$2/xen" -append "$xen_words" -initrd "$2/vmlinuz $kernel_words console=hvc0,$2/initrd") ;;
    none) kernel=(-kernel "$2/vmlinuz" -append "$kernel_words console=ttyS0" -initrd "$2/initrd") ;;
    esac
}

# start_qemu xen|none IMAGE STATE LIFE [ARGUMENT...]: in the background, from the disk
# STATE/disk.qcow2, for LIFE seconds at most.
#
# The CPU: a PV dom0 dies with the emulator's SMAP and SMEP; RDTSCP and PKU upset Xen; with XSAVE,
# and so AVX, programs in dom0 crash now and then.  max has SVM, for PVH and HVM guests.
# The emulator's TSC is invariant, but one has to insist that it says so; where it does not, Xen
# takes each RDTSC of a guest to itself, and PVH guests take half as long again.
# Xen does not scrub memory: it would have every page of the machine allocated here.
start_qemu() {
    local image=$2 state=$3 life=$4 kernel
    kernel_arguments "$1" "$image"
    shift 4
    rm -f "$state/qemu.pid" "$state"/{agent,monitor}.{in,out}
    mkfifo "$state"/{agent,monitor}.{in,out}
    # Descriptors that are locks of ours must not live on in QEMU.
    setsid timeout -k 10 "$life" qemu-system-x86_64 \
        -name dom0d-bed -nodefaults -no-user-config -no-reboot -display none -net none \
        -pidfile "$state/qemu.pid" \
        -accel tcg,thread=multi -cpu max,x-force-features=on,+invtsc,-smap,-smep,-rdtscp,-pku,-xsave -smp 2 -m "$bed_memory" \
        "${kernel[@]}" \
        -drive "file=$state/disk.qcow2,format=qcow2,if=virtio,cache=$disk_cache" \
        -virtfs "local,path=$state/share,mount_tag=share,security_model=none,id=share" \
        -serial "file:$state/console.log" \
        -device virtio-serial-pci \
        -chardev "pipe,id=agent,path=$state/agent" -device virtserialport,chardev=agent,name=dom0d.agent \
        -chardev "pipe,id=monitor,path=$state/monitor" -mon chardev=monitor,mode=readline \
        "$@" </dev/null >"$state/qemu.log" 2>&1 7>&- 8>&- 9>&- &
}
