/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The conversation of wire/worker.x, with a worker in this process and a daemon's end of a socket.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "scene.h"
#include "wire/frame.h"
#include "wire/worker-frame.h"
#include "worker.h"

#define PATIENCE_USEC 60000000

/* One connection of a daemon. */
struct client {
    int    fd;
    char   data[1 << 17];
    size_t size;
};

static struct worker *worker;
static struct client  client;
static char           socket_path[96], image_path[96], xml[2048];

static void
client_connect(struct client *c)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    c->size = 0;
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", socket_path);
    ck_assert_int_eq(connect(c->fd, (struct sockaddr *)&addr, sizeof addr), 0);
}

static int
listen_socket(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", socket_path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    ck_assert_int_eq(listen(fd, 5), 0);
    return fd;
}

static void
setup(void)
{
    scene_begin();
    xl_close(&scene.xl); /* the worker has its own */
    snprintf(socket_path, sizeof socket_path, "%s/socket", scene.folder);
    snprintf(image_path, sizeof image_path, "%s/image", scene.folder);
    snprintf(xml, sizeof xml, "%s", scene_xml("web", 'w'));
    worker = worker_new(scene.loop, listen_socket(), socket_path, "off", 0);
    client_connect(&client);
}

static void
teardown(void)
{
    if (client.fd >= 0)
        close(client.fd);
    worker_free(worker);
    ck_assert_int_eq(access(socket_path, F_OK), -1);
    unlink(image_path);
    scene_end();
}

static void
turn(void)
{
    for (int n = 0; n < 20; n++)
        loop_run_ready(scene.loop);
}

static void
tell(struct client *c, const worker_command *command)
{
    cleanup_free void *frame = NULL;
    size_t             size;
    struct err         err;

    ck_assert_int_eq(worker_command_encode(WORKER_VERSION, command, &frame, &size, &err), 0);
    ck_assert_int_eq(file_write_all(c->fd, frame, size), 0);
}

static void
tell_plain(struct client *c, worker_command_type type)
{
    tell(c, &(worker_command){.type = type});
}

static void
tell_start(struct client *c, worker_start start)
{
    tell(c, &(worker_command){.type = WORKER_START, .worker_command_u.start = start});
}

/* The next whole frame of what was read, out of c. */
static bool
take_report(struct client *c, worker_report *report_out)
{
    size_t     size = 0;
    struct err err;

    ck_assert_int_eq(wire_frame_size(c->data, c->size, &size, &err), 0);
    if (!size || c->size < size)
        return false;
    memset(report_out, 0, sizeof *report_out);
    ck_assert_int_eq(worker_report_decode(c->data, size, report_out, &err), 0);
    memmove(c->data, c->data + size, c->size - size);
    c->size -= size;
    return true;
}

/* Returns false where the worker closed the connection. */
static bool
hear(struct client *c, worker_report *report_out)
{
    uint64_t end = loop_now_usec() + PATIENCE_USEC;

    while (loop_now_usec() < end) {
        ssize_t n;

        if (take_report(c, report_out))
            return true;
        n = read(c->fd, c->data + c->size, sizeof c->data - c->size);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return false;
        if (n > 0)
            c->size += (size_t)n;
        loop_run_ready(scene.loop);
    }
    ck_abort_msg("the worker says nothing");
    return false;
}

static void
forget(worker_report *report)
{
    wire_body_free((xdrproc_t)xdr_worker_report, report);
}

/* Of that type; progress may come before. */
static void
hear_type(struct client *c, worker_report_type type, worker_report *report_out)
{
    for (;;) {
        ck_assert(hear(c, report_out));
        if (report_out->type == type)
            return;
        ck_assert(report_out->type == WORKER_PROGRESS || report_out->type == WORKER_SAID);
        forget(report_out);
    }
}

