/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unexpressed.c: what libxl's configuration of a domain says and the XML cannot.
 *
 * The configuration and what comes back of it by way of the XML are compared as libxl's JSON, key
 * by key, so that a field that libxl gets tomorrow is noticed.
 */
#include <string.h>

#include "base/alloc.h"
#include "bits.h"
#include "conf/libxl.h"
#include "def.h"
#include "json.h"

/* What libxl works out itself, or what is as libxl has it when it is not told. */
static const struct {
    const char *path, *value; /* value NULL: whatever it is */
} worked_out[] = {
    {"c_info.domid", NULL},
    {"b_info.sched_params.sched", NULL},
    {"b_info.sched_params.cap", "0"},
    {"b_info.video_memkb", "0"},
    {"b_info.shadow_memkb", NULL},
    {"b_info.iommu_memkb", NULL},
    {"b_info.device_model_version", "\"qemu_xen\""},
    {"b_info.max_maptrack_frames", NULL},
    {"c_info.run_hotplug_scripts", "\"True\""},
    {"b_info.claim_mode", NULL},
    {"b_info.type.hvm.bios", "\"seabios\""},
    {"b_info.type.hvm.boot", "\"cd\""},
    {"on_watchdog", "\"destroy\""},
    /* The XML has one list of arguments, whatever the type of the guest. */
    {"b_info.extra_hvm", NULL},
    {"b_info.extra_pv", NULL},
    /* One function is always the guest's function 0. */
    {"pcidevs.vfunc_mask", NULL},
};

struct pairs {
    char **lines; /* "path value" */
    size_t n;
};

static void
add_pair(void *arg, const char *path, const char *value, size_t length)
{
    struct pairs *pairs = arg;

    pairs->lines = xreallocarray(pairs->lines, pairs->n + 1, sizeof *pairs->lines);
    pairs->lines[pairs->n++] = xasprintf("%s %.*s", path, (int)length, value);
}

static int
compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
free_pairs(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++)
        free(pairs->lines[i]);
    free(pairs->lines);
}

/* Without the numbers of devices and of members of lists. */
static char *
without_indexes(const char *full)
{
    char *path = xstrdup(full), *to = path;

    for (const char *from = path; *from; from++) {
        if (*from == '[')
            from += strcspn(from, "]");
        else
            *to++ = *from;
        if (!*from)
            break;
    }
    *to = '\0';
    return path;
}

bool
conf_is_worked_out(const char *path, const char *value, size_t length)
{
    cleanup_free char *plain = without_indexes(path);

    for (size_t i = 0; i < array_size(worked_out); i++)
        if (strcmp(worked_out[i].path, plain) == 0 &&
            (!worked_out[i].value || (strlen(worked_out[i].value) == length &&
                                      memcmp(worked_out[i].value, value, length) == 0)))
            return true;
    return false;
}

/* A line of pairs. */
static bool
is_worked_out(const char *line)
{
    size_t             length = strcspn(line, " ");
    cleanup_free char *path = xstrndup(line, length);
    const char        *value = line + length + 1;

    return conf_is_worked_out(path, value, strlen(value));
}

/* The paths of those of here that are not in there. */
static char **
difference(const struct pairs *here, struct pairs *there)
{
    char **list = xcalloc(here->n + 1, sizeof *list);
    size_t n = 0;

    qsort(there->lines, there->n, sizeof *there->lines, compare_lines);
    for (size_t i = 0; i < here->n; i++)
        if (!is_worked_out(here->lines[i]) &&
            !bsearch(&here->lines[i], there->lines, there->n, sizeof *there->lines, compare_lines))
            list[n++] = xstrndup(here->lines[i], strcspn(here->lines[i], " "));
    return list;
}

/* A bitmap for each virtual CPU is too much for JSON, which has a line for each of their bits. */
static void
move_affinity(struct pairs *pairs, const char *name, libxl_bitmap **maps, int *n_maps)
{
    for (int i = 0; i < *n_maps; i++) {
        cleanup_free char *path = xasprintf("%s[%d]", name, i), *value = bits_format(&(*maps)[i]);

        add_pair(pairs, path, value, strlen(value));
    }
    *maps = NULL;
    *n_maps = 0;
}

static int
read_pairs(libxl_ctx *ctx, const libxl_domain_config *config, struct pairs *pairs, struct err *err)
{
    libxl_domain_config      shallow = *config; /* what it points to is not touched */
    libxl_domain_build_info *info = &shallow.b_info;
    char                    *json;

    move_affinity(pairs, "b_info.vcpu_hard_affinity", &info->vcpu_hard_affinity,
                  &info->num_vcpu_hard_affinity);
    move_affinity(pairs, "b_info.vcpu_soft_affinity", &info->vcpu_soft_affinity,
                  &info->num_vcpu_soft_affinity);
    json = libxl_domain_config_to_json(ctx, &shallow);
    if (!json)
        return err_set(err, ERR_INTERNAL, "libxl cannot write its configuration of the domain");
    json_leaves(json, "", add_pair, pairs);
    free(json);
    return 0;
}

/* The context is for complaints alone, of strings that are no UTF-8. */
char **
conf_difference(const libxl_domain_config *here, const libxl_domain_config *there)
{
    struct pairs a = {NULL, 0}, b = {NULL, 0};
    struct err   err;
    char       **list = NULL;

    if (!read_pairs(NULL, here, &a, &err) && !read_pairs(NULL, there, &b, &err))
        list = difference(&a, &b);
    free_pairs(&a);
    free_pairs(&b);
    return list;
}

int
conf_unexpressed(libxl_ctx *ctx, libxl_domain_config *config, char ***list_out, struct err *err)
{
    struct pairs        here = {NULL, 0}, there = {NULL, 0};
    struct domain_def  *def = NULL;
    libxl_domain_config back;
    int                 r;

    libxl_domain_config_init(&back);
    r = conf_from_libxl(config, &def, err) || conf_to_libxl(def, &back, err) ||
                read_pairs(ctx, config, &here, err) || read_pairs(ctx, &back, &there, err)
            ? -1
            : 0;
    if (!r)
        *list_out = difference(&here, &there);
    free_pairs(&here);
    free_pairs(&there);
    libxl_domain_config_dispose(&back);
    domain_def_free(def);
    return r;
}
