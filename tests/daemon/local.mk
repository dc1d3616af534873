# The domain half in a world of fakes: no Xen, no workers, no sockets.
check_PROGRAMS += tests/daemon/test-definitions tests/daemon/test-domains tests/daemon/test-jobs tests/daemon/test-saves
TESTS += tests/daemon/test-definitions tests/daemon/test-domains tests/daemon/test-jobs tests/daemon/test-saves
tests_daemon_test_definitions_SOURCES = tests/daemon/test-definitions.c tests/daemon/world.c \
	tests/daemon/world.h
tests_daemon_test_definitions_CPPFLAGS = $(tests_daemon_test_domains_CPPFLAGS)
tests_daemon_test_definitions_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_daemon_test_definitions_LDADD = $(tests_daemon_test_domains_LDADD)
tests_daemon_test_domains_SOURCES = tests/daemon/test-domains.c tests/daemon/world.c \
	tests/daemon/world.h
tests_daemon_test_domains_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/daemon
tests_daemon_test_domains_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_daemon_test_domains_LDADD = $(daemon_libs) conf/libconf.a \
	wire/libwire.a wire/libwiretypes.a eventloop/libeventloop.a base/libbase.a \
	$(XENLIGHT_LIBS) $(LIBEVENT_LIBS) $(LIBXML_LIBS) $(TIRPC_LIBS) $(CHECK_LIBS)
tests_daemon_test_jobs_SOURCES = tests/daemon/test-jobs.c tests/daemon/world.c \
	tests/daemon/world.h
tests_daemon_test_jobs_CPPFLAGS = $(tests_daemon_test_domains_CPPFLAGS)
tests_daemon_test_jobs_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_daemon_test_jobs_LDADD = $(tests_daemon_test_domains_LDADD)
tests_daemon_test_saves_SOURCES = tests/daemon/test-saves.c tests/daemon/world.c \
	tests/daemon/world.h
tests_daemon_test_saves_CPPFLAGS = $(tests_daemon_test_domains_CPPFLAGS)
tests_daemon_test_saves_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_daemon_test_saves_LDADD = $(tests_daemon_test_domains_LDADD)

check_PROGRAMS += tests/daemon/test-pool
TESTS += tests/daemon/test-pool
tests_daemon_test_pool_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/daemon
tests_daemon_test_pool_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_daemon_test_pool_LDADD = daemon/libjob.a wire/libwire.a \
	wire/libwiretypes.a eventloop/libeventloop.a base/libbase.a $(LIBEVENT_LIBS) $(TIRPC_LIBS) \
	$(CHECK_LIBS)

# All of it, on the fake Xen.
check_PROGRAMS += tests/daemon/test-whole
TESTS += tests/daemon/test-whole
tests_daemon_test_whole_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fakes $(whole_sanitized)
tests_daemon_test_whole_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_daemon_test_whole_LDADD = tests/fakes/libfakexen.a $(driver_ldadd) $(CHECK_LIBS)

# The server half: real sockets and a real loop, nothing of Xen.
check_LIBRARIES += tests/daemon/libharness.a tests/daemon/libstubs.a
tests_daemon_libharness_a_SOURCES = tests/daemon/harness.c tests/daemon/harness.h
tests_daemon_libharness_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/daemon
tests_daemon_libharness_a_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_daemon_libstubs_a_SOURCES = tests/daemon/stub-handlers.c
tests_daemon_libstubs_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/daemon

server_tests = tests/daemon/test-config tests/daemon/test-conn tests/daemon/test-connect \
	tests/daemon/test-dispatch tests/daemon/test-events tests/daemon/test-limits \
	tests/daemon/test-notify \
	tests/daemon/test-server
check_PROGRAMS += $(server_tests)
TESTS += $(server_tests)

# The program on the fake Xen, which tests/fakes makes.
check_PROGRAMS += tests/daemon/test-crowd
TESTS += tests/daemon/test-crowd
# A sanitizer keeps freed memory: nothing can be said of it then.
if SANITIZERS
whole_sanitized = -DSANITIZED=1
tests_daemon_test_crowd_CPPFLAGS = $(AM_CPPFLAGS) -DSANITIZED=1
else
whole_sanitized = -DSANITIZED=0
tests_daemon_test_crowd_CPPFLAGS = $(AM_CPPFLAGS) -DSANITIZED=0
endif
tests_daemon_test_crowd_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_daemon_test_crowd_LDADD = wire/libwire.a wire/libwiretypes.a eventloop/libeventloop.a \
	base/libbase.a $(LIBEVENT_LIBS) $(TIRPC_LIBS) $(CHECK_LIBS)

dist_check_SCRIPTS += tests/daemon/test-main.sh tests/daemon/test-life.sh \
	tests/daemon/test-define.sh tests/daemon/test-console.sh tests/daemon/test-guests.sh tests/daemon/test-images.sh tests/daemon/test-import.sh \
	tests/daemon/test-native.sh tests/daemon/test-of-xl.sh
