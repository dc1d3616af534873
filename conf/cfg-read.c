/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cfg-read.c: xl.cfg(5) to libxl's configuration, with xl's own parser and xl's defaults.
 */
#include <ctype.h>
#include <errno.h>
#include <libxl_utils.h>
#include <libxlutil.h>
#include <libxml/xmlstring.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "bits.h"
#include "cfg.h"
#include "conf/libxl.h"
#include "def.h"
#include "item.h"
#include "text.h"

#define CFG_KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

struct cfg {
    XLU_Config          *xlu;
    libxl_domain_config *config;
    enum domain_type     type;
    libxl_string_list   *unknown; /* keys that are passed over */
    char                *report;  /* what xl's parser complains of */
    size_t               report_size;
    FILE                *stream;
};

/* Something is wrong with the value of key. */
static int __attribute__((format(printf, 3, 4)))
cfg_fail(const char *key, struct err *err, const char *format, ...)
{
    char    reason[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(reason, sizeof reason, format, ap);
    va_end(ap);
    return err_set(err, ERR_XML, "%s: %s", key, reason);
}

static const char *
cfg_without(const char *s, const char *opening)
{
    return strncmp(s, opening, strlen(opening)) == 0 ? s + strlen(opening) : s;
}

/* "xl.cfg:2: warning: parameter `memory' is not a valid number": the end says it all. */
static const char *
cfg_reason(const char *said)
{
    const char *at = cfg_without(said, "xl.cfg:");

    if (at != said)
        at += strspn(at, "0123456789: ");
    at = cfg_without(at, "warning: ");
    at = cfg_without(at, "config parsing error in disk specification: ");
    if (cfg_without(at, "parameter `") != at && strstr(at, "' "))
        at = strstr(at, "' ") + 2;
    return at;
}

/* What the parser said of the value of key. */
static int
cfg_parser_failed(struct cfg *cfg, const char *key, struct err *err)
{
    const char *said, *near;
    int         length;

    fflush(cfg->stream);
    said = *cfg->report ? cfg_reason(cfg->report) : "is not valid";
    length = (int)strcspn(said, "\n");
    /* What it quotes of a disk may have a secret. */
    near = strstr(said, ": near `");
    if (!near)
        near = strstr(said, " in `");
    if (near && near - said < length)
        length = (int)(near - said);
    return err_set(err, ERR_XML, "%s: %.*s", key, length, said);
}

/* "xl.cfg:3: config parsing error near `...': syntax error", where ... may be of a password. */
static int
cfg_syntax_failed(struct cfg *cfg, struct err *err)
{
    const char *reason = NULL, *end, *next;
    int         line = 0;

    fflush(cfg->stream);
    end = cfg->report + strcspn(cfg->report, "\n");
    (void)sscanf(cfg->report, "xl.cfg:%d:", &line);
    for (next = strstr(cfg->report, ": "); next && next < end; next = strstr(reason, ": "))
        reason = next + 2;
    return reason ? err_set(err, ERR_XML, "line %d: %.*s", line, (int)(end - reason), reason)
                  : err_set(err, ERR_XML, "is not valid");
}

/*----- plain values -----*/

static void
cfg_set(char **to, const char *value)
{
    free(*to);
    *to = xstrdup(value);
}

static const char *
cfg_string_of(const struct cfg *cfg, const char *key)
{
    const char *value;

    return xlu_cfg_get_string(cfg->xlu, key, &value, 1) ? NULL : value;
}

/* *value_out is left as it is where there is no such key. */
static int
cfg_read_long(struct cfg *cfg, const char *key, long min, long max, long *value_out,
              struct err *err)
{
    long value;
    int  r = xlu_cfg_get_long(cfg->xlu, key, &value, 0);

    if (r == ESRCH)
        return 0;
    if (r)
        return cfg_parser_failed(cfg, key, err);
    if (value < min || value > max)
        return cfg_fail(key, err, "%ld is not from %ld to %ld", value, min, max);
    *value_out = value;
    return 0;
}

/* As to xl, all but 0 is true. */
static int
cfg_read_flag(struct cfg *cfg, const char *key, bool *value_out, struct err *err)
{
    long value = *value_out;

    if (cfg_read_long(cfg, key, LONG_MIN, LONG_MAX, &value, err))
        return -1;
    *value_out = value;
    return 0;
}

static int
cfg_read_word(struct cfg *cfg, const struct cfg_row *row, int *to, struct err *err)
{
    const char *text = cfg_string_of(cfg, row->key);
    long        value = -1;

    if (!text)
        return 0;
    for (const libxl_enum_string_table *word = row->words; word->s; word++)
        if (strcasecmp(word->s, text) == 0) {
            *to = word->v;
            return 0;
        }
    /* As xl did of old. */
    if (isdigit((unsigned char)*text) && cfg_read_long(cfg, row->key, 0, 3, &value, err) == 0) {
        *to = (int)value;
        return 0;
    }
    return cfg_fail(row->key, err, "'%s' is not known", text);
}

static int
cfg_read_list(struct cfg *cfg, const char *key, libxl_string_list *to, struct err *err)
{
    XLU_ConfigList *list;
    int             n;
    const char     *one = cfg_string_of(cfg, key);

    if (one)
        return *one && !list_add(to, one) ? -1 : 0;
    if (xlu_cfg_get_list(cfg->xlu, key, &list, &n, 1))
        return 0;
    for (int i = 0; i < n; i++) {
        const char *s = xlu_cfg_get_listitem(list, i);

        if (!s)
            return cfg_fail(key, err, "only strings can be in the list");
        if (!list_add(to, s))
            return cfg_fail(key, err, "there are more than %d", LIST_MAX);
    }
    return 0;
}

/* "" is none of these. */
static const char *const empty_is_none[] = {"bootloader", "ramdisk", "soundhw"};

static bool
cfg_is_in(const char *const *list, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], key) == 0)
            return true;
    return false;
}

