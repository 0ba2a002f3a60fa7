// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: the measurement of TDs, MRTD and RTMRs, and what a TD is told of
 * it ("TDG.MR" leaf functions).  A model, see module.h; the hashing itself is the process's
 * (engine/td_measure.c), which has a library for it.
 */
#include <linux/string.h>

#include "module.h"

#define GLUE_RTMRS		4
#define GLUE_RTMR_SIZE		48
#define GLUE_RTMR_ALIGN		64
#define GLUE_REPORT_ALIGN	1024
#define GLUE_REPORTDATA_ALIGN	64
#define GLUE_REPORT_MAC_ALIGN	256

void glue_measure_init(struct glue_tdr *tdr, const void *params, u64 tsc_offset, u64 status)
{
	const struct image_td_measure m = {
		.op = IMAGE_TD_INIT, .td = tdr, .data = params, .tsc_offset = tsc_offset,
		.status = status,
	};

	glue_host->td_measure(&m);
}

void glue_measure_add(struct glue_tdr *tdr, u64 gpa)
{
	const struct image_td_measure m = { .op = IMAGE_TD_ADD, .td = tdr, .gpa = gpa };

	glue_host->td_measure(&m);
}

void glue_measure_extend(struct glue_tdr *tdr, u64 gpa, const void *chunk)
{
	const struct image_td_measure m = {
		.op = IMAGE_TD_EXTEND, .td = tdr, .gpa = gpa, .data = chunk,
	};

	glue_host->td_measure(&m);
}

void glue_measure_vcpu(struct glue_tdr *tdr, u32 x2apic_id)
{
	const struct image_td_measure m = { .op = IMAGE_TD_VCPU, .td = tdr, .nr = x2apic_id };

	glue_host->td_measure(&m);
}

void glue_measure_finalize(struct glue_tdr *tdr)
{
	const struct image_td_measure m = { .op = IMAGE_TD_FINALIZE, .td = tdr };

	glue_host->td_measure(&m);
}

/* ---- of the guest ---- */

/*
 * The guest's memory at @gpa, as the guest has it, or NULL: *@fault says what is missing.  It
 * is the TD's, or KVM's by the shared EPT.
 */
static void *glue_guest_memory(struct glue_tdvpr *vp, u64 gpa, bool write,
			       struct image_td_run *fault)
{
	u64 shared = BIT_ULL(vp->tdr->shared_bit);
	struct glue_sept_walk walk;
	struct image_ept_entry entry;
	void *page = NULL;

	if (gpa & shared) {
		if (vp->shared_eptp &&
		    glue_ept_walk(glue_shared_eptp(vp), gpa, &entry) == IMAGE_EPT_MAPPED &&
		    (write ? entry.write : entry.read))
			page = __va(entry.pa);
	} else {
		glue_word_lock(&glue_sept_lock);
		if (glue_sept_walk(vp->tdr, gpa, 0, &walk) || glue_sept_is_leaf(*walk.entry))
			if (glue_sept_state(*walk.entry) == GLUE_SEPT_PRESENT)
				page = __va(glue_sept_pa(*walk.entry) +
					    (gpa & GENMASK_ULL(11 + 9 * walk.level, 12)));
		glue_word_unlock(&glue_sept_lock);
	}
	if (page)
		return page + (gpa & ~PAGE_MASK);
	*fault = (struct image_td_run){
		.gpa = gpa & ~shared & PAGE_MASK, .private = !(gpa & shared), .write = write,
	};
	return NULL;
}

static bool glue_bad_gpa(const struct glue_tdvpr *vp, u64 gpa, u64 align, bool private)
{
	return !IS_ALIGNED(gpa, align) || gpa >> (vp->tdr->shared_bit + !private);
}

static u64 glue_measured(struct image_td_measure *m)
{
	int ret;

	glue_word_lock(&glue_sept_lock);
	ret = glue_host->td_measure(m);
	glue_word_unlock(&glue_sept_lock);
	if (ret)
		glue_not_driven("a TD asks for its measurement, and the TDX module was not told "
				"to take it (fw_measure() of the control)");
	return GLUE_TDX_SUCCESS;
}

