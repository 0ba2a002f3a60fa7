/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMRUN: what its parts share.
 */
#ifndef INPROC_SRC_HW_SVM_H
#define INPROC_SRC_HW_SVM_H

#include "world.h"

static inline void *svm_save_area(const struct world *w)
{
	return (char *)w->vmcb + 0x400;
}

/* ---- hw_svm.c ---- */

void vmexit(struct world *w, uint64_t code, uint64_t info1, uint64_t info2);

/* ---- hw_svm_event.c: events that KVM injects, interrupts, and what the engine traps ---- */

/* Before the guest: 0 or -errno. */
int svm_inject(struct world *w);
int svm_set_traps(struct world *w);
void svm_virtual_interrupt(struct world *w);
/* After it. */
void svm_not_injected(struct world *w);
void svm_virtual_interrupt_taken(struct world *w);
void svm_interrupt_state(struct world *w);

/* ---- hw_svm_insn.c: intercepted instructions; true to go on in the guest ---- */

bool svm_io(struct world *w);
bool svm_hlt(struct world *w);
bool svm_msr(struct world *w);
bool svm_cpuid(struct world *w);
bool svm_tpr(struct world *w);
bool svm_exception(struct world *w);
/* SEV_STATUS is the hardware's, and cannot be intercepted; false: it is another MSR. */
bool svm_sev_status(struct world *w);

/* ---- hw_svm_rules.c: what a kernel must not give VMRUN for an encrypted guest ---- */

/* Whether or not the guest can be entered then. */
void svm_check_tlb(struct world *w);
/* When its state is there. */
void svm_check_intercepts(struct world *w);

/* ---- hw_svm_clean.c: what the VMCB calls clean ---- */

/* Before the guest, and after it. */
void svm_check_clean(const struct world *w);
void svm_keep_clean(const struct world *w);

/* ---- hw_svm_vmsa.c ---- */

bool svm_is_snp(struct world *w);
/* The guest's state is the engine's, and the VMSA in use from now on: 0, or an exit code. */
uint64_t svm_vmsa_enter(struct world *w);
void svm_vmsa_leave(void);
/* True to go on. */
bool svm_rmpadjust(struct world *w);

/* ---- hw_svm_traps.c: writes to control registers by SEV-ES guests ---- */

/* Before the guest: 0 or -errno. */
int svm_write_traps_enter(struct world *w);
/* True: in place of running, the guest makes an exit that is left over from the last one. */
bool svm_write_traps_go_on(struct world *w);
/* After it: its exit may become one of another kind, which comes before. */
void svm_write_traps_leave(struct world *w);

/* ---- hw_svm_msr.c: the MSR permission map, and MSRs of the VMCB ---- */

/* 0 or -errno */
int svm_trap_msrs(struct world *w);
int svm_load_msrs(struct world *w);
int svm_store_msrs(struct world *w);

#endif
