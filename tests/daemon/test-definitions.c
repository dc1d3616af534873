/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Definitions that last, in a world of fakes (world.h): they are stored, changed, started from and
 * found again, whoever is killed in between.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/handlers.h"
#include "api/lookup.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "config.h"
#include "daemon.h"
#include "domain/store.h"
#include "job/history.h"
#include "job/job.h"
#include "job/private.h"
#include "world.h"

enum {
    DOMAIN_CREATE = 9,
    DOMAIN_CREATE_XML = 10,
    DOMAIN_DEFINE_XML = 11,
    DOMAIN_DESTROY = 12,
    DOMAIN_GET_XML_DESC = 14,
    DOMAIN_GET_AUTOSTART = 15,
    DOMAIN_GET_INFO = 16,
    CONNECT_LIST_DEFINED_DOMAINS = 21,
    CONNECT_NUM_OF_DEFINED_DOMAINS = 25,
    DOMAIN_SET_AUTOSTART = 29,
    DOMAIN_UNDEFINE = 35,
    DOMAIN_RESTORE = 54,
    DOMAIN_SAVE = 55,
    DOMAIN_IS_PERSISTENT = 151,
    DOMAIN_MANAGED_SAVE = 182,
    DOMAIN_HAS_MANAGED_SAVE_IMAGE = 183,
    DOMAIN_MANAGED_SAVE_REMOVE = 184,
    DOMAIN_CREATE_WITH_FLAGS = 196,
    DOMAIN_IS_UPDATED = 202,
    DOMAIN_GET_STATE = 212,
    DOMAIN_UNDEFINE_FLAGS = 231,
    DOMAIN_SET_METADATA = 264,
    DOMAIN_GET_METADATA = 265,
    CONNECT_LIST_ALL_DOMAINS = 273,
    DOMAIN_DEFINE_XML_FLAGS = 350,
    DOMAIN_RENAME = 358,
    DOMAIN_MANAGED_SAVE_GET_XML_DESC = 388,
    DOMAIN_MANAGED_SAVE_DEFINE_XML = 389,
    DOMAIN_SET_LIFECYCLE_ACTION = 390,
    DEFINITION_CHECK = 9, /* of program DOM0D */
    IMAGE_IMPORT = 11,
};

static struct daemon *daemon_;

/* What calls were answered last. */
static int  answered_number, answered_id;
static char answered_text[4096];

static void
keep_answer(const char *procedure, const void *ret)
{
    const remote_connect_list_all_domains_ret *all = ret;

    if (strcmp(procedure, "domain_is_persistent") == 0 ||
        strcmp(procedure, "domain_is_updated") == 0 ||
        strcmp(procedure, "domain_get_autostart") == 0 ||
        strcmp(procedure, "domain_has_managed_save_image") == 0 ||
        strcmp(procedure, "connect_num_of_defined_domains") == 0) {
        answered_number = *(const int *)ret;
    } else if (strncmp(procedure, "domain_define_xml", 17) == 0 ||
               strcmp(procedure, "domain_create_with_flags") == 0) {
        answered_id = ((const remote_domain_define_xml_ret *)ret)->dom.id;
    } else if (strcmp(procedure, "domain_get_metadata") == 0 ||
               strcmp(procedure, "domain_get_xml_desc") == 0) {
        snprintf(answered_text, sizeof answered_text, "%s",
                 ((const remote_domain_get_metadata_ret *)ret)->metadata);
    } else if (strcmp(procedure, "definition_check") == 0) {
        const dom0d_definition_check_ret *checked = ret;

        answered_id = checked->dom.id;
        snprintf(answered_text, sizeof answered_text, "%s|%.16s|%s|%s", checked->dom.name,
                 checked->dom.uuid, checked->conflict,
                 checked->msgs.msgs_len ? checked->msgs.msgs_val[0] : "");
    } else if (strcmp(procedure, "domain_get_state") == 0) {
        answered_number = ((const remote_domain_get_state_ret *)ret)->reason;
    } else if (strcmp(procedure, "connect_list_all_domains") == 0) {
        answered_text[0] = '\0';
        for (unsigned n = 0; n < all->domains.domains_len; n++)
            strcat(strcat(answered_text, all->domains.domains_val[n].name), " ");
    } else if (strcmp(procedure, "connect_list_defined_domains") == 0) {
        const remote_connect_list_defined_domains_ret *defined = ret;

        answered_text[0] = '\0';
        for (unsigned n = 0; n < defined->names.names_len; n++)
            strcat(strcat(answered_text, defined->names.names_val[n]), " ");
    }
}

static char logged[8192];

static void
keep_log(enum log_level level, const struct log_about *about, const char *message)
{
    size_t length = strlen(logged);

    (void)level, (void)about;
    snprintf(logged + length, sizeof logged - length, "%s\n", message);
}

static void
setup(void)
{
    daemon_ = world_new();
    world_keeps = keep_answer;
    logged[0] = '\0';
    log_set_sink(keep_log);
}

static void
teardown(void)
{
    log_set_sink(NULL);
    unlink(world_path("web.save"));
    world_free(daemon_);
}

static void
daemon_is_replaced(void)
{
    world_stop(daemon_);
    daemon_ = world_start();
    world_turn();
}

/*----- what clients do -----*/

static struct domain *
domain(const char *name)
{
    return domains_by_name(daemon_->domains, name);
}

static remote_nonnull_domain
wire_of(const char *name)
{
    ck_assert_msg(domain(name), "there is no domain %s", name);
    return domain_for_wire(domain(name));
}

static void
call(int procedure, const void *args)
{
    world_answers = 0;
    world_answer.code = ERR_NONE;
    world_call(procedure, args);
    world_turn();
}

static void
client_defines(const char *xml)
{
    call(DOMAIN_DEFINE_XML, &(remote_domain_define_xml_args){.xml = (char *)(uintptr_t)xml});
}

/* All calls whose only argument is the domain. */
static void
client_calls(int procedure, const char *name)
{
    remote_domain_create_args args = {.dom = wire_of(name)};

    call(procedure, &args);
}

static int
client_asks(int procedure, const char *name)
{
    client_calls(procedure, name);
    ck_assert_int_eq(world_answers, 1);
    return answered_number;
}

static void
client_renames(const char *name, const char *new_name)
{
    remote_nonnull_string     string = (char *)(uintptr_t)new_name;
    remote_domain_rename_args args = {.dom = wire_of(name), .new_name = &string};

    call(DOMAIN_RENAME, &args);
}

static void
client_sets_autostart(const char *name, bool autostart)
{
    remote_domain_set_autostart_args args = {.dom = wire_of(name), .autostart = autostart};

    call(DOMAIN_SET_AUTOSTART, &args);
}

static const char *
client_lists(unsigned flags)
{
    call(CONNECT_LIST_ALL_DOMAINS,
         &(remote_connect_list_all_domains_args){.need_results = 1, .flags = flags});
    return answered_text;
}

static const char *
client_asks_xml(const char *name, unsigned flags)
{
    remote_domain_get_xml_desc_args args = {.dom = wire_of(name), .flags = flags};

    call(DOMAIN_GET_XML_DESC, &args);
    ck_assert_int_eq(world_answers, 1);
    return answered_text;
}

static int
client_asks_reason(const char *name)
{
    remote_domain_get_state_args args = {.dom = wire_of(name)};

    call(DOMAIN_GET_STATE, &args);
    return answered_number;
}

static void
client_saves(const char *name)
{
    static char             path[] = "/images/web";
    remote_domain_save_args args = {.dom = wire_of(name), .to = path};

    call(DOMAIN_SAVE, &args);
}

static void
assert_answer(enum err_code code, const char *part)
{
    ck_assert_int_eq(world_answers, 1);
    ck_assert_msg(world_answer.code == code && strstr(world_answer.message, part), "%d: %s",
                  (int)world_answer.code, world_answer.message);
}

static void
worker_does_it(void)
{
    world_worker_succeeds();
    ck_assert_int_eq(world_answers, 1);
    ck_assert_msg(world_answer.code == ERR_NONE, "%s", world_answer.message);
}

/* "web" with the UUID of w, whose title is this. */
static const char *
web_xml(const char *title)
{
    static char text[8192];

    snprintf(text, sizeof text, "<title>%s</title>", title);
    return world_xml("web", 'w', text);
}

static void
web_is_defined(const char *title)
{
    client_defines(web_xml(title));
    worker_does_it();
    world_events[0] = '\0';
}

static void
web_is_started(void)
{
    client_calls(DOMAIN_CREATE, "web");
    worker_does_it();
    world_events[0] = '\0';
}

static void
assert_file(const char *name, bool there)
{
    ck_assert_msg((access(world_path(name), F_OK) == 0) == there, "%s", name);
}

static void
assert_file_says(const char *name, const char *part)
{
    cleanup_free char *text = NULL;
    struct err         err;

    ck_assert_msg(file_read(world_path(name), 1 << 20, &text, NULL, &err) == 0, "%s", err.message);
    ck_assert_msg(strstr(text, part), "%s", text);
}

static void
put_file(const char *name, const char *text)
{
    struct err err;

    ck_assert_int_eq(file_replace(world_path(name), text, strlen(text), 0600, &err), 0);
}

static void
reload_ends(void)
{
    for (int n = 0; n < 1000 && !strstr(logged, "definitions"); n++) {
        world_turn();
        usleep(1000);
    }
    ck_assert_msg(strstr(logged, "definitions"), "%s", logged);
}

static void
reload(void)
{
    logged[0] = '\0';
    domains_reload(daemon_->domains);
    reload_ends();
}

/*----- define -----*/

START_TEST(a_definition_is_on_the_disk_when_that_is_answered)
{
    struct stat st;

    client_defines(web_xml("one"));
    ck_assert_int_eq(world_task.operation, WORKER_FILE);
    ck_assert_int_eq(world_answers, 0);
    ck_assert_str_eq(client_lists(0), "Domain-0 ");
    client_calls(DOMAIN_CREATE, "web");
    assert_answer(ERR_NO_DOMAIN, "no domain");
    world_answers = 0;
    worker_does_it();
    ck_assert_int_eq(answered_id, -1);
    ck_assert_str_eq(world_events, "DEFINED web -1 0;");
    assert_file_says("domains/web.xml", "<title>one</title>");
    ck_assert_int_eq(stat(world_path("domains/web.xml"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_str_eq(client_lists(0), "Domain-0 web ");
    ck_assert_int_eq(client_asks(DOMAIN_IS_PERSISTENT, "web"), 1);
    ck_assert_int_eq(client_asks(DOMAIN_IS_PERSISTENT, "Domain-0"), 0);
}
END_TEST

START_TEST(a_definition_that_could_not_be_written_is_none)
{
    client_defines(web_xml("one"));
    world_worker_fails(ERR_SYSTEM, "no space left");
    assert_answer(ERR_SYSTEM, "no space left");
    ck_assert_ptr_null(domain("web"));
    ck_assert_str_eq(world_events, "");
}
END_TEST

START_TEST(what_is_defined_again_is_updated)
{
    web_is_defined("one");
    client_defines(web_xml("two"));
    worker_does_it();
    ck_assert_str_eq(world_events, "DEFINED web -1 1;");
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 0), "<title>two</title>"));
    assert_file_says("domains/web.xml", "<title>two</title>");
}
END_TEST

START_TEST(a_name_or_a_uuid_that_is_another_domains_is_refused)
{
    web_is_defined("one");
    client_defines(world_xml("web", 'x', ""));
    assert_answer(ERR_OPERATION_FAILED, "domain 'web' already exists with uuid");
    client_defines(world_xml("other", 'w', ""));
    assert_answer(ERR_OPERATION_FAILED, "domain 'web' is already defined with uuid");
    ck_assert_int_eq(world_task.operation, 0);
}
END_TEST

