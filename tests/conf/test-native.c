/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl.cfg(5) in and out.  data/cases/cfg/X.cfg becomes the configuration in X.json and the XML in
 * X.out.xml.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/libxl.h"
#include "data.h"

static const char *const cases[] = {"pv-direct-kernel", "pv-pygrub-tuned", "hvm-uefi", "pvh",
                                    "hvm-stubdom",      "hvm-full",        "pv-full",  "hvm-old",
                                    "pv-screen"};

/* Of data/, and of data/cases: what XML says goes to xl.cfg and back. */
static const char *const definitions[] = {"pv-kernel",
                                          "pv-pygrub",
                                          "pvh",
                                          "hvm",
                                          "cases/qubes-hvm-stubdom",
                                          "cases/qubes-pvh-tsc",
                                          "cases/pv-e820-passthrough",
                                          "cases/cputune-shares-pin",
                                          "cases/hvm-cpuid-nested",
                                          "cases/xenbus-limits",
                                          "cases/pv-channels",
                                          "cases/hvm-slic-sound-usb",
                                          "cases/usbctrl",
                                          "cases/multi-serial",
                                          "cases/serial-file",
                                          "cases/rbd-disk",
                                          "cases/htcondor-root",
                                          "cases/bootloader-args-quoted",
                                          "cases/boot-order-per-device",
                                          "cases/suse-ovmf-nvram",
                                          "cases/two-devices-sections",
                                          "cases/seclabel-flask",
                                          "cases/clock-adjustment",
                                          "cases/nbd-ceph-auth",
                                          "cases/ovs-vlan",
                                          "cases/hostdevs",
                                          "cases/spice-sdl",
                                          "cases/serial-kinds",
                                          "cases/xen-commandline"};

START_TEST(an_xl_cfg_becomes_the_configuration_and_the_xml_that_the_files_have)
{
    cleanup_free char  *in = xasprintf("cases/cfg/%s.cfg", cases[_i]);
    cleanup_free char  *out = xasprintf("cases/cfg/%s.json", cases[_i]);
    cleanup_free char  *xml_out = xasprintf("cases/cfg/%s.out.xml", cases[_i]);
    cleanup_free char  *cfg = data_read(in), *json = NULL, *xml = NULL;
    libxl_domain_config config;
    libxl_string_list   unknown = NULL;
    struct domain_def  *def;
    struct err          err;

    libxl_domain_config_init(&config);
    ck_assert_msg(conf_from_cfg(cfg, strlen(cfg), &config, &unknown, &err) == 0, "%s", err.message);
    json = data_json(&config);
    data_compare(out, json);
    libxl_string_list_dispose(&unknown);
    libxl_domain_config_dispose(&config);
    ck_assert_msg(domain_def_from_native(cfg, strlen(cfg), &def, &err) == 0, "%s", err.message);
    xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    data_compare(xml_out, xml);
    domain_def_free(def);
}
END_TEST

static struct domain_def *
native_of(const char *cfg)
{
    struct domain_def *def;
    struct err         err;

    ck_assert_msg(domain_def_from_native(cfg, strlen(cfg), &def, &err) == 0, "%s", err.message);
    return def;
}

static void
cut_comments(char *cfg)
{
    char *comments = strstr(cfg, "# ignored: ");

    if (comments)
        *comments = '\0';
}

START_TEST(a_definition_is_the_same_after_the_way_to_xl_cfg_and_back)
{
    cleanup_free char *in = xasprintf("%s.xml", definitions[_i]);
    struct domain_def *def = data_parse(in), *back = NULL;
    cleanup_free char *json = data_json_of(def), *again = NULL, *cfg = NULL, *twice = NULL;
    struct err         err;

    ck_assert_int_eq(domain_def_to_native(def, &cfg, &err), 0);
    ck_assert_msg(domain_def_from_native(cfg, strlen(cfg), &back, &err) == 0, "%s in\n%s",
                  err.message, cfg);
    again = data_json_of(back);
    ck_assert_msg(strcmp(json, again) == 0, "%s\n%s\n%s", cfg, json, again);
    ck_assert_msg(!strstr(cfg, "cannot"), "%s", cfg);
    ck_assert_int_eq(domain_def_to_native(back, &twice, &err), 0);
    /* What had no effect is not there any more, and lines have other numbers. */
    cut_comments(cfg);
    cut_comments(twice);
    ck_assert_str_eq(twice, cfg);
    domain_def_free(def);
    domain_def_free(back);
}
END_TEST

