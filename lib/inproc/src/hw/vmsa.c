// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's registers between the state save area, in which VMRUN finds them, and the
 * engine (AMD APM 2, appendix B).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/gpr.h"
#include "vmcb.h"
#include "vmsa.h"

struct save_seg {
	uint16_t selector, attrib;
	uint32_t limit;
	uint64_t base;
};

/* Hardware runs SNP guests with SVME set in EFER; an ordinary VM has no such bit. */
#define EFER_SVME	(1ULL << 12)

static const struct {
	unsigned int save;
	size_t sregs;
	bool vmload;
} segs[] = {
	{ SAVE_ES, offsetof(struct kvm_sregs, es), .vmload = false },
	{ SAVE_CS, offsetof(struct kvm_sregs, cs), .vmload = false },
	{ SAVE_SS, offsetof(struct kvm_sregs, ss), .vmload = false },
	{ SAVE_DS, offsetof(struct kvm_sregs, ds), .vmload = false },
	{ SAVE_FS, offsetof(struct kvm_sregs, fs), .vmload = true },
	{ SAVE_GS, offsetof(struct kvm_sregs, gs), .vmload = true },
	{ SAVE_TR, offsetof(struct kvm_sregs, tr), .vmload = true },
	{ SAVE_LDTR, offsetof(struct kvm_sregs, ldt), .vmload = true },
};

static void load_seg(struct kvm_segment *to, const void *vmsa, unsigned int offset)
{
	struct save_seg seg;

	memcpy(&seg, vmsa + offset, sizeof(seg));
	memset(to, 0, sizeof(*to));
	to->selector = seg.selector;
	to->base = seg.base;
	to->limit = seg.limit;
	to->type = seg.attrib & 0xf;
	to->s = seg.attrib >> 4 & 1;
	to->dpl = seg.attrib >> 5 & 3;
	to->present = seg.attrib >> 7 & 1;
	to->avl = seg.attrib >> 8 & 1;
	to->l = seg.attrib >> 9 & 1;
	to->db = seg.attrib >> 10 & 1;
	to->g = seg.attrib >> 11 & 1;
	to->unusable = !to->present;
}

static void load_dtable(struct kvm_dtable *to, const void *vmsa, unsigned int offset)
{
	struct save_seg seg;

	memcpy(&seg, vmsa + offset, sizeof(seg));
	memset(to, 0, sizeof(*to));
	to->base = seg.base;
	to->limit = seg.limit;
}

static void store_seg(void *save, unsigned int offset, const struct kvm_segment *from)
{
	struct save_seg seg = {
		.selector = from->selector,
		.attrib = from->type | from->s << 4 | from->dpl << 5 |
			  (from->present && !from->unusable) << 7 | from->avl << 8 | from->l << 9 |
			  from->db << 10 | from->g << 11,
		/* KVM gives limits in bytes, as the VMCB has them. */
		.limit = from->limit,
		.base = from->base,
	};

	memcpy((char *)save + offset, &seg, sizeof(seg));
}

/*
 * Control registers and segments; what @save does not have (the APIC base) is the engine's.
 * @cr8: -1 if it is its own, too; and so is what is clean.
 */
static int load_sregs(struct src_vcpu *vcpu, const void *save, const void *loaded, int cr8,
		      uint32_t clean)
{
	struct kvm_sregs sregs;
	int ret = engine->get_sregs(vcpu->engine, &sregs);

	if (ret)
		return ret;
	for (unsigned int i = 0; i < sizeof(segs) / sizeof(segs[0]); i++)
		if (segs[i].vmload || !(clean & CLEAN_SEG))
			load_seg((void *)&sregs + segs[i].sregs, segs[i].vmload ? loaded : save,
				 segs[i].save);
	if (cr8 >= 0)
		sregs.cr8 = cr8;
	if (!(clean & CLEAN_DT)) {
		load_dtable(&sregs.gdt, save, SAVE_GDTR);
		load_dtable(&sregs.idt, save, SAVE_IDTR);
	}
	if (!(clean & CLEAN_CR2))
		sregs.cr2 = get_u64(save, SAVE_CR2);
	if (!(clean & CLEAN_CR)) {
		sregs.cr0 = get_u64(save, SAVE_CR0);
		sregs.cr3 = get_u64(save, SAVE_CR3);
		sregs.cr4 = get_u64(save, SAVE_CR4);
		sregs.efer = get_u64(save, SAVE_EFER) & ~EFER_SVME;
	}
	return engine->set_sregs(vcpu->engine, &sregs);
}

