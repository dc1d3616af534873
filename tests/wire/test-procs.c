/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What procs.def says, apart from numbers and layouts: check-protocol.sh has those. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/dom0d.h"
#include "wire/frame.h"
#include "wire/remote.h"

enum access { ACCESS_NONE, ACCESS_READ, ACCESS_WRITE };

struct procedure {
    uint32_t    program;
    int         nr;
    const char *name;
    const char *args;
    const char *ret; /* an event's message */
    bool        event;
    enum access access;
};

static const struct procedure procedures[] = {
#define RPC(program, nr, name, args_t, ret_t, access, flags)                                       \
    {WIRE_PROGRAM_##program, nr, #name, #args_t, #ret_t, false, access},
#define EVENT(program, nr, name, msg_t)                                                            \
    {WIRE_PROGRAM_##program, nr, #name, "", #msg_t, true, ACCESS_NONE},
#include "wire/procs.def"
#undef RPC
#undef EVENT
};

/* A number that is used twice does not compile: two initialisers of the same element. */
#define NUMBER_REMOTE(nr) [nr] = 1,
#define NUMBER_DOM0D(nr)
#define RPC(program, nr, name, args_t, ret_t, access, flags) NUMBER_##program(nr)
#define EVENT(program, nr, name, msg_t) NUMBER_##program(nr)
static const char remote_numbers[] = {
#include "wire/procs.def"
};
#undef NUMBER_REMOTE
#undef NUMBER_DOM0D
#define NUMBER_REMOTE(nr)
#define NUMBER_DOM0D(nr) [nr] = 1,
static const char dom0d_numbers[] = {
#include "wire/procs.def"
};
#undef RPC
#undef EVENT

static const struct procedure *
find(const char *name)
{
    for (size_t i = 0; i < array_size(procedures); i++) {
        if (strcmp(procedures[i].name, name) == 0)
            return &procedures[i];
    }
    ck_abort_msg("no procedure %s", name);
    return NULL;
}

START_TEST(each_name_is_used_once)
{
    for (size_t i = 0; i < array_size(procedures); i++)
        ck_assert_ptr_eq(find(procedures[i].name), &procedures[i]);
}
END_TEST

START_TEST(each_group_of_the_list_is_in_order_of_number)
{
    for (size_t i = 1; i < array_size(procedures); i++) {
        const struct procedure *before = &procedures[i - 1];
        const struct procedure *proc = &procedures[i];

        if (before->program == proc->program && before->event == proc->event)
            ck_assert_msg(before->nr < proc->nr, "%s", proc->name);
    }
    ck_assert_int_eq(remote_numbers[0], 0); /* libvirt's begin with 1 */
    ck_assert_int_eq(dom0d_numbers[0], 0);
}
END_TEST

/* Otherwise a line copied and half changed would decode one procedure's arguments as another's. But
 * a domain and flags are the same whosever they are. */
START_TEST(types_of_libvirts_procedures_are_named_after_them)
{
    for (size_t i = 0; i < array_size(procedures); i++) {
        const struct procedure *proc = &procedures[i];
        char                    args[128], ret[128];

        if (proc->program != WIRE_PROGRAM_REMOTE)
            continue;
        snprintf(args, sizeof args, "remote_%s_args", proc->name);
        snprintf(ret, sizeof ret, "remote_%s_%s", proc->name, proc->event ? "msg" : "ret");
        if (!proc->event && strcmp(proc->args, "rpc_void") != 0 &&
            strcmp(proc->args, "remote_domain_flags_args") != 0)
            ck_assert_str_eq(proc->args, args);
        if (strcmp(proc->ret, "rpc_void") != 0)
            ck_assert_str_eq(proc->ret, ret);
    }
}
END_TEST

START_TEST(four_procedures_need_no_right_and_no_more)
{
    size_t n = 0;

    for (size_t i = 0; i < array_size(procedures); i++)
        n += !procedures[i].event && procedures[i].access == ACCESS_NONE;
    ck_assert_uint_eq(n, 4);
    ck_assert_int_eq(find("auth_list")->access, ACCESS_NONE);
    ck_assert_int_eq(find("connect_supports_feature")->access, ACCESS_NONE);
    ck_assert_int_eq(find("connect_open")->access, ACCESS_NONE);
    ck_assert_int_eq(find("connect_close")->access, ACCESS_NONE);
}
END_TEST

/* Only these words begin what changes nothing: whatever else is added must be ACCESS_WRITE. */
START_TEST(what_may_be_done_read_only_is_a_question)
{
    static const char *const questions[] = {
        "_get_",
        "_is_",
        "_list_",
        "_num_of_",
        "_lookup_by_",
        "_has_",
        "_event_",
        "_snapshot_num",
        "_register_close_callback",
        "_unregister_close_callback",
        "job_list",
        "job_wait",
        "job_log",
        "guest_list",
    };

    for (size_t i = 0; i < array_size(procedures); i++) {
        bool question = false;

        if (procedures[i].access != ACCESS_READ)
            continue;
        for (size_t k = 0; k < array_size(questions); k++)
            question |= strstr(procedures[i].name, questions[k]) != NULL;
        ck_assert_msg(question, "%s", procedures[i].name);
    }
}
END_TEST

static Suite *
procs_suite(void)
{
    Suite *suite = suite_create("procs");
    TCase *tcase = tcase_create("procs");

    tcase_add_test(tcase, each_name_is_used_once);
    tcase_add_test(tcase, each_group_of_the_list_is_in_order_of_number);
    tcase_add_test(tcase, types_of_libvirts_procedures_are_named_after_them);
    tcase_add_test(tcase, four_procedures_need_no_right_and_no_more);
    tcase_add_test(tcase, what_may_be_done_read_only_is_a_question);
    suite_add_tcase(suite, tcase);
    return suite;
}

int
main(void)
{
    SRunner *runner = srunner_create(procs_suite());
    int      failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
