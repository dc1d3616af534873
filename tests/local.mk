# The tests; each folder of tests has its own list.
test_libs = eventloop/libeventloop.a base/libbase.a
test_ldadd = $(CHECK_LIBS)

# Client and daemon first: theirs take longest, and the others run beside them.
include tests/client/local.mk
include tests/daemon/local.mk
include tests/base/local.mk
include tests/eventloop/local.mk
include tests/wire/local.mk
include tests/conf/local.mk
include tests/fakes/local.mk
include tests/driver/local.mk
include tests/checks/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/attacks/local.mk

# The same programs under valgrind.  Check's own forks and time limits are off: valgrind is slow,
# and a forked child's leaks are its own.
check-valgrind:
	CK_FORK=no CK_DEFAULT_TIMEOUT=0 UNDER_VALGRIND=yes $(MAKE) check \
	  TESTS='$(filter-out %.sh %.py,$(TESTS))' LOG_COMPILER=valgrind \
	  LOG_FLAGS='-q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect --track-fds=no'
.PHONY: check-valgrind
