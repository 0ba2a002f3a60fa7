/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects that the device layer and a model have in common, and what each does for the
 * other.
 *
 * The device layer owns file descriptors, kvm_run pages, memory slots, guest_memfd, memory
 * attributes and ordinary VMs.  For a confidential VM everything else is the model's: it
 * answers capabilities, VM and vCPU ioctls and KVM_RUN.
 *
 * Functions that return long or int give 0 or more, or -errno.
 */
#ifndef INPROC_MODEL_H
#define INPROC_MODEL_H

#include "base/base.h"
#include "engine/engine.h"

#define INPROC_MAX_SLOTS	64
#define INPROC_MAX_VCPUS	64
#define INPROC_MAX_VCPU_ID	(4 * INPROC_MAX_VCPUS)
/* KVM_MAX_VCPU_IDS of x86 */
#define INPROC_MAX_VCPU_IDS	4096

struct inproc_vm;

struct inproc_slot {
	bool used;
	uint32_t flags;			/* KVM_MEM_* */
	uint64_t gpa, size;		/* bytes */
	void *hva;			/* shared view: the VMM's mapping */
	void *gmem_hva;			/* private view: our mapping of guest_memfd, or NULL */
	uint64_t *given;		/* a bit for each page, see private_is_given */
};

struct inproc_vcpu {
	struct inproc_vm *vm;
	uint32_t id;
	int fd;
	/*
	 * kvm_run and the pages after it as KVM_GET_VCPU_MMAP_SIZE promises
	 * (page 1: port I/O data, page 2: coalesced ring), always mapped here
	 * whatever the VMM maps or unmaps.
	 */
	struct kvm_run *run;
	struct engine_vcpu *engine;
	struct engine_exit exit;	/* the engine's last exit */
	sigset_t sigmask;		/* of the thread in KVM_RUN, as it was before */
	int wake_fd;			/* inproc_wake() */
	void *priv;			/* the model's */
};

struct inproc_vm {
	int fd;
	unsigned long type;		/* KVM_X86_*_VM */
	bool confidential;		/* type is one of the model's */
	pthread_mutex_t lock;		/* slots, attributes, vCPU list */
	struct inproc_slot slots[INPROC_MAX_SLOTS];
	struct inproc_vcpu *vcpus[INPROC_MAX_VCPUS];
	unsigned int nr_vcpus;
	struct engine_vm *engine;
	/*
	 * Confidential VMs: the GPA bit that picks the view, set by the
	 * model in vm_create() before the engine maps anything, or later with
	 * inproc_set_view(); until then 0, and nothing tells the views apart.
	 * SNP: the C-bit (set: private); TDX: the shared bit (set: shared).
	 */
	uint64_t view_bit;
	bool view_bit_is_private;
	/*
	 * Set by the model in vm_create(): the guest has those pages in its private view
	 * that inproc_give_page() names, whatever the VMM's attributes say, as by a TD's secure
	 * EPT.  Otherwise it has those that have the attribute.
	 */
	bool private_is_given;
	struct inproc_attr_range *attrs;	/* mem.c: KVM_MEMORY_ATTRIBUTE_PRIVATE ranges */
	void *priv;			/* the model's */
};

/*
 * A model: who answers for confidential VMs.  vm/vcpu callbacks run on the caller's thread.
 */
struct model_ops {
	/* Can it create VMs of @type? */
	bool (*has_vm_type)(unsigned long type);
	/* KVM_CHECK_EXTENSION beyond kvm_main.c's generic ones; @vm NULL on /dev/kvm. */
	long (*check_extension)(struct inproc_vm *vm, long cap);
	/* What KVM_GET_SUPPORTED_CPUID has beyond the engine's; may be NULL. */
	void (*add_cpuid)(struct kvm_cpuid2 *cpuid);
	/* A device attribute of /dev/kvm: 0 and *@value, or -errno; may be NULL. */
	long (*attribute)(uint32_t group, uint64_t attr, uint64_t *value);

	/*
	 * @vm has type, fd and engine; the model sets view_bit and priv.
	 * destroy: every vCPU is gone, memory slots still stand.
	 */
	long (*vm_create)(struct inproc_vm *vm);
	void (*vm_destroy)(struct inproc_vm *vm);
	/* Every VM ioctl but memory slots, guest_memfd, attributes and vCPU creation. */
	long (*vm_ioctl)(struct inproc_vm *vm, unsigned int cmd, unsigned long arg);
	/*
	 * Private memory at [@gpa, @gpa + @size) bytes becomes shared, or what backs it goes
	 * away (@freed): called before it does, without locks; may be NULL.
	 */
	void (*private_gone)(struct inproc_vm *vm, uint64_t gpa, uint64_t size, bool freed);

