// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of a few instructions, to learn what the machine's KVM does.
 *
 * KVM's device being there does not mean that it can run a guest (a nested machine may
 * refuse, a module may be blocked): have one say OUT, in real mode.  Then, what becomes of
 * an access to a page that a slot has, but the process has not?
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "kvm_engine.h"

#define MEM_SIZE	(2 * PAGE_SIZE)
#define MISSING		PAGE_SIZE	/* the second page */

#define CR0_LONG	0x80050033ULL	/* PG AM WP NE ET MP PE */
#define CR4_PAE		(1ULL << 5)
#define EFER_LONG	0xd00ULL	/* NXE LMA LME */

/* In struct kvm_run from Linux 6.8 on. */
#ifndef KVM_EXIT_MEMORY_FAULT
#error "build with the uAPI headers of Linux 6.8 or later"
#endif

/* log2 of bytes: of windows without and with shadow page tables, and what may be too dear */
#define SHIFT_LARGE	39
#define SHIFT_MEDIUM	32
#define SHIFT_SMALL	26
#define TOO_DEAR_US	10000

enum kvm_fault_mode engine_kvm_fault_mode = KVM_FAULT_SLOTS;
unsigned int engine_kvm_window_shift = SHIFT_SMALL;

struct probe {
	int vm, vcpu;
	char *mem;			/* guest-physical 0 */
	struct kvm_run *run;
};

static void probe_close(struct probe *p)
{
	if (p->run != MAP_FAILED)
		munmap(p->run, engine_kvm_run_size);
	if (p->vcpu >= 0)
		real_close(p->vcpu);
	if (p->vm >= 0)
		real_close(p->vm);
	if (p->mem != MAP_FAILED)
		munmap(p->mem, MEM_SIZE);
}

/* A vCPU in real mode with @code at 0; 0 or -errno. */
static long probe_open(struct probe *p, const uint8_t *code, size_t len)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEM_SIZE };
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;
	long r;

	*p = (struct probe){ -1, -1, MAP_FAILED, MAP_FAILED };
	p->mem = real_mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   0);
	if (p->mem == MAP_FAILED)
		return -ENOMEM;
	memcpy(p->mem, code, len);
	if (mprotect(p->mem + MISSING, PAGE_SIZE, PROT_NONE))
		return -errno;
	region.userspace_addr = (unsigned long)p->mem;

	r = p->vm = engine_kvm_new_vm();
	if (r >= 0)
		r = kvm_ioctl(p->vm, KVM_SET_USER_MEMORY_REGION, &region);
	if (!r)
		r = p->vcpu = (int)kvm_ioctl(p->vm, KVM_CREATE_VCPU, NULL);
	if (r < 0)
		return r;
	p->run = real_mmap(NULL, engine_kvm_run_size, PROT_READ | PROT_WRITE, MAP_SHARED, p->vcpu,
			   0);
	r = p->run == MAP_FAILED ? -ENOMEM : kvm_ioctl(p->vcpu, KVM_GET_SREGS, &sregs);
	if (r)
		return r;
	sregs.cs.base = sregs.cs.selector = 0;
	r = kvm_ioctl(p->vcpu, KVM_SET_SREGS, &sregs);
	return r ? r : kvm_ioctl(p->vcpu, KVM_SET_REGS, &regs);
}

static long probe_run(struct probe *p)
{
	long r;

	do {
		r = kvm_ioctl(p->vcpu, KVM_RUN, NULL);
	} while (r == -EINTR);
	return r;
}

static bool faulted(const struct probe *p, long r)
{
	return r == -EFAULT && p->run->exit_reason == KVM_EXIT_MEMORY_FAULT &&
	       (p->run->memory_fault.gpa & ~(PAGE_SIZE - 1)) == MISSING;
}

/* In long mode, with CR3 in the missing page: does that come out? */
static bool missing_table_exits(void)
{
	static const uint8_t code[] = { 0xf4 };
	struct kvm_sregs sregs;
	struct probe p;
	bool exits = false;

	if (!probe_open(&p, code, sizeof(code)) && !kvm_ioctl(p.vcpu, KVM_GET_SREGS, &sregs)) {
		sregs.cr0 = CR0_LONG;
		sregs.cr3 = MISSING;
		sregs.cr4 = CR4_PAE;
		sregs.efer = EFER_LONG;
		sregs.cs.l = 1;
		sregs.cs.g = 1;
		sregs.cs.limit = ~0u;
		exits = !kvm_ioctl(p.vcpu, KVM_SET_SREGS, &sregs) && faulted(&p, probe_run(&p));
	}
	probe_close(&p);
	return exits;
}

static bool missing_data_exits(void)
{
	static const uint8_t code[] = { 0xa0, 0x00, 0x10, 0xf4 };	/* mov 0x1000,%al; hlt */
	bool exits = false;
	struct probe p;
	long r;

	if (!probe_open(&p, code, sizeof(code))) {
		r = probe_run(&p);
		exits = faulted(&p, r) || (!r && p.run->exit_reason == KVM_EXIT_MMIO &&
					   p.run->mmio.phys_addr == MISSING &&
					   !p.run->mmio.is_write);
	}
	probe_close(&p);
	return exits;
}

/* KVM may make something for each page of a slot all the same, for nested guests. */
static unsigned int window_shift(void)
{
	const size_t size = 1ULL << SHIFT_LARGE;
	struct kvm_userspace_memory_region region = { .memory_size = size };
	unsigned int shift = SHIFT_MEDIUM;
	struct timespec from, to;
	int vm = engine_kvm_new_vm();
	void *hva;

	hva = real_mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	region.userspace_addr = (unsigned long)hva;
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (vm >= 0 && hva != MAP_FAILED &&
	    !kvm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region)) {
		clock_gettime(CLOCK_MONOTONIC, &to);
		if ((to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000 <
		    TOO_DEAR_US)
			shift = SHIFT_LARGE;
	}
	if (vm >= 0)
		real_close(vm);
	if (hva != MAP_FAILED)
		munmap(hva, size);
	return shift;
}

long kvm_probe(void)
{
	static const uint8_t code[] = { 0xe6, 0x42, 0xf4 };	/* out %al,$0x42; hlt */
	struct probe p;
	long r;

	r = probe_open(&p, code, sizeof(code));
	if (!r)
		r = probe_run(&p);
	if (!r && (p.run->exit_reason != KVM_EXIT_IO || p.run->io.port != 0x42))
		r = -ENOEXEC;
	probe_close(&p);
	if (r)
		return r;
	if (missing_table_exits()) {
		engine_kvm_fault_mode = KVM_FAULT_EXIT;
		engine_kvm_window_shift = window_shift();
	} else if (missing_data_exits()) {
		engine_kvm_fault_mode = KVM_FAULT_MMIO;
	}
	return 0;
}
