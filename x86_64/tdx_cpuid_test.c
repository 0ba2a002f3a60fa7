// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<Instruction.CPUID>: leaves that the TDX module leaves to the VMM, which has
 * told KVM by KVM_SET_CPUID2.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "tdx/tdx_check.h"
#include "vm/cpuid_leaves.h"

/* What CPUID ignores in RAX and RCX, which a guest hands on as R12 and R13. */
#define HIGH_HALF	0xabcd000000000000ull

COCO_FIXTURE(cpuid);
FIXTURE_VARIANT(cpuid)
{
	struct check_row row;
	uint64_t leaf, subleaf;
	uint32_t wanted[4];		/* EAX, EBX, ECX, EDX */
};

#define CPUID_ROW(name, req, leaf_, subleaf_, ...)				\
	FIXTURE_VARIANT_ADD(cpuid, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_RAX, REQ_TDX_KEPT),			\
		.leaf = leaf_, .subleaf = subleaf_, .wanted = __VA_ARGS__	\
	};

CPUID_ROW(leaf, REQ_TDX_CPUID, CPUID_LEAF, 0, CPUID_LEAF_REGS)
CPUID_ROW(leaf_of_any_subleaf, REQ_TDX_CPUID, CPUID_LEAF, 7, CPUID_LEAF_REGS)
CPUID_ROW(subleaf_0, REQ_TDX_CPUID, CPUID_LEAF_INDEXED, 0, CPUID_SUBLEAF_0_REGS)
CPUID_ROW(subleaf_1, REQ_TDX_CPUID, CPUID_LEAF_INDEXED, 1, CPUID_SUBLEAF_1_REGS)
CPUID_ROW(high_halves, REQ_TDX_CPUID, HIGH_HALF | CPUID_LEAF_INDEXED, HIGH_HALF | 1,
	  CPUID_SUBLEAF_1_REGS)
CPUID_ROW(subleaf_2, REQ_TDX_CPUID_NONE, CPUID_LEAF_INDEXED, 2, { 0 })
CPUID_ROW(highest_subleaf, REQ_TDX_CPUID_NONE, CPUID_LEAF_INDEXED, 0xffffffff, { 0 })

COCO_TEST_F(cpuid, answer)
{
	static const char *const what[] = {
		"R12, EAX", "R13, EBX", "R14, ECX", "R15, EDX",
	};
	enum requirement_nr req = check_main_req();
	struct tdvmcall_vm v;
	unsigned int i;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	set_cpuid_leaves(v.vcpu);
	tdvmcall_prepare(&v, GHCI_INSTRUCTION_CPUID, variant->leaf, variant->subleaf, TD_FILL(14),
			 TD_FILL(15));
	if (expect_tdvmcall_answer(req, &v, GHCI_SUCCESS))
		for (i = 0; i < ARRAY_SIZE(what); i++)
			EXPECT_REQ_EQ(req, what[i], variant->wanted[i],
				      v.req->out.gpr[TD_R12 + i], &names_value);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
