/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * items-display.c: what a guest shows and hears, and how its user answers: <graphics>, <video>,
 * <input>, <sound>.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "bits.h"
#include "hooks.h"
#include "xml.h"

static bool
is_true(libxl_defbool value, bool absent)
{
    return libxl_defbool_is_default(value) ? absent : libxl_defbool_val(value);
}

/*----- graphics -----*/

/* One of the three is enabled. */
struct graphics {
    libxl_vnc_info   vnc;
    libxl_sdl_info   sdl;
    libxl_spice_info spice;
    char            *keymap;
};

static void
init_graphics(void *device)
{
    struct graphics *graphics = device;

    libxl_vnc_info_init(&graphics->vnc);
    libxl_sdl_info_init(&graphics->sdl);
    libxl_spice_info_init(&graphics->spice);
}

static void
dispose_graphics(void *device)
{
    struct graphics *graphics = device;

    libxl_vnc_info_dispose(&graphics->vnc);
    libxl_sdl_info_dispose(&graphics->sdl);
    libxl_spice_info_dispose(&graphics->spice);
    free(graphics->keymap);
}

static char *
copy_attr(const xmlNode *node, const char *name)
{
    const char *value = xml_attr(node, name);

    return value && *value ? xstrdup(value) : NULL;
}

/* The attribute is the older way to say it and may stand beside the element. */
static int
read_listen(const xmlNode *node, char **address_out, struct err *err)
{
    const xmlNode *listen = xml_child(node, "listen");
    const char    *type = xml_attr(listen, "type");

    if (type && strcmp(type, "address") != 0)
        return xml_unsupported(listen, err, "type '%s' is not supported", type);
    *address_out = copy_attr(listen, "address");
    if (!*address_out)
        *address_out = copy_attr(node, "listen");
    else if (xml_attr(node, "listen") && strcmp(xml_attr(node, "listen"), *address_out) != 0)
        return xml_fail(node, err, "listen and the address of <listen> differ");
    return 0;
}

/* -1: automatic */
static int
read_port(const xmlNode *node, int *port_out, struct err *err)
{
    const char *text = xml_attr(node, "port");
    uint64_t    port = 0;
    bool        automatic;

    if (xml_bool_attr(node, "autoport", false, &automatic, err))
        return -1;
    *port_out = -1;
    if (!text || automatic || strcmp(text, "-1") == 0)
        return 0;
    if (xml_number_attr(node, "port", UINT16_MAX, &port, err))
        return -1;
    *port_out = (int)port;
    return 0;
}

/* libxl refuses a display beside an address with a ':': it is to be behind that already. */
static void
join_ipv6(libxl_vnc_info *vnc)
{
    unsigned char      address[sizeof(struct in6_addr)];
    cleanup_free char *plain = NULL;

    if (!vnc->listen || !vnc->display || inet_pton(AF_INET6, vnc->listen, address) != 1)
        return;
    plain = vnc->listen;
    vnc->listen = xasprintf("[%s]:%d", plain, vnc->display);
    vnc->display = 0;
}

/* "[::1]:1", or "127.0.0.1:1" of an xl.cfg: the address is the caller's to free, the display where
 * there is one. */
static char *
split_listen(const char *listen, int *display)
{
    const char *colon = listen ? strrchr(listen, ':') : NULL;
    char        after;

    if (!colon || (*listen == '[' ? colon[-1] != ']' : strchr(listen, ':') != colon) ||
        sscanf(colon, ":%d%c", display, &after) != 1)
        return xstrdup(listen);
    return *listen == '[' ? xstrndup(listen + 1, (size_t)(colon - listen - 2))
                          : xstrndup(listen, (size_t)(colon - listen));
}

static int
read_vnc(const xmlNode *node, struct graphics *graphics, struct err *err)
{
    int port;

    if (read_port(node, &port, err) || read_listen(node, &graphics->vnc.listen, err))
        return -1;
    if (port >= 0 && port < DOMAIN_VNC_PORT_MIN)
        return xml_fail(node, err, "port %d is less than %d", port, DOMAIN_VNC_PORT_MIN);
    libxl_defbool_set(&graphics->vnc.enable, true);
    libxl_defbool_set(&graphics->vnc.findunused, port < 0);
    if (port >= 0)
        graphics->vnc.display = port - DOMAIN_VNC_PORT_MIN;
    join_ipv6(&graphics->vnc);
    graphics->vnc.passwd = xstrdup(xml_attr(node, "passwd"));
    graphics->keymap = xstrdup(xml_attr(node, "keymap"));
    return 0;
}

