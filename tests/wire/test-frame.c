/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/frame.h"
#include "wire/remote.h"

#define FILTER(type) ((xdrproc_t)xdr_##type)

static struct err err;

/*----- helpers -----*/

struct frame {
    uint8_t *data;
    size_t   size;
};

/* Hexadecimal digits, spaces between them, and text in quotes. */
static struct frame
frame_of(const char *text)
{
    struct frame frame = {.data = xmalloc(strlen(text) + 1)};

    while (*text) {
        unsigned value;

        if (*text == ' ') {
            text++;
        } else if (*text == '\'') {
            for (text++; *text != '\''; text++)
                frame.data[frame.size++] = (uint8_t)*text;
            text++;
        } else {
            ck_assert_int_eq(sscanf(text, "%2x", &value), 1);
            frame.data[frame.size++] = (uint8_t)value;
            text += 2;
        }
    }
    return frame;
}

static struct frame
encoded(const struct wire_header *header, xdrproc_t filter, const void *body)
{
    struct frame frame;
    void        *data = NULL;

    ck_assert_int_eq(wire_encode(header, filter, body, &data, &frame.size, &err), 0);
    frame.data = data;
    return frame;
}

static struct frame
encoded_error(const struct err *error)
{
    const struct wire_header call = {
        .program = WIRE_PROGRAM_REMOTE, .version = 1, .procedure = 23, .serial = 6};
    struct frame frame;
    void        *data = NULL;

    wire_encode_error(&call, error, &data, &frame.size);
    frame.data = data;
    return frame;
}

/* A frame with this body, of which the header does not matter. */
static struct frame
frame_with_body(const char *body)
{
    cleanup_free char *text = xasprintf("00000000 00000000 00000000 00000000 00000000 00000000"
                                        "00000000 %s",
                                        body);

    return frame_of(text);
}

/* Is it, byte for byte?  Frees it. */
static void
ck_assert_frame(struct frame frame, const char *text)
{
    struct frame expected = frame_of(text);

    ck_assert_uint_eq(frame.size, expected.size);
    ck_assert_mem_eq(frame.data, expected.data, expected.size);
    free(expected.data);
    free(frame.data);
}

static struct wire_header
header_of(struct frame frame)
{
    struct wire_header header;

    wire_header_decode(frame.data, frame.size, &header);
    return header;
}

static size_t
frame_size_of(uint32_t length)
{
    uint8_t data[4] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                       (uint8_t)length};
    size_t  size = 1;

    err = (struct err){0};
    if (wire_frame_size(data, sizeof data, &size, &err) < 0) {
        ck_assert_int_eq(err.code, ERR_RPC);
        return 0;
    }
    return size;
}

static struct wire_header
remote(int procedure, enum wire_type type, uint32_t serial)
{
    return (struct wire_header){.program = WIRE_PROGRAM_REMOTE,
                                .version = WIRE_VERSION,
                                .procedure = procedure,
                                .type = type,
                                .serial = serial};
}

/*----- size and header -----*/

START_TEST(a_length_is_unknown_until_four_bytes_are_there)
{
    for (size_t n = 0; n < 4; n++) {
        size_t size = 77;

        ck_assert_int_eq(wire_frame_size("\0\0\0\x1c", n, &size, &err), 0);
        ck_assert_uint_eq(size, 0);
    }
    ck_assert_uint_eq(frame_size_of(28), 28);
}
END_TEST

START_TEST(a_length_that_libvirt_allows_is_taken_and_no_other)
{
    ck_assert_uint_eq(frame_size_of(0), 0);
    ck_assert_uint_eq(frame_size_of(4), 0);
    ck_assert_uint_eq(frame_size_of(27), 0);
    ck_assert_uint_eq(frame_size_of(28), 28);
    ck_assert_uint_eq(frame_size_of(33554436), 33554436);
    ck_assert_uint_eq(frame_size_of(33554437), 0);
    ck_assert_uint_eq(frame_size_of(0xffffffff), 0);
}
END_TEST

