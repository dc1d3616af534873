/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reload.c: see reload.h.
 *
 *   reload_start -> reload_read -> reload_is_read
 */
#include "reload.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "config.h"
#include "daemon.h"
#include "domain/store.h"
#include "eventloop/work.h"

struct reading {
    struct reload *reload;
    struct config *fresh; /* NULL: it could not be read */
    struct err     err;
};

/* By the thread beside the loop. */
static void
reload_read(void *arg)
{
    struct reading      *reading = arg;
    const struct reload *reload = reading->reload;
    bool missing = !reload->must && access(reload->file, F_OK) < 0 && errno == ENOENT;

    reading->fresh = config_new();
    if ((!missing && config_read(reading->fresh, reload->file, &reading->err) < 0) ||
        (reload->log_level &&
         config_set(reading->fresh, "log_level", reload->log_level, &reading->err) < 0)) {
        config_free(reading->fresh);
        reading->fresh = NULL;
    }
}

static void
reload_take(struct reload *reload, struct config *fresh)
{
    char changed[1024], left[1024];

    config_take(reload->daemon->config, fresh, changed, left, sizeof changed);
    log_set_level(reload->daemon->config->log_level);
    if (left[0])
        log_warning(
            "the configuration is read again; changed: %s; not before the daemon is started "
            "again: %s",
            changed[0] ? changed : "nothing", left);
    else
        log_info("the configuration is read again; changed: %s", changed[0] ? changed : "nothing");
}

static void
reload_is_read(void *arg, bool ended)
{
    cleanup_free struct reading *reading = arg;
    struct reload               *reload = reading->reload;

    reload->reads = false;
    if (ended && reading->fresh)
        reload_take(reload, reading->fresh);
    else if (ended)
        log_error("the configuration is as it was: %s", reading->err.message);
    config_free(reading->fresh);
    if (!ended)
        return;
    domains_reload(reload->daemon->domains);
    if (reload->again)
        reload_start(reload);
}

void
reload_start(struct reload *reload)
{
    struct reading *reading;

    reload->again = reload->reads;
    if (reload->reads)
        return;
    reload->reads = true;
    reading = xcalloc(1, sizeof *reading);
    reading->reload = reload;
    loop_work(reload->daemon->loop, DEFINITION_OF_DAEMON, true, reload_read, reload_is_read,
              reading);
}
