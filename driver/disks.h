/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * disks.h: what a saved domain's disks were when it stopped, and whether they still are.
 *
 * The memory of a saved domain knows what is on its disks: caches, the journal of a file system,
 * what is written next.  Restored beside disks that somebody has changed meanwhile it would destroy
 * them.  So the image notes what they were (wire/image.x), and a restore compares.
 *
 *   a file           size, time of its last change, inode and the generation of that
 *   a block device   size, and what it calls itself: device mapper's UUID, a WWID, a serial number
 *
 * A file in a format of its own, such as qcow2, is written to once more when the domain has gone:
 * QEMU puts down its tables as it closes it.  So what changes in the seconds after the save is no
 * change, but where the domain goes on.
 *
 * A device's number and that of a file's file system are not compared: they are others after the
 * host was booted.  Read-only disks are compared too: what the domain has read of them is in its
 * memory.  CD-ROMs are not: media are changed under a domain that runs as well, which expects it.
 * Nor is what dom0 does not see: disks over the network, those of a driver domain, and those whose
 * source a hotplug script makes something of.
 */
#ifndef DRIVER_DISKS_H
#define DRIVER_DISKS_H

#include <libxl.h>
#include <stdbool.h>

#include "base/err.h"
#include "wire/image.h"

/** Those of config; the rest of the note is zero.  kept: the domain goes on.  To be freed by
 * image_note_free.  May wait for their files, as all of these. */
image_note *disks_note(const libxl_domain_config *config, bool kept);

/** Their numbers, and the time, anew: the domain has stopped.  The note's encoded size stays. */
void disks_note_again(image_note *note);

/**
 * Are the disks of config what was noted?  Of one whose source is another than then, as the user
 * wants it, only the size is compared.
 *
 * Err: ERR_OPERATION_INVALID with the disk, what it was and what it is.
 */
int disks_compare(const image_note *note, const libxl_domain_config *config, struct err *err);

#endif
