// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a CPU may have kept of a VMCB since it last ran it (AMD APM 2, section 15.15, "VMCB State
 * Caching"): of what the VMCB calls clean nothing may have changed, and on a CPU that did not run
 * it last nothing is clean.  A model: of most of it no copy is kept here, the rule is enough.
 */
#include <string.h>

#include "base/base.h"
#include "hw_svm.h"
#include "src/image/loader.h"
#include "src/watch/memory.h"
#include "vmcb.h"

/* Bits of VMCB_CLEAN, and the fields that are theirs. */
static const struct field {
	uint8_t bit;
	bool save;		/* in the state save area, which is not looked at of SEV-ES guests */
	uint16_t at, len;	/* bytes */
	const char *name;
} fields[] = {
	{ 0, false, VMCB_INTERCEPT_CR, 0x18, "intercepts" },
	{ 0, false, 0x03c, 4, "the PAUSE filter" },
	{ 0, false, VMCB_TSC_OFFSET, 8, "TSC_OFFSET" },
	{ 1, false, VMCB_IOPM_PA, 16, "IOPM_BASE_PA or MSRPM_BASE_PA" },
	{ 2, false, VMCB_ASID, 4, "the ASID" },
	{ 4, false, VMCB_NESTED_CTL, 8, "nested paging's and SEV's bits" },
	{ 4, false, VMCB_NESTED_CR3, 8, "N_CR3" },
	{ 4, true, SAVE_PAT, 8, "G_PAT" },
	{ 5, true, SAVE_CR4, 24, "CR0, CR3 or CR4" },
	{ 5, true, SAVE_EFER, 8, "EFER" },
	{ 6, true, SAVE_DR7, 16, "DR6 or DR7" },
	{ 7, true, SAVE_GDTR, 16, "GDTR" },
	{ 7, true, SAVE_IDTR, 16, "IDTR" },
	{ 8, true, SAVE_ES, 64, "ES, CS, SS or DS" },
	{ 8, true, SAVE_CPL, 1, "the CPL" },
	{ 9, true, SAVE_CR2, 8, "CR2" },
	{ 10, true, 0x270, 40, "DEBUGCTL or what is recorded of branches" },
	{ 11, false, 0x098, 8, "AVIC's APIC_BAR" },
	{ 11, false, 0x0e0, 8, "AVIC's backing page" },
	{ 11, false, 0x0f0, 16, "AVIC's tables" },
	{ 12, true, 0x1e0, 24, "S_CET, SSP or ISST_ADDR" },
};

#define NR_FIELDS	(sizeof(fields) / sizeof(fields[0]))

static const uint8_t *field_of(const struct world *w, const struct field *f)
{
	return (const uint8_t *)w->vmcb + (f->save ? VMCB_SAVE : 0) + f->at;
}

static struct svm_kept *kept_of(const struct world *w)
{
	struct svm_kept *kept = w->vcpu->kept;

	for (unsigned int i = 0; i < SVM_VMCBS; i++)
		if (kept[i].vmcb == w->vmcb)
			return &kept[i];
	return NULL;
}

static void told(const struct world *w, const char *what, const char *why)
{
	static unsigned int once;

	/* A kernel that is wrong is it each time. */
	if (__atomic_exchange_n(&once, 1, __ATOMIC_RELAXED))
		return;
	memory_lock();
	memory_report(CONTROL_SVM_CLEAN, "VMRUN of vCPU %u on CPU %u, clean bits 0x%x: %s %s",
		      w->vcpu->id, image_this_cpu(), get_u32(w->vmcb, VMCB_CLEAN), what, why);
	memory_unlock();
}

void svm_check_clean(const struct world *w)
{
	const uint32_t clean = get_u32(w->vmcb, VMCB_CLEAN);
	const struct svm_kept *kept = kept_of(w);
	const uint8_t *at;
	unsigned int i;

	if (!clean)
		return;
	if (!kept || kept->cpu != image_this_cpu()) {
		told(w, "the VMCB", kept ? "was run by another CPU last" : "has not been run before");
		return;
	}
	at = kept->bytes;
	for (i = 0; i < NR_FIELDS; at += fields[i++].len)
		if (clean >> fields[i].bit & 1 && !(fields[i].save && w->es) &&
		    memcmp(at, field_of(w, &fields[i]), fields[i].len))
			told(w, fields[i].name, "changed since the last one, and called clean");
}

void svm_keep_clean(const struct world *w)
{
	struct svm_kept *kept = kept_of(w);
	unsigned int i, at = 0;

	/* A vCPU has a VMCB of its own, and one for its guest's guest, which may become another. */
	if (!kept)
		kept = &w->vcpu->kept[!w->vcpu->last_kept];
	w->vcpu->last_kept = kept - w->vcpu->kept;
	kept->vmcb = w->vmcb;
	kept->cpu = image_this_cpu();
	for (i = 0; i < NR_FIELDS; at += fields[i++].len)
		memcpy(kept->bytes + at, field_of(w, &fields[i]), fields[i].len);
}
