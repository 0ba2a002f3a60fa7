// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state that a vCPU of an SNP or SEV-ES guest is launched with, and measured: what the VMM set by the
 * uAPI, or what a CPU has after RESET, at its place in the VMSA (AMD APM 2, appendix B, "VMSA
 * Layout"; "Processor Initialization State").  All else of that page is 0.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <stddef.h>
#include <sys/ioctl.h>

#include "kvm_util.h"
#include "processor.h"

#include "snp/launch_check.h"
#include "snp/raw_sev.h"
#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE
#define NR_MSRS		12

#ifndef MSR_IA32_S_CET
#define MSR_IA32_S_CET		0x6a2
#define MSR_IA32_INT_SSP_TAB	0x6a8
#endif

/* Components of the state of XSAVE (AMD APM 4, "XSAVE/XRSTOR") */
#define XSTATE_YMM	(1ull << 2)
#define XSTATE_PKRU	(1ull << 9)
#define XSTATE_CET	(3ull << 11)

/* What the VMM gives a vCPU, or has of it. */
struct state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_fpu fpu;
	uint8_t ymm[256];		/* the upper halves */
	uint32_t pkru;
	uint64_t dr6, xcr0, msr[NR_MSRS];
};

/* Places in the VMSA of MSRs, in the order of state.msr. */
static const struct vmsa_msr {
	uint32_t index, offset;
	const char *name;
} msrs[NR_MSRS] = {
	{ MSR_STAR, 0x200, "STAR" },
	{ MSR_LSTAR, 0x208, "LSTAR" },
	{ MSR_CSTAR, 0x210, "CSTAR" },
	{ MSR_SYSCALL_MASK, 0x218, "SFMASK" },
	{ MSR_KERNEL_GS_BASE, 0x220, "KERNEL_GS_BASE" },
	{ MSR_IA32_SYSENTER_CS, 0x228, "SYSENTER_CS" },
	{ MSR_IA32_SYSENTER_ESP, 0x230, "SYSENTER_ESP" },
	{ MSR_IA32_SYSENTER_EIP, 0x238, "SYSENTER_EIP" },
	{ MSR_IA32_CR_PAT, 0x268, "PAT" },
	/* Not every CPU has these. */
	{ MSR_IA32_XSS, 0x140, "XSS" },
	{ MSR_IA32_S_CET, 0x1e0, "S_CET" },
	{ MSR_IA32_INT_SSP_TAB, 0x1f0, "ISST_ADDR" },
};

static const struct vmsa_field {
	uint32_t offset, size;
	size_t from;			/* in struct state */
	uint64_t always;		/* bits that KVM sets for itself */
	const char *name;
} fields[] = {
#define FIELD(offset_, size_, field, ...)	{ .offset = offset_, .size = size_,	\
	.from = offsetof(struct state, field), .name = #field, __VA_ARGS__ }
	/* An SNP guest runs with EFER.SVME set. */
	FIELD(0x0d0, 8, sregs.efer, .always = 1 << 12),
	FIELD(0x148, 8, sregs.cr4, .always = 1 << 6),		/* machine checks */
	FIELD(0x150, 8, sregs.cr3),
	FIELD(0x158, 8, sregs.cr0),
	FIELD(0x168, 8, dr6),
	FIELD(0x170, 8, regs.rflags),
	FIELD(0x178, 8, regs.rip),
	FIELD(0x1d8, 8, regs.rsp),
	FIELD(0x1f8, 8, regs.rax),
	FIELD(0x240, 8, sregs.cr2),
	FIELD(0x2e8, 4, pkru),
	FIELD(0x308, 8, regs.rcx),
	FIELD(0x310, 8, regs.rdx),
	FIELD(0x318, 8, regs.rbx),
	FIELD(0x328, 8, regs.rbp),
	FIELD(0x330, 8, regs.rsi),
	FIELD(0x338, 8, regs.rdi),
	FIELD(0x340, 8, regs.r8),
	FIELD(0x348, 8, regs.r9),
	FIELD(0x350, 8, regs.r10),
	FIELD(0x358, 8, regs.r11),
	FIELD(0x360, 8, regs.r12),
	FIELD(0x368, 8, regs.r13),
	FIELD(0x370, 8, regs.r14),
	FIELD(0x378, 8, regs.r15),
	FIELD(0x3e8, 8, xcr0),
	FIELD(0x400, 8, fpu.last_dp),
	FIELD(0x408, 4, fpu.mxcsr),
	FIELD(0x40c, 1, fpu.ftwx),
	FIELD(0x40e, 2, fpu.fsw),
	FIELD(0x410, 2, fpu.fcw),
	FIELD(0x412, 2, fpu.last_opcode),
	FIELD(0x418, 8, fpu.last_ip),
	FIELD(0x470, 256, fpu.xmm),
	FIELD(0x570, 256, ymm),
};

