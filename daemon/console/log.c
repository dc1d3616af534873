/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/spawn.h"
#include "consoles.h"
#include "eventloop/framed.h"
#include "wire/frame.h"
#include "wire/host.h"

#define UNSENT_MAX (1u << 20) /* for a disk that is slow */
#define GUEST_MAX 230         /* bytes: its console and the number of one put aside are behind it */
#define RESTART_USEC 5000000u /* a writer that ends is not started again before */

/*
 *   None --console_log_add--> Open --the writer ends--> None, for RESTART_USEC at least
 */
struct console_log {
    struct loop                 *loop;
    const struct console_limits *limits;
    const char                  *worker_path;
    struct framed                writer; /* Closed: there is none */
    struct loop_child            child;
    uint64_t                     started_usec;
    unsigned long long           lost; /* bytes, since it was last all well */
};

static void
log_frame(void *arg, const void *data, size_t size)
{
    (void)arg, (void)data, (void)size; /* it has nothing to say */
}

static void
log_closed(void *arg, const struct err *err)
{
    (void)arg, (void)err; /* its exit says more */
}

static const struct framed_ops log_framed_ops = {
    .size_of = wire_frame_size, .frame = log_frame, .closed = log_closed};

static void
log_writer_exited(void *arg, int status)
{
    (void)arg;
    log_warning("the process that writes consoles into files has ended (status %d)", status);
}

struct console_log *
console_log_new(struct loop *loop, const struct console_limits *limits, const char *worker_path)
{
    struct console_log *log = xcalloc(1, sizeof *log);

    log->loop = loop;
    log->limits = limits;
    log->worker_path = worker_path;
    log->writer.fd = -1;
    loop_child_init(&log->child, loop, log_writer_exited, log);
    return log;
}

/* Its socket is given up to it: what is in there it reads to the end. */
void
console_log_free(struct console_log *log)
{
    if (!log)
        return;
    if (log->writer.fd >= 0)
        framed_close(&log->writer);
    loop_child_stop(&log->child);
    free(log);
}

/*----- the writer -----*/

static void
log_send(struct console_log *log, const writer_command *command)
{
    const struct wire_header header = {
        .program = WIRE_PROGRAM_HOST, .version = WIRE_VERSION, .type = WIRE_MESSAGE};
    cleanup_free void *frame = NULL;
    size_t             size;
    struct err         err;

    if (wire_encode(&header, (xdrproc_t)xdr_writer_command, command, &frame, &size, &err) == 0)
        framed_send(&log->writer, frame, size);
    else
        log_warning("what a console says cannot be written to its file: %s", err.message);
}

static int
log_spawn(struct console_log *log, struct err *err)
{
    int               pair[2];
    char              level[4];
    const char *const argv[] = {log->worker_path, "--write", level, NULL};
    cleanup_close int ours = -1, theirs = -1;
    pid_t             pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return err_set_errno(err, errno, "cannot make a socket pair");
    ours = pair[0];
    theirs = pair[1];
    snprintf(level, sizeof level, "%d", (int)log_get_level());
    if (spawn_program(argv, theirs, &pid, err) < 0)
        return -1;
    loop_child_stop(&log->child);
    loop_child_start(&log->child, pid);
    framed_init(&log->writer, log->loop, take_fd(ours), &log_framed_ops, log);
    return 0;
}

/* Returns whether there is a writer. */
static bool
log_start(struct console_log *log)
{
    uint64_t   now = loop_now_usec();
    struct err err;

    if (log->writer.fd >= 0)
        return true;
    if (log->started_usec && now - log->started_usec < RESTART_USEC)
        return false;
    log->started_usec = now;
    if (log_spawn(log, &err) < 0) {
        log_warning("consoles are not written into files: %s", err.message);
        return false;
    }
    log_send(log, &(writer_command){.type = WRITER_SETUP,
                                    .writer_command_u.setup = {.folder = log->limits->log_dir,
                                                               .size = log->limits->log_size,
                                                               .count = log->limits->log_count}});
    return true;
}

static bool
log_has_room(struct console_log *log, size_t size)
{
    bool room = log_start(log) && framed_unsent(&log->writer) < UNSENT_MAX;

    if (!room && !log->lost)
        log_warning("the files in %s do not take what consoles say: some of it is lost",
                    log->limits->log_dir);
    if (!room)
        log->lost += size;
    if (room && log->lost)
        log_warning("the files in %s take what consoles say again: %llu bytes were lost",
                    log->limits->log_dir, log->lost);
    if (room)
        log->lost = 0;
    return room;
}

/* xl gives guests of dom0d names, too. */
static char *
log_file(const char *guest, const uint8_t uuid[UUID_SIZE], enum host_terminal terminal)
{
    char text[UUID_TEXT_SIZE];

    if (strlen(guest) > GUEST_MAX || !domain_name_is_valid(guest))
        guest = uuid_format(uuid, text);
    return xasprintf("%s.%s.log", guest, console_alias(terminal));
}

void
console_log_add(struct console_log *log, const char *guest, const uint8_t uuid[UUID_SIZE],
                enum host_terminal terminal, const void *data, size_t size)
{
    cleanup_free char *file = NULL;

    if (!log || !log_has_room(log, size))
        return;
    file = log_file(guest, uuid, terminal);
    log_send(log, &(writer_command){
                      .type = WRITER_PIECE,
                      .writer_command_u.piece = {.file = file,
                                                 .bytes = {.bytes_len = (unsigned)size,
                                                           .bytes_val = (char *)(uintptr_t)data}}});
}
