// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control registers that an SEV-ES guest writes: KVM cannot read them where they are, and is told
 * of each write by an exit that comes behind it.  A VM that KVM_SEV_ES_INIT made shows its VMM
 * what KVM knows of them; what KVM does with them, as with CR8 for each entry, the guest sees.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvm_util.h"
#include "processor.h"

#include "check/run.h"
#include "guest/ghcb.h"
#include "snp/sev_guest.h"
#include "snp/snp_vm.h"

enum reg { EFER, CR0, CR4, CR8, NR_REGS };

static const char *const reg_name[] = { "EFER", "CR0", "CR4", "CR8" };

/* The guest: each step changes bits of a register, tells how many steps there were, and ends. */
#define MAX_STEPS	3
#define NO_STEP		{ NR_REGS, 0 }

struct step {
	enum reg reg;
	uint32_t bits;			/* that are other ones from then on */
};

struct code {
	uint8_t bytes[512];
	size_t len;
};

#define PUT(code, ...)							\
	put(code, (const uint8_t []){ __VA_ARGS__ }, sizeof((const uint8_t []){ __VA_ARGS__ }))

static void put(struct code *code, const uint8_t *bytes, size_t len)
{
	memcpy(code->bytes + code->len, bytes, len);
	code->len += len;
}

#define BYTES_OF(u32)	(u32) & 0xff, (u32) >> 8 & 0xff, (u32) >> 16 & 0xff, (u32) >> 24

static void put_change(struct code *code, const struct step *step)
{
	/* To and from RAX: 0f 20 and 0f 22, the register is in bits 5:3 of what follows. */
	const uint8_t reg = step->reg == CR0 ? 0xc0 : step->reg == CR4 ? 0xe0 : 0xc0;
	const uint8_t prefix = step->reg == CR8 ? 0x44 : 0x3e;	/* the latter has no effect */

	if (step->reg == EFER)
		PUT(code, 0xb9, BYTES_OF(MSR_EFER), 0x0f, 0x32,		/* mov to %ecx, rdmsr */
		    0x35, BYTES_OF(step->bits), 0x0f, 0x30);		/* xor to %eax, wrmsr */
	else
		PUT(code, prefix, 0x0f, 0x20, reg, 0x35, BYTES_OF(step->bits),
		    prefix, 0x0f, 0x22, reg);
}

static void put_report(struct code *code, unsigned int steps)
{
	PUT(code, 0xb8, BYTES_OF(steps << 12 | GHCB_MSR_TERM_REQ),	/* mov to %eax */
	    0x31, 0xd2, 0xb9, BYTES_OF(MSR_AMD64_SEV_ES_GHCB),		/* xor %edx, mov to %ecx */
	    0x0f, 0x30, 0x0f, 0x1f, 0x84, 0x00, 0x6b, 0x76, 0x6d, 0x21,	/* wrmsr, marked */
	    0xf3, 0x0f, 0x01, 0xd9);					/* vmgexit */
}

/* ---- what the VMM sees ---- */

COCO_FIXTURE(written);
FIXTURE_VARIANT(written)
{
	struct check_row row;
	struct step steps[MAX_STEPS];
};

#define WRITTEN(name, ...)								\
	FIXTURE_VARIANT_ADD(written, name)						\
	{										\
		COCO_ROW(NULL, REQ_SEV_ES_WRITTEN), .steps = { __VA_ARGS__ }		\
	}

WRITTEN(efer_sce, { EFER, EFER_SCE }, { EFER, EFER_SCE }, NO_STEP);
WRITTEN(efer_nx, { EFER, EFER_NX }, { EFER, EFER_NX | EFER_SCE }, NO_STEP);
WRITTEN(cr0_wp, { CR0, X86_CR0_WP }, { CR0, X86_CR0_WP }, NO_STEP);
WRITTEN(cr0_ts, { CR0, X86_CR0_TS | X86_CR0_NE }, { CR0, X86_CR0_TS | X86_CR0_AM }, NO_STEP);
WRITTEN(cr4_pge, { CR4, X86_CR4_PGE }, { CR4, X86_CR4_PGE }, NO_STEP);
WRITTEN(cr4_tsd, { CR4, X86_CR4_TSD | X86_CR4_DE }, { CR4, X86_CR4_TSD | X86_CR4_PCE }, NO_STEP);
WRITTEN(cr8, { CR8, 5 }, { CR8, 10 }, { CR8, 15 });
WRITTEN(each, { CR4, X86_CR4_PGE }, { CR0, X86_CR0_WP }, { EFER, EFER_SCE });
WRITTEN(each_back, { CR8, 9 }, { CR4, X86_CR4_DE }, { CR8, 9 });

static int get(const struct sev_guest *g, uint64_t *value)
{
	struct kvm_sregs sregs;
	const int err = raw_errno(ioctl(g->vcpu[0], KVM_GET_SREGS, &sregs));

	value[EFER] = sregs.efer;
	/*
	 * KVM keeps a guest's caches on and machine checks enabled, whatever its VMM sets, and
	 * learns that with the guest's first write.
	 */
	value[CR0] = sregs.cr0 & ~(uint64_t)(X86_CR0_CD | X86_CR0_NW);
	value[CR4] = sregs.cr4 & ~X86_CR4_MCE;
	value[CR8] = sregs.cr8;
	return err;
}

