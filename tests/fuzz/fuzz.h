/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz.h: what a fuzz target offers to libFuzzer, and to replay.c in its place.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** Feed one input.  What is wrong ends the process.  Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
