// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest's CPU reads and writes by itself: page tables, and the tables and stacks
 * for the delivery of exceptions.  Where KVM does that in software it knows no difference
 * between memory that is missing and a fault of the guest's, so the difference is made
 * here, before and after.
 *
 * Page tables: a guest goes in only when all tables that its CR3 leads to are there.  It cannot
 * make a new one without writing to it, nor can one go while it is inside.  Only long mode's
 * and PAE's tables are followed; of others nothing is said.
 */
#include <string.h>

#include "kvm_engine.h"

#define CR0_PG		(1ULL << 31)
#define CR4_PAE		(1ULL << 5)
#define CR4_LA57	(1ULL << 12)
#define EFER_LMA	(1ULL << 10)

#define PTE_P		(1ULL << 0)
#define PTE_PS		(1ULL << 7)
#define PTE_ADDRESS	0x000ffffffffff000ULL

#define NOWHERE		(~0ULL)

/* Tables to look at, at most: a table that points to itself makes them many. */
#define MAX_TABLES	2048

#define GATE_SIZE	16
#define NR_VECTORS	256
/* Bytes that a delivery writes to a stack, with its alignment; and of a 64-bit TSS. */
#define FRAME_SIZE	64
#define TSS_SIZE	0x68

static void missing(struct engine_exit *exit, uint64_t gpa, bool write)
{
	memset(&exit->mem, 0, sizeof(exit->mem));
	exit->reason = ENGINE_EXIT_MEM;
	exit->mem.gpa = gpa & ~(PAGE_SIZE - 1);
	exit->mem.len = PAGE_SIZE;
	exit->mem.write = write;
	exit->mem.walk = true;
}

/* ---- page tables ---- */

struct tables {
	struct engine_vm *vm;
	unsigned int left;
	uint64_t root;			/* what no access does without */
	uint64_t told;			/* missing, but not to be told again, unless the root */
	uint64_t gpa;			/* of the missing one, or NOWHERE */
};

/* The table at @gpa and, if @level is more than 1, those below it. */
static void look_at_table(struct tables *t, uint64_t gpa, unsigned int level)
{
	const uint64_t *table = kvm_gpa_to_hva(t->vm, gpa, PAGE_SIZE, true);
	unsigned int i;
	uint64_t entry;

	if (!table && (gpa != t->told || gpa == t->root))
		t->gpa = gpa;
	for (i = 0; table && level > 1 && i < PAGE_SIZE / sizeof(entry); i++) {
		entry = __atomic_load_n(&table[i], __ATOMIC_RELAXED);
		/* Where there are no pages that large, the bit is reserved. */
		if (!(entry & PTE_P) || (entry & PTE_PS) || !t->left)
			continue;
		t->left--;
		look_at_table(t, entry & PTE_ADDRESS, level - 1);
		if (t->gpa != NOWHERE)
			return;
	}
}

/* PAE: four entries in a table that need not begin a page. */
static void look_at_pdpt(struct tables *t, uint64_t gpa)
{
	const uint64_t *table = kvm_gpa_to_hva(t->vm, gpa, 4 * sizeof(*table), false);
	unsigned int i;

	if (!table)
		t->gpa = gpa;
	for (i = 0; table && i < 4 && t->gpa == NOWHERE; i++)
		if (table[i] & PTE_P)
			look_at_table(t, table[i] & PTE_ADDRESS, 2);
}

bool kvm_walk_missing(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	struct tables t = { vcpu->vm, MAX_TABLES, NOWHERE, vcpu->walk_told, NOWHERE };
	struct kvm_sregs sregs;

	if (engine_kvm_get_sregs(vcpu, &sregs) || !(sregs.cr0 & CR0_PG))
		return false;
	if (sregs.efer & EFER_LMA) {
		t.root = sregs.cr3 & PTE_ADDRESS;
		look_at_table(&t, t.root, sregs.cr4 & CR4_LA57 ? 5 : 4);
	} else if (sregs.cr4 & CR4_PAE) {
		look_at_pdpt(&t, sregs.cr3 & 0xffffffe0);
	}
	/*
	 * What the caller does not map in answer to an exit is an entry that the guest does
	 * not use, it hopes.
	 */
	vcpu->walk_told = t.gpa;
	if (t.gpa == NOWHERE)
		return false;
	missing(exit, t.gpa, kvm_gpa_to_hva(vcpu->vm, t.gpa & ~(PAGE_SIZE - 1), 1, false));
	return true;
}

/* ---- delivery ---- */

/* True: a page of [@va, @va + @len) is missing. */
static bool virt_missing(struct engine_vcpu *vcpu, struct engine_exit *exit, uint64_t va,
			 uint64_t len, bool write)
{
	const uint64_t last = (va + len - 1) & ~(PAGE_SIZE - 1);
	struct kvm_translation tr;
	uint64_t page;

	for (page = va & ~(PAGE_SIZE - 1);; page += PAGE_SIZE) {
		tr = (struct kvm_translation){ .linear_address = page };
		if (!kvm_ioctl(vcpu->fd, KVM_TRANSLATE, &tr) && tr.valid &&
		    !kvm_gpa_to_hva(vcpu->vm, tr.physical_address, 1, write)) {
			missing(exit, tr.physical_address, write);
			exit->mem.walk = false;
			return true;
		}
		if (page == last)
			return false;
	}
}

static uint64_t read_virt(struct engine_vcpu *vcpu, uint64_t va)
{
	struct kvm_translation tr = { .linear_address = va };
	const uint64_t *at = NULL;
	uint64_t value = 0;

	if (!kvm_ioctl(vcpu->fd, KVM_TRANSLATE, &tr) && tr.valid)
		at = kvm_gpa_to_hva(vcpu->vm, tr.physical_address, sizeof(value), false);
	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

static bool stacks_missing(struct engine_vcpu *vcpu, struct engine_exit *exit, uint64_t rsp,
			   uint64_t tss)
{
	/* RSP0 to RSP2 and IST1 to IST7, by their offsets */
	static const uint8_t stacks[] = {
		0x04, 0x0c, 0x14, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54,
	};
	size_t i;

	if (virt_missing(vcpu, exit, rsp - FRAME_SIZE, FRAME_SIZE, true))
		return true;
	for (i = 0; tss && i < sizeof(stacks); i++) {
		rsp = read_virt(vcpu, tss + stacks[i]);
		if (rsp && virt_missing(vcpu, exit, rsp - FRAME_SIZE, FRAME_SIZE, true))
			return true;
	}
	return false;
}

bool kvm_delivery_missing(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	bool is;

	if (vcpu->vm->by_slots || engine_kvm_get_sregs(vcpu, &sregs) ||
	    engine_kvm_get_regs(vcpu, &regs) || !(sregs.efer & EFER_LMA))
		return false;
	is = virt_missing(vcpu, exit, sregs.idt.base,
			  sregs.idt.limit < NR_VECTORS * GATE_SIZE ? sregs.idt.limit + 1ULL :
								     NR_VECTORS * GATE_SIZE,
			  false) ||
	     virt_missing(vcpu, exit, sregs.gdt.base, sregs.gdt.limit + 1ULL, false) ||
	     (sregs.tr.base && virt_missing(vcpu, exit, sregs.tr.base, TSS_SIZE, false)) ||
	     stacks_missing(vcpu, exit, regs.rsp, sregs.tr.base);
	/* An exception comes again with its instruction; what the caller gave does not. */
	if (is && vcpu->redeliver && regs.rip - vcpu->entry_rip <= vcpu->entry_open)
		engine_kvm_set_events(vcpu, &vcpu->given);
	return is;
}
