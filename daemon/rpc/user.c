/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "conn.h"
#include "eventloop/loop.h"
#include "limits.h"
#include "user.h"

TAILQ_HEAD(user_list, user);

/* Of one socket. */
struct users_side {
    struct user_list waiting; /* for a turn */
    unsigned         n_requests;
    uint64_t         turn_number, began_usec; /* when somebody was read at once first */
};

struct users {
    struct loop             *loop;
    const struct rpc_limits *limits;
    uid_t                    own_uid; /* the daemon's */
    struct framed_total     *all;
    void (*full)(void *arg, struct user *user);
    void             *arg;
    struct user_list  list;
    struct users_side sides[2]; /* by read_only */
    struct loop_defer turn;     /* active while somebody waits for one */
    struct conn      *served;   /* whose turn it is */
    uint64_t          end_usec; /* of its slice */
};

static loop_fn users_turn;
static void    user_held_more(void *arg);

struct users *
users_new(struct loop *loop, const struct rpc_limits *limits, struct framed_total *all,
          void (*full)(void *arg, struct user *user), void *arg)
{
    struct users *users = xcalloc(1, sizeof *users);

    users->loop = loop;
    users->limits = limits;
    users->own_uid = geteuid();
    users->all = all;
    users->full = full;
    users->arg = arg;
    TAILQ_INIT(&users->list);
    TAILQ_INIT(&users->sides[false].waiting);
    TAILQ_INIT(&users->sides[true].waiting);
    loop_defer_init(&users->turn, loop, users_turn, users);
    return users;
}

static struct users_side *
user_side(const struct user *user)
{
    return &user->users->sides[user->read_only];
}

/* Nobody waits in its name any more. */
static void
user_leave(struct user *user)
{
    if (user->awaits_turn)
        TAILQ_REMOVE(&user_side(user)->waiting, user, in_turn);
    user->awaits_turn = false;
    TAILQ_REMOVE(&user->users->list, user, link);
    user->users = NULL;
}

void
users_free(struct users *users)
{
    struct user *user;

    while ((user = TAILQ_FIRST(&users->list))) {
        assert(!user->n_conns);
        user_leave(user);
    }
    loop_defer_stop(&users->turn);
    free(users);
}

static struct user *
users_find(const struct users *users, uid_t uid, bool read_only)
{
    struct user *user;

    TAILQ_FOREACH (user, &users->list, link)
        if (user->uid == uid && user->read_only == read_only)
            return user;
    return NULL;
}

unsigned
users_count_conns(const struct users *users, uid_t uid, bool read_only)
{
    const struct user *user = users_find(users, uid, read_only);

    return user ? user->n_conns : 0;
}

struct user *
user_of(struct users *users, uid_t uid, bool read_only)
{
    struct user *user = users_find(users, uid, read_only);

    if (!user) {
        user = xcalloc(1, sizeof *user);
        user->users = users;
        user->uid = uid;
        user->read_only = read_only;
        user->held = (struct framed_total){.all = users->all, .grown = user_held_more, .arg = user};
        TAILQ_INIT(&user->waiting);
        TAILQ_INIT(&user->asking);
        TAILQ_INSERT_TAIL(&users->list, user, link);
    }
    user->refs++;
    user->n_conns++;
    return user;
}

static void
user_unref(struct user *user)
{
    if (--user->refs)
        return;
    if (user->users)
        user_leave(user);
    free(user);
}

size_t
user_share(const struct user *user)
{
    size_t max = user->users->limits->max_buffers;

    return user->read_only ? max / 2 : max;
}

static void
user_held_more(void *arg)
{
    struct user         *user = arg;
    struct framed_total *all = user->users->all;

    if (user->read_only && user->held.bytes > user_share(user))
        user->users->full(user->users->arg, user);
    all->grown(all->arg);
}

/*----- requests in flight -----*/

void
user_request_begins(struct user *user)
{
    user->n_requests++;
    user_side(user)->n_requests++;
}

void
user_request_ends(struct user *user)
{
    user->n_requests--;
    user_side(user)->n_requests--;
}

bool
user_is_busy(const struct user *user)
{
    const struct users_side *sides = user->users->sides;
    unsigned                 max = user->users->limits->max_requests;
    unsigned                 max_read_only = max - max / 10;

    if (!user->read_only)
        return sides[false].n_requests >= max;
    return sides[false].n_requests + sides[true].n_requests >= max_read_only ||
           (user->n_requests >= (max_read_only + 1) / 2 && user->uid != user->users->own_uid);
}

/*----- turns -----*/

