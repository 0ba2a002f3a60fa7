/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference model's device layer: KVM's part around the model, which platform src has
 * from the tree.  The objects that the model sees are the first member of each.
 */
#ifndef INPROC_REF_DEVICE_H
#define INPROC_REF_DEVICE_H

#include "model.h"

/* kvm_run, port I/O data, coalesced ring: what KVM_GET_VCPU_MMAP_SIZE promises. */
#define VCPU_PAGES	3
#define PIO_PAGE_OFFSET	1

/* ---- dev_kvm.c: /dev/kvm of the reference model; an fd, or -errno ---- */

int kvm_dev_open(const char *path, int flags);

/* ---- dev_vm.c ---- */

struct gmem {
	struct vm *vm;
	int fd;			/* our own, whatever the VMM does to its */
	uint64_t size;
	bool *private;		/* by page, where it converts in place; else NULL */
};

/* An engine mapping, at the engine's GPA (view bit included). */
struct mapping {
	uint64_t gpa, size;
	void *hva;
	bool readonly;
};

struct vm {
	struct inproc_vm pub;
	unsigned int refs;		/* VM file, vCPU files, guest_memfd files */
	unsigned long mm;
	bool irqchip;
	struct gmem *slot_gmem[INPROC_MAX_SLOTS];
	uint64_t slot_gmem_offset[INPROC_MAX_SLOTS];
	struct mapping *maps;		/* mem_map.c: what the engine has mapped, by GPA */
	size_t nr_maps;
};

static inline struct vm *to_vm(struct inproc_vm *vm)
{
	return container_of(vm, struct vm, pub);
}

/* An fd, or -errno. */
long vm_create(unsigned long type);
extern const struct file_ops vm_file_ops;
void vm_get(struct vm *vm);
void vm_put(struct vm *vm);

/* ---- dev_vcpu.c ---- */

struct vcpu {
	struct inproc_vcpu pub;
	pthread_mutex_t mutex;		/* one ioctl at a time, as the kernel's */
	struct kvm_mp_state mp_state;
	struct kvm_cpuid2 *cpuid;
	bool has_sigmask;		/* KVM_SET_SIGNAL_MASK */
	sigset_t sigmask;
	bool open_io;			/* ordinary VMs: kvm_run holds an unanswered I/O exit */
};

static inline struct vcpu *to_vcpu(struct inproc_vcpu *vcpu)
{
	return container_of(vcpu, struct vcpu, pub);
}

/* An fd, or -errno. */
long vcpu_create(struct vm *vm, unsigned long id);
/* When the VM goes: vCPUs outlive their descriptors, as in the kernel. */
void vcpu_free(struct vcpu *vcpu);

/* ---- dev_msr.c: MSR ioctls of /dev/kvm and of ordinary VMs ---- */

long msr_index_list(unsigned long arg);
long msr_feature_index_list(unsigned long arg);
long msr_system_get(unsigned long arg);
long msr_vcpu_access(struct inproc_vcpu *vcpu, unsigned long arg, bool write);

/* ---- mem.c ---- */

long mem_set_region(struct vm *vm, unsigned int cmd, unsigned long arg);
/* Tell the model, see its private_gone().  Without locks. */
void mem_private_gone(struct vm *vm, uint64_t gpa, uint64_t size, bool freed);
/* Forget everything; no vCPU is left. */
void mem_destroy(struct vm *vm);

/* ---- mem_map.c ---- */

long mem_set_attributes(struct vm *vm, unsigned long arg);
/* [@gpa, @gpa + @size) bytes, whole pages, become private or shared. */
long mem_set_private(struct vm *vm, uint64_t gpa, uint64_t size, bool private);
/* Slots or attributes have changed: the engine follows.  Under vm->pub.lock. */
int mem_update_engine(struct vm *vm);
void mem_free_maps(struct vm *vm);

/* ---- gmem.c ---- */

long gmem_create(struct vm *vm, unsigned long arg);
/* Give the slot that @mem describes its private memory; 0 or -errno.  Under vm->pub.lock. */
long gmem_bind(struct vm *vm, const struct kvm_userspace_memory_region2 *mem);
void gmem_unbind(struct vm *vm, uint32_t id);

/* ---- gmem_in_place.c: files that say so are converted in place ---- */

/* Set by the model: KVM_CREATE_GUEST_MEMFD takes their flags. */
extern bool gmem_converts;
long gmem_set_attributes(struct gmem *gmem, unsigned long arg);
/* As mmap() of the file: the address or -errno. */
long gmem_map_in_place(const struct gmem *gmem, void *addr, size_t len, int prot, int flags,
		       off_t offset);
void gmem_forget_maps(const struct gmem *gmem);
/* Slot @id may have got a file: its pages are there what they are in the file. */
long gmem_bound(struct vm *vm, uint32_t id);

/* ---- wait.c: what a vCPU needs to sleep; 0 or -errno ---- */

int wait_init(struct inproc_vcpu *vcpu);
void wait_destroy(struct inproc_vcpu *vcpu);

/* kvm_main.c's generic capabilities, then the engine's and the model's. */
long device_check_extension(struct inproc_vm *vm, long cap);

#endif
