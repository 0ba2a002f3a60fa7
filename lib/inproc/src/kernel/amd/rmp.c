// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the reverse map table (AMD APM 2, 15.36) and the instructions RMPUPDATE, PSMASH and
 * RMPREAD (APM 3), which arch/x86/virt/svm/sev.c executes.  A model: the table is where MSRs
 * say, in the format of family 19h, as kernels without RMPREAD read it.
 *
 * Guests' accesses and VMRUN are checked against it, and the kernel's writes to pages of a
 * guest's that are no page cache.  What an instruction refuses is reported: a kernel has no
 * reason to ask for it.
 */
#include <linux/bitfield.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/msr-index.h>

#include "glue.h"
#include "psp.h"

/* Of the process's reservation, which is as large as the RMP of all of its addresses. */
#define GLUE_RMP_BOOKKEEPING	0x4000

struct glue_rmp {
	u64 lo;
	/*
	 * A guest's: in the lower half the VMSA that it is, 0: none, each that is made has another
	 * number; GLUE_RMP_USED, the guest or firmware may have written to it.  What is no guest's:
	 * GLUE_RMP_CACHED, with how often all caches had been written back when it ceased to be a
	 * guest's that was used, or GLUE_RMP_WRITTEN_BACK.
	 */
	u64 vmsa;
};

#define GLUE_RMP_USED		BIT_ULL(61)
#define GLUE_RMP_CACHED		BIT_ULL(63)
#define GLUE_RMP_WRITTEN_BACK	BIT_ULL(62)

#define GLUE_RMP_ASSIGNED	BIT_ULL(0)
#define GLUE_RMP_2M		BIT_ULL(1)
#define GLUE_RMP_IMMUTABLE	BIT_ULL(2)
#define GLUE_RMP_GPA		GENMASK_ULL(50, 12)
#define GLUE_RMP_ASID		GENMASK_ULL(60, 51)

/* What RMPUPDATE and PSMASH leave in EAX */
enum glue_rmp_status {
	GLUE_RMP_OK, GLUE_RMP_INPUT, GLUE_RMP_PERMISSION, GLUE_RMP_IN_USE, GLUE_RMP_OVERLAP,
	GLUE_RMP_NR_STATUS
};

/* The operand of RMPUPDATE */
struct glue_rmp_state {
	u64 gpa;
	u8 assigned, pagesize, immutable, zero;
	u32 asid;
} __packed;

static int glue_rmp_lock;

static struct glue_rmp *glue_rmp(u64 pfn)
{
	return (struct glue_rmp *)(glue_host->rmp + GLUE_RMP_BOOKKEEPING) + pfn;
}

bool glue_amd_msr(u32 index, u64 *value)
{
	if (index == MSR_AMD64_RMP_BASE)
		*value = (u64)glue_host->rmp;
	else if (index == MSR_AMD64_RMP_END)
		*value = (u64)glue_host->rmp + IMAGE_RMP_SIZE - 1;
	else
		return false;
	return true;
}

/* Is there an entry for it?  A wrong kernel asks for addresses that are none. */
static bool glue_rmp_has(u64 pfn)
{
	return pfn < (IMAGE_RMP_SIZE - GLUE_RMP_BOOKKEEPING) / sizeof(struct glue_rmp);
}

/* As of a 4 KiB page: that of a 2 MiB page is in its first entry; of no memory it is 0. */
static u64 glue_rmp_read(u64 pfn)
{
	u64 large = pfn & ~(u64)(PTRS_PER_PMD - 1), lo;

	if (!glue_rmp_has(pfn))
		return 0;
	lo = READ_ONCE(glue_rmp(large)->lo);
	if (!(lo & GLUE_RMP_2M))
		return READ_ONCE(glue_rmp(pfn)->lo);
	return lo + ((pfn - large) << PAGE_SHIFT);
}

bool glue_rmp_assigned(u64 pfn)
{
	return glue_rmp_read(pfn) & GLUE_RMP_ASSIGNED;
}

bool glue_rmp_lookup(u64 pfn, struct glue_rmp_page *page)
{
	u64 lo = glue_rmp_read(pfn);

	*page = (struct glue_rmp_page){
		.gpa = lo & GLUE_RMP_GPA, .asid = FIELD_GET(GLUE_RMP_ASID, lo),
		.immutable = lo & GLUE_RMP_IMMUTABLE,
	};
	return lo & GLUE_RMP_ASSIGNED;
}

bool glue_rmp_firmware(u64 address, u64 len)
{
	struct glue_rmp_page page;
	u64 pfn;

	for (pfn = address >> PAGE_SHIFT; pfn << PAGE_SHIFT < address + len; pfn++)
		if (!glue_rmp_lookup(pfn, &page) || page.asid || !page.immutable)
			return false;
	return true;
}

void glue_rmp_set_mutable(u64 pfn)
{
	glue_word_lock(&glue_rmp_lock);
	WRITE_ONCE(glue_rmp(pfn)->lo, glue_rmp(pfn)->lo & ~GLUE_RMP_IMMUTABLE);
	glue_word_unlock(&glue_rmp_lock);
}