static void
cfg_read_string(struct cfg *cfg, const struct cfg_row *row, char **to)
{
    const char *value = cfg_string_of(cfg, row->key);

    if (!value || (!*value && cfg_is_in(empty_is_none, array_size(empty_is_none), row->key)))
        return;
    cfg_set(to, value);
}

static int
cfg_read_row(struct cfg *cfg, const struct cfg_row *row, struct err *err)
{
    void *to = (char *)cfg->config + row->at;
    long  value = -1;

    switch (row->kind) {
    case CFG_STR:
        cfg_read_string(cfg, row, to);
        return 0;
    case CFG_DEFBOOL:
        return xlu_cfg_get_defbool(cfg->xlu, row->key, to, 0) == EINVAL
                   ? cfg_parser_failed(cfg, row->key, err)
                   : 0;
    case CFG_WORD:
        return cfg_read_word(cfg, row, to, err);
    case CFG_LIST:
        return cfg_read_list(cfg, row->key, to, err);
    case CFG_INT:
    case CFG_U32:
    case CFG_MIB:
        break;
    }
    if (cfg_read_long(cfg, row->key, 0, INT32_MAX, &value, err))
        return -1;
    if (value < 0)
        return 0;
    if (row->kind == CFG_MIB)
        *(uint64_t *)to = (uint64_t)value * 1024;
    else
        *(uint32_t *)to = (uint32_t)value; /* an int has the same size and is not negative */
    return 0;
}

/*----- type, memory, CPUs -----*/

static int
cfg_read_type(struct cfg *cfg, struct err *err)
{
    const char *type = cfg_string_of(cfg, "type"), *builder = cfg_string_of(cfg, "builder");
    const char *built = builder && strcmp(builder, "generic") == 0 ? "pv" : builder;

    if (type && built && strcmp(type, built) != 0)
        return cfg_fail("builder", err, "'%s' is not of type '%s'", builder, type);
    if (built && strcmp(built, "hvm") != 0 && strcmp(built, "pv") != 0)
        return cfg_fail("builder", err, "'%s' is not known", builder);
    if (!type)
        type = built ? built : "pv";
    if (strcmp(type, "pv") == 0)
        cfg->type = DOMAIN_PV;
    else if (strcmp(type, "pvh") == 0)
        cfg->type = DOMAIN_PVH;
    else if (strcmp(type, "hvm") == 0)
        cfg->type = DOMAIN_HVM;
    else
        return cfg_fail("type", err, "'%s' is not known", type);
    cfg->config->c_info.type = def_libxl_type(cfg->type);
    libxl_domain_build_info_init_type(&cfg->config->b_info, cfg->config->c_info.type);
    return 0;
}

static int
cfg_read_identity(struct cfg *cfg, struct err *err)
{
    libxl_domain_create_info *info = &cfg->config->c_info;
    const char *uuid = cfg_string_of(cfg, "uuid"), *label = cfg_string_of(cfg, "init_seclabel");

    if (!uuid)
        uuid_generate(info->uuid.uuid);
    else if (!uuid_parse(uuid, info->uuid.uuid))
        return cfg_fail("uuid", err, "'%s' is not a UUID", uuid);
    if (!cfg_string_of(cfg, "name"))
        return err_set(err, ERR_XML, "name is missing");
    info->ssid_label = xstrdup(label ? label : cfg_string_of(cfg, "seclabel"));
    if (label)
        cfg->config->b_info.exec_ssid_label = xstrdup(cfg_string_of(cfg, "seclabel"));
    libxl_defbool_set(&info->run_hotplug_scripts, true);
    return 0;
}

static int
cfg_read_memory(struct cfg *cfg, struct err *err)
{
    libxl_domain_build_info *info = &cfg->config->b_info;
    long                     memory = 0, max = 0, seconds = 0;

    if (cfg_read_long(cfg, "memory", 1, 1 << 30, &memory, err) ||
        cfg_read_long(cfg, "maxmem", 1, 1 << 30, &max, err) ||
        cfg_read_long(cfg, "rtc_timeoffset", INT32_MIN, INT32_MAX, &seconds, err))
        return -1;
    if (!memory && !max)
        return err_set(err, ERR_XML, "memory is missing");
    if (max && memory > max)
        return cfg_fail("maxmem", err, "is less than memory");
    info->target_memkb = (uint64_t)(memory ? memory : max) * 1024;
    info->max_memkb = (uint64_t)(max ? max : memory) * 1024;
    info->rtc_timeoffset = (uint32_t)seconds;
    libxl_defbool_set(&info->claim_mode, true);
    return 0;
}

static int
cfg_read_vcpus(struct cfg *cfg, struct err *err)
{
    libxl_domain_build_info *info = &cfg->config->b_info;
    long                     vcpus = 1, max = 0;

    if (cfg_read_long(cfg, "vcpus", 1, DOMAIN_VCPUS_MAX, &vcpus, err) ||
        cfg_read_long(cfg, "maxvcpus", 1, DOMAIN_VCPUS_MAX, &max, err))
        return -1;
    if (max && vcpus > max)
        return cfg_fail("maxvcpus", err, "is less than vcpus");
    info->max_vcpus = (int)(max ? max : vcpus);
    bits_alloc(&info->avail_vcpus, (unsigned)info->max_vcpus);
    for (int i = 0; i < vcpus; i++)
        libxl_bitmap_set(&info->avail_vcpus, i);
    return 0;
}

/* "all", "all,^3", "0-3,^2" to map. */
static int
cfg_read_cpus(const char *key, const char *text, libxl_bitmap *map, struct err *err)
{
    cleanup_free char *copy = xstrdup(text), *numbers = NULL;
    char              *rest = copy, *range;
    struct text        out = {0};

    while ((range = strsep(&rest, ","))) {
        range += strspn(range, " \t");
        if (strncmp(range, "node", 4) == 0 || strncmp(range, "^node", 5) == 0) {
            free(text_take(&out));
            return cfg_fail(key, err, "nodes are not supported here: name the CPUs");
        }
        if (strncmp(range, "all", 3) == 0 && !range[3 + strspn(range + 3, " \t")])
            text_add(&out, CPU_ALL ",");
        else
            text_addf(&out, "%s,", range);
    }
    numbers = text_take(&out);
    return bits_parse(numbers, map)
               ? 0
               : cfg_fail(key, err, "'%s' is not a list of numbers such as 0-3,^2", text);
}

