/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for AMD's key distribution service: certificates of chips' keys, up to a root.  Keys
 * are made when a test asks for them, and belong to its process.
 */
#ifndef ATTEST_KDS_H
#define ATTEST_KDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control.h"

/* Of entries of a certificate table (AMD 56421, "SNP Extended Guest Request") */
#define KDS_GUID_VCEK	"63da758de6644564adc5f4b93be8accd"
#define KDS_GUID_ASK	"4ab7b379bbac4fe4a02f05aef327c782"
#define KDS_GUID_ARK	"c0b406a4a803495297433fb6014cd0ae"
void kds_guid(const char *guid, uint8_t bytes[16]);

/* Extensions of a VCEK's certificate (AMD 57230): HWID, and the parts of the TCB version */
#define KDS_OID_CHIP	"1.3.6.1.4.1.3704.1.4"
#define KDS_TCB_PARTS	4
extern const struct kds_tcb_part {
	const char *oid;
	unsigned int shift;		/* of its byte in a TCB version */
} kds_tcb_parts[KDS_TCB_PARTS];

#define KDS_CERT_SIZE	1024

struct kds_cert {
	uint8_t der[KDS_CERT_SIZE];
	size_t size;
};

enum kds_cert_nr { KDS_ARK, KDS_ASK, KDS_VCEK, NR_KDS_CERTS };

struct kds {
	struct kds_cert cert[NR_KDS_CERTS];
};

/* Root, intermediate, and the certificate of @chip's key; false: libcrypto failed. */
bool kds_make(struct kds *kds, const struct control_fw_chip *chip);
/* The point -P for P: another key, of which nobody has the secret. */
void kds_negate(uint8_t point[97]);
/* As many pages of certificate table as it takes, at most @pages; those it has, or 0. */
size_t kds_table(const struct kds *kds, void *table, size_t pages);

#endif