START_TEST(what_cannot_be_a_definition_is_refused)
{
    char name[STORE_NAME_MAX + 2];

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    client_defines(world_xml(name, 'w', ""));
    assert_answer(ERR_INVALID_ARG, "too long");
    client_defines(world_xml("web", 'w', "<on_reboot>rename-restart</on_reboot>"));
    assert_answer(ERR_CONFIG_UNSUPPORTED, "rename-restart");
    client_defines("<domain");
    assert_answer(ERR_XML, "line 1");
    client_defines(world_xml("Domain-0", '0', ""));
    ck_assert_int_ne(world_answer.code, ERR_NONE);
    call(DOMAIN_DEFINE_XML_FLAGS,
         &(remote_domain_define_xml_flags_args){
             .xml = (char *)(uintptr_t)world_xml("web", 'w', "<blub/>"), .flags = DEFINE_VALIDATE});
    assert_answer(ERR_XML, "<blub>");
}
END_TEST

START_TEST(there_are_no_more_definitions_than_are_allowed)
{
    daemon_->config->domain.max_definitions = 1;
    web_is_defined("one");
    client_defines(world_xml("more", 'm', ""));
    assert_answer(ERR_RESOURCE_BUSY, "of max_definitions 1");
    client_defines(web_xml("two"));
    worker_does_it();
}
END_TEST

START_TEST(a_definition_that_is_being_written_counts_among_those_allowed)
{
    daemon_->config->domain.max_definitions = 1;
    client_defines(web_xml("one"));
    client_defines(world_xml("more", 'm', ""));
    assert_answer(ERR_RESOURCE_BUSY, "there are 1 definitions already, of max_definitions 1");
    client_defines(web_xml("two"));
    world_worker_fails(ERR_SYSTEM, "no space left");
    world_worker_fails(ERR_SYSTEM, "no space left");
    client_defines(world_xml("more", 'm', ""));
    worker_does_it();
}
END_TEST

/*----- what runs, and what is stored -----*/

START_TEST(a_defined_domain_is_there_when_its_guest_has_ended)
{
    web_is_defined("one");
    web_is_started();
    ck_assert_int_eq(domain("web")->run.domid, 1);
    world_domain_shuts_down(1, HOST_SHUTDOWN_POWEROFF);
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "STOPPED web -1 0;");
    ck_assert_ptr_nonnull(domain("web"));
    ck_assert_ptr_null(domain("web")->live);
    ck_assert_int_eq(client_asks_reason("web"), SHUTOFF_SHUTDOWN);
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
    web_is_started();
    ck_assert_int_eq(domain("web")->run.domid, 2);
    client_calls(DOMAIN_DESTROY, "web");
    worker_does_it();
    ck_assert_int_eq(client_asks_reason("web"), SHUTOFF_DESTROYED);
}
END_TEST

START_TEST(a_domain_is_not_destroyed_unless_it_runs_or_is_being_started)
{
    web_is_defined("one");
    client_calls(DOMAIN_DESTROY, "web");
    assert_answer(ERR_OPERATION_INVALID, "domain 'web' is not running");
    client_calls(DOMAIN_CREATE, "web");
    client_calls(DOMAIN_DESTROY, "web");
    ck_assert(world_aborted);
    world_worker_fails(ERR_OPERATION_ABORTED, "aborted");
    ck_assert_ptr_nonnull(domain("web"));
}
END_TEST

START_TEST(a_domain_that_runs_keeps_what_it_was_started_with)
{
    web_is_defined("one");
    web_is_started();
    ck_assert_int_eq(client_asks(DOMAIN_IS_UPDATED, "web"), 0);
    client_defines(web_xml("two"));
    worker_does_it();
    ck_assert_str_eq(world_events, "DEFINED web 1 1;");
    ck_assert_int_eq(answered_id, 1);
    ck_assert_int_eq(client_asks(DOMAIN_IS_UPDATED, "web"), 1);
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 0), "<title>one</title>"));
    ck_assert_ptr_nonnull(
        strstr(client_asks_xml("web", DOMAIN_XML_INACTIVE), "<title>two</title>"));
    /* It reboots into what it was, and is started from what it is. */
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    world_worker_succeeds();
    ck_assert_ptr_nonnull(strstr(world_task.xml, "<title>one</title>"));
    world_worker_succeeds();
    client_calls(DOMAIN_DESTROY, "web");
    worker_does_it();
    ck_assert_int_eq(client_asks(DOMAIN_IS_UPDATED, "web"), 0);
    client_calls(DOMAIN_CREATE, "web");
    ck_assert_ptr_nonnull(strstr(world_task.xml, "<title>two</title>"));
    worker_does_it();
}
END_TEST

START_TEST(an_image_gets_what_runs)
{
    web_is_defined("one");
    web_is_started();
    client_defines(web_xml("two"));
    worker_does_it();
    client_saves("web");
    ck_assert_ptr_nonnull(strstr(world_task.xml, "<title>one</title>"));
    worker_does_it();
    ck_assert_int_eq(client_asks_reason("web"), SHUTOFF_SAVED);
}
END_TEST

static void
client_creates(const char *xml)
{
    remote_domain_create_xml_args args = {.xml_desc = (char *)(uintptr_t)xml};

    call(DOMAIN_CREATE_XML, &args);
}

START_TEST(a_transient_domain_becomes_persistent_and_transient_again)
{
    client_creates(web_xml("one"));
    worker_does_it();
    world_events[0] = '\0';
    ck_assert_str_eq(client_lists(LIST_PERSISTENT), "");
    client_defines(web_xml("two"));
    worker_does_it();
    ck_assert_str_eq(world_events, "DEFINED web 1 0;");
    ck_assert_str_eq(client_lists(LIST_PERSISTENT), "web ");
    client_calls(DOMAIN_UNDEFINE, "web");
    worker_does_it();
    ck_assert_str_eq(world_events, "DEFINED web 1 0;UNDEFINED web 1 0;");
    ck_assert_str_eq(client_lists(LIST_TRANSIENT), "Domain-0 web ");
    client_calls(DOMAIN_DESTROY, "web");
    worker_does_it();
    ck_assert_ptr_null(domain("web"));
}
END_TEST

START_TEST(a_defined_domain_may_be_created_from_another_xml)
{
    web_is_defined("one");
    client_creates(web_xml("two"));
    ck_assert_ptr_nonnull(strstr(world_task.xml, "<title>two</title>"));
    worker_does_it();
    ck_assert_str_eq(client_lists(LIST_PERSISTENT), "web ");
    client_creates(web_xml("three"));
    assert_answer(ERR_OPERATION_FAILED, "already exists");
    client_calls(DOMAIN_DESTROY, "web");
    worker_does_it();
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 0), "<title>one</title>"));
}
END_TEST

START_TEST(a_domain_that_does_not_run_says_what_it_will_have)
{
    web_is_defined("one");
    ck_assert_ptr_null(strstr(client_asks_xml("web", 0), " id="));
    call(CONNECT_NUM_OF_DEFINED_DOMAINS, NULL);
    ck_assert_int_eq(answered_number, 1);
    call(CONNECT_LIST_DEFINED_DOMAINS, &(remote_connect_list_defined_domains_args){.maxnames = 9});
    ck_assert_str_eq(answered_text, "web ");
    call(CONNECT_LIST_DEFINED_DOMAINS, &(remote_connect_list_defined_domains_args){.maxnames = 0});
    ck_assert_str_eq(answered_text, "");
    web_is_started();
    call(CONNECT_NUM_OF_DEFINED_DOMAINS, NULL);
    ck_assert_int_eq(answered_number, 0);
}
END_TEST

/*----- start -----*/

START_TEST(a_start_that_fails_leaves_the_domain_off)
{
    web_is_defined("one");
    client_calls(DOMAIN_CREATE, "web");
    world_worker_fails(ERR_OPERATION_FAILED, "no memory");
    assert_answer(ERR_OPERATION_FAILED, "no memory");
    ck_assert_ptr_null(domain("web")->live);
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
    web_is_started();
}
END_TEST

START_TEST(a_domain_that_runs_is_not_started)
{
    web_is_defined("one");
    web_is_started();
    client_calls(DOMAIN_CREATE, "web");
    assert_answer(ERR_OPERATION_INVALID, "already running");
}
END_TEST

static void
client_starts(const char *name, unsigned flags)
{
    remote_domain_create_with_flags_args args = {.dom = wire_of(name), .flags = flags};

    call(DOMAIN_CREATE_WITH_FLAGS, &args);
}

START_TEST(a_domain_is_started_paused_and_its_id_is_answered)
{
    web_is_defined("one");
    client_starts("web", START_PAUSED | START_BYPASS_CACHE | START_FORCE_BOOT);
    ck_assert_uint_eq(world_task.flags & WORLD_PAUSED, WORLD_PAUSED);
    worker_does_it();
    ck_assert_int_eq(answered_id, 1);
    ck_assert_str_eq(world_events, "STARTED web 1 0;SUSPENDED web 1 0;");
}
END_TEST

START_TEST(a_start_may_ask_for_xml_that_is_all_known)
{
    client_defines(world_xml("web", 'w', "<blub/>"));
    worker_does_it();
    client_starts("web", START_VALIDATE);
    assert_answer(ERR_XML, "<blub>");
    client_defines(web_xml("one"));
    worker_does_it();
    client_starts("web", START_VALIDATE);
    worker_does_it();
}
END_TEST

START_TEST(flags_that_do_not_apply_are_refused)
{
    web_is_defined("one");
    client_starts("web", 2); /* AUTODESTROY */
    assert_answer(ERR_INVALID_ARG, "flags");
    client_starts("web", 32); /* RESET_NVRAM */
    assert_answer(ERR_INVALID_ARG, "flags");
    call(DOMAIN_UNDEFINE_FLAGS,
         &(remote_domain_undefine_flags_args){.dom = wire_of("web"), .flags = 4}); /* NVRAM */
    assert_answer(ERR_INVALID_ARG, "flags");
    call(DOMAIN_UNDEFINE_FLAGS, &(remote_domain_undefine_flags_args){
                                    .dom = wire_of("web"), .flags = UNDEFINE_MANAGED_SAVE});
    worker_does_it();
}
END_TEST

/*----- managed saves -----*/

/* All calls whose arguments are the domain and flags. */
static void
client_calls_with(int procedure, const char *name, unsigned flags)
{
    remote_domain_managed_save_args args = {.dom = wire_of(name), .flags = flags};

    call(procedure, &args);
}

static int
client_asks_with(int procedure, const char *name)
{
    client_calls_with(procedure, name, 0);
    ck_assert_int_eq(world_answers, 1);
    return answered_number;
}

/* Its image is there, as its worker would have written it. */
static void
web_is_saved(void)
{
    web_is_defined("one");
    web_is_started();
    client_calls_with(DOMAIN_MANAGED_SAVE, "web", 0);
    put_file("web.save", "image");
    worker_does_it();
    world_events[0] = '\0';
}

static const char *
image_path(void)
{
    return world_path("web.save");
}

START_TEST(a_managed_save_is_kept_for_the_next_start)
{
    web_is_defined("one");
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 0);
    web_is_started();
    client_calls_with(DOMAIN_MANAGED_SAVE, "web", SAVE_PAUSED);
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    ck_assert_str_eq(world_task.path, image_path());
    ck_assert_uint_eq(world_task.more, WORKER_SAVE_MANAGED | WORKER_SAVE_PAUSED);
    worker_does_it();
    ck_assert_str_eq(world_events, "STOPPED web -1 4;");
    ck_assert_int_eq(client_asks_reason("web"), SHUTOFF_SAVED);
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    ck_assert_str_eq(client_lists(LIST_MANAGED_SAVE), "web ");
    ck_assert_str_eq(client_lists(LIST_NO_MANAGED_SAVE), "Domain-0 ");
}
END_TEST

