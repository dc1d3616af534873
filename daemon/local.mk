# One library a folder; what each may use is said in tests/checks/check-layers.sh.
daemon_paths = -DPKGLIBEXECDIR='"$(pkglibexecdir)"' -DSYSCONFDIR='"$(sysconfdir)"' \
	-DDOM0D_VERSION='"$(PACKAGE_VERSION)"'
# A header of another folder of daemon/ is included as "FOLDER/x.h".
daemon_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/daemon $(daemon_paths)

# Sockets, connections, calls and events: nothing of domains.
noinst_LIBRARIES += daemon/librpc.a
daemon_librpc_a_CPPFLAGS = $(daemon_cppflags)
daemon_librpc_a_SOURCES = \
	daemon/rpc/conn.c daemon/rpc/conn.h \
	daemon/rpc/dispatch.c daemon/rpc/dispatch.h \
	daemon/rpc/events.c daemon/rpc/events.h \
	daemon/rpc/keepalive.c daemon/rpc/keepalive.h \
	daemon/rpc/listen.c daemon/rpc/listen.h \
	daemon/rpc/limits.h \
	daemon/rpc/messages.h \
	daemon/rpc/procedure.c daemon/rpc/procedure.h \
	daemon/rpc/request.c daemon/rpc/request.h daemon/rpc/request-private.h \
	daemon/rpc/server.c daemon/rpc/server.h \
	daemon/rpc/stream.c daemon/rpc/stream.h \
	daemon/rpc/user.c daemon/rpc/user.h

# The table of domains.
noinst_LIBRARIES += daemon/libdomain.a
daemon_libdomain_a_CPPFLAGS = $(daemon_cppflags)
daemon_libdomain_a_SOURCES = \
	daemon/domain/definition.c daemon/domain/definition.h \
	daemon/domain/domain.c daemon/domain/domain.h \
	daemon/domain/lifecycle.c \
	daemon/domain/limits.h \
	daemon/domain/private.h \
	daemon/domain/record.c \
	daemon/domain/state.c \
	daemon/domain/store.c daemon/domain/store.h \
	daemon/domain/store-file.c daemon/domain/store-file.h \
	daemon/domain/store-scan.c \
	daemon/domain/store-told.c \
	daemon/domain/table.c daemon/domain/table.h \
	daemon/domain/watch.c \
	daemon/domain/xml.c

# The jobs that change domains, and the workers that do them.
noinst_LIBRARIES += daemon/libjob.a
daemon_libjob_a_CPPFLAGS = $(daemon_cppflags)
daemon_libjob_a_SOURCES = \
	daemon/job/change-record.c daemon/job/change-record.h \
	daemon/job/cleanup.c daemon/job/cleanup.h \
	daemon/job/given-up.c daemon/job/given-up.h \
	daemon/job/history.c daemon/job/history.h \
	daemon/job/job.c daemon/job/job.h \
	daemon/job/limits.h \
	daemon/job/obey.c \
	$(job_operations) \
	daemon/job/operations.c daemon/job/ops.h \
	daemon/job/pool.c daemon/job/pool.h \
	daemon/job/private.h \
	daemon/job/process.c daemon/job/process.h \
	daemon/job/record.c daemon/job/record.h \
	daemon/job/recover.c \
	daemon/job/task.c daemon/job/task.h

# The consoles of guests.
noinst_LIBRARIES += daemon/libconsole.a
daemon_libconsole_a_CPPFLAGS = $(daemon_cppflags)
daemon_libconsole_a_SOURCES = \
	daemon/console/budget.h \
	daemon/console/console.c daemon/console/private.h \
	daemon/console/consoles.c daemon/console/consoles.h \
	daemon/console/limits.h \
	daemon/console/log.c daemon/console/log.h \
	daemon/console/record.c \
	daemon/console/ring.c daemon/console/ring.h \
	daemon/console/tty.c daemon/console/tty.h

# The calls of clients.
noinst_LIBRARIES += daemon/libapi.a
daemon_libapi_a_CPPFLAGS = $(daemon_cppflags)
daemon_libapi_a_SOURCES = \
	daemon/api/handle-connect.c daemon/api/handle-console.c daemon/api/handle-control.c \
	daemon/api/handle-define.c \
	daemon/api/handle-domain.c \
	daemon/api/handle-event.c daemon/api/handle-guests.c daemon/api/handle-image.c daemon/api/handle-job.c daemon/api/handle-node.c \
	daemon/api/handle-native.c daemon/api/handle-none.c daemon/api/handlers.h daemon/api/images.c daemon/api/images.h \
	daemon/api/job-params.c daemon/api/job-params.h \
	daemon/api/lookup.c daemon/api/lookup.h \
	daemon/api/owner.c daemon/api/owner.h \
	daemon/api/params.c daemon/api/params.h \
	daemon/api/procedures.c daemon/api/procedures.h \
	daemon/api/xml-call.c daemon/api/xml-call.h

noinst_LIBRARIES += daemon/libdaemon.a
daemon_libdaemon_a_CPPFLAGS = $(daemon_cppflags)
daemon_libdaemon_a_SOURCES = \
	daemon/config.c daemon/config.h \
	daemon/daemon.h \
	daemon/descriptors.c daemon/descriptors.h \
	daemon/lock.c daemon/lock.h \
	daemon/notify.c daemon/notify.h \
	daemon/reload.c daemon/reload.h \
	daemon/start.c daemon/start.h

$(daemon_librpc_a_OBJECTS) $(daemon_libdomain_a_OBJECTS) $(daemon_libjob_a_OBJECTS) \
	$(daemon_libconsole_a_OBJECTS) $(daemon_libapi_a_OBJECTS) $(daemon_libdaemon_a_OBJECTS): $(wire_generated_h)

sbin_PROGRAMS += daemon/dom0d
daemon_dom0d_SOURCES = daemon/main.c
daemon_dom0d_CPPFLAGS = $(daemon_cppflags)
daemon_libs = daemon/libdaemon.a daemon/libapi.a daemon/libjob.a daemon/libconsole.a \
	daemon/libdomain.a daemon/librpc.a
daemon_dom0d_LDADD = $(daemon_libs) $(driver_ldadd)