/* Of a bound that leaves room for what is under way. */
static bool
user_has_room(const struct user *user)
{
    return !user->read_only || user->held.bytes < user->users->limits->max_buffers / 8;
}

static bool
user_may_make(const struct user *user)
{
    return user->n_making < (user->read_only ? 1 : USER_MAKING_MAX) &&
           !TAILQ_EMPTY(&user->asking) && user_has_room(user);
}

void
user_look_again(struct user *user)
{
    if (!user->users || user->awaits_turn || (TAILQ_EMPTY(&user->waiting) && !user_may_make(user)))
        return;
    user->awaits_turn = true;
    TAILQ_INSERT_TAIL(&user_side(user)->waiting, user, in_turn);
    loop_defer_start(&user->users->turn);
}

void
users_sweep(struct users *users)
{
    struct user *user;

    TAILQ_FOREACH (user, &users->list, link)
        user_look_again(user);
}

void
user_wait(struct user *user, struct conn *conn)
{
    if (conn->awaits_turn)
        return;
    conn->awaits_turn = true;
    TAILQ_INSERT_TAIL(&user->waiting, conn, in_turn);
    user_look_again(user);
}

/* Is there time left to read somebody at once? */
static bool
users_side_has_time(const struct users *users, struct users_side *side, bool read_only)
{
    uint64_t turn_number = loop_turn_number(users->loop);
    uint64_t now_usec = loop_now_usec();

    if (!TAILQ_EMPTY(&side->waiting))
        return false;
    if (side->turn_number != turn_number) {
        side->turn_number = turn_number;
        side->began_usec = now_usec;
    }
    return now_usec - side->began_usec <
           (read_only ? USERS_SLICE_READ_ONLY_USEC : USERS_SLICE_USEC);
}

bool
user_must_wait(struct user *user, struct conn *conn)
{
    struct users *users = user->users;
    bool          now;

    if (users->served == conn)
        now = loop_now_usec() < users->end_usec;
    else
        now = !conn->awaits_turn && users_side_has_time(users, user_side(user), user->read_only);
    if (!now)
        user_wait(user, conn);
    return !now;
}

static void
user_make(struct user *user)
{
    struct conn *conn = TAILQ_FIRST(&user->asking);

    TAILQ_REMOVE(&user->asking, conn, in_asking);
    conn->asks = false;
    if (!conn_may_be_answered(conn))
        return; /* it asks again when it has read all */
    user->n_making++;
    user->refs++;
    conn_make_answer(conn);
}

static void
user_serve(struct user *user)
{
    struct users *users = user->users;
    struct conn  *conn = TAILQ_FIRST(&user->waiting);

    if (user_may_make(user)) {
        user_make(user);
    } else if (conn) {
        TAILQ_REMOVE(&user->waiting, conn, in_turn);
        conn->awaits_turn = false;
        users->served = conn;
        conn_take_turn(conn); /* it may have freed conn */
        users->served = NULL;
    }
}

static void
users_serve_side(struct users *users, struct users_side *side, unsigned slice_usec)
{
    users->end_usec = loop_now_usec() + slice_usec;
    do {
        struct user *user = TAILQ_FIRST(&side->waiting);

        if (!user)
            return;
        TAILQ_REMOVE(&side->waiting, user, in_turn);
        user->awaits_turn = false;
        user->refs++;
        user_serve(user);
        user_look_again(user);
        user_unref(user);
    } while (loop_now_usec() < users->end_usec);
}

static void
users_turn(void *arg)
{
    struct users *users = arg;

    users_serve_side(users, &users->sides[false], USERS_SLICE_USEC);
    users_serve_side(users, &users->sides[true], USERS_SLICE_READ_ONLY_USEC);
    if (!TAILQ_EMPTY(&users->sides[false].waiting) || !TAILQ_EMPTY(&users->sides[true].waiting))
        loop_defer_start(&users->turn);
}

/*----- answers that are made in turn -----*/

void
user_ask(struct user *user, struct conn *conn)
{
    if (!conn->asks) {
        conn->asks = true;
        TAILQ_INSERT_TAIL(&user->asking, conn, in_asking);
    }
    user_look_again(user);
}

void
user_made(struct user *user)
{
    user->n_making--;
    user_look_again(user);
    user_unref(user);
}

void
user_conn_gone(struct user *user, struct conn *conn)
{
    if (conn->awaits_turn)
        TAILQ_REMOVE(&user->waiting, conn, in_turn);
    if (conn->asks)
        TAILQ_REMOVE(&user->asking, conn, in_asking);
    if (user->users->served == conn)
        user->users->served = NULL;
    user->n_conns--;
    user_look_again(user);
    user_unref(user);
}
