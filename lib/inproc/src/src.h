/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Platform src, process side: what its parts share.
 */
#ifndef INPROC_SRC_SRC_H
#define INPROC_SRC_SRC_H

#include <sys/types.h>

#include "base/base.h"
#include "engine/engine.h"
#include "src/image/image.h"

struct gtlb;

/* A VM as the process knows it: what KVM_CREATE_VM made, and what the engine has for it. */
struct src_vm {
	unsigned int refs;		/* of its files */
	unsigned long mm;		/* current_mm() of whoever made it */
	pthread_mutex_t lock;
	struct engine_vm *engine;	/* made when a vCPU first needs it */
	/*
	 * The GPA bit that picks the view, a mask, or 0; SNP: the C-bit (set: private), TDX:
	 * the shared bit (set: shared).
	 */
	uint64_t view_bit;
	bool view_bit_is_private;
	struct gtlb *gtlb;
	void *msr_traps;		/* the permission map that the engine has, or NULL */
	const void *td;			/* what stands for it to the TDX module's model, or NULL */
	struct src_vm *next_td;
	struct src_vm *next_gone;	/* kfile.c */
	/* The last page of the guest's initial memory, for trap sites across two. */
	void *launched;
	uint64_t launched_gpa;
};

struct src_vcpu {
	struct src_vm *vm;
	unsigned int id;
	void *file;			/* the image's */
	struct engine_vcpu *engine;	/* made when the guest first runs */
	struct engine_exit exit;	/* its last */
	struct kvm_cpuid2 *cpuid;	/* of the last KVM_SET_CPUID2, for the engine; or NULL */
	bool cpuid_changed;
	sigset_t sigmask;		/* of the thread in KVM_RUN, as it was before */
	pid_t tid;			/* of the thread in KVM_RUN, or 0 */
	bool in_guest;			/* the engine has it */
	uint64_t ghcb_msr;		/* the guest's view of MSR 0xc0010130 */
	uint64_t vmsa_pa;		/* whose state the engine has, or 0 */
	uint32_t asid;			/* of the last VMRUN */
	uint64_t npf_gpa;		/* of the last nested page fault, or 0 */
	uint32_t traps;			/* engine->set_traps() */
	bool shadow;			/* the engine has the guest in an interrupt shadow */
	/* Guests that are not SEV-ES */
	void *vmcb;			/* the first it ran with */
	uint64_t retired_gpa;		/* a write that the engine finishes, or 0 */
	struct svm_msrs *msrs;		/* those that the engine has, as the VMCB does */
	struct guest_fpu *fpu;
	uint32_t exceptions;		/* engine->trap_exceptions() */
	void *run;			/* kvm_run where the kernel has it; NULL until it is mapped */
};

/* ---- platform_src.c ---- */

extern enum image_vendor src_vendor;

/* ---- kfile.c: files of the image's ---- */

extern const struct file_ops kfile_ops;
/* Open the image's device @name; an fd or -errno. */
int kfile_open(const char *name, int flags);
/* The vCPU whose KVM_RUN, or ioctl, this thread is in, or NULL; and of which VM an ioctl is. */
struct src_vcpu *src_this_vcpu(void);
struct src_vcpu *src_ioctl_vcpu(void);
struct src_vm *src_this_vm(void);
/* The vCPU behind @fd, or NULL. */
struct src_vcpu *src_vcpu_of_fd(int fd);
/* The VMM's [@start, @end) is unmapped. */
void kfile_unmapped(uintptr_t start, uintptr_t end);

/* mm.c: as in struct image_host */
int mm_find_vma(unsigned long addr, struct image_vma *vma);
long mm_map(unsigned long addr, unsigned long len, int prot, int flags);
int mm_unmap(unsigned long addr, unsigned long len);
void mm_watch(int more);

/* struct image_host's */
int kfile_take(unsigned int flags);
void kfile_install(int fd, void *file);
void kfile_give_back(int fd);
void *kfile_of_fd(int fd);
int kfile_map_to_user(unsigned long addr, void *page, int prot);

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
/* The page @pa is at the engine's @gpa, view bit included. */
int gtlb_map(struct gtlb *tlb, uint64_t gpa, uint64_t pa, bool writable);
void gtlb_unmap(struct gtlb *tlb, uint64_t gpa);
/* Have @check look at each page: what it says is not so any more is unmapped. */
void gtlb_flush(struct gtlb *tlb,
		bool (*check)(void *data, uint64_t gpa, uint64_t pa, bool writable), void *data);

/* ---- hw_svm.c, hw_cpuid.c ---- */

/* Of the CPU under test: addresses of the process fit. */
#define HW_PHYS_BITS	48

int hw_vmrun(struct image_gprs *gprs);
/* hw_svm_msr.c, with the vCPU or VM */
void svm_free_msrs(struct src_vcpu *vcpu);
void svm_free_msr_traps(struct src_vm *vm);
/* hw_fpu.c: as in struct image_host */
void hw_fpu_load(const void *area, unsigned int size);
void hw_fpu_save(void *area, unsigned int size);
/* The C-bit, a mask; AMD only. */
extern uint64_t hw_c_bit;
int hw_cpuid_init(enum image_vendor vendor, unsigned int c_bit);
void hw_cpuid(struct image_gprs *gprs);
int hw_rdmsr(unsigned int index, unsigned long long *value);
int hw_wrmsr(unsigned int index, unsigned long long value);

/* ---- host.c ---- */

extern struct image_host src_host;

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

/* ---- observer.c ---- */

int src_guest_request(struct image_guest_request *req);
void src_log(int level, const char *text);
void src_splat(int bug, const char *text);
void src_mem_bug(enum image_mem_bug what, const char *text);

/* ---- inject.c: does this one fail?  And how the observer says which ---- */

int src_step_fails(enum image_step step);
void src_fail_step(enum image_step step, unsigned int nth);
/* Until it is told otherwise, what this thread does is no step of a test's. */
void src_steps_are_ours(bool are);
unsigned int src_steps(enum image_step step);
/* The same of SEAMCALLs; as in struct image_host and struct observer_ops. */
unsigned long long src_seamcall_fails(unsigned int leaf);
void src_fail_seamcalls(unsigned int leaf, unsigned int nth, unsigned int times,
			unsigned long long status);
unsigned int src_seamcalls(void);

/* ---- hang.c: at the platform's start (0 or -errno), and what it has to know of ---- */

int hang_init(void);
void hang_vm_created(void);
void hang_vm_destroyed(void);
void hang_track(struct src_vcpu *src);
void hang_forget(struct src_vcpu *src);
/* VMs that this process has. */
unsigned int hang_nr_vms(void);
/* Take out of @block signals whose handler is ours and does not return; @caller's mask. */
void hang_unblock(sigset_t *block, const sigset_t *caller);

#endif