/* libxl looks for no free port here. */
static int
read_spice(const xmlNode *node, struct graphics *graphics, struct err *err)
{
    libxl_spice_info *spice = &graphics->spice;
    const char       *mouse = xml_child_attr(node, "mouse", "mode");
    bool              copy = false;
    uint64_t          tls = 0;
    int               port;

    if (read_port(node, &port, err) || read_listen(node, &spice->host, err) ||
        xml_number_attr(node, "tlsPort", UINT16_MAX, &tls, err) ||
        xml_bool_attr(xml_child(node, "clipboard"), "copypaste", false, &copy, err))
        return -1;
    if (port < 0 && xml_attr(node, "port") && strcmp(xml_attr(node, "port"), "-1") != 0)
        return xml_unsupported_attr(node, "autoport", err,
                                    "libxl looks for no free port: the port is given without it");
    if (port <= 0 && !tls)
        return xml_unsupported(node, err, "a port is needed: libxl looks for no free one");
    if (mouse && strcmp(mouse, "client") != 0 && strcmp(mouse, "server") != 0)
        return xml_fail(xml_child(node, "mouse"), err, "mode '%s' is not known", mouse);
    libxl_defbool_set(&spice->enable, true);
    spice->port = port > 0 ? port : 0;
    spice->tls_port = (int)tls;
    spice->passwd = copy_attr(node, "passwd");
    libxl_defbool_set(&spice->disable_ticketing, !spice->passwd);
    if (mouse)
        libxl_defbool_set(&spice->agent_mouse, strcmp(mouse, "client") == 0);
    if (xml_child(node, "clipboard")) {
        libxl_defbool_set(&spice->clipboard_sharing, copy);
        libxl_defbool_set(&spice->vdagent, copy);
    }
    spice->image_compression = copy_attr(xml_child(node, "image"), "compression");
    spice->streaming_video = copy_attr(xml_child(node, "streaming"), "mode");
    graphics->keymap = copy_attr(node, "keymap");
    return 0;
}

static int
read_sdl(const xmlNode *node, struct graphics *graphics, struct err *err)
{
    bool opengl = false;

    if (xml_bool_attr(xml_child(node, "gl"), "enable", false, &opengl, err))
        return -1;
    libxl_defbool_set(&graphics->sdl.enable, true);
    graphics->sdl.display = copy_attr(node, "display");
    graphics->sdl.xauthority = copy_attr(node, "xauth");
    if (xml_child(node, "gl"))
        libxl_defbool_set(&graphics->sdl.opengl, opengl);
    return 0;
}

static int
read_graphics(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
              struct err *err)
{
    const char *type = xml_attr(node, "type"), *automatic = xml_attr(node, "autoport");

    (void)item;
    if (automatic && strcmp(automatic, "yes") == 0 && xml_attr(node, "port"))
        walk_note(walk, node, "port", true, "is chosen when the domain starts");
    if (xml_child_attr(node, "listen", "address") && xml_attr(node, "listen"))
        walk_note(walk, node, "listen", true, "the element says it");
    if (type && strcmp(type, "vnc") == 0)
        return read_vnc(node, base, err);
    if (type && strcmp(type, "sdl") == 0)
        return read_sdl(node, base, err);
    if (type && strcmp(type, "spice") == 0 && walk->type == DOMAIN_HVM)
        return read_spice(node, base, err);
    return xml_unsupported(node, err,
                           "type '%s' is not supported, only vnc, sdl and, for an HVM "
                           "guest, spice",
                           type ? type : "");
}

/* dest gets what src has, which is emptied. */
#define move(dest, src)                                                                            \
    do {                                                                                           \
        (dest) = (src);                                                                            \
        memset(&(src), 0, sizeof(src));                                                            \
    } while (0)

static int
store_hvm_graphics(libxl_domain_build_info *info, struct graphics *graphics)
{
    if (is_true(graphics->vnc.enable, false)) {
        if (is_true(info->u.hvm.vnc.enable, false))
            return -1;
        move(info->u.hvm.vnc, graphics->vnc);
    } else if (is_true(graphics->sdl.enable, false)) {
        if (is_true(info->u.hvm.sdl.enable, false))
            return -1;
        move(info->u.hvm.sdl, graphics->sdl);
    } else {
        if (is_true(info->u.hvm.spice.enable, false))
            return -1;
        move(info->u.hvm.spice, graphics->spice);
    }
    if (!info->u.hvm.keymap)
        info->u.hvm.keymap = take_ptr(graphics->keymap);
    return 0;
}