/* One "all" is where all may run anyway. */
static int
cfg_read_affinity(struct cfg *cfg, const char *key, libxl_bitmap **maps_out, int *n_out,
                  struct err *err)
{
    libxl_string_list list = NULL;
    bool              one = cfg_string_of(cfg, key);
    int               n = 0, r = cfg_read_list(cfg, key, &list, err);

    while (list && list[n])
        n++;
    if (!r && n && !(one && strcmp(list[0], "all") == 0)) {
        *n_out = one ? cfg->config->b_info.max_vcpus : n;
        *maps_out = xcalloc((size_t)*n_out, sizeof **maps_out);
        for (int i = 0; i < *n_out && !r; i++)
            r = cfg_read_cpus(key, list[one ? 0 : i], &(*maps_out)[i], err);
        libxl_defbool_set(&cfg->config->b_info.numa_placement, false);
    }
    libxl_string_list_dispose(&list);
    return r;
}

static int
cfg_read_actions(struct cfg *cfg, struct err *err)
{
    const struct {
        const char               *key;
        libxl_action_on_shutdown *to, initial;
    } keys[] = {
        {"on_poweroff", &cfg->config->on_poweroff, LIBXL_ACTION_ON_SHUTDOWN_DESTROY},
        {"on_reboot", &cfg->config->on_reboot, LIBXL_ACTION_ON_SHUTDOWN_RESTART},
        {"on_watchdog", &cfg->config->on_watchdog, LIBXL_ACTION_ON_SHUTDOWN_DESTROY},
        {"on_crash", &cfg->config->on_crash, LIBXL_ACTION_ON_SHUTDOWN_DESTROY},
        {"on_soft_reset", &cfg->config->on_soft_reset, LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET},
    };

    for (size_t i = 0; i < array_size(keys); i++) {
        const char *text = cfg_string_of(cfg, keys[i].key);
        size_t      word = 0;

        *keys[i].to = keys[i].initial;
        while (text && cfg_actions[word].word && strcmp(cfg_actions[word].word, text) != 0)
            word++;
        if (text && !cfg_actions[word].word)
            return cfg_fail(keys[i].key, err, "'%s' is not known", text);
        if (text)
            *keys[i].to = cfg_actions[word].value;
    }
    return 0;
}

/*----- boot -----*/

static void
cfg_read_cmdline(struct cfg *cfg)
{
    const char *cmdline = cfg_string_of(cfg, "cmdline"), *root = cfg_string_of(cfg, "root");
    const char *extra = cfg_string_of(cfg, "extra");
    char      **to = &cfg->config->b_info.cmdline;

    if (cmdline)
        *to = xstrdup(cmdline);
    else if (root && extra)
        *to = xasprintf("root=%s %s", root, extra);
    else if (root)
        *to = xasprintf("root=%s", root);
    else
        *to = xstrdup(extra);
    if (*to && !**to)
        free(take_ptr(*to));
}

/* It wins over bios and firmware_override, which are read before it. */
static int
cfg_read_firmware(struct cfg *cfg, struct err *err)
{
    libxl_domain_build_info *info = &cfg->config->b_info;
    const char              *firmware = cfg_string_of(cfg, "firmware");

    if (!firmware)
        return 0;
    if (cfg->type != DOMAIN_HVM)
        return strncmp(firmware, "pvgrub", 6) == 0
                   ? cfg_fail("firmware", err, "pvgrub: name its file as kernel = ...")
                   : cfg_fail("firmware", err, "'%s' is not known", firmware);
    if (strcmp(firmware, "uefi") == 0 || strcmp(firmware, "ovmf") == 0)
        info->u.hvm.bios = LIBXL_BIOS_TYPE_OVMF;
    else if (strcmp(firmware, "seabios") == 0)
        info->u.hvm.bios = LIBXL_BIOS_TYPE_SEABIOS;
    else if (strcmp(firmware, "rombios") == 0)
        info->u.hvm.bios = LIBXL_BIOS_TYPE_ROMBIOS;
    else if (strcmp(firmware, "bios") != 0) /* which libxl chooses */
        cfg_set(&info->u.hvm.firmware, firmware);
    return 0;
}

/* Of an HVM guest hvmloader is no kernel, but what libxl boots it with anyway. */
static int
cfg_check_kernel(struct cfg *cfg, struct err *err)
{
    libxl_domain_build_info *info = &cfg->config->b_info;
    const char              *slash = info->kernel ? strrchr(info->kernel, '/') : NULL;

    if (cfg->type != DOMAIN_HVM && !info->kernel && !info->bootloader)
        return err_set(err, ERR_XML, "neither kernel nor bootloader is given");
    if (cfg->type == DOMAIN_HVM && info->kernel &&
        strcmp(slash ? slash + 1 : info->kernel, "hvmloader") == 0)
        free(take_ptr(info->kernel));
    return 0;
}

/* One string is split at its blanks, as xl does. */
static int
cfg_read_bootloader_args(struct cfg *cfg, struct err *err)
{
    libxl_string_list *to = &cfg->config->b_info.bootloader_args;
    const char        *one = cfg_string_of(cfg, "bootloader_args");
    cleanup_free char *copy = xstrdup(one);
    char              *rest = copy, *word;

    if (!one)
        return cfg_read_list(cfg, "bootloader_args", to, err);
    while ((word = strsep(&rest, " \t\n")))
        if (*word && !list_add(to, word))
            return cfg_fail("bootloader_args", err, "there are more than %d", LIST_MAX);
    return 0;
}