START_TEST(each_field_of_a_header_is_read_from_its_place)
{
    struct frame frame = frame_of("0000001c 20008086 00000002 fffffffe 00000004 ffffffff 00000005");
    struct wire_header header = header_of(frame);

    ck_assert_uint_eq(header.program, WIRE_PROGRAM_REMOTE);
    ck_assert_uint_eq(header.version, 2);
    ck_assert_int_eq(header.procedure, -2);
    ck_assert_uint_eq(header.type, WIRE_CALL_WITH_FDS);
    ck_assert_uint_eq(header.serial, 0xffffffff);
    ck_assert_uint_eq(header.status, 5);
    ck_assert_frame(encoded(&header, NULL, NULL),
                    "0000001c 20008086 00000002 fffffffe 00000004 ffffffff 00000005");
    free(frame.data);
}
END_TEST

/*----- what was seen between virsh and libvirtd -----*/

START_TEST(connect_open_has_the_bytes_that_virsh_sends)
{
    static const char  bytes[] = "00000038 20008086 00000001 00000001 00000000 00000002 00000000"
                                 "00000001 0000000d 'xen:///system' 000000 00000000";
    struct wire_header header = remote(1, WIRE_CALL, 2);
    char              *name = (char[]){"xen:///system"};
    remote_connect_open_args args = {.name = &name};
    struct frame             frame = frame_of(bytes);

    ck_assert_frame(encoded(&header, FILTER(remote_connect_open_args), &args), bytes);

    memset(&args, 0, sizeof args);
    ck_assert_int_eq(
        wire_decode(frame.data, frame.size, FILTER(remote_connect_open_args), &args, &err), 0);
    ck_assert_str_eq(*args.name, "xen:///system");
    ck_assert_uint_eq(args.flags, 0);
    wire_body_free(FILTER(remote_connect_open_args), &args);
    free(frame.data);
}
END_TEST

START_TEST(a_reply_without_result_has_28_bytes)
{
    struct wire_header header = remote(1, WIRE_REPLY, 2);

    ck_assert_frame(encoded(&header, NULL, NULL),
                    "0000001c 20008086 00000001 00000001 00000001 00000002 00000000");
    ck_assert_frame(encoded(&header, FILTER(rpc_void), NULL),
                    "0000001c 20008086 00000001 00000001 00000001 00000002 00000000");
}
END_TEST

START_TEST(lookup_by_name_has_the_bytes_that_virsh_sends)
{
    struct wire_header                header = remote(23, WIRE_CALL, 6);
    remote_domain_lookup_by_name_args args = {.name = (char[]){"nosuch"}};

    ck_assert_frame(encoded(&header, FILTER(remote_domain_lookup_by_name_args), &args),
                    "00000028 20008086 00000001 00000017 00000000 00000006 00000000"
                    "00000006 'nosuch' 0000");
}
END_TEST

START_TEST(an_error_has_the_bytes_that_libvirtd_sends)
{
    static const char bytes[] =
        "000000c8 20008086 00000001 00000017 00000001 00000006 00000001"
        "0000002a 0000000a 00000001 00000037"
        "'Domain not found: no domain with matching name '27'nosuch'27 00"
        "00000002 00000000 00000001 00000014 'Domain not found: %s'"
        "00000001 00000025 'no domain with matching name '27'nosuch'27 000000"
        "00000000 ffffffff ffffffff 00000000";
    struct wire_header header = remote(23, WIRE_REPLY, 6);
    char *message = (char[]){"Domain not found: no domain with matching name 'nosuch'"};
    char *template = (char[]){"Domain not found: %s"};
    char        *detail = (char[]){"no domain with matching name 'nosuch'"};
    remote_error error = {.code = 42,
                          .domain = 10,
                          .message = &message,
                          .level = 2,
                          .str1 = &template,
                          .str2 = &detail,
                          .int1 = -1,
                          .int2 = -1};
    struct frame frame = frame_of(bytes);

    header.status = WIRE_ERROR;
    ck_assert_frame(encoded(&header, FILTER(remote_error), &error), bytes);

    wire_decode_error(frame.data, frame.size, &err);
    ck_assert_int_eq(err.code, ERR_NO_DOMAIN);
    ck_assert_str_eq(err.message, message);
    free(frame.data);
}
END_TEST

