/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Consoles, from a client's stream to real ptys: the server, the table of domains and the consoles
 * are the product's, the guests' ends of the ptys are this file's, and so is what xenstore says.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "console/private.h"
#include "domain/private.h"
#include "harness.h"
#include "rpc/stream.h"
#include "wire/dom0d.h"

enum { OPEN_CONSOLE = 201, CONSOLE_READ = 5 };

#define GUESTS 8

static struct harness        h;
static struct client         client;
static struct console_limits limits;
static char                  run_dir[64];

/*----- Xen -----*/

/* By domid: what xenstore says. */
static char             ttys[GUESTS][HOST_TERMINALS][32];
static enum domain_type types[GUESTS];
static uint8_t          uuids[GUESTS][UUID_SIZE];
static bool             ttys_come_when_asked;

struct host {
    int unused;
};
static struct host host;

const char *
host_domain_tty(const struct host *x, uint32_t domid, enum host_terminal terminal)
{
    (void)x;
    return ttys[domid][terminal][0] && !ttys_come_when_asked ? ttys[domid][terminal] : NULL;
}

int
host_domain_info(struct host *x, uint32_t domid, struct host_dominfo *info_out, struct err *err)
{
    (void)x, (void)err;
    *info_out = (struct host_dominfo){.domid = domid, .type = types[domid]};
    memcpy(info_out->uuid, uuids[domid], UUID_SIZE);
    return 0;
}

int
host_list(struct host *x, struct host_dominfo **list_out, size_t *count_out, struct err *err)
{
    (void)x, (void)list_out, (void)count_out;
    return err_set(err, ERR_INTERNAL, "not here");
}

const char *
host_domain_name(const struct host *x, uint32_t domid)
{
    (void)x, (void)domid;
    return NULL;
}

struct host_call {
    struct loop_defer answer;
    host_live_fn     *done;
    void             *arg;
};

static void
live_answered(void *arg)
{
    cleanup_free struct host_call *call = arg;
    struct host_live               live = {.console_tty = NULL};

    ttys_come_when_asked = false;
    call->done(call->arg, &live, NULL);
}

struct host_call *
host_domain_live(struct host *x, uint32_t domid, host_live_fn *done, void *arg)
{
    struct host_call *call = xcalloc(1, sizeof *call);

    (void)x, (void)domid;
    call->done = done;
    call->arg = arg;
    loop_defer_init(&call->answer, h.daemon.loop, live_answered, call);
    loop_defer_start(&call->answer);
    return call;
}

struct host_call *
host_domain_kept_xml(struct host *x, uint32_t domid, host_xml_fn *done, void *arg)
{
    (void)x, (void)domid, (void)done, (void)arg;
    return NULL;
}

struct host_call *
host_domain_def(struct host *x, uint32_t domid, host_xml_fn *done, void *arg)
{
    return host_domain_kept_xml(x, domid, done, arg);
}

void
host_call_abort(struct host_call *call)
{
    (void)call;
}

/*----- guests -----*/

/* A pty, with the guest's end of it; as xenconsoled, it holds the other end too. */
struct pty {
    int  fd, other;
    char path[32];
};

