/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The input is what a worker hears from who connects to it.  It runs on the fake Xen, on which
 * there is nothing but dom0: no save and no dump comes so far as to write a file.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "fake-xen.h"
#include "fuzz.h"
#include "operation.h"
#include "worker.h"

#define TURNS 30

static struct sockaddr_un address = {.sun_family = AF_UNIX};

static void
quiet(enum log_level level, const struct log_about *about, const char *message)
{
    (void)level, (void)about, (void)message;
}

static void
begin(void)
{
    static bool begun;

    if (!begun) {
        fake_xen_begin();
        atexit(fake_xen_end);
        log_set_sink(quiet);
        snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", getenv("DOM0D_FAKE_DIR"));
    }
    begun = true;
    for (size_t n = 1; n < fake_world()->slots && fake_world()->domains[n].used; n++)
        fake_domain_goes(&fake_world()->domains[n]);
    fake_xen_forget();
}

static int
listen_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    unlink(address.sun_path);
    assert(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0);
    return fd;
}

static int
connect_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct loop   *loop;
    struct worker *worker;
    int            fd;

    begin();
    loop = loop_new();
    worker = worker_new(loop, listen_socket(), address.sun_path, "off", 0);
    fd = connect_socket();
    /* What does not fit the socket is not sent: such frames are fuzz-frame's. */
    (void)!send(fd, data, size, MSG_NOSIGNAL);
    for (int n = 0; n < TURNS; n++)
        loop_run_ready(loop);
    close(fd);
    worker_free(worker);
    loop_free(loop);
    return 0;
}
