/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel-side glue: compiled with the flags and headers of the tree under test
 * and linked with its objects.  What is fake here says so; nothing here is a
 * copy of the code under test.
 */
#ifndef INPROC_GLUE_H
#define INPROC_GLUE_H

#include <linux/kvm_host.h>

#include "glue_probe.h"
#include "../image.h"
#include "gfnmap.h"

extern const struct image_host *glue_host;
extern const struct image_number glue_numbers[];

/* A return address in the code that called the function that says this. */
#define GLUE_CALLER	__builtin_return_address(0)

/* Stops the process; printf formats as the kernel's. */
void glue_die(const char *fmt, ...) __printf(1, 2) __noreturn;

/* The glue's own memory: zeroed, of no VM, but bounded as the kernel's is. */
static inline void *glue_alloc(unsigned long bytes, unsigned long align)
{
	return glue_host->alloc(IMAGE_GLUE, bytes, align, true, GLUE_CALLER);
}

static inline void glue_free(const void *p)
{
	glue_host->free(IMAGE_GLUE, p, GLUE_CALLER);
}

#define GLUE_MAX_VCPUS	64
#define GLUE_MAX_SLOTS	64

/* What the glue keeps for a VM; struct kvm follows it in memory. */
struct glue_vm {
	void *host_vm;
	bool pre_destroyed;		/* kvm_arch_pre_destroy_vm() was called */
	struct glue_gfnmap mirror;	/* of a TD: tdx_mmu.c */
	struct mutex mirror_lock;
	struct kvm_vcpu *vcpus[GLUE_MAX_VCPUS];
	/* Handed out by gfn_to_memslot(), filled on demand. */
	struct kvm_memory_slot slots[GLUE_MAX_SLOTS];
	struct file file;		/* private_data: the struct kvm */
};

#define GLUE_VM_SIZE	ALIGN(sizeof(struct glue_vm), PAGE_SIZE)

static inline struct glue_vm *to_glue_vm(struct kvm *kvm)
{
	return (void *)kvm - GLUE_VM_SIZE;
}

/* What the glue keeps for a vCPU; the vendor's vCPU follows it. */
struct glue_vcpu {
	void *host_vcpu;
	void *pio_data;			/* as the kernel allocated it */
	struct file file;		/* private_data: the struct kvm_vcpu */
};

#define GLUE_VCPU_SIZE	ALIGN(sizeof(struct glue_vcpu), PAGE_SIZE)

static inline struct glue_vcpu *to_glue_vcpu(struct kvm_vcpu *vcpu)
{
	return (void *)vcpu - GLUE_VCPU_SIZE;
}

/* cpu.c */
void glue_cpu_init(unsigned int cpu, unsigned long offset);
/* Be CPU @cpu by name, for functions that look; returns the old number. */
int glue_set_cpu(int cpu);
/* smp.c */
void glue_irq_lock(void);
void glue_irq_unlock(void);
/* trap.c */
int glue_trap(struct image_regs *regs);
/* core.c */
int glue_core_init(void);
/* Set @var if this tree has it. */
#define glue_set(var, value)			\
	do {					\
		if (&(var))			\
			(var) = (value);	\
	} while (0)

/* A vendor's part of KVM, and the hardware under it. */
struct glue_vendor {
	struct kvm_x86_ops *ops;
	unsigned int vcpu_size, vcpu_align;	/* bytes, of its struct kvm_vcpu */
	/* Before kvm_x86_ops goes live: what the vendor's hardware_setup() does. */
	int (*init)(const struct image_cpu *cpu);
	/* KVM's CPU capabilities, and the types of VMs there are. */
	void (*cpu_caps)(void);
	/* A CPU of the image comes up, or @cpu was up before init(). */
	void (*cpu_up)(unsigned int cpu);
	/* An interrupt may have been posted to the vCPU, which may be in the guest; may be NULL. */
	void (*notify)(struct kvm_vcpu *vcpu);
	/* kvm_arch_vcpu_create() is through; may be NULL. */
	void (*vcpu_created)(struct kvm_vcpu *vcpu);
	/* The vCPU is about to be found, @add, or no more; may be NULL. */
	void (*vcpu_listed)(struct kvm_vcpu *vcpu, bool add);
	/* Has the guest_memfd page been given to the guest? */
	bool (*page_given)(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn);
	/* Does the page belong to a guest or to firmware? */
	bool (*page_owned)(u64 pfn);
	/* The function that had to take back guest_memfd's pages, for messages. */
	const void *gmem_gone;
	/*
	 * Take back the pages of guest_memfd that the guest was given in [@start, @end);
	 * may be NULL.
	 */
	void (*pages_take_back)(struct kvm *kvm, gfn_t start, gfn_t end);
};

/* vendor.c: the one in use */
extern const struct glue_vendor *glue_vendor;
extern const struct glue_vendor glue_amd;	/* vendor_amd.c */

int glue_vendor_init(const struct image_cpu *hw);
void glue_vendor_cpu_up(unsigned int cpu);
/* tdx_mmu.c: a TD accesses a private page: true if there is one, and it is mapped */
bool glue_mirror_fault(struct kvm_vcpu *vcpu, gfn_t gfn) __weak;
/* guestmem.c */
struct kvm_memory_slot *glue_find_slot(struct kvm *kvm, gfn_t gfn);
/* user.c: @len bytes of the VMM's in memory for @caller, or an ERR_PTR() */
void *glue_dup_user(enum image_alloc how, const void __user *src, size_t len, const void *caller);
/* rcu.c: run what @owner's calls left, when none of its readers is left either */
void glue_rcu_barrier(void *owner);
/* gmem.c */
void glue_gmem_gone(void *hva, unsigned long size);
/* misc_cg.c */
void glue_cgroup_init(struct task_struct *task);
/* ida.c: what @owner has not given back; is the KeyID known to hardware? */
void glue_ids_left(void *owner);
bool glue_id_in_use(unsigned int id) __weak;
/* psp.c */
void glue_psp_vcpu(struct kvm_vcpu *vcpu, bool add);
/* rmp.c */
bool glue_rmp_assigned(u64 pfn);
/* Firmware lets the hypervisor have the page again. */
void glue_rmp_set_mutable(u64 pfn);

/* vm.c */
long glue_vm_create(unsigned long type, void *host_vm, void **kvm);
void glue_vm_destroy(void *kvm);
void glue_vm_pre_destroy(struct kvm *kvm);
long glue_vm_ioctl(void *kvm, unsigned int cmd, unsigned long arg);
void glue_private_gone(void *kvm, unsigned long long gpa, unsigned long long size);
/* vcpu.c */
long glue_vcpu_create(void *kvm, unsigned int id, void *run, void *host_vcpu, void **vcpu);
void glue_vcpu_destroy(void *vcpu);
long glue_vcpu_ioctl(void *vcpu, unsigned int cmd, unsigned long arg);
long glue_vcpu_run(void *vcpu);
/* vmrun.c */
long glue_bench_vmgexit(void *vcpu, unsigned long long ghcb_msr);

#endif
