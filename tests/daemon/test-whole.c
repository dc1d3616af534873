/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-whole.c: the daemon's program and its workers', as they are, on the fake Xen.  What is
 * tested here is what no part can show: that processes outlive each other, and leave nothing
 * behind.
 *
 * $DOM0D_CYCLES says how many guests are created and destroyed, see HACKING.
 */
#include <check.h>
#include <dirent.h>
#include <libxl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "driver/host.h"
#include "eventloop/loop.h"
#include "fake-xen.h"
#include "processes.h"
#include "wire/dom0d.h"
#include "wire/frame.h"
#include "wire/record.h"
#include "wire/remote.h"
#include "wire/state.h"

#define PATIENCE_USEC 60000000

/* What is to be under way while something else is done, on a machine with many other things to do:
 * by steps, which are quick when the delay is taken back. */
#define SLOW_MSEC 20000
#define CYCLES 50
#define CYCLES_BEFORE 30 /* what is kept for later has been made then */
#define GROWTH_KIB 512

enum {
    CONNECT_OPEN = 1,
    CREATE_XML = 10,
    DESTROY = 12,
    GET_XML_DESC = 14,
    GET_INFO = 16,
    LOOKUP_BY_NAME = 23,
    SHUTDOWN = 33,
    SAVE = 55,
    GET_STATE = 212,
    LIST_ALL_DOMAINS = 273,
    EVENT_REGISTER_ANY = 316,
};
enum { JOB_WAIT = 2 };

static char     dir[64], conf[96], sock[96];
static pid_t    daemon_pid;
static int      client = -1;
static uint32_t serial;

/*----- the daemon -----*/

static void
configure(const char *more)
{
    const char        *build = getenv("top_builddir");
    cleanup_free char *absolute = realpath(build ? build : ".", NULL);
    cleanup_free char *text =
        xasprintf("config_dir = %s/etc\nsave_dir = %s\nrun_dir = %s/run\nsocket = %s\nsocket_ro = "
                  "%s-ro\nsocket_group =\n"
                  "log_level = error\nworker = %s/tests/fakes/dom0d-worker-fake\n%s",
                  dir, dir, dir, sock, sock, absolute, more);
    struct err err;

    ck_assert_int_eq(file_replace(conf, text, strlen(text), 0600, &err), 0);
}

/* Where they are built with it: what was freed is free, so that memory can be measured. */
static void
tame_sanitizer(void)
{
    const char        *options = getenv("ASAN_OPTIONS");
    cleanup_free char *tame = xasprintf("%s:quarantine_size_mb=0:thread_local_quarantine_size_kb=0",
                                        options ? options : "");

    setenv("ASAN_OPTIONS", tame, 1);
}

static void
daemon_starts(void)
{
    const char        *build = getenv("top_builddir");
    cleanup_free char *program = xasprintf("%s/tests/fakes/dom0d-fake", build ? build : ".");
    char              *argv[] = {program, (char[]){"--config"}, conf, NULL};

    ck_assert_int_eq(posix_spawn(&daemon_pid, program, NULL, NULL, argv, environ), 0);
}

static void
daemon_gets(int signum)
{
    int status;

    kill(daemon_pid, signum);
    ck_assert_int_eq(waitpid(daemon_pid, &status, 0), daemon_pid);
    if (signum == SIGTERM)
        ck_assert_int_eq(status, 0); /* it has not lost memory, for one */
    close(take_fd(client));
}

/*----- a client -----*/

static void
send_call(uint32_t program, int procedure, xdrproc_t filter, const void *args)
{
    const struct wire_header header = {.program = program,
                                       .version = WIRE_VERSION,
                                       .procedure = procedure,
                                       .type = WIRE_CALL,
                                       .serial = ++serial};
    cleanup_free void       *frame = NULL;
    size_t                   size;
    struct err               err;

    ck_assert_int_eq(wire_encode(&header, filter, args, &frame, &size, &err), 0);
    ck_assert_int_eq(file_write_all(client, frame, size), 0);
}

static void
receive_all(void *to, size_t size)
{
    ck_assert_int_eq(recv(client, to, size, MSG_WAITALL), (ssize_t)size);
}

