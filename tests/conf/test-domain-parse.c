/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "conf/libxl.h"
#include "data.h"

/*----- helpers -----*/

/* What fails fills err and returns NULL. */
static struct domain_def *
parse(const char *xml, struct err *err)
{
    struct domain_def *def = NULL;

    if (domain_def_parse(xml, strlen(xml), &def, err))
        ck_assert_ptr_null(def);
    return def;
}

static struct domain_def *
parse_good(const char *xml)
{
    struct err         err = {0};
    struct domain_def *def = parse(xml, &err);

    ck_assert_msg(def != NULL, "%s", err.message);
    ck_assert_int_eq(err.code, ERR_NONE);
    return def;
}

/* Both stand behind line 5 of a domain that is else complete. */
static char *
domain_with(const char *elements, const char *devices)
{
    return xasprintf("<domain type='xen'>\n"
                     "<name>a</name>\n"
                     "<memory>65536</memory>\n"
                     "<os><type>hvm</type></os>\n"
                     "%s<devices>%s</devices>\n"
                     "</domain>\n",
                     elements, devices);
}

static struct domain_def *
parse_with(const char *elements, const char *devices)
{
    cleanup_free char *xml = domain_with(elements, devices);

    return parse_good(xml);
}

/*----- what is left out -----*/

START_TEST(what_is_left_out_is_as_libvirt_has_it)
{
    struct domain_def  *def = parse_with("", "");
    libxl_domain_config config;

    data_config(def, &config);
    ck_assert_str_eq(def->name, "a");
    ck_assert(!uuid_is_zero(def->uuid));
    ck_assert_uint_eq(def->max_memory_kib, 65536);
    ck_assert_uint_eq(def->memory_kib, 65536);
    ck_assert_uint_eq(def->max_vcpus, 1);
    ck_assert_uint_eq(def->vcpus, 1);
    ck_assert_int_eq(def->on_poweroff, DOMAIN_ACTION_DESTROY);
    ck_assert_int_eq(def->on_reboot, DOMAIN_ACTION_RESTART);
    ck_assert_int_eq(def->on_crash, DOMAIN_ACTION_DESTROY);
    ck_assert(!libxl_defbool_val(config.b_info.acpi) && !libxl_defbool_val(config.b_info.apic));
    ck_assert(libxl_defbool_is_default(config.c_info.hap));
    ck_assert(libxl_defbool_is_default(config.b_info.localtime));
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
}
END_TEST

START_TEST(a_generated_uuid_is_in_the_document)
{
    struct domain_def *def = parse_with("", ""), *again;
    cleanup_free char *xml = domain_def_format(def, NULL, 0);

    again = parse_good(xml);
    ck_assert(uuid_equal(def->uuid, again->uuid));
    domain_def_free(def);
    domain_def_free(again);
}
END_TEST

START_TEST(a_generated_mac_address_is_xens_and_in_the_document)
{
    static const uint8_t oui[] = {0x00, 0x16, 0x3e};
    struct domain_def   *def =
        parse_with("", "<interface type='bridge'><source bridge='b'/></interface>");
    cleanup_free char  *xml = domain_def_format(def, NULL, 0);
    struct domain_def  *again = parse_good(xml);
    libxl_domain_config a, b;

    data_config(def, &a);
    data_config(again, &b);
    ck_assert_mem_eq(a.nics[0].mac, oui, sizeof oui);
    ck_assert_mem_eq(a.nics[0].mac, b.nics[0].mac, 6);
    libxl_domain_config_dispose(&a);
    libxl_domain_config_dispose(&b);
    domain_def_free(def);
    domain_def_free(again);
}
END_TEST

/*----- memory -----*/

static const struct {
    const char *memory;
    uint64_t    kib;
} sizes[] = {
    {"<memory>2048</memory>", 2048},
    {"<memory unit='b'>1</memory>", 1},
    {"<memory unit='bytes'>1025</memory>", 2},
    {"<memory unit='k'>3</memory>", 3},
    {"<memory unit='K'>3</memory>", 3},
    {"<memory unit='KiB'>\n 3 \n</memory>", 3},
    {"<memory unit='KB'>1024</memory>", 1000},
    {"<memory unit='M'>3</memory>", 3072},
    {"<memory unit='MiB'>3</memory>", 3072},
    {"<memory unit='MB'>3</memory>", 2930},
    {"<memory unit='G'>3</memory>", 3145728},
    {"<memory unit='GiB'>3</memory>", 3145728},
    {"<memory unit='GB'>3</memory>", 2929688},
    {"<memory unit='T'>2</memory>", 2147483648},
    {"<memory unit='TiB'>2</memory>", 2147483648},
    {"<memory unit='PiB'>1</memory>", 1099511627776},
    {"<memory>8192</memory><currentMemory>8193</currentMemory>", 8192},
};

START_TEST(memory_is_read_in_every_unit_and_kept_in_kib)
{
    cleanup_free char *xml = xasprintf("<domain type='xen'><name>a</name>%s"
                                       "<os><type>xen</type></os></domain>",
                                       sizes[_i].memory);
    cleanup_free char *expected =
        xasprintf("<memory unit='KiB'>%llu</memory>\n  <currentMemory unit='KiB'>%llu<",
                  (unsigned long long)sizes[_i].kib, (unsigned long long)sizes[_i].kib);
    struct domain_def *def = parse_good(xml);
    cleanup_free char *out = domain_def_format(def, NULL, 0);

    ck_assert_uint_eq(def->max_memory_kib, sizes[_i].kib);
    ck_assert_uint_eq(def->memory_kib, sizes[_i].kib);
    ck_assert_msg(strstr(out, expected) != NULL, "%s", out);
    domain_def_free(def);
}
END_TEST

/*----- errors -----*/

