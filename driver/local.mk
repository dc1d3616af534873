# What the daemon links (host) and what the worker is made of are one archive.
noinst_LIBRARIES += driver/libdriver.a
driver_libdriver_a_SOURCES = $(driver_operations) driver/build.c driver/build.h driver/cores.c driver/cores.h driver/disks.c driver/disks.h \
	driver/domain-names.c driver/domain-names.h driver/file-copy.c driver/file-copy.h driver/helper.c driver/helper.h \
	driver/host.c driver/host-call.c driver/host-helper.c driver/host-private.h \
	driver/host-process.c driver/host-query.c driver/host-spawn.c driver/host-wire.c \
	driver/host-wire.h driver/image.c driver/image-stream.c driver/log-journal.c \
	driver/memory.c driver/memory.h driver/new-file.c driver/new-file.h driver/operation.c driver/operation.h driver/query.c \
	driver/query.h driver/worker.c driver/worker.h driver/writer.c driver/writer.h driver/xl.c \
	driver/xl.h driver/xl-call.c driver/xl-check.c driver/xl-hooks.c driver/xl-log.c
noinst_HEADERS += include/driver/host.h include/driver/image.h include/driver/log-journal.h

# In the order of the layers, for whoever links the driver.
driver_libs = driver/libdriver.a conf/libconf.a wire/libwire.a wire/libwiretypes.a \
	eventloop/libeventloop.a base/libbase.a
driver_ldadd = $(driver_libs) $(XENLIGHT_LIBS) $(LIBXML_LIBS) $(LIBEVENT_LIBS) $(SYSTEMD_LIBS) \
	$(TIRPC_LIBS)

pkglibexec_PROGRAMS += driver/dom0d-worker
driver_dom0d_worker_SOURCES = driver/worker-main.c
driver_dom0d_worker_LDADD = $(driver_ldadd)
