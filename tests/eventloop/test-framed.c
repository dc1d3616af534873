/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "eventloop/framed.h"

/* A frame of these tests: one byte of length, which counts itself, then text.  0 is no frame. */
static int
size_of(const void *data, size_t size, size_t *frame_out, struct err *err)
{
    const unsigned char *bytes = data;

    *frame_out = size ? bytes[0] : 0;
    if (size && !bytes[0])
        return err_set(err, ERR_RPC, "a frame of no length");
    return 0;
}

/* What a stream told, and what it does when it is told. */
struct talk {
    struct framed stream;
    char          frames[512];
    int           closed, drained;
    bool          closed_with_err, close_on_frame, pause_on_frame, must_wait;
};

static struct loop *loop;
static struct talk  talk;
static int          peer;

static void
frame(void *arg, const void *data, size_t size)
{
    struct talk *t = arg;

    strncat(t->frames, (const char *)data + 1, size - 1);
    strcat(t->frames, ";");
    if (t->pause_on_frame)
        framed_pause(&t->stream);
    if (t->close_on_frame)
        framed_close(&t->stream);
}

static void
closed(void *arg, const struct err *err)
{
    struct talk *t = arg;

    t->closed++;
    t->closed_with_err = err;
}

static void
drained(void *arg)
{
    struct talk *t = arg;

    t->drained++;
}

static bool
must_wait(void *arg)
{
    struct talk *t = arg;

    return t->must_wait;
}

static const struct framed_ops ops = {size_of, frame, closed, drained, must_wait};

static void
setup(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    loop = loop_new();
    peer = ends[1];
    talk = (struct talk){.closed = 0};
    framed_init(&talk.stream, loop, ends[0], &ops, &talk);
}

static void
teardown(void)
{
    framed_close(&talk.stream);
    if (peer >= 0)
        close(peer);
    loop_free(loop);
}

static void
peer_sends(const char *bytes, size_t size)
{
    ck_assert_int_eq(write(peer, bytes, size), (ssize_t)size);
    loop_run_ready(loop);
}

START_TEST(frames_come_whole_however_the_bytes_arrive)
{
    static const char bytes[] = "\003ab\001\004cde";

    for (size_t i = 0; i < sizeof bytes - 1; i++)
        peer_sends(bytes + i, 1);
    ck_assert_str_eq(talk.frames, "ab;;cde;");
    peer_sends(bytes, sizeof bytes - 1);
    ck_assert_str_eq(talk.frames, "ab;;cde;ab;;cde;");
}
END_TEST

START_TEST(a_socket_that_the_loop_refuses_closes_the_stream_from_the_loop_with_the_reason)
{
    struct talk refused = {.closed = 0};
    int         fd = dup(peer);

    close(fd);
    framed_init(&refused.stream, loop, fd, &ops, &refused);
    ck_assert_int_eq(refused.closed, 0);
    loop_run_ready(loop);
    ck_assert_int_eq(refused.closed, 1);
    ck_assert(refused.closed_with_err);
    framed_send(&refused.stream, "x", 1);
    loop_run_ready(loop);
    ck_assert_int_eq(refused.closed, 1);
}
END_TEST

START_TEST(what_is_no_frame_closes_the_stream_with_a_reason)
{
    peer_sends("\002x\000\002y", 5);
    ck_assert_str_eq(talk.frames, "x;");
    ck_assert_int_eq(talk.closed, 1);
    ck_assert(talk.closed_with_err);
}
END_TEST

START_TEST(a_peer_that_goes_closes_the_stream_without_a_reason)
{
    peer_sends("\003a", 2);
    close(take_fd(peer));
    loop_run_ready(loop);
    ck_assert_int_eq(talk.closed, 1);
    ck_assert(!talk.closed_with_err);
    ck_assert_str_eq(talk.frames, "");
}
END_TEST

START_TEST(a_paused_stream_delivers_nothing_until_it_is_resumed)
{
    talk.pause_on_frame = true;
    peer_sends("\002a\002b\002c", 6);
    loop_run_ready(loop);
    ck_assert_str_eq(talk.frames, "a;");
    framed_resume(&talk.stream);
    ck_assert_str_eq(talk.frames, "a;");
    loop_run_ready(loop);
    ck_assert_str_eq(talk.frames, "a;b;");
    talk.pause_on_frame = false;
    framed_resume(&talk.stream);
    loop_run_ready(loop);
    ck_assert_str_eq(talk.frames, "a;b;c;");
}
END_TEST

