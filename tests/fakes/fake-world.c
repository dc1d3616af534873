/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libxl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenstore.h>

#include "base/alloc.h"
#include "base/uuid.h"
#include "fake-xen.h"

#define FIRST_MEMORY_KIB (8ull * 1024 * 1024)

/* This process's view of the host. */
static struct {
    struct fake_world *world;
    int                fd;
    int                changed; /* a file whose writes wake who waits */
    int                locks;
    char               folder[256];
} view = {.fd = -1, .changed = -1};

static int
open_in_folder(const char *name)
{
    cleanup_free char *path = xasprintf("%s/%s", view.folder, name);
    int                fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert(fd >= 0);
    return fd;
}

static void
add_dom0(void)
{
    struct fake_domain *dom0 = fake_domain_new();

    dom0->domid = 0;
    strcpy(dom0->name, "Domain-0");
    dom0->type = LIBXL_DOMAIN_TYPE_PV;
    dom0->memory_kib = 1024 * 1024;
    dom0->vcpus = 2;
    view.world->last_domid = 0;
    view.world->memory_kib = FIRST_MEMORY_KIB;
}

static void
attach(void)
{
    const char *folder = getenv("DOM0D_FAKE_DIR");
    off_t       size;

    assert(folder && strlen(folder) < sizeof view.folder);
    strcpy(view.folder, folder);
    view.fd = open_in_folder("world");
    view.changed = open_in_folder("changed");
    flock(view.fd, LOCK_EX);
    size = lseek(view.fd, 0, SEEK_END);
    assert(ftruncate(view.fd, sizeof *view.world) == 0);
    view.world = mmap(NULL, sizeof *view.world, PROT_READ | PROT_WRITE, MAP_SHARED, view.fd, 0);
    assert(view.world != MAP_FAILED);
    if (size == 0)
        add_dom0();
    flock(view.fd, LOCK_UN);
}

struct fake_world *
fake_world(void)
{
    if (!view.world)
        attach();
    return view.world;
}

struct fake_world *
fake_xen_begin(void)
{
    char folder[] = "/tmp/fake-xen.XXXXXX";

    assert(mkdtemp(folder));
    setenv("DOM0D_FAKE_DIR", folder, 1);
    return fake_world();
}

void
fake_xen_end(void)
{
    cleanup_free char *command = xasprintf("rm -rf '%s'", view.folder);

    fake_libxl_end();
    munmap(view.world, sizeof *view.world);
    view.world = NULL;
    close(take_fd(view.fd));
    close(take_fd(view.changed));
    assert(system(command) == 0);
    unsetenv("DOM0D_FAKE_DIR");
}

/* The lock goes with the process, however it ends. */
void
fake_lock(void)
{
    fake_world();
    if (view.locks++ == 0)
        while (flock(view.fd, LOCK_EX) < 0)
            assert(errno == EINTR);
}

void
fake_unlock(void)
{
    assert(view.locks > 0);
    if (--view.locks == 0)
        flock(view.fd, LOCK_UN);
}

char *
fake_path(const char *what, uint32_t domid)
{
    fake_world();
    return xasprintf("%s/%s-%u", view.folder, what, domid);
}

/*----- how it behaves -----*/

void
fake_xen_forget(void)
{
    struct fake_world *world = fake_world();

    memset(world->rules, 0, sizeof world->rules);
    world->log[0] = '\0';
    world->fail_at = 0;
    world->calls = 0;
}

void
fake_xen_rule(const char *call, unsigned nth, int rc, bool half)
{
    struct fake_world *world = fake_world();

    for (size_t n = 0; n < FAKE_RULES_MAX; n++) {
        struct fake_rule *rule = &world->rules[n];

        if (rule->call[0])
            continue;
        *rule = (struct fake_rule){.nth = nth, .rc = rc, .half = half};
        snprintf(rule->call, sizeof rule->call, "%s", call);
        return;
    }
    assert(!"a rule is free");
}

/* Whether the rule is about this call; one that is counted is used up by it. */
static bool
rule_applies(struct fake_rule *rule, const char *call)
{
    if (strcmp(rule->call, call) != 0)
        return false;
    if (rule->nth == 0)
        return true;
    if (--rule->nth > 0)
        return false;
    rule->call[0] = '\0';
    return true;
}

static void
log_call(struct fake_world *world, const char *call)
{
    size_t used = strlen(world->log);

    if (used + strlen(call) + 2 < sizeof world->log)
        snprintf(world->log + used, sizeof world->log - used, "%s%s", used ? " " : "", call);
}

