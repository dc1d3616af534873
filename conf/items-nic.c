/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * items-nic.c: <interface>.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "hooks.h"
#include "xml.h"

#define N(member) offsetof(libxl_device_nic, member)

/* libxl's own interval for network rates, see xl-network-configuration(5). */
#define RATE_INTERVAL_USEC 50000

/*----- MAC address -----*/

static bool
parse_mac_text(const char *text, uint8_t mac_out[6])
{
    for (int i = 0; i < 6; i++) {
        char byte[3] = {text[0], text[0] ? text[1] : '\0', '\0'};

        if (!isxdigit((unsigned char)byte[0]) || !isxdigit((unsigned char)byte[1]))
            return false;
        mac_out[i] = (uint8_t)strtoul(byte, NULL, 16);
        text += 2;
        if (*text++ != (i < 5 ? ':' : '\0'))
            return false;
    }
    return true;
}

/* Xen's own part of the world's addresses. */
static void
generate_mac(uint8_t mac_out[6])
{
    static const uint8_t oui[3] = {0x00, 0x16, 0x3e};

    memcpy(mac_out, oui, sizeof oui);
    while (getrandom(mac_out + 3, 3, 0) != 3)
        continue;
    mac_out[3] &= 0x7f;
}

/* Zero, too, is an address that was not given. */
static int
read_mac(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
         struct err *err)
{
    static const uint8_t zero[6];
    libxl_device_nic    *nic = base;
    const char          *address = xml_attr(node, "address");

    (void)walk, (void)item;
    if (address && !parse_mac_text(address, nic->mac))
        return xml_fail(node, err, "'%s' is not a MAC address", address);
    if (nic->mac[0] & 1)
        return xml_fail(node, err, "'%s' is a multicast address", address);
    if (memcmp(nic->mac, zero, sizeof zero) == 0)
        generate_mac(nic->mac);
    return 0;
}

static void
complete_mac(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const uint8_t *m = ((const libxl_device_nic *)base)->mac;
    xmlNode       *mac = xml_child(parent, "mac");
    char           text[18];

    (void)walk, (void)item;
    snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
             m[5]);
    if (!mac) {
        mac = xml_add_child(parent, "mac", NULL);
        if (parent->children != mac)
            xmlAddPrevSibling(parent->children, mac);
    }
    xml_set_attr(mac, "address", text);
}

static const struct hook mac_hook = {read_mac, complete_mac, complete_mac};

/*----- type and source -----*/

static int
read_type(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    libxl_device_nic *nic = base;
    const char *type = xml_attr(node, "type"), *bridge = xml_child_attr(node, "source", "bridge");
    const char *port = xml_child_attr(node, "virtualport", "type");

    (void)item;
    if (!type)
        return xml_fail(node, err, "type is missing");
    if (strcmp(type, "network") == 0)
        return xml_unsupported(node, err,
                               "type 'network' is not supported, only bridge and "
                               "ethernet: <interface type='bridge'> with <source "
                               "bridge='...'/> names the network's bridge");
    if (strcmp(type, "bridge") != 0 && strcmp(type, "ethernet") != 0)
        return xml_unsupported(node, err, "type '%s' is not supported, only bridge and ethernet",
                               type);
    /* So the n-th interface of the XML is vifDOMID.N. */
    if (walk->config)
        nic->devid = (int)walk->index;
    if (strcmp(type, "ethernet") == 0)
        return port ? xml_unsupported(xml_child(node, "virtualport"), err, "needs a bridge") : 0;
    if (!bridge || !*bridge)
        return xml_fail(node, err, "<source bridge='...'/> is missing");
    nic->bridge = xstrdup(bridge);
    return 0;
}

static void
write_nic_type(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_nic *nic = base;

    (void)walk, (void)item;
    xml_set_attr(parent, "type", nic->bridge ? "bridge" : "ethernet");
}

static const struct hook type_hook = {.read = read_type, .write = write_nic_type};

/*----- VLANs, which Xen's script for Open vSwitch takes behind the bridge's name -----*/

static const char ovs_script[] = "vif-openvswitch";

static int
read_tag(const xmlNode *tag, bool trunk, char **native, char **tagged, struct err *err)
{
    const char        *mode = xml_attr(tag, "nativeMode");
    cleanup_free char *before = NULL;
    uint64_t           id = 4096;

    if (xml_number_attr(tag, "id", 4095, &id, err))
        return -1;
    if (id == 4096)
        return xml_fail(tag, err, "id is missing");
    if (mode && strcmp(mode, "untagged") != 0)
        return xml_unsupported_attr(tag, "nativeMode", err, "only untagged is supported");
    if (*native && (mode || !trunk))
        return xml_fail(tag, err, "there is a native VLAN already");
    if (mode || !trunk) {
        *native = xasprintf(".%" PRIu64, id);
        return 0;
    }
    before = *tagged;
    *tagged = xasprintf("%s:%" PRIu64, before ? before : "", id);
    return 0;
}