static struct pty
pty_new(void)
{
    struct pty     pty = {.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    struct termios mode;

    ck_assert_int_ge(pty.fd, 0);
    ck_assert_int_eq(grantpt(pty.fd), 0);
    ck_assert_int_eq(unlockpt(pty.fd), 0);
    ck_assert_int_eq(ptsname_r(pty.fd, pty.path, sizeof pty.path), 0);
    pty.other = open(pty.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_ge(pty.other, 0);
    ck_assert_int_eq(tcgetattr(pty.other, &mode), 0);
    cfmakeraw(&mode);
    ck_assert_int_eq(tcsetattr(pty.other, TCSANOW, &mode), 0);
    fcntl(pty.fd, F_SETFL, O_NONBLOCK);
    return pty;
}

static void
pty_free(struct pty *pty)
{
    close(take_fd(pty->fd));
    close(take_fd(pty->other));
    pty->path[0] = '\0';
}

/* The kernel brings it to the other end in its own time. */
static void
pty_says(const struct pty *pty, const char *text)
{
    int there = 0, size = (int)strlen(text);

    ck_assert_int_eq(write(pty->fd, text, strlen(text)), size);
    for (int n = 0; n < 10000 && there < size; n++) {
        ck_assert_int_eq(ioctl(pty->other, FIONREAD, &there), 0);
        usleep(there < size ? 1000 : 0);
    }
    ck_assert_int_ge(there, size);
}

static void
pty_hears(const struct pty *pty, const char *text)
{
    char    heard[256] = "";
    ssize_t n;
    size_t  length = 0;

    for (int tries = 0; tries < 10000 && length < strlen(text); tries++, usleep(1000)) {
        harness_settle(&h);
        while ((n = read(pty->fd, heard + length, sizeof heard - 1 - length)) > 0)
            length += (size_t)n;
    }
    heard[length] = '\0';
    ck_assert_str_eq(heard, text);
}

/* xenstore is told. */
static void
tty_is(int domid, enum host_terminal terminal, const char *path)
{
    const struct domain *dom = domains_by_id(h.daemon.domains, domid);

    snprintf(ttys[domid][terminal], sizeof ttys[domid][terminal], "%s", path);
    if (dom)
        consoles_terminal_told(h.daemon.consoles, dom, terminal);
}

static struct domain *
guest_of_xl(const char *name, char letter, int domid)
{
    struct domain *dom;
    uint8_t        uuid[UUID_SIZE];

    memset(uuid, letter, sizeof uuid);
    memcpy(uuids[domid], uuid, sizeof uuid);
    dom = domains_adopt(h.daemon.domains, name, uuid, domid);
    dom->owner = DOMAIN_OF_XL;
    return dom;
}

static struct domain *
guest(const char *name, char letter, int domid)
{
    struct domain     *dom = guest_of_xl(name, letter, domid);
    struct domain_def *def;
    struct err         err;
    char               xml[512];

    snprintf(xml, sizeof xml,
             "<domain type='xen'><name>%s</name><memory>1024</memory>"
             "<os><type>xen</type><kernel>/k</kernel></os></domain>",
             name);
    ck_assert_int_eq(domain_def_parse(xml, strlen(xml), &def, &err), 0);
    domain_take_live(dom, def);
    return dom;
}

static void
guest_goes(struct domain *dom, int detail)
{
    dom->run.stop_detail = detail;
    domain_gone(dom);
    if (!dom->work.count)
        domains_remove(dom);
}

/*----- the daemon -----*/

static void
told_lifecycle(void *arg, const struct domain *dom, enum lifecycle_event event, int detail)
{
    (void)arg, (void)dom, (void)event, (void)detail;
}

static void
told_identified(void *arg, const struct domain *dom)
{
    (void)arg;
    consoles_domain_identified(h.daemon.consoles, dom);
}

static void
told_gone(void *arg, const struct domain *dom, int domid, int detail)
{
    (void)arg;
    consoles_domain_gone(h.daemon.consoles, dom, domid, detail);
}

static void
told_leaves(void *arg, struct domain *dom)
{
    (void)arg, (void)dom;
}

static const struct domain_observer observer = {.lifecycle = told_lifecycle,
                                                .identified = told_identified,
                                                .gone = told_gone,
                                                .leaves = told_leaves};

static void
consoles_start(void)
{
    h.daemon.consoles =
        consoles_new(h.daemon.loop, &limits, run_dir, "/no/worker", h.daemon.domains);
    consoles_recall(h.daemon.consoles);
}

static void
setup(void)
{
    static const struct domain_limits no_definitions = {.max_definitions = 0};
    static char                       nothing[1];
    char                              folder[96];

    snprintf(run_dir, sizeof run_dir, "/tmp/test-console.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(run_dir));
    snprintf(folder, sizeof folder, "%s/consoles", run_dir);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    memset(ttys, 0, sizeof ttys);
    memset(types, 0, sizeof types);
    ttys_come_when_asked = false;
    limits = (struct console_limits){.kept = 64 << 10, .log_dir = nothing};
    harness_start(&h);
    h.daemon.host = &host;
    h.daemon.domains = domains_new(h.daemon.loop, run_dir, &no_definitions, &observer, NULL);
    domains_set_host(h.daemon.domains, &host);
    consoles_start();
    client = client_new(&h, false);
    client_open(&client, 0);
}

static void
teardown(void)
{
    char command[96];

    client_free(&client);
    server_free(h.daemon.server);
    consoles_free(take_ptr(h.daemon.consoles));
    domains_free(h.daemon.domains);
    h.daemon.server = NULL;
    harness_stop(&h);
    snprintf(command, sizeof command, "rm -rf %s", run_dir);
    ck_assert_int_eq(system(command), 0);
}

static void
restart_with(size_t kept)
{
    consoles_free(h.daemon.consoles);
    limits.kept = kept;
    consoles_start();
}

static struct console *
console_of(char letter, enum host_terminal terminal)
{
    uint8_t         uuid[UUID_SIZE];
    struct console *console;

    memset(uuid, letter, sizeof uuid);
    LIST_FOREACH (console, consoles_bucket(h.daemon.consoles, uuid), link)
        if (uuid_equal(console->uuid, uuid) && console->terminal == terminal)
            return console;
    return NULL;
}

static int
open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int  count = 0;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/*----- clients -----*/

static uint32_t
calls_open(struct client *c, const struct domain *dom, const char *alias, unsigned flags)
{
    char                           *name = (char *)(uintptr_t)alias;
    remote_domain_open_console_args args = {.dom = {.name = dom->name, .id = dom->run.domid},
                                            .dev_name = alias ? &name : NULL,
                                            .flags = flags};

    memcpy(args.dom.uuid, dom->uuid, UUID_SIZE);
    return client_call(c, OPEN_CONSOLE, (xdrproc_t)xdr_remote_domain_open_console_args, &args);
}

static uint32_t
opens(struct client *c, const struct domain *dom, const char *alias, unsigned flags)
{
    uint32_t serial = calls_open(c, dom, alias, flags);

    client_expect_reply(c, serial, NULL, NULL);
    return serial;
}

static void
sends(struct client *c, uint32_t serial, enum wire_status status, const void *data, size_t size)
{
    const struct wire_header header = {.program = WIRE_PROGRAM_REMOTE,
                                       .version = WIRE_VERSION,
                                       .procedure = OPEN_CONSOLE,
                                       .type = WIRE_STREAM,
                                       .serial = serial,
                                       .status = status};

    client_send(c, &header, data, size);
}

static void
types_in(struct client *c, uint32_t serial, const char *text)
{
    sends(c, serial, WIRE_CONTINUE, text, strlen(text));
}

/* The next piece of the stream with this status: it is there, or comes soon. */
static struct frame
gets(struct client *c, uint32_t serial, enum wire_status status)
{
    struct frame frame = {.data = NULL};
    struct err   err = {.message = ""};
    int          n = 0;

    while (!client_read(c, &frame)) {
        ck_assert_msg(n++ < 30000, "nothing comes");
        usleep(1000);
    }
    ck_assert_uint_eq(frame.header.type, WIRE_STREAM);
    ck_assert_uint_eq(frame.header.serial, serial);
    if (frame.header.status == WIRE_ERROR)
        wire_decode_error(frame.data, frame.size, &err);
    ck_assert_msg(frame.header.status == status, "status %u: %s", frame.header.status, err.message);
    return frame;
}

/* What comes until there is so much. */
static void
reads_bytes(struct client *c, uint32_t serial, char *bytes, size_t size)
{
    size_t length = 0;

    while (length < size) {
        struct frame frame = gets(c, serial, WIRE_CONTINUE);
        size_t       piece = frame.size - WIRE_HEADER_SIZE;

        ck_assert_uint_gt(piece, 0);
        ck_assert_uint_le(length + piece, size);
        memcpy(bytes + length, frame.data + WIRE_HEADER_SIZE, piece);
        length += piece;
        frame_free(&frame);
    }
}

static void
reads(struct client *c, uint32_t serial, const char *text)
{
    char bytes[256] = "";

    reads_bytes(c, serial, bytes, strlen(text));
    ck_assert_str_eq(bytes, text);
}

static void
reads_error(struct client *c, uint32_t serial, const char *message)
{
    struct frame frame = gets(c, serial, WIRE_ERROR);
    struct err   err;

    wire_decode_error(frame.data, frame.size, &err);
    ck_assert_str_eq(err.message, message);
    frame_free(&frame);
}

static void
reads_end(struct client *c, uint32_t serial)
{
    struct frame frame = gets(c, serial, WIRE_CONTINUE);

    ck_assert_uint_eq(frame.size, WIRE_HEADER_SIZE);
    frame_free(&frame);
}

/* As virsh does behind ^], and at the end of the output. */
static void
finishes(struct client *c, uint32_t serial)
{
    struct frame frame;

    sends(c, serial, WIRE_OK, NULL, 0);
    frame = gets(c, serial, WIRE_OK);
    frame_free(&frame);
}

/*----- tests: a session -----*/

START_TEST(what_a_guest_says_comes_and_what_a_client_types_goes)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       serial;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, 0);
    pty_says(&pty, "login: \r\n\x80\n");
    reads(&client, serial, "login: \r\n\x80\n");
    types_in(&client, serial, "root\r\003");
    pty_hears(&pty, "root\r\003");
    finishes(&client, serial);
    client_expect_nothing(&client);
    pty_free(&pty);
}
END_TEST

/* The guest echoes, in a process of its own.  As many bytes are under way as a stream takes. */
static pid_t
echo_begins(const struct pty *pty, size_t size)
{
    pid_t pid = fork();
    char  bytes[4096];

    if (pid)
        return pid;
    fcntl(pty->fd, F_SETFL, 0);
    while (size) {
        ssize_t n = read(pty->fd, bytes, sizeof bytes);

        if (n <= 0)
            _exit(1);
        for (ssize_t at = 0, m = 0; at < n; at += m)
            if ((m = write(pty->fd, bytes + at, (size_t)(n - at))) <= 0)
                _exit(2);
        size -= (size_t)n;
    }
    _exit(0);
}

#define TEN_MEGABYTES (10u << 20)
#define WINDOW (256u << 10)

START_TEST(ten_megabytes_come_and_go_unchanged)
{
    static char    bytes[TEN_MEGABYTES], back[TEN_MEGABYTES];
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    size_t         sent = 0, got = 0, piece;
    uint32_t       serial, random = 1;
    pid_t          echo;
    int            status;

    for (size_t n = 0; n < TEN_MEGABYTES; n++) {
        random = random * 1103515245 + 12345;
        bytes[n] = (char)(random >> 16);
    }
    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, 0);
    echo = echo_begins(&pty, TEN_MEGABYTES);
    while (got < TEN_MEGABYTES) {
        struct frame frame;

        piece = TEN_MEGABYTES - sent < 32768 ? TEN_MEGABYTES - sent : 32768;
        if (piece && sent + piece - got <= WINDOW) {
            sends(&client, serial, WIRE_CONTINUE, bytes + sent, piece);
            sent += piece;
        }
        if (!client_read(&client, &frame)) {
            usleep(1000);
            continue;
        }
        ck_assert_uint_eq(frame.header.type, WIRE_STREAM);
        ck_assert_uint_eq(frame.header.status, WIRE_CONTINUE);
        memcpy(back + got, frame.data + WIRE_HEADER_SIZE, frame.size - WIRE_HEADER_SIZE);
        got += frame.size - WIRE_HEADER_SIZE;
        frame_free(&frame);
    }
    ck_assert_int_eq(memcmp(bytes, back, TEN_MEGABYTES), 0);
    ck_assert_int_eq(waitpid(echo, &status, 0), echo);
    ck_assert_int_eq(status, 0);
    finishes(&client, serial);
    pty_free(&pty);
}
END_TEST

