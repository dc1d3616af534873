/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * items-cpu.c: the processor that a guest sees, and its NUMA nodes.
 *
 * A guest has the host's processor, less what is masked.  libxl keeps the masks in a list that it
 * alone can read; its JSON says what is in it.
 */
#include <inttypes.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "bits.h"
#include "cfg.h"
#include "hooks.h"
#include "xml.h"

/*----- names of features -----*/

/* Those that libvirt and libxl call differently. */
static const struct {
    const char *libvirt, *libxl;
} renamed[] = {
    {"cx16", "cmpxchg16"},
    {"cid", "cntxid"},
    {"ds_cpl", "dscpl"},
    {"pclmuldq", "pclmulqdq"},
    {"pni", "sse3"},
    {"ht", "htt"},
    {"pn", "psn"},
    {"clflush", "clfsh"},
    {"sep", "sysenter"},
    {"cx8", "cmpxchg8"},
    {"nodeid_msr", "nodeid"},
    {"cr8legacy", "altmovcr8"},
    {"lahf_lm", "lahfsahf"},
    {"cmp_legacy", "cmplegacy"},
    {"fxsr_opt", "ffxsr"},
    {"pdpe1gb", "page1gb"},
    {"spec-ctrl", "ibrsb"},
};

static const char *
libxl_name(const char *name)
{
    for (size_t i = 0; i < array_size(renamed); i++)
        if (strcmp(renamed[i].libvirt, name) == 0)
            return renamed[i].libxl;
    return name;
}

static const char *
libvirt_name(const char *name)
{
    for (size_t i = 0; i < array_size(renamed); i++)
        if (strcmp(renamed[i].libxl, name) == 0)
            return renamed[i].libvirt;
    return name;
}

/* libxl's names of one bit each, see xl.cfg(5), cpuid; those that it does not know are passed
 * over. */
static const char *const feature_names[] = {
    "3dnow",
    "3dnowext",
    "3dnowprefetch",
    "abm",
    "acpi",
    "adx",
    "aes",
    "altmovcr8",
    "apic",
    "arat",
    "arch-caps",
    "avx",
    "avx-vnni",
    "avx512-bf16",
    "avx512-4fmaps",
    "avx512-4vnniw",
    "avx512-bitalg",
    "avx512-vbmi2",
    "avx512-vnni",
    "avx512-vp2intersect",
    "avx512-vpopcntdq",
    "avx2",
    "avx512bw",
    "avx512cd",
    "avx512dq",
    "avx512er",
    "avx512f",
    "avx512ifma",
    "avx512pf",
    "avx512vbmi",
    "avx512vl",
    "bmi1",
    "bmi2",
    "bpext",
    "btc-no",
    "cet-ibt",
    "cet-ss",
    "cldemote",
    "clflushopt",
    "clfsh",
    "clwb",
    "clzero",
    "cmov",
    "cmplegacy",
    "cmpsb",
    "cmpxchg16",
    "cmpxchg8",
    "cmt",
    "cntxid",
    "core-caps",
    "dca",
    "de",
    "ds",
    "dscpl",
    "dtes64",
    "enqcmd",
    "erms",
    "est",
    "extapic",
    "f16c",
    "ffxsr",
    "fma",
    "fma4",
    "fpu",
    "fsgsbase",
    "fsrcs",
    "fsrm",
    "fsrs",
    "fxsr",
    "fzrm",
    "gfni",
    "hle",
    "htt",
    "hypervisor",
    "ia64",
    "ibpb",
    "ibrs",
    "ibrs-fast",
    "ibrsb",
    "ibs",
    "invpcid",
    "invtsc",
    "l1d-flush",
    "lahfsahf",
    "lfence+",
    "lm",
    "lwp",
    "mca",
    "mce",
    "md-clear",
    "mmx",
    "mmxext",
    "monitor",
    "movbe",
    "movdir64b",
    "movdiri",
    "mpx",
    "msr",
    "mtrr",
    "no-lmsl",
    "nodeid",
    "npt",
    "nrips",
    "nscb",
    "nx",
    "ospke",
    "osvw",
    "osxsave",
    "pae",
    "page1gb",
    "pat",
    "pbe",
    "pcid",
    "pclmulqdq",
    "pcommit",
    "pdcm",
    "perfctr_core",
    "perfctr_nb",
    "pge",
    "pku",
    "popcnt",
    "ppin",
    "pqe",
    "pqm",
    "prefetchwt1",
    "pse",
    "pse36",
    "psfd",
    "psn",
    "rdpid",
    "rdpru",
    "rdrand",
    "rdseed",
    "rdtscp",
    "rsba",
    "rtm",
    "sb_no",
    "serialize",
    "sha",
    "skinit",
    "smap",
    "smep",
    "smx",
    "srbds-ctrl",
    "ss",
    "ssbd",
    "sse",
    "sse2",
    "sse3",
    "sse4.1",
    "sse4.2",
    "sse4_1",
    "sse4_2",
    "sse4a",
    "ssse3",
    "stibp",
    "stibp-always",
    "svm",
    "svm_decode",
    "svm_lbrv",
    "svm_npt",
    "svm_nrips",
    "svm_pausefilt",
    "svm_tscrate",
    "svm_vmcbclean",
    "syscall",
    "sysenter",
    "tbm",
    "tm",
    "tm2",
    "topoext",
    "tsc",
    "tsc-deadline",
    "tsc_adjust",
    "tsxldtrk",
    "umip",
    "vaes",
    "virt-ssbd",
    "vme",
    "vmx",
    "vpclmulqdq",
    "wbnoinvd",
    "wdt",
    "x2apic",
    "xop",
    "xsave",
    "xsavec",
    "xsaveopt",
    "xsaves",
    "xtpr",
};