/* RCX: where the report goes; RDX: REPORTDATA; R8: its subtype. */
static bool glue_mr_report(struct glue_tdvpr *vp, struct image_td_run *fault, u64 *status)
{
	u64 to = vp->gpr[IMAGE_RCX], from = vp->gpr[IMAGE_RDX];
	struct image_td_measure m = { .op = IMAGE_TD_REPORT, .td = vp->tdr };

	if (glue_bad_gpa(vp, to, GLUE_REPORT_ALIGN, false))
		*status = glue_operand_invalid(GLUE_OPERAND_RCX);
	else if (glue_bad_gpa(vp, from, GLUE_REPORTDATA_ALIGN, false))
		*status = glue_operand_invalid(GLUE_OPERAND_RDX);
	else if (vp->gpr[IMAGE_R8])
		*status = glue_operand_invalid(GLUE_OPERAND_R8);
	else if (!(m.data = glue_guest_memory(vp, from, false, fault)) ||
		 !(m.report = glue_guest_memory(vp, to, true, fault)))
		return false;
	else
		*status = glue_measured(&m);
	return true;
}

/* RCX: a private GPA, of what register RDX is extended with. */
static bool glue_mr_rtmr_extend(struct glue_tdvpr *vp, struct image_td_run *fault, u64 *status)
{
	u64 from = vp->gpr[IMAGE_RCX];
	struct image_td_measure m = { .op = IMAGE_TD_RTMR, .td = vp->tdr };

	BUILD_BUG_ON(GLUE_RTMR_SIZE > GLUE_RTMR_ALIGN);
	m.nr = vp->gpr[IMAGE_RDX];
	if (glue_bad_gpa(vp, from, GLUE_RTMR_ALIGN, true))
		*status = glue_operand_invalid(GLUE_OPERAND_RCX);
	else if (vp->gpr[IMAGE_RDX] >= GLUE_RTMRS)
		*status = glue_operand_invalid(GLUE_OPERAND_RDX);
	else if (!(m.data = glue_guest_memory(vp, from, false, fault)))
		return false;
	else
		*status = glue_measured(&m);
	return true;
}

/* RCX: a private GPA, of a REPORTMACSTRUCT. */
static bool glue_mr_verifyreport(struct glue_tdvpr *vp, struct image_td_run *fault, u64 *status)
{
	static const u64 answer[] = {
		[IMAGE_TD_GOOD] = GLUE_TDX_SUCCESS, [IMAGE_TD_BAD_CPUSVN] = GLUE_TDX_INVALID_CPUSVN,
		[IMAGE_TD_BAD_MAC] = GLUE_TDX_INVALID_REPORTMACSTRUCT,
	};
	struct image_td_measure m = { .op = IMAGE_TD_VERIFY };

	if (glue_bad_gpa(vp, vp->gpr[IMAGE_RCX], GLUE_REPORT_MAC_ALIGN, true))
		*status = glue_operand_invalid(GLUE_OPERAND_RCX);
	else if (!(m.data = glue_guest_memory(vp, vp->gpr[IMAGE_RCX], false, fault)))
		return false;
	else
		*status = answer[glue_host->td_measure(&m)];
	return true;
}

bool glue_tdg_mr(struct glue_tdvpr *vp, struct image_td_run *fault)
{
	u64 status, leaf = vp->gpr[IMAGE_RAX];
	bool done = leaf == GLUE_TDG_MR_REPORT ? glue_mr_report(vp, fault, &status) :
		    leaf == GLUE_TDG_MR_VERIFYREPORT ? glue_mr_verifyreport(vp, fault, &status) :
		    glue_mr_rtmr_extend(vp, fault, &status);

	if (done)
		vp->gpr[IMAGE_RAX] = status;
	return done;
}