START_TEST(a_second_session_is_refused_and_told_whose_guest_it_is)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    struct client  other = client_new(&h, false);
    uint32_t       serial;

    client_open(&other, 0);
    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, CONSOLE_SAFE);
    client_expect_error(&other, calls_open(&other, dom, "console0", 0), ERR_OPERATION_FAILED,
                        "operation failed: Active console session exists for this domain: 'web', "
                        "console0");
    pty_says(&pty, "a");
    reads(&client, serial, "a");
    finishes(&client, serial);
    serial = opens(&other, dom, NULL, 0);
    reads(&other, serial, "a");
    client_free(&other);
    serial = opens(&client, dom, NULL, 0); /* its client has gone */
    reads(&client, serial, "a");
    pty_free(&pty);
}
END_TEST

START_TEST(a_session_takes_over_by_force_and_the_first_one_is_told)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    struct client  other = client_new(&h, false);
    uint32_t       first, second;

    client_open(&other, 0);
    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    first = opens(&client, dom, NULL, 0);
    second = opens(&other, dom, NULL, CONSOLE_FORCE);
    reads_error(&client, first,
                "operation failed: another session has taken over the console console0 of domain "
                "'web'");
    types_in(&client, first, "x"); /* before it has read the error */
    types_in(&other, second, "y");
    pty_hears(&pty, "y");
    pty_says(&pty, "z");
    reads(&other, second, "z");
    client_expect_nothing(&client);
    client_free(&other);
    pty_free(&pty);
}
END_TEST

