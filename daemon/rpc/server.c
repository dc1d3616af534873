/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conn.h"
#include "eventloop/loop.h"
#include "events.h"
#include "limits.h"
#include "listen.h"
#include "server.h"
#include "user.h"

/* Accepted at a time: others have their turn in between. */
#define ACCEPT_AT_ONCE 16
#define ACCEPT_AT_ONCE_READ_ONLY 4

#define RETRY_USEC 1000000u

/* Who waits for room is looked at so soon after there is some: not for each of many requests. */
#define ROOM_USEC 5000u

/* Of those who wait for room so many are looked at in a turn of the loop. */
#define LOOK_AT_ONCE 16

/* Lines about misbehaving clients in a second; more are counted only. */
#define COMPLAINTS_MAX 10

/* When a crowd of at least so many has become half of it, the kernel gets its memory back. */
#define CROWD 100

struct listener {
    struct server       *server;
    struct listen_socket socket;
    struct loop_io       io;
};

TAILQ_HEAD(conn_list, conn);

struct server {
    struct server_setup setup;
    struct listener     listeners[LISTEN_MAX];
    size_t              n_listeners;
    struct conn_list    conns; /* owned */
    unsigned            n_conns, n_read_only;
    unsigned            most_conns; /* since memory was given back */
    uint64_t            last_id;
    struct users       *users;
    struct framed_total held;
    bool                is_short; /* of room for requests: somebody was told that it is busy */
    struct loop_timer   room;
    unsigned            to_look_at;                     /* of conns, from the first on */
    struct loop_defer   look;                           /* active while there are some */
    struct loop_timer   sweep;                          /* active while there are connections */
    struct loop_timer   retry;                          /* active while nothing is accepted */
    unsigned            complaints, refused, shortages; /* since the second began */
    struct loop_timer   second; /* active while one of them is not 0, or a crowd has gone */
};

static void server_sweep_due(void *arg);
static void server_retry_due(void *arg);
static void server_second_due(void *arg);
static void listener_ready(void *arg);
static void server_held_more(void *arg);
static void server_user_is_full(void *arg, struct user *user);
static void server_has_room(void *arg);
static void server_look_again(void *arg);

struct server *
server_new(const struct server_setup *setup)
{
    struct server *server = xcalloc(1, sizeof *server);

    server->setup = *setup;
    server->held.grown = server_held_more;
    server->held.arg = server;
    server->users =
        users_new(setup->loop, setup->limits, &server->held, server_user_is_full, server);
    TAILQ_INIT(&server->conns);
    loop_timer_init(&server->room, setup->loop, server_has_room, server);
    loop_defer_init(&server->look, setup->loop, server_look_again, server);
    loop_timer_init(&server->sweep, setup->loop, server_sweep_due, server);
    loop_timer_init(&server->retry, setup->loop, server_retry_due, server);
    loop_timer_init(&server->second, setup->loop, server_second_due, server);
    return server;
}

void
server_free(struct server *server)
{
    struct conn *conn;

    if (!server)
        return;
    for (size_t n = 0; n < server->n_listeners; n++) {
        loop_io_stop(&server->listeners[n].io);
        listen_close(&server->listeners[n].socket);
    }
    server->n_listeners = 0;
    while ((conn = TAILQ_FIRST(&server->conns)))
        conn_free(conn);
    users_free(server->users);
    loop_timer_stop(&server->room);
    loop_defer_stop(&server->look);
    loop_timer_stop(&server->sweep);
    loop_timer_stop(&server->retry);
    loop_timer_stop(&server->second);
    free(server);
}

const struct server_setup *
server_setup(const struct server *server)
{
    return &server->setup;
}

unsigned
server_client_count(const struct server *server)
{
    return server->n_conns;
}

/*----- a bounded number of lines -----*/

static bool
server_crowd_has_gone(const struct server *server)
{
    return server->most_conns >= CROWD && server->n_conns <= server->most_conns / 2;
}

static void
server_second_due(void *arg)
{
    struct server *server = arg;

    if (server_crowd_has_gone(server)) {
        malloc_trim(0);
        server->most_conns = server->n_conns;
    }
    if (server->complaints > COMPLAINTS_MAX)
        log_warning("%u more clients were disconnected for misbehaving",
                    server->complaints - COMPLAINTS_MAX);
    if (server->refused > 1)
        log_warning("%u more clients were turned away", server->refused - 1);
    server->complaints = server->refused = server->shortages = 0;
}

