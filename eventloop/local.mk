noinst_LIBRARIES += eventloop/libeventloop.a
eventloop_libeventloop_a_SOURCES = eventloop/loop.c eventloop/io.c eventloop/timer.c \
	eventloop/defer.c eventloop/signal.c eventloop/child.c eventloop/framed.c \
	eventloop/work.c eventloop/loop-private.h
noinst_HEADERS += include/eventloop/loop.h include/eventloop/framed.h include/eventloop/work.h
