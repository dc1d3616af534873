/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Listening sockets: our own and systemd's, who may come in, and what happens when nobody can.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "descriptors.h"
#include "eventloop/loop.h"
#include "harness.h"
#include "lock.h"
#include "rpc/listen.h"

static struct harness h;
static char           dir[64], path[96], path_ro[96];

static void
setup(void)
{
    struct err err;

    harness_start(&h);
    snprintf(dir, sizeof dir, "/tmp/test-server.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/sock", dir);
    snprintf(path_ro, sizeof path_ro, "%s/sock-ro", dir);
    ck_assert_int_eq(config_set(h.daemon.config, "socket", path, &err), 0);
    ck_assert_int_eq(config_set(h.daemon.config, "socket_ro", path_ro, &err), 0);
    ck_assert_int_eq(config_set(h.daemon.config, "socket_group", "", &err), 0);
}

static void
teardown(void)
{
    harness_stop(&h);
    ck_assert_int_eq(rmdir(dir), 0); /* the sockets are gone */
}

static void
listen_well(void)
{
    struct err err = {.message = ""};

    ck_assert_msg(server_listen(h.daemon.server, &err) == 0, "%s", err.message);
}

/* A connected socket, or -1 with errno. */
static int
connect_to(const char *to)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", to);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int
connect_well(const char *to)
{
    int fd = connect_to(to);

    ck_assert_msg(fd >= 0, "%s", strerror(errno));
    return fd;
}

/* Has the daemon closed this connection? */
static bool
is_closed(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static mode_t
mode_of(const char *file)
{
    struct stat st;

    ck_assert_int_eq(stat(file, &st), 0);
    return st.st_mode & 07777;
}

/*----- our own sockets -----*/

START_TEST(each_socket_gives_its_own_rights)
{
    struct client rw = {.harness = &h}, ro = {.harness = &h};

    listen_well();
    rw.fd = connect_well(path);
    fcntl(rw.fd, F_SETFL, O_NONBLOCK);
    ro.fd = connect_well(path_ro);
    fcntl(ro.fd, F_SETFL, O_NONBLOCK);
    client_open(&rw, 0);
    client_open(&ro, 0);
    client_call(&rw, 34, NULL, NULL); /* SUSPEND, without the arguments it needs */
    client_expect_error(&rw, 1, ERR_RPC, "Unable to decode message payload");
    client_call(&ro, 34, NULL, NULL);
    client_expect_error(&ro, 1, ERR_OPERATION_DENIED,
                        "operation forbidden: read only access prevents virDomainSuspend");
    client_free(&rw);
    client_free(&ro);
}
END_TEST

START_TEST(without_a_group_the_read_write_socket_is_its_owners)
{
    listen_well();
    ck_assert_uint_eq(mode_of(path), 0600);
    ck_assert_uint_eq(mode_of(path_ro), 0666);
}
END_TEST

START_TEST(a_group_that_there_is_not_is_said_and_only_root_is_let_in)
{
    struct err err;

    config_set(h.daemon.config, "socket_group", "no-such-group-here", &err);
    listen_well();
    ck_assert_uint_eq(mode_of(path), 0600);
    ck_assert_uint_eq(h.log_lines, 1);
    ck_assert_ptr_nonnull(strstr(h.last_log, "there is no group no-such-group-here"));
}
END_TEST

START_TEST(the_group_may_use_the_read_write_socket)
{
    struct stat st;
    struct err  err;

    if (geteuid() != 0)
        return; /* nobody else may give a file away */
    config_set(h.daemon.config, "socket_group", "daemon", &err);
    listen_well();
    ck_assert_uint_eq(mode_of(path), 0660);
    ck_assert_uint_eq(mode_of(path_ro), 0666);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_gid, 1); /* on every Linux */
}
END_TEST

START_TEST(a_socket_that_a_killed_daemon_left_is_replaced)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    listen_well();
    close(connect_well(path));
}
END_TEST

