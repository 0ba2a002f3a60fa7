// SPDX-License-Identifier: GPL-2.0-only
/*
 * The launch commands of SNP VMs with each field of their structures at its ends and past
 * them.  Whatever is refused leaves the launch as it was, and what an update measures is what
 * it says it has done.
 *
 * Not ABI, so not checked: padding.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "snp/launch_check.h"
#include "snp/raw_snp.h"
#include "snp/sev_attr.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE

/* Where an address leads; the first is for values as they are. */
enum place {
	AS_IT_IS, NOWHERE, READ_ONLY, NO_ACCESS, UNALIGNED, PAGE_THEN_NOWHERE, READ_ONLY_LAST,
};

enum outcome {
	REFUSED,
	TAKEN,
	EITHER,			/* what it measures has to be what it says */
};

/* An errno that nothing says. */
#define ANY		-1

union args {
	struct kvm_sev_init init;
	struct kvm_sev_snp_launch_start start;
	struct kvm_sev_snp_launch_update update;
	struct kvm_sev_snp_launch_finish finish;
	uint8_t bytes[128];
};

/* Two pages of the VMM's, as @place says; anywhere in the first one. */
static uint64_t address_of(enum place place)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TEST_ASSERT(p != MAP_FAILED, "out of memory");
	memset(p, 0x5c, 2 * PAGE);
	switch (place) {
	case AS_IT_IS:
		break;
	case NOWHERE:
		munmap(p, 2 * PAGE);
		break;
	case READ_ONLY:
		mprotect(p, 2 * PAGE, PROT_READ);
		break;
	case NO_ACCESS:
		mprotect(p, 2 * PAGE, PROT_NONE);
		break;
	case UNALIGNED:
		return (uint64_t)p + 1;
	case PAGE_THEN_NOWHERE:
		munmap(p + PAGE, PAGE);
		break;
	case READ_ONLY_LAST:
		mprotect(p + PAGE, PAGE, PROT_READ);
		break;
	}
	return (uint64_t)p;
}

COCO_FIXTURE(args);
FIXTURE_VARIANT(args)
{
	struct check_row row;
	uint32_t cmd;
	enum raw_snp_stage after;
	size_t offset, size;		/* of the field */
	uint64_t value;
	enum place place;
	enum outcome outcome;
	int err;			/* of what is refused; 0: EINVAL, or not known of what may be taken */
	uint8_t type;			/* of an update, KVM_SEV_SNP_PAGE_TYPE_* */
	bool warns;			/* a kernel is known for it */
	bool null;			/* WARNs are SNP-LAUNCH-NULL's */
	bool is_last;			/* what follows is SNP-LAUNCH-FINISH-AGAIN's */
};

#define ARG_REQS	REQ_SNP_LAUNCH_ARGS, REQ_SNP_LAUNCH_KEPT, REQ_SNP_LAUNCH_PARTIAL, \
			REQ_SNP_LAUNCH_ERRNO
#define ARG(name, reqs, cmd_, stage, part, field, value_, ...)				\
	FIXTURE_VARIANT_ADD(args, name)							\
	{										\
		COCO_ROW(NULL, reqs), .cmd = KVM_SEV_##cmd_,				\
		.after = RAW_SNP_##stage, .offset = offsetof(union args, part.field),	\
		.size = sizeof(((union args *)NULL)->part.field), .value = value_, __VA_ARGS__ \
	}

