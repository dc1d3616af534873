# rpcgen makes the types and their filters; what it writes is not held to our warnings.
wire_x = wire/remote.x wire/dom0d.x wire/worker.x
wire_generated_h = include/wire/remote.h include/wire/dom0d.h include/wire/worker.h
wire_generated_c = wire/remote-xdr.c wire/dom0d-xdr.c wire/worker-xdr.c

noinst_LIBRARIES += wire/libwire.a wire/libwiretypes.a
wire_libwire_a_SOURCES = wire/frame.c
nodist_wire_libwiretypes_a_SOURCES = $(wire_generated_c)
wire_libwiretypes_a_CFLAGS = $(TIRPC_CFLAGS) $(SANITIZE) -std=gnu11 -w
noinst_HEADERS += include/wire/frame.h include/wire/procs.def
EXTRA_DIST += $(wire_x)
BUILT_SOURCES += $(wire_generated_h)
CLEANFILES += $(wire_generated_h) $(wire_generated_c)

include/wire/%.h: wire/%.x
	$(AM_V_GEN)$(MKDIR_P) include/wire && cd $(srcdir) && \
	  $(RPCGEN) -h wire/$*.x > $(abs_builddir)/$@.tmp && mv $(abs_builddir)/$@.tmp $(abs_builddir)/$@
wire/%-xdr.c: wire/%.x include/wire/%.h
	$(AM_V_GEN)$(MKDIR_P) wire && cd $(srcdir) && \
	  $(RPCGEN) -c wire/$*.x | sed 's,"wire/$*.h","wire/$*.h",' > $(abs_builddir)/$@.tmp && mv $(abs_builddir)/$@.tmp $(abs_builddir)/$@