START_TEST(what_is_no_console_is_refused_by_name)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1), *off;
    uint8_t        uuid[UUID_SIZE] = "offoffoffoffoff";

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    off = domains_adopt(h.daemon.domains, "off", uuid, -1);
    off->work.count = 1; /* somebody is at it: else it would not be there */
    client_expect_error(&client, calls_open(&client, dom, "nosuch", 0), ERR_INVALID_ARG,
                        "invalid argument: cannot find character device 'nosuch' of domain 'web'");
    client_expect_error(&client, calls_open(&client, dom, "serial0", 0), ERR_INVALID_ARG,
                        "invalid argument: cannot find character device 'serial0' of domain 'web'");
    client_expect_error(&client, calls_open(&client, dom, NULL, 4), ERR_INVALID_ARG,
                        "unsupported flags (0x4) in function virDomainOpenConsole");
    client_expect_error(&client, calls_open(&client, off, NULL, 0), ERR_OPERATION_INVALID,
                        "Requested operation is not valid: domain 'off' is not running");
    off->work.count = 0;
    pty_free(&pty);
}
END_TEST

START_TEST(who_may_only_look_opens_no_console)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    struct client  other = client_new(&h, true);

    client_open(&other, 1);
    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    client_expect_error(&other, calls_open(&other, dom, NULL, 0), ERR_OPERATION_DENIED,
                        "operation forbidden: read only access prevents virDomainOpenConsole");
    client_free(&other);
    pty_free(&pty);
}
END_TEST

START_TEST(an_hvm_guest_has_serial_ports_and_the_first_is_its_main_one)
{
    struct pty     ptys[3] = {pty_new(), pty_new(), pty_new()};
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       first, second, third;

    types[1] = DOMAIN_HVM;
    for (int n = 0; n < 3; n++)
        tty_is(1, (enum host_terminal)n, ptys[n].path);
    first = opens(&client, dom, NULL, 0);
    second = opens(&client, dom, "serial1", 0);
    third = opens(&client, dom, "console0", 0);
    pty_says(&ptys[1], "serial0");
    reads(&client, first, "serial0");
    pty_says(&ptys[2], "serial1");
    reads(&client, second, "serial1");
    pty_says(&ptys[0], "console0");
    reads(&client, third, "console0");
    client_expect_error(
        &client, calls_open(&client, dom, "serial0", 0), ERR_OPERATION_FAILED,
        "operation failed: Active console session exists for this domain: 'web', serial0");
    for (int n = 0; n < 3; n++)
        pty_free(&ptys[n]);
}
END_TEST

/* A guest that was made a moment ago. */
START_TEST(a_console_that_xenstore_has_not_told_of_is_asked_for)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       serial;

    snprintf(ttys[1][0], sizeof ttys[1][0], "%s", pty.path);
    types[1] = DOMAIN_HVM; /* but it has no serial port */
    ttys_come_when_asked = true;
    serial = opens(&client, dom, NULL, 0);
    pty_says(&pty, "a");
    reads(&client, serial, "a");
    pty_free(&pty);
}
END_TEST

/*----- what is kept -----*/

/* Where a budget may be spent. */
static void
settles_with_time(void)
{
    for (int n = 0; n < 30; n++, usleep(10000))
        harness_settle(&h);
}

START_TEST(what_was_said_before_the_first_session_is_shown)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       serial;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    pty_says(&pty, "booting");
    harness_settle(&h);
    serial = opens(&client, dom, NULL, 0);
    reads(&client, serial, "booting");
    finishes(&client, serial);
    pty_says(&pty, " done");
    harness_settle(&h);
    serial = opens(&client, dom, NULL, 0);
    reads(&client, serial, "booting done");
    pty_free(&pty);
}
END_TEST

START_TEST(the_newest_bytes_are_kept_and_no_more)
{
    struct pty     pty = pty_new();
    struct domain *dom;
    char           line[100], got[8192];
    uint32_t       serial;

    restart_with(8192);
    dom = guest("web", 'w', 1);
    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    for (int n = 0; n < 1000; n++) {
        snprintf(line, sizeof line, "%07d\n", n);
        pty_says(&pty, line);
        harness_settle(&h);
    }
    settles_with_time();
    serial = opens(&client, dom, NULL, 0);
    reads_bytes(&client, serial, got, 8000);
    ck_assert_mem_eq(got, "0000000\n", 8);
    ck_assert_mem_eq(got + 7992, "0000999\n", 8);
    finishes(&client, serial);
    for (int n = 1000; n < 1100; n++) {
        snprintf(line, sizeof line, "%07d\n", n);
        pty_says(&pty, line);
        harness_settle(&h);
    }
    settles_with_time();
    serial = opens(&client, dom, NULL, 0);
    reads_bytes(&client, serial, got, 8192);
    ck_assert_mem_eq(got + 8184, "0001099\n", 8);
    ck_assert_uint_eq(console_of('w', 0)->ring.room, 8192);
    pty_free(&pty);
}
END_TEST

