// SPDX-License-Identifier: GPL-2.0-only
/*
 * Certificate exits: how they are enabled, when, for which VM and by whom, and
 * whether that can be taken back.
 *
 * Not ABI, so not checked: whether a capability can be enabled on a VM that is no
 * SNP VM, where it means nothing.
 */
#include "snp/cert_rows.h"

#include "kvm_util.h"

#include <sys/wait.h>

#include "snp/cert_enable.h"

/* ---- what KVM says of it ---- */

COCO_FIXTURE(certs_cap);
FIXTURE_VARIANT(certs_cap)
{
	struct check_row row;
	const struct cert_revision *rev;
};

#define CAP_ROW(tag)					\
	FIXTURE_VARIANT_ADD(certs_cap, tag)		\
	{						\
		CERT_ROW(tag, REQ_SNP_CERTS_CAP_MASK),	\
	};
ROWS_OF_MASK(CAP_ROW)
CAP_ROW(certs_v3)

COCO_TEST_F(certs_cap, check_extension)
{
	long cap = cert_revision_cap(variant->rev);
	struct request_vm *v;

	if (!cert_revision_spoken(variant->rev))
		return;
	v = request_vm_create_bare();
	EXPECT_REQ_EQ(check_main_req(), "KVM_CHECK_EXTENSION of the VM", variant->rev->cap_mask,
		      __vm_ioctl(v->snp->vm, KVM_CHECK_EXTENSION, (void *)cap), &names_value);
	request_vm_free(v);
}

COCO_FIXTURE(certs_attr);
FIXTURE_VARIANT(certs_attr)
{
	struct check_row row;
	const struct cert_revision *rev;
	uint32_t group;
	uint64_t attr_add;	/* to the revision's */
	int err;		/* 0: it reads 1 */
};