/*----- libxl's list of masks -----*/

/* One character of a mask that is not 'x'. */
struct bit {
    unsigned long long leaf, subleaf; /* UINT32_MAX: it has none */
    char               reg;           /* of "eax" to "edx" */
    size_t             at;            /* of the 32 characters */
    char               value;
};

struct bits {
    struct bit *bits;
    size_t      n;
};

/* JSON of nothing but the masks, which cannot fail: they are plain letters.  The context is for
 * complaints alone. */
static char *
json_of(libxl_cpuid_policy_list cpuid)
{
    libxl_domain_build_info info;

    libxl_domain_build_info_init(&info);
    info.cpuid = cpuid;
    return libxl_domain_build_info_to_json(NULL, &info);
}

/* s is behind the key: `": "xx0x..."`. */
static void
add_register(struct bits *bits, struct bit bit, const char *s)
{
    const char *mask = strchr(s, ':') + 1;

    mask += strspn(mask, " \"");
    for (bit.at = 0; mask[bit.at] && mask[bit.at] != '"'; bit.at++) {
        bit.value = mask[bit.at];
        if (bit.value == 'x')
            continue;
        bits->bits = xreallocarray(bits->bits, bits->n + 1, sizeof *bits->bits);
        bits->bits[bits->n++] = bit;
    }
}

/* In the order in which libxl has them. */
static struct bits
bits_of(libxl_cpuid_policy_list cpuid)
{
    cleanup_free char *json = json_of(cpuid);
    struct bits        bits = {NULL, 0};
    struct bit         bit = {0, UINT32_MAX, '\0', 0, '\0'};

    for (const char *at = strchr(json, '"'); at; at = strchr(at + 1, '"')) {
        if (sscanf(at, "\"leaf\": %llu", &bit.leaf) == 1)
            bit.subleaf = UINT32_MAX;
        (void)sscanf(at, "\"subleaf\": %llu", &bit.subleaf);
        bit.reg = at[1] == 'e' ? at[2] : '\0';
        if (bit.reg && bit.reg >= 'a' && bit.reg <= 'd' && strncmp(at + 3, "x\":", 3) == 0)
            add_register(&bits, bit, at);
    }
    return bits;
}