/* The screen and keyboard of a PV guest. */
static int
store_framebuffer(libxl_domain_config *config, struct graphics *graphics)
{
    if (config->num_vfbs)
        return -1;
    config->vfbs = xcalloc(1, sizeof *config->vfbs);
    config->vkbs = xcalloc(1, sizeof *config->vkbs);
    config->num_vfbs = config->num_vkbs = 1;
    libxl_device_vfb_init(config->vfbs);
    libxl_device_vkb_init(config->vkbs);
    config->vfbs->devid = config->vkbs->devid = 0;
    if (is_true(graphics->sdl.enable, false))
        libxl_defbool_set(&graphics->vnc.enable, false);
    move(config->vfbs->vnc, graphics->vnc);
    move(config->vfbs->sdl, graphics->sdl);
    config->vfbs->keymap = take_ptr(graphics->keymap);
    return 0;
}

static int
store_graphics(struct walk *walk, const xmlNode *node, void *device, struct err *err)
{
    int r = walk->type == DOMAIN_HVM ? store_hvm_graphics(&walk->config->b_info, device)
                                     : store_framebuffer(walk->config, device);

    return r ? xml_unsupported(node, err, "only one is supported") : 0;
}

/* libxl's default is a VNC server, for a PV guest's screen too. */
static bool
load_graphics(struct walk *walk, size_t index, void *device)
{
    const libxl_domain_config *config = walk->config;
    const libxl_vnc_info      *vnc;
    const libxl_sdl_info      *sdl;
    struct graphics           *graphics = device;
    bool                       hvm = walk->type == DOMAIN_HVM;

    if (!hvm && !config->num_vfbs)
        return false;
    vnc = hvm ? &config->b_info.u.hvm.vnc : &config->vfbs[0].vnc;
    sdl = hvm ? &config->b_info.u.hvm.sdl : &config->vfbs[0].sdl;
    graphics->keymap = hvm ? config->b_info.u.hvm.keymap : config->vfbs[0].keymap;
    if (is_true(vnc->enable, true) && index-- == 0) {
        graphics->vnc = *vnc;
        libxl_defbool_set(&graphics->vnc.enable, true);
        return true;
    }
    if (is_true(sdl->enable, false) && index-- == 0) {
        graphics->sdl = *sdl;
        return true;
    }
    if (!hvm || !is_true(config->b_info.u.hvm.spice.enable, false) || index-- != 0)
        return false;
    graphics->spice = config->b_info.u.hvm.spice;
    return true;
}

static void
set_display_number(xmlNode *node, const char *name, int value)
{
    char text[16];

    snprintf(text, sizeof text, "%d", value);
    xml_set_attr(node, name, text);
}

static void
set_yes_no(xmlNode *parent, const char *child, const char *name, libxl_defbool value)
{
    if (!libxl_defbool_is_default(value))
        xml_set_attr(walk_make(parent, child), name, libxl_defbool_val(value) ? "yes" : "no");
}

static void
write_vnc(xmlNode *node, const struct graphics *graphics)
{
    bool               automatic = is_true(graphics->vnc.findunused, true);
    int                display = graphics->vnc.display;
    cleanup_free char *listen = split_listen(graphics->vnc.listen, &display);

    xml_set_attr(node, "type", "vnc");
    set_display_number(node, "port", automatic ? -1 : display + DOMAIN_VNC_PORT_MIN);
    xml_set_attr(node, "autoport", automatic ? "yes" : "no");
    xml_set_attr(node, "listen", listen);
    xml_set_attr(node, "passwd", graphics->vnc.passwd);
}

static void
write_spice(xmlNode *node, const libxl_spice_info *spice)
{
    xml_set_attr(node, "type", "spice");
    if (spice->port)
        set_display_number(node, "port", spice->port);
    if (spice->tls_port)
        set_display_number(node, "tlsPort", spice->tls_port);
    xml_set_attr(node, "listen", spice->host);
    xml_set_attr(node, "passwd", spice->passwd);
    if (!libxl_defbool_is_default(spice->agent_mouse))
        xml_set_attr(walk_make(node, "mouse"), "mode",
                     libxl_defbool_val(spice->agent_mouse) ? "client" : "server");
    set_yes_no(node, "clipboard", "copypaste", spice->clipboard_sharing);
    if (spice->image_compression)
        xml_set_attr(walk_make(node, "image"), "compression", spice->image_compression);
    if (spice->streaming_video)
        xml_set_attr(walk_make(node, "streaming"), "mode", spice->streaming_video);
}

