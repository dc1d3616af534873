/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pool with a worker of version 1, which is this test: it plays what such a one said in a save.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
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
#include "base/file.h"
#include "eventloop/loop.h"
#include "job/pool.h"
#include "job/process.h"
#include "wire/frame.h"
#include "wire/record.h"

static char            run_dir[32];
static char            jobs[64], socket_path[80], record_path[96];
static struct loop    *loop;
static struct pool    *pool;
static int             listen_fd, fd;
static worker_progress heard;
static int             progresses, ends, dead, code;

/*----- the job -----*/

static void
identified(void *arg, const worker_identified *what)
{
    (void)arg, (void)what;
}

static void
progressed(void *arg, const worker_progress *progress)
{
    (void)arg;
    heard = *progress;
    progresses++;
}

static void
ended(void *arg, const worker_done *done, const struct err *err)
{
    (void)arg, (void)err;
    ends++;
    dead += done == NULL;
    code = done ? done->error.code : -1;
    ck_assert_int_eq(access(record_path, F_OK), 0); /* until its end is dealt with */
}

static const struct pool_worker_ops ops = {
    .identified = identified, .progress = progressed, .ended = ended};

/*----- the worker -----*/

static size_t
read_data(const char *name, char **data_out)
{
    const char        *source = getenv("top_srcdir");
    cleanup_free char *path =
        xasprintf("%s/tests/wire/data/version-1/%s", source ? source : ".", name);
    size_t     size;
    struct err err;

    ck_assert_msg(file_read(path, 65536, data_out, &size, &err) == 0, "%s", err.message);
    return size;
}

static void
turn(void)
{
    for (int n = 0; n < 20; n++)
        loop_run_ready(loop);
}

/* The commands that have come are of version 1, and these: Abort, Proceed, Refuse, Bye. */
static void
assert_told(const char *letters)
{
    static const char commands[] = "-SAPRB"; /* each at its number */
    char              data[4096];
    ssize_t           size = recv(fd, data, sizeof data, MSG_DONTWAIT), at = 0;

    for (; *letters; letters++) {
        struct wire_header header;
        size_t             length = 0;
        struct err         err;

        ck_assert_int_ge(size - at, WIRE_HEADER_SIZE + 4);
        ck_assert_int_eq(wire_frame_size(data + at, (size_t)(size - at), &length, &err), 0);
        wire_header_decode(data + at, length, &header);
        ck_assert_uint_eq(header.program, WIRE_PROGRAM_WORKER);
        ck_assert_uint_eq(header.version, 1);
        ck_assert_uint_eq(header.type, WIRE_MESSAGE);
        ck_assert_int_eq(data[at + WIRE_HEADER_SIZE + 3], strchr(commands, *letters) - commands);
        at += (ssize_t)length;
    }
    ck_assert_int_eq(size > 0 ? size : 0, at);
}

/*----- set up -----*/

static void
setup(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_free char *record = NULL;
    size_t             size = read_data("worker-save.job", &record);
    struct err         err;

    snprintf(run_dir, sizeof run_dir, "/tmp/test-pool.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(run_dir));
    snprintf(jobs, sizeof jobs, "%s/jobs", run_dir);
    snprintf(socket_path, sizeof socket_path, "%s/1", jobs);
    snprintf(record_path, sizeof record_path, "%s/1.job", jobs);
    ck_assert_int_eq(mkdir(jobs, 0700), 0);
    ck_assert_int_eq(file_replace(record_path, record, size, 0600, &err), 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
    listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listen_fd, 1), 0);
    loop = loop_new();
    pool = pool_new(loop, &(struct job_limits){.run_dir = run_dir});
    progresses = ends = dead = 0;
}

static void
teardown(void)
{
    pool_free(pool);
    loop_free(loop);
    close(fd);
    close(listen_fd);
    unlink(socket_path);
    unlink(record_path);
    ck_assert_int_eq(rmdir(jobs), 0);
    ck_assert_int_eq(rmdir(run_dir), 0);
}