libxl_string_list
cpuid_registers(libxl_cpuid_policy_list cpuid)
{
    struct bits       bits = {NULL, 0};
    libxl_string_list list = NULL;

    if (cpuid)
        bits = bits_of(cpuid);
    for (size_t i = 0, last; i < bits.n; i = last) {
        const struct bit  *first = &bits.bits[i];
        char               mask[33] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
        cleanup_free char *text = NULL;

        for (last = i;
             last < bits.n && bits.bits[last].reg == first->reg &&
             bits.bits[last].leaf == first->leaf && bits.bits[last].subleaf == first->subleaf;
             last++)
            mask[bits.bits[last].at & 31] = bits.bits[last].value;
        text =
            first->subleaf == UINT32_MAX
                ? xasprintf("0x%llx:e%cx=%s", first->leaf, first->reg, mask)
                : xasprintf("0x%llx,%llu:e%cx=%s", first->leaf, first->subleaf, first->reg, mask);
        (void)list_add(&list, text);
    }
    free(bits.bits);
    return list;
}

/* What libxl sets for each of the names; no register: it does not know it, or it is not one bit.
 */
static void
learn_names(struct bit *known)
{
    for (size_t i = 0; i < array_size(feature_names); i++) {
        libxl_cpuid_policy_list cpuid = NULL;
        cleanup_free char      *setting = xasprintf("%s=0", feature_names[i]);
        struct bits             bits = {NULL, 0};

        if (libxl_cpuid_parse_config(&cpuid, setting) == 0)
            bits = bits_of(cpuid);
        known[i] = bits.n == 1 ? bits.bits[0] : (struct bit){.reg = '\0'};
        free(bits.bits);
        libxl_cpuid_dispose(&cpuid);
    }
}

static const char *
name_of(const struct bit *bit, const struct bit *known)
{
    for (size_t i = 0; i < array_size(feature_names); i++)
        if (known[i].reg == bit->reg && known[i].leaf == bit->leaf &&
            known[i].subleaf == bit->subleaf && known[i].at == bit->at)
            return feature_names[i];
    return NULL;
}

/*----- features -----*/

static void
add_feature(xmlNode *parent, const char *name, const char *policy)
{
    xmlNode *cpu = walk_make(parent, "cpu"), *feature;

    xml_set_attr(cpu, "mode", "host-passthrough");
    feature = xml_add_child(cpu, "feature", NULL);
    xml_set_attr(feature, "policy", policy);
    xml_set_attr(feature, "name", name);
}

static void
write_masks(libxl_cpuid_policy_list cpuid, xmlNode *parent)
{
    struct bit  known[array_size(feature_names)];
    struct bits bits = bits_of(cpuid);

    learn_names(known);
    for (size_t i = 0; i < bits.n; i++) {
        const char *name = name_of(&bits.bits[i], known);

        if (name && strchr("01", bits.bits[i].value))
            add_feature(parent, libvirt_name(name),
                        bits.bits[i].value == '0' ? "disable" : "force");
    }
    free(bits.bits);
}

/* Each bit that has a name; nested virtualisation is libxl's own setting. */
static void
write_features(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_build_info *info = &((const libxl_domain_config *)base)->b_info;

    (void)item;
    if (walk->type == DOMAIN_HVM && !libxl_defbool_is_default(info->nested_hvm))
        add_feature(parent, "vmx", libxl_defbool_val(info->nested_hvm) ? "require" : "disable");
    if (info->cpuid)
        write_masks(info->cpuid, parent);
}

static int
mask(const xmlNode *node, const char *name, bool on, libxl_domain_build_info *info, struct err *err)
{
    cleanup_free char *setting = xasprintf("%s=%d", libxl_name(name), on);

    if (!name[strcspn(name, "=,")] && libxl_cpuid_parse_config(&info->cpuid, setting) == 0)
        return 0;
    return xml_unsupported_attr(node, "name", err, "Xen knows no such feature");
}