/* The next frame; *size_out is its size. */
static const uint8_t *
receive_frame(size_t *size_out, struct wire_header *header_out)
{
    static uint8_t frame[1 << 20];
    struct err     err;

    *size_out = 0;
    receive_all(frame, 4);
    ck_assert_int_eq(wire_frame_size(frame, 4, size_out, &err), 0);
    ck_assert_uint_le(*size_out, sizeof frame);
    receive_all(frame + 4, *size_out - 4);
    wire_header_decode(frame, *size_out, header_out);
    return frame;
}

/* The reply to the last call; err_out->code is ERR_NONE where it is a good one. */
static void
receive_reply(xdrproc_t filter, void *ret_out, struct err *err_out)
{
    const uint8_t     *frame;
    struct wire_header header;
    size_t             size;

    *err_out = (struct err){.code = ERR_NONE};
    do
        frame = receive_frame(&size, &header);
    while (header.type == WIRE_MESSAGE); /* an event */
    ck_assert_uint_eq(header.serial, serial);
    if (header.status != WIRE_OK)
        wire_decode_error(frame, size, err_out);
    else if (ret_out)
        ck_assert_int_eq(wire_decode(frame, size, filter, ret_out, err_out), 0);
}

static void
client_connects(void)
{
    struct sockaddr_un       address = {.sun_family = AF_UNIX};
    remote_connect_open_args open = {.flags = 0};
    uint64_t                 end = loop_now_usec() + PATIENCE_USEC;
    struct err               err;

    snprintf(address.sun_path, sizeof address.sun_path, "%s", sock);
    client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    while (connect(client, (struct sockaddr *)&address, sizeof address) < 0) {
        ck_assert_msg(loop_now_usec() < end, "the daemon does not listen");
        usleep(5000);
    }
    send_call(WIRE_PROGRAM_REMOTE, CONNECT_OPEN, (xdrproc_t)xdr_remote_connect_open_args, &open);
    receive_reply(NULL, NULL, &err);
    ck_assert_int_eq(err.code, ERR_NONE);
}

static remote_nonnull_domain
web(void)
{
    static char           name[] = "web";
    remote_nonnull_domain dom = {.name = name, .id = -1};

    memset(dom.uuid, 'w', sizeof dom.uuid);
    return dom;
}

static void
ask_to_create(void)
{
    cleanup_free char *xml = xasprintf(
        "<domain type='xen'><name>web</name><uuid>77777777-7777-7777-7777-777777777777</uuid>"
        "<memory unit='MiB'>128</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='xenpvh'>"
        "xenpvh</type><kernel>%s</kernel></os></domain>",
        conf);
    remote_domain_create_xml_args args = {.xml_desc = xml};

    send_call(WIRE_PROGRAM_REMOTE, CREATE_XML, (xdrproc_t)xdr_remote_domain_create_xml_args, &args);
}

static void
create(void)
{
    struct err err;

    ask_to_create();
    receive_reply(NULL, NULL, &err);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.message);
}

static void
destroy(void)
{
    remote_domain_destroy_args args = {.dom = web()};
    struct err                 err;

    send_call(WIRE_PROGRAM_REMOTE, DESTROY, (xdrproc_t)xdr_remote_domain_destroy_args, &args);
    receive_reply(NULL, NULL, &err);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.message);
}

static void
ask_to_save(void)
{
    cleanup_free char      *path = xasprintf("%s/image", dir);
    remote_domain_save_args args = {.dom = web(), .to = path};

    send_call(WIRE_PROGRAM_REMOTE, SAVE, (xdrproc_t)xdr_remote_domain_save_args, &args);
}

/* How the job ends. */
static void
wait_for_job(uint64_t id, struct err *err_out)
{
    dom0d_job_id_args  args = {.id = id};
    dom0d_job_wait_ret ret = {.code = 0};
    struct err         err;

    send_call(WIRE_PROGRAM_DOM0D, JOB_WAIT, (xdrproc_t)xdr_dom0d_job_id_args, &args);
    receive_reply((xdrproc_t)xdr_dom0d_job_wait_ret, &ret, &err);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.message);
    err_set(err_out, (enum err_code)ret.code, "%s", ret.message);
    wire_body_free((xdrproc_t)xdr_dom0d_job_wait_ret, &ret);
}

/*----- what there is of processes and files -----*/

struct figures {
    unsigned long rss_kib, threads, fds;
};

static size_t
count_entries(const char *path)
{
    DIR   *folder = opendir(path);
    size_t count = 0;

    ck_assert_msg(folder, "%s", path);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2;
}

