// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs of SEV and SEV-ES that are used after they have taken over the context of another
 * (KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM): the guest, its vCPUs, its regions and who is charged.
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

static bool must(enum requirement_nr req, const char *what, int err)
{
	return EXPECT_REQ_EQ(req, what, 0, err, &names_errno);
}

/* ---- the guest goes on ---- */

COCO_FIXTURE(goes_on);
FIXTURE_VARIANT(goes_on)
{
	struct check_row row;
	enum sev_kind kind;
	unsigned int vcpus;
	bool used;			/* it has run before */
	bool kept;			/* the source is closed later than who has it now */
	bool twice;			/* and on to a third VM */
	bool lbr;
};

#define GOES_ON_REQ(kind_)								\
	((kind_) < SEV_KIND_OLD_SEV ? REQ_SEV_MOVE_RUN_INIT2 : REQ_SEV_MOVE_RUN)
#define GOES_ON(name, kind_, vcpus_, ...)						\
	FIXTURE_VARIANT_ADD(goes_on, kind_##_##name)					\
	{										\
		COCO_ROW(NULL, GOES_ON_REQ(SEV_KIND_##kind_), REQ_SEV_ASID, REQ_SEV_LEFT),	\
		.kind = SEV_KIND_##kind_, .vcpus = vcpus_,	\
		__VA_ARGS__								\
	}
#define GOES_ON_EACH(kind)								\
	GOES_ON(new, kind, 1);								\
	GOES_ON(used, kind, 1, .used = true);						\
	GOES_ON(kept, kind, 1, .used = true, .kept = true);				\
	GOES_ON(two_vcpus, kind, 2, .used = true);					\
	GOES_ON(two_vcpus_new, kind, 2, .kept = true);					\
	GOES_ON(twice, kind, 2, .used = true, .twice = true)

GOES_ON_EACH(SEV);
GOES_ON_EACH(ES);
GOES_ON_EACH(OLD_SEV);
GOES_ON_EACH(OLD_ES);

FIXTURE_VARIANT_ADD(goes_on, OLD_ES_branches)
{
	COCO_ROW(NULL, REQ_SEV_MOVE_LBR), .kind = SEV_KIND_OLD_ES, .vcpus = 1, .lbr = true,
};

/* The exit before is completed, and the guest not entered. */
static int end_exit(struct sev_guest *g, unsigned int i)
{
	int err;

	g->run[i]->immediate_exit = 1;
	err = raw_errno(ioctl(g->vcpu[i], KVM_RUN, 0));
	g->run[i]->immediate_exit = 0;
	return err == EINTR ? 0 : err ?: ENOEXEC;
}

/* What the VMM carries from vCPU to vCPU of a guest whose registers it knows. */
static int carry_state(struct sev_guest *to, struct sev_guest *from, struct kvm_regs *regs,
		       struct kvm_sregs *sregs, bool set)
{
	struct sev_guest *g = set ? to : from;
	unsigned int i;
	int err = set && !sev_guest_is_es(g) ? sev_guest_begin(g) : 0;

	for (i = 0; !sev_guest_is_es(g) && i < g->nr_vcpus && !err; i++)
		/* What is open is ended before it is looked at. */
		err = set ? raw_errno(ioctl(g->vcpu[i], KVM_SET_SREGS, &sregs[i])) ?:
			    raw_errno(ioctl(g->vcpu[i], KVM_SET_REGS, &regs[i])) :
			    end_exit(g, i) ?:
			    raw_errno(ioctl(g->vcpu[i], KVM_GET_SREGS, &sregs[i])) ?:
			    raw_errno(ioctl(g->vcpu[i], KVM_GET_REGS, &regs[i]));
	return err;
}

static bool move(struct sev_guest *to, struct sev_guest *from)
{
	struct kvm_regs regs[SEV_GUEST_VCPUS];
	struct kvm_sregs sregs[SEV_GUEST_VCPUS];
	const enum requirement_nr req = check_main_req();

	return must(req, "a VM with vCPUs", sev_guest_create(to, from->kind) ?:
		    sev_guest_add_vcpus(to, from->nr_vcpus)) &&
	       must(req, "registers", carry_state(to, from, regs, sregs, false)) &&
	       must(req, "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM", sev_guest_take(to, MOVE, from)) &&
	       must(req, "its slot", sev_guest_take_memory(to, from)) &&
	       must(req, "registers there", carry_state(to, from, regs, sregs, true));
}

/* SEV-ES guests tell each round twice, and have done so once. */
static bool expect_round(struct sev_guest *g, unsigned int round, bool began)
{
	const enum requirement_nr req = check_main_req();
	unsigned int i;

	for (i = 0; i < g->nr_vcpus; i++) {
		if (!EXPECT_SEV_ROUND(req, g, i, round, began))
			return false;
		if (sev_guest_is_es(g) && !began && !EXPECT_SEV_ROUND(req, g, i, round, true))
			return false;
	}
	return true;
}

COCO_TEST_F(goes_on, in_the_other)
{
	const enum requirement_nr req = check_main_req();
	struct sev_guest g[3];
	const bool es = variant->kind == SEV_KIND_ES || variant->kind == SEV_KIND_OLD_ES;
	unsigned int i, nr = 1, round = 1;

	check_attribute_to(REQ_SEV_LBR, variant->lbr ? REQ_SEV_MOVE_LBR : REQ_NONE);
	if (!must(req, "the guest", sev_guest_make(&g[0], variant->kind, variant->vcpus)))
		goto out;
	for (; nr <= 1u + variant->twice; nr++) {
		/* Of the round's two exits the first one here. */
		for (i = 0; variant->used && i < variant->vcpus; i++)
			if (!EXPECT_SEV_ROUND(req, &g[nr - 1], i, round, false))
				goto out;
		if (!move(&g[nr], &g[nr - 1])) {
			nr++;
			goto out;
		}
		if (!variant->kept)
			sev_guest_close(&g[nr - 1]);
		if (variant->used && es && !expect_round(&g[nr], round, true)) {
			nr++;
			goto out;
		}
		round += variant->used;
	}
	if (expect_round(&g[nr - 1], round, false))
		expect_round(&g[nr - 1], round + 1, false);
out:
	for (i = nr; i--; )
		if (variant->kept || i == nr - 1)
			sev_guest_close(&g[i]);
}

/* ---- regions ---- */

COCO_FIXTURE(regions);
FIXTURE_VARIANT(regions)
{
	struct check_row row;
	enum sev_kind kind;
	bool left;			/* to the VM's end */
	bool kept;			/* the source is closed later */
};

#define REGIONS(name, kind_, ...)							\
	FIXTURE_VARIANT_ADD(regions, kind_##_##name)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_MOVE_REGION, REQ_SEV_LEFT), .kind = SEV_KIND_##kind_, __VA_ARGS__ \
	}

REGIONS(unregistered, SEV);
REGIONS(unregistered_kept, SEV, .kept = true);
REGIONS(left, SEV, .left = true);
REGIONS(left_kept, SEV, .left = true, .kept = true);
REGIONS(unregistered, ES);
REGIONS(left, OLD_ES, .left = true);
REGIONS(unregistered_kept, OLD_SEV, .kept = true);

static int region(struct sev_guest *g, bool reg, const char *mem, unsigned int pages)
{
	return raw_snp_region(&g->snp, reg ? KVM_MEMORY_ENCRYPT_REG_REGION :
			      KVM_MEMORY_ENCRYPT_UNREG_REGION, mem, pages * PAGE);
}

/*
 * How many more pages there can be in regions, of a machine with @has pages in all; that there is a
 * limit is by @limit.  False: there is none.
 */
static bool expect_room(struct sev_guest *g, enum requirement_nr limit, const char *mem,
			unsigned long has, unsigned int room)
{
	const enum requirement_nr req = REQ_SEV_MOVE_REGION;
	unsigned long size, before;
	unsigned long *total = control() ? control()->data("_totalram_pages", &size) : NULL;
	bool limited;

	if (!total)
		return true;
	before = *total;
	*total = has;
	limited = EXPECT_REQ_EQ(limit, "one page more than there is room for", EINVAL,
				region(g, true, mem, room + 1), &names_errno);
	if ((limited || must(req, "unregistering it", region(g, false, mem, room + 1))) &&
	    must(req, "as many as there is room for", region(g, true, mem, room)))
		must(req, "unregistering them", region(g, false, mem, room));
	*total = before;
	return limited;
}

COCO_TEST_F(regions, move)
{
	const enum requirement_nr req = REQ_SEV_MOVE_REGION;
	enum requirement_nr limit = REQ_SEV_REGION_LIMIT;
	struct sev_guest from, to;
	const char *mem;

	if (!must(req, "the VMs", sev_guest_make(&from, variant->kind, 0) ?:
		  sev_guest_create(&to, variant->kind)))
		return;
	mem = from.snp.raw.mem;
	must(req, "regions", region(&from, true, mem, 2) ?: region(&from, true, mem + 2 * PAGE, 1));
	/* Where there is none at all that is a failure of its own, and not the move's. */
	if (expect_room(&from, REQ_SEV_REGION_LIMIT, mem, 5, 2))
		limit = REQ_SEV_MOVE_REGION;
	if (!must(req, "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM", sev_guest_take(&to, MOVE, &from)) ||
	    !must(req, "its slot", sev_guest_take_memory(&to, &from)))
		goto out;
	EXPECT_REQ_EQ(req, "a region of the source's", EIO, region(&from, false, mem, 2),
		      &names_errno);
	if (!variant->kept)
		sev_guest_close(&from);
	expect_room(&to, limit, mem, 5, 2);
	if (!variant->left &&
	    must(req, "unregistering the first region", region(&to, false, mem, 2))) {
		EXPECT_REQ_EQ(req, "unregistering it again", EINVAL, region(&to, false, mem, 2),
			      &names_errno);
		must(req, "unregistering the second region", region(&to, false, mem + 2 * PAGE, 1));
		expect_room(&to, limit, mem, 5, 5);
	}
out:
	sev_guest_close(&to);
	if (variant->kept)
		sev_guest_close(&from);
}

/* ---- vCPUs ---- */

COCO_FIXTURE(vcpus);
FIXTURE_VARIANT(vcpus)
{
	struct check_row row;
	enum sev_kind kind;
	unsigned int from, to;
	bool launched;
	int err;
};

#define VCPUS(kind_, from_, to_, launched_, err_)					\
	FIXTURE_VARIANT_ADD(vcpus, kind_##_##from_##_to_##to_##_##launched_)		\
	{										\
		COCO_ROW(NULL, REQ_SEV_MOVE_VCPUS, REQ_SEV_LEFT),	\
		.kind = SEV_KIND_##kind_, .from = from_, .to = to_, .err = err_,	\
		.launched = launched_							\
	}

VCPUS(ES, 1, 1, true, 0);
VCPUS(ES, 0, 0, true, 0);
VCPUS(ES, 1, 0, true, EINVAL);
VCPUS(ES, 0, 1, true, EINVAL);
VCPUS(ES, 2, 1, true, EINVAL);
VCPUS(ES, 1, 2, true, EINVAL);
VCPUS(ES, 1, 1, false, EINVAL);
VCPUS(ES, 2, 2, false, EINVAL);
VCPUS(OLD_ES, 2, 2, true, 0);
VCPUS(OLD_ES, 2, 1, true, EINVAL);
VCPUS(OLD_ES, 1, 1, false, EINVAL);
VCPUS(SEV, 2, 1, true, 0);
VCPUS(SEV, 1, 2, true, 0);
VCPUS(SEV, 1, 1, false, 0);
VCPUS(OLD_SEV, 2, 0, true, 0);

/* Each vCPU answers: it is locked by nobody. */
static void expect_vcpus_answer(struct sev_guest *g, bool encrypted)
{
	struct kvm_mp_state state;
	struct kvm_regs regs;
	unsigned int i;

	for (i = 0; i < g->nr_vcpus; i++)
		must(REQ_SEV_MOVE_VCPUS, "an ioctl of a vCPU", encrypted ?
		     raw_errno(ioctl(g->vcpu[i], KVM_GET_MP_STATE, &state)) :
		     raw_errno(ioctl(g->vcpu[i], KVM_GET_REGS, &regs)));
}

COCO_TEST_F(vcpus, number)
{
	const enum requirement_nr req = REQ_SEV_MOVE_VCPUS;
	struct sev_guest from, to, other;
	bool es;

	if (!must(req, "the VMs",
		  sev_guest_create(&from, variant->kind) ?: sev_guest_init(&from, 0) ?:
		  raw_sev_add_memory(&from.snp) ?: sev_guest_add_vcpus(&from, variant->from) ?:
		  (variant->launched ? sev_guest_launch(&from) : 0) ?:
		  sev_guest_create(&to, variant->kind) ?: sev_guest_add_vcpus(&to, variant->to)))
		return;
	es = sev_guest_is_es(&from);
	EXPECT_REQ_EQ(req, "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM", variant->err,
		      sev_guest_take(&to, MOVE, &from), &names_errno);
	expect_vcpus_answer(&to, !variant->err && es);
	if (!variant->err || check_failed())
		goto out;
	expect_vcpus_answer(&from, variant->launched);
	/* Both are what they were: once nothing is in the way the one moves to another. */
	if (!variant->launched)
		must(req, "the launch after it", sev_guest_launch(&from));
	if (must(req, "a VM with as many vCPUs", sev_guest_create(&other, variant->kind) ?:
		 sev_guest_add_vcpus(&other, variant->from)))
		must(req, "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM of that",
		     sev_guest_take(&other, MOVE, &from));
	sev_guest_close(&other);
out:
	sev_guest_close(&from);
	sev_guest_close(&to);
}

/* ---- errnos ---- */

enum target { NO_FD, NO_VM, A_VCPU, ITSELF, PLAIN, BARE, TO_INITED, OTHER_TYPE };

COCO_FIXTURE(error);
FIXTURE_VARIANT(error) { struct check_row row; uint32_t cap; enum target target; int err; };

#define ERROR(cap_, target_, err_)							\
	FIXTURE_VARIANT_ADD(error, cap_##_##target_)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_MOVE_ERRNO, REQ_SEV_MOVE_REFUSED), .cap = cap_,	\
		.target = target_, .err = err_						\
	}

ERROR(MOVE, NO_FD, EBADF);
ERROR(MOVE, NO_VM, EBADF);
ERROR(MOVE, A_VCPU, EBADF);
ERROR(MOVE, ITSELF, EINVAL);
ERROR(MOVE, PLAIN, EINVAL);
ERROR(MOVE, BARE, EINVAL);
ERROR(MOVE, TO_INITED, EINVAL);
ERROR(MOVE, OTHER_TYPE, EINVAL);
ERROR(COPY, NO_FD, EBADF);
ERROR(COPY, NO_VM, EBADF);
ERROR(COPY, A_VCPU, EBADF);
ERROR(COPY, ITSELF, EINVAL);
ERROR(COPY, PLAIN, EINVAL);
ERROR(COPY, BARE, EINVAL);
ERROR(COPY, TO_INITED, EINVAL);

COCO_TEST_F(error, of_what_cannot_be)
{
	const enum requirement_nr req = REQ_SEV_MOVE_ERRNO;
	const enum target target = variant->target;
	struct sev_guest from, to, good, none = {};
	int err;

	err = target == PLAIN || target == BARE ?
	      sev_guest_create(&from, target == PLAIN ? SEV_KIND_OLD_SEV : SEV_KIND_SEV) :
	      sev_guest_make(&from, SEV_KIND_SEV, 1);
	err = err ?: sev_guest_create(&to, target == OTHER_TYPE ? SEV_KIND_OLD_SEV : SEV_KIND_SEV) ?:
	      (target == TO_INITED ? sev_guest_init(&to, 0) : 0) ?:
	      sev_guest_create(&good, SEV_KIND_SEV);
	if (!must(req, "the VMs", err))
		return;
	none.snp.raw.vm = target == NO_FD ? -1 : target == NO_VM ? from.snp.raw.kvm : from.vcpu[0];
	EXPECT_REQ_EQ(req, "KVM_ENABLE_CAP", variant->err,
		      sev_guest_take(&to, variant->cap, target <= A_VCPU ? &none :
				     target == ITSELF ? &to : &from), &names_errno);
	/* Nothing is locked, or in progress, for good: */
	if (target > A_VCPU && from.nr_vcpus)
		must(REQ_SEV_MOVE_REFUSED, "a move of what was refused",
		     sev_guest_take(&good, MOVE, &from));
	if (target == ITSELF)
		must(REQ_SEV_MOVE_REFUSED, "KVM_SEV_INIT2 of what was refused",
		     sev_guest_init(&to, 0));
	sev_guest_close(&good);
	sev_guest_close(&from);
	sev_guest_close(&to);
}

/* ---- who is charged ---- */

COCO_FIXTURE(charge);
FIXTURE_VARIANT(charge)
{
	struct check_row row;
	enum sev_kind kind;
	bool other, limit;
};

#define CHARGE(kind_, name, ...)							\
	FIXTURE_VARIANT_ADD(charge, kind_##_##name)					\
	{										\
		COCO_ROW(NULL, SEV_KIND_##kind_ == SEV_KIND_SEV ? REQ_SEV_MOVE_CHARGE :		\
			 REQ_SEV_MOVE_CHARGE_ES, REQ_SEV_MOVE_CHARGE, REQ_SEV_LEFT), \
		.kind = SEV_KIND_##kind_, __VA_ARGS__					\
	}
#define CHARGES(kind)									\
	CHARGE(kind, same);								\
	CHARGE(kind, same_at_limit, .limit = true);					\
	CHARGE(kind, other, .other = true);						\
	CHARGE(kind, other_at_limit, .other = true, .limit = true)

CHARGES(SEV);
CHARGES(ES);
CHARGES(OLD_ES);

static void expect_charges(const char *when, enum control_charge what, unsigned int first,
			   unsigned int second)
{
	char text[96];

	snprintf(text, sizeof(text), "charged to the first cgroup %s", when);
	EXPECT_REQ_EQ(check_main_req(), text, first, control()->charged(0, what), &names_count);
	snprintf(text, sizeof(text), "charged to the second cgroup %s", when);
	EXPECT_REQ_EQ(check_main_req(), text, second, control()->charged(1, what), &names_count);
}

COCO_TEST_F(charge, moves)
{
	const enum requirement_nr req = check_main_req();
	const enum control_charge what = variant->kind == SEV_KIND_SEV ? CONTROL_CHARGE_SEV :
									 CONTROL_CHARGE_SEV_ES;
	const bool fails = variant->other && variant->limit;
	struct sev_guest from, to;
	int ret;

	if (!control()) {
		check_skip("no control of the kernel here: cgroups are not its own");
		return;
	}
	/* One that is charged to what it is not is short of it, or left, later. */
	check_expect_splat("misc_cg.c");
	check_attribute_to(REQ_SEV_LEFT, req);
	if (!must(req, "the VMs", sev_guest_make(&from, variant->kind, 1) ?:
		  sev_guest_create(&to, variant->kind) ?: sev_guest_add_vcpus(&to, 1)))
		return;
	expect_charges("before", what, 1, 0);
	control()->cgroup(variant->other);
	control()->fail_step(CONTROL_STEP_CHARGE, variant->limit);
	ret = sev_guest_take(&to, MOVE, &from);
	control()->fail_step(CONTROL_STEP_CHARGE, 0);
	EXPECT_REQ_EQ(req, "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM", fails ? EBUSY : 0, ret, &names_errno);
	if (fails) {
		expect_charges("after what failed", what, 1, 0);
		EXPECT_SEV_ROUND(req, &from, 0, 1, false);
		must(req, "the move, once there is room", sev_guest_take(&to, MOVE, &from));
	}
	expect_charges("after the move", what, !variant->other, variant->other);
	sev_guest_close(&from);
	expect_charges("when the source is closed", what, !variant->other, variant->other);
	sev_guest_close(&to);
	expect_charges("at the end", what, 0, 0);
	EXPECT_REQ_EQ(req, "WARNs of a cgroup's charge", 0, check_nr_splats("misc_cg.c"),
		      &names_count);
}

COCO_MAIN(snp_vm_missing)
