/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/device.h"
#include "conf/libxl.h"
#include "data.h"

static struct domain_device *
parse(const char *xml)
{
    struct domain_device *device = NULL;
    struct err            err;

    ck_assert_msg(
        domain_device_parse(xml, strlen(xml), DOMAIN_PV, DOMAIN_PARSE_VALIDATE, &device, &err) == 0,
        "%s: %s", xml, err.message);
    return device;
}

static struct domain_def *
definition(const char *devices)
{
    cleanup_free char *xml =
        xasprintf("<domain type='xen'><name>a</name><memory>65536</memory><os><type>xen</type>"
                  "</os><devices>%s</devices></domain>",
                  devices);
    struct domain_def *def = NULL;
    struct err         err;

    ck_assert_msg(domain_def_parse(xml, strlen(xml), &def, &err) == 0, "%s", err.message);
    return def;
}

START_TEST(a_device_by_itself_is_read_and_written_by_the_same_rows)
{
    struct domain_device *disk = parse("<disk type='block'><source dev='/dev/x'/>"
                                       "<target dev='xvdb'/><readonly/></disk>");
    struct domain_device *nic = parse("<interface type='bridge'><source bridge='b'/></interface>");
    cleanup_free char    *xml = domain_device_format(disk, 0);

    ck_assert_str_eq(xml, "<disk type='block' device='disk'>\n"
                          "  <source dev='/dev/x'/>\n"
                          "  <target dev='xvdb' bus='xen'/>\n"
                          "  <readonly/>\n"
                          "</disk>\n");
    ck_assert_str_eq(conf_device_disk(disk)->pdev_path, "/dev/x");
    ck_assert_int_eq(conf_device_disk(disk)->readwrite, 0);
    ck_assert_ptr_null(conf_device_nic(disk));
    ck_assert_int_eq(conf_device_nic(nic)->devid, -1);
    ck_assert_int_eq(conf_device_nic(nic)->mac[2], 0x3e);
    domain_device_free(disk);
    domain_device_free(nic);
}
END_TEST

static const struct {
    const char *xml, *message;
} bad[] = {
    {"<video/>", "line 1: <video>: cannot come or go while the guest runs"},
    {"<tpm/>", "line 1: <tpm>: is not supported"},
    {"<x/>", "line 1: <x>: is not a known device"},
    {"<disk><target dev='xvda'/></disk>", "line 1: <disk>: <source file='...'/> is missing"},
    {"<disk><source file='/x'/><target dev='xvda'/><y/></disk>", "line 1: <y>: is not known here"},
};

START_TEST(a_device_that_cannot_be_is_refused)
{
    struct domain_device *device = NULL;
    struct err            err;

    ck_assert_int_eq(domain_device_parse(bad[_i].xml, strlen(bad[_i].xml), DOMAIN_HVM,
                                         DOMAIN_PARSE_VALIDATE, &device, &err),
                     -1);
    ck_assert_str_eq(err.message, bad[_i].message);
    ck_assert_ptr_null(device);
}
END_TEST

static const struct {
    const char *devices, *device;
    int         index; /* -1: none is meant */
} meant[] = {
    {"<disk><source file='/a'/><target dev='xvda'/></disk>"
     "<disk><source file='/b'/><target dev='xvdb'/></disk>",
     "<disk device='disk'><source file='/c'/><target dev='xvdb'/></disk>", 1},
    {"<disk><source file='/a'/><target dev='xvda'/></disk>",
     "<disk><source file='/a'/><target dev='xvdb'/></disk>", -1},
    {"<interface type='ethernet'><mac address='00:16:3E:00:00:01'/></interface>",
     "<interface type='ethernet'><mac address='00:16:3e:00:00:01'/></interface>", 0},
    {"<interface type='ethernet'/>", "<interface type='ethernet'/>", -1},
    {"<hostdev type='usb'><source><address bus='1' device='2'/></source></hostdev>"
     "<hostdev type='pci'><source><address bus='10' slot='2'/></source></hostdev>",
     "<hostdev type='pci'><source><address domain='0' bus='0x0a' slot='0x02' function='0x0'/>"
     "</source></hostdev>",
     0},
    {"<channel type='pty'><target type='xen' name='a'/></channel>",
     "<channel type='pty'><target type='xen' name='b'/></channel>", -1},
};

START_TEST(a_device_is_found_by_what_names_it)
{
    struct domain_def    *def = definition(meant[_i].devices);
    struct domain_device *device = parse(meant[_i].device);
    size_t                index = 99;

    ck_assert_int_eq(domain_def_find_device(def, device, &index), meant[_i].index >= 0);
    if (meant[_i].index >= 0)
        ck_assert_int_eq((int)index, meant[_i].index);
    domain_device_free(device);
    domain_def_free(def);
}
END_TEST

START_TEST(devices_come_into_a_definition_change_and_go)
{
    struct domain_def    *def = definition("");
    struct domain_device *disk = parse("<disk><source file='/a'/><target dev='xvda'/></disk>");
    struct domain_device *other = parse("<disk><source file='/b'/><target dev='xvda'/></disk>");
    struct err            err;
    libxl_domain_config   config;

    ck_assert_int_eq(domain_def_replace_device(def, disk, &err), -1);
    ck_assert_str_eq(err.message, "the domain has no such disk");
    ck_assert_int_eq(domain_def_add_device(def, disk, &err), 0);
    ck_assert_int_eq(domain_def_add_device(def, other, &err), -1);
    ck_assert_str_eq(err.message, "the domain has this disk already");
    ck_assert_int_eq(domain_def_replace_device(def, other, &err), 0);
    data_config(def, &config);
    ck_assert_int_eq(config.num_disks, 1);
    ck_assert_str_eq(config.disks[0].pdev_path, "/b");
    libxl_domain_config_dispose(&config);
    ck_assert_int_eq(domain_def_remove_device(def, disk, &err), 0);
    ck_assert_int_eq(domain_def_remove_device(def, disk, &err), -1);
    data_config(def, &config);
    ck_assert_int_eq(config.num_disks, 0);
    libxl_domain_config_dispose(&config);
    domain_device_free(disk);
    domain_device_free(other);
    domain_def_free(def);
}
END_TEST

START_TEST(a_devices_secret_is_for_those_who_may_see_it)
{
    struct domain_device *disk =
        parse("<disk type='network'><source protocol='rbd' name='p/i'><auth username='u'>"
              "<secret passwd='S3CRET'/></auth></source><target dev='xvda'/></disk>");
    cleanup_free char *hidden = domain_device_format(disk, 0);
    cleanup_free char *shown = domain_device_format(disk, DOMAIN_XML_SECURE);

    ck_assert_ptr_null(strstr(hidden, "S3CRET"));
    ck_assert_ptr_nonnull(strstr(shown, "S3CRET"));
    domain_device_free(disk);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("device");
    TCase   *tc = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_test(tc, a_device_by_itself_is_read_and_written_by_the_same_rows);
    tcase_add_loop_test(tc, a_device_that_cannot_be_is_refused, 0, array_size(bad));
    tcase_add_loop_test(tc, a_device_is_found_by_what_names_it, 0, array_size(meant));
    tcase_add_test(tc, devices_come_into_a_definition_change_and_go);
    tcase_add_test(tc, a_devices_secret_is_for_those_who_may_see_it);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