static struct figures
measure(void)
{
    struct figures     figures = {0};
    cleanup_free char *fds = xasprintf("/proc/%d/fd", (int)daemon_pid);
    cleanup_free char *status = xasprintf("/proc/%d/status", (int)daemon_pid);
    FILE              *file = fopen(status, "r");
    char               line[256];

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        (void)sscanf(line, "VmRSS: %lu", &figures.rss_kib);
        (void)sscanf(line, "Threads: %lu", &figures.threads);
    }
    fclose(file);
    figures.fds = count_entries(fds);
    return figures;
}

/* Workers that have done their task are on their way out for a moment, and idle ones are made: this
 * waits until the number of descriptors has been the same for a while. */
static struct figures
measure_at_rest(void)
{
    uint64_t       end = loop_now_usec() + PATIENCE_USEC;
    struct figures figures = measure();

    for (int same = 0; same < 40 && loop_now_usec() < end; same++) {
        unsigned long fds = figures.fds;

        usleep(20000);
        figures = measure();
        if (figures.fds != fds)
            same = 0;
    }
    return figures;
}

static size_t
count_records(const char *folder)
{
    cleanup_free char *path = xasprintf("%s/run/%s", dir, folder);

    return count_entries(path);
}

/* The socket of the worker that is at work; "": there is none. */
static void
find_socket(char path_out[256])
{
    cleanup_free char *jobs = xasprintf("%s/run/jobs", dir);
    DIR               *folder = opendir(jobs);
    struct dirent     *entry;

    path_out[0] = '\0';
    ck_assert_ptr_nonnull(folder);
    while ((entry = readdir(folder))) {
        const char *suffix = strstr(entry->d_name, ".job");

        if (suffix && !suffix[4])
            snprintf(path_out, 256, "%s/%.*s", jobs, (int)(suffix - entry->d_name), entry->d_name);
    }
    closedir(folder);
}

/* The process of the worker that is at work, now or soon. */
static pid_t
find_worker(void)
{
    uint64_t end = loop_now_usec() + PATIENCE_USEC;
    char     path[256] = "";
    pid_t    pid;

    /* Its record is there before it has come to be that program. */
    do {
        usleep(2000);
        find_socket(path);
        pid = path[0] ? find_process(-1, path) : -1;
    } while (pid < 0 && loop_now_usec() < end);
    ck_assert_int_gt(pid, 1);
    return pid;
}

/*----- tests -----*/

static void
setup(void)
{
    /* As /run is, in memory: the daemon writes records there all the time. */
    snprintf(dir, sizeof dir, "%s/test-whole.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(conf, sizeof conf, "%s/conf", dir);
    snprintf(sock, sizeof sock, "%s/sock", dir);
    fake_xen_begin();
    configure("");
    tame_sanitizer();
    daemon_starts();
    client_connects();
}

static void
teardown(void)
{
    cleanup_free char *command = xasprintf("rm -rf '%s'", dir);

    daemon_gets(SIGTERM);
    ck_assert_uint_eq(count_records("queue"), 0);
    ck_assert_int_eq(system(command), 0);
    fake_xen_end();
}

static unsigned long
number_of_cycles(void)
{
    const char *text = getenv("DOM0D_CYCLES");

    return text ? strtoul(text, NULL, 10) : CYCLES;
}

START_TEST(guests_that_came_and_went_leave_nothing_in_the_daemon)
{
    unsigned long  cycles = number_of_cycles();
    uint64_t       begin;
    struct figures before, after;

    for (unsigned long n = 0; n < CYCLES_BEFORE; n++) {
        create();
        destroy();
    }
    before = measure_at_rest();
    begin = loop_now_usec();
    for (unsigned long n = 0; n < cycles; n++) {
        create();
        destroy();
    }
    printf("%lu guests created and destroyed in %.1f s\n", cycles,
           (double)(loop_now_usec() - begin) / 1e6);
    after = measure_at_rest();
    printf("before: %lu KiB, %lu descriptors, %lu threads\n", before.rss_kib, before.fds,
           before.threads);
    printf("after:  %lu KiB, %lu descriptors, %lu threads\n", after.rss_kib, after.fds,
           after.threads);
    ck_assert_uint_eq(after.fds, before.fds);
    ck_assert_uint_eq(after.threads, before.threads);
    ck_assert_uint_le(after.rss_kib, before.rss_kib + GROWTH_KIB);
    ck_assert_uint_eq(count_records("domains"), 1); /* dom0's */
    ck_assert_uint_eq(count_records("queue"), 0);
}
END_TEST

/* A save takes its time, and fails; its worker is killed before it has said how it ended. */
START_TEST(who_asked_hears_what_a_dying_worker_said_last)
{
    pid_t      worker;
    struct err err;

    create();
    fake_xen_rule("suspend", 1, ERROR_FAIL, false);
    fake_world()->delay_msec = SLOW_MSEC / 4;
    ask_to_save();
    worker = find_worker();
    while (!strstr(fake_world()->said, "suspend failed"))
        usleep(2000);
    kill(worker, SIGKILL);
    receive_reply(NULL, NULL, &err);
    ck_assert_int_eq(err.code, ERR_INTERNAL);
    ck_assert_msg(strstr(err.message, "killed by signal 9 (Killed) after the error 'suspend failed "
                                      "as it was told'"),
                  "%s", err.message);
    fake_world()->delay_msec = 0;
    destroy();
}
END_TEST

/* _i: it is killed, or told to stop. */
START_TEST(a_job_and_what_waits_for_it_outlive_the_daemon)
{
    cleanup_free char *waits = xasprintf("%s/run/queue/%020d.job", dir, 3);
    struct err         err;

    create();
    fake_world()->delay_msec = SLOW_MSEC;
    ask_to_save();
    (void)find_worker();
    ask_to_save();
    while (access(waits, F_OK) < 0)
        usleep(2000);
    daemon_gets(_i ? SIGTERM : SIGKILL);
    daemon_starts();
    client_connects();
    fake_world()->delay_msec = 0;
    wait_for_job(2, &err);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.message);
    wait_for_job(3, &err);
    ck_assert_msg(err.code == ERR_OPERATION_INVALID, "%s", err.message);
    ck_assert_uint_eq(fake_domain_count(), 0);
    ck_assert_uint_eq(count_records("domains"), 1);
}
END_TEST

