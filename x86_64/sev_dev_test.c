// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/sev: commands of the platform, of which none here changes it, and what KVM takes for a
 * descriptor of it.
 */
#include "check/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/psp-sev.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/raw_sev.h"
#include "snp/snp_vm.h"

#define INVALID_LEN	4		/* firmware's */

/* 0 or an errno; firmware's status. */
static int issue(int fd, uint32_t cmd, void *data, uint32_t *error)
{
	struct sev_issue_cmd arg = { .cmd = cmd, .data = (uint64_t)data };
	int ret = raw_errno(ioctl(fd, SEV_ISSUE_CMD, &arg));

	*error = arg.error;
	return ret;
}

static int open_sev(int flags)
{
	int fd = open("/dev/sev", flags);

	TEST_ASSERT(fd >= 0, "cannot open /dev/sev");
	return fd;
}

/* ---- what a machine has: without, all other tests are skipped ---- */

COCO_FIXTURE(machine);
FIXTURE_VARIANT(machine) { struct check_row row; };
FIXTURE_VARIANT_ADD(machine, snp) { COCO_ROW(NULL, REQ_SEV_DEV_INIT) };

COCO_TEST_F(machine, has_vms)
{
	const char *missing = snp_vm_missing() ?: es_vm_missing() ?: raw_sev_missing();

	(void)variant;
	EXPECT_REQ_TRUE(REQ_SEV_DEV_INIT, missing ?: "there are VMs of each type", !missing);
}

/* ---- what the platform says of itself ---- */

COCO_FIXTURE(platform);
FIXTURE_VARIANT(platform) { struct check_row row; bool es; };
FIXTURE_VARIANT_ADD(platform, sev) { COCO_ROW(NULL, REQ_SEV_DEV_STATUS) };
FIXTURE_VARIANT_ADD(platform, sev_es) { COCO_ROW(NULL, REQ_SEV_DEV_STATUS), .es = true };

COCO_TEST_F(platform, counts_guests)
{
	const char *missing = raw_sev_missing();
	struct sev_user_data_status status = {};
	struct raw_snp vm;
	uint32_t error, before;
	int fd;

	if (missing) {
		check_skip("%s", missing);
		return;
	}
	fd = open_sev(O_RDONLY);
	raw_snp_open(&vm);
	TEST_ASSERT(!raw_sev_create(&vm, variant->es ? KVM_X86_SEV_ES_VM : KVM_X86_SEV_VM) &&
		    !raw_sev_add_memory(&vm), "no VM");
	EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "SEV_PLATFORM_STATUS", 0,
		      issue(fd, SEV_PLATFORM_STATUS, &status, &error), &names_errno);
	EXPECT_REQ_TRUE(REQ_SEV_DEV_STATUS, "it has an API version", status.api_major);
	EXPECT_REQ_TRUE(REQ_SEV_DEV_STATUS, "firmware is initialized", status.state);
	before = status.guest_count;
	EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "LAUNCH_START", 0,
		      raw_sev_start(&vm, variant->es ? RAW_SEV_ES : 0), &names_errno);
	issue(fd, SEV_PLATFORM_STATUS, &status, &error);
	/* A machine may have others. */
	if (control())
		EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "guests", before + 1, status.guest_count,
			      &names_count);
	EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "state with a guest (working)", 2, status.state,
		      &names_value);
	raw_snp_close(&vm);
	issue(fd, SEV_PLATFORM_STATUS, &status, &error);
	if (control())
		EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "guests when the VM is gone", before,
			      status.guest_count, &names_count);
	close(fd);
}

COCO_FIXTURE(snp_platform);
FIXTURE_VARIANT(snp_platform) { struct check_row row; };
FIXTURE_VARIANT_ADD(snp_platform, status) { COCO_ROW(NULL, REQ_SEV_DEV_STATUS) };

COCO_TEST_F(snp_platform, initialized)
{
	struct sev_user_data_snp_status status = {};
	struct raw_snp vm;
	unsigned int i;
	uint32_t error;

	(void)variant;
	raw_snp_open(&vm);
	/* Older kernels initialize it for the first VM. */
	TEST_ASSERT(!raw_snp_go(&vm, RAW_SNP_NOTHING, RAW_SNP_INITED), "no VM");
	for (i = 0; i < 2; i++) {
		EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "SNP_PLATFORM_STATUS", 0,
			      issue(vm.sev, SNP_PLATFORM_STATUS, &status, &error), &names_errno);
		EXPECT_REQ_TRUE(REQ_SEV_DEV_STATUS, "it has an API version", status.api_major);
		EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "state (initialized)", 1, status.state,
			      &names_value);
	}
	raw_snp_close(&vm);
}