#define INIT(name, field, value, ...)							\
	ARG(init_##name, ARG_REQS, INIT2, CREATED, init, field, value, __VA_ARGS__)
#define START(name, field, value, ...)							\
	ARG(start_##name, ARG_REQS, SNP_LAUNCH_START, VCPU, start, field, value, __VA_ARGS__)
#define UPDATE(name, field, value, ...)							\
	ARG(update_##name, ARG_REQS, SNP_LAUNCH_UPDATE, STARTED, update, field, value, __VA_ARGS__)
#define FINISH(name, field, value, ...)							\
	ARG(finish_##name, ARG_REQS, SNP_LAUNCH_FINISH, UPDATED, finish, field, value, __VA_ARGS__)

INIT(flag_0, flags, 1);
INIT(flag_31, flags, 1u << 31);
INIT(snp_active, vmsa_features, 1);
INIT(all_features, vmsa_features, ~0ull);
INIT(version_0, ghcb_version, 0, .outcome = TAKEN);
INIT(version_3, ghcb_version, 3);
INIT(version_largest, ghcb_version, 0xffff);

ARG(init_version_1, REQ_SNP_LAUNCH_GHCB_VERSION, INIT2, CREATED, init, ghcb_version, 1);

START(flag_0, flags, 1);
START(flag_15, flags, 1u << 15);
START(policy_0, policy, 0);
START(policy_without_17, policy, RAW_SNP_POLICY & ~(1ull << 17));
START(policy_bit_26, policy, RAW_SNP_POLICY | 1ull << 26);
START(policy_bit_63, policy, RAW_SNP_POLICY | 1ull << 63);
START(policy_largest, policy, ~0ull);
START(policy_minor, policy, RAW_SNP_POLICY | 0x01ff, .err = EIO);
START(policy_major, policy, RAW_SNP_POLICY | 0xff00, .err = EIO);
START(policy_api_1_0, policy, RAW_SNP_POLICY | 0x0100, .outcome = TAKEN);
START(policy_debug, policy, RAW_SNP_POLICY | 1ull << 19, .outcome = TAKEN);

#define LENGTH_REQS	REQ_SNP_LAUNCH_LENGTH, ARG_REQS
#define LENGTH(name, value, ...)							\
	ARG(update_length_##name, LENGTH_REQS, SNP_LAUNCH_UPDATE, STARTED, update, len, value, \
	    .warns = true, __VA_ARGS__)

LENGTH(0, 0);
LENGTH(1, 1);
LENGTH(less_1, 2 * PAGE - 1);
LENGTH(more_1, 2 * PAGE + 1);
LENGTH(no_page_but_huge, ~0ull);
/* Pages of which the slot, or the VMM's memory, has less: what there is may be taken. */
LENGTH(past_private, 5 * PAGE, .outcome = EITHER);
LENGTH(past_slot, 64 * PAGE, .outcome = EITHER);
LENGTH(int_pages, PAGE << 31, .outcome = EITHER);
LENGTH(int_pages_wrapped, (PAGE << 32) + PAGE, .outcome = EITHER);
LENGTH(negative, 1ull << 63, .outcome = EITHER);
LENGTH(negative_page, -PAGE, .outcome = EITHER);

UPDATE(flag_0, flags, 1);
UPDATE(flag_15, flags, 1u << 15);
UPDATE(type_0, type, 0);
UPDATE(type_vmsa, type, 2);
UPDATE(type_7, type, 7);
UPDATE(type_9, type, 9);
UPDATE(type_largest, type, 0xff);
UPDATE(gfn_shared, gfn_start, RAW_VM_PRIVATE_PAGES, .err = ANY);
UPDATE(gfn_past_slot, gfn_start, RAW_VM_PAGES);
UPDATE(gfn_48_bits, gfn_start, 1ull << 36);
UPDATE(gfn_52_bits, gfn_start, 1ull << 52);
UPDATE(gfn_largest, gfn_start, ~0ull);
UPDATE(gfn_at_the_end, gfn_start, RAW_VM_PRIVATE_PAGES - 1, .outcome = EITHER);
/* Proposed ABI gives it a meaning: what is in the page. */
ARG(update_uaddr_0, REQ_SNP_LAUNCH_NULL, SNP_LAUNCH_UPDATE, STARTED, update, uaddr, 0,
    .outcome = EITHER, .null = true);
UPDATE(uaddr_kernel, uaddr, 0xffff888000000000, .err = ANY);
UPDATE(uaddr_noncanonical, uaddr, 0x8000000000000000, .err = ANY);
UPDATE(uaddr_last_page, uaddr, -PAGE, .err = ANY);
UPDATE(uaddr_nowhere, uaddr, 0, .place = NOWHERE, .err = ANY);
UPDATE(uaddr_no_access, uaddr, 0, .place = NO_ACCESS, .err = ANY);
/* Older kernels copy it, newer ones get its pages. */
UPDATE(uaddr_unaligned, uaddr, 0, .place = UNALIGNED, .outcome = EITHER, .err = EINVAL);
UPDATE(uaddr_then_nowhere, uaddr, 0, .place = PAGE_THEN_NOWHERE, .outcome = EITHER);

#define TAKEN_REQS	REQ_SNP_LAUNCH_TAKEN, REQ_SNP_LAUNCH_PARTIAL
#define SOURCE(name, type_, ...)							\
	ARG(update_##name, TAKEN_REQS, SNP_LAUNCH_UPDATE, STARTED, update, uaddr, 0,	\
	    .type = KVM_SEV_SNP_PAGE_TYPE_##type_, .outcome = TAKEN, __VA_ARGS__)

SOURCE(normal_read_only, NORMAL, .place = READ_ONLY);
SOURCE(normal_half_read_only, NORMAL, .place = READ_ONLY_LAST);
SOURCE(unmeasured_read_only, UNMEASURED, .place = READ_ONLY);
SOURCE(secrets_read_only, SECRETS, .place = READ_ONLY);
SOURCE(zero_nowhere, ZERO, .place = NOWHERE);
SOURCE(zero_0, ZERO);

FINISH(flag_0, flags, 1);
FINISH(flag_15, flags, 1u << 15);

/* A launch that ends all the same, when the structure is right again. */
#define ID_REQS	ARG_REQS, REQ_SNP_LAUNCH_FINISH_AGAIN, REQ_SNP_LAUNCH_VMSA_OWNED
#define ID(name, field, value, ...)							\
	ARG(finish_##name, ID_REQS, SNP_LAUNCH_FINISH, UPDATED, finish, field, value,	\
	    .is_last = true, __VA_ARGS__)

ID(block_0, id_block_uaddr, 0, .err = ANY);
ID(block_kernel, id_block_uaddr, 0xffff888000000000, .err = EFAULT);
ID(block_nowhere, id_block_uaddr, 0, .place = NOWHERE, .err = EFAULT);
ID(block_no_access, id_block_uaddr, 0, .place = NO_ACCESS, .err = EFAULT);
ID(auth_0, id_auth_uaddr, 0, .err = ANY);
ID(auth_nowhere, id_auth_uaddr, 0, .place = NOWHERE, .err = EFAULT);
ID(auth_kernel, id_auth_uaddr, 0xffff888000000000, .err = EFAULT);
/* Not of this launch: firmware refuses it. */
ID(block_of_others, id_block_uaddr, 0, .place = READ_ONLY, .err = EIO);

/* What would be right but for the field. */
static void fill_args(union args *args, const FIXTURE_VARIANT(args) *v, struct raw_snp *snp)
{
	memset(args, 0, sizeof(*args));
	switch (v->cmd) {
	case KVM_SEV_INIT2:
		args->init.ghcb_version = GHCB_PROTOCOL_VERSION;
		break;
	case KVM_SEV_SNP_LAUNCH_START:
		args->start.policy = RAW_SNP_POLICY;
		break;
	case KVM_SEV_SNP_LAUNCH_UPDATE:
		args->update = (struct kvm_sev_snp_launch_update){
			.gfn_start = 0, .uaddr = (uint64_t)snp->raw.mem, .len = 2 * PAGE,
			.type = v->type ?: KVM_SEV_SNP_PAGE_TYPE_NORMAL,
		};
		break;
	case KVM_SEV_SNP_LAUNCH_FINISH:
		if (!v->is_last)
			break;
		args->finish.id_block_en = 1;
		args->finish.id_block_uaddr = (uint64_t)snp->raw.mem;
		args->finish.id_auth_uaddr = (uint64_t)snp->raw.mem;
		break;
	}
}

static void set_field(union args *args, const FIXTURE_VARIANT(args) *v)
{
	const bool address = v->place != AS_IT_IS;
	const uint64_t value = address ? address_of(v->place) : v->value;

	memcpy(args->bytes + v->offset, &value, v->size);
}

/*
 * An update has measured what it says: pages from the start on, by which its fields have advanced.
 * The address does not for pages of zeros, which have no source.
 */
static void expect_progress(const struct kvm_sev_snp_launch_update *before,
			    const struct kvm_sev_snp_launch_update *after, unsigned int pages)
{
	const uint64_t bytes = before->type == KVM_SEV_SNP_PAGE_TYPE_ZERO ? 0 : pages * PAGE;

	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_PARTIAL, "gfn_start after it", before->gfn_start + pages,
		      after->gfn_start, &names_gfn);
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_PARTIAL, "len after it", before->len - pages * PAGE,
		      after->len, &names_value);
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_PARTIAL, "uaddr after it", before->uaddr + bytes, after->uaddr,
		      &names_value);
}

/* With the control: else nobody knows what was measured. */
static void expect_measured(const FIXTURE_VARIANT(args) *v, const union args *before,
			    const union args *after, int ret, unsigned int pages)
{
	if (!control())
		return;
	if (v->cmd == KVM_SEV_SNP_LAUNCH_UPDATE)
		expect_progress(&before->update, &after->update, pages);
	else if (ret && !v->is_last)
		EXPECT_REQ_EQ(REQ_SNP_LAUNCH_KEPT, "pages measured by what was refused", 0, pages,
			      &names_count);
}

COCO_TEST_F(args, command)
{
	const enum requirement_nr again = variant->is_last ? REQ_SNP_LAUNCH_FINISH_AGAIN :
							     REQ_SNP_LAUNCH_KEPT;
	union args args, before;
	struct launch_ref ref;
	struct raw_snp snp;
	unsigned int pages;
	int ret;

	if (!launch_reference(REQ_SNP_LAUNCH_KEPT, &ref))
		return;
	if (variant->warns)
		check_expect_splat("in kvm_gmem_populate");
	if (variant->is_last)
		check_attribute_to(REQ_KERNEL_FIRMWARE_PAGE, REQ_SNP_LAUNCH_VMSA_OWNED);
	if (variant->null)
		check_expect_splat("in sev_gmem_post_populate");
	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(REQ_SNP_LAUNCH_KEPT, "the launch before it", 0,
			   raw_snp_go(&snp, RAW_SNP_NOTHING, variant->after), &names_errno))
		goto out;
	fill_args(&args, variant, &snp);
	set_field(&args, variant);
	before = args;
	pages = launch_nr_pages();
	ret = raw_snp_cmd(&snp, variant->cmd, &args);
	if (variant->outcome != EITHER)
		EXPECT_REQ_EQ(check_main_req(), "taken", variant->outcome == TAKEN, !ret, &names_bool);
	if (ret && variant->err != ANY && (variant->outcome == REFUSED || variant->err))
		EXPECT_REQ_EQ(REQ_SNP_LAUNCH_ERRNO, "the command", variant->err ?: EINVAL, ret,
			      &names_errno);
	/* A record begins with each KVM_SEV_SNP_LAUNCH_START that firmware takes. */
	if (variant->cmd != KVM_SEV_SNP_LAUNCH_START)
		expect_measured(variant, &before, &args, ret, launch_nr_pages() - pages);
	if (variant->warns)
		EXPECT_REQ_QUIET(REQ_SNP_LAUNCH_LENGTH, "WARNs of a length", "in kvm_gmem_populate");
	/* What firmware refuses it has looked at, and with it the vCPUs' state. */
	if (variant->null)
		EXPECT_REQ_QUIET(REQ_SNP_LAUNCH_NULL, "WARNs of a source at 0", "in sev_gmem_post_populate");
	if (ret && variant->outcome == REFUSED && (!variant->is_last || !snp.fw_error) &&
	    EXPECT_REQ_EQ(again, "the launch after it", 0,
			  raw_snp_go(&snp, variant->after, RAW_SNP_FINISHED), &names_errno))
		EXPECT_LAUNCH_AS(again, &ref);
out:
	raw_snp_close(&snp);
}

/* ---- a range that is not private all the way ---- */

COCO_FIXTURE(part_shared);
FIXTURE_VARIANT(part_shared)
{
	struct check_row row;
	unsigned int page;		/* the one that is shared */
	uint8_t type;
};

#define PART_SHARED(name, page_, type_)							\
	FIXTURE_VARIANT_ADD(part_shared, name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_LAUNCH_PARTIAL), .page = page_,			\
		.type = KVM_SEV_SNP_PAGE_TYPE_##type_,					\
	}