/* Another program, as xl's console, would get but a part of the output else. */
START_TEST(the_console_of_a_guest_of_xl_is_open_only_while_a_session_is)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest_of_xl("web", 'w', 1);
    int            before = open_descriptors();
    uint32_t       serial;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    ck_assert_int_eq(open_descriptors(), before);
    pty_says(&pty, "a");
    serial = opens(&client, dom, NULL, 0);
    reads(&client, serial, "a");
    ck_assert_int_eq(open_descriptors(), before + 1);
    finishes(&client, serial);
    ck_assert_int_eq(open_descriptors(), before);
    ck_assert_ptr_null(console_of('w', 0));
    pty_free(&pty);
}
END_TEST

START_TEST(where_nothing_is_to_be_kept_no_console_is_open_without_a_session)
{
    struct pty     pty = pty_new();
    int            before = open_descriptors();
    struct domain *dom;
    uint32_t       serial;

    restart_with(0);
    dom = guest("web", 'w', 1);
    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    ck_assert_int_eq(open_descriptors(), before);
    serial = opens(&client, dom, NULL, 0);
    pty_says(&pty, "a");
    reads(&client, serial, "a");
    finishes(&client, serial);
    serial = opens(&client, dom, NULL, 0);
    pty_says(&pty, "b");
    reads(&client, serial, "b");
    client_free(&client);
    ck_assert_int_lt(open_descriptors(), before);
    pty_free(&pty);
}
END_TEST

/* error NULL: it is answered. */
static uint32_t
asks_log(const char *guest_name, const char *device, unsigned flags, const char *error)
{
    char                   *name = (char *)(uintptr_t)device;
    dom0d_console_read_args args = {
        .guest = (char *)(uintptr_t)guest_name, .device = device ? &name : NULL, .flags = flags};
    struct wire_header header = {.program = WIRE_PROGRAM_DOM0D,
                                 .version = WIRE_VERSION,
                                 .procedure = CONSOLE_READ,
                                 .type = WIRE_CALL,
                                 .serial = client.serial++};
    cleanup_free void *frame = NULL;
    size_t             size;
    struct err         err;

    ck_assert_int_eq(
        wire_encode(&header, (xdrproc_t)xdr_dom0d_console_read_args, &args, &frame, &size, &err),
        0);
    client_write(&client, frame, size);
    if (error) {
        struct frame answer;

        ck_assert(client_read(&client, &answer));
        wire_decode_error(answer.data, answer.size, &err);
        ck_assert_str_eq(err.message, error);
        frame_free(&answer);
    } else {
        client_expect_reply(&client, header.serial, NULL, NULL);
    }
    return header.serial;
}

START_TEST(what_is_kept_can_be_read_beside_a_session_and_after_the_guest)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       session, log, follow;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    session = opens(&client, dom, NULL, 0);
    pty_says(&pty, "panic");
    reads(&client, session, "panic");
    log = asks_log("web", NULL, 0, NULL);
    reads(&client, log, "panic");
    reads_end(&client, log);
    follow = asks_log("web", "console0", CONSOLE_READ_FOLLOW, NULL);
    reads(&client, follow, "panic");
    finishes(&client, session);
    pty_says(&pty, "!");
    reads(&client, follow, "!");
    guest_goes(dom, STOPPED_CRASHED);
    reads_end(&client, follow);
    log = asks_log("web", NULL, 0, NULL);
    reads(&client, log, "panic!");
    reads_end(&client, log);
    log = asks_log("77777777-7777-7777-7777-777777777777", NULL, 0, NULL);
    reads(&client, log, "panic!");
    reads_end(&client, log);
    pty_free(&pty);
}
END_TEST

START_TEST(what_is_not_kept_is_said)
{
    struct pty pty = pty_new();

    guest_of_xl("xl", 'x', 2);
    guest("web", 'w', 1);
    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    asks_log("nosuch", NULL, 0,
             "Domain not found: no domain 'nosuch' is known, nor one that ended lately");
    asks_log("xl", NULL, 0,
             "Requested operation is not valid: no output of domain 'xl' is kept: dom0d did not "
             "start it");
    asks_log("web", "serial9", 0,
             "invalid argument: cannot find character device 'serial9' of domain 'web'");
    asks_log("web", "serial3", 0,
             "invalid argument: no output of a console serial3 of domain 'web' is kept");
    restart_with(0);
    asks_log("web", NULL, 0,
             "Requested operation is not valid: no output of consoles is kept: console_kept of "
             "dom0d.conf is 0");
    pty_free(&pty);
}
END_TEST

START_TEST(the_next_daemon_has_what_was_kept)
{
    struct pty     pty = pty_new(), gone = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       log;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    guest("old", 'o', 2);
    tty_is(2, HOST_TERMINAL_CONSOLE, gone.path);
    pty_says(&pty, "before");
    pty_says(&gone, "ended");
    harness_settle(&h);
    guest_goes(domains_by_id(h.daemon.domains, 2), STOPPED_CRASHED);
    restart_with(64 << 10);
    consoles_domain_identified(h.daemon.consoles, dom);
    pty_says(&pty, " after");
    harness_settle(&h);
    log = asks_log("web", NULL, 0, NULL);
    reads(&client, log, "before after");
    reads_end(&client, log);
    log = asks_log("old", NULL, 0, NULL);
    reads(&client, log, "ended");
    reads_end(&client, log);
    pty_free(&pty);
    pty_free(&gone);
}
END_TEST

