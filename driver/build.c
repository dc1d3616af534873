/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* build.c: see build.h. */
#include <string.h>

#include "base/alloc.h"
#include "base/uuid.h"
#include "build.h"
#include "conf/libxl.h"

/* How long an aborted create may go on to its next wait. */
#define PATIENCE_USEC 3000000

/* The steps, in the order they run. */
static memory_fn  build_has_memory;
static xl_call_fn build_unpaused;
static void       build_end(struct build *b);
static xl_call_fn build_rolled_back;
static xl_call_fn build_let_run;
static xl_call_fn build_removed;

/*----- helpers -----*/

void
build_init(struct build *b, bool paused)
{
    b->paused = paused;
    memory_init(&b->memory, b->op.xl, b->op.memory);
    libxl_domain_config_init(&b->config);
}

void
build_clear(struct build *b)
{
    memory_give_back(&b->memory);
    libxl_domain_config_dispose(&b->config);
    b->def = domain_def_free(b->def);
}

int
build_parse_xml(struct xl *xl, const char *xml, struct domain_def **def_out,
                libxl_domain_config *config_out, struct err *err)
{
    *def_out = NULL;
    if (domain_def_parse(xml, strlen(xml), def_out, err) < 0)
        return -1;
    return conf_to_libxl_whole(xl->ctx, *def_out, config_out, err);
}

/* The definition of an image that xl has written: all that its JSON says. */
static int
build_parse_json(struct xl *xl, const char *json, struct domain_def **def_out, struct err *err)
{
    libxl_domain_config config;
    int                 r;

    libxl_domain_config_init(&config);
    r = libxl_domain_config_from_json(xl->ctx, &config, json);
    if (r)
        xl_err_set(err, xl, r, "the image's configuration cannot be read");
    else
        r = conf_from_libxl_whole(&config, def_out, err);
    libxl_domain_config_dispose(&config);
    return r ? -1 : 0;
}

int
build_parse_image(struct xl *xl, const struct image *image, struct domain_def **def_out,
                  struct err *err)
{
    const char *xml = image_xml(image);

    *def_out = NULL;
    return xml ? domain_def_parse(xml, strlen(xml), def_out, err)
               : build_parse_json(xl, image->config, def_out, err);
}

/* The caller's XML, where there is one, stands for the image's; what it cannot say is as it was. */
int
build_read_image(struct xl *xl, const struct image *image, const char *xml,
                 struct domain_def **def_out, libxl_domain_config *config_out, struct err *err)
{
    struct domain_def *own = NULL;

    if (build_parse_image(xl, image, def_out, err) < 0)
        return -1;
    if (*xml) {
        if (domain_def_parse(xml, strlen(xml), &own, err) < 0)
            return -1;
        if (domain_def_check_same_machine(*def_out, own, err) < 0) {
            domain_def_free(own);
            return -1;
        }
        domain_def_inherit(own, *def_out);
        domain_def_free(*def_out);
        *def_out = own;
    }
    return conf_to_libxl_whole(xl->ctx, *def_out, config_out, err);
}

/* As domain_def_format tells it: completed, and so perhaps longer than it was read.  NULL with err
 * where libxl's configuration cannot be made of it. */