/* Fill the kernel's queue of a listener that accepts nobody. */
static void
crowd_in(const char *to)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", to);
    for (;;) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int r = connect(fd, (struct sockaddr *)&address, sizeof address);

        close(fd);
        if (r < 0)
            break;
    }
    ck_assert_int_eq(errno, EAGAIN);
}

/* _i: whether so many wait for it that no more may. */
START_TEST(a_socket_on_which_somebody_listens_is_left_alone)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct err         err;

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path_ro);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 5), 0);
    if (_i)
        crowd_in(path_ro);
    ck_assert_int_eq(server_listen(h.daemon.server, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "sock-ro: another process already does"));
    ck_assert_int_ne(access(path, F_OK), 0); /* the other one was closed again */
    ck_assert_int_eq(access(path_ro, F_OK), 0);
    close(fd);
    unlink(path_ro);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_left_alone)
{
    struct err err;

    close(open(path, O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(server_listen(h.daemon.server, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "sock: it exists and is not a socket"));
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(a_name_that_is_too_long_for_a_socket_is_an_error)
{
    char       name[200] = "/";
    struct err err;

    memset(name + 1, 'x', sizeof name - 2);
    config_set(h.daemon.config, "socket", name, &err);
    ck_assert_int_eq(server_listen(h.daemon.server, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "is longer than a socket's name may be (107)"));
}
END_TEST

START_TEST(who_a_client_is_comes_from_the_kernel)
{
    struct client client = client_new(&h, false);

    ck_assert_int_eq(client.conn->pid, getpid());
    ck_assert_uint_eq(client.conn->uid, geteuid());
    ck_assert_uint_eq(client.conn->gid, getegid());
    client_free(&client);
}
END_TEST

START_TEST(ids_of_connections_are_never_used_again)
{
    uint64_t last = 0;

    for (int n = 0; n < 100; n++) {
        struct client client = client_new(&h, false);

        ck_assert_uint_gt(client.id, last);
        last = client.id;
        client_free(&client);
    }
}
END_TEST

/*----- systemd's sockets -----*/

static int
listener_at(const char *at)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", at);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 5) < 0)
        _exit(100);
    return fd;
}

static bool
is_among(const char *wanted, int n_sockets, const char *const *at)
{
    for (int n = 0; n < n_sockets; n++)
        if (strcmp(at[n], wanted) == 0)
            return true;
    return false;
}

/* What the last line at warning or above says; NULL: there is none. */
static const char *wanted_log;

/* What a daemon that was passed these sockets makes of them: in a process of its own, as systemd
 * does it.  Exits with 1 where it fails, else with 10, one more for each that lets clients in, and
 * 20 more where it has a read-write socket of its own, which must be root's.
 */
static void
be_activated(const char *names, int n_sockets, const char *const *at)
{
    struct err err;
    char       text[16];
    int        status = 0;
    int        fds[4];

    /* Our parent's, and perhaps in the way of descriptors 3 and 4. */
    server_free(h.daemon.server);
    loop_free(h.daemon.loop);
    for (int n = 0; n < n_sockets; n++)
        fds[n] = fcntl(listener_at(at[n]), F_DUPFD, 20);
    for (int n = 0; n < n_sockets; n++)
        dup2(fds[n], 3 + n);
    snprintf(text, sizeof text, "%d", (int)getpid());
    setenv("LISTEN_PID", text, 1);
    snprintf(text, sizeof text, "%d", n_sockets);
    setenv("LISTEN_FDS", text, 1);
    setenv("LISTEN_FDNAMES", names, 1);
    listen_mark_passed();
    for (int n = 0; n < n_sockets; n++)
        if (!(fcntl(3 + n, F_GETFD) & FD_CLOEXEC))
            _exit(105);
    h.daemon.loop = loop_new();
    harness_new_server(&h);
    if (server_listen(h.daemon.server, &err) < 0)
        _exit(1);
    if (wanted_log ? !strstr(h.last_log, wanted_log) : h.log_lines > 0)
        _exit(104);
    for (int n = 0; n < n_sockets; n++) {
        connect_well(at[n]);
        harness_settle(&h);
    }
    if (!is_among(path, n_sockets, at) && access(path, F_OK) == 0) {
        connect_well(path);
        harness_settle(&h);
        if (mode_of(path) != 0600)
            _exit(103);
        status = 20;
    }
    status += (int)server_client_count(h.daemon.server);
    if (getenv("LISTEN_FDS") || !(fcntl(3, F_GETFD) & FD_CLOEXEC))
        _exit(101);
    server_free(h.daemon.server);
    if (access(at[0], F_OK) < 0)
        _exit(102); /* systemd's are systemd's to remove */
    _exit(10 + status);
}

static int
activated(const char *names, int n_sockets, const char *const *at)
{
    pid_t pid = fork();
    int   status;

    if (pid == 0)
        be_activated(names, n_sockets, at);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    for (int n = 0; n < n_sockets; n++)
        unlink(at[n]);
    return WEXITSTATUS(status);
}

START_TEST(sockets_that_systemd_passes_are_used_and_no_others)
{
    char              elsewhere[96];
    const char *const at[] = {elsewhere, path_ro};

    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", dir);
    ck_assert_int_eq(activated("dom0d:dom0d-ro", 2, at), 12);
    ck_assert_int_eq(activated("dom0d.socket:dom0d-ro.socket", 2, at), 12);
    ck_assert_int_eq(activated("dom0d", 1, at), 11);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_ne(access(path_ro, F_OK), 0);
}
END_TEST

START_TEST(a_read_write_socket_that_systemd_does_not_pass_is_opened)
{
    static const char *const groups[] = {"", "no-such-group"};
    static const char *const logs[] = {"systemd passed no read-write socket",
                                       "no group no-such-group: only root"};
    const char *const        at[] = {path_ro};
    struct err               err;

    config_set(h.daemon.config, "socket_group", groups[_i], &err);
    wanted_log = logs[_i];
    ck_assert_int_eq(activated("dom0d-ro", 1, at), 10 + 20 + 2);
    wanted_log = NULL;
    ck_assert_int_ne(access(path, F_OK), 0); /* it is ours to remove */
}
END_TEST

START_TEST(without_any_read_write_socket_those_who_look_are_served)
{
    char              elsewhere[96];
    const char *const at[] = {path_ro};
    struct err        err;

    snprintf(elsewhere, sizeof elsewhere, "%s/none/sock", dir);
    config_set(h.daemon.config, "socket", elsewhere, &err);
    wanted_log = "there is no read-write socket: ";
    ck_assert_int_eq(activated("dom0d-ro", 1, at), 11);
    wanted_log = NULL;
}
END_TEST

START_TEST(a_path_that_systemd_took_over_is_systemds)
{
    int fd;

    listen_well();
    ck_assert_int_eq(unlink(path), 0);
    fd = listener_at(path);
    server_free(h.daemon.server);
    harness_new_server(&h);
    ck_assert_int_eq(access(path, F_OK), 0);
    close(fd);
    unlink(path);
}
END_TEST

START_TEST(more_sockets_of_the_same_names_have_the_same_rights)
{
    static const char *const names[] = {"virtxend-sock", "virtxend-sock-ro"};
    char                     more[2][96];
    const char *const        at[] = {path, path_ro, more[0], more[1]};

    for (int n = 0; n < 2; n++)
        snprintf(more[n], sizeof more[n], "%s/%s", dir, names[n]);
    ck_assert_int_eq(activated("dom0d:dom0d-ro:dom0d:dom0d-ro", 4, at), 14);
}
END_TEST

START_TEST(a_socket_without_a_name_is_known_by_its_path)
{
    const char *const at[] = {path, path_ro};

    ck_assert_int_eq(activated("unknown:unknown", 2, at), 12);
}
END_TEST

START_TEST(a_socket_that_is_neither_is_an_error)
{
    char              elsewhere[96];
    const char *const at[] = {elsewhere};

    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", dir);
    ck_assert_int_eq(activated("unknown", 1, at), 1);
    ck_assert_int_eq(activated("dom0d-rw", 1, at), 1);
}
END_TEST

/*----- one daemon only -----*/

/* Returns what a second process says when it wants the lock: 0 for having got it. */
static int
lock_elsewhere(void)
{
    struct err err;
    int        status;
    pid_t      pid = fork();

    if (pid == 0)
        _exit(lock_run_dir(h.daemon.config, &err) >= 0                    ? 0
              : strstr(err.message, "another dom0d is already running: ") ? 1
                                                                          : 2);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(the_run_folder_is_made_and_has_one_daemon)
{
    static const char *const folders[] = {"changes", "consoles", "domains",
                                          "ended",   "jobs",     "queue"};
    char                     run_dir[96], folder[112], lock[128];
    struct err               err = {.message = ""};
    int                      fd;

    snprintf(run_dir, sizeof run_dir, "%s/run", dir);
    snprintf(lock, sizeof lock, "%s/dom0d.lock", run_dir);
    config_set(h.daemon.config, "run_dir", run_dir, &err);
    fd = lock_run_dir(h.daemon.config, &err);
    ck_assert_msg(fd >= 0, "%s", err.message);
    ck_assert_int_eq(lock_elsewhere(), 1);
    close(fd);
    ck_assert_int_eq(lock_elsewhere(), 0);
    unlink(lock);
    for (size_t n = 0; n < array_size(folders); n++) {
        snprintf(folder, sizeof folder, "%s/%s", run_dir, folders[n]);
        ck_assert_uint_eq(mode_of(folder), 0700);
        rmdir(folder);
    }
    rmdir(run_dir);
}
END_TEST

START_TEST(a_run_folder_that_cannot_be_made_is_an_error)
{
    struct err err;

    config_set(h.daemon.config, "run_dir", "/nonexistent/run", &err);
    ck_assert_int_eq(lock_run_dir(h.daemon.config, &err), -1);
    ck_assert_str_eq(err.message,
                     "cannot create the directory /nonexistent/run: No such file or directory");
}
END_TEST

/*----- when nobody can come in -----*/

START_TEST(above_max_clients_a_new_one_is_closed_at_once)
{
    int fds[12];

    h.daemon.config->rpc.max_clients = 10;
    listen_well();
    for (int n = 0; n < 12; n++)
        fds[n] = connect_well(path);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 10);
    for (int n = 0; n < 12; n++)
        ck_assert_int_eq(is_closed(fds[n]), n >= 10);
    ck_assert_uint_eq(h.log_lines, 1);
    close(fds[0]);
    harness_settle(&h);
    close(fds[10]);
    fds[10] = connect_well(path);
    harness_settle(&h);
    ck_assert(!is_closed(fds[10]));
    for (int n = 1; n < 12; n++)
        close(fds[n]);
}
END_TEST

START_TEST(read_only_clients_leave_room_for_the_administrator)
{
    int fds[20], admin;

    h.daemon.config->rpc.max_clients = 20;
    listen_well();
    for (int n = 0; n < 20; n++)
        fds[n] = connect_well(path_ro);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 18);
    admin = connect_well(path);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 19);
    close(admin);
    for (int n = 0; n < 20; n++)
        close(fds[n]);
}
END_TEST