START_TEST(of_guests_that_have_ended_so_many_are_remembered)
{
    char name[16];

    for (int n = 0; n < CONSOLES_ENDED_MAX + 5; n++) {
        struct pty     pty = pty_new();
        struct domain *dom;

        snprintf(name, sizeof name, "g%d", n);
        dom = guest(name, (char)(n + 1), 1);
        tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
        pty_says(&pty, name);
        harness_settle(&h);
        guest_goes(dom, STOPPED_CRASHED);
        harness_settle(&h);
        ttys[1][0][0] = '\0';
        pty_free(&pty);
    }
    ck_assert_uint_eq(h.daemon.consoles->n_ended, CONSOLES_ENDED_MAX);
    asks_log("g4", NULL, 0, "Domain not found: no domain 'g4' is known, nor one that ended lately");
    reads(&client, asks_log("g5", NULL, 0, NULL), "g5");
}
END_TEST

/*----- a guest goes, and comes again -----*/

START_TEST(a_session_ends_as_libvirts_does_when_the_guest_has_gone)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       serial;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, 0);
    pty_says(&pty, "bye");
    guest_goes(dom, STOPPED_DESTROYED);
    reads(&client, serial, "bye");
    reads_end(&client, serial);
    finishes(&client, serial);
    pty_free(&pty);
}
END_TEST

/* As its restart does, which is at it meanwhile; or xl, of whose work dom0d does not know. */
START_TEST(a_session_goes_on_when_the_guest_reboots)
{
    struct pty     pty = pty_new(), next = pty_new();
    bool           of_xl = _i;
    struct domain *dom = of_xl ? guest_of_xl("web", 'w', 1) : guest("web", 'w', 1);
    uint32_t       serial;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, 0);
    pty_says(&pty, "down\n");
    reads(&client, serial, "down\n");
    if (of_xl)
        consoles_domain_reboots(h.daemon.consoles, dom);
    else
        dom->work = (struct domain_work){.count = 1, .activity = DOMAIN_STARTING};
    guest_goes(dom, STOPPED_SHUTDOWN);
    pty_free(&pty);
    types_in(&client, serial, "nobody hears it");
    client_expect_nothing(&client);
    if (of_xl)
        dom = guest_of_xl("web", 'w', 2);
    else
        domain_set_id(dom, 2);
    tty_is(2, HOST_TERMINAL_CONSOLE, next.path);
    dom->work = (struct domain_work){.count = 0};
    pty_says(&next, "up\n");
    reads(&client, serial, "up\n");
    types_in(&client, serial, "root");
    pty_hears(&next, "root");
    pty_free(&next);
}
END_TEST

START_TEST(a_session_goes_on_when_the_guest_is_saved_and_restored)
{
    struct pty     pty = pty_new(), next = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       serial;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, 0);
    dom->work = (struct domain_work){.count = 0, .activity = DOMAIN_SAVING};
    guest_goes(dom, STOPPED_SAVED);
    pty_free(&pty);
    client_expect_nothing(&client);
    guest("web", 'w', 2);
    tty_is(2, HOST_TERMINAL_CONSOLE, next.path);
    pty_says(&next, "again");
    reads(&client, serial, "again");
    pty_free(&next);
}
END_TEST

/* The time is not waited for. */
static void
gap_is_over(struct console *console)
{
    console->end_usec = 0;
    loop_timer_start(&console->gap, 0);
    harness_settle(&h);
}

START_TEST(a_session_does_not_wait_for_ever_for_a_saved_guest)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       serial;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, 0);
    guest_goes(dom, STOPPED_SAVED);
    client_expect_nothing(&client);
    gap_is_over(console_of('w', 0));
    reads_end(&client, serial);
    finishes(&client, serial);
    ck_assert_ptr_null(console_of('w', 0)); /* it has said nothing */
    pty_free(&pty);
}
END_TEST

START_TEST(a_session_waits_for_a_restart_as_long_as_it_is_at_work)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       serial;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, 0);
    dom->work = (struct domain_work){.count = 1, .activity = DOMAIN_STARTING};
    guest_goes(dom, STOPPED_SHUTDOWN);
    gap_is_over(console_of('w', 0));
    client_expect_nothing(&client);
    dom->work = (struct domain_work){.count = 0};
    gap_is_over(console_of('w', 0)); /* it has failed */
    reads_end(&client, serial);
    pty_free(&pty);
}
END_TEST

START_TEST(a_console_goes_on_with_a_new_pty_of_the_same_guest)
{
    struct pty     pty = pty_new(), next = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    uint32_t       serial;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, 0);
    if (_i == 0)
        pty_free(&pty); /* as a bootloader's, which has ended */
    tty_is(1, HOST_TERMINAL_CONSOLE, next.path);
    pty_says(&next, "kernel");
    reads(&client, serial, "kernel");
    if (_i == 1)
        pty_free(&pty);
    pty_free(&next);
}
END_TEST

/* The path of one that has gone may be that of somebody's login by now. */
START_TEST(a_pty_that_hung_up_is_not_opened_again_unless_xenstore_says_so)
{
    struct pty     pty = pty_new(), next;
    struct domain *dom = guest("web", 'w', 1);
    char           path[32];

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    strcpy(path, pty.path);
    opens(&client, dom, NULL, 0);
    pty_free(&pty);
    harness_settle(&h);
    next = pty_new();
    if (strcmp(next.path, path) == 0) { /* as the kernel does it, as a rule */
        ck_assert_int_lt(console_of('w', 0)->fd, 0);
        consoles_domain_identified(h.daemon.consoles, dom);
        ck_assert_int_lt(console_of('w', 0)->fd, 0);
        tty_is(1, HOST_TERMINAL_CONSOLE, next.path);
        ck_assert_int_ge(console_of('w', 0)->fd, 0);
    }
    pty_free(&next);
}
END_TEST