#define ATTR_ROW(tag, name, group_, add, err_)			\
	FIXTURE_VARIANT_ADD(certs_attr, tag##_##name)		\
	{							\
		CERT_ROW(tag, REQ_SNP_CERTS_ATTR),		\
		.group = group_, .attr_add = add, .err = err_,	\
	};
#define ATTR_ROWS(tag)								\
	ATTR_ROW(tag, itself, KVM_X86_GRP_SEV, 0, 0)				\
	ATTR_ROW(tag, plus_2_32, KVM_X86_GRP_SEV, 1ull << 32, ENXIO)		\
	ATTR_ROW(tag, plus_2_63, KVM_X86_GRP_SEV, 1ull << 63, ENXIO)		\
	ATTR_ROW(tag, other_group, 0x7fff, 0, ENXIO)
ROWS_OF_COMMAND(ATTR_ROWS)

COCO_TEST_F(certs_attr, get)
{
	uint64_t attr = variant->rev->cap + variant->attr_add, value = ~0ull;
	struct kvm_device_attr has = { .group = variant->group, .attr = attr };
	int fd;

	if (!cert_revision_spoken(variant->rev))
		return;
	EXPECT_REQ_EQ(REQ_SNP_CERTS_ATTR, "KVM_GET_DEVICE_ATTR of /dev/kvm", variant->err,
		      -__cert_attr_get(variant->group, attr, &value), &names_errno);
	if (!variant->err)
		EXPECT_REQ_EQ(REQ_SNP_CERTS_ATTR, "the attribute", 1, value, &names_value);

	fd = open_kvm_dev_path_or_exit();
	errno = 0;
	EXPECT_REQ_EQ(REQ_SNP_CERTS_ATTR, "KVM_HAS_DEVICE_ATTR of /dev/kvm", variant->err,
		      ioctl(fd, KVM_HAS_DEVICE_ATTR, &has) ? errno : 0, &names_errno);
	close(fd);
	errno = 0;
}

/* ---- arguments ---- */

COCO_FIXTURE(certs_args);
FIXTURE_VARIANT(certs_args)
{
	struct check_row row;
	const struct cert_revision *rev;
	uint64_t arg;
	uint32_t flags;
	int err;
};

#define ARG_ROW(tag, name, req, arg_, flags_, err_)		\
	FIXTURE_VARIANT_ADD(certs_args, tag##_##name)		\
	{							\
		CERT_ROW(tag, req),				\
		.arg = arg_, .flags = flags_, .err = err_,	\
	};
/* Values that no revision with a capability takes. */
#define ARG_ROWS(tag)								\
	ARG_ROW(tag, 1, REQ_SNP_CERTS_CAP_ENABLE, 1, 0, 0)			\
	ARG_ROW(tag, bit_1, REQ_SNP_CERTS_CAP_BAD, 1ull << 1, 0, EINVAL)	\
	ARG_ROW(tag, bits_0_and_1, REQ_SNP_CERTS_CAP_BAD, 3, 0, EINVAL)		\
	ARG_ROW(tag, bit_31, REQ_SNP_CERTS_CAP_BAD, 1ull << 31, 0, EINVAL)	\
	ARG_ROW(tag, bits_0_and_32, REQ_SNP_CERTS_CAP_BAD, (1ull << 32) | 1, 0, EINVAL)\
	ARG_ROW(tag, bit_63, REQ_SNP_CERTS_CAP_BAD, 1ull << 63, 0, EINVAL)	\
	ARG_ROW(tag, all_ones, REQ_SNP_CERTS_CAP_BAD, ~0ull, 0, EINVAL)		\
	ARG_ROW(tag, flags_1, REQ_SNP_CERTS_CAP_FLAGS, 1, 1, EINVAL)		\
	ARG_ROW(tag, flags_bit_31, REQ_SNP_CERTS_CAP_FLAGS, 1, 1u << 31, EINVAL)
#define ARG_0_ROWS(tag)								\
	ARG_ROW(tag, 0, REQ_SNP_CERTS_CAP_ENABLE, 0, 0, 0)
ROWS_OF_MASK(ARG_ROWS)
ROWS_OF_MASK(ARG_0_ROWS)
ARG_ROWS(certs_v3)
ARG_ROW(certs_v3, 0, REQ_SNP_CERTS_CAP_BAD, 0, 0, EINVAL)

COCO_TEST_F(certs_args, enable_cap)
{
	struct vm_shape shape = { .mode = VM_MODE_DEFAULT, .type = KVM_X86_SNP_VM };
	struct kvm_vm *vm;

	if (!cert_revision_spoken(variant->rev))
		return;
	vm = ____vm_create(shape);
	EXPECT_REQ_EQ(check_main_req(), "KVM_ENABLE_CAP", variant->err,
		      -__cert_exit_enable(vm, variant->rev, variant->arg, variant->flags),
		      &names_errno);
	kvm_vm_free(vm);
}

/* ---- order: what was enabled when, and what the guest's request does then ---- */

enum when { BARE, VCPUS, LAUNCHED, HAS_RUN, NR_WHEN };

static const char * const when_name[NR_WHEN] = {
	[BARE]		= "enabling the exit before there are vCPUs",
	[VCPUS]		= "enabling the exit when there is a vCPU",
	[LAUNCHED]	= "enabling the exit after the launch",
	[HAS_RUN]	= "enabling the exit when the vCPU has run",
};

#define MAX_TRIES	3

COCO_FIXTURE(certs_order);
FIXTURE_VARIANT(certs_order)
{
	struct check_row row;
	const struct cert_revision *rev;
	struct enable_try {
		enum when when;
		bool off;		/* with an empty mask */
		int err;
	} tries[MAX_TRIES];		/* in order */
	unsigned int nr_tries;
	bool exits;
};

#define TRY(when_)	{ .when = when_ }
#define OFF(when_)	{ .when = when_, .off = true }
#define FAIL(when_)	{ .when = when_, .err = EINVAL }
#define TRIES(...)	.tries = { __VA_ARGS__ },						\
			.nr_tries = sizeof((struct enable_try[]) { __VA_ARGS__ }) /	\
				    sizeof(struct enable_try)

#define ORDER_ROW(tag, name, req, exits_, ...)				\
	FIXTURE_VARIANT_ADD(certs_order, tag##_##name)			\
	{								\
		CERT_ROW(tag, req, exits_ ? REQ_SNP_CERTS_EXIT : REQ_SNP_CERTS_CAP_OFF),\
		TRIES(__VA_ARGS__), .exits = exits_,			\
	};

#define TWICE_ROWS(tag)									\
	ORDER_ROW(tag, twice, REQ_SNP_CERTS_ENABLE, true, TRY(BARE), TRY(BARE))
ROWS_OF_ALL(TWICE_ROWS)

/* A capability: at any time, and as often as one likes. */
#define CAP_ORDER_ROWS(tag)								\
	ORDER_ROW(tag, after_vcpu, REQ_SNP_CERTS_CAP_LATE, true, TRY(VCPUS))		\
	ORDER_ROW(tag, after_launch, REQ_SNP_CERTS_CAP_LATE, true, TRY(LAUNCHED))	\
	ORDER_ROW(tag, after_run, REQ_SNP_CERTS_CAP_LATE, true, TRY(HAS_RUN))		\
	ORDER_ROW(tag, before_and_after_run, REQ_SNP_CERTS_CAP_LATE, true, TRY(BARE),	\
		  TRY(HAS_RUN))
#define BACK_ROWS(tag)									\
	ORDER_ROW(tag, back, REQ_SNP_CERTS_CAP_BACK, false, TRY(BARE), OFF(BARE))	\
	ORDER_ROW(tag, back_after_run, REQ_SNP_CERTS_CAP_BACK, false, TRY(BARE), OFF(HAS_RUN))\
	ORDER_ROW(tag, back_and_on_again, REQ_SNP_CERTS_CAP_BACK, true, TRY(BARE),	\
		  OFF(VCPUS), TRY(HAS_RUN))
ROWS_OF_MASK(CAP_ORDER_ROWS)
CAP_ORDER_ROWS(certs_v3)
ROWS_OF_MASK(BACK_ROWS)
/* Only 1 is an argument: what is refused must not take it back either. */
ORDER_ROW(certs_v3, no_way_back, REQ_SNP_CERTS_CAP_BAD, true, TRY(BARE),
	  { .when = HAS_RUN, .off = true, .err = EINVAL })

/* A command: there is a time when it is too late, and it has no opposite. */
ORDER_ROW(certs_v6, after_vcpu, REQ_SNP_CERTS_ENABLE, true, TRY(VCPUS))
ORDER_ROW(certs_v6, after_run, REQ_SNP_CERTS_CMD_ORDER, false, FAIL(HAS_RUN))
ORDER_ROW(certs_v6, before_and_after_run, REQ_SNP_CERTS_CMD_ORDER, true, TRY(BARE),
	  FAIL(HAS_RUN))
ORDER_ROW(certs_v7, after_vcpu, REQ_SNP_CERTS_CMD_ORDER, false, FAIL(VCPUS))
ORDER_ROW(certs_v7, after_launch, REQ_SNP_CERTS_CMD_ORDER, false, FAIL(LAUNCHED))
ORDER_ROW(certs_v7, after_run, REQ_SNP_CERTS_CMD_ORDER, false, FAIL(HAS_RUN))
ORDER_ROW(certs_v7, before_and_after_run, REQ_SNP_CERTS_CMD_ORDER, true, TRY(BARE),
	  FAIL(HAS_RUN))

static void try_enable(const struct cert_case *c, const struct enable_try *try,
		       enum requirement_nr req)
{
	EXPECT_REQ_EQ(req, when_name[try->when], try->err,
		      -__cert_exit_enable(c->v->snp->vm, c->rev, !try->off, 0), &names_errno);
}

/* A guest's report request exits, or is served with an empty table. */
static void expect_enabled(struct cert_case *c, bool enabled, enum requirement_nr req)
{
	request_fw_init(&c->fw, 0, 0);
	if (!enabled) {
		cert_case_prepare(c, 1);
		expect_cert_empty(c, req);
	} else if (cert_case_ask(c, 1, req) &&
		   cert_case_answer(c, 0, NULL, REQ_SNP_CERTS_RET_0)) {
		expect_cert_answer(c, &(struct cert_given) { .nr = CERT_ANSWER_OK, .rbx = 1 });
	}
}

COCO_TEST_F(certs_order, enable_and_ask)
{
	struct cert_case c = { .rev = variant->rev };
	enum requirement_nr req = check_main_req();
	enum when when;
	unsigned int i;

	if (!cert_revision_spoken(variant->rev))
		return;
	c.v = request_vm_create_bare();
	c.cpu = &c.v->cpu[0];
	for (when = BARE; when < NR_WHEN; when++) {
		if (when == VCPUS)
			request_vm_add_vcpus(c.v, 1, guest_registered_loop);
		else if (when == LAUNCHED)
			snp_vm_launch(c.v->snp);
		else if (when == HAS_RUN &&
			 !EXPECT_REQ_SYNC(REQ_GUEST_UCALL, c.cpu->vcpu, STAGE_READY))
			return;
		for (i = 0; i < variant->nr_tries; i++)
			if (variant->tries[i].when == when)
				try_enable(&c, &variant->tries[i], req);
	}
	expect_enabled(&c, variant->exits, req);
	cert_case_end(&c);
}

/* ---- for which VM, and by whom ---- */

COCO_FIXTURE(certs_whose);
FIXTURE_VARIANT(certs_whose)
{
	struct check_row row;
	const struct cert_revision *rev;
};

#define WHOSE_ROW(tag)									\
	FIXTURE_VARIANT_ADD(certs_whose, tag)						\
	{										\
		CERT_ROW(tag, REQ_SNP_CERTS_ENABLE_VM, REQ_SNP_CERTS_ENABLE_MM,		\
			 REQ_SNP_CERTS_EXIT, REQ_SNP_CERTS_CAP_OFF),			\
	};
ROWS_OF_ALL(WHOSE_ROW)

COCO_TEST_F(certs_whose, other_vm)
{
	struct cert_case on, off;

	if (!cert_case_start(&off, variant->rev, 1, false) ||
	    !cert_case_start(&on, variant->rev, 1, true))
		return;
	expect_enabled(&off, false, REQ_SNP_CERTS_ENABLE_VM);
	/* One firmware serves both. */
	on.calls = off.calls;
	expect_enabled(&on, true, REQ_SNP_CERTS_ENABLE_VM);
	cert_case_end(&on);
	cert_case_end(&off);
}

/* A child has the VM's file, but another address space. */
COCO_TEST_F(certs_whose, other_process)
{
	struct cert_case c = { .rev = variant->rev };
	int status;
	pid_t child;

	if (!cert_revision_spoken(variant->rev))
		return;
	c.v = request_vm_create_bare();
	c.cpu = &c.v->cpu[0];
	fflush(stdout);
	child = fork();
	TEST_ASSERT(child >= 0, "cannot fork: %s", strerror(errno));
	if (!child)
		_exit(-__cert_exit_enable(c.v->snp->vm, c.rev, 1, 0));
	TEST_ASSERT(waitpid(child, &status, 0) == child && WIFEXITED(status),
		    "the child ended with status 0x%x", status);
	EXPECT_REQ_EQ(REQ_SNP_CERTS_ENABLE_MM, "enabling the exit in another process", EIO,
		      WEXITSTATUS(status), &names_errno);

	request_vm_add_vcpus(c.v, 1, guest_registered_loop);
	snp_vm_launch(c.v->snp);
	if (EXPECT_REQ_SYNC(REQ_GUEST_UCALL, c.cpu->vcpu, STAGE_READY))
		expect_enabled(&c, false, REQ_SNP_CERTS_ENABLE_MM);
	cert_case_end(&c);
}

/* ---- VMs that are no SNP VMs ---- */

COCO_FIXTURE(certs_vm_type);
FIXTURE_VARIANT(certs_vm_type)
{
	struct check_row row;
	const struct cert_revision *rev;
	unsigned int type;
	bool init;	/* KVM_SEV_INIT2 */
};

#define TYPE_ROW(tag, name, type_, init_)			\
	FIXTURE_VARIANT_ADD(certs_vm_type, tag##_##name)	\
	{							\
		CERT_ROW(tag, REQ_SNP_CERTS_CMD_TYPE),		\
		.type = type_, .init = init_,			\
	};
#define TYPE_ROWS(tag)							\
	TYPE_ROW(tag, sev, KVM_X86_SEV_VM, true)			\
	TYPE_ROW(tag, sev_es, KVM_X86_SEV_ES_VM, true)			\
	TYPE_ROW(tag, snp_before_init, KVM_X86_SNP_VM, false)
ROWS_OF_COMMAND(TYPE_ROWS)

COCO_TEST_F(certs_vm_type, command)
{
	struct vm_shape shape = { .mode = VM_MODE_DEFAULT, .type = variant->type };
	struct kvm_sev_init init = {};
	struct kvm_sev_cmd cmd = { .id = KVM_SEV_INIT2, .data = (uintptr_t)&init };
	struct kvm_vm *vm;

	if (!cert_revision_spoken(variant->rev))
		return;
	if (!(kvm_check_cap(KVM_CAP_VM_TYPES) & (1u << variant->type))) {
		check_skip("this KVM makes no VMs of type %u", variant->type);
		return;
	}
	vm = ____vm_create(shape);
	cmd.sev_fd = open_path_or_exit("/dev/sev", O_RDWR);
	/* A machine may have given all its ASIDs to the other types. */
	if (variant->init && __vm_ioctl(vm, KVM_MEMORY_ENCRYPT_OP, (unsigned long *)&cmd))
		check_skip("KVM_SEV_INIT2 fails for a VM of type %u: %s", variant->type,
			   strerror(errno));
	else
		EXPECT_REQ_EQ(REQ_SNP_CERTS_CMD_TYPE, "KVM_SEV_SNP_ENABLE_REQ_CERTS", EINVAL,
			      -__cert_enable_command(vm), &names_errno);
	close(cmd.sev_fd);
	kvm_vm_free(vm);
}

CERT_MAIN
