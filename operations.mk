# SPDX-License-Identifier: LGPL-2.1-or-later
# What each operation of include/wire/tasks.def is made of: what a worker does, the daemon's job, and
# the test of the former.
driver_operations = driver/create.c driver/destroy.c driver/dump.c driver/file.c \
	driver/image-import.c driver/image-xml.c driver/restore.c \
	driver/save.c driver/soft-reset.c
job_operations = daemon/job/op-create.c daemon/job/op-destroy.c daemon/job/op-dump.c \
	daemon/job/op-autostart.c daemon/job/op-change.c daemon/job/op-define.c \
	daemon/job/op-file.c daemon/job/op-file.h daemon/job/op-image-import.c daemon/job/op-image-remove.c daemon/job/op-image-xml.c daemon/job/op-rename.c daemon/job/op-undefine.c \
	daemon/job/op-pause.c daemon/job/op-restart.c daemon/job/op-restart.h \
	daemon/job/op-restore.c daemon/job/op-save.c daemon/job/op-soft-reset.c \
	daemon/job/op-soft-reset.h

operation_tests = tests/driver/test-create tests/driver/test-destroy tests/driver/test-file \
	tests/driver/test-image-import tests/driver/test-image-xml \
	tests/driver/test-restore tests/driver/test-save tests/driver/test-soft-reset
tests_driver_test_create_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_create_CFLAGS = $(driver_test_cflags)
tests_driver_test_create_LDADD = $(driver_test_ldadd)
tests_driver_test_destroy_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_destroy_CFLAGS = $(driver_test_cflags)
tests_driver_test_destroy_LDADD = $(driver_test_ldadd)
tests_driver_test_file_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_file_CFLAGS = $(driver_test_cflags)
tests_driver_test_file_LDADD = $(driver_test_ldadd)
tests_driver_test_image_import_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_image_import_CFLAGS = $(driver_test_cflags)
tests_driver_test_image_import_LDADD = $(driver_test_ldadd)
tests_driver_test_image_xml_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_image_xml_CFLAGS = $(driver_test_cflags)
tests_driver_test_image_xml_LDADD = $(driver_test_ldadd)
tests_driver_test_restore_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_restore_CFLAGS = $(driver_test_cflags)
tests_driver_test_restore_LDADD = $(driver_test_ldadd)
tests_driver_test_save_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_save_CFLAGS = $(driver_test_cflags)
tests_driver_test_save_LDADD = $(driver_test_ldadd)
tests_driver_test_soft_reset_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_soft_reset_CFLAGS = $(driver_test_cflags)
tests_driver_test_soft_reset_LDADD = $(driver_test_ldadd)