static void
hear_done(struct client *c, int code)
{
    worker_report report;

    hear_type(c, WORKER_DONE, &report);
    ck_assert_msg(report.worker_report_u.done.error.code == code, "%s",
                  report.worker_report_u.done.error.message);
    forget(&report);
}

static worker_start
start_create(void)
{
    worker_start start = scene_start(WORKER_CREATE, "web", 'w');

    scene_params(&start, "", xml, 0);
    start.job = 77;
    return start;
}

static worker_start
start_restore(void)
{
    worker_start start = scene_start(WORKER_RESTORE, "", '\0');

    scene_write_image(image_path, IMAGE_LIBVIRT, xml, 1);
    scene_params(&start, image_path, "", 0);
    return start;
}

/* loop_stop was called: loop_run returns at once.  (A stop before the run does not count, so the
 * worker is asked for its last turns here.) */
static void
assert_ends(void)
{
    loop_run(scene.loop);
}

START_TEST(an_operation_is_started_and_its_end_told)
{
    worker_report report;

    tell_start(&client, start_create());
    hear_type(&client, WORKER_DONE, &report);
    ck_assert_int_eq(report.worker_report_u.done.error.code, ERR_NONE);
    ck_assert_int_eq(report.worker_report_u.done.domid, 1);
    forget(&report);
    ck_assert_ptr_nonnull(fake_domain_named("web"));
    tell_plain(&client, WORKER_BYE);
    assert_ends();
}
END_TEST

START_TEST(a_failure_is_told_with_libxls_lines)
{
    worker_report report;

    fake_xen_rule("create", 1, ERROR_FAIL, false);
    tell_start(&client, start_create());
    hear_type(&client, WORKER_DONE, &report);
    ck_assert_int_eq(report.worker_report_u.done.error.code, ERR_OPERATION_FAILED);
    ck_assert_int_eq(report.worker_report_u.done.error.detail, ERROR_FAIL);
    ck_assert_int_eq(report.worker_report_u.done.domid, -1);
    ck_assert_ptr_nonnull(
        strstr(report.worker_report_u.done.log, "error: libxl_fake.c:1:fake_say: Domain 1:create"));
    forget(&report);
}
END_TEST

START_TEST(an_error_of_libxl_is_told_at_once_and_to_the_next_daemon)
{
    worker_report report;

    fake_xen_rule("create", 1, ERROR_FAIL, false);
    tell_start(&client, start_create());
    hear_type(&client, WORKER_SAID, &report);
    ck_assert_str_eq(report.worker_report_u.said.line, "create failed as it was told");
    forget(&report);
    hear_done(&client, ERR_OPERATION_FAILED);
    close(client.fd);
    client_connect(&client);
    hear_type(&client, WORKER_STATE, &report);
    forget(&report);
    hear_type(&client, WORKER_SAID, &report);
    ck_assert_str_eq(report.worker_report_u.said.line, "create failed as it was told");
    forget(&report);
    hear_done(&client, ERR_OPERATION_FAILED);
}
END_TEST

START_TEST(an_operation_that_makes_no_sense_is_told)
{
    worker_start start = start_create();

    start.params.operation = WORKER_SAVE; /* without a path, of nobody */
    scene_params(&start, "", "", 0);
    tell_start(&client, start);
    hear_done(&client, ERR_INVALID_ARG);
}
END_TEST

START_TEST(an_operation_that_there_is_not_is_told_and_was_the_one)
{
    worker_start start = start_create();

    start.params.operation = (worker_operation)0;
    tell_start(&client, start);
    hear_done(&client, ERR_INVALID_ARG);
    tell_start(&client, start_create());
    turn();
    ck_assert_uint_eq(fake_domain_count(), 0);
}
END_TEST