static const struct {
    const char   *xml;
    enum err_code code;
    const char   *message;
} bad_documents[] = {
    {"", ERR_XML, "line 1: Document is empty"},
    {"hello", ERR_XML, "line 1: Start tag expected, '<' not found"},
    {"<domain type='xen'>\n<name>a</nam>\n</domain>", ERR_XML,
     "line 2: Opening and ending tag mismatch: name line 2 and nam"},
    {"<domain type='xen'>\n<name>a</name>", ERR_XML,
     "line 2: Premature end of data in tag domain line 1"},
    {"<!DOCTYPE domain [<!ENTITY x 'y'>]>\n<domain type='xen'/>", ERR_XML,
     "line 1: a document type is not accepted"},
    {"\n<!DOCTYPE domain SYSTEM 'file:///etc/passwd'>\n<domain type='xen'/>", ERR_XML,
     "line 2: a document type is not accepted"},
    {"<domain type='xen'>\n<name>&x;</name></domain>", ERR_XML, "line 2: Entity 'x' not defined"},
    {"<domain type='xen'>\n<name>\xff</name></domain>", ERR_XML,
     "line 2: Input is not proper UTF-8, indicate encoding !"},
    {"<?xml version='1.0' encoding='ISO-8859-1'?>\n<domain type='xen'><name>\xfc</name></domain>",
     ERR_XML, "line 2: Input is not proper UTF-8, indicate encoding !"},
    {"<network/>", ERR_XML, "line 1: <network>: <domain> is expected here"},
    {"<x:domain xmlns:x='urn:x' type='xen'/>", ERR_XML,
     "line 1: <domain>: <domain> is expected here"},
    {"<domain/>", ERR_CONFIG_UNSUPPORTED, "line 1: <domain>: type must be 'xen'"},
    {"\n<domain type='kvm'/>", ERR_CONFIG_UNSUPPORTED, "line 2: <domain>: type must be 'xen'"},
    {"<domain type='xen'/>", ERR_XML, "line 1: <domain>: <name> is missing"},
    {"<domain type='xen'><name>a</name></domain>", ERR_XML,
     "line 1: <domain>: <memory> is missing"},
    {"<domain type='xen'><name>a</name><memory>1</memory></domain>", ERR_XML,
     "line 1: <domain>: <os> is missing"},
    {"<domain type='xen'><name>a</name><memory>1</memory>\n<os/></domain>", ERR_XML,
     "line 2: <os>: <type> is missing"},
    {"<domain type='xen'>\n<name/></domain>", ERR_XML,
     "line 2: <name>: a name is 1 to 255 bytes, not '.' or '..', without '/' and control "
     "characters"},
    {"<domain type='xen'><name>a</name><uuid>1234</uuid></domain>", ERR_XML,
     "line 1: <uuid>: '1234' is not a UUID"},
    {"<domain type='xen'><name>a</name>\n\n<memory>12x</memory></domain>", ERR_XML,
     "line 3: <memory>: '12x' is not a number"},
    {"<domain type='xen'><name>a</name><memory>-1</memory></domain>", ERR_XML,
     "line 1: <memory>: '-1' is not a number"},
    {"<domain type='xen'><name>a</name><memory/></domain>", ERR_XML,
     "line 1: <memory>: '' is not a number"},
    {"<domain type='xen'><name>a</name><memory>0</memory></domain>", ERR_XML,
     "line 1: <memory>: a domain needs memory"},
    {"<domain type='xen'><name>a</name><memory unit='PiB'>2</memory></domain>", ERR_XML,
     "line 1: <memory>: 2 is more than 1"},
    {"<domain type='xen'><name>a</name><memory>99999999999999999999999</memory></domain>", ERR_XML,
     "line 1: <memory>: 99999999999999999999999 is more than 1099511627776"},
    {"<domain type='xen'><name>a</name><memory unit='KiX'>2</memory></domain>", ERR_XML,
     "line 1: <memory>: unit 'KiX' is not known"},
    {"<domain type='xen'><name>a</name><memory unit=''>2</memory></domain>", ERR_XML,
     "line 1: <memory>: unit '' is not known"},
    {"<domain type='xen'><name>a</name><memory>1024</memory>\n"
     "<currentMemory>8192</currentMemory></domain>",
     ERR_XML, "line 2: <currentMemory>: is more than <memory>"},
    {"<domain type='xen'><name>a</name><memory>1</memory><os><type>exe</type></os></domain>",
     ERR_XML, "line 1: <type>: type 'exe' is not known"},
    {"<domain type='xen'><name>a</name><memory>1</memory>"
     "<os><type arch='armv7l'>xen</type></os></domain>",
     ERR_XML, "line 1: <type>: arch 'armv7l' is not known"},
    {"<domain type='xen'><name>a</name><memory>1</memory>"
     "<os><type machine='q35'>hvm</type></os></domain>",
     ERR_CONFIG_UNSUPPORTED, "line 1: <type>: machine 'q35' does not go with type 'hvm'"},
    {"<domain type='xen'><name>a</name><memory>1</memory>"
     "<os><type machine='xenfv'>xen</type></os></domain>",
     ERR_CONFIG_UNSUPPORTED, "line 1: <type>: machine 'xenfv' does not go with type 'xen'"},
};

START_TEST(a_bad_document_is_refused_with_line_element_and_reason)
{
    struct err err;

    ck_assert_ptr_null(parse(bad_documents[_i].xml, &err));
    ck_assert_str_eq(err.message, bad_documents[_i].message);
    ck_assert_int_eq(err.code, bad_documents[_i].code);
}
END_TEST

START_TEST(libxml2_writes_nothing_to_stderr)
{
    static const char ids[] = "<a xml:id='7'><b xml:id='x'/><c xml:id='x'/></a>";
    FILE             *file = tmpfile();
    int               kept = dup(STDERR_FILENO);
    struct err        err;

    ck_assert_ptr_nonnull(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    for (size_t i = 0; i < array_size(bad_documents); i++)
        parse(bad_documents[i].xml, &err);
    parse(ids, &err);
    dup2(kept, STDERR_FILENO);
    close(kept);
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_END), 0);
    fclose(file);
}
END_TEST

