/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * main.c: the program dom0d.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/procedures.h"
#include "base/alloc.h"
#include "base/log.h"
#include "config.h"
#include "daemon.h"
#include "descriptors.h"
#include "domain/table.h"
#include "driver/host.h"
#include "driver/log-journal.h"
#include "eventloop/loop.h"
#include "eventloop/work.h"
#include "lock.h"
#include "notify.h"
#include "reload.h"
#include "rpc/listen.h"
#include "rpc/server.h"
#include "start.h"

#define CONFIG_FILE SYSCONFDIR "/dom0d/dom0d.conf"

/* How long an xenstored that is away may take to come back, in seconds: less than systemd gives a
 * unit for its start (TimeoutStartSec=).  To be started again and again meanwhile would use up
 * StartLimitBurst=, and end for good what only has to wait. */
#define XENSTORED_PATIENCE 60

enum {
    EXIT_OPTIONS = 2,

    /* sysexits.h's EX_CONFIG: the configuration is wrong, or this is no Xen dom0.  To start again
     * would help neither, and dom0d.service tells systemd so (RestartPreventExitStatus=). */
    EXIT_CONFIG = 78,
};

/*----- options -----*/

struct options {
    const char *config_file; /* NULL: the usual one, if there is one */
    const char *log_level;   /* NULL: the configuration's */
};

static const char usage[] =
    "usage: dom0d [OPTION]...\n"
    "The daemon of a Xen host: creates, saves, restores and destroys guests for dom0ctl and for\n"
    "every client of libvirt.\n"
    "\n"
    "  --config FILE      instead of " CONFIG_FILE "\n"
    "  --log-level LEVEL  error, warning, info or debug\n"
    "  --help             show this and exit\n"
    "  --version          show the version and exit\n";

/* Returns -1 to go on, or the status to exit with. */
static int
parse_options(int argc, char **argv, struct options *options_out)
{
    enum { CONFIG = 1, LOG_LEVEL, HELP, VERSION };
    static const struct option known[] = {
        {"config", required_argument, NULL, CONFIG},
        {"log-level", required_argument, NULL, LOG_LEVEL},
        {"help", no_argument, NULL, HELP},
        {"version", no_argument, NULL, VERSION},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case CONFIG:
            options_out->config_file = optarg;
            break;
        case LOG_LEVEL:
            options_out->log_level = optarg;
            break;
        case HELP:
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        case VERSION:
            puts("dom0d " DOM0D_VERSION);
            return EXIT_SUCCESS;
        default:
            fputs("Try 'dom0d --help'.\n", stderr);
            return EXIT_OPTIONS;
        }
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "dom0d: '%s' is not an option\nTry 'dom0d --help'.\n", argv[optind]);
    return EXIT_OPTIONS;
}

static int
configure(struct config *config, const struct options *options, struct err *err)
{
    bool missing = !options->config_file && access(CONFIG_FILE, F_OK) < 0 && errno == ENOENT;

    if (!missing &&
        config_read(config, options->config_file ? options->config_file : CONFIG_FILE, err) < 0)
        return -1;
    if (options->log_level && config_set(config, "log_level", options->log_level, err) < 0)
        return -1;
    log_set_level(config->log_level);
    return 0;
}

/*----- running -----*/

/* glibc would put pieces that were freed together later, all at once, in whichever call frees a
 * large one: after a long XML of many elements that takes tens of milliseconds. */
static void
have_freed_memory_put_together_at_once(void)
{
    mallopt(M_MXFAST, 0);
}

static void
asked_to_stop(void *arg)
{
    struct daemon *daemon = arg;

    log_info("stopping");
    loop_stop(daemon->loop);
}

static void
told_to_reload(void *arg)
{
    reload_start(arg);
}

/* Once is enough: told again while it stops, the daemon must not die of it with the half undone.
 * What is started has a mask of its own. */
static void
hear_no_more_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

static void
run(struct daemon *daemon, const struct options *options)
{
    struct loop_signal term, interrupt, hangup;
    struct notify      notify;
    struct reload      reload = {.daemon = daemon,
                                 .file = options->config_file ? options->config_file : CONFIG_FILE,
                                 .must = options->config_file,
                                 .log_level = options->log_level};

    loop_signal_init(&term, daemon->loop, asked_to_stop, daemon);
    loop_signal_init(&interrupt, daemon->loop, asked_to_stop, daemon);
    loop_signal_init(&hangup, daemon->loop, told_to_reload, &reload);
    loop_signal_start(&term, SIGTERM);
    loop_signal_start(&interrupt, SIGINT);
    loop_signal_start(&hangup, SIGHUP);
    notify_start(&notify, daemon);
    log_info("dom0d %s serves %u domains of Xen %u.%u.%u", DOM0D_VERSION,
             domains_count(daemon->domains), daemon->host_info.xen_major,
             daemon->host_info.xen_minor, daemon->host_info.xen_extra);
    loop_run(daemon->loop);
    hear_no_more_signals();
    notify_stop(&notify);
    loop_signal_stop(&hangup);
    loop_signal_stop(&interrupt);
    loop_signal_stop(&term);
    loop_end_work(daemon->loop); /* reload is this function's */
}

/* Returns the status to exit with. */
static int
serve(struct config *config, const struct options *options)
{
    cleanup_close int lock = -1;
    struct daemon     daemon = {.config = config};
    struct err        err;
    int               status = EXIT_SUCCESS;

    lock = lock_run_dir(config, &err);
    if (lock < 0) {
        log_error("%s", err.message);
        return EXIT_FAILURE;
    }
    host_await_xenstored(XENSTORED_PATIENCE);
    descriptors_prepare(config);
    daemon.loop = loop_new();
    if (daemon_start(&daemon, &err) < 0 || server_listen(daemon.server, &err) < 0) {
        log_error("%s", err.message);
        status = err.code == ERR_NO_CONNECT ? EXIT_CONFIG : EXIT_FAILURE;
    } else {
        run(&daemon, options);
        status = daemon.failed ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    daemon_stop(&daemon);
    loop_free(daemon.loop);
    return status;
}

int
main(int argc, char **argv)
{
    struct options options = {.config_file = NULL};
    struct config *config;
    struct err     err;
    int            status = parse_options(argc, argv, &options);

    if (status >= 0)
        return status;
    listen_mark_passed();
    signal(SIGPIPE, SIG_IGN);
    have_freed_memory_put_together_at_once();
    log_to_journal();
    config = config_new();
    if (configure(config, &options, &err) < 0) {
        log_error("%s", err.message);
        status = EXIT_CONFIG;
    } else {
        status = serve(config, &options);
    }
    config_free(config);
    return status;
}
