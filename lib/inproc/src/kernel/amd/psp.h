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
 * psp_sev.c, psp_keys.c and psp_snp.c: command @cmd of the SEV API, or of the SNP firmware ABI,
 * with its buffer, or NULL.  NULL: it is none of those; else its name, firmware's @status, and how
 * many bytes of the buffer are the command's.
 */
const char *glue_sev_cmd(unsigned int cmd, void *buf, size_t *len, int *status);
const char *glue_keys_cmd(unsigned int cmd, void *buf, size_t *len, int *status);
const char *glue_snp_cmd(unsigned int cmd, void *buf, size_t *len, int *status);

/* psp.c: it has not answered a command, and will not. */
bool glue_psp_is_silent(void);
/* directmap.c: has the host a page of 4 KiB there? */
bool glue_direct_map_is_split(unsigned long address);
/* psp_snp.c: the minor number of the API of this machine's firmware */
u8 glue_api_minor(void);

/* psp_snp.c: firmware is in the INIT state, and has the RMP. */
extern bool glue_snp_initialized;

/*
 * psp_sev.c: ASIDs, which are both's: how many there are, and the first that is for SEV alone;
 * a guest gets one (0, or firmware's status), and has it no more; all want DF_FLUSH; it is done.
 * And the C-bit, as it is in an address.
 */
void glue_sev_asids(u32 *max, u32 *first);
int glue_asid_take(u32 asid);
u64 glue_sev_c_bit(void);
void glue_asid_put(u32 asid);
/* Has a guest this one? */
bool glue_asid_active(u32 asid);
void glue_asids_stale(void);
/* Does one want DF_FLUSH? */
bool glue_asids_want_flush(void);
/* 0, or firmware's status: an ASID was given back since all CPUs have last written back caches. */
int glue_asids_flush(void);
/* psp_snp.c: with ciphertext hiding, the last ASID of SNP guests, behind which are SEV-ES's; or 0 */
extern u32 glue_max_snp_asid;

/* Of a guest of SEV or SEV-ES, as GUEST_STATUS tells them; 0: there is none. */
enum glue_sev_state {
	GLUE_SEV_NONE, GLUE_SEV_LUPDATE, GLUE_SEV_LSECRET, GLUE_SEV_RUNNING, GLUE_SEV_SUPDATE,
	GLUE_SEV_RUPDATE, GLUE_SEV_SENT, GLUE_SEV_NR_STATES
};

#define GLUE_SEV_VMSAS		64

struct glue_sev_guest {
	enum glue_sev_state state;
	u32 policy, asid;		/* asid 0: not active */
	u64 digest;
	unsigned int nr_vmsas;		/* what follows has the first of them */
	u64 vmsas[GLUE_SEV_VMSAS];	/* PFNs */
};

/* A new one: 0 and its handle, or firmware's status. */
int glue_sev_guest_new(enum glue_sev_state state, u32 policy, u32 *handle);
/* psp_sev.c: the platform is in the INIT state, or in WORKING. */
extern bool glue_sev_initialized;
/* An answer of @want bytes: the caller learns how many there are when its buffer is less. */
int glue_answer_room(u64 address, u32 *len, u32 want);
/* May firmware write there? */
bool glue_sev_writable(u64 address, u32 len);

/* psp_send.c: commands in the states in which they are taken */
int glue_send_start(struct glue_sev_guest *g, void *data);
int glue_send_update(struct glue_sev_guest *g, void *data);
int glue_send_finish(struct glue_sev_guest *g, void *data);
int glue_send_cancel(struct glue_sev_guest *g, void *data);
int glue_receive_start(struct glue_sev_guest *none, void *data);
int glue_receive_update(struct glue_sev_guest *g, void *data);
int glue_receive_finish(struct glue_sev_guest *g, void *data);

/* "API version" of both, and what a policy may ask for */
#define GLUE_API_MAJOR		1
#define GLUE_API_MINOR		55
/* Before SNP guests that Linux knows */
#define GLUE_API_MINOR_OLD	50

#endif