START_TEST(a_save_that_fails_is_no_managed_save)
{
    web_is_defined("one");
    web_is_started();
    client_calls_with(DOMAIN_MANAGED_SAVE, "web", 0);
    world_worker_fails(ERR_OPERATION_FAILED, "no space");
    assert_answer(ERR_OPERATION_FAILED, "no space");
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 0);
}
END_TEST

START_TEST(a_transient_domain_has_no_managed_save)
{
    client_creates(web_xml("one"));
    worker_does_it();
    client_calls_with(DOMAIN_MANAGED_SAVE, "web", 0);
    assert_answer(ERR_OPERATION_INVALID, "cannot do managed save for transient domain");
}
END_TEST

START_TEST(a_start_restores_the_managed_save_which_goes_then)
{
    web_is_saved();
    client_starts("web", START_PAUSED);
    ck_assert_int_eq(world_task.operation, WORKER_RESTORE);
    ck_assert_str_eq(world_task.path, image_path());
    ck_assert_uint_eq(world_task.more, WORKER_RESTORE_REMOVE | WORKER_RESTORE_PAUSED);
    world_worker_identifies(web_xml("as it ran"));
    ck_assert(world_proceeds);
    worker_does_it();
    ck_assert_ptr_nonnull(strstr(world_events, "STARTED web 2 2;"));
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 0);
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 0), "<title>as it ran</title>"));
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 2), "<title>one</title>"));
}
END_TEST

START_TEST(an_image_of_another_domain_is_not_restored)
{
    web_is_saved();
    client_calls(DOMAIN_CREATE, "web");
    world_worker_identifies(world_xml("other", 'o', ""));
    ck_assert(world_refused);
}
END_TEST

/* _i: its name has become another domain's meanwhile. */
START_TEST(a_guest_that_was_saved_under_another_name_goes_on_under_it)
{
    web_is_defined("one");
    web_is_started();
    world_renamed(1, "theirs");
    client_calls_with(DOMAIN_MANAGED_SAVE, "theirs", 0);
    ck_assert_str_eq(world_task.path, image_path());
    worker_does_it();
    if (_i)
        world_domain(5, 't', "theirs");
    world_changed();
    client_calls(DOMAIN_CREATE, "web");
    world_worker_identifies(world_xml("theirs", 'w', ""));
    ck_assert_int_eq(world_refused, _i);
    if (_i) {
        world_worker_fails(ERR_OPERATION_FAILED, "refused");
        ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
        return;
    }
    worker_does_it();
    ck_assert_ptr_nonnull(strstr(world_events, "STARTED theirs 2 2;"));
    client_calls(DOMAIN_DESTROY, "theirs");
    worker_does_it();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
}
END_TEST

/* _i: created, or restored from another image. */
START_TEST(a_managed_save_is_made_useless_by_nothing_that_runs_meanwhile)
{
    static char                path[] = "/images/web";
    remote_domain_restore_args args = {.from = path};

    web_is_saved();
    if (_i) {
        call(DOMAIN_RESTORE, &args);
        world_worker_identifies(web_xml("older"));
        ck_assert(world_refused);
        world_worker_fails(ERR_OPERATION_INVALID, "refused");
    } else {
        client_creates(web_xml("other"));
        assert_answer(ERR_OPERATION_INVALID, "domain 'web' has a managed save");
    }
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    client_calls(DOMAIN_CREATE, "web");
    ck_assert_int_eq(world_task.operation, WORKER_RESTORE);
    world_worker_identifies(web_xml("one"));
    worker_does_it();
}
END_TEST

START_TEST(a_restore_that_fails_keeps_the_managed_save)
{
    web_is_saved();
    client_calls(DOMAIN_CREATE, "web");
    world_worker_fails(ERR_OPERATION_FAILED, "a disk has changed");
    assert_answer(ERR_OPERATION_FAILED, "a disk has changed");
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
}
END_TEST

START_TEST(a_start_by_force_removes_the_managed_save_first)
{
    web_is_saved();
    client_starts("web", START_FORCE_BOOT);
    ck_assert_int_eq(world_task.operation, WORKER_FILE);
    ck_assert_str_eq(world_task.path, image_path());
    world_worker_succeeds();
    assert_file("web.save", false);
    ck_assert_int_eq(world_task.operation, WORKER_CREATE);
    worker_does_it();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 0);
}
END_TEST

START_TEST(a_managed_save_that_cannot_be_removed_is_not_made_useless)
{
    web_is_saved();
    client_starts("web", START_FORCE_BOOT);
    world_worker_fails(ERR_SYSTEM, "read-only file system");
    assert_answer(ERR_OPERATION_INVALID, "has a managed save");
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
}
END_TEST

START_TEST(a_managed_save_is_removed_on_request)
{
    web_is_saved();
    client_calls_with(DOMAIN_MANAGED_SAVE_REMOVE, "web", 0);
    worker_does_it();
    assert_file("web.save", false);
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 0);
    client_calls_with(DOMAIN_MANAGED_SAVE_REMOVE, "web", 0);
    assert_answer(ERR_NONE, "");
}
END_TEST

START_TEST(a_domain_is_undefined_with_its_managed_save_or_not_at_all)
{
    web_is_saved();
    client_calls_with(DOMAIN_UNDEFINE_FLAGS, "web", 0);
    assert_answer(ERR_OPERATION_INVALID, "managed save image exists");
    client_calls_with(DOMAIN_UNDEFINE_FLAGS, "web", UNDEFINE_MANAGED_SAVE);
    worker_does_it();
    assert_file("web.save", false);
    assert_file("domains/web.xml", false);
    ck_assert_ptr_null(domain("web"));
}
END_TEST

/* With the host, so that there is no daemon that goes on.  _i: of its files so many have gone. */
START_TEST(an_undefine_that_was_cut_short_leaves_no_image_that_is_not_seen)
{
    web_is_saved();
    client_calls_with(DOMAIN_UNDEFINE_FLAGS, "web", UNDEFINE_MANAGED_SAVE);
    world_worker_changes_files((unsigned)_i);
    if (_i)
        assert_file("web.save", false);
    world_worker_fails(ERR_SYSTEM, "cannot remove it");
    reload_ends();
    ck_assert_int_eq(domain("web") != NULL, _i < 3);
    if (!domain("web"))
        web_is_defined("one");
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), _i == 0);
    client_calls(DOMAIN_CREATE, "web");
    ck_assert_int_eq(world_task.operation, _i ? WORKER_CREATE : WORKER_RESTORE);
    world_worker_fails(ERR_SYSTEM, "it need not run");
}
END_TEST

/* Whoever has left it.  _i: whether the guest runs already. */
START_TEST(an_image_that_is_there_is_seen_when_its_guest_is_defined)
{
    put_file("web.save", "an image");
    if (_i) {
        call(DOMAIN_CREATE_XML,
             &(remote_domain_create_xml_args){.xml_desc = (char *)(uintptr_t)web_xml("one")});
        worker_does_it();
        world_events[0] = '\0';
    }
    client_defines(web_xml("one"));
    world_worker_succeeds();
    assert_answer(ERR_NONE, "");
    ck_assert_str_eq(world_events, _i ? "DEFINED web 1 0;" : "DEFINED web -1 0;");
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    ck_assert_msg(strstr(logged, "web.save is there already"), "%s", logged);
    client_defines(world_xml("more", 'm', ""));
    worker_does_it();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "more"), 0);
}
END_TEST

START_TEST(an_image_is_seen_also_where_the_next_daemon_ends_the_define)
{
    client_defines(web_xml("one"));
    put_file("web.save", "an image");
    world_worker_lives_on();
    daemon_is_replaced();
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "DEFINED web -1 0;");
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
}
END_TEST

START_TEST(who_asks_for_the_xml_of_what_was_undefined_hears_that)
{
    remote_domain_get_xml_desc_args args;

    web_is_saved();
    client_calls_with(DOMAIN_MANAGED_SAVE_REMOVE, "web", 0);
    client_calls_with(DOMAIN_UNDEFINE_FLAGS, "web", UNDEFINE_MANAGED_SAVE);
    world_filer_succeeds();
    args = (remote_domain_get_xml_desc_args){.dom = wire_of("web"), .flags = DOMAIN_XML_INACTIVE};
    call(DOMAIN_GET_XML_DESC, &args);
    assert_answer(ERR_NO_DOMAIN, "is not defined any more");
    world_answers = 0;
    worker_does_it();
    ck_assert_ptr_null(domain("web"));
}
END_TEST

START_TEST(the_next_daemon_finds_managed_saves)
{
    web_is_saved();
    daemon_is_replaced();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    client_calls(DOMAIN_CREATE, "web");
    ck_assert_int_eq(world_task.operation, WORKER_RESTORE);
    world_worker_identifies(web_xml("one"));
    worker_does_it();
}
END_TEST

START_TEST(the_xml_in_a_managed_save_is_told_and_changed)
{
    char text[] = "<domain/>", *xml = text;

    web_is_defined("one");
    client_calls_with(DOMAIN_MANAGED_SAVE_GET_XML_DESC, "web", 0);
    assert_answer(ERR_OPERATION_INVALID, "does not have managed save image");
    client_calls_with(DOMAIN_UNDEFINE_FLAGS, "web", 0);
    worker_does_it();
    web_is_saved();
    client_calls_with(DOMAIN_MANAGED_SAVE_GET_XML_DESC, "web", 0);
    ck_assert_int_eq(world_task.operation, WORKER_IMAGE_XML);
    ck_assert_str_eq(world_task.path, image_path());
    world_worker_identifies(web_xml("as it ran"));
    worker_does_it();
    call(DOMAIN_MANAGED_SAVE_DEFINE_XML,
         &(remote_domain_managed_save_define_xml_args){.dom = wire_of("web"), .dxml = &xml});
    ck_assert_int_eq(world_task.operation, WORKER_IMAGE_XML);
    ck_assert_uint_eq(world_task.more, WORKER_IMAGE_DEFINE);
    worker_does_it();
}
END_TEST

/*----- imports -----*/

static void
client_imports(const char *from)
{
    dom0d_image_import_args args = {.dom = wire_of("web"), .from = (char *)(uintptr_t)from};

    world_answers = 0;
    world_answer.code = ERR_NONE;
    world_call_dom0d(IMAGE_IMPORT, &args);
    world_turn();
}

START_TEST(an_image_that_was_imported_is_what_a_start_restores)
{
    web_is_defined("one");
    client_imports("/srv/web.save");
    ck_assert_int_eq(world_task.operation, WORKER_IMAGE_IMPORT);
    ck_assert_str_eq(world_task.path, image_path());
    ck_assert_str_eq(world_task.xml, "/srv/web.save");
    ck_assert_str_eq(world_task.name, "web");
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 0);
    world_answers = 0;
    worker_does_it();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    client_calls(DOMAIN_CREATE, "web");
    ck_assert_int_eq(world_task.operation, WORKER_RESTORE);
    world_worker_identifies(web_xml("one"));
    worker_does_it();
}
END_TEST

START_TEST(an_import_that_fails_is_no_managed_save)
{
    web_is_defined("one");
    client_imports("/srv/web.save");
    world_worker_fails(ERR_OPERATION_FAILED, "it is torn");
    assert_answer(ERR_OPERATION_FAILED, "it is torn");
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 0);
}
END_TEST

START_TEST(a_guest_that_has_a_managed_save_or_runs_or_does_not_last_imports_none)
{
    web_is_saved();
    client_imports("/srv/web.save");
    assert_answer(ERR_OPERATION_INVALID, "domain 'web' has a managed save already");
    client_calls_with(DOMAIN_MANAGED_SAVE_REMOVE, "web", 0);
    worker_does_it();
    web_is_started();
    client_imports("/srv/web.save");
    assert_answer(ERR_OPERATION_INVALID, "domain 'web' is already running");
    client_calls(DOMAIN_UNDEFINE, "web");
    worker_does_it();
    client_imports("/srv/web.save");
    assert_answer(ERR_OPERATION_INVALID, "domain 'web' is not defined");
    client_imports("web.save");
    assert_answer(ERR_INVALID_ARG, "'web.save' is not an absolute path");
}
END_TEST

