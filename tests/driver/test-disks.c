/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "disks.h"
#include "driver/image.h"
#include "scene.h"

static char                path[256], other[256];
static libxl_domain_config config;
static libxl_device_disk  *disk;
static image_note         *note;
static struct err          err;

static void
put(const char *where, const char *text)
{
    ck_assert_int_eq(file_replace(where, text, strlen(text), 0600, &err), 0);
}

static void
setup(void)
{
    scene_begin();
    snprintf(path, sizeof path, "%s", scene_path("disk"));
    snprintf(other, sizeof other, "%s", scene_path("other"));
    put(path, "12345");
    libxl_domain_config_init(&config);
    config.disks = calloc(1, sizeof *config.disks);
    config.num_disks = 1;
    disk = config.disks;
    libxl_device_disk_init(disk);
    disk->vdev = xstrdup("xvda");
    disk->pdev_path = xstrdup(path);
    disk->readwrite = 1;
}

static void
teardown(void)
{
    image_note_free(note);
    note = NULL;
    libxl_domain_config_dispose(&config);
    unlink(path);
    unlink(other);
    scene_end();
}

static void
note_disks(void)
{
    note = disks_note(&config, false);
    disks_note_again(note);
}

static void
assert_same(void)
{
    ck_assert_msg(disks_compare(note, &config, &err) == 0, "%s", err.message);
}

static void
assert_changed(const char *words)
{
    ck_assert_int_eq(disks_compare(note, &config, &err), -1);
    ck_assert_int_eq(err.code, ERR_OPERATION_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "disk xvda ("));
    ck_assert_msg(strstr(err.message, words), "%s", err.message);
    ck_assert_ptr_nonnull(strstr(err.message, "--force"));
}

static void
set_modified(const char *where, time_t sec, long nsec)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = sec, .tv_nsec = nsec}};

    ck_assert_int_eq(utimensat(AT_FDCWD, where, times, 0), 0);
}

static void
name_source(const char *source)
{
    free(disk->pdev_path);
    disk->pdev_path = xstrdup(source);
}

START_TEST(a_disk_that_nobody_has_touched_is_what_it_was)
{
    note_disks();
    ck_assert_uint_eq(note->disks.disks_len, 1);
    ck_assert_int_eq(note->disks.disks_val[0].kind, IMAGE_DISK_FILE);
    assert_same();
}
END_TEST

START_TEST(a_disk_that_is_read_is_what_it_was)
{
    cleanup_free char *text = NULL;

    note_disks();
    ck_assert_int_eq(file_read(path, 100, &text, NULL, &err), 0);
    assert_same();
}
END_TEST

START_TEST(a_disk_that_was_written_to_names_both_times)
{
    set_modified(path, 1000000000, 5);
    note_disks();
    set_modified(path, 1000000000, 6);
    assert_changed("last modified at 2001-09-09 01:46:40.000000005 UTC then, and at "
                   "2001-09-09 01:46:40.000000006 UTC now");
}
END_TEST

START_TEST(a_disk_that_has_grown_names_both_sizes)
{
    note_disks();
    put(path, "123456");
    assert_changed("it had 5 bytes then, and has 6 now");
}
END_TEST

/* As `cp -p` leaves it. */
START_TEST(another_file_with_the_name_and_the_times_of_the_disk_is_not_the_disk)
{
    set_modified(path, 1000000000, 5);
    note_disks();
    put(other, "54321");
    set_modified(other, 1000000000, 5);
    ck_assert_int_eq(rename(other, path), 0);
    assert_changed("another file has its name");
}
END_TEST

START_TEST(a_disk_that_has_gone_is_told)
{
    note_disks();
    unlink(path);
    assert_changed("it cannot be looked at: No such file");
}
END_TEST

