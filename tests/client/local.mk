client_tests = tests/client/test-reconnect tests/client/test-jobs tests/client/test-dom0ctl \
	tests/client/test-console tests/client/test-guests tests/client/test-parts
client_tests_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
client_tests_ldadd = $(client_libs) $(TIRPC_LIBS) $(CHECK_LIBS)

check_PROGRAMS += $(client_tests)
TESTS += $(client_tests)

tests_client_test_parts_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/client
tests_client_test_parts_CFLAGS = $(client_tests_cflags)
tests_client_test_parts_LDADD = $(client_tests_ldadd)

# These run the program itself, against a daemon that they play.
tests_client_test_dom0ctl_SOURCES = tests/client/test-dom0ctl.c tests/client/scene.c \
	tests/client/scene.h
tests_client_test_dom0ctl_CFLAGS = $(client_tests_cflags)
tests_client_test_dom0ctl_LDADD = $(client_tests_ldadd)
tests_client_test_console_SOURCES = tests/client/test-console.c tests/client/scene.c \
	tests/client/scene.h
tests_client_test_console_CFLAGS = $(client_tests_cflags)
tests_client_test_console_LDADD = $(client_tests_ldadd)
tests_client_test_guests_SOURCES = tests/client/test-guests.c tests/client/scene.c \
	tests/client/scene.h
tests_client_test_guests_CFLAGS = $(client_tests_cflags)
tests_client_test_guests_LDADD = $(client_tests_ldadd)
tests_client_test_jobs_SOURCES = tests/client/test-jobs.c tests/client/scene.c tests/client/scene.h
tests_client_test_jobs_CFLAGS = $(client_tests_cflags)
tests_client_test_jobs_LDADD = $(client_tests_ldadd)
tests_client_test_reconnect_SOURCES = tests/client/test-reconnect.c tests/client/scene.c \
	tests/client/scene.h
tests_client_test_reconnect_CFLAGS = $(client_tests_cflags)
tests_client_test_reconnect_LDADD = $(client_tests_ldadd)