START_TEST(a_stream_that_must_wait_is_read_in_its_turn_a_frame_at_least)
{
    talk.must_wait = true;
    peer_sends("\002a\002b\002c\003", 7);
    loop_run_ready(loop);
    ck_assert_str_eq(talk.frames, "");
    ck_assert_uint_eq(framed_unread(&talk.stream), 0);
    framed_take_turn(&talk.stream);
    ck_assert_str_eq(talk.frames, "a;");
    framed_take_turn(&talk.stream);
    ck_assert_str_eq(talk.frames, "a;b;");
    talk.must_wait = false;
    framed_take_turn(&talk.stream);
    ck_assert_str_eq(talk.frames, "a;b;c;");
    framed_take_turn(&talk.stream);
    peer_sends("de", 2);
    ck_assert_str_eq(talk.frames, "a;b;c;de;");
}
END_TEST

START_TEST(a_turn_that_comes_in_a_pause_is_lost_and_the_next_one_is_asked_for)
{
    talk.must_wait = true;
    peer_sends("\002a", 2);
    framed_pause(&talk.stream);
    framed_take_turn(&talk.stream);
    ck_assert_str_eq(talk.frames, "");
    talk.must_wait = false;
    framed_resume(&talk.stream);
    loop_run_ready(loop);
    loop_run_ready(loop);
    ck_assert_str_eq(talk.frames, "a;");
}
END_TEST

START_TEST(a_frame_above_the_bound_closes_the_stream_before_it_is_whole)
{
    framed_set_frame_max(&talk.stream, 3);
    peer_sends("\003ab\004c", 5);
    ck_assert_str_eq(talk.frames, "ab;");
    ck_assert_int_eq(talk.closed, 1);
    ck_assert(talk.closed_with_err);
}
END_TEST

START_TEST(many_small_frames_take_several_turns_and_stay_in_order)
{
    char     bytes[200], want[201] = "";
    unsigned turns = 0;

    for (unsigned i = 0; i < 100; i++) {
        memcpy(bytes + 2 * i, (char[]){2, (char)('0' + i % 10)}, 2);
        memcpy(want + 2 * i, (char[]){(char)('0' + i % 10), ';'}, 2);
    }
    ck_assert_int_eq(write(peer, bytes, sizeof bytes), sizeof bytes);
    while (strlen(talk.frames) < 200 && turns++ < 100)
        loop_run_ready(loop);
    ck_assert_str_eq(talk.frames, want);
    ck_assert_uint_gt(turns, 1);
    peer_sends("\002x", 2);
    ck_assert_str_eq(talk.frames + 200, "x;");
}
END_TEST

START_TEST(the_beginning_of_a_frame_is_unread)
{
    peer_sends("\002a\003b", 4);
    ck_assert_str_eq(talk.frames, "a;");
    ck_assert_uint_eq(framed_unread(&talk.stream), 2);
    peer_sends("c", 1);
    ck_assert_uint_eq(framed_unread(&talk.stream), 0);
}
END_TEST

START_TEST(a_frame_may_close_its_stream)
{
    talk.close_on_frame = true;
    peer_sends("\002a\002b", 4);
    ck_assert_str_eq(talk.frames, "a;");
    ck_assert_int_eq(talk.closed, 0);
    framed_send(&talk.stream, "x", 1);
    loop_run_ready(loop);
}
END_TEST

START_TEST(output_waits_in_the_queue_for_a_slow_peer_and_arrives_in_order)
{
    enum { COUNT = 300000 };
    char   got[4096];
    size_t total = 0;

    for (unsigned i = 0; i < COUNT; i++)
        framed_send(&talk.stream, &i, sizeof i);
    ck_assert_uint_gt(framed_unsent(&talk.stream), 0);
    ck_assert_int_eq(talk.drained, 0);
    while (total < COUNT * sizeof(unsigned)) {
        ssize_t n = read(peer, got, sizeof got);

        ck_assert_int_gt(n, 0);
        for (size_t i = 0; i + sizeof(unsigned) <= (size_t)n; i += sizeof(unsigned)) {
            unsigned value;

            memcpy(&value, got + i, sizeof value);
            ck_assert_uint_eq(value, (total + i) / sizeof(unsigned));
        }
        total += (size_t)n;
        loop_run_ready(loop);
    }
    ck_assert_uint_eq(framed_unsent(&talk.stream), 0);
    ck_assert_int_ge(talk.drained, 1);
}
END_TEST

