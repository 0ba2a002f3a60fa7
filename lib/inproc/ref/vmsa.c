// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU's registers in its VMSA (APM 2, table B-4): those that a guest starts another vCPU with,
 * and those that firmware measures.
 */
#include "snp.h"

struct vmsa_segment {
	uint16_t selector, attributes;
	uint32_t limit;
	uint64_t base;
};

#define EFER_SVME	(1ull << 12)	/* which no ordinary VM of the engine's has */

static const struct {
	unsigned int at;
	size_t sregs;
} segments[] = {
	{ 0x00, offsetof(struct kvm_sregs, es) }, { 0x10, offsetof(struct kvm_sregs, cs) },
	{ 0x20, offsetof(struct kvm_sregs, ss) }, { 0x30, offsetof(struct kvm_sregs, ds) },
	{ 0x40, offsetof(struct kvm_sregs, fs) }, { 0x50, offsetof(struct kvm_sregs, gs) },
	{ 0x70, offsetof(struct kvm_sregs, ldt) }, { 0x90, offsetof(struct kvm_sregs, tr) },
};

#define NR_SEGMENTS	(sizeof(segments) / sizeof(segments[0]))

static const struct {
	unsigned int at;
	size_t regs, sregs;		/* one of these; ~0: not there */
} quadwords[] = {
	{ 0x0d0, ~0ul, offsetof(struct kvm_sregs, efer) },
	{ 0x148, ~0ul, offsetof(struct kvm_sregs, cr4) },
	{ 0x150, ~0ul, offsetof(struct kvm_sregs, cr3) },
	{ 0x158, ~0ul, offsetof(struct kvm_sregs, cr0) },
	{ 0x240, ~0ul, offsetof(struct kvm_sregs, cr2) },
	{ 0x170, offsetof(struct kvm_regs, rflags), ~0ul },
	{ 0x178, offsetof(struct kvm_regs, rip), ~0ul },
	{ 0x1d8, offsetof(struct kvm_regs, rsp), ~0ul },
	{ 0x1f8, offsetof(struct kvm_regs, rax), ~0ul },
	{ 0x308, offsetof(struct kvm_regs, rcx), ~0ul },
	{ 0x310, offsetof(struct kvm_regs, rdx), ~0ul },
	{ 0x318, offsetof(struct kvm_regs, rbx), ~0ul },
	{ 0x328, offsetof(struct kvm_regs, rbp), ~0ul },
	{ 0x330, offsetof(struct kvm_regs, rsi), ~0ul },
	{ 0x338, offsetof(struct kvm_regs, rdi), ~0ul },
	{ 0x340, offsetof(struct kvm_regs, r8), ~0ul },
	{ 0x348, offsetof(struct kvm_regs, r9), ~0ul },
	{ 0x350, offsetof(struct kvm_regs, r10), ~0ul },
	{ 0x358, offsetof(struct kvm_regs, r11), ~0ul },
	{ 0x360, offsetof(struct kvm_regs, r12), ~0ul },
	{ 0x368, offsetof(struct kvm_regs, r13), ~0ul },
	{ 0x370, offsetof(struct kvm_regs, r14), ~0ul },
	{ 0x378, offsetof(struct kvm_regs, r15), ~0ul },
};

#define NR_QUADWORDS	(sizeof(quadwords) / sizeof(quadwords[0]))

static void *quadword(struct kvm_regs *regs, struct kvm_sregs *sregs, size_t i)
{
	return quadwords[i].regs == ~0ul ? (char *)sregs + quadwords[i].sregs :
					   (char *)regs + quadwords[i].regs;
}

static void load_segment(struct kvm_segment *to, const unsigned char *vmsa, unsigned int at)
{
	struct vmsa_segment from;

	memcpy(&from, vmsa + at, sizeof(from));
	*to = (struct kvm_segment){
		.selector = from.selector, .base = from.base, .limit = from.limit,
		.type = from.attributes & 0xf, .s = from.attributes >> 4 & 1,
		.dpl = from.attributes >> 5 & 3, .present = from.attributes >> 7 & 1,
		.avl = from.attributes >> 8 & 1, .l = from.attributes >> 9 & 1,
		.db = from.attributes >> 10 & 1, .g = from.attributes >> 11 & 1,
		.unusable = !(from.attributes >> 7 & 1),
	};
}

