/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake-xen.c: look at the host of $DOM0D_FAKE_DIR and change it, beside a daemon and workers that
 * run on it.
 */
#include <libxl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/uuid.h"
#include "fake-console.h"
#include "fake-xen.h"

static const char usage_text[] =
    "usage: fake-xen COMMAND...\n"
    "  list                            id, uuid, state, counter, name\n"
    "  create NAME UUID pv|pvh|hvm     a domain, as if xl had made it\n"
    "  shutdown ID REASON              its kernel stops: 0 off, 1 reboot, 2 suspend, 3 crash\n"
    "  destroy ID\n"
    "  pause ID, unpause ID, freeze ID, count ID\n"
    "  rename ID NAME\n"
    "  console NAME TERMINAL           be the guest behind it (0: Xen's, 1...: serial ports) in "
    "each\n"
    "                                  of its runs: it says what is read, what it hears is "
    "written\n"
    "  lock ID, unlock ID              somebody holds the lock of its userdata\n"
    "  rule CALL NTH RC full|half      the n-th call (0: each) fails\n"
    "  delay MSEC, when later|at-once|refused, abort inside|later|ignored\n"
    "  block CALL                      it does not return until another one is named\n"
    "  log, forget                     the calls so far; forget them and the rules\n"
    "  break, mend                     xenstore\n"
    "  away, back                      nobody listens at xenstored's socket\n"
    "  stop, continue                  xenstored: who asks it waits\n"
    "  break-libxl                     libxl gives up where a call under way would go on\n"
    "Two commands are two calls of fake-xen.\n";

static int
usage(void)
{
    fputs(usage_text, stderr);
    return 2;
}

static int
list(void)
{
    const struct fake_world *world = fake_world();
    char                     uuid[UUID_TEXT_SIZE];

    for (size_t n = 0; n < fake_world()->slots; n++) {
        const struct fake_domain *dom = &world->domains[n];

        if (dom->used)
            printf("%u %s %c%c%c %llu %s\n", dom->domid, uuid_format(dom->uuid, uuid),
                   dom->paused ? 'p' : '-', dom->shutdown ? 's' : '-', dom->dying ? 'd' : '-',
                   (unsigned long long)dom->counter, dom->name);
    }
    return 0;
}

static int
create(const char *name, const char *uuid_text, const char *type)
{
    uint8_t             uuid[UUID_SIZE];
    struct fake_domain *dom;
    cleanup_free char  *json = NULL, *path = NULL;
    struct err          err;

    if (!uuid_parse(uuid_text, uuid))
        return usage();
    /* Nobody looks before it is complete. */
    fake_lock();
    dom = fake_domain_add(name, 'x');
    memcpy(dom->uuid, uuid, UUID_SIZE);
    libxl_domain_type_from_string(type, (libxl_domain_type *)&dom->type);
    json = xasprintf("{\"c_info\": {\"type\": \"%s\", \"name\": \"%s\", \"uuid\": \"%s\"},"
                     "\"b_info\": {\"type.%s\": {}, \"max_memkb\": %llu, \"target_memkb\": %llu,"
                     "\"max_vcpus\": 1, \"kernel\": \"/kernel\"}}",
                     type, name, uuid_text, type, (unsigned long long)dom->memory_kib,
                     (unsigned long long)dom->memory_kib);
    path = fake_path("config", dom->domid);
    if (file_replace(path, json, strlen(json), 0600, &err) < 0) {
        fprintf(stderr, "fake-xen: %s\n", err.message);
        return 1;
    }
    fake_unlock();
    printf("%u\n", dom->domid);
    return 0;
}