static const struct {
    const char   *elements, *devices;
    enum err_code code;
    const char   *message;
} bad_parts[] = {
    {"<vcpu>0</vcpu>", "", ERR_XML, "<vcpu>: a domain needs a virtual CPU"},
    {"<vcpu>two</vcpu>", "", ERR_XML, "<vcpu>: 'two' is not a number"},
    {"<vcpu>5000</vcpu>", "", ERR_XML, "<vcpu>: 5000 is more than 4096"},
    {"<vcpu current='0'>2</vcpu>", "", ERR_XML, "<vcpu>: a domain needs a virtual CPU"},
    {"<vcpu current='3'>2</vcpu>", "", ERR_XML, "<vcpu>: 3 is more than 2 (current)"},
    {"<features><acpi state='maybe'/></features>", "", ERR_XML,
     "<acpi>: state 'maybe' is not known"},
    {"<clock offset='timezone' timezone='UTC'/>", "", ERR_CONFIG_UNSUPPORTED,
     "<clock>: offset 'timezone' is not supported"},
    {"<clock offset='variable' adjustment='x'/>", "", ERR_XML, "<clock>: 'x' is not a number"},
    {"<on_reboot>explode</on_reboot>", "", ERR_XML, "<on_reboot>: action 'explode' is not known"},
    {"<launchSecurity type='sev'/>", "", ERR_CONFIG_UNSUPPORTED,
     "<launchSecurity>: is not supported"},
    {"<cpu><numa><cell/></numa></cpu>", "", ERR_XML, "<cell>: memory is missing"},
    {"<vcpu>2</vcpu><cpu><numa><cell cpus='0' memory='65536'/></numa></cpu>", "", ERR_XML,
     "<numa>: virtual CPU 1 is in no cell"},
    {"<cpu><numa><cell cpus='0' memory='1024'/><cell cpus='0' memory='1024'/></numa></cpu>", "",
     ERR_XML, "<numa>: virtual CPU 0 is in more than one cell"},
    {"<cpu><numa><cell cpus='0-7' memory='65536'/></numa></cpu>", "", ERR_XML,
     "<numa>: there is no virtual CPU 1"},
    {"<features><acpi state='off'/></features><cpu><numa><cell cpus='0' memory='65536'/></numa>"
     "</cpu>",
     "", ERR_CONFIG_UNSUPPORTED, "<acpi>: a guest with NUMA cells needs it"},
    {"<cpu><numa><cell cpus='0' memory='65536'><distances><sibling id='0' value='20'/>"
     "</distances></cell></numa></cpu>",
     "", ERR_XML, "<numa>: the distance of a cell to itself is 10"},
    {"<vcpu>2</vcpu><cputune><vcpupin cpuset='1'/></cputune>", "", ERR_XML,
     "<vcpupin>: vcpu is missing"},
    {"<clock><timer name='tsc' present='no'/></clock>", "", ERR_CONFIG_UNSUPPORTED,
     "<timer present='no'>: a processor has it"},
    {"<clock><timer name='hpet' mode='native'/></clock>", "", ERR_CONFIG_UNSUPPORTED,
     "<timer mode='native'>: only the timer tsc has modes"},

    {"", "<disk type='dir'/>", ERR_CONFIG_UNSUPPORTED, "<disk>: type 'dir' is not supported"},
    {"", "<disk device='lun'/>", ERR_CONFIG_UNSUPPORTED, "<disk>: device 'lun' is not supported"},
    {"", "<disk type='file'/>", ERR_XML, "<disk>: <target dev='...'/> is missing"},
    {"", "<disk type='file'><target dev='vda'/></disk>", ERR_CONFIG_UNSUPPORTED,
     "<target>: dev 'vda' is not a disk name that Xen knows, such as xvda"},
    {"", "<disk type='file'><target dev='xvd'/></disk>", ERR_CONFIG_UNSUPPORTED,
     "<target>: dev 'xvd' is not a disk name that Xen knows, such as xvda"},
    {"", "<disk type='file'><target dev='xvda/../b'/></disk>", ERR_CONFIG_UNSUPPORTED,
     "<target>: dev 'xvda/../b' is not a disk name that Xen knows, such as xvda"},
    {"", "<disk type='file'><target dev='xvda'/></disk>", ERR_XML,
     "<disk>: <source file='...'/> is missing"},
    {"", "<disk type='block'><source file='/x'/><target dev='xvda'/></disk>",
     ERR_CONFIG_UNSUPPORTED, "<source file='/x'>: has no meaning where type is 'block'"},
    {"", "<disk device='cdrom'><source dev='/x'/><target dev='hdc'/></disk>",
     ERR_CONFIG_UNSUPPORTED, "<source dev='/x'>: has no meaning without type"},
    {"",
     "<disk type='network'><source protocol='nbd'><host name='h'/><auth username='u'/></source>"
     "<target dev='hda'/></disk>",
     ERR_CONFIG_UNSUPPORTED, "<auth username='u'>: has no meaning where protocol is 'nbd'"},
    {"",
     "<disk type='network'><source protocol='nbd'><host name='h' socket='/s'/></source>"
     "<target dev='hda'/></disk>",
     ERR_XML, "<host>: a socket goes with transport 'unix'"},
    {"",
     "<disk type='network'><source protocol='rbd' name='p/i'><host name='h' transport='rdma'/>"
     "</source><target dev='hda'/></disk>",
     ERR_CONFIG_UNSUPPORTED, "<host>: a monitor is named, and reached by transport 'tcp'"},
    {"",
     "<disk type='network'><source protocol='rbd' name='p/i'><snapshot name='s:conf=/x'/>"
     "</source><target dev='hda'/></disk>",
     ERR_CONFIG_UNSUPPORTED,
     "<source>: ':' and '\\' cannot be in the name of an RBD image or snapshot"},
    {"", "<disk type='network'><source protocol='rbd' name='p/i\\i'/><target dev='hda'/></disk>",
     ERR_CONFIG_UNSUPPORTED,
     "<source>: ':' and '\\' cannot be in the name of an RBD image or snapshot"},
    {"", "<disk><source file='/x'/><target dev='xvda'/><readonly>no</readonly></disk>",
     ERR_CONFIG_UNSUPPORTED, "<readonly>: takes no text; an attribute 'state' switches it off"},
    {"<features><acpi>off</acpi></features>", "", ERR_CONFIG_UNSUPPORTED,
     "<acpi>: takes no text; an attribute 'state' switches it off"},
    {"",
     "<disk><source file='/x'/><target dev='xvda'/></disk>"
     "<disk><source file='/y'/><target dev='xvda'/></disk>",
     ERR_XML, "<target>: dev 'xvda' is used twice"},
    {"", "<disk><driver name='vbd'/><target dev='xvda'/></disk>", ERR_XML,
     "<driver>: name 'vbd' is not known"},
    {"", "<disk><driver type='vmdk'/><target dev='xvda'/></disk>", ERR_XML,
     "<driver>: type 'vmdk' is not known"},
    {"", "<disk><driver name='phy' type='qcow2'/><target dev='xvda'/></disk>", ERR_XML,
     "<driver>: driver 'phy' supports only type raw"},
    {"", "<disk><transient/></disk>", ERR_CONFIG_UNSUPPORTED, "<transient>: is not supported"},
    {"", "<disk><encryption/></disk>", ERR_CONFIG_UNSUPPORTED, "<encryption>: is not supported"},

    {"", "<interface/>", ERR_XML, "<interface>: type is missing"},
    {"", "<interface type='network'/>", ERR_CONFIG_UNSUPPORTED,
     "<interface>: type 'network' is not supported, only bridge and ethernet: <interface "
     "type='bridge'> with <source bridge='...'/> names the network's bridge"},
    {"", "<interface type='direct'/>", ERR_CONFIG_UNSUPPORTED,
     "<interface>: type 'direct' is not supported, only bridge and ethernet"},
    {"", "<interface type='bridge'/>", ERR_XML, "<interface>: <source bridge='...'/> is missing"},
    {"", "<interface type='ethernet'><mac address='00:16:3e:00:00'/></interface>", ERR_XML,
     "<mac>: '00:16:3e:00:00' is not a MAC address"},
    {"", "<interface type='ethernet'><mac address='01:16:3e:00:00:00'/></interface>", ERR_XML,
     "<mac>: '01:16:3e:00:00:00' is a multicast address"},
    {"", "<interface type='ethernet'><mtu size='70000'/></interface>", ERR_XML,
     "<mtu>: 70000 is more than 65535 (size)"},
    {"", "<interface type='ethernet'><filterref filter='x'/></interface>", ERR_CONFIG_UNSUPPORTED,
     "<filterref>: is not supported"},
    {"", "<interface type='ethernet'><ip family='ipv4'/></interface>", ERR_XML,
     "<ip>: address is missing"},
    {"", "<interface type='ethernet'><ip address='10.0.0.1 evil'/></interface>", ERR_XML,
     "<ip>: '10.0.0.1 evil' is not an IP address"},
    {"",
     "<interface type='bridge'><source bridge='b'/><virtualport type='openvswitch'/>"
     "<vlan trunk='yes'><tag id='5' nativeMode='untagged'/><tag id='6' nativeMode='untagged'/>"
     "</vlan></interface>",
     ERR_XML, "<tag>: there is a native VLAN already"},
    {"", "<interface type='bridge'><source bridge='b'/><virtualport/></interface>",
     ERR_CONFIG_UNSUPPORTED, "<virtualport type=''>: only openvswitch is supported"},
    {"", "<interface type='ethernet'><vlan/></interface>", ERR_CONFIG_UNSUPPORTED,
     "<vlan>: is supported with <virtualport type='openvswitch'/> only"},

    {"", "<graphics type='spice'/>", ERR_CONFIG_UNSUPPORTED,
     "<graphics>: a port is needed: libxl looks for no free one"},
    {"", "<graphics/>", ERR_CONFIG_UNSUPPORTED,
     "<graphics>: type '' is not supported, only vnc, sdl and, for an HVM guest, spice"},
    {"", "<graphics type='vnc' port='80'/>", ERR_XML, "<graphics>: port 80 is less than 5900"},
    {"", "<graphics type='vnc' port='99999'/>", ERR_XML,
     "<graphics>: 99999 is more than 65535 (port)"},
    {"", "<graphics type='vnc' listen='0.0.0.0'><listen address='127.0.0.1'/></graphics>", ERR_XML,
     "<graphics>: listen and the address of <listen> differ"},
    {"", "<graphics type='spice' autoport='yes' port='5900' tlsPort='5901'/>",
     ERR_CONFIG_UNSUPPORTED,
     "<graphics autoport='yes'>: libxl looks for no free port: the port is given without it"},
    {"", "<graphics type='vnc'><listen type='socket'/></graphics>", ERR_CONFIG_UNSUPPORTED,
     "<listen>: type 'socket' is not supported"},
    {"", "<graphics type='vnc'/><graphics type='vnc'/>", ERR_CONFIG_UNSUPPORTED,
     "<graphics>: only one is supported"},
    {"", "<serial type='nmdm'/>", ERR_CONFIG_UNSUPPORTED, "<serial>: type 'nmdm' is not supported"},
    {"", "<serial type='dev'><source path='stdio'/></serial>", ERR_XML,
     "<source>: the path of a device begins with '/'"},
    {"", "<serial><target type='pci-serial'/></serial>", ERR_CONFIG_UNSUPPORTED,
     "<target type='pci-serial'>: an HVM guest's are isa-serial"},
    {"", "<serial type='file'><source path='/a'/><source path='/b'/></serial>",
     ERR_CONFIG_UNSUPPORTED, "<source>: only one is supported"},
    {"", "<serial type='udp'><source mode='connect' host='a@b' service='1'/></serial>", ERR_XML,
     "<serial>: host 'a@b' has characters of no such name"},
    {"", "<serial type='tcp'/>", ERR_XML, "<serial>: the host of a <source> is missing"},
    {"", "<serial><target port='1'/></serial>", ERR_CONFIG_UNSUPPORTED,
     "<target>: ports are numbered from 0 in their order"},
    {"", "<console type='file'/>", ERR_CONFIG_UNSUPPORTED,
     "<console>: type 'file' is not supported, only pty"},
    {"", "<video><model type='virtio'/></video>", ERR_XML, "<model>: type 'virtio' is not known"},
    {"", "<hostdev mode='subsystem'/>", ERR_CONFIG_UNSUPPORTED,
     "<hostdev>: only PCI and USB devices of the host are supported"},
    {"", "<hostdev mode='subsystem' type='pci'><source><address domain='0'/></source></hostdev>",
     ERR_XML, "<address>: domain, bus or slot is more than 0"},
    {"",
     "<hostdev mode='subsystem' type='pci'><source><address bus='1'/></source></hostdev>"
     "<hostdev mode='subsystem' type='pci'><source><address bus='0x1'/></source></hostdev>",
     ERR_XML, "<address>: the device is passed through twice"},
    {"", "<controller type='xenbus' maxGrantFrames='0'/>", ERR_XML,
     "<controller>: 0 is less than 1"},
    {"", "<controller type='xenbus'/><controller type='xenbus'/>", ERR_CONFIG_UNSUPPORTED,
     "<controller>: only one is supported"},
    {"", "<controller type='bogus'/>", ERR_CONFIG_UNSUPPORTED,
     "<controller type='bogus'>: Xen's machine has those that its devices need"},
    {"", "<memballoon model='none'/>", ERR_CONFIG_UNSUPPORTED,
     "<memballoon model='none'>: a guest's balloon is Xen's, and cannot be switched off"},
    {"", "<filesystem/>", ERR_CONFIG_UNSUPPORTED, "<filesystem>: is not supported"},
    {"", "<tpm/>", ERR_CONFIG_UNSUPPORTED, "<tpm>: is not supported"},
};