int vmsa_load(struct src_vcpu *vcpu, const void *vmsa, uint32_t clean)
{
	struct kvm_regs regs = {
		.rax = get_u64(vmsa, SAVE_RAX), .rbx = get_u64(vmsa, SAVE_RBX),
		.rcx = get_u64(vmsa, SAVE_RCX), .rdx = get_u64(vmsa, SAVE_RDX),
		.rsi = get_u64(vmsa, SAVE_RSI), .rdi = get_u64(vmsa, SAVE_RDI),
		.rbp = get_u64(vmsa, SAVE_RBP), .rsp = get_u64(vmsa, SAVE_RSP),
		.rip = get_u64(vmsa, SAVE_RIP), .rflags = get_u64(vmsa, SAVE_RFLAGS),
	};
	__u64 *high = &regs.r8;

	for (unsigned int i = 0; i < 8; i++)
		high[i] = get_u64(vmsa, SAVE_R8 + i * 8);
	return load_sregs(vcpu, vmsa, vmsa, -1, clean) ?: engine->set_regs(vcpu->engine, &regs);
}

/* Not in the VMCB, which has RAX and RSP only. */
static bool is_gpr_of_vmrun(unsigned int i)
{
	return i != IMAGE_RAX && i != IMAGE_RSP;
}

int vmcb_load(struct src_vcpu *vcpu, const struct vmcb_state *state)
{
	const void *save = state->save;
	struct kvm_regs regs = {
		.rax = get_u64(save, SAVE_RAX), .rsp = get_u64(save, SAVE_RSP),
		.rip = get_u64(save, SAVE_RIP), .rflags = get_u64(save, SAVE_RFLAGS),
	};

	for (unsigned int i = 0; i < IMAGE_NR_GPRS; i++)
		if (is_gpr_of_vmrun(i))
			*gpr_of(&regs, i) = state->gprs->gpr[i];
	return load_sregs(vcpu, save, state->loaded, state->tpr, 0) ?:
	       engine->set_regs(vcpu->engine, &regs);
}

static void store_dtable(void *save, unsigned int offset, const struct kvm_dtable *from)
{
	set_u32(save, offset + 4, from->limit);
	set_u64(save, offset + 8, from->base);
}

/* What both forms of a save area have; gives CR8, and what one of them has in @regs. */
static uint8_t store(struct src_vcpu *vcpu, void *save, void *loaded, struct kvm_regs *regs)
{
	struct kvm_sregs sregs;

	if (engine->get_regs(vcpu->engine, regs) || engine->get_sregs(vcpu->engine, &sregs)) {
		inproc_diag("engine %s does not give the guest's state", engine->name);
		abort();
	}
	set_u64(save, SAVE_RAX, regs->rax);
	set_u64(save, SAVE_RSP, regs->rsp);
	set_u64(save, SAVE_RIP, regs->rip);
	set_u64(save, SAVE_RFLAGS, regs->rflags);
	for (unsigned int i = 0; i < sizeof(segs) / sizeof(segs[0]); i++)
		store_seg(segs[i].vmload ? loaded : save, segs[i].save,
			  (void *)&sregs + segs[i].sregs);
	store_dtable(save, SAVE_GDTR, &sregs.gdt);
	store_dtable(save, SAVE_IDTR, &sregs.idt);
	set_u64(save, SAVE_CR0, sregs.cr0);
	set_u64(save, SAVE_CR2, sregs.cr2);
	set_u64(save, SAVE_CR3, sregs.cr3);
	set_u64(save, SAVE_CR4, sregs.cr4);
	set_u64(save, SAVE_EFER, sregs.efer | EFER_SVME);
	set_u8(save, SAVE_CPL, sregs.ss.dpl);
	return sregs.cr8;
}

void vmcb_store(struct src_vcpu *vcpu, struct vmcb_state *state)
{
	struct kvm_regs regs;

	state->tpr = store(vcpu, state->save, state->loaded, &regs);
	for (unsigned int i = 0; i < IMAGE_NR_GPRS; i++)
		if (is_gpr_of_vmrun(i))
			state->gprs->gpr[i] = *gpr_of(&regs, i);
}

void vmsa_store(struct src_vcpu *vcpu, void *vmsa)
{
	struct kvm_regs regs;

	store(vcpu, vmsa, vmsa, &regs);
	set_u64(vmsa, SAVE_RBX, regs.rbx);
	set_u64(vmsa, SAVE_RCX, regs.rcx);
	set_u64(vmsa, SAVE_RDX, regs.rdx);
	set_u64(vmsa, SAVE_RSI, regs.rsi);
	set_u64(vmsa, SAVE_RDI, regs.rdi);
	set_u64(vmsa, SAVE_RBP, regs.rbp);
	for (unsigned int i = 0; i < 8; i++)
		set_u64(vmsa, SAVE_R8 + i * 8, (&regs.r8)[i]);
}