PART_SHARED(first, 0, NORMAL);
PART_SHARED(second, 1, NORMAL);
PART_SHARED(last, RAW_VM_PRIVATE_PAGES - 1, NORMAL);
PART_SHARED(second_zero, 1, ZERO);
PART_SHARED(last_unmeasured, RAW_VM_PRIVATE_PAGES - 1, UNMEASURED);

static int set_private(struct raw_snp *snp, unsigned int page, bool private)
{
	struct kvm_memory_attributes attrs = {
		.address = page * PAGE, .size = PAGE,
		.attributes = private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0,
	};

	return raw_errno(ioctl(snp->raw.vm, KVM_SET_MEMORY_ATTRIBUTES, &attrs));
}

/* As often as the kernel says that there is more to do. */
static int update_all(struct raw_snp *snp, struct kvm_sev_snp_launch_update *update)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i <= RAW_VM_PRIVATE_PAGES && !ret && update->len; i++)
		ret = raw_snp_cmd(snp, KVM_SEV_SNP_LAUNCH_UPDATE, update);
	return ret;
}

COCO_TEST_F(part_shared, ends_there)
{
	const enum requirement_nr req = REQ_SNP_LAUNCH_PARTIAL;
	struct kvm_sev_snp_launch_update update = {
		.len = RAW_VM_PRIVATE_PAGES * PAGE, .type = variant->type,
	}, before;
	struct launch_ref ref;
	struct raw_snp snp;
	unsigned int pages;

	/* For its pages to be counted. */
	if (!launch_reference(req, &ref))
		return;
	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(req, "the launch before it", 0,
			   raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_STARTED) ?:
			   set_private(&snp, variant->page, false), &names_errno))
		goto out;
	update.uaddr = (uint64_t)snp.raw.mem;
	before = update;
	pages = launch_nr_pages();
	EXPECT_REQ_TRUE(req, "the update fails at the page that is shared",
			update_all(&snp, &update));
	expect_progress(&before, &update, variant->page);
	if (control())
		EXPECT_REQ_EQ(req, "pages measured before it", variant->page,
			      launch_nr_pages() - pages, &names_count);
	EXPECT_REQ_EQ(req, "the rest, when it is private", 0,
		      set_private(&snp, variant->page, true) ?: update_all(&snp, &update),
		      &names_errno);
	expect_progress(&before, &update, RAW_VM_PRIVATE_PAGES);
	if (control())
		EXPECT_REQ_EQ(req, "pages measured of all", RAW_VM_PRIVATE_PAGES,
			      launch_nr_pages() - pages, &names_count);
