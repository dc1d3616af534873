# dom0ctl: one file per command; all but main.c is a library, so that tests can link it.
noinst_LIBRARIES += client/libclient.a
client_libclient_a_SOURCES = \
	client/calls.c client/calls.h client/change.c client/change.h client/client.c client/clock.h \
	client/command.h client/commands.c client/commands.h client/connection.c \
	client/connection.h client/domain.c client/domain.h client/editor.c client/editor.h \
	client/files.c client/files.h client/folder.c client/folder.h client/help.c client/help.h client/import.c client/import.h client/job.c client/job.h \
	client/json.c client/json.h client/native.c client/native.h client/options.c \
	client/options.h client/power.c client/power.h client/progress.c client/progress.h client/text.c client/text.h \
	client/settings.c client/settings.h client/terminal.c client/terminal.h \
	client/cmd-abort.c client/cmd-autostart.c client/cmd-console.c client/cmd-convert.c client/cmd-create.c \
	client/cmd-define.c client/cmd-destroy.c client/cmd-edit.c client/cmd-guests.c \
	client/cmd-events.c client/cmd-help.c \
	client/cmd-image-edit.c client/cmd-image-xml.c client/cmd-import-libvirt.c client/cmd-import-xl.c client/cmd-info.c client/cmd-jobs.c client/cmd-list.c client/cmd-log.c client/cmd-managedsave.c client/cmd-pause.c \
	client/cmd-reboot.c client/cmd-rename.c client/cmd-restore.c client/cmd-save.c \
	client/cmd-shutdown.c client/cmd-start.c \
	client/cmd-state.c client/cmd-undefine.c client/cmd-unpause.c client/cmd-version.c client/cmd-wait.c \
	client/cmd-xml.c
client_libs = client/libclient.a wire/libwire.a wire/libwiretypes.a base/libbase.a

bin_PROGRAMS += client/dom0ctl
client_dom0ctl_SOURCES = client/main.c
client_dom0ctl_LDADD = $(client_libs) $(TIRPC_LIBS)

$(client_libclient_a_OBJECTS) $(client_dom0ctl_OBJECTS): $(wire_generated_h)

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = client/bash-completion/dom0ctl
