/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lifecycle.c: what follows when a guest's kernel stops.
 *
 * on_poweroff, on_reboot and on_crash are dom0d's to obey only for guests that it started: the
 * background xl of a guest made by `xl create` does it for that one, and two must not.
 */
#include "base/log.h"
#include "private.h"

/* Which of the guest's wishes a shutdown calls upon, and how STOPPED is told. */
struct consequence {
    enum domain_action action;
    int                stop_detail;
    const char        *word;
};

static struct consequence
lifecycle_consequence(const struct domain *dom, enum host_shutdown reason)
{
    static const struct domain_def nobodys = {.on_poweroff = DOMAIN_ACTION_PRESERVE,
                                              .on_reboot = DOMAIN_ACTION_PRESERVE,
                                              .on_crash = DOMAIN_ACTION_PRESERVE,
                                              .on_watchdog = DOMAIN_ACTION_PRESERVE,
                                              .on_soft_reset = DOMAIN_ACTION_PRESERVE};
    const struct domain_def       *def = dom->live ? dom->live : &nobodys;

    switch (reason) {
    case HOST_SHUTDOWN_REBOOT:
        return (struct consequence){def->on_reboot, STOPPED_SHUTDOWN, "reboots"};
    case HOST_SHUTDOWN_SOFT_RESET:
        /* It goes only where that fails. */
        return (struct consequence){def->on_soft_reset, STOPPED_FAILED, "asks for a soft reset"};
    case HOST_SHUTDOWN_WATCHDOG:
        return (struct consequence){def->on_watchdog, STOPPED_CRASHED, "has crashed"};
    case HOST_SHUTDOWN_CRASH:
        return (struct consequence){def->on_crash, STOPPED_CRASHED, "has crashed"};
    default:
        return (struct consequence){def->on_poweroff, STOPPED_SHUTDOWN, "powers off"};
    }
}

static void
lifecycle_tell(struct domain *dom, enum host_shutdown reason, const struct consequence *what)
{
    if (reason == HOST_SHUTDOWN_REBOOT)
        dom->table->observer->reboot(dom->table->arg, dom);
    if (dom->live && what->action == DOMAIN_ACTION_PRESERVE && what->stop_detail == STOPPED_CRASHED)
        domain_tell(dom, LIFECYCLE_CRASHED, CRASHED_PANICKED);
    dom->run.shutdown_told = true;
    domain_remember(dom);
}

void
lifecycle_shutdown(struct domain *dom, const struct host_dominfo *info)
{
    struct consequence what = lifecycle_consequence(dom, info->shutdown_reason);
    char               uuid[UUID_TEXT_SIZE];
    struct log_about   line = domain_for_log(dom, uuid);

    /* Asleep, for a save or by its own wish: it will wake up. */
    if (info->shutdown_reason == HOST_SHUTDOWN_SUSPEND)
        return;
    dom->run.shutdown_seen = true;
    dom->run.stop_detail = what.stop_detail;
    log_about(LOG_LEVEL_INFO, &line, "the guest %s%s%s", what.word, dom->live ? ": " : "",
              dom->live ? domain_action_name(what.action) : "");
    if (!dom->run.shutdown_told)
        lifecycle_tell(dom, info->shutdown_reason, &what);
    if (dom->live && what.action != DOMAIN_ACTION_PRESERVE)
        dom->table->observer->wants(dom->table->arg, dom, what.action, what.stop_detail);
}