static void
server_start_second(struct server *server)
{
    if (!loop_timer_is_active(&server->second))
        loop_timer_start(&server->second, 1000000);
}

void
server_complain(struct server *server, const struct conn *conn, const char *reason)
{
    server_start_second(server);
    if (server->complaints++ < COMPLAINTS_MAX)
        log_warning("client %llu (process %d of user %u) is closed: %s",
                    (unsigned long long)conn->id, (int)conn->pid, (unsigned)conn->uid, reason);
}

static void
server_refuse(struct server *server, const struct ucred *peer, bool read_only)
{
    server_start_second(server);
    if (server->refused++ == 0)
        log_warning("a %s client of user %u was turned away: %u are connected, max_clients is %u",
                    read_only ? "read-only" : "read-write", (unsigned)peer->uid, server->n_conns,
                    server->setup.limits->max_clients);
}

/*----- clients -----*/

static struct ucred
server_peer_of(int fd)
{
    struct ucred peer = {.pid = -1, .uid = (uid_t)-1, .gid = (gid_t)-1};
    socklen_t    size = sizeof peer;

    /* It cannot fail on a Unix socket; on another one the peer stays nobody. */
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    return peer;
}

static bool
server_is_full(const struct server *server, const struct ucred *peer, bool read_only)
{
    unsigned max = server->setup.limits->max_clients;
    unsigned max_read_only = max - max / 10;

    if (server->n_conns >= max)
        return true;
    if (!read_only)
        return false;
    return server->n_read_only >= max_read_only ||
           (peer->uid != geteuid() &&
            users_count_conns(server->users, peer->uid, true) >= (max_read_only + 1) / 2);
}

struct conn *
server_add(struct server *server, int fd, bool read_only)
{
    struct ucred peer = server_peer_of(fd);
    struct conn *conn;

    if (server_is_full(server, &peer, read_only)) {
        server_refuse(server, &peer, read_only);
        close(fd);
        return NULL;
    }
    conn = conn_new(server, fd, &peer, read_only, ++server->last_id);
    TAILQ_INSERT_TAIL(&server->conns, conn, link);
    server->n_conns++;
    if (server->n_conns > server->most_conns)
        server->most_conns = server->n_conns;
    server->n_read_only += read_only;
    return conn;
}

void
server_conn_gone(struct server *server, struct conn *conn)
{
    events_forget(server->setup.events, conn);
    TAILQ_REMOVE(&server->conns, conn, link);
    server->n_conns--;
    server->n_read_only -= conn->from_read_only_socket;
    if (server_crowd_has_gone(server))
        server_start_second(server);
    if (server->setup.gone)
        server->setup.gone(server->setup.context, conn->id);
    /* Its descriptor is free as soon as we return to the loop. */
    if (loop_timer_is_active(&server->retry))
        loop_timer_start(&server->retry, 0);
}

/*----- bounds on all of them -----*/

struct users *
server_users(struct server *server)
{
    return server->users;
}

void
server_request_begins(struct server *server, const struct conn *conn)
{
    (void)server;
    user_request_begins(conn->user);
}

void
server_request_ends(struct server *server, const struct conn *conn)
{
    user_request_ends(conn->user);
    if (server->is_short && !loop_timer_is_active(&server->room))
        loop_timer_start(&server->room, ROOM_USEC);
}

bool
server_is_busy(struct server *server, const struct conn *conn)
{
    bool busy = user_is_busy(conn->user);

    server->is_short |= busy;
    return busy;
}

static void
server_has_room(void *arg)
{
    struct server *server = arg;

    server->is_short = false;
    server->to_look_at = server->n_conns;
    loop_defer_start(&server->look);
}

/* Each goes to the end: where there is not room for all, others come first the next time. */
static void
server_look_again(void *arg)
{
    struct server *server = arg;
    struct conn   *conn;

    for (unsigned n = 0; n < LOOK_AT_ONCE && server->to_look_at; n++, server->to_look_at--) {
        conn = TAILQ_FIRST(&server->conns);
        if (!conn)
            return;
        TAILQ_REMOVE(&server->conns, conn, link);
        TAILQ_INSERT_TAIL(&server->conns, conn, link);
        conn_look_again(conn);
    }
    if (server->to_look_at)
        loop_defer_start(&server->look);
}

struct framed_total *
server_held(struct server *server)
{
    return &server->held;
}

