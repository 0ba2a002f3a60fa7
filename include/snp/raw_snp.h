/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SNP VMs by the bare uAPI, launched step by step; also VMs of SEV and SEV-ES.
 * Source: amd-memory-encryption.rst, "KVM_SEV_INIT2" and on.
 */
#ifndef RAW_SNP_H
#define RAW_SNP_H

#include <stdint.h>

#include "kvm_util.h"

#include "vm/raw_vm.h"

/* Guest policy: bit 17 is reserved and must be 1, bit 16 allows SMT (SEV-SNP firmware ABI) */
#define RAW_SNP_POLICY		((1ull << 17) | (1ull << 16))

/* An address that nothing is mapped at: no heap comes so low, and no slot of ours is there. */
#define RAW_SNP_NOWHERE		0xc000ull

/* Pages that UPDATED has launched, from GFN 0 on. */
#define RAW_SNP_PAGES		2

struct raw_snp {
	struct raw_vm raw;
	int sev;			/* /dev/sev */
	uint32_t fw_error;		/* of the last command */
};

/* How far a launch has come; each includes those before it. */
enum raw_snp_stage {
	RAW_SNP_NOTHING,
	RAW_SNP_CREATED,		/* KVM_CREATE_VM */
	RAW_SNP_INITED,			/* KVM_SEV_INIT2 */
	RAW_SNP_MEMORY,			/* slot 0, its private pages */
	RAW_SNP_VCPU,			/* an interrupt controller and KVM_CREATE_VCPU */
	RAW_SNP_STARTED,
	RAW_SNP_UPDATED,
	RAW_SNP_FINISHED,
};

void raw_snp_open(struct raw_snp *snp);
void raw_snp_close(struct raw_snp *snp);

/* From stage @from up to @to: 0, or the errno of the first step that failed. */
int raw_snp_go(struct raw_snp *snp, enum raw_snp_stage from, enum raw_snp_stage to);

/* KVM_MEMORY_ENCRYPT_OP: 0 or an errno, like all below; for another descriptor of /dev/sev. */
int raw_snp_cmd(struct raw_snp *snp, uint32_t id, void *data);
int raw_snp_cmd_on(struct raw_snp *snp, int sev, uint32_t id, void *data);
int raw_snp_init2(struct raw_snp *snp, uint32_t flags, uint16_t ghcb_version);
int raw_snp_start(struct raw_snp *snp, uint64_t policy, uint16_t flags);
/* EAGAIN for what is left of it, too. */
int raw_snp_update_args(struct raw_snp *snp, struct kvm_sev_snp_launch_update args);
int raw_snp_update(struct raw_snp *snp, uint64_t gfn, const void *from, uint64_t pages);
int raw_snp_finish(struct raw_snp *snp);
/* KVM_MEMORY_ENCRYPT_REG_REGION or UNREG_REGION */
int raw_snp_region(struct raw_snp *snp, unsigned long cmd, const void *addr, uint64_t size);

#endif
