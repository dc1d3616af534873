/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * op-image-xml.c: tell the definition that is in an image, or put another one in its place: a
 * client's file is a worker's to open.
 *
 *   image_xml_granted      a worker does it
 *   image_xml_identified   what it says of the image, where that is to be told
 *   image_xml_done
 */
#include <string.h>

#include "base/alloc.h"
#include "ops.h"
#include "task.h"

struct op_image_xml {
    struct job  job;
    struct task task;
    char       *path;
    char       *xml;  /* that is to be in the image; NULL: what is there is to be told */
    char       *told; /* NULL: not told yet */
    char       *name; /* the domain that it is of, told with it */
    uint8_t     uuid[UUID_SIZE];
    unsigned    flags;
};

struct job *
op_image_xml_new(struct jobs *jobs, struct domain *dom, const struct job_owner *owner,
                 const char *path, const char *xml, unsigned flags)
{
    struct job          *job = job_new(jobs, &op_image_xml, dom, owner);
    struct op_image_xml *op = container_of(job, struct op_image_xml, job);

    op->path = xstrdup(path);
    op->xml = xstrdup(xml);
    op->flags = flags | (xml ? WORKER_IMAGE_DEFINE : 0);
    return job;
}

char *
op_image_xml_take(const struct job *job)
{
    /* The job is const for those who hear of its end; what it was to tell is theirs. */
    struct op_image_xml *op = container_of((struct job *)(uintptr_t)job, struct op_image_xml, job);

    return take_ptr(op->told);
}

char *
op_image_xml_take_name(const struct job *job, uint8_t uuid_out[UUID_SIZE])
{
    struct op_image_xml *op = container_of((struct job *)(uintptr_t)job, struct op_image_xml, job);

    memcpy(uuid_out, op->uuid, UUID_SIZE);
    return take_ptr(op->name);
}

static void
image_xml_granted(struct job *job)
{
    task_run(&container_of(job, struct op_image_xml, job)->task, WORKER_IMAGE_XML);
}

static void
image_xml_identified(struct job *job, const worker_identified *what)
{
    struct op_image_xml *op = container_of(job, struct op_image_xml, job);

    free(op->told);
    op->told = xstrdup(what->xml);
    free(op->name);
    op->name = xstrdup(what->name);
    memcpy(op->uuid, what->uuid, UUID_SIZE);
}

static void
image_xml_done(struct job *job, const struct err *err)
{
    job_finish(job, err);
}

static void
image_xml_save_params(struct job *job, worker_params *params_out)
{
    const struct op_image_xml *op = container_of(job, struct op_image_xml, job);

    *params_out =
        (worker_params){.operation = WORKER_IMAGE_XML,
                        .worker_params_u.image_xml = {
                            .path = op->path, .xml = task_text(op->xml), .flags = op->flags}};
}

static void
image_xml_load_params(struct job *job, const worker_params *params)
{
    struct op_image_xml    *op = container_of(job, struct op_image_xml, job);
    const worker_image_xml *image_xml = &params->worker_params_u.image_xml;

    op->path = xstrdup(image_xml->path);
    op->xml = xstrdup(image_xml->xml);
    op->flags = image_xml->flags;
}

static void
image_xml_clear(struct job *job)
{
    struct op_image_xml *op = container_of(job, struct op_image_xml, job);

    free(op->path);
    free(op->xml);
    free(op->told);
    free(op->name);
}

const struct job_operation op_image_xml = {
    .name = "image_xml",
    .activity = DOMAIN_CHANGING,
    .size = sizeof(struct op_image_xml),
    .task = offsetof(struct op_image_xml, task),
    .granted = image_xml_granted,
    .abort = task_abort_job,
    .identified = image_xml_identified,
    .worker_done = image_xml_done,
    .save_params = image_xml_save_params,
    .load_params = image_xml_load_params,
    .clear = image_xml_clear,
};