START_TEST(a_lifecycle_event_has_the_bytes_that_libvirtd_sends)
{
    static const uint8_t uuid[] = {0x13, 0x63, 0x8b, 0x01, 0x20, 0x26, 0x49, 0x99,
                                   0x8a, 0xbd, 0x66, 0x4b, 0x0e, 0xd0, 0x69, 0x1c};
    struct wire_header   header = remote(318, WIRE_MESSAGE, 1);
    remote_domain_event_callback_lifecycle_msg event = {
        .callbackID = 110,
        .msg = {.dom = {.name = (char[]){"q3"}, .id = 20}, .event = 3},
    };

    memcpy(event.msg.dom.uuid, uuid, sizeof uuid);
    ck_assert_frame(encoded(&header, FILTER(remote_domain_event_callback_lifecycle_msg), &event),
                    "00000044 20008086 00000001 0000013e 00000002 00000001 00000000"
                    "0000006e 00000002 'q3' 0000 13638b01 20264999 8abd664b 0ed0691c 00000014"
                    "00000003 00000000");
}
END_TEST

START_TEST(a_ping_has_the_bytes_that_libvirt_sends)
{
    const struct wire_header ping = {.program = WIRE_PROGRAM_KEEPALIVE,
                                     .version = WIRE_VERSION,
                                     .procedure = 1,
                                     .type = WIRE_MESSAGE};

    ck_assert_frame(encoded(&ping, NULL, NULL),
                    "0000001c 6b656570 00000001 00000001 00000002 00000000 00000000");
}
END_TEST

START_TEST(small_integers_take_four_bytes_each)
{
    struct wire_header         header = remote(16, WIRE_REPLY, 0);
    remote_domain_get_info_ret info = {.state = 1, .nrVirtCpu = 2};
    remote_node_get_info_ret   node = {.model = "x86_64", .cpus = 2};
    struct frame               frame = encoded(&header, FILTER(remote_domain_get_info_ret), &info);

    ck_assert_uint_eq(frame.size, 60);
    free(frame.data);
    frame = encoded(&header, FILTER(remote_node_get_info_ret), &node);
    ck_assert_uint_eq(frame.size, 188);
    free(frame.data);
}
END_TEST

START_TEST(an_error_that_says_nothing_has_a_body_of_44_bytes)
{
    struct wire_header header = remote(16, WIRE_REPLY, 0);
    remote_error       nothing = {.code = 0};
    struct frame       frame = encoded(&header, FILTER(remote_error), &nothing);

    ck_assert_uint_eq(frame.size - WIRE_HEADER_SIZE, 44);
    free(frame.data);
}
END_TEST

/*----- decoding what others send -----*/

/* Does the body decode to this name? */
static void
ck_assert_name(const char *body, const char *name)
{
    struct frame                      frame = frame_with_body(body);
    remote_domain_lookup_by_name_args args = {0};
    const xdrproc_t                   filter = FILTER(remote_domain_lookup_by_name_args);

    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &args, &err), 0);
    ck_assert_str_eq(args.name, name);
    wire_body_free(filter, &args);
    free(frame.data);
}

START_TEST(what_libvirtd_overlooks_is_overlooked)
{
    ck_assert_name("00000002 'ab' 0000", "ab");
    ck_assert_name("00000002 'ab' ffff", "ab");          /* padding that is not zero */
    ck_assert_name("00000002 'ab' 0000 ffffffff", "ab"); /* more than was asked for */
    ck_assert_name("00000004 'a' 00 'bc'", "a");         /* a NUL within */
    ck_assert_name("00000000", "");
}
END_TEST