START_TEST(one_user_does_not_keep_the_others_from_the_read_only_socket)
{
    enum { NOBODY = 65534 };
    int fds[20], others;

    h.daemon.config->rpc.max_clients = 20;
    listen_well();
    ck_assert_int_eq(chmod(dir, 0755), 0);
    ck_assert_int_eq(seteuid(NOBODY), 0);
    for (int n = 0; n < 20; n++)
        fds[n] = connect_well(path_ro);
    ck_assert_int_eq(seteuid(0), 0);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 9);
    ck_assert_ptr_nonnull(strstr(h.last_log, "client of user 65534 was turned away"));
    others = connect_well(path_ro);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 10);
    close(others);
    for (int n = 0; n < 20; n++)
        close(fds[n]);
}
END_TEST

START_TEST(who_only_opened_read_only_does_not_count_as_a_read_only_client)
{
    int           fds[20];
    struct client by_flag = client_new(&h, false);

    h.daemon.config->rpc.max_clients = 20;
    client_open(&by_flag, 1);
    client_free(&by_flag);
    listen_well();
    for (int n = 0; n < 20; n++)
        fds[n] = connect_well(path_ro);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 18);
    for (int n = 0; n < 20; n++)
        close(fds[n]);
}
END_TEST

/* No descriptor above those in use may be opened from now on.  Returns what it was before. */
static struct rlimit
forbid_descriptors(void)
{
    struct rlimit before, now;
    int           free_fd = open("/dev/null", O_RDONLY);

    getrlimit(RLIMIT_NOFILE, &before);
    now = before;
    now.rlim_cur = (rlim_t)free_fd;
    close(free_fd);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &now), 0);
    return before;
}

