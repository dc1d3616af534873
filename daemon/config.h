/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.h: the daemon's configuration, read at start; some of it again while the daemon runs.
 *
 * A file of lines `key = value`; empty lines and lines that begin with # are nothing.  Whatever a
 * file does not say has its default.  dom0d.conf(5) and systemd/dom0d.conf tell the same list.
 */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include <stddef.h>

#include "base/err.h"
#include "base/log.h"
#include "console/limits.h"
#include "domain/limits.h"
#include "job/limits.h"
#include "rpc/limits.h"

struct config {
    struct rpc_limits     rpc;    /* sockets and clients */
    struct job_limits     job;    /* jobs, workers, folders */
    struct domain_limits  domain; /* definitions */
    struct console_limits console;
    struct {
        unsigned parallel;  /* that are started or stopped at a time; 0: by the host's CPUs */
        unsigned stop_sec;  /* for which one may take to stop */
        char    *stop;      /* "save", "shutdown", "leave" */
    } guests;               /* with the host */
    size_t         max_xml; /* bytes, of one domain */
    enum log_level log_level;
};

/** The caller frees it. */
struct config *config_new(void);

/** NULL is fine. */
void config_free(struct config *config);

/**
 * Take over what a file says.  Errors name the file, the line, the key and the reason; config is
 * then in part the file's and good for config_free only.
 */
int config_read(struct config *config, const char *path, struct err *err);

/** The same for text in memory; name stands for the file in errors. */
int config_parse(struct config *config, const char *name, const char *text, struct err *err);

/** One key, as a line of a file says it.  Errors: ERR_INVALID_ARG, the key and the reason. */
int config_set(struct config *config, const char *key, const char *value, struct err *err);

/**
 * Take over from a configuration that was read later what may change while the daemon runs; fresh
 * is then good for config_free only.  changed and left, of size bytes each, get the names of those
 * that were, and of those that differ and wait for the next start.
 */
void config_take(struct config *config, struct config *fresh, char *changed, char *left,
                 size_t size);

/** The n-th key, NULL behind the last, and its default as a file would say it. */
const char *config_key(unsigned n, const char **default_out);

/** "debug", ...  Returns 0, or -1 where the word is no level. */
int config_log_level(const char *word, enum log_level *level_out);

#endif