static void
write_graphics(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const struct graphics *graphics = base;

    (void)walk, (void)item;
    if (is_true(graphics->vnc.enable, false)) {
        write_vnc(parent, graphics);
    } else if (is_true(graphics->sdl.enable, false)) {
        xml_set_attr(parent, "type", "sdl");
        xml_set_attr(parent, "display", graphics->sdl.display);
        xml_set_attr(parent, "xauth", graphics->sdl.xauthority);
        set_yes_no(parent, "gl", "enable", graphics->sdl.opengl);
        return;
    } else {
        write_spice(parent, &graphics->spice);
    }
    xml_set_attr(parent, "keymap", graphics->keymap);
}

static void
complete_graphics(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const char *type = xml_attr(parent, "type");
    const char *address = xml_child_attr(parent, "listen", "address");
    struct err  err;
    int         port;

    (void)walk, (void)item, (void)base;
    /* -1 is also right where autoport='yes' stands beside the port that a domain once had. */
    if (strcmp(type, "vnc") == 0 && !read_port(parent, &port, &err) && port < 0) {
        xml_set_attr(parent, "port", "-1");
        xml_set_attr(parent, "autoport", "yes");
    }
    if (address && *address && !xml_attr(parent, "listen"))
        xml_set_attr(parent, "listen", address);
}

static const struct hook graphics_hook = {read_graphics, write_graphics, complete_graphics};

static const struct word no_only[] = {{"no", 0, NULL}, {"off", 0, NULL}, {NULL, 0, NULL}};
static const struct word none_only[] = {{"-1", 0, NULL}, {NULL, 0, NULL}};

static const struct item graphics_items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &graphics_hook},
    PART("@type"),
    PART_WHEN("@port", "@type=vnc|spice"),
    PART_WHEN("@autoport", "@type=vnc|spice"),
    PART_WHEN("@tlsPort", "@type=spice"),
    PART_WHEN("@listen", "@type=vnc|spice"),
    PART_WHEN("listen@type", "@type=vnc|spice"),
    PART_WHEN("listen@address", "@type=vnc|spice"),
    NO("listen@network", "name the address"),
    NO("listen@socket", "a server on a socket is not supported"),
    {.path = "@passwd", .types = ALL, .flags = SECRET, .when = "@type=vnc|spice"},
    NO("@passwdValidTo", "a time limit is not supported"),
    NO("@connected", "is not supported"),
    PART_WHEN("@keymap", "@type=vnc|spice"),
    PART_WHEN("@display", "@type=sdl"),
    PART_WHEN("@xauth", "@type=sdl"),
    NO("@socket", "a server on a socket is not supported"),
    {.path = "@websocket",
     .types = ALL,
     .flags = IMPLIED,
     .words = none_only,
     .reason = "is not supported"},
    {.path = "@fullscreen",
     .types = ALL,
     .flags = IMPLIED,
     .words = no_only,
     .reason = "is not supported"},
    MAY("@sharePolicy", "is the device model's"),
    MAY("@powerControl", "is the device model's"),
    MAY("@defaultMode", "is the device model's"),
    MAY("@audio", "sound is the host's"),
    PART_WHEN("mouse@mode", "@type=spice"),
    PART_WHEN("clipboard@copypaste", "@type=spice"),
    PART_WHEN("image@compression", "@type=spice"),
    PART_WHEN("streaming@mode", "@type=spice"),
    PART_WHEN("gl@enable", "@type=sdl"),
    MAY("filetransfer", "is the device model's"),
    MAY("jpeg", "is the device model's"),
    MAY("zlib", "is the device model's"),
    MAY("playback", "is the device model's"),
    NO("channel", "is not supported"),
    NO("audio", "is not supported"),
    SO("alias", "is given when the domain starts"),
};

const struct device graphics_table = {
    .element = "graphics",
    .rows = {graphics_items, array_size(graphics_items)},
    .size = sizeof(struct graphics),
    .array = NOWHERE,
    .init = init_graphics,
    .dispose = dispose_graphics,
    .store = store_graphics,
    .load = load_graphics,
};

/*----- video -----*/

