/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "driver/image.h"
#include "scene.h"

#define CONFIG "<domain type='xen'/>"

static int          fd;
static struct image image;
static struct err   err;

static void
setup(void)
{
    fd = memfd_create("image", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    image = (struct image){0};
    err = (struct err){0};
}

static void
teardown(void)
{
    image_clear(&image);
    close(fd);
}

static void
append(const void *data, size_t size)
{
    ck_assert_int_eq(file_write_all(fd, data, size), 0);
}

static size_t
append_stream(bool emulator)
{
    uint8_t            start[FAKE_STREAM_START];
    size_t             size;
    cleanup_free void *body = fake_stream_body(1, emulator, &size);

    fake_stream_start(start);
    append(start, sizeof start);
    append(body, size);
    return sizeof start + size;
}

static int
write_wrapper(enum image_format format, const char *config, const char *xml)
{
    struct image written = {
        .format = format, .config = (char *)(uintptr_t)config, .xml = (char *)(uintptr_t)xml};

    return image_write(fd, &written, IMAGE_UNALIGNED, &err);
}

static void
put32(off_t offset, uint32_t value)
{
    ck_assert_int_eq(pwrite(fd, &value, sizeof value, offset), sizeof value);
}

static void
assert_refused(const char *words)
{
    ck_assert_int_eq(image_read(fd, &image, &err), -1);
    ck_assert_int_eq(err.code, ERR_OPERATION_FAILED);
    ck_assert_msg(strstr(err.message, words), "%s", err.message);
    ck_assert_ptr_null(image.config);
}

static void
assert_damaged(uint64_t offset, const char *words)
{
    ck_assert_int_eq(image_check_stream(fd, offset, &err), -1);
    ck_assert_int_eq(err.code, ERR_OPERATION_FAILED);
    ck_assert_msg(strstr(err.message, words), "%s", err.message);
}

/*----- the wrapper -----*/

START_TEST(what_is_written_is_read_back)
{
    enum image_format format = _i ? IMAGE_XL : IMAGE_LIBVIRT;
    off_t             end;

    ck_assert_int_eq(write_wrapper(format, CONFIG, NULL), 0);
    end = lseek(fd, 0, SEEK_CUR);
    append_stream(false);
    ck_assert_int_eq(image_read(fd, &image, &err), 0);
    ck_assert_int_eq(image.format, format);
    ck_assert_str_eq(image.config, CONFIG);
    ck_assert_uint_eq(image.stream_offset, (uint64_t)end);
    ck_assert_int_eq(image_check_stream(fd, image.stream_offset, &err), 0);
}
END_TEST

/* The bytes that libvirt's own images begin with. */
START_TEST(the_wrapper_is_libvirts_byte_for_byte)
{
    static const uint8_t want[64 + 4] = "libvirt-xml\n \0 \r\2\0\0\0\4\0\0\0";
    uint8_t              have[64 + 4];

    ck_assert_int_eq(write_wrapper(IMAGE_LIBVIRT, "abc", NULL), 0);
    ck_assert_int_eq(pread(fd, have, sizeof have, 0), sizeof have);
    ck_assert_mem_eq(have, want, 64);
    ck_assert_mem_eq(have + 64, "abc", 4);
}
END_TEST

START_TEST(xls_wrapper_is_xls_byte_for_byte)
{
    static const uint8_t want[] = "Xen saved domain, xl format\n \0 \r"
                                  "\4\3\2\1\3\0\0\0\0\0\0\0\10\0\0\0\4\0\0\0abc";
    uint8_t              have[sizeof want];

    ck_assert_int_eq(write_wrapper(IMAGE_XL, "abc", NULL), 0);
    ck_assert_int_eq(pread(fd, have, sizeof have, 0), sizeof have);
    ck_assert_mem_eq(have, want, sizeof want);
}
END_TEST

/* xl reads what it has written there, and passes over what follows. */
START_TEST(xml_stands_behind_what_xl_reads)
{
    ck_assert_int_eq(write_wrapper(IMAGE_XL, CONFIG, "<domain/>"), 0);
    append_stream(false);
    ck_assert_int_eq(image_read(fd, &image, &err), 0);
    ck_assert_str_eq(image.config, CONFIG);
    ck_assert_str_eq(image.xml, "<domain/>");
    ck_assert_uint_eq(image.stream_offset, 48 + 4 + sizeof CONFIG + 16 + sizeof "<domain/>");
    ck_assert_int_eq(image_check_stream(fd, image.stream_offset, &err), 0);
}
END_TEST

START_TEST(what_another_program_has_put_there_is_passed_over)
{
    ck_assert_int_eq(write_wrapper(IMAGE_XL, CONFIG, "<domain/>"), 0);
    ck_assert_int_eq(pwrite(fd, "y", 1, 48 + 4 + sizeof CONFIG), 1);
    ck_assert_int_eq(image_read(fd, &image, &err), 0);
    ck_assert_ptr_null(image.xml);
    put32(44, 4 + sizeof CONFIG + 5);
    image_clear(&image);
    ck_assert_int_eq(image_read(fd, &image, &err), 0);
    ck_assert_ptr_null(image.xml);
}
END_TEST

START_TEST(xml_that_is_not_one_text_is_refused)
{
    ck_assert_int_eq(write_wrapper(IMAGE_XL, CONFIG, "<domain/>"), 0);
    ck_assert_int_eq(pwrite(fd, "", 1, 48 + 4 + sizeof CONFIG + 16 + 2), 1); /* a NUL in it */
    assert_refused("damaged: what is noted");
    put32(44, 4 + sizeof CONFIG + 16);
    assert_refused("bytes long");
}
END_TEST

START_TEST(a_file_that_is_no_image_is_refused)
{
    static const char *const no_images[] = {"", "x", "libvirt-xml\n", "QEMU", "<domain/>"};

    append(no_images[_i], strlen(no_images[_i]));
    assert_refused("no image of a saved domain");
}
END_TEST

START_TEST(a_truncated_wrapper_is_refused)
{
    ck_assert_int_eq(write_wrapper(_i % 2 ? IMAGE_XL : IMAGE_LIBVIRT, CONFIG, NULL), 0);
    ck_assert_int_eq(ftruncate(fd, 40 + _i / 2), 0);
    assert_refused("truncated");
}
END_TEST

START_TEST(an_image_of_version_1_is_refused_with_the_reason)
{
    ck_assert_int_eq(write_wrapper(IMAGE_LIBVIRT, CONFIG, NULL), 0);
    put32(16, 1);
    assert_refused("version 1");
    put32(16, 3);
    assert_refused("version 3");
}
END_TEST

START_TEST(a_length_that_cannot_be_is_refused_before_memory_is_taken)
{
    static const uint32_t lengths[] = {0, IMAGE_CONFIG_MAX + IMAGE_BEHIND_MAX + 1, UINT32_MAX,
                                       0x80000000};

    ck_assert_int_eq(write_wrapper(IMAGE_LIBVIRT, CONFIG, NULL), 0);
    put32(20, lengths[_i]);
    assert_refused("bytes long");
}
END_TEST

START_TEST(a_length_beyond_the_file_is_refused)
{
    ck_assert_int_eq(write_wrapper(IMAGE_LIBVIRT, CONFIG, NULL), 0);
    put32(20, sizeof CONFIG + 1);
    assert_refused("truncated: its XML");
}
END_TEST

START_TEST(a_definition_that_is_not_one_text_is_refused)
{
    ck_assert_int_eq(write_wrapper(IMAGE_LIBVIRT, CONFIG, NULL), 0);
    ck_assert_int_eq(pwrite(fd, "", 1, 64 + 5), 1); /* a NUL in it */
    assert_refused("damaged: what is noted");
    ck_assert_int_eq(pwrite(fd, "x", 1, 64 + 5), 1);
    ck_assert_int_eq(pwrite(fd, "x", 1, 64 + sizeof CONFIG - 1), 1); /* no NUL behind it */
    assert_refused("not a NUL-terminated string");
}
END_TEST

START_TEST(what_an_xl_image_may_not_have_is_refused)
{
    static const struct {
        off_t       offset;
        uint32_t    value;
        const char *words;
    } cases[] = {
        {32, 0x04030201, "byte order"},
        {36, 1, "before Xen 4.6"},
        {36, 2, "before Xen 4.6"},
        {36, 7, "features"},
        {44, 0, "no configuration"},
        {44, 3, "no configuration"},
        {44, 5, "does not fit"},
        {48, UINT32_MAX, "does not fit"},
        {48, sizeof CONFIG + 1, "does not fit"},
        {44, UINT32_MAX, "stream should begin"},
    };

    ck_assert_int_eq(write_wrapper(IMAGE_XL, CONFIG, NULL), 0);
    put32(cases[_i].offset, cases[_i].value);
    assert_refused(cases[_i].words);
}
END_TEST

START_TEST(a_definition_that_is_too_long_is_not_written)
{
    cleanup_free char *text = xmalloc(IMAGE_CONFIG_MAX + 1);

    memset(text, 'x', IMAGE_CONFIG_MAX);
    text[IMAGE_CONFIG_MAX] = '\0';
    ck_assert_int_eq(write_wrapper(IMAGE_LIBVIRT, text, NULL), -1);
    ck_assert_int_eq(err.code, ERR_INVALID_ARG);
    text[IMAGE_CONFIG_MAX - 1] = '\0';
    ck_assert_int_eq(write_wrapper(IMAGE_LIBVIRT, text, NULL), 0);
}
END_TEST

/*----- the note -----*/

/* image's; written as _i says, in libvirt's wrapper or in xl's. */
static void
write_with_note(enum image_format format)
{
    static image_disk disks[] = {{.target = (char *)"xvda",
                                  .source = (char *)"/a",
                                  .kind = IMAGE_DISK_FILE,
                                  .size = 1ull << 40,
                                  .modified_sec = -1,
                                  .modified_nsec = 999999999,
                                  .inode = UINT64_MAX,
                                  .generation = 7,
                                  .identity = (char *)""}};
    image_note        note = {.job = 12, .saved_sec = 34, .state = IMAGE_STATE_PAUSED};
    struct image      written = {.format = format, .config = (char *)CONFIG, .note = &note};

    if (format == IMAGE_XL)
        written.xml = (char *)"<domain/>";
    note.disks.disks_val = disks;
    note.disks.disks_len = array_size(disks);
    ck_assert_int_eq(image_write(fd, &written, 0, &err), 0);
    ck_assert_uint_eq(written.stream_offset, IMAGE_ALIGN);
    note.state = IMAGE_STATE_RUNNING;
    disks[0].size = 1;
    ck_assert_int_eq(image_write_note(fd, &written, &err), 0);
    append_stream(false);
    image.note_offset = written.note_offset;
}

START_TEST(a_note_is_read_back_as_it_was_written_last)
{
    write_with_note(_i ? IMAGE_XL : IMAGE_LIBVIRT);
    ck_assert_int_eq(image_read(fd, &image, &err), 0);
    ck_assert_str_eq(image.config, CONFIG);
    ck_assert_str_eq(image_xml(&image), _i ? "<domain/>" : CONFIG);
    ck_assert_uint_eq(image.note->job, 12);
    ck_assert_int_eq(image.note->saved_sec, 34);
    ck_assert_int_eq(image.note->state, IMAGE_STATE_RUNNING);
    ck_assert_uint_eq(image.note->disks.disks_len, 1);
    ck_assert_str_eq(image.note->disks.disks_val[0].target, "xvda");
    ck_assert_uint_eq(image.note->disks.disks_val[0].size, 1);
    ck_assert_int_eq(image.note->disks.disks_val[0].modified_sec, -1);
    ck_assert_uint_eq(image.note->disks.disks_val[0].inode, UINT64_MAX);
    ck_assert_uint_eq(image.stream_offset, IMAGE_ALIGN);
    ck_assert_int_eq(image_check_stream(fd, image.stream_offset, &err), 0);
}
END_TEST

/* What libvirt reads: so many bytes as the header says, as a string. */
START_TEST(who_reads_a_string_where_the_xml_stands_sees_no_note)
{
    char text[IMAGE_ALIGN];

    write_with_note(IMAGE_LIBVIRT);
    ck_assert_int_eq(pread(fd, text, sizeof text - 64, 64), sizeof text - 64);
    ck_assert_str_eq(text, CONFIG);
}
END_TEST

START_TEST(a_note_that_is_damaged_anywhere_is_noticed_or_harmless)
{
    off_t offset;

    write_with_note(IMAGE_LIBVIRT);
    offset = (off_t)image.note_offset + _i;
    ck_assert_int_eq(pwrite(fd, "\xff", 1, offset), 1);
    if (image_read(fd, &image, &err) < 0)
        ck_assert_msg(strstr(err.message, "damaged: what is noted"), "%s", err.message);
    else
        ck_assert_str_eq(image.config, CONFIG);
}
END_TEST

START_TEST(a_note_of_a_newer_version_is_not_passed_over)
{
    write_with_note(IMAGE_LIBVIRT);
    put32((off_t)image.note_offset + 8, 0x02000000); /* big endian */
    ck_assert_int_eq(image_read(fd, &image, &err), -1);
    ck_assert_int_eq(err.code, ERR_NO_SUPPORT);
    ck_assert_ptr_nonnull(strstr(err.message, "it has version 2, and 1 is supported"));
}
END_TEST

START_TEST(an_image_without_a_note_has_none)
{
    struct image written = {.format = IMAGE_LIBVIRT, .config = (char *)CONFIG};

    ck_assert_int_eq(image_write(fd, &written, 123, &err), 0);
    ck_assert_uint_eq(written.stream_offset % IMAGE_ALIGN, 123);
    ck_assert_int_eq(image_read(fd, &image, &err), 0);
    ck_assert_ptr_null(image.note);
}
END_TEST

/*----- the stream -----*/

START_TEST(a_whole_stream_is_known)
{
    append("in front", 8);
    append_stream(_i);
    ck_assert_int_eq(image_check_stream(fd, 8, &err), 0);
}
END_TEST

START_TEST(a_stream_that_is_cut_anywhere_is_noticed)
{
    size_t size = append_stream(true);

    for (size_t cut = 0; cut < size; cut++) {
        ck_assert_int_eq(ftruncate(fd, (off_t)cut), 0);
        assert_damaged(0, "the image is truncated: ");
        ck_assert_int_eq(ftruncate(fd, 0), 0);
        lseek(fd, 0, SEEK_SET);
        append_stream(true);
        /* Within the pages it is all the same: every 97th will do. */
        if (cut > 200 && cut < size - 100)
            cut += 97;
    }
}
END_TEST

START_TEST(zeros_at_the_end_of_a_torn_stream_prove_nothing)
{
    size_t  size = append_stream(true);
    uint8_t zeros[64] = {0};

    /* The last page is cut, and what follows looks like END records. */
    ck_assert_int_eq(ftruncate(fd, (off_t)size - 200), 0);
    ck_assert_int_eq(pwrite(fd, zeros, sizeof zeros, (off_t)size - 200 - (off_t)sizeof zeros),
                     sizeof zeros);
    assert_damaged(0, "truncated");
}
END_TEST

START_TEST(something_behind_the_end_is_noticed)
{
    append_stream(false);
    append("x", 1);
    assert_damaged(0, "something stands behind the end");
}
END_TEST

START_TEST(a_stream_without_memory_is_noticed)
{
    uint8_t       start[FAKE_STREAM_START];
    const uint8_t end[8] = {0};

    fake_stream_start(start);
    append(start, 16);
    append(end, sizeof end);
    assert_damaged(0, "without the domain's memory");
}
END_TEST

START_TEST(a_header_that_is_wrong_is_noticed)
{
    static const struct {
        off_t       offset;
        uint32_t    value;
        const char *words;
    } cases[] = {
        {0, 0, "libxl's stream"},
        {8, 0, "libxl's stream"},
        {12, 0x01000000, "libxl's stream"}, /* big endian */
        {24, 0, "libxc's stream should begin"},
        {32, 0, "libxc's stream should begin"},
        {36, 0, "version that is not known"},
        {40, 0x00000100, "big endian"},
    };

    append_stream(false);
    put32(cases[_i].offset, cases[_i].value);
    assert_damaged(0, cases[_i].words);
}
END_TEST

START_TEST(a_record_longer_than_libxc_takes_is_noticed)
{
    append_stream(false);
    ck_assert_int_eq(ftruncate(fd, 1 << 30), 0); /* sparse */
    put32(24 + 40 + 4, (128 << 20) + 1);
    assert_damaged(0, "too long at offset 64");
}
END_TEST

START_TEST(a_record_that_reaches_beyond_the_file_is_noticed)
{
    append_stream(false);
    put32(24 + 40 + 4, UINT32_MAX);
    assert_damaged(0, "a record of libxc at offset 64");
}
END_TEST

/*----- more than 4 GiB -----*/

#define LARGE_RECORD (128ll << 20)
#define LARGE_RECORDS 48 /* 6 GiB */

static off_t
put_record(off_t offset, uint32_t type, uint32_t length)
{
    put32(offset, type);
    put32(offset + 4, length);
    return offset + 8 + length;
}

/* A whole stream, of whose pages nothing but the records' headers is written; returns its size. */
static off_t
make_large_stream(void)
{
    uint8_t            start[FAKE_STREAM_START];
    size_t             size;
    cleanup_free void *body = fake_stream_body(1, false, &size);
    off_t              offset = FAKE_STREAM_START + 40;

    fake_stream_start(start);
    append(start, sizeof start);
    append(body, 40); /* libxc's headers */
    for (int n = 0; n < LARGE_RECORDS; n++)
        offset = put_record(offset, 1, LARGE_RECORD);
    offset = put_record(offset, 0, 0); /* libxc's END */
    return put_record(offset, 0, 0);   /* libxl's END */
}

START_TEST(a_stream_of_6_gib_is_walked_to_its_end)
{
    off_t       size = make_large_stream();
    struct stat st;

    ck_assert_int_gt(size, 6ll << 30);
    ck_assert_int_eq(image_check_stream(fd, 0, &err), 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(st.st_size, size);
    ck_assert_int_lt(st.st_blocks, 4096); /* of 512 bytes: the rest are holes, and stay so */
}
END_TEST

START_TEST(a_stream_of_6_gib_that_is_torn_is_noticed_where_it_is_torn)
{
    off_t size = make_large_stream();
    off_t last = size - 16 - LARGE_RECORD - 8; /* the last record of pages */
    char  words[64];

    /* libxl's END, libxc's END, the last pages; then one before them, also beyond 4 GiB. */
    ck_assert_int_eq(ftruncate(fd, size - 1), 0);
    snprintf(words, sizeof words, "a record of libxl at offset %lld", (long long)size - 8);
    assert_damaged(0, words);
    ck_assert_int_eq(ftruncate(fd, size - 9), 0);
    snprintf(words, sizeof words, "a record of libxc at offset %lld", (long long)size - 16);
    assert_damaged(0, words);
    ck_assert_int_eq(ftruncate(fd, size - 17), 0);
    snprintf(words, sizeof words, "a record of libxc at offset %lld", (long long)last);
    assert_damaged(0, words);
    ck_assert_int_eq(ftruncate(fd, last - 1), 0);
    snprintf(words, sizeof words, "a record of libxc at offset %lld",
             (long long)(last - LARGE_RECORD - 8));
    assert_damaged(0, words);
}
END_TEST

START_TEST(a_record_behind_4_gib_that_is_too_long_is_noticed)
{
    off_t offset = make_large_stream() - 16 - LARGE_RECORD - 8;
    char  words[64];

    put32(offset + 4, (128 << 20) + 8);
    snprintf(words, sizeof words, "at offset %lld", (long long)offset);
    ck_assert_int_eq(ftruncate(fd, 8ll << 30), 0);
    assert_damaged(0, words);
}
END_TEST

START_TEST(an_offset_beyond_the_file_is_noticed)
{
    append_stream(false);
    assert_damaged(UINT64_MAX, "truncated");
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("image");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, what_is_written_is_read_back, 0, 2);
    tcase_add_test(tc, the_wrapper_is_libvirts_byte_for_byte);
    tcase_add_test(tc, xls_wrapper_is_xls_byte_for_byte);
    tcase_add_test(tc, xml_stands_behind_what_xl_reads);
    tcase_add_test(tc, what_another_program_has_put_there_is_passed_over);
    tcase_add_test(tc, xml_that_is_not_one_text_is_refused);
    tcase_add_loop_test(tc, a_file_that_is_no_image_is_refused, 0, 5);
    tcase_add_loop_test(tc, a_truncated_wrapper_is_refused, 0, 2 * 24);
    tcase_add_test(tc, an_image_of_version_1_is_refused_with_the_reason);
    tcase_add_loop_test(tc, a_length_that_cannot_be_is_refused_before_memory_is_taken, 0, 4);
    tcase_add_test(tc, a_length_beyond_the_file_is_refused);
    tcase_add_test(tc, a_definition_that_is_not_one_text_is_refused);
    tcase_add_loop_test(tc, what_an_xl_image_may_not_have_is_refused, 0, 10);
    tcase_add_test(tc, a_definition_that_is_too_long_is_not_written);
    tcase_add_loop_test(tc, a_note_is_read_back_as_it_was_written_last, 0, 2);
    tcase_add_test(tc, who_reads_a_string_where_the_xml_stands_sees_no_note);
    tcase_add_loop_test(tc, a_note_that_is_damaged_anywhere_is_noticed_or_harmless, 0, 28 + 90);
    tcase_add_test(tc, a_note_of_a_newer_version_is_not_passed_over);
    tcase_add_test(tc, an_image_without_a_note_has_none);
    tcase_add_loop_test(tc, a_whole_stream_is_known, 0, 2);
    tcase_add_test(tc, a_stream_that_is_cut_anywhere_is_noticed);
    tcase_add_test(tc, zeros_at_the_end_of_a_torn_stream_prove_nothing);
    tcase_add_test(tc, something_behind_the_end_is_noticed);
    tcase_add_test(tc, a_stream_without_memory_is_noticed);
    tcase_add_loop_test(tc, a_header_that_is_wrong_is_noticed, 0, 7);
    tcase_add_test(tc, a_record_longer_than_libxc_takes_is_noticed);
    tcase_add_test(tc, a_record_that_reaches_beyond_the_file_is_noticed);
    tcase_add_test(tc, a_stream_of_6_gib_is_walked_to_its_end);
    tcase_add_test(tc, a_stream_of_6_gib_that_is_torn_is_noticed_where_it_is_torn);
    tcase_add_test(tc, a_record_behind_4_gib_that_is_too_long_is_noticed);
    tcase_add_test(tc, an_offset_beyond_the_file_is_noticed);
    return scene_main("image", tc);
}
