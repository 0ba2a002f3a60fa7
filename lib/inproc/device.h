/* SPDX-License-Identifier: GPL-2.0-only */
/* What the functions that stand before libc's share. */
#ifndef INPROC_DEVICE_H
#define INPROC_DEVICE_H

#include "base/base.h"

/* ---- device.c ---- */

int device_open(const char *path, int flags);
/* Is @path a device of ours? */
bool device_is_path(const char *path);

/* ---- select.c ---- */

struct engine_ops;

/*
 * The engine that COCO_ENGINE names ("kvm", "unicorn"), or the first usable
 * one; NULL when there is none, with the reasons in *@why.
 */
const struct engine_ops *engine_select(const char **why);

/* ---- preload_mm.c ---- */

/* Around a change: the hook as it was when it began, for its end. */
mm_hook_t mm_change_begins(const void *addr, size_t len);
void mm_change_ends(mm_hook_t hook, const void *addr, size_t len, enum mm_change how);

#endif
