/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the Unicorn engine share. */
#ifndef INPROC_ENGINE_UNICORN_H
#define INPROC_ENGINE_UNICORN_H

#include <unicorn/unicorn.h>

/* Names of its own, so that a debugger tells the engines' apart; before engine.h has them. */
#define engine_vm	unicorn_engine_vm
#define engine_vcpu	unicorn_engine_vcpu

#include "base/base.h"
#include "engine/engine.h"
#include "engine/gate.h"

/* Free to choose: we walk the guest's page tables, Unicorn never sees them. */
#define UNICORN_PHYS_BITS	52

#define MAX_TRAPPED_MSRS	16
#define MAX_INSN		15

#define VECTOR_NMI	2
#define VECTOR_UD	6
#define VECTOR_GP	13
#define VECTOR_PF	14

struct ram {
	uint64_t gpa, size;
	char *hva;
	bool readonly;
};

/* Pages of map_page(), by 2 MiB. */
#define CHUNK_PAGES	512
#define CHUNK_BUCKETS	1024

struct chunk {
	struct chunk *next;
	uint64_t nr;			/* GPA / 2 MiB */
	uintptr_t pages[CHUNK_PAGES];	/* host address, and PAGE_WRITABLE; 0: none */
};

#define PAGE_WRITABLE	1UL

/* A list of trap_msrs(): engine_msr_range with copies of its bits. */
struct msr_traps {
	uint32_t base, nr;
	uint8_t read[ENGINE_MAX_MSRS / 8], write[ENGINE_MAX_MSRS / 8];
};

struct engine_vm {
	struct gate gate;
	struct ram *ram;
	size_t nr_ram, room_ram;
	/* Read without a lock: chunks and pages only come, unless all vCPUs are out. */
	struct chunk *chunks[CHUNK_BUCKETS];
	pthread_mutex_t page_lock;	/* who changes them */
	uint32_t msrs[MAX_TRAPPED_MSRS];
	unsigned int nr_msrs;
	struct msr_traps *msr_traps;
	unsigned int nr_msr_traps;
	bool trap_other_msrs;
	unsigned int nr_vcpus;
	/*
	 * TCG makes LOCK atomic within one Unicorn instance only, so vCPUs take
	 * turns: the ticket being served may execute.
	 */
	pthread_mutex_t turn_lock;
	pthread_cond_t turn_changed;
	unsigned int next_ticket, serving;
};

/* Pages that Unicorn has at their virtual addresses. */
struct shadow {
	uint64_t va, size;
	char *hva;
	uint32_t prot;			/* UC_PROT_* */
};

/* A page-table entry that the shadow depends on. */
struct pte_ref {
	const uint64_t *entry;
	uint64_t value;
};

struct pte_set {
	struct pte_ref *refs;
	size_t nr;
	uint32_t *slots;		/* by hash: index into refs and 1, or 0 */
	size_t nr_slots;		/* a power of two, twice the room in refs */
	char **tables;			/* the pages that they lie in */
	size_t nr_tables, room_tables;
};

/* Why the CPU came out. */
enum stop_reason {
	STOP_NONE,
	STOP_POLL,		/* look at signals, kicks, and who waits */
	STOP_INSN,		/* an instruction that we carry out ourselves */
	STOP_EXCEPTION,
	STOP_MEM,		/* an access that the page tables or the RAM refuse */
	STOP_FLUSH,		/* the guest wrote to its page tables */
	STOP_ERROR,
};

struct access {
	uint64_t va;
	uint32_t len;
	bool write, fetch;
	uint64_t value;		/* of a write */
};

enum walk_result {
	WALK_OK,
	WALK_FAULT,		/* #PF, error code in walk.error */
	WALK_NO_RAM,		/* translated, but nothing backs walk.gpa */
	WALK_NOT_CANONICAL,	/* no address: #GP */
};

struct walk {
	uint64_t gpa;
	bool table;			/* gpa is of a page table */
	char *hva;
	uint32_t prot;
	uint32_t error;
};

/* An exception or interrupt that is on its way. */
struct event {
	enum { EVENT_NONE, EVENT_EXCEPTION, EVENT_INTERRUPT, EVENT_NMI } kind;
	uint8_t vector;
	uint32_t error;
};

struct io_state {
	uint64_t rip;
	uint8_t len;			/* of the instruction */
	bool string, rep;
};

struct engine_vcpu {
	struct engine_vm *vm;
	struct gate_vcpu gv;
	uc_engine *uc;
	uc_engine *other;		/* of the other mode, see unicorn_mode.c; or NULL */
	bool mode32;			/* uc is 32-bit */
	uint64_t high_regs[8];		/* R8 to R15 meanwhile */
	uint64_t rip;
	struct kvm_sregs sregs;
	struct kvm_cpuid2 *cpuid;

