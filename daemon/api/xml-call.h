/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xml-call.h: calls that bring a definition, which is read before they go on.
 */
#ifndef DAEMON_API_XML_CALL_H
#define DAEMON_API_XML_CALL_H

#include "conf/domain.h"
#include "domain/definition.h"
#include "rpc/request.h"

struct xml_call;

/* def: Taken.  The client may have gone meanwhile: what it has asked for is done all the same. */
typedef void xml_call_go_on_fn(struct xml_call *call, struct domain_def *def);

/* A call that goes on when its XML is read; freed then. */
struct xml_call {
    struct request    *req;
    char              *xml;
    char              *path;  /* of an image; NULL: none */
    unsigned           parse; /* DOMAIN_PARSE_, DEFINITION_PACK */
    bool               paused;
    unsigned           flags;           /* WORKER_SAVE_, WORKER_RESTORE_, START_ */
    uint8_t            uuid[UUID_SIZE]; /* of the domain that the call is about */
    xml_call_go_on_fn *go_on;
};

/** call is Taken.  What cannot be read, or asks for what dom0d cannot do, is answered. */
void xml_call_read(struct xml_call *call);

#endif