static int
cfg_read_cpuid(struct cfg *cfg, struct err *err)
{
    libxl_domain_build_info *info = &cfg->config->b_info;
    const char              *one = cfg_string_of(cfg, "cpuid");
    cleanup_free char       *copy = xstrdup(one);
    char                    *rest = copy, *word;
    libxl_string_list        list = NULL;
    int                      r = 0;

    word = one && *one ? strsep(&rest, ",") : NULL;
    if (word && strcmp(word, "host") != 0)
        return cfg_fail("cpuid", err, "the first word is host");
    while (word && (word = strsep(&rest, ",")))
        if (*word && libxl_cpuid_parse_config(&info->cpuid, word))
            return cfg_fail("cpuid", err, "'%s' is not known", word);
    if (one)
        return 0;
    r = cfg_read_list(cfg, "cpuid", &list, err);
    for (size_t i = 0; !r && list && list[i]; i++)
        if (libxl_cpuid_parse_config_xend(&info->cpuid, list[i]))
            r = cfg_fail("cpuid", err, "'%s' is not known", list[i]);
    libxl_string_list_dispose(&list);
    return r;
}

static int
cfg_check_timer_mode(struct cfg *cfg, struct err *err)
{
    return cfg->type == DOMAIN_PV && cfg_string_of(cfg, "timer_mode")
               ? cfg_fail("timer_mode", err, "a PV guest has none")
               : 0;
}

static int
cfg_read_device_model(struct cfg *cfg, struct err *err)
{
    libxl_domain_build_info *info = &cfg->config->b_info;
    const char              *version = cfg_string_of(cfg, "device_model_version");

    if (!version)
        return 0;
    if (strcmp(version, "qemu-xen") == 0)
        info->device_model_version = LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN;
    else if (strcmp(version, "qemu-xen-traditional") == 0)
        info->device_model_version = LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN_TRADITIONAL;
    else
        return cfg_fail("device_model_version", err, "'%s' is not known", version);
    return 0;
}

/*----- HVM -----*/

static int
cfg_read_viridian(struct cfg *cfg, struct err *err)
{
    libxl_domain_build_info *info = &cfg->config->b_info;
    libxl_string_list        list = NULL;
    int                      r;

    if (!xlu_cfg_get_defbool(cfg->xlu, "viridian", &info->u.hvm.viridian, 1))
        return 0;
    r = cfg_read_list(cfg, "viridian", &list, err);
    for (size_t i = 0; !r && list && list[i]; i++) {
        bool          off = *list[i] == '!';
        libxl_bitmap *map = off ? &info->u.hvm.viridian_disable : &info->u.hvm.viridian_enable;
        libxl_viridian_enlightenment which;

        if (!map->size)
            bits_alloc(map, LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH);
        if (strcmp(list[i], "all") == 0) {
            libxl_bitmap_set_any(map);
        } else if (strcmp(list[i], "defaults") == 0) {
            libxl_defbool_set(&info->u.hvm.viridian, true);
        } else if (libxl_viridian_enlightenment_from_string(list[i] + off, &which) == 0) {
            libxl_bitmap_set(map, (int)which);
            libxl_bitmap_reset(off ? &info->u.hvm.viridian_enable : &info->u.hvm.viridian_disable,
                               (int)which);
        } else {
            r = cfg_fail("viridian", err, "'%s' is not known", list[i]);
        }
    }
    libxl_string_list_dispose(&list);
    return r;
}

static int
cfg_read_listen(const char *text, libxl_vnc_info *vnc)
{
    const char *colon = text ? strrchr(text, ':') : NULL;

    if (!text)
        return 0;
    free(vnc->listen);
    /* ADDRESS:DISPLAY; an IPv6 address has colons of its own. */
    if (colon && strchr(text, ':') == colon) {
        vnc->listen = xstrndup(text, (size_t)(colon - text));
        vnc->display = atoi(colon + 1);
        return 0;
    }
    vnc->listen = xstrdup(text);
    return 0;
}

static int
cfg_read_serial(struct cfg *cfg, struct err *err)
{
    libxl_domain_build_info *info = &cfg->config->b_info;

    if (cfg_string_of(cfg, "serial")) {
        info->u.hvm.serial = xstrdup(cfg_string_of(cfg, "serial"));
        return 0;
    }
    return cfg_read_list(cfg, "serial", &info->u.hvm.serial_list, err);
}

/* libxl starts no guest without; to the XML, no password is that none is asked for. */
static int
cfg_check_spice(const libxl_spice_info *spice, struct err *err)
{
    if (libxl_defbool_is_default(spice->enable) || !libxl_defbool_val(spice->enable) ||
        spice->passwd)
        return 0;
    if (libxl_defbool_is_default(spice->disable_ticketing) ||
        !libxl_defbool_val(spice->disable_ticketing))
        return cfg_fail("spicepasswd", err, "is needed, or spicedisable_ticketing = 1");
    return 0;
}

static int
cfg_read_hvm(struct cfg *cfg, struct err *err)
{
    libxl_domain_build_info *info = &cfg->config->b_info;
    const char *vga = cfg_string_of(cfg, "vga"), *genid = cfg_string_of(cfg, "ms_vm_genid");
    long        hole = 0;
    bool        std = false;

    if (cfg->type != DOMAIN_HVM)
        return 0;
    cfg_read_listen(cfg_string_of(cfg, "vnclisten"), &info->u.hvm.vnc);
    /* What is not for memory below 4 GiB; the bounds are those of xl. */
    if (cfg_read_long(cfg, "mmio_hole", 256, 3840, &hole, err) ||
        cfg_read_flag(cfg, "stdvga", &std, err) || cfg_read_viridian(cfg, err) ||
        cfg_read_serial(cfg, err))
        return -1;
    if (cfg_string_of(cfg, "stdvga"))
        info->u.hvm.vga.kind = std ? LIBXL_VGA_INTERFACE_TYPE_STD : LIBXL_VGA_INTERFACE_TYPE_CIRRUS;
    if (vga && strcmp(vga, "stdvga") == 0)
        info->u.hvm.vga.kind = LIBXL_VGA_INTERFACE_TYPE_STD;
    else if (vga && libxl_vga_interface_type_from_string(vga, &info->u.hvm.vga.kind))
        return cfg_fail("vga", err, "'%s' is not known", vga);
    if (genid && strcmp(genid, "generate") == 0)
        uuid_generate(info->u.hvm.ms_vm_genid.bytes);
    else if (genid && strcmp(genid, "none") != 0)
        return cfg_fail("ms_vm_genid", err, "'%s' is not known", genid);
    return cfg_check_spice(&info->u.hvm.spice, err);
}