int glue_rmp_guest_page(unsigned long long pfn, unsigned long long *gpa)
{
	struct glue_rmp_page page;

	if (!glue_rmp_lookup(pfn, &page) || !page.asid)
		return false;
	*gpa = page.gpa;
	return true;
}

void glue_rmp_set_vmsa(unsigned long long pfn, int vmsa)
{
	static u32 last;

	glue_word_lock(&glue_rmp_lock);
	if (glue_rmp_assigned(pfn))
		glue_rmp(pfn)->vmsa = GLUE_RMP_USED | (vmsa ? ++last : 0);
	glue_word_unlock(&glue_rmp_lock);
}

unsigned int glue_rmp_vmsa(unsigned long long pfn, unsigned int asid)
{
	struct glue_rmp_page page;

	if (!glue_rmp_lookup(pfn, &page) || page.asid != asid)
		return 0;
	return READ_ONCE(glue_rmp(pfn)->vmsa);
}

/* ---- instructions ---- */

static const char *const glue_rmp_refusals[GLUE_RMP_NR_STATUS] = {
	[GLUE_RMP_INPUT] = "asks for what no entry of the RMP can be (FAIL_INPUT)",
	[GLUE_RMP_PERMISSION] = "changes a page in the RMP that firmware has, and did not give back"
				" (FAIL_PERMISSION)",
};

static void glue_rmp_done(struct image_gprs *gprs, enum glue_rmp_status status)
{
	/* Who has it firmware cannot say once it answers no more. */
	const bool may_try = status == GLUE_RMP_PERMISSION && glue_psp_is_silent();

	/* Behind the registers insn.S has where it goes back to. */
	if (status && glue_rmp_refusals[status] && !may_try)
		glue_host->mem_bug(CONTROL_MEM_FIRMWARE, glue_rmp_refusals[status],
				   *(void **)(gprs + 1));
	gprs->gpr[IMAGE_RAX] = status;
}

/* Is an entry of the other size in the way? */
static bool glue_rmp_overlaps(u64 pfn, bool large)
{
	unsigned int i;

	if (!large)
		return glue_rmp(pfn & ~(u64)(PTRS_PER_PMD - 1))->lo & GLUE_RMP_2M;
	if (glue_rmp(pfn)->lo & GLUE_RMP_2M)
		return false;
	for (i = 0; i < PTRS_PER_PMD; i++)
		if (glue_rmp(pfn + i)->lo & GLUE_RMP_ASSIGNED)
			return true;
	return false;
}

/* ---- what caches have of a page ---- */

static bool glue_rmp_is_guests(u64 pfn)
{
	return FIELD_GET(GLUE_RMP_ASID, glue_rmp_read(pfn));
}

/* Firmware, too, finds it as it was. */
static void glue_rmp_change_cached(u64 pfn, const struct glue_rmp_state *new)
{
	struct glue_rmp *e = glue_rmp(pfn);

	/* Immutable is one that firmware has not launched yet. */
	if (new->asid)
		e->vmsa = new->immutable ? 0 : GLUE_RMP_USED;
	else if (glue_rmp_is_guests(pfn))
		e->vmsa = e->vmsa & GLUE_RMP_USED ?
			  GLUE_RMP_CACHED | glue_caches_written_back() : 0;
}

void glue_rmp_encrypted(u64 pfn)
{
	WRITE_ONCE(glue_rmp(pfn)->vmsa, GLUE_RMP_CACHED | glue_caches_written_back());
}

void glue_rmp_written_back(u64 pfn)
{
	if (!glue_rmp_is_guests(pfn))
		WRITE_ONCE(glue_rmp(pfn)->vmsa, GLUE_RMP_WRITTEN_BACK);
}

bool glue_rmp_cached(u64 pfn)
{
	return !glue_rmp_is_guests(pfn) &&
	       READ_ONCE(glue_rmp(pfn)->vmsa) == (GLUE_RMP_CACHED | glue_caches_written_back());
}

bool glue_rmp_was_written_back(u64 pfn)
{
	return !glue_rmp_is_guests(pfn) &&
	       xchg(&glue_rmp(pfn)->vmsa, 0) == GLUE_RMP_WRITTEN_BACK;
}

/* ---- instructions, which change it ---- */

/*
 * Kernels wait for an overlap to end (FAIL_OVERLAP): one with an entry that is there would not, so
 * that it is FAIL_INPUT here.
 */
static enum glue_rmp_status glue_rmp_change(u64 pfn, const struct glue_rmp_state *new)
{
	const u64 size = new->pagesize ? PMD_SIZE : PAGE_SIZE;
	struct glue_rmp *e = glue_rmp(pfn);