static const struct {
	uint32_t offset;
	size_t from;
	const char *name;
} segments[] = {
#define SEGMENT(offset_, seg)	{ offset_, offsetof(struct state, sregs.seg), #seg }
	SEGMENT(0x00, es), SEGMENT(0x10, cs), SEGMENT(0x20, ss), SEGMENT(0x30, ds),
	SEGMENT(0x40, fs), SEGMENT(0x50, gs), SEGMENT(0x70, ldt), SEGMENT(0x90, tr),
};

#define VMSA_GDTR		0x60
#define VMSA_IDTR		0x80
#define VMSA_DR7		0x160
#define VMSA_SEV_FEATURES	0x3b0
#define VMSA_X87		0x420

#define DR7_AFTER_RESET		0x400ull
#define SNP_ACTIVE		1ull

/* ---- the VMSA that is expected ---- */

static void set(uint8_t *vmsa, uint32_t offset, const void *value, size_t size)
{
	memcpy(vmsa + offset, value, size);
}

static void set_segment(uint8_t *vmsa, uint32_t offset, const struct kvm_segment *s)
{
	const uint16_t attributes = s->type | s->s << 4 | s->dpl << 5 |
				    (s->present && !s->unusable) << 7 | s->avl << 8 | s->l << 9 |
				    s->db << 10 | s->g << 11;

	set(vmsa, offset, &s->selector, 2);
	set(vmsa, offset + 2, &attributes, 2);
	set(vmsa, offset + 4, &s->limit, 4);
	set(vmsa, offset + 8, &s->base, 8);
}

static void set_table(uint8_t *vmsa, uint32_t offset, const struct kvm_dtable *t)
{
	const uint32_t limit = t->limit;

	set(vmsa, offset + 4, &limit, 4);
	set(vmsa, offset + 8, &t->base, 8);
}

static void expected_vmsa(uint8_t *vmsa, const struct state *s, bool es)
{
	const uint64_t dr7 = DR7_AFTER_RESET, features = es ? 0 : SNP_ACTIVE;
	unsigned int i;

	memset(vmsa, 0, PAGE);
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const void *value = (const char *)s + fields[i].from;
		uint64_t with;

		set(vmsa, fields[i].offset, value, fields[i].size);
		if (!fields[i].always)
			continue;
		memcpy(&with, value, sizeof(with));
		with |= fields[i].always;
		set(vmsa, fields[i].offset, &with, sizeof(with));
	}
	for (i = 0; i < ARRAY_SIZE(segments); i++)
		set_segment(vmsa, segments[i].offset, (const void *)s + segments[i].from);
	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		set(vmsa, msrs[i].offset, &s->msr[i], 8);
	set_table(vmsa, VMSA_GDTR, &s->sregs.gdt);
	set_table(vmsa, VMSA_IDTR, &s->sregs.idt);
	set(vmsa, VMSA_DR7, &dr7, 8);
	set(vmsa, VMSA_SEV_FEATURES, &features, 8);
	/* Eight times the low 8 bytes of a register, then eight times the others. */
	for (i = 0; i < 8; i++) {
		set(vmsa, VMSA_X87 + 8 * i, s->fpu.fpr[i], 8);
		set(vmsa, VMSA_X87 + 64 + 2 * i, s->fpu.fpr[i] + 8, 2);
	}
}

/* ---- the vCPU ---- */

