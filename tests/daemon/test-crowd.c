/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A thousand clients of the real daemon, on a fake Xen: some never read, some send garbage, some
 * begin a frame, some ask, most do nothing.  What they cost is bounded and printed, who behaves is
 * served, and all of it is gone when they are.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "eventloop/loop.h"
#include "wire/frame.h"
#include "wire/remote.h"

enum { CONNECT_OPEN = 1, GET_INFO = 16, LIST_ALL_DOMAINS = 273 };

enum { NEVER_READ = 200, GARBAGE = 100, HALF_FRAMES = 100, ASKING = 200, IDLE = 400 };

#define MAX_CLIENTS 1200
#define ROUNDS 10
#define DOMAINS 300
#define PATIENCE_MSEC 60000

/* RSS, in KiB: with the crowd over without, and after it over before.  The daemon's bound for what
 * waits is 16 MiB here; the rest is what a connection costs by itself. */
#define GROWTH_MAX (32 * 1024)
#define LEFT_MAX (2 * 1024)

static char  dir[64], socket_path[96], log_path[96];
static pid_t daemon_pid;

/*----- the daemon -----*/

static void
write_config(const char *path)
{
    const char        *build = getenv("top_builddir");
    cleanup_free char *absolute = realpath(build ? build : ".", NULL);
    FILE              *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fprintf(f, "worker = %s/tests/fakes/dom0d-worker-fake\n", absolute);
    fprintf(f, "socket = %s/s\nsocket_ro = %s/r\nsocket_group =\nrun_dir = %s/run\n", dir, dir,
            dir);
    fprintf(f, "workers_idle = 0\nmax_clients = %d\nmax_buffers = 16 MiB\n", MAX_CLIENTS);
    ck_assert_int_eq(fclose(f), 0);
}

static void
make_domains(void)
{
    const char        *build = getenv("top_builddir");
    cleanup_free char *command =
        xasprintf("for n in $(seq %d); do %s/tests/fakes/fake-xen create guest-$n "
                  "11111111-2222-3333-4444-$(printf %%012d $n) pvh >/dev/null || exit; done",
                  DOMAINS, build ? build : ".");

    ck_assert_int_eq(system(command), 0);
}

static int
connect_now(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    strcpy(address.sun_path, socket_path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int
connect_well(void)
{
    int fd = connect_now();

    ck_assert_msg(fd >= 0, "%s", strerror(errno));
    return fd;
}

static void
start_daemon(void)
{
    const char        *build = getenv("top_builddir");
    cleanup_free char *program = xasprintf("%s/tests/fakes/dom0d-fake", build ? build : ".");
    cleanup_free char *config = xasprintf("%s/conf", dir);
    int                fd;

    write_config(config);
    daemon_pid = fork();
    ck_assert_int_ge(daemon_pid, 0);
    if (daemon_pid == 0) {
        int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        dup2(log, STDERR_FILENO);
        unsetenv("NOTIFY_SOCKET");
        unsetenv("JOURNAL_STREAM");
        execl(program, program, "--config", config, NULL);
        _exit(127);
    }
    for (int n = 0; (fd = connect_now()) < 0; n++) {
        ck_assert_int_eq(waitpid(daemon_pid, NULL, WNOHANG), 0);
        ck_assert_int_lt(n, PATIENCE_MSEC / 20);
        poll(NULL, 0, 20);
    }
    close(fd);
}

static void
setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/test-crowd.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(socket_path, sizeof socket_path, "%s/s", dir);
    snprintf(log_path, sizeof log_path, "%s/log", dir);
    setenv("DOM0D_FAKE_DIR", dir, 1);
    make_domains();
    start_daemon();
}

static void
teardown(void)
{
    cleanup_free char *command = xasprintf("rm -rf '%s'", dir);
    int                status;

    kill(daemon_pid, SIGTERM);
    ck_assert_int_eq(waitpid(daemon_pid, &status, 0), daemon_pid);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(status, 0);
}

/* KiB */
static long
resident(void)
{
    cleanup_free char *path = xasprintf("/proc/%d/status", (int)daemon_pid);
    FILE              *f = fopen(path, "r");
    char               line[256];
    long               rss = -1;

    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f))
        sscanf(line, "VmRSS: %ld", &rss);
    fclose(f);
    ck_assert_int_ge(rss, 0);
    return rss;
}