/* ---- answers that take room ---- */

#define MAX_ANSWER	0x4000
#define UNTOUCHED	0xee

struct answer {
	uint32_t cmd;
	unsigned int parts;
};

COCO_FIXTURE(answer);
FIXTURE_VARIANT(answer)
{
	struct check_row row;
	struct answer answer;
};

#define ANSWER(name, cmd_, parts_)						\
	FIXTURE_VARIANT_ADD(answer, name)					\
	{									\
		COCO_ROW(NULL, REQ_SEV_DEV_ANSWER, REQ_SEV_DEV_LENGTH),		\
		.answer = { .cmd = cmd_, .parts = parts_ },			\
	}

ANSWER(get_id, SEV_GET_ID2, 1);
ANSWER(pek_csr, SEV_PEK_CSR, 1);
ANSWER(pdh_cert_export, SEV_PDH_CERT_EXPORT, 2);

/* With room of @len[] for its parts at @to[], which the command changes. */
static int ask(int fd, const struct answer *a, void *const to[2], uint32_t len[2], uint32_t *error)
{
	struct sev_user_data_get_id2 id = { .address = (uint64_t)to[0], .length = len[0] };
	struct sev_user_data_pek_csr csr = { .address = (uint64_t)to[0], .length = len[0] };
	struct sev_user_data_pdh_cert_export pdh = {
		.pdh_cert_address = (uint64_t)to[0], .pdh_cert_len = len[0],
		.cert_chain_address = (uint64_t)to[1], .cert_chain_len = len[1],
	};
	int ret = issue(fd, a->cmd, a->cmd == SEV_GET_ID2 ? (void *)&id :
				    a->cmd == SEV_PEK_CSR ? (void *)&csr : (void *)&pdh, error);

	len[0] = a->cmd == SEV_GET_ID2 ? id.length : a->cmd == SEV_PEK_CSR ? csr.length :
		 pdh.pdh_cert_len;
	len[1] = pdh.cert_chain_len;
	return ret;
}

static void expect_no_room(int fd, const struct answer *a, void *const to[2], uint32_t len[2])
{
	uint32_t error;

	EXPECT_REQ_EQ(REQ_SEV_DEV_LENGTH, "with too little room", EIO, ask(fd, a, to, len, &error),
		      &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_LENGTH, "firmware's status", INVALID_LEN, error, &names_value);
}

COCO_TEST_F(answer, comes)
{
	const struct answer *a = &variant->answer;
	uint32_t want[2] = {}, len[2], error;
	void *const nowhere[2] = { NULL, NULL };
	unsigned char *again[2];
	void *to[2];
	struct raw_snp vm;
	unsigned int i;

	raw_snp_open(&vm);
	TEST_ASSERT(!raw_snp_go(&vm, RAW_SNP_NOTHING, RAW_SNP_INITED), "no VM");
	expect_no_room(vm.sev, a, nowhere, want);
	for (i = 0; i < 2; i++) {
		to[i] = malloc(MAX_ANSWER);
		again[i] = malloc(MAX_ANSWER);
		TEST_ASSERT(to[i] && again[i], "no memory");
		memset(to[i], UNTOUCHED, MAX_ANSWER);
		memset(again[i], 0, MAX_ANSWER);
	}
	for (i = 0; i < a->parts; i++) {
		EXPECT_REQ_TRUE(REQ_SEV_DEV_LENGTH, "it says how much it takes",
				want[i] && want[i] < MAX_ANSWER);
		memcpy(len, want, sizeof(len));
		len[i]--;
		expect_no_room(vm.sev, a, to, len);
		EXPECT_REQ_EQ(REQ_SEV_DEV_LENGTH, "length", want[i], len[i], &names_value);
	}
	if (check_failed())
		return;
	memcpy(len, want, sizeof(len));
	EXPECT_REQ_EQ(REQ_SEV_DEV_ANSWER, "with the room that it takes", 0,
		      ask(vm.sev, a, to, len, &error), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_ANSWER, "again", 0,
		      ask(vm.sev, a, (void *const *)again, len, &error), &names_errno);
	for (i = 0; i < a->parts; i++) {
		EXPECT_REQ_EQ(REQ_SEV_DEV_ANSWER, "length", want[i], len[i], &names_value);
		EXPECT_REQ_TRUE(REQ_SEV_DEV_ANSWER, "something came",
				memcmp(again[i] + want[i] - 16, again[i] + want[i], 16));
		EXPECT_REQ_BYTES(REQ_SEV_DEV_ANSWER, "what came again", to[i], again[i], want[i]);
		EXPECT_REQ_FILL(REQ_SEV_DEV_ANSWER, "what lies behind", UNTOUCHED,
				(unsigned char *)to[i] + want[i], MAX_ANSWER - want[i]);
		free(to[i]);
		free(again[i]);
	}
	raw_snp_close(&vm);
}

