# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Guests that last, by the tools that people have: libvirt's library from Python, virt-install, virt-xml,
# and Pacemaker's resource agent VirtualDomain, all as Debian packs them.
# long
# timeout: 900

export LIBVIRT_DEFAULT_URI=$URI # what virt-install starts, and a line of the agent, go by it

says() { grep -q -e "$1" <<<"$2" || { echo "$2" | tail -n 5; return 1; }; }

#----- libvirt's library -----

guest_xml pv lib 128 >"$BED/lib.xml"
cat >"$BED/last.py" <<'END_OF_PYTHON'
import sys
import time

import libvirt

libvirt.registerErrorHandler(lambda *_: None, None)
connection = libvirt.open(sys.argv[1])


def claim(what, holds):
    print(f"{'ok' if holds else 'not ok'} python3-libvirt: {what}{'' if holds else ': it does not'}")


def names(flags):
    return {domain.name() for domain in connection.listAllDomains(flags)}


def listed(**filters):
    """By each filter, whether the guest is there; none of the others matters."""
    for name, wanted in filters.items():
        flag = getattr(libvirt, f"VIR_CONNECT_LIST_DOMAINS_{name.upper()}")
        claim(f"the list of {name} ones {'has' if wanted else 'does not have'} a guest that {state}",
              ("lib" in names(flag)) == wanted)


