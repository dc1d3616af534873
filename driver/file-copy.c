/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "file-copy.h"

/* An abort, and the daemon, wait for one of these at most. */
#define PIECE_BYTES (8u << 20)
#define BUFFER_BYTES (256u << 10)

void
file_copy_init(struct file_copy *copy, int from, uint64_t from_offset, int to, uint64_t to_offset,
               uint64_t size)
{
    *copy = (struct file_copy){
        .from = from, .from_offset = from_offset, .to = to, .to_offset = to_offset, .size = size};
}

/* Returns how many bytes were copied, 0 at the end of the file, or -1 with errno. */
static ssize_t
copy_slowly(const struct file_copy *copy, size_t size)
{
    cleanup_free char *buffer = xmalloc(BUFFER_BYTES);
    ssize_t            n = pread(copy->from, buffer, size < BUFFER_BYTES ? size : BUFFER_BYTES,
                                 (off_t)(copy->from_offset + copy->done));

    if (n <= 0)
        return n;
    if (lseek(copy->to, (off_t)(copy->to_offset + copy->done), SEEK_SET) < 0)
        return -1;
    return file_write_all(copy->to, buffer, (size_t)n) < 0 ? -1 : n;
}

/* Returns as copy_slowly. */
static ssize_t
copy_piece(struct file_copy *copy, size_t size)
{
    off_t   from = (off_t)(copy->from_offset + copy->done);
    off_t   to = (off_t)(copy->to_offset + copy->done);
    ssize_t n = copy->slow ? -1 : copy_file_range(copy->from, &from, copy->to, &to, size, 0);

    if (n >= 0 || (!copy->slow && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)))
        return n;
    copy->slow = true;
    return copy_slowly(copy, size);
}

static bool
copy_is_aligned(const struct file_copy *copy)
{
    return (copy->from_offset + copy->done) % FILE_COPY_ALIGN == 0;
}

/* All from here on, where the file system shares blocks. */
static bool
copy_clone(struct file_copy *copy)
{
    struct file_clone_range range = {.src_fd = copy->from,
                                     .src_offset = copy->from_offset + copy->done,
                                     .dest_offset = copy->to_offset + copy->done};

    if (copy->asked || !copy_is_aligned(copy))
        return false;
    copy->asked = true;
    return ioctl(copy->to, FICLONERANGE, &range) == 0;
}

/* Up to where blocks begin, and from there a piece at a time. */
static size_t
copy_size_of_piece(const struct file_copy *copy)
{
    uint64_t left = copy->size - copy->done;
    uint64_t start = copy->from_offset + copy->done;
    uint64_t piece =
        copy_is_aligned(copy) ? PIECE_BYTES : FILE_COPY_ALIGN - start % FILE_COPY_ALIGN;

    return (size_t)(piece < left ? piece : left);
}

int
file_copy_some(struct file_copy *copy, const char *path, struct err *err)
{
    ssize_t n;

    if (copy->done == copy->size)
        return 0;
    if (copy_clone(copy)) {
        copy->done = copy->size;
        return 0;
    }
    n = copy_piece(copy, copy_size_of_piece(copy));
    if (n < 0)
        return err_set_errno(err, errno, "cannot write %s", path);
    if (n == 0)
        return err_set(err, ERR_OPERATION_FAILED,
                       "cannot write %s: what is copied has become shorter meanwhile", path);
    copy->done += (uint64_t)n;
    return 0;
}
