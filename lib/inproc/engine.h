/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What executes the guest's instructions for the in-process KVM.
 *
 * An engine is a bare machine: physical memory made of host mappings, and
 * vCPUs with registers.  It knows nothing of SNP or TDX; the layer above gives
 * it a private and a shared view as two physical address ranges.
 *
 * Functions that return int give 0 or -errno, unless they say otherwise.
 */
#ifndef INPROC_ENGINE_H
#define INPROC_ENGINE_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine_vm;
struct engine_vcpu;

enum engine_exit_reason {
	ENGINE_EXIT_IO,		/* port I/O; nothing is retired until the next run() */
	ENGINE_EXIT_MSR,	/* RDMSR/WRMSR of a trapped MSR (engine_ops.trap_msr) */
	ENGINE_EXIT_MEM,	/* access to a physical address that nothing backs */
	ENGINE_EXIT_HLT,
	ENGINE_EXIT_SHUTDOWN,	/* triple fault */
	ENGINE_EXIT_INTR,	/* a signal that the caller's mask lets through is pending */
	ENGINE_EXIT_FAIL,	/* the engine itself failed; text says how */
};

/*
 * An exit and, when the next run() starts, the answer to it: for IO IN the
 * caller has filled io.data by then, for an MSR read msr.data.
 */
struct engine_exit {
	enum engine_exit_reason reason;
	union {
		struct {
			bool in;		/* IN/INS, else OUT/OUTS */
			uint8_t size;		/* bytes: 1, 2 or 4 */
			uint16_t port;
			uint32_t count;		/* of elements, 1 unless REP INS/OUTS */
			void *data;		/* engine's buffer, size * count bytes */
		} io;
		struct {
			bool write;
			uint32_t index;
			uint64_t data;
			bool error;		/* answer: inject #GP */
		} msr;
		struct {
			uint64_t gpa;
			uint32_t len;		/* bytes */
			bool write;
			bool fetch;		/* of an instruction: len 1 */
			uint8_t data[8];	/* a write: what; answer to a read with emulate */
			/*
			 * Answer: true to finish the access with data (MMIO);
			 * false, as it is on exit, to try it again.
			 */
			bool emulate;
		} mem;
		const char *text;
	};
};

struct engine_ops {
	const char *name;

	/* Can it run here?  If not, *why says why not, in words for a user. */
	bool (*usable)(const char **why);

	/* Physical address width of its guests, in bits. */
	unsigned int (*phys_bits)(void);

	/* As the ioctls of /dev/kvm do for an ordinary VM; @cpuid->nent as there (E2BIG). */
	int (*get_supported_cpuid)(struct kvm_cpuid2 *cpuid);
	/* KVM_CHECK_EXTENSION for an ordinary VM; the value, 0 for what it lacks. */
	int (*check_extension)(long cap);
	/* kHz, or -errno */
	int (*tsc_khz)(void);

	int (*vm_create)(struct engine_vm **vm);
	void (*vm_destroy)(struct engine_vm *vm);
	/*
	 * Back [@gpa, @gpa + @size) bytes with @hva / no longer back it.  Ranges
	 * are page aligned, never overlap, and an unmapped range was mapped with
	 * just these bounds.  May be called while vCPUs run; it returns when no
	 * vCPU uses the old mapping any more.
	 */
	int (*map)(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva, bool readonly);
	int (*unmap)(struct engine_vm *vm, uint64_t gpa, uint64_t size);
	/*
	 * Between pause and resume no vCPU executes, so that what is mapped and
	 * unmapped in between is one change to guests; run() waits.
	 */
	void (*pause)(struct engine_vm *vm);
	void (*resume)(struct engine_vm *vm);
	/* Have accesses to MSR @index come out as ENGINE_EXIT_MSR; before any vCPU. */
	int (*trap_msr)(struct engine_vm *vm, uint32_t index);

	int (*vcpu_create)(struct engine_vm *vm, uint32_t id, struct engine_vcpu **vcpu);
	void (*vcpu_destroy)(struct engine_vcpu *vcpu);
	int (*get_regs)(struct engine_vcpu *vcpu, struct kvm_regs *regs);
	int (*set_regs)(struct engine_vcpu *vcpu, const struct kvm_regs *regs);
	int (*get_sregs)(struct engine_vcpu *vcpu, struct kvm_sregs *sregs);
	int (*set_sregs)(struct engine_vcpu *vcpu, const struct kvm_sregs *sregs);
	int (*set_cpuid2)(struct engine_vcpu *vcpu, const struct kvm_cpuid2 *cpuid);

	/*
	 * Run the guest until it needs the caller: finish what the last exit
	 * left open (the IN's data, ...), then execute.  @exit is the last
	 * exit's on entry (reason ENGINE_EXIT_INTR the first time) and the new
	 * one on return.  All signals are blocked while it runs; @sigmask is
	 * the mask the caller had, and a pending signal that it does not block
	 * ends the run with ENGINE_EXIT_INTR.  With @immediate it only finishes
	 * what was open, and returns ENGINE_EXIT_INTR.
	 */
	int (*run)(struct engine_vcpu *vcpu, struct engine_exit *exit,
		   const void *sigmask /* const sigset_t * */, bool immediate);
	/*
	 * The external interrupt that the guest takes as soon as it has interrupts enabled:
	 * @vector, or -1 for none.  Between runs only; interrupt_pending() gives the vector
	 * while it has not been taken, then -1.
	 */
	void (*set_interrupt)(struct engine_vcpu *vcpu, int vector);
	int (*interrupt_pending)(struct engine_vcpu *vcpu);
	/*
	 * Make a run() of @vcpu in another thread return with
	 * ENGINE_EXIT_INTR soon; without one, the next run() does so.
	 */
	void (*kick)(struct engine_vcpu *vcpu);
};

extern const struct engine_ops engine_kvm;
#ifdef HAVE_UNICORN
extern const struct engine_ops engine_unicorn;
#endif

/*
 * The engine that COCO_ENGINE names ("kvm", "unicorn"), or the first usable
 * one; NULL when there is none, with the reasons in *@why.
 */
const struct engine_ops *engine_select(const char **why);

#endif
