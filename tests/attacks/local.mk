# What raw clients do to the real programs on the fake Xen; see tests/attacks/README.
# tests/run-all runs them, and not "make check": they take minutes.
attacks = tests/attacks/abort.py tests/attacks/cores.py tests/attacks/descriptors.py \
	tests/attacks/destroy.py tests/attacks/flood.py tests/attacks/full.py tests/attacks/images.py \
	tests/attacks/names.py tests/attacks/numbers.py tests/attacks/processes.py \
	tests/attacks/records.py tests/attacks/repair.py tests/attacks/secrets.py tests/attacks/stop.py \
	tests/attacks/streams.py tests/attacks/utf8.py tests/attacks/xml-time.py
dist_check_SCRIPTS += tests/attacks/run tests/attacks/chaos $(attacks)
EXTRA_DIST += tests/attacks/README tests/attacks/hang.c tests/attacks/lib/host.py \
	tests/attacks/lib/lasting.py \
	tests/attacks/lib/mounts.py tests/attacks/lib/raw.py tests/attacks/lib/verdict.py

# To be preloaded into workers.  Without sanitizers: the worker brings them along.
tests/attacks/hang.so: tests/attacks/hang.c
	$(AM_V_CC)$(MKDIR_P) tests/attacks && \
	  $(CC) -D_GNU_SOURCE -std=gnu11 $(CFLAGS) -shared -fPIC -o $@ $(srcdir)/tests/attacks/hang.c
check_DATA = tests/attacks/hang.so
CLEANFILES += tests/attacks/hang.so

check-attacks:
	$(MAKE) check TESTS= && $(srcdir)/tests/attacks/run $(builddir)
.PHONY: check-attacks
