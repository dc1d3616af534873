/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * items-domain.c: the rows of <domain> itself; what is in <os>, <cpu> and <devices> is in files of
 * its own.
 */
#include <inttypes.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "bits.h"
#include "hooks.h"
#include "xml.h"

/*----- name, UUID -----*/

#define ODD_NAME_MAX 1000

static int
read_name(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    libxl_domain_config *config = base;
    cleanup_free char   *name = xml_text(node);

    (void)item;
    /* xl lets a guest be called anything. */
    if (!domain_name_is_valid(name) && !(walk->whole && *name && strlen(name) <= ODD_NAME_MAX))
        return xml_fail(node, err,
                        "a name is 1 to %d bytes, not '.' or '..', without '/' and control "
                        "characters",
                        DOMAIN_NAME_MAX);
    config->c_info.name = take_ptr(name);
    return 0;
}

static void
write_domain_name(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;

    (void)walk, (void)item;
    xml_set_text(walk_make(parent, "name"), config->c_info.name);
}

static const struct hook name_hook = {.read = read_name, .write = write_domain_name};

static int
read_uuid(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    libxl_domain_config *config = base;
    cleanup_free char   *text = xml_trimmed_text(node);

    (void)item;
    if (!text && walk->keeps)
        return err_set(err, ERR_XML, "line 1: <domain>: <uuid> is missing");
    if (!text)
        uuid_generate(config->c_info.uuid.uuid);
    else if (!uuid_parse(text, config->c_info.uuid.uuid))
        return xml_fail(node, err, "'%s' is not a UUID", text);
    return 0;
}

static void
write_uuid(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    char                       text[UUID_TEXT_SIZE];

    (void)walk, (void)item;
    xml_set_text(walk_make(parent, "uuid"), uuid_format(config->c_info.uuid.uuid, text));
}

static const struct hook uuid_hook = {read_uuid, write_uuid, write_uuid};

/*----- memory -----*/

static int
read_amount(const xmlNode *node, uint64_t *kib_out, struct err *err)
{
    cleanup_free char *text = xml_text(node);

    return amount_read(node, text, xml_attr(node, "unit"), kib_out, err);
}

static bool
has_cells(const struct domain_def *def)
{
    const xmlNode *root = xmlDocGetRootElement(def->document);

    return xml_child(xml_child(xml_child(root, "cpu"), "numa"), "cell");
}

static int
read_memory(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    libxl_domain_config *config = base;
    uint64_t             kib = 0;

    (void)item;
    if (!node && has_cells(walk->def))
        return 0; /* finish_cells */
    if (!node)
        return xml_fail(xmlDocGetRootElement(walk->def->document), err, "<memory> is missing");
    if (read_amount(node, &kib, err))
        return -1;
    if (!kib)
        return xml_fail(node, err, "a domain needs memory");
    config->b_info.max_memkb = config->b_info.target_memkb = kib;
    return 0;
}

static int
read_current_memory(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                    struct err *err)
{
    /* libvirt rounds sizes of both, each its own way: so much more is no mistake. */
    const uint64_t       rounding_kib = 4096;
    libxl_domain_config *config = base;
    uint64_t             kib = 0;

    (void)walk, (void)item;
    if (!node)
        return 0;
    if (read_amount(node, &kib, err))
        return -1;
    if (kib > config->b_info.max_memkb + rounding_kib)
        return xml_fail(node, err, "is more than <memory>");
    if (kib && kib < config->b_info.max_memkb)
        config->b_info.target_memkb = kib;
    return 0;
}

static void
put_memory(xmlNode *parent, const char *name, uint64_t kib)
{
    xmlNode *node = walk_make(parent, name);
    char     text[24];

    snprintf(text, sizeof text, "%" PRIu64, kib);
    xml_set_text(node, text);
    xml_set_attr(node, "unit", "KiB");
}

