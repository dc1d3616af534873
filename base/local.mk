noinst_LIBRARIES += base/libbase.a
base_libbase_a_SOURCES = base/alloc.c base/err.c base/file.c base/log.c base/notify.c \
	base/spawn.c base/utf8.c base/uuid.c
noinst_HEADERS += include/base/alloc.h include/base/err.h include/base/file.h include/base/log.h \
	include/base/notify.h include/base/spawn.h include/base/utf8.h include/base/uuid.h
