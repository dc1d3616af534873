# Units, and what systemd makes at boot; and the configuration file.
systemd_sockets = systemd/dom0d.socket systemd/dom0d-ro.socket systemd/dom0d-virtxend.socket \
	systemd/dom0d-virtxend-ro.socket
systemdsystemunit_DATA = systemd/dom0d.service systemd/dom0d-guests.service $(systemd_sockets)
sysusers_DATA = systemd/sysusers.d/dom0d.conf
tmpfiles_DATA = systemd/tmpfiles.d/dom0d.conf
noinst_DATA = systemd/dom0d.conf

systemd_made = systemd/dom0d.service systemd/dom0d-guests.service systemd/dom0d.conf
EXTRA_DIST += systemd/dom0d.service.in systemd/dom0d-guests.service.in systemd/dom0d.conf.in $(systemd_sockets) \
	$(sysusers_DATA) $(tmpfiles_DATA)
CLEANFILES += $(systemd_made)

$(systemd_made): %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	  sed -e 's,@sbindir\@,$(sbindir),g' -e 's,@bindir\@,$(bindir),g' -e 's,@pkglibexecdir\@,$(pkglibexecdir),g' \
	    -e 's,@sysconfdir\@,$(sysconfdir),g' $< > $@.tmp && \
	  mv $@.tmp $@

# What the administrator has written stays, when we are installed again and when we are removed.
dom0d_conf = $(DESTDIR)$(sysconfdir)/dom0d/dom0d.conf
install-data-local: systemd/dom0d.conf
	$(MKDIR_P) $(DESTDIR)$(sysconfdir)/dom0d
	$(INSTALL) -d -m 0700 $(DESTDIR)$(sysconfdir)/dom0d/domains \
	  $(DESTDIR)$(sysconfdir)/dom0d/autostart
	test -e $(dom0d_conf) || $(INSTALL_DATA) systemd/dom0d.conf $(dom0d_conf)
uninstall-local: systemd/dom0d.conf
	! cmp -s systemd/dom0d.conf $(dom0d_conf) || rm -f $(dom0d_conf)
	cd $(DESTDIR)$(sysconfdir)/dom0d && rmdir domains autostart 2>/dev/null || :
