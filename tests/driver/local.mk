# Each on the fake Xen, but test-off-xen, which is on what this machine has.
driver_tests = $(operation_tests) \
	tests/driver/test-disks tests/driver/test-file-copy tests/driver/test-host tests/driver/test-host-processes \
	tests/driver/test-image tests/driver/test-log-journal tests/driver/test-memory \
	tests/driver/test-new-file tests/driver/test-off-xen \
	tests/driver/test-undo tests/driver/test-worker tests/driver/test-writer \
	tests/driver/test-xl-call tests/driver/test-xl-hooks tests/driver/test-xl-log
check_PROGRAMS += $(driver_tests)
TESTS += $(driver_tests)

check_LIBRARIES += tests/driver/libscene.a
tests_driver_libscene_a_SOURCES = tests/driver/scene.c tests/driver/scene.h
tests_driver_libscene_a_CPPFLAGS = $(driver_test_cppflags)
tests_driver_libscene_a_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)

driver_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/driver -I$(top_srcdir)/tests/fakes
driver_test_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
driver_test_ldadd = tests/driver/libscene.a tests/fakes/libfakexen.a $(driver_ldadd) $(CHECK_LIBS)

tests_driver_test_disks_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_disks_CFLAGS = $(driver_test_cflags)
tests_driver_test_disks_LDADD = $(driver_test_ldadd)
tests_driver_test_file_copy_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_file_copy_CFLAGS = $(driver_test_cflags)
tests_driver_test_file_copy_LDADD = $(driver_test_ldadd)
tests_driver_test_host_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_host_CFLAGS = $(driver_test_cflags)
tests_driver_test_host_LDADD = $(driver_test_ldadd)
tests_driver_test_host_processes_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_host_processes_CFLAGS = $(driver_test_cflags)
tests_driver_test_host_processes_LDADD = $(driver_test_ldadd)
tests_driver_test_image_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_image_CFLAGS = $(driver_test_cflags)
tests_driver_test_image_LDADD = $(driver_test_ldadd)
tests_driver_test_log_journal_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_log_journal_CFLAGS = $(driver_test_cflags)
tests_driver_test_log_journal_LDADD = $(driver_test_ldadd)
tests_driver_test_memory_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_memory_CFLAGS = $(driver_test_cflags)
tests_driver_test_memory_LDADD = $(driver_test_ldadd)
tests_driver_test_new_file_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_new_file_CFLAGS = $(driver_test_cflags)
tests_driver_test_new_file_LDADD = $(driver_test_ldadd)
tests_driver_test_off_xen_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_off_xen_CFLAGS = $(driver_test_cflags)
tests_driver_test_off_xen_LDADD = $(driver_ldadd) $(CHECK_LIBS)
tests_driver_test_undo_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_undo_CFLAGS = $(driver_test_cflags)
tests_driver_test_undo_LDADD = $(driver_test_ldadd)
tests_driver_test_worker_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_worker_CFLAGS = $(driver_test_cflags)
tests_driver_test_worker_LDADD = $(driver_test_ldadd)
tests_driver_test_writer_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_writer_CFLAGS = $(driver_test_cflags)
tests_driver_test_writer_LDADD = $(driver_test_ldadd)
tests_driver_test_xl_call_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_xl_call_CFLAGS = $(driver_test_cflags)
tests_driver_test_xl_call_LDADD = $(driver_test_ldadd)
tests_driver_test_xl_hooks_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_xl_hooks_CFLAGS = $(driver_test_cflags)
tests_driver_test_xl_hooks_LDADD = $(driver_test_ldadd)
tests_driver_test_xl_log_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_xl_log_CFLAGS = $(driver_test_cflags)
tests_driver_test_xl_log_LDADD = $(driver_test_ldadd)