START_TEST(any_word_but_zero_says_that_an_optional_value_follows)
{
    struct frame             frame = frame_with_body("80000000 00000001 'x' 000000 00000001");
    remote_connect_open_args args = {0};
    const xdrproc_t          filter = FILTER(remote_connect_open_args);

    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &args, &err), 0);
    ck_assert_str_eq(*args.name, "x");
    ck_assert_uint_eq(args.flags, 1);
    wire_body_free(filter, &args);
    free(frame.data);
}
END_TEST

START_TEST(a_body_that_ends_early_is_refused_wherever_it_ends)
{
    struct frame frame = frame_with_body(
        "00000001 00000001 00000002 'ab' 0000 11111111 22222222 33333333 44444444 00000007");
    const xdrproc_t filter = FILTER(remote_connect_domain_event_callback_register_any_args);

    for (size_t size = WIRE_HEADER_SIZE; size <= frame.size; size++) {
        remote_connect_domain_event_callback_register_any_args args = {0};
        /* Of its own size, so that a byte too far is seen by ASan and valgrind. */
        cleanup_free uint8_t *part = xmemdup(frame.data, size);
        int                   r = wire_decode(part, size, filter, &args, &err);

        ck_assert_int_eq(r, size == frame.size ? 0 : -1);
        if (r == 0) {
            ck_assert_str_eq(args.dom->name, "ab");
            ck_assert_int_eq(args.dom->id, 7);
            wire_body_free(filter, &args);
        } else {
            ck_assert_int_eq(err.code, ERR_RPC);
            ck_assert_str_eq(err.message, "Unable to decode message payload");
            ck_assert_ptr_null(args.dom);
        }
    }
    free(frame.data);
}
END_TEST

START_TEST(a_typed_parameter_of_an_unknown_type_is_refused)
{
    struct frame                    frame = frame_with_body("00000001 00000002"
                                                                               "00000001 'a' 000000 00000001 00000005"
                                                                               "00000001 'b' 000000 00000008 00000005");
    remote_domain_get_job_stats_ret ret = {0};
    const xdrproc_t                 filter = FILTER(remote_domain_get_job_stats_ret);

    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &ret, &err), -1);
    frame.data[frame.size - 5] = 2;
    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &ret, &err), 0);
    ck_assert_uint_eq(ret.params.params_val[1].value.remote_typed_param_value_u.ui, 5);
    wire_body_free(filter, &ret);
    free(frame.data);
}
END_TEST

START_TEST(a_frame_may_lie_at_any_address)
{
    struct frame frame = frame_with_body("00000003 'abc' 00");
    uint8_t      buffer[64];

    for (size_t shift = 0; shift < 4; shift++) {
        remote_domain_lookup_by_name_args args = {0};
        const xdrproc_t                   filter = FILTER(remote_domain_lookup_by_name_args);

        memcpy(buffer + shift, frame.data, frame.size);
        ck_assert_int_eq(wire_decode(buffer + shift, frame.size, filter, &args, &err), 0);
        ck_assert_str_eq(args.name, "abc");
        wire_body_free(filter, &args);
    }
    free(frame.data);
}
END_TEST

/*----- bounds -----*/

START_TEST(more_elements_than_the_protocol_allows_are_refused)
{
    remote_connect_list_domains_ret ids = {.ids = {.ids_len = REMOTE_DOMAIN_LIST_MAX}};
    const xdrproc_t                 filter = FILTER(remote_connect_list_domains_ret);
    struct wire_header              header = remote(37, WIRE_REPLY, 0);
    struct frame                    frame;
    void                           *refused = NULL;
    size_t                          size = 0;

    ids.ids.ids_val = xcalloc(REMOTE_DOMAIN_LIST_MAX + 1, sizeof *ids.ids.ids_val);
    frame = encoded(&header, filter, &ids);
    ck_assert_uint_eq(frame.size, WIRE_HEADER_SIZE + 4 + 4 * REMOTE_DOMAIN_LIST_MAX);

    ids.ids.ids_len++;
    ck_assert_int_eq(wire_encode(&header, filter, &ids, &refused, &size, &err), -1);
    ck_assert_int_eq(err.code, ERR_RPC);
    ck_assert_ptr_null(refused);
    free(ids.ids.ids_val);

    /* The same from outside: one more element, and the count says so. */
    ids = (remote_connect_list_domains_ret){.ids = {.ids_len = 0}};
    frame.data = xrealloc(frame.data, frame.size + 4);
    memset(frame.data + frame.size, 0, 4);
    frame.data[WIRE_HEADER_SIZE + 3] = 1;
    ck_assert_int_eq(wire_decode(frame.data, frame.size + 4, filter, &ids, &err), -1);
    frame.data[WIRE_HEADER_SIZE + 3] = 0;
    ck_assert_int_eq(wire_decode(frame.data, frame.size + 4, filter, &ids, &err), 0);
    wire_body_free(filter, &ids);
    free(frame.data);
}
END_TEST

