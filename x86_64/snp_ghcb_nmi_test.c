// SPDX-License-Identifier: GPL-2.0-only
/*
 * NMIs of a guest whose IRET KVM cannot see: NMI complete (NAE event 0x80000003) tells it that
 * the next one can come.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "snp/ghcb_check.h"

/* In shared memory; the guest's address. */
static volatile uint64_t *guest_nmis;

/* At a VMGEXIT's end, where nothing lies below the stack pointer. */
static void guest_nmi(struct ex_regs *regs __attribute__((unused)))
{
	++*guest_nmis;
}

COCO_FIXTURE(nmi);
FIXTURE_VARIANT(nmi)
{
	struct check_row row;
	bool completes;
};

FIXTURE_VARIANT_ADD(nmi, not_completed)
{
	COCO_ROW(NULL, REQ_GHCB_NMI_MASKED, REQ_GHCB_NMI, REQ_SEV_INTERCEPT, REQ_GHCB_KEPT,
		 REQ_GHCB_VALID_ONLY),
};

FIXTURE_VARIANT_ADD(nmi, completed)
{
	COCO_ROW(NULL, REQ_GHCB_NMI, REQ_GHCB_NMI_MASKED, REQ_SEV_INTERCEPT, REQ_GHCB_KEPT,
		 REQ_GHCB_VALID_ONLY),
	.completes = true,
};

/* Make the script's VMGEXITs: so many NMIs have come by then. */
static bool expect_nmis(struct ghcb_vm *v, enum requirement_nr req, const uint64_t *nmis,
			uint64_t wanted)
{
	const struct ghcb_script *script = v->cpu[0].script;
	unsigned int i;

	if (!EXPECT_REQ_SYNC(req, v->cpu[0].vcpu, GHCB_STAGE_ANSWERED) ||
	    !EXPECT_REQ_EQ(req, "NMIs that the guest has got", wanted, *nmis, &names_count))
		return false;
	for (i = 0; i < script->nr_steps; i++)
		if (!EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_OK,
				   script->step[i].answer.page.sw_exit_info_1, &names_info_1) ||
		    !EXPECT_GHCB_KEPT(&script->step[i], 0, 0))
			return false;
	ghcb_script_reset(v, 0);
	return true;
}

COCO_TEST_F(nmi, comes)
{
	struct shared_mem nmis;
	struct ghcb_vm v;

	ghcb_vm_create(&v, 1, guest_ghcb_loop);
	nmis = snp_vm_alloc_shared(v.snp, 1);
	guest_nmis = (void *)nmis.gva;
	sync_global_to_guest(v.snp->vm, guest_nmis);
	vm_install_exception_handler(v.snp->vm, NMI_VECTOR, guest_nmi);
	snp_vm_launch(v.snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v.cpu[0].vcpu, GHCB_STAGE_READY))
		return;

	vcpu_ioctl(v.cpu[0].vcpu, KVM_NMI, NULL);
	ghcb_add_event(&v, 0, GHCB_NAE_HV_FEATURES, 0, 0);
	if (!expect_nmis(&v, REQ_GHCB_NMI, nmis.hva, 1))
		return;
	vcpu_ioctl(v.cpu[0].vcpu, KVM_NMI, NULL);
	ghcb_add_event(&v, 0, GHCB_NAE_HV_FEATURES, 0, 0);
	ghcb_add_event(&v, 0, GHCB_NAE_HV_FEATURES, 0, 0);
	if (!expect_nmis(&v, REQ_GHCB_NMI_MASKED, nmis.hva, 1))
		return;
	if (variant->completes) {
		ghcb_add_event(&v, 0, GHCB_NAE_NMI_COMPLETE, 0, 0);
		ghcb_add_event(&v, 0, GHCB_NAE_HV_FEATURES, 0, 0);
		if (!expect_nmis(&v, REQ_GHCB_NMI, nmis.hva, 2))
			return;
	}
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
