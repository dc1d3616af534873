noinst_LIBRARIES += conf/libconf.a
conf_libconf_a_SOURCES = conf/bits.c conf/bits.h conf/capabilities.c conf/change.c conf/cfg.h conf/cfg-read.c \
	conf/cfg-rows.c conf/cfg-write.c conf/def.c conf/def.h conf/device.c \
	conf/format.c conf/from-libxl.c conf/hooks.h conf/item.h conf/items-bus.c conf/items-char.c \
	conf/items-cpu.c conf/items-disk.c conf/items-display.c conf/items-domain.c conf/items-nic.c \
	conf/items-os.c conf/json.c conf/json.h conf/names.h conf/native.c conf/notes.h conf/same-machine.c conf/start.c conf/text.c conf/text.h conf/unexpressed.c conf/walk.h \
	conf/walk-read.c conf/walk-tree.c conf/walk-write.c conf/whole.c conf/whole.h conf/xml.c conf/xml.h conf/xml-write.c
noinst_HEADERS += include/conf/capabilities.h include/conf/device.h include/conf/domain.h include/conf/libxl.h
