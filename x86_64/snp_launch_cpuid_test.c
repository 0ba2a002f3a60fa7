// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID pages of an SNP launch: firmware refuses one that promises more than the CPU has, and
 * leaves what it would take in the page; KVM hands that to the VMM, in the VMM's own page.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "snp/launch_check.h"
#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE

/* AMD 56860, "Status Codes" */
#define INVALID_PARAM	0x16

/* The page, AMD 56860, "CPUID Page" */
struct cpuid_page {
	uint32_t count, zero;
	uint64_t zero2;
	struct {
		uint32_t in_eax, in_ecx;
		uint64_t xcr0, xss;
		uint32_t eax, ebx, ecx, edx;
		uint64_t zero;
	} fn[64];
};

/* CPUID function 7, EBX: what is reserved there for all CPUs, or no CPU of AMD's has (SGX) */
#define FN7_EBX_NEVER	(1u << 2)

COCO_FIXTURE(cpuid);
FIXTURE_VARIANT(cpuid)
{
	struct check_row row;
	bool read_only;
};

FIXTURE_VARIANT_ADD(cpuid, corrected)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_CPUID, REQ_SNP_LAUNCH_CPUID_WRITE)
};

FIXTURE_VARIANT_ADD(cpuid, read_only)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_CPUID_WRITE), .read_only = true
};

static int update(struct raw_snp *snp, const void *page)
{
	return raw_snp_update_args(snp, (struct kvm_sev_snp_launch_update){
		.uaddr = (uint64_t)page, .len = PAGE, .type = KVM_SEV_SNP_PAGE_TYPE_CPUID,
	});
}

static void expect_corrected(struct raw_snp *snp, struct cpuid_page *page, int ret)
{
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_CPUID, "firmware's status", INVALID_PARAM, snp->fw_error,
		      &names_value);
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_CPUID, "errno", EIO, ret, &names_errno);
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_CPUID, "functions in the page", 2, page->count, &names_count);
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_CPUID, "EBX of function 7, corrected", 0,
		      page->fn[1].ebx & FN7_EBX_NEVER, &names_value);
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_CPUID, "EAX of function 0", 0x10, page->fn[0].eax,
		      &names_value);
	if (control())
		EXPECT_REQ_TRUE(REQ_SNP_LAUNCH_CPUID_WRITE, "the VMM's page is marked dirty",
				control()->page_dirty(page));
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_CPUID, "an update with what was corrected", 0,
		      update(snp, page), &names_errno);
}

COCO_TEST_F(cpuid, page)
{
	struct cpuid_page *page, before;
	struct raw_snp snp;
	int ret;

	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(REQ_SNP_LAUNCH_CPUID, "the launch before it", 0,
			   raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_STARTED), &names_errno))
		goto out;
	page = (void *)snp.raw.mem;
	page->count = 2;
	page->fn[0].eax = 0x10;
	page->fn[1].in_eax = 7;
	page->fn[1].ebx = FN7_EBX_NEVER;
	before = *page;
	if (variant->read_only)
		mprotect(page, PAGE, PROT_READ);
	if (control())
		control()->page_dirty(page);
	ret = update(&snp, page);
	EXPECT_REQ_TRUE(REQ_SNP_LAUNCH_CPUID, "KVM_SEV_SNP_LAUNCH_UPDATE is refused", ret);
	if (variant->read_only)
		EXPECT_REQ_BYTES(REQ_SNP_LAUNCH_CPUID_WRITE, "a page that the VMM can only read",
				 &before, page, sizeof(before));
	else
		expect_corrected(&snp, page, ret);
	if (variant->read_only)
		mprotect(page, PAGE, PROT_READ | PROT_WRITE);
out:
	raw_snp_close(&snp);
}

/* ---- updates that fail for another reason ---- */

COCO_FIXTURE(failing);
FIXTURE_VARIANT(failing)
{
	struct check_row row;
	uint8_t type;
};

FIXTURE_VARIANT_ADD(failing, normal)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_CPUID_ONLY), .type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
};

FIXTURE_VARIANT_ADD(failing, cpuid)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_CPUID_ONLY), .type = KVM_SEV_SNP_PAGE_TYPE_CPUID,
};

COCO_TEST_F(failing, page_kept)
{
	struct raw_snp snp;
	int ret;

	if (!control()) {
		check_skip("no control of the kernel here: no command of firmware's fails");
		return;
	}
	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(REQ_SNP_LAUNCH_CPUID_ONLY, "the launch before it", 0,
			   raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_STARTED), &names_errno))
		return;
	control()->page_dirty(snp.raw.mem);
	control()->fail_step(CONTROL_STEP_PSP, 1);
	ret = raw_snp_update_args(&snp, (struct kvm_sev_snp_launch_update){
		.uaddr = (uint64_t)snp.raw.mem, .len = PAGE, .type = variant->type,
	});
	control()->fail_step(CONTROL_STEP_PSP, 0);
	EXPECT_REQ_TRUE(REQ_SNP_LAUNCH_CPUID_ONLY, "KVM_SEV_SNP_LAUNCH_UPDATE fails", ret);
	EXPECT_REQ_TRUE(REQ_SNP_LAUNCH_CPUID_ONLY, "the VMM's page is not written to",
			!control()->page_dirty(snp.raw.mem));
	raw_snp_close(&snp);
}

COCO_MAIN(snp_vm_missing)
