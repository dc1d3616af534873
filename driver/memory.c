/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memory.c: see memory.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "memory.h"
#include "wire/record.h"

#define LOOK_USEC 250000
#define PATIENCE_USEC 10000000 /* with a dom0 that gives nothing */
#define LIMIT_USEC 300000000

enum memory_answer { MEMORY_THERE, MEMORY_WAITS, MEMORY_LACKS };

/* What there is, in KiB. */
struct memory_state {
    uint64_t free, promised; /* promised: to the domains of other workers, and not filled yet */
    uint64_t dom0, target;   /* what dom0 has, and is to come down to */
};

static loop_fn memory_look;

/*----- what is free -----*/

static unsigned long long
mib(uint64_t kib)
{
    return kib / 1024;
}

static int
memory_read_free(const struct memory *m, uint64_t *kib_out, struct err *err)
{
    int rc = libxl_get_free_memory(m->xl->ctx, kib_out);

    return rc ? xl_err_set(err, m->xl, rc, "cannot determine the free memory") : 0;
}

static void
memory_say_lack(const struct memory *m, const struct memory_state *s, struct err *err)
{
    err_set(err, ERR_OPERATION_FAILED,
            "not enough memory: domain %s needs %llu MiB, %llu MiB are free", m->name,
            mib(m->need_kib + 1023), mib(s->free));
}

/* Without dom0's help. */
static enum memory_answer
memory_look_at_free(const struct memory *m, struct err *err)
{
    struct memory_state s = {0};

    if (memory_read_free(m, &s.free, err) < 0)
        return MEMORY_LACKS;
    if (m->need_kib <= s.free)
        return MEMORY_THERE;
    memory_say_lack(m, &s, err);
    return MEMORY_LACKS;
}

/* As xl: the word of Xen's command line that says how much dom0 gets. */
static bool
memory_dom0_is_bounded(const struct memory *m)
{
    const libxl_version_info *info = libxl_get_version_info(m->xl->ctx);
    cleanup_free char        *line = xstrdup(info && info->commandline ? info->commandline : "");
    char                     *rest = line, *word;

    while ((word = strsep(&rest, " ")))
        if (strncmp(word, "dom0_mem=", strlen("dom0_mem=")) == 0)
            return true;
    return false;
}

static bool
memory_dom0_gives(const struct memory *m)
{
    if (!m->rules || strcmp(m->rules->autoballoon, "off") == 0)
        return false;
    return strcmp(m->rules->autoballoon, "on") == 0 || !memory_dom0_is_bounded(m);
}

/*----- what the workers tell each other -----*/

/* What that worker's domain is still to get; 0 where the worker has gone, and its file goes. */
static uint64_t
memory_read_promise(const char *path, const libxl_dominfo *list, int count)
{
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char              text[64] = "", uuid_text[UUID_TEXT_SIZE];
    uint8_t           uuid[UUID_SIZE];
    uint64_t          need = 0;

    if (fd < 0)
        return 0;
    if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
        unlink(path);
        return 0;
    }
    if (read(fd, text, sizeof text - 1) < 0 ||
        sscanf(text, "%" SCNu64 " %36s", &need, uuid_text) != 2 || !uuid_parse(uuid_text, uuid))
        return 0;
    for (int n = 0; n < count; n++)
        if (uuid_equal(libxl_uuid_bytearray_const(&list[n].uuid), uuid))
            return need > list[n].current_memkb ? need - list[n].current_memkb : 0;
    return need;
}