static int
with_domain(const char *command, const char *id, const char *argument)
{
    struct fake_domain *dom = fake_domain_find((uint32_t)atoi(id));

    if (!dom) {
        fprintf(stderr, "fake-xen: there is no domain %s\n", id);
        return 1;
    }
    if (strcmp(command, "shutdown") == 0 && argument)
        fake_domain_shuts_down(dom, atoi(argument));
    else if (strcmp(command, "destroy") == 0)
        fake_domain_goes(dom);
    else if (strcmp(command, "rename") == 0 && argument)
        fake_domain_rename(dom, argument);
    else if (strcmp(command, "lock") == 0)
        dom->locked = true;
    else if (strcmp(command, "unlock") == 0)
        dom->locked = false;
    else if (strcmp(command, "pause") == 0)
        dom->paused = true;
    else if (strcmp(command, "unpause") == 0)
        dom->paused = false;
    else if (strcmp(command, "freeze") == 0)
        dom->frozen = true;
    else if (strcmp(command, "count") == 0)
        dom->counter++;
    else
        return usage();
    return 0;
}

/* The number of the word among the words, -1: it is none of them. */
static int
find_word(const char *word, const char *const *words, int count)
{
    for (int n = 0; n < count; n++) {
        if (strcmp(word, words[n]) == 0)
            return n;
    }
    return -1;
}

static int
set_behaviour(const char *command, const char *value)
{
    static const char *const whens[] = {"later", "at-once", "refused"};
    static const char *const aborts[] = {"inside", "later", "ignored"};
    struct fake_world       *world = fake_world();
    int                      n;

    if (strcmp(command, "delay") == 0) {
        world->delay_msec = (unsigned)atoi(value);
        return 0;
    }
    if (strcmp(command, "when") == 0 && (n = find_word(value, whens, FAKE_WHENS)) >= 0) {
        world->when = (enum fake_when)n;
        return 0;
    }
    if (strcmp(command, "abort") == 0 && (n = find_word(value, aborts, FAKE_ABORTS)) >= 0) {
        world->abort = (enum fake_abort)n;
        return 0;
    }
    return usage();
}

static int
plain(const char *command)
{
    if (strcmp(command, "list") == 0)
        return list();
    if (strcmp(command, "log") == 0)
        puts(fake_world()->log);
    else if (strcmp(command, "forget") == 0)
        fake_xen_forget();
    else if (strcmp(command, "break") == 0)
        fake_world()->xenstore_broken = true;
    else if (strcmp(command, "stop") == 0)
        fake_xenstored_stops();
    else if (strcmp(command, "continue") == 0)
        fake_xenstored_goes_on();
    else if (strcmp(command, "away") == 0 || strcmp(command, "back") == 0)
        fake_world()->xenstored_away = strcmp(command, "away") == 0;
    else if (strcmp(command, "break-libxl") == 0)
        fake_world()->libxl_broken = true;
    else if (strcmp(command, "mend") == 0)
        fake_world()->xenstore_broken = fake_world()->libxl_broken = false;
    else
        return usage();
    fake_xen_changed();
    return 0;
}

int
main(int argc, char **argv)
{
    if (!getenv("DOM0D_FAKE_DIR")) {
        fputs("fake-xen: DOM0D_FAKE_DIR is not set\n", stderr);
        return 2;
    }
    if (argc == 2)
        return plain(argv[1]);
    if (argc == 5 && strcmp(argv[1], "create") == 0)
        return create(argv[2], argv[3], argv[4]);
    if (argc == 6 && strcmp(argv[1], "rule") == 0) {
        fake_xen_rule(argv[2], (unsigned)atoi(argv[3]), atoi(argv[4]), argv[5][0] == 'h');
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "block") == 0) {
        snprintf(fake_world()->blocked, sizeof fake_world()->blocked, "%s", argv[2]);
        return 0;
    }
    if (argc == 3 && find_word(argv[1], (const char *const[]){"delay", "when", "abort"}, 3) >= 0)
        return set_behaviour(argv[1], argv[2]);
    if (argc == 4 && strcmp(argv[1], "console") == 0 && atoi(argv[3]) < FAKE_TERMINALS)
        fake_console_run(argv[2], (unsigned)atoi(argv[3]));
    if (argc == 3 || argc == 4)
        return with_domain(argv[1], argv[2], argv[3]);
    return usage();
}
