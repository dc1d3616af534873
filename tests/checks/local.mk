# The project's own checks of its sources; each is a few lines of shell.
checks = tests/checks/check-layers.sh tests/checks/check-daemon.sh tests/checks/check-statics.sh \
	tests/checks/check-headers.sh tests/checks/check-format.sh \
	tests/checks/check-spdx.sh tests/checks/check-names.sh tests/checks/check-man.sh

dist_check_SCRIPTS += $(checks)
EXTRA_DIST += tests/checks/statics-known
TESTS += $(checks)
AM_TESTS_ENVIRONMENT += CHECK_CPPFLAGS='$(AM_CPPFLAGS) -I$(top_srcdir)/daemon $(XENLIGHT_CFLAGS) $(LIBXML_CFLAGS) \
	$(LIBEVENT_CFLAGS) $(TIRPC_CFLAGS) $(CHECK_CFLAGS)'; export CHECK_CPPFLAGS;

format:
	cd $(srcdir) && find include base eventloop wire conf driver daemon client tests \
	  -name '*.[ch]' -print0 | xargs -0 clang-format -i
.PHONY: format