static void
write_memory(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    uint64_t                   max = config->b_info.max_memkb, target = config->b_info.target_memkb;

    (void)walk, (void)item;
    /* LIBXL_MEMKB_DEFAULT: libxl was not told, and takes the other one. */
    if (max == LIBXL_MEMKB_DEFAULT)
        max = target == LIBXL_MEMKB_DEFAULT ? 0 : target;
    if (target == LIBXL_MEMKB_DEFAULT || target > max)
        target = max;
    put_memory(parent, "memory", max);
    put_memory(parent, "currentMemory", target);
}

static const struct hook memory_hook = {read_memory, write_memory, write_memory};
static const struct hook current_memory_hook = {.read = read_current_memory};

/*----- virtual CPUs -----*/

static int
read_vcpu(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;
    cleanup_free char       *text = xml_text(node);
    uint64_t                 max = 1, current;

    (void)walk, (void)item;
    if (node && xml_number(node, text, DOMAIN_VCPUS_MAX, &max, err))
        return -1;
    current = max;
    if (xml_number_attr(node, "current", max, &current, err))
        return -1;
    if (!max || !current)
        return xml_fail(node, err, "a domain needs a virtual CPU");
    info->max_vcpus = (int)max;
    bits_alloc(&info->avail_vcpus, (unsigned)max);
    for (int i = 0; i < (int)current; i++)
        libxl_bitmap_set(&info->avail_vcpus, i);
    return 0;
}

static void
write_vcpu(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_build_info *info = &((const libxl_domain_config *)base)->b_info;
    xmlNode                       *node = walk_make(parent, "vcpu");
    int                            max = info->max_vcpus > 0 ? info->max_vcpus : 1;
    int                            online = libxl_bitmap_count_set(&info->avail_vcpus);
    char                           text[16];

    (void)walk, (void)item;
    snprintf(text, sizeof text, "%d", max);
    xml_set_text(node, text);
    xml_set_attr(node, "placement", "static");
    snprintf(text, sizeof text, "%d", online);
    if (online > 0 && online < max)
        xml_set_attr(node, "current", text);
}

static void
complete_vcpu(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    char                       text[16];

    (void)walk, (void)item;
    if (xml_child(parent, "vcpu"))
        return;
    snprintf(text, sizeof text, "%d", config->b_info.max_vcpus);
    xml_set_text(walk_make(parent, "vcpu"), text);
}

static const struct hook vcpu_hook = {read_vcpu, write_vcpu, complete_vcpu};

/* So many vcpus have an affinity of their own, all those without bits yet. */
static void
grow_affinity(libxl_domain_build_info *info, int count)
{
    if (count <= info->num_vcpu_hard_affinity)
        return;
    info->vcpu_hard_affinity =
        xreallocarray(info->vcpu_hard_affinity, (size_t)count, sizeof *info->vcpu_hard_affinity);
    for (int i = info->num_vcpu_hard_affinity; i < count; i++)
        libxl_bitmap_init(&info->vcpu_hard_affinity[i]);
    info->num_vcpu_hard_affinity = count;
    /* Where they may run is said; libxl does not look for a NUMA node then. */
    libxl_defbool_set(&info->numa_placement, false);
}

static int
read_cpu_list(const xmlNode *node, const char *name, libxl_bitmap *map_out, struct err *err)
{
    const char *text = xml_attr(node, name);

    if (!text)
        return xml_fail(node, err, "%s is missing", name);
    if (!bits_parse(text, map_out))
        return xml_fail(node, err, "%s '%s' is not a list of numbers such as 0-3,^2", name, text);
    return 0;
}

static int
read_vcpupin(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
             struct err *err)
{
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;
    uint64_t                 vcpu = UINT64_MAX;

    (void)walk, (void)item;
    if (!node)
        return 0;
    if (xml_number_attr(node, "vcpu", DOMAIN_VCPUS_MAX, &vcpu, err))
        return -1;
    if (vcpu == UINT64_MAX)
        return xml_fail(node, err, "vcpu is missing");
    if (vcpu >= (uint64_t)info->max_vcpus)
        return xml_fail(node, err, "there is no such vcpu");
    grow_affinity(info, (int)vcpu + 1);
    if (info->vcpu_hard_affinity[vcpu].size)
        return xml_fail(node, err, "the vcpu is pinned twice");
    return read_cpu_list(node, "cpuset", &info->vcpu_hard_affinity[vcpu], err);
}