	struct shadow *shadow;
	size_t nr_shadow, room_shadow;
	struct pte_set ptes;

	/* Of the run under way. */
	int interrupt;			/* set by other threads */
	enum stop_reason stop;
	unsigned int vector;
	struct access access;
	unsigned int budget;		/* instructions until the next STOP_POLL */
	bool flush_wanted;		/* before the next instruction */
	bool walk_failed;		/* at STOP_MEM: that is why */
	bool stepping;			/* one instruction, whatever it is */
	uint64_t native_rip;		/* an instruction of ours that the CPU shall do after all */
	bool has_native;
	int irq;			/* what the guest is to take, or -1 */
	struct event event;		/* to be delivered before anything else */
	uint32_t traps;			/* ENGINE_TRAP_* */
	uint64_t tsc_offset;
	uint64_t table_bits;		/* set_table_bits() */
	uint32_t exceptions;		/* trap_exceptions() */
	uint64_t code_va;		/* the page that code_hva is for */
	const uint8_t *code_hva;

	struct io_state io;
	uint8_t io_data[PAGE_SIZE];
	char text[256];
};

/* ---- unicorn_engine.c ---- */

/* set_sregs() without a change of mode. */
void unicorn_load_sregs(struct engine_vcpu *vcpu, const struct kvm_sregs *sregs);
/* Fill @exit with a failure; returns true as unicorn_insn() does for an exit. */
bool unicorn_fail(struct engine_vcpu *vcpu, struct engine_exit *exit, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- unicorn_cpu.c ---- */

uc_err unicorn_add_hooks(struct engine_vcpu *vcpu, uc_engine *uc);
/* Let the CPU go; then what it came out for.  True: that is an exit. */
bool unicorn_execute(struct engine_vcpu *vcpu, struct engine_exit *exit);
/*
 * Do the access of an MMIO exit with the caller's data: one instruction, with
 * a page of ours in the place that is empty.  True: that failed.
 */
bool unicorn_emulate_access(struct engine_vcpu *vcpu, struct engine_exit *exit);

/* ---- unicorn_mode.c ---- */

/* A register by its 64-bit name, in either mode. */
uint64_t unicorn_reg(struct engine_vcpu *vcpu, int reg);
void unicorn_set_reg(struct engine_vcpu *vcpu, int reg, uint64_t value);
/* Have the CPU of the other mode made, unless it is there. */
uc_err unicorn_open_other(struct engine_vcpu *vcpu, bool mode32);
/* Have the CPU be a 32-bit or a 64-bit one; registers stay.  0 or -ENOMEM. */
int unicorn_set_mode(struct engine_vcpu *vcpu, bool mode32);
/* Is that flat 32-bit protected mode? */
bool unicorn_wants_mode32(const struct kvm_sregs *sregs);
/*
 * A new CR0, which the caller stores: paging sets EFER.LMA, if LME is set.  False:
 * that is a mode which is not modelled.
 */
bool unicorn_new_cr0(struct engine_vcpu *vcpu, uint64_t value);
/* JMP ptr16:32 of 32-bit code; true: that came to an exit. */
bool unicorn_far_jump(struct engine_vcpu *vcpu, struct engine_exit *exit, uint16_t selector,
		      uint32_t offset);

/* ---- unicorn_memory.c ---- */

/* The host address of @gpa, or NULL. */
char *unicorn_gpa_to_hva(struct engine_vm *vm, uint64_t gpa, bool *readonly);
/* As in struct engine_ops. */
int engine_unicorn_map(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva,
		       bool readonly);
int engine_unicorn_unmap(struct engine_vm *vm, uint64_t gpa, uint64_t size);
int engine_unicorn_map_page(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva,
			    bool writable);
int engine_unicorn_unmap_page(struct engine_vm *vm, uint64_t gpa, uint64_t size);
int engine_unicorn_cover(struct engine_vm *vm, uint64_t gpa, uint64_t size);
void unicorn_free_memory(struct engine_vm *vm);

/* ---- unicorn_mmu.c ---- */

enum walk_result unicorn_walk(struct engine_vcpu *vcpu, const struct access *access,
			      struct walk *walk);
/* Bring the page of @access into the shadow; false: STOP_MEM. */
bool unicorn_fault_in(struct engine_vcpu *vcpu, const struct access *access);
/* A write to a page that is read-only in the shadow. */
bool unicorn_write_protected(struct engine_vcpu *vcpu, const struct access *access);
/* Forget every translation; not while the CPU runs. */
void unicorn_flush(struct engine_vcpu *vcpu);
/* The same of what depends on the page at @hva. */
void unicorn_flush_page(struct engine_vcpu *vcpu, const char *hva);
/* As in struct engine_ops. */
void engine_unicorn_set_table_bits(struct engine_vcpu *vcpu, uint64_t bits);
/* Flush, if an entry that the shadow depends on is not what it was. */
void unicorn_revalidate(struct engine_vcpu *vcpu);
/*
 * Access guest virtual memory as the guest's supervisor; WALK_OK, or what
 * went wrong, with *@access and *@walk telling where.
 */
enum walk_result unicorn_virt(struct engine_vcpu *vcpu, uint64_t va, void *data, size_t len,
			      bool write, struct access *access, struct walk *walk);

/* ---- unicorn_insn.c ---- */

/* Is the instruction at @code one that we carry out ourselves?  @len bytes are there. */
bool unicorn_is_ours(const uint8_t *code, size_t len, bool mode32);
/* Carry out the one at RIP; true: it came to an exit. */
bool unicorn_insn(struct engine_vcpu *vcpu, struct engine_exit *exit);
/* RIP stays on an instruction that came to an exit, which this is. */
void unicorn_open(struct engine_vcpu *vcpu, uint8_t len);
/* The caller's answer to an I/O or MSR exit; true: that came to an exit again. */
bool unicorn_complete(struct engine_vcpu *vcpu, struct engine_exit *exit);
/*
 * Enter the guest's handler for @vector; true: it came to an exit.  If that is for memory that
 * is missing, vcpu->event goes on with it.
 */
bool unicorn_exception(struct engine_vcpu *vcpu, struct engine_exit *exit, unsigned int vector,
		       uint32_t error);
bool unicorn_deliver(struct engine_vcpu *vcpu, struct engine_exit *exit,
		     const struct event *event);
/* After an access failed: #PF, or an exit for memory that isn't there. */
bool unicorn_access_failed(struct engine_vcpu *vcpu, struct engine_exit *exit,
			   const struct access *access, enum walk_result result,
			   const struct walk *walk);

/* ---- unicorn_msr.c ---- */

/* RDMSR and WRMSR, of @len bytes; true: that came to an exit. */
bool unicorn_msr_insn(struct engine_vcpu *vcpu, struct engine_exit *exit, bool write,
		      uint8_t len);
/* The guest's TSC, which is the machine's with an offset; and TSC_AUX. */
uint64_t unicorn_tsc(struct engine_vcpu *vcpu);
uint64_t unicorn_tsc_aux(struct engine_vcpu *vcpu);
bool unicorn_complete_msr(struct engine_vcpu *vcpu, struct engine_exit *exit);
/* As in struct engine_ops. */
int engine_unicorn_trap_msr(struct engine_vm *vm, uint32_t index);
int engine_unicorn_trap_msrs(struct engine_vm *vm, const struct engine_msr_range *ranges,
			     unsigned int nr, bool others);
int engine_unicorn_get_msrs(struct engine_vcpu *vcpu, struct kvm_msrs *msrs);
int engine_unicorn_set_msrs(struct engine_vcpu *vcpu, const struct kvm_msrs *msrs);

/* ---- unicorn_state.c: as in struct engine_ops ---- */

int engine_unicorn_get_xsave(struct engine_vcpu *vcpu, struct kvm_xsave *xsave);
int engine_unicorn_set_xsave(struct engine_vcpu *vcpu, const struct kvm_xsave *xsave);
int engine_unicorn_get_xcrs(struct engine_vcpu *vcpu, struct kvm_xcrs *xcrs);
int engine_unicorn_set_xcrs(struct engine_vcpu *vcpu, const struct kvm_xcrs *xcrs);
int engine_unicorn_get_debugregs(struct engine_vcpu *vcpu, struct kvm_debugregs *regs);
int engine_unicorn_set_debugregs(struct engine_vcpu *vcpu, const struct kvm_debugregs *regs);
int engine_unicorn_get_events(struct engine_vcpu *vcpu, struct kvm_vcpu_events *events);
int engine_unicorn_set_events(struct engine_vcpu *vcpu, const struct kvm_vcpu_events *events);
int engine_unicorn_set_traps(struct engine_vcpu *vcpu, uint32_t traps);
int engine_unicorn_trap_exceptions(struct engine_vcpu *vcpu, uint32_t vectors);
int engine_unicorn_unwind(struct engine_vcpu *vcpu, struct engine_exit *exit);

/* ---- unicorn_cpuid.c ---- */

int unicorn_get_supported_cpuid(struct kvm_cpuid2 *cpuid);
int unicorn_tsc_khz(void);

#endif