/* "xen" is libvirt's word for what goes with a PV driver; the card beneath it is plain VGA. */
static const struct word videos[] = {
    {"cirrus", LIBXL_VGA_INTERFACE_TYPE_CIRRUS, NULL},
    {"vga", LIBXL_VGA_INTERFACE_TYPE_STD, NULL},
    {"qxl", LIBXL_VGA_INTERFACE_TYPE_QXL, NULL},
    {"none", LIBXL_VGA_INTERFACE_TYPE_NONE, NULL},
    {"xen", LIBXL_VGA_INTERFACE_TYPE_STD, NULL},
    {NULL, 0, NULL},
};

/* libxl refuses less, in KiB. */
static uint64_t
least_vram(libxl_vga_interface_type kind)
{
    switch (kind) {
    case LIBXL_VGA_INTERFACE_TYPE_STD:
        return 16 * 1024;
    case LIBXL_VGA_INTERFACE_TYPE_CIRRUS:
        return 8 * 1024;
    case LIBXL_VGA_INTERFACE_TYPE_QXL:
        return 128 * 1024;
    default:
        return 0;
    }
}

static int
read_video(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
           struct err *err)
{
    libxl_domain_build_info *info = &walk->config->b_info;
    const xmlNode           *model = xml_child(node, "model");
    const char              *type = xml_attr(model, "type");
    const struct word       *word;
    uint64_t                 vram = 0;

    (void)item, (void)base;
    if (walk->index)
        return xml_unsupported(node, err, "only one is supported");
    if (!model)
        return 0;
    word = walk_find_word(videos, type ? type : "cirrus");
    if (!word)
        return xml_fail(model, err, "type '%s' is not known", type);
    info->u.hvm.vga.kind = (libxl_vga_interface_type)word->value;
    if (xml_number_attr(model, "vram", UINT32_MAX, &vram, err))
        return -1;
    if (vram && vram < least_vram(info->u.hvm.vga.kind))
        walk_note(walk, model, "vram", false, "is less than libxl wants for this card");
    if (vram)
        info->video_memkb = vram;
    return 0;
}

static bool
load_video(struct walk *walk, size_t index, void *device)
{
    (void)device;
    return !index && walk->config->b_info.u.hvm.vga.kind != LIBXL_VGA_INTERFACE_TYPE_UNKNOWN;
}

static void
write_video(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_domain_build_info *info = &walk->config->b_info;
    xmlNode                       *model = walk_make(parent, "model");
    char                           text[24];

    (void)item, (void)base;
    xml_set_attr(model, "type", walk_word(videos, (int)info->u.hvm.vga.kind));
    if (!info->video_memkb || info->video_memkb == LIBXL_MEMKB_DEFAULT)
        return;
    snprintf(text, sizeof text, "%" PRIu64, info->video_memkb);
    xml_set_attr(model, "vram", text);
}

static const struct hook video_hook = {.read = read_video, .write = write_video};

static const struct word one_only[] = {{"1", 0, NULL}, {NULL, 0, NULL}};

static const struct item video_items[] = {
    {"", KIND_HOOK, NOWHERE, HVM, .hook = &video_hook},
    PART("model@type"),
    PART("model@vram"),
    MAY("model@ram", "vram says how much there is"),
    MAY("model@vgamem", "vram says how much there is"),
    MAY("model@vram64", "vram says how much there is"),
    {.path = "model@heads",
     .types = ALL,
     .flags = IMPLIED,
     .words = one_only,
     .reason = "a card has one screen"},
    SO("model@primary", "there is one card"),
    MAY("model@blob", "is not supported"),
    MAY("model/acceleration", "is not supported"),
    MAY("model/resolution", "a guest chooses it"),
    NO("driver", "is not supported"),
    SO("alias", "is given when the domain starts"),
    SO("address", "Xen's machine gives each card its place"),
};

const struct device video_table = {
    .element = "video",
    .rows = {video_items, array_size(video_items)},
    .types = HVM,
    .flags = 0,
    .array = NOWHERE,
    .load = load_video,
};

/*----- input -----*/

static const struct word usb_devices[] = {
    {"tablet", 0, NULL}, {"mouse", 0, NULL}, {"keyboard", 0, NULL}, {NULL, 0, NULL}};

static int
read_input(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
           struct err *err)
{
    libxl_domain_build_info *info = &walk->config->b_info;
    const char              *type = xml_attr(node, "type"), *bus = xml_attr(node, "bus");