static void
write_vcpupins(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_build_info *info = &((const libxl_domain_config *)base)->b_info;

    (void)walk, (void)item;
    for (int i = 0; i < info->num_vcpu_hard_affinity && i < info->max_vcpus; i++) {
        cleanup_free char *list = bits_format(&info->vcpu_hard_affinity[i]);
        char               text[16];
        xmlNode           *node;

        if (!*list || strcmp(list, CPU_ALL) == 0)
            continue;
        node = xml_add_child(walk_make(parent, "cputune"), "vcpupin", NULL);
        snprintf(text, sizeof text, "%d", i);
        xml_set_attr(node, "vcpu", text);
        xml_set_attr(node, "cpuset", list);
    }
}

static const struct hook vcpupin_hook = {.read = read_vcpupin, .write = write_vcpupins};

/* For those that run and have no pin; after <cputune>. */
static int
read_cpuset(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;
    int                      running = libxl_bitmap_count_set(&info->avail_vcpus);
    libxl_bitmap             map;
    bool                     used = false;

    (void)item;
    if (!node)
        return 0;
    libxl_bitmap_init(&map);
    if (read_cpu_list(node, "cpuset", &map, err))
        return -1;
    grow_affinity(info, running);
    for (int i = 0; i < info->num_vcpu_hard_affinity; i++) {
        libxl_bitmap *own = &info->vcpu_hard_affinity[i];

        if (own->size)
            continue;
        own->size = map.size;
        own->map = xmemdup(map.map, map.size);
        used = true;
    }
    libxl_bitmap_dispose(&map);
    if (running < info->max_vcpus)
        walk_note(walk, node, "cpuset", false, "is not of virtual CPUs that are started later");
    if (!used)
        walk_note(walk, node, "cpuset", true, "each virtual CPU that runs is pinned by itself");
    return 0;
}

static const struct hook cpuset_hook = {.read = read_cpuset};

/* libxl would give Xen an empty set for those before the last one that is pinned, and Xen refuses a
 * virtual CPU that may run nowhere. */
static int
fill_affinity(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
              struct err *err)
{
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;

    (void)walk, (void)item, (void)node, (void)err;
    for (int i = 0; i < info->num_vcpu_hard_affinity; i++)
        if (!info->vcpu_hard_affinity[i].size)
            bits_parse(CPU_ALL, &info->vcpu_hard_affinity[i]);
    return 0;
}

static const struct hook affinity_hook = {.read = fill_affinity};

/*----- the scheduler -----*/

#define PERIOD_USEC 100000 /* what libvirt takes when no period is said */

/* Xen's cap is in percent of one CPU. */
static int
read_quota(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
           struct err *err)
{
    libxl_domain_config *config = base;
    const xmlNode       *cputune = node ? node->parent : NULL;
    const xmlNode       *period_node = xml_child(cputune, "global_period");
    cleanup_free char   *text = xml_trimmed_text(node), *period_text = xml_text(period_node);
    uint64_t             quota = 0, period = PERIOD_USEC;

    (void)walk, (void)item;
    if (!node || *text == '-') /* -1: no limit */
        return 0;
    if (xml_number(node, text, UINT32_MAX, &quota, err) ||
        (period_text && xml_number(period_node, period_text, UINT32_MAX, &period, err)))
        return -1;
    if (!period)
        return xml_fail(period_node, err, "the period must not be 0");
    if (!quota) /* not set, by libvirt's account */
        return 0;
    if (quota * 100 / period == 0)
        return xml_unsupported(node, err, "is less than one percent of a CPU");
    if (quota * 100 / period > UINT16_MAX)
        return xml_fail(node, err, "is more than %d percent of a CPU", UINT16_MAX);
    config->b_info.sched_params.cap = (int)(quota * 100 / period);
    return 0;
}

