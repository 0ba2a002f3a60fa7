// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "vmsa.h"

struct vmsa_seg {
	uint16_t selector, attrib;
	uint32_t limit;
	uint64_t base;
};

/* Offsets in the VMSA, bytes. */
enum {
	VMSA_ES = 0x000, VMSA_CS = 0x010, VMSA_SS = 0x020, VMSA_DS = 0x030, VMSA_FS = 0x040,
	VMSA_GS = 0x050, VMSA_GDTR = 0x060, VMSA_LDTR = 0x070, VMSA_IDTR = 0x080, VMSA_TR = 0x090,
	VMSA_EFER = 0x0d0, VMSA_CR4 = 0x148, VMSA_CR3 = 0x150, VMSA_CR0 = 0x158,
	VMSA_RFLAGS = 0x170, VMSA_RIP = 0x178, VMSA_RSP = 0x1d8, VMSA_RAX = 0x1f8,
	VMSA_CR2 = 0x240, VMSA_RCX = 0x308, VMSA_RDX = 0x310, VMSA_RBX = 0x318, VMSA_RBP = 0x328,
	VMSA_RSI = 0x330, VMSA_RDI = 0x338, VMSA_R8 = 0x340,
};

/* Hardware runs SNP guests with SVME set in EFER; an ordinary VM has no such bit. */
#define EFER_SVME	(1ULL << 12)

static const struct {
	unsigned int vmsa;
	size_t sregs;
} segs[] = {
	{ VMSA_ES, offsetof(struct kvm_sregs, es) }, { VMSA_CS, offsetof(struct kvm_sregs, cs) },
	{ VMSA_SS, offsetof(struct kvm_sregs, ss) }, { VMSA_DS, offsetof(struct kvm_sregs, ds) },
	{ VMSA_FS, offsetof(struct kvm_sregs, fs) }, { VMSA_GS, offsetof(struct kvm_sregs, gs) },
	{ VMSA_TR, offsetof(struct kvm_sregs, tr) }, { VMSA_LDTR, offsetof(struct kvm_sregs, ldt) },
};

static uint64_t vmsa_u64(const void *vmsa, unsigned int offset)
{
	uint64_t value;

	memcpy(&value, vmsa + offset, sizeof(value));
	return value;
}

static void load_seg(struct kvm_segment *to, const void *vmsa, unsigned int offset)
{
	struct vmsa_seg seg;

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
	struct vmsa_seg seg;

	memcpy(&seg, vmsa + offset, sizeof(seg));
	memset(to, 0, sizeof(*to));
	to->base = seg.base;
	to->limit = seg.limit;
}

int vmsa_load(struct inproc_vcpu *vcpu, const void *vmsa)
{
	struct kvm_regs regs = {
		.rax = vmsa_u64(vmsa, VMSA_RAX), .rbx = vmsa_u64(vmsa, VMSA_RBX),
		.rcx = vmsa_u64(vmsa, VMSA_RCX), .rdx = vmsa_u64(vmsa, VMSA_RDX),
		.rsi = vmsa_u64(vmsa, VMSA_RSI), .rdi = vmsa_u64(vmsa, VMSA_RDI),
		.rbp = vmsa_u64(vmsa, VMSA_RBP), .rsp = vmsa_u64(vmsa, VMSA_RSP),
		.rip = vmsa_u64(vmsa, VMSA_RIP), .rflags = vmsa_u64(vmsa, VMSA_RFLAGS),
	};
	__u64 *high[] = { &regs.r8, &regs.r9, &regs.r10, &regs.r11,
			     &regs.r12, &regs.r13, &regs.r14, &regs.r15 };
	struct kvm_sregs sregs;
	int ret;

	for (unsigned int i = 0; i < 8; i++)
		*high[i] = vmsa_u64(vmsa, VMSA_R8 + i * 8);

	/* What the VMSA does not have (the APIC base) stays the engine's. */
	ret = engine->get_sregs(vcpu->engine, &sregs);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < sizeof(segs) / sizeof(segs[0]); i++)
		load_seg((void *)&sregs + segs[i].sregs, vmsa, segs[i].vmsa);
	load_dtable(&sregs.gdt, vmsa, VMSA_GDTR);
	load_dtable(&sregs.idt, vmsa, VMSA_IDTR);
	sregs.cr0 = vmsa_u64(vmsa, VMSA_CR0);
	sregs.cr2 = vmsa_u64(vmsa, VMSA_CR2);
	sregs.cr3 = vmsa_u64(vmsa, VMSA_CR3);
	sregs.cr4 = vmsa_u64(vmsa, VMSA_CR4);
	sregs.efer = vmsa_u64(vmsa, VMSA_EFER) & ~EFER_SVME;

	return engine->set_sregs(vcpu->engine, &sregs) ?: engine->set_regs(vcpu->engine, &regs);
}
