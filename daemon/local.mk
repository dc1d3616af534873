# Two libraries, so that tests link one without the other: the server half (sockets, connections,
# dispatch, events, what concerns no domain) and the domain half.
noinst_LIBRARIES += daemon/libserver.a
daemon_libserver_a_SOURCES = \
	daemon/config.c daemon/config.h \
	daemon/conn.c daemon/conn.h \
	daemon/dispatch.c daemon/dispatch.h \
	daemon/events.c daemon/events.h \
	daemon/handle-connect.c daemon/handle-event.c daemon/handle-node.c daemon/handle-none.c \
	daemon/handlers.h daemon/messages.h daemon/daemon.h \
	daemon/keepalive.c daemon/keepalive.h \
	daemon/listen.c daemon/listen.h daemon/lock.c daemon/lock.h \
	daemon/notify.c daemon/notify.h \
	daemon/request.c daemon/request.h daemon/request-private.h \
	daemon/server.c daemon/server.h
daemon_libserver_a_CPPFLAGS = $(AM_CPPFLAGS) $(daemon_paths)
daemon_paths = -DPKGLIBEXECDIR='"$(pkglibexecdir)"' -DSYSCONFDIR='"$(sysconfdir)"' \
	-DDOM0D_VERSION='"$(PACKAGE_VERSION)"'
$(daemon_libserver_a_OBJECTS): $(wire_generated_h)

# The domain half: the table, jobs, workers, and their handlers.
noinst_LIBRARIES += daemon/libdomains.a
daemon_libdomains_a_SOURCES = daemon/adopt.c daemon/domain-record.c daemon/domain-state.c daemon/domains.c daemon/domains.h \
	daemon/handle-control.c daemon/handle-domain.c daemon/handle-job.c daemon/job.c daemon/job.h \
	daemon/job-params.c daemon/job-params.h daemon/job-record.c \
	daemon/job-record.h daemon/job-worker.c daemon/job-worker.h daemon/lifecycle.c daemon/lookup.h \
	daemon/op-create.c daemon/op-destroy.c daemon/op-pause.c daemon/op-save.c \
	daemon/records.c daemon/records.h daemon/workers.c daemon/workers.h

sbin_PROGRAMS += daemon/dom0d
daemon_dom0d_SOURCES = daemon/main.c
daemon_dom0d_CPPFLAGS = $(AM_CPPFLAGS) $(daemon_paths)
# The halves need each other.
daemon_dom0d_LDADD = daemon/libserver.a daemon/libdomains.a daemon/libserver.a $(driver_ldadd)