	if (pfn >> (47 - PAGE_SHIFT) || (pfn << PAGE_SHIFT | new->gpa) & (size - 1) ||
	    new->gpa & ~(GLUE_RMP_GPA | ~PAGE_MASK) || new->asid > FIELD_MAX(GLUE_RMP_ASID) ||
	    (!new->assigned && (new->immutable || new->asid || new->gpa)) ||
	    glue_rmp_overlaps(pfn, new->pagesize))
		return GLUE_RMP_INPUT;
	if (e->lo & GLUE_RMP_IMMUTABLE)
		return GLUE_RMP_PERMISSION;
	for (u64 i = 0; i < size >> PAGE_SHIFT; i++)
		glue_rmp_change_cached(pfn + i, new);
	WRITE_ONCE(e->lo, !new->assigned ? 0 :
		   GLUE_RMP_ASSIGNED | (new->pagesize ? GLUE_RMP_2M : 0) |
		   (new->immutable ? GLUE_RMP_IMMUTABLE : 0) | new->gpa |
		   FIELD_PREP(GLUE_RMP_ASID, new->asid));
	return GLUE_RMP_OK;
}

void glue_rmpupdate(struct image_gprs *gprs);
void glue_psmash(struct image_gprs *gprs);
void glue_rmpread(struct image_gprs *gprs);

void glue_rmpupdate(struct image_gprs *gprs)
{
	const struct glue_rmp_state *new = (void *)gprs->gpr[IMAGE_RCX];
	const u64 pfn = gprs->gpr[IMAGE_RAX] >> PAGE_SHIFT;
	enum glue_rmp_status status;

	if (!glue_rmp_has(pfn)) {
		glue_rmp_done(gprs, GLUE_RMP_INPUT);
		return;
	}
	/* Another CPU is about to change an entry that overlaps: nothing is done. */
	if (glue_host->step_fails(CONTROL_STEP_OVERLAP)) {
		glue_rmp_done(gprs, GLUE_RMP_OVERLAP);
		return;
	}
	/* Not of firmware's pages, of which the driver loses those that fail. */
	if (new->asid && glue_host->step_fails(CONTROL_STEP_RMP)) {
		glue_rmp_done(gprs, GLUE_RMP_IN_USE);
		return;
	}
	if (new->assigned && !new->pagesize && !glue_direct_map_is_split(pfn << PAGE_SHIFT))
		glue_host->mem_bug(CONTROL_SEV_DIRECT_MAP,
				   "assigns a page that the host has in a mapping of 2 MiB",
				   *(void **)(gprs + 1));
	/* On hardware it is in use; here it is reported, and taken all the same. */
	if (glue_host->vmsa_in_use(pfn))
		glue_host->mem_bug(CONTROL_MEM_VMSA,
				   "takes a VMSA from its guest, which a CPU runs with it",
				   *(void **)(gprs + 1));
	glue_word_lock(&glue_rmp_lock);
	status = glue_rmp_change(pfn, new);
	glue_word_unlock(&glue_rmp_lock);
	if (!status && (new->asid || !new->assigned))
		glue_host->page_owned(__va(pfn << PAGE_SHIFT), new->assigned);
	if (glue_host->command)
		glue_host->command(IMAGE_RMP, "RMPUPDATE",
				   (u64[]){ pfn << PAGE_SHIFT, new->gpa, *(u32 *)&new->assigned,
					    new->asid }, 4, status);
	glue_rmp_done(gprs, status);
}

void glue_psmash(struct image_gprs *gprs)
{
	const u64 pfn = gprs->gpr[IMAGE_RAX] >> PAGE_SHIFT;
	enum glue_rmp_status status = GLUE_RMP_INPUT;
	unsigned int i;
	u64 lo;

	glue_word_lock(&glue_rmp_lock);
	lo = glue_rmp(pfn)->lo;
	if (IS_ALIGNED(pfn, PTRS_PER_PMD) && lo & GLUE_RMP_2M) {
		status = lo & GLUE_RMP_IMMUTABLE ? GLUE_RMP_PERMISSION : GLUE_RMP_OK;
		for (i = 0; !status && i < PTRS_PER_PMD; i++)
			WRITE_ONCE(glue_rmp(pfn + i)->lo,
				   (lo & ~GLUE_RMP_2M) + ((u64)i << PAGE_SHIFT));
	}
	glue_word_unlock(&glue_rmp_lock);
	glue_rmp_done(gprs, status);
}

void glue_rmpread(struct image_gprs *gprs)
{
	struct glue_rmp_state *out = (void *)gprs->gpr[IMAGE_RCX];
	const u64 lo = READ_ONCE(glue_rmp(gprs->gpr[IMAGE_RAX] >> PAGE_SHIFT)->lo);

	*out = (struct glue_rmp_state){
		.gpa = lo & GLUE_RMP_GPA, .assigned = !!(lo & GLUE_RMP_ASSIGNED),
		.pagesize = !!(lo & GLUE_RMP_2M), .immutable = !!(lo & GLUE_RMP_IMMUTABLE),
		.asid = FIELD_GET(GLUE_RMP_ASID, lo),
	};
	glue_rmp_done(gprs, GLUE_RMP_OK);
}
