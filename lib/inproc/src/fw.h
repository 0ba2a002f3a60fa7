/* SPDX-License-Identifier: GPL-2.0-only */
/* The SNP firmware's model in the process: what its parts share. */
#ifndef INPROC_SRC_FW_H
#define INPROC_SRC_FW_H

#include <stdbool.h>

#include "snp_abi.h"
#include "src.h"

/* libcrypto's @function. */
#define fw_crypto(function)	((typeof(&function))inproc_crypto(#function, "SNP firmware"))

/* What firmware keeps of a guest ("Guest Context"). */
struct fw_guest {
	struct fw_guest *next;
	unsigned long long gctx;
	__u64 policy;
	__u8 vmpck[SNP_VMPCKS][SNP_VMPCK_SIZE];
	__u64 count[SNP_VMPCKS];	/* of messages, both ways */
	bool measured;			/* else there is no @digest */
	__u8 digest[SNP_DIGEST], host_data[32], report_id[32];
	bool vcek_disabled, author_key;
	struct snp_id_block id;
	__u8 id_key_digest[SNP_DIGEST], author_key_digest[SNP_DIGEST];
};

/* fw_guest.c: a launch begins, gets a secrets page, ends; @digest is NULL if not measured. */
void fw_guest_start(const struct image_launch *launch);
void fw_guest_secrets(const struct image_launch *launch);
void fw_guest_finish(const struct image_launch *launch, const __u8 *digest);
struct fw_guest *fw_guest(unsigned long long gctx);

/* fw_id.c: are the ID block, and with @author the ID key, signed as @auth says? */
bool fw_id_signed(const struct snp_id_block *id, const struct snp_id_auth *auth, bool author);

/* fw_message.c: SNP_GUEST_REQUEST, its status */
unsigned int fw_message(struct fw_guest *guest, const struct snp_message *request,
			struct snp_message *response);

/* fw_report.c: answers to the payload of a message with VMPCK @vmpck */
void fw_report(const struct fw_guest *guest, unsigned int vmpck,
	       const struct snp_report_req *req, struct snp_report_rsp *rsp);
void fw_key(const struct fw_guest *guest, unsigned int vmpck, const struct snp_key_req *req,
	    struct snp_key_rsp *rsp);

#endif