EXTRA_DIST += tests/daemon/programs.sh
TESTS += tests/daemon/test-define.sh tests/daemon/test-main.sh tests/daemon/test-life.sh tests/daemon/test-console.sh \
	tests/daemon/test-guests.sh tests/daemon/test-images.sh tests/daemon/test-import.sh tests/daemon/test-native.sh \
	tests/daemon/test-of-xl.sh
server_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/daemon $(daemon_paths)
server_test_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
# What concerns no domain is the product's, in front of the stubs for all the rest.
server_core_ldadd = tests/daemon/libharness.a daemon/librpc.a daemon/libdaemon.a conf/libconf.a \
	wire/libwire.a wire/libwiretypes.a eventloop/libeventloop.a base/libbase.a \
	$(XENLIGHT_LIBS) $(LIBEVENT_LIBS) $(LIBXML_LIBS) $(SYSTEMD_LIBS) $(TIRPC_LIBS) $(CHECK_LIBS)
server_test_ldadd = daemon/api/libapi_a-handle-connect.$(OBJEXT) \
	daemon/api/libapi_a-handle-event.$(OBJEXT) daemon/api/libapi_a-handle-node.$(OBJEXT) \
	daemon/api/libapi_a-handle-none.$(OBJEXT) daemon/api/libapi_a-procedures.$(OBJEXT) \
	tests/daemon/libstubs.a $(server_core_ldadd)
tests_daemon_test_config_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_config_CFLAGS = $(server_test_cflags)
tests_daemon_test_config_LDADD = $(server_test_ldadd)
tests_daemon_test_dispatch_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_dispatch_CFLAGS = $(server_test_cflags)
tests_daemon_test_dispatch_LDADD = daemon/api/libapi_a-procedures.$(OBJEXT) $(server_core_ldadd)
tests_daemon_test_conn_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_conn_CFLAGS = $(server_test_cflags)
tests_daemon_test_conn_LDADD = $(server_test_ldadd)
tests_daemon_test_connect_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_connect_CFLAGS = $(server_test_cflags)
tests_daemon_test_connect_LDADD = $(server_test_ldadd)
tests_daemon_test_events_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_events_CFLAGS = $(server_test_cflags)
tests_daemon_test_events_LDADD = $(server_test_ldadd)
tests_daemon_test_limits_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_limits_CFLAGS = $(server_test_cflags)
tests_daemon_test_limits_LDADD = $(server_test_ldadd)
tests_daemon_test_notify_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_notify_CFLAGS = $(server_test_cflags)
tests_daemon_test_notify_LDADD = $(server_test_ldadd)
tests_daemon_test_server_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_server_CFLAGS = $(server_test_cflags)
tests_daemon_test_server_LDADD = $(server_test_ldadd)

check_PROGRAMS += tests/daemon/test-params
TESTS += tests/daemon/test-params
tests_daemon_test_params_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_params_CFLAGS = $(server_test_cflags)
tests_daemon_test_params_LDADD = daemon/api/libapi_a-params.$(OBJEXT) wire/libwire.a \
	wire/libwiretypes.a base/libbase.a $(TIRPC_LIBS) $(CHECK_LIBS)

# Consoles: the server, the table and the consoles, on real ptys; what asks Xen is the test's.
check_PROGRAMS += tests/daemon/test-console
TESTS += tests/daemon/test-console
tests_daemon_test_console_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_console_CFLAGS = $(server_test_cflags)
tests_daemon_test_console_LDADD = daemon/api/libapi_a-handle-console.$(OBJEXT) \
	daemon/api/libapi_a-handle-connect.$(OBJEXT) daemon/api/libapi_a-handle-none.$(OBJEXT) \
	daemon/api/libapi_a-lookup.$(OBJEXT) daemon/api/libapi_a-procedures.$(OBJEXT) \
	tests/daemon/libstubs.a tests/daemon/libharness.a daemon/libconsole.a daemon/libdomain.a \
	daemon/librpc.a daemon/libdaemon.a conf/libconf.a wire/libwire.a wire/libwiretypes.a eventloop/libeventloop.a \
	base/libbase.a $(XENLIGHT_LIBS) $(LIBEVENT_LIBS) $(LIBXML_LIBS) $(SYSTEMD_LIBS) \
	$(TIRPC_LIBS) $(CHECK_LIBS)

# What daemon/rpc may use, and no more.
check_PROGRAMS += tests/daemon/test-stream
TESTS += tests/daemon/test-stream
tests_daemon_test_stream_CPPFLAGS = $(server_test_cppflags)
tests_daemon_test_stream_CFLAGS = $(server_test_cflags)
tests_daemon_test_stream_LDADD = tests/daemon/libharness.a daemon/librpc.a wire/libwire.a \
	wire/libwiretypes.a eventloop/libeventloop.a base/libbase.a $(LIBEVENT_LIBS) \
	$(SYSTEMD_LIBS) $(TIRPC_LIBS) $(CHECK_LIBS)