static void
write_quota(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    char                       text[24];

    (void)walk, (void)item;
    if (config->b_info.sched_params.cap <= 0)
        return;
    snprintf(text, sizeof text, "%d", PERIOD_USEC);
    xml_set_text(walk_make(parent, "cputune/global_period"), text);
    snprintf(text, sizeof text, "%" PRIu64,
             (uint64_t)config->b_info.sched_params.cap * (PERIOD_USEC / 100));
    xml_set_text(walk_make(parent, "cputune/global_quota"), text);
}

static const struct hook quota_hook = {.read = read_quota, .write = write_quota};

static int
read_nodeset(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
             struct err *err)
{
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;

    (void)walk, (void)item;
    if (!node)
        return 0;
    libxl_defbool_set(&info->numa_placement, false);
    return read_cpu_list(node, "nodeset", &info->nodemap, err);
}

static void
write_nodeset(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    cleanup_free char         *list = bits_format(&config->b_info.nodemap);
    xmlNode                   *node;

    (void)walk, (void)item;
    if (!*list)
        return;
    node = walk_make(parent, "numatune/memory");
    xml_set_attr(node, "mode", "preferred");
    xml_set_attr(node, "nodeset", list);
}

static const struct hook nodeset_hook = {.read = read_nodeset, .write = write_nodeset};

/*----- clock -----*/

static int
read_adjustment(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                struct err *err)
{
    libxl_domain_config *config = base;
    const char          *text = xml_attr(node, "adjustment");
    bool                 negative = text && *text == '-';
    uint64_t             seconds = 0;

    (void)item;
    /* "reset": an adjustment that the guest made is forgotten; Xen keeps none. */
    if (!text)
        return 0;
    if (strcmp(text, "reset") == 0) {
        walk_note(walk, node, "adjustment", true, "Xen keeps no adjustment from run to run");
        return 0;
    }
    if (xml_number(node, text + negative, INT32_MAX, &seconds, err))
        return -1;
    /* libxl has a signed number of seconds in an unsigned field. */
    config->b_info.rtc_timeoffset = negative ? -(uint32_t)seconds : (uint32_t)seconds;
    return 0;
}

static int
read_offset(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
            struct err *err)
{
    static const char *const bases[] = {"utc", "localtime", NULL};
    libxl_domain_config     *config = base;
    const char              *offset = xml_attr(node, "offset"), *basis = xml_attr(node, "basis");
    int                      word = 0;

    (void)walk, (void)item;
    if (basis && xml_word(node, "basis", basis, bases, &word, err))
        return -1;
    if (offset && strcmp(offset, "variable") != 0) {
        if (strcmp(offset, "utc") != 0 && strcmp(offset, "localtime") != 0)
            return xml_unsupported(node, err, "offset '%s' is not supported", offset);
        word = strcmp(offset, "localtime") == 0;
        if (basis)
            walk_note(walk, node, "basis", true, "goes with the offset 'variable'");
    }
    if (word)
        libxl_defbool_set(&config->b_info.localtime, true);
    return 0;
}

static void
write_clock(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_build_info *info = &((const libxl_domain_config *)base)->b_info;
    bool                           localtime =
        !libxl_defbool_is_default(info->localtime) && libxl_defbool_val(info->localtime);
    xmlNode *clock = walk_make(parent, "clock");
    char     text[16];

    (void)walk, (void)item;
    if (!info->rtc_timeoffset) {
        xml_set_attr(clock, "offset", localtime ? "localtime" : "utc");
        return;
    }
    snprintf(text, sizeof text, "%" PRId32, (int32_t)info->rtc_timeoffset);
    xml_set_attr(clock, "offset", "variable");
    xml_set_attr(clock, "adjustment", text);
    xml_set_attr(clock, "basis", localtime ? "localtime" : "utc");
}

static const struct hook offset_hook = {.read = read_offset, .write = write_clock};
static const struct hook adjustment_hook = {.read = read_adjustment};

