// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the kernel's as descriptors of the process's: system calls go on to the file
 * operations that KVM has registered.
 *
 * What the uAPI says about a call is known here and nowhere below: KVM_CREATE_VM makes a
 * VM, KVM_CREATE_VCPU a vCPU, and whatever a file's ioctl makes belongs to the file's VM.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "engine/cpuid2.h"
#include "services.h"
#include "src/hw/hw.h"
#include "src/image/loader.h"
#include "src/watch/memory.h"
#include "src/watch/race.h"
#include "src/watch/watch.h"

enum kfile_kind { KFILE_KVM, KFILE_VM, KFILE_VCPU, KFILE_OTHER };

struct kfile {
	enum kfile_kind kind;
	void *file;			/* the image's, with a reference */
	struct src_vm *vm;		/* with a reference, or NULL */
	struct src_vcpu *vcpu;		/* KFILE_VCPU: its own */
};

/* What this thread's ioctl makes. */
static __thread struct {
	enum kfile_kind kind;
	unsigned int id;		/* of a vCPU */
} makes;

void kfile_enter(struct src_vm *vm)
{
	image_enter();
	memory_enter(vm);
	src_now.vm = vm;
	race_kernel_runs(true);
}

long kfile_leave(long ret)
{
	race_kernel_runs(false);
	src_now.vm = NULL;
	memory_leave();
	return ret;
}

/* ---- VMs and vCPUs ---- */

static struct src_vm *vm_new(void)
{
	struct src_vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return NULL;
	vm->refs = 1;
	vm->mm = current_mm();
	pthread_mutex_init(&vm->lock, NULL);
	return vm;
}

struct src_vm *kfile_vm_get(struct src_vm *vm)
{
	if (vm)
		__atomic_fetch_add(&vm->refs, 1, __ATOMIC_RELAXED);
	return vm;
}

/*
 * VMs that have lent each other their encryption context have memory in common: what one
 * allocated may be the other's until that is gone, too.  Then all are looked at.
 */
static struct src_vm *gone;
static bool contexts_moved;
static pthread_mutex_t gone_lock = PTHREAD_MUTEX_INITIALIZER;

static void note_context(const struct kfile *k, unsigned int cmd, unsigned long arg)
{
	struct kvm_enable_cap cap;

	if (k->kind == KFILE_VM && cmd == KVM_ENABLE_CAP &&
	    !copy_from_user(&cap, (void *)arg, sizeof(cap)) &&
	    (cap.cap == KVM_CAP_VM_COPY_ENC_CONTEXT_FROM ||
	     cap.cap == KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM))
		contexts_moved = true;
}

static void vm_free(struct src_vm *vm)
{
	image->ids_left(vm);
	memory_vm_destroyed(vm);
	pthread_mutex_destroy(&vm->lock);
	free(vm);
}

static void vm_gone(struct src_vm *vm)
{
	struct src_vm *next;

	pthread_mutex_lock(&gone_lock);
	vm->next_gone = gone;
	gone = vm;
	if (!contexts_moved || !hang_nr_vms()) {
		for (vm = gone; vm; vm = next) {
			next = vm->next_gone;
			vm_free(vm);
		}
		gone = NULL;
		contexts_moved = false;
	}
	pthread_mutex_unlock(&gone_lock);
}

/*
 * Its last file has gone, and with it the kernel's VM.  A child's copy of its parent's is
 * left alone: the engine behind it is the parent's.
 */
void kfile_vm_put(struct src_vm *vm)
{
	if (!vm || __atomic_sub_fetch(&vm->refs, 1, __ATOMIC_ACQ_REL) || vm->mm != current_mm())
		return;
	kfile_enter(vm);
	image->settle();
	kfile_leave(0);
	src_td_vm_destroyed(vm);
	guest_vm_destroy(vm);
	hang_vm_destroyed();
	vm_gone(vm);
}

static void vcpu_free(struct src_vcpu *vcpu)
{
	if (!vcpu)
		return;
	hang_forget(vcpu);
	guest_vcpu_destroy(vcpu);
	free(vcpu->cpuid);
	free(vcpu);
}

static struct src_vcpu *vcpu_new(struct src_vm *vm, unsigned int id, void *file)
{
	struct src_vcpu *vcpu = calloc(1, sizeof(*vcpu));

	if (!vcpu)
		abort();
	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->file = file;
	hang_track(vcpu);
	return vcpu;
}

/* ---- descriptors of the image's ---- */

IMAGE_CALL int kfile_take(unsigned int flags)
{
	int fd = eventfd(0, flags & O_CLOEXEC ? EFD_CLOEXEC : 0);

	return fd < 0 ? -errno : fd;
}

