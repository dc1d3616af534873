/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "file-copy.h"
#include "scene.h"

/* More than a piece, and no multiple of one. */
#define SIZE ((9u << 20) + 123)

static struct file_copy copy;
static struct err       err;
static char            *data;
static int              from, to;

static int
open_new(const char *name)
{
    int fd = open(scene_path(name), O_RDWR | O_CREAT | O_EXCL, 0600);

    ck_assert_int_ge(fd, 0);
    unlink(scene_path(name));
    return fd;
}

static void
setup(void)
{
    scene_begin();
    data = xmalloc(SIZE);
    for (size_t n = 0; n < SIZE; n++)
        data[n] = (char)(n * 7 + n / 4096);
    from = open_new("from");
    to = open_new("to");
    ck_assert_int_eq(file_write_all(from, data, SIZE), 0);
}

static void
teardown(void)
{
    close(from);
    close(to);
    free(data);
    scene_end();
}

static void
assert_copied(uint64_t from_offset, uint64_t to_offset)
{
    size_t             size = SIZE - from_offset;
    cleanup_free char *now = xmalloc(size);

    ck_assert_int_eq(lseek(to, 0, SEEK_END), (off_t)(to_offset + size));
    ck_assert_int_eq(pread(to, now, size, (off_t)to_offset), (ssize_t)size);
    ck_assert_mem_eq(now, data + from_offset, size);
}

/* _i: bit 0: by reading and writing, bit 1: not from where blocks begin. */
START_TEST(what_is_behind_an_offset_is_copied_whole)
{
    uint64_t skip = _i & 2 ? 4097 : 0, to_skip = _i & 2 ? 1 : 8192;

    file_copy_init(&copy, from, skip, to, to_skip, SIZE - skip);
    copy.slow = _i & 1;
    while (copy.done < copy.size)
        ck_assert_int_eq(file_copy_some(&copy, "to", &err), 0);
    assert_copied(skip, to_skip);
    ck_assert_int_eq(file_copy_some(&copy, "to", &err), 0);
    assert_copied(skip, to_skip);
}
END_TEST

/* _i: by reading and writing. */
START_TEST(a_file_that_becomes_shorter_is_said)
{
    file_copy_init(&copy, from, 0, to, 0, SIZE + 1);
    copy.asked = true;
    copy.slow = _i;
    while (copy.done < SIZE)
        ck_assert_int_eq(file_copy_some(&copy, "/x/to", &err), 0);
    ck_assert_int_eq(file_copy_some(&copy, "/x/to", &err), -1);
    ck_assert_int_eq(err.code, ERR_OPERATION_FAILED);
    ck_assert_str_eq(err.message,
                     "cannot write /x/to: what is copied has become shorter meanwhile");
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_said)
{
    cleanup_close int readonly = open(scene.kernel, O_RDONLY);

    file_copy_init(&copy, from, 0, readonly, 0, SIZE);
    ck_assert_int_eq(file_copy_some(&copy, "/x/to", &err), -1);
    ck_assert_int_eq(err.code, ERR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot write /x/to: "));
}
END_TEST

/* So that an abort is heeded in between. */
START_TEST(a_piece_is_not_all)
{
    file_copy_init(&copy, from, 0, to, 0, SIZE);
    copy.asked = true;
    ck_assert_int_eq(file_copy_some(&copy, "to", &err), 0);
    ck_assert_uint_gt(copy.done, 0);
    ck_assert_uint_le(copy.done, 8u << 20);
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("file-copy");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, what_is_behind_an_offset_is_copied_whole, 0, 4);
    tcase_add_loop_test(tc, a_file_that_becomes_shorter_is_said, 0, 2);
    tcase_add_test(tc, a_file_that_cannot_be_written_is_said);
    tcase_add_test(tc, a_piece_is_not_all);
    return scene_main("file-copy", tc);
}
