/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Room for a domain: what is free, what dom0 gives, and what other workers are about to fill. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "scene.h"

#define MIB 1024ull
#define NEED (132 * MIB) /* of the domain that is made: the fake says 4 MiB more than it has */
#define DOM0 (1024 * MIB)

static char xml[2048], promise[256];

static void
setup(void)
{
    scene_begin();
    snprintf(xml, sizeof xml, "%s", scene_xml("web", 'w'));
    snprintf(promise, sizeof promise, "%s", scene_path("1.memory"));
    scene.memory =
        (struct memory_rules){.autoballoon = "on", .dom0_min_kib = 512 * MIB, .promise = promise};
    scene.world->dom0_gives_kib = 16 * MIB;
}

static void
teardown(void)
{
    ck_assert_int_ne(access(promise, F_OK), 0);
    scene_end();
}

/* Beside what dom0 has. */
static void
free_is(uint64_t kib)
{
    scene.world->memory_kib = DOM0 + kib;
}

static struct scene_outcome
create(const struct scene_way *way)
{
    worker_start start = scene_start(WORKER_CREATE, "web", 'w');

    scene_params(&start, "", xml, 0);
    return scene_run(&start, way);
}

static void
assert_made(const struct scene_outcome *out)
{
    ck_assert_msg(out->err.code == ERR_NONE, "%s", out->err.message);
    ck_assert_ptr_nonnull(fake_domain_named("web"));
}

static void
assert_refused(const struct scene_outcome *out, const char *words)
{
    ck_assert_int_eq(out->err.code, ERR_OPERATION_FAILED);
    ck_assert_msg(strstr(out->err.message, words), "%s", out->err.message);
    ck_assert_ptr_null(fake_domain_named("web"));
    ck_assert_str_eq(scene.world->log, "");
}

static uint64_t
dom0_target(void)
{
    return scene.world->dom0_target_kib ? scene.world->dom0_target_kib : DOM0;
}

START_TEST(where_enough_is_free_dom0_is_asked_for_nothing)
{
    struct scene_outcome out;

    free_is(NEED);
    out = create(NULL);
    assert_made(&out);
    ck_assert_uint_eq(scene.world->dom0_target_kib, 0);
}
END_TEST

START_TEST(dom0_gives_what_lacks_and_no_more)
{
    struct scene_outcome out;

    free_is(NEED - 50 * MIB);
    out = create(NULL);
    assert_made(&out);
    ck_assert_uint_eq(dom0_target(), DOM0 - 50 * MIB);
}
END_TEST

START_TEST(a_restored_domain_gets_dom0s_memory_too)
{
    worker_start         start = scene_start(WORKER_RESTORE, "", '\0');
    struct scene_outcome out;
    char                 path[256];

    snprintf(path, sizeof path, "%s", scene_path("web.save"));
    scene_write_image(path, IMAGE_LIBVIRT, xml, 7);
    scene_params(&start, path, "", 0);
    free_is(NEED - 50 * MIB);
    out = scene_run(&start, NULL);
    assert_made(&out);
    ck_assert_uint_eq(dom0_target(), DOM0 - 50 * MIB);
    unlink(path);
}
END_TEST

START_TEST(what_the_configuration_and_xens_command_line_say_is_done)
{
    static const struct {
        const char *autoballoon, *commandline;
        bool        gives;
    } cases[] = {
        {"on", "dom0_mem=1G", true},
        {"off", "", false},
        {"auto", "", true},
        {"auto", "console=vga dom0_mem=1024M,max:1024M loglvl=all", false},
        {"auto", "dom0_max_vcpus=2 no-dom0_mem=1", true},
    };
    struct scene_outcome out;

    snprintf(scene.world->commandline, sizeof scene.world->commandline, "%s",
             cases[_i].commandline);
    scene.memory.autoballoon = cases[_i].autoballoon;
    free_is(NEED - 50 * MIB);
    out = create(NULL);
    if (cases[_i].gives)
        assert_made(&out);
    else
        assert_refused(&out, "domain web needs 132 MiB, 82 MiB are free");
    ck_assert_uint_eq(dom0_target(), cases[_i].gives ? DOM0 - 50 * MIB : DOM0);
}
END_TEST

