# A Xen host in memory, to link before the driver; see fake-xen.h.
check_LIBRARIES += tests/fakes/libfakexen.a
tests_fakes_libfakexen_a_SOURCES = tests/fakes/fake-libxl.c tests/fakes/fake-libxl-calls.c \
	tests/fakes/fake-libxl.h tests/fakes/fake-stream.c tests/fakes/fake-world.c \
	tests/fakes/fake-xen.h tests/fakes/fake-xenstore.c tests/fakes/host-inside.c tests/fakes/host-inside.h \
	tests/fakes/processes.c tests/fakes/processes.h
tests_fakes_libfakexen_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/driver

# The real programs on it, and a tool that changes it beside them: DOM0D_FAKE_DIR says where it is.
fake_ldflags = $(AM_LDFLAGS) -Wl,-u,fake_parts
check_PROGRAMS += tests/fakes/dom0d-fake tests/fakes/dom0d-worker-fake tests/fakes/fake-xen
tests_fakes_dom0d_fake_SOURCES = $(daemon_dom0d_SOURCES)
tests_fakes_dom0d_fake_CPPFLAGS = $(daemon_cppflags)
tests_fakes_dom0d_fake_LDFLAGS = $(fake_ldflags)
tests_fakes_dom0d_fake_LDADD = tests/fakes/libfakexen.a $(daemon_dom0d_LDADD)
tests_fakes_dom0d_worker_fake_SOURCES = driver/worker-main.c
tests_fakes_dom0d_worker_fake_CPPFLAGS = $(AM_CPPFLAGS)
tests_fakes_dom0d_worker_fake_LDFLAGS = $(fake_ldflags)
tests_fakes_dom0d_worker_fake_LDADD = tests/fakes/libfakexen.a $(driver_ldadd)
tests_fakes_fake_xen_SOURCES = tests/fakes/fake-console.c tests/fakes/fake-console.h \
	tests/fakes/fake-xen.c
tests_fakes_fake_xen_LDADD = tests/fakes/libfakexen.a $(driver_ldadd)