static const struct {
    const char   *cfg;
    enum err_code code;
    const char   *message;
} bad[] = {
    {"", ERR_XML, "name is missing"},
    {"name = \"a\"", ERR_XML, "memory is missing"},
    {"name = \"a\"\nmemory = \"x\"", ERR_XML, "memory: is not a valid number"},
    {"name = \"a\"\nmemory = 0", ERR_XML, "memory: 0 is not from 1 to 1073741824"},
    {"name = \"a\"\nmemory = 8\nmaxmem = 4", ERR_XML, "maxmem: is less than memory"},
    {"name = \"a\"\nmemory = 4\nvcpus = 4\nmaxvcpus = 2", ERR_XML, "maxvcpus: is less than vcpus"},
    {"name = \"a\"\nmemory = 4\ntype = \"kvm\"", ERR_XML, "type: 'kvm' is not known"},
    {"name = \"a\"\nmemory = 4\non_crash = \"explode\"", ERR_XML,
     "on_crash: 'explode' is not known"},
    {"name = \"a\"\nmemory = 4\ncpus = \"a\"", ERR_XML,
     "cpus: 'a' is not a list of numbers such as 0-3,^2"},
    {"name = \"a\"\nmemory = 4\nvif = [ 'mac=1' ]", ERR_XML,
     "vif: mac: is not known, or its value is not valid"},
    {"name = \"a\"\nmemory = 4\nvif = [ 'type=red' ]", ERR_XML,
     "vif: type: is not known, or its value is not valid"},
    {"name = \"a\"\nmemory = 4\nvfb = [ 'vncpasswd=S3,CRET' ]", ERR_XML,
     "vfb: an option without a value is not known"},
    {"name = \"a\"\nmemory = 4\nvfb = [ 'vnc pas=S3CRET' ]", ERR_XML,
     "vfb: vnc pas: is not known, or its value is not valid"},
    {"name = \"a\"\nmemory = 4\nvncpasswd = \"S3CRET\n", ERR_XML, "line 3: lexical error"},
    {"name = \"a\"\nmemory = 4\nvncpasswd = \"S3CRET\" \"S3: CRET\"\n", ERR_XML,
     "line 3: syntax error, unexpected STRING, expecting $end"},
    {"name = \"a\"\nmemory = 4\nvncpasswd = S3CRET", ERR_XML,
     "line 3: a value is a number, a string in quotes or a list"},
    {"name = \"a\"\nmemory = 4\ndisk = [ 'vdev=xvda, format=x, target=rbd:a:key=S3CRET' ]", ERR_XML,
     "disk: unknown value for format"},
    {"name = \"a\"\nmemory = 4\ndisk = [ 'rbd:a:key=S3CRET,xvda' ]", ERR_XML,
     "disk: bad disk syntax"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\ndisk = [ '/x,,a,w' ]", ERR_CONFIG_UNSUPPORTED,
     "as domain XML: line 16: <target>: dev 'a' is not a disk name that Xen knows, such as xvda"},
    {"name = \"a\"\nmemory = 4\ndisk = 'phy:/x,xvda,w'", ERR_XML, "disk: is a list: [ ... ]"},
    {"name = \"a\"\nmemory = 4\n\nioports = [ '3f8' ]", ERR_CONFIG_UNSUPPORTED,
     "line 4: ioports: is not supported"},
    {"name = \"a\"\nmemory = 4\ncpuid = 'host,blub=0'", ERR_XML, "cpuid: 'blub=0' is not known"},
    {"name = \"a\"\nmemory = 4", ERR_XML, "neither kernel nor bootloader is given"},
    {"name = \"a\"\nmemory = 4\nbuilder = \"linux\"", ERR_XML, "builder: 'linux' is not known"},
    {"name = \"a\"\nmemory = 4\nbuilder = \"hvm\"\ntype = \"pv\"", ERR_XML,
     "builder: 'hvm' is not of type 'pv'"},
    {"name = \"a\"\nmemory = 4\ntype = \"hvm\"\nviridian = [ \"!all\" ]", ERR_XML,
     "viridian: '!all' is not known"},
    {"name = \"a\"\nmemory = 4\nlatency = 5", ERR_CONFIG_UNSUPPORTED,
     "line 3: latency: is not supported"},
    {"name = \"a\"\nmemory = 4\ntype = \"hvm\"\nspice = 1\nspiceport = 6000", ERR_XML,
     "spicepasswd: is needed, or spicedisable_ticketing = 1"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\npci = [ '01:00.*' ]", ERR_XML,
     "pci: all functions at once are not supported: name each function"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nusbdev = [ 'hostbus=1,hostaddr=0' ]", ERR_XML,
     "usbdev: hostaddr: is not known, or its value is not valid"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nusbdev = [ 'hostbus=1,hostaddr=256' ]", ERR_XML,
     "usbdev: hostaddr: is not known, or its value is not valid"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nusbdev = [ 'hostbus=1,hostaddr=1a' ]", ERR_XML,
     "usbdev: hostaddr: is not known, or its value is not valid"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nvif = [ 'type=ioemu' ]", ERR_XML,
     "vif: type=ioemu: only an HVM guest has emulated cards"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\ntype = 'pvh'\nvif = [ 'type=ioemu' ]", ERR_XML,
     "vif: type=ioemu: only an HVM guest has emulated cards"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\ncpus = 'all,b'", ERR_XML,
     "cpus: 'all,b' is not a list of numbers such as 0-3,^2"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\ncpus = '^all'", ERR_XML,
     "cpus: '^all' is not a list of numbers such as 0-3,^2"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\ncpus_soft = [ '0', '1,^node:0' ]", ERR_XML,
     "cpus_soft: nodes are not supported here: name the CPUs"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nvfb = [ 'sdl=1' ]", ERR_XML,
     "vfb: SDL and VNC together are not supported (vnc=0 switches VNC off)"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nvnc = 1\nsdl = 1", ERR_XML,
     "vfb: SDL and VNC together are not supported (vnc=0 switches VNC off)"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nusbctrl = [ 'colour=red' ]", ERR_XML,
     "usbctrl: colour: is not known, or its value is not valid"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nfirmware = 'pvgrub64'", ERR_XML,
     "firmware: pvgrub: name its file as kernel = ..."},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nfirmware = 'x'", ERR_XML,
     "firmware: 'x' is not known"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nvcpus = [ 1 ]", ERR_XML,
     "vcpus: is a list but should be a single value"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nlocaltime = 'yes'", ERR_XML,
     "localtime: is not a valid number"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\npci = [ 'x' ]", ERR_XML, "pci: is not valid"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\ncpuid = 'tm=0'", ERR_XML,
     "cpuid: the first word is host"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\ncpuid = 'tm=0,host'", ERR_XML,
     "cpuid: the first word is host"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nvif = [ 'mtu=abc' ]", ERR_XML,
     "vif: mtu: is not known, or its value is not valid"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nvif = [ 'mtu=15x' ]", ERR_XML,
     "vif: mtu: is not known, or its value is not valid"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\nvif = [ 'mtu=-1' ]", ERR_XML,
     "vif: mtu: is not known, or its value is not valid"},
    {"name = \"a\"\nmemory = 4\ntype = \"hvm\"\ngfx_passthru = 1", ERR_CONFIG_UNSUPPORTED,
     "line 4: gfx_passthru: is not supported"},
    {"name = \"a\"\nmemory = 4\ntype = \"hvm\"\ngfx_passthru = 00x1", ERR_CONFIG_UNSUPPORTED,
     "line 4: gfx_passthru: is not supported"},
    {"name = \"a\"\nmemory = 4\ntype = \"hvm\"\naltp2mhvm = 0\naltp2mhvm = 1",
     ERR_CONFIG_UNSUPPORTED, "line 5: altp2mhvm: is not supported"},
    {"name = \"a\"\nmemory = 4\ntype = \"hvm\"\nclaim_mode = 0", ERR_CONFIG_UNSUPPORTED,
     "line 4: claim_mode: is not supported"},
    {"name = \"a\"\nmemory = 4\nkernel = '/k'\ntimer_mode = 1", ERR_XML,
     "timer_mode: a PV guest has none"},
    {"name = \"a\"\nmemory = 4\ntype = \"hvm\"\nmmio_hole = 5", ERR_XML,
     "mmio_hole: 5 is not from 256 to 3840"},
    {"name = \"a\"\nmemory = 4\ntype = \"hvm\"\nmmio_hole = 3841", ERR_XML,
     "mmio_hole: 3841 is not from 256 to 3840"},
    {"name = \"a\"\nmemory = 4\nbootloader = ''", ERR_XML,
     "neither kernel nor bootloader is given"},
    {"import os\nname = 'a'\n", ERR_XML, "line 1: 'import': a line is key = value"},
    {"name = 'a'\ndef f():\n    return 1\n", ERR_XML, "line 2: 'def': a line is key = value"},
    {"name = 'a\xff'\n", ERR_XML, "the text is not valid UTF-8"},
};