static void fill(void *to, size_t size, uint8_t seed)
{
	uint8_t *byte = to;

	while (size--)
		*byte++ = seed++;
}

static const struct kvm_segment code = {
	.base = 0, .limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1,
	.g = 1,
};
static const struct kvm_segment data = {
	.base = 0, .limit = 0xffffffff, .selector = 16, .type = 3, .present = 1, .s = 1, .db = 1,
	.g = 1,
};

/*
 * As AMD's manual has it after RESET; but RDX, which is the CPU's own, as KVM tells it, no CD
 * and NW in CR0, and segments as KVM tells them, without the accessed bit of data segments,
 * which it tells of any.
 */
static void state_of_reset(struct state *s)
{
	s->sregs.ds.type &= ~1;
	s->sregs.es.type &= ~1;
	s->sregs.fs.type &= ~1;
	s->sregs.gs.type &= ~1;
	s->sregs.cs.selector = 0xf000;
	s->sregs.cs.base = 0xffff0000;
	s->sregs.cr0 = 0x10;
	s->regs.rflags = 2;
	s->regs.rip = 0xfff0;
	s->dr6 = 0xffff0ff0;
	s->xcr0 = 1;
	s->msr[8] = 0x0007040600070406;
	s->fpu.mxcsr = 0x1f80;
	s->fpu.fcw = 0x37f;
}

/* Components that a vCPU can have by KVM_SET_XCRS, after what CPUID says that KVM offers. */
static uint64_t offered_xcr0(void)
{
	const struct kvm_cpuid_entry2 *e = get_cpuid_entry(kvm_get_supported_cpuid(), 0xd, 0);

	return kvm_cpu_has(X86_FEATURE_XSAVE) ? e->eax & (3 | XSTATE_YMM | XSTATE_PKRU) : 1;
}

/*
 * A state that has a value of its own wherever there can be one.  KVM_SET_FPU sets no MXCSR;
 * CR2, which nothing needs before a page fault, goes into no VMSA.
 */
static void state_of_vmm(struct state *s)
{
	unsigned int i;

	fill(&s->regs, sizeof(s->regs), 0x11);
	s->regs.rip = 0xffffffff81234567;
	s->regs.rflags = 0x46;
	s->sregs.cs = code;
	s->sregs.ds = s->sregs.es = s->sregs.fs = s->sregs.gs = s->sregs.ss = data;
	s->sregs.es.selector = 0x18;
	s->sregs.fs.base = 0x1234567890;
	s->sregs.gs.base = 0xffff888012345678;
	s->sregs.tr = (struct kvm_segment){
		.base = 0xfffffe0000003000, .limit = 0x4087, .selector = 0x40, .type = 11,
		.present = 1,
	};
	s->sregs.ldt = (struct kvm_segment){
		.base = 0x7000, .limit = 0x777, .selector = 0x50, .type = 2, .present = 1,
	};
	s->sregs.gdt = (struct kvm_dtable){ .base = 0xfffffe0000001000, .limit = 0x7f };
	s->sregs.idt = (struct kvm_dtable){ .base = 0xfffffe0000000000, .limit = 0xfff };
	s->sregs.cr0 = 0x80050033;
	s->sregs.cr3 = 0x2000;
	s->sregs.cr4 = 0x6f0;
	s->sregs.efer = 0xd01;
	s->dr6 = 0xffff0ff0;
	s->xcr0 = offered_xcr0();
	for (i = 0; i < 8; i++)
		s->msr[i] = 0x100000 * (i + 1) + i;
	s->msr[8] = 0x0407050600070106;
	s->msr[9] = kvm_msr_is_in_save_restore_list(MSR_IA32_XSS) ? XSTATE_CET : 0;
	s->msr[10] = kvm_msr_is_in_save_restore_list(MSR_IA32_S_CET) ? 1 : 0;	/* shadow stacks on */
	s->msr[11] = kvm_msr_is_in_save_restore_list(MSR_IA32_INT_SSP_TAB) ? 0xfffffe0000006000 : 0;
	if (s->xcr0 & XSTATE_YMM)
		fill(s->ymm, sizeof(s->ymm), 0x3c);
	if (s->xcr0 & XSTATE_PKRU)
		s->pkru = 0x55555554;
	fill(s->fpu.fpr, sizeof(s->fpu.fpr), 0x21);
	fill(s->fpu.xmm, sizeof(s->fpu.xmm), 0x85);
	for (i = 0; i < 8; i++)
		memset(s->fpu.fpr[i] + 10, 0, 6);
	s->fpu.fcw = 0x27f;
	s->fpu.fsw = 0x3800;
	s->fpu.ftwx = 0xff;
	s->fpu.last_opcode = 0x123;
	s->fpu.last_ip = 0x55667788;
	s->fpu.last_dp = 0x99aabbcc;
	s->fpu.mxcsr = 0x1f80;
}

