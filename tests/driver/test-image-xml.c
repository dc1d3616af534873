/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "driver/image.h"
#include "scene.h"

#define COUNTER 4711
#define GRAPHICS "<devices><graphics type='vnc' passwd='secret'/></devices>"

static char         path[256], xml[4096];
static struct image image;
static struct err   err;

/* The guest's XML with this in the place of its devices. */
static char *
xml_with(const char *devices)
{
    const char *at = strstr(xml, "<devices/>");

    return xasprintf("%.*s%s%s", (int)(at - xml), xml, devices, at + strlen("<devices/>"));
}

static void
setup(void)
{
    scene_begin();
    snprintf(path, sizeof path, "%s", scene_path("web.save"));
    snprintf(xml, sizeof xml, "%s", scene_xml("web", 'w'));
}

static void
teardown(void)
{
    image_clear(&image);
    unlink(path);
    scene_end();
}

static struct scene_outcome
run(const char *definition, unsigned flags, unsigned how, const struct scene_way *way)
{
    worker_start start = scene_start(WORKER_IMAGE_XML, "", '\0');

    start.flags = how;
    scene_params(&start, path, definition, 0);
    start.params.worker_params_u.image_xml.flags |= flags;
    return scene_run(&start, way);
}

static struct scene_outcome
define(const char *definition, unsigned flags)
{
    return run(definition, flags, 0, NULL);
}

/* image is read; it is the only file there, and its stream whole. */
static void
read_image(void)
{
    cleanup_close int fd = open(path, O_RDONLY);

    image_clear(&image);
    ck_assert_msg(image_read(fd, &image, &err) == 0, "%s", err.message);
    ck_assert_msg(image_check_stream(fd, image.stream_offset, &err) == 0, "%s", err.message);
    ck_assert_uint_eq(scene_count_files(), 1);
}

static void
assert_done(const struct scene_outcome *out)
{
    ck_assert_int_eq(out->calls, 1);
    ck_assert_msg(out->err.code == ERR_NONE, "%s", out->err.message);
    ck_assert_str_eq(scene.world->log, "");
}

static uint64_t
restored_counter(void)
{
    worker_start         start = scene_start(WORKER_RESTORE, "", '\0');
    struct scene_outcome out;

    scene_params(&start, path, "", 0);
    out = scene_run(&start, NULL);
    ck_assert_msg(out.err.code == ERR_NONE, "%s", out.err.message);
    return fake_domain_find((uint32_t)out.domid)->counter;
}

/*----- what it holds -----*/

/* _i: with its secrets. */
START_TEST(the_definition_in_an_image_is_told)
{
    cleanup_free char   *definition = xml_with(GRAPHICS);
    struct scene_outcome out;

    scene_write_image(path, IMAGE_LIBVIRT, definition, 1);
    out = run("", _i ? WORKER_IMAGE_SECURE : 0, 0, NULL);
    assert_done(&out);
    ck_assert_int_eq(out.identified, 1);
    ck_assert_str_eq(out.name, "web");
    ck_assert_int_eq(strstr(out.xml, "secret") != NULL, _i);
}
END_TEST

/* _i: it is to be checked, as whoever wants to restore it would.  A torn one still has its XML. */
START_TEST(a_torn_image_is_told_unless_it_is_checked)
{
    struct scene_outcome out;
    size_t               size = scene_write_image(path, IMAGE_LIBVIRT, xml, 1);

    out = run("", _i ? WORKER_IMAGE_CHECK : 0, 0, NULL);
    ck_assert_int_eq(out.err.code, ERR_NONE);
    ck_assert_int_eq(truncate(path, (off_t)size - 1), 0);
    out = run("", _i ? WORKER_IMAGE_CHECK : 0, 0, NULL);
    ck_assert_int_eq(out.err.code, _i ? ERR_OPERATION_FAILED : ERR_NONE);
    ck_assert_int_eq(out.identified, !_i);
}
END_TEST

START_TEST(what_is_no_image_is_said)
{
    struct scene_outcome out;

    ck_assert_int_eq(file_replace(path, "x", 1, 0600, &err), 0);
    out = _i ? define(xml, 0) : run("", 0, 0, NULL);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, path));
    ck_assert_ptr_nonnull(strstr(out.err.message, "no image of a saved domain"));
}
END_TEST

/*----- another one -----*/

