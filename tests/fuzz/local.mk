# A target X is fuzz-X.c and its inputs corpus/X/.  It is built as replay-X, which "make check" runs
# over the corpus, and with --enable-fuzzers (clang) as fuzz-X, which "make fuzz" runs.  A new target
# takes the lines of fuzz-frame below and its name in fuzz_targets.
fuzz_targets = frame dispatch domain-xml xl-cfg image record worker

FUZZ_TIME = 60
EXTRA_DIST += tests/fuzz/corpus

check_PROGRAMS += tests/fuzz/replay-frame
TESTS += tests/fuzz/replay-frame
tests_fuzz_replay_frame_SOURCES = tests/fuzz/fuzz-frame.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_replay_frame_LDADD = $(wire_libs) base/libbase.a $(TIRPC_LIBS)

check_PROGRAMS += tests/fuzz/replay-record
TESTS += tests/fuzz/replay-record
tests_fuzz_replay_record_SOURCES = tests/fuzz/fuzz-record.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_replay_record_LDADD = $(wire_libs) base/libbase.a $(TIRPC_LIBS)

check_PROGRAMS += tests/fuzz/replay-domain-xml
TESTS += tests/fuzz/replay-domain-xml
tests_fuzz_replay_domain_xml_SOURCES = tests/fuzz/fuzz-domain-xml.c tests/fuzz/replay.c \
	tests/fuzz/fuzz.h
tests_fuzz_replay_domain_xml_LDADD = conf/libconf.a base/libbase.a $(LIBXML_LIBS) $(XENLIGHT_LIBS)

check_PROGRAMS += tests/fuzz/replay-xl-cfg
TESTS += tests/fuzz/replay-xl-cfg
tests_fuzz_replay_xl_cfg_SOURCES = tests/fuzz/fuzz-xl-cfg.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_replay_xl_cfg_LDADD = $(tests_fuzz_replay_domain_xml_LDADD)

fuzz_driver_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/driver -I$(top_srcdir)/tests/fakes
check_PROGRAMS += tests/fuzz/replay-image tests/fuzz/replay-worker
TESTS += tests/fuzz/replay-image tests/fuzz/replay-worker
tests_fuzz_replay_image_SOURCES = tests/fuzz/fuzz-image.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_replay_image_CPPFLAGS = $(fuzz_driver_cppflags)
tests_fuzz_replay_image_LDADD = tests/fakes/libfakexen.a $(driver_ldadd)
tests_fuzz_replay_worker_SOURCES = tests/fuzz/fuzz-worker.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_replay_worker_CPPFLAGS = $(fuzz_driver_cppflags)
tests_fuzz_replay_worker_LDADD = tests/fakes/libfakexen.a $(driver_ldadd)

# The daemon on the fake Xen; its workers are the target's own.
fuzz_dispatch_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/daemon -I$(top_srcdir)/tests/fakes
check_PROGRAMS += tests/fuzz/replay-dispatch
TESTS += tests/fuzz/replay-dispatch
tests_fuzz_replay_dispatch_SOURCES = tests/fuzz/fuzz-dispatch.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_replay_dispatch_CPPFLAGS = $(fuzz_dispatch_cppflags)
tests_fuzz_replay_dispatch_LDADD = $(daemon_libs) \
	tests/fakes/libfakexen.a $(driver_ldadd)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz-frame
tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz-frame.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_frame_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_frame_LDADD = $(tests_fuzz_replay_frame_LDADD)

noinst_PROGRAMS += tests/fuzz/fuzz-record
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz-record.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_record_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_record_LDADD = $(tests_fuzz_replay_record_LDADD)

noinst_PROGRAMS += tests/fuzz/fuzz-domain-xml
tests_fuzz_fuzz_domain_xml_SOURCES = tests/fuzz/fuzz-domain-xml.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_domain_xml_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_domain_xml_LDADD = $(tests_fuzz_replay_domain_xml_LDADD)

noinst_PROGRAMS += tests/fuzz/fuzz-xl-cfg
tests_fuzz_fuzz_xl_cfg_SOURCES = tests/fuzz/fuzz-xl-cfg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_xl_cfg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_xl_cfg_LDADD = $(tests_fuzz_replay_domain_xml_LDADD)

noinst_PROGRAMS += tests/fuzz/fuzz-image tests/fuzz/fuzz-worker
tests_fuzz_fuzz_image_SOURCES = tests/fuzz/fuzz-image.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_image_CPPFLAGS = $(fuzz_driver_cppflags)
tests_fuzz_fuzz_image_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_image_LDADD = $(tests_fuzz_replay_image_LDADD)
tests_fuzz_fuzz_worker_SOURCES = tests/fuzz/fuzz-worker.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_worker_CPPFLAGS = $(fuzz_driver_cppflags)
tests_fuzz_fuzz_worker_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_worker_LDADD = $(tests_fuzz_replay_worker_LDADD)

noinst_PROGRAMS += tests/fuzz/fuzz-dispatch
tests_fuzz_fuzz_dispatch_SOURCES = tests/fuzz/fuzz-dispatch.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_dispatch_CPPFLAGS = $(fuzz_dispatch_cppflags)
tests_fuzz_fuzz_dispatch_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_dispatch_LDADD = $(tests_fuzz_replay_dispatch_LDADD)

fuzz_programs = $(fuzz_targets:%=tests/fuzz/fuzz-%)
endif

# Each target for FUZZ_TIME seconds.  What it finds new stays in fuzz-X.new, a crash in fuzz-X.crash-*.
fuzz: $(fuzz_programs)
	@test -n '$(fuzz_programs)' || { echo 'first: configure --enable-fuzzers CC=clang'; exit 1; }
	@for target in $(fuzz_targets); do \
	  echo "fuzz-$$target, $(FUZZ_TIME) seconds"; \
	  $(MKDIR_P) tests/fuzz/fuzz-$$target.new && \
	  tests/fuzz/fuzz-$$target -max_total_time=$(FUZZ_TIME) -print_final_stats=1 \
	    -malloc_limit_mb=64 -rss_limit_mb=1024 -artifact_prefix=tests/fuzz/fuzz-$$target. \
	    tests/fuzz/fuzz-$$target.new $(srcdir)/tests/fuzz/corpus/$$target || exit 1; \
	done
.PHONY: fuzz