static int
memory_read_promises(const struct memory *m, const char *folder, uint64_t *kib_out, struct err *err)
{
    size_t              n_paths;
    cleanup_free char **paths = records_find(folder, WORKER_PROMISE_SUFFIX, &n_paths);
    int                 count = 0;
    libxl_dominfo      *list = libxl_list_domain(m->xl->ctx, &count);

    *kib_out = 0;
    for (size_t n = 0; paths && n < n_paths; n++) {
        if (list && strcmp(paths[n], m->rules->promise) != 0)
            *kib_out += memory_read_promise(paths[n], list, count);
        free(paths[n]);
    }
    if (!list)
        return err_set(err, ERR_OPERATION_FAILED, "the hypervisor does not list its domains");
    libxl_dominfo_list_free(list, count);
    return paths ? 0 : err_set_errno(err, errno, "cannot read %s", folder);
}

/* Where it cannot be written the guest is made all the same: it only may find its memory taken by
 * another one, and be refused by libxl. */
static void
memory_promise(struct memory *m)
{
    char text[64], uuid[UUID_TEXT_SIZE];

    if (m->promised)
        return;
    m->promised = true;
    snprintf(text, sizeof text, "%" PRIu64 " %s\n", m->need_kib, uuid_format(m->uuid, uuid));
    m->promise = open(m->rules->promise, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (m->promise < 0 || flock(m->promise, LOCK_EX | LOCK_NB) < 0 ||
        file_write_all(m->promise, text, strlen(text)) < 0)
        log_about(LOG_LEVEL_WARNING, &m->xl->log.about, "cannot write %s: %s", m->rules->promise,
                  strerror(errno));
}

/*----- what dom0 gives -----*/

/* dom0 first: what it gives meanwhile is then counted twice, and asked for later, not too much now.
 */
static int
memory_read_state(const struct memory *m, const char *folder, struct memory_state *s,
                  struct err *err)
{
    libxl_dominfo dom0;
    int           rc;

    libxl_dominfo_init(&dom0);
    rc = libxl_domain_info(m->xl->ctx, &dom0, 0);
    s->dom0 = dom0.current_memkb;
    libxl_dominfo_dispose(&dom0);
    if (!rc)
        rc = libxl_get_memory_target(m->xl->ctx, 0, &s->target);
    if (rc)
        return xl_err_set(err, m->xl, rc, "cannot determine dom0's memory");
    if (memory_read_free(m, &s->free, err) < 0)
        return -1;
    return memory_read_promises(m, folder, &s->promised, err);
}

static int
memory_lower_target(struct memory *m, const struct memory_state *s, uint64_t kib, struct err *err)
{
    uint64_t min = m->rules->dom0_min_kib;
    int      rc;

    if (s->target < min || kib > s->target - min) {
        memory_say_lack(m, s, err);
        return err_append(err,
                          ", %llu MiB of them for guests that are being made, and dom0, which has "
                          "%llu MiB, keeps %llu MiB",
                          mib(s->promised), mib(s->dom0), mib(min));
    }
    log_about(LOG_LEVEL_INFO, &m->xl->log.about, "asking dom0 for %llu MiB of its %llu MiB",
              mib(kib + 1023), mib(s->dom0));
    rc = libxl_set_memory_target(m->xl->ctx, 0, -(int64_t)kib, 1, 0);
    if (rc)
        return xl_err_set(err, m->xl, rc, "dom0 cannot be asked for memory");
    m->lowered_kib += kib;
    m->progress_usec = loop_now_usec();
    return 0;
}

/* With the folder locked: no other worker looks, promises or asks. */
static enum memory_answer
memory_balance(struct memory *m, const char *folder, struct err *err)
{
    struct memory_state s;
    uint64_t            coming, lacking;

    if (memory_read_state(m, folder, &s, err) < 0)
        return MEMORY_LACKS;
    memory_promise(m);
    if (s.free >= s.promised + m->need_kib)
        return MEMORY_THERE;
    if (s.dom0 < m->dom0_kib)
        m->progress_usec = loop_now_usec();
    m->dom0_kib = s.dom0;
    coming = s.dom0 > s.target ? s.dom0 - s.target : 0;
    lacking = s.promised + m->need_kib - s.free;
    if (lacking > coming && memory_lower_target(m, &s, lacking - coming, err) < 0)
        return MEMORY_LACKS;
    if (loop_now_usec() - m->progress_usec < PATIENCE_USEC &&
        loop_now_usec() - m->begun_usec < LIMIT_USEC)
        return MEMORY_WAITS;
    memory_say_lack(m, &s, err);
    err_append(err, ", and dom0, which has %llu MiB, does not give more in time", mib(s.dom0));
    return MEMORY_LACKS;
}

/* Who else has the folder has it for a moment only, and is waited for as dom0 is. */
static enum memory_answer
memory_look_with_dom0(struct memory *m, struct err *err)
{
    cleanup_free char *path = xstrdup(m->rules->promise);
    const char        *folder = dirname(path);
    cleanup_close int  fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        err_set_errno(err, errno, "cannot open %s", folder);
        return MEMORY_LACKS;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return memory_balance(m, folder, err);
    if (loop_now_usec() - m->progress_usec < PATIENCE_USEC)
        return MEMORY_WAITS;
    err_set(err, ERR_OPERATION_TIMEOUT, "%s stays locked by another worker", folder);
    return MEMORY_LACKS;
}

/*----- the steps -----*/

void
memory_init(struct memory *m, struct xl *xl, const struct memory_rules *rules)
{
    *m = (struct memory){.xl = xl, .rules = rules, .promise = -1};
    loop_timer_init(&m->look, xl->loop, memory_look, m);
}

void
memory_ask(struct memory *m, const char *name, const uint8_t *uuid, libxl_domain_config *config,
           memory_fn *done, void *arg)
{
    m->name = name;
    m->uuid = uuid;
    m->done = done;
    m->arg = arg;
    m->need_kib = 0;
    m->begun_usec = m->progress_usec = loop_now_usec();
    m->dom0_kib = 0;
    m->config = config;
    loop_timer_start(&m->look, 0);
}

static void
memory_end(struct memory *m, const struct err *err)
{
    memory_fn *done = m->done;

    if (err)
        memory_give_back(m);
    m->done = NULL;
    m->lowered_kib = 0;
    done(m->arg, err); /* may free m: must be last */
}

/* libxl completes what it is asked about, and keeps with a domain what that is created with: of the
 * guest that was asked for, no more than that is to be kept. */
static int
memory_ask_need(struct memory *m)
{
    libxl_domain_config config;
    int                 rc;

    libxl_domain_config_init(&config);
    libxl_domain_config_copy(m->xl->ctx, &config, m->config);
    rc = libxl_domain_need_memory(m->xl->ctx, &config, INVALID_DOMID, &m->need_kib);
    libxl_domain_config_dispose(&config);
    return rc;
}

static void
memory_look(void *arg)
{
    struct memory     *m = arg;
    enum memory_answer answer;
    struct err         err;
    int                rc;

    rc = m->need_kib ? 0 : memory_ask_need(m);
    if (rc) {
        xl_err_set(&err, m->xl, rc, "cannot create domain %s", m->name);
        memory_end(m, &err);
        return;
    }
    answer = memory_dom0_gives(m) ? memory_look_with_dom0(m, &err) : memory_look_at_free(m, &err);
    if (answer == MEMORY_WAITS)
        loop_timer_start(&m->look, LOOK_USEC);
    else
        memory_end(m, answer == MEMORY_LACKS ? &err : NULL);
}

void
memory_give_back(struct memory *m)
{
    loop_timer_stop(&m->look);
    m->done = NULL;
    if (m->lowered_kib && libxl_set_memory_target(m->xl->ctx, 0, (int64_t)m->lowered_kib, 1, 0))
        log_about(LOG_LEVEL_WARNING, &m->xl->log.about,
                  "cannot raise dom0's memory target again, by %llu MiB", mib(m->lowered_kib));
    m->lowered_kib = 0;
    if (m->promise >= 0) {
        unlink(m->rules->promise);
        close(take_fd(m->promise));
    }
}