/*----- lists of devices -----*/

/* One more member at the end of an array of libxl's. */
#define array_add(array, count)                                                                    \
    ((array) = xreallocarray((array), (size_t)(count) + 1, sizeof *(array)),                       \
     memset(&(array)[count], 0, sizeof *(array)), &(array)[(count)++])

/* "key=value" of a specification, blanks around both taken away; value is "" without '='. */
static bool
cfg_next_option(char **rest, char **key_out, char **value_out)
{
    char *option, *end;

    do {
        option = strsep(rest, ",");
        if (!option)
            return false;
        option += strspn(option, " \t");
    } while (!*option);
    for (end = option + strlen(option); end > option && strchr(" \t", end[-1]); end--)
        continue;
    *end = '\0';
    *key_out = option;
    *value_out = strchr(option, '=');
    if (!*value_out) {
        *value_out = end;
        return true;
    }
    for (end = *value_out; end > option && strchr(" \t", end[-1]); end--)
        continue;
    ++*value_out;
    *value_out += strspn(*value_out, " \t");
    *end = '\0';
    return true;
}

typedef int spec_fn(struct cfg *cfg, const char *spec, struct err *err);
typedef int option_fn(void *device, const char *key, const char *value);

#define OPTION_UNKNOWN 1

/* Each key=value of spec to option, which returns non-zero where it cannot take it: OPTION_UNKNOWN
 * where xl passes the key over.  A message has no value, and not what a comma has cut off one: it
 * may be of a password. */
static int
cfg_read_options(struct cfg *cfg, const char *list, const char *spec, option_fn *option,
                 void *device, struct err *err)
{
    cleanup_free char *copy = xstrdup(spec);
    char              *rest = copy, *key, *value;

    while (cfg_next_option(&rest, &key, &value)) {
        cleanup_free char *name = xasprintf("%s: %s", list, key);
        int                r = option(device, key, value);

        if (r && !*value)
            return cfg_fail(list, err, "an option without a value is not known");
        if (r == OPTION_UNKNOWN && !key[strspn(key, CFG_KEY_CHARACTERS)])
            (void)list_add(cfg->unknown, name);
        else if (r)
            return cfg_fail(list, err, "%s: is not known, or its value is not valid", key);
    }
    return 0;
}

static int
cfg_read_disk(struct cfg *cfg, const char *spec, struct err *err)
{
    libxl_device_disk *disk = array_add(cfg->config->disks, cfg->config->num_disks);

    libxl_device_disk_init(disk);
    return xlu_disk_parse(cfg->xlu, 1, &spec, disk) ? cfg_parser_failed(cfg, "disk", err) : 0;
}

static bool
cfg_read_mac(const char *text, uint8_t mac_out[6])
{
    unsigned m[6];
    int      end = 0;

    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5], &end) !=
            6 ||
        text[end])
        return false;
    for (int i = 0; i < 6; i++)
        mac_out[i] = (uint8_t)m[i];
    return true;
}

static int
cfg_read_nic_number(const char *value, int *to)
{
    char *end;
    long  number = isdigit((unsigned char)*value) ? strtol(value, &end, 10) : -1;

    if (number < 0 || number > INT_MAX || *end)
        return -1;
    *to = (int)number;
    return 0;
}

struct vif_options {
    struct cfg       *cfg;
    libxl_device_nic *nic;
};

static int
cfg_read_vif_option(void *device, const char *key, const char *value)
{
    const struct vif_options *options = device;
    libxl_device_nic         *nic = options->nic;

    if (strcmp(key, "mac") == 0)
        return cfg_read_mac(value, nic->mac) ? 0 : -1;
    if (strcmp(key, "type") == 0) {
        nic->nictype = strcmp(value, "vif") == 0 ? LIBXL_NIC_TYPE_VIF : LIBXL_NIC_TYPE_VIF_IOEMU;
        return strcmp(value, "vif") == 0 || strcmp(value, "ioemu") == 0 ? 0 : -1;
    }
    if (strcmp(key, "bridge") == 0)
        cfg_set(&nic->bridge, value);
    else if (strcmp(key, "model") == 0)
        cfg_set(&nic->model, value);
    else if (strcmp(key, "vifname") == 0)
        cfg_set(&nic->ifname, value);
    else if (strcmp(key, "script") == 0)
        cfg_set(&nic->script, value);
    else if (strcmp(key, "ip") == 0)
        cfg_set(&nic->ip, value);
    else if (strcmp(key, "backend") == 0)
        cfg_set(&nic->backend_domname, value);
    else if (strcmp(key, "gatewaydev") == 0 || strcmp(key, "netdev") == 0)
        cfg_set(&nic->gatewaydev, value);
    else if (strcmp(key, "mtu") == 0)
        return cfg_read_nic_number(value, &nic->mtu);
    else if (strcmp(key, "devid") == 0)
        return cfg_read_nic_number(value, &nic->devid);
    else if (strcmp(key, "rate") == 0)
        return xlu_vif_parse_rate(options->cfg->xlu, value, nic) ? -1 : 0;
    else if (strcmp(key, "accel") != 0) /* which xl passes over, too */
        return OPTION_UNKNOWN;
    return 0;
}

static int
cfg_read_vif(struct cfg *cfg, const char *spec, struct err *err)
{
    int                devid = cfg->config->num_nics;
    struct vif_options options = {cfg, array_add(cfg->config->nics, cfg->config->num_nics)};

    libxl_device_nic_init(options.nic);
    options.nic->devid = devid;
    if (cfg_read_options(cfg, "vif", spec, cfg_read_vif_option, &options, err))
        return -1;
    /* libxl refuses it, and the XML would forget it. */
    if (cfg->type != DOMAIN_HVM && options.nic->nictype == LIBXL_NIC_TYPE_VIF_IOEMU)
        return cfg_fail("vif", err, "type=ioemu: only an HVM guest has emulated cards");
    return 0;
}

