// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mirrors: VMs that share the context of an SEV or SEV-ES VM (KVM_CAP_VM_COPY_ENC_CONTEXT_FROM).
 * What they may, that their vCPUs run, and the end of owner and mirror in either order.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/sev_guest.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE
#define MOVE		KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM
#define COPY		KVM_CAP_VM_COPY_ENC_CONTEXT_FROM

static bool must(const char *what, int err)
{
	return EXPECT_REQ_EQ(check_main_req(), what, 0, err, &names_errno);
}

/*
 * Both with a vCPU; of a guest of SEV-ES the mirror's is launched with the owner's.  In any case
 * both are to be closed.
 */
static bool make(struct sev_guest *owner, struct sev_guest *mirror, enum sev_kind kind)
{
	const int owner_err = sev_guest_create(owner, kind);
	const int mirror_err = sev_guest_create(mirror, kind);

	return must("the owner", owner_err ?: sev_guest_init(owner, 0) ?:
		    raw_sev_add_memory(&owner->snp) ?: sev_guest_add_vcpus(owner, 1) ?:
		    raw_sev_start(&owner->snp, sev_guest_is_es(owner) ? RAW_SEV_ES : 0)) &&
	       must("the mirror", mirror_err ?: sev_guest_take(mirror, COPY, owner) ?:
		    sev_guest_share_memory(mirror, owner) ?: sev_guest_add_vcpus(mirror, 1));
}

static bool launch(struct sev_guest *owner, struct sev_guest *mirror)
{
	const bool es = sev_guest_is_es(owner);

	return (!es || must("KVM_SEV_LAUNCH_UPDATE_VMSA of the mirror",
			    raw_snp_cmd(&mirror->snp, KVM_SEV_LAUNCH_UPDATE_VMSA, NULL))) &&
	       must("the owner's launch", sev_guest_finish(owner));
}

/* ---- vCPUs, and the end ---- */

enum end { MIRROR_FIRST, OWNER_FIRST, OWNER_MOVED, MIRROR_MOVED };

COCO_FIXTURE(runs);
FIXTURE_VARIANT(runs)
{
	struct check_row row;
	enum sev_kind kind;
	enum end end;
};

#define RUNS(kind_, end_)								\
	FIXTURE_VARIANT_ADD(runs, kind_##_##end_)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_MIRROR_RUN, REQ_SEV_ASID, REQ_SEV_LEFT,	\
			 end_ == MIRROR_MOVED ? REQ_SEV_MIRROR_CHARGE : REQ_NONE),	\
		.kind = SEV_KIND_##kind_, .end = end_					\
	}
#define RUNS_EACH(kind)	\
	RUNS(kind, MIRROR_FIRST); RUNS(kind, OWNER_FIRST); RUNS(kind, OWNER_MOVED)

RUNS_EACH(SEV);
RUNS_EACH(ES);
RUNS_EACH(OLD_SEV);
RUNS_EACH(OLD_ES);
/* Others cannot run then: see SEV-MOVE-RUN-INIT2. */
RUNS(OLD_SEV, MIRROR_MOVED);
RUNS(OLD_ES, MIRROR_MOVED);

/* SEV-ES guests tell each round twice. */
static bool expect_round(struct sev_guest *g, unsigned int round)
{
	return EXPECT_SEV_ROUND(REQ_SEV_MIRROR_RUN, g, 0, round, false) &&
	       (!sev_guest_is_es(g) || EXPECT_SEV_ROUND(REQ_SEV_MIRROR_RUN, g, 0, round, true));
}