START_TEST(the_next_daemon_goes_on_with_an_import)
{
    web_is_defined("one");
    client_imports("/srv/web.save");
    world_worker_lives_on();
    daemon_is_replaced();
    ck_assert_int_eq(world_task.operation, WORKER_IMAGE_IMPORT);
    ck_assert_str_eq(world_task.path, image_path());
    ck_assert_str_eq(world_task.xml, "/srv/web.save");
    world_worker_succeeds();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
}
END_TEST

/* _i: saved, or imported. */
START_TEST(a_domain_is_not_undefined_while_its_managed_save_is_made)
{
    web_is_defined("one");
    if (!_i)
        web_is_started();
    if (_i)
        client_imports("/srv/web.save");
    else
        client_calls_with(DOMAIN_MANAGED_SAVE, "web", 0);
    client_calls_with(DOMAIN_UNDEFINE_FLAGS, "web", UNDEFINE_MANAGED_SAVE);
    assert_answer(ERR_RESOURCE_BUSY, "a managed save of the domain is being made");
    world_answers = 0;
    worker_does_it();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    client_calls_with(DOMAIN_UNDEFINE_FLAGS, "web", UNDEFINE_MANAGED_SAVE);
    worker_does_it();
    ck_assert_ptr_null(domain("web"));
}
END_TEST

START_TEST(a_domain_that_is_being_undefined_gets_no_managed_save)
{
    web_is_defined("one");
    web_is_started();
    client_calls(DOMAIN_UNDEFINE, "web");
    client_calls_with(DOMAIN_MANAGED_SAVE, "web", 0);
    assert_answer(ERR_RESOURCE_BUSY, "domain 'web' is being undefined");
    world_answers = 0;
    worker_does_it();
    ck_assert_int_eq(client_asks(DOMAIN_IS_PERSISTENT, "web"), 0);
}
END_TEST

START_TEST(a_domain_that_is_being_renamed_imports_no_image)
{
    web_is_defined("one");
    client_renames("web", "new");
    client_imports("/srv/web.save");
    assert_answer(ERR_RESOURCE_BUSY, "domain 'web' is being renamed");
    world_answers = 0;
    worker_does_it();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "new"), 0);
}
END_TEST

static void
client_checks(const char *xml)
{
    dom0d_definition_check_args args = {.xml = (char *)(uintptr_t)xml};

    world_answers = 0;
    world_answer.code = ERR_NONE;
    world_call_dom0d(DEFINITION_CHECK, &args);
    world_turn();
}

START_TEST(a_definition_that_is_checked_is_told_and_not_stored)
{
    client_checks(world_xml("web", 'w', "<devices><rng model='virtio'/></devices>"));
    assert_answer(ERR_NONE, "");
    ck_assert_msg(strstr(answered_text, "web|wwwwwwwwwwwwwwww||ignored: "), "%s", answered_text);
    ck_assert_int_eq(answered_id, -1);
    ck_assert_ptr_null(domain("web"));
    assert_file("domains/web.xml", false);
    ck_assert_str_eq(world_events, "");
}
END_TEST

START_TEST(why_a_definition_that_is_checked_is_none_is_told)
{
    client_checks("<domain");
    assert_answer(ERR_XML, "");
    client_checks(web_xml("one</title><on_reboot>rename-restart</on_reboot><title>"));
    ck_assert_int_ne(world_answer.code, ERR_NONE);
}
END_TEST

START_TEST(what_a_definition_that_is_checked_would_meet_is_told)
{
    web_is_defined("one");
    client_checks(web_xml("two"));
    ck_assert_str_eq(answered_text, "web|wwwwwwwwwwwwwwww||");
    assert_file_says("domains/web.xml", "<title>one</title>");
    client_checks(world_xml("web", 'o', ""));
    ck_assert_msg(strstr(answered_text, "web|oooooooooooooooo|"), "%s", answered_text);
    ck_assert_msg(strstr(answered_text, "'web' already exists with uuid 77777777"), "%s",
                  answered_text);
    client_checks(world_xml("other", 'w', ""));
    ck_assert_msg(strstr(answered_text, "'web' is already defined with uuid 77777777"), "%s",
                  answered_text);
    web_is_started();
    client_checks(web_xml("two"));
    ck_assert_int_eq(answered_id, domain("web")->run.domid);
}
END_TEST

/*----- undefine, autostart -----*/

START_TEST(what_is_undefined_has_gone_with_its_link)
{
    web_is_defined("one");
    client_sets_autostart("web", true);
    worker_does_it();
    assert_file("autostart/web.xml", true);
    client_calls(DOMAIN_UNDEFINE, "web");
    assert_file("domains/web.xml", true);
    worker_does_it();
    ck_assert_str_eq(world_events, "UNDEFINED web -1 0;");
    ck_assert_ptr_null(domain("web"));
    assert_file("domains/web.xml", false);
    ck_assert_int_lt(readlink(world_path("autostart/web.xml"), answered_text, 1), 0);
}
END_TEST

START_TEST(what_is_not_stored_is_not_undefined_or_started_with_the_host)
{
    client_creates(web_xml("one"));
    worker_does_it();
    client_calls(DOMAIN_UNDEFINE, "web");
    assert_answer(ERR_OPERATION_INVALID, "cannot undefine transient domain");
    client_sets_autostart("web", true);
    assert_answer(ERR_OPERATION_INVALID, "cannot set autostart for transient domain");
    client_calls(DOMAIN_UNDEFINE, "Domain-0");
    assert_answer(ERR_OPERATION_INVALID, "control domain");
}
END_TEST

START_TEST(autostart_is_a_link_that_the_next_daemon_finds)
{
    char target[256] = "";

    web_is_defined("one");
    ck_assert_int_eq(client_asks(DOMAIN_GET_AUTOSTART, "web"), 0);
    client_sets_autostart("web", true);
    worker_does_it();
    ck_assert_int_gt(readlink(world_path("autostart/web.xml"), target, sizeof target - 1), 0);
    ck_assert_str_eq(target, world_path("domains/web.xml"));
    daemon_is_replaced();
    ck_assert_int_eq(client_asks(DOMAIN_GET_AUTOSTART, "web"), 1);
    ck_assert_str_eq(client_lists(LIST_AUTOSTART), "web ");
    ck_assert_str_eq(client_lists(LIST_NO_AUTOSTART), "Domain-0 ");
    client_sets_autostart("web", false);
    worker_does_it();
    daemon_is_replaced();
    ck_assert_int_eq(client_asks(DOMAIN_GET_AUTOSTART, "web"), 0);
}
END_TEST

START_TEST(every_filter_of_the_list_is_obeyed)
{
    web_is_defined("one");
    client_defines(world_xml("off", 'o', ""));
    worker_does_it();
    web_is_started();
    client_creates(world_xml("short", 's', ""));
    worker_does_it();
    ck_assert_str_eq(client_lists(0), "Domain-0 web off short ");
    ck_assert_str_eq(client_lists(LIST_ACTIVE), "Domain-0 web short ");
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "off ");
    ck_assert_str_eq(client_lists(LIST_PERSISTENT), "web off ");
    ck_assert_str_eq(client_lists(LIST_TRANSIENT), "Domain-0 short ");
    ck_assert_str_eq(client_lists(LIST_PERSISTENT | LIST_ACTIVE), "web ");
    ck_assert_str_eq(client_lists(LIST_SHUTOFF), "off ");
    ck_assert_str_eq(client_lists(LIST_RUNNING), "Domain-0 web short ");
    ck_assert_str_eq(client_lists(LIST_MANAGED_SAVE), "");
}
END_TEST

/*----- rename -----*/

START_TEST(a_renamed_domain_has_its_new_name_everywhere)
{
    web_is_defined("one");
    client_sets_autostart("web", true);
    worker_does_it();
    client_renames("web", "new");
    worker_does_it();
    ck_assert_str_eq(world_events, "UNDEFINED web -1 1;DEFINED new -1 2;");
    ck_assert_ptr_null(domain("web"));
    ck_assert_ptr_nonnull(strstr(client_asks_xml("new", 0), "<name>new</name>"));
    assert_file_says("domains/new.xml", "<name>new</name>");
    assert_file("domains/web.xml", false);
    assert_file("autostart/new.xml", true);
    ck_assert_int_lt(readlink(world_path("autostart/web.xml"), answered_text, 1), 0);
    daemon_is_replaced();
    ck_assert_int_eq(client_asks(DOMAIN_GET_AUTOSTART, "new"), 1);
}
END_TEST

START_TEST(a_rename_that_is_not_possible_is_refused)
{
    web_is_defined("one");
    client_defines(world_xml("other", 'o', ""));
    worker_does_it();
    client_renames("web", "other");
    assert_answer(ERR_OPERATION_FAILED, "domain 'other' already exists");
    client_renames("web", "web");
    assert_answer(ERR_OPERATION_FAILED, "itself");
    client_renames("web", "a/b");
    assert_answer(ERR_INVALID_ARG, "a/b");
    web_is_started();
    client_renames("web", "new");
    assert_answer(ERR_OPERATION_INVALID, "cannot rename active domain");
}
END_TEST

START_TEST(a_domain_that_is_being_renamed_is_not_started_and_keeps_both_names)
{
    web_is_defined("one");
    client_renames("web", "new");
    client_calls(DOMAIN_CREATE, "web");
    assert_answer(ERR_RESOURCE_BUSY, "being renamed");
    client_creates(web_xml("one"));
    assert_answer(ERR_OPERATION_FAILED, "already exists");
    client_defines(world_xml("new", 'n', ""));
    assert_answer(ERR_OPERATION_FAILED, "already exists");
    world_answers = 0;
    worker_does_it();
    client_calls(DOMAIN_CREATE, "new");
    worker_does_it();
}
END_TEST

/*----- one thing of it -----*/

static void
client_sets_metadata(int type, const char *value, const char *key, const char *uri, unsigned affect)
{
    remote_nonnull_string           v = (char *)(uintptr_t)value, k = (char *)(uintptr_t)key;
    remote_nonnull_string           u = (char *)(uintptr_t)uri;
    remote_domain_set_metadata_args args = {.dom = wire_of("web"),
                                            .type = type,
                                            .metadata = value ? &v : NULL,
                                            .key = key ? &k : NULL,
                                            .uri = uri ? &u : NULL,
                                            .flags = affect};

    call(DOMAIN_SET_METADATA, &args);
}

static const char *
client_asks_metadata(int type, const char *uri, unsigned affect)
{
    remote_nonnull_string           u = (char *)(uintptr_t)uri;
    remote_domain_get_metadata_args args = {
        .dom = wire_of("web"), .type = type, .uri = uri ? &u : NULL, .flags = affect};

    answered_text[0] = '\0';
    call(DOMAIN_GET_METADATA, &args);
    ck_assert_int_eq(world_answers, 1);
    return answered_text;
}

START_TEST(a_title_is_changed_of_what_runs_and_of_what_is_stored)
{
    web_is_defined("one");
    web_is_started();
    client_sets_metadata(METADATA_TITLE, "live", NULL, NULL, AFFECT_LIVE);
    assert_answer(ERR_NONE, "");
    client_sets_metadata(METADATA_TITLE, "stored", NULL, NULL, AFFECT_CONFIG);
    worker_does_it();
    ck_assert_str_eq(world_events, "METADATA web 1 1;METADATA web 1 1;");
    ck_assert_str_eq(client_asks_metadata(METADATA_TITLE, NULL, 0), "live");
    ck_assert_str_eq(client_asks_metadata(METADATA_TITLE, NULL, AFFECT_CONFIG), "stored");
    assert_file_says("domains/web.xml", "<title>stored</title>");
    client_sets_metadata(METADATA_TITLE, "both", NULL, NULL, AFFECT_ALL);
    worker_does_it();
    daemon_is_replaced();
    ck_assert_str_eq(client_asks_metadata(METADATA_TITLE, NULL, 0), "both");
    ck_assert_str_eq(client_asks_metadata(METADATA_TITLE, NULL, AFFECT_CONFIG), "both");
}
END_TEST