static unsigned
descriptors(void)
{
    cleanup_free char *path = xasprintf("/proc/%d/fd", (int)daemon_pid);
    DIR               *folder = opendir(path);
    unsigned           count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* Those of processes that were asked something a moment ago have gone. */
static unsigned
descriptors_at_rest(void)
{
    unsigned count = descriptors();

    for (int n = 0, same = 0; same < 20; n++) {
        unsigned now = descriptors();

        ck_assert_int_lt(n, PATIENCE_MSEC / 100);
        same = now == count ? same + 1 : 0;
        count = now;
        poll(NULL, 0, 100);
    }
    return count;
}

/*----- clients -----*/

/* A frame that is sent again and again. */
struct call {
    void  *frame;
    size_t size;
};

static struct call
call_new(int procedure, xdrproc_t filter, const void *args)
{
    const struct wire_header header = {.program = WIRE_PROGRAM_REMOTE,
                                       .version = WIRE_VERSION,
                                       .procedure = procedure,
                                       .type = WIRE_CALL};
    struct call              call;
    struct err               err;

    ck_assert_int_eq(wire_encode(&header, filter, args, &call.frame, &call.size, &err), 0);
    return call;
}

static struct call open_call, info_call, list_call;

static void
make_calls(void)
{
    char                                 name[] = "Domain-0";
    remote_connect_open_args             open = {.flags = 0};
    remote_domain_get_info_args          info = {.dom = {.name = name}};
    remote_connect_list_all_domains_args list = {.need_results = 1};

    open_call = call_new(CONNECT_OPEN, (xdrproc_t)xdr_remote_connect_open_args, &open);
    info_call = call_new(GET_INFO, (xdrproc_t)xdr_remote_domain_get_info_args, &info);
    list_call =
        call_new(LIST_ALL_DOMAINS, (xdrproc_t)xdr_remote_connect_list_all_domains_args, &list);
}

static void
free_calls(void)
{
    free(open_call.frame);
    free(info_call.frame);
    free(list_call.frame);
}

static void
ask(int fd, const struct call *call)
{
    ck_assert_int_eq(send(fd, call->frame, call->size, MSG_NOSIGNAL), (ssize_t)call->size);
}

static void
wait_for(int fd)
{
    struct pollfd answer = {.fd = fd, .events = POLLIN};

    ck_assert_int_eq(poll(&answer, 1, PATIENCE_MSEC), 1);
}

/* A good reply, which is no longer than bytes. */
static void
expect_answer(int fd)
{
    struct wire_header header;
    char               bytes[4096];
    ssize_t            n;

    wait_for(fd);
    n = recv(fd, bytes, sizeof bytes, 0);
    ck_assert_int_ge(n, WIRE_HEADER_SIZE);
    wire_header_decode(bytes, (size_t)n, &header);
    ck_assert_uint_eq(header.type, WIRE_REPLY);
    ck_assert_uint_eq(header.status, WIRE_OK);
}

static int
open_well(void)
{
    int fd = connect_well();

    ask(fd, &open_call);
    expect_answer(fd);
    return fd;
}

static void
ask_until_full(int fd)
{
    while (send(fd, list_call.frame, list_call.size, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        ;
    ck_assert_int_eq(errno, EAGAIN);
}

static void
send_garbage(int fd, unsigned *seed)
{
    unsigned char garbage[64];
    char          byte;

    for (size_t n = 0; n < sizeof garbage; n++)
        garbage[n] = (unsigned char)(0x80 | rand_r(seed));
    ck_assert_int_eq(send(fd, garbage, sizeof garbage, MSG_NOSIGNAL), sizeof garbage);
    wait_for(fd);
    ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
    close(fd);
}

static void
begin_frame(int fd)
{
    static const char half[30000] = "\0\0\xff\0";

    ck_assert_int_eq(send(fd, half, sizeof half, MSG_NOSIGNAL), sizeof half);
}

struct crowd {
    int never_read[NEVER_READ], half_frames[HALF_FRAMES], asking[ASKING], idle[IDLE];
};

static void
crowd_comes(struct crowd *crowd)
{
    for (int n = 0; n < NEVER_READ; n++)
        crowd->never_read[n] = open_well();
    for (int n = 0; n < HALF_FRAMES; n++)
        begin_frame(crowd->half_frames[n] = open_well());
    for (int n = 0; n < ASKING; n++)
        crowd->asking[n] = open_well();
    for (int n = 0; n < IDLE; n++)
        crowd->idle[n] = connect_well();
}

static void
crowd_does_its_worst(struct crowd *crowd)
{
    static unsigned seed = 1;

    for (int n = 0; n < NEVER_READ; n++)
        ask_until_full(crowd->never_read[n]);
    for (int n = 0; n < ASKING; n++)
        ask(crowd->asking[n], &info_call);
    for (int n = 0; n < GARBAGE; n++)
        send_garbage(connect_well(), &seed);
    for (int n = 0; n < ASKING; n++)
        expect_answer(crowd->asking[n]);
}

static void
close_all(const int *fds, int count)
{
    for (int n = 0; n < count; n++)
        close(fds[n]);
}

static void
crowd_goes(const struct crowd *crowd)
{
    close_all(crowd->never_read, NEVER_READ);
    close_all(crowd->half_frames, HALF_FRAMES);
    close_all(crowd->asking, ASKING);
    close_all(crowd->idle, IDLE);
}

/*----- what was said -----*/

/* Each of those that were closed (or turned away) is told of, by itself or in a number. */
static void
check_log(const char *each, const char *more_of_them, unsigned closed, double seconds)
{
    cleanup_free char *text = NULL;
    char              *rest, *line;
    unsigned           told = 0, lines = 0, more;
    struct err         err;

    ck_assert_int_eq(file_read(log_path, 1 << 20, &text, NULL, &err), 0);
    for (rest = text; (line = strsep(&rest, "\n"));) {
        const char *number = strstr(line, ": ");

        lines += strstr(line, "client") != NULL;
        if (number && strstr(line, more_of_them) && sscanf(number, ": %u more", &more) == 1)
            told += more;
        else if (strstr(line, each))
            told++;
    }
    printf("%u clients: %s, in %u lines of the log, in %.1f s\n", closed, each, lines, seconds);
    ck_assert_uint_eq(told, closed);
    ck_assert_uint_le(lines, (unsigned)(11 * (seconds + 2)));
}

/*----- the test -----*/

static bool
may_have_descriptors(unsigned count)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur >= count;
}

static void
wait_until_descriptors_are(unsigned count)
{
    for (int n = 0; descriptors() != count; n++) {
        ck_assert_msg(n < PATIENCE_MSEC / 100, "%u descriptors, not %u", descriptors(), count);
        poll(NULL, 0, 100);
    }
}

static void
serve_a_crowd(struct crowd *crowd, int other, const char *which)
{
    long     before = resident(), most = 0;
    unsigned had = descriptors_at_rest();

    crowd_comes(crowd);
    for (int round = 0; round < ROUNDS; round++) {
        crowd_does_its_worst(crowd);
        ask(other, &info_call);
        expect_answer(other);
        most = resident() > most ? resident() : most;
    }
    ck_assert_uint_eq(descriptors(), had + NEVER_READ + HALF_FRAMES + ASKING + IDLE);
    crowd_goes(crowd);
    wait_until_descriptors_are(had);
    poll(NULL, 0, 1100); /* within a second the memory is given back too */
    printf("%s: RSS %ld KiB before, %ld at most, %ld after\n", which, before, most, resident());
    if (SANITIZED)
        return;
    ck_assert_int_le(most - before, GROWTH_MAX);
    ck_assert_int_le(resident() - before, LEFT_MAX);
}

START_TEST(a_thousand_clients_of_every_kind_cost_a_bounded_memory_and_leave_nothing)
{
    static struct crowd crowd;
    uint64_t            started = loop_now_usec();
    int                 other;

    other = open_well();
    for (int n = 0; n < 100; n++) {
        ask(other, &info_call);
        expect_answer(other);
    }
    serve_a_crowd(&crowd, other, "first crowd");
    serve_a_crowd(&crowd, other, "second crowd"); /* and the last line of a second is told then */
    check_log("is closed", "more clients were disconnected", 2 * ROUNDS * GARBAGE,
              (double)(loop_now_usec() - started) / 1e6);
    close(other);
}
END_TEST

/* Returns whether it is let in; then the descriptor stays open. */
static bool
knock(int *fd_out)
{
    char    byte;
    ssize_t n;

    *fd_out = connect_well();
    (void)!send(*fd_out, open_call.frame, open_call.size, MSG_NOSIGNAL);
    wait_for(*fd_out);
    n = recv(*fd_out, &byte, 1, 0);
    if (n <= 0)
        close(*fd_out);
    return n > 0;
}

START_TEST(ten_thousand_connections_cost_no_more_than_those_that_are_let_in)
{
    enum { KNOCKS = 10000 };
    static int fds[MAX_CLIENTS];
    uint64_t   started = loop_now_usec();
    unsigned   had, in = 0;
    int        other = open_well();

    had = descriptors_at_rest();
    for (int n = 0; n < KNOCKS; n++) {
        int fd;

        if (!knock(&fd))
            continue;
        ck_assert_uint_lt(in, MAX_CLIENTS);
        fds[in++] = fd;
    }
    ck_assert_uint_eq(in, MAX_CLIENTS - 1);
    ck_assert_uint_eq(descriptors(), had + in);
    ask(other, &info_call);
    expect_answer(other);
    close_all(fds, (int)in);
    wait_until_descriptors_are(had);
    poll(NULL, 0, 1100); /* the last line of a second is told when it is over */
    check_log("was turned away", "more clients were turned away", KNOCKS - in,
              (double)(loop_now_usec() - started) / 1e6);
    close(other);
}
END_TEST

int
main(void)
{
    Suite   *suite = suite_create("crowd");
    TCase   *tc = tcase_create("crowd");
    SRunner *runner = srunner_create(suite);
    int      failed;

    tcase_add_unchecked_fixture(tc, make_calls, free_calls);
    tcase_add_checked_fixture(tc, setup, teardown);
    setvbuf(stdout, NULL, _IOLBF, 0);
    tcase_set_timeout(tc, 300);
    if (!may_have_descriptors(2000)) {
        puts("this machine does not let us have so many descriptors");
        return 77;
    }
    tcase_add_test(tc, ten_thousand_connections_cost_no_more_than_those_that_are_let_in);
    tcase_add_test(tc, a_thousand_clients_of_every_kind_cost_a_bounded_memory_and_leave_nothing);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