START_TEST(the_read_only_socket_is_accepted_from_a_few_at_a_time)
{
    int fds[12];

    listen_well();
    for (int n = 0; n < 12; n++)
        fds[n] = connect_well(path_ro);
    loop_run_ready(h.daemon.loop); /* it gives precedence to others */
    loop_run_ready(h.daemon.loop);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 4);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 12);
    for (int n = 0; n < 12; n++)
        close(fds[n]);
}
END_TEST

/* As a daemon of these limits would find it; in a process of its own, since a hard limit that was
 * lowered stays so.  Returns max_clients, and in *limit_out the soft limit. */
static unsigned
prepare_descriptors(rlim_t soft, rlim_t hard, unsigned *limit_out, bool *said_out)
{
    unsigned result[3];
    int      ends[2];
    pid_t    pid;

    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};

        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
            _exit(1);
        descriptors_prepare(h.daemon.config);
        getrlimit(RLIMIT_NOFILE, &limit);
        result[0] = h.daemon.config->rpc.max_clients;
        result[1] = (unsigned)limit.rlim_cur;
        result[2] = h.log_lines == 1 && strstr(h.last_log, "max_clients is ");
        _exit(write(ends[1], result, sizeof result) < 0);
    }
    ck_assert_int_eq(read(ends[0], result, sizeof result), sizeof result);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    close(ends[0]);
    close(ends[1]);
    *limit_out = result[1];
    *said_out = result[2];
    return result[0];
}

