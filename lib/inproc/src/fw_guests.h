/* SPDX-License-Identifier: GPL-2.0-only */
/* The SNP firmware's guests in the process, by the physical addresses of their contexts. */
#ifndef INPROC_SRC_FW_GUESTS_H
#define INPROC_SRC_FW_GUESTS_H

#include "engine/fw.h"

/* NULL: there is none. */
struct fw_guest *src_fw_guest(unsigned long long gctx);
/* The one that is there, or another one. */
struct fw_guest *src_fw_guest_new(unsigned long long gctx);

#endif