    (void)item, (void)base;
    if (!type || !walk_find_word(usb_devices, type))
        return xml_unsupported(node, err,
                               "type '%s' is not supported, only tablet, mouse and "
                               "keyboard",
                               type ? type : "");
    if (!bus)
        bus = strcmp(type, "tablet") == 0 ? "usb" : "ps2";
    if (strcmp(bus, "ps2") == 0 || strcmp(bus, "xen") == 0) {
        walk_note(walk, node, NULL, true, "is there without being named");
        return 0;
    }
    if (strcmp(bus, "usb") != 0)
        return xml_unsupported_attr(node, "bus", err, "only usb, ps2 and xen are supported");
    if (walk->type != DOMAIN_HVM) {
        walk_note(walk, node, NULL, false, "only an HVM guest can have it");
        return 0;
    }
    libxl_defbool_set(&info->u.hvm.usb, true);
    list_add(&info->u.hvm.usbdevice_list, type);
    return 0;
}

static const char *
input_at(const libxl_domain_build_info *info, size_t index)
{
    const libxl_string_list list = info->u.hvm.usbdevice_list;
    const char             *one = info->u.hvm.usbdevice;

    if (one && walk_find_word(usb_devices, one) && index-- == 0)
        return one;
    for (size_t i = 0; list && list[i]; i++)
        if (walk_find_word(usb_devices, list[i]) && index-- == 0)
            return list[i];
    return NULL;
}

static bool
load_input(struct walk *walk, size_t index, void *device)
{
    (void)device;
    return walk->type == DOMAIN_HVM && input_at(&walk->config->b_info, index);
}

static void
write_input(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    (void)item, (void)base;
    xml_set_attr(parent, "type", input_at(&walk->config->b_info, walk->index));
    xml_set_attr(parent, "bus", "usb");
}

static const struct hook input_hook = {.read = read_input, .write = write_input};

static const struct item input_items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &input_hook},
    PART("@type"),
    PART("@bus"),
    MAY("@model", "is not supported"),
    NO("source", "is not supported"),
    NO("driver", "is not supported"),
    SO("alias", "is given when the domain starts"),
    SO("address", "Xen's machine gives each device its place"),
};

const struct device input_table = {
    .element = "input",
    .rows = {input_items, array_size(input_items)},
    .array = NOWHERE,
    .load = load_input,
};

/*----- sound -----*/

static const struct word sounds[] = {
    {"ich6", 0, NULL}, {"ac97", 0, NULL}, {"es1370", 0, NULL}, {"sb16", 0, NULL}, {NULL, 0, NULL}};

static int
read_sound(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
           struct err *err)
{
    libxl_domain_build_info *info = &walk->config->b_info;
    const char              *model = xml_attr(node, "model");

    (void)item, (void)base;
    if (walk->index)
        return xml_unsupported(node, err, "only one is supported");
    if (!model || !walk_find_word(sounds, model))
        return xml_unsupported(node, err,
                               "model '%s' is not supported, only ich6, ac97, es1370 "
                               "and sb16",
                               model ? model : "");
    info->u.hvm.soundhw = xstrdup(strcmp(model, "ich6") == 0 ? "hda" : model);
    return 0;
}

static bool
load_sound(struct walk *walk, size_t index, void *device)
{
    const char *name = walk->config->b_info.u.hvm.soundhw;

    (void)device;
    return !index && name && (strcmp(name, "hda") == 0 || walk_find_word(sounds, name));
}

static void
write_sound(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const char *name = walk->config->b_info.u.hvm.soundhw;

    (void)item, (void)base;
    xml_set_attr(parent, "model", strcmp(name, "hda") == 0 ? "ich6" : name);
}

static const struct hook sound_hook = {.read = read_sound, .write = write_sound};

static const struct item sound_items[] = {
    {"", KIND_HOOK, NOWHERE, HVM, .hook = &sound_hook},
    PART("@model"),
    MAY("codec", "is the device model's"),
    MAY("audio", "sound is the host's"),
    MAY("@multichannel", "is the device model's"),
    MAY("@streams", "is the device model's"),
    NO("driver", "is not supported"),
    SO("alias", "is given when the domain starts"),
    SO("address", "Xen's machine gives each card its place"),
};

const struct device sound_table = {
    .element = "sound",
    .rows = {sound_items, array_size(sound_items)},
    .types = HVM,
    .array = NOWHERE,
    .load = load_sound,
};
