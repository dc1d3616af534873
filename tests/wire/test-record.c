/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies in RUN_DIR: today's records, and those of version 1 as that version wrote them. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "wire/frame.h"
#include "wire/record.h"
#include "wire/state.h"
#include "wire/task.h"
#include "wire/worker-frame.h"

#define XML "<domain type='xen'><name>web</name></domain>"
#define IMAGE "/srv/web.save"
#define BEGUN 1764000000000000ull

#define FREE(type, value) wire_body_free((xdrproc_t)xdr_##type, value)

static char       path[64];
static struct err err;

static char *
data_path(const char *name)
{
    const char *source = getenv("top_srcdir");

    return xasprintf("%s/tests/wire/data/version-1/%s", source ? source : ".", name);
}

static void
setup(void)
{
    int fd;

    snprintf(path, sizeof path, "/tmp/test-record.XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    err = (struct err){0};
}

static void
teardown(void)
{
    unlink(path);
}

static void
write_bytes(const void *data, size_t size)
{
    ck_assert_int_eq(file_replace(path, data, size, 0600, &err), 0);
}

/*----- version 1 -----*/

struct task_case {
    const char      *file, *operation;
    worker_operation task;
    const char      *name;
    int              domid;
    bool             undo;
    const char      *path, *xml; /* NULL: it has none */
    bool             flag;       /* paused or overwrite */
    const char      *definition;
    int              stop_detail;
};

static const struct task_case task_cases[] = {
    {"task-create", "create", WORKER_CREATE, "web", -1, false, NULL, XML, true, XML, -1},
    {"task-create-undo", "create", WORKER_CREATE, "web", -1, true, NULL, XML, false, XML, -1},
    {"task-restore", "restore", WORKER_RESTORE, "web", -1, false, IMAGE, XML, true, XML, -1},
    {"task-restore-unread", "restore", WORKER_RESTORE, "", -1, false, IMAGE, "", false, "", -1},
    {"task-restore-undo", "restore", WORKER_RESTORE, "web", -1, true, IMAGE, XML, true, XML, -1},
    {"task-save", "save", WORKER_SAVE, "web", 7, false, IMAGE, XML, true, "", 4},
    {"task-save-undo", "save", WORKER_SAVE, "web", 7, true, IMAGE, XML, false, "", 4},
    {"task-destroy", "destroy", WORKER_DESTROY, "web", 7, false, NULL, NULL, false, "", 1},
    {"task-destroy-undo", "destroy", WORKER_DESTROY, "web", 7, true, NULL, NULL, false, "", 1},
    {"task-dump", "dump", WORKER_DUMP, "web", 7, false, IMAGE, NULL, true, "", -1},
    {"task-dump-undo", "dump", WORKER_DUMP, "web", 7, true, IMAGE, NULL, false, "", -1},
    {"task-restart-destroy", "restart", WORKER_DESTROY, "web", 7, false, NULL, NULL, false, XML,
     -1},
    {"task-restart-create", "restart", WORKER_CREATE, "web", -1, false, NULL, XML, false, XML, -1},
};

static void
assert_params(const worker_params *params, const struct task_case *want)
{
    const char *at = task_path(params), *xml = NULL;
    bool        flag = false;

    ck_assert_int_eq(params->operation, want->task);
    if (want->task == WORKER_CREATE) {
        xml = params->worker_params_u.create.xml;
        flag = params->worker_params_u.create.paused;
    } else if (want->task == WORKER_RESTORE) {
        xml = params->worker_params_u.restore.xml;
        flag = params->worker_params_u.restore.flags == WORKER_RESTORE_PAUSED;
    } else if (want->task == WORKER_SAVE) {
        xml = params->worker_params_u.save.xml;
        flag = params->worker_params_u.save.flags == WORKER_SAVE_OVERWRITE;
    } else if (want->task == WORKER_DUMP) {
        flag = params->worker_params_u.dump.overwrite;
    }
    ck_assert_pstr_eq(at, want->path);
    ck_assert_pstr_eq(xml, want->xml);
    ck_assert_int_eq(flag, want->flag);
}

START_TEST(a_task_of_version_1_is_what_it_was)
{
    const struct task_case *want = &task_cases[_i];
    cleanup_free char      *file = data_path(want->file);
    task_record             record = {.sequence = 9};

    ck_assert_msg(record_read(file, (xdrproc_t)xdr_task_record, &record, &err) == 0, "%s",
                  err.message);
    ck_assert_str_eq(record.operation, want->operation);
    ck_assert_uint_eq(record.task.job, 4711);
    ck_assert_str_eq(record.task.name, want->name);
    ck_assert_int_eq(record.task.uuid[15], want->name[0] ? 'w' : 0);
    ck_assert_int_eq(record.task.domid, want->domid);
    ck_assert_uint_eq(record.task.flags, want->undo ? WORKER_UNDO : 0);
    assert_params(&record.task.params, want);
    ck_assert_str_eq(record.definition, want->definition);
    ck_assert_int_eq(record.stop_detail, want->stop_detail);
    ck_assert_uint_eq(record.begun_usec, BEGUN);
    ck_assert_uint_eq(record.sequence, 0);
    ck_assert_uint_eq(record.protocol, 1);
    ck_assert_int_eq(record.pid, 0);
    ck_assert_uint_eq(record.pid_started, 0);
    FREE(task_record, &record);
}
END_TEST

/* task 0: one that no worker does. */
static const struct task_case queued_cases[] = {
    {"queued-create", "create", WORKER_CREATE, "web", -1, false, NULL, XML, true, "", -1},
    {"queued-restore", "restore", WORKER_RESTORE, "", -1, false, IMAGE, XML, true, "", -1},
    {"queued-save", "save", WORKER_SAVE, "web", 7, false, IMAGE, "", true, "", 4},
    {"queued-destroy", "destroy", WORKER_DESTROY, "web", 7, false, NULL, NULL, false, "", 1},
    {"queued-dump", "dump", WORKER_DUMP, "web", 7, false, IMAGE, NULL, false, "", -1},
    {"queued-pause", "pause", 0, "web", 7, false, NULL, NULL, false, "", -1},
    {"queued-unpause", "unpause", 0, "web", 7, false, NULL, NULL, false, "", -1},
};

START_TEST(a_job_that_waited_in_version_1_is_what_it_was)
{
    const struct task_case *want = &queued_cases[_i];
    cleanup_free char      *file = data_path(want->file);
    queued_job              job = {.job = 0};

    ck_assert_msg(record_read(file, (xdrproc_t)xdr_queued_job, &job, &err) == 0, "%s", err.message);
    ck_assert_str_eq(job.operation, want->operation);
    ck_assert_uint_eq(job.job, 4711);
    ck_assert_str_eq(job.name, want->name);
    ck_assert_int_eq(job.uuid[0], want->name[0] ? 'w' : 0);
    ck_assert_int_eq(job.domid, want->domid);
    assert_params(&job.params, want);
    ck_assert_int_eq(job.stop_detail, want->stop_detail);
    FREE(queued_job, &job);
}
END_TEST

START_TEST(a_domain_of_version_1_is_what_it_was)
{
    cleanup_free char *file = data_path(_i ? "domain-shut-down" : "domain");
    known_domain       known = {.domid = 0};

    ck_assert_msg(record_read(file, (xdrproc_t)xdr_known_domain, &known, &err) == 0, "%s",
                  err.message);
    ck_assert_str_eq(known.name, "web");
    ck_assert_int_eq(known.uuid[7], 'w');
    ck_assert_int_eq(known.domid, _i ? 8 : 7);
    ck_assert_int_eq(known.running_reason, _i ? 1 : 3);
    ck_assert_int_eq(known.stop_detail, _i ? 2 : -1);
    ck_assert_int_eq(known.shutdown_told, _i);
    ck_assert_str_eq(known.xml, "");
    FREE(known_domain, &known);
}
END_TEST

/* Into room for the largest of them; what is read is freed. */
static int
read_as(xdrproc_t filter)
{
    union {
        task_record  task;
        queued_job   queued;
        known_domain domain;
        ended_job    ended;
    } body;
    int r;

    memset(&body, 0, sizeof body);
    r = record_read(path, filter, &body, &err);
    if (r == 0)
        wire_body_free(filter, &body);
    return r;
}

START_TEST(a_record_of_version_1_is_not_taken_for_another_kind)
{
    cleanup_free char *task = data_path("task-save"), *queued = data_path("queued-save");
    cleanup_free char *domain = data_path("domain");
    task_record        as_task = {.sequence = 0};
    queued_job         as_queued = {.job = 0};
    known_domain       as_domain = {.domid = 0};
    ended_job          as_ended = {.job = 0};

    ck_assert_int_lt(record_read(queued, (xdrproc_t)xdr_task_record, &as_task, &err), 0);
    ck_assert_int_lt(record_read(domain, (xdrproc_t)xdr_task_record, &as_task, &err), 0);
    ck_assert_int_lt(record_read(task, (xdrproc_t)xdr_queued_job, &as_queued, &err), 0);
    ck_assert_int_lt(record_read(task, (xdrproc_t)xdr_known_domain, &as_domain, &err), 0);
    ck_assert_int_lt(record_read(task, (xdrproc_t)xdr_ended_job, &as_ended, &err), 0);
    ck_assert_int_eq(err.code, ERR_RPC);
}
END_TEST

static size_t
read_data(const char *name, char **data_out)
{
    cleanup_free char *file = data_path(name);
    size_t             size;

    ck_assert_int_eq(file_read(file, 65536, data_out, &size, &err), 0);
    return size;
}

static void
put_u32(char *at, uint32_t value)
{
    for (int n = 3; n >= 0; n--, value >>= 8)
        at[n] = (char)value;
}

/* _i: with the length that it was, or with one that fits. */
START_TEST(a_truncated_record_is_an_error)
{
    cleanup_free char *data = NULL;
    size_t             size = read_data("task-save", &data);

    for (size_t n = 0; n < size; n++) {
        if (_i && n >= 4)
            put_u32(data, (uint32_t)n);
        write_bytes(data, n);
        ck_assert_int_lt(read_as((xdrproc_t)xdr_task_record), 0);
        ck_assert_int_eq(err.code, ERR_RPC);
        ck_assert_ptr_nonnull(strstr(err.message, path));
    }
}
END_TEST

START_TEST(a_mutated_record_is_an_error_or_a_record)
{
    static const xdrproc_t filters[] = {(xdrproc_t)xdr_task_record, (xdrproc_t)xdr_queued_job,
                                        (xdrproc_t)xdr_known_domain, (xdrproc_t)xdr_ended_job};
    cleanup_free char     *data = NULL;
    size_t                 size = read_data("task-restore", &data);

    for (size_t n = 0; n < size; n++) {
        char was = data[n];

        data[n] = (char)~was;
        write_bytes(data, size);
        data[n] = was;
        for (size_t f = 0; f < array_size(filters); f++)
            (void)read_as(filters[f]);
    }
}
END_TEST

/*----- today's -----*/

static char xml[] = XML, web[] = "web", save[] = "save", image[] = IMAGE, none[] = "";

static task_record
a_task(void)
{
    task_record record = {
        .operation = save,
        .sequence = 2,
        .task = {.job = 3,
                 .name = web,
                 .domid = 7,
                 .params = {.operation = WORKER_SAVE,
                            .worker_params_u.save = {.path = image, .xml = xml}}},
        .definition = none,
        .stop_detail = 4,
        .protocol = WORKER_VERSION,
        .pid = 1234,
        .pid_started = 56789,
    };

    return record;
}

START_TEST(a_task_is_read_as_it_was_written)
{
    task_record record = a_task(), got = {.pid = 0};

    ck_assert_int_eq(record_write(path, (xdrproc_t)xdr_task_record, &record, &err), 0);
    ck_assert_int_eq(record_read(path, (xdrproc_t)xdr_task_record, &got, &err), 0);
    ck_assert_uint_eq(got.sequence, 2);
    ck_assert_str_eq(got.task.params.worker_params_u.save.path, IMAGE);
    ck_assert_uint_eq(got.protocol, WORKER_VERSION);
    ck_assert_int_eq(got.pid, 1234);
    ck_assert_uint_eq(got.pid_started, 56789);
    FREE(task_record, &got);
}
END_TEST

START_TEST(a_job_that_ended_is_read_as_it_was_written)
{
    ended_job ended = {.job = 3,
                       .operation = save,
                       .name = web,
                       .error = {.code = ERR_SYSTEM, .detail = 28, .message = image},
                       .log = xml,
                       .elapsed_usec = 5,
                       .processed = 6,
                       .total = 7};
    ended_job got = {.job = 0};

    ck_assert_int_eq(record_write(path, (xdrproc_t)xdr_ended_job, &ended, &err), 0);
    ck_assert_int_eq(record_read(path, (xdrproc_t)xdr_ended_job, &got, &err), 0);
    ck_assert_uint_eq(got.job, 3);
    ck_assert_int_eq(got.error.code, ERR_SYSTEM);
    ck_assert_int_eq(got.error.detail, 28);
    ck_assert_str_eq(got.log, XML);
    ck_assert_uint_eq(got.total, 7);
    FREE(ended_job, &got);
}
END_TEST

START_TEST(a_record_is_not_taken_for_another_kind)
{
    task_record record = a_task();

    ck_assert_int_eq(record_write(path, (xdrproc_t)xdr_task_record, &record, &err), 0);
    ck_assert_int_lt(read_as((xdrproc_t)xdr_queued_job), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "another kind of record"));
    ck_assert_int_eq(err.code, ERR_RPC);
}
END_TEST

