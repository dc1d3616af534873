check_PROGRAMS += tests/eventloop/test-loop tests/eventloop/test-framed \
	tests/eventloop/test-work
TESTS += tests/eventloop/test-loop tests/eventloop/test-framed \
	tests/eventloop/test-work
tests_eventloop_test_loop_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_eventloop_test_loop_LDADD = $(test_libs) $(LIBEVENT_LIBS) $(CHECK_LIBS)
tests_eventloop_test_framed_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_eventloop_test_framed_LDADD = $(test_libs) $(LIBEVENT_LIBS) $(CHECK_LIBS)
tests_eventloop_test_work_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_eventloop_test_work_LDADD = $(test_libs) $(LIBEVENT_LIBS) $(CHECK_LIBS)
