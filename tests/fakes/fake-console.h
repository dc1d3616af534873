/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_FAKES_FAKE_CONSOLE_H
#define TESTS_FAKES_FAKE_CONSOLE_H

/**
 * Be the guest behind a terminal (0: Xen's console, n: serial port n - 1) of the domain with this
 * name, in each of its runs: it says what is read here, and what it hears is written.  Until
 * killed.
 */
void fake_console_run(const char *name, unsigned terminal) __attribute__((noreturn));

#endif
