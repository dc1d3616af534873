# The tests; each folder of tests has its own list.
test_libs = eventloop/libeventloop.a base/libbase.a
test_ldadd = $(CHECK_LIBS)

include tests/base/local.mk
include tests/eventloop/local.mk
include tests/wire/local.mk
include tests/conf/local.mk
include tests/fakes/local.mk
include tests/driver/local.mk
include tests/daemon/local.mk
include tests/client/local.mk
include tests/checks/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
