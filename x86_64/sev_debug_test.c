// SPDX-License-Identifier: GPL-2.0-only
/*
 * The debug commands of SEV: bytes copied out of and into a guest's memory, in whatever way
 * source and destination lie in their pages, and ranges that cannot be.
 *
 * Guests' memory is plain where the PSP is a model, so what is copied can be looked at; on
 * hardware ciphertext stands for it, and these cases are left out.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/raw_sev.h"

#define PAGE		RAW_VM_PAGE
/* Pages that a copy may lie in; what is before and behind them has to stay as well. */
#define PAGES		4

/* The guest's memory (the VM's slot) and the VMM's, which lies between pages out of reach. */
struct debug {
	struct raw_snp sev;
	uint8_t *guest, *vmm, want[PAGES * PAGE];
};

static bool begin(struct debug *d)
{
	uint8_t *p;

	raw_snp_open(&d->sev);
	d->guest = (uint8_t *)d->sev.raw.mem;
	p = mmap(NULL, (PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	TEST_ASSERT(p != MAP_FAILED, "out of memory");
	d->vmm = p + PAGE;
	mprotect(d->vmm, PAGES * PAGE, PROT_READ | PROT_WRITE);
	return EXPECT_REQ_EQ(check_main_req(), "the launch of an SEV VM", 0,
			     raw_sev_create(&d->sev, KVM_X86_SEV_VM) ?:
			     raw_sev_add_memory(&d->sev) ?: raw_sev_start(&d->sev, 0),
			     &names_errno);
}

static void end(struct debug *d)
{
	munmap(d->vmm - PAGE, (PAGES + 2) * PAGE);
	raw_snp_close(&d->sev);
}

static int debug_cmd(struct debug *d, uint32_t cmd, uint64_t src, uint64_t dst, uint32_t len)
{
	struct kvm_sev_dbg args = { .src_uaddr = src, .dst_uaddr = dst, .len = len };

	return raw_snp_cmd(&d->sev, cmd, &args);
}

/* The guest's bytes and the VMM's are never the same. */
static void fill(struct debug *d)
{
	unsigned int i;

	for (i = 0; i < PAGES * PAGE; i++) {
		d->guest[i] = (i * 7 + i / 256) | 0x80;
		d->vmm[i] = (i * 5 + i / 256) & 0x7f;
	}
}

/* ---- copies ---- */

COCO_FIXTURE(copy);
FIXTURE_VARIANT(copy)
{
	struct check_row row;
	uint32_t cmd, len;
};

#define COPY(cmd_, len_)								\
	FIXTURE_VARIANT_ADD(copy, cmd_##_##len_)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_DBG_BYTES, REQ_KERNEL_FIRMWARE_PAGE),		\
		.cmd = KVM_SEV_DBG_##cmd_, .len = len_					\
	}
#define COPIES(len_)	COPY(DECRYPT, len_); COPY(ENCRYPT, len_)

COPIES(1);
COPIES(2);
COPIES(15);
COPIES(16);
COPIES(17);
COPIES(31);
COPIES(32);
COPIES(33);
COPIES(4080);
COPIES(4095);
COPIES(4096);
COPIES(4097);
COPIES(8192);

static const unsigned int offsets[] = {
	0, 1, 8, 15, 16, PAGE - 32, PAGE - 17, PAGE - 16, PAGE - 8, PAGE - 1,
};

/* False: no need to try others. */
static bool copy_one(struct debug *d, const FIXTURE_VARIANT(copy) *v, unsigned int src_offset,
		     unsigned int dst_offset)
{
	const bool decrypt = v->cmd == KVM_SEV_DBG_DECRYPT;
	uint8_t *src = decrypt ? d->guest : d->vmm, *dst = decrypt ? d->vmm : d->guest;
	char what[96];
	int ret;

	fill(d);
	memcpy(d->want, dst, sizeof(d->want));
	memcpy(d->want + dst_offset, src + src_offset, v->len);
	ret = debug_cmd(d, v->cmd, (uint64_t)src + src_offset, (uint64_t)dst + dst_offset, v->len);
	snprintf(what, sizeof(what), "%u bytes from offset 0x%x to 0x%x", v->len, src_offset,
		 dst_offset);
	if (!EXPECT_REQ_EQ(REQ_SEV_DBG_BYTES, what, 0, ret, &names_errno))
		return false;
	snprintf(what, sizeof(what), "the destination of %u bytes from offset 0x%x to 0x%x", v->len,
		 src_offset, dst_offset);
	return EXPECT_REQ_BYTES(REQ_SEV_DBG_BYTES, what, d->want, dst, sizeof(d->want));
}

COCO_TEST_F(copy, anywhere)
{
	unsigned int src, dst;
	struct debug d;

	if (!control()) {
		check_skip("no control of the kernel here: guests' memory is encrypted");
		return;
	}
	check_attribute_to(REQ_KERNEL_MEM_BOUNDS, REQ_SEV_DBG_BYTES);
	if (begin(&d))
		for (src = 0; src < ARRAY_SIZE(offsets); src++)
			for (dst = 0; dst < ARRAY_SIZE(offsets); dst++)
				if (!copy_one(&d, variant, offsets[src], offsets[dst]))
					goto out;
out:
	end(&d);
}

/* ---- ranges that cannot be ---- */

enum part { SOURCE, DESTINATION, LENGTH };
enum place { VALUE, NOWHERE, READ_ONLY, NO_ACCESS };

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	enum part part;
	uint64_t value;
	enum place place;
	uint32_t len;			/* 0: 16 */
	bool einval;
};

#define REFUSED(name, part_, value_, ...)						\
	FIXTURE_VARIANT_ADD(refused, name)						\
	{										\
		COCO_ROW(NULL, REQ_SEV_DBG_REFUSED, REQ_SEV_DBG_EINVAL), .part = part_,	\
		.value = value_, __VA_ARGS__					\
	}

REFUSED(length_0, LENGTH, 0, .einval = true);
REFUSED(source_0, SOURCE, 0, .einval = true);
REFUSED(destination_0, DESTINATION, 0, .einval = true);
REFUSED(source_wraps, SOURCE, -16ull, .einval = true);
REFUSED(source_wraps_far, SOURCE, -PAGE, .len = 2 * PAGE, .einval = true);
REFUSED(destination_wraps, DESTINATION, -16ull, .einval = true);
REFUSED(destination_wraps_far, DESTINATION, -PAGE, .len = 2 * PAGE, .einval = true);
REFUSED(source_kernel, SOURCE, 0xffff888000000000);
REFUSED(destination_kernel, DESTINATION, 0xffff888000000000);
REFUSED(source_nowhere, SOURCE, 0, .place = NOWHERE);
REFUSED(destination_nowhere, DESTINATION, 0, .place = NOWHERE);
REFUSED(source_no_access, SOURCE, 0, .place = NO_ACCESS);
REFUSED(destination_no_access, DESTINATION, 0, .place = NO_ACCESS);
REFUSED(destination_read_only, DESTINATION, 0, .place = READ_ONLY);
REFUSED(unaligned_read_only, DESTINATION, 0, .place = READ_ONLY, .len = 3);

static uint64_t address_of(enum place place)
{
	const int prot = place == READ_ONLY ? PROT_READ : PROT_NONE;
	char *p = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TEST_ASSERT(p != MAP_FAILED, "out of memory");
	if (place == NOWHERE)
		munmap(p, PAGE);
	return (uint64_t)p;
}

COCO_TEST_F(refused, either_command)
{
	static const uint32_t cmds[] = { KVM_SEV_DBG_DECRYPT, KVM_SEV_DBG_ENCRYPT };
	uint64_t src, dst, value;
	unsigned int i;
	struct debug d;
	uint32_t len;
	int ret;

	if (begin(&d)) {
		value = variant->place == VALUE ? variant->value : address_of(variant->place);
		fill(&d);
		for (i = 0; i < ARRAY_SIZE(cmds); i++) {
			const bool decrypt = cmds[i] == KVM_SEV_DBG_DECRYPT;

			src = (uint64_t)(decrypt ? d.guest : d.vmm);
			dst = (uint64_t)(decrypt ? d.vmm : d.guest);
			len = variant->part == LENGTH ? value : variant->len ?: 16;
			if (variant->part == SOURCE)
				src = value;
			else if (variant->part == DESTINATION)
				dst = value;
			memcpy(d.want, decrypt ? d.vmm : d.guest, sizeof(d.want));
			ret = debug_cmd(&d, cmds[i], src, dst, len);
			EXPECT_REQ_TRUE(REQ_SEV_DBG_REFUSED, "the command is refused", ret);
			if (variant->einval)
				EXPECT_REQ_EQ(REQ_SEV_DBG_EINVAL, "errno", EINVAL, ret,
					      &names_errno);
			EXPECT_REQ_BYTES(REQ_SEV_DBG_REFUSED, "the destination's memory", d.want,
					 decrypt ? d.vmm : d.guest, sizeof(d.want));
		}
	}
	end(&d);
}

/* ---- what firmware is asked ---- */

COCO_FIXTURE(firmware);
FIXTURE_VARIANT(firmware)
{
	struct check_row row;
	uint32_t cmd, len;
	unsigned int src, dst;		/* offsets in their pages */
	unsigned int decrypts, encrypts;
};

#define FIRMWARE(name, cmd_, src_, dst_, len_, decrypts_, encrypts_)			\
	FIXTURE_VARIANT_ADD(firmware, cmd_##_##name)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_DBG_FIRMWARE, REQ_SEV_DBG_PINS), .cmd = KVM_SEV_DBG_##cmd_, .src = src_,		\
		.dst = dst_, .len = len_, .decrypts = decrypts_, .encrypts = encrypts_	\
	}

FIRMWARE(block, DECRYPT, 0, 16, 16, 1, 0);
FIRMWARE(part, DECRYPT, 3, 5, 7, 1, 0);
FIRMWARE(page, DECRYPT, 0, 0, 4096, 1, 0);
FIRMWARE(two_pages, DECRYPT, 0, 0, 8192, 2, 0);
FIRMWARE(over_the_end, DECRYPT, 4088, 8, 16, 2, 0);
FIRMWARE(block, ENCRYPT, 16, 0, 16, 0, 1);
FIRMWARE(part, ENCRYPT, 3, 5, 7, 1, 1);
FIRMWARE(page, ENCRYPT, 0, 0, 4096, 0, 1);
FIRMWARE(two_pages, ENCRYPT, 0, 0, 8192, 0, 2);
FIRMWARE(over_the_end, ENCRYPT, 8, 4088, 16, 2, 2);

/* SEV_CMD_DBG_DECRYPT and ENCRYPT of the firmware's interface */
#define FW_DECRYPT	0x60u
#define FW_ENCRYPT	0x61u
#define EIO_STATUS	23u		/* SEV_RET_RESOURCE_LIMIT */

static int give(struct debug *d, const FIXTURE_VARIANT(firmware) *v)
{
	const bool decrypt = v->cmd == KVM_SEV_DBG_DECRYPT;

	return debug_cmd(d, v->cmd, (uint64_t)(decrypt ? d->guest : d->vmm) + v->src,
			 (uint64_t)(decrypt ? d->vmm : d->guest) + v->dst, v->len);
}

/* No page counts for the VM any more: it can have all that the machine has. */
static void expect_no_pages(struct debug *d)
{
	unsigned long size, before, *total = control()->data("_totalram_pages", &size);

	if (!total)
		return;
	before = *total;
	*total = PAGES;
	EXPECT_REQ_EQ(REQ_SEV_DBG_PINS, "a region of all pages that the machine has", 0,
		      raw_snp_region(&d->sev, KVM_MEMORY_ENCRYPT_REG_REGION, d->guest, PAGES * PAGE),
		      &names_errno);
	/* Nor is there room for one more. */
	EXPECT_REQ_EQ(REQ_SEV_REGION_LIMIT, "a command that pins more than the machine has", EINVAL,
		      debug_cmd(d, KVM_SEV_DBG_DECRYPT, (uint64_t)d->guest, (uint64_t)d->vmm, 16),
		      &names_errno);
	raw_snp_region(&d->sev, KVM_MEMORY_ENCRYPT_UNREG_REGION, d->guest, PAGES * PAGE);
	*total = before;
}

COCO_TEST_F(firmware, asked)
{
	const enum requirement_nr req = REQ_SEV_DBG_FIRMWARE;
	unsigned int decrypts, encrypts, nth;
	struct debug d;

	if (!control()) {
		check_skip("no control of the kernel here: what firmware is asked is not seen");
		return;
	}
	check_attribute_to(REQ_KERNEL_MEM_BOUNDS, REQ_SEV_DBG_FIRMWARE);
	if (!begin(&d))
		return;
	fill(&d);
	decrypts = control()->fw_commands(FW_DECRYPT);
	encrypts = control()->fw_commands(FW_ENCRYPT);
	EXPECT_REQ_EQ(req, "the command", 0, give(&d, variant), &names_errno);
	EXPECT_REQ_EQ(req, "DBG_DECRYPTs of firmware", variant->decrypts,
		      control()->fw_commands(FW_DECRYPT) - decrypts, &names_count);
	EXPECT_REQ_EQ(req, "DBG_ENCRYPTs of firmware", variant->encrypts,
		      control()->fw_commands(FW_ENCRYPT) - encrypts, &names_count);
	expect_no_pages(&d);
	for (nth = 1; nth <= variant->decrypts + variant->encrypts; nth++) {
		control()->fail_step(CONTROL_STEP_PSP, nth);
		EXPECT_REQ_EQ(req, "the command that firmware refuses", EIO, give(&d, variant),
			      &names_errno);
		EXPECT_REQ_EQ(req, "firmware's status", EIO_STATUS, d.sev.fw_error, &names_value);
		EXPECT_REQ_EQ(req, "commands after the one that failed", nth,
			      control()->steps(CONTROL_STEP_PSP), &names_count);
		control()->fail_step(CONTROL_STEP_PSP, 0);
	}
	expect_no_pages(&d);
	EXPECT_REQ_EQ(req, "the command once more", 0, give(&d, variant), &names_errno);
	end(&d);
}

COCO_MAIN(raw_sev_missing)
