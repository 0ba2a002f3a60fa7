/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SNP firmware's model as far as it is one of messages and signatures, whoever gives it
 * commands: what it keeps of a guest, secrets pages, ID blocks, reports, derived keys.
 */
#ifndef INPROC_FW_H
#define INPROC_FW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"
#include "snp_abi.h"

/* libcrypto's @function. */
#define fw_crypto(function)	((typeof(&function))inproc_crypto(#function, "SNP firmware"))

/* What firmware keeps of a guest ("Guest Context"). */
struct fw_guest {
	__u64 policy;
	__u8 vmpck[SNP_VMPCKS][SNP_VMPCK_SIZE];
	__u64 count[SNP_VMPCKS];	/* of messages, both ways */
	bool measured;			/* else there is no @digest */
	__u8 digest[SNP_DIGEST], host_data[32], report_id[32];
	bool vcek_disabled, author_key;
	struct snp_id_block id;
	__u8 id_key_digest[SNP_DIGEST], author_key_digest[SNP_DIGEST];
};

/* The operands of SNP_LAUNCH_FINISH. */
struct fw_finish {
	const struct snp_id_block *id_block;	/* NULL: none */
	const struct snp_id_auth *id_auth;	/* its */
	const void *host_data;
	bool author_key, vcek_disabled;
};

/* ---- fw_guest.c: a launch begins, gets a secrets page, ends ---- */

void fw_guest_start(struct fw_guest *guest, __u64 policy);
void fw_guest_secrets(const struct fw_guest *guest, void *page);
/* @digest is NULL if it was not measured. */
void fw_guest_finish(struct fw_guest *guest, const struct fw_finish *finish, const __u8 *digest);

/* Page types ("PAGE_TYPE") */
#define FW_PAGE_NORMAL		1
#define FW_PAGE_VMSA		2
#define FW_PAGE_SECRETS		5

/*
 * The digest after a page of @type at @gpa with @contents (its SHA-384, or 0), which VMPL 1 to 3
 * may use as @perms says ("PAGE_INFO").
 */
void fw_digest_page(__u8 *digest, __u64 gpa, __u8 type, const __u8 *perms, const __u8 *contents);

/* ---- fw_id.c ---- */

/*
 * SNP_LAUNCH_FINISH's ID block: of a launch with that digest and policy, and signed?  A status, 0
 * for success.
 */
unsigned int fw_id_status(const struct fw_finish *finish, const __u8 *digest, __u64 policy);

/* ---- fw_message.c: SNP_GUEST_REQUEST, its status ---- */

unsigned int fw_message(struct fw_guest *guest, const struct snp_message *request,
			struct snp_message *response);

/* ---- fw_report.c ---- */

/* Answers to the payload of a message with VMPCK @vmpck. */
void fw_report(const struct fw_guest *guest, unsigned int vmpck,
	       const struct snp_report_req *req, struct snp_report_rsp *rsp);
void fw_key(const struct fw_guest *guest, unsigned int vmpck, const struct snp_key_req *req,
	    struct snp_key_rsp *rsp);

/* As in struct control_ops. */
const struct control_fw_chip *fw_chip(void);

#endif
