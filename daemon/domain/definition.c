/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "definition.h"
#include "eventloop/work.h"

static void
definition_set_stopped(struct err *err)
{
    err_set(err, ERR_OPERATION_ABORTED, "aborted: the daemon stops");
}

/*----- reading -----*/

int
definition_read_now(const char *xml, unsigned flags, struct domain_def **def_out, struct err *err)
{
    struct domain_def *def;

    if (domain_def_parse_flags(xml, strlen(xml), flags, &def, err) < 0)
        return -1;
    if ((flags & DEFINITION_PACK ? domain_def_pack(def, err)
                                 : domain_def_keep_text(def, DEFINITION_LONG, err)) < 0) {
        domain_def_free(def);
        return -1;
    }
    *def_out = def;
    return 0;
}

struct definition_reading {
    char               *xml;
    unsigned            flags;
    definition_read_fn *done;
    void               *arg;
    struct domain_def  *def; /* NULL: not read (yet) */
    struct err          err;
};

static void
definition_do_read(void *arg)
{
    struct definition_reading *reading = arg;

    (void)definition_read_now(reading->xml, reading->flags, &reading->def, &reading->err);
}

static void
definition_is_read(void *arg, bool ended)
{
    cleanup_free struct definition_reading *reading = arg;

    free(reading->xml);
    if (!ended) {
        reading->def = domain_def_free(reading->def);
        definition_set_stopped(&reading->err);
    }
    reading->done(reading->arg, reading->def, reading->def ? NULL : &reading->err);
}

void
definition_read(struct loop *loop, uint64_t whose, const char *xml, unsigned flags,
                definition_read_fn *done, void *arg)
{
    struct definition_reading *reading = xcalloc(1, sizeof *reading);

    *reading =
        (struct definition_reading){.xml = xstrdup(xml), .flags = flags, .done = done, .arg = arg};
    loop_work(loop, whose, strlen(xml) > DEFINITION_LONG, definition_do_read, definition_is_read,
              reading);
}

int
definition_check(const struct domain_def *def, struct err *err)
{
    const struct {
        const char        *element;
        enum domain_action action;
    } actions[] = {{"on_poweroff", def->on_poweroff},
                   {"on_reboot", def->on_reboot},
                   {"on_crash", def->on_crash}};

    for (size_t i = 0; i < array_size(actions); i++)
        if (actions[i].action == DOMAIN_ACTION_RENAME_RESTART)
            return err_set_libvirt(err, ERR_CONFIG_UNSUPPORTED,
                                   "<%s>: rename-restart is not supported", actions[i].element);
    return 0;
}

bool
definition_is_long(const struct domain_def *def)
{
    return def->text && strlen(def->text) > DEFINITION_LONG;
}

/*----- writing -----*/

struct definition_writing {
    struct domain_def   *def; /* shared */
    bool                 runs;
    struct domain_live   live;
    char                *console_tty;
    char               **interface_names;
    unsigned             flags;
    definition_write_fn *done;
    void                *arg;
    char                *xml;
};

static void
definition_copy_live(struct definition_writing *writing, const struct domain_live *live)
{
    writing->runs = true;
    writing->console_tty = xstrdup(live->console_tty);
    writing->interface_names = xcalloc(live->n_interface_names, sizeof(char *));
    for (size_t n = 0; live->interface_names && n < live->n_interface_names; n++)
        writing->interface_names[n] = xstrdup(live->interface_names[n]);
    writing->live = *live;
    writing->live.console_tty = writing->console_tty;
    writing->live.interface_names = (const char *const *)writing->interface_names;
}

static void
definition_free_live(struct definition_writing *writing)
{
    for (size_t n = 0; n < writing->live.n_interface_names; n++)
        free(writing->interface_names[n]);
    free(writing->interface_names);
    free(writing->console_tty);
}

static void
definition_do_write(void *arg)
{
    struct definition_writing *writing = arg;

    writing->xml =
        domain_def_format(writing->def, writing->runs ? &writing->live : NULL, writing->flags);
}

static void
definition_is_written(void *arg, bool ended)
{
    cleanup_free struct definition_writing *writing = arg;
    struct err                              err;

    domain_def_free(writing->def);
    definition_free_live(writing);
    if (ended) {
        writing->done(writing->arg, writing->xml, NULL);
        return;
    }
    free(writing->xml);
    definition_set_stopped(&err);
    writing->done(writing->arg, NULL, &err);
}

void
definition_write(struct loop *loop, uint64_t whose, struct domain_def *def,
                 const struct domain_live *live, unsigned flags, definition_write_fn *done,
                 void *arg)
{
    struct definition_writing *writing = xcalloc(1, sizeof *writing);
    bool is_whole = (flags & DOMAIN_XML_SECURE) && (!live || (flags & DOMAIN_XML_INACTIVE));

    *writing = (struct definition_writing){
        .def = domain_def_share(def), .flags = flags, .done = done, .arg = arg};
    if (live)
        definition_copy_live(writing, live);
    /* Where it is long the text of the whole is kept, and copied. */
    loop_work(loop, whose, definition_is_long(def) && !is_whole, definition_do_write,
              definition_is_written, writing);
}
