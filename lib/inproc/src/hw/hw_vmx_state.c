// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's registers between the VMCS and the engine (Intel SDM volume 3, "Guest-State Area",
 * "Loading Guest State", "Saving Guest State"), and MSRs, some of which a guest shares with
 * its host.  A model; debug registers are the engine's own.
 */
#include <errno.h>
#include <string.h>

#include "base/base.h"
#include "engine/gpr.h"
#include "hw_vmx.h"
#include "vmcb.h"

#define CR4_VMXE	(1ULL << 13)
#define EFER_LME	(1ULL << 8)
#define EFER_LMA	(1ULL << 10)

static const size_t segs[] = {
	offsetof(struct kvm_sregs, es), offsetof(struct kvm_sregs, cs),
	offsetof(struct kvm_sregs, ss), offsetof(struct kvm_sregs, ds),
	offsetof(struct kvm_sregs, fs), offsetof(struct kvm_sregs, gs),
	offsetof(struct kvm_sregs, ldt), offsetof(struct kvm_sregs, tr),
};

#define NR_SEGS		(sizeof(segs) / sizeof(segs[0]))

static void load_seg(struct image_vmcs *vmcs, unsigned int nr, struct kvm_segment *to)
{
	const uint32_t rights = vmcs_get(vmcs, VMCS_RIGHTS + 2 * nr);

	*to = (struct kvm_segment){
		.selector = vmcs_get(vmcs, VMCS_SELECTOR + 2 * nr),
		.base = vmcs_get(vmcs, VMCS_BASE + 2 * nr),
		.limit = vmcs_get(vmcs, VMCS_LIMIT + 2 * nr),
		.type = rights & 0xf, .s = rights >> 4 & 1, .dpl = rights >> 5 & 3,
		.present = rights >> 7 & 1, .avl = rights >> 12 & 1, .l = rights >> 13 & 1,
		.db = rights >> 14 & 1, .g = rights >> 15 & 1,
		.unusable = !!(rights & RIGHTS_UNUSABLE),
	};
}

static void store_seg(struct image_vmcs *vmcs, unsigned int nr, const struct kvm_segment *from)
{
	vmcs_set(vmcs, VMCS_SELECTOR + 2 * nr, from->selector);
	vmcs_set(vmcs, VMCS_BASE + 2 * nr, from->base);
	vmcs_set(vmcs, VMCS_LIMIT + 2 * nr, from->limit);
	vmcs_set(vmcs, VMCS_RIGHTS + 2 * nr,
		 from->type | from->s << 4 | from->dpl << 5 | from->present << 7 |
		 from->avl << 12 | from->l << 13 | from->db << 14 | from->g << 15 |
		 (from->unusable ? RIGHTS_UNUSABLE : 0));
}

/*
 * The engine's CR0 and CR4 are what the guest reads: where the host owns a bit, the read
 * shadow's.  Of those the guest changes the engine has to stop first (vmx_cr()).
 */
static uint64_t visible(struct image_vmcs *vmcs, unsigned int cr, unsigned int mask,
			unsigned int shadow)
{
	const uint64_t owned = vmcs_get(vmcs, mask);

	return (vmcs_get(vmcs, cr) & ~owned) | (vmcs_get(vmcs, shadow) & owned);
}

static void store_visible(struct image_vmcs *vmcs, unsigned int cr, unsigned int mask,
			  uint64_t value)
{
	const uint64_t owned = vmcs_get(vmcs, mask);

	vmcs_set(vmcs, cr, (vmcs_get(vmcs, cr) & owned) | (value & ~owned));
}

/* Of the host, whose EFER a guest has if its VM entry does not load another. */
#define HOST_EFER	0xd01ULL	/* SCE, LME, LMA, NXE */

static uint64_t efer_of(struct image_vmcs *vmcs)
{
	const uint32_t entry = vmcs_get(vmcs, VMCS_ENTRY);

	if (entry & ENTRY_EFER)
		return vmcs_get(vmcs, VMCS_EFER);
	return entry & ENTRY_IA32E ? HOST_EFER : HOST_EFER & ~(EFER_LME | EFER_LMA);
}

