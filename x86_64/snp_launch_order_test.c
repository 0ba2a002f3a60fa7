// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every command of KVM_MEMORY_ENCRYPT_OP, and what else belongs to a launch, in every state of
 * an SNP VM: in one of its own it is taken, elsewhere it is refused, and what is refused leaves
 * the launch as it was: it goes on to its end and measures what it measures without.
 *
 * Not ABI, so not checked: which error a refused command returns.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "snp/launch_check.h"
#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

/* Since 7.0; older headers lack it. */
#define SNP_ENABLE_REQ_CERTS	103

/* States, as sets; a launch's stages, and two that follow failures of firmware. */
#define IN(stage)		(1u << RAW_SNP_##stage)
#define START_FAILED		(RAW_SNP_FINISHED + 1)
#define NR_STATES		(START_FAILED + 1)
#define ALL			((1u << NR_STATES) - 1)
#define AFTER_INIT		(ALL & ~IN(CREATED))
#define BEFORE_START		(IN(INITED) | IN(MEMORY) | IN(VCPU) | 1u << START_FAILED)

/* One that no command may read or write but where it is taken. */
static char nothing[512] __attribute__((aligned(8)));

static int by_id(struct raw_snp *snp, uint32_t id)
{
	return raw_snp_cmd(snp, id, nothing);
}

static int init2(struct raw_snp *snp, uint32_t id __attribute__((unused)))
{
	return raw_snp_init2(snp, 0, GHCB_PROTOCOL_VERSION);
}

static int start(struct raw_snp *snp, uint32_t id __attribute__((unused)))
{
	return raw_snp_start(snp, RAW_SNP_POLICY, 0);
}

/* A page that the launch does not have. */
static int update(struct raw_snp *snp, uint32_t id __attribute__((unused)))
{
	return raw_snp_update(snp, RAW_SNP_PAGES, snp->raw.mem, 1);
}

/* Pages that it has. */
static int update_again(struct raw_snp *snp, uint32_t id __attribute__((unused)))
{
	return raw_snp_update(snp, 0, snp->raw.mem, RAW_SNP_PAGES);
}

static int finish(struct raw_snp *snp, uint32_t id __attribute__((unused)))
{
	return raw_snp_finish(snp);
}

static int reg_region(struct raw_snp *snp, uint32_t id __attribute__((unused)))
{
	return raw_snp_region(snp, KVM_MEMORY_ENCRYPT_REG_REGION, snp->raw.mem, RAW_VM_PAGE);
}

static int unreg_region(struct raw_snp *snp, uint32_t id __attribute__((unused)))
{
	return raw_snp_region(snp, KVM_MEMORY_ENCRYPT_UNREG_REGION, snp->raw.mem, RAW_VM_PAGE);
}

COCO_FIXTURE(command);
FIXTURE_VARIANT(command)
{
	struct check_row row;
	int (*give)(struct raw_snp *snp, uint32_t id);
	uint32_t id;
	unsigned int taken;		/* in these states */
	unsigned int either;		/* not looked at in these */
	unsigned int einval;		/* refused by that in these, and anyhow in all others */
};

#define COMMAND(name, give_, id_, taken_, ...)						\
	FIXTURE_VARIANT_ADD(command, name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_LAUNCH_ORDER, REQ_SNP_LAUNCH_KEPT,			\
			 REQ_SNP_LAUNCH_VMSA_OWNED, REQ_SNP_LAUNCH_ERRNO),			\
		.give = give_, .id = id_, .taken = taken_, __VA_ARGS__			\
	}

COMMAND(init2, init2, 0, IN(CREATED));
COMMAND(start, start, 0, BEFORE_START, .einval = IN(STARTED) | IN(UPDATED) | IN(FINISHED));
COMMAND(update, update, 0, IN(STARTED) | IN(UPDATED), .einval = BEFORE_START);
COMMAND(update_again, update_again, 0, IN(STARTED), .einval = BEFORE_START);
COMMAND(finish, finish, 0, IN(STARTED) | IN(UPDATED), .einval = BEFORE_START | IN(FINISHED));
COMMAND(reg_region, reg_region, 0, AFTER_INIT);
COMMAND(unreg_region, unreg_region, 0, 0);
/* A command of newer kernels, of which snp_req_certs_enable_test knows the states. */
COMMAND(enable_req_certs, by_id, SNP_ENABLE_REQ_CERTS, 0, .either = IN(INITED) | IN(MEMORY));

/* Commands for VMs of SEV and SEV-ES. */
#define SEV_COMMAND(name)	COMMAND(name, by_id, KVM_SEV_##name, 0)

