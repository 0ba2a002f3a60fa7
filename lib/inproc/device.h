/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device layer's own: what its files share with each other, and nobody
 * else needs.  The objects that platforms see are the first member of each.
 */
#ifndef INPROC_DEVICE_H
#define INPROC_DEVICE_H

#include <sys/types.h>

#include "inproc.h"

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_ALIGNED(x)	(!((x) & (PAGE_SIZE - 1)))

/* kvm_run, port I/O data, coalesced ring: what KVM_GET_VCPU_MMAP_SIZE promises. */
#define VCPU_PAGES	3
#define PIO_PAGE_OFFSET	1

#define container_of(ptr, type, member)	((type *)((char *)(ptr) - offsetof(type, member)))

/* ---- file.c: descriptors ---- */

enum file_kind {
	FILE_DEV,		/* /dev/kvm */
	FILE_SEV,		/* /dev/sev */
	FILE_VM,
	FILE_VCPU,
	FILE_GMEM,
};

/* An open file description: dup'd descriptors share one. */
struct file {
	enum file_kind kind;
	unsigned int refs;
	void *obj;
};

/*
 * Make real descriptor @fd stand for @obj; @fd, or -errno with @fd closed and
 * @obj the caller's still.
 */
int file_install(int fd, enum file_kind kind, void *obj);
/* The description behind @fd with a reference of the caller's, or NULL: not ours. */
struct file *file_get(int fd);
void file_put(struct file *file);
/* May @fd be ours?  Without a lock: for the way past us of every other descriptor. */
bool file_maybe(int fd);

int file_close(int fd);
/* dup2(), dup3(): @how does it. */
int file_dup_onto(int oldfd, int newfd, int flags, bool dup3);
/* dup(), F_DUPFD, F_DUPFD_CLOEXEC: the lowest free descriptor from @min. */
int file_dup(int oldfd, int min, bool cloexec);
void file_close_range(unsigned int first, unsigned int last);

/* ---- device.c ---- */

/* Choose the engine and start the platform, once; 0, or -errno after a diagnostic. */
int device_init(void);
int device_open(const char *path, int flags);
/* Is @path a device of ours? */
bool device_is_path(const char *path);
long dev_ioctl(unsigned int cmd, unsigned long arg);
/* kvm_main.c's generic capabilities, then the engine's and the platform's. */
long device_check_extension(struct inproc_vm *vm, long cap);

/* As the kernel's: 0, or -EFAULT for addresses that aren't there. */
int copy_from_user(void *to, const void *from, size_t len);
int copy_to_user(void *to, const void *from, size_t len);

/*
 * What stands for current->mm: it changes in a child of fork() and stays in one
 * of vfork() or clone(CLONE_VM), as the mm does.
 */
unsigned long current_mm(void);

/* ---- vm.c ---- */

struct gmem {
	struct vm *vm;
	int fd;			/* our own, whatever the VMM does to its */
	uint64_t size;
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
long vm_ioctl(struct vm *vm, unsigned int cmd, unsigned long arg);
void vm_get(struct vm *vm);
void vm_put(struct vm *vm);

/* ---- vcpu.c ---- */

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
long vcpu_ioctl(struct vcpu *vcpu, unsigned int cmd, unsigned long arg);
/* When the VM goes: vCPUs outlive their descriptors, as in the kernel. */
void vcpu_free(struct vcpu *vcpu);

/* ---- msr.c: MSR ioctls of /dev/kvm and of ordinary VMs ---- */

long msr_index_list(unsigned long arg);
long msr_feature_index_list(unsigned long arg);
long msr_system_get(unsigned long arg);
long msr_vcpu_access(struct inproc_vcpu *vcpu, unsigned long arg, bool write);

/* ---- mem.c ---- */

long mem_set_region(struct vm *vm, unsigned int cmd, unsigned long arg);
/* Tell the platform: private memory of [@gpa, @gpa + @size) bytes goes.  Without locks. */
void mem_private_gone(struct vm *vm, uint64_t gpa, uint64_t size);
/* The engine follows, the platform hears of it; 0 or -errno.  Under vm->pub.lock. */
int mem_slots_changed(struct vm *vm);
/* Forget everything; no vCPU is left. */
void mem_destroy(struct vm *vm);

/* ---- mem_map.c ---- */

long mem_set_attributes(struct vm *vm, unsigned long arg);
/* Slots or attributes have changed: the engine follows.  Under vm->pub.lock. */
int mem_update_engine(struct vm *vm);
void mem_free_maps(struct vm *vm);

/* ---- gmem.c ---- */

long gmem_create(struct vm *vm, unsigned long arg);
void gmem_release(struct gmem *gmem);
/* fallocate() of a guest_memfd; 0 or -errno */
int gmem_fallocate(struct gmem *gmem, int mode, off_t offset, off_t len);
/* Give the slot that @mem describes its private memory; 0 or -errno.  Under vm->pub.lock. */
long gmem_bind(struct vm *vm, const struct kvm_userspace_memory_region2 *mem);
void gmem_unbind(struct vm *vm, uint32_t id);

/* ---- share.c ---- */

/*
 * Have @size bytes of the VMM's at @hva, page aligned, as memory that mremap()
 * makes aliases of, if they are plain private memory; else they stay what they are.
 */
void share_memory(void *hva, size_t size);

/* ---- diag.c ---- */

/* Say, once for each @cmd, that an ioctl of a @what is not implemented; returns @err. */
long diag_unsupported(const char *what, unsigned int cmd, long err);
const char *diag_ioctl_name(unsigned int cmd);

/* ---- wait.c: what a vCPU needs to sleep; 0 or -errno ---- */

int wait_init(struct inproc_vcpu *vcpu);
void wait_destroy(struct inproc_vcpu *vcpu);

/* ---- preload.c: libc's own, past our interposers ---- */

int real_open(const char *path, int flags);
int real_ioctl(int fd, unsigned long cmd, unsigned long arg);
int real_close(int fd);
void *real_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
/* Move @fd out of the way of the program's own descriptors. */
int fd_move_up(int fd);

#endif