IMAGE_CALL void kfile_give_back(int fd)
{
	real_close(fd);
}

IMAGE_CALL void kfile_install(int fd, void *file)
{
	struct kfile *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	k->kind = makes.kind;
	k->file = file;
	k->vm = kfile_vm_get(src_now.vm);
	if (k->kind == KFILE_VCPU)
		k->vcpu = vcpu_new(k->vm, makes.id, file);
	if (file_install(fd, &kfile_ops, k) < 0) {
		inproc_diag("descriptor %d is too high for the in-process KVM", fd);
		abort();
	}
}

static struct kfile *kfile_get(int fd, struct file **file)
{
	*file = file_get(fd);
	if (*file && (*file)->ops == &kfile_ops)
		return (*file)->obj;
	file_put(*file);
	return NULL;
}

IMAGE_CALL void *kfile_of_fd(int fd)
{
	struct file *file;
	struct kfile *k = kfile_get(fd, &file);
	void *found = k ? k->file : NULL;

	if (k)
		file_put(file);
	return found;
}

struct src_vcpu *src_vcpu_of_fd(int fd)
{
	struct file *file;
	struct kfile *k = kfile_get(fd, &file);
	struct src_vcpu *vcpu = k ? k->vcpu : NULL;

	if (k)
		file_put(file);
	return vcpu;
}

int kfile_open(const char *name, int flags)
{
	void *file;
	long ret;
	int fd;

	fd = kfile_take(flags);
	if (fd < 0)
		return fd;
	kfile_enter(NULL);
	makes.kind = !strcmp(name, "kvm") ? KFILE_KVM : KFILE_OTHER;
	ret = image->open(name, flags, &file);
	if (ret)
		real_close(fd);
	else
		kfile_install(fd, file);
	kfile_leave(0);
	return ret ?: fd;
}

/* ---- file operations ---- */

/* One call more, or less, that may change the VM's page tables: see gtlb_compare(). */
static void count_call(struct src_vm *vm, int more)
{
	if (vm)
		__atomic_add_fetch(&vm->calls, more, __ATOMIC_RELAXED);
}

/* Guests' memory is mapped a second time for them, which only shared memory can be. */
static void share_slot(unsigned int cmd, unsigned long arg)
{
	struct kvm_userspace_memory_region region;

	if ((cmd != KVM_SET_USER_MEMORY_REGION && cmd != KVM_SET_USER_MEMORY_REGION2) ||
	    copy_from_user(&region, (void *)arg, sizeof(region)) || !region.memory_size)
		return;
	share_memory((void *)(uintptr_t)region.userspace_addr, region.memory_size);
	/* Some changes are not seen: libc's own. */
	memory_changed(region.userspace_addr, region.userspace_addr + region.memory_size);
}

/* What the VMM has set is what the guest's CPUID instruction gives, in the engine. */
static void keep_cpuid(struct src_vcpu *vcpu)
{
	struct kvm_cpuid2 *cpuid = cpuid2_new();
	long ret;

	if (!cpuid)
		return;
	src_steps_are_ours(true);
	ret = image->ioctl(vcpu->file, KVM_GET_CPUID2, (uintptr_t)cpuid);
	src_steps_are_ours(false);
	if (ret) {
		free(cpuid);
		return;
	}
	free(vcpu->cpuid);
	vcpu->cpuid = cpuid;
	vcpu->cpuid_changed = true;
}

/* SIGCANCEL and SIGSETXID, 32 and 33 */
#define LIBC_SIGNALS	(3UL << 31)

/*
 * Handlers must run when KVM_RUN returns, not in the middle of the engine or of
 * the kernel's code: block everything, let the engine watch what is pending.
 * Signals that a fault of the running thread raises stay open, so that a crash
 * in here is one.
 */
static void block_signals(sigset_t *old)
{
	static const int synchronous[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	sigset_t block;

	sigfillset(&block);
	for (size_t i = 0; i < sizeof(synchronous) / sizeof(synchronous[0]); i++)
		sigdelset(&block, synchronous[i]);
	/* libc keeps its own out of every set, and one of them ends a thread. */
	*(unsigned long *)&block |= LIBC_SIGNALS;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &block, old, sizeof(unsigned long));
	hang_unblock(&block, old);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &block, NULL, sizeof(unsigned long));
}

static long run(struct src_vcpu *vcpu, unsigned long arg, const sigset_t *caller)
{
	long ret;

	vcpu->sigmask = *caller;
	vcpu->tid = syscall(SYS_gettid);
	src_now.vcpu = vcpu;
	image->set_run_delay(ktask_run_delay());
	ret = image->ioctl(vcpu->file, KVM_RUN, arg);
	src_now.vcpu = NULL;
	vcpu->tid = 0;
	return ret;
}