static int
cfg_read_vfb_option(void *device, const char *key, const char *value)
{
    libxl_device_vfb *vfb = device;

    if (strcmp(key, "vnc") == 0)
        libxl_defbool_set(&vfb->vnc.enable, atoi(value));
    else if (strcmp(key, "vnclisten") == 0)
        return cfg_read_listen(value, &vfb->vnc);
    else if (strcmp(key, "vncdisplay") == 0)
        vfb->vnc.display = atoi(value);
    else if (strcmp(key, "vncunused") == 0)
        libxl_defbool_set(&vfb->vnc.findunused, atoi(value));
    else if (strcmp(key, "vncpasswd") == 0)
        cfg_set(&vfb->vnc.passwd, value);
    else if (strcmp(key, "sdl") == 0)
        libxl_defbool_set(&vfb->sdl.enable, atoi(value));
    else if (strcmp(key, "opengl") == 0)
        libxl_defbool_set(&vfb->sdl.opengl, atoi(value));
    else if (strcmp(key, "display") == 0)
        cfg_set(&vfb->sdl.display, value);
    else if (strcmp(key, "xauthority") == 0)
        cfg_set(&vfb->sdl.xauthority, value);
    else if (strcmp(key, "keymap") == 0)
        cfg_set(&vfb->keymap, value);
    else if (strcmp(key, "type") != 0 || strcmp(value, "vnc") != 0) /* of old, and the default */
        return OPTION_UNKNOWN;
    return 0;
}

static int
cfg_read_vfb(struct cfg *cfg, const char *spec, struct err *err)
{
    int               devid = cfg->config->num_vfbs;
    libxl_device_vfb *vfb = array_add(cfg->config->vfbs, cfg->config->num_vfbs);
    libxl_device_vkb *vkb = array_add(cfg->config->vkbs, cfg->config->num_vkbs);

    libxl_device_vfb_init(vfb);
    libxl_device_vkb_init(vkb);
    vfb->devid = vkb->devid = devid;
    return cfg_read_options(cfg, "vfb", spec, cfg_read_vfb_option, vfb, err);
}

/* VNC is on unless it is switched off. */
static int
cfg_check_vfbs(struct cfg *cfg, struct err *err)
{
    for (int i = 0; i < cfg->config->num_vfbs; i++) {
        const libxl_device_vfb *vfb = &cfg->config->vfbs[i];

        if (!libxl_defbool_is_default(vfb->sdl.enable) && libxl_defbool_val(vfb->sdl.enable) &&
            (libxl_defbool_is_default(vfb->vnc.enable) || libxl_defbool_val(vfb->vnc.enable)))
            return cfg_fail("vfb", err,
                            "SDL and VNC together are not supported (vnc=0 switches VNC off)");
    }
    return 0;
}

struct channel_options {
    libxl_device_channel *channel;
    char                 *path;
    char                 *connection;
};

static int
cfg_read_channel_option(void *device, const char *key, const char *value)
{
    struct channel_options *options = device;

    if (strcmp(key, "backend") == 0)
        cfg_set(&options->channel->backend_domname, value);
    else if (strcmp(key, "name") == 0)
        cfg_set(&options->channel->name, value);
    else if (strcmp(key, "connection") == 0)
        cfg_set(&options->connection, value);
    else if (strcmp(key, "path") == 0)
        cfg_set(&options->path, value);
    else
        return OPTION_UNKNOWN;
    return 0;
}

static int
cfg_read_channel(struct cfg *cfg, const char *spec, struct err *err)
{
    int                    devid = cfg->config->num_channels, r;
    struct channel_options options = {
        .channel = array_add(cfg->config->channels, cfg->config->num_channels)};
    libxl_channel_connection connection;

    libxl_device_channel_init(options.channel);
    options.channel->devid = devid;
    r = cfg_read_options(cfg, "channel", spec, cfg_read_channel_option, &options, err);
    if (!r && (!options.connection ||
               libxl_channel_connection_from_string(options.connection, &connection)))
        r = cfg_fail("channel", err, "connection is pty or socket");
    if (!r) {
        libxl_device_channel_init_connection(options.channel, connection);
        if (connection == LIBXL_CHANNEL_CONNECTION_SOCKET)
            options.channel->u.socket.path = take_ptr(options.path);
    }
    free(options.path);
    free(options.connection);
    return r;
}

static int
cfg_read_usbctrl_option(void *device, const char *key, const char *value)
{
    libxl_device_usbctrl *usbctrl = device;

    if (strcmp(key, "type") == 0)
        return libxl_usbctrl_type_from_string(value, &usbctrl->type);
    if (strcmp(key, "version") == 0)
        usbctrl->version = atoi(value);
    else if (strcmp(key, "ports") == 0)
        usbctrl->ports = atoi(value);
    else if (strcmp(key, "backend") == 0)
        cfg_set(&usbctrl->backend_domname, value);
    else
        return -1;
    return 0;
}

static int
cfg_read_usbctrl(struct cfg *cfg, const char *spec, struct err *err)
{
    int                   devid = cfg->config->num_usbctrls;
    libxl_device_usbctrl *usbctrl = array_add(cfg->config->usbctrls, cfg->config->num_usbctrls);

    libxl_device_usbctrl_init(usbctrl);
    usbctrl->devid = devid;
    return cfg_read_options(cfg, "usbctrl", spec, cfg_read_usbctrl_option, usbctrl, err);
}

/* As xl has it: 0x0a and 012 are 10.  0 is no bus and no address. */
static int
cfg_read_usb_number(const char *value, uint8_t *to)
{
    char *end;
    long  number = isdigit((unsigned char)*value) ? strtol(value, &end, 0) : 0;

    if (number < 1 || number > UINT8_MAX || *end)
        return -1;
    *to = (uint8_t)number;
    return 0;
}