/* ---- what is refused ---- */

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused) { struct check_row row; };
FIXTURE_VARIANT_ADD(refused, each) { COCO_ROW(NULL, REQ_SEV_DEV_REFUSED) };

COCO_TEST_F(refused, commands)
{
	static const uint32_t changing[] = {
		SEV_FACTORY_RESET, SEV_PEK_GEN, SEV_PDH_GEN, SEV_PEK_CERT_IMPORT,
		SNP_SET_CONFIG, SNP_VLEK_LOAD,
	};
	int fd = open_sev(O_RDWR), read_only = open_sev(O_RDONLY);
	unsigned char page[4096] = {};
	uint32_t error;

	(void)variant;
	EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "command -1", EINVAL, issue(fd, ~0u, page, &error),
		      &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "another ioctl", EINVAL,
		      raw_errno(ioctl(fd, KVM_GET_API_VERSION, 0)), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "a command nowhere", EFAULT,
		      raw_errno(ioctl(fd, SEV_ISSUE_CMD, RAW_SNP_NOWHERE)), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "a status that goes nowhere", EFAULT,
		      issue(fd, SEV_PLATFORM_STATUS, (void *)RAW_SNP_NOWHERE, &error), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "an SNP status that goes nowhere", EFAULT,
		      issue(fd, SNP_PLATFORM_STATUS, (void *)RAW_SNP_NOWHERE, &error), &names_errno);
	/* A wrong kernel may give them to firmware. */
	for (unsigned int i = 0; control() && i < sizeof(changing) / sizeof(changing[0]); i++)
		EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "a command that changes the platform", EPERM,
			      issue(read_only, changing[i], page, &error), &names_errno);
	close(read_only);
	close(fd);
}

COCO_FIXTURE(descriptor);
FIXTURE_VARIANT(descriptor) { struct check_row row; };
FIXTURE_VARIANT_ADD(descriptor, others) { COCO_ROW(NULL, REQ_SEV_DEV_FD) };

COCO_TEST_F(descriptor, refused)
{
	struct kvm_sev_snp_launch_start start = { .policy = RAW_SNP_POLICY };
	struct raw_snp vm;

	(void)variant;
	raw_snp_open(&vm);
	TEST_ASSERT(!raw_snp_go(&vm, RAW_SNP_NOTHING, RAW_SNP_INITED), "no VM");
	/* KVM has its own errno for a context that it does not get. */
	EXPECT_REQ_TRUE(REQ_SEV_DEV_FD, "LAUNCH_START is refused with no descriptor",
			raw_snp_cmd_on(&vm, -1, KVM_SEV_SNP_LAUNCH_START, &start));
	EXPECT_REQ_TRUE(REQ_SEV_DEV_FD, "LAUNCH_START is refused with /dev/kvm",
			raw_snp_cmd_on(&vm, vm.raw.kvm, KVM_SEV_SNP_LAUNCH_START, &start));
	EXPECT_REQ_TRUE(REQ_SEV_DEV_FD, "LAUNCH_START is refused with a VM",
			raw_snp_cmd_on(&vm, vm.raw.vm, KVM_SEV_SNP_LAUNCH_START, &start));
	EXPECT_REQ_EQ(REQ_SEV_DEV_FD, "LAUNCH_START with /dev/sev", 0,
		      raw_snp_cmd(&vm, KVM_SEV_SNP_LAUNCH_START, &start), &names_errno);
	raw_snp_close(&vm);
}

/* The in-process KVM's machine has SNP. */
static const char *sev_dev_missing(void)
{
	return control() ? NULL : snp_vm_missing();
}

COCO_MAIN(sev_dev_missing)