static const struct word tsc_modes[] = {
    {"native", LIBXL_TSC_MODE_NATIVE, NULL},
    {"paravirt", LIBXL_TSC_MODE_NATIVE_PARAVIRT, NULL},
    {"emulate", LIBXL_TSC_MODE_ALWAYS_EMULATE, NULL},
    {"auto", LIBXL_TSC_MODE_DEFAULT, NULL},
    {"smpsafe", 0, "Xen has native, paravirt and emulate"},
    {NULL, 0, NULL},
};

static int
read_tsc(const xmlNode *node, libxl_domain_build_info *info, struct err *err)
{
    const char *mode = xml_attr(node, "mode");

    if (!mode)
        return 0;
    for (const struct word *word = tsc_modes; word->word; word++) {
        if (strcmp(word->word, mode) != 0)
            continue;
        if (word->refused)
            return xml_unsupported_attr(node, "mode", err, "%s", word->refused);
        info->tsc_mode = (libxl_tsc_mode)word->value;
        return 0;
    }
    return xml_fail(node, err, "mode '%s' is not known", mode);
}

static int
set_reference_time(struct walk *walk, const xmlNode *node, bool present,
                   libxl_domain_build_info *info, struct err *err)
{
    if (!present)
        return 0;
    if (walk->type != DOMAIN_HVM)
        return xml_unsupported(node, err, "timer 'hypervclock' is for HVM guests only");
    viridian_enable(info, LIBXL_VIRIDIAN_ENLIGHTENMENT_TIME_REF_COUNT);
    viridian_enable(info, LIBXL_VIRIDIAN_ENLIGHTENMENT_REFERENCE_TSC);
    return 0;
}

static int
read_timer(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
           struct err *err)
{
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;
    const char              *name = node ? xml_attr(node, "name") : "";
    bool                     present = true;

    (void)item;
    if (!node)
        return 0;
    if (!name)
        return xml_fail(node, err, "name is missing");
    if (xml_bool_attr(node, "present", true, &present, err))
        return -1;
    if (strcmp(name, "tsc") != 0 && xml_attr(node, "mode"))
        return xml_unsupported_attr(node, "mode", err, "only the timer tsc has modes");
    if (strcmp(name, "tsc") == 0 && !present)
        return xml_unsupported_attr(node, "present", err, "a processor has it");
    if (strcmp(name, "tsc") == 0)
        return read_tsc(node, info, err);
    if (strcmp(name, "hpet") == 0 && walk->type == DOMAIN_HVM) {
        libxl_defbool_set(&info->u.hvm.hpet, present);
        return 0;
    }
    if (strcmp(name, "hypervclock") == 0)
        return set_reference_time(walk, node, present, info, err);
    /* Those that are on no list are there, or not, as Xen has it. */
    if (present)
        return xml_unsupported_attr(node, "name", err,
                                    "Xen's timers are tsc, hpet of an HVM guest "
                                    "and hypervclock");
    walk_note(walk, node, NULL, true, "Xen has no such timer");
    return 0;
}

static void
write_timers(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_build_info *info = &((const libxl_domain_config *)base)->b_info;
    xmlNode                       *timer;

    (void)item;
    if (info->tsc_mode != LIBXL_TSC_MODE_DEFAULT) {
        timer = xml_add_child(walk_make(parent, "clock"), "timer", NULL);
        xml_set_attr(timer, "name", "tsc");
        xml_set_attr(timer, "mode", walk_word(tsc_modes, (int)info->tsc_mode));
    }
    if (walk->type != DOMAIN_HVM || libxl_defbool_is_default(info->u.hvm.hpet))
        return;
    timer = xml_add_child(walk_make(parent, "clock"), "timer", NULL);
    xml_set_attr(timer, "name", "hpet");
    xml_set_attr(timer, "present", libxl_defbool_val(info->u.hvm.hpet) ? "yes" : "no");
}

static const struct hook timer_hook = {.read = read_timer, .write = write_timers};

/*----- security label, device model's arguments -----*/

static int
read_seclabel(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
              struct err *err)
{
    libxl_domain_config *config = base;
    const char          *type = xml_attr(node, "type"), *model = xml_attr(node, "model");
    cleanup_free char   *label = xml_trimmed_text(xml_child(node, "label"));