/*----- xenstored does not answer -----*/

/* What is answered from memory and by hypercalls, on a machine with other things to do; what waits
 * takes twice as long at least. */
#define AT_ONCE_USEC (HOST_LIMIT_USEC / 2)

/* Where systemd would listen. */
static int
listen_for_notifications(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", dir);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", "1000000", 1);
    return fd;
}

static unsigned
count_watchdogs(int fd)
{
    char     message[512];
    unsigned count = 0;
    ssize_t  n;

    while ((n = recv(fd, message, sizeof message - 1, 0)) > 0) {
        message[n] = '\0';
        count += strstr(message, "WATCHDOG=1") != NULL;
    }
    return count;
}

static void
ask(int procedure, xdrproc_t filter, const void *args)
{
    struct err err;
    uint64_t   begin = loop_now_usec();

    send_call(WIRE_PROGRAM_REMOTE, procedure, filter, args);
    receive_reply(NULL, NULL, &err);
    ck_assert_msg(err.code == ERR_NONE, "%d: %s", procedure, err.message);
    ck_assert_uint_le(loop_now_usec() - begin, AT_ONCE_USEC);
}

static void
everything_is_answered_at_once(void)
{
    remote_connect_list_all_domains_args                   list = {.need_results = 1};
    remote_domain_get_info_args                            info = {.dom = web()};
    remote_domain_get_state_args                           state = {.dom = web()};
    remote_connect_domain_event_callback_register_any_args events = {.eventID = 0};

    ask(LIST_ALL_DOMAINS, (xdrproc_t)xdr_remote_connect_list_all_domains_args, &list);
    ask(GET_INFO, (xdrproc_t)xdr_remote_domain_get_info_args, &info);
    ask(GET_STATE, (xdrproc_t)xdr_remote_domain_get_state_args, &state);
    ask(EVENT_REGISTER_ANY, (xdrproc_t)xdr_remote_connect_domain_event_callback_register_any_args,
        &events);
}

/* Another client, which asks what needs xenstored.  Returns its socket. */
static int
ask_beside(int procedure, xdrproc_t filter, const void *args, uint32_t *serial_out)
{
    int first = client, beside;

    client_connects();
    send_call(WIRE_PROGRAM_REMOTE, procedure, filter, args);
    *serial_out = serial;
    beside = client;
    client = first;
    return beside;
}

