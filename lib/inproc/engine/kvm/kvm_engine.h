/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the kvm engine share. */
#ifndef INPROC_ENGINE_KVM_H
#define INPROC_ENGINE_KVM_H

#include <errno.h>
#include <signal.h>

/* Names of its own, so that a debugger tells the engines' apart; before engine.h has them. */
#define engine_vm	kvm_engine_vm
#define engine_vcpu	kvm_engine_vcpu

#include "base/base.h"
#include "engine/engine.h"
#include "engine/gate.h"

#define MAX_TRAPPED_MSRS	16

/* What KVM_GET_VCPU_MMAP_SIZE says, bytes. */
extern size_t engine_kvm_run_size;

/* What the machine's KVM does on an access to memory that a slot has, but no page. */
enum kvm_fault_mode {
	/* KVM_RUN fails, and says where; nothing was executed, page walks included. */
	KVM_FAULT_EXIT,
	/*
	 * It takes it for MMIO, as it does where it emulates instructions: registers
	 * may be behind a write, and a page table that is missing is #PF to the guest.
	 */
	KVM_FAULT_MMIO,
	/* Something else: only memory without a slot will do.  As MMIO otherwise. */
	KVM_FAULT_SLOTS,
};
extern enum kvm_fault_mode engine_kvm_fault_mode;

/*
 * log2 of a window's bytes.  With shadow page tables KVM makes eight bytes for each page
 * of a slot, so windows are small there; without, large ones save those exits that come
 * before there is a window, as MMIO.
 */
extern unsigned int engine_kvm_window_shift;

struct memslot {
	bool used;
	uint64_t gpa, size;
	char *hva;
	bool readonly;
	bool page;			/* of map_page(), see KVM_FAULT_SLOTS */
};

enum page_state { PAGE_NONE, PAGE_READ, PAGE_WRITE };

/* A reservation that a slot covers; pages appear in it. */
struct window {
	uint64_t gpa;
	char *base;
	uint8_t *pages;			/* enum page_state of each */
	uint32_t slot;
};

struct engine_vm {
	int fd;
	struct gate gate;
	pthread_mutex_t lock;		/* slots and windows */
	struct memslot *slots;		/* the index is KVM's slot number */
	uint32_t nr_slots;
	struct window *windows;		/* sorted by gpa */
	size_t nr_windows, room_windows;
	char *scratch;			/* where a page is made ready for its window */
	unsigned int changes;		/* of pages, counted */
	bool covered;			/* what the guest touches first has a window */
	bool by_slots;			/* map() has been used, so map_page() will not be */
	uint32_t msrs[MAX_TRAPPED_MSRS];
	uint32_t nr_msrs;
};

struct engine_vcpu {
	struct engine_vm *vm;
	struct gate_vcpu gv;
	int fd;
	struct kvm_run *run;
	sigset_t mask;			/* what KVM_SET_SIGNAL_MASK was last told */
	bool has_mask;
	bool open;			/* the next KVM_RUN finishes an instruction */
	bool undone;			/* ... which unwind() has made one that has not begun */
	struct engine_exit unanswered;	/* what is open, where the caller was told INTR instead */
	bool has_unanswered;
	bool interrupted;		/* a kick was sent, not yet taken back */
	int irq;			/* what the guest is to take, or -1 */
	uint32_t traps;
	uint32_t wanted, fresh;		/* KVM_SYNC_X86_*: of run->s.regs, see kvm_state.c */
	struct kvm_vcpu_events given;	/* what set_events() had it deliver, see events_given */
	bool events_given;
	bool redeliver;			/* they may be lost by a KVM_RUN that has just failed */
	uint64_t entry_rip;		/* where the KVM_RUN that was to deliver them began */
	uint64_t entry_open;		/* and how far the instruction may reach that it ended first */
	uint64_t walk_told;		/* the GPA of the last exit with mem.walk, or -1 */
	char text[256];
};

/* The machine's KVM, past the preloaded interposers: the result, or -errno. */
static inline long kvm_ioctl(int fd, unsigned long cmd, void *arg)
{
	int r = real_ioctl(fd, cmd, (unsigned long)arg);

	return r < 0 ? -errno : r;
}

/* ---- kvm_machine.c ---- */

/* A VM of the machine's, ready for vCPUs; its descriptor, or -errno. */
int engine_kvm_new_vm(void);

/* ---- kvm_probe.c ---- */

