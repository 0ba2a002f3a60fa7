// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP_VLEK_LOAD of /dev/sev, with a firmware that takes none of AMD's keys, and tells whether it
 * has one.
 */
#include "check/harness.h"

#include <fcntl.h>
#include <linux/psp-sev.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/raw_snp.h"
#include "snp/sev_dev.h"
#include "snp/snp_vm.h"

/* Firmware's status */
#define BAD_SIGNATURE	10

#define HASHSTICK	sizeof(struct sev_user_data_snp_wrapped_vlek_hashstick)
/* Of the status, at offset 8 */
#define STATUS_VLEK_EN	4

COCO_FIXTURE(vlek);
FIXTURE_VARIANT(vlek) { struct check_row row; };
FIXTURE_VARIANT_ADD(vlek, snp) { COCO_ROW(NULL, REQ_SEV_DEV_VLEK, REQ_KERNEL_MEM_BOUNDS) };

static bool has_vlek(int fd)
{
	uint32_t status[8] = {}, error;

	EXPECT_REQ_EQ(REQ_SEV_DEV_VLEK, "SNP_PLATFORM_STATUS", 0,
		      sev_dev_issue(fd, SNP_PLATFORM_STATUS, status, &error), &names_errno);
	return status[2] & STATUS_VLEK_EN;
}

COCO_TEST_F(vlek, loaded)
{
	static const unsigned int spoilt[] = { 0, 15, 16, HASHSTICK - 1 };
	struct sev_user_data_snp_vlek_load load = { .len = sizeof(load) };
	const enum requirement_nr req = REQ_SEV_DEV_VLEK;
	unsigned char *pages, *stick;
	struct raw_snp vm;
	uint32_t error;
	unsigned int i;
	int fd;

	(void)variant;
	if (!control()) {
		check_skip("a machine's firmware takes what AMD has signed for it alone");
		return;
	}
	raw_snp_open(&vm);
	TEST_ASSERT(!raw_snp_go(&vm, RAW_SNP_NOTHING, RAW_SNP_INITED), "no VM");
	fd = sev_dev_open(O_RDWR);
	/* It ends where a page ends, behind which there is none. */
	pages = mmap(NULL, 2 * CONTROL_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	TEST_ASSERT(pages != MAP_FAILED && !munmap(pages + CONTROL_PAGE, CONTROL_PAGE), "no memory");
	stick = pages + CONTROL_PAGE - HASHSTICK;
	load.vlek_wrapped_address = (uint64_t)stick;
	/* What firmware takes: lib/inproc/src/kernel/amd/psp_snp.c */
	stick[1] = 0xff;
	for (i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		stick[spoilt[i]] ^= 1;
		EXPECT_REQ_EQ(req, "a hashstick with a byte that is wrong", EIO,
			      sev_dev_issue(fd, SNP_VLEK_LOAD, &load, &error), &names_errno);
		EXPECT_REQ_EQ(req, "firmware's status", BAD_SIGNATURE, error, &names_value);
		stick[spoilt[i]] ^= 1;
	}
	load.len--;
	EXPECT_REQ_EQ(req, "a structure of another length", EINVAL,
		      sev_dev_issue(fd, SNP_VLEK_LOAD, &load, &error), &names_errno);
	load.len++;
	load.vlek_wrapped_version = 1;
	EXPECT_REQ_EQ(req, "another version", EINVAL,
		      sev_dev_issue(fd, SNP_VLEK_LOAD, &load, &error), &names_errno);
	load.vlek_wrapped_version = 0;
	load.vlek_wrapped_address++;
	EXPECT_REQ_EQ(req, "a hashstick that ends nowhere", EFAULT,
		      sev_dev_issue(fd, SNP_VLEK_LOAD, &load, &error), &names_errno);
	load.vlek_wrapped_address--;
	EXPECT_REQ_EQ(req, "firmware has one after these", 0, has_vlek(fd), &names_bool);
	EXPECT_REQ_EQ(req, "a hashstick", 0, sev_dev_issue(fd, SNP_VLEK_LOAD, &load, &error),
		      &names_errno);
	EXPECT_REQ_EQ(req, "firmware has one", 1, has_vlek(fd), &names_bool);
	munmap(pages, CONTROL_PAGE);
	close(fd);
	raw_snp_close(&vm);
}

COCO_MAIN(snp_vm_missing)
