/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"

static const char saved[] =
    "<domain type='xen'>"
    "<name>web</name><uuid>11111111-2222-3333-4444-555555555555</uuid>"
    "<memory unit='MiB'>256</memory><currentMemory unit='MiB'>128</currentMemory>"
    "<vcpu current='1'>2</vcpu>"
    "<os><type arch='x86_64' machine='xenfv'>hvm</type><boot dev='hd'/></os>"
    "<features><acpi/><apic/></features>"
    "<on_reboot>restart</on_reboot>"
    "<devices>"
    "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/>"
    "<target dev='hda'/></disk>"
    "<disk type='file' device='cdrom'><source file='/c'/><target dev='hdc'/><readonly/></disk>"
    "<interface type='bridge'><mac address='00:16:3e:00:00:01'/><source bridge='br0'/>"
    "<model type='e1000'/></interface>"
    "<graphics type='vnc' port='5901' listen='127.0.0.1' passwd='old'/>"
    "<serial type='pty'><target port='0'/></serial>"
    "</devices></domain>";

/* What of it is changed, to what, and how that is called; NULL: it may be changed. */
static const struct {
    const char *from, *to, *refused;
} cases[] = {
    {"<name>web<", "<name>web<", NULL},
    {"file='/a'", "file='/b'", NULL},
    {"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/>",
     "<disk type='block' device='disk'><driver name='phy' type='raw'/><source dev='/dev/vg/a'/>",
     NULL},
    {"name='qemu' type='raw'", "name='qemu' type='qcow2'", NULL},
    {"file='/c'", "file='/d'", NULL},
    {"bridge='br0'", "bridge='br1'", NULL},
    {"<on_reboot>restart<", "<on_reboot>destroy<", NULL},
    {"passwd='old'", "passwd='new'", NULL},
    {"port='5901'", "port='-1'", NULL},
    {"<boot dev='hd'/>", "<boot dev='cdrom'/>", NULL},
    {"<devices>", "<metadata><x xmlns='urn:x'/></metadata><devices>", NULL},
    {"<memory unit='MiB'>256<", "<title>a title</title><memory unit='MiB'>256<", NULL},
    {"<serial type='pty'>", "<serial type='file'><source path='/var/log/web'/>", NULL},
    {"<vcpu current='1'>2</vcpu>",
     "<vcpu current='1' cpuset='0'>2</vcpu><cputune><shares>512</shares></cputune>", NULL},
    {"<name>web<", "<name>wob<", "<name>"},
    {"11111111-", "21111111-", "<uuid>"},
    {"'MiB'>256<", "'MiB'>257<", "<memory>"},
    {"'MiB'>128<", "'MiB'>129<", "<currentMemory>"},
    {"<vcpu current='1'>2<", "<vcpu current='1'>3<", "<vcpu>"},
    {"<vcpu current='1'>2<", "<vcpu current='2'>2<", "<vcpu current='...'>"},
    {"machine='xenfv'>hvm</type><boot dev='hd'/>",
     "machine='xenpvh'>xenpvh</type><kernel>/k</kernel>", "<os><type>"},
    {"<acpi/>", "", "b_info.acpi"},
    {"dev='hda'", "dev='xvda'", "<disk>"},
    {"<target dev='hda'/>", "<target dev='hda'/><readonly/>", "<disk>"},
    {"device='cdrom'", "device='disk'", "<disk>"},
    {"</disk><disk",
     "</disk><disk type='file' device='disk'><source file='/n'/><target dev='hdb'/></disk><disk",
     "<disk>: the saved guest has 2 of them, and cannot have 3"},
    {"00:16:3e:00:00:01", "00:16:3e:00:00:02", "<interface>"},
    {"type='e1000'", "type='rtl8139'", "<interface>"},
    {"<serial type='pty'><target port='0'/></serial>", "",
     "<serial>: the saved guest has 1 of them, and cannot have 0"},
    {"</devices>", "<sound model='ac97'/></devices>", "b_info.type.hvm.soundhw"},
};

static struct domain_def *
parse(const char *xml)
{
    struct domain_def *def;
    struct err         err;

    ck_assert_msg(domain_def_parse(xml, strlen(xml), &def, &err) == 0, "%s", err.message);
    return def;
}

static struct domain_def *
parse_changed(const char *from, const char *to)
{
    const char        *at = strstr(saved, from);
    cleanup_free char *changed = NULL;

    ck_assert_msg(at, "%s", from);
    changed = xasprintf("%.*s%s%s", (int)(at - saved), saved, to, at + strlen(from));
    return parse(changed);
}

START_TEST(what_the_guest_does_not_see_may_differ_and_what_it_runs_on_may_not)
{
    struct domain_def *then = parse(saved), *now = parse_changed(cases[_i].from, cases[_i].to);
    struct err         err = {.message = ""};
    int                r = domain_def_check_same_machine(then, now, &err);

    ck_assert_msg((r == 0) == !cases[_i].refused, "%s -> %s: %s", cases[_i].from, cases[_i].to,
                  err.message);
    if (r < 0) {
        ck_assert_int_eq(err.code, ERR_CONFIG_UNSUPPORTED);
        ck_assert_msg(strstr(err.message, cases[_i].refused), "%s", err.message);
    }
    domain_def_free(then);
    domain_def_free(now);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("same-machine");
    TCase   *tc = tcase_create("same-machine");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_loop_test(tc, what_the_guest_does_not_see_may_differ_and_what_it_runs_on_may_not, 0,
                        (int)array_size(cases));
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
