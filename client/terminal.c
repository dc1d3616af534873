/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "terminal.h"

static const int terminal_signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGPIPE,
                                       SIGABRT, SIGALRM, SIGUSR1, SIGUSR2};

/* For the handler, which has no argument. */
static struct termios        terminal_before;
static volatile sig_atomic_t terminal_is_raw;
static struct sigaction      terminal_actions[array_size(terminal_signals)];

void
terminal_restore(void)
{
    if (!terminal_is_raw)
        return;
    terminal_is_raw = false;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_before);
    for (size_t n = 0; n < array_size(terminal_signals); n++)
        sigaction(terminal_signals[n], &terminal_actions[n], NULL);
}

/* The process ends as it would have: SA_RESETHAND has brought the default back. */
static void
terminal_end_by_signal(int signum)
{
    int saved = errno;

    if (terminal_is_raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    raise(signum);
    errno = saved;
}

/* One that is ignored stays so. */
static void
terminal_catch_signals(void)
{
    struct sigaction action = {.sa_handler = terminal_end_by_signal, .sa_flags = (int)SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    for (size_t n = 0; n < array_size(terminal_signals); n++) {
        sigaction(terminal_signals[n], NULL, &terminal_actions[n]);
        if (terminal_actions[n].sa_handler != SIG_IGN)
            sigaction(terminal_signals[n], &action, NULL);
    }
}

int
terminal_make_raw(struct err *err)
{
    struct termios raw;

    if (tcgetattr(STDIN_FILENO, &terminal_before) < 0)
        return err_set_errno(err, errno, "cannot read the terminal's settings");
    raw = terminal_before;
    cfmakeraw(&raw);
    terminal_catch_signals();
    terminal_is_raw = true;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0)
        return 0;
    err_set_errno(err, errno, "cannot make the terminal raw");
    terminal_restore();
    return -1;
}
