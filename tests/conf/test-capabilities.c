/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/capabilities.h"

/* What an XPath expression says of a document, as a string; the caller's to free. */
static char *
look(const char *xml, const char *expression)
{
    xmlDoc            *doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, 0);
    xmlXPathContext   *context;
    cleanup_free char *wrapped = xasprintf("string(%s)", expression);
    xmlXPathObject    *object;
    char              *result;

    ck_assert_ptr_nonnull(doc);
    context = xmlXPathNewContext(doc);
    object = xmlXPathEvalExpression((const xmlChar *)wrapped, context);
    ck_assert_ptr_nonnull(object);
    result = xstrdup((const char *)object->stringval);
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
    return result;
}

static void
expect(const char *xml, const char *expression, const char *value)
{
    cleanup_free char *found = look(xml, expression);

    ck_assert_msg(strcmp(found, value) == 0, "%s is '%s', not '%s', in:\n%s", expression, found,
                  value, xml);
}

static struct host_info
big_host(void)
{
    return (struct host_info){.cpu_model = "x86_64",
                              .memory_kib = 8388608,
                              .cpus = 4,
                              .nodes = 1,
                              .sockets = 1,
                              .cores = 2,
                              .threads = 2,
                              .max_cpus = 4096,
                              .xen_major = 4,
                              .xen_minor = 17,
                              .cap_pv = true,
                              .cap_pvh = true,
                              .cap_hvm = true,
                              .cap_hap = true,
                              .uuid = {0x12}};
}

START_TEST(capabilities_say_what_the_host_is)
{
    struct host_info   host = big_host();
    cleanup_free char *xml = capabilities_format(&host);

    expect(xml, "/capabilities/host/uuid", "12000000-0000-0000-0000-000000000000");
    expect(xml, "/capabilities/host/cpu/arch", "x86_64");
    expect(xml, "/capabilities/host/cpu/topology/@cores", "2");
    expect(xml, "/capabilities/host/topology/cells/@num", "1");
    expect(xml, "//cell/memory[@unit='KiB']", "8388608");
    expect(xml, "count(//cell/cpus/cpu)", "4");
    expect(xml, "//cell/cpus/cpu[4]/@id", "3");
}
END_TEST

START_TEST(capabilities_name_the_guests_that_can_run)
{
    struct host_info   host = big_host();
    cleanup_free char *xml = capabilities_format(&host);

    expect(xml, "count(/capabilities/guest)", "3");
    expect(xml, "/capabilities/guest[os_type='xen']/arch[@name='x86_64']/machine", "xenpv");
    expect(xml, "/capabilities/guest[os_type='xenpvh']/arch[@name='x86_64']/machine", "xenpvh");
    expect(xml, "/capabilities/guest[os_type='hvm']/arch[@name='x86_64']/machine", "xenfv");
    expect(xml, "count(/capabilities/guest/arch/domain[@type='xen'])", "3");
    expect(xml, "count(/capabilities/guest/arch[wordsize='64'])", "3");
    expect(xml, "count(/capabilities/guest/arch[starts-with(emulator, '/')])", "3");
    expect(xml, "count(//loader)", "1");
    expect(xml, "count(//guest[os_type='hvm']/features[pae and acpi and apic and hap])", "1");
}
END_TEST

START_TEST(a_host_without_hvm_offers_only_pv)
{
    struct host_info   host = big_host();
    cleanup_free char *xml = NULL;

    host.cap_hvm = host.cap_pvh = host.cap_hap = false;
    xml = capabilities_format(&host);
    expect(xml, "count(/capabilities/guest)", "1");
    expect(xml, "/capabilities/guest/os_type", "xen");
    ck_assert_ptr_null(domain_capabilities_format(&host, NULL, NULL, "xenfv", NULL));
    ck_assert_ptr_null(domain_capabilities_format(&host, NULL, NULL, "xenpvh", NULL));
}
END_TEST

START_TEST(a_host_of_which_nothing_is_known_has_capabilities_too)
{
    struct host_info   host = {0};
    cleanup_free char *xml = capabilities_format(&host);

    expect(xml, "/capabilities/host/cpu/arch", "x86_64");
    expect(xml, "count(//uuid)", "0");
    expect(xml, "count(//cpu/topology)", "0");
    expect(xml, "count(//guest)", "0");
    ck_assert_ptr_null(domain_capabilities_format(&host, NULL, NULL, NULL, NULL));
}
END_TEST

START_TEST(cells_are_told_only_where_there_is_one)
{
    struct host_info   host = big_host();
    cleanup_free char *xml = NULL;

    host.nodes = 2;
    xml = capabilities_format(&host);
    expect(xml, "count(//cells)", "0");
}
END_TEST

START_TEST(domain_capabilities_follow_the_machine)
{
    struct host_info   host = big_host();
    cleanup_free char *any = domain_capabilities_format(&host, NULL, "x86_64", NULL, NULL);
    cleanup_free char *hvm = domain_capabilities_format(&host, "/q&a", NULL, "xenfv", "xen");

    expect(any, "/domainCapabilities/machine", "xenpv");
    expect(any, "/domainCapabilities/domain", "xen");
    expect(any, "/domainCapabilities/vcpu/@max", "512");
    expect(any, "//loader/@supported", "no");
    expect(hvm, "/domainCapabilities/path", "/q&a");
    expect(hvm, "/domainCapabilities/machine", "xenfv");
    expect(hvm, "/domainCapabilities/arch", "x86_64");
    expect(hvm, "/domainCapabilities/vcpu/@max", "128");
    expect(hvm, "count(//disk/enum[@name='bus']/value[.='ide'])", "1");
    expect(hvm, "//graphics/enum/value", "vnc");
}
END_TEST

START_TEST(domain_capabilities_of_what_is_not_there_are_none)
{
    struct host_info host = big_host();

    ck_assert_ptr_null(domain_capabilities_format(&host, NULL, "armv7l", NULL, NULL));
    ck_assert_ptr_null(domain_capabilities_format(&host, NULL, NULL, "q35", NULL));
    ck_assert_ptr_null(domain_capabilities_format(&host, NULL, NULL, NULL, "kvm"));
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("capabilities");
    TCase   *tc = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_test(tc, capabilities_say_what_the_host_is);
    tcase_add_test(tc, capabilities_name_the_guests_that_can_run);
    tcase_add_test(tc, a_host_without_hvm_offers_only_pv);
    tcase_add_test(tc, a_host_of_which_nothing_is_known_has_capabilities_too);
    tcase_add_test(tc, cells_are_told_only_where_there_is_one);
    tcase_add_test(tc, domain_capabilities_follow_the_machine);
    tcase_add_test(tc, domain_capabilities_of_what_is_not_there_are_none);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
