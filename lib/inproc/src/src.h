/* SPDX-License-Identifier: GPL-2.0-only */
/* Platform src, process side: what its parts share. */
#ifndef INPROC_SRC_SRC_H
#define INPROC_SRC_SRC_H

#include "src/image/image.h"

/* ---- host.c ---- */

extern struct image_host src_host;

/* ---- control.c ---- */

void src_guest_request(struct image_guest_request *req);
int src_guest_request_fails(void);
void src_log(int level, const char *text);
void src_splat(int bug, const char *text);

/* ---- fw_launch.c ---- */

int src_launch(const struct image_launch *launch);
/* As in struct control_ops. */
void src_fw_measure(int on);
const struct control_fw_launch *src_fw_launch(void);

#endif