def boots(seconds):
    """Whether the guest comes to its first numbers: before that, a PV guest cannot be saved."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with open(sys.argv[3], errors="replace") as console:
            if "count " in console.read():
                return True
        time.sleep(0.5)
    return False


with open(sys.argv[2]) as file:
    domain = connection.defineXML(file.read())
state = "is defined"
listed(active=False, inactive=True, persistent=True, transient=False, running=False, paused=False,
       shutoff=True, other=False, managedsave=False, no_managedsave=True, autostart=False,
       no_autostart=True, has_snapshot=False, no_snapshot=True)
claim("it is persistent, and not active", domain.isPersistent() and not domain.isActive())
claim("listDefinedDomains has it", "lib" in connection.listDefinedDomains())
domain.setAutostart(1)
claim("its autostart is set", domain.autostart() == 1)
domain.create()
state = "runs and is autostarted"
listed(active=True, inactive=False, persistent=True, transient=False, running=True, paused=False,
       shutoff=False, managedsave=False, no_managedsave=True, autostart=True, no_autostart=False)
claim("it boots", boots(120))
domain.suspend()
state = "is paused"
listed(active=True, running=False, paused=True, shutoff=False)
domain.resume()
domain.managedSave()
state = "is in its managed save"
listed(active=False, inactive=True, persistent=True, shutoff=True, managedsave=True, no_managedsave=False)
claim("it has a managed save", domain.hasManagedSaveImage() == 1)
claim("the managed save tells its XML", "<name>lib</name>" in domain.managedSaveGetXMLDesc())
try:
    domain.undefine()
    claim("it is not undefined while it has a managed save", False)
except libvirt.libvirtError as error:
    claim("it is not undefined while it has a managed save",
          error.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID)
domain.create()
claim("it was restored", domain.state()[:2] == [libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_RESTORED])
claim("the managed save has gone", domain.hasManagedSaveImage() == 0)
domain.undefine()
state = "was undefined while it runs"
listed(active=True, persistent=False, transient=True, autostart=False, no_autostart=True)
domain.destroy()
claim("nothing is left of it", "lib" not in names(0))
END_OF_PYTHON
console_reads lib
timeout 300 python3 "$BED/last.py" "$URI" "$BED/lib.xml" "$(console_log lib)" 2>"$BED/last.err" ||
    not_ok "python3-libvirt comes to the end of a guest's life" "$(tail -n 1 "$BED/last.err")"

#----- virt-install and virt-xml -----

console_reads inst
said=$({ sleep 40; printf '\035'; sleep 2; } | timeout 150 script -qec \
    "virt-install --connect '$URI' --name inst --memory 128 --vcpus 1 --paravirt --import --disk none --network none --graphics none --osinfo require=off --boot 'kernel=$GUEST/vmlinux,initrd=$GUEST/initrd,kernel_args=\"$GUEST_CMDLINE\"'" \
    /dev/null 2>&1 | tr -d '\r')
echo "$said" | tail -n 20
expect 'virt-install --import makes a PV guest' is_listed inst
expect 'it ends in the console of the guest' says 'Connected to domain .inst' "$said"
expect 'which says what the guest says' says '^count [0-9]' "$said"
expect 'the guest counts' counts inst
expect_eq 'it lasts' inst "$($VIRSH list --persistent --name | sed '/^$/d')"
expect 'virt-xml --edit changes what is stored' timeout 60 virt-xml --connect "$URI" inst --edit --vcpus 2
expect 'which has changed' says '<vcpu[^>]*>2</vcpu>' "$($VIRSH dumpxml --inactive inst)"
expect 'and nothing of what runs' says '<vcpu[^>]*>1</vcpu>' "$($VIRSH dumpxml inst)"
expect 'it is destroyed' $VIRSH destroy inst
expect 'it is undefined' $VIRSH undefine inst

#----- the resource agent -----

OCF_NOT_RUNNING=7

# agent ACTION: its status.
agent() {
    OCF_ROOT=/usr/lib/ocf OCF_RESOURCE_INSTANCE=clustered OCF_RESOURCE_TYPE=VirtualDomain \
        OCF_RESOURCE_PROVIDER=heartbeat HA_RSCTMP=/run/resource-agents HA_LOGFACILITY=none \
        OCF_RESKEY_hypervisor=$URI OCF_RESKEY_config=$BED/clustered.xml OCF_RESKEY_crm_feature_set=3.16 \
        OCF_RESKEY_CRM_meta_timeout=90000 OCF_RESKEY_CRM_meta_interval=10000 \
        OCF_RESKEY_autoset_utilization_cpu=false OCF_RESKEY_autoset_utilization_hv_memory=false \
        timeout 120 /usr/lib/ocf/resource.d/heartbeat/VirtualDomain "$1"
}
agent_says() {
    local status=0
    agent "$2" || status=$?
    echo "$2: $status"
    [ $status = "$1" ]
}

mkdir -p /run/resource-agents
guest_xml pv clustered 128 >"$BED/clustered.xml"
console_reads clustered
expect 'the agent finds its configuration good' agent_says 0 validate-all
expect 'its monitor says that the guest is stopped' agent_says $OCF_NOT_RUNNING monitor
expect 'it starts the guest' agent_says 0 start
expect 'its monitor says that it runs' agent_says 0 monitor
expect 'the guest boots' has_booted clustered
expect 'a second start succeeds' agent_says 0 start

# The cluster would start it elsewhere, and two guests would write to one disk.
: >"$BED/monitors"
(while [ ! -e "$BED/enough" ]; do
    agent monitor >/dev/null 2>&1
    echo $? >>"$BED/monitors"
done) &
monitors=$!
count_monitors() { wc -l <"$BED/monitors"; }
for act in restart restart restart kill; do
    before=$(count_monitors)
    if [ $act = restart ]; then
        systemctl restart dom0d.service
    else
        systemctl kill -s KILL --kill-who=main dom0d.service
    fi
    sleep 3
    expect "there are monitors beside and after a $act" wait_for 90 "[ \$(count_monitors) -ge $((before + 2)) ]"
done
touch "$BED/enough"
wait $monitors
echo "figures: $(count_monitors) monitors while the daemon was restarted and killed, by status: $(sort "$BED/monitors" | uniq -c | awk '{ print $2 " " $1 " times" }' | paste -sd ,)"
expect 'none of them said that the guest is stopped' eval "! grep -qx $OCF_NOT_RUNNING '$BED/monitors'"
expect 'the last one says that it runs' agent_says 0 monitor
expect 'the guest counts on' counts clustered
expect 'the agent stops the guest' agent_says 0 stop
expect 'it has stopped' wait_for 30 '! xen_domid clustered'
expect 'the monitor says so' agent_says $OCF_NOT_RUNNING monitor
expect 'a second stop succeeds' agent_says 0 stop
! is_listed clustered || $VIRSH undefine clustered
expect 'no job is left' no_jobs