START_TEST(an_xl_cfg_that_cannot_be_obeyed_is_refused)
{
    struct domain_def *def = NULL;
    struct err         err = {0};

    ck_assert_int_eq(domain_def_from_native(bad[_i].cfg, strlen(bad[_i].cfg), &def, &err), -1);
    ck_assert_str_eq(err.message, bad[_i].message);
    ck_assert_int_eq(err.code, bad[_i].code);
    ck_assert_ptr_null(def);
}
END_TEST

START_TEST(what_xl_passes_over_and_what_xml_cannot_say_is_noted)
{
    static const char  cfg[] = "name = 'a'\nmemory = 4\nkernel = '/k'\ndhcp = 'dhcp'\n"
                               "on_watchdog = 'restart' # with key = 'in a comment'\n"
                               "extra = \"key = 'in a string'\"\n";
    struct domain_def *def;
    struct err         err;
    cleanup_free char *xml = NULL;

    ck_assert_msg(domain_def_from_native(cfg, strlen(cfg), &def, &err) == 0, "%s", err.message);
    xml = domain_def_format(def, NULL, 0);
    ck_assert_uint_eq(def->n_notes, 2);
    ck_assert_str_eq(def->notes[0].message, "xl.cfg: the XML cannot say on_watchdog");
    ck_assert_str_eq(def->notes[1].message, "xl.cfg: dhcp is not known");
    ck_assert_ptr_nonnull(strstr(xml, "<!-- xl.cfg: dhcp is not known -->"));
    domain_def_free(def);

    ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), 0);
    ck_assert_uint_eq(def->n_notes, 2);
    ck_assert_str_eq(def->notes[0].message, "xl.cfg: the XML cannot say on_watchdog");
    ck_assert_str_eq(def->notes[1].message, "xl.cfg: dhcp is not known");
    domain_def_free(def);
}
END_TEST

