/* SPDX-License-Identifier: GPL-2.0-only */
/* Models of hardware: the CPU under test, and guests on it. */
#ifndef INPROC_SRC_HW_H
#define INPROC_SRC_HW_H

#include "src/vm/vm.h"

/* ---- guest.c: the engine's VM and vCPU behind ours; 0 or -errno ---- */

int guest_vm_init(struct src_vm *vm);
void guest_vm_destroy(struct src_vm *vm);
int guest_vcpu_init(struct src_vcpu *vcpu);
void guest_vcpu_destroy(struct src_vcpu *vcpu);
/* Run it in the engine until it needs us; the exit is in vcpu->exit.  0 or -errno. */
int guest_run(struct src_vcpu *vcpu);
void guest_page_launched(void *page, unsigned long long gpa);
/* CPU @cpu is to leave the guest; and around a guest on this thread's. */
void guest_ipi(unsigned int cpu);

/* ---- gtlb.c: what the engine has mapped of a guest's memory ---- */

struct gtlb *gtlb_new(struct src_vm *vm);
void gtlb_free(struct gtlb *tlb);
/*
 * The page @pa is at the engine's @gpa, view bit included, as the kernel's page tables say for
 * @walked.
 */
int gtlb_map(struct gtlb *tlb, uint64_t gpa, uint64_t walked, uint64_t pa, bool writable);
void gtlb_unmap(struct gtlb *tlb, uint64_t gpa);
/* Have @check look at each page: what it says is not so any more is unmapped. */
void gtlb_flush(struct gtlb *tlb,
		bool (*check)(void *data, uint64_t gpa, uint64_t pa, bool writable), void *data);

/* As in struct image_host */
void gtlb_given_back(unsigned long start, unsigned long end, const void *caller);
/* A CPU enters the guest, all flushes are done: nothing that was given back may be left. */
void gtlb_enters(struct gtlb *tlb);
/*
 * The same, after a call that changed what memory the guest has: what @check says is not so any
 * more was not flushed.
 */
void gtlb_compare(struct gtlb *tlb,
		  bool (*check)(void *data, uint64_t gpa, uint64_t pa, bool writable), void *data);

/* ---- hw_svm.c, hw_vmx.c, hw_cpuid.c ---- */

/* Of the CPU under test: addresses of the process fit. */
#define HW_PHYS_BITS	48

int hw_vmrun(struct image_gprs *gprs, void *loaded);
/* hw_svm_vmsa.c: is the page the VMSA that a CPU runs with? */
int svm_vmsa_in_use(unsigned long long pfn);
/* How long a CPU that is interrupted takes to leave the guest, in us. */
extern unsigned int svm_leave_delay;
/* npt.c: as control.h has it */
void hw_rmp_faults(uint64_t gpa, unsigned int times);
/* hw_svm_event.c: as control.h has it */
void hw_interrupt_delivery(uint32_t event, uint32_t error);
int hw_vmenter(struct image_vmcs *vmcs, struct image_gprs *gprs, unsigned long long *cr2,
	       void *shared);
void hw_invept(unsigned long long eptp);
/* hw_fpu.c: as in struct image_host */
void hw_fpu_load(const void *area, unsigned int size);
void hw_fpu_save(void *area, unsigned int size);
/* The C-bit, a mask; AMD only. */
extern uint64_t hw_c_bit;
/* AMD: VMRUN looks at VMCB_ALLOWED_SEV_FEATURES. */
extern bool hw_allows_sev_features;
extern enum image_vendor hw_vendor;
int hw_cpuid_init(enum image_vendor vendor, unsigned int c_bit);
void hw_cpuid(struct image_gprs *gprs);
int hw_rdmsr(unsigned int index, unsigned long long *value);
int hw_wrmsr(unsigned int index, unsigned long long value);

/* ---- td.c ---- */

int src_td_init(const void *td, unsigned int shared_bit);
int src_td_vcpu_init(const void *td, const void *vp, const unsigned long long *gpr);
void src_td_page(const void *td, unsigned long long gpa, void *page);
void src_td_map_shared(const void *td, unsigned long long gpa, void *page, int writable);
void src_td_flush_shared(const void *td);
void src_td_gone(const void *td);
/* It goes, and its TD may stay with the module, which does not always give it back. */
void src_td_vm_destroyed(const struct src_vm *vm);
enum image_exit src_td_enter(const void *vp, struct image_td_run *run);

#endif