START_TEST(a_bad_part_is_refused_with_line_element_and_reason)
{
    cleanup_free char *xml = domain_with(bad_parts[_i].elements, bad_parts[_i].devices);
    cleanup_free char *message = xasprintf("line 5: %s", bad_parts[_i].message);
    struct err         err;

    ck_assert_ptr_null(parse(xml, &err));
    ck_assert_str_eq(err.message, message);
    ck_assert_int_eq(err.code, bad_parts[_i].code);
}
END_TEST

START_TEST(what_is_refused_is_only_noted_of_a_guest_that_runs)
{
    cleanup_free char *xml =
        domain_with("<memtune/>", "<disk><source file='/x'/><target dev='xvda'/><shareable/></disk>"
                                  "<tpm/>");
    struct domain_def  *def = NULL;
    libxl_domain_config config;
    struct err          err;

    ck_assert_ptr_null(parse(xml, &err));
    ck_assert_int_eq(domain_def_parse_flags(xml, strlen(xml), DOMAIN_PARSE_RUNS, &def, &err), 0);
    ck_assert_uint_eq(def->n_notes, 3);
    ck_assert_str_eq(def->notes[0].message, "line 5: <memtune>: the memory of a guest is its own");
    data_config(def, &config);
    ck_assert_int_eq(config.num_disks, 1);
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
}
END_TEST