static bool must(const char *what, int err)
{
	return EXPECT_REQ_EQ(check_main_req(), what, 0, err, &names_errno);
}

static bool set_msrs(struct raw_snp *snp, const struct state *s)
{
	struct {
		struct kvm_msrs header;
		struct kvm_msr_entry entry[ARRAY_SIZE(msrs)];
	} args = {};
	unsigned int i, nr = 0;
	int done;

	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		if (s->msr[i])
			args.entry[nr++] = (struct kvm_msr_entry){ .index = msrs[i].index,
								   .data = s->msr[i] };
	args.header.nmsrs = nr;
	done = ioctl(snp->raw.vcpu, KVM_SET_MSRS, &args);
	return EXPECT_REQ_EQ(check_main_req(), "MSRs set", nr, done, &names_count);
}

/* XCR0, and what KVM_SET_FPU does not set: AVX's state and PKRU, in XSAVE's standard form. */
static bool set_xstate(struct raw_snp *snp, const struct state *s)
{
	const struct kvm_cpuid2 *cpuid = kvm_get_supported_cpuid();
	struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs[0].value = s->xcr0 };
	const uint64_t more = s->xcr0 & (XSTATE_YMM | XSTATE_PKRU);
	struct kvm_xsave xsave;
	char *area = (char *)&xsave;

	if (!kvm_cpu_has(X86_FEATURE_XSAVE))
		return true;
	if (!must("KVM_SET_XCRS", raw_errno(ioctl(snp->raw.vcpu, KVM_SET_XCRS, &xcrs))) ||
	    !must("KVM_GET_XSAVE", raw_errno(ioctl(snp->raw.vcpu, KVM_GET_XSAVE, &xsave))))
		return false;
	*(uint64_t *)(area + 512) |= more;		/* XSTATE_BV */
	if (more & XSTATE_YMM)
		memcpy(area + get_cpuid_entry(cpuid, 0xd, 2)->ebx, s->ymm, sizeof(s->ymm));
	if (more & XSTATE_PKRU)
		memcpy(area + get_cpuid_entry(cpuid, 0xd, 9)->ebx, &s->pkru, sizeof(s->pkru));
	return must("KVM_SET_XSAVE", raw_errno(ioctl(snp->raw.vcpu, KVM_SET_XSAVE, &xsave)));
}

static bool give_state(struct raw_snp *snp, struct state *s)
{
	return must("KVM_SET_CPUID2", raw_errno(ioctl(snp->raw.vcpu, KVM_SET_CPUID2,
						      kvm_get_supported_cpuid()))) &&
	       must("KVM_SET_SREGS", raw_errno(ioctl(snp->raw.vcpu, KVM_SET_SREGS, &s->sregs))) &&
	       must("KVM_SET_REGS", raw_errno(ioctl(snp->raw.vcpu, KVM_SET_REGS, &s->regs))) &&
	       must("KVM_SET_FPU", raw_errno(ioctl(snp->raw.vcpu, KVM_SET_FPU, &s->fpu))) &&
	       set_xstate(snp, s) &&
	       set_msrs(snp, s);
}

/* ---- comparing ---- */