START_TEST(a_restore_waits_for_an_answer)
{
    worker_report report;

    tell_start(&client, start_restore());
    hear_type(&client, WORKER_IDENTIFIED, &report);
    ck_assert_str_eq(report.worker_report_u.identified.name, "web");
    ck_assert_int_eq(report.worker_report_u.identified.uuid[0], 'w');
    ck_assert_ptr_nonnull(strstr(report.worker_report_u.identified.xml, "<name>web</name>"));
    forget(&report);
    turn();
    ck_assert_uint_eq(fake_domain_count(), 0);
    tell_plain(&client, WORKER_PROCEED);
    hear_done(&client, ERR_NONE);
    ck_assert_uint_eq(fake_domain_count(), 1);
}
END_TEST

START_TEST(a_restore_may_be_refused)
{
    static char    why[] = "in use";
    worker_report  report;
    worker_command refuse = {
        .type = WORKER_REFUSE,
        .worker_command_u.refuse = {.code = ERR_OPERATION_INVALID, .message = why}};

    tell_start(&client, start_restore());
    hear_type(&client, WORKER_IDENTIFIED, &report);
    forget(&report);
    tell(&client, &refuse);
    hear_type(&client, WORKER_DONE, &report);
    ck_assert_int_eq(report.worker_report_u.done.error.code, ERR_OPERATION_INVALID);
    ck_assert_str_eq(report.worker_report_u.done.error.message, "in use");
    forget(&report);
    ck_assert_uint_eq(fake_domain_count(), 0);
}
END_TEST

START_TEST(an_abort_is_obeyed)
{
    scene.world->abort = FAKE_ABORT_LATER;
    scene.world->delay_msec = 100;
    tell_start(&client, start_create());
    turn();
    tell_plain(&client, WORKER_ABORT);
    hear_done(&client, ERR_OPERATION_ABORTED);
    ck_assert_uint_eq(fake_domain_count(), 0);
}
END_TEST

/*----- daemons come and go -----*/

START_TEST(an_idle_worker_ends_with_its_daemon)
{
    turn();
    close(client.fd);
    client.fd = -1;
    assert_ends();
}
END_TEST

START_TEST(an_idle_worker_ends_when_told)
{
    tell_plain(&client, WORKER_BYE);
    assert_ends();
}
END_TEST

START_TEST(an_idle_worker_ends_with_xenstored)
{
    usleep(20000); /* so that it has opened libxl in reserve */
    turn();
    fake_xenstored_goes();
    assert_ends();
}
END_TEST

START_TEST(a_daemon_that_comes_back_hears_what_it_missed)
{
    worker_report report;

    scene.world->delay_msec = 200;
    tell_start(&client, start_create());
    turn();
    close(client.fd);
    turn();
    client_connect(&client);
    ck_assert(hear(&client, &report));
    ck_assert_int_eq(report.type, WORKER_STATE);
    ck_assert_int_eq(report.worker_report_u.state.start.params.operation, WORKER_CREATE);
    ck_assert_uint_eq(report.worker_report_u.state.start.job, 77);
    ck_assert_str_eq(report.worker_report_u.state.start.name, "web");
    ck_assert_str_eq(report.worker_report_u.state.start.params.worker_params_u.create.xml, xml);
    ck_assert_int_eq(report.worker_report_u.state.progress.phase, WORKER_RUNNING);
    forget(&report);
    hear_done(&client, ERR_NONE);
}
END_TEST

START_TEST(a_daemon_that_comes_back_after_the_end_hears_the_end)
{
    worker_report report;

    tell_start(&client, start_create());
    hear_done(&client, ERR_NONE);
    for (int n = 0; n < 3; n++) {
        close(client.fd);
        turn();
        client_connect(&client);
        ck_assert(hear(&client, &report));
        ck_assert_int_eq(report.type, WORKER_STATE);
        ck_assert_int_eq(report.worker_report_u.state.progress.phase, WORKER_FINISHED);
        forget(&report);
        hear_done(&client, ERR_NONE);
    }
    tell_plain(&client, WORKER_BYE);
    assert_ends();
}
END_TEST