/* The native one is in front, wherever it stands in the XML. */
static int
read_vlan(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    libxl_device_nic  *nic = base;
    const char        *port = xml_child_attr(node, "virtualport", "type");
    const xmlNode     *vlan = xml_child(node, "vlan"), *tag = xml_child(vlan, "tag");
    bool               trunk = false;
    cleanup_free char *bridge = NULL, *native = NULL, *tagged = NULL;

    (void)walk, (void)item;
    if (xml_child(node, "virtualport") && (!port || strcmp(port, "openvswitch") != 0))
        return xml_unsupported_attr(xml_child(node, "virtualport"), "type", err,
                                    "only openvswitch is supported");
    if (port && !nic->script)
        nic->script = xstrdup(ovs_script);
    if (!vlan)
        return 0;
    if (!port)
        return xml_unsupported(vlan, err,
                               "is supported with <virtualport type='openvswitch'/> "
                               "only");
    if (xml_bool_attr(vlan, "trunk", false, &trunk, err))
        return -1;
    if (!tag)
        return xml_fail(vlan, err, "<tag id='...'/> is missing");
    trunk = trunk || xml_next(tag, "tag");
    for (; tag; tag = xml_next(tag, "tag"))
        if (read_tag(tag, trunk, &native, &tagged, err))
            return -1;
    bridge = nic->bridge;
    nic->bridge =
        xasprintf("%s%s%s", bridge ? bridge : "", native ? native : "", tagged ? tagged : "");
    return 0;
}

/* ".5:10:20": one native VLAN at most, and in front; written as read_vlan would. */
static bool
is_vlan_suffix(const char *s)
{
    for (bool first = true; *s; first = false) {
        char         *end;
        unsigned long id = strtoul(s + 1, &end, 10);
        char          again[16];

        snprintf(again, sizeof again, "%lu", id);
        if ((*s != ':' && !(*s == '.' && first)) || id > 4095 ||
            strlen(again) != (size_t)(end - s - 1) || strncmp(again, s + 1, strlen(again)) != 0)
            return false;
        s = end;
    }
    return true;
}

/* "br0.5:10:20" in parts */
static void
write_bridge(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_nic *nic = base;
    const char             *script = nic->script ? strrchr(nic->script, '/') : NULL, *rest;
    cleanup_free char      *bridge = NULL;
    xmlNode                *vlan;

    (void)walk, (void)item;
    if (!nic->bridge)
        return;
    script = script ? script + 1 : nic->script;
    rest = nic->bridge + strcspn(nic->bridge, ".:");
    if (!script || strcmp(script, ovs_script) != 0 || rest == nic->bridge ||
        !is_vlan_suffix(rest)) {
        xml_set_attr(walk_make(parent, "source"), "bridge", nic->bridge);
        return;
    }
    bridge = xstrndup(nic->bridge, (size_t)(rest - nic->bridge));
    xml_set_attr(walk_make(parent, "source"), "bridge", bridge);
    xml_set_attr(walk_make(parent, "virtualport"), "type", "openvswitch");
    if (!*rest)
        return;
    vlan = walk_make(parent, "vlan");
    if (strchr(rest, ':'))
        xml_set_attr(vlan, "trunk", "yes");
    while (*rest) {
        bool               native = *rest == '.';
        size_t             length = strcspn(rest + 1, ".:");
        cleanup_free char *id = xstrndup(rest + 1, length);
        xmlNode           *tag = xml_add_child(vlan, "tag", NULL);

        xml_set_attr(tag, "id", id);
        rest += 1 + length;
        if (native && xml_attr(vlan, "trunk"))
            xml_set_attr(tag, "nativeMode", "untagged");
    }
}

static const struct hook vlan_hook = {.read = read_vlan};
static const struct hook bridge_hook = {.write = write_bridge};

/*----- addresses -----*/

#define IPS_SIZE 4096 /* bytes of all, about */

static bool
is_ip_address(const char *text)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* libxl has them in one string. */
static int
read_ip(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
        struct err *err)
{
    libxl_device_nic *nic = base;
    const char       *address = xml_attr(node, "address");
    char             *before = nic->ip;

    (void)item;
    if (!node)
        return 0;
    if (!address)
        return xml_fail(node, err, "address is missing");
    /* A script of xl's may take other words. */
    if (!walk->whole && !is_ip_address(address))
        return xml_fail(node, err, "'%s' is not an IP address", address);
    if (before && strlen(before) > IPS_SIZE)
        return xml_fail(node, err, "there are too many");
    nic->ip = before ? xasprintf("%s %s", before, address) : xstrdup(address);
    free(before);
    return 0;
}

