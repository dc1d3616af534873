/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-image.c: managed saves, and the definitions in images of saved domains.  To open such a
 * file is a worker's: each call is a job.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config.h"
#include "daemon.h"
#include "domain/store.h"
#include "handlers.h"
#include "images.h"
#include "job/ops.h"
#include "lookup.h"
#include "owner.h"
#include "wire/libvirt.h"
#include "wire/worker.h"

/* What both calls are answered has the same form. */
static void
image_told(void *arg, const struct job *job, const struct err *err)
{
    struct request    *req = arg;
    cleanup_free char *xml = err ? NULL : op_image_xml_take(job);

    if (err)
        request_fail(req, err);
    else if (xml)
        request_reply(req, &(remote_domain_save_image_get_xml_desc_ret){.xml = xml});
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
        job_submit(
            op_image_xml_new(request_daemon(req)->jobs, NULL, &owner, args->file, NULL, flags));
}

static void
image_checked(void *arg, const struct job *job, const struct err *err)
{
    struct request       *req = arg;
    dom0d_image_check_ret ret = {.dom.id = -1};

    if (err) {
        request_fail(req, err);
        return;
    }
    ret.dom.name = op_image_xml_take_name(job, (uint8_t *)ret.dom.uuid);
    if (ret.dom.name)
        reply_image_check(req, &ret);
    else
        request_fail_with(req, ERR_INTERNAL, "the worker has not told what is in the image");
    free(ret.dom.name);
}

void
handle_image_check(struct request *req, const dom0d_image_check_args *args)
{
    struct job_owner owner = owner_of_request(req, image_checked);

    if (images_check_path(req, args->from))
        job_submit(op_image_xml_new(request_daemon(req)->jobs, NULL, &owner, args->from, NULL,
                                    WORKER_IMAGE_CHECK));
}

/* path is absolute. */
static void
image_define(struct request *req, struct domain *dom, const char *path, const char *xml,
             unsigned flags)
{
    struct daemon   *daemon = request_daemon(req);
    struct job_owner owner = owner_of_request(req, NULL);
    size_t           size = strlen(xml);

    if (!images_check_states(req, flags))
        return;
    if (!size)
        request_fail_with(req, ERR_XML, "there is no domain XML");
    else if (size > daemon->config->max_xml)
        request_fail_with(req, ERR_INVALID_ARG, "the domain XML has %zu bytes, %zu are allowed",
                          size, daemon->config->max_xml);
    else
        job_submit(op_image_xml_new(daemon->jobs, dom, &owner, path, xml,
                                    (flags & SAVE_PAUSED ? WORKER_IMAGE_PAUSED : 0) |
                                        (flags & SAVE_RUNNING ? WORKER_IMAGE_RUNNING : 0)));
}

void
handle_domain_save_image_define_xml(struct request                                 *req,
                                    const remote_domain_save_image_define_xml_args *args)
{
    if (images_check_path(req, args->file))
        image_define(req, NULL, args->file, args->dxml, args->flags);
}

/*----- managed saves -----*/

void
handle_domain_managed_save(struct request *req, struct domain *dom,
                           const remote_domain_managed_save_args *args)
{
    struct daemon     *daemon = request_daemon(req);
    struct job_owner   owner = owner_of_request(req, NULL);
    cleanup_free char *path = NULL;

    if (!images_check_states(req, args->flags))
        return;
    if (!dom->stored) {
        request_fail_libvirt(req, ERR_OPERATION_INVALID,
                             "cannot do managed save for transient domain");
        return;
    }
    path = store_image_path(daemon->domains, dom->stored->name);
    job_submit(op_save_new(daemon->jobs, dom, &owner, path, NULL,
                           WORKER_SAVE_MANAGED | images_save_flags(args->flags)));
}

void
handle_domain_managed_save_remove(struct request *req, struct domain *dom,
                                  const remote_domain_managed_save_remove_args *args)
{
    (void)args;
    owner_submit(req, &op_image_remove, dom);
}

void
handle_image_import(struct request *req, struct domain *dom, const dom0d_image_import_args *args)
{
    struct job_owner owner = owner_of_request(req, NULL);

    if (images_check_path(req, args->from))
        job_submit(op_image_import_new(request_daemon(req)->jobs, dom, &owner, args->from));
}

/* Its path; NULL: it has none, and req is answered. */
static char *
image_of(struct request *req, const struct domain *dom)
{
    if (dom->has_image && dom->stored)
        return store_image_path(request_daemon(req)->domains, dom->stored->name);
    request_fail_libvirt(req, ERR_OPERATION_INVALID, "domain does not have managed save image");
    return NULL;
}

void
handle_domain_managed_save_get_xml_desc(struct request *req, struct domain *dom,
                                        const remote_domain_managed_save_get_xml_desc_args *args)
{
    struct job_owner   owner = owner_of_request(req, image_told);
    unsigned           flags = args->flags & SAVE_IMAGE_XML_SECURE ? WORKER_IMAGE_SECURE : 0;
    cleanup_free char *path = image_of(req, dom);

    if (path)
        job_submit(op_image_xml_new(request_daemon(req)->jobs, dom, &owner, path, NULL, flags));
}

void
handle_domain_managed_save_define_xml(struct request *req, struct domain *dom,
                                      const remote_domain_managed_save_define_xml_args *args)
{
    cleanup_free char *path = image_of(req, dom);

    if (path)
        image_define(req, dom, path, args->dxml ? *args->dxml : "", args->flags);
}
