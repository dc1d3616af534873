/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "scene.h"

#define PATIENCE_USEC 60000000

struct scene scene;

static void
disaster(void *arg, const char *reason)
{
    (void)arg, (void)reason;
    scene.disasters++;
}

static const struct xl_ops ops = {.disaster = disaster};

static void
quiet(enum log_level level, const struct log_about *about, const char *message)
{
    (void)level, (void)about, (void)message;
}

void
scene_begin(void)
{
    struct err err;

    scene = (struct scene){.folder = "/tmp/scene.XXXXXX"};
    log_set_sink(quiet);
    ck_assert_ptr_nonnull(mkdtemp(scene.folder));
    snprintf(scene.kernel, sizeof scene.kernel, "%s/kernel", scene.folder);
    ck_assert_int_eq(file_replace(scene.kernel, "k", 1, 0600, &err), 0);
    scene.world = fake_xen_begin();
    scene.loop = loop_new();
    ck_assert_int_eq(xl_open(&scene.xl, scene.loop, &ops, NULL, &err), 0);
}

void
scene_end(void)
{
    xl_close(&scene.xl);
    loop_free(scene.loop);
    fake_xen_end();
    unlink(scene.kernel);
    ck_assert_int_eq(rmdir(scene.folder), 0); /* nothing else was left behind */
}

const char *
scene_path(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", scene.folder, name);
    return path;
}

size_t
scene_count_files(void)
{
    DIR   *dir = opendir(scene.folder);
    size_t count = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 3; /* ".", "..", the kernel */
}

const char *
scene_xml(const char *name, char letter)
{
    static char xml[2048];
    char        uuid[33];

    for (int n = 0; n < 16; n++)
        snprintf(uuid + 2 * n, 3, "%02x", (unsigned char)letter);
    snprintf(xml, sizeof xml,
             "<domain type='xen'><name>%s</name><uuid>%s</uuid><memory unit='MiB'>128</memory>"
             "<vcpu>1</vcpu><os><type arch='x86_64' machine='xenpvh'>xenpvh</type>"
             "<kernel>%s</kernel></os><devices/></domain>",
             name, uuid, scene.kernel);
    return xml;
}

const char *
scene_xml_of_xl(const char *name, char letter)
{
    static char         whole[8192];
    const char         *xml = scene_xml(name, letter);
    cleanup_free char  *text = NULL;
    libxl_domain_config config;
    struct domain_def  *def;
    struct err          err;

    libxl_domain_config_init(&config);
    ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), 0);
    ck_assert_int_eq(conf_to_libxl(def, &config, &err), 0);
    domain_def_free(def);
    config.on_watchdog = LIBXL_ACTION_ON_SHUTDOWN_RESTART;
    ck_assert_int_eq(conf_from_libxl_whole(&config, &def, &err), 0);
    libxl_domain_config_dispose(&config);
    text = domain_def_format(def, NULL, DOMAIN_XML_SECURE | DOMAIN_XML_INACTIVE);
    domain_def_free(def);
    ck_assert_uint_lt((size_t)snprintf(whole, sizeof whole, "%s", text), sizeof whole);
    return whole;
}

libxl_action_on_shutdown
scene_on_watchdog(int domid)
{
    cleanup_free char       *path = fake_path("config", (uint32_t)domid), *json = NULL;
    libxl_domain_config      config;
    libxl_action_on_shutdown action;
    struct err               err;

    ck_assert_int_eq(file_read(path, 1 << 20, &json, NULL, &err), 0);
    libxl_domain_config_init(&config);
    ck_assert_int_eq(libxl_domain_config_from_json(scene.xl.ctx, &config, json), 0);
    action = config.on_watchdog;
    libxl_domain_config_dispose(&config);
    return action;
}

static size_t
scene_put_image(const char *path, struct image *image, uint64_t like, uint64_t counter)
{
    cleanup_close int  fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    uint8_t            start[FAKE_STREAM_START];
    size_t             body_size;
    cleanup_free void *body = fake_stream_body(counter, true, &body_size);
    struct err         err;

    fake_stream_start(start);
    ck_assert_int_eq(image_write(fd, image, like, &err), 0);
    ck_assert_int_eq(file_write_all(fd, start, sizeof start), 0);
    ck_assert_int_eq(file_write_all(fd, body, body_size), 0);
    return (size_t)lseek(fd, 0, SEEK_CUR);
}

size_t
scene_write_image(const char *path, enum image_format format, const char *config, uint64_t counter)
{
    struct image image = {.format = format, .config = (char *)(uintptr_t)config};

    return scene_put_image(path, &image, IMAGE_UNALIGNED, counter);
}

size_t
scene_write_noted_image(const char *path, const char *xml, image_note *note, uint64_t counter)
{
    struct image image = {.format = IMAGE_LIBVIRT, .config = (char *)(uintptr_t)xml, .note = note};

    return scene_put_image(path, &image, 0, counter);
}

