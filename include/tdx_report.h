/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the TDX module says of a TD, and the CPU vouches for ("Intel TDX Module ABI",
 * TDREPORT_STRUCT; Intel SDM volume 3, ENCLU[EVERIFYREPORT2]).
 */
#ifndef TDX_REPORT_H
#define TDX_REPORT_H

#include <linux/types.h>

#define TDX_DIGEST	48	/* of SHA-384 */
#define TDX_RTMRS	4
#define TDX_REPORTDATA	64
#define TDX_SVNS	16	/* of a TCB: a number for each part */

/* "REPORTMACSTRUCT" */
struct tdx_report_mac {
	__u8 type, subtype, version, zero0[13];
	__u8 cpusvn[TDX_SVNS];
	__u8 tcb_hash[TDX_DIGEST], info_hash[TDX_DIGEST];	/* of what follows it in a report */
	__u8 data[TDX_REPORTDATA], zero1[32];
	__u8 mac[32];						/* of all above */
};
_Static_assert(sizeof(struct tdx_report_mac) == 256, "REPORTMACSTRUCT");

#define TDX_REPORT_TYPE		0x81
#define TDX_REPORT_VERSION	0	/* no service TD is bound */

/* "TEE_TCB_INFO" */
struct tdx_tcb_info {
	__u64 valid;
	__u8 tee_tcb_svn[TDX_SVNS], mrseam[TDX_DIGEST], mrsignerseam[TDX_DIGEST];
	__u64 attributes;
	__u8 tee_tcb_svn2[TDX_SVNS], zero[95];
} __attribute__((packed));
_Static_assert(sizeof(struct tdx_tcb_info) == 239, "TEE_TCB_INFO");

/* "TDINFO_STRUCT" */
struct tdx_td_info {
	__u64 attributes, xfam;
	__u8 mrtd[TDX_DIGEST], ids[3][TDX_DIGEST];	/* MRCONFIGID, MROWNER, MROWNERCONFIG */
	__u8 rtmr[TDX_RTMRS][TDX_DIGEST], servtd_hash[TDX_DIGEST], zero[64];
};
_Static_assert(sizeof(struct tdx_td_info) == 512, "TDINFO_STRUCT");

struct tdx_report {
	struct tdx_report_mac mac;
	struct tdx_tcb_info tcb;
	__u8 zero[17];
	struct tdx_td_info info;
};
_Static_assert(sizeof(struct tdx_report) == 1024, "TDREPORT_STRUCT");

/* Operands of TDG.MR.REPORT, TDG.MR.VERIFYREPORT and TDG.MR.RTMR.EXTEND are so aligned. */
#define TDX_REPORT_ALIGN	1024
#define TDX_REPORTDATA_ALIGN	64
#define TDX_REPORT_MAC_ALIGN	256
#define TDX_EXTENSION_ALIGN	64

#endif
