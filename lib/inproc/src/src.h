/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Platform src, process side: the parts that platform_src.c ties together.
 */
#ifndef INPROC_SRC_SRC_H
#define INPROC_SRC_SRC_H

#include <sys/types.h>

#include "../inproc.h"
#include "image.h"

/* inproc_vcpu.priv */
struct src_vcpu {
	struct inproc_vcpu *host;
	void *vcpu;			/* the image's struct kvm_vcpu */
	unsigned long long ghcb_msr;	/* the guest's view of MSR 0xc0010130 */
	pid_t tid;			/* of the thread in KVM_RUN, or 0 */
	bool in_guest;			/* the engine has it */
	int kicked;			/* td_kick() */
};

/* host.c */
extern struct image_host src_host;
/* Patch the trap sites of all private memory; 0 or -errno. */
int src_patch_sites(struct inproc_vm *vm);

/* vmrun.c */
enum image_exit src_vmrun(void *vcpu, struct image_vmrun *run);
/* Have the GHCB MSR trapped in @vm's engine. */
int src_trap_ghcb_msr(struct inproc_vm *vm);

/* td.c */
int src_td_init(void *vm, unsigned int shared_bit);
int src_td_vcpu_init(void *vcpu, const unsigned long long *gpr);
void src_td_page(void *vm, unsigned long long gpa, int give);
int src_td_pages(void *vm);
int src_td_finalized(void *vm);
enum image_exit src_td_enter(void *vcpu, struct image_td_run *run);
void src_td_kick(void *vcpu);

/* observer.c */
int src_guest_request(struct image_guest_request *req);
void src_log(int level, const char *text);
void src_splat(int bug, const char *text);
void src_mem_bug(enum image_mem_bug what, const char *text);

/* inject.c: does this one fail?  And how the observer says which. */
int src_step_fails(enum image_step step);
void src_fail_step(enum image_step step, unsigned int nth);
unsigned int src_steps(enum image_step step);
/* The same of SEAMCALLs; as in struct image_host and struct observer_ops. */
unsigned long long src_seamcall_fails(unsigned int leaf);
void src_fail_seamcalls(unsigned int leaf, unsigned int nth, unsigned int times,
			unsigned long long status);
unsigned int src_seamcalls(void);

/* hang.c: at the platform's start (0 or -errno), and what it has to know of */
int hang_init(void);
void hang_vm_created(void);
void hang_vm_destroyed(void);
void hang_track(struct src_vcpu *src);
void hang_forget(struct src_vcpu *src);
/* VMs that this process has. */
unsigned int hang_nr_vms(void);
/* As platform_ops.unblock. */
void hang_unblock(sigset_t *block, const sigset_t *caller);

#endif
