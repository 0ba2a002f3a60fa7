// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEV on CPUs whose caches are not coherent with encrypted memory: KVM has to write back what they
 * have of memory that firmware encrypts in place, and of a VMSA that it gives back.
 *
 * A VMM does not see it: the in-process KVM's firmware and memory look at it
 * (lib/inproc/src/kernel/linux/cache.c).
 */
#include "check/harness.h"

#include <linux/kvm.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "control.h"
#include "snp/raw_sev.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE
#define SECRET_HEADER	52		/* bytes (AMD 55766, LAUNCH_SECRET) */

static bool has_control(void)
{
	if (!control())
		check_skip("needs an in-process KVM, which has a CPU without coherency");
	return control();
}

/* ---- what firmware encrypts ---- */

COCO_FIXTURE(launch);
FIXTURE_VARIANT(launch)
{
	struct check_row row;
	uint64_t offset, len;
};

#define LAUNCH(offset_, len_)								\
	FIXTURE_VARIANT_ADD(launch, len_##_at_##offset_)				\
	{										\
		COCO_ROW(NULL, REQ_SEV_CACHE), .offset = offset_, .len = len_		\
	}

LAUNCH(0, 16);
LAUNCH(16, 32);
LAUNCH(0, 4096);
LAUNCH(0, 16384);

COCO_TEST_F(launch, written_back)
{
	struct kvm_sev_launch_update_data update = { .len = variant->len };
	struct kvm_sev_launch_measure measure = { .len = 48 };
	struct kvm_sev_launch_secret secret = {
		.hdr_len = SECRET_HEADER, .guest_len = 16, .trans_len = 16,
	};
	char measurement[48], header[SECRET_HEADER] = {}, text[16] = {};
	struct raw_snp sev;

	if (!has_control())
		return;
	raw_snp_open(&sev);
	update.uaddr = (uint64_t)sev.raw.mem + variant->offset;
	measure.uaddr = (uint64_t)measurement;
	secret.hdr_uaddr = (uint64_t)header;
	secret.guest_uaddr = update.uaddr;
	secret.trans_uaddr = (uint64_t)text;
	EXPECT_REQ_EQ(REQ_SEV_CACHE, "the launch of an SEV VM", 0,
		      raw_sev_create(&sev, KVM_X86_SEV_VM) ?: raw_sev_add_memory(&sev) ?:
		      raw_sev_start(&sev, 0) ?:
		      raw_snp_cmd(&sev, KVM_SEV_LAUNCH_UPDATE_DATA, &update) ?:
		      raw_snp_cmd(&sev, KVM_SEV_LAUNCH_MEASURE, &measure) ?:
		      raw_snp_cmd(&sev, KVM_SEV_LAUNCH_SECRET, &secret) ?:
		      raw_snp_cmd(&sev, KVM_SEV_LAUNCH_FINISH, NULL), &names_errno);
	raw_snp_close(&sev);
}

/* ---- guests from their launch to their end ---- */

COCO_FIXTURE(guest);
FIXTURE_VARIANT(guest)
{
	struct check_row row;
	bool es;
};

FIXTURE_VARIANT_ADD(guest, sev_es)
{
	COCO_ROW(NULL, REQ_SEV_CACHE), .es = true,
};
FIXTURE_VARIANT_ADD(guest, snp)
{
	COCO_ROW(NULL, REQ_SEV_CACHE),
};

static void guest_syncs(void)
{
	ghcb_register();
	GUEST_SYNC(1);
}

COCO_TEST_F(guest, written_back)
{
	struct snp_vm *snp;

	if (!has_control())
		return;
	snp = variant->es ? es_vm_create(2, guest_syncs, GHCB_PROTOCOL_VERSION) :
			    snp_vm_create(2, guest_syncs);
	snp_vm_launch(snp);
	if (EXPECT_REQ_SYNC(REQ_GUEST_UCALL, snp->cpu[0].vcpu, 1))
		snp_vm_free(snp);
}

COCO_MAIN_ON("-sme_coherent,-debug_swap", snp_vm_missing)
