/* SPDX-License-Identifier: GPL-2.0-only */
/* Platform src, process side: what its parts share. */
#ifndef INPROC_SRC_SRC_H
#define INPROC_SRC_SRC_H

#include <stdbool.h>

#include "src/image/image.h"

/* ---- host.c ---- */

extern struct image_host src_host;

/* ---- control.c ---- */

void src_guest_request(struct image_guest_request *req);
int src_guest_request_fails(void);
void src_log(int level, const char *text);
void src_splat(int bug, const char *text);

/* ---- commands.c ---- */

/* 0 or -errno */
int src_commands_init(void);

/* ---- td_launch.c ---- */

int src_td_measure(const struct image_td_measure *m);
/* As in struct control_ops. */
void src_td_launch_measure(int on);
const struct control_td_launch *src_td_launch(void);
const struct control_td_cpu *src_td_cpu(void);
bool src_td_verify(const void *report_mac);

/* ---- fw_launch.c ---- */

int src_launch(const struct image_launch *launch);
/* As in struct control_ops. */
void src_fw_measure(int on);
/* Both vendors' firmware: take the digests of launches from now on, or not. */
void src_measure(int on);
const struct control_fw_launch *src_fw_launch(void);

#endif