START_TEST(a_daemon_that_comes_back_is_asked_again)
{
    worker_report report;

    tell_start(&client, start_restore());
    hear_type(&client, WORKER_IDENTIFIED, &report);
    forget(&report);
    close(client.fd);
    turn();
    client_connect(&client);
    hear(&client, &report);
    ck_assert_int_eq(report.type, WORKER_STATE);
    ck_assert_str_eq(report.worker_report_u.state.start.name, "web");
    ck_assert_int_eq(report.worker_report_u.state.start.uuid[0], 'w');
    forget(&report);
    hear(&client, &report);
    ck_assert_int_eq(report.type, WORKER_IDENTIFIED);
    forget(&report);
    tell_plain(&client, WORKER_PROCEED);
    hear_done(&client, ERR_NONE);
}
END_TEST

START_TEST(a_newer_daemon_takes_the_place_of_the_older)
{
    static struct client newer;
    worker_report        report;

    tell_start(&client, start_create());
    turn();
    client_connect(&newer);
    while (hear(&client, &report)) /* until it is closed */
        forget(&report);
    hear(&newer, &report);
    ck_assert_int_eq(report.type, WORKER_STATE);
    forget(&report);
    hear_done(&newer, ERR_NONE);
    close(newer.fd);
}
END_TEST

/*----- nonsense -----*/

START_TEST(a_second_operation_is_not_begun)
{
    scene.world->delay_msec = 100;
    tell_start(&client, start_create());
    tell_start(&client, start_create());
    hear_done(&client, ERR_NONE);
    tell_start(&client, start_create());
    turn();
    ck_assert_uint_eq(fake_domain_count(), 1);
    tell_plain(&client, WORKER_BYE);
    assert_ends();
}
END_TEST

START_TEST(a_bye_in_the_middle_ends_it_when_its_operation_has_ended)
{
    scene.world->delay_msec = 50;
    tell_start(&client, start_create());
    tell_plain(&client, WORKER_BYE);
    assert_ends();
    ck_assert_uint_eq(fake_domain_count(), 1);
}
END_TEST

START_TEST(answers_that_nobody_waits_for_are_ignored)
{
    tell_plain(&client, WORKER_PROCEED);
    tell_plain(&client, WORKER_ABORT);
    tell_start(&client, start_create());
    tell_plain(&client, WORKER_PROCEED);
    hear_done(&client, ERR_NONE);
    tell_plain(&client, WORKER_ABORT);
    tell_plain(&client, WORKER_PROCEED);
    turn();
    ck_assert_uint_eq(fake_domain_count(), 1);
}
END_TEST

START_TEST(garbage_closes_the_connection_and_the_operation_goes_on)
{
    worker_report report;

    scene.world->delay_msec = 100;
    tell_start(&client, start_create());
    turn();
    ck_assert_int_eq(file_write_all(client.fd, "GET / HTTP/1.0\r\n\r\n", 18), 0);
    while (hear(&client, &report))
        forget(&report);
    close(client.fd);
    client_connect(&client);
    hear_type(&client, WORKER_STATE, &report);
    forget(&report);
    hear_done(&client, ERR_NONE);
}
END_TEST

START_TEST(a_frame_of_another_program_closes_the_connection)
{
    const struct wire_header header = {.program = WIRE_PROGRAM_REMOTE, .version = 1};
    cleanup_free void       *frame = NULL;
    size_t                   size;
    worker_report            report;
    struct err               err;

    ck_assert_int_eq(wire_encode(&header, NULL, NULL, &frame, &size, &err), 0);
    ck_assert_int_eq(file_write_all(client.fd, frame, size), 0);
    ck_assert(!hear(&client, &report));
}
END_TEST