START_TEST(dom0_keeps_its_minimum)
{
    struct scene_outcome out;

    scene.memory.dom0_min_kib = DOM0 - 50 * MIB + _i;
    free_is(NEED - 50 * MIB);
    out = create(NULL);
    if (_i)
        assert_refused(&out, "needs 132 MiB, 82 MiB are free, 0 MiB of them for guests that are "
                             "being made, and dom0, which has 1024 MiB, keeps 974 MiB");
    else
        assert_made(&out);
    ck_assert_uint_eq(dom0_target(), _i ? DOM0 : DOM0 - 50 * MIB);
}
END_TEST

START_TEST(what_cannot_be_told_fails)
{
    static const char *const calls[] = {"get_free_memory",   "domain_need_memory",
                                        "get_memory_target", "set_memory_target",
                                        "list_domain",       "domain_info"};
    struct scene_outcome     out;

    free_is(NEED - 50 * MIB);
    fake_xen_rule(calls[_i], 0, ERROR_FAIL, false);
    out = create(NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_null(fake_domain_named("web"));
    ck_assert_uint_eq(dom0_target(), DOM0);
}
END_TEST

START_TEST(aborted_while_dom0_gives_it_ends_at_once_and_dom0_keeps_what_it_has)
{
    struct scene_way     way = {.abort_at = 4};
    struct scene_outcome out;

    scene.world->dom0_gives_kib = 0;
    free_is(NEED - 50 * MIB);
    out = create(&way);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    ck_assert_int_eq(out.turns, 4);
    ck_assert_uint_eq(dom0_target(), DOM0);
    ck_assert_str_eq(scene.world->log, "");
}
END_TEST

/*----- with time in our hands -----*/

static int        ends;
static struct err end;

static void
ended(void *arg, const struct err *err)
{
    (void)arg;
    ends++;
    end = err ? *err : (struct err){.code = ERR_NONE};
}

static const uint8_t       uuid[UUID_SIZE] = {1};
static libxl_domain_config config;
static struct memory       m;

static void
ask(void)
{
    libxl_domain_config_init(&config);
    config.b_info.max_memkb = NEED - 4 * MIB;
    ends = 0;
    memory_init(&m, &scene.xl, &scene.memory);
    memory_ask(&m, "web", uuid, &config, ended, NULL);
    ck_assert_int_eq(ends, 0);
    loop_run_ready(scene.loop);
}

/* It looks again. */
static void
look(void)
{
    loop_timer_start(&m.look, 0);
    loop_run_ready(scene.loop);
}

static void
end_asking(void)
{
    memory_give_back(&m);
    libxl_domain_config_dispose(&config);
}

START_TEST(dom0_has_ten_seconds_for_each_bit_that_it_gives)
{
    free_is(NEED - 50 * MIB);
    ask();
    look();
    m.progress_usec -= 9000000;
    look();
    ck_assert_int_eq(ends, 0);
    m.progress_usec -= 9000000; /* 16 MiB came meanwhile */
    look();
    ck_assert_int_eq(ends, 0);
    scene.world->dom0_gives_kib = 0;
    look();
    m.progress_usec -= 10000000;
    look();
    ck_assert_int_eq(ends, 1);
    ck_assert_ptr_nonnull(strstr(end.message, "does not give more in time"));
    ck_assert_uint_eq(dom0_target(), DOM0);
    end_asking();
}
END_TEST

START_TEST(dom0_has_five_minutes_for_all)
{
    scene.world->dom0_gives_kib = 1;
    free_is(NEED - 50 * MIB);
    ask();
    m.begun_usec -= 300000000;
    look();
    ck_assert_int_eq(ends, 1);
    ck_assert_ptr_nonnull(strstr(end.message, "does not give more in time"));
    end_asking();
}
END_TEST

/*----- other workers -----*/

/* One that is about to fill so much, for the domain with this uuid. */
static int
other_promises(uint64_t kib, const char *domain)
{
    int fd = open(scene_path("2.memory"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    ck_assert(fd >= 0 && flock(fd, LOCK_EX) == 0);
    dprintf(fd, "%llu %s\n", (unsigned long long)kib, domain);
    return fd;
}

static void
other_has_gone(int fd)
{
    close(fd);
    unlink(scene_path("2.memory"));
}

START_TEST(what_another_worker_is_about_to_fill_is_not_taken)
{
    int                  other = other_promises(100 * MIB, "00000000-0000-0000-0000-0000000000ff");
    struct scene_outcome out;

    free_is(NEED + 30 * MIB);
    out = create(NULL);
    assert_made(&out);
    ck_assert_uint_eq(dom0_target(), DOM0 - 70 * MIB);
    other_has_gone(other);
}
END_TEST

START_TEST(what_another_worker_has_filled_is_not_counted_twice)
{
    struct fake_domain  *dom = fake_domain_add("other", 'o');
    int                  other = other_promises(130 * MIB, "6f6f6f6f-6f6f-6f6f-6f6f-6f6f6f6f6f6f");
    struct scene_outcome out;

    free_is(dom->memory_kib + NEED + 2 * MIB);
    out = create(NULL);
    assert_made(&out);
    ck_assert_uint_eq(scene.world->dom0_target_kib, 0);
    other_has_gone(other);
}
END_TEST

START_TEST(what_a_worker_promised_that_has_gone_is_forgotten)
{
    struct scene_outcome out;

    close(other_promises(100 * MIB, "00000000-0000-0000-0000-0000000000ff"));
    free_is(NEED);
    out = create(NULL);
    assert_made(&out);
    ck_assert_uint_eq(scene.world->dom0_target_kib, 0);
    ck_assert_int_ne(access(scene_path("2.memory"), F_OK), 0);
}
END_TEST

START_TEST(a_guest_is_made_where_the_other_workers_cannot_be_told)
{
    struct scene_outcome out;

    ck_assert_int_eq(mkdir(promise, 0700), 0);
    free_is(NEED);
    out = create(NULL);
    assert_made(&out);
    ck_assert_int_eq(rmdir(promise), 0);
}
END_TEST

START_TEST(two_that_ask_at_once_get_what_both_need)
{
    struct memory_rules others = scene.memory;
    static char         path[256];
    struct memory       other;

    snprintf(path, sizeof path, "%s", scene_path("2.memory"));
    others.promise = path;
    scene.world->dom0_gives_kib = 0;
    free_is(NEED);
    ask();
    ck_assert_int_eq(ends, 1);
    memory_init(&other, &scene.xl, &others);
    memory_ask(&other, "db", (const uint8_t[UUID_SIZE]){2}, &config, ended, NULL);
    loop_run_ready(scene.loop);
    ck_assert_int_eq(ends, 1); /* it waits for dom0: the first one has not filled its own yet */
    ck_assert_uint_eq(dom0_target(), DOM0 - NEED);
    memory_give_back(&other);
    end_asking();
}
END_TEST

START_TEST(another_worker_that_looks_is_waited_for_ten_seconds)
{
    int fd = open(scene.folder, O_RDONLY | O_CLOEXEC);

    ck_assert(flock(fd, LOCK_EX) == 0);
    free_is(NEED);
    ask();
    ck_assert_int_eq(ends, 0);
    if (_i)
        close(fd);
    else
        m.progress_usec -= 10000000;
    look();
    ck_assert_int_eq(ends, 1);
    ck_assert_int_eq(end.code, _i ? ERR_NONE : ERR_OPERATION_TIMEOUT);
    if (!_i)
        close(fd);
    end_asking();
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("memory");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, where_enough_is_free_dom0_is_asked_for_nothing);
    tcase_add_test(tc, dom0_gives_what_lacks_and_no_more);
    tcase_add_test(tc, a_restored_domain_gets_dom0s_memory_too);
    tcase_add_loop_test(tc, what_the_configuration_and_xens_command_line_say_is_done, 0, 5);
    tcase_add_loop_test(tc, dom0_keeps_its_minimum, 0, 2);
    tcase_add_loop_test(tc, what_cannot_be_told_fails, 0, 6);
    tcase_add_test(tc, aborted_while_dom0_gives_it_ends_at_once_and_dom0_keeps_what_it_has);
    tcase_add_test(tc, dom0_has_ten_seconds_for_each_bit_that_it_gives);
    tcase_add_test(tc, dom0_has_five_minutes_for_all);
    tcase_add_test(tc, what_another_worker_is_about_to_fill_is_not_taken);
    tcase_add_test(tc, what_another_worker_has_filled_is_not_counted_twice);
    tcase_add_test(tc, what_a_worker_promised_that_has_gone_is_forgotten);
    tcase_add_test(tc, a_guest_is_made_where_the_other_workers_cannot_be_told);
    tcase_add_test(tc, two_that_ask_at_once_get_what_both_need);
    tcase_add_loop_test(tc, another_worker_that_looks_is_waited_for_ten_seconds, 0, 2);
    return scene_main("memory", tc);
}