/* _i: of libvirt or of dom0d, where the stream begins anywhere or at a block. */
START_TEST(another_definition_stands_before_the_same_stream)
{
    cleanup_free char   *definition = xml_with("<devices/><metadata><x xmlns='urn:x'/></metadata>");
    image_note           note = {.job = 5, .state = IMAGE_STATE_RUNNING};
    struct scene_outcome out;
    uint64_t             offset;

    if (_i)
        scene_write_noted_image(path, xml, &note, COUNTER);
    else
        scene_write_image(path, IMAGE_LIBVIRT, xml, COUNTER);
    read_image();
    offset = image.stream_offset;
    ck_assert_int_eq(chmod(path, 0640), 0);
    out = define(definition, 0);
    assert_done(&out);
    ck_assert_uint_eq(out.processed, out.total);
    read_image();
    ck_assert_int_eq(image.format, IMAGE_LIBVIRT);
    ck_assert_ptr_nonnull(strstr(image.config, "urn:x"));
    ck_assert_uint_eq(image.stream_offset % IMAGE_ALIGN, offset % IMAGE_ALIGN);
    ck_assert_uint_eq(restored_counter(), COUNTER);
}
END_TEST

START_TEST(the_image_keeps_its_mode)
{
    struct scene_outcome out;
    struct stat          st;

    scene_write_image(path, IMAGE_LIBVIRT, xml, COUNTER);
    ck_assert_int_eq(chmod(path, 0640), 0);
    out = define(xml, 0);
    assert_done(&out);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0640);
}
END_TEST

/* _i: what is said of it. */
START_TEST(the_image_keeps_what_it_notes_but_for_how_it_is_to_be_restored)
{
    static const struct {
        unsigned    flags;
        image_state state;
    } cases[] = {
        {0, IMAGE_STATE_RUNNING},
        {WORKER_IMAGE_PAUSED, IMAGE_STATE_PAUSED},
        {WORKER_IMAGE_RUNNING, IMAGE_STATE_RUNNING},
    };
    image_disk           disk = {.target = (char *)"xvda",
                                 .source = (char *)"/a",
                                 .kind = IMAGE_DISK_FILE,
                                 .size = 7,
                                 .identity = (char *)""};
    image_note           note = {.job = 5, .state = IMAGE_STATE_RUNNING, .disks = {1, &disk}};
    struct scene_outcome out;

    scene_write_noted_image(path, xml, &note, COUNTER);
    out = define(xml, cases[_i].flags);
    assert_done(&out);
    read_image();
    ck_assert_uint_eq(image.note->job, 5);
    ck_assert_uint_eq(image.note->disks.disks_len, 1);
    ck_assert_uint_eq(image.note->disks.disks_val[0].size, 7);
    ck_assert_int_eq(image.note->state, cases[_i].state);
}
END_TEST

START_TEST(an_image_without_a_note_can_be_told_how_it_is_to_be_restored)
{
    struct scene_outcome out;

    scene_write_image(path, IMAGE_LIBVIRT, xml, COUNTER);
    out = define(xml, WORKER_IMAGE_PAUSED);
    assert_done(&out);
    read_image();
    ck_assert_int_eq(image.note->state, IMAGE_STATE_PAUSED);
    ck_assert_uint_eq(image.note->disks.disks_len, 0);
}
END_TEST

/* Its XML is of somebody who may see no secrets, and so not the configuration. */
START_TEST(an_image_of_xl_keeps_libxls_configuration)
{
    cleanup_free char   *of_xl = xstrdup(scene_xml_of_xl("web", 'w'));
    cleanup_free char   *definition = xml_with("<on_crash>restart</on_crash><devices/>");
    const char          *json = strstr(of_xl, "{\"c_info\"");
    cleanup_free char   *config = xstrndup(json, (size_t)(strstr(json, "</dom0d:") - json));
    struct scene_outcome out;

    scene_write_image(path, IMAGE_XL, config, COUNTER);
    out = define(definition, 0);
    assert_done(&out);
    read_image();
    ck_assert_int_eq(image.format, IMAGE_XL);
    ck_assert_ptr_nonnull(strstr(image.xml, "<on_crash>restart</on_crash>"));
    ck_assert_ptr_nonnull(strstr(image.xml, "<dom0d:configuration>"));
    ck_assert_ptr_nonnull(strstr(image.config, "on_watchdog"));
    ck_assert_uint_eq(restored_counter(), COUNTER);
}
END_TEST

/*----- the old one stays -----*/

static void
assert_as_before(const void *before, size_t size)
{
    cleanup_free char *now = NULL;
    size_t             now_size;

    ck_assert_int_eq(file_read(path, 1 << 20, &now, &now_size, &err), 0);
    ck_assert_uint_eq(now_size, size);
    ck_assert_mem_eq(now, before, size);
    ck_assert_uint_eq(scene_count_files(), 1);
}

