/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the PSP's model share. */
#ifndef INPROC_GLUE_AMD_PSP_H
#define INPROC_GLUE_AMD_PSP_H

#include <linux/types.h>

/*
 * psp_sev.c: a command of the SEV API's.  0, or -EIO with *@fw_err; glue_sev_has() says whether
 * it is one of those.
 */
bool glue_sev_has(int cmd);
int glue_sev_cmd(int cmd, void *data, int *fw_err);

#endif