static struct pool_worker *
take_up(void)
{
    task_record         record = {.pid = 0};
    struct pool_worker *worker;
    struct err          err;

    ck_assert_int_eq(record_read(record_path, (xdrproc_t)xdr_task_record, &record, &err), 0);
    worker = pool_worker_find(pool, record_path, &record);
    ck_assert_ptr_nonnull(worker);
    pool_worker_own(worker, &ops, NULL);
    fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    wire_body_free((xdrproc_t)xdr_task_record, &record);
    return worker;
}

START_TEST(a_save_of_a_version_1_worker_is_heard_to_its_end)
{
    cleanup_free char *said = NULL;
    size_t             size = read_data("worker-save", &said);

    (void)take_up();
    ck_assert_int_eq(file_write_all(fd, said, size), 0);
    turn();
    ck_assert_int_eq(ends, 1);
    ck_assert_int_eq(dead, 0);
    ck_assert_int_eq(code, ERR_NONE);
    ck_assert_int_eq(progresses, 5); /* one with the state */
    ck_assert_int_eq(heard.phase, WORKER_COMMITTED);
    ck_assert_uint_eq(heard.total, 128 << 20);
    ck_assert_int_eq(heard.domid, 1);
    assert_told("B");
    ck_assert_int_ne(access(record_path, F_OK), 0);
}
END_TEST

START_TEST(a_version_1_worker_is_told_in_its_own_words)
{
    struct pool_worker *worker = take_up();
    struct err          why;

    err_set(&why, ERR_OPERATION_INVALID, "in use");
    pool_worker_abort(worker);
    pool_worker_proceed(worker);
    pool_worker_refuse(worker, &why);
    turn();
    assert_told("APR");
}
END_TEST

START_TEST(what_is_written_again_of_a_version_1_worker_says_that_it_is_one)
{
    task_record         record = {.pid = 0};
    struct pool_worker *worker = take_up();
    struct err          err;

    ck_assert_int_eq(record_read(record_path, (xdrproc_t)xdr_task_record, &record, &err), 0);
    record.protocol = 0;
    ck_assert_int_eq(pool_worker_update_record(worker, &record, &err), 0);
    wire_body_free((xdrproc_t)xdr_task_record, &record);
    record = (task_record){.pid = 0};
    ck_assert_int_eq(record_read(record_path, (xdrproc_t)xdr_task_record, &record, &err), 0);
    ck_assert_uint_eq(record.protocol, 1);
    ck_assert_str_eq(record.operation, "save");
    wire_body_free((xdrproc_t)xdr_task_record, &record);
}
END_TEST

START_TEST(a_version_that_is_not_known_is_a_protocol_error)
{
    cleanup_free char *said = NULL;
    size_t             size = read_data("worker-save", &said), first = 0;
    struct err         err;

    ck_assert_int_eq(wire_frame_size(said, size, &first, &err), 0);
    said[11] = WORKER_VERSION + 1;
    (void)take_up();
    ck_assert_int_eq(file_write_all(fd, said, first), 0);
    turn();
    ck_assert_int_eq(progresses, 0);
}
END_TEST

/*----- what a worker leaves -----*/

/* Leads a session; in it is a process that has a process group of its own.  They end with us. */
static pid_t
session_begins(pid_t *member_out)
{
    int   pipe_fds[2];
    pid_t leader;

    ck_assert_int_eq(pipe(pipe_fds), 0);
    leader = fork();
    if (leader == 0) {
        pid_t member;

        setsid();
        member = fork();
        if (member == 0)
            setpgid(0, 0);
        else
            (void)!write(pipe_fds[1], &member, sizeof member);
        alarm(20);
        for (;;)
            pause();
    }
    ck_assert_int_eq(read(pipe_fds[0], member_out, sizeof *member_out), sizeof *member_out);
    while (getpgid(*member_out) != *member_out)
        usleep(1000);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return leader;
}

