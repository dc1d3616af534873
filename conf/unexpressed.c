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
    bool        filled;       /* only where libxl has made the domain */
} worked_out[] = {
    {"c_info.domid", NULL, true},
    {"b_info.sched_params.sched", NULL, true},
    {"b_info.sched_params.cap", "0", true},
    {"b_info.video_memkb", "0", true},
    {"b_info.shadow_memkb", NULL, true},
    {"b_info.iommu_memkb", NULL, true},
    {"b_info.device_model_version", "\"qemu_xen\"", false},
    {"b_info.max_maptrack_frames", NULL, true},
    {"c_info.run_hotplug_scripts", "\"True\"", false},
    {"b_info.claim_mode", NULL, false},
    {"b_info.type.hvm.bios", "\"seabios\"", false},
    {"b_info.type.hvm.boot", "\"cd\"", false},
    {"on_watchdog", "\"destroy\"", false},
    {"c_info.driver_domain", "\"False\"", false},
    {"c_info.oos", "\"True\"", false},
    {"c_info.xend_suspend_evtchn_compat", "\"False\"", false},
    {"b_info.acpi", "\"True\"", false},
    {"b_info.device_model_stubdomain", "\"False\"", false},
    {"b_info.disable_migrate", "\"False\"", false},
    {"b_info.dm_restrict", "\"False\"", false},
    {"b_info.localtime", "\"False\"", false},
    {"b_info.nested_hvm", "\"False\"", false},
    {"b_info.type.pvh.pvshim", "\"False\"", false},
    {"b_info.type.hvm.nographic", "\"False\"", false},
    {"b_info.type.hvm.nx", "\"True\"", false},
    {"b_info.type.hvm.sdl.enable", "\"False\"", false},
    {"b_info.type.hvm.sdl.opengl", "\"False\"", false},
    {"b_info.type.hvm.spice.enable", "\"False\"", false},
    {"b_info.type.hvm.spice.vdagent", "\"False\"", false},
    {"b_info.type.hvm.usb", "\"False\"", false},
    {"b_info.type.hvm.vpt_align", "\"True\"", false},
    {"b_info.type.hvm.xen_platform_pci", "\"True\"", false},
    {"nics.nictype", "\"vif_ioemu\"", false},
    {"channels.devid", NULL, false},
    /* The XML has one list of arguments, whatever the type of the guest. */
    {"b_info.extra_hvm", NULL, false},
    {"b_info.extra_pv", NULL, false},
    /* One function is always the guest's function 0. */
    {"pcidevs.vfunc_mask", "1", false},
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
conf_is_worked_out(const char *path, const char *value, size_t length, bool filled)
{
    cleanup_free char *plain = without_indexes(path);

    for (size_t i = 0; i < array_size(worked_out); i++)
        if (strcmp(worked_out[i].path, plain) == 0 && (filled || !worked_out[i].filled) &&
            (!worked_out[i].value || (strlen(worked_out[i].value) == length &&
                                      memcmp(worked_out[i].value, value, length) == 0)))
            return true;
    return false;
}

/* A line of pairs. */
static bool
is_worked_out(const char *line, bool filled)
{
    size_t             length = strcspn(line, " ");
    cleanup_free char *path = xstrndup(line, length);
    const char        *value = line + length + 1;

    return conf_is_worked_out(path, value, strlen(value), filled);
}

/* The paths of those of here that are not in there; filled: here is of a domain that libxl made. */
static char **
difference(const struct pairs *here, struct pairs *there, bool filled)
{
    char **list = xcalloc(here->n + 1, sizeof *list);
    size_t n = 0;

    qsort(there->lines, there->n, sizeof *there->lines, compare_lines);
    for (size_t i = 0; i < here->n; i++)
        if (!is_worked_out(here->lines[i], filled) &&
            !bsearch(&here->lines[i], there->lines, there->n, sizeof *there->lines, compare_lines))
            list[n++] = xstrndup(here->lines[i], strcspn(here->lines[i], " "));
    return list;
}

/* A bitmap for each virtual CPU is too much for JSON, which has a line for each of their bits.  One
 * of all CPUs says nothing. */
static void
move_affinity(struct pairs *pairs, const char *name, libxl_bitmap **maps, int *n_maps)
{
    for (int i = 0; i < *n_maps; i++) {
        cleanup_free char *path = xasprintf("%s[%d]", name, i), *value = bits_format(&(*maps)[i]);

        if (strcmp(value, CPU_ALL) != 0)
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

/* "destroy" is 0, of which JSON has nothing; the XML never means it. */
static void
add_soft_reset(struct pairs *pairs, const libxl_domain_config *config)
{
    if (config->on_soft_reset == LIBXL_ACTION_ON_SHUTDOWN_DESTROY)
        add_pair(pairs, "on_soft_reset", "destroy", strlen("destroy"));
}

/* The context is for complaints alone, of strings that are no UTF-8. */
char **
conf_difference(const libxl_domain_config *here, const libxl_domain_config *there, bool filled)
{
    struct pairs a = {NULL, 0}, b = {NULL, 0};
    struct err   err;
    char       **list = NULL;

    add_soft_reset(&a, here);
    add_soft_reset(&b, there);
    if (!read_pairs(NULL, here, &a, &err) && !read_pairs(NULL, there, &b, &err))
        list = difference(&a, &b, filled);
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
        *list_out = difference(&here, &there, true);
    free_pairs(&here);
    free_pairs(&there);
    libxl_domain_config_dispose(&back);
    domain_def_free(def);
    return r;
}