static int load_sregs(struct world *w)
{
	struct image_vmcs *vmcs = w->vmcs;
	struct kvm_sregs sregs;
	int ret = engine->get_sregs(w->vcpu->engine, &sregs);

	if (ret)
		return ret;
	for (unsigned int i = 0; i < NR_SEGS; i++)
		load_seg(vmcs, i, (void *)((char *)&sregs + segs[i]));
	sregs.gdt.base = vmcs_get(vmcs, VMCS_GDTR_BASE);
	sregs.gdt.limit = vmcs_get(vmcs, VMCS_GDTR_LIMIT);
	sregs.idt.base = vmcs_get(vmcs, VMCS_IDTR_BASE);
	sregs.idt.limit = vmcs_get(vmcs, VMCS_IDTR_LIMIT);
	sregs.cr0 = visible(vmcs, VMCS_CR0, VMCS_CR0_MASK, VMCS_CR0_SHADOW);
	sregs.cr3 = vmcs_get(vmcs, VMCS_CR3);
	sregs.cr4 = visible(vmcs, VMCS_CR4, VMCS_CR4_MASK, VMCS_CR4_SHADOW);
	/* An ordinary VM has no VMX: where it cannot be seen it is left out. */
	if (!(engine->features() & ENGINE_CAN_CR))
		sregs.cr4 &= ~CR4_VMXE;
	sregs.efer = efer_of(vmcs);
	sregs.cr2 = *w->cr2;
	return engine->set_sregs(w->vcpu->engine, &sregs);
}

/* ---- MSRs ---- */

/* Those that VM entries leave as the host has them, and those of the VMCS. */
static const struct {
	uint32_t index;
	unsigned int offset;		/* in w->shared */
} shared_msrs[] = {
	{ 0xc0000081, SAVE_STAR }, { 0xc0000082, SAVE_LSTAR }, { 0xc0000083, SAVE_CSTAR },
	{ 0xc0000084, SAVE_SFMASK }, { 0xc0000102, SAVE_KERNEL_GS_BASE },
	{ 0xc0000103, IMAGE_SHARED_TSC_AUX },
};

#define NR_SHARED_MSRS	(sizeof(shared_msrs) / sizeof(shared_msrs[0]))

static const struct {
	uint32_t index;
	unsigned int field;
} vmcs_msrs[] = {
	{ 0x174, VMCS_SYSENTER_CS }, { 0x175, VMCS_SYSENTER_ESP }, { 0x176, VMCS_SYSENTER_EIP },
	{ 0x277, VMCS_PAT },
};

#define NR_VMCS_MSRS	(sizeof(vmcs_msrs) / sizeof(vmcs_msrs[0]))

#define NR_MSRS		(NR_SHARED_MSRS + NR_VMCS_MSRS)

static void list_msrs(struct world *w, struct world_msr *list)
{
	unsigned int i;

	for (i = 0; i < NR_SHARED_MSRS; i++, list++)
		*list = (struct world_msr){ shared_msrs[i].index,
					    (void *)((char *)w->shared + shared_msrs[i].offset) };
	for (i = 0; i < NR_VMCS_MSRS; i++, list++)
		*list = (struct world_msr){ vmcs_msrs[i].index,
					    image_vmcs_field(w->vmcs, vmcs_msrs[i].field) };
}

/* A bit for each MSR from 0 on, and from 0xc0000000 on: for reading, then for writing. */
#define BITMAP_PART	0x400
#define BITMAP_MSRS	(8 * BITMAP_PART)

static const uint8_t all_msrs[4 * BITMAP_PART] = { [0 ... 4 * BITMAP_PART - 1] = 0xff };

static const uint8_t *bitmap(struct world *w)
{
	return vmcs_get(w->vmcs, VMCS_CPU) & CPU_MSR_BITMAPS ?
	       (const uint8_t *)vmcs_get(w->vmcs, VMCS_MSR_BITMAP) : all_msrs;
}

bool vmx_msr_exits(struct world *w, uint32_t index, bool write)
{
	const uint8_t *map = bitmap(w) + (write ? 2 * BITMAP_PART : 0);

	if (index >= 0xc0000000) {
		index -= 0xc0000000;
		map += BITMAP_PART;
	}
	return index >= BITMAP_MSRS || (map[index / 8] & 1U << index % 8);
}