START_TEST(a_password_with_a_comma_is_whole)
{
    static const char  cfg[] = "name = 'a'\nmemory = 4\nkernel = '/k'\nvnc = 1\n"
                               "vncpasswd = 'S3,CRET'\n";
    struct domain_def *def;
    struct err         err;
    cleanup_free char *xml = NULL;

    ck_assert_msg(domain_def_from_native(cfg, strlen(cfg), &def, &err) == 0, "%s", err.message);
    xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    ck_assert_ptr_nonnull(strstr(xml, "passwd='S3,CRET'"));
    domain_def_free(def);
}
END_TEST

/* libxl would work it out, and has other figures then. */
START_TEST(memory_that_was_given_for_shadow_pages_is_said_to_be_lost)
{
    static const char  cfg[] = "name = 'a'\nmemory = 4\ntype = 'hvm'\nshadow_memory = 8\n";
    struct domain_def *def = native_of(cfg);

    ck_assert_uint_eq(def->n_notes, 1);
    ck_assert_str_eq(def->notes[0].message, "xl.cfg: the XML cannot say b_info.shadow_memkb");
    domain_def_free(def);
}
END_TEST

START_TEST(an_action_that_json_omits_is_said_to_be_lost)
{
    static const char  cfg[] = "name = 'a'\nmemory = 4\nkernel = '/k'\n"
                               "on_soft_reset = 'destroy'\nlocaltime = 0\n";
    struct domain_def *def = native_of(cfg);

    ck_assert_uint_eq(def->n_notes, 1);
    ck_assert_str_eq(def->notes[0].message, "xl.cfg: the XML cannot say on_soft_reset");
    domain_def_free(def);
}
END_TEST

