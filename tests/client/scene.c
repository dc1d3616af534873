/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "base/alloc.h"
#include "scene.h"

#define PLAY_MSEC_MAX 10000
#define IDLE_MSEC 50
#define ARGUMENTS_MAX 16

const unsigned char scene_uuid[16] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
                                      0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01};

remote_nonnull_domain
scene_domain(int n)
{
    static char           names[][8] = {"web", "db", "old"};
    static const int      ids[] = {7, 8, -1};
    remote_nonnull_domain dom = {.name = names[n], .id = ids[n]};

    memcpy(dom.uuid, scene_uuid, sizeof scene_uuid);
    dom.uuid[15] += (char)n;
    return dom;
}

static void
append(struct scene_text *text, const void *data, size_t size)
{
    text->text = xrealloc(text->text, text->size + size + 1);
    memcpy(text->text + text->size, data, size);
    text->size += size;
    text->text[text->size] = '\0';
}

/*----- before and after -----*/

static void
listen_at_path(struct scene *scene)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, scene->path);
    scene->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(scene->listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(scene->listener, 4), 0);
}

void
scene_init(struct scene *scene)
{
    *scene = (struct scene){.listener = -1, .conn = -1, .out_fd = -1, .err_fd = -1, .columns = 80};
    append(&scene->out, "", 0);
    append(&scene->err, "", 0);
    strcpy(scene->dir, "/tmp/test-dom0ctl.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scene->dir));
    snprintf(scene->path, sizeof scene->path, "%s/sock", scene->dir);
    listen_at_path(scene);
}

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(take_fd(*fd));
}

void
scene_clear(struct scene *scene)
{
    close_fd(&scene->listener);
    close_fd(&scene->conn);
    close_fd(&scene->out_fd);
    close_fd(&scene->err_fd);
    unlink(scene->path);
    ck_assert_int_eq(rmdir(scene->dir), 0); /* nothing else was left behind */
    free(scene->in.text);
    free(scene->held.text);
    free(scene->out.text);
    free(scene->err.text);
}

/* In the child: becomes dom0ctl. */
static void
become_dom0ctl(const struct scene *scene, const char *arguments, int in, int out, int err)
{
    const char *build = getenv("top_builddir");
    char       *argv[ARGUMENTS_MAX] = {xstrdup("dom0ctl"), xstrdup("-s"), xstrdup(scene->path)};
    char       *words = xstrdup(arguments), *program;
    int         n = 3;

    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[n++] = word;
    program = xasprintf("%s/client/dom0ctl", build ? build : ".");
    if (scene->full_output)
        out = open("/dev/full", O_WRONLY);
    if (scene->ignore_interrupt)
        signal(SIGINT, SIG_IGN);
    unsetenv("DOM0CTL_RECONNECT");
    if (scene->patience)
        setenv("DOM0CTL_RECONNECT", scene->patience, 1);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execv(program, argv);
    _exit(126);
}

/* A descriptor from which the text can be read. */
static int
open_input(const char *text)
{
    int fd = memfd_create("stdin", MFD_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text ? text : "", text ? strlen(text) : 0), text ? strlen(text) : 0);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void