out:
	raw_snp_close(&snp);
}

/* ---- features of a VMSA, each bit ---- */

COCO_FIXTURE(features);
FIXTURE_VARIANT(features) { struct check_row row; };
FIXTURE_VARIANT_ADD(features, each_bit)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_TAKEN, REQ_SNP_LAUNCH_ARGS)
};

COCO_TEST_F(features, init)
{
	uint64_t offered = 0;
	struct raw_snp snp;
	unsigned int bit;
	char what[64];

	(void)variant;
	for (bit = 0; bit < 64; bit++) {
		struct kvm_sev_init init = {
			.vmsa_features = 1ull << bit, .ghcb_version = GHCB_PROTOCOL_VERSION,
		};

		raw_snp_open(&snp);
		if (!bit && !EXPECT_REQ_EQ(REQ_SNP_LAUNCH_TAKEN, "KVM_X86_SEV_VMSA_FEATURES", 0,
					   sev_attr(SEV_ATTR_VMSA_FEATURES, &offered), &names_errno))
			bit = 64;
		snprintf(what, sizeof(what), "KVM_SEV_INIT2 takes VMSA feature %u", bit);
		if (bit < 64 && !raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_CREATED))
			EXPECT_REQ_EQ(offered >> bit & 1 ? REQ_SNP_LAUNCH_TAKEN : REQ_SNP_LAUNCH_ARGS,
				      what, offered >> bit & 1,
				      !raw_snp_cmd(&snp, KVM_SEV_INIT2, &init), &names_bool);
		raw_snp_close(&snp);
	}
}

