noinst_LIBRARIES += conf/libconf.a
conf_libconf_a_SOURCES = conf/capabilities.c conf/devices-parse.c conf/domain-complete.c \
	conf/domain-def.c conf/domain-format.c conf/domain-parse.c conf/from-libxl.c conf/names.h \
	conf/parse.h conf/text.c conf/text.h conf/to-libxl.c conf/xml.c conf/xml.h conf/xml-write.c
noinst_HEADERS += include/conf/capabilities.h include/conf/domain.h include/conf/libxl.h