START_TEST(a_string_of_four_mebibytes_goes_through_and_no_longer_one)
{
    const xdrproc_t                     filter = FILTER(remote_connect_get_capabilities_ret);
    struct wire_header                  header = remote(7, WIRE_REPLY, 0);
    cleanup_free char                  *text = xmalloc(REMOTE_STRING_MAX + 2);
    remote_connect_get_capabilities_ret ret = {.capabilities = text};
    remote_connect_get_capabilities_ret back = {0};
    struct frame                        frame;
    void                               *refused = NULL;
    size_t                              size = 0;

    memset(text, 'x', REMOTE_STRING_MAX + 1);
    text[REMOTE_STRING_MAX + 1] = '\0';
    ck_assert_int_eq(wire_encode(&header, filter, &ret, &refused, &size, &err), -1);
    ck_assert_int_eq(err.code, ERR_RPC);

    text[REMOTE_STRING_MAX] = '\0';
    frame = encoded(&header, filter, &ret);
    ck_assert_uint_eq(frame_size_of((uint32_t)frame.size), frame.size);
    ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &back, &err), 0);
    ck_assert_str_eq(back.capabilities, text);
    wire_body_free(filter, &back);
    free(frame.data);
}
END_TEST

START_TEST(a_string_that_is_missing_is_refused)
{
    const remote_connect_get_type_ret ret = {.type = NULL};
    struct wire_header                header = remote(3, WIRE_REPLY, 0);
    void                             *refused = NULL;
    size_t                            size = 0;

    ck_assert_int_eq(
        wire_encode(&header, FILTER(remote_connect_get_type_ret), &ret, &refused, &size, &err), -1);
    ck_assert_int_eq(err.code, ERR_RPC);
    ck_assert_ptr_null(refused);
}
END_TEST

START_TEST(what_does_not_fit_a_frame_is_refused)
{
    const xdrproc_t    filter = FILTER(remote_connect_list_defined_domains_ret);
    struct wire_header header = remote(21, WIRE_REPLY, 0);
    cleanup_free char *text = xmalloc(REMOTE_STRING_MAX + 1);
    char              *names[8];
    remote_connect_list_defined_domains_ret ret = {.names = {.names_val = names}};
    struct frame                            frame;
    void                                   *refused = NULL;
    size_t                                  size = 0;

    memset(text, 'x', REMOTE_STRING_MAX);
    text[REMOTE_STRING_MAX] = '\0';
    for (size_t i = 0; i < array_size(names); i++)
        names[i] = text;
    ret.names.names_len = 7;
    frame = encoded(&header, filter, &ret);
    ck_assert_uint_eq(frame.size, WIRE_HEADER_SIZE + 4 + 7 * (4 + REMOTE_STRING_MAX));
    free(frame.data);
    ret.names.names_len = 8;
    ck_assert_int_eq(wire_encode(&header, filter, &ret, &refused, &size, &err), -1);
    ck_assert_int_eq(err.code, ERR_RPC);
}
END_TEST