static int
cfg_read_usbdev_option(void *device, const char *key, const char *value)
{
    libxl_device_usbdev *usbdev = device;

    if (strcmp(key, "type") == 0)
        return strcmp(value, "hostdev");
    if (strcmp(key, "hostbus") == 0)
        return cfg_read_usb_number(value, &usbdev->u.hostdev.hostbus);
    if (strcmp(key, "hostaddr") == 0)
        return cfg_read_usb_number(value, &usbdev->u.hostdev.hostaddr);
    if (strcmp(key, "controller") == 0)
        usbdev->ctrl = atoi(value);
    else if (strcmp(key, "port") == 0)
        usbdev->port = atoi(value);
    else
        return -1;
    return 0;
}

static int
cfg_read_usbdev(struct cfg *cfg, const char *spec, struct err *err)
{
    libxl_device_usbdev *usbdev = array_add(cfg->config->usbdevs, cfg->config->num_usbdevs);

    libxl_device_usbdev_init(usbdev);
    libxl_device_usbdev_init_type(usbdev, LIBXL_USBDEV_TYPE_HOSTDEV);
    return cfg_read_options(cfg, "usbdev", spec, cfg_read_usbdev_option, usbdev, err);
}

static int
cfg_read_pci(struct cfg *cfg, const char *spec, struct err *err)
{
    libxl_device_pci *pci = array_add(cfg->config->pcidevs, cfg->config->num_pcidevs);
    const struct {
        const char *key;
        bool       *to;
    } all[] = {{"pci_permissive", &pci->permissive},
               {"pci_seize", &pci->seize},
               {"pci_msitranslate", &pci->msitranslate},
               {"pci_power_mgmt", &pci->power_mgmt}};

    libxl_device_pci_init(pci);
    for (size_t i = 0; i < array_size(all); i++)
        if (cfg_read_flag(cfg, all[i].key, all[i].to, err))
            return -1;
    if (xlu_pci_parse_spec_string(cfg->xlu, pci, spec))
        return cfg_parser_failed(cfg, "pci", err);
    if (pci->vfunc_mask == LIBXL_PCI_FUNC_ALL)
        return cfg_fail("pci", err, "all functions at once are not supported: name each function");
    /* As xl does, whatever e820_host says. */
    if (cfg->type == DOMAIN_PV)
        libxl_defbool_set(&cfg->config->b_info.u.pv.e820_host, true);
    return 0;
}

static const struct {
    const char *key;
    spec_fn    *read;
} lists[] = {
    {"disk", cfg_read_disk},       {"vif", cfg_read_vif},         {"vfb", cfg_read_vfb},
    {"channel", cfg_read_channel}, {"usbctrl", cfg_read_usbctrl}, {"usbdev", cfg_read_usbdev},
    {"pci", cfg_read_pci},
};

static int
cfg_read_devices(struct cfg *cfg, struct err *err)
{
    for (size_t i = 0; i < array_size(lists); i++) {
        XLU_ConfigList *list;
        int             n;
        const char     *spec;

        if (xlu_cfg_get_list(cfg->xlu, lists[i].key, &list, &n, 0)) {
            if (cfg_string_of(cfg, lists[i].key))
                return cfg_fail(lists[i].key, err, "is a list: [ ... ]");
            continue;
        }
        if (n > DOMAIN_DEVICES_MAX)
            return cfg_fail(lists[i].key, err, "there are more than %d", DOMAIN_DEVICES_MAX);
        for (int j = 0; j < n; j++) {
            spec = xlu_cfg_get_listitem(list, j);
            if (!spec)
                return cfg_fail(lists[i].key, err, "only strings can be in the list");
            if (lists[i].read(cfg, spec, err))
                return -1;
        }
    }
    return 0;
}

/* The screen of a PV guest as plain keys, as of an HVM guest. */
static int
cfg_read_plain_vfb(struct cfg *cfg, struct err *err)
{
    static const char *const keys[] = {"vnclisten", "vncdisplay", "vncunused",  "vncpasswd", "sdl",
                                       "opengl",    "display",    "xauthority", "keymap"};
    bool                     vnc = false;

    if (cfg->type == DOMAIN_HVM || cfg->config->num_vfbs)
        return 0;
    if (cfg_read_flag(cfg, "vnc", &vnc, err))
        return -1;
    if (!vnc)
        return 0;
    if (cfg_read_vfb(cfg, "vnc=1", err))
        return -1;
    for (size_t i = 0; i < array_size(keys); i++) {
        const char *value = cfg_string_of(cfg, keys[i]);

        if (value)
            (void)cfg_read_vfb_option(cfg->config->vfbs, keys[i], value);
    }
    return 0;
}

/*----- which keys there are -----*/

static const char *const other_keys[] = {
    "type",
    "builder",
    "uuid",
    "seclabel",
    "init_seclabel",
    "memory",
    "maxmem",
    "vcpus",
    "maxvcpus",
    "cpus",
    "cpus_soft",
    "on_poweroff",
    "on_reboot",
    "on_watchdog",
    "on_crash",
    "on_soft_reset",
    "bootloader_args",
    "cmdline",
    "root",
    "extra",
    "firmware",
    "cpuid",
    "viridian",
    "vnclisten",
    "stdvga",
    "vga",
    "ms_vm_genid",
    "serial",
    "device_model_version",
    "rtc_timeoffset",
    "pci_permissive",
    "pci_seize",
    "pci_msitranslate",
    "pci_power_mgmt",
    "vnc",
    "vncdisplay",
    "vncunused",
    "vncpasswd",
    "keymap",
};

/* What xl obeys and dom0d does not: to ignore it would be another machine. */
static const char *const refused_keys[] = {
    "vtpm",        "p9",         "pvcalls",      "rdm",       "vkb",    "vdispl", "vsnd",
    "dtdev",       "ioports",    "irqs",         "iomem",     "vnuma",  "vuart",  "tee",
    "gic_version", "mca_caps",   "gfx_passthru", "altp2mhvm", "period", "budget", "extratime",
    "sched",       "claim_mode", "slice",        "latency",
};

