// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/sev on a platform that is not initialized: commands that need it to be, and initialize it
 * for their own time.  KVM initializes it when it is loaded; SEV_FACTORY_RESET leaves one that is
 * not.
 */
#include "check/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/psp-sev.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/sev_dev.h"
#include "snp/snp_vm.h"
#include "vm/raw_vm.h"

#define PAGE		RAW_VM_PAGE
/* Nothing is mapped so low. */
#define NOWHERE		0xc000ull

/* A certificate's length; room for it, which is no more than a page, and for three. */
#define CERT_LEN	2084
#define ROOM		0x1000
#define ROOM_3		0x2000

/* What goes wrong. */
enum wrong {
	NOTHING,
	READ_ONLY,			/* arguments that cannot be written */
	NO_ROOM,			/* the answer takes more */
	BAD_LEN,			/* firmware does not like an argument */
	ANSWER, ANSWER_2,		/* an answer that goes nowhere */
	INIT,				/* firmware fails INIT, */
	FLUSH,				/* DF_FLUSH behind it, */
	COMMAND,			/* or the command behind both */
};

COCO_FIXTURE(uninit);
FIXTURE_VARIANT(uninit)
{
	struct check_row row;
	uint32_t cmd;
	enum wrong wrong;
	int err;
};

#define UNINIT(cmd_, wrong_, err_)							\
	FIXTURE_VARIANT_ADD(uninit, cmd_##_##wrong_)					\
	{										\
		COCO_ROW(NULL, wrong_ == FLUSH ? REQ_SEV_DEV_FLUSH : REQ_SEV_DEV_UNINIT),	\
		.cmd = SEV_##cmd_, .wrong = wrong_,					\
		.err = err_,								\
	}
#define UNINITS(cmd)									\
	UNINIT(cmd, NOTHING, 0);							\
	UNINIT(cmd, INIT, EIO);								\
	UNINIT(cmd, FLUSH, EIO);							\
	UNINIT(cmd, COMMAND, EIO)

UNINITS(PEK_GEN);
UNINITS(PDH_GEN);
UNINITS(PEK_CSR);
UNINIT(PEK_CSR, READ_ONLY, EFAULT);
UNINIT(PEK_CSR, NO_ROOM, EIO);
UNINIT(PEK_CSR, ANSWER, EFAULT);
UNINITS(PEK_CERT_IMPORT);
UNINIT(PEK_CERT_IMPORT, BAD_LEN, EIO);
UNINITS(PDH_CERT_EXPORT);
UNINIT(PDH_CERT_EXPORT, READ_ONLY, EFAULT);
UNINIT(PDH_CERT_EXPORT, NO_ROOM, EIO);
UNINIT(PDH_CERT_EXPORT, ANSWER, EFAULT);
UNINIT(PDH_CERT_EXPORT, ANSWER_2, EFAULT);

/* A page with the arguments. */
static void *arguments(uint32_t cmd, enum wrong wrong)
{
	static char room[2][ROOM_3];
	const uint64_t to = wrong == ANSWER ? NOWHERE : (uint64_t)room[0];
	const uint64_t to_2 = wrong == ANSWER_2 ? NOWHERE : (uint64_t)room[1];
	const uint32_t len = wrong == NO_ROOM ? CERT_LEN - 1 : ROOM;
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TEST_ASSERT(page != MAP_FAILED, "out of memory");
	switch (cmd) {
	case SEV_PEK_CSR:
		*(struct sev_user_data_pek_csr *)page = (struct sev_user_data_pek_csr){
			.address = to, .length = len,
		};
		break;
	case SEV_PDH_CERT_EXPORT:
		*(struct sev_user_data_pdh_cert_export *)page =
			(struct sev_user_data_pdh_cert_export){
			.pdh_cert_address = to, .pdh_cert_len = len,
			.cert_chain_address = to_2, .cert_chain_len = ROOM_3,
		};
		break;
	case SEV_PEK_CERT_IMPORT:
		*(struct sev_user_data_pek_cert_import *)page =
			(struct sev_user_data_pek_cert_import){
			.pek_cert_address = to, .pek_cert_len = CERT_LEN,
			.oca_cert_address = to_2,
			.oca_cert_len = wrong == BAD_LEN ? CERT_LEN - 1 : CERT_LEN,
		};
		break;
	}
	if (wrong == READ_ONLY)
		TEST_ASSERT(!mprotect(page, PAGE, PROT_READ), "mprotect()");
	return page;
}

static void expect_uninit(int fd, const char *when)
{
	const enum requirement_nr req = check_main_req();
	struct sev_user_data_status status = {};
	uint32_t error;

	EXPECT_REQ_EQ(req, "SEV_PLATFORM_STATUS", 0,
		      sev_dev_issue(fd, SEV_PLATFORM_STATUS, &status, &error), &names_errno);
	EXPECT_REQ_EQ(req, when, 0, status.state, &names_value);
}

COCO_TEST_F(uninit, shut_down_again)
{
	const enum requirement_nr req = check_main_req();
	uint32_t error;
	void *args;
	int fd;

	if (!control()) {
		check_skip("a machine would lose its keys");
		return;
	}
	args = arguments(variant->cmd, variant->wrong);
	fd = sev_dev_open(O_RDWR);
	EXPECT_REQ_EQ(req, "SEV_FACTORY_RESET", 0,
		      sev_dev_issue(fd, SEV_FACTORY_RESET, NULL, &error), &names_errno);
	expect_uninit(fd, "state behind it (not initialized)");
	control()->fail_step(CONTROL_STEP_PSP, variant->wrong >= INIT ? variant->wrong - INIT + 1 : 0);
	EXPECT_REQ_EQ(req, "the command", variant->err,
		      sev_dev_issue(fd, variant->cmd, args, &error), &names_errno);
	control()->fail_step(CONTROL_STEP_PSP, 0);
	expect_uninit(fd, "state behind the command (not initialized)");
	close(fd);
	munmap(args, PAGE);
}

static const char *missing(void)
{
	return control() ? NULL : snp_vm_missing();
}

COCO_MAIN(missing)