/* Around the size at which the stack is no longer enough. */
START_TEST(a_reply_of_any_size_is_whole)
{
    const xdrproc_t    filter = FILTER(remote_connect_get_type_ret);
    struct wire_header header = remote(3, WIRE_REPLY, 0);
    char               text[4200];

    for (size_t length = 0; length + 1 < sizeof text; length++) {
        remote_connect_get_type_ret ret = {.type = text};
        remote_connect_get_type_ret back = {0};
        struct frame                frame;

        memset(text, 'x', length);
        text[length] = '\0';
        frame = encoded(&header, filter, &ret);
        ck_assert_uint_eq(frame.size, WIRE_HEADER_SIZE + 4 + (length + 3) / 4 * 4);
        ck_assert_uint_eq(frame_size_of(frame.data[2] * 256u + frame.data[3]), frame.size);
        ck_assert_int_eq(wire_decode(frame.data, frame.size, filter, &back, &err), 0);
        ck_assert_str_eq(back.type, text);
        wire_body_free(filter, &back);
        free(frame.data);
    }
}
END_TEST

/*----- errors -----*/

static remote_error
error_body_of(const struct err *error)
{
    struct frame       frame = encoded_error(error);
    struct wire_header header = header_of(frame);
    remote_error       body = {.code = 0};

    ck_assert_uint_eq(header.program, WIRE_PROGRAM_REMOTE);
    ck_assert_int_eq(header.procedure, 23);
    ck_assert_uint_eq(header.serial, 6);
    ck_assert_uint_eq(header.type, WIRE_REPLY);
    ck_assert_uint_eq(header.status, WIRE_ERROR);
    ck_assert_int_eq(wire_decode(frame.data, frame.size, FILTER(remote_error), &body, &err), 0);
    free(frame.data);
    return body;
}

START_TEST(an_error_reply_is_filled_as_libvirt_does)
{
    const struct err error = {.code = ERR_NO_DOMAIN, .message = "no domain 'x'"};
    remote_error     body = error_body_of(&error);

    ck_assert_int_eq(body.code, 42);
    ck_assert_int_eq(body.domain, 41);
    ck_assert_str_eq(*body.message, "no domain 'x'");
    ck_assert_int_eq(body.level, 2);
    ck_assert_ptr_null(body.dom);
    ck_assert_str_eq(*body.str1, "%s");
    ck_assert_str_eq(*body.str2, "no domain 'x'");
    ck_assert_ptr_null(body.str3);
    ck_assert_int_eq(body.int1, -1);
    ck_assert_int_eq(body.int2, -1);
    ck_assert_ptr_null(body.net);
    wire_body_free(FILTER(remote_error), &body);
}
END_TEST

/* The client's rule: code 39, domain 7, level 2 and these first words. */
START_TEST(an_unknown_procedure_reads_so_that_libvirt_says_not_supported)
{
    const struct err error = {.code = ERR_RPC, .message = "unknown procedure: 999"};
    remote_error     body = error_body_of(&error);

    ck_assert_int_eq(body.code, 39);
    ck_assert_int_eq(body.domain, 7);
    ck_assert_int_eq(body.level, 2);
    ck_assert_str_eq(*body.message, "unknown procedure: 999");
    wire_body_free(FILTER(remote_error), &body);
}
END_TEST

START_TEST(an_errno_travels_and_libxls_numbers_stay_here)
{
    struct err   error = {.code = ERR_SYSTEM, .detail = ENOSPC, .message = "cannot write"};
    remote_error body = error_body_of(&error);
    struct frame frame;

    ck_assert_int_eq(body.int1, ENOSPC);
    wire_body_free(FILTER(remote_error), &body);

    error.code = ERR_OPERATION_FAILED;
    error.detail = -3;
    body = error_body_of(&error);
    ck_assert_int_eq(body.int1, -1);
    wire_body_free(FILTER(remote_error), &body);

    err_set_errno(&error, ENOSPC, "cannot write");
    frame = encoded_error(&error);
    wire_decode_error(frame.data, frame.size, &err);
    ck_assert_int_eq(err.code, ERR_SYSTEM);
    ck_assert_int_eq(err.detail, ENOSPC);
    ck_assert_str_eq(err.message, error.message);
    free(frame.data);
}
END_TEST

