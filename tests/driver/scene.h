/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scene.h: a loop, a context on the fake Xen, a folder, and operations that are run to their end.
 */
#ifndef TESTS_DRIVER_SCENE_H
#define TESTS_DRIVER_SCENE_H

#include <check.h>

#include "../fakes/fake-xen.h"
#include "conf/libxl.h"
#include "driver/image.h"
#include "memory.h"
#include "operation.h"

struct scene {
    struct loop        *loop;
    struct xl           xl;
    struct fake_world  *world;
    char                folder[64];
    char                kernel[96]; /* a file in the folder */
    int                 disasters;
    struct memory_rules memory; /* autoballoon NULL: none are given */
};
extern struct scene scene;

/* For tcase_add_checked_fixture.  The end asserts that the folder holds nothing but what the test
 * removed: the kernel. */
void scene_begin(void);
void scene_end(void);

/** FOLDER/name; static. */
const char *scene_path(const char *name);
size_t      scene_count_files(void); /* beside the kernel */

/** A PVH guest's XML, its uuid made of letter; static. */
const char *scene_xml(const char *name, char letter);

/** The same of a guest of xl, with a watchdog's action that only libxl's configuration says;
 * static. */
const char *scene_xml_of_xl(const char *name, char letter);

/** The watchdog's action of a domain that was made. */
libxl_action_on_shutdown scene_on_watchdog(int domid);

/** Puts a whole image in libvirt's or xl's wrapper there; returns the file's size. */
size_t scene_write_image(const char *path, enum image_format format, const char *config,
                         uint64_t counter);

/** The same in libvirt's wrapper with a note, which is borrowed. */
size_t scene_write_noted_image(const char *path, const char *xml, image_note *note,
                               uint64_t counter);

/** All members that are not given here are zero and "". */
worker_start scene_start(worker_operation operation, const char *name, char letter);

enum scene_flags { SCENE_PAUSED = 1, SCENE_OVERWRITE = 2 };

/** As far as the operation has such parameters.  path and xml are borrowed. */
void scene_params(worker_start *start, const char *path, const char *xml, unsigned flags);

/** The main of a test with one case: its exit status. */
int scene_main(const char *name, TCase *tc);

/* What is to happen on the way. */
struct scene_way {
    int          abort_at; /* after so many turns of the loop, -1: before the first; 0: no abort */
    bool         refuse, ignore; /* the answer to identified, instead of proceed */
    worker_phase abort_in;       /* abort as soon as it is in this phase; 0: not so */
    void (*meanwhile)(void);     /* called after the third turn, or that */
    int meanwhile_at;
};

struct scene_outcome {
    int        calls; /* of done */
    struct err err;
    int        domid;
    bool       domain_left;
    int        identified;
    char       name[64];
    char       xml[8192]; /* that it was identified with */
    uint64_t   processed, total;
    bool       committed; /* the phase was seen */
    int        turns;
};

/** Runs the operation until it is done, at most 8 s. */
struct scene_outcome scene_run(const worker_start *start, const struct scene_way *way);

#endif
