// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an SNP guest's owner is promised: the launch digest of the pages that the VMM gave, in
 * their order, and of its vCPUs' state.  The expected one is computed here, from the VMM's side
 * (AMD 56860, "PAGE_INFO"), and firmware is asked what it has: by the control, and by an ID
 * block, which ends the launch only with the digest that firmware has, too.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "attest/id_auth.h"
#include "attest/launch_digest.h"
#include "snp/launch_check.h"
#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE
#define MAX_UPDATES	6
#define MAX_PAGES	16

/* AMD 56860, "Page Types"; of the uAPI's only the VMSA's is missing. */
#define TYPE_NORMAL	KVM_SEV_SNP_PAGE_TYPE_NORMAL
#define TYPE_VMSA	2
#define TYPE_ZERO	KVM_SEV_SNP_PAGE_TYPE_ZERO
#define TYPE_UNMEASURED	KVM_SEV_SNP_PAGE_TYPE_UNMEASURED
#define TYPE_SECRETS	KVM_SEV_SNP_PAGE_TYPE_SECRETS
#define TYPE_CPUID	KVM_SEV_SNP_PAGE_TYPE_CPUID
#define VMSA_GPA	0xfffffffff000ull

/* Of SNP_LAUNCH_FINISH: the digest is another one. */
#define BAD_MEASUREMENT	11

struct update {
	uint64_t gfn;
	unsigned int pages, type;
};

COCO_FIXTURE(launch);
FIXTURE_VARIANT(launch)
{
	struct check_row row;
	struct update update[MAX_UPDATES];
	unsigned int vcpus;
};

#define LAUNCH(name, vcpus_, ...)							\
	FIXTURE_VARIANT_ADD(launch, name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_LAUNCH_PAGES, REQ_SNP_LAUNCH_DIGEST,		\
			 REQ_SNP_LAUNCH_FIRMWARE, REQ_KERNEL_KMAP_ORDER),		\
		.vcpus = vcpus_, .update = { __VA_ARGS__ }				\
	}

LAUNCH(nothing, 0);
LAUNCH(vcpu_alone, 1);
LAUNCH(two_vcpus, 2);
LAUNCH(normal, 1, { 0, 1, TYPE_NORMAL });
LAUNCH(zero, 1, { 0, 1, TYPE_ZERO });
LAUNCH(unmeasured, 1, { 0, 1, TYPE_UNMEASURED });
LAUNCH(secrets, 1, { 0, 1, TYPE_SECRETS });
LAUNCH(cpuid, 1, { 0, 1, TYPE_CPUID });
LAUNCH(pages, 1, { 0, 4, TYPE_NORMAL });
LAUNCH(zero_pages, 1, { 1, 3, TYPE_ZERO });
LAUNCH(up, 1, { 0, 1, TYPE_NORMAL }, { 2, 1, TYPE_NORMAL });
LAUNCH(down, 1, { 2, 1, TYPE_NORMAL }, { 0, 1, TYPE_NORMAL });
LAUNCH(hole, 1, { 0, 1, TYPE_NORMAL }, { 3, 1, TYPE_ZERO });
LAUNCH(types, 2, { 1, 1, TYPE_SECRETS }, { 0, 1, TYPE_NORMAL }, { 3, 1, TYPE_ZERO },
       { 2, 1, TYPE_CPUID });

/* ---- what the guest's owner computes ---- */

struct expected {
	unsigned int nr;
	struct attest_page_info page[MAX_PAGES];
	uint8_t digest[CONTROL_DIGEST];
};

static void add(struct expected *e, unsigned int type, uint64_t gpa, const void *contents)
{
	const bool measured = type == TYPE_NORMAL || type == TYPE_VMSA;

	attest_add_page(e->digest, type, gpa, measured ? contents : NULL, &e->page[e->nr++]);
}