START_TEST(only_a_pty_is_opened)
{
    static const char *const paths[] = {"/etc/passwd", "/dev/null",       "/dev/pts/ptmx",
                                        "/dev/pts/",   "/dev/pts/../tty", "/dev/pts/999999"};
    struct domain           *dom = guest("web", 'w', 1);
    int                      before = open_descriptors();

    for (size_t n = 0; n < array_size(paths); n++) {
        struct frame frame;

        tty_is(1, HOST_TERMINAL_CONSOLE, paths[n]);
        ck_assert_int_eq(open_descriptors(), before);
        calls_open(&client, dom, NULL, 0);
        ck_assert(client_read(&client, &frame));
        ck_assert_uint_eq(frame.header.status, WIRE_ERROR);
        frame_free(&frame);
    }
    ck_assert_uint_eq(h.log_lines, 1); /* not again for each */
}
END_TEST

/*----- floods, and who does not read -----*/

static pid_t
flood_begins(const struct pty *pty)
{
    static char zeros[4096];
    pid_t       pid = fork();

    if (pid)
        return pid;
    fcntl(pty->fd, F_SETFL, 0);
    while (write(pty->fd, zeros, sizeof zeros) > 0)
        continue;
    _exit(0);
}

/* Both had the same open file. */
static void
flood_ends(const struct pty *pty, pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    fcntl(pty->fd, F_SETFL, O_NONBLOCK);
}

static uint64_t
cpu_usec(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

START_TEST(a_guest_that_floods_costs_so_much_and_no_more)
{
    struct pty     ptys[4] = {pty_new(), pty_new(), pty_new(), pty_new()};
    pid_t          floods[4];
    struct domain *dom = NULL;
    uint64_t       begin, cpu, all = 0;
    double         seconds;

    for (int n = 0; n < 4; n++) {
        dom = guest((char[]){(char)('a' + n), '\0'}, (char)('a' + n), n + 1);
        tty_is(n + 1, HOST_TERMINAL_CONSOLE, ptys[n].path);
        floods[n] = flood_begins(&ptys[n]);
    }
    begin = loop_now_usec();
    cpu = cpu_usec();
    while (loop_now_usec() < begin + 2000000)
        loop_run_once(h.daemon.loop);
    seconds = (double)(loop_now_usec() - begin) / 1e6;
    cpu = cpu_usec() - cpu;
    for (int n = 0; n < 4; n++) {
        const struct console *console = console_of((char)('a' + n), 0);

        ck_assert_double_le((double)console->ring.end, 1.1 * CONSOLE_RATE * seconds + 65536);
        ck_assert_uint_gt(console->ring.end, 0); /* each has its turn */
        ck_assert_uint_eq(console->ring.room, 64 << 10);
        all += console->ring.end;
        flood_ends(&ptys[n], floods[n]);
        pty_free(&ptys[n]);
    }
    ck_assert_double_le((double)all, 1.1 * CONSOLES_RATE * seconds + 65536);
    printf("flood: %.1f MiB/s, %.0f%% of a processor\n", (double)all / seconds / (1 << 20),
           (double)cpu / seconds / 1e4);
    (void)dom;
}
END_TEST

/* Bytes that came to the console are counted while nobody reads the client's end. */
static uint64_t
runs_for(const struct console *console, uint64_t usec)
{
    uint64_t begin = loop_now_usec();

    while (loop_now_usec() < begin + usec) {
        loop_run_ready(h.daemon.loop);
        usleep(1000);
    }
    return console->ring.end;
}

START_TEST(a_client_that_does_not_read_costs_so_much_and_is_waited_for_and_then_not)
{
    struct pty      pty = pty_new();
    struct domain  *dom = guest("web", 'w', 1);
    struct console *console;
    pid_t           flood;
    uint32_t        serial;
    uint64_t        stuck;
    struct client   other = client_new(&h, false);

    client_open(&other, 0);
    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, 0);
    console = console_of('w', 0);
    flood = flood_begins(&pty);
    runs_for(console, 1000000);
    stuck = console->ring.end;
    ck_assert_uint_eq(runs_for(console, 300000), stuck);
    ck_assert_uint_le(conn_held(client.conn), STREAM_CREDIT + 3 * STREAM_PIECE);
    ck_assert(loop_timer_is_active(&console->patience));
    loop_timer_start(&console->patience, 0);
    ck_assert_uint_gt(runs_for(console, 300000), stuck);
    ck_assert_uint_le(conn_held(client.conn), STREAM_CREDIT + 3 * STREAM_PIECE);
    ck_assert_uint_eq(console->ring.room, 64 << 10);
    flood_ends(&pty, flood);
    /* It reads again, and is sent the newest. */
    while (write(pty.fd, "x", 1) < 0)
        runs_for(console, 1000);
    for (bool seen = false; !seen;) {
        struct frame frame = gets(&client, serial, WIRE_CONTINUE);

        seen = memchr(frame.data + WIRE_HEADER_SIZE, 'x', frame.size - WIRE_HEADER_SIZE);
        frame_free(&frame);
    }
    ck_assert(!console->skips);
    client_free(&other);
    pty_free(&pty);
}
END_TEST