static void
is_told_that_xenstored_is_silent(int beside, uint32_t beside_serial, uint64_t begin)
{
    int        first = client;
    uint32_t   last = serial;
    struct err err;

    client = beside;
    serial = beside_serial;
    receive_reply(NULL, NULL, &err);
    ck_assert_int_eq(err.code, ERR_OPERATION_TIMEOUT);
    ck_assert_msg(strstr(err.message, "xenstored does not answer"), "%s", err.message);
    ck_assert_uint_le(loop_now_usec() - begin, HOST_LIMIT_USEC + 20000000);
    close(client);
    client = first;
    serial = last;
}

static bool
is_known(const char *name)
{
    remote_domain_lookup_by_name_args args = {.name = (char *)(uintptr_t)name};
    struct err                        err;

    send_call(WIRE_PROGRAM_REMOTE, LOOKUP_BY_NAME, (xdrproc_t)xdr_remote_domain_lookup_by_name_args,
              &args);
    receive_reply(NULL, NULL, &err);
    return err.code == ERR_NONE;
}

START_TEST(an_xenstored_that_is_stopped_holds_up_only_who_needs_it)
{
    remote_domain_get_xml_desc_args xml = {.dom = web()};
    remote_domain_shutdown_args     stop = {.dom = web()};
    uint32_t                        serials[2];
    int                             notifications, beside[2];
    uint64_t                        begin;

    daemon_gets(SIGTERM);
    notifications = listen_for_notifications();
    daemon_starts();
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    client_connects();
    create();

    fake_world()->when = FAKE_AT_ONCE; /* no abort comes in time, once it is begun */
    fake_xenstored_stops();
    begin = loop_now_usec();
    beside[0] =
        ask_beside(GET_XML_DESC, (xdrproc_t)xdr_remote_domain_get_xml_desc_args, &xml, &serials[0]);
    beside[1] =
        ask_beside(SHUTDOWN, (xdrproc_t)xdr_remote_domain_shutdown_args, &stop, &serials[1]);
    fake_domain_named("web")->name[0] = 'W';
    for (int n = 0; n < 6; n++) {
        everything_is_answered_at_once();
        sleep(1);
        /* Where nobody reads them, the daemon has to wait. */
        ck_assert_uint_ge(count_watchdogs(notifications), 1);
    }
    close(notifications);
    ck_assert(is_known("web"));
    for (int n = 0; n < 2; n++)
        is_told_that_xenstored_is_silent(beside[n], serials[n], begin);
    everything_is_answered_at_once();

    fake_xenstored_goes_on();
    while (!is_known("Web") && loop_now_usec() < begin + 2 * PATIENCE_USEC)
        usleep(10000);
    ck_assert(is_known("Web") && !is_known("web"));
    ask(GET_XML_DESC, (xdrproc_t)xdr_remote_domain_get_xml_desc_args, &xml);
    ck_assert_msg(!fake_domain_named("Web")->shutdown, "it was given up before it was begun");
    fake_world()->when = FAKE_LATER;
    destroy();
}
END_TEST

/* A guest of dom0d, about which the next daemon asks libxl; and one of xl. */
START_TEST(a_lock_that_is_held_delays_only_the_xml_of_its_domain)
{
    remote_domain_get_xml_desc_args xml = {.dom = web()};
    struct fake_domain             *held;
    struct err                      err;

    create();
    held = fake_domain_add("held", 'h');
    held->locked = true;
    while (!is_known("held"))
        usleep(10000);
    daemon_gets(SIGKILL);
    daemon_starts();
    client_connects();
    ask(GET_XML_DESC, (xdrproc_t)xdr_remote_domain_get_xml_desc_args, &xml);
    everything_is_answered_at_once();
    memset(xml.dom.uuid, 'h', sizeof xml.dom.uuid);
    send_call(WIRE_PROGRAM_REMOTE, GET_XML_DESC, (xdrproc_t)xdr_remote_domain_get_xml_desc_args,
              &xml);
    receive_reply(NULL, NULL, &err);
    ck_assert_int_eq(err.code, ERR_OPERATION_TIMEOUT);
    ck_assert_msg(strstr(err.message, "another process holds the domain's lock"), "%s",
                  err.message);
    held->locked = false;
    fake_domain_goes(held);
    destroy();
}
END_TEST

