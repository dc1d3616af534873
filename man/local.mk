dist_man_MANS += man/dom0ctl.1 man/dom0d-xml.7 man/dom0d.8 man/dom0d.conf.5