/* ---- where the structures lie, and who is asked ---- */

COCO_FIXTURE(where);
FIXTURE_VARIANT(where)
{
	struct check_row row;
	uint32_t cmd;
	enum raw_snp_stage after;
};

#define WHERE(cmd_, stage)								\
	FIXTURE_VARIANT_ADD(where, cmd_)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_LAUNCH_ERRNO, REQ_SNP_LAUNCH_KEPT),		\
		.cmd = KVM_SEV_##cmd_, .after = RAW_SNP_##stage,			\
	}

WHERE(INIT2, CREATED);
WHERE(SNP_LAUNCH_START, VCPU);
WHERE(SNP_LAUNCH_UPDATE, STARTED);
WHERE(SNP_LAUNCH_FINISH, UPDATED);

COCO_TEST_F(where, command)
{
	static const uint64_t addresses[] = { 0, 0xffff888000000000, -8ull };
	struct launch_ref ref;
	struct raw_snp snp;
	char what[64];
	unsigned int i;

	if (!launch_reference(REQ_SNP_LAUNCH_KEPT, &ref))
		return;
	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(REQ_SNP_LAUNCH_KEPT, "the launch before it", 0,
			   raw_snp_go(&snp, RAW_SNP_NOTHING, variant->after), &names_errno))
		goto out;
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		snprintf(what, sizeof(what), "a structure at 0x%lx", addresses[i]);
		EXPECT_REQ_EQ(REQ_SNP_LAUNCH_ERRNO, what, EFAULT,
			      raw_snp_cmd(&snp, variant->cmd, (void *)addresses[i]), &names_errno);
	}
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_ERRNO, "a structure that is nowhere", EFAULT,
		      raw_snp_cmd(&snp, variant->cmd, (void *)address_of(NOWHERE)), &names_errno);
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_ERRNO, "half a structure", EFAULT,
		      raw_snp_cmd(&snp, variant->cmd,
				  (void *)address_of(PAGE_THEN_NOWHERE) + PAGE - 4), &names_errno);
	if (EXPECT_REQ_EQ(REQ_SNP_LAUNCH_KEPT, "the launch after them", 0,
			  raw_snp_go(&snp, variant->after, RAW_SNP_FINISHED), &names_errno))
		EXPECT_LAUNCH_AS(REQ_SNP_LAUNCH_KEPT, &ref);