START_TEST(the_definition_of_another_machine_is_refused_by_name)
{
    cleanup_free char   *before = NULL, *other = xstrdup(xml);
    struct scene_outcome out;
    size_t               size;

    scene_write_image(path, IMAGE_LIBVIRT, xml, COUNTER);
    ck_assert_int_eq(file_read(path, 1 << 20, &before, &size, &err), 0);
    memcpy(strstr(other, ">128<"), ">256<", 5);
    out = define(other, 0);
    ck_assert_int_eq(out.err.code, ERR_CONFIG_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "<memory>"));
    assert_as_before(before, size);
}
END_TEST

START_TEST(a_torn_image_is_left_as_it_is)
{
    cleanup_free char   *before = NULL;
    struct scene_outcome out;
    size_t               size = scene_write_image(path, IMAGE_LIBVIRT, xml, COUNTER) - 1;

    ck_assert_int_eq(truncate(path, (off_t)size), 0);
    ck_assert_int_eq(file_read(path, 1 << 20, &before, NULL, &err), 0);
    out = define(xml, 0);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "truncated"));
    assert_as_before(before, size);
}
END_TEST

static void
put_another(void)
{
    ck_assert_int_eq(file_replace(path, "another", 7, 0600, &err), 0);
}

START_TEST(an_image_that_somebody_else_has_replaced_meanwhile_stays)
{
    struct scene_way     way = {.meanwhile = put_another, .meanwhile_at = 1};
    struct scene_outcome out;

    scene_write_image(path, IMAGE_LIBVIRT, xml, COUNTER);
    out = run(xml, 0, 0, &way);
    ck_assert_int_eq(out.err.code, ERR_OPERATION_FAILED);
    ck_assert_ptr_nonnull(strstr(out.err.message, "replaced or removed meanwhile"));
    assert_as_before("another", 7);
}
END_TEST

/* _i: after so many turns. */
START_TEST(an_abort_leaves_the_old_image_or_the_new_one)
{
    cleanup_free char   *definition = xml_with("<devices/><metadata><x xmlns='urn:x'/></metadata>");
    struct scene_way     way = {.abort_at = _i - 1};
    struct scene_outcome out;

    scene_write_image(path, IMAGE_LIBVIRT, xml, COUNTER);
    out = run(definition, 0, 0, &way);
    read_image();
    if (out.err.code != ERR_NONE)
        ck_assert_int_eq(out.err.code, ERR_OPERATION_ABORTED);
    ck_assert_int_eq(strstr(image.config, "urn:x") != NULL, out.err.code == ERR_NONE);
}
END_TEST

/* It may have had its name already, or not. */
START_TEST(what_a_worker_that_died_had_begun_is_done_again)
{
    cleanup_free char   *definition = xml_with("<devices/><metadata><x xmlns='urn:x'/></metadata>");
    struct scene_outcome out;

    scene_write_image(path, IMAGE_LIBVIRT, _i ? definition : xml, COUNTER);
    out = run(definition, 0, WORKER_UNDO, NULL);
    assert_done(&out);
    read_image();
    ck_assert_ptr_nonnull(strstr(image.config, "urn:x"));
}
END_TEST

int
main(void)
{
    TCase *tc = tcase_create("image-xml");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, the_definition_in_an_image_is_told, 0, 2);
    tcase_add_loop_test(tc, a_torn_image_is_told_unless_it_is_checked, 0, 2);
    tcase_add_loop_test(tc, what_is_no_image_is_said, 0, 2);
    tcase_add_loop_test(tc, another_definition_stands_before_the_same_stream, 0, 2);
    tcase_add_test(tc, the_image_keeps_its_mode);
    tcase_add_loop_test(tc, the_image_keeps_what_it_notes_but_for_how_it_is_to_be_restored, 0, 3);
    tcase_add_test(tc, an_image_without_a_note_can_be_told_how_it_is_to_be_restored);
    tcase_add_test(tc, an_image_of_xl_keeps_libxls_configuration);
    tcase_add_test(tc, the_definition_of_another_machine_is_refused_by_name);
    tcase_add_test(tc, a_torn_image_is_left_as_it_is);
    tcase_add_test(tc, an_image_that_somebody_else_has_replaced_meanwhile_stays);
    tcase_add_loop_test(tc, an_abort_leaves_the_old_image_or_the_new_one, 0, 6);
    tcase_add_loop_test(tc, what_a_worker_that_died_had_begun_is_done_again, 0, 2);
    return scene_main("image-xml", tc);
}
