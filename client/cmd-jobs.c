/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List the jobs of all domains. */
#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/uuid.h"
#include "calls.h"
#include "command.h"
#include "json.h"
#include "text.h"

static const char *
jobs_state_name(int state)
{
    static const char *const names[] = {
        [DOM0D_JOB_QUEUED] = "queued",
        [DOM0D_JOB_RUNNING] = "running",
        [DOM0D_JOB_ABORTING] = "aborting",
    };

    return state >= 0 && (size_t)state < array_size(names) ? names[state] : "unknown";
}

static void
jobs_add_row(struct table *table, const struct dom0d_job *job)
{
    cleanup_free char *elapsed = text_duration(job->elapsed_usec / 1000000);

    table_add(table, "%" PRIu64, (uint64_t)job->id);
    table_add(table, "%s", job->operation);
    table_add(table, "%s", *job->domain ? job->domain : "-");
    table_add(table, "%s", jobs_state_name(job->state));
    if (job->total)
        table_add(table, "%.0f%%", 100.0 * (double)job->processed / (double)job->total);
    else
        table_add(table, "-");
    table_add(table, "%s", elapsed);
}

static void
jobs_add_object(struct json *json, const struct dom0d_job *job)
{
    char uuid[UUID_TEXT_SIZE];

    json_object(json, NULL);
    json_uint(json, "id", job->id);
    json_string(json, "operation", job->operation);
    json_string(json, "name", *job->domain ? job->domain : NULL);
    json_string(json, "uuid", uuid_format((const uint8_t *)job->uuid, uuid));
    json_string(json, "state", jobs_state_name(job->state));
    json_uint(json, "elapsed_usec", job->elapsed_usec);
    json_uint(json, "processed_bytes", job->processed);
    json_uint(json, "total_bytes", job->total);
    json_object_end(json);
}

static void
jobs_print_table(const struct dom0d_job_list_ret *list)
{
    static const char *const   headings[] = {">ID",   "Operation", "Domain",
                                             "State", ">Progress", ">Elapsed"};
    cleanup_table struct table table;

    table_init(&table, headings, array_size(headings));
    for (unsigned i = 0; i < list->jobs.jobs_len; i++)
        jobs_add_row(&table, &list->jobs.jobs_val[i]);
    table_print(&table, stdout);
}

static void
jobs_print_json(const struct dom0d_job_list_ret *list)
{
    struct json json;

    json_init(&json, stdout, false);
    json_array(&json, NULL);
    for (unsigned i = 0; i < list->jobs.jobs_len; i++)
        jobs_add_object(&json, &list->jobs.jobs_val[i]);
    json_array_end(&json);
}

static int
jobs_run(struct client *client, const struct options *options, struct err *err)
{
    struct connection                              *conn = client_connect(client, err);
    cleanup_ret(job_list) struct dom0d_job_list_ret list = {0};

    (void)options;
    if (!conn || call_job_list(conn, NULL, &list, err) < 0)
        return -1;
    if (client->json)
        jobs_print_json(&list);
    else
        jobs_print_table(&list);
    return 0;
}

const struct command cmd_jobs = {
    .name = "jobs",
    .args = "",
    .help = "list the jobs that run or wait, of all domains",
    .json = true,
    .run = jobs_run,
};