/* Though it waits for xenstored, and sees no end of its socket. */
START_TEST(the_helper_ends_with_its_daemon)
{
    remote_domain_shutdown_args stop = {.dom = web()};
    uint32_t                    ignored;
    int                         beside;
    pid_t                       helper;

    create();
    fake_xenstored_stops();
    beside = ask_beside(SHUTDOWN, (xdrproc_t)xdr_remote_domain_shutdown_args, &stop, &ignored);
    everything_is_answered_at_once(); /* so that the shutdown was given to the helper */
    usleep(100000);
    helper = find_process(daemon_pid, "--host");
    ck_assert_int_gt(helper, 1);
    daemon_gets(SIGKILL);
    for (int n = 0; n < 6000 && process_runs(helper); n++)
        usleep(10000);
    ck_assert(!process_runs(helper));
    close(beside);
    fake_xenstored_goes_on();
    daemon_starts();
    client_connects();
    destroy();
}
END_TEST

START_TEST(the_record_of_a_task_names_its_worker)
{
    task_record        record = {.pid = 0};
    char               socket[256];
    cleanup_free char *path = NULL;
    pid_t              worker;
    struct err         err;

    create();
    fake_world()->delay_msec = SLOW_MSEC;
    ask_to_save();
    worker = find_worker();
    find_socket(socket);
    path = xasprintf("%s.job", socket);
    ck_assert_msg(record_read(path, (xdrproc_t)xdr_task_record, &record, &err) == 0, "%s",
                  err.message);
    ck_assert_int_eq(record.pid, worker);
    ck_assert_uint_gt(record.pid_started, 0);
    ck_assert_uint_eq(record.protocol, WORKER_VERSION);
    ck_assert_uint_eq(record.sequence, 1);
    fake_world()->delay_msec = 0;
    wire_body_free((xdrproc_t)xdr_task_record, &record);
    receive_reply(NULL, NULL, &err);
    ck_assert_int_eq(err.code, ERR_NONE);
}
END_TEST

/* As long as a destroy may take beside whatever hangs: grace, and patience on a busy machine. */
#define BOUND_USEC 8000000

/* _i: a daemon that was started since destroys, or the one that began the save. */
START_TEST(a_worker_that_is_stopped_does_not_keep_its_guest)
{
    char     socket[256];
    uint64_t begin;
    pid_t    worker;

    create();
    do { /* until the create's record has gone */
        usleep(2000);
        find_socket(socket);
    } while (socket[0]);
    fake_world()->delay_msec = 20000;
    ask_to_save();
    worker = find_worker();
    ck_assert_int_eq(getsid(worker), worker);
    kill(worker, SIGSTOP);
    fake_world()->delay_msec = 0;
    if (_i) {
        daemon_gets(SIGKILL);
        daemon_starts();
    } else {
        close(client);
    }
    client_connects();
    begin = loop_now_usec();
    destroy();
    ck_assert_uint_lt(loop_now_usec() - begin, BOUND_USEC);
    ck_assert_uint_eq(fake_domain_count(), 0);
}
END_TEST

/* What lacks is 32 MiB; _i: whether dom0 may give so much. */
START_TEST(dom0_gives_memory_down_to_the_minimum_that_the_configuration_says)
{
    struct err err;

    daemon_gets(SIGTERM);
    configure(_i ? "dom0_min_memory = 992 MiB\n" : "dom0_min_memory = 993 MiB\n");
    daemon_starts();
    client_connects();
    fake_world()->memory_kib = (1024 + 100) * 1024;
    fake_world()->dom0_gives_kib = 32 * 1024;
    ask_to_create();
    receive_reply(NULL, NULL, &err);
    ck_assert_msg((err.code == ERR_NONE) == _i, "%s", err.message);
    ck_assert_uint_eq(fake_domain_count(), (unsigned)_i);
    ck_assert_uint_eq(fake_world()->dom0_target_kib, _i ? 992 * 1024 : 0);
}
END_TEST

/*----- as many definitions as there may be -----*/

#define DEFINITIONS 4096

/* The bounds are those of a machine that does nothing else; this one has other things to do, and
 * the figures are printed. */
#define START_USEC 1000000
#define LIST_USEC 5000
#define BUSY 10
#define DEFINITIONS_RSS_KIB (64 << 10)