static void load_table(struct kvm_dtable *to, const unsigned char *vmsa, unsigned int at)
{
	struct vmsa_segment from;

	memcpy(&from, vmsa + at, sizeof(from));
	*to = (struct kvm_dtable){ .base = from.base, .limit = (uint16_t)from.limit };
}

int snp_load_vmsa(struct ref_vcpu *vcpu, const unsigned char *vmsa)
{
	struct engine_vcpu *ev = vcpu->host->engine;
	struct kvm_regs regs = { 0 };
	struct kvm_sregs sregs;
	size_t i;
	int r;

	/* What the last instruction left open ends with the state that it belongs to. */
	r = engine->run(ev, &vcpu->host->exit, &vcpu->host->sigmask, true) ?:
	    engine->get_sregs(ev, &sregs);
	if (r)
		return r;
	for (i = 0; i < NR_SEGMENTS; i++)
		load_segment((void *)((char *)&sregs + segments[i].sregs), vmsa, segments[i].at);
	load_table(&sregs.gdt, vmsa, 0x60);
	load_table(&sregs.idt, vmsa, 0x80);
	for (i = 0; i < NR_QUADWORDS; i++)
		memcpy(quadword(&regs, &sregs, i), vmsa + quadwords[i].at, sizeof(uint64_t));
	sregs.efer &= ~EFER_SVME;
	if (engine->set_table_bits)
		engine->set_table_bits(ev, vcpu->host->vm->view_bit);
	return engine->set_sregs(ev, &sregs) ?: engine->set_regs(ev, &regs);
}

/* ---- the VMSA of the launch ---- */

static void store_segment(unsigned char *vmsa, unsigned int at, const struct kvm_segment *from)
{
	const struct vmsa_segment to = {
		.selector = from->selector, .base = from->base, .limit = from->limit,
		.attributes = from->type | from->s << 4 | from->dpl << 5 |
			      (from->present && !from->unusable) << 7 | from->avl << 8 |
			      from->l << 9 | from->db << 10 | from->g << 11,
	};

	memcpy(vmsa + at, &to, sizeof(to));
}

static void store_table(unsigned char *vmsa, unsigned int at, const struct kvm_dtable *from)
{
	const struct vmsa_segment to = { .base = from->base, .limit = from->limit };

	memcpy(vmsa + at, &to, sizeof(to));
}

/* What no ioctl has set is as after RESET (APM 2, table 14-1). */
static const struct {
	unsigned int at, size;
	uint64_t value;
} after_reset[] = {
	{ 0x160, 8, 0x400 },			/* DR7 */
	{ 0x168, 8, 0xffff0ff0 },		/* DR6 */
	{ 0x268, 8, 0x0007040600070406 },	/* PAT */
	{ 0x3e8, 8, 1 },			/* XCR0 */
	{ 0x408, 4, 0x1f80 },			/* MXCSR */
	{ 0x410, 2, 0x37f },			/* x87's control word */
};

int snp_store_vmsa(struct ref_vcpu *vcpu, unsigned char *vmsa)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	size_t i;
	int r;

	r = engine->get_regs(vcpu->host->engine, &regs) ?:
	    engine->get_sregs(vcpu->host->engine, &sregs);
	if (r)
		return r;
	memset(vmsa, 0, PAGE_SIZE);
	for (i = 0; i < NR_SEGMENTS; i++)
		store_segment(vmsa, segments[i].at,
			      (void *)((char *)&sregs + segments[i].sregs));
	store_table(vmsa, 0x60, &sregs.gdt);
	store_table(vmsa, 0x80, &sregs.idt);
	sregs.efer |= EFER_SVME;
	for (i = 0; i < NR_QUADWORDS; i++)
		memcpy(vmsa + quadwords[i].at, quadword(&regs, &sregs, i), sizeof(uint64_t));
	for (i = 0; i < sizeof(after_reset) / sizeof(after_reset[0]); i++)
		memcpy(vmsa + after_reset[i].at, &after_reset[i].value, after_reset[i].size);
	memcpy(vmsa + VMSA_SEV_FEATURES, &vcpu->vm->snp.features, sizeof(uint64_t));
	return 0;
}