COCO_TEST_F(runs, vcpus)
{
	struct sev_guest owner, mirror, other;
	bool mirror_open = true, owner_open = true, other_open = false;
	int ret;

	if (variant->end == MIRROR_MOVED) {
		check_attribute_to(REQ_SEV_LEFT, REQ_SEV_MIRROR_CHARGE);
		/* SEV-MOVE-LBR is for another test. */
		check_attribute_to(REQ_SEV_LBR, REQ_NONE);
	}
	if (!make(&owner, &mirror, variant->kind) || !launch(&owner, &mirror) ||
	    !expect_round(&mirror, 1) || !expect_round(&owner, 1) || !expect_round(&mirror, 2) ||
	    !expect_round(&owner, 2))
		goto out;
	switch (variant->end) {
	case MIRROR_FIRST:
		sev_guest_close(&mirror);
		mirror_open = false;
		expect_round(&owner, 3);
		break;
	case OWNER_FIRST:
		sev_guest_swap_memory(&mirror, &owner);
		sev_guest_close(&owner);
		owner_open = false;
		expect_round(&mirror, 3);
		break;
	case OWNER_MOVED:
	case MIRROR_MOVED:
		other_open = true;
		ret = sev_guest_create(&other, variant->kind) ?: sev_guest_add_vcpus(&other, 1);
		if (!must("another VM", ret))
			break;
		if (variant->end == MIRROR_MOVED) {
			if (!must("KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM of the mirror",
				  sev_guest_take(&other, MOVE, &mirror)) ||
			    !must("its slot", sev_guest_share_memory(&other, &owner)))
				break;
			sev_guest_close(&mirror);
			mirror_open = false;
			EXPECT_REQ_EQ(REQ_SEV_MIRROR_RUN, "a region of who is the mirror now", EINVAL,
				      raw_snp_region(&other.snp, KVM_MEMORY_ENCRYPT_REG_REGION,
						     other.snp.raw.mem, PAGE), &names_errno);
			/* The registers of the vCPU of SEV are not carried on. */
			if (!sev_guest_is_es(&other) &&
			    !must("its registers", sev_guest_begin(&other)))
				break;
			expect_round(&other, sev_guest_is_es(&other) ? 3 : 1);
			expect_round(&owner, 3);
			sev_guest_swap_memory(&other, &owner);
			sev_guest_close(&owner);
			owner_open = false;
			expect_round(&other, sev_guest_is_es(&other) ? 4 : 2);
			break;
		}
		if (!must("KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM of the owner",
			  sev_guest_take(&other, MOVE, &owner)))
			break;
		sev_guest_swap_memory(&mirror, &owner);
		expect_round(&mirror, 3);
		sev_guest_close(&owner);
		owner_open = false;
		expect_round(&mirror, 4);
		sev_guest_close(&other);
		other_open = false;
		expect_round(&mirror, 5);
		break;
	}
out:
	if (other_open)
		sev_guest_close(&other);
	if (owner_open)
		sev_guest_close(&owner);
	if (mirror_open)
		sev_guest_close(&mirror);
}

/* ---- commands ---- */

COCO_FIXTURE(may);
FIXTURE_VARIANT(may) { struct check_row row; enum sev_kind kind; };
#define MAY(kind_)									\
	FIXTURE_VARIANT_ADD(may, kind_)							\
	{										\
		COCO_ROW(NULL, REQ_SEV_MIRROR_MAY, REQ_SEV_LEFT), .kind = SEV_KIND_##kind_	\
	}
MAY(SEV);
MAY(ES);
MAY(OLD_SEV);
MAY(OLD_ES);

/* Commands that firmware was given by what @ret came of. */
static void expect_asked(const char *name, bool asked)
{
	char what[96];

	if (!control())
		return;
	snprintf(what, sizeof(what), "firmware was asked by %s of a mirror", name);
	EXPECT_REQ_EQ(REQ_SEV_MIRROR_MAY, what, asked, !!control()->steps(CONTROL_STEP_PSP),
		      &names_bool);
}

static void begin_asking(void)
{
	if (control())
		control()->fail_step(CONTROL_STEP_PSP, 0);
}

