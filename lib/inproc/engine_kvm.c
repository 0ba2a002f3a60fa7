// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests as ordinary VMs of the machine's own /dev/kvm, of any vendor, nested
 * too.  System calls go past the preloaded interposers.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"
#include "engine_kvm.h"
#include "gate.h"

/*
 * Ends a KVM_RUN for a kick.  Sent to one thread only, and taken back by it,
 * so a program may use the same number between its own threads.
 */
#define KICK_SIGNAL	(SIGRTMAX - 1)

#define KERNEL_SIGSET_SIZE	8

#define MAX_MSR_RANGES	KVM_MSR_FILTER_MAX_RANGES

struct memslot {
	bool used;
	uint64_t gpa, size;
	char *hva;
	bool readonly;
};

struct engine_vm {
	int fd;
	struct gate gate;
	pthread_mutex_t lock;
	struct memslot *slots;		/* the index is KVM's slot number */
	uint32_t nr_slots;
	uint32_t msrs[MAX_MSR_RANGES];
	uint32_t nr_msrs;
};

struct engine_vcpu {
	struct engine_vm *vm;
	struct gate_vcpu gv;
	int fd;
	struct kvm_run *run;
	sigset_t mask;			/* what KVM_SET_SIGNAL_MASK was last told */
	bool has_mask;
	bool open_mmio;			/* the next KVM_RUN finishes an MMIO access */
	bool interrupted;		/* KICK_SIGNAL sent, not yet taken back */
	int irq;			/* what the guest is to take, or -1 */
	char text[256];
};

/* ---- VMs and their memory ---- */

static int engine_kvm_vm_create(struct engine_vm **out)
{
	struct engine_vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return -ENOMEM;
	vm->fd = engine_kvm_new_vm();
	if (vm->fd < 0) {
		int r = vm->fd;

		free(vm);
		return r;
	}
	pthread_mutex_init(&vm->lock, NULL);
	gate_init(&vm->gate);
	*out = vm;
	return 0;
}

static void engine_kvm_vm_destroy(struct engine_vm *vm)
{
	real_close(vm->fd);
	gate_destroy(&vm->gate);
	pthread_mutex_destroy(&vm->lock);
	free(vm->slots);
	free(vm);
}

static void engine_kvm_pause(struct engine_vm *vm)
{
	gate_pause(&vm->gate);
}

static void engine_kvm_resume(struct engine_vm *vm)
{
	gate_resume(&vm->gate);
}

static struct memslot *free_memslot(struct engine_vm *vm)
{
	struct memslot *grown;
	uint32_t i, nr;

	for (i = 0; i < vm->nr_slots; i++)
		if (!vm->slots[i].used)
			return &vm->slots[i];
	nr = vm->nr_slots ? 2 * vm->nr_slots : 16;
	grown = realloc(vm->slots, nr * sizeof(*grown));
	if (!grown)
		return NULL;
	memset(grown + vm->nr_slots, 0, (nr - vm->nr_slots) * sizeof(*grown));
	vm->slots = grown;
	vm->nr_slots = nr;
	return &vm->slots[i];
}

static int engine_kvm_map(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva,
			  bool readonly)
{
	struct kvm_userspace_memory_region region = {
		.flags = readonly ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (unsigned long)hva,
	};
	struct memslot *slot;
	int r = -ENOMEM;

	pthread_mutex_lock(&vm->lock);
	slot = free_memslot(vm);
	if (slot) {
		region.slot = slot - vm->slots;
		r = (int)kvm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
		if (!r)
			*slot = (struct memslot){ true, gpa, size, hva, readonly };
	}
	pthread_mutex_unlock(&vm->lock);
	return r;
}

static int engine_kvm_unmap(struct engine_vm *vm, uint64_t gpa, uint64_t size)
{
	struct kvm_userspace_memory_region region = { 0 };
	int r = -ENOENT;
	uint32_t i;

	pthread_mutex_lock(&vm->lock);
	for (i = 0; i < vm->nr_slots; i++) {
		struct memslot *slot = &vm->slots[i];

		if (!slot->used || slot->gpa != gpa || slot->size != size)
			continue;
		region.slot = i;
		region.flags = slot->readonly ? KVM_MEM_READONLY : 0;
		region.guest_phys_addr = gpa;
		region.userspace_addr = (unsigned long)slot->hva;
		r = (int)kvm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
		if (!r)
			slot->used = false;
		break;
	}
	pthread_mutex_unlock(&vm->lock);
	return r;
}