/* Also one that nobody has waited for. */
static bool
is_dead(pid_t pid)
{
    cleanup_free char *path = xasprintf("/proc/%d/stat", (int)pid);

    for (int n = 0; n < 1000; n++) {
        char  line[512] = "";
        FILE *file = fopen(path, "re");

        if (!file)
            return true;
        (void)!fgets(line, sizeof line, file);
        fclose(file);
        if (strstr(line, ") Z ") || !line[0])
            return true;
        usleep(2000);
    }
    return false;
}

START_TEST(all_of_a_session_is_killed_with_its_leader)
{
    pid_t    member, leader = session_begins(&member);
    uint64_t started = process_started(leader);

    ck_assert_uint_gt(started, 0);
    if (_i) { /* it has died before */
        kill(leader, SIGKILL);
        waitpid(leader, NULL, 0);
    }
    process_kill_session(leader, started);
    ck_assert(is_dead(leader));
    ck_assert(is_dead(member));
    if (!_i)
        waitpid(leader, NULL, 0);
}
END_TEST

START_TEST(a_number_that_was_given_again_is_not_killed)
{
    pid_t member, leader = session_begins(&member);

    process_kill_session(leader, process_started(leader) - 1);
    process_kill_session(leader, process_started(leader) + 1);
    usleep(20000);
    ck_assert_int_eq(waitpid(leader, NULL, WNOHANG), 0);
    ck_assert_int_eq(kill(member, 0), 0);
    process_kill_session(leader, process_started(leader));
    waitpid(leader, NULL, 0);
}
END_TEST

START_TEST(a_worker_that_is_killed_and_does_not_go_counts_as_dead)
{
    task_record         record = {.pid = 0};
    pid_t               other, stopped = session_begins(&other);
    struct pool_worker *worker;
    struct err          err;

    ck_assert_int_eq(record_read(record_path, (xdrproc_t)xdr_task_record, &record, &err), 0);
    record.pid = stopped; /* this test is the worker, and keeps the socket */
    record.pid_started = process_started(stopped);
    worker = pool_worker_find(pool, record_path, &record);
    wire_body_free((xdrproc_t)xdr_task_record, &record);
    ck_assert_ptr_nonnull(worker);
    pool_worker_own(worker, &ops, NULL);
    fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    pool_worker_kill(worker);
    turn();
    ck_assert_int_eq(ends, 0);
    for (int n = 0; n < 300 && !ends; n++) {
        usleep(10000);
        loop_run_ready(loop);
    }
    ck_assert_int_eq(ends, 1);
    ck_assert_int_eq(dead, 1);
    ck_assert_int_ne(access(record_path, F_OK), 0);
    waitpid(stopped, NULL, 0);
    close(fd);
    fd = -1;
    turn(); /* it has gone at last */
}
END_TEST

START_TEST(what_a_dead_worker_promised_to_others_of_memory_goes_with_its_task)
{
    cleanup_free char *promise_path = xasprintf("%s" WORKER_PROMISE_SUFFIX, socket_path);
    struct err         err;

    ck_assert_int_eq(file_replace(promise_path, "1", 1, 0600, &err), 0);
    pool_worker_forget(record_path);
    ck_assert_int_ne(access(promise_path, F_OK), 0);
}
END_TEST

START_TEST(what_a_dead_idle_worker_promised_goes_with_its_socket)
{
    cleanup_free char *promise_path = xasprintf("%s" WORKER_PROMISE_SUFFIX, socket_path);
    struct err         err;

    ck_assert_int_eq(file_replace(promise_path, "1", 1, 0600, &err), 0);
    unlink(record_path);
    close(take_fd(listen_fd));
    pool_free(pool_new(loop, &(struct job_limits){.run_dir = run_dir}));
    ck_assert_int_ne(access(promise_path, F_OK), 0);
}
END_TEST

