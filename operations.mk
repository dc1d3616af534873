# SPDX-License-Identifier: LGPL-2.1-or-later
# What each operation of include/wire/tasks.def is made of: what a worker does, and the daemon's job.
driver_operations = driver/create.c driver/destroy.c driver/dump.c driver/file.c driver/restore.c \
	driver/save.c
job_operations = daemon/job/op-create.c daemon/job/op-destroy.c daemon/job/op-dump.c \
	daemon/job/op-file.c daemon/job/op-pause.c daemon/job/op-restart.c daemon/job/op-restart.h \
	daemon/job/op-restore.c daemon/job/op-save.c
