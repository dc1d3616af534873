/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "eventloop/framed.h"
#include "host-wire.h"

#define COMPLAINT_USEC 60000000u /* none is followed by another one before */

struct writer {
    struct framed     daemon;
    loop_fn          *ended;
    void             *arg;
    struct loop_defer end;
    int               folder; /* -1: not known yet */
    uint64_t          size;
    unsigned          count;
    uint64_t          complained_usec; /* when it last did; 0: never */
};

/* A guest says how often: of one file that cannot be written, beside others that can. */
static void
writer_complain(struct writer *writer, const char *file)
{
    int      saved = errno;
    uint64_t now = loop_now_usec();

    if (writer->complained_usec && now - writer->complained_usec < COMPLAINT_USEC)
        return;
    writer->complained_usec = now;
    log_warning("cannot write what a console says into %s: %s", file, strerror(saved));
}

/* FILE.2 becomes FILE.3, FILE.1 FILE.2, FILE FILE.1; the oldest is written over. */
static void
writer_rotate(const struct writer *writer, const char *file)
{
    for (unsigned n = writer->count; n > 0; n--) {
        cleanup_free char *to = xasprintf("%s.%u", file, n);
        cleanup_free char *from = n > 1 ? xasprintf("%s.%u", file, n - 1) : xstrdup(file);

        renameat(writer->folder, from, writer->folder, to);
    }
    unlinkat(writer->folder, file, 0);
}

/* -1 with errno.  Whoever may write into the folder is root, or was trusted with it; yet what is no
 * plain file is not written to. */
static int
writer_open(const struct writer *writer, const char *file, struct stat *st)
{
    int fd = openat(writer->folder, file,
                    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    if (fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode))
        return fd;
    if (fd >= 0) {
        close(fd);
        errno = EINVAL;
    }
    return -1;
}

static void
writer_write(struct writer *writer, const writer_piece *piece)
{
    size_t            size = piece->bytes.bytes_len;
    struct stat       st;
    cleanup_close int fd = writer_open(writer, piece->file, &st);

    if (fd >= 0 && st.st_size && (uint64_t)st.st_size + size > writer->size) {
        close(take_fd(fd));
        writer_rotate(writer, piece->file);
        fd = writer_open(writer, piece->file, &st);
    }
    if (fd < 0 || file_write_all(fd, piece->bytes.bytes_val, size) < 0)
        writer_complain(writer, piece->file);
}

static void
writer_set_up(struct writer *writer, const writer_setup *setup)
{
    if (writer->folder >= 0)
        return;
    writer->size = setup->size;
    writer->count = setup->count;
    if (mkdir(setup->folder, 0700) < 0 && errno != EEXIST)
        writer_complain(writer, setup->folder);
    writer->folder = open(setup->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (writer->folder < 0)
        writer_complain(writer, setup->folder);
}

static void
writer_closed(void *arg, const struct err *err)
{
    struct writer *writer = arg;

    if (err)
        log_error("the daemon's connection: protocol error: %s", err->message);
    loop_defer_start(&writer->end);
}

static void
writer_frame(void *arg, const void *data, size_t size)
{
    struct writer *writer = arg;
    writer_command command = {0};
    struct err     err;

    if (host_wire_decode(data, size, (xdrproc_t)xdr_writer_command, &command, &err) < 0) {
        framed_close(&writer->daemon);
        writer_closed(writer, &err);
        return;
    }
    if (command.type == WRITER_SETUP)
        writer_set_up(writer, &command.writer_command_u.setup);
    else if (writer->folder >= 0 && !strchr(command.writer_command_u.piece.file, '/'))
        writer_write(writer, &command.writer_command_u.piece);
    wire_body_free((xdrproc_t)xdr_writer_command, &command);
}

static void
writer_end(void *arg)
{
    struct writer *writer = arg;

    writer->ended(writer->arg); /* may free writer: must be last */
}

static const struct framed_ops writer_framed_ops = {
    .size_of = host_wire_size_of, .frame = writer_frame, .closed = writer_closed};

struct writer *
writer_new(struct loop *loop, int fd, loop_fn *ended, void *arg)
{
    struct writer *writer = xcalloc(1, sizeof *writer);

    writer->ended = ended;
    writer->arg = arg;
    writer->folder = -1;
    loop_defer_init(&writer->end, loop, writer_end, writer);
    framed_init(&writer->daemon, loop, fd, &writer_framed_ops, writer);
    return writer;
}

void
writer_free(struct writer *writer)
{
    if (!writer)
        return;
    loop_defer_stop(&writer->end);
    framed_close(&writer->daemon);
    if (writer->folder >= 0)
        close(writer->folder);
    free(writer);
}