static bool expect_registers(const struct sev_guest *g, const uint64_t *wanted, unsigned int step)
{
	uint64_t got[NR_REGS];
	char what[64];
	bool ok;

	ok = EXPECT_REQ_EQ(REQ_SEV_ES_WRITTEN, "KVM_GET_SREGS", 0, get(g, got), &names_errno);
	for (unsigned int reg = 0; ok && reg < NR_REGS; reg++) {
		snprintf(what, sizeof(what), "%s after step %u of the guest", reg_name[reg], step);
		ok = EXPECT_REQ_EQ(REQ_SEV_ES_WRITTEN, what, wanted[reg], got[reg], &names_value);
	}
	return ok && EXPECT_REQ_EQ(REQ_SEV_ES_WRITTEN, "cr8 of kvm_run", wanted[CR8],
				   g->run[0]->cr8, &names_value);
}

COCO_TEST_F(written, shown)
{
	uint64_t value[NR_REGS] = {};
	struct code code = {};
	struct sev_guest g;
	unsigned int i;
	bool ok;

	for (i = 0; i < MAX_STEPS && variant->steps[i].reg != NR_REGS; i++) {
		put_change(&code, &variant->steps[i]);
		put_report(&code, i + 1);
	}
	ok = EXPECT_REQ_EQ(REQ_SEV_ES_WRITTEN, "KVM_CREATE_VM", 0,
			   sev_guest_create(&g, SEV_KIND_OLD_ES), &names_errno);
	g.code = code.bytes;
	g.code_len = code.len;
	ok = ok && EXPECT_REQ_EQ(REQ_SEV_ES_WRITTEN, "KVM_SEV_ES_INIT to LAUNCH_FINISH", 0,
				 sev_guest_init(&g, 0) ?: raw_sev_add_memory(&g.snp) ?:
				 sev_guest_add_vcpus(&g, 1) ?: sev_guest_launch(&g), &names_errno) &&
	     EXPECT_REQ_EQ(REQ_SEV_ES_WRITTEN, "KVM_GET_SREGS before the guest runs", 0,
			   get(&g, value), &names_errno);
	for (i = 0; ok && i < MAX_STEPS && variant->steps[i].reg != NR_REGS; i++) {
		value[variant->steps[i].reg] ^= variant->steps[i].bits;
		ok = EXPECT_SEV_ROUND(REQ_SEV_ES_WRITTEN, &g, 0, i + 1, false) &&
		     expect_registers(&g, value, i + 1);
	}
	sev_guest_close(&g);
}

/* ---- which version of the protocol it is told ---- */

COCO_FIXTURE(told);
FIXTURE_VARIANT(told)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(told, version)
{
	COCO_ROW(NULL, REQ_SEV_ES_INIT_VERSION),
};

/* Bits 63:12 of the GHCB MSR as it is before the guest writes it, in a request to be ended. */
static void put_told(struct code *code)
{
	PUT(code, 0xb9, BYTES_OF(MSR_AMD64_SEV_ES_GHCB),		/* mov to %ecx */
	    0x0f, 0x32, 0x0f, 0x1f, 0x84, 0x00, 0x6b, 0x76, 0x6d, 0x21,	/* rdmsr, marked */
	    0x25, BYTES_OF(0xfffff000), 0x0d, BYTES_OF(GHCB_MSR_TERM_REQ),	/* and, or to %eax */
	    0x0f, 0x30, 0x0f, 0x1f, 0x84, 0x00, 0x6b, 0x76, 0x6d, 0x21,	/* wrmsr, marked */
	    0xf3, 0x0f, 0x01, 0xd9);					/* vmgexit */
}

COCO_TEST_F(told, to_the_guest)
{
	const enum requirement_nr req = REQ_SEV_ES_INIT_VERSION;
	struct code code = {};
	struct sev_guest g;
	uint64_t told;

	(void)variant;
	put_told(&code);
	if (!EXPECT_REQ_EQ(req, "KVM_CREATE_VM", 0, sev_guest_create(&g, SEV_KIND_OLD_ES),
			   &names_errno))
		goto out;
	g.code = code.bytes;
	g.code_len = code.len;
	if (!EXPECT_REQ_EQ(req, "KVM_SEV_ES_INIT to LAUNCH_FINISH", 0, sev_guest_init(&g, 0) ?:
			   raw_sev_add_memory(&g.snp) ?: sev_guest_add_vcpus(&g, 1) ?:
			   sev_guest_launch(&g), &names_errno) ||
	    !EXPECT_REQ_EQ(req, "KVM_RUN", 0, raw_errno(ioctl(g.vcpu[0], KVM_RUN, 0)),
			   &names_errno) ||
	    !EXPECT_REQ_EQ(req, "exit_reason", KVM_EXIT_SYSTEM_EVENT, g.run[0]->exit_reason,
			   &names_exit_reason))
		goto out;
	told = g.run[0]->system_event.data[0];
	EXPECT_REQ_EQ(req, "highest GHCB version", 1, GHCB_SEV_INFO_MAX(told), &names_value);
	EXPECT_REQ_EQ(req, "lowest GHCB version", 1, GHCB_SEV_INFO_MIN(told), &names_value);
out:
	sev_guest_close(&g);
}

COCO_MAIN(snp_vm_missing)
