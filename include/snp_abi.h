/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What SNP guests and firmware say to each other, and what they show to others: guest messages
 * (AMD 56860, "Guest Messages"), the secrets page, attestation reports.
 */
#ifndef SNP_ABI_H
#define SNP_ABI_H

#include <linux/types.h>

#define SNP_VMPCKS		4
#define SNP_VMPCK_SIZE		32
#define SNP_DIGEST		48	/* of SHA-384 */

/* "Secrets Page Format" */
struct snp_secrets {
	__u32 version, flags, fms, zero;
	__u8 gosvw[16];
	__u8 vmpck[SNP_VMPCKS][SNP_VMPCK_SIZE];
	__u8 guests_own[96];
	__u8 vmsa_tweak_bitmap[64];
	__u8 guests_own2[32];
	__u32 tsc_factor;
	__u8 zero2[3740];
};
_Static_assert(sizeof(struct snp_secrets) == 4096, "secrets page");

#define SNP_SECRETS_VERSION	3

/* "Message Header Format" */
struct snp_message {
	__u8 tag[32];			/* 16 bytes, and zeroes */
	__u64 seqno;			/* and zeroes: the IV */
	__u64 zero;
	/* From here on to the payload it is authenticated. */
	__u8 algo, header_version;
	__u16 header_size;
	__u8 type, version;
	__u16 size;			/* of the payload, bytes */
	__u32 zero2;
	__u8 vmpck, zero3[35];
	__u8 payload[4096 - 96];
};
_Static_assert(sizeof(struct snp_message) == 4096, "message");

#define SNP_MESSAGE_HEADER	96
#define SNP_MESSAGE_AAD		48	/* where they are authenticated from, and how many */
#define SNP_ALGO_AES_256_GCM	1
#define SNP_HEADER_VERSION	1

/* "Message Type Encodings"; an answer's type is the next one. */
#define SNP_MSG_CPUID_REQ	1
#define SNP_MSG_KEY_REQ		3
#define SNP_MSG_REPORT_REQ	5
#define SNP_MSG_VMRK_REQ	13
#define SNP_MSG_TSC_INFO_REQ	17
#define SNP_MSG_LAST		18
#define SNP_MSG_VERSION		1
#define SNP_MSG_TYPE_OFFSET	0x34

/* Statuses in answers */
#define SNP_MSG_INVALID_PARAM	0x16
#define SNP_MSG_INVALID_KEY	0x27

/* "Key Selection": by whom a report is signed */
enum snp_key_sel { SNP_KEY_VLEK_OR_VCEK, SNP_KEY_VCEK, SNP_KEY_VLEK };

struct snp_report_req {
	__u8 report_data[64];
	__u32 vmpl;
	__u32 key_sel;			/* two bits */
	__u8 zero[24];
};
_Static_assert(sizeof(struct snp_report_req) == 0x60, "MSG_REPORT_REQ");

struct snp_key_req {
	__u32 key_sel;			/* bit 0: of the VMRK, not of the VCEK */
	__u32 zero;
	__u64 fields;			/* SNP_KEY_* */
	__u32 vmpl, guest_svn;
	__u64 tcb;
};
_Static_assert(sizeof(struct snp_key_req) == 0x20, "MSG_KEY_REQ");

/* GUEST_FIELD_SELECT: what a derived key depends on */
#define SNP_KEY_POLICY		(1u << 0)
#define SNP_KEY_IMAGE_ID	(1u << 1)
#define SNP_KEY_FAMILY_ID	(1u << 2)
#define SNP_KEY_MEASUREMENT	(1u << 3)
#define SNP_KEY_GUEST_SVN	(1u << 4)
#define SNP_KEY_TCB		(1u << 5)
#define SNP_KEY_FIELDS		0x3f

struct snp_key_rsp {
	__u32 status;
	__u8 zero[28];
	__u8 key[32];
};

/* "TCB_VERSION": from the least significant byte on */
#define SNP_TCB(boot_loader, tee, snp, microcode)					\
	((boot_loader) | (__u64)(tee) << 8 | (__u64)(snp) << 48 | (__u64)(microcode) << 56)

/* "ATTESTATION_REPORT"; numbers of the signature are little endian. */
struct snp_report {
	__u32 version, guest_svn;
	__u64 policy;
	__u8 family_id[16], image_id[16];
	__u32 vmpl, signature_algo;
	__u64 current_tcb, platform_info;
	__u32 flags, zero;
	__u8 report_data[64], measurement[SNP_DIGEST], host_data[32];
	__u8 id_key_digest[SNP_DIGEST], author_key_digest[SNP_DIGEST];
	__u8 report_id[32], report_id_ma[32];
	__u64 reported_tcb;
	__u8 zero2[24];
	__u8 chip_id[64];
	__u64 committed_tcb;
	__u8 current_build, current_minor, current_major, zero3;
	__u8 committed_build, committed_minor, committed_major, zero4;
	__u64 launch_tcb;
	__u8 zero5[168];
	__u8 r[72], s[72], zero6[368];
};
_Static_assert(sizeof(struct snp_report) == 0x4a0, "ATTESTATION_REPORT");

#define SNP_REPORT_VERSION	2
#define SNP_REPORT_SIGNED	0x2a0	/* so many bytes of it */
#define SNP_REPORT_AUTHOR_KEY	(1u << 0)
/* "Algorithm Encodings": ECDSA with P-384 and SHA-384 */
#define SNP_ECDSA_P384		1

struct snp_report_rsp {
	__u32 status, report_size;
	__u8 zero[24];
	struct snp_report report;
};

/* "ID Block", "ID Authentication Information": as much as there is of use */
struct snp_id_block {
	__u8 digest[SNP_DIGEST], family_id[16], image_id[16];
	__u32 version, guest_svn;
	__u64 policy;
};
_Static_assert(sizeof(struct snp_id_block) == 96, "ID block");

#define SNP_ID_BLOCK_VERSION	1

/* "ECDSA P-384 with SHA-384": little endian, and zeroes */
struct snp_ecdsa_key {
	__u32 curve;
	__u8 x[72], y[72], zero[880];
};
#define SNP_CURVE_P384		2

struct snp_ecdsa_signature {
	__u8 r[72], s[72], zero[368];
};

/* The ID key has signed the block, and the author key the ID key. */
struct snp_id_auth {
	__u32 id_key_algo, author_key_algo;
	__u8 zero[56];
	struct snp_ecdsa_signature signature;
	struct snp_ecdsa_key id_key;
	__u8 zero2[60];
	struct snp_ecdsa_signature id_key_signature;
	struct snp_ecdsa_key author_key;
	__u8 zero3[892];
};
_Static_assert(sizeof(struct snp_id_auth) == 4096, "ID authentication information");

#endif