static char *
build_tell_image(struct xl *xl, const struct image *image, struct err *err)
{
    struct domain_def  *def = NULL;
    libxl_domain_config config;
    char               *told = NULL;

    libxl_domain_config_init(&config);
    if (build_read_image(xl, image, "", &def, &config, err) == 0)
        told = domain_def_format(def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    libxl_domain_config_dispose(&config);
    domain_def_free(def);
    return told;
}

int
build_check_image(struct xl *xl, int fd, struct err *err)
{
    struct image       image = {.config = NULL};
    struct domain_def *def = NULL;
    cleanup_free char *told = NULL;

    if (image_read(fd, &image, err) == 0)
        told = build_tell_image(xl, &image, err);
    image_clear(&image);
    if (!told || domain_def_parse(told, strlen(told), &def, err) < 0)
        return err_prefix(err, "an image with this definition could not be restored");
    domain_def_free(def);
    return 0;
}

static int
build_keep_xml(struct build *b, struct err *err)
{
    cleanup_free char *xml =
        domain_def_format(b->def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    int rc = libxl_userdata_store(b->op.xl->ctx, b->domid, BUILD_USERDATA, (const uint8_t *)xml,
                                  (int)strlen(xml));

    return rc ? xl_err_set(err, b->op.xl, rc, "cannot store the definition in libxl's userdata")
              : 0;
}

/* A cell is on the node of its number; libxl refuses one that is not there. */
static int
build_place_cells(struct build *b, struct err *err)
{
    libxl_domain_build_info *info = &b->config.b_info;
    libxl_physinfo           phys;
    int                      rc;

    if (!info->num_vnuma_nodes)
        return 0;
    libxl_physinfo_init(&phys);
    rc = libxl_get_physinfo(b->op.xl->ctx, &phys);
    if (!rc && (uint32_t)info->num_vnuma_nodes > phys.nr_nodes) {
        log_about(LOG_LEVEL_WARNING, &b->op.xl->log.about,
                  "this host has %u NUMA nodes: the memory of all %d cells is on the first one",
                  phys.nr_nodes, info->num_vnuma_nodes);
        for (int i = 0; i < info->num_vnuma_nodes; i++)
            info->vnuma_nodes[i].pnode = 0;
    }
    libxl_physinfo_dispose(&phys);
    return rc ? xl_err_set(err, b->op.xl, rc, "cannot determine the nodes of this host") : 0;
}

/*----- the steps -----*/

void
build_begin(struct build *b, void (*ready)(struct build *b))
{
    char       text[UUID_TEXT_SIZE];
    int        domid;
    struct err err;

    if (operation_find(&b->op, b->def->uuid, &domid) == OPERATION_DOMAIN_THERE) {
        err_set(&err, ERR_OPERATION_INVALID, "the domain with uuid %s is running: its id is %d",
                uuid_format(b->def->uuid, text), domid);
        operation_fail(&b->op, &err);
        build_roll_back(b);
        return;
    }
    if (build_place_cells(b, &err) < 0) {
        operation_fail(&b->op, &err);
        build_roll_back(b);
        return;
    }
    b->ready = ready;
    memory_ask(&b->memory, b->def->name, b->def->uuid, &b->config, build_has_memory, b);
}

static void
build_has_memory(void *arg, const struct err *err)
{
    struct build *b = arg;

    if (err) {
        operation_fail(&b->op, err);
        build_roll_back(b);
        return;
    }
    b->asked = true;
    b->domid = INVALID_DOMID;
    b->ready(b);
}

void
build_made(struct xl_call *call, int rc)
{
    struct build *b = container_of(operation_of_call(call), struct build, op);
    struct err    err;

    if (operation_failed(&b->op)) {
        build_roll_back(b);
        return;
    }
    if (rc) {
        xl_err_set(&err, b->op.xl, rc, "cannot %s domain %s", operation_name(&b->op), b->def->name);
        operation_fail(&b->op, &err);
        build_roll_back(b);
        return;
    }
    b->op.domid = (int)b->domid;
    operation_phase(&b->op, WORKER_RUNNING);
    if (build_keep_xml(b, &err) < 0) {
        operation_fail(&b->op, &err);
        build_roll_back(b);
        return;
    }
    if (b->paused) {
        build_end(b);
        return;
    }
    xl_domain_unpause(&b->op.call, b->domid, build_unpaused);
}

static void
build_unpaused(struct xl_call *call, int rc)
{
    struct build *b = container_of(operation_of_call(call), struct build, op);

    if (rc)
        operation_fail_xl(&b->op, rc, "cannot start the domain");
    if (operation_failed(&b->op))
        build_roll_back(b);
    else
        build_end(b);
}

static void
build_end(struct build *b)
{
    if (b->there)
        b->there(b);
    operation_finish(&b->op);
}

/* By its uuid: libxl keeps a half-built domain after an abort, and after other failures it may have
 * kept one too.  See libxl.h, libxl_domain_create_new. */
static enum operation_domain
build_find_left(struct build *b)
{
    const uint8_t *uuid = b->def ? b->def->uuid : (const uint8_t *)b->op.task->uuid;

    return b->asked ? operation_find(&b->op, uuid, &b->op.domid) : OPERATION_DOMAIN_GONE;
}

void
build_roll_back(struct build *b)
{
    operation_undoing(&b->op);
    switch (build_find_left(b)) {
    case OPERATION_DOMAIN_THERE:
        xl_domain_destroy(&b->op.call, (uint32_t)b->op.domid, build_rolled_back);
        return;
    case OPERATION_DOMAIN_UNKNOWN:
        b->op.domain_left = true;
        err_append(&b->op.err, "; whether a half-built domain is left cannot be told");
        break;
    case OPERATION_DOMAIN_GONE:
        b->op.domid = -1;
        break;
    }
    operation_finish(&b->op);
}

static void
build_rolled_back(struct xl_call *call, int rc)
{
    struct build *b = container_of(operation_of_call(call), struct build, op);

    b->op.domain_left = rc && build_find_left(b) != OPERATION_DOMAIN_GONE;
    if (b->op.domain_left) {
        operation_fail_xl(&b->op, rc, "the half-built domain cannot be destroyed");
        err_append(&b->op.err, "; and the half-built domain %d cannot be destroyed", b->op.domid);
    } else {
        b->op.domid = -1;
    }
    operation_finish(&b->op);
}

/*
 * An abort in the wrong moment has libxl destroy the domain in the very call that is aborted, where
 * no hotplug script can run any more: loop devices would stay behind.  So where it may have devices
 * it gets some time to end by itself.
 */
void
build_abort(struct build *b)
{
    if (memory_is_asking(&b->memory)) {
        memory_give_back(&b->memory);
        build_roll_back(b);
        return;
    }
    operation_abort_call(&b->op, PATIENCE_USEC, NULL);
}

/*----- after a worker that died -----*/

bool
build_is_complete(const struct operation *op)
{
    cleanup_free uint8_t *data = NULL;
    int                   size = 0;

    return libxl_userdata_retrieve(op->xl->ctx, (uint32_t)op->domid, BUILD_USERDATA, &data,
                                   &size) == 0 &&
           size > 0;
}

/* Xen does not let go what runs already: its worker died after it had. */
static bool
build_is_paused(const struct operation *op)
{
    libxl_dominfo info;
    bool          paused;

    libxl_dominfo_init(&info);
    paused = libxl_domain_info(op->xl->ctx, &info, (uint32_t)op->domid) != 0 || info.paused;
    libxl_dominfo_dispose(&info);
    return paused;
}

void
build_undo(struct build *b)
{
    struct operation *op = &b->op;
    const uint8_t    *uuid = (const uint8_t *)op->task->uuid;

    operation_phase(op, WORKER_UNDOING);
    if (uuid_is_zero(uuid)) {
        operation_undone(op, "no domain was made yet");
        return;
    }
    switch (operation_find(op, uuid, &op->domid)) {
    case OPERATION_DOMAIN_GONE:
        operation_undone(op, "no domain is left of it");
        return;
    case OPERATION_DOMAIN_UNKNOWN:
        operation_undone(op, "whether a half-built domain is left cannot be told");
        return;
    case OPERATION_DOMAIN_THERE:
        break;
    }
    if (!build_is_complete(op)) {
        xl_domain_destroy(&op->call, (uint32_t)op->domid, build_removed);
        return;
    }
    if (b->recall)
        b->recall(b);
    if (b->paused || !build_is_paused(op))
        build_end(b);
    else
        xl_domain_unpause(&op->call, (uint32_t)op->domid, build_let_run);
}

static void
build_let_run(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    if (rc) {
        operation_fail_xl(op, rc, "the domain is complete, but cannot be started");
        operation_finish(op);
        return;
    }
    build_end(container_of(op, struct build, op));
}

static void
build_removed(struct xl_call *call, int rc)
{
    struct operation *op = operation_of_call(call);

    if (rc) {
        operation_fail_xl(op, rc, "the half-built domain cannot be destroyed");
        operation_finish(op);
        return;
    }
    op->domid = -1;
    operation_undone(op, "the half-built domain was destroyed");
}
