# The server half: sockets, connections, dispatch, events.
noinst_LIBRARIES += daemon/libserver.a
daemon_libserver_a_SOURCES = daemon/config.c daemon/config.h
daemon_libserver_a_CPPFLAGS = $(AM_CPPFLAGS) $(daemon_paths)
daemon_paths = -DPKGLIBEXECDIR='"$(pkglibexecdir)"' -DSYSCONFDIR='"$(sysconfdir)"' \
	-DDOM0D_VERSION='"$(PACKAGE_VERSION)"'

sbin_PROGRAMS += daemon/dom0d
daemon_dom0d_SOURCES = daemon/main.c
daemon_dom0d_CPPFLAGS = $(AM_CPPFLAGS) $(daemon_paths)
daemon_dom0d_LDADD = daemon/libserver.a eventloop/libeventloop.a base/libbase.a \
	$(LIBEVENT_LIBS) $(SYSTEMD_LIBS)