struct fake_fate
fake_call(const char *call, bool asynchronous)
{
    struct fake_world *world = fake_world();
    struct fake_fate   fate = {0};

    fake_lock();
    world->calls++;
    if (world->fail_at && --world->fail_at == 0)
        fate.rc = ERROR_FAIL;
    for (size_t n = 0; n < FAKE_RULES_MAX && !fate.rc && !fate.half; n++) {
        struct fake_rule rule = world->rules[n];

        if (rule_applies(&world->rules[n], call))
            fate = (struct fake_fate){.rc = rule.rc, .half = rule.half};
    }
    if (asynchronous)
        log_call(world, call);
    fake_unlock();
    while (asynchronous && strcmp(world->blocked, call) == 0)
        usleep(10000);
    return fate;
}

/*----- domains -----*/

struct fake_domain *
fake_domain_new(void)
{
    for (size_t n = 0; n < FAKE_DOMAINS_MAX; n++) {
        struct fake_domain *dom = &view.world->domains[n];

        if (dom->used)
            continue;
        if (n >= view.world->slots)
            view.world->slots = (uint32_t)n + 1;
        *dom = (struct fake_domain){.used = true, .domid = ++view.world->last_domid};
        return dom;
    }
    return NULL;
}

struct fake_domain *
fake_domain_add(const char *name, char letter)
{
    struct fake_domain *dom;

    fake_lock();
    dom = fake_domain_new();
    assert(dom);
    memset(dom->uuid, letter, sizeof dom->uuid);
    snprintf(dom->name, sizeof dom->name, "%s", name);
    dom->type = LIBXL_DOMAIN_TYPE_PVH;
    dom->memory_kib = 128 * 1024;
    dom->vcpus = 1;
    dom->counter = 100;
    fake_unlock();
    fake_xen_changed();
    return dom;
}

struct fake_domain *
fake_domain_find(uint32_t domid)
{
    struct fake_world *world = fake_world();

    for (size_t n = 0; n < fake_world()->slots; n++) {
        if (world->domains[n].used && world->domains[n].domid == domid)
            return &world->domains[n];
    }
    return NULL;
}

struct fake_domain *
fake_domain_named(const char *name)
{
    struct fake_world *world = fake_world();

    for (size_t n = 0; n < fake_world()->slots; n++) {
        if (world->domains[n].used && strcmp(world->domains[n].name, name) == 0)
            return &world->domains[n];
    }
    return NULL;
}

size_t
fake_domain_count(void)
{
    struct fake_world *world = fake_world();
    size_t             count = 0;

    for (size_t n = 0; n < fake_world()->slots; n++)
        count += world->domains[n].used;
    return count - 1;
}

void
fake_domain_shuts_down(struct fake_domain *dom, int reason)
{
    dom->shutdown = true;
    dom->reason = reason;
    fake_xen_changed();
}

void
fake_domain_forget(struct fake_domain *dom)
{
    static const char *const files[] = {"config", "userdata"};

    for (size_t n = 0; n < array_size(files); n++) {
        cleanup_free char *path = fake_path(files[n], dom->domid);

        unlink(path);
    }
}

void
fake_domain_goes(struct fake_domain *dom)
{
    fake_domain_forget(dom);
    dom->used = false;
    fake_xen_changed();
}

void
fake_domain_rename(struct fake_domain *dom, const char *name)
{
    snprintf(dom->name, sizeof dom->name, "%s", name);
    fake_xen_changed();
}

void
fake_domain_set_tty(struct fake_domain *dom, unsigned terminal, const char *tty)
{
    fake_lock();
    snprintf(dom->ttys[terminal], sizeof dom->ttys[terminal], "%s", tty);
    fake_world()->ttys_set++;
    fake_unlock();
    fake_xen_changed();
}

/*----- who waits -----*/

void
fake_xenstored_await(void)
{
    while (fake_world()->xenstored_stopped)
        usleep(1000);
}

void
fake_domain_await_lock(uint32_t domid)
{
    const struct fake_domain *dom;

    while ((dom = fake_domain_find(domid)) && dom->locked)
        usleep(1000);
}

void
fake_xenstored_stops(void)
{
    fake_world()->xenstored_stopped = true;
}

void
fake_xenstored_goes_on(void)
{
    fake_world()->xenstored_stopped = false;
    fake_xen_changed();
}

/*----- changes -----*/

void
fake_xen_changed(void)
{
    fake_world();
    assert(pwrite(view.changed, "x", 1, 0) == 1);
}

int
fake_changes_open(void)
{
    cleanup_free char *path = NULL;
    int                fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    fake_world();
    path = xasprintf("%s/changed", view.folder);
    assert(fd >= 0 && inotify_add_watch(fd, path, IN_MODIFY) >= 0);
    return fd;
}

bool
fake_changes_drain(int fd)
{
    char buffer[4096] __attribute__((aligned(8)));
    bool any = false;

    while (read(fd, buffer, sizeof buffer) > 0)
        any = true;
    return any;
}

/*----- linking -----*/

/* Whoever links this part gets the others too, before libxl's own: see local.mk. */
extern const void *const fake_parts[];
const void *const        fake_parts[] = {xs_open, libxl_ctx_alloc, libxl_ao_abort};
