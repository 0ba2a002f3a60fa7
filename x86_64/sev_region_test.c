// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_MEMORY_ENCRYPT_REG_REGION and UNREG_REGION: which memory, how often, and how KVM holds it.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/raw_sev.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE
#define REG		KVM_MEMORY_ENCRYPT_REG_REGION
#define UNREG		KVM_MEMORY_ENCRYPT_UNREG_REGION

#define PIN_REQS	REQ_KERNEL_PIN_SHORT, REQ_KERNEL_MAP_LEFT, REQ_KERNEL_MEM_LEAK

COCO_FIXTURE(region);
FIXTURE_VARIANT(region)
{
	struct check_row row;
	unsigned long type;
	int (*run)(struct raw_snp *sev);
};

#define REGION(name, req)								\
	FIXTURE_VARIANT_ADD(region, sev_##name)						\
	{										\
		COCO_ROW(NULL, req, PIN_REQS), .type = KVM_X86_SEV_VM, .run = name	\
	};										\
	FIXTURE_VARIANT_ADD(region, es_##name)						\
	{										\
		COCO_ROW(NULL, req, PIN_REQS), .type = KVM_X86_SEV_ES_VM, .run = name	\
	};										\
	FIXTURE_VARIANT_ADD(region, snp_##name)						\
	{										\
		COCO_ROW(NULL, req, PIN_REQS), .type = KVM_X86_SNP_VM, .run = name	\
	}

static bool gives(const char *what, int want, int got)
{
	return EXPECT_REQ_EQ(check_main_req(), what, want, got, &names_errno);
}

static int refused(const char *what, int got)
{
	return EXPECT_REQ_TRUE(check_main_req(), what, got);
}

static int once(struct raw_snp *sev)
{
	const char *mem = sev->raw.mem;

	return gives("a region", 0, raw_snp_region(sev, REG, mem, 2 * PAGE)) &&
	       refused("unregistering another size", raw_snp_region(sev, UNREG, mem, PAGE)) &&
	       refused("unregistering another place",
		       raw_snp_region(sev, UNREG, mem + PAGE, 2 * PAGE)) &&
	       gives("unregistering it", 0, raw_snp_region(sev, UNREG, mem, 2 * PAGE)) &&
	       gives("unregistering it again", EINVAL, raw_snp_region(sev, UNREG, mem, 2 * PAGE));
}

static int twice(struct raw_snp *sev)
{
	const char *mem = sev->raw.mem;

	return gives("a region", 0, raw_snp_region(sev, REG, mem, PAGE)) &&
	       gives("the same region", 0, raw_snp_region(sev, REG, mem, PAGE)) &&
	       gives("one that overlaps", 0, raw_snp_region(sev, REG, mem, 2 * PAGE)) &&
	       gives("unregistering one", 0, raw_snp_region(sev, UNREG, mem, PAGE)) &&
	       gives("unregistering the other", 0, raw_snp_region(sev, UNREG, mem, PAGE)) &&
	       gives("unregistering it again", EINVAL, raw_snp_region(sev, UNREG, mem, PAGE));
}

static int unaligned(struct raw_snp *sev)
{
	const char *mem = sev->raw.mem;

	return gives("the end of a page and the start of the next", 0,
		     raw_snp_region(sev, REG, mem + PAGE - 8, 16)) &&
	       gives("unregistering it", 0, raw_snp_region(sev, UNREG, mem + PAGE - 8, 16));
}

static int left(struct raw_snp *sev)
{
	return gives("a region", 0, raw_snp_region(sev, REG, sev->raw.mem, 3 * PAGE)) &&
	       gives("another", 0, raw_snp_region(sev, REG, sev->raw.mem + 3 * PAGE, PAGE));
}

static int read_only(struct raw_snp *sev)
{
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ok;

	TEST_ASSERT(p != MAP_FAILED, "out of memory");
	ok = gives("a region that can only be read", 0, raw_snp_region(sev, REG, p, PAGE)) &&
	     gives("unregistering it", 0, raw_snp_region(sev, UNREG, p, PAGE));
	munmap(p, PAGE);
	return ok;
}

static int nowhere(struct raw_snp *sev)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TEST_ASSERT(p != MAP_FAILED, "out of memory");
	munmap(p + PAGE, PAGE);
	refused("no bytes", raw_snp_region(sev, REG, sev->raw.mem, 0));
	refused("a region that wraps", raw_snp_region(sev, REG, sev->raw.mem, -PAGE));
	refused("the last page", raw_snp_region(sev, REG, (void *)-PAGE, PAGE));
	refused("one of the kernel's", raw_snp_region(sev, REG, (void *)0xffff888000000000, PAGE));
	refused("a region whose end is nowhere", raw_snp_region(sev, REG, p, 2 * PAGE));
	gives("its half", 0, raw_snp_region(sev, REG, p, PAGE));
	gives("unregistering that", 0, raw_snp_region(sev, UNREG, p, PAGE));
	munmap(p, PAGE);
	return 0;
}

/* As many pages as no machine has, though an int can count them; and more than it can. */
static int too_large(struct raw_snp *sev)
{
	const char *mem = sev->raw.mem;
	unsigned long held = control() ? control()->mem_held() : 0;

	gives("2 TiB", EINVAL, raw_snp_region(sev, REG, mem, 1ull << 41));
	gives("8 TiB less a page", EINVAL, raw_snp_region(sev, REG, mem, (1ull << 43) - PAGE));
	gives("8 TiB", EINVAL, raw_snp_region(sev, REG, mem, 1ull << 43));
	gives("more than an int has pages", EINVAL, raw_snp_region(sev, REG, mem, 1ull << 46));
	if (control())
		EXPECT_REQ_EQ(REQ_SEV_REGION_LIMIT, "allocations held", held, control()->mem_held(),
			      &names_count);
	return 0;
}

REGION(once, REQ_SEV_REGION);
REGION(twice, REQ_SEV_REGION);
REGION(unaligned, REQ_SEV_REGION);
REGION(left, REQ_SEV_REGION);
REGION(nowhere, REQ_SEV_REGION);
REGION(read_only, REQ_SEV_REGION_READ_ONLY);
REGION(too_large, REQ_SEV_REGION_LIMIT);

COCO_TEST_F(region, registered)
{
	struct raw_snp sev;

	/* Sizes that any VMM can give */
	check_expect_splat("in sev_pin_memory");
	raw_snp_open(&sev);
	if (gives("a VM", 0, variant->type == KVM_X86_SNP_VM ?
			     raw_snp_go(&sev, RAW_SNP_NOTHING, RAW_SNP_INITED) :
			     raw_sev_create(&sev, variant->type)))
		variant->run(&sev);
	EXPECT_REQ_QUIET(REQ_SEV_REGION_LIMIT, "WARNs of a region's size", "in sev_pin_memory");
	raw_snp_close(&sev);
}

/* ---- RLIMIT_MEMLOCK ---- */

COCO_FIXTURE(memlock);
FIXTURE_VARIANT(memlock) { struct check_row row; unsigned long type; };
FIXTURE_VARIANT_ADD(memlock, sev)
{
	COCO_ROW(NULL, REQ_SEV_REGION_MEMLOCK, PIN_REQS), .type = KVM_X86_SEV_VM
};
FIXTURE_VARIANT_ADD(memlock, snp)
{
	COCO_ROW(NULL, REQ_SEV_REGION_MEMLOCK, PIN_REQS), .type = KVM_X86_SNP_VM
};

COCO_TEST_F(memlock, all_regions_together)
{
	struct raw_snp sev;
	char *mem;

	if (!control()) {
		check_skip("needs an in-process KVM, which takes CAP_IPC_LOCK away");
		return;
	}
	raw_snp_open(&sev);
	mem = sev.raw.mem;
	if (gives("a VM", 0, variant->type == KVM_X86_SNP_VM ?
			     raw_snp_go(&sev, RAW_SNP_NOTHING, RAW_SNP_INITED) :
			     raw_sev_create(&sev, variant->type))) {
		/* Limits are in whole pages. */
		control()->memlock(4 * PAGE + PAGE - 1);
		(void)(gives("5 of 4 pages", ENOMEM, raw_snp_region(&sev, REG, mem, 5 * PAGE)) &&
		       gives("3 of 4 pages", 0, raw_snp_region(&sev, REG, mem, 3 * PAGE)) &&
		       gives("2 of the page that is left", ENOMEM,
			     raw_snp_region(&sev, REG, mem + 3 * PAGE, 2 * PAGE)) &&
		       refused("pages that are not there",
			       raw_snp_region(&sev, REG, NULL, PAGE)) &&
		       gives("the page that is left", 0,
			     raw_snp_region(&sev, REG, mem + 3 * PAGE, PAGE)) &&
		       gives("one more", ENOMEM, raw_snp_region(&sev, REG, mem + 4 * PAGE, PAGE)) &&
		       gives("unregistering 3", 0, raw_snp_region(&sev, UNREG, mem, 3 * PAGE)) &&
		       gives("3 others", 0, raw_snp_region(&sev, REG, mem + 4 * PAGE, 3 * PAGE)) &&
		       gives("and one more", ENOMEM, raw_snp_region(&sev, REG, mem, PAGE)));
	}
	raw_snp_close(&sev);
}

/* ---- VMs that have no regions ---- */

COCO_FIXTURE(none);
FIXTURE_VARIANT(none) { struct check_row row; unsigned long type; };
FIXTURE_VARIANT_ADD(none, ordinary)
{
	COCO_ROW(NULL, REQ_SEV_REGION, PIN_REQS), .type = 0
};
FIXTURE_VARIANT_ADD(none, not_initialized)
{
	COCO_ROW(NULL, REQ_SEV_REGION, PIN_REQS), .type = KVM_X86_SEV_VM
};

COCO_TEST_F(none, refused)
{
	struct raw_snp sev;

	raw_snp_open(&sev);
	if (gives("a VM", 0, raw_vm_create(&sev.raw, variant->type))) {
		gives("a region", ENOTTY, raw_snp_region(&sev, REG, sev.raw.mem, PAGE));
		gives("unregistering one", ENOTTY, raw_snp_region(&sev, UNREG, sev.raw.mem, PAGE));
	}
	raw_snp_close(&sev);
}

COCO_MAIN(snp_vm_missing)