START_TEST(what_a_newer_version_wrote_is_said_to_be_so)
{
    task_record        record = a_task();
    cleanup_free char *data = NULL;
    size_t             size;

    ck_assert_int_eq(record_write(path, (xdrproc_t)xdr_task_record, &record, &err), 0);
    ck_assert_int_eq(file_read(path, 65536, &data, &size, &err), 0);
    put_u32(data + 8, STATE_VERSION + 1);
    write_bytes(data, size);
    ck_assert_int_lt(read_as((xdrproc_t)xdr_task_record), 0);
    ck_assert_int_eq(err.code, ERR_NO_SUPPORT);
    ck_assert_msg(strstr(err.message, "it has version 3, and 2 is supported"), "%s", err.message);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(bytes_behind_a_record_are_an_error)
{
    task_record        record = a_task();
    cleanup_free char *data = NULL;
    char               longer[4096] = "";
    size_t             size;

    ck_assert_int_eq(record_write(path, (xdrproc_t)xdr_task_record, &record, &err), 0);
    ck_assert_int_eq(file_read(path, sizeof longer - 4, &data, &size, &err), 0);
    memcpy(longer, data, size);
    put_u32(longer, (uint32_t)size + 4);
    write_bytes(longer, size + 4);
    ck_assert_int_lt(read_as((xdrproc_t)xdr_task_record), 0);
    ck_assert_int_eq(err.code, ERR_RPC);
}
END_TEST

/*----- tasks -----*/

START_TEST(a_task_is_found_by_its_name)
{
#define TASK(nr, NAME, name, traits)                                                               \
    ck_assert_str_eq(task_name(WORKER_##NAME), #name);                                             \
    ck_assert_int_eq(task_by_name(#name), WORKER_##NAME);
#include "wire/tasks.def"
#undef TASK
    ck_assert_ptr_null(task_name((worker_operation)0));
    ck_assert_ptr_null(task_name((worker_operation)99));
    ck_assert_int_eq(task_by_name("restart"), 0);
    ck_assert_uint_eq(task_traits((worker_operation)99), 0);
}
END_TEST

START_TEST(parameters_are_copied_whole)
{
    worker_params from = {.operation = WORKER_FILE,
                          .worker_params_u.file = {.path = image,
                                                   .change = WORKER_FILE_REPLACE,
                                                   .second = none,
                                                   .content = {3, (char[]){'a', '\0', 'b'}},
                                                   .mode = 0640}};
    worker_params copy = task_params_copy(&from);

    ck_assert_str_eq(task_path(&copy), IMAGE);
    ck_assert_ptr_ne(task_path(&copy), image);
    ck_assert_mem_eq(copy.worker_params_u.file.content.content_val, "a\0b", 3);
    ck_assert_uint_eq(copy.worker_params_u.file.mode, 0640);
    FREE(worker_params, &copy);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("record");
    TCase   *tc = tcase_create("record");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_task_of_version_1_is_what_it_was, 0, array_size(task_cases));
    tcase_add_loop_test(tc, a_job_that_waited_in_version_1_is_what_it_was, 0,
                        array_size(queued_cases));
    tcase_add_loop_test(tc, a_domain_of_version_1_is_what_it_was, 0, 2);
    tcase_add_test(tc, a_record_of_version_1_is_not_taken_for_another_kind);
    tcase_add_loop_test(tc, a_truncated_record_is_an_error, 0, 2);
    tcase_add_test(tc, a_mutated_record_is_an_error_or_a_record);
    tcase_add_test(tc, a_task_is_read_as_it_was_written);
    tcase_add_test(tc, a_job_that_ended_is_read_as_it_was_written);
    tcase_add_test(tc, a_record_is_not_taken_for_another_kind);
    tcase_add_test(tc, what_a_newer_version_wrote_is_said_to_be_so);
    tcase_add_test(tc, bytes_behind_a_record_are_an_error);
    tcase_add_test(tc, a_task_is_found_by_its_name);
    tcase_add_test(tc, parameters_are_copied_whole);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