/* Page @gfn of the guest's memory, as the VMM has it: no two are the same. */
static void fill_page(char *page, uint64_t gfn, unsigned int type)
{
	/* A CPUID page: how many functions it has comes first.  None is fine. */
	memset(page, 0, PAGE);
	if (type == TYPE_CPUID)
		return;
	snprintf(page, PAGE, "GFN %lu, type %u", gfn, type);
	memset(page + PAGE / 2, 0x40 + gfn, PAGE / 2);
}

/* ---- comparing ---- */

static bool expect_page(unsigned int i, const struct attest_page_info *want,
			const struct control_fw_page *got)
{
	static const uint8_t none[3];
	char what[64];

	snprintf(what, sizeof(what), "page %u measured: GPA", i);
	if (!EXPECT_REQ_EQ(REQ_SNP_LAUNCH_PAGES, what, want->gpa, got->gpa, &names_gpa))
		return false;
	snprintf(what, sizeof(what), "page %u measured: type", i);
	if (!EXPECT_REQ_EQ(REQ_SNP_LAUNCH_PAGES, what, want->type, got->type, &names_value))
		return false;
	snprintf(what, sizeof(what), "page %u measured: permissions of VMPL 1 to 3", i);
	EXPECT_REQ_BYTES(REQ_SNP_LAUNCH_PAGES, what, none, got->perms, sizeof(none));
	/* A VMSA's contents: vmsa_test. */
	snprintf(what, sizeof(what), "page %u measured: SHA-384 of its contents", i);
	return want->type == TYPE_VMSA ||
	       EXPECT_REQ_BYTES(REQ_SNP_LAUNCH_PAGES, what, want->contents, got->contents,
				CONTROL_DIGEST);
}

static void expect_launch(struct expected *e, unsigned int vcpus)
{
	const struct control_fw_launch *l = control()->fw_launch();
	unsigned int i;

	if (!EXPECT_REQ_TRUE(REQ_SNP_LAUNCH_FIRMWARE, "firmware knows of the launch", l))
		return;
	for (i = 0; i < vcpus && i < CONTROL_MAX_VMSAS; i++)
		add(e, TYPE_VMSA, VMSA_GPA, l->vmsa[i]);
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_PAGES, "pages measured", e->nr, l->nr_pages, &names_count);
	for (i = 0; i < e->nr && i < l->nr_pages; i++)
		if (!expect_page(i, &e->page[i], &l->pages[i]))
			break;
	EXPECT_REQ_BYTES(REQ_SNP_LAUNCH_DIGEST, "the launch digest", e->digest, l->digest,
			 CONTROL_DIGEST);
}

/* ---- launches ---- */

static bool must(const char *what, int err)
{
	return EXPECT_REQ_EQ(check_main_req(), what, 0, err, &names_errno);
}

static bool create(struct raw_snp *snp, unsigned int vcpus)
{
	unsigned int i;

	control()->fw_measure(true);
	if (!must("the launch before KVM_CREATE_VCPU",
		  raw_snp_go(snp, RAW_SNP_NOTHING, RAW_SNP_MEMORY)) ||
	    !must("KVM_CREATE_IRQCHIP", raw_errno(ioctl(snp->raw.vm, KVM_CREATE_IRQCHIP))))
		return false;
	for (i = 0; i < vcpus; i++) {
		int fd = ioctl(snp->raw.vm, KVM_CREATE_VCPU, (unsigned long)i);

		if (!must("KVM_CREATE_VCPU", raw_errno(fd)))
			return false;
		if (i)
			close(fd);
		else
			snp->raw.vcpu = fd;
	}
	return true;
}

static bool give_pages(struct raw_snp *snp, const struct update *u, struct expected *e)
{
	uint64_t gfn;

	for (; u->pages; u++) {
		char *from = snp->raw.mem + u->gfn * PAGE;
		struct kvm_sev_snp_launch_update args = {
			.gfn_start = u->gfn, .uaddr = (uint64_t)from, .len = u->pages * PAGE,
			.type = u->type,
		};

		for (gfn = u->gfn; gfn < u->gfn + u->pages; gfn++) {
			fill_page(snp->raw.mem + gfn * PAGE, gfn, u->type);
			add(e, u->type, gfn * PAGE, snp->raw.mem + gfn * PAGE);
		}
		if (!must("KVM_SEV_SNP_LAUNCH_UPDATE", raw_snp_update_args(snp, args)))
			return false;
		/* It has been read, and can be changed. */
		memset(from, 0xee, u->pages * PAGE);
	}
	return true;
}

