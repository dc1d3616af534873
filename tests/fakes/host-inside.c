/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fake-xen.h"
#include "helper.h"
#include "host-inside.h"
#include "host-private.h"
#include "query.h"

/* What stands for a process. */
struct inside {
    struct helper *helper;
    struct query  *query;
    int            unread; /* of a deaf one: its end of the socket pair, else -1 */
    LIST_ENTRY(inside) link;
};

struct host_inside host_inside;
static LIST_HEAD(, inside) all = LIST_HEAD_INITIALIZER(all);

static void
inside_ends(void *arg)
{
    struct inside *one = arg;

    LIST_REMOVE(one, link);
    helper_free(one->helper);
    query_free(one->query);
    if (one->unread >= 0)
        close(one->unread);
    free(one);
}

int
host_spawn(struct loop *loop, const char *path, const char *mode, pid_t *pid_out, struct err *err)
{
    bool           is_helper = strcmp(mode, "--host") == 0;
    struct inside *one;
    int            pair[2];

    assert(path && (is_helper || strcmp(mode, "--query") == 0));
    if (fake_call("spawn", false).rc)
        return err_set(err, ERR_SYSTEM, "cannot run it");
    assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    *pid_out = -1;
    one = xcalloc(1, sizeof *one);
    one->unread = host_inside.deaf ? pair[1] : -1;
    LIST_INSERT_HEAD(&all, one, link);
    if (is_helper)
        host_inside.helpers++;
    else
        host_inside.queries++;
    if (!host_inside.deaf && is_helper)
        one->helper = helper_new(loop, pair[1], inside_ends, one);
    else if (!host_inside.deaf)
        one->query = query_new(loop, pair[1], inside_ends, one);
    return pair[0];
}

void
host_inside_helper_dies(void)
{
    struct inside *one, *next;

    for (one = LIST_FIRST(&all); one; one = next) {
        next = LIST_NEXT(one, link);
        if (one->helper)
            inside_ends(one);
    }
}

void
host_inside_end(void)
{
    while (!LIST_EMPTY(&all))
        inside_ends(LIST_FIRST(&all));
    host_inside = (struct host_inside){.deaf = false};
}