/* vmx and svm are there if Xen lets the guest have guests of its own. */
static int
read_nested(struct walk *walk, const xmlNode *node, bool on, libxl_domain_build_info *info,
            struct err *err)
{
    if (walk->type == DOMAIN_HVM) {
        if (on || libxl_defbool_is_default(info->nested_hvm))
            libxl_defbool_set(&info->nested_hvm, on);
        return 0;
    }
    if (on)
        return xml_unsupported_attr(node, "name", err, "only an HVM guest can have guests");
    walk_note(walk, node, NULL, true, "only an HVM guest can have guests");
    return 0;
}

static int
read_feature(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
             struct err *err)
{
    static const char *const policies[] = {"disable", "forbid",   "require",
                                           "force",   "optional", NULL};
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;
    const char              *name = xml_attr(node, "name"), *policy = xml_attr(node, "policy");
    bool                     svm, nested;
    int                      word = 2;

    (void)item;
    if (!node)
        return 0;
    if (!name)
        return xml_fail(node, err, "name is missing");
    if (policy && xml_word(node, "policy", policy, policies, &word, err))
        return -1;
    if (strcmp(policies[word], "optional") == 0) {
        walk_note(walk, node, NULL, true, "the guest has it where the host has it");
        return 0;
    }
    svm = strcmp(name, "svm") == 0;
    nested = svm || strcmp(name, "vmx") == 0;
    if (nested && read_nested(walk, node, word >= 2, info, err))
        return -1;
    /* Without guests of its own a guest sees no vmx, whatever is masked. */
    if (nested && (!svm || word >= 2))
        return 0;
    return mask(node, name, word >= 2, info, err);
}

static const struct hook feature_hook = {.read = read_feature, .write = write_features};

/*----- NUMA -----*/

#define CELLS_MAX 64

static int
read_distances(const xmlNode *node, libxl_vnode_info *cell, struct err *err)
{
    const xmlNode *distances = xml_child(node, "distances");

    for (const xmlNode *sibling = xml_child(distances, "sibling"); sibling;
         sibling = xml_next(sibling, "sibling")) {
        uint64_t id = UINT64_MAX, value = 0;

        if (xml_number_attr(sibling, "id", CELLS_MAX - 1, &id, err) ||
            xml_number_attr(sibling, "value", 254, &value, err))
            return -1;
        if (id == UINT64_MAX)
            return xml_fail(sibling, err, "id is missing");
        if (value < 10)
            return xml_fail(sibling, err, "value is a number from 10 to 254");
        while ((uint64_t)cell->num_distances <= id) {
            cell->distances = xreallocarray(cell->distances, (size_t)cell->num_distances + 1,
                                            sizeof *cell->distances);
            cell->distances[cell->num_distances++] = 0; /* not said */
        }
        cell->distances[id] = (uint32_t)value;
    }
    return 0;
}

static int
read_cell(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;
    libxl_vnode_info        *cell;
    uint64_t                 id = (uint64_t)info->num_vnuma_nodes;
    const char              *cpus = xml_attr(node, "cpus"), *memory = xml_attr(node, "memory");

    (void)walk, (void)item;
    if (!node)
        return 0;
    if (!memory)
        return xml_fail(node, err, "memory is missing");
    if (xml_number_attr(node, "id", CELLS_MAX - 1, &id, err))
        return -1;
    if (id != (uint64_t)info->num_vnuma_nodes)
        return xml_unsupported(node, err, "cells are numbered from 0 in their order");
    if (id == CELLS_MAX)
        return xml_fail(node, err, "there are more than %d", CELLS_MAX);
    info->vnuma_nodes = xreallocarray(info->vnuma_nodes, (size_t)id + 1, sizeof *info->vnuma_nodes);
    cell = &info->vnuma_nodes[id];
    libxl_vnode_info_init(cell);
    info->num_vnuma_nodes++;
    cell->pnode = (uint32_t)id;
    if (amount_read(node, memory, xml_attr(node, "unit"), &cell->memkb, err))
        return -1;
    if (cpus && !bits_parse(cpus, &cell->vcpus))
        return xml_fail(node, err, "cpus '%s' is not a list of numbers such as 0-3,^2", cpus);
    return read_distances(node, cell, err);
}

