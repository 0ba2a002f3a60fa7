// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/sev: commands of the platform, of which none here changes a real one, and what KVM takes
 * for a descriptor of it.
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
#include "snp/sev_dev.h"
#include "snp/snp_vm.h"

/* Firmware's status */
#define INVALID_LEN	4
#define RESOURCE_LIMIT	0x17

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
	fd = sev_dev_open(O_RDONLY);
	raw_snp_open(&vm);
	TEST_ASSERT(!raw_sev_create(&vm, variant->es ? KVM_X86_SEV_ES_VM : KVM_X86_SEV_VM) &&
		    !raw_sev_add_memory(&vm), "no VM");
	EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "SEV_PLATFORM_STATUS", 0,
		      sev_dev_issue(fd, SEV_PLATFORM_STATUS, &status, &error), &names_errno);
	EXPECT_REQ_TRUE(REQ_SEV_DEV_STATUS, "it has an API version", status.api_major);
	EXPECT_REQ_TRUE(REQ_SEV_DEV_STATUS, "firmware is initialized", status.state);
	before = status.guest_count;
	EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "LAUNCH_START", 0,
		      raw_sev_start(&vm, variant->es ? RAW_SEV_ES : 0), &names_errno);
	sev_dev_issue(fd, SEV_PLATFORM_STATUS, &status, &error);
	/* A machine may have others. */
	if (control())
		EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "guests", before + 1, status.guest_count,
			      &names_count);
	EXPECT_REQ_EQ(REQ_SEV_DEV_STATUS, "state with a guest (working)", 2, status.state,
		      &names_value);
	raw_snp_close(&vm);
	sev_dev_issue(fd, SEV_PLATFORM_STATUS, &status, &error);
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
			      sev_dev_issue(vm.sev, SNP_PLATFORM_STATUS, &status, &error),
			      &names_errno);
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
	int ret = sev_dev_issue(fd, a->cmd, a->cmd == SEV_GET_ID2 ? (void *)&id :
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
	for (i = 0; i < a->parts; i++)
		EXPECT_REQ_FILL(REQ_SEV_DEV_LENGTH, "room for an answer that did not come",
				UNTOUCHED, to[i], MAX_ANSWER);
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

/* ---- room for more than a page ---- */

#define ROOMY		(2 * CONTROL_PAGE)

COCO_FIXTURE(roomy);
FIXTURE_VARIANT(roomy)
{
	struct check_row row;
	struct answer answer;
};

#define ROOMY_ROW(name, cmd_, parts_)						\
	FIXTURE_VARIANT_ADD(roomy, name)					\
	{									\
		COCO_ROW(NULL, REQ_SEV_DEV_ROOM),				\
		.answer = { .cmd = cmd_, .parts = parts_ },			\
	}

ROOMY_ROW(get_id, SEV_GET_ID2, 1);
ROOMY_ROW(pek_csr, SEV_PEK_CSR, 1);
ROOMY_ROW(pdh_cert_export, SEV_PDH_CERT_EXPORT, 2);

COCO_TEST_F(roomy, comes)
{
	static const enum requirement_nr by[] = {
		REQ_KERNEL_MEM_BOUNDS, REQ_KERNEL_MEM_FREED, REQ_KERNEL_FIRMWARE_PAGE,
	};
	const struct answer *a = &variant->answer;
	uint32_t len[2] = { CONTROL_PAGE, ROOMY }, want[2], error;
	void *page[2], *to[2];
	struct raw_snp vm;
	unsigned int i;

	for (i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		check_attribute_to(by[i], REQ_SEV_DEV_ROOM);
	for (i = 0; i < 2; i++) {
		page[i] = calloc(1, ROOMY);
		to[i] = calloc(1, ROOMY);
		TEST_ASSERT(page[i] && to[i], "no memory");
	}
	raw_snp_open(&vm);
	TEST_ASSERT(!raw_snp_go(&vm, RAW_SNP_NOTHING, RAW_SNP_INITED), "no VM");
	EXPECT_REQ_EQ(REQ_SEV_DEV_ROOM, "with room for a page", 0,
		      ask(vm.sev, a, page, len, &error), &names_errno);
	memcpy(want, len, sizeof(want));
	len[0] = len[1] = ROOMY;
	EXPECT_REQ_EQ(REQ_SEV_DEV_ROOM, "with room for two", 0, ask(vm.sev, a, to, len, &error),
		      &names_errno);
	for (i = 0; i < a->parts; i++) {
		EXPECT_REQ_EQ(REQ_SEV_DEV_ROOM, "length", want[i], len[i], &names_value);
		EXPECT_REQ_BYTES(REQ_SEV_DEV_ROOM, "the answer", page[i], to[i], ROOMY);
		free(page[i]);
		free(to[i]);
	}
	raw_snp_close(&vm);
}

/* ---- certificates with more room than there may be ---- */

COCO_FIXTURE(too_long);
FIXTURE_VARIANT(too_long)
{
	struct check_row row;
	struct answer answer;
	uint32_t len[2];
};

#define LONG(name, cmd_, ...)							\
	FIXTURE_VARIANT_ADD(too_long, name)					\
	{									\
		COCO_ROW(NULL, REQ_SEV_DEV_LONG), .answer = { .cmd = cmd_ },	\
		.len = { __VA_ARGS__ },						\
	}

LONG(pek_csr, SEV_PEK_CSR, MAX_ANSWER + 1);
LONG(pdh_cert, SEV_PDH_CERT_EXPORT, MAX_ANSWER + 1, MAX_ANSWER);
LONG(cert_chain, SEV_PDH_CERT_EXPORT, CONTROL_PAGE, MAX_ANSWER + 1);
LONG(cert_chain_most, SEV_PDH_CERT_EXPORT, CONTROL_PAGE, UINT32_MAX);

COCO_TEST_F(too_long, refused)
{
	uint32_t len[2] = { variant->len[0], variant->len[1] }, error;
	void *const to[2] = { malloc(MAX_ANSWER + 1), malloc(MAX_ANSWER + 1) };
	struct raw_snp vm;

	TEST_ASSERT(to[0] && to[1], "no memory");
	raw_snp_open(&vm);
	TEST_ASSERT(!raw_snp_go(&vm, RAW_SNP_NOTHING, RAW_SNP_INITED), "no VM");
	if (control())
		control()->fail_step(CONTROL_STEP_PSP, 0);
	EXPECT_REQ_EQ(REQ_SEV_DEV_LONG, "with more room than 16 KiB", EFAULT,
		      ask(vm.sev, &variant->answer, to, len, &error), &names_errno);
	if (control())
		EXPECT_REQ_EQ(REQ_SEV_DEV_LONG, "commands that firmware was given", 0,
			      control()->steps(CONTROL_STEP_PSP), &names_count);
	free(to[0]);
	free(to[1]);
	raw_snp_close(&vm);
}

/* ---- pages that firmware does not give back ---- */

/* Of the buffer for the certificates, which the driver has firmware write to. */
#define CHAIN_PAGES	4

COCO_FIXTURE(reclaim);
FIXTURE_VARIANT(reclaim) { struct check_row row; unsigned int page; };
#define RECLAIM(nr)								\
	FIXTURE_VARIANT_ADD(reclaim, page_##nr)					\
	{									\
		COCO_ROW(NULL, REQ_SEV_DEV_RECLAIM, REQ_KERNEL_FIRMWARE_PAGE),	\
		.page = nr,							\
	}

RECLAIM(0);
RECLAIM(1);
RECLAIM(2);
RECLAIM(3);

COCO_TEST_F(reclaim, fails)
{
	static const struct answer pdh = { .cmd = SEV_PDH_CERT_EXPORT };
	const unsigned long *lost;
	void *const to[2] = { malloc(MAX_ANSWER), malloc(MAX_ANSWER) };
	uint32_t len[2] = { CONTROL_PAGE, CHAIN_PAGES * CONTROL_PAGE }, error;
	unsigned long size, before;
	unsigned int pages;
	struct raw_snp vm;

	TEST_ASSERT(to[0] && to[1], "no memory");
	raw_snp_open(&vm);
	TEST_ASSERT(!raw_snp_go(&vm, RAW_SNP_NOTHING, RAW_SNP_INITED), "no VM");
	lost = control() ? control()->data("snp_nr_leaked_pages", &size) : NULL;
	if (!lost) {
		check_skip("no control of the kernel here: nobody tells which pages are lost");
		return;
	}
	control()->fail_step(CONTROL_STEP_RECLAIM, 0);
	EXPECT_REQ_EQ(REQ_SEV_DEV_RECLAIM, "PDH_CERT_EXPORT", 0,
		      ask(vm.sev, &pdh, to, len, &error), &names_errno);
	pages = control()->steps(CONTROL_STEP_RECLAIM);
	if (!EXPECT_REQ_TRUE(REQ_SEV_DEV_RECLAIM, "firmware gives back each page of the buffer",
			     pages >= CHAIN_PAGES))
		return;
	before = *lost;
	len[0] = CONTROL_PAGE;
	len[1] = CHAIN_PAGES * CONTROL_PAGE;
	/* The buffer is given back last, from its first page on. */
	control()->fail_step(CONTROL_STEP_RECLAIM, pages - CHAIN_PAGES + 1 + variant->page);
	EXPECT_REQ_TRUE(REQ_SEV_DEV_RECLAIM, "PDH_CERT_EXPORT fails",
			ask(vm.sev, &pdh, to, len, &error));
	control()->fail_step(CONTROL_STEP_RECLAIM, 0);
	EXPECT_REQ_EQ(REQ_SEV_DEV_RECLAIM, "pages that are lost", CHAIN_PAGES - variant->page,
		      *lost - before, &names_count);
	len[0] = CONTROL_PAGE;
	len[1] = CHAIN_PAGES * CONTROL_PAGE;
	EXPECT_REQ_EQ(REQ_SEV_DEV_RECLAIM, "PDH_CERT_EXPORT once nothing fails", 0,
		      ask(vm.sev, &pdh, to, len, &error), &names_errno);
	free(to[0]);
	free(to[1]);
	raw_snp_close(&vm);
}

/* ---- commands that firmware fails ---- */

COCO_FIXTURE(fails);
FIXTURE_VARIANT(fails) { struct check_row row; uint32_t cmd; };
#define FAILS(cmd_)								\
	FIXTURE_VARIANT_ADD(fails, cmd_)					\
	{									\
		COCO_ROW(NULL, REQ_SEV_DEV_FAILS, REQ_KERNEL_FIRMWARE_PAGE),	\
		.cmd = cmd_							\
	}

FAILS(SEV_PLATFORM_STATUS);
FAILS(SEV_GET_ID);
FAILS(SEV_GET_ID2);
FAILS(SEV_PEK_CSR);
FAILS(SEV_PDH_CERT_EXPORT);
FAILS(SNP_PLATFORM_STATUS);
FAILS(SNP_COMMIT);
FAILS(SNP_SET_CONFIG);

static int give(int fd, uint32_t cmd, uint32_t *error)
{
	const struct answer a = { .cmd = cmd };
	static unsigned char page[2][MAX_ANSWER];
	void *const to[2] = { page[0], page[1] };
	uint32_t len[2] = { CONTROL_PAGE, MAX_ANSWER };

	if (cmd == SEV_GET_ID2 || cmd == SEV_PEK_CSR || cmd == SEV_PDH_CERT_EXPORT)
		return ask(fd, &a, to, len, error);
	memset(page, 0, sizeof(page));
	return sev_dev_issue(fd, cmd, page, error);
}

COCO_TEST_F(fails, then_does_not)
{
	const enum requirement_nr req = REQ_SEV_DEV_FAILS;
	struct raw_snp vm;
	uint32_t error;
	int fd;

	if (!control()) {
		check_skip("no control of the kernel here: nothing can be made to fail");
		return;
	}
	raw_snp_open(&vm);
	TEST_ASSERT(!raw_snp_go(&vm, RAW_SNP_NOTHING, RAW_SNP_INITED), "no VM");
	fd = sev_dev_open(O_RDWR);
	control()->fail_step(CONTROL_STEP_PSP, 1);
	EXPECT_REQ_EQ(req, "a command that firmware fails", EIO, give(fd, variant->cmd, &error),
		      &names_errno);
	control()->fail_step(CONTROL_STEP_PSP, 0);
	EXPECT_REQ_EQ(req, "firmware's status", RESOURCE_LIMIT, error, &names_value);
	EXPECT_REQ_EQ(req, "the command once nothing fails", 0, give(fd, variant->cmd, &error),
		      &names_errno);
	close(fd);
	raw_snp_close(&vm);
}

COCO_FIXTURE(commit);
FIXTURE_VARIANT(commit) { struct check_row row; };
FIXTURE_VARIANT_ADD(commit, snp) { COCO_ROW(NULL, REQ_SEV_DEV_COMMIT) };

COCO_TEST_F(commit, taken)
{
	struct raw_snp vm;
	uint32_t error;
	int fd;

	(void)variant;
	if (!control()) {
		check_skip("a machine's firmware cannot take it back");
		return;
	}
	raw_snp_open(&vm);
	TEST_ASSERT(!raw_snp_go(&vm, RAW_SNP_NOTHING, RAW_SNP_INITED), "no VM");
	fd = sev_dev_open(O_RDWR);
	EXPECT_REQ_EQ(REQ_SEV_DEV_COMMIT, "SNP_COMMIT", 0,
		      sev_dev_issue(fd, SNP_COMMIT, NULL, &error), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_COMMIT, "firmware's status", 0, error, &names_value);
	close(fd);
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
	int fd = sev_dev_open(O_RDWR), read_only = sev_dev_open(O_RDONLY);
	unsigned char page[4096] = {};
	uint32_t error;

	(void)variant;
	EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "command -1", EINVAL,
		      sev_dev_issue(fd, ~0u, page, &error), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "another ioctl", EINVAL,
		      raw_errno(ioctl(fd, KVM_GET_API_VERSION, 0)), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "a command nowhere", EFAULT,
		      raw_errno(ioctl(fd, SEV_ISSUE_CMD, RAW_SNP_NOWHERE)), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "a status that goes nowhere", EFAULT,
		      sev_dev_issue(fd, SEV_PLATFORM_STATUS, (void *)RAW_SNP_NOWHERE, &error),
		      &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "an SNP status that goes nowhere", EFAULT,
		      sev_dev_issue(fd, SNP_PLATFORM_STATUS, (void *)RAW_SNP_NOWHERE, &error),
		      &names_errno);
	/* A wrong kernel may give them to firmware. */
	for (unsigned int i = 0; control() && i < sizeof(changing) / sizeof(changing[0]); i++)
		EXPECT_REQ_EQ(REQ_SEV_DEV_REFUSED, "a command that changes the platform", EPERM,
			      sev_dev_issue(read_only, changing[i], page, &error), &names_errno);
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
