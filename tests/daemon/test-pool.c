/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pool with a worker of version 1, which is this test: it plays what such a one said in a save.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "eventloop/loop.h"
#include "job/pool.h"
#include "wire/frame.h"
#include "wire/record.h"

static char            run_dir[] = "/tmp/test-pool.XXXXXX";
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
    pool_worker_update_record(worker, &record);
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
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