START_TEST(an_element_of_metadata_is_set_and_removed)
{
    web_is_defined("one");
    client_sets_metadata(METADATA_ELEMENT, "<a/>", "k", "urn:x", 0);
    worker_does_it();
    ck_assert_str_eq(world_events, "METADATA web -1 2;");
    ck_assert_str_eq(client_asks_metadata(METADATA_ELEMENT, "urn:x", 0), "<a/>");
    client_sets_metadata(METADATA_ELEMENT, NULL, NULL, "urn:x", 0);
    worker_does_it();
    (void)client_asks_metadata(METADATA_ELEMENT, "urn:x", 0);
    assert_answer(ERR_NO_DOMAIN_METADATA, "not present");
}
END_TEST

START_TEST(metadata_is_not_changed_where_that_makes_no_sense)
{
    client_creates(web_xml("one"));
    worker_does_it();
    client_sets_metadata(METADATA_TITLE, "x", NULL, NULL, AFFECT_CONFIG);
    assert_answer(ERR_OPERATION_INVALID, "transient domains do not have any persistent config");
    client_sets_metadata(METADATA_TITLE, "a\nb", NULL, NULL, 0);
    assert_answer(ERR_INVALID_ARG, "newlines");
    client_sets_metadata(METADATA_ELEMENT, "<a>", "k", "urn:x", 0);
    assert_answer(ERR_XML, "line 1");
    client_sets_metadata(7, "x", NULL, NULL, 0);
    assert_answer(ERR_INVALID_ARG, "7");
    client_defines(web_xml("one"));
    worker_does_it();
    client_calls(DOMAIN_DESTROY, "web");
    worker_does_it();
    client_sets_metadata(METADATA_TITLE, "x", NULL, NULL, AFFECT_LIVE);
    assert_answer(ERR_OPERATION_INVALID, "domain is not running");
    (void)client_asks_metadata(METADATA_TITLE, NULL, AFFECT_ALL);
    assert_answer(ERR_INVALID_ARG, "both");
}
END_TEST

START_TEST(a_guest_of_xl_has_no_metadata_and_gets_none)
{
    world_domain(5, 'w', "web");
    world_changed();
    (void)client_asks_metadata(METADATA_TITLE, NULL, 0);
    assert_answer(ERR_NO_DOMAIN_METADATA, "not present");
    client_sets_metadata(METADATA_TITLE, "x", NULL, NULL, 0);
    assert_answer(ERR_OPERATION_UNSUPPORTED, "started by xl");
}
END_TEST

static void
client_sets_action_for_reboot(unsigned action)
{
    remote_domain_set_lifecycle_action_args args = {
        .dom = wire_of("web"), .type = ACTION_FOR_REBOOT, .action = action};

    call(DOMAIN_SET_LIFECYCLE_ACTION, &args);
}

START_TEST(an_action_is_changed_of_what_runs_and_is_obeyed)
{
    web_is_defined("one");
    web_is_started();
    client_sets_action_for_reboot(ACTION_DESTROY);
    assert_answer(ERR_NONE, "");
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    world_worker_succeeds();
    ck_assert_int_eq(world_task.operation, 0);
    client_sets_action_for_reboot(ACTION_RESTART_RENAME);
    assert_answer(ERR_CONFIG_UNSUPPORTED, "rename-restart");
    client_sets_action_for_reboot(9);
    assert_answer(ERR_INVALID_ARG, "9");
}
END_TEST

/*----- jobs beside each other -----*/

START_TEST(a_definition_waits_for_no_guest_and_no_guest_for_a_disk)
{
    web_is_defined("one");
    web_is_started();
    client_saves("web");
    ck_assert_int_eq(world_task.operation, WORKER_SAVE);
    client_defines(web_xml("two"));
    ck_assert(world_files);
    world_filer_succeeds();
    assert_answer(ERR_NONE, "");
    client_defines(web_xml("three"));
    ck_assert(world_files);
    world_worker_fails(ERR_OPERATION_FAILED, "it runs on");
    client_calls(DOMAIN_DESTROY, "web");
    ck_assert_int_eq(world_task.operation, WORKER_DESTROY);
    worker_does_it();
    world_filer_succeeds();
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 0), "three"));
}
END_TEST

START_TEST(changes_of_a_definition_are_done_in_order)
{
    client_defines(web_xml("one"));
    client_defines(web_xml("two"));
    ck_assert_ptr_null(strstr(world_task.xml, "two"));
    world_worker_succeeds();
    assert_file_says("domains/web.xml", "<title>one</title>");
    world_worker_succeeds();
    assert_file_says("domains/web.xml", "<title>two</title>");
    ck_assert_str_eq(world_events, "DEFINED web -1 0;DEFINED web -1 1;");
}
END_TEST

/*----- the next daemon -----*/

START_TEST(the_next_daemon_knows_what_is_stored_and_what_runs)
{
    web_is_defined("one");
    client_defines(world_xml("off", 'o', ""));
    worker_does_it();
    web_is_started();
    daemon_is_replaced();
    ck_assert_str_eq(world_events, "");
    ck_assert_str_eq(client_lists(LIST_PERSISTENT | LIST_ACTIVE), "web ");
    ck_assert_str_eq(client_lists(LIST_PERSISTENT | LIST_INACTIVE), "off ");
    ck_assert_uint_eq(domains_count(daemon_->domains), 3);
    world_domain_goes(1);
    world_changed();
    ck_assert_str_eq(world_events, "STOPPED web -1 1;");
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "off web ");
}
END_TEST

/* _i & 1: its worker lives; _i & 2: it had written the file. */
START_TEST(a_definition_whose_daemon_was_killed_is_stored_once)
{
    client_defines(web_xml("one"));
    if (_i & 2)
        world_worker_changes_files(1);
    if (_i & 1)
        world_worker_lives_on();
    daemon_is_replaced();
    ck_assert_int_eq(world_task.operation, WORKER_FILE);
    ck_assert_uint_eq(!(world_task.flags & WORKER_UNDO), _i & 1);
    world_worker_succeeds();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
    assert_file_says("domains/web.xml", "<title>one</title>");
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    /* Once, however it came there. */
    ck_assert_str_eq(world_events, "DEFINED web -1 0;");
    daemon_is_replaced();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
}
END_TEST

START_TEST(a_definition_that_waited_when_the_daemon_was_killed_is_stored)
{
    client_defines(world_xml("web", 'w', "<title>one</title>"));
    client_defines(web_xml("two"));
    world_worker_lives_on();
    daemon_is_replaced();
    world_worker_succeeds();
    world_worker_succeeds();
    assert_file_says("domains/web.xml", "<title>two</title>");
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 0), "<title>two</title>"));
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
}
END_TEST

/*----- ... and what a client wanted changed -----*/

static const char *
web_titles(unsigned affect)
{
    return client_asks_metadata(METADATA_TITLE, NULL, affect);
}

static void
client_gives_title(const char *title, unsigned affect)
{
    client_sets_metadata(METADATA_TITLE, title, NULL, NULL, affect);
}

/* Each of AFFECT_; what is not changed has the title "one". */
static void
assert_titles(const char *title, unsigned affect)
{
    ck_assert_str_eq(web_titles(AFFECT_LIVE), affect & AFFECT_LIVE ? title : "one");
    ck_assert_str_eq(web_titles(AFFECT_CONFIG), affect & AFFECT_CONFIG ? title : "one");
    if (affect & AFFECT_CONFIG) {
        cleanup_free char *element = xasprintf("<title>%s</title>", title);

        assert_file_says("domains/web.xml", element);
    }
}

/* It waits for another one, of what is stored.  _i: AFFECT_. */
START_TEST(a_change_that_waited_when_the_daemon_was_killed_is_made)
{
    web_is_defined("one");
    web_is_started();
    client_gives_title("one", AFFECT_CONFIG);
    client_gives_title("two", (unsigned)_i);
    ck_assert_int_eq(world_answers, 0);
    world_worker_lives_on();
    daemon_is_replaced();
    world_events[0] = '\0';
    while (world_task.operation)
        world_worker_succeeds();
    world_turn();
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    assert_titles("two", (unsigned)_i);
    ck_assert_str_eq(world_events, "METADATA web 1 1;METADATA web 1 1;");
    daemon_is_replaced();
    assert_titles("two", (unsigned)_i);
}
END_TEST

/* _i & 1: its worker lives; _i & 2: it had written the file; _i & 4: of what is stored alone. */
START_TEST(a_change_whose_daemon_was_killed_in_its_middle_is_made_whole)
{
    unsigned affect = _i & 4 ? AFFECT_CONFIG : AFFECT_ALL;

    web_is_defined("one");
    web_is_started();
    client_gives_title("two", affect);
    ck_assert_int_eq(world_task.operation, WORKER_FILE);
    if (_i & 2)
        world_worker_changes_files(1);
    if (_i & 1)
        world_worker_lives_on();
    daemon_is_replaced();
    world_worker_succeeds();
    world_turn();
    ck_assert_uint_eq(jobs_count(daemon_->jobs), 0);
    assert_titles("two", affect);
    ck_assert_str_eq(world_events, "METADATA web 1 1;");
    daemon_is_replaced();
    assert_titles("two", affect);
    ck_assert_str_eq(world_events, "METADATA web 1 1;");
}
END_TEST

START_TEST(an_element_that_waited_when_the_daemon_was_killed_is_there)
{
    web_is_defined("one");
    client_gives_title("one", AFFECT_CONFIG);
    client_sets_metadata(METADATA_ELEMENT, "<a/>", "k", "urn:x", 0);
    world_worker_lives_on();
    daemon_is_replaced();
    world_worker_succeeds();
    world_worker_succeeds();
    ck_assert_str_eq(client_asks_metadata(METADATA_ELEMENT, "urn:x", 0), "<a/>");
    assert_file_says("domains/web.xml", "urn:x");
}
END_TEST

START_TEST(an_action_that_waited_when_the_daemon_was_killed_is_obeyed)
{
    web_is_defined("one");
    web_is_started();
    client_gives_title("one", AFFECT_CONFIG);
    client_sets_action_for_reboot(ACTION_DESTROY);
    world_worker_lives_on();
    daemon_is_replaced();
    world_worker_succeeds();
    world_domain_shuts_down(1, HOST_SHUTDOWN_REBOOT);
    world_worker_succeeds();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
}
END_TEST

/* What it was is in no record any more. */
START_TEST(a_change_that_the_next_daemon_does_not_know_is_aborted)
{
    cleanup_free char *path = NULL;

    web_is_defined("one");
    client_gives_title("one", AFFECT_CONFIG);
    client_gives_title("two", AFFECT_CONFIG);
    path = xasprintf("%s/changes/%020d.change", daemon_->config->job.run_dir,
                     (int)history_last_id(jobs_history(daemon_->jobs)) + 2);
    world_worker_lives_on();
    world_stop(daemon_);
    ck_assert_int_eq(truncate(path, 10), 0);
    daemon_ = world_start();
    world_turn();
    world_worker_succeeds();
    ck_assert_ptr_nonnull(strstr(logged, "is not known any more"));
    ck_assert_ptr_nonnull(strstr(logged, "aborted: the daemon ended before it began"));
    ck_assert_str_eq(web_titles(AFFECT_CONFIG), "one");
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* A link to itself, which is an error of the system to read, stands for the record of the job. */
START_TEST(a_change_whose_job_cannot_be_read_now_is_made_when_it_can)
{
    cleanup_free char *path = NULL, *away = NULL;

    web_is_defined("one");
    client_gives_title("one", AFFECT_CONFIG);
    client_gives_title("two", AFFECT_CONFIG);
    path = xasprintf("%s/queue/%020d.job", daemon_->config->job.run_dir,
                     (int)history_last_id(jobs_history(daemon_->jobs)) + 2);
    away = xasprintf("%s/away", daemon_->config->job.run_dir);
    world_worker_lives_on();
    world_stop(daemon_);
    ck_assert_int_eq(rename(path, away), 0);
    ck_assert_int_eq(symlink(path, path), 0);
    daemon_ = world_start();
    world_turn();
    world_worker_succeeds();
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rename(away, path), 0);
    loop_timer_start(&daemon_->jobs->read_again, 0);
    world_turn();
    world_worker_succeeds();
    ck_assert_str_eq(web_titles(AFFECT_CONFIG), "two");
}
END_TEST