START_TEST(the_limit_of_descriptors_is_raised_or_the_clients_are_cut)
{
    unsigned limit;
    bool     said;

    h.daemon.config->rpc.max_clients = 400;
    h.daemon.config->job.max_jobs = 100;
    ck_assert_uint_eq(prepare_descriptors(100, 1000, &limit, &said), 400);
    ck_assert_uint_eq(limit, 864); /* 400 clients, 4 for each job, and 64 */
    ck_assert(!said);
    ck_assert_uint_eq(prepare_descriptors(900, 1000, &limit, &said), 400);
    ck_assert_uint_eq(limit, 900);
    ck_assert_uint_eq(prepare_descriptors(100, 600, &limit, &said), 300);
    ck_assert_uint_eq(limit, 600);
    ck_assert(said);
    ck_assert_uint_eq(prepare_descriptors(100, 100, &limit, &said), 50);
    ck_assert(said);
}
END_TEST

START_TEST(without_descriptors_nobody_is_accepted_until_a_client_goes)
{
    struct rlimit before;
    int           first, second;

    listen_well();
    first = connect_well(path);
    harness_settle(&h);
    second = connect_well(path);
    before = forbid_descriptors();
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 1);
    ck_assert_uint_eq(h.log_lines, 1);
    ck_assert_ptr_nonnull(strstr(h.last_log, "cannot accept a client: Too many open files"));
    /* It does not try again and again. */
    harness_settle(&h);
    ck_assert_uint_eq(h.log_lines, 1);

    close(first);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 1);
    ck_assert(!is_closed(second));
    setrlimit(RLIMIT_NOFILE, &before);
    close(second);
}
END_TEST

static void
stop_when_accepted(void *arg)
{
    struct loop_timer *timer = arg;

    if (server_client_count(h.daemon.server))
        loop_stop(h.daemon.loop);
    else
        loop_timer_start(timer, 10000);
}