    (void)item;
    if (!node)
        return 0;
    if (type && strcmp(type, "none") == 0) {
        walk_note(walk, node, NULL, true, "no label is what a guest has anyway");
        return 0;
    }
    if (type && strcmp(type, "static") != 0 && strcmp(type, "dynamic") != 0)
        return xml_fail(node, err, "type '%s' is not known", type);
    if (model && strcmp(model, "flask") != 0)
        return xml_unsupported_attr(node, "model", err, "Xen's security model is flask");
    if (!label || !*label)
        return xml_unsupported(node, err, "a label is needed: Xen gives none by itself");
    if (config->c_info.ssid_label)
        return xml_fail(node, err, "occurs twice");
    config->c_info.ssid_label = take_ptr(label);
    return 0;
}

static void
write_seclabel(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;
    xmlNode                   *node;

    (void)walk, (void)item;
    if (!config->c_info.ssid_label)
        return;
    node = walk_make(parent, "seclabel");
    xml_set_attr(node, "type", "static");
    xml_set_attr(node, "model", "flask");
    xml_set_text(walk_make(node, "label"), config->c_info.ssid_label);
}

static const struct hook seclabel_hook = {.read = read_seclabel, .write = write_seclabel};

static const char commandline_ns[] = "http://libvirt.org/schemas/domain/xen/1.0";

static bool
is_xens(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
           strcmp((const char *)node->ns->href, commandline_ns) == 0;
}

static bool
is_commandline(const xmlNode *node, const char *name)
{
    return is_xens(node) && strcmp((const char *)node->name, name) == 0;
}

static int
read_commandline(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                 struct err *err)
{
    libxl_domain_config *config = base;

    (void)item;
    for (const xmlNode *line = node->children; line; line = line->next) {
        if (is_xens(line) && !is_commandline(line, "commandline"))
            walk_note(walk, line, NULL, false, "is not known here");
        if (!is_commandline(line, "commandline"))
            continue;
        for (const xmlNode *arg = line->children; arg; arg = arg->next) {
            if (arg->type == XML_ELEMENT_NODE && !is_commandline(arg, "arg"))
                walk_note(walk, arg, NULL, false, "is not known here");
            if (!is_commandline(arg, "arg"))
                continue;
            if (!xml_attr(arg, "value"))
                return xml_fail(arg, err, "value is missing");
            if (!list_add(&config->b_info.extra, xml_attr(arg, "value")))
                return xml_fail(arg, err, "there are more than %d", LIST_MAX);
        }
    }
    return 0;
}

static void
add_arguments(xmlNode *line, const libxl_string_list list)
{
    for (size_t i = 0; list && list[i]; i++) {
        xmlNode *arg = xml_add_child(line, "arg", NULL);

        xmlSetNs(arg, line->ns);
        xml_set_attr(arg, "value", list[i]);
    }
}

static void
write_commandline(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_build_info *info = &((const libxl_domain_config *)base)->b_info;
    const libxl_string_list more = walk->type == DOMAIN_HVM ? info->extra_hvm : info->extra_pv;
    xmlNode                *line;

    (void)item;
    if (!(info->extra && info->extra[0]) && !(more && more[0]))
        return;
    line = xml_add_child(parent, "commandline", NULL);
    xmlSetNs(line, xmlNewNs(parent, (const xmlChar *)commandline_ns, (const xmlChar *)"xen"));
    add_arguments(line, info->extra);
    add_arguments(line, more);
}

static const struct hook commandline_hook = {.read = read_commandline, .write = write_commandline};

/*----- actions -----*/