static void
write_ips(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_nic *nic = base;
    cleanup_free char      *copy = xstrdup(nic->ip);
    char                   *rest = copy, *ip;

    (void)walk, (void)item;
    while (copy && (ip = strsep(&rest, " ")))
        if (*ip)
            xml_set_attr(xml_add_child(parent, "ip", NULL), "address", ip);
}

static const struct hook ip_hook = {.read = read_ip, .write = write_ips};

/*----- target, model, limits -----*/

bool
is_generated_name(const char *name)
{
    return (strncmp(name, "vif", 3) == 0 && isdigit((unsigned char)name[3])) ||
           (strncmp(name, "vnet", 4) == 0 && isdigit((unsigned char)name[4]));
}

/* A domain that ran once had that name; it is not to be had again. */
static int
read_nic_target(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
                struct err *err)
{
    libxl_device_nic *nic = base;
    const char       *dev = xml_attr(node, "dev");

    (void)item, (void)err;
    if (dev && *dev && is_generated_name(dev))
        walk_note(walk, node, "dev", true, "such names are given when the domain starts");
    else if (dev && *dev)
        nic->ifname = xstrdup(dev);
    return 0;
}

static void
write_nic_target(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_nic *nic = base;

    (void)walk, (void)item;
    if (nic->ifname && *nic->ifname)
        xml_set_attr(walk_make(parent, "target"), "dev", nic->ifname);
}

static void
strip_target(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    xmlNode    *target = xml_child(parent, "target");
    const char *dev = xml_attr(target, "dev");

    (void)walk, (void)item, (void)base;
    if (!dev || !is_generated_name(dev))
        return;
    xml_set_attr(target, "dev", NULL);
    if (!target->properties)
        xml_remove(target);
}

static const struct hook target_hook = {read_nic_target, write_nic_target, strip_target};

/* Only an HVM guest can have an emulated card; libxl gives it one unless told otherwise. */
static int
read_model(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
           struct err *err)
{
    libxl_device_nic *nic = base;
    const char       *model = xml_attr(node, "type");
    bool              netfront = model && strcmp(model, "netfront") == 0;

    (void)item, (void)err;
    if (netfront || walk->type != DOMAIN_HVM)
        nic->nictype = LIBXL_NIC_TYPE_VIF;
    else if (model && *model)
        nic->nictype = LIBXL_NIC_TYPE_VIF_IOEMU;
    if (model && *model && !netfront)
        nic->model = xstrdup(model);
    if (node && walk->type != DOMAIN_HVM)
        walk_note(walk, node, "type", netfront, "only an HVM guest can have an emulated card");
    return 0;
}

static void
write_model(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_nic *nic = base;
    const char             *model = nic->model;

    (void)item;
    if (walk->type == DOMAIN_HVM && nic->nictype == LIBXL_NIC_TYPE_VIF)
        model = "netfront";
    if (model && *model)
        xml_set_attr(walk_make(parent, "model"), "type", model);
}

static const struct hook model_hook = {.read = read_model, .write = write_model};

static uint64_t
bytes_per_interval(uint64_t kib_per_second)
{
    return kib_per_second * 1024 / (1000000 / RATE_INTERVAL_USEC);
}

static int
read_rate(struct walk *walk, const struct item *item, const xmlNode *node, void *base,
          struct err *err)
{
    libxl_device_nic *nic = base;
    uint64_t          kib = 0;

    (void)walk, (void)item;
    if (!node)
        return 0;
    if (xml_number_attr(node, "average", UINT32_MAX, &kib, err))
        return -1;
    if (!kib)
        return 0;
    nic->rate_interval_usecs = RATE_INTERVAL_USEC;
    nic->rate_bytes_per_interval = bytes_per_interval(kib);
    return 0;
}

static void
write_rate(struct walk *walk, const struct item *item, xmlNode *parent, const void *base)
{
    const libxl_device_nic *nic = base;
    char                    text[24];
    uint64_t                kib;

    (void)walk, (void)item;
    if (!nic->rate_bytes_per_interval || !nic->rate_interval_usecs)
        return;
    if (nic->rate_bytes_per_interval > UINT64_MAX / 1000000)
        return;
    kib = nic->rate_bytes_per_interval * 1000000 / (nic->rate_interval_usecs * UINT64_C(1024));
    /* It was rounded down on the way there. */
    if (bytes_per_interval(kib + 1) == nic->rate_bytes_per_interval)
        kib++;
    if (!kib || kib > UINT32_MAX)
        return;
    snprintf(text, sizeof text, "%" PRIu64, kib);
    xml_set_attr(walk_make(parent, "bandwidth/outbound"), "average", text);
}