START_TEST(a_stream_that_closes_when_drained_writes_all_first)
{
    char   block[65536] = "";
    size_t total = 0;

    for (int i = 0; i < 32; i++)
        framed_send(&talk.stream, block, sizeof block);
    framed_close_when_drained(&talk.stream);
    peer_sends("\002a", 2);
    for (;;) {
        ssize_t n = read(peer, block, sizeof block);

        if (n <= 0)
            break;
        total += (size_t)n;
        loop_run_ready(loop);
    }
    loop_run_ready(loop);
    ck_assert_uint_eq(total, 32 * sizeof block);
    ck_assert_int_eq(talk.closed, 1);
    ck_assert_str_eq(talk.frames, "");
}
END_TEST

START_TEST(a_stream_with_nothing_to_write_closes_from_the_loop)
{
    framed_close_when_drained(&talk.stream);
    ck_assert_int_eq(talk.closed, 0);
    loop_run_ready(loop);
    ck_assert_int_eq(talk.closed, 1);
}
END_TEST

/*----- what several hold together -----*/

static struct framed_total total;
static int                 grown;

static void
has_grown(void *arg)
{
    struct framed_total *t = arg;

    grown++;
    if (t->bytes > 100000)
        framed_close(&talk.stream);
}

static void
count_in(void)
{
    grown = 0;
    total = (struct framed_total){.grown = has_grown, .arg = &total};
    framed_count_in(&talk.stream, &total);
}

START_TEST(a_total_is_what_streams_hold_both_ways)
{
    static char text[65536];
    size_t      unsent;

    count_in();
    peer_sends("\002a\003b", 4);
    ck_assert_uint_eq(total.bytes, 2);
    ck_assert_int_eq(grown, 1);
    while (!framed_unsent(&talk.stream))
        framed_send(&talk.stream, text, sizeof text);
    unsent = framed_unsent(&talk.stream);
    ck_assert_uint_eq(total.bytes, 2 + unsent);
    ck_assert_int_eq(grown, 2);
    peer_sends("c", 1);
    ck_assert_uint_eq(total.bytes, unsent);
    while (read(peer, text, sizeof text) > 0 && framed_unsent(&talk.stream))
        loop_run_ready(loop);
    ck_assert_uint_eq(total.bytes, 0);
    ck_assert_int_eq(grown, 2);
}
END_TEST

/* _i: by what it sends, or by what it is sent. */
START_TEST(a_total_that_is_too_much_may_close_the_stream_that_makes_it_so)
{
    static char text[65536];

    count_in();
    total.bytes = 100000;
    if (_i)
        peer_sends("\003a", 2);
    else
        while (total.bytes == 100000 && talk.stream.fd >= 0)
            framed_send(&talk.stream, text, sizeof text);
    ck_assert_int_lt(talk.stream.fd, 0);
    ck_assert_int_eq(talk.closed, 0);
    ck_assert_uint_eq(total.bytes, 100000);
    framed_send(&talk.stream, "x", 1);
    loop_run_ready(loop);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("framed");
    TCase   *tc = tcase_create("framed");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, frames_come_whole_however_the_bytes_arrive);
    tcase_add_test(tc,
                   a_socket_that_the_loop_refuses_closes_the_stream_from_the_loop_with_the_reason);
    tcase_add_test(tc, what_is_no_frame_closes_the_stream_with_a_reason);
    tcase_add_test(tc, a_peer_that_goes_closes_the_stream_without_a_reason);
    tcase_add_test(tc, a_paused_stream_delivers_nothing_until_it_is_resumed);
    tcase_add_test(tc, a_stream_that_must_wait_is_read_in_its_turn_a_frame_at_least);
    tcase_add_test(tc, a_turn_that_comes_in_a_pause_is_lost_and_the_next_one_is_asked_for);
    tcase_add_test(tc, a_frame_above_the_bound_closes_the_stream_before_it_is_whole);
    tcase_add_test(tc, many_small_frames_take_several_turns_and_stay_in_order);
    tcase_add_test(tc, the_beginning_of_a_frame_is_unread);
    tcase_add_test(tc, a_frame_may_close_its_stream);
    tcase_add_test(tc, output_waits_in_the_queue_for_a_slow_peer_and_arrives_in_order);
    tcase_add_test(tc, a_stream_that_closes_when_drained_writes_all_first);
    tcase_add_test(tc, a_stream_with_nothing_to_write_closes_from_the_loop);
    tcase_add_test(tc, a_total_is_what_streams_hold_both_ways);
    tcase_add_loop_test(tc, a_total_that_is_too_much_may_close_the_stream_that_makes_it_so, 0, 2);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
