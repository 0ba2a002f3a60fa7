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
/* Is all of it in pages in the firmware state? */
bool glue_rmp_firmware(u64 address, u64 len);

/*
 * psp_sev.c and psp_snp.c: command @cmd of the SEV API, or of the SNP firmware ABI, with its
 * buffer, or NULL.  False: it is none of those; else firmware's @status, and how many bytes
 * of the buffer are the command's.
 */
bool glue_sev_cmd(unsigned int cmd, void *buf, size_t *len, int *status);
bool glue_snp_cmd(unsigned int cmd, void *buf, size_t *len, int *status);

/* psp_snp.c: firmware is in the INIT state, and has the RMP. */
extern bool glue_snp_initialized;

/*
 * psp_sev.c: ASIDs, which are both's: how many there are, and the first that is for SEV alone;
 * a guest gets one (0, or firmware's status), and has it no more; all want DF_FLUSH; it is done.
 */
void glue_sev_asids(u32 *max, u32 *first);
int glue_asid_take(u32 asid);
void glue_asid_put(u32 asid);
void glue_asids_stale(void);
void glue_asids_flush(void);

/* "API version" of both, and what a policy may ask for */
#define GLUE_API_MAJOR		1
#define GLUE_API_MINOR		55

#endif
