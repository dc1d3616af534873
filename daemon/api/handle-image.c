/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-image.c: the definitions in images of saved domains.  To open a file that a client names
 * is a worker's: each call is a job.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config.h"
#include "daemon.h"
#include "handlers.h"
#include "images.h"
#include "job/ops.h"
#include "lookup.h"
#include "owner.h"
#include "wire/libvirt.h"
#include "wire/worker.h"

static void
image_told(void *arg, const struct job *job, const struct err *err)
{
    struct request    *req = arg;
    cleanup_free char *xml = err ? NULL : op_image_xml_take(job);

    if (err)
        request_fail(req, err);
    else if (xml)
        reply_domain_save_image_get_xml_desc(
            req, &(remote_domain_save_image_get_xml_desc_ret){.xml = xml});
    else
        request_fail_with(req, ERR_INTERNAL, "the worker has not told what is in the image");
}

void
handle_domain_save_image_get_xml_desc(struct request                                   *req,
                                      const remote_domain_save_image_get_xml_desc_args *args)
{
    struct job_owner owner = owner_of_request(req, image_told);
    unsigned         flags = args->flags & SAVE_IMAGE_XML_SECURE ? WORKER_IMAGE_SECURE : 0;

    if (images_check_path(req, args->file))
        job_submit(op_image_xml_new(request_daemon(req)->jobs, &owner, args->file, NULL, flags));
}

void
handle_domain_save_image_define_xml(struct request                                 *req,
                                    const remote_domain_save_image_define_xml_args *args)
{
    struct daemon   *daemon = request_daemon(req);
    struct job_owner owner = owner_of_request(req, NULL);
    size_t           size = strlen(args->dxml);
    unsigned         flags = (args->flags & SAVE_PAUSED ? WORKER_IMAGE_PAUSED : 0) |
                     (args->flags & SAVE_RUNNING ? WORKER_IMAGE_RUNNING : 0);

    if (!images_check_path(req, args->file) || !images_check_states(req, args->flags))
        return;
    if (!size)
        request_fail_with(req, ERR_XML, "there is no domain XML");
    else if (size > daemon->config->max_xml)
        request_fail_with(req, ERR_INVALID_ARG, "the domain XML has %zu bytes, %zu are allowed",
                          size, daemon->config->max_xml);
    else
        job_submit(op_image_xml_new(daemon->jobs, &owner, args->file, args->dxml, flags));
}