/* Where [@gpa, @gpa + @len) is, or NULL: not, or not all of it, or not writable. */
static void *gpa_to_hva(struct engine_vm *vm, uint64_t gpa, uint32_t len, bool write)
{
	void *hva = NULL;
	uint32_t i;

	pthread_mutex_lock(&vm->lock);
	for (i = 0; i < vm->nr_slots; i++) {
		const struct memslot *slot = &vm->slots[i];

		if (slot->used && gpa >= slot->gpa && gpa + len <= slot->gpa + slot->size &&
		    !(write && slot->readonly))
			hva = slot->hva + (gpa - slot->gpa);
	}
	pthread_mutex_unlock(&vm->lock);
	return hva;
}

static int engine_kvm_trap_msr(struct engine_vm *vm, uint32_t index)
{
	static uint8_t no[1] = { 0 };
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_USER_SPACE_MSR,
		.args = { KVM_MSR_EXIT_REASON_FILTER },
	};
	struct kvm_msr_filter filter = { .flags = KVM_MSR_FILTER_DEFAULT_ALLOW };
	uint32_t i;
	long r;

	if (vm->nr_msrs == MAX_MSR_RANGES)
		return -ENOSPC;
	r = kvm_ioctl(vm->fd, KVM_ENABLE_CAP, &cap);
	if (r)
		return (int)r;
	vm->msrs[vm->nr_msrs++] = index;
	for (i = 0; i < vm->nr_msrs; i++)
		filter.ranges[i] = (struct kvm_msr_filter_range){
			.flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,
			.nmsrs = 1,
			.base = vm->msrs[i],
			.bitmap = no,
		};
	return (int)kvm_ioctl(vm->fd, KVM_X86_SET_MSR_FILTER, &filter);
}

/* ---- vCPUs ---- */

static void interrupt(struct gate_vcpu *gv)
{
	struct engine_vcpu *vcpu = container_of(gv, struct engine_vcpu, gv);

	vcpu->interrupted = true;
	/* Pending until KVM_RUN lets it in, so it cannot come too early. */
	syscall(SYS_tgkill, getpid(), gv->tid, KICK_SIGNAL);
}

static int engine_kvm_vcpu_create(struct engine_vm *vm, uint32_t id, struct engine_vcpu **out)
{
	struct engine_vcpu *vcpu = calloc(1, sizeof(*vcpu));
	int r;

	if (!vcpu)
		return -ENOMEM;
	vcpu->vm = vm;
	vcpu->gv.interrupt = interrupt;
	vcpu->irq = -1;
	vcpu->fd = (int)kvm_ioctl(vm->fd, KVM_CREATE_VCPU, (void *)(unsigned long)id);
	if (vcpu->fd < 0) {
		r = vcpu->fd;
		goto err;
	}
	vcpu->fd = fd_move_up(vcpu->fd);
	vcpu->run = real_mmap(NULL, engine_kvm_run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			      vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		r = -ENOMEM;
		real_close(vcpu->fd);
		goto err;
	}
	/* Without an in-kernel local APIC every vCPU is there to run from the start. */
	gate_add(&vm->gate, &vcpu->gv);
	*out = vcpu;
	return 0;
err:
	free(vcpu);
	return r;
}

static void engine_kvm_vcpu_destroy(struct engine_vcpu *vcpu)
{
	gate_remove(&vcpu->gv);
	munmap(vcpu->run, engine_kvm_run_size);
	real_close(vcpu->fd);
	free(vcpu);
}

static int engine_kvm_get_regs(struct engine_vcpu *vcpu, struct kvm_regs *regs)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_GET_REGS, regs);
}

static int engine_kvm_set_regs(struct engine_vcpu *vcpu, const struct kvm_regs *regs)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_REGS, (void *)regs);
}

static int engine_kvm_get_sregs(struct engine_vcpu *vcpu, struct kvm_sregs *sregs)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_GET_SREGS, sregs);
}

static int engine_kvm_set_sregs(struct engine_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	/* Without a local APIC in the kernel CR8 is taken from kvm_run at every entry. */
	vcpu->run->cr8 = sregs->cr8;
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_SREGS, (void *)sregs);
}

static int engine_kvm_set_cpuid2(struct engine_vcpu *vcpu, const struct kvm_cpuid2 *cpuid)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_CPUID2, (void *)cpuid);
}

/* ---- running ---- */

static long set_mask(struct engine_vcpu *vcpu, const sigset_t *mask)
{
	struct {
		struct kvm_signal_mask head;
		uint8_t set[KERNEL_SIGSET_SIZE];
	} __attribute__((packed)) arg = { .head.len = KERNEL_SIGSET_SIZE };
	sigset_t with_kick;
	long r;

	if (vcpu->has_mask && !memcmp(&vcpu->mask, mask, KERNEL_SIGSET_SIZE))
		return 0;
	with_kick = *mask;
	sigdelset(&with_kick, KICK_SIGNAL);
	memcpy(arg.set, &with_kick, KERNEL_SIGSET_SIZE);
	r = kvm_ioctl(vcpu->fd, KVM_SET_SIGNAL_MASK, &arg);
	if (!r) {
		vcpu->mask = *mask;
		vcpu->has_mask = true;
	}
	return r;
}

