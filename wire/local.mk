# rpcgen makes the types and their filters of the .x files, in the build tree.
wire_x = wire/remote.x wire/dom0d.x wire/worker.x wire/state.x wire/state1.x wire/host.x \
	wire/image.x
wire_generated_h = include/wire/remote.h include/wire/dom0d.h include/wire/worker.h \
	include/wire/state.h include/wire/state1.h include/wire/host.h include/wire/image.h
wire_generated_c = wire/remote-xdr.c wire/dom0d-xdr.c wire/worker-xdr.c wire/state-xdr.c \
	wire/state1-xdr.c wire/host-xdr.c wire/image-xdr.c

noinst_LIBRARIES += wire/libwire.a wire/libwiretypes.a
wire_libwire_a_SOURCES = wire/frame.c wire/record.c wire/task.c wire/version-1.c \
	wire/version-1.h wire/worker-frame.c
wire_libwiretypes_a_SOURCES = wire/bounds.c wire/bounds.h
nodist_wire_libwiretypes_a_SOURCES = $(wire_generated_c)
wire_libwiretypes_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/wire
wire_libs = wire/libwire.a wire/libwiretypes.a
noinst_HEADERS += include/wire/frame.h include/wire/libvirt.h include/wire/procs.def \
	include/wire/record.h include/wire/task.h include/wire/tasks.def include/wire/worker-frame.h
EXTRA_DIST += $(wire_x)
BUILT_SOURCES += $(wire_generated_h)
CLEANFILES += $(wire_generated_h) $(wire_generated_c)

# rpcgen takes the names in what it writes from the path it is given: hence wire/X.x, from the source
# folder.  -i 0: no inlined copies of the filters.
include/wire/%.h: wire/%.x
	$(AM_V_GEN)$(MKDIR_P) include/wire && (cd $(srcdir) && $(RPCGEN) -h wire/$*.x) > $@.tmp && mv $@.tmp $@
wire/%-xdr.c: wire/%.x include/wire/%.h
	$(AM_V_GEN)$(MKDIR_P) wire && (cd $(srcdir) && $(RPCGEN) -i 0 -c wire/$*.x) > $@.tmp && mv $@.tmp $@

include/wire/worker.h wire/worker-xdr.c: include/wire/tasks.def

# An object may be asked for by name, before BUILT_SOURCES are made.
$(wire_libwire_a_OBJECTS) $(wire_libwiretypes_a_OBJECTS): $(wire_generated_h)