static void expect_vmsa(const uint8_t *want, const uint8_t *got)
{
	const enum requirement_nr req = check_main_req();
	char what[64];
	unsigned int i;
	bool ok = true;

#define EXPECT_PART(what_, offset, size)						\
	do {										\
		snprintf(what, sizeof(what), "%s of the VMSA", what_);			\
		ok &= EXPECT_REQ_BYTES(req, what, want + (offset), got + (offset), size); \
	} while (0)
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		EXPECT_PART(fields[i].name, fields[i].offset, fields[i].size);
	for (i = 0; i < ARRAY_SIZE(segments); i++)
		EXPECT_PART(segments[i].name, segments[i].offset, 16);
	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		EXPECT_PART(msrs[i].name, msrs[i].offset, 8);
	EXPECT_PART("gdt", VMSA_GDTR, 16);
	EXPECT_PART("idt", VMSA_IDTR, 16);
	EXPECT_PART("SEV_FEATURES", VMSA_SEV_FEATURES, 8);
	EXPECT_PART("x87 registers", VMSA_X87, 80);
	if (ok)
		EXPECT_REQ_BYTES(req, "the VMSA", want, got, PAGE);
}

COCO_FIXTURE(vmsa);
FIXTURE_VARIANT(vmsa)
{
	struct check_row row;
	void (*state)(struct state *s);
	bool given;			/* by the VMM */
	bool es;			/* SEV-ES, not SNP */
};

FIXTURE_VARIANT_ADD(vmsa, after_reset)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_VMSA), .state = state_of_reset
};

FIXTURE_VARIANT_ADD(vmsa, given)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_VMSA), .state = state_of_vmm, .given = true
};

FIXTURE_VARIANT_ADD(vmsa, es_after_reset)
{
	COCO_ROW(NULL, REQ_SEV_ES_VMSA), .state = state_of_reset, .es = true
};

FIXTURE_VARIANT_ADD(vmsa, es_given)
{
	COCO_ROW(NULL, REQ_SEV_ES_VMSA), .state = state_of_vmm, .given = true, .es = true
};

/* Up to its vCPU, and on to its end. */
static int begin(struct raw_snp *snp, bool es)
{
	return es ? raw_sev_create(snp, KVM_X86_SEV_ES_VM) ?: raw_sev_add_memory(snp) ?:
		    raw_errno(ioctl(snp->raw.vm, KVM_CREATE_IRQCHIP)) ?: raw_vm_add_vcpu(&snp->raw) :
		    raw_snp_go(snp, RAW_SNP_NOTHING, RAW_SNP_VCPU);
}

static int finish(struct raw_snp *snp, bool es)
{
	return es ? raw_sev_start(snp, RAW_SEV_ES) ?: raw_sev_finish(snp, true) :
		    raw_snp_go(snp, RAW_SNP_VCPU, RAW_SNP_FINISHED);
}

COCO_TEST_F(vmsa, launched)
{
	static uint8_t want[PAGE];
	const struct control_fw_launch *l;
	struct state s = {};
	struct raw_snp snp;

	if (!control()) {
		check_skip("no control of the kernel here: what firmware measures is not seen");
		return;
	}
	control()->fw_measure(true);
	raw_snp_open(&snp);
	if (!must("the launch before it", begin(&snp, variant->es)) ||
	    !must("KVM_GET_REGS", raw_errno(ioctl(snp.raw.vcpu, KVM_GET_REGS, &s.regs))) ||
	    !must("KVM_GET_SREGS", raw_errno(ioctl(snp.raw.vcpu, KVM_GET_SREGS, &s.sregs))))
		goto out;
	variant->state(&s);
	if (variant->given && !give_state(&snp, &s))
		goto out;
	if (!must("the launch after it", finish(&snp, variant->es)))
		goto out;
	l = control()->fw_launch();
	if (EXPECT_REQ_EQ(check_main_req(), "VMSAs measured", 1, l ? l->nr_vmsas : 0,
			  &names_count)) {
		expected_vmsa(want, &s, variant->es);
		expect_vmsa(want, l->vmsa[0]);
	}
out:
	raw_snp_close(&snp);
}

/* With state that only newer CPUs have */
COCO_MAIN_ON("xsaves,avx,pku,cet", snp_vm_missing)