open_terminal(int fds_out[2], unsigned short columns)
{
    struct winsize window = {.ws_row = 24, .ws_col = columns};

    ck_assert_int_eq(openpty(&fds_out[0], &fds_out[1], NULL, NULL, &window), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(fcntl(fds_out[i], F_SETFD, FD_CLOEXEC), 0);
}

void
scene_start(struct scene *scene, const char *arguments)
{
    cleanup_close int in = open_input(scene->input);
    int               out[2], err[2];

    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    if (scene->terminal)
        open_terminal(err, scene->columns);
    else
        ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
    scene->child = fork();
    ck_assert_int_ge(scene->child, 0);
    if (scene->child == 0)
        become_dom0ctl(scene, arguments, in, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    scene->out_fd = out[0];
    scene->err_fd = err[0];
}

/*----- frames -----*/

void
scene_send(struct scene *scene, const void *data, size_t size)
{
    const char *at = data;

    if (scene->hold)
        append(&scene->held, data, size);
    while (size && scene->conn >= 0 && !scene->hold) {
        ssize_t n = send(scene->conn, at, size, MSG_NOSIGNAL);

        if (n < 0)
            return; /* dom0ctl has left */
        at += n;
        size -= (size_t)n;
    }
}

void
scene_hold(struct scene *scene)
{
    scene->hold = true;
}

void
scene_release(struct scene *scene)
{
    scene->hold = false;
    scene_send(scene, scene->held.text, scene->held.size);
    scene->held.size = 0;
}

void
scene_hang_up(struct scene *scene)
{
    close_fd(&scene->conn);
}

void
scene_go(struct scene *scene)
{
    scene_hang_up(scene);
    close_fd(&scene->listener);
    unlink(scene->path);
}

void
scene_come_back(struct scene *scene)
{
    listen_at_path(scene);
}

static void
send_frame(struct scene *scene, const struct wire_header *header, xdrproc_t filter,
           const void *body)
{
    struct err err;
    void      *frame;
    size_t     size;

    ck_assert_int_eq(wire_encode(header, filter, body, &frame, &size, &err), 0);
    scene_send(scene, frame, size);
    free(frame);
}

void
scene_answer(struct scene *scene, const struct wire_header *call, xdrproc_t filter,
             const void *body)
{
    struct wire_header header = *call;

    header.type = WIRE_REPLY;
    send_frame(scene, &header, filter, body);
}

void
scene_refuse(struct scene *scene, const struct wire_header *call, enum err_code code,
             const char *message)
{
    struct err err = {.code = code};
    void      *frame;
    size_t     size;

    snprintf(err.message, sizeof err.message, "%s", message);
    wire_encode_error(call, &err, &frame, &size);
    scene_send(scene, frame, size);
    free(frame);
}

void
scene_event(struct scene *scene, int event, int detail)
{
    struct wire_header                         header = {.program = WIRE_PROGRAM_REMOTE,
                                                         .version = WIRE_VERSION,
                                                         .procedure = 318,
                                                         .type = WIRE_MESSAGE,
                                                         .serial = 1};
    remote_domain_event_callback_lifecycle_msg msg = {
        .callbackID = 3, .msg = {.dom = scene_domain(0), .event = event, .detail = detail}};

    send_frame(scene, &header, (xdrproc_t)xdr_remote_domain_event_callback_lifecycle_msg, &msg);
}

void
scene_decode(const void *frame, size_t size, xdrproc_t filter, void *args)
{
    struct err err;

    ck_assert_int_eq(wire_decode(frame, size, filter, args, &err), 0);
}

/*----- what every scene needs -----*/

static bool
answer_lookup(struct scene *scene, const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_lookup_by_id_args   id = {.id = -2};
    remote_domain_lookup_by_uuid_args uuid = {.uuid = ""};
    remote_domain_lookup_by_name_args name = {.name = NULL};
    remote_nonnull_domain             dom;
    int                               n;

    if (call->procedure == 22)
        SCENE_DECODE(frame, size, remote_domain_lookup_by_id_args, &id);
    else if (call->procedure == 24)
        SCENE_DECODE(frame, size, remote_domain_lookup_by_uuid_args, &uuid);
    else
        SCENE_DECODE(frame, size, remote_domain_lookup_by_name_args, &name);
    for (n = 0; n < 3; n++) {
        dom = scene_domain(n);
        if (dom.id == id.id || memcmp(dom.uuid, uuid.uuid, sizeof uuid.uuid) == 0 ||
            (name.name && strcmp(dom.name, name.name) == 0))
            break;
    }
    if (n < 3)
        SCENE_ANSWER(scene, call, remote_domain_lookup_by_id_ret, .dom = dom);
    else
        scene_refuse(scene, call, ERR_NO_DOMAIN, "Domain not found: no such domain");
    free(name.name);
    return true;
}

static void
answer_list(struct scene *scene, const struct wire_header *call, const void *frame, size_t size)
{
    remote_connect_list_all_domains_args args = {0};
    remote_nonnull_domain domains[] = {scene_domain(0), scene_domain(1), scene_domain(2)};
    unsigned              n;

    SCENE_DECODE(frame, size, remote_connect_list_all_domains_args, &args);
    n = args.flags & 2 ? 3 : 2;
    SCENE_ANSWER(scene, call, remote_connect_list_all_domains_ret,
                 .domains = {.domains_len = n, .domains_val = domains}, .ret = n);
}

static void
answer_info(struct scene *scene, const struct wire_header *call, const void *frame, size_t size)
{
    remote_domain_get_info_args args = {.dom = {.name = NULL}};
    static const unsigned char  states[] = {1, 3, 5};

    SCENE_DECODE(frame, size, remote_domain_get_info_args, &args);
    SCENE_ANSWER(scene, call, remote_domain_get_info_ret,
                 .state = states[args.dom.uuid[15] - scene_uuid[15]], .maxMem = 1048576,
                 .memory = 524288, .nrVirtCpu = 2, .cpuTime = 12340000000);
    free(args.dom.name);
}

static bool
answer_usual(struct scene *scene, const struct wire_header *call, const void *frame, size_t size)
{
    static char type[] = "linux";

    if (call->program != WIRE_PROGRAM_REMOTE)
        return false;
    switch (call->procedure) {
    case 1:
        scene_answer(scene, call, NULL, NULL);
        return true;
    case 15:
        SCENE_ANSWER(scene, call, remote_domain_get_autostart_ret, .autostart = 1);
        return true;
    case 16:
        answer_info(scene, call, frame, size);
        return true;
    case 19:
        SCENE_ANSWER(scene, call, remote_domain_get_os_type_ret, .type = type);
        return true;
    case 22:
    case 23:
    case 24:
        return answer_lookup(scene, call, frame, size);
    case 60:
        SCENE_ANSWER(scene, call, remote_connect_supports_feature_ret, .supported = 1);
        return true;
    case 66:
        SCENE_ANSWER(scene, call, remote_auth_list_ret,
                     .types = {.types_len = 1, .types_val = (remote_auth_type[]){0}});
        return true;
    case 151:
        SCENE_ANSWER(scene, call, remote_domain_is_persistent_ret, .persistent = 1);
        return true;
    case 212:
        SCENE_ANSWER(scene, call, remote_domain_get_state_ret, .state = 1, .reason = 1);
        return true;
    case 273:
        answer_list(scene, call, frame, size);
        return true;
    case 316:
        SCENE_ANSWER(scene, call, remote_connect_domain_event_callback_register_any_ret,
                     .callbackID = 3);
        return true;
    case 426:
        SCENE_ANSWER(scene, call, remote_domain_get_messages_ret, .msgs = {.msgs_len = 0});
        return true;
    default:
        return false;
    }
}

/*----- playing -----*/

static void
take_call(struct scene *scene, const void *frame, size_t size)
{
    struct wire_header call;

    wire_header_decode(frame, size, &call);
    ck_assert_uint_lt(scene->n_calls, SCENE_CALLS_MAX);
    if (call.program == WIRE_PROGRAM_KEEPALIVE)
        scene->calls[scene->n_calls++] = SCENE_KEEPALIVE + call.procedure;
    else if (call.program == WIRE_PROGRAM_DOM0D)
        scene->calls[scene->n_calls++] = SCENE_DOM0D + call.procedure;
    else
        scene->calls[scene->n_calls++] = call.procedure;
    if (scene->on_call && scene->on_call(scene, &call, frame, size))
        return;
    if (call.type == WIRE_CALL && !answer_usual(scene, &call, frame, size))
        scene_refuse(scene, &call, ERR_RPC, "unknown procedure");
}

static void
take_calls(struct scene *scene)
{
    struct err err;
    size_t     at = 0, size;

    for (; scene->conn >= 0; at += size) {
        ck_assert_int_eq(wire_frame_size(scene->in.text + at, scene->in.size - at, &size, &err), 0);
        if (size == 0 || size > scene->in.size - at)
            break;
        take_call(scene, scene->in.text + at, size);
    }
    scene->in.size -= scene->conn >= 0 ? at : scene->in.size;
    memmove(scene->in.text, scene->in.text + at, scene->in.size);
}

/* Returns whether there was something. */
static bool
drain(int *fd, struct scene_text *text)
{
    char    data[65536];
    ssize_t n = *fd >= 0 ? read(*fd, data, sizeof data) : 0;

    /* EIO: the terminal's other side is closed. */
    if (n > 0)
        append(text, data, (size_t)n);
    else
        close_fd(fd);
    return n > 0;
}

/* What an earlier one left unsaid is of no meaning here. */
static void
take_connection(struct scene *scene)
{
    scene->conn = accept4(scene->listener, NULL, NULL, SOCK_CLOEXEC);
    scene->in.size = 0;
    scene->n_conns++;
}

static void
turn(struct scene *scene)
{
    struct pollfd fds[] = {
        {.fd = scene->conn < 0 ? scene->listener : -1, .events = POLLIN},
        {.fd = scene->conn, .events = POLLIN},
        {.fd = scene->out_fd, .events = POLLIN},
        {.fd = scene->err_fd, .events = POLLIN},
    };

    if (poll(fds, array_size(fds), IDLE_MSEC) == 0 && scene->on_idle)
        scene->on_idle(scene);
    if (fds[0].revents && scene->listener >= 0)
        take_connection(scene);
    if (fds[1].revents && scene->conn >= 0 && drain(&scene->conn, &scene->in))
        take_calls(scene);
    if (fds[2].revents)
        drain(&scene->out_fd, &scene->out);
    if (fds[3].revents)
        drain(&scene->err_fd, &scene->err);
}

static long
now_msec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
scene_play(struct scene *scene)
{
    long end = now_msec() + PLAY_MSEC_MAX;

    while (scene->out_fd >= 0 || scene->err_fd >= 0) {
        if (now_msec() > end) {
            kill(scene->child, SIGKILL);
            ck_abort_msg("dom0ctl does not end; it said: %s%s", scene->out.text, scene->err.text);
        }
        turn(scene);
    }
    ck_assert_int_eq(waitpid(scene->child, &scene->status, 0), scene->child);
}

void
scene_run(struct scene *scene, const char *arguments)
{
    scene_start(scene, arguments);
    scene_play(scene);
}

int
scene_exit_status(const struct scene *scene)
{
    ck_assert_msg(WIFEXITED(scene->status), "dom0ctl was ended by signal %d",
                  WTERMSIG(scene->status));
    return WEXITSTATUS(scene->status);
}

size_t
scene_count(const struct scene *scene, int32_t procedure)
{
    size_t count = 0;

    for (size_t i = 0; i < scene->n_calls; i++)
        count += scene->calls[i] == procedure;
    return count;
}

void
scene_interrupt(struct scene *scene)
{
    ck_assert_int_eq(kill(scene->child, SIGINT), 0);
}