COCO_TEST_F(launch, measured)
{
	struct expected e = {};
	struct raw_snp snp;

	if (!control()) {
		check_skip("no control of the kernel here: what firmware measures is not seen");
		return;
	}
	raw_snp_open(&snp);
	if (create(&snp, variant->vcpus) &&
	    must("KVM_SEV_SNP_LAUNCH_START", raw_snp_start(&snp, RAW_SNP_POLICY, 0)) &&
	    give_pages(&snp, variant->update, &e) &&
	    must("KVM_SEV_SNP_LAUNCH_FINISH", raw_snp_finish(&snp)))
		expect_launch(&e, variant->vcpus);
	raw_snp_close(&snp);
}

/* ---- what else firmware gets ---- */

COCO_FIXTURE(given);
FIXTURE_VARIANT(given)
{
	struct check_row row;
	uint64_t policy;
	bool id_block, auth_key, vcek_disabled, other_digest, other_policy;
	bool other_svn;			/* than the ID block was signed with */
	size_t changed;			/* that byte of the ID authentication information, if not 0 */
	bool refused;			/* for that */
};

#define GIVEN(name, ...)								\
	FIXTURE_VARIANT_ADD(given, name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_LAUNCH_FIRMWARE, REQ_SNP_LAUNCH_DIGEST), __VA_ARGS__ \
	}

GIVEN(nothing);
GIVEN(debug, .policy = 1ull << 19);
GIVEN(api, .policy = 0x0133);
GIVEN(no_vcek, .vcek_disabled = true);
GIVEN(id_block, .id_block = true);
GIVEN(id_block_and_key, .id_block = true, .auth_key = true);
GIVEN(id_block_no_vcek, .id_block = true, .vcek_disabled = true);
GIVEN(other_digest, .id_block = true, .other_digest = true);
GIVEN(other_policy, .id_block = true, .other_policy = true);

/* What the owner has signed, and did not. */
#define CHANGED(name, field, ...)							\
	GIVEN(other_##name, .id_block = true,						\
	      .changed = offsetof(struct snp_id_auth, field), __VA_ARGS__)

GIVEN(other_svn, .id_block = true, .other_svn = true, .refused = true);
CHANGED(signature, signature.r, .refused = true);
CHANGED(id_key, id_key.x, .refused = true);
CHANGED(key_signature, id_key_signature.s, .auth_key = true, .refused = true);
CHANGED(author, author_key.y, .auth_key = true, .refused = true);
CHANGED(author_of_none, author_key.y);

static void fill_finish(struct kvm_sev_snp_launch_finish *args, const FIXTURE_VARIANT(given) *v,
			const struct expected *e, uint64_t policy)
{
	static struct snp_id_block id;
	static struct snp_id_auth auth;
	unsigned int i;

	*args = (struct kvm_sev_snp_launch_finish){
		.id_block_en = v->id_block, .auth_key_en = v->auth_key,
		.vcek_disabled = v->vcek_disabled,
	};
	for (i = 0; i < sizeof(args->host_data); i++)
		args->host_data[i] = 0x80 + i;
	if (!v->id_block)
		return;
	id = (struct snp_id_block){
		.version = SNP_ID_BLOCK_VERSION, .guest_svn = 7,
		.policy = policy ^ v->other_policy << 19,
	};
	memcpy(id.digest, e->digest, sizeof(id.digest));
	id.digest[CONTROL_DIGEST - 1] ^= v->other_digest;
	memset(id.family_id, 0xfa, sizeof(id.family_id));
	memset(id.image_id, 0x1a, sizeof(id.image_id));
	TEST_ASSERT(attest_sign_id(&id, &auth), "libcrypto makes no keys");
	id.guest_svn += v->other_svn;
	((uint8_t *)&auth)[v->changed] ^= !!v->changed;
	args->id_block_uaddr = (uint64_t)&id;
	args->id_auth_uaddr = (uint64_t)&auth;
}