static const struct word unknown_off[] = {{"no", 0, NULL}, {NULL, 0, NULL}};

/* What is not said of the way from one cell to another is as of the way back, or SLIT's usual. */
static uint32_t
distance_between(const libxl_domain_build_info *info, int from, int to)
{
    uint32_t there = info->vnuma_nodes[from].distances[to];
    uint32_t back = info->vnuma_nodes[to].distances[from];

    return there ? there : from == to ? 10 : back ? back : 20;
}

static int
finish_distances(const xmlNode *numa, libxl_domain_build_info *info, struct err *err)
{
    int n = info->num_vnuma_nodes;

    for (int i = 0; i < n; i++) {
        libxl_vnode_info *cell = &info->vnuma_nodes[i];

        if (cell->num_distances > n)
            return xml_fail(numa, err, "a distance is to a cell that is not there");
        cell->distances = xreallocarray(cell->distances, (size_t)n, sizeof *cell->distances);
        while (cell->num_distances < n)
            cell->distances[cell->num_distances++] = 0;
        if (cell->distances[i] && cell->distances[i] != 10)
            return xml_fail(numa, err, "the distance of a cell to itself is 10");
    }
    for (int i = 0; i < n; i++)
        for (int to = 0; to < n; to++)
            info->vnuma_nodes[i].distances[to] = distance_between(info, i, to);
    return 0;
}

/* libxl wants each in one cell, and in no other. */
static int
check_cpus_of_cells(const xmlNode *numa, const libxl_domain_build_info *info, struct err *err)
{
    for (int cpu = 0; cpu < info->max_vcpus; cpu++) {
        int cells = 0;

        for (int i = 0; i < info->num_vnuma_nodes; i++)
            cells += libxl_bitmap_test(&info->vnuma_nodes[i].vcpus, cpu) ? 1 : 0;
        if (cells != 1)
            return xml_fail(numa, err, "virtual CPU %d is in %s", cpu,
                            cells ? "more than one cell" : "no cell");
    }
    for (int i = 0; i < info->num_vnuma_nodes; i++)
        for (int cpu = info->max_vcpus; cpu < (int)info->vnuma_nodes[i].vcpus.size * 8; cpu++)
            if (libxl_bitmap_test(&info->vnuma_nodes[i].vcpus, cpu))
                return xml_fail(numa, err, "there is no virtual CPU %d", cpu);
    return 0;
}

/* The guest is told of its cells in an ACPI table. */
static int
need_acpi(const struct walk *walk, const xmlNode *root, libxl_domain_build_info *info,
          struct err *err)
{
    const xmlNode *acpi = xml_child(xml_child(root, "features"), "acpi");

    if (walk->type == DOMAIN_PV || libxl_defbool_val(info->acpi))
        return 0;
    if (acpi)
        return xml_unsupported(acpi, err, "a guest with NUMA cells needs it");
    libxl_defbool_set(&info->acpi, true);
    return 0;
}

/* As libvirt has it: they are the domain's memory, whatever <memory> says. */
static int
take_memory_of_cells(struct walk *walk, const xmlNode *root, libxl_domain_build_info *info,
                     struct err *err)
{
    const xmlNode *memory = xml_child(root, "memory");
    uint64_t       sum = 0;

    for (int i = 0; i < info->num_vnuma_nodes; i++)
        sum += info->vnuma_nodes[i].memkb;
    if (!sum)
        return xml_fail(xml_child(xml_child(root, "cpu"), "numa"), err, "the cells have no memory");
    if (sum == info->max_memkb)
        return 0;
    if (memory)
        walk_note(walk, memory, NULL, false, "the cells say what memory there is");
    if (info->target_memkb == info->max_memkb || info->target_memkb > sum)
        info->target_memkb = sum;
    info->max_memkb = sum;
    return 0;
}

static int
finish_cells(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
             struct err *err)
{
    libxl_domain_build_info *info = &((libxl_domain_config *)base)->b_info;
    const xmlNode           *numa = xml_child(xml_child(node, "cpu"), "numa");