static const struct word actions[] = {
    {"destroy", LIBXL_ACTION_ON_SHUTDOWN_DESTROY, NULL},
    {"restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART, NULL},
    {"rename-restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME, NULL},
    {"preserve", LIBXL_ACTION_ON_SHUTDOWN_PRESERVE, NULL},
    {"coredump-destroy", LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY, NULL},
    {"coredump-restart", LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART, NULL},
    {NULL, 0, NULL},
};

/*----- the rows -----*/

static const struct word static_only[] = {
    {"static", 0, NULL},
    {"auto", 0, "where the virtual CPUs run is said by cpuset"},
    {NULL, 0, NULL},
};

static const struct word dump_core[] = {{"on", 0, NULL}, {NULL, 0, NULL}};

static const struct word numa_modes[] = {
    {"strict", 0, NULL}, {"preferred", 0, NULL}, {"restrictive", 0, NULL}, {NULL, 0, NULL}};

static const struct word xen_only[] = {{"xen", 0, NULL}, {NULL, 0, NULL}};

#define KEPT "is kept and shown"

static const struct item items[] = {
    {.path = "@type", .types = ALL, .flags = IMPLIED, .words = xen_only, .reason = "it is Xen"},
    {.path = "@id",
     .types = ALL,
     .flags = IMPLIED | LIVE,
     .reason = "is given when the domain starts"},
    {"name", KIND_HOOK, NOWHERE, ALL, REQUIRED | TEXT, .hook = &name_hook},
    {"uuid", KIND_HOOK, NOWHERE, ALL, TEXT, .hook = &uuid_hook},
    SO("title", KEPT),
    SO("description", KEPT),
    SO("metadata", KEPT),
    {"memory", KIND_HOOK, NOWHERE, ALL, TEXT, .hook = &memory_hook},
    PART("memory@unit"),
    {.path = "memory@dumpCore",
     .types = ALL,
     .flags = IMPLIED,
     .words = dump_core,
     .reason = "a core holds the guest's memory"},
    {"currentMemory", KIND_HOOK, NOWHERE, ALL, TEXT, .hook = &current_memory_hook},
    PART("currentMemory@unit"),
    {.path = "currentMemory@dumpCore",
     .types = ALL,
     .flags = IMPLIED,
     .words = dump_core,
     .reason = "a core holds the guest's memory"},
    {"vcpu", KIND_HOOK, NOWHERE, ALL, TEXT, .hook = &vcpu_hook},
    PART("vcpu@current"),
    {.path = "vcpu@placement",
     .types = ALL,
     .flags = IMPLIED | COMPLETE,
     .initial = "static",
     .words = static_only,
     .reason = "is how Xen places them"},
    {"cputune/vcpupin", KIND_HOOK, NOWHERE, ALL, MANY, .hook = &vcpupin_hook},
    PART("cputune/vcpupin@vcpu"),
    PART("cputune/vcpupin@cpuset"),
    {"vcpu@cpuset", KIND_HOOK, NOWHERE, ALL, .hook = &cpuset_hook},
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &affinity_hook},
    {"cputune/shares", KIND_INT, C(b_info.sched_params.weight), ALL, .min = 1, .max = 65535},
    {"cputune/global_quota", KIND_HOOK, NOWHERE, ALL, TEXT, .hook = &quota_hook},
    {.path = "cputune/global_period", .types = ALL, .flags = TEXT},
    {"numatune/memory@nodeset", KIND_HOOK, NOWHERE, ALL, .hook = &nodeset_hook},
    {.path = "numatune/memory@mode",
     .types = ALL,
     .flags = IGNORED,
     .words = numa_modes,
     .reason = "a node set is a preference to Xen"},
    {.path = "numatune/memory@placement",
     .types = ALL,
     .flags = IMPLIED,
     .words = static_only,
     .reason = "is by the node set"},
    {"clock", KIND_HOOK, NOWHERE, ALL, .hook = &offset_hook},
    {.path = "clock@offset", .types = ALL, .flags = COMPLETE, .initial = "utc"},
    {"clock@adjustment", KIND_HOOK, NOWHERE, ALL, .hook = &adjustment_hook},
    PART("clock@basis"),
    SO("clock@timezone", "goes with an offset that is not supported"),
    SO("clock@start", "goes with an offset that is not supported"),
    {"clock/timer", KIND_HOOK, NOWHERE, ALL, MANY, .hook = &timer_hook},
    PART("clock/timer@name"),
    PART("clock/timer@present"),
    PART("clock/timer@mode"),
    NO("clock/timer@frequency", "Xen's TSC has the host's frequency"),
    NO("clock/timer@tickpolicy", "is not supported"),
    NO("clock/timer@track", "is not supported"),
    NO("clock/timer/catchup", "is not supported"),
    {"on_poweroff", KIND_ENUM, C(on_poweroff), ALL, COMPLETE, "destroy", .words = actions,
     .reason = "action"},
    {"on_reboot", KIND_ENUM, C(on_reboot), ALL, COMPLETE, "restart", .words = actions,
     .reason = "action"},
    {"on_crash", KIND_ENUM, C(on_crash), ALL, COMPLETE, "destroy", .words = actions,
     .reason = "action"},
    {"pm/suspend-to-mem@enabled", KIND_DEFBOOL, C(b_info.u.hvm.acpi_s3), HVM},
    {"pm/suspend-to-disk@enabled", KIND_DEFBOOL, C(b_info.u.hvm.acpi_s4), HVM},
    {"seclabel", KIND_HOOK, NOWHERE, ALL, MANY, .hook = &seclabel_hook},
    PART("seclabel@type"),
    PART("seclabel@model"),
    MAY("seclabel@relabel", "Xen labels no files"),
    {.path = "seclabel/label", .types = ALL, .flags = TEXT},
    MAY("seclabel/imagelabel", "Xen labels no files"),
    NO("seclabel/baselabel", "a label is given as a whole"),
    {.path = "devices", .types = ALL, .flags = WHOLE},
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &commandline_hook},
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &default_console_hook},

    NO("maxMemory", "Xen has no slots for memory; <memory> is the most that a guest can have"),
    NO("memtune", "the memory of a guest is its own"),
    NO("memoryBacking/hugepages", "Xen chooses the size of pages"),
    NO("memoryBacking/source", "the memory of a guest is Xen's"),
    NO("memoryBacking/access", "the memory of a guest is Xen's"),
    NO("memoryBacking/discard", "the memory of a guest is Xen's"),
    SO("memoryBacking/nosharepages", "memory is not shared"),
    SO("memoryBacking/locked", "a guest's memory is never swapped"),
    SO("memoryBacking/allocation", "memory is allocated when the guest is built"),
    NO("vcpus", "virtual CPUs are not named one by one; current says how many run"),
    NO("cputune/period", "the quota is the domain's: global_period"),
    NO("cputune/quota", "the quota is the domain's: global_quota"),
    NO("cputune/emulator_period", "a device model is not scheduled apart"),
    NO("cputune/emulator_quota", "a device model is not scheduled apart"),
    NO("cputune/iothread_period", "Xen has no I/O threads"),
    NO("cputune/iothread_quota", "Xen has no I/O threads"),
    MAY("cputune/emulatorpin", "a device model runs where dom0 runs"),
    MAY("cputune/iothreadpin", "Xen has no I/O threads"),
    NO("cputune/vcpusched", "the scheduler is the host's"),
    NO("cputune/emulatorsched", "the scheduler is the host's"),
    NO("cputune/iothreadsched", "the scheduler is the host's"),
    NO("cputune/cachetune", "is not supported"),
    NO("cputune/memorytune", "is not supported"),
    NO("numatune/memnode", "a cell's memory is on the node of the same number"),
    NO("blkiotune", "is not supported"),
    MAY("iothreads", "Xen has no I/O threads"),
    MAY("iothreadids", "Xen has no I/O threads"),
    MAY("defaultiothread", "Xen has no I/O threads"),
    MAY("resource", "Xen has no control groups for guests"),
    NO("idmap", "is not supported"),
    NO("sysinfo", "is not supported"),
    MAY("on_lockfailure", "there is no lock manager"),
    MAY("perf", "is not supported"),
    NO("launchSecurity", "is not supported"),
    NO("keywrap", "is not supported"),
    NO("throttlegroups", "is not supported"),
    NO("hwuuid", "the UUID that the guest sees is its own"),
};
const struct rows domain_items = {items, array_size(items)};