/* What the guest does not get though each of the words is known. */
static const struct {
    const char *elements, *devices, *note;
} unread[] = {
    {"", "<disk><source file='/x'/><target dev='xvda'/><backenddomain>d</backenddomain></disk>",
     "<backenddomain>: takes no text"},
    {"", "<interface type='ethernet'><mtu>9000</mtu></interface>", "<mtu>: takes no text"},
    {"", "words", "<devices>: takes no text"},
    {"<features>pae</features>", "", "<features>: takes no text"},
    {"", "<interface type='ethernet'><source bridge='b'/></interface>",
     "<source bridge='b'>: has no meaning where type is 'ethernet'"},
    {"", "<graphics type='vnc'><mouse mode='client'/></graphics>",
     "<mouse mode='client'>: has no meaning where type is 'vnc'"},
    {"", "<graphics type='sdl' keymap='de'/>",
     "<graphics keymap='de'>: has no meaning where type is 'sdl'"},
    {"", "<serial type='tcp'><source host='h' service='1' path='/x'/></serial>",
     "<source path='/x'>: has no meaning where type is 'tcp'"},
    {"", "<serial type='pty'><source host='h'/></serial>",
     "<source host='h'>: has no meaning where type is 'pty'"},
    {"", "<video><model type='vga' vram='4096'/></video>",
     "<model vram='4096'>: is less than libxl wants for this card"},
    {"<vcpu cpuset='0-1' current='1'>4</vcpu>", "",
     "<vcpu cpuset='0-1'>: is not of virtual CPUs that are started later"},
    {"<xen:comandline xmlns:xen='http://libvirt.org/schemas/domain/xen/1.0'/>", "",
     "<comandline>: is not known here"},
    {"<xen:commandline xmlns:xen='http://libvirt.org/schemas/domain/xen/1.0'><xen:args/>"
     "</xen:commandline>",
     "", "<args>: is not known here"},
};

START_TEST(what_is_not_read_where_it_stands_is_noted)
{
    struct domain_def *def = parse_with(unread[_i].elements, unread[_i].devices);
    bool               noted = false;

    for (size_t i = 0; i < def->n_notes; i++)
        noted = noted || (strstr(def->notes[i].message, unread[_i].note) && !def->notes[i].implied);
    ck_assert_msg(noted, "%s", def->n_notes ? def->notes[0].message : "no note");
    domain_def_free(def);
}
END_TEST

static void
config_with(const char *elements, const char *devices, libxl_domain_config *config_out)
{
    struct domain_def *def = parse_with(elements, devices);

    data_config(def, config_out);
    domain_def_free(def);
}