START_TEST(what_of_the_xml_has_no_effect_is_in_comments_of_xl_cfg)
{
    static const char  xml[] = "<domain type='xen'><name>a</name><memory unit='MiB'>4</memory>"
                               "<os><type>linux</type><kernel>/k</kernel></os><devices>"
                               "<watchdog model='x&#10;y'/><console type='pty' a='b'/></devices>\n"
                               "<!-- xl.cfg: x\nname = 'evil' --><!-- theirs --></domain>";
    struct domain_def *def;
    struct err         err;
    cleanup_free char *cfg = NULL;

    ck_assert_msg(domain_def_parse(xml, strlen(xml), &def, &err) == 0, "%s", err.message);
    ck_assert_int_eq(domain_def_to_native(def, &cfg, &err), 0);
    ck_assert_ptr_nonnull(
        strstr(cfg, "\n# ignored: line 1: <watchdog>: Xen's watchdog needs no device\n"
                    "# ignored: line 1: <console>: the attribute a is not known here\n"));
    ck_assert_ptr_null(strstr(cfg, "\nname = 'evil'"));
    ck_assert_ptr_null(strstr(cfg, "theirs"));
    domain_def_free(def);
}
END_TEST

/* As JSON it would be millions of lines: half a minute, and gigabytes. */
START_TEST(the_affinity_of_a_thousand_virtual_cpus_is_compared_in_time)
{
    static const char  cfg[] = "name = 'a'\nmemory = 4\nkernel = '/k'\nvcpus = 1024\n"
                               "cpus = '0-4094,^3'\n";
    struct domain_def *def;
    struct err         err;
    cleanup_free char *text = NULL;

    ck_assert_msg(domain_def_from_native(cfg, strlen(cfg), &def, &err) == 0, "%s", err.message);
    ck_assert_uint_eq(def->n_notes, 0);
    ck_assert_msg(domain_def_to_native(def, &text, &err) == 0, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(text, "\"0-2,4-4094\""));
    domain_def_free(def);
}
END_TEST

/* The configuration of cfg, the caller's to dispose of. */
static libxl_domain_config
config_of(const char *cfg)
{
    libxl_domain_config config;
    libxl_string_list   unknown = NULL;
    struct err          err;

    libxl_domain_config_init(&config);
    ck_assert_msg(conf_from_cfg(cfg, strlen(cfg), &config, &unknown, &err) == 0, "%s", err.message);
    libxl_string_list_dispose(&unknown);
    return config;
}