COCO_TEST_F(may, commands)
{
	static char nothing[512] __attribute__((aligned(8)));
	static char bytes[16] __attribute__((aligned(16)));
	const enum requirement_nr req = REQ_SEV_MIRROR_MAY;
	const struct sev_command *c;
	struct sev_guest owner, mirror;
	struct kvm_sev_guest_status status = {};
	struct kvm_sev_dbg debug = { .len = 16 };
	bool es;

	if (!make(&owner, &mirror, variant->kind))
		return;
	es = sev_guest_is_es(&owner);
	for (c = sev_commands; c->name; c++) {
		if (c->of_mirror)
			continue;
		begin_asking();
		EXPECT_REQ_EQ(req, c->name, EINVAL, raw_snp_cmd(&mirror.snp, c->id, nothing),
			      &names_errno);
		expect_asked(c->name, false);
	}
	EXPECT_REQ_EQ(req, "a region", EINVAL,
		      raw_snp_region(&mirror.snp, KVM_MEMORY_ENCRYPT_REG_REGION, bytes, 16), &names_errno);
	EXPECT_REQ_EQ(req, "unregistering a region", EINVAL,
		      raw_snp_region(&mirror.snp, KVM_MEMORY_ENCRYPT_UNREG_REGION, bytes, 16),
		      &names_errno);
	begin_asking();
	EXPECT_REQ_EQ(req, "KVM_SEV_GUEST_STATUS", 0,
		      raw_snp_cmd(&mirror.snp, KVM_SEV_GUEST_STATUS, &status), &names_errno);
	expect_asked("KVM_SEV_GUEST_STATUS", true);
	EXPECT_REQ_EQ(req, "the guest's state", 1, status.state, &names_value);
	begin_asking();
	EXPECT_REQ_EQ(req, "KVM_SEV_LAUNCH_UPDATE_VMSA", es ? 0 : ENOTTY,
		      raw_snp_cmd(&mirror.snp, KVM_SEV_LAUNCH_UPDATE_VMSA, NULL), &names_errno);
	expect_asked("KVM_SEV_LAUNCH_UPDATE_VMSA", es);
	owner.snp.raw.mem[0] = 0x42;
	debug.src_uaddr = (uint64_t)owner.snp.raw.mem;
	debug.dst_uaddr = (uint64_t)bytes;
	EXPECT_REQ_EQ(req, "KVM_SEV_DBG_DECRYPT", 0,
		      raw_snp_cmd(&mirror.snp, KVM_SEV_DBG_DECRYPT, &debug), &names_errno);
	if (control())
		EXPECT_REQ_EQ(req, "the byte that it gave", 0x42, bytes[0], &names_byte);
	bytes[0] = 0x24;
	debug.src_uaddr = (uint64_t)bytes;
	debug.dst_uaddr = (uint64_t)owner.snp.raw.mem;
	EXPECT_REQ_EQ(req, "KVM_SEV_DBG_ENCRYPT", 0,
		      raw_snp_cmd(&mirror.snp, KVM_SEV_DBG_ENCRYPT, &debug), &names_errno);
	if (control())
		EXPECT_REQ_EQ(req, "the byte that it wrote", 0x24, owner.snp.raw.mem[0], &names_byte);
	sev_guest_close(&owner);
	sev_guest_close(&mirror);
}

/* ---- who may be one ---- */

enum why { OF_MIRROR, WITH_VCPUS };

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused) { struct check_row row; enum sev_kind kind; enum why why; };
#define REFUSED(kind_, why_)								\
	FIXTURE_VARIANT_ADD(refused, kind_##_##why_)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_MIRROR_REFUSED, REQ_SEV_LEFT),			\
		.kind = SEV_KIND_##kind_, .why = why_					\
	}
REFUSED(SEV, OF_MIRROR);
REFUSED(ES, OF_MIRROR);
REFUSED(OLD_ES, OF_MIRROR);
REFUSED(SEV, WITH_VCPUS);
REFUSED(ES, WITH_VCPUS);
REFUSED(OLD_SEV, WITH_VCPUS);

COCO_TEST_F(refused, copy)
{
	struct sev_guest owner, mirror, other;
	const bool chain = variant->why == OF_MIRROR;

	if (!make(&owner, &mirror, variant->kind) ||
	    !must("another VM", sev_guest_create(&other, variant->kind) ?:
		  sev_guest_add_vcpus(&other, !chain)))
		return;
	EXPECT_REQ_EQ(check_main_req(), "KVM_CAP_VM_COPY_ENC_CONTEXT_FROM", EINVAL,
		      sev_guest_take(&other, COPY, chain ? &mirror : &owner), &names_errno);
	/* Neither is locked, and the owner has what it had. */
	if (chain)
		must("KVM_CAP_VM_COPY_ENC_CONTEXT_FROM of the owner",
		     sev_guest_take(&other, COPY, &owner));
	sev_guest_close(&other);
	if (launch(&owner, &mirror))
		EXPECT_SEV_ROUND(check_main_req(), &mirror, 0, 1, false);
	sev_guest_close(&mirror);
	sev_guest_close(&owner);
}

COCO_MAIN(snp_vm_missing)
