// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of SEV and SEV-ES that firmware has begun, of which the VMM cannot be told: it gave
 * arguments that can be read, but not written.
 */
#include "check/harness.h"

#include <errno.h>
#include <linux/kvm.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/sev_guest.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE

/* include/linux/psp-sev.h */
#define FW_DECOMMISSION	0x20
#define FW_DEACTIVATE	0x22

COCO_FIXTURE(untold);
FIXTURE_VARIANT(untold)
{
	struct check_row row;
	uint32_t id;
	enum sev_kind kind;
};

#define UNTOLD(id_, kind_)								\
	FIXTURE_VARIANT_ADD(untold, id_##_##kind_)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_UNTOLD, REQ_SEV_LEFT),				\
		.id = KVM_SEV_##id_, .kind = SEV_KIND_##kind_,				\
	}

UNTOLD(LAUNCH_START, SEV);
UNTOLD(LAUNCH_START, ES);
UNTOLD(RECEIVE_START, SEV);
UNTOLD(RECEIVE_START, ES);

/* What is in it firmware does not look at. */
static char blob[256];

static void *arguments(uint32_t id, bool es)
{
	const uint32_t policy = es ? RAW_SEV_ES : 0;
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TEST_ASSERT(page != MAP_FAILED, "out of memory");
	if (id == KVM_SEV_LAUNCH_START)
		*(struct kvm_sev_launch_start *)page = (struct kvm_sev_launch_start){
			.policy = policy,
		};
	else
		*(struct kvm_sev_receive_start *)page = (struct kvm_sev_receive_start){
			.policy = policy, .pdh_uaddr = (uint64_t)blob, .pdh_len = 16,
			.session_uaddr = (uint64_t)blob, .session_len = 128,
		};
	TEST_ASSERT(!mprotect(page, PAGE, PROT_READ), "mprotect()");
	return page;
}

static void expect_ended_once(const char *what, unsigned int cmd, unsigned int before)
{
	if (control())
		EXPECT_REQ_EQ(REQ_SEV_UNTOLD, what, 1, control()->fw_commands(cmd) - before,
			      &names_count);
}

COCO_TEST_F(untold, ended_once)
{
	const enum requirement_nr req = REQ_SEV_UNTOLD;
	struct kvm_sev_guest_status status = {};
	unsigned int deactivated = 0, decommissioned = 0;
	struct sev_guest g;
	void *args;

	args = arguments(variant->id, variant->kind == SEV_KIND_ES);
	if (!EXPECT_REQ_EQ(req, "the VM", 0, sev_guest_create(&g, variant->kind) ?:
			   sev_guest_init(&g, 0), &names_errno))
		return;
	if (control()) {
		deactivated = control()->fw_commands(FW_DEACTIVATE);
		decommissioned = control()->fw_commands(FW_DECOMMISSION);
	}
	EXPECT_REQ_EQ(req, "arguments that cannot be written", EFAULT,
		      raw_snp_cmd(&g.snp, variant->id, args), &names_errno);
	expect_ended_once("DEACTIVATE when it has failed", FW_DEACTIVATE, deactivated);
	expect_ended_once("DECOMMISSION when it has failed", FW_DECOMMISSION, decommissioned);
	EXPECT_REQ_TRUE(req, "KVM_SEV_GUEST_STATUS of no guest fails",
			raw_snp_cmd(&g.snp, KVM_SEV_GUEST_STATUS, &status));
	sev_guest_close(&g);
	expect_ended_once("DEACTIVATE when the VM is gone", FW_DEACTIVATE, deactivated);
	expect_ended_once("DECOMMISSION when the VM is gone", FW_DECOMMISSION, decommissioned);
	munmap(args, PAGE);
}

COCO_MAIN(snp_vm_missing)