START_TEST(without_descriptors_and_clients_it_is_tried_again_after_a_second)
{
    struct loop_timer timer;
    struct rlimit     before;
    uint64_t          started = loop_now_usec();
    int               fd;

    listen_well();
    fd = connect_well(path);
    before = forbid_descriptors();
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 0);
    setrlimit(RLIMIT_NOFILE, &before);
    loop_timer_init(&timer, h.daemon.loop, stop_when_accepted, &timer);
    loop_timer_start(&timer, 0);
    loop_run(h.daemon.loop);
    loop_timer_stop(&timer);
    ck_assert_uint_ge(loop_now_usec() - started, 900000);
    close(fd);
}
END_TEST

START_TEST(a_thousand_clients_come_and_go)
{
    enum { CROWD = 1000 };
    static int    fds[CROWD];
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 2 * CROWD + 100)
        return; /* this machine does not let us */
    listen_well();
    for (int n = 0; n < CROWD; n++) {
        fds[n] = connect_well(path);
        if (n % 100 == 99)
            harness_settle(&h);
    }
    ck_assert_uint_eq(server_client_count(h.daemon.server), CROWD);
    for (int n = 0; n < CROWD; n++)
        close(fds[n]);
    harness_settle(&h);
    harness_settle(&h);
    ck_assert_uint_eq(server_client_count(h.daemon.server), 0);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("server");
    TCase   *tc = tcase_create("server");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, each_socket_gives_its_own_rights);
    tcase_add_test(tc, without_a_group_the_read_write_socket_is_its_owners);
    tcase_add_test(tc, a_group_that_there_is_not_is_said_and_only_root_is_let_in);
    tcase_add_test(tc, the_group_may_use_the_read_write_socket);
    tcase_add_test(tc, a_socket_that_a_killed_daemon_left_is_replaced);
    tcase_add_loop_test(tc, a_socket_on_which_somebody_listens_is_left_alone, 0, 2);
    tcase_add_test(tc, a_file_that_is_no_socket_is_left_alone);
    tcase_add_test(tc, a_name_that_is_too_long_for_a_socket_is_an_error);
    tcase_add_test(tc, who_a_client_is_comes_from_the_kernel);
    tcase_add_test(tc, ids_of_connections_are_never_used_again);
    tcase_add_test(tc, sockets_that_systemd_passes_are_used_and_no_others);
    tcase_add_loop_test(tc, a_read_write_socket_that_systemd_does_not_pass_is_opened, 0, 2);
    tcase_add_test(tc, without_any_read_write_socket_those_who_look_are_served);
    tcase_add_test(tc, a_path_that_systemd_took_over_is_systemds);
    tcase_add_test(tc, more_sockets_of_the_same_names_have_the_same_rights);
    tcase_add_test(tc, a_socket_without_a_name_is_known_by_its_path);
    tcase_add_test(tc, a_socket_that_is_neither_is_an_error);
    tcase_add_test(tc, the_run_folder_is_made_and_has_one_daemon);
    tcase_add_test(tc, a_run_folder_that_cannot_be_made_is_an_error);
    tcase_add_test(tc, above_max_clients_a_new_one_is_closed_at_once);
    tcase_add_test(tc, read_only_clients_leave_room_for_the_administrator);
    if (geteuid() == 0)
        tcase_add_test(tc, one_user_does_not_keep_the_others_from_the_read_only_socket);
    tcase_add_test(tc, who_only_opened_read_only_does_not_count_as_a_read_only_client);
    /* valgrind keeps the limit on descriptors for itself: these would wait for ever there. */
    if (!getenv("UNDER_VALGRIND")) {
        tcase_add_test(tc, the_read_only_socket_is_accepted_from_a_few_at_a_time);
        tcase_add_test(tc, the_limit_of_descriptors_is_raised_or_the_clients_are_cut);
        tcase_add_test(tc, without_descriptors_nobody_is_accepted_until_a_client_goes);
        tcase_add_test(tc, without_descriptors_and_clients_it_is_tried_again_after_a_second);
    }
    tcase_add_test(tc, a_thousand_clients_come_and_go);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