	/* @vcpu has vm, id, run and engine; the model sets priv. */
	long (*vcpu_create)(struct inproc_vcpu *vcpu);
	void (*vcpu_destroy)(struct inproc_vcpu *vcpu);
	/* Every vCPU ioctl but KVM_RUN. */
	long (*vcpu_ioctl)(struct inproc_vcpu *vcpu, unsigned int cmd, unsigned long arg);
	/* KVM_RUN; all signals are blocked, vcpu->sigmask is the caller's mask. */
	long (*vcpu_run)(struct inproc_vcpu *vcpu);
};

/* NULL before a model has set it. */
extern const struct model_ops *model;

/* ---- mem.c, mem_map.c: what a model may ask of the device layer ---- */

/*
 * The host address of guest physical address @gpa (without the view bit) in
 * the private or shared view, and in *@len how many bytes follow it in the
 * same slot; NULL if no slot backs it in that view.  Slots only: attributes
 * are not looked at, as in the kernel's own kvm_read_guest().
 */
void *inproc_gpa_to_hva(struct inproc_vm *vm, uint64_t gpa, bool private, uint64_t *len);
/* The slot around @gpa, or NULL. */
const struct inproc_slot *inproc_find_slot(struct inproc_vm *vm, uint64_t gpa);
/* Is KVM_MEMORY_ATTRIBUTE_PRIVATE set for the page at @gpa? */
bool inproc_gpa_is_private(struct inproc_vm *vm, uint64_t gpa);
/* Is it set for no page of [@gpa, @gpa + @size)? */
bool inproc_range_is_shared(struct inproc_vm *vm, uint64_t gpa, uint64_t size);

/*
 * With private_is_given: from the next inproc_update_view(), or change of slots or
 * attributes, the guest has the page of guest_memfd at @gpa in its private view, or has it
 * no more.  False: no guest_memfd backs it.
 */
bool inproc_give_page(struct inproc_vm *vm, uint64_t gpa, bool give);
int inproc_update_view(struct inproc_vm *vm);
/* Is it in a slot that the guest cannot write to? */
bool inproc_is_readonly(struct inproc_vm *vm, uint64_t gpa);

/*
 * From now on GPA bit @view_bit (a mask of one bit, or 0: none) picks the view, as in
 * struct inproc_vm; what is mapped already moves.  For VMs that learn of it late:
 * a TD's VMM gives the address width with KVM_TDX_INIT_VM, when slots may stand.
 * 0; -EINVAL if a slot reaches that bit, or another error of the engine's.  Then all is
 * as it was.
 */
int inproc_set_view(struct inproc_vm *vm, uint64_t view_bit, bool view_bit_is_private);

/* ---- wait.c ---- */

/*
 * Sleep until inproc_wake() of , since the last time too, or a signal is pending that
 * vcpu->sigmask does not block.  By the thread in KVM_RUN; INPROC_WAIT_* or -errno.
 */
int inproc_wait(struct inproc_vcpu *vcpu);
#define INPROC_WAIT_WOKEN	0
#define INPROC_WAIT_SIGNAL	1
/* By any thread. */
void inproc_wake(struct inproc_vcpu *vcpu);

/*
 * Patch every site in [@gpa, @gpa + @size) of the private view (GPA and bytes,
 * page aligned); the number of sites, or -errno.  Sites that straddle two
 * pages are found if both pages lie in the range.
 */
int inproc_patch_sites(struct inproc_vm *vm, uint64_t gpa, uint64_t size);

/*
 * KVM_SET_CPUID2 and KVM_GET_CPUID2 (dev_cpuid.c): the engine gets what the VMM gives with @arg,
 * and *@kept keeps it, freed and replaced; NULL: nothing was given yet.
 */
long inproc_set_cpuid2(struct inproc_vcpu *vcpu, struct kvm_cpuid2 **kept, unsigned long arg);
long inproc_get_cpuid2(const struct kvm_cpuid2 *kept, unsigned long arg);

/* An ioctl of a vCPU as of an ordinary one, whose registers are the VMM's (dev_vcpu.c). */
long inproc_ordinary_vcpu_ioctl(struct inproc_vcpu *vcpu, unsigned int cmd, unsigned long arg);

#endif