/* The job had ended when its daemon was killed. */
START_TEST(what_no_job_is_to_change_any_more_is_forgotten)
{
    cleanup_free char *path = xasprintf("%s/changes/%020d.change", daemon_->config->job.run_dir, 1);
    struct err         err;

    ck_assert_int_eq(file_replace(path, "x", 1, 0600, &err), 0);
    daemon_is_replaced();
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* Nobody was told yet that the guest runs. */
START_TEST(what_was_changed_of_a_guest_while_it_was_started_the_next_daemon_knows)
{
    web_is_defined("one");
    client_calls(DOMAIN_CREATE, "web");
    world_domain(1, 'w', "web");
    world_changed();
    client_gives_title("two", AFFECT_LIVE);
    assert_answer(ERR_NONE, "");
    world_worker_lives_on();
    daemon_is_replaced();
    assert_titles("two", AFFECT_LIVE);
}
END_TEST

/* A folder is where the record is to be. */
START_TEST(a_change_that_cannot_be_recorded_is_not_made_and_the_client_is_told)
{
    cleanup_free char *path = xasprintf("%s/domains/1.domain", daemon_->config->job.run_dir);
    cleanup_free char *away = xasprintf("%s/away", path);

    web_is_defined("one");
    web_is_started();
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(mkdir(away, 0700), 0);
    client_gives_title("two", AFFECT_LIVE);
    assert_answer(ERR_SYSTEM, "what runs is as it was");
    ck_assert_str_eq(world_events, "");
    ck_assert_str_eq(web_titles(AFFECT_LIVE), "one");
    ck_assert_int_eq(rmdir(away), 0);
    ck_assert_int_eq(rmdir(path), 0);
    client_gives_title("two", AFFECT_LIVE);
    assert_answer(ERR_NONE, "");
}
END_TEST

/* _i: how many of its files were changed. */
START_TEST(an_undefine_whose_daemon_was_killed_is_done)
{
    web_is_defined("one");
    client_sets_autostart("web", true);
    worker_does_it();
    client_calls(DOMAIN_UNDEFINE, "web");
    world_worker_changes_files((unsigned)_i);
    daemon_is_replaced();
    world_worker_succeeds();
    ck_assert_str_eq(world_events, "UNDEFINED web -1 0;");
    ck_assert_str_eq(client_lists(0), "Domain-0 ");
    assert_file("domains/web.xml", false);
    daemon_is_replaced();
    ck_assert_str_eq(client_lists(0), "Domain-0 ");
}
END_TEST

/* _i: how many of its files were changed. */
START_TEST(a_rename_whose_daemon_was_killed_is_done)
{
    web_is_defined("one");
    client_sets_autostart("web", true);
    worker_does_it();
    client_renames("web", "new");
    world_worker_changes_files((unsigned)_i);
    world_worker_lives_on();
    daemon_is_replaced();
    world_worker_succeeds();
    world_turn();
    while (world_task.operation)
        world_worker_succeeds();
    ck_assert_str_eq(world_events, "UNDEFINED web -1 1;DEFINED new -1 2;");
    ck_assert_str_eq(client_lists(LIST_AUTOSTART), "new ");
    assert_file("domains/web.xml", false);
    assert_file_says("domains/new.xml", "<name>new</name>");
    daemon_is_replaced();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "new ");
}
END_TEST

/* The clock has gone back meanwhile: the new file seems to be the older one. */
START_TEST(a_rename_that_is_taken_up_again_keeps_its_new_file)
{
    web_is_defined("one");
    client_renames("web", "zzz");
    world_worker_changes_files(1);
    utimensat(AT_FDCWD, world_path("domains/zzz.xml"),
              (struct timespec[2]){{.tv_sec = 1000}, {.tv_sec = 1000}}, 0);
    daemon_is_replaced();
    world_worker_succeeds();
    ck_assert(!world_files);
    ck_assert_int_eq(world_task.operation, 0);
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "zzz ");
    assert_file("domains/zzz.xml", true);
    assert_file("domains/web.xml", false);
}
END_TEST

START_TEST(a_start_that_waited_when_the_daemon_was_killed_is_done)
{
    web_is_defined("one");
    client_calls(DOMAIN_CREATE, "web");
    daemon_is_replaced();
    world_worker_fails(ERR_OPERATION_ABORTED, "it was half built");
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
    ck_assert_ptr_null(domain("web")->live);
}
END_TEST

/*----- files -----*/

static void
file_is_from(const char *name, time_t seconds)
{
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

    ck_assert_int_eq(utimensat(AT_FDCWD, world_path(name), times, 0), 0);
}

/* _i: the old file is the first by its name, or the last. */
START_TEST(of_a_rename_that_was_cut_short_with_the_host_the_new_name_stays)
{
    const char        *old = _i ? "a" : "z", *new = _i ? "z" : "a";
    cleanup_free char *old_path = xasprintf("domains/%s.xml", old);
    cleanup_free char *new_path = xasprintf("domains/%s.xml", new);
    cleanup_free char *expected = xasprintf("%s ", new);

    client_defines(world_xml(old, 'w', "<title>same</title>"));
    worker_does_it();
    client_sets_autostart(old, true);
    worker_does_it();
    client_renames(old, new);
    world_worker_changes_files(1);
    world_worker_fails(ERR_OPERATION_FAILED, "the host has lost its power");
    file_is_from(old_path, 1000);
    file_is_from(new_path, 2000);
    world_events[0] = '\0';
    daemon_is_replaced();
    ck_assert_int_eq(world_task.operation, WORKER_FILE);
    world_worker_succeeds();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), expected);
    assert_file(old_path, false);
    assert_file(new_path, true);
    daemon_is_replaced();
    ck_assert_str_eq(client_lists(LIST_INACTIVE | LIST_AUTOSTART), expected);
}
END_TEST

START_TEST(a_copy_with_the_same_uuid_is_left_and_the_later_one_counts)
{
    put_file("domains/a.xml", world_xml("a", 'w', "<title>older</title>"));
    put_file("domains/b.xml", world_xml("b", 'w', "<title>newer</title>"));
    file_is_from("domains/a.xml", _i ? 2000 : 1000);
    file_is_from("domains/b.xml", _i ? 1000 : 2000);
    daemon_is_replaced();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), _i ? "a " : "b ");
    ck_assert_int_eq(world_task.operation, 0);
    assert_file("domains/a.xml", true);
    assert_file("domains/b.xml", true);
    ck_assert_ptr_nonnull(strstr(logged, "is left as it is"));
}
END_TEST

static const struct {
    const char *name, *text, *said;
} unreadable[] = {
    {"bad", "<domain type='xen'>\n<name>bad</name>\n<memory>", "/domains/bad.xml: line 3"},
    {"other", NULL, "/domains/other.xml: <name> is 'web'"},
    {"none",
     "<domain type='xen'><name>none</name><memory>131072</memory><os><type>xen</type>"
     "<kernel>/k</kernel></os></domain>",
     "/domains/none.xml: line 1: <domain>: <uuid> is missing"},
    {"zero",
     "<domain type='xen'><name>zero</name><uuid>00000000-0000-0000-0000-000000000000</uuid>"
     "<memory>131072</memory><os><type>xen</type><kernel>/k</kernel></os></domain>",
     "/domains/zero.xml: <uuid> is that of the control domain"},
};

START_TEST(a_file_that_cannot_be_read_is_said_with_its_line_and_left)
{
    cleanup_free char *name = xasprintf("domains/%s.xml", unreadable[_i].name);

    web_is_defined("one");
    put_file(name, unreadable[_i].text ? unreadable[_i].text : world_xml("web", 'o', ""));
    daemon_is_replaced();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
    assert_file(name, true);
    ck_assert_msg(strstr(logged, unreadable[_i].said), "%s", logged);
    ck_assert_uint_eq(domains_unread(daemon_->domains), 1);
    ck_assert_int_eq(unlink(world_path(name)), 0);
    reload();
    ck_assert_uint_eq(domains_unread(daemon_->domains), 0);
    put_file(name, "<domain");
    reload();
    ck_assert_uint_eq(domains_unread(daemon_->domains), 1);
}
END_TEST

START_TEST(a_file_that_could_not_be_read_is_not_written_over)
{
    web_is_defined("one");
    put_file("domains/new.xml", "<domain");
    client_renames("web", "new");
    worker_does_it();
    assert_file_says("domains/new.xml", "<domain");
    put_file("domains/other.xml", "<domain");
    client_defines(world_xml("other", 'o', ""));
    worker_does_it();
    assert_file_says("domains/other.xml", "<domain");
}
END_TEST

/* _i: its text, or a definition that is another one's. */
START_TEST(what_is_stored_is_not_changed_while_its_file_cannot_be_read)
{
    web_is_defined("one");
    put_file("domains/web.xml", _i ? world_xml("web", 'o', "") : "<domain");
    reload();
    client_defines(web_xml("two"));
    assert_answer(ERR_OPERATION_FAILED, "domains/web.xml cannot be read since it was changed");
    client_renames("web", "new");
    assert_answer(ERR_OPERATION_FAILED, "domains/web.xml cannot be read");
    client_sets_metadata(METADATA_TITLE, "two", NULL, NULL, AFFECT_CONFIG);
    assert_answer(ERR_OPERATION_FAILED, "domains/web.xml cannot be read");
    assert_file_says("domains/web.xml", _i ? "<domain type" : "<domain");
    client_sets_autostart("web", true);
    worker_does_it();
    client_defines(web_xml("two"));
    assert_answer(ERR_OPERATION_FAILED, "domains/web.xml cannot be read");
    put_file("domains/web.xml", web_xml("three"));
    reload();
    client_defines(web_xml("two"));
    worker_does_it();
    assert_file_says("domains/web.xml", "<title>two");
    put_file("domains/web.xml", "<domain");
    reload();
    client_calls(DOMAIN_UNDEFINE, "web");
    worker_does_it();
    client_defines(web_xml("two"));
    worker_does_it();
    assert_file_says("domains/web.xml", "<title>two");
}
END_TEST

START_TEST(a_file_that_goes_while_all_are_read_is_not_complained_of)
{
    char name[] = "domains/a.xml";

    for (char letter = 'a'; letter <= 'z'; letter++) {
        name[strlen("domains/")] = letter;
        put_file(name, world_xml((char[]){letter, '\0'}, letter, ""));
    }
    domains_reload(daemon_->domains);
    while (!domain("a"))
        loop_run_once(daemon_->loop);
    for (char letter = 'b'; letter <= 'z'; letter++) {
        name[strlen("domains/")] = letter;
        ck_assert_int_eq(unlink(world_path(name)), 0);
    }
    reload_ends();
    ck_assert_ptr_null(strstr(logged, "cannot be read and"));
    ck_assert_uint_eq(domains_unread(daemon_->domains), 0);
    reload();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "a ");
}
END_TEST