/* The one to close.  NULL: nobody holds anything. */
static struct conn *
server_find_greediest(const struct server *server)
{
    struct conn *most[2] = {NULL, NULL}; /* of the others, of the read-only ones */
    size_t       together[2] = {0, 0};
    struct conn *conn;

    TAILQ_FOREACH (conn, &server->conns, link) {
        bool   kind = conn->from_read_only_socket;
        size_t held = conn_held(conn);

        together[kind] += held;
        if (held > (most[kind] ? conn_held(most[kind]) : 0))
            most[kind] = conn;
    }
    return most[together[true] >= together[false]];
}

static void
server_held_more(void *arg)
{
    struct server *server = arg;
    struct conn   *conn;

    while (server->held.bytes > server->setup.limits->max_buffers &&
           (conn = server_find_greediest(server)))
        conn_give_up(conn, "its unsent and unread data is the largest share of too much");
}

/* Of this user's clients the one that holds most. */
static struct conn *
server_find_greediest_of(const struct server *server, const struct user *user)
{
    struct conn *most = NULL;
    struct conn *conn;

    TAILQ_FOREACH (conn, &server->conns, link)
        if (conn->user == user && conn_held(conn) > (most ? conn_held(most) : 0))
            most = conn;
    return most;
}

static void
server_user_is_full(void *arg, struct user *user)
{
    struct server *server = arg;
    struct conn   *conn;

    while (user->held.bytes > user_share(user) && (conn = server_find_greediest_of(server, user)))
        conn_give_up(conn, "its user's clients hold too much of what waits");
}

static void
server_start_sweeping(struct server *server)
{
    if (!TAILQ_EMPTY(&server->conns) && !loop_timer_is_active(&server->sweep))
        loop_timer_start(&server->sweep, SERVER_SWEEP_USEC);
}

static void
server_sweep_due(void *arg)
{
    struct server *server = arg;
    uint64_t       now_usec = loop_now_usec();
    struct conn   *conn;

    TAILQ_FOREACH (conn, &server->conns, link)
        conn_sweep(conn, now_usec);
    users_sweep(server->users);
    server_start_sweeping(server);
}

/*----- accepting -----*/

static int
server_start_accepting(struct server *server, struct err *err)
{
    for (size_t n = 0; n < server->n_listeners; n++)
        if (loop_io_start(&server->listeners[n].io, server->listeners[n].socket.fd, true, false,
                          err) < 0)
            return -1;
    return 0;
}

static void
server_stop_accepting_for_a_while(struct server *server, int errnum)
{
    server_start_second(server);
    if (server->shortages++ == 0)
        log_warning("cannot accept a client: %s; trying again soon", strerrordesc_np(errnum));
    for (size_t n = 0; n < server->n_listeners; n++)
        loop_io_stop(&server->listeners[n].io);
    loop_timer_start(&server->retry, RETRY_USEC);
}

static void
server_retry_due(void *arg)
{
    struct server *server = arg;
    struct err     err;

    if (server_start_accepting(server, &err) < 0)
        server_stop_accepting_for_a_while(server, err.detail);
}

/* The kernel has nothing to give now; what else accept says is about one client, who has gone. */
static bool
server_is_shortage(int errnum)
{
    return errnum == EMFILE || errnum == ENFILE || errnum == ENOBUFS || errnum == ENOMEM;
}

static void
listener_ready(void *arg)
{
    struct listener *listener = arg;
    struct server   *server = listener->server;
    int              max = listener->socket.read_only ? ACCEPT_AT_ONCE_READ_ONLY : ACCEPT_AT_ONCE;

    for (int n = 0; n < max; n++) {
        int fd = accept4(listener->socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0) {
            server_add(server, fd, listener->socket.read_only);
            server_start_sweeping(server);
        } else if (errno == EAGAIN) {
            return;
        } else if (server_is_shortage(errno)) {
            server_stop_accepting_for_a_while(server, errno);
            return;
        }
    }
}

int
server_listen(struct server *server, struct err *err)
{
    struct listen_socket sockets[LISTEN_MAX];
    size_t               count;

    assert(!server->n_listeners);
    if (listen_open(server->setup.limits, sockets, &count, err) < 0)
        return -1;
    for (size_t n = 0; n < count; n++) {
        struct listener *listener = &server->listeners[n];

        listener->server = server;
        listener->socket = sockets[n];
        loop_io_init(&listener->io, server->setup.loop, listener_ready, listener);
        if (listener->socket.read_only)
            loop_io_set_low(&listener->io);
    }
    server->n_listeners = count;
    return server_start_accepting(server, err);
}