    (void)item;
    if (!info->num_vnuma_nodes)
        return 0;
    return finish_distances(numa, info, err) || check_cpus_of_cells(numa, info, err) ||
                   need_acpi(walk, node, info, err) || take_memory_of_cells(walk, node, info, err)
               ? -1
               : 0;
}

static void
write_cell(const libxl_vnode_info *cell, int id, xmlNode *numa)
{
    cleanup_free char *cpus = bits_format(&cell->vcpus);
    xmlNode           *node = xml_add_child(numa, "cell", NULL);
    char               text[24];

    snprintf(text, sizeof text, "%d", id);
    xml_set_attr(node, "id", text);
    if (*cpus)
        xml_set_attr(node, "cpus", cpus);
    snprintf(text, sizeof text, "%" PRIu64, cell->memkb);
    xml_set_attr(node, "memory", text);
    xml_set_attr(node, "unit", "KiB");
    for (int i = 0; i < cell->num_distances; i++) {
        xmlNode *sibling = xml_add_child(walk_make(node, "distances"), "sibling", NULL);

        snprintf(text, sizeof text, "%d", i);
        xml_set_attr(sibling, "id", text);
        snprintf(text, sizeof text, "%" PRIu32, cell->distances[i]);
        xml_set_attr(sibling, "value", text);
    }
}

static void
write_cells(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_config *config = base;

    (void)walk, (void)item;
    for (int i = 0; i < config->b_info.num_vnuma_nodes; i++)
        write_cell(&config->b_info.vnuma_nodes[i], i, walk_make(parent, "cpu/numa"));
}

static const struct hook cell_hook = {.read = read_cell, .write = write_cells};
static const struct hook cells_hook = {.read = finish_cells};

/*----- the rows -----*/

static const struct word modes[] = {
    {"host-passthrough", 0, NULL},
    {"host-model", 0, NULL},
    {"maximum", 0, NULL},
    {"custom", 0, "a guest has the host's processor, less what is masked: mode 'host-passthrough'"},
    {NULL, 0, NULL},
};

static const struct item items[] = {
    {.path = "cpu@mode",
     .types = ALL,
     .flags = IMPLIED,
     .words = modes,
     .reason = "a guest has the host's processor"},
    MAY("cpu@match", "a guest has the host's processor"),
    MAY("cpu@check", "a guest has the host's processor"),
    MAY("cpu@migratable", "Xen's is, where tsc is not native"),
    MAY("cpu/topology", "Xen gives a guest the topology itself"),
    MAY("cpu/cache", "a guest has the host's caches"),
    NO("cpu/model", "a guest has the host's processor, less what is masked: mode "
                    "'host-passthrough'"),
    MAY("cpu/vendor", "a guest has the host's processor"),
    MAY("cpu/arch", "is the host's"),
    NO("cpu/maxphysaddr", "is the host's"),
    {"cpu/feature", KIND_HOOK, NOWHERE, ALL, MANY, .hook = &feature_hook},
    PART("cpu/feature@name"),
    PART("cpu/feature@policy"),
    {"cpu/numa/cell", KIND_HOOK, NOWHERE, ALL, MANY, .hook = &cell_hook},
    PART("cpu/numa/cell@id"),
    PART("cpu/numa/cell@cpus"),
    PART("cpu/numa/cell@memory"),
    PART("cpu/numa/cell@unit"),
    NO("cpu/numa/cell@memAccess", "the memory of a guest is Xen's"),
    {.path = "cpu/numa/cell@discard",
     .types = ALL,
     .flags = IMPLIED,
     .words = unknown_off,
     .reason = "the memory of a guest is Xen's"},
    NO("cpu/numa/cell/cache", "is not supported"),
    {.path = "cpu/numa/cell/distances/sibling", .types = ALL, .flags = MANY},
    PART("cpu/numa/cell/distances/sibling@id"),
    PART("cpu/numa/cell/distances/sibling@value"),
    NO("cpu/numa/interconnects", "is not supported"),
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &cells_hook},
};
const struct rows cpu_items = {items, array_size(items)};