START_TEST(no_more_files_are_read_than_are_allowed)
{
    put_file("domains/a.xml", world_xml("a", 'a', ""));
    put_file("domains/b.xml", world_xml("b", 'b', ""));
    put_file("domains/b.xml.bak", "not one of them");
    world_max_definitions = 1;
    daemon_is_replaced();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "a ");
    ck_assert_ptr_nonnull(strstr(logged, "max_definitions"));
    assert_file("domains/b.xml.bak", true);
}
END_TEST

/*----- reload -----*/

/* The file had its name, and the folder could not be synced. */
START_TEST(after_a_failure_the_file_says_what_is_stored)
{
    web_is_defined("one");
    client_defines(web_xml("two"));
    world_worker_changes_files(1);
    logged[0] = '\0';
    world_worker_fails(ERR_SYSTEM, "cannot sync");
    assert_answer(ERR_SYSTEM, "cannot sync");
    reload_ends();
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 0), "<title>two</title>"));
    ck_assert_str_eq(world_events, "DEFINED web -1 1;");
}
END_TEST

START_TEST(a_reload_sees_what_was_put_changed_and_removed)
{
    web_is_defined("one");
    client_defines(world_xml("gone", 'g', ""));
    worker_does_it();
    client_defines(world_xml("same", 's', ""));
    worker_does_it();
    world_events[0] = '\0';
    put_file("domains/web.xml", web_xml("two"));
    put_file("domains/more.xml", world_xml("more", 'm', ""));
    put_file("autostart/more.xml", "");
    put_file("domains/bad.xml", "<");
    ck_assert_int_eq(unlink(world_path("domains/gone.xml")), 0);
    reload();
    ck_assert_str_eq(world_events, "DEFINED more -1 0;DEFINED web -1 1;UNDEFINED gone -1 0;");
    ck_assert_str_eq(client_lists(LIST_AUTOSTART), "more ");
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 0), "<title>two</title>"));
    ck_assert_msg(strstr(logged, "3 are known; 1 added, 1 changed, 1 gone, 1 cannot be read"), "%s",
                  logged);
    world_events[0] = '\0';
    ck_assert_int_eq(unlink(world_path("domains/bad.xml")), 0);
    reload();
    ck_assert_str_eq(world_events, "");
}
END_TEST

START_TEST(a_reload_finds_managed_saves_of_what_was_put)
{
    put_file("web.save", "an image");
    put_file("domains/web.xml", web_xml("one"));
    put_file("domains/more.xml", world_xml("more", 'm', ""));
    reload();
    ck_assert_int_eq(client_asks(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    ck_assert_int_eq(client_asks(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "more"), 0);
}
END_TEST

START_TEST(a_reload_finds_links_whatever_the_names)
{
    static const char *const names[] = {"a", "a-b", "a.b", "a b", "ab"};

    for (size_t n = 0; n < array_size(names); n++) {
        cleanup_free char *file = xasprintf("domains/%s.xml", names[n]);
        cleanup_free char *link = xasprintf("autostart/%s.xml", names[n]);

        put_file(file, world_xml(names[n], (char)('a' + n), ""));
        put_file(link, "");
    }
    reload();
    ck_assert_str_eq(client_lists(LIST_NO_AUTOSTART), "Domain-0 ");
    ck_assert_uint_eq(domains_count(daemon_->domains), 1 + array_size(names));
}
END_TEST

START_TEST(a_file_that_says_the_same_in_other_lines_has_not_changed)
{
    cleanup_free char *text = NULL, *other = NULL;
    struct err         err;

    web_is_defined("one");
    ck_assert_int_eq(file_read(world_path("domains/web.xml"), 1 << 20, &text, NULL, &err), 0);
    other = xasprintf("\n\n%s\n", text);
    put_file("domains/web.xml", other);
    reload();
    ck_assert_str_eq(world_events, "");
    ck_assert_ptr_nonnull(strstr(logged, "0 changed"));
}
END_TEST

START_TEST(a_reload_sees_a_file_that_was_renamed_with_its_name)
{
    web_is_defined("one");
    put_file("domains/new.xml", world_xml("new", 'w', ""));
    ck_assert_int_eq(unlink(world_path("domains/web.xml")), 0);
    reload();
    ck_assert_str_eq(world_events, "UNDEFINED web -1 1;DEFINED new -1 2;");
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "new ");
}
END_TEST

/* Else the guest would be started afresh, beside the memory that it was saved with. */
START_TEST(a_reload_sees_a_managed_save_that_was_put_or_removed)
{
    cleanup_free char *lines = xasprintf("\n%s", web_xml("two"));

    web_is_defined("one");
    put_file("web.save", "an image");
    reload();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    /* In other lines, or with another text: so it is, too. */
    ck_assert_int_eq(unlink(image_path()), 0);
    put_file("domains/web.xml", web_xml("two"));
    reload();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 0);
    put_file("web.save", "an image");
    put_file("domains/web.xml", lines);
    reload();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
}
END_TEST

/* It was read before that job had ended. */
START_TEST(a_reload_believes_a_job_about_a_managed_save)
{
    web_is_defined("one");
    web_is_started();
    logged[0] = '\0';
    domains_reload(daemon_->domains);
    client_calls_with(DOMAIN_MANAGED_SAVE, "web", 0);
    worker_does_it();
    reload_ends();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    logged[0] = '\0';
    domains_reload(daemon_->domains);
    client_calls_with(DOMAIN_MANAGED_SAVE_REMOVE, "web", 0);
    reload_ends();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    world_answers = 0;
    worker_does_it();
}
END_TEST

START_TEST(a_definition_that_is_put_back_has_its_managed_save)
{
    web_is_saved();
    ck_assert_int_eq(unlink(world_path("domains/web.xml")), 0);
    reload();
    ck_assert_ptr_null(domain("web"));
    put_file("domains/web.xml", web_xml("one"));
    reload();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "web"), 1);
    client_calls(DOMAIN_CREATE, "web");
    ck_assert_int_eq(world_task.operation, WORKER_RESTORE);
    world_worker_identifies(web_xml("one"));
    worker_does_it();
}
END_TEST

START_TEST(a_managed_save_is_of_the_name_under_which_it_was_made)
{
    web_is_saved();
    put_file("domains/new.xml", world_xml("new", 'w', ""));
    ck_assert_int_eq(unlink(world_path("domains/web.xml")), 0);
    reload();
    ck_assert_int_eq(client_asks_with(DOMAIN_HAS_MANAGED_SAVE_IMAGE, "new"), 0);
    ck_assert_msg(strstr(logged, "the managed save of 'web' is left"), "%s", logged);
}
END_TEST

START_TEST(a_reload_leaves_what_a_client_changes_meanwhile)
{
    web_is_defined("one");
    client_defines(web_xml("two"));
    put_file("domains/web.xml", web_xml("three"));
    reload();
    world_answers = 0;
    worker_does_it();
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 0), "<title>two</title>"));
    ck_assert_str_eq(world_events, "DEFINED web -1 1;");
}
END_TEST

START_TEST(a_guest_whose_file_was_removed_runs_on)
{
    web_is_defined("one");
    web_is_started();
    ck_assert_int_eq(unlink(world_path("domains/web.xml")), 0);
    reload();
    ck_assert_str_eq(world_events, "UNDEFINED web 1 0;");
    ck_assert_str_eq(client_lists(LIST_TRANSIENT | LIST_ACTIVE), "Domain-0 web ");
}
END_TEST

START_TEST(a_name_that_a_file_has_got_is_told_when_its_guest_has_stopped)
{
    web_is_defined("one");
    web_is_started();
    put_file("domains/new.xml", world_xml("new", 'w', ""));
    ck_assert_int_eq(unlink(world_path("domains/web.xml")), 0);
    reload();
    ck_assert_str_eq(world_events, "DEFINED web 1 1;");
    world_events[0] = '\0';
    client_calls(DOMAIN_DESTROY, "web");
    worker_does_it();
    ck_assert_str_eq(world_events, "STOPPED web -1 1;UNDEFINED web -1 1;DEFINED new -1 2;");
}
END_TEST

/*----- what has happened while there was no daemon -----*/

START_TEST(what_was_put_changed_and_removed_without_a_daemon_is_told_once)
{
    web_is_defined("one");
    client_defines(world_xml("gone", 'g', ""));
    worker_does_it();
    client_defines(world_xml("same", 's', ""));
    worker_does_it();
    client_defines(world_xml("old", 'r', ""));
    worker_does_it();
    world_events[0] = '\0';
    world_stop(daemon_);
    put_file("domains/web.xml", web_xml("two"));
    put_file("domains/more.xml", world_xml("more", 'm', ""));
    put_file("domains/renamed.xml", world_xml("renamed", 'r', ""));
    ck_assert_int_eq(unlink(world_path("domains/gone.xml")), 0);
    ck_assert_int_eq(unlink(world_path("domains/old.xml")), 0);
    daemon_ = world_start();
    world_turn();
    ck_assert_str_eq(world_events, "DEFINED more -1 0;UNDEFINED old -1 1;DEFINED renamed -1 2;"
                                   "DEFINED web -1 1;UNDEFINED gone -1 0;");
    ck_assert_ptr_null(domain("gone"));
    world_events[0] = '\0';
    daemon_is_replaced();
    ck_assert_str_eq(world_events, "");
    client_defines(world_xml("gone", 'g', ""));
    worker_does_it();
    ck_assert_str_eq(world_events, "DEFINED gone -1 0;");
}
END_TEST

START_TEST(a_guest_whose_file_went_without_a_daemon_runs_on)
{
    web_is_defined("one");
    web_is_started();
    world_stop(daemon_);
    ck_assert_int_eq(unlink(world_path("domains/web.xml")), 0);
    daemon_ = world_start();
    world_turn();
    ck_assert_str_eq(world_events, "UNDEFINED web 1 0;");
    ck_assert_str_eq(client_lists(LIST_TRANSIENT | LIST_ACTIVE), "web Domain-0 ");
}
END_TEST

START_TEST(what_the_first_daemon_since_boot_finds_is_no_news)
{
    web_is_defined("one");
    world_stop(daemon_);
    ck_assert_int_eq(unlink(world_path("../definitions/"
                                       "77777777-7777-7777-7777-777777777777.definition")),
                     0);
    ck_assert_int_eq(rmdir(world_path("../definitions")), 0);
    daemon_ = world_start();
    world_turn();
    ck_assert_str_eq(world_events, "");
    daemon_is_replaced();
    ck_assert_str_eq(world_events, "");
}
END_TEST

/* Its interface has another address whenever the file is read. */
START_TEST(a_file_that_leaves_something_open_is_no_news_to_the_next_daemon)
{
    put_file("domains/web.xml", world_xml("web", 'w',
                                          "<devices><interface type='bridge'>"
                                          "<source bridge='br0'/></interface></devices>"));
    reload();
    ck_assert_str_eq(world_events, "DEFINED web -1 0;");
    world_events[0] = '\0';
    daemon_is_replaced();
    ck_assert_str_eq(world_events, "");
}
END_TEST

START_TEST(the_next_daemon_knows_what_was_updated_since_its_guest_was_started)
{
    web_is_defined("one");
    web_is_started();
    client_defines(web_xml("two"));
    worker_does_it();
    daemon_is_replaced();
    ck_assert_int_eq(client_asks(DOMAIN_IS_UPDATED, "web"), 1);
    client_calls(DOMAIN_DESTROY, "web");
    worker_does_it();
    ck_assert_int_eq(client_asks(DOMAIN_IS_UPDATED, "web"), 0);
    web_is_started();
    daemon_is_replaced();
    ck_assert_int_eq(client_asks(DOMAIN_IS_UPDATED, "web"), 0);
    world_stop(daemon_);
    put_file("domains/web.xml", web_xml("three"));
    daemon_ = world_start();
    world_turn();
    ck_assert_int_eq(client_asks(DOMAIN_IS_UPDATED, "web"), 1);
    world_stop(daemon_);
    world_domain_goes(2);
    daemon_ = world_start();
    world_turn();
    ck_assert_int_eq(client_asks(DOMAIN_IS_UPDATED, "web"), 0);
}
END_TEST

