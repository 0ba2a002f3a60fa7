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
	ENGINE_EXIT_HLT,	/* RIP is behind it */
	ENGINE_EXIT_SHUTDOWN,	/* triple fault */
	ENGINE_EXIT_INTR,	/* a signal that the caller's mask lets through is pending */
	ENGINE_EXIT_FAIL,	/* the engine itself failed; text says how */

	/* Only with the trap of that name, see set_traps(). */
	ENGINE_EXIT_WINDOW,	/* the guest can take an interrupt */
	ENGINE_EXIT_STEP,	/* one instruction is done */
	ENGINE_EXIT_TPR,	/* the guest has lowered CR8; MOV to CR8 is done */
	ENGINE_EXIT_CPUID,	/* nothing is retired; answer with @abandon */
	ENGINE_EXIT_EXCEPTION,	/* of trap_exceptions(); nothing is delivered */
	ENGINE_EXIT_CR,		/* MOV to CR0 or CR4, which run() does; or @abandon */
};

/*
 * An exit and, when the next run() starts, the answer to it: for IO IN the
 * caller has filled io.data by then, for an MSR read msr.data.
 */
struct engine_exit {
	enum engine_exit_reason reason;
	/*
	 * Answer: true to drop what the instruction left open, as if it had not come
	 * this far; the guest goes on with its registers and events as they are now, which the
	 * caller may have changed.  False on exit.
	 */
	bool abandon;
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
			/*
			 * Bytes.  A page with its base in gpa: that is all the engine knows, it
			 * cannot tell a fetch from a read, and a write only of a page that can
			 * be read.
			 */
			uint32_t len;
			bool write;
			bool fetch;		/* of an instruction: len 1 */
			/*
			 * Of the guest's page tables, by its CPU: a write, for their accessed
			 * and dirty bits, when the page can be read.  len is a page.
			 */
			bool walk;
			/*
			 * A write whose instruction is done but for the memory: registers are
			 * those after it.  run() does the write when the page is there.
			 * unwind() undoes most such instructions.
			 */
			bool retired;
			uint8_t data[8];	/* a write: what; answer to a read with emulate */
			/*
			 * Answer: true to finish the access with data (MMIO);
			 * false, as it is on exit, to try it again.  Only where len is
			 * less than a page.
			 */
			bool emulate;
		} mem;
		struct {
			uint8_t vector;
			uint32_t error;		/* 0 where there is none, or it is not known */
		} exception;
		struct {
			uint8_t nr, reg, len;	/* reg: of general registers; len: bytes */
			uint64_t value;
		} cr;
		const char *text;
	};
};

/* What an engine can do, here; what it cannot do fails with -EOPNOTSUPP. */
#define ENGINE_CAN_CPUID	(1u << 0)	/* ENGINE_TRAP_CPUID */
#define ENGINE_CAN_STEP		(1u << 1)	/* ENGINE_TRAP_STEP */
#define ENGINE_CAN_TPR		(1u << 2)	/* ENGINE_TRAP_TPR */
#define ENGINE_CAN_RESTART	(1u << 3)	/* mem.retired never occurs, see cover() */
#define ENGINE_CAN_EXACT	(1u << 4)	/* mem.len is a page with mem.walk only */
#define ENGINE_CAN_BREAKPOINTS	(1u << 5)	/* DR0 to DR7 work, else they are kept */
#define ENGINE_CAN_SHADOW	(1u << 6)	/* interrupt shadows */
#define ENGINE_CAN_NMI_MASK	(1u << 7)	/* an NMI masks others until IRET */
#define ENGINE_CAN_AVX		(1u << 8)	/* XCR0 other than x87 and SSE, and such state */
#define ENGINE_CAN_ANY_MODE	(1u << 9)	/* real mode, PAE and other paging, CPL 3 */
#define ENGINE_CAN_SMM		(1u << 10)
#define ENGINE_CAN_EXCEPTIONS	(1u << 11)	/* trap_exceptions() */
#define ENGINE_CAN_CR		(1u << 12)	/* ENGINE_TRAP_CR */

/* Exits of one vCPU's, in set_traps() */
#define ENGINE_TRAP_WINDOW	(1u << 0)
#define ENGINE_TRAP_STEP	(1u << 1)
#define ENGINE_TRAP_TPR		(1u << 2)
#define ENGINE_TRAP_CPUID	(1u << 3)
#define ENGINE_TRAP_CR		(1u << 4)

/*
 * MSRs whose accesses come out, one of @nr from @base on for each bit that is set
 * (bit i % 8 of byte i / 8).  NULL: none.
 */
struct engine_msr_range {
	uint32_t base, nr;
	const uint8_t *read, *write;
};

#define ENGINE_MAX_MSR_RANGES	6
#define ENGINE_MAX_MSRS		0x2000	/* in a range */

struct engine_ops {
	const char *name;

