# The domain half in a world of fakes: no Xen, no workers, no sockets.
check_PROGRAMS += tests/daemon/test-domains
TESTS += tests/daemon/test-domains
tests_daemon_test_domains_SOURCES = tests/daemon/test-domains.c tests/daemon/world.c \
	tests/daemon/world.h
tests_daemon_test_domains_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/daemon
tests_daemon_test_domains_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_daemon_test_domains_LDADD = daemon/libdomains.a daemon/libserver.a conf/libconf.a \
	wire/libwire.a wire/libwiretypes.a eventloop/libeventloop.a base/libbase.a \
	$(LIBEVENT_LIBS) $(LIBXML_LIBS) $(TIRPC_LIBS) $(CHECK_LIBS)