START_TEST(the_longest_message_arrives)
{
    struct err   error = {.code = ERR_XML};
    struct frame frame;

    memset(error.message, 'x', sizeof error.message - 1);
    frame = encoded_error(&error);
    wire_decode_error(frame.data, frame.size, &err);
    ck_assert_int_eq(err.code, ERR_XML);
    ck_assert_str_eq(err.message, error.message);
    free(frame.data);
}
END_TEST

START_TEST(an_error_that_cannot_be_decoded_is_an_error_too)
{
    struct frame frame = frame_with_body("0000002a 0000000a 00000001");

    wire_decode_error(frame.data, frame.size, &err);
    ck_assert_int_eq(err.code, ERR_RPC);
    ck_assert_str_ne(err.message, "");
    free(frame.data);
}
END_TEST

START_TEST(an_error_without_code_or_message_is_never_taken_for_success)
{
    struct frame frame = frame_with_body("00000000 00000000 00000000 00000000 00000000 00000000"
                                         "00000000 00000000 00000000 00000000 00000000");

    wire_decode_error(frame.data, frame.size, &err);
    ck_assert_int_eq(err.code, ERR_INTERNAL);
    ck_assert_str_eq(err.message, "Unknown error");
    free(frame.data);
}
END_TEST

static Suite *
frame_suite(void)
{
    Suite *suite = suite_create("frame");
    TCase *tcase = tcase_create("frame");

    tcase_add_test(tcase, a_length_is_unknown_until_four_bytes_are_there);
    tcase_add_test(tcase, a_length_that_libvirt_allows_is_taken_and_no_other);
    tcase_add_test(tcase, each_field_of_a_header_is_read_from_its_place);
    tcase_add_test(tcase, connect_open_has_the_bytes_that_virsh_sends);
    tcase_add_test(tcase, a_reply_without_result_has_28_bytes);
    tcase_add_test(tcase, lookup_by_name_has_the_bytes_that_virsh_sends);
    tcase_add_test(tcase, an_error_has_the_bytes_that_libvirtd_sends);
    tcase_add_test(tcase, a_lifecycle_event_has_the_bytes_that_libvirtd_sends);
    tcase_add_test(tcase, a_ping_has_the_bytes_that_libvirt_sends);
    tcase_add_test(tcase, small_integers_take_four_bytes_each);
    tcase_add_test(tcase, an_error_that_says_nothing_has_a_body_of_44_bytes);
    tcase_add_test(tcase, what_libvirtd_overlooks_is_overlooked);
    tcase_add_test(tcase, any_word_but_zero_says_that_an_optional_value_follows);
    tcase_add_test(tcase, a_body_that_ends_early_is_refused_wherever_it_ends);
    tcase_add_test(tcase, a_typed_parameter_of_an_unknown_type_is_refused);
    tcase_add_test(tcase, a_frame_may_lie_at_any_address);
    tcase_add_test(tcase, more_elements_than_the_protocol_allows_are_refused);
    tcase_add_test(tcase, a_string_of_four_mebibytes_goes_through_and_no_longer_one);
    tcase_add_test(tcase, a_string_that_is_missing_is_refused);
    tcase_add_test(tcase, what_does_not_fit_a_frame_is_refused);
    tcase_add_test(tcase, a_reply_of_any_size_is_whole);
    tcase_add_test(tcase, an_error_reply_is_filled_as_libvirt_does);
    tcase_add_test(tcase, an_unknown_procedure_reads_so_that_libvirt_says_not_supported);
    tcase_add_test(tcase, an_errno_travels_and_libxls_numbers_stay_here);
    tcase_add_test(tcase, the_longest_message_arrives);
    tcase_add_test(tcase, an_error_that_cannot_be_decoded_is_an_error_too);
    tcase_add_test(tcase, an_error_without_code_or_message_is_never_taken_for_success);
    suite_add_tcase(suite, tcase);
    return suite;
}

int
main(void)
{
    SRunner *runner = srunner_create(frame_suite());
    int      failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