/* What the kernel says of the guest's memory has to be true when the guest goes on. */
static void note_memory(struct src_vm *vm, unsigned int cmd)
{
	switch (cmd) {
	case KVM_SET_USER_MEMORY_REGION:
	case KVM_SET_USER_MEMORY_REGION2:
	case KVM_SET_MEMORY_ATTRIBUTES:
	case KVM_CLEAR_DIRTY_LOG:
		__atomic_store_n(&vm->moved, true, __ATOMIC_RELAXED);
	}
}

static long kfile_ioctl(void *obj, unsigned int cmd, unsigned long arg)
{
	struct kfile *k = obj;
	struct src_vm *vm = k->vm, *made = NULL;
	const bool runs = k->vcpu && cmd == KVM_RUN;
	sigset_t caller;
	long ret;

	if (k->kind == KFILE_KVM && cmd == KVM_CREATE_VM) {
		vm = made = vm_new();
		if (!vm)
			return -ENOMEM;
	}
	if (k->kind == KFILE_VM)
		share_slot(cmd, arg);
	if (runs) {
		sigemptyset(&caller);
		block_signals(&caller);
	}
	kfile_enter(vm);
	makes.kind = made ? KFILE_VM : k->kind == KFILE_VM && cmd == KVM_CREATE_VCPU ? KFILE_VCPU :
		    KFILE_OTHER;
	makes.id = arg;
	src_now.of = k->vcpu;
	count_call(vm, 1);
	if (runs)
		ret = run(k->vcpu, arg, &caller);
	else
		ret = image->ioctl(k->file, cmd, arg);
	if (vm)
		note_memory(vm, cmd);
	count_call(vm, -1);
	if (k->vcpu && !ret && cmd == KVM_SET_CPUID2)
		keep_cpuid(k->vcpu);
	if (!ret)
		note_context(k, cmd, arg);
	kfile_leave(0);
	if (runs)
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &caller, NULL, sizeof(unsigned long));
	if (made) {
		if (ret >= 0)
			hang_vm_created();
		/* The VM's file has its own by now. */
		__atomic_sub_fetch(&made->refs, 1, __ATOMIC_ACQ_REL);
		if (ret < 0)
			vm_free(made);
	}
	return ret;
}

static long kfile_mmap(void *obj, void *addr, size_t len, int prot, int flags, off_t offset)
{
	struct kfile *k = obj;

	return mapping_new(&(struct mapped){ k->vm, k->vcpu, k->file, prot, offset }, addr, len,
			   flags);
}

static long kfile_stat(void *obj, struct stat *stat)
{
	struct kfile *k = obj;
	struct image_stat from;
	long ret;

	kfile_enter(k->vm);
	ret = kfile_leave(image->stat(k->file, &from));
	if (ret)
		return ret;
	memset(stat, 0, sizeof(*stat));
	stat->st_mode = S_IFREG | S_IRUSR | S_IWUSR;
	stat->st_nlink = 1;
	stat->st_ino = from.ino;
	stat->st_size = from.size;
	stat->st_blksize = from.block;
	return 0;
}

static long kfile_fallocate(void *obj, int mode, off_t offset, off_t len)
{
	struct kfile *k = obj;

	long ret;

	kfile_enter(k->vm);
	count_call(k->vm, 1);
	ret = image->fallocate(k->file, mode, offset, len);
	if (k->vm)
		__atomic_store_n(&k->vm->moved, true, __ATOMIC_RELAXED);
	count_call(k->vm, -1);
	return kfile_leave(ret);
}

static long kfile_read(void *obj, void *to, size_t len, long long *pos)
{
	struct kfile *k = obj;

	kfile_enter(k->vm);
	return kfile_leave(image->read(k->file, to, len, pos));
}

static void kfile_release(void *obj)
{
	struct kfile *k = obj;

	if (!k->vm || k->vm->mm == current_mm()) {
		kfile_enter(k->vm);
		/* The end of a guest_memfd takes its pages out of page tables. */
		count_call(k->vm, 1);
		image->release_file(k->file);
		count_call(k->vm, -1);
		kfile_leave(0);
		vcpu_free(k->vcpu);
	}
	kfile_vm_put(k->vm);
	free(k);
}

const struct file_ops kfile_ops = {
	.ioctl = kfile_ioctl,
	.mmap = kfile_mmap,
	.stat = kfile_stat,
	.fallocate = kfile_fallocate,
	.read = kfile_read,
	.release = kfile_release,
};
