check_PROGRAMS += tests/base/test-base
TESTS += tests/base/test-base
tests_base_test_base_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_base_test_base_LDADD = base/libbase.a $(CHECK_LIBS)