/* After gate_leave() nobody sends another; take back one that came too late. */
static void take_back_kick(struct engine_vcpu *vcpu)
{
	static const struct timespec now;
	sigset_t set;

	if (!vcpu->interrupted)
		return;
	vcpu->interrupted = false;
	sigemptyset(&set);
	sigaddset(&set, KICK_SIGNAL);
	sigtimedwait(&set, NULL, &now);
}

static bool fail(struct engine_vcpu *vcpu, struct engine_exit *exit, const char *what, long nr)
{
	struct kvm_regs regs = { 0 };

	engine_kvm_get_regs(vcpu, &regs);
	snprintf(vcpu->text, sizeof(vcpu->text), "%s %ld at RIP 0x%llx", what, nr,
		 (unsigned long long)regs.rip);
	exit->reason = ENGINE_EXIT_FAIL;
	exit->text = vcpu->text;
	return true;
}

/*
 * KVM gives up on an instruction that it cannot fetch.  That is an access to
 * memory that isn't there, if RIP points there; nothing has been executed.
 */
static bool internal_error(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	struct kvm_translation tr = { 0 };
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (vcpu->run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION &&
	    !engine_kvm_get_regs(vcpu, &regs) && !engine_kvm_get_sregs(vcpu, &sregs)) {
		tr.linear_address = regs.rip + ((sregs.efer & (1 << 10)) ? 0 : sregs.cs.base);
		if (!kvm_ioctl(vcpu->fd, KVM_TRANSLATE, &tr) && tr.valid &&
		    !gpa_to_hva(vcpu->vm, tr.physical_address, 1, false)) {
			memset(&exit->mem, 0, sizeof(exit->mem));
			exit->reason = ENGINE_EXIT_MEM;
			exit->mem.gpa = tr.physical_address;
			exit->mem.len = 1;
			exit->mem.fetch = true;
			return true;
		}
	}
	return fail(vcpu, exit, "KVM_EXIT_INTERNAL_ERROR, suberror",
		    vcpu->run->internal.suberror);
}

/* kvm_run to @exit; false for what needs no caller. */
static bool translate_exit(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	struct kvm_run *run = vcpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		exit->reason = ENGINE_EXIT_IO;
		exit->io.in = run->io.direction == KVM_EXIT_IO_IN;
		exit->io.size = run->io.size;
		exit->io.port = run->io.port;
		exit->io.count = run->io.count;
		exit->io.data = (char *)run + run->io.data_offset;
		return true;
	case KVM_EXIT_X86_RDMSR:
	case KVM_EXIT_X86_WRMSR:
		exit->reason = ENGINE_EXIT_MSR;
		exit->msr.write = run->exit_reason == KVM_EXIT_X86_WRMSR;
		exit->msr.index = run->msr.index;
		exit->msr.data = run->msr.data;
		exit->msr.error = false;
		return true;
	case KVM_EXIT_MMIO:
		memset(&exit->mem, 0, sizeof(exit->mem));
		exit->reason = ENGINE_EXIT_MEM;
		exit->mem.gpa = run->mmio.phys_addr;
		exit->mem.len = run->mmio.len;
		exit->mem.write = run->mmio.is_write;
		memcpy(exit->mem.data, run->mmio.data, sizeof(exit->mem.data));
		vcpu->open_mmio = true;
		return true;
	case KVM_EXIT_HLT:
		exit->reason = ENGINE_EXIT_HLT;
		return true;
	case KVM_EXIT_SHUTDOWN:
		exit->reason = ENGINE_EXIT_SHUTDOWN;
		return true;
	case KVM_EXIT_INTERNAL_ERROR:
		return internal_error(vcpu, exit);
	case KVM_EXIT_FAIL_ENTRY:
		return fail(vcpu, exit, "KVM_EXIT_FAIL_ENTRY, hardware reason",
			    (long)run->fail_entry.hardware_entry_failure_reason);
	}
	return fail(vcpu, exit, "unexpected exit reason", run->exit_reason);
}

/*
 * The answer to the last exit into kvm_run.  False: it was an access to memory
 * to be tried again, and that memory still isn't there.
 *
 * KVM has the access half done by now and cannot be told to start over, so we
 * do it in its place: that is the same to the guest.
 */
