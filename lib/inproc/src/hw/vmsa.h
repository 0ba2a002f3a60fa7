/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMSA, the register state that an SNP vCPU starts from (AMD APM 2,
 * table B-4), as the kernel under test built it and firmware measured it.
 */
#ifndef INPROC_SRC_VMSA_H
#define INPROC_SRC_VMSA_H

#include "hw.h"

/*
 * Load the engine's vCPU from the 4 KiB page @vmsa.  What is clean (CLEAN_*) a CPU may have
 * kept from the VMCB's last run instead of loading it, and this one has.  0 or -errno.
 */
int vmsa_load(struct src_vcpu *vcpu, const void *vmsa, uint32_t clean);

/* The other way round, for another vCPU that is given the page. */
void vmsa_store(struct src_vcpu *vcpu, void *vmsa);

/*
 * A guest that is not SEV-ES: the VMCB's state save area, and what VMRUN leaves in the CPU's
 * registers.
 */
struct vmcb_state {
	void *save;
	void *loaded;		/* another, with what VMLOAD loads and VMSAVE saves */
	uint8_t tpr;		/* CR8 */
	struct image_gprs *gprs;
};

/* 0 or -errno */
int vmcb_load(struct src_vcpu *vcpu, const struct vmcb_state *state);
void vmcb_store(struct src_vcpu *vcpu, struct vmcb_state *state);

#endif
