wire_tests = tests/wire/test-bounds tests/wire/test-frame tests/wire/test-procs \
	tests/wire/test-record
check_PROGRAMS += $(wire_tests) tests/wire/print-protocol
TESTS += $(wire_tests) tests/wire/check-protocol.sh
dist_check_SCRIPTS += tests/wire/check-protocol.sh
EXTRA_DIST += tests/wire/protocol.txt tests/wire/data

wire_test_libs = $(wire_libs) base/libbase.a $(TIRPC_LIBS) $(CHECK_LIBS)
tests_wire_test_bounds_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/wire
tests_wire_test_bounds_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_wire_test_bounds_LDADD = $(wire_test_libs)
tests_wire_test_frame_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_wire_test_frame_LDADD = $(wire_test_libs)
tests_wire_test_procs_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_wire_test_procs_LDADD = $(wire_test_libs)
tests_wire_test_record_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_wire_test_record_LDADD = $(wire_test_libs)
tests_wire_print_protocol_LDADD = $(wire_libs) base/libbase.a $(TIRPC_LIBS)

# After an addition: the table that the protocol is held to.
update-protocol: tests/wire/print-protocol
	top_srcdir='$(top_srcdir)' $(srcdir)/tests/wire/check-protocol.sh --update
.PHONY: update-protocol