/* Values of them with which the machine is what it is without the key. */
static const struct {
    const char *key, *value;
} harmless[] = {{"gfx_passthru", "0"}, {"altp2mhvm", "0"}, {"claim_mode", "1"}};

/* value: what is behind the '=', to the end of the text. */
static bool
cfg_is_harmless(const char *key, const char *value)
{
    value += strspn(value, " \t");
    for (size_t i = 0; i < array_size(harmless); i++)
        if (strcmp(harmless[i].key, key) == 0 && *value == *harmless[i].value &&
            strchr(" \t\r\n;#", value[1]))
            return true;
    return false;
}

static bool
cfg_is_known(const char *key)
{
    for (size_t i = 0; i < n_cfg_rows; i++)
        if (strcmp(cfg_rows[i].key, key) == 0)
            return true;
    for (size_t i = 0; i < array_size(lists); i++)
        if (strcmp(lists[i].key, key) == 0)
            return true;
    return cfg_is_in(other_keys, array_size(other_keys), key);
}

/* s is at a quote.  Returns what is behind the string. */
static const char *
cfg_skip_string(const char *s)
{
    char quote = *s++;

    for (; *s && *s != quote; s++)
        s += *s == '\\' && s[1];
    return *s ? s + 1 : s;
}

/* The keys are not to be had from xl's parser. */
static int
cfg_check_keys(const char *text, libxl_string_list *unknown_out, struct err *err)
{
    int  line = 1, depth = 0;
    bool in_value = false;

    while (*text) {
        size_t             length = strspn(text, CFG_KEY_CHARACTERS ".");
        cleanup_free char *word = xstrndup(text, length);
        const char        *next = text + length + strspn(text + length, " \t");

        if (*text == '\'' || *text == '"') {
            text = cfg_skip_string(text);
            continue;
        }
        if (*text == '#') {
            text += strcspn(text, "\n");
            continue;
        }
        if (!length) {
            line += *text == '\n';
            depth += *text == '[';
            depth -= *text == ']';
            if (!depth && strchr("=;\n", *text))
                in_value = *text == '=';
            text++;
            continue;
        }
        text += length;
        if (depth || isdigit((unsigned char)*word))
            continue;
        /* Not the word: it may be a password. */
        if (in_value)
            return err_set(err, ERR_XML,
                           "line %d: a value is a number, a string in quotes or a list", line);
        /* xl of old took Python. */
        if (*next != '=' && strncmp(next, "+=", 2) != 0)
            return err_set(err, ERR_XML, "line %d: '%s': a line is key = value", line, word);
        if (*next == '=' && cfg_is_harmless(word, next + 1))
            continue;
        if (cfg_is_in(refused_keys, array_size(refused_keys), word))
            return err_set(err, ERR_CONFIG_UNSUPPORTED, "line %d: %s: is not supported", line,
                           word);
        if (!cfg_is_known(word))
            (void)list_add(unknown_out, word);
    }
    return 0;
}

/*----- the whole -----*/

static int
cfg_read_all(struct cfg *cfg, struct err *err)
{
    if (cfg_read_type(cfg, err) || cfg_read_identity(cfg, err) || cfg_read_memory(cfg, err) ||
        cfg_read_vcpus(cfg, err) ||
        cfg_read_affinity(cfg, "cpus", &cfg->config->b_info.vcpu_hard_affinity,
                          &cfg->config->b_info.num_vcpu_hard_affinity, err) ||
        cfg_read_affinity(cfg, "cpus_soft", &cfg->config->b_info.vcpu_soft_affinity,
                          &cfg->config->b_info.num_vcpu_soft_affinity, err) ||
        cfg_read_actions(cfg, err) || cfg_read_cpuid(cfg, err))
        return -1;
    cfg_read_cmdline(cfg);
    for (size_t i = 0; i < n_cfg_rows; i++)
        if (cfg_rows[i].types & (1u << cfg->type) && cfg_read_row(cfg, &cfg_rows[i], err))
            return -1;
    return cfg_check_timer_mode(cfg, err) || cfg_read_firmware(cfg, err) ||
                   cfg_read_bootloader_args(cfg, err) || cfg_read_device_model(cfg, err) ||
                   cfg_read_hvm(cfg, err) || cfg_read_devices(cfg, err) ||
                   cfg_read_plain_vfb(cfg, err) || cfg_check_vfbs(cfg, err) ||
                   cfg_check_kernel(cfg, err)
               ? -1
               : 0;
}

static int
cfg_check_text(const char *text, size_t size, struct err *err)
{
    if (strlen(text) != size || !xmlCheckUTF8((const xmlChar *)text))
        return err_set(err, ERR_XML, "the text is not valid UTF-8");
    return 0;
}

int
conf_from_cfg(const char *text, size_t size, libxl_domain_config *config_out,
              libxl_string_list *unknown_out, struct err *err)
{
    cleanup_free char *copy = NULL;
    struct cfg         cfg = {.config = config_out, .unknown = unknown_out};
    int                r;

    if (size > CONF_CFG_MAX)
        return err_set(err, ERR_XML, "xl.cfg of %zu bytes is longer than %u", size, CONF_CFG_MAX);
    copy = xstrndup(text, size);
    if (cfg_check_text(copy, size, err))
        return -1;
    cfg.stream = open_memstream(&cfg.report, &cfg.report_size);
    if (!cfg.stream)
        abort();
    fflush(cfg.stream);
    cfg.xlu = xlu_cfg_init(cfg.stream, "xl.cfg");
    if (!cfg.xlu)
        abort();
    r = cfg_check_keys(copy, unknown_out, err);
    if (!r && xlu_cfg_readdata(cfg.xlu, copy, (int)size))
        r = cfg_syntax_failed(&cfg, err);
    if (!r)
        r = cfg_read_all(&cfg, err);
    xlu_cfg_destroy(cfg.xlu);
    fclose(cfg.stream);
    free(cfg.report);
    return r;
}