static const struct hook rate_hook = {.read = read_rate, .write = write_rate};

/*----- the rows -----*/

static const struct word up_only[] = {
    {"up", 0, NULL}, {"down", 0, "an interface is always connected"}, {NULL, 0, NULL}};
static const struct word no_only[] = {{"no", 0, NULL}, {"off", 0, NULL}, {NULL, 0, NULL}};
static const struct word yes_only[] = {{"yes", 0, NULL}, {NULL, 0, NULL}};

static const struct item items[] = {
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &type_hook},
    PART("@type"),
    {"mac", KIND_HOOK, NOWHERE, ALL, .hook = &mac_hook},
    {.path = "mac@address", .types = ALL, .flags = KEY},
    SO("mac@type", "is true of a running domain only"),
    SO("mac@check", "is not Xen's"),
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &bridge_hook},
    PART_WHEN("source@bridge", "@type=bridge|network"),
    {"script@path", KIND_STR, N(script), ALL},
    {"", KIND_HOOK, NOWHERE, ALL, .hook = &vlan_hook},
    PART("virtualport@type"),
    MAY("virtualport/parameters", "Xen's script for Open vSwitch takes none"),
    PART("vlan@trunk"),
    {.path = "vlan/tag", .types = ALL, .flags = MANY},
    PART("vlan/tag@id"),
    PART("vlan/tag@nativeMode"),
    {"backenddomain@name", KIND_STR, N(backend_domname), ALL},
    {"target", KIND_HOOK, NOWHERE, ALL, .hook = &target_hook},
    PART("target@dev"),
    {.path = "target@managed",
     .types = ALL,
     .flags = IMPLIED,
     .words = yes_only,
     .reason = "an interface is made when the domain starts"},
    {"model", KIND_HOOK, NOWHERE, ALL, .hook = &model_hook},
    PART("model@type"),
    {"ip", KIND_HOOK, NOWHERE, ALL, MANY, .hook = &ip_hook},
    PART("ip@address"),
    SO("ip@family", "follows from the address"),
    NO("ip@prefix", "Xen's scripts take an address only"),
    NO("ip@peer", "Xen's scripts take an address only"),
    {"mtu@size", KIND_INT, N(mtu), ALL, .max = UINT16_MAX},
    {"bandwidth/outbound", KIND_HOOK, NOWHERE, ALL, .hook = &rate_hook},
    PART("bandwidth/outbound@average"),
    MAY("bandwidth/outbound@peak", "Xen has one rate"),
    MAY("bandwidth/outbound@burst", "Xen has one rate"),
    NO("bandwidth/outbound@floor", "is not supported"),
    NO("bandwidth/inbound", "Xen limits only what a guest sends"),
    {"boot", KIND_HOOK, NOWHERE, HVM, .hook = &boot_order_hook},
    PART("boot@order"),
    {.path = "link@state",
     .types = ALL,
     .flags = IMPLIED,
     .words = up_only,
     .reason = "is not supported"},
    NO("filterref", "is not supported"),
    NO("driver", "is not supported"),
    NO("source@network", "name the bridge"),
    NO("source@portgroup", "is not supported"),
    SO("source@portid", "is true of a running domain only"),
    NO("source@dev", "is not supported"),
    NO("source@mode", "is not supported"),
    NO("source@path", "is not supported"),
    NO("source/address", "is not supported"),
    NO("source/ip", "is not supported"),
    NO("source/route", "is not supported"),
    NO("route", "Xen's scripts take an address only"),
    NO("downscript", "one script does both"),
    NO("tune", "is not supported"),
    NO("guest", "is for containers"),
    NO("coalesce", "is not supported"),
    NO("teaming", "is not supported"),
    NO("backend", "is not supported"),
    NO("portForward", "is not supported"),
    {.path = "port@isolated",
     .types = ALL,
     .flags = IMPLIED,
     .words = no_only,
     .reason = "is not supported"},
    MAY("rom", "a card has its own"),
    MAY("acpi", "Xen's machine is its own"),
    {.path = "@trustGuestRxFilters",
     .types = ALL,
     .flags = IMPLIED,
     .words = no_only,
     .reason = "is not supported"},
    NO("@managed", "is not supported"),
    SO("alias", "is given when the domain starts"),
    SO("address", "Xen's machine gives each card its place"),
};

const struct device nic_table = {
    .element = "interface",
    .rows = {items, array_size(items)},
    .size = sizeof(libxl_device_nic),
    .array = C(nics),
    .count = C(num_nics),
    .init = (void (*)(void *))libxl_device_nic_init,
    .dispose = (void (*)(void *))libxl_device_nic_dispose,
};