START_TEST(a_daemon_that_does_not_read_costs_little_and_holds_up_nothing)
{
    scene.world->delay_msec = 300;
    tell_start(&client, start_create());
    for (uint64_t end = loop_now_usec() + PATIENCE_USEC;
         fake_domain_count() < 1 && loop_now_usec() < end;)
        loop_run_ready(scene.loop);
    ck_assert_uint_eq(fake_domain_count(), 1);
    hear_done(&client, ERR_NONE);
}
END_TEST

START_TEST(without_libxl_the_first_thing_that_is_asked_fails)
{
    worker_free(worker);
    close(client.fd);
    scene.world->off = true;
    worker = worker_new(scene.loop, listen_socket(), socket_path, "off", 0);
    client_connect(&client);
    tell_start(&client, start_create());
    hear_done(&client, ERR_NO_CONNECT);
}
END_TEST

static worker_start
start_file(void)
{
    worker_start start = scene_start(WORKER_FILE, "web", 'w');

    scene_params(&start, image_path, "", 0);
    start.params.worker_params_u.file.change = WORKER_FILE_REPLACE;
    start.params.worker_params_u.file.mode = 0600;
    return start;
}

START_TEST(a_file_is_changed_without_libxl)
{
    worker_report report;

    worker_free(worker);
    close(client.fd);
    scene.world->off = true;
    worker = worker_new(scene.loop, listen_socket(), socket_path, "off", 0);
    if (_i) /* it has tried to open it in reserve */
        usleep(20000);
    client_connect(&client);
    if (_i)
        turn();
    tell_start(&client, start_file());
    hear_type(&client, WORKER_DONE, &report);
    ck_assert_msg(report.worker_report_u.done.error.code == ERR_NONE, "%s",
                  report.worker_report_u.done.error.message);
    ck_assert_int_eq(report.worker_report_u.done.domid, -1);
    ck_assert_str_eq(report.worker_report_u.done.log, "");
    forget(&report);
    ck_assert_int_eq(access(image_path, F_OK), 0);
    tell_plain(&client, WORKER_BYE);
    assert_ends();
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("worker");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, an_operation_is_started_and_its_end_told);
    tcase_add_test(tc, a_failure_is_told_with_libxls_lines);
    tcase_add_test(tc, an_error_of_libxl_is_told_at_once_and_to_the_next_daemon);
    tcase_add_test(tc, an_operation_that_makes_no_sense_is_told);
    tcase_add_test(tc, an_operation_that_there_is_not_is_told_and_was_the_one);
    tcase_add_test(tc, a_restore_waits_for_an_answer);
    tcase_add_test(tc, a_restore_may_be_refused);
    tcase_add_test(tc, an_abort_is_obeyed);
    tcase_add_test(tc, an_idle_worker_ends_with_its_daemon);
    tcase_add_test(tc, an_idle_worker_ends_when_told);
    tcase_add_test(tc, an_idle_worker_ends_with_xenstored);
    tcase_add_test(tc, a_daemon_that_comes_back_hears_what_it_missed);
    tcase_add_test(tc, a_daemon_that_comes_back_after_the_end_hears_the_end);
    tcase_add_test(tc, a_daemon_that_comes_back_is_asked_again);
    tcase_add_test(tc, a_newer_daemon_takes_the_place_of_the_older);
    tcase_add_test(tc, a_second_operation_is_not_begun);
    tcase_add_test(tc, a_bye_in_the_middle_ends_it_when_its_operation_has_ended);
    tcase_add_test(tc, answers_that_nobody_waits_for_are_ignored);
    tcase_add_test(tc, garbage_closes_the_connection_and_the_operation_goes_on);
    tcase_add_test(tc, a_frame_of_another_program_closes_the_connection);
    tcase_add_test(tc, a_daemon_that_does_not_read_costs_little_and_holds_up_nothing);
    tcase_add_test(tc, without_libxl_the_first_thing_that_is_asked_fails);
    tcase_add_loop_test(tc, a_file_is_changed_without_libxl, 0, 2);
    return scene_main("worker", tc);
}