SEV_COMMAND(INIT);
SEV_COMMAND(ES_INIT);
SEV_COMMAND(LAUNCH_START);
SEV_COMMAND(LAUNCH_UPDATE_DATA);
SEV_COMMAND(LAUNCH_UPDATE_VMSA);
SEV_COMMAND(LAUNCH_SECRET);
SEV_COMMAND(LAUNCH_MEASURE);
SEV_COMMAND(LAUNCH_FINISH);
SEV_COMMAND(SEND_START);
SEV_COMMAND(SEND_UPDATE_DATA);
SEV_COMMAND(SEND_UPDATE_VMSA);
SEV_COMMAND(SEND_FINISH);
SEV_COMMAND(RECEIVE_START);
SEV_COMMAND(RECEIVE_UPDATE_DATA);
SEV_COMMAND(RECEIVE_UPDATE_VMSA);
SEV_COMMAND(RECEIVE_FINISH);
SEV_COMMAND(GUEST_STATUS);
SEV_COMMAND(DBG_DECRYPT);
SEV_COMMAND(DBG_ENCRYPT);
SEV_COMMAND(CERT_EXPORT);
SEV_COMMAND(GET_ATTESTATION_REPORT);
SEV_COMMAND(SEND_CANCEL);
COMMAND(none_such, by_id, 0xffff, 0);
COMMAND(largest, by_id, 0xffffffff, 0);

static const char *const state_name[NR_STATES] = {
	[RAW_SNP_CREATED] = "created", [RAW_SNP_INITED] = "initialized",
	[RAW_SNP_MEMORY] = "with memory", [RAW_SNP_VCPU] = "with a vCPU",
	[RAW_SNP_STARTED] = "started", [RAW_SNP_UPDATED] = "updated",
	[RAW_SNP_FINISHED] = "finished", [START_FAILED] = "not started by firmware",
};

/* 0 or an errno: the VM is in @state, and goes on from *@stage. */
static int enter(struct raw_snp *snp, unsigned int state, enum raw_snp_stage *stage)
{
	int ret;

	*stage = state == START_FAILED ? RAW_SNP_VCPU : state;
	ret = raw_snp_go(snp, RAW_SNP_NOTHING, *stage);
	/* An API version that no firmware has */
	if (!ret && state == START_FAILED && !raw_snp_start(snp, RAW_SNP_POLICY | 0xff00, 0))
		ret = ENOEXEC;
	return ret;
}

COCO_TEST_F(command, in_each_state)
{
	struct launch_ref ref;
	enum raw_snp_stage stage;
	struct raw_snp snp;
	unsigned int state, pages;
	char what[80];
	bool taken;
	int ret;

	if (!launch_reference(REQ_SNP_LAUNCH_ORDER, &ref))
		return;
	check_attribute_to(REQ_KERNEL_FIRMWARE_PAGE, REQ_SNP_LAUNCH_VMSA_OWNED);
	for (state = RAW_SNP_CREATED; state < NR_STATES; state++) {
		if (variant->either & 1u << state)
			continue;
		taken = variant->taken & 1u << state;
		raw_snp_open(&snp);
		snprintf(what, sizeof(what), "a VM that is %s", state_name[state]);
		if (EXPECT_REQ_EQ(REQ_SNP_LAUNCH_ORDER, what, 0, enter(&snp, state, &stage),
				  &names_errno)) {
			pages = launch_nr_pages();
			ret = variant->give(&snp, variant->id);
			snprintf(what, sizeof(what), "taken where the VM is %s", state_name[state]);
			EXPECT_REQ_EQ(REQ_SNP_LAUNCH_ORDER, what, taken, !ret, &names_bool);
			snprintf(what, sizeof(what), "it where the VM is %s", state_name[state]);
			if (!taken && ret && variant->einval & 1u << state)
				EXPECT_REQ_EQ(REQ_SNP_LAUNCH_ERRNO, what, EINVAL, ret, &names_errno);
			if (!taken && ret) {
				EXPECT_REQ_EQ(REQ_SNP_LAUNCH_KEPT, "pages measured by it", 0,
					      launch_nr_pages() - pages, &names_count);
				EXPECT_REQ_EQ(REQ_SNP_LAUNCH_KEPT, "the launch after it", 0,
					      raw_snp_go(&snp, stage, RAW_SNP_FINISHED),
					      &names_errno);
				EXPECT_LAUNCH_AS(REQ_SNP_LAUNCH_KEPT, &ref);
			}
		}
		raw_snp_close(&snp);
	}
}

COCO_MAIN(snp_vm_missing)