static void
define_many(void)
{
    static const char form[] =
        "<domain type='xen'><name>guest-%04d</name>"
        "<uuid>11111111-2222-3333-4444-%012d</uuid><memory unit='MiB'>1024</memory>"
        "<vcpu placement='static'>2</vcpu><os><type arch='x86_64' machine='xenfv'>hvm</type>"
        "<boot dev='hd'/></os><features><acpi/><apic/><pae/></features><clock offset='utc'/>"
        "<devices><disk type='block' device='disk'><driver name='phy' type='raw'/>"
        "<source dev='/dev/vg/guest-%04d'/><target dev='xvda' bus='xen'/></disk>"
        "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>"
        "<source file='/images/install.iso'/><target dev='hdc' bus='ide'/><readonly/></disk>"
        "<interface type='bridge'><mac address='00:16:3e:00:%02x:%02x'/>"
        "<source bridge='xenbr0'/></interface><console type='pty'/>"
        "<graphics type='vnc' port='-1'/><video><model type='cirrus'/></video></devices></domain>";
    cleanup_free char *etc = xasprintf("%s/etc", dir), *folder = xasprintf("%s/etc/domains", dir);

    ck_assert_int_eq(mkdir(etc, 0700), 0);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    for (int n = 0; n < DEFINITIONS; n++) {
        cleanup_free char *path = xasprintf("%s/guest-%04d.xml", folder, n);
        FILE              *file = fopen(path, "w");

        ck_assert_ptr_nonnull(file);
        fprintf(file, form, n, n + 1, n, n >> 8, n & 255);
        ck_assert_int_eq(fclose(file), 0);
    }
}

/* Returns how many there are. */
static unsigned
list_all(void)
{
    remote_connect_list_all_domains_args args = {.need_results = 1};
    remote_connect_list_all_domains_ret  ret = {.ret = 0};
    struct err                           err;
    unsigned                             count;

    send_call(WIRE_PROGRAM_REMOTE, LIST_ALL_DOMAINS,
              (xdrproc_t)xdr_remote_connect_list_all_domains_args, &args);
    receive_reply((xdrproc_t)xdr_remote_connect_list_all_domains_ret, &ret, &err);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.message);
    count = ret.domains.domains_len;
    wire_body_free((xdrproc_t)xdr_remote_connect_list_all_domains_ret, &ret);
    return count;
}

START_TEST(thousands_of_definitions_are_known_soon_and_take_little)
{
    uint64_t      begin, start_usec, list_usec = UINT64_MAX;
    unsigned long rss_kib;

    daemon_gets(SIGTERM);
    define_many();
    begin = loop_now_usec();
    daemon_starts();
    client_connects();
    start_usec = loop_now_usec() - begin;
    for (int n = 0; n < 20; n++) {
        begin = loop_now_usec();
        ck_assert_uint_eq(list_all(), DEFINITIONS + 1);
        if (loop_now_usec() - begin < list_usec)
            list_usec = loop_now_usec() - begin;
    }
    rss_kib = measure().rss_kib;
    printf("%d definitions: %.2f s from the start to the first answer, list --all in %.2f ms, RSS "
           "%.1f MiB\n",
           DEFINITIONS, (double)start_usec / 1e6, (double)list_usec / 1e3, (double)rss_kib / 1024);
    ck_assert_uint_lt(start_usec, BUSY * START_USEC);
    ck_assert_uint_lt(list_usec, BUSY * LIST_USEC);
    if (!SANITIZED)
        ck_assert_uint_lt(rss_kib, DEFINITIONS_RSS_KIB);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("whole");
    TCase   *tc = tcase_create("whole");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 240 + (double)number_of_cycles());
    tcase_add_test(tc, the_record_of_a_task_names_its_worker);
    tcase_add_test(tc, guests_that_came_and_went_leave_nothing_in_the_daemon);
    tcase_add_test(tc, who_asked_hears_what_a_dying_worker_said_last);
    tcase_add_test(tc, an_xenstored_that_is_stopped_holds_up_only_who_needs_it);
    tcase_add_test(tc, a_lock_that_is_held_delays_only_the_xml_of_its_domain);
    tcase_add_test(tc, the_helper_ends_with_its_daemon);
    tcase_add_test(tc, thousands_of_definitions_are_known_soon_and_take_little);
    tcase_add_loop_test(tc, a_worker_that_is_stopped_does_not_keep_its_guest, 0, 2);
    tcase_add_loop_test(tc, dom0_gives_memory_down_to_the_minimum_that_the_configuration_says, 0,
                        2);
    tcase_add_loop_test(tc, a_job_and_what_waits_for_it_outlive_the_daemon, 0, 2);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