/* The engine stops at those that the APIC virtualizes, too, and at the TSC, which is ours. */
int vmx_trap_msrs(struct world *w)
{
	const uint8_t *map = bitmap(w);
	uint8_t low[2][BITMAP_PART];
	const struct engine_msr_range ranges[] = {
		{ 0, BITMAP_MSRS, low[0], low[1] },
		{ 0xc0000000, BITMAP_MSRS, map + BITMAP_PART, map + 3 * BITMAP_PART },
	};

	if (world_msr_map_is(w, map, sizeof(all_msrs)))
		return 0;
	for (unsigned int i = 0; i < 2; i++) {
		memcpy(low[i], map + i * 2 * BITMAP_PART, BITMAP_PART);
		memset(low[i] + 0x800 / 8, 0xff, 0x100 / 8);
	}
	low[0][0x10 / 8] |= 1U << 0x10 % 8;
	return world_set_msr_map(w, map, sizeof(all_msrs), ranges, 2);
}

uint64_t vmx_tsc_offset(struct world *w)
{
	return vmcs_get(w->vmcs, VMCS_CPU) & CPU_TSC_OFFSET ? vmcs_get(w->vmcs, VMCS_TSC_OFFSET) :
							      0;
}

/* ---- all of it ---- */

int vmx_load(struct world *w)
{
	struct image_vmcs *vmcs = w->vmcs;
	struct world_msr list[NR_MSRS];
	struct kvm_regs regs = {
		.rip = vmcs_get(vmcs, VMCS_RIP), .rsp = vmcs_get(vmcs, VMCS_RSP),
		.rflags = vmcs_get(vmcs, VMCS_RFLAGS),
	};

	for (unsigned int i = 0; i < IMAGE_NR_GPRS; i++)
		if (i != IMAGE_RSP)
			*gpr_of(&regs, i) = w->gprs->gpr[i];
	list_msrs(w, list);
	return load_sregs(w) ?: engine->set_regs(w->vcpu->engine, &regs) ?:
	       world_load_msrs(w, list, NR_MSRS, vmx_tsc_offset(w));
}

int vmx_store(struct world *w)
{
	struct image_vmcs *vmcs = w->vmcs;
	struct world_msr list[NR_MSRS];
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	uint32_t entry;
	int ret = engine->get_regs(w->vcpu->engine, &regs) ?:
		  engine->get_sregs(w->vcpu->engine, &sregs);

	if (ret)
		return ret;
	for (unsigned int i = 0; i < IMAGE_NR_GPRS; i++)
		if (i != IMAGE_RSP)
			w->gprs->gpr[i] = *gpr_of(&regs, i);
	vmcs_set(vmcs, VMCS_RIP, regs.rip);
	vmcs_set(vmcs, VMCS_RSP, regs.rsp);
	vmcs_set(vmcs, VMCS_RFLAGS, regs.rflags);
	for (unsigned int i = 0; i < NR_SEGS; i++)
		store_seg(vmcs, i, (void *)((char *)&sregs + segs[i]));
	vmcs_set(vmcs, VMCS_GDTR_BASE, sregs.gdt.base);
	vmcs_set(vmcs, VMCS_GDTR_LIMIT, sregs.gdt.limit);
	vmcs_set(vmcs, VMCS_IDTR_BASE, sregs.idt.base);
	vmcs_set(vmcs, VMCS_IDTR_LIMIT, sregs.idt.limit);
	store_visible(vmcs, VMCS_CR0, VMCS_CR0_MASK, sregs.cr0);
	vmcs_set(vmcs, VMCS_CR3, sregs.cr3);
	*w->cr2 = sregs.cr2;
	store_visible(vmcs, VMCS_CR4, VMCS_CR4_MASK, sregs.cr4);
	entry = vmcs_get(vmcs, VMCS_ENTRY);
	vmcs_set(vmcs, VMCS_ENTRY, sregs.efer & EFER_LMA ? entry | ENTRY_IA32E :
							   entry & ~ENTRY_IA32E);
	list_msrs(w, list);
	return world_store_msrs(w, list, NR_MSRS);
}
