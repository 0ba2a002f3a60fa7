/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a vendor's entry into a guest, VMRUN or a VM entry, shares with the other's: the engine
 * as a CPU with a guest.
 */
#ifndef INPROC_SRC_WORLD_H
#define INPROC_SRC_WORLD_H

#include "gwalk.h"
#include "hw.h"
#include "npt.h"

/* Of one entry, until its exit. */
struct world {
	struct src_vcpu *vcpu;
	struct image_gprs *gprs;
	struct npt npt;
	uint32_t event;			/* that is injected, see world_inject(), or 0 */
	uint64_t soft_rip;		/* where RIP was before a soft event, or 0 */
	bool v_irq;			/* the engine has a virtual interrupt for the guest */
	bool keep_tpr;			/* MOV to CR8 comes to an exit before it is done */

	/* AMD */
	void *vmcb;
	void *loaded;			/* what VMLOAD has loaded, as a state save area */
	bool es;			/* SEV-ES or SNP */
	bool snp;
	bool sev;			/* these, or SEV */

	/* Intel */
	struct image_vmcs *vmcs;
	unsigned long long *cr2;	/* the CPU's, which guests share */
	void *shared;			/* the same of MSRs, as in struct image_host */
};

/* ---- world.c ---- */

/* The guest's translations are other ones from now on, or the kernel flushes those it had. */
void world_flush(struct world *w);

enum world_memory {
	WORLD_MEMORY_THERE,		/* go on */
	WORLD_MEMORY_FAULT,
	WORLD_MEMORY_FAILED,		/* it is said why */
};

struct world_fault {
	uint64_t gpa;			/* of the page, view bit included */
	uint64_t error;			/* NPF_*, and NPF_NOT_PRESENT */
	bool write;
	struct npt_entry entry;
};

/*
 * An access to what the engine does not have, or has read-only: from the page tables, or a
 * fault of theirs.
 */
enum world_memory world_memory(struct world *w, struct world_fault *fault);
/* What the guest waited for is translated before it goes on, as it would be then. */
void world_map_faulted(struct world *w);
/*
 * Around a loop of guest_run() and its exits.  What the last instruction left open in the
 * engine ends after it, before KVM emulates it.
 */
void world_enter(struct world *w);
void world_leave(struct world *w);

/* ---- world_event.c ---- */

/* An event as VMCB and VMCS have it. */
#define EVENT_VECTOR		0xffu
#define EVENT_TYPE		(7u << 8)
#define EVENT_TYPE_INTR		(0u << 8)
#define EVENT_TYPE_NMI		(2u << 8)
#define EVENT_TYPE_EXEPT	(3u << 8)
#define EVENT_TYPE_SOFT		(4u << 8)
#define EVENT_TYPE_PRIV_SOFT	(5u << 8)	/* INT1; Intel alone */
#define EVENT_TYPE_SOFT_EXEPT	(6u << 8)	/* INT3, INTO; Intel alone */
#define EVENT_VALID_ERR		(1u << 11)
#define EVENT_VALID		(1u << 31)

#define RFLAGS_IF		(1ULL << 9)

/*
 * Before the guest: @event is delivered at once, and returns to @next if that is not 0.
 * @shadow: the guest is in an interrupt shadow.  0 or -errno.
 */
int world_inject(struct world *w, uint32_t event, uint32_t error, uint64_t next, bool shadow);
/* After it: what was being delivered when the exit came, which is KVM's again; or 0. */
uint32_t world_not_injected(struct world *w, uint32_t *error);
/* Has this exception an error code? */
bool world_has_error(unsigned int vector);
/* The guest has the exception of an exit. */
int world_reflect(struct world *w);
/* ENGINE_TRAP_*, and the exceptions that come out.  0 or -errno. */
int world_set_traps(struct world *w, uint32_t traps, uint32_t exceptions);
/* An interrupt for the guest once it has them enabled, -1: none; and was it taken? */
void world_set_interrupt(struct world *w, int vector);
bool world_interrupt_taken(struct world *w);

/* ---- world_insn.c: the guest's code at an exit ---- */

#define MAX_INSN	15

struct insn {
	struct kvm_regs regs;
	struct gwalk_cpu cpu;
	bool mode64, mode32;
	uint8_t code[MAX_INSN];		/* at RIP */
	size_t len;			/* of what is there */
};

bool world_fetch(struct world *w, struct insn *insn);

struct io_insn {
	uint8_t len, size;
	bool in, string, rep, imm;
	uint8_t addr;			/* size of an address, bytes */
	uint8_t seg;
};

/* IN or OUT: false if the code cannot be read. */
bool world_io(struct world *w, struct insn *insn, struct io_insn *io);
/* RIP, and where the instruction of @len bytes ends which is not done; 0: not known. */
uint64_t world_next_rip(struct world *w, unsigned int len);
/* The instruction was done by the engine: back to it; where it ends. */
uint64_t world_step_back(struct world *w, unsigned int len);
/* The register of a MOV to CR8 that is done, and back to it; -1: that is not driven. */
int world_mov_to_cr8(struct world *w);

/* ---- world_msr.c ---- */

/*
 * @map, of @size bytes, is the permission map; the caller has not unpacked it if it is still
 * the same.
 */
bool world_msr_map_is(const struct world *w, const void *map, size_t size);
int world_set_msr_map(struct world *w, const void *map, size_t size,
		      const struct engine_msr_range *ranges, unsigned int nr);

/* MSRs that the engine has while the guest runs, always the same ones in the same order. */
struct world_msr {
	uint32_t index;
	unsigned long long *value;
};

#define WORLD_MAX_MSRS	16

int world_load_msrs(struct world *w, const struct world_msr *msrs, unsigned int nr,
		    uint64_t tsc_offset);
int world_store_msrs(struct world *w, const struct world_msr *msrs, unsigned int nr);
void world_free_msrs(struct src_vcpu *vcpu);
void world_free_msr_map(struct src_vm *vm);

#endif
