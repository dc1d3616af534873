conf_tests = tests/conf/test-capabilities tests/conf/test-cases tests/conf/test-change tests/conf/test-device tests/conf/test-native tests/conf/test-tables tests/conf/test-domain-format \
	tests/conf/test-domain-parse tests/conf/test-libxl tests/conf/test-same-machine tests/conf/test-whole
check_PROGRAMS += $(conf_tests)
TESTS += $(conf_tests)

check_LIBRARIES += tests/conf/libdata.a
tests_conf_libdata_a_SOURCES = tests/conf/data.c tests/conf/data.h
tests_conf_libdata_a_CPPFLAGS = $(AM_CPPFLAGS) -DDATA_FOLDER='"$(abs_top_srcdir)/tests/conf/data"'
tests_conf_libdata_a_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)

conf_test_ldadd = tests/conf/libdata.a conf/libconf.a base/libbase.a $(LIBXML_LIBS) \
	$(XENLIGHT_LIBS) $(CHECK_LIBS)
tests_conf_test_capabilities_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_capabilities_LDADD = $(conf_test_ldadd)
tests_conf_test_cases_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_cases_LDADD = $(conf_test_ldadd)
tests_conf_test_change_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_change_LDADD = $(conf_test_ldadd)
tests_conf_test_device_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_device_LDADD = $(conf_test_ldadd)
tests_conf_test_domain_format_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_domain_format_LDADD = $(conf_test_ldadd)
tests_conf_test_domain_parse_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_domain_parse_LDADD = $(conf_test_ldadd)
tests_conf_test_native_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_native_LDADD = $(conf_test_ldadd)
tests_conf_test_tables_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/conf
tests_conf_test_tables_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_tables_LDADD = $(conf_test_ldadd)
tests_conf_test_libxl_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_libxl_LDADD = $(conf_test_ldadd)
tests_conf_test_same_machine_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_same_machine_LDADD = $(conf_test_ldadd)
tests_conf_test_whole_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_conf_test_whole_LDADD = $(conf_test_ldadd)

dist_check_SCRIPTS += tests/conf/check-schema.sh
TESTS += tests/conf/check-schema.sh

EXTRA_DIST += tests/conf/data docs/xml.md

# What the tests expect, written anew from what they see; git shows what that changes.
update-data: $(conf_tests)
	UPDATE_DATA=1 tests/conf/test-cases
	UPDATE_DATA=1 tests/conf/test-domain-format
	UPDATE_DATA=1 tests/conf/test-libxl
	UPDATE_DATA=1 tests/conf/test-native
	UPDATE_DATA=1 tests/conf/test-tables
.PHONY: update-data