/*----- guests of xl -----*/

START_TEST(a_stored_domain_that_xl_starts_is_that_one)
{
    web_is_defined("one");
    world_domain(5, 'w', "web");
    world_changed();
    ck_assert_str_eq(world_events, "STARTED web 5 0;");
    ck_assert_str_eq(client_lists(LIST_PERSISTENT | LIST_ACTIVE), "web ");
    ck_assert_int_eq(domain("web")->owner, DOMAIN_OF_XL);
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", 0), "foreign"));
    ck_assert_ptr_nonnull(strstr(client_asks_xml("web", DOMAIN_XML_INACTIVE), "one"));
    world_domain_goes(5);
    world_changed();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
    web_is_started();
    ck_assert_int_eq(domain("web")->owner, DOMAIN_OF_DOM0D);
}
END_TEST

START_TEST(whose_a_run_is_is_found_out_anew)
{
    web_is_defined("one");
    web_is_started();
    client_calls(DOMAIN_DESTROY, "web");
    worker_does_it();
    world_domain(5, 'w', "web");
    world_changed();
    ck_assert_int_eq(domain("web")->owner, DOMAIN_OF_XL);
}
END_TEST

START_TEST(a_domain_that_xl_has_renamed_is_called_as_before_when_it_stops)
{
    web_is_defined("one");
    web_is_started();
    world_renamed(1, "theirs");
    world_turn();
    ck_assert_ptr_nonnull(domain("theirs"));
    client_defines(world_xml("web", 'x', ""));
    assert_answer(ERR_OPERATION_FAILED, "already exists");
    client_calls(DOMAIN_DESTROY, "theirs");
    worker_does_it();
    ck_assert_str_eq(client_lists(LIST_INACTIVE), "web ");
    assert_file("domains/web.xml", true);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("definitions");
    TCase   *tc = tcase_create("definitions");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_definition_is_on_the_disk_when_that_is_answered);
    tcase_add_test(tc, a_definition_that_could_not_be_written_is_none);
    tcase_add_test(tc, what_is_defined_again_is_updated);
    tcase_add_test(tc, a_name_or_a_uuid_that_is_another_domains_is_refused);
    tcase_add_test(tc, what_cannot_be_a_definition_is_refused);
    tcase_add_test(tc, there_are_no_more_definitions_than_are_allowed);
    tcase_add_test(tc, a_definition_that_is_being_written_counts_among_those_allowed);
    tcase_add_test(tc, a_defined_domain_is_there_when_its_guest_has_ended);
    tcase_add_test(tc, a_domain_is_not_destroyed_unless_it_runs_or_is_being_started);
    tcase_add_test(tc, a_domain_that_runs_keeps_what_it_was_started_with);
    tcase_add_test(tc, an_image_gets_what_runs);
    tcase_add_test(tc, a_transient_domain_becomes_persistent_and_transient_again);
    tcase_add_test(tc, a_defined_domain_may_be_created_from_another_xml);
    tcase_add_test(tc, a_domain_that_does_not_run_says_what_it_will_have);
    tcase_add_test(tc, a_start_that_fails_leaves_the_domain_off);
    tcase_add_test(tc, a_domain_that_runs_is_not_started);
    tcase_add_test(tc, a_domain_is_started_paused_and_its_id_is_answered);
    tcase_add_test(tc, a_start_may_ask_for_xml_that_is_all_known);
    tcase_add_test(tc, flags_that_do_not_apply_are_refused);
    tcase_add_test(tc, a_managed_save_is_kept_for_the_next_start);
    tcase_add_test(tc, a_save_that_fails_is_no_managed_save);
    tcase_add_test(tc, a_transient_domain_has_no_managed_save);
    tcase_add_test(tc, a_start_restores_the_managed_save_which_goes_then);
    tcase_add_test(tc, an_image_of_another_domain_is_not_restored);
    tcase_add_loop_test(tc, a_guest_that_was_saved_under_another_name_goes_on_under_it, 0, 2);
    tcase_add_loop_test(tc, a_managed_save_is_made_useless_by_nothing_that_runs_meanwhile, 0, 2);
    tcase_add_test(tc, a_restore_that_fails_keeps_the_managed_save);
    tcase_add_test(tc, a_start_by_force_removes_the_managed_save_first);
    tcase_add_test(tc, a_managed_save_that_cannot_be_removed_is_not_made_useless);
    tcase_add_test(tc, a_managed_save_is_removed_on_request);
    tcase_add_test(tc, a_domain_is_undefined_with_its_managed_save_or_not_at_all);
    tcase_add_loop_test(tc, an_undefine_that_was_cut_short_leaves_no_image_that_is_not_seen, 0, 4);
    tcase_add_loop_test(tc, an_image_that_is_there_is_seen_when_its_guest_is_defined, 0, 2);
    tcase_add_test(tc, an_image_is_seen_also_where_the_next_daemon_ends_the_define);
    tcase_add_test(tc, who_asks_for_the_xml_of_what_was_undefined_hears_that);
    tcase_add_test(tc, the_next_daemon_finds_managed_saves);
    tcase_add_test(tc, the_xml_in_a_managed_save_is_told_and_changed);
    tcase_add_test(tc, an_image_that_was_imported_is_what_a_start_restores);
    tcase_add_test(tc, an_import_that_fails_is_no_managed_save);
    tcase_add_test(tc, a_guest_that_has_a_managed_save_or_runs_or_does_not_last_imports_none);
    tcase_add_test(tc, the_next_daemon_goes_on_with_an_import);
    tcase_add_loop_test(tc, a_domain_is_not_undefined_while_its_managed_save_is_made, 0, 2);
    tcase_add_test(tc, a_domain_that_is_being_undefined_gets_no_managed_save);
    tcase_add_test(tc, a_domain_that_is_being_renamed_imports_no_image);
    tcase_add_test(tc, a_definition_that_is_checked_is_told_and_not_stored);
    tcase_add_test(tc, why_a_definition_that_is_checked_is_none_is_told);
    tcase_add_test(tc, what_a_definition_that_is_checked_would_meet_is_told);
    tcase_add_test(tc, what_is_undefined_has_gone_with_its_link);
    tcase_add_test(tc, what_is_not_stored_is_not_undefined_or_started_with_the_host);
    tcase_add_test(tc, autostart_is_a_link_that_the_next_daemon_finds);
    tcase_add_test(tc, every_filter_of_the_list_is_obeyed);
    tcase_add_test(tc, a_renamed_domain_has_its_new_name_everywhere);
    tcase_add_test(tc, a_rename_that_is_not_possible_is_refused);
    tcase_add_test(tc, a_domain_that_is_being_renamed_is_not_started_and_keeps_both_names);
    tcase_add_test(tc, a_title_is_changed_of_what_runs_and_of_what_is_stored);
    tcase_add_test(tc, an_element_of_metadata_is_set_and_removed);
    tcase_add_test(tc, metadata_is_not_changed_where_that_makes_no_sense);
    tcase_add_test(tc, a_guest_of_xl_has_no_metadata_and_gets_none);
    tcase_add_test(tc, an_action_is_changed_of_what_runs_and_is_obeyed);
    tcase_add_test(tc, a_definition_waits_for_no_guest_and_no_guest_for_a_disk);
    tcase_add_test(tc, changes_of_a_definition_are_done_in_order);
    tcase_add_test(tc, the_next_daemon_knows_what_is_stored_and_what_runs);
    tcase_add_loop_test(tc, a_definition_whose_daemon_was_killed_is_stored_once, 0, 4);
    tcase_add_test(tc, a_definition_that_waited_when_the_daemon_was_killed_is_stored);
    tcase_add_loop_test(tc, a_change_that_waited_when_the_daemon_was_killed_is_made, 1, 4);
    tcase_add_loop_test(tc, a_change_whose_daemon_was_killed_in_its_middle_is_made_whole, 0, 8);
    tcase_add_test(tc, an_element_that_waited_when_the_daemon_was_killed_is_there);
    tcase_add_test(tc, an_action_that_waited_when_the_daemon_was_killed_is_obeyed);
    tcase_add_test(tc, a_change_that_the_next_daemon_does_not_know_is_aborted);
    tcase_add_test(tc, a_change_whose_job_cannot_be_read_now_is_made_when_it_can);
    tcase_add_test(tc, what_no_job_is_to_change_any_more_is_forgotten);
    tcase_add_test(tc, what_was_changed_of_a_guest_while_it_was_started_the_next_daemon_knows);
    tcase_add_test(tc, a_change_that_cannot_be_recorded_is_not_made_and_the_client_is_told);
    tcase_add_loop_test(tc, an_undefine_whose_daemon_was_killed_is_done, 0, 3);
    tcase_add_loop_test(tc, a_rename_whose_daemon_was_killed_is_done, 0, 5);
    tcase_add_test(tc, a_rename_that_is_taken_up_again_keeps_its_new_file);
    tcase_add_test(tc, a_start_that_waited_when_the_daemon_was_killed_is_done);
    tcase_add_loop_test(tc, of_a_rename_that_was_cut_short_with_the_host_the_new_name_stays, 0, 2);
    tcase_add_loop_test(tc, a_copy_with_the_same_uuid_is_left_and_the_later_one_counts, 0, 2);
    tcase_add_loop_test(tc, a_file_that_cannot_be_read_is_said_with_its_line_and_left, 0,
                        (int)array_size(unreadable));
    tcase_add_test(tc, a_file_that_could_not_be_read_is_not_written_over);
    tcase_add_loop_test(tc, what_is_stored_is_not_changed_while_its_file_cannot_be_read, 0, 2);
    tcase_add_test(tc, a_file_that_goes_while_all_are_read_is_not_complained_of);
    tcase_add_test(tc, no_more_files_are_read_than_are_allowed);
    tcase_add_test(tc, after_a_failure_the_file_says_what_is_stored);
    tcase_add_test(tc, a_reload_sees_what_was_put_changed_and_removed);
    tcase_add_test(tc, a_reload_finds_managed_saves_of_what_was_put);
    tcase_add_test(tc, a_reload_finds_links_whatever_the_names);
    tcase_add_test(tc, a_file_that_says_the_same_in_other_lines_has_not_changed);
    tcase_add_test(tc, a_reload_sees_a_file_that_was_renamed_with_its_name);
    tcase_add_test(tc, a_reload_sees_a_managed_save_that_was_put_or_removed);
    tcase_add_test(tc, a_reload_believes_a_job_about_a_managed_save);
    tcase_add_test(tc, a_definition_that_is_put_back_has_its_managed_save);
    tcase_add_test(tc, a_managed_save_is_of_the_name_under_which_it_was_made);
    tcase_add_test(tc, a_reload_leaves_what_a_client_changes_meanwhile);
    tcase_add_test(tc, a_guest_whose_file_was_removed_runs_on);
    tcase_add_test(tc, a_name_that_a_file_has_got_is_told_when_its_guest_has_stopped);
    tcase_add_test(tc, what_was_put_changed_and_removed_without_a_daemon_is_told_once);
    tcase_add_test(tc, a_guest_whose_file_went_without_a_daemon_runs_on);
    tcase_add_test(tc, what_the_first_daemon_since_boot_finds_is_no_news);
    tcase_add_test(tc, a_file_that_leaves_something_open_is_no_news_to_the_next_daemon);
    tcase_add_test(tc, the_next_daemon_knows_what_was_updated_since_its_guest_was_started);
    tcase_add_test(tc, a_stored_domain_that_xl_starts_is_that_one);
    tcase_add_test(tc, whose_a_run_is_is_found_out_anew);
    tcase_add_test(tc, a_domain_that_xl_has_renamed_is_called_as_before_when_it_stops);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