	/* Can it run here?  If not, *why says why not, in words for a user. */
	bool (*usable)(const char **why);
	/* vCPUs will begin in 32-bit protected mode, as TDs' do; NULL: that makes no difference. */
	void (*begins_mode32)(void);
	/* ENGINE_CAN_*; after usable(). */
	uint32_t (*features)(void);

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
	/*
	 * Memory that comes and goes by pages: [@gpa, @gpa + @size) bytes is now @hva,
	 * whatever it was before; or nothing.  Page aligned; may be called while vCPUs run, and
	 * when it returns none of them uses what was there.  A VM has its memory by map() or by
	 * map_page(), never by both.
	 *
	 * @hva is shared memory (mmap(MAP_SHARED): a memfd's, or the VMM's after
	 * share_memory()) and one mapping; the kvm engine, which makes an alias, says -EINVAL
	 * otherwise.  It has to stay until it is unmapped here.  What access the process has to
	 * it there does not matter to the kvm engine; unicorn uses @hva itself.
	 *
	 * An access to a page that is not there, or a write to one that is not writable, is
	 * ENGINE_EXIT_MEM.
	 */
	int (*map_page)(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva,
			bool writable);
	int (*unmap_page)(struct engine_vm *vm, uint64_t gpa, uint64_t size);
	/*
	 * The guest may access [@gpa, @gpa + @size) bytes, though no page is there yet: around a
	 * page that has been mapped, around CR3 at the first run(), and at 0 that is known.
	 * Elsewhere what ENGINE_CAN_RESTART promises does not hold, and page tables that are
	 * missing are the guest's fault.  Each view of a confidential guest is such a range.
	 */
	int (*cover)(struct engine_vm *vm, uint64_t gpa, uint64_t size);
	/* Have accesses to MSR @index come out as ENGINE_EXIT_MSR; before any vCPU. */
	int (*trap_msr)(struct engine_vm *vm, uint32_t index);
	/*
	 * The same by lists, in place of what was trapped before, at any time between runs;
	 * @others: MSRs outside all ranges come out, too (as the SVM permission map has it),
	 * and those that the engine does not have.
	 */
	int (*trap_msrs)(struct engine_vm *vm, const struct engine_msr_range *ranges,
			 unsigned int nr, bool others);

	int (*vcpu_create)(struct engine_vm *vm, uint32_t id, struct engine_vcpu **vcpu);
	void (*vcpu_destroy)(struct engine_vcpu *vcpu);
	int (*get_regs)(struct engine_vcpu *vcpu, struct kvm_regs *regs);
	int (*set_regs)(struct engine_vcpu *vcpu, const struct kvm_regs *regs);
	int (*get_sregs)(struct engine_vcpu *vcpu, struct kvm_sregs *sregs);
	int (*set_sregs)(struct engine_vcpu *vcpu, const struct kvm_sregs *sregs);
	int (*set_cpuid2)(struct engine_vcpu *vcpu, const struct kvm_cpuid2 *cpuid);
	/* As KVM_GET_MSRS and KVM_SET_MSRS: how many were done before one that fails. */
	int (*get_msrs)(struct engine_vcpu *vcpu, struct kvm_msrs *msrs);
	int (*set_msrs)(struct engine_vcpu *vcpu, const struct kvm_msrs *msrs);
	int (*get_xsave)(struct engine_vcpu *vcpu, struct kvm_xsave *xsave);
	int (*set_xsave)(struct engine_vcpu *vcpu, const struct kvm_xsave *xsave);
	int (*get_xcrs)(struct engine_vcpu *vcpu, struct kvm_xcrs *xcrs);
	int (*set_xcrs)(struct engine_vcpu *vcpu, const struct kvm_xcrs *xcrs);
	int (*get_debugregs)(struct engine_vcpu *vcpu, struct kvm_debugregs *regs);
	int (*set_debugregs)(struct engine_vcpu *vcpu, const struct kvm_debugregs *regs);
	/*
	 * Events, as KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS without payloads.  Set
	 * "injected", one is delivered when the guest goes on, whatever its flags say (a VMCB's
	 * EVENTINJ); got "injected", it was being delivered when the exit came (EXITINTINFO),
	 * and will be, unless the caller takes it away.
	 */
	int (*get_events)(struct engine_vcpu *vcpu, struct kvm_vcpu_events *events);
	int (*set_events)(struct engine_vcpu *vcpu, const struct kvm_vcpu_events *events);
	/*
	 * Bits that are set in every address of the guest's page tables, whatever CR3 and they
	 * say.  NULL: it cannot.
	 */
	void (*set_table_bits)(struct engine_vcpu *vcpu, uint64_t bits);
	/* ENGINE_TRAP_*, in place of those before; they stay. */
	int (*set_traps)(struct engine_vcpu *vcpu, uint32_t traps);
	/*
	 * Exceptions that come out, bit N for vector N, in place of those before.  With 6, #UD,
	 * VMCALL and VMMCALL are such.  CR2 is set.  NULL: it has no ENGINE_CAN_EXCEPTIONS.
	 */
	int (*trap_exceptions)(struct engine_vcpu *vcpu, uint32_t vectors);

	/*
	 * After an exit with mem.retired: make the registers those before the instruction, and
	 * mem.retired false; from then on it is executed again, and mem.emulate is no answer.
	 * -ENOENT: it is one that this cannot be told of.
	 */
	int (*unwind)(struct engine_vcpu *vcpu, struct engine_exit *exit);

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

/* The engine in use; set before the platform starts. */
extern const struct engine_ops *engine;

#endif