out:
	raw_snp_close(&snp);
}

/* Commands that need firmware, with a descriptor that is none of it. */
COCO_FIXTURE(asked);
FIXTURE_VARIANT(asked) { struct check_row row; bool kvm; };
FIXTURE_VARIANT_ADD(asked, nobody)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_ARGS, REQ_SNP_LAUNCH_KEPT)
};
FIXTURE_VARIANT_ADD(asked, kvm)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_ARGS, REQ_SNP_LAUNCH_KEPT), .kvm = true
};

COCO_TEST_F(asked, start_and_update)
{
	struct kvm_sev_snp_launch_start start = { .policy = RAW_SNP_POLICY };
	struct kvm_sev_snp_launch_update update = {
		.len = 2 * PAGE, .type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
	};
	struct launch_ref ref;
	struct raw_snp snp;
	int fd;

	if (!launch_reference(REQ_SNP_LAUNCH_KEPT, &ref))
		return;
	raw_snp_open(&snp);
	fd = variant->kvm ? snp.raw.kvm : -1;
	update.uaddr = (uint64_t)snp.raw.mem;
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_KEPT, "the launch before it", 0,
		      raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_VCPU), &names_errno);
	EXPECT_REQ_TRUE(REQ_SNP_LAUNCH_ARGS, "KVM_SEV_SNP_LAUNCH_START is refused",
			raw_snp_cmd_on(&snp, fd, KVM_SEV_SNP_LAUNCH_START, &start));
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_KEPT, "the start after it", 0,
		      raw_snp_go(&snp, RAW_SNP_VCPU, RAW_SNP_STARTED), &names_errno);
	EXPECT_REQ_TRUE(REQ_SNP_LAUNCH_ARGS, "KVM_SEV_SNP_LAUNCH_UPDATE is refused",
			raw_snp_cmd_on(&snp, fd, KVM_SEV_SNP_LAUNCH_UPDATE, &update));
	if (EXPECT_REQ_EQ(REQ_SNP_LAUNCH_KEPT, "the launch after it", 0,
			  raw_snp_go(&snp, RAW_SNP_STARTED, RAW_SNP_FINISHED), &names_errno))
		EXPECT_LAUNCH_AS(REQ_SNP_LAUNCH_KEPT, &ref);
	raw_snp_close(&snp);
}

COCO_MAIN(snp_vm_missing)