START_TEST(the_numbers_of_a_usb_device_are_of_the_base_that_xl_takes_them_in)
{
    libxl_domain_config config =
        config_of("name = 'a'\nmemory = 4\nkernel = '/k'\n"
                  "usbdev = [ 'hostbus=010,hostaddr=0x0a', 'hostbus=1,hostaddr=255' ]\n");

    ck_assert_int_eq(config.usbdevs[0].u.hostdev.hostbus, 8);
    ck_assert_int_eq(config.usbdevs[0].u.hostdev.hostaddr, 10);
    ck_assert_int_eq(config.usbdevs[1].u.hostdev.hostaddr, 255);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(firmware_wins_over_bios_and_firmware_override)
{
    libxl_domain_config config =
        config_of("name = 'a'\nmemory = 4\ntype = 'hvm'\nfirmware = 'ovmf'\n"
                  "bios = 'seabios'\nfirmware_override = '/old'\n");

    ck_assert_int_eq(config.b_info.u.hvm.bios, LIBXL_BIOS_TYPE_OVMF);
    ck_assert_str_eq(config.b_info.u.hvm.firmware, "/old");
    libxl_domain_config_dispose(&config);
    config = config_of("name = 'a'\nmemory = 4\ntype = 'hvm'\nfirmware = '/new'\n"
                       "bios = 'seabios'\nfirmware_override = '/old'\n");
    ck_assert_int_eq(config.b_info.u.hvm.bios, LIBXL_BIOS_TYPE_SEABIOS);
    ck_assert_str_eq(config.b_info.u.hvm.firmware, "/new");
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(a_pv_guest_with_a_pci_device_has_the_hosts_e820_whatever_it_says)
{
    libxl_domain_config config = config_of("name = 'a'\nmemory = 4\nkernel = '/k'\n"
                                           "e820_host = 0\npci = [ '01:00.0' ]\n");

    ck_assert(libxl_defbool_val(config.b_info.u.pv.e820_host));
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(all_is_a_list_of_cpus_too_and_may_be_part_of_one)
{
    static const char  cfg[] = "name = 'a'\nmemory = 4\nkernel = '/k'\nvcpus = 3\n"
                               "cpus = [ 'all', '0', 'all,^3' ]\n";
    struct domain_def *def;
    struct err         err;
    cleanup_free char *text = NULL;

    ck_assert_msg(domain_def_from_native(cfg, strlen(cfg), &def, &err) == 0, "%s", err.message);
    ck_assert_uint_eq(def->n_notes, 0);
    ck_assert_msg(domain_def_to_native(def, &text, &err) == 0, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(text, "\ncpus = [ \"all\", \"0\", \"0-2,4-4095\" ]\n"));
    ck_assert_ptr_null(strchr(text, '#'));
    domain_def_free(def);
}
END_TEST

START_TEST(a_map_of_all_cpus_says_nothing_that_the_xml_could_not_say)
{
    static const char  cfg[] = "name = 'a'\nmemory = 4\nkernel = '/k'\n"
                               "cpus = '0'\ncpus_soft = [ 'all' ]\n";
    struct domain_def *def = native_of(cfg);

    ck_assert_uint_eq(def->n_notes, 0);
    domain_def_free(def);
}
END_TEST

START_TEST(a_string_with_control_characters_can_be_read_again)
{
    static const char   odd[] = "\x01 \a\b\t\n\v\f\r \x1b \x7f \" \\ ' \\n";
    libxl_domain_config config = config_of("name = 'a'\nmemory = 4\nkernel = '/k'\n"), back;
    cleanup_free char  *cfg = NULL;

    config.b_info.cmdline = xstrdup(odd);
    cfg = conf_to_cfg(&config);
    ck_assert_ptr_null(strchr(cfg, '#'));
    ck_assert_ptr_nonnull(strstr(cfg, "\\a\\b\\t\\n\\v\\f\\r"));
    back = config_of(cfg);
    ck_assert_str_eq(back.b_info.cmdline, odd);
    libxl_domain_config_dispose(&config);
    libxl_domain_config_dispose(&back);
}
END_TEST

START_TEST(a_value_that_would_be_options_of_its_own_is_left_out_and_named)
{
    static const char *const odd[] = {"x,vnclisten=0.0.0.0", "x\ny", " x", "x\t"};
    libxl_domain_config      config = config_of("name = 'a'\nmemory = 4\nkernel = '/k'\n"
                                                     "vfb = [ 'vnc=1' ]\nvif = [ 'mac=00:16:3e:00:00:01' ]\n"
                                                     "disk = [ 'vdev=xvda,target=/a' ]\n");

    free(config.disks[0].pdev_path);
    config.disks[0].pdev_path = xstrdup("/a,b");
    for (size_t i = 0; i < array_size(odd); i++) {
        cleanup_free char *cfg = NULL;

        free(config.vfbs[0].vnc.passwd);
        config.vfbs[0].vnc.passwd = xstrdup(odd[i]);
        free(config.nics[0].bridge);
        config.nics[0].bridge = xstrdup(odd[i]);
        cfg = conf_to_cfg(&config);
        ck_assert_ptr_nonnull(strstr(cfg, "\nvfb = [ \"vnc=1\" ]\n"));
        ck_assert_ptr_nonnull(strstr(cfg, "\nvif = [ \"mac=00:16:3e:00:00:01\" ]\n"));
        ck_assert_ptr_nonnull(strstr(cfg, ",target=/a,b\" ]\n"));
        ck_assert_str_eq(strchr(cfg, '#'), "# xl.cfg cannot say: nics[0].bridge\n"
                                           "# xl.cfg cannot say: vfbs[0].vnc.passwd\n");
    }
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(what_xl_cfg_says_and_the_guest_does_not_is_named_too)
{
    libxl_domain_config config = config_of("name = 'a'\nmemory = 4\nkernel = '/k'\n"
                                           "pci = [ '01:00.0' ]\n");
    cleanup_free char  *same = conf_to_cfg(&config), *cfg = NULL;

    ck_assert_ptr_null(strchr(same, '#'));
    config.b_info.u.pv.e820_host = (libxl_defbool){0};
    cfg = conf_to_cfg(&config);
    ck_assert_str_eq(strchr(cfg, '#'), "# xl.cfg cannot leave out: b_info.type.pv.e820_host\n");
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(what_xl_passes_over_in_a_device_is_noted_without_its_value)
{
    static const char cfg[] =
        "name = 'a'\nmemory = 4\nkernel = '/k'\n"
        "vfb = [ 'type=vnc,vncunused=0,vncdisplay=1,vncpaswd=S3CRET,vncpasswd=x' ]\n"
        "vif = [ 'forwarddev=eth7,mac=00:16:3e:00:00:01' ]\n"
        "channel = [ 'name=n,connection=pty,colour=red' ]\n";
    struct domain_def *def;
    struct err         err;
    cleanup_free char *xml = NULL;

    ck_assert_msg(domain_def_from_native(cfg, strlen(cfg), &def, &err) == 0, "%s", err.message);
    ck_assert_uint_eq(def->n_notes, 3);
    ck_assert_str_eq(def->notes[0].message, "xl.cfg: vif: forwarddev is not known");
    ck_assert_str_eq(def->notes[1].message, "xl.cfg: vfb: vncpaswd is not known");
    ck_assert_str_eq(def->notes[2].message, "xl.cfg: channel: colour is not known");
    xml = domain_def_format(def, NULL, DOMAIN_XML_SECURE);
    ck_assert_ptr_nonnull(strstr(xml, "passwd='x'"));
    ck_assert_ptr_nonnull(strstr(xml, "00:16:3e:00:00:01"));
    ck_assert_ptr_null(strstr(xml, "S3CRET"));
    domain_def_free(def);
}
END_TEST

START_TEST(whatever_is_not_0_is_true)
{
    libxl_domain_config config = config_of("name = 'a'\nmemory = 4\nkernel = '/k'\nvnc = 2\n"
                                           "pci_permissive = 2\npci_seize = 0\n"
                                           "pci = [ '01:00.0' ]\n");

    ck_assert_int_eq(config.num_vfbs, 1);
    ck_assert(config.pcidevs[0].permissive);
    ck_assert(!config.pcidevs[0].seize);
    libxl_domain_config_dispose(&config);
    config = config_of("name = 'a'\nmemory = 4\ntype = 'hvm'\nvnc = 2\nstdvga = 2\n");
    ck_assert(libxl_defbool_val(config.b_info.u.hvm.vnc.enable));
    ck_assert_int_eq(config.b_info.u.hvm.vga.kind, LIBXL_VGA_INTERFACE_TYPE_STD);
    libxl_domain_config_dispose(&config);
}
END_TEST

START_TEST(a_key_may_have_a_dot)
{
    static const char  cfg[] = "name = 'a'\nmemory = 4\nkernel = '/k'\na.b = 1\n";
    struct domain_def *def = native_of(cfg);

    ck_assert_uint_eq(def->n_notes, 1);
    ck_assert_str_eq(def->notes[0].message, "xl.cfg: a.b is not known");
    domain_def_free(def);
}
END_TEST

START_TEST(what_is_not_supported_may_be_switched_off)
{
    static const char  cfg[] = "name = 'a'\nmemory = 4\ntype = 'hvm'\n"
                               "gfx_passthru=0;altp2mhvm = 0 # off\nclaim_mode = 1";
    struct domain_def *def = native_of(cfg);

    ck_assert_uint_eq(def->n_notes, 0);
    domain_def_free(def);
}
END_TEST

START_TEST(an_empty_string_is_none)
{
    static const char *const cfgs[] = {"name = 'a'\nmemory = 4\nkernel = '/k'\nextra = ''\n"
                                       "ramdisk = ''\nbootloader = ''\n",
                                       "name = 'a'\nmemory = 4\ntype = 'hvm'\nsoundhw = ''\n"};

    for (size_t i = 0; i < array_size(cfgs); i++) {
        struct domain_def *def;
        struct err         err;
        cleanup_free char *cfg = NULL;

        ck_assert_msg(domain_def_from_native(cfgs[i], strlen(cfgs[i]), &def, &err) == 0, "%s",
                      err.message);
        ck_assert_uint_eq(def->n_notes, 0);
        ck_assert_int_eq(domain_def_to_native(def, &cfg, &err), 0);
        ck_assert_msg(!strstr(cfg, "\"\"") && !strchr(cfg, '#'), "%s", cfg);
        domain_def_free(def);
    }
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("native");
    TCase   *tc = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_loop_test(tc, an_xl_cfg_becomes_the_configuration_and_the_xml_that_the_files_have, 0,
                        array_size(cases));
    tcase_add_loop_test(tc, a_definition_is_the_same_after_the_way_to_xl_cfg_and_back, 0,
                        array_size(definitions));
    tcase_add_loop_test(tc, an_xl_cfg_that_cannot_be_obeyed_is_refused, 0, array_size(bad));
    tcase_add_test(tc, what_xl_passes_over_and_what_xml_cannot_say_is_noted);
    tcase_add_test(tc, a_password_with_a_comma_is_whole);
    tcase_add_test(tc, memory_that_was_given_for_shadow_pages_is_said_to_be_lost);
    tcase_add_test(tc, an_action_that_json_omits_is_said_to_be_lost);
    tcase_add_test(tc, what_of_the_xml_has_no_effect_is_in_comments_of_xl_cfg);
    tcase_add_test(tc, the_affinity_of_a_thousand_virtual_cpus_is_compared_in_time);
    tcase_add_test(tc, the_numbers_of_a_usb_device_are_of_the_base_that_xl_takes_them_in);
    tcase_add_test(tc, firmware_wins_over_bios_and_firmware_override);
    tcase_add_test(tc, a_pv_guest_with_a_pci_device_has_the_hosts_e820_whatever_it_says);
    tcase_add_test(tc, all_is_a_list_of_cpus_too_and_may_be_part_of_one);
    tcase_add_test(tc, a_map_of_all_cpus_says_nothing_that_the_xml_could_not_say);
    tcase_add_test(tc, a_string_with_control_characters_can_be_read_again);
    tcase_add_test(tc, a_value_that_would_be_options_of_its_own_is_left_out_and_named);
    tcase_add_test(tc, what_xl_cfg_says_and_the_guest_does_not_is_named_too);
    tcase_add_test(tc, what_xl_passes_over_in_a_device_is_noted_without_its_value);
    tcase_add_test(tc, whatever_is_not_0_is_true);
    tcase_add_test(tc, a_key_may_have_a_dot);
    tcase_add_test(tc, what_is_not_supported_may_be_switched_off);
    tcase_add_test(tc, an_empty_string_is_none);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