static void expect_given(const FIXTURE_VARIANT(given) *v, uint64_t policy, const uint8_t *gosvw,
			 const struct kvm_sev_snp_launch_finish *args)
{
	const struct control_fw_launch *l = control()->fw_launch();
	const enum requirement_nr req = REQ_SNP_LAUNCH_FIRMWARE;

	if (!EXPECT_REQ_TRUE(req, "firmware knows of the launch", l))
		return;
	EXPECT_REQ_EQ(req, "policy", policy, l->policy, &names_value);
	EXPECT_REQ_EQ(req, "wanted TSC frequency, without secure TSC", 0, l->tsc_khz, &names_value);
	EXPECT_REQ_BYTES(req, "GOSVW", gosvw, l->gosvw, sizeof(l->gosvw));
	if (!l->finished)
		return;
	EXPECT_REQ_BYTES(req, "host data", args->host_data, l->host_data, sizeof(l->host_data));
	EXPECT_REQ_EQ(req, "VCEK_DIS", v->vcek_disabled, l->vcek_disabled, &names_bool);
	EXPECT_REQ_EQ(req, "AUTH_KEY_EN", v->auth_key, l->auth_key, &names_bool);
	if (!EXPECT_REQ_EQ(req, "ID_BLOCK_EN", v->id_block, l->has_id_block, &names_bool) ||
	    !v->id_block)
		return;
	EXPECT_REQ_BYTES(req, "the ID block", (void *)args->id_block_uaddr, l->id_block,
			 sizeof(l->id_block));
	EXPECT_REQ_BYTES(req, "the ID authentication structure", (void *)args->id_auth_uaddr,
			 l->id_auth, sizeof(l->id_auth));
}

COCO_TEST_F(given, firmware_gets)
{
	const bool refused = variant->other_digest || variant->other_policy || variant->refused;
	const struct update pages[] = { { 0, 2, TYPE_NORMAL }, {} };
	struct kvm_sev_snp_launch_start start = { .policy = RAW_SNP_POLICY | variant->policy };
	struct kvm_sev_snp_launch_finish args;
	struct expected e = {};
	struct raw_snp snp;
	unsigned int i;
	int ret;

	if (!control()) {
		check_skip("no control of the kernel here: what firmware gets is not seen");
		return;
	}
	for (i = 0; i < sizeof(start.gosvw); i++)
		start.gosvw[i] = 0xc0 + i;
	raw_snp_open(&snp);
	/* Without a vCPU the owner's digest needs no VMSA. */
	if (!create(&snp, 0) ||
	    !must("KVM_SEV_SNP_LAUNCH_START", raw_snp_cmd(&snp, KVM_SEV_SNP_LAUNCH_START, &start)) ||
	    !give_pages(&snp, pages, &e))
		goto out;
	fill_finish(&args, variant, &e, start.policy);
	ret = raw_snp_cmd(&snp, KVM_SEV_SNP_LAUNCH_FINISH, &args);
	EXPECT_REQ_EQ(variant->id_block && !variant->refused ? REQ_SNP_LAUNCH_DIGEST :
							       REQ_SNP_LAUNCH_FIRMWARE,
		      "KVM_SEV_SNP_LAUNCH_FINISH is taken", !refused, !ret, &names_bool);
	if (variant->other_digest)
		EXPECT_REQ_EQ(REQ_SNP_LAUNCH_FIRMWARE, "firmware's status", BAD_MEASUREMENT,
			      snp.fw_error, &names_value);
	expect_given(variant, start.policy, start.gosvw, &args);
out:
	raw_snp_close(&snp);
}

COCO_MAIN(snp_vm_missing)