/* Does it run a guest?  0 or -errno; sets engine_kvm_fault_mode. */
long kvm_probe(void);

/* ---- kvm_machine.c: as in struct engine_ops ---- */

bool engine_kvm_usable(const char **why);
uint32_t engine_kvm_features(void);
unsigned int engine_kvm_phys_bits(void);
int engine_kvm_get_supported_cpuid(struct kvm_cpuid2 *cpuid);
int engine_kvm_check_extension(long cap);
int engine_kvm_tsc_khz(void);

/* ---- kvm_memory.c ---- */

int engine_kvm_map(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva, bool readonly);
int engine_kvm_unmap(struct engine_vm *vm, uint64_t gpa, uint64_t size);
int engine_kvm_map_page(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva,
			bool writable);
int engine_kvm_unmap_page(struct engine_vm *vm, uint64_t gpa, uint64_t size);
int engine_kvm_cover(struct engine_vm *vm, uint64_t gpa, uint64_t size);
/* Where [@gpa, @gpa + @len) is, or NULL: not, or not all of it, or not writable. */
void *kvm_gpa_to_hva(struct engine_vm *vm, uint64_t gpa, uint32_t len, bool write);
void kvm_free_memory(struct engine_vm *vm);

/* ---- kvm_state.c ---- */

/* KVM_SYNC_X86_* that this machine's KVM_RUN can bring. */
extern uint32_t engine_kvm_sync;

/* As in struct engine_ops. */

int engine_kvm_get_regs(struct engine_vcpu *vcpu, struct kvm_regs *regs);
int engine_kvm_set_regs(struct engine_vcpu *vcpu, const struct kvm_regs *regs);
int engine_kvm_get_sregs(struct engine_vcpu *vcpu, struct kvm_sregs *sregs);
int engine_kvm_set_sregs(struct engine_vcpu *vcpu, const struct kvm_sregs *sregs);
int engine_kvm_get_events(struct engine_vcpu *vcpu, struct kvm_vcpu_events *events);
int engine_kvm_set_events(struct engine_vcpu *vcpu, const struct kvm_vcpu_events *events);
int engine_kvm_set_cpuid2(struct engine_vcpu *vcpu, const struct kvm_cpuid2 *cpuid);
int engine_kvm_get_msrs(struct engine_vcpu *vcpu, struct kvm_msrs *msrs);
int engine_kvm_set_msrs(struct engine_vcpu *vcpu, const struct kvm_msrs *msrs);
int engine_kvm_get_xsave(struct engine_vcpu *vcpu, struct kvm_xsave *xsave);
int engine_kvm_set_xsave(struct engine_vcpu *vcpu, const struct kvm_xsave *xsave);
int engine_kvm_get_xcrs(struct engine_vcpu *vcpu, struct kvm_xcrs *xcrs);
int engine_kvm_set_xcrs(struct engine_vcpu *vcpu, const struct kvm_xcrs *xcrs);
int engine_kvm_get_debugregs(struct engine_vcpu *vcpu, struct kvm_debugregs *regs);
int engine_kvm_set_debugregs(struct engine_vcpu *vcpu, const struct kvm_debugregs *regs);
int engine_kvm_set_traps(struct engine_vcpu *vcpu, uint32_t traps);
int engine_kvm_trap_msr(struct engine_vm *vm, uint32_t index);
int engine_kvm_trap_msrs(struct engine_vm *vm, const struct engine_msr_range *ranges,
			 unsigned int nr, bool others);

/* ---- kvm_run.c ---- */

int engine_kvm_run(struct engine_vcpu *vcpu, struct engine_exit *exit, const void *sigmask,
		   bool immediate);
/* Ends a KVM_RUN of the thread inside the gate. */
void kvm_interrupt(struct gate_vcpu *gv);

/* ---- kvm_walk.c: for machines that are not KVM_FAULT_EXIT ---- */

/* Is a page table missing?  Then @exit says so. */
bool kvm_walk_missing(struct engine_vcpu *vcpu, struct engine_exit *exit);
/*
 * Did the guest come to its end for an exception that could not be delivered because memory
 * is missing?  Then @exit says which, and the guest is back where it was.
 */
bool kvm_delivery_missing(struct engine_vcpu *vcpu, struct engine_exit *exit);

/* ---- kvm_unwind.c ---- */

int engine_kvm_unwind(struct engine_vcpu *vcpu, struct engine_exit *exit);

#endif