START_TEST(a_disk_that_is_no_file_any_more_is_told)
{
    note_disks();
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_changed("it was a file then, and is neither a file nor a block device now");
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(what_was_noted_again_counts)
{
    note_disks();
    put(path, "1234567");
    disks_note_again(note);
    assert_same();
}
END_TEST

/* The user's XML says where it is now: that its size is right is all that can be known. */
START_TEST(of_a_disk_with_another_source_only_the_size_is_compared)
{
    note_disks();
    put(other, _i ? "54321" : "4321");
    name_source(other);
    if (_i)
        assert_same();
    else
        assert_changed("it had 5 bytes then, and has 4 now");
}
END_TEST

/* _i: within half a minute, or later. */
START_TEST(a_qcow2_file_may_be_written_to_while_it_is_closed)
{
    disk->format = LIBXL_DISK_FORMAT_QCOW2;
    note_disks();
    put(other, "123456");
    ck_assert_int_eq(rename(other, path), 0);
    note->disks.disks_val[0].inode = 0; /* it is another one now, which is told beside that */
    if (_i == 0) {
        assert_changed("it was inode 0 ");
    } else {
        set_modified(path, time(NULL) + 60, 0);
        assert_changed("it had 5 bytes then, and has 6 now");
    }
}
END_TEST

START_TEST(a_qcow2_file_of_a_domain_that_is_kept_may_not_be_written_to_at_all)
{
    disk->format = LIBXL_DISK_FORMAT_QCOW2;
    note = disks_note(&config, true);
    disks_note_again(note);
    put(path, "123456");
    assert_changed("it had 5 bytes then, and has 6 now");
}
END_TEST

START_TEST(a_disk_that_was_not_there_when_the_domain_was_saved_is_not_compared)
{
    note_disks();
    free(disk->vdev);
    disk->vdev = xstrdup("xvdb");
    put(path, "other");
    assert_same();
}
END_TEST

START_TEST(a_disk_that_is_read_only_is_compared_too)
{
    disk->readwrite = 0;
    note_disks();
    put(path, "123456");
    assert_changed("has 6 now");
}
END_TEST

/* _i: a medium that may be changed; what a script makes a disk of; another domain's. */
START_TEST(what_may_change_or_is_not_seen_is_not_noted)
{
    switch (_i) {
    case 0:
        disk->is_cdrom = 1;
        break;
    case 1:
        disk->script = xstrdup("block-iscsi");
        break;
    case 2:
        disk->backend_domname = xstrdup("storage");
        break;
    case 3:
        name_source("rbd:pool/image");
        break;
    default:
        free(take_ptr(disk->pdev_path));
        break;
    }
    note_disks();
    ck_assert_uint_eq(note->disks.disks_len, 0);
    assert_same();
}
END_TEST

/* Whatever this machine has: sysfs tells of it without opening it. */
START_TEST(a_block_device_is_known_by_its_size_and_its_name_for_itself)
{
    static const char *const devices[] = {"/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/loop0"};
    const char              *device = NULL;

    for (size_t n = 0; n < array_size(devices) && !device; n++)
        if (access(devices[n], F_OK) == 0)
            device = devices[n];
    if (!device)
        return;
    name_source(device);
    note_disks();
    ck_assert_int_eq(note->disks.disks_val[0].kind, IMAGE_DISK_BLOCK);
    assert_same();
    note->disks.disks_val[0].size++;
    assert_changed("bytes then, and has");
    note->disks.disks_val[0].size--;
    free(note->disks.disks_val[0].identity);
    note->disks.disks_val[0].identity = xstrdup("LVM-another");
    assert_changed("the device was 'LVM-another' then, and is '");
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("disks");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_disk_that_nobody_has_touched_is_what_it_was);
    tcase_add_test(tc, a_disk_that_is_read_is_what_it_was);
    tcase_add_test(tc, a_disk_that_was_written_to_names_both_times);
    tcase_add_test(tc, a_disk_that_has_grown_names_both_sizes);
    tcase_add_test(tc, another_file_with_the_name_and_the_times_of_the_disk_is_not_the_disk);
    tcase_add_test(tc, a_disk_that_has_gone_is_told);
    tcase_add_test(tc, a_disk_that_is_no_file_any_more_is_told);
    tcase_add_test(tc, what_was_noted_again_counts);
    tcase_add_loop_test(tc, of_a_disk_with_another_source_only_the_size_is_compared, 0, 2);
    tcase_add_loop_test(tc, a_qcow2_file_may_be_written_to_while_it_is_closed, 0, 2);
    tcase_add_test(tc, a_qcow2_file_of_a_domain_that_is_kept_may_not_be_written_to_at_all);
    tcase_add_test(tc, a_disk_that_was_not_there_when_the_domain_was_saved_is_not_compared);
    tcase_add_test(tc, a_disk_that_is_read_only_is_compared_too);
    tcase_add_loop_test(tc, what_may_change_or_is_not_seen_is_not_noted, 0, 5);
    tcase_add_test(tc, a_block_device_is_known_by_its_size_and_its_name_for_itself);
    return scene_main("disks", tc);
}
