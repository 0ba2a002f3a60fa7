// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP VMs with vCPU IDs here and there up to the limit, and with more vCPUs than there are in
 * other tests: each is launched, and has its own.
 */
#include "check/harness.h"

#include <sys/ioctl.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "control.h"
#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

/* ---- any IDs ---- */

COCO_FIXTURE(ids);
FIXTURE_VARIANT(ids)
{
	struct check_row row;
	uint32_t ids[6];		/* 0xffffffff: the highest */
};

#define HIGHEST		0xffffffffu

FIXTURE_VARIANT_ADD(ids, sparse)
{
	COCO_ROW(NULL, REQ_SNP_VCPU_IDS), .ids = { 0, 3, 63, 64, 255, HIGHEST },
};

FIXTURE_VARIANT_ADD(ids, downwards)
{
	COCO_ROW(NULL, REQ_SNP_VCPU_IDS), .ids = { HIGHEST, 1000, 256, 65, 7, 1 },
};

static void guest_tells_id(void)
{
	ghcb_register();
	for (;;)
		GUEST_SYNC(0x100000 + guest_this_vcpu()->id);
}

COCO_TEST_F(ids, run)
{
	struct snp_vm *snp = snp_vm_create_bare(0);
	const uint32_t highest = vm_check_cap(snp->vm, KVM_CAP_MAX_VCPU_ID) - 1;
	uint32_t ids[ARRAY_SIZE(variant->ids)];
	unsigned int i, nr = 0, round;

	/* Some KVMs have fewer. */
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		if (variant->ids[i] < highest || variant->ids[i] == HIGHEST)
			ids[nr++] = variant->ids[i] == HIGHEST ? highest : variant->ids[i];
	snp_vm_add_vcpu_ids(snp, nr, ids, guest_tells_id);
	snp_vm_launch(snp);
	for (round = 0; round < 2; round++)
		for (i = 0; i < nr; i++)
			if (!EXPECT_REQ_SYNC(REQ_SNP_VCPU_IDS, snp->cpu[i].vcpu,
					     0x100000 + ids[i]))
				return;
	snp_vm_free(snp);
}

/* ---- many ---- */

#define MANY	80

COCO_FIXTURE(many);
FIXTURE_VARIANT(many)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(many, vcpus)
{
	COCO_ROW(NULL, REQ_SNP_VCPU_IDS),
};

static int create(struct raw_snp *snp, unsigned long id)
{
	return ioctl(snp->raw.vm, KVM_CREATE_VCPU, id);
}

COCO_TEST_F(many, launched)
{
	enum requirement_nr req = REQ_SNP_VCPU_IDS;
	struct raw_snp snp;
	int fd[MANY], max, nr, step;
	int i;

	(void)variant;
	raw_snp_open(&snp);
	if (control())
		control()->fw_measure(true);
	if (!EXPECT_REQ_EQ(req, "the launch before KVM_CREATE_VCPU", 0,
			   raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_MEMORY), &names_errno))
		return;
	ioctl(snp.raw.vm, KVM_CREATE_IRQCHIP);
	max = ioctl(snp.raw.vm, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPU_ID);
	nr = ioctl(snp.raw.vm, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS) - 1;
	if (nr > MANY)
		nr = MANY;
	step = (max - 1) / (nr + 1);
	for (i = 0; i < nr; i++) {
		fd[i] = create(&snp, step * (nr - i));
		if (!EXPECT_REQ_EQ(req, "KVM_CREATE_VCPU", 0, raw_errno(fd[i]), &names_errno))
			return;
	}
	EXPECT_REQ_EQ(req, "KVM_CREATE_VCPU with an ID that is taken", EEXIST,
		      raw_errno(create(&snp, step)), &names_errno);
	EXPECT_REQ_EQ(req, "KVM_CREATE_VCPU with KVM_CAP_MAX_VCPU_ID", EINVAL,
		      raw_errno(create(&snp, max)), &names_errno);
	EXPECT_REQ_EQ(req, "KVM_CREATE_VCPU with the highest ID", 0,
		      raw_errno(snp.raw.vcpu = create(&snp, max - 1)), &names_errno);
	if (EXPECT_REQ_EQ(req, "the launch", 0,
			  raw_snp_go(&snp, RAW_SNP_VCPU, RAW_SNP_FINISHED), &names_errno) &&
	    control() && control()->fw_launch())
		EXPECT_REQ_EQ(req, "vCPUs that firmware has measured", nr + 1,
			      control()->fw_launch()->nr_vmsas, &names_count);
	for (i = 0; i < nr; i++)
		close(fd[i]);
	raw_snp_close(&snp);
}

COCO_MAIN(snp_vm_missing)