worker_start
scene_start(worker_operation operation, const char *name, char letter)
{
    worker_start start = {
        .job = 1,
        .name = (char *)(uintptr_t)name,
        .domid = -1,
        .params.operation = operation,
    };

    memset(start.uuid, letter, sizeof start.uuid);
    scene_params(&start, "", "", 0);
    return start;
}

void
scene_params(worker_start *start, const char *path, const char *xml, unsigned flags)
{
    worker_params *params = &start->params;
    bool           paused = flags & SCENE_PAUSED, overwrite = flags & SCENE_OVERWRITE;
    char          *p = (char *)(uintptr_t)path, *x = (char *)(uintptr_t)xml;

    switch (params->operation) {
    case WORKER_CREATE:
        params->worker_params_u.create = (worker_create){.xml = x, .paused = paused};
        break;
    case WORKER_RESTORE:
        params->worker_params_u.restore = (worker_restore){
            .path = p, .xml = x, .flags = flags & SCENE_PAUSED ? WORKER_RESTORE_PAUSED : 0};
        break;
    case WORKER_SAVE:
        params->worker_params_u.save = (worker_save){
            .path = p, .xml = x, .flags = flags & SCENE_OVERWRITE ? WORKER_SAVE_OVERWRITE : 0};
        break;
    case WORKER_DUMP:
        params->worker_params_u.dump = (worker_dump){.path = p, .overwrite = overwrite};
        break;
    case WORKER_IMAGE_XML:
        params->worker_params_u.image_xml =
            (worker_image_xml){.path = p, .xml = x, .flags = *xml ? WORKER_IMAGE_DEFINE : 0};
        break;
    case WORKER_FILE:
        params->worker_params_u.file = (worker_file){.path = p, .second = (char *)""};
        break;
    default: /* no parameters */
        break;
    }
}

int
scene_main(const char *name, TCase *tc)
{
    Suite   *suite = suite_create(name);
    SRunner *runner = srunner_create(suite);
    int      failed;

    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/*----- running -----*/

struct running {
    const struct scene_way *way;
    struct scene_outcome    out;
    struct operation       *op; /* NULL: done */
    bool                    aborted;
};

static void
progressed(void *arg, const struct operation *op)
{
    struct running *r = arg;

    r->out.processed = op->processed;
    r->out.total = op->total;
    r->out.committed |= op->phase == WORKER_COMMITTED;
}

static void
identified(void *arg, const struct operation *op, const struct domain_def *def, const char *xml)
{
    struct running *r = arg;

    (void)op;
    ck_assert_ptr_nonnull(strstr(xml, def->name));
    snprintf(r->out.name, sizeof r->out.name, "%s", def->name);
    snprintf(r->out.xml, sizeof r->out.xml, "%s", xml);
    r->out.identified++;
}

static void
done(void *arg, const struct operation *op)
{
    struct running *r = arg;

    r->out.calls++;
    r->out.err = op->err;
    r->out.domid = op->domid;
    r->out.domain_left = op->domain_left;
    r->op = NULL;
}

static const struct operation_events events = {
    .progress = progressed, .identified = identified, .done = done};

static void
answer(struct running *r, int *answered)
{
    struct err why;

    if (r->out.identified == *answered || r->way->ignore)
        return;
    ++*answered;
    err_set(&why, ERR_OPERATION_INVALID, "refused by the test");
    if (r->way->refuse)
        operation_refuse(r->op, &why);
    else
        operation_proceed(r->op);
}

static void
abort_if_due(struct running *r)
{
    bool due = (r->way->abort_at && r->out.turns >= r->way->abort_at) ||
               (r->way->abort_in && r->op->phase == r->way->abort_in);

    if (!due || r->aborted)
        return;
    r->aborted = true;
    operation_abort(r->op);
}

struct scene_outcome
scene_run(const worker_start *start, const struct scene_way *way)
{
    static const struct scene_way straight;
    struct running                r = {.way = way ? way : &straight};
    uint64_t                      end = loop_now_usec() + PATIENCE_USEC;
    int                           answered = 0;

    if (operation_start(&scene.xl, start, &events, &r, &r.op, &r.out.err) < 0)
        return r.out;
    r.op->memory = scene.memory.autoballoon ? &scene.memory : NULL;
    ck_assert_int_eq(r.out.calls, 0); /* everything comes from the loop */
    abort_if_due(&r);
    while (r.op && loop_now_usec() < end) {
        loop_run_ready(scene.loop);
        if (++r.out.turns == (way && way->meanwhile_at ? way->meanwhile_at : 3) && r.way->meanwhile)
            r.way->meanwhile();
        if (r.op)
            answer(&r, &answered);
        if (r.op)
            abort_if_due(&r);
    }
    ck_assert_msg(!r.op, "the operation does not end");
    return r.out;
}