START_TEST(calls_of_the_same_connection_are_answered_beside_a_flood)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest("web", 'w', 1);
    pid_t          flood;
    uint32_t       call;
    struct frame   frame;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    opens(&client, dom, NULL, 0);
    flood = flood_begins(&pty);
    usleep(20000);
    h.turns_max = 0;
    for (int n = 0; n < 20; n++) {
        call = calls_open(&client, dom, "nosuch", 0);
        do {
            while (!client_read(&client, &frame))
                usleep(1000);
            frame_free(&frame);
        } while (frame.header.type != WIRE_REPLY);
        ck_assert_uint_eq(frame.header.serial, call);
    }
    flood_ends(&pty, flood);
    pty_free(&pty);
}
END_TEST

/* A client's end of a stream is answered, whatever the guest does: libvirt's clients wait for it.
 */
START_TEST(a_guest_that_does_not_read_does_not_hold_up_the_end)
{
    static const char zeros[200000];
    struct pty        pty = pty_new();
    struct domain    *dom = guest("web", 'w', 1);
    struct frame      frame;
    uint32_t          serial;

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    serial = opens(&client, dom, NULL, 0);
    for (int n = 0; n < 4; n++)
        sends(&client, serial, WIRE_CONTINUE, zeros, 50000);
    finishes(&client, serial);
    serial = opens(&client, dom, NULL, 0);
    for (int n = 0; n < 4; n++)
        sends(&client, serial, WIRE_CONTINUE, zeros, 50000);
    sends(&client, serial, WIRE_ERROR, NULL, 0); /* an abort is answered at once */
    frame = gets(&client, serial, WIRE_OK);
    frame_free(&frame);
    pty_free(&pty);
}
END_TEST

START_TEST(a_hundred_sessions_that_are_left_leave_nothing)
{
    struct pty     pty = pty_new();
    struct domain *dom = guest_of_xl("web", 'w', 1);
    int            before = open_descriptors();

    tty_is(1, HOST_TERMINAL_CONSOLE, pty.path);
    for (int n = 0; n < 100; n++) {
        struct client other = client_new(&h, false);
        uint32_t      serial;

        client_open(&other, 0);
        serial = opens(&other, dom, NULL, 0);
        pty_says(&pty, "a");
        if (n % 3 == 0)
            reads(&other, serial, "a");
        types_in(&other, serial, "b");
        client_free(&other); /* without a word, with output and input under way */
        tcflush(pty.other, TCIFLUSH);
    }
    ck_assert_int_eq(open_descriptors(), before);
    ck_assert_ptr_null(console_of('w', 0));
    pty_free(&pty);
}
END_TEST

static TCase *
add_case(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 240);
    suite_add_tcase(suite, tc);
    return tc;
}

int
main(void)
{
    Suite   *suite = suite_create("consoles");
    SRunner *runner;
    TCase   *tc;
    int      failed;

    tc = add_case(suite, "sessions");
    tcase_add_test(tc, what_a_guest_says_comes_and_what_a_client_types_goes);
    tcase_add_test(tc, ten_megabytes_come_and_go_unchanged);
    tcase_add_test(tc, a_second_session_is_refused_and_told_whose_guest_it_is);
    tcase_add_test(tc, a_session_takes_over_by_force_and_the_first_one_is_told);
    tcase_add_test(tc, what_is_no_console_is_refused_by_name);
    tcase_add_test(tc, who_may_only_look_opens_no_console);
    tcase_add_test(tc, an_hvm_guest_has_serial_ports_and_the_first_is_its_main_one);
    tcase_add_test(tc, a_console_that_xenstore_has_not_told_of_is_asked_for);
    tc = add_case(suite, "kept");
    tcase_add_test(tc, what_was_said_before_the_first_session_is_shown);
    tcase_add_test(tc, the_newest_bytes_are_kept_and_no_more);
    tcase_add_test(tc, the_console_of_a_guest_of_xl_is_open_only_while_a_session_is);
    tcase_add_test(tc, where_nothing_is_to_be_kept_no_console_is_open_without_a_session);
    tcase_add_test(tc, what_is_kept_can_be_read_beside_a_session_and_after_the_guest);
    tcase_add_test(tc, what_is_not_kept_is_said);
    tcase_add_test(tc, the_next_daemon_has_what_was_kept);
    tcase_add_test(tc, of_guests_that_have_ended_so_many_are_remembered);
    tc = add_case(suite, "runs");
    tcase_add_test(tc, a_session_ends_as_libvirts_does_when_the_guest_has_gone);
    tcase_add_loop_test(tc, a_session_goes_on_when_the_guest_reboots, 0, 2);
    tcase_add_test(tc, a_session_goes_on_when_the_guest_is_saved_and_restored);
    tcase_add_test(tc, a_session_does_not_wait_for_ever_for_a_saved_guest);
    tcase_add_test(tc, a_session_waits_for_a_restart_as_long_as_it_is_at_work);
    tcase_add_loop_test(tc, a_console_goes_on_with_a_new_pty_of_the_same_guest, 0, 2);
    tcase_add_test(tc, a_pty_that_hung_up_is_not_opened_again_unless_xenstore_says_so);
    tcase_add_test(tc, only_a_pty_is_opened);
    tc = add_case(suite, "floods");
    tcase_add_test(tc, a_guest_that_floods_costs_so_much_and_no_more);
    tcase_add_test(tc, a_client_that_does_not_read_costs_so_much_and_is_waited_for_and_then_not);
    tcase_add_test(tc, calls_of_the_same_connection_are_answered_beside_a_flood);
    tcase_add_test(tc, a_guest_that_does_not_read_does_not_hold_up_the_end);
    tcase_add_test(tc, a_hundred_sessions_that_are_left_leave_nothing);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