/* Xen refuses a virtual CPU that may run nowhere. */
START_TEST(a_virtual_cpu_before_one_that_is_pinned_may_run_everywhere)
{
    libxl_domain_config config;

    config_with("<vcpu>3</vcpu><cputune><vcpupin vcpu='1' cpuset='2'/></cputune>", "", &config);
    ck_assert_int_eq(config.b_info.num_vcpu_hard_affinity, 2);
    ck_assert_int_eq(libxl_bitmap_count_set(&config.b_info.vcpu_hard_affinity[0]), 4096);
    ck_assert_int_eq(libxl_bitmap_count_set(&config.b_info.vcpu_hard_affinity[1]), 1);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(a_quota_of_zero_is_none)
{
    libxl_domain_config config;

    config_with("<cputune><global_quota>0</global_quota></cputune>", "", &config);
    ck_assert_int_eq(config.b_info.sched_params.cap, LIBXL_DOMAIN_SCHED_PARAM_CAP_DEFAULT);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(distances_of_cells_that_are_not_said_are_those_of_the_way_back)
{
    libxl_domain_config config;

    config_with("<vcpu>2</vcpu><cpu><numa><cell cpus='0' memory='32768'><distances>"
                "<sibling id='1' value='31'/></distances></cell>"
                "<cell cpus='1' memory='32768'/></numa></cpu>",
                "", &config);
    ck_assert_int_eq(config.b_info.vnuma_nodes[0].distances[0], 10);
    ck_assert_int_eq(config.b_info.vnuma_nodes[0].distances[1], 31);
    ck_assert_int_eq(config.b_info.vnuma_nodes[1].distances[0], 31);
    ck_assert_int_eq(config.b_info.vnuma_nodes[1].distances[1], 10);
    ck_assert(libxl_defbool_val(config.b_info.acpi)); /* they are told in its tables */
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(cells_say_what_memory_there_is)
{
    static const char *const memory[] = {"", "<memory>1024</memory>"};

    for (size_t i = 0; i < array_size(memory); i++) {
        cleanup_free char *xml =
            xasprintf("<domain type='xen'><name>a</name>%s<os><type>hvm</type></os><cpu><numa>"
                      "<cell cpus='0' memory='65536'/></numa></cpu></domain>",
                      memory[i]);
        struct domain_def *def = parse_good(xml);
        cleanup_free char *told = domain_def_format(def, NULL, 0);

        ck_assert_uint_eq(def->max_memory_kib, 65536);
        ck_assert_uint_eq(def->memory_kib, 65536);
        ck_assert_ptr_nonnull(strstr(told, ">65536</memory>"));
        ck_assert_uint_eq(def->n_notes, i);
        domain_def_free(def);
    }
}
END_TEST

START_TEST(the_native_vlan_is_in_front)
{
    libxl_domain_config config;

    config_with("",
                "<interface type='bridge'><source bridge='b'/><virtualport type='openvswitch'/>"
                "<vlan trunk='yes'><tag id='6'/><tag id='5' nativeMode='untagged'/><tag id='7'/>"
                "</vlan></interface>",
                &config);
    ck_assert_str_eq(config.nics[0].bridge, "b.5:6:7");
    libxl_domain_config_dispose(&config);
}
END_TEST

/* libxl takes a display of its own with an IPv4 address only. */
START_TEST(a_vnc_server_on_an_ipv6_address_has_its_display_behind_it)
{
    static const char   devices[] = "<graphics type='vnc' port='5901' listen='::1'/>";
    libxl_domain_config config;
    struct domain_def  *back = NULL;
    cleanup_free char  *xml = NULL;
    struct err          err;

    config_with("", devices, &config);
    ck_assert_str_eq(config.b_info.u.hvm.vnc.listen, "[::1]:1");
    ck_assert_int_eq(config.b_info.u.hvm.vnc.display, 0);
    ck_assert_int_eq(conf_from_libxl(&config, &back, &err), 0);
    xml = domain_def_format(back, NULL, 0);
    ck_assert_ptr_nonnull(strstr(xml, "port='5901'"));
    ck_assert_ptr_nonnull(strstr(xml, "listen='::1'"));
    domain_def_free(back);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(a_card_without_a_type_is_libvirts_default)
{
    libxl_domain_config config;

    config_with("", "<video><model vram='16384'/></video>", &config);
    ck_assert_int_eq(config.b_info.u.hvm.vga.kind, LIBXL_VGA_INTERFACE_TYPE_CIRRUS);
    ck_assert_uint_eq(config.b_info.video_memkb, 16384);
    libxl_domain_config_dispose(&config);
}
END_TEST

/* libxl's order is of kinds. */
START_TEST(a_boot_order_of_which_the_first_disk_is_not_the_first_is_refused)
{
    cleanup_free char *xml =
        domain_with("", "<disk><source file='/a'/><target dev='hda'/></disk>"
                        "<disk><source file='/b'/><target dev='hdb'/><boot order='1'/></disk>");
    struct err err;

    ck_assert_ptr_null(parse(xml, &err));
    ck_assert_str_eq(err.message,
                     "line 5: <boot>: libxl boots the first device of a kind: put it in front");
}
END_TEST

START_TEST(a_disk_of_the_network_that_is_not_emulated_is_noted)
{
    static const struct {
        const char *os, *dev;
        size_t      notes;
    } of[] = {
        {"<type>linux</type><kernel>/k</kernel>", "xvda", 1},
        {"<type machine='xenpvh'>xenpvh</type><kernel>/k</kernel>", "xvda", 1},
        {"<type>hvm</type>", "xvda", 1},
        {"<type>hvm</type>", "hda", 0},
    };

    for (size_t i = 0; i < array_size(of); i++) {
        cleanup_free char *xml = xasprintf(
            "<domain type='xen'><name>a</name><memory>65536</memory><os>%s</os><devices>\n"
            "<disk type='network'><source protocol='nbd' name='x'><host name='h'/></source>"
            "<target dev='%s'/></disk></devices></domain>",
            of[i].os, of[i].dev);
        struct domain_def *def = parse_good(xml);

        ck_assert_uint_eq(def->n_notes, of[i].notes);
        if (def->n_notes)
            ck_assert_str_eq(def->notes[0].message,
                             "line 2: <disk>: QEMU 7.2 opens only files for a PV disk: the guest "
                             "waits for this one");
        domain_def_free(def);
    }
}
END_TEST

START_TEST(a_boot_device_too_many_is_refused)
{
    struct err  err;
    const char *xml = "<domain type='xen'><name>a</name><memory>1</memory><os><type>hvm</type>"
                      "<boot dev='hd'/><boot dev='fd'/><boot dev='cdrom'/><boot dev='network'/>"
                      "<boot dev='hd'/></os></domain>";

    ck_assert_ptr_null(parse(xml, &err));
    ck_assert_str_eq(err.message, "line 1: <boot>: there are more than 4");
}
END_TEST

START_TEST(a_document_too_long_is_refused_unread)
{
    char              *xml = xcalloc(1, DOMAIN_XML_MAX + 1);
    struct err         err;
    struct domain_def *def = NULL;

    ck_assert_int_eq(domain_def_parse(xml, DOMAIN_XML_MAX + 1, &def, &err), -1);
    ck_assert_str_eq(err.message, "domain XML of 4194305 bytes is longer than 4194304");
    free(xml);
}
END_TEST

/* Without the bound this would take minutes. */
START_TEST(a_tag_with_very_many_attributes_is_refused_at_once)
{
    const size_t       count = 100000, length = sizeof " a12345=''" - 1;
    cleanup_free char *attributes = xcalloc(count, length + 1);
    cleanup_free char *xml = NULL;
    struct err         err;

    for (size_t i = 0; i < count; i++)
        sprintf(attributes + i * length, " a%05zu=''", i);
    xml = domain_with("", attributes);
    memcpy(strstr(xml, "<devices>"), "<devices ", strlen("<devices "));
    ck_assert_ptr_null(parse(xml, &err));
    ck_assert_str_eq(err.message, "line 5: there are more than 64 attributes in a tag");
}
END_TEST

START_TEST(very_many_namespaces_are_refused_at_once)
{
    char               namespaces[300 * 24] = "";
    cleanup_free char *xml = NULL;
    struct err         err;

    for (int i = 0; i < 300; i++)
        sprintf(namespaces + strlen(namespaces), "<x xmlns:y='u'/>%s", i % 30 ? "" : "\n");
    xml = domain_with(namespaces, "");
    ck_assert_ptr_null(parse(xml, &err));
    ck_assert_str_eq(err.message, "line 14: there are more than 256 namespaces");
}
END_TEST

START_TEST(many_quotes_outside_of_tags_are_nobodys_business)
{
    char quotes[401];

    for (size_t i = 0; i < 400; i++)
        quotes[i] = "\"'"[i / 7 % 2];
    quotes[400] = '\0';
    for (int i = 0; i < 3; i++) {
        cleanup_free char *text = xasprintf(i == 0   ? "<x>%s</x>"
                                            : i == 1 ? "<x><![CDATA[%s]]></x>"
                                                     : "<!-- %s -->",
                                            quotes);

        domain_def_free(parse_with(text, ""));
    }
}
END_TEST

START_TEST(a_byte_order_mark_is_no_error)
{
    domain_def_free(parse_good("\xef\xbb\xbf<domain type='xen'><name>a</name><memory>1</memory>"
                               "<os><type>xen</type></os></domain>"));
}
END_TEST

START_TEST(a_device_too_many_is_refused)
{
    const char         interface[] = "<interface type='ethernet'/>";
    const size_t       length = sizeof interface - 1;
    char              *devices = xcalloc(DOMAIN_DEVICES_MAX + 1, length + 1);
    cleanup_free char *xml = NULL;
    struct err         err;

    for (size_t i = 0; i < DOMAIN_DEVICES_MAX + 1; i++)
        memcpy(devices + i * length, interface, length);
    xml = domain_with("", devices);
    ck_assert_ptr_null(parse(xml, &err));
    ck_assert_str_eq(err.message, "line 5: <interface>: there are more than 1024");
    free(devices);
}
END_TEST

/*----- names -----*/

START_TEST(a_name_that_makes_no_file_name_is_refused)
{
    static const char *const bad[] = {
        "",     ".",    "..",    "a/b",          "/",        "a\nb",        "a\tb", "\x7f",
        "\x01", "\xff", "a\xc3", "\xef\xbf\xbe", "\x80\x80", "\xed\xa0\x80"};
    char longest[DOMAIN_NAME_MAX + 2];

    for (size_t i = 0; i < array_size(bad); i++)
        ck_assert(!domain_name_is_valid(bad[i]));
    memset(longest, 'a', sizeof longest);
    longest[DOMAIN_NAME_MAX + 1] = '\0';
    ck_assert(!domain_name_is_valid(longest));
    longest[DOMAIN_NAME_MAX] = '\0';
    ck_assert(domain_name_is_valid(longest));
    ck_assert(domain_name_is_valid("a b-c_d.e:\xc3\xbc"));
}
END_TEST

/*----- leniency that clients rely on -----*/

START_TEST(the_console_of_a_pv_guest_is_there_without_being_named)
{
    struct domain_def *def = parse_good("<domain type='xen'><name>a</name><memory>1</memory>"
                                        "<os><type>linux</type></os></domain>");
    cleanup_free char *xml = domain_def_format(def, NULL, 0);

    ck_assert_int_eq(def->type, DOMAIN_PV);
    ck_assert_ptr_nonnull(strstr(xml, "    <console type='pty'>\n"
                                      "      <target type='xen' port='0'/>\n"
                                      "    </console>\n"));
    domain_def_free(def);
}
END_TEST

START_TEST(the_attribute_listen_and_the_element_mean_the_same)
{
    struct domain_def  *a = parse_with("", "<graphics type='vnc' listen='192.0.2.1'/>");
    struct domain_def  *b = parse_with("", "<graphics type='vnc'><listen type='address' "
                                            "address='192.0.2.1'/></graphics>");
    libxl_domain_config x, y;

    data_config(a, &x);
    data_config(b, &y);
    ck_assert_str_eq(x.b_info.u.hvm.vnc.listen, "192.0.2.1");
    ck_assert_str_eq(y.b_info.u.hvm.vnc.listen, "192.0.2.1");
    ck_assert(libxl_defbool_val(x.b_info.u.hvm.vnc.findunused));
    libxl_domain_config_dispose(&x);
    libxl_domain_config_dispose(&y);
    domain_def_free(a);
    domain_def_free(b);
}
END_TEST

START_TEST(a_port_beside_autoport_is_the_port_of_a_former_life)
{
    struct domain_def  *def = parse_with("", "<graphics type='vnc' port='5901' autoport='yes'/>");
    cleanup_free char  *xml = domain_def_format(def, NULL, 0);
    libxl_domain_config config;

    data_config(def, &config);
    ck_assert(libxl_defbool_val(config.b_info.u.hvm.vnc.findunused));
    libxl_domain_config_dispose(&config);
    ck_assert_ptr_nonnull(strstr(xml, "port='-1' autoport='yes'"));
    domain_def_free(def);
}
END_TEST

START_TEST(a_name_that_libxl_gave_an_interface_is_forgotten_and_a_users_is_kept)
{
    struct domain_def *def =
        parse_with("", "<interface type='ethernet'><target dev='vif3.0'/></interface>"
                       "<interface type='ethernet'><target dev='vif-web'/></interface>");
    cleanup_free char  *xml = domain_def_format(def, NULL, 0);
    libxl_domain_config config;

    data_config(def, &config);
    ck_assert_ptr_null(config.nics[0].ifname);
    ck_assert_str_eq(config.nics[1].ifname, "vif-web");
    libxl_domain_config_dispose(&config);
    ck_assert_ptr_null(strstr(xml, "vif3.0"));
    ck_assert_ptr_nonnull(strstr(xml, "<target dev='vif-web'/>"));
    domain_def_free(def);
}
END_TEST

START_TEST(a_disk_may_have_any_name_that_libxl_knows)
{
    static const struct {
        const char *name, *bus;
    } disks[] = {{"xvda", "xen"},  {"xvdzzz15", "xen"}, {"hdc", "ide"},
                 {"sda1", "scsi"}, {"d0p0", "xen"},     {"d12345p123", "xen"}};

    for (size_t i = 0; i < array_size(disks); i++) {
        cleanup_free char *disk =
            xasprintf("<disk><source file='/x'/><target dev='%s'/></disk>", disks[i].name);
        cleanup_free char *target =
            xasprintf("<target dev='%s' bus='%s'/>", disks[i].name, disks[i].bus);
        struct domain_def  *def = parse_with("", disk);
        cleanup_free char  *xml = domain_def_format(def, NULL, 0);
        libxl_domain_config config;

        data_config(def, &config);
        ck_assert_str_eq(config.disks[0].vdev, disks[i].name);
        libxl_domain_config_dispose(&config);
        ck_assert_ptr_nonnull(strstr(xml, target));
        domain_def_free(def);
    }
}
END_TEST

START_TEST(a_disk_with_another_name_is_refused)
{
    static const char *const names[] = {
        "",   "a",   "xvd1", "xvdaaaa", "xvda1234",  "xvda-",   "xvdA", "d",
        "d1", "d1p", "dp1",  "d1p1x",   "d123456p1", "d1p1234", "sr0",  "fda"};

    for (size_t i = 0; i < array_size(names); i++) {
        cleanup_free char *disk =
            xasprintf("<disk><source file='/x'/><target dev='%s'/></disk>", names[i]);
        cleanup_free char *xml = domain_with("", disk);
        struct err         err;

        ck_assert_ptr_null(parse(xml, &err));
        ck_assert_int_eq(err.code, ERR_CONFIG_UNSUPPORTED);
    }
}
END_TEST

START_TEST(a_uuid_and_a_mac_address_are_written_the_usual_way)
{
    struct domain_def *def =
        parse_with("<uuid> 4DEA22B31D52D8F32516782E98AB3FA0 </uuid>",
                   "<interface type='ethernet'><mac address='00:16:3E:0A:0B:0C'/></interface>");
    cleanup_free char *xml = domain_def_format(def, NULL, 0);

    ck_assert_ptr_nonnull(strstr(xml, "<uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>"));
    ck_assert_ptr_nonnull(strstr(xml, "<mac address='00:16:3e:0a:0b:0c'/>"));
    domain_def_free(def);
}
END_TEST

/*----- whatever comes -----*/

static uint32_t
next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* One change to the text, which may grow by a few bytes. */
static void
mutate(char *xml, uint32_t *state)
{
    static const char *const pieces[] = {"<", ">", "'", "/>", "&amp;", "&#0;", "<x>", "-1", ""};
    size_t                   length = strlen(xml), at = next_random(state) % length, skip;
    const char              *piece = pieces[next_random(state) % array_size(pieces)];

    switch (next_random(state) % 4) {
    case 0:
        xml[at] = (char)(1 + next_random(state) % 255);
        break;
    case 1: /* leave out some */
        skip = next_random(state) % (length - at);
        memmove(xml + at, xml + at + skip, length - at - skip + 1);
        break;
    case 2: /* put something in */
        memmove(xml + at + strlen(piece), xml + at, length - at + 1);
        memcpy(xml + at, piece, strlen(piece));
        break;
    case 3: /* repeat a character */
        memmove(xml + at + 1, xml + at, length - at + 1);
        break;
    }
}

/* What can be parsed can be written, and is then the same. */
static void
check_round_trip(const struct domain_def *def)
{
    cleanup_free char *once = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    struct domain_def *again = parse_good(once);
    cleanup_free char *twice = domain_def_format(again, NULL, DOMAIN_XML_SECURE);

    ck_assert_str_eq(once, twice);
    domain_def_free(again);
}

START_TEST(two_thousand_mutations_of_a_document_do_no_harm)
{
    cleanup_free char *xml = data_read(_i ? "hvm.xml" : "pv-kernel.xml");
    size_t             size = strlen(xml) + 64;
    cleanup_free char *mutant = xcalloc(1, size);
    uint32_t           state = 20130613;
    int                parsed = 0;

    for (int n = 0; n < 2000; n++) {
        struct domain_def *def;
        struct err         err = {0};

        strcpy(mutant, xml);
        for (uint32_t changes = 1 + next_random(&state) % 3; changes && *mutant; changes--)
            mutate(mutant, &state);
        def = parse(mutant, &err);
        ck_assert(def || err.message[0]);
        parsed += def != NULL;
        if (def)
            check_round_trip(def);
        domain_def_free(def);
    }
    /* Some of both, or the test tests nothing. */
    ck_assert_int_gt(parsed, 100);
    ck_assert_int_lt(parsed, 1900);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("domain-parse");
    TCase   *tc = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, what_is_left_out_is_as_libvirt_has_it);
    tcase_add_test(tc, a_generated_uuid_is_in_the_document);
    tcase_add_test(tc, a_generated_mac_address_is_xens_and_in_the_document);
    tcase_add_loop_test(tc, memory_is_read_in_every_unit_and_kept_in_kib, 0, array_size(sizes));
    tcase_add_loop_test(tc, a_bad_document_is_refused_with_line_element_and_reason, 0,
                        array_size(bad_documents));
    tcase_add_test(tc, libxml2_writes_nothing_to_stderr);
    tcase_add_loop_test(tc, a_bad_part_is_refused_with_line_element_and_reason, 0,
                        array_size(bad_parts));
    tcase_add_test(tc, what_is_refused_is_only_noted_of_a_guest_that_runs);
    tcase_add_loop_test(tc, what_is_not_read_where_it_stands_is_noted, 0, array_size(unread));
    tcase_add_test(tc, a_virtual_cpu_before_one_that_is_pinned_may_run_everywhere);
    tcase_add_test(tc, a_quota_of_zero_is_none);
    tcase_add_test(tc, distances_of_cells_that_are_not_said_are_those_of_the_way_back);
    tcase_add_test(tc, cells_say_what_memory_there_is);
    tcase_add_test(tc, the_native_vlan_is_in_front);
    tcase_add_test(tc, a_vnc_server_on_an_ipv6_address_has_its_display_behind_it);
    tcase_add_test(tc, a_card_without_a_type_is_libvirts_default);
    tcase_add_test(tc, a_boot_order_of_which_the_first_disk_is_not_the_first_is_refused);
    tcase_add_test(tc, a_disk_of_the_network_that_is_not_emulated_is_noted);
    tcase_add_test(tc, a_boot_device_too_many_is_refused);
    tcase_add_test(tc, a_document_too_long_is_refused_unread);
    tcase_add_test(tc, a_tag_with_very_many_attributes_is_refused_at_once);
    tcase_add_test(tc, very_many_namespaces_are_refused_at_once);
    tcase_add_test(tc, many_quotes_outside_of_tags_are_nobodys_business);
    tcase_add_test(tc, a_byte_order_mark_is_no_error);
    tcase_add_test(tc, a_device_too_many_is_refused);
    tcase_add_test(tc, a_name_that_makes_no_file_name_is_refused);
    tcase_add_test(tc, the_console_of_a_pv_guest_is_there_without_being_named);
    tcase_add_test(tc, the_attribute_listen_and_the_element_mean_the_same);
    tcase_add_test(tc, a_port_beside_autoport_is_the_port_of_a_former_life);
    tcase_add_test(tc, a_name_that_libxl_gave_an_interface_is_forgotten_and_a_users_is_kept);
    tcase_add_test(tc, a_disk_may_have_any_name_that_libxl_knows);
    tcase_add_test(tc, a_disk_with_another_name_is_refused);
    tcase_add_test(tc, a_uuid_and_a_mac_address_are_written_the_usual_way);
    tcase_add_loop_test(tc, two_thousand_mutations_of_a_document_do_no_harm, 0, 2);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