/* Of a destroy in a full run_dir: its daemon was killed, and no record says what it does. */
START_TEST(a_worker_that_no_record_names_is_told_to_go)
{
    struct pool *next;
    char         frame[256];
    ssize_t      size;

    unlink(record_path);
    next = pool_new(loop, &(struct job_limits){.run_dir = run_dir});
    fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    turn();
    size = recv(fd, frame, sizeof frame, MSG_DONTWAIT);
    ck_assert_int_gt(size, WIRE_HEADER_SIZE);
    ck_assert_int_eq(frame[size - 1], WORKER_BYE);
    ck_assert_int_eq(recv(fd, frame, sizeof frame, MSG_DONTWAIT), 0);
    ck_assert_int_ne(access(socket_path, F_OK), 0);
    pool_free(next);
}
END_TEST

START_TEST(a_record_without_its_worker_has_what_that_had_started_killed)
{
    task_record record = {.pid = 0};
    pid_t       member, leader = session_begins(&member);
    struct err  err;

    ck_assert_int_eq(record_read(record_path, (xdrproc_t)xdr_task_record, &record, &err), 0);
    record.pid = leader;
    record.pid_started = process_started(leader);
    kill(leader, SIGKILL);
    ck_assert(is_dead(leader));
    if (_i) /* else its socket is kept by somebody */
        unlink(socket_path);
    ck_assert_ptr_null(pool_worker_find(pool, record_path, &record));
    ck_assert(is_dead(member));
    waitpid(leader, NULL, 0);
    wire_body_free((xdrproc_t)xdr_task_record, &record);
}
END_TEST

/*----- a process that has no descriptor left -----*/

static void
remove_all_jobs(void)
{
    size_t count;
    char **paths = records_find(jobs, "", &count);

    for (size_t n = 0; n < count; n++) {
        if (strcmp(paths[n], socket_path) != 0 && strcmp(paths[n], record_path) != 0)
            unlink(paths[n]);
        free(paths[n]);
    }
    free(paths);
}

START_TEST(the_last_descriptors_are_kept_for_what_goes_on_without_a_record)
{
    static char       program[] = "/bin/true", empty[] = "", operation[] = "destroy";
    struct job_limits limits = {.run_dir = run_dir, .worker_path = program};
    struct pool      *full = pool_new(loop, &limits);
    task_record       record = {.operation = operation, .definition = empty, .task.name = empty};
    struct rlimit     before, few = {64, 64};
    int               taken[64], count = 0;
    struct err        err;

    record.task.params.operation = WORKER_DESTROY;
    pool_fill(full);
    turn();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few.rlim_max = before.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    while ((taken[count] = dup(0)) >= 0)
        count++;
    ck_assert_ptr_null(pool_run(full, &record, false, &ops, NULL, &err));
    ck_assert_int_eq(err.detail, EMFILE);
    ck_assert_ptr_nonnull(pool_run(full, &record, true, &ops, NULL, &err));
    while (count)
        close(taken[--count]);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    pool_free(full);
    remove_all_jobs();
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("pool");
    TCase   *tc = tcase_create("pool");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_save_of_a_version_1_worker_is_heard_to_its_end);
    tcase_add_test(tc, a_version_1_worker_is_told_in_its_own_words);
    tcase_add_test(tc, what_is_written_again_of_a_version_1_worker_says_that_it_is_one);
    tcase_add_test(tc, a_version_that_is_not_known_is_a_protocol_error);
    tcase_add_loop_test(tc, all_of_a_session_is_killed_with_its_leader, 0, 2);
    tcase_add_test(tc, a_number_that_was_given_again_is_not_killed);
    tcase_add_test(tc, a_worker_that_is_killed_and_does_not_go_counts_as_dead);
    tcase_add_test(tc, what_a_dead_worker_promised_to_others_of_memory_goes_with_its_task);
    tcase_add_test(tc, what_a_dead_idle_worker_promised_goes_with_its_socket);
    tcase_add_test(tc, a_worker_that_no_record_names_is_told_to_go);
    tcase_add_loop_test(tc, a_record_without_its_worker_has_what_that_had_started_killed, 0, 2);
    tcase_add_test(tc, the_last_descriptors_are_kept_for_what_goes_on_without_a_record);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
