/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the PSP's model share. */
#ifndef INPROC_GLUE_AMD_PSP_H
#define INPROC_GLUE_AMD_PSP_H

#include <linux/types.h>

/* rmp.c: what the RMP says of an assigned page; false: it is the hypervisor's. */
struct glue_rmp_page {
	u64 gpa;
	u32 asid;			/* 0: firmware's */
	bool immutable;
};

bool glue_rmp_lookup(u64 pfn, struct glue_rmp_page *page);

/*
 * psp_sev.c: a command of the SEV API's.  0, or -EIO with *@fw_err; glue_sev_has() says whether
 * it is one of those.
 */
bool glue_sev_has(int cmd);
int glue_sev_cmd(int cmd, void *data, int *fw_err);

/* psp_snp.c: the same of the SNP firmware ABI's; is this page a guest's context? */
bool glue_snp_has(int cmd);
int glue_snp_cmd(int cmd, const void *data, int *fw_err);
bool glue_is_gctx(u64 paddr);

/*
 * psp_sev.c: ASIDs, which are both's: how many there are, and the first that is for SEV alone;
 * a guest gets one (0, or firmware's status), and has it no more.
 */
void glue_sev_asids(u32 *max, u32 *first);
int glue_asid_take(u32 asid);
void glue_asid_put(u32 asid);

#endif