static bool give_answer(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	struct kvm_run *run = vcpu->run;
	void *hva;

	if (exit->reason == ENGINE_EXIT_MSR) {
		run->msr.error = exit->msr.error;
		if (!exit->msr.write)
			run->msr.data = exit->msr.data;
	}
	if (exit->reason != ENGINE_EXIT_MEM || !vcpu->open_mmio)
		return true;

	if (exit->mem.emulate) {
		if (!exit->mem.write)
			memcpy(run->mmio.data, exit->mem.data, sizeof(run->mmio.data));
	} else {
		hva = gpa_to_hva(vcpu->vm, exit->mem.gpa, exit->mem.len, exit->mem.write);
		if (!hva)
			return false;
		if (exit->mem.write)
			memcpy(hva, run->mmio.data, exit->mem.len);
		else
			memcpy(run->mmio.data, hva, exit->mem.len);
	}
	vcpu->open_mmio = false;
	return true;
}

/* The guest can take it now; KVM has it for the next KVM_RUN. */
static long inject(struct engine_vcpu *vcpu)
{
	struct kvm_interrupt irq = { .irq = (uint32_t)vcpu->irq };

	vcpu->irq = -1;
	return kvm_ioctl(vcpu->fd, KVM_INTERRUPT, &irq);
}

static int engine_kvm_run(struct engine_vcpu *vcpu, struct engine_exit *exit, const void *sigmask,
			  bool immediate)
{
	long r;

	r = set_mask(vcpu, sigmask);
	if (r)
		return (int)r;

	for (;;) {
		if (!gate_enter(&vcpu->gv)) {
			/* Kicked: what is open is to be finished all the same. */
			immediate = true;
			continue;
		}
		if (!give_answer(vcpu, exit)) {
			gate_leave(&vcpu->gv);
			if (immediate)
				exit->reason = ENGINE_EXIT_INTR;
			return 0;
		}
		__atomic_store_n(&vcpu->run->immediate_exit, immediate, __ATOMIC_RELAXED);
		vcpu->run->request_interrupt_window = vcpu->irq >= 0;
		r = kvm_ioctl(vcpu->fd, KVM_RUN, NULL);
		gate_leave(&vcpu->gv);
		if (!r && vcpu->run->exit_reason == KVM_EXIT_IRQ_WINDOW_OPEN) {
			exit->reason = ENGINE_EXIT_INTR;
			r = inject(vcpu);
			if (r)
				break;
			continue;
		}

		if (r != -EINTR && r != -EAGAIN)
			break;
		/* Whatever was open is done. */
		exit->reason = ENGINE_EXIT_INTR;
		if (r == -EAGAIN)
			continue;
		if (immediate || !vcpu->interrupted) {
			take_back_kick(vcpu);
			return 0;
		}
		/* For a pause we go in again; a kick shows there. */
		take_back_kick(vcpu);
	}
	take_back_kick(vcpu);
	if (r)
		return fail(vcpu, exit, "KVM_RUN fails with errno", -r) ? 0 : (int)r;
	translate_exit(vcpu, exit);
	return 0;
}

static void engine_kvm_set_interrupt(struct engine_vcpu *vcpu, int vector)
{
	vcpu->irq = vector;
}

static int engine_kvm_interrupt_pending(struct engine_vcpu *vcpu)
{
	return vcpu->irq;
}

static void engine_kvm_kick(struct engine_vcpu *vcpu)
{
	gate_kick(&vcpu->gv);
}

const struct engine_ops engine_kvm = {
	.name = "kvm",
	.usable = engine_kvm_usable,
	.phys_bits = engine_kvm_phys_bits,
	.get_supported_cpuid = engine_kvm_get_supported_cpuid,
	.check_extension = engine_kvm_check_extension,
	.tsc_khz = engine_kvm_tsc_khz,
	.vm_create = engine_kvm_vm_create,
	.vm_destroy = engine_kvm_vm_destroy,
	.map = engine_kvm_map,
	.unmap = engine_kvm_unmap,
	.pause = engine_kvm_pause,
	.resume = engine_kvm_resume,
	.trap_msr = engine_kvm_trap_msr,
	.vcpu_create = engine_kvm_vcpu_create,
	.vcpu_destroy = engine_kvm_vcpu_destroy,
	.get_regs = engine_kvm_get_regs,
	.set_regs = engine_kvm_set_regs,
	.get_sregs = engine_kvm_get_sregs,
	.set_sregs = engine_kvm_set_sregs,
	.set_cpuid2 = engine_kvm_set_cpuid2,
	.run = engine_kvm_run,
	.set_interrupt = engine_kvm_set_interrupt,
	.interrupt_pending = engine_kvm_interrupt_pending,
	.kick = engine_kvm_kick,
};
