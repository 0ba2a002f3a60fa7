// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for a CPU's VMLAUNCH and VMRESUME: the checks of VM entries, and the areas of MSRs
 * that entries and exits load and store.  A model after Intel SDM volume 3, "VM Entries";
 * between entry and exit the process has the guest (src/hw/hw_vmx.c).
 *
 * Of the guest-state area are checked: control registers, EFER, RFLAGS, CS, TR and the
 * segments' presence, interruptibility and activity; not the other rules of segments, nor
 * PDPTEs.
 */
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/msr.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/processor.h>
#include <asm/vmx.h>

#include "intel.h"
#include "linux/hoststate.h"
#include "linux/task.h"
#include "../image/vmcs.h"

static u64 glue_field(struct image_vmcs *vmcs, unsigned int field)
{
	const unsigned long long *at = image_vmcs_field(vmcs, field);

	return at ? *at : 0;
}

static u64 glue_capability(u32 index)
{
	u64 value = 0;

	glue_intel_msr(index, &value);
	return value;
}

static bool glue_primary(struct image_vmcs *vmcs, u32 bit)
{
	return glue_field(vmcs, CPU_BASED_VM_EXEC_CONTROL) & bit;
}

static bool glue_secondary(struct image_vmcs *vmcs, u32 bit)
{
	return glue_primary(vmcs, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS) &&
	       (glue_field(vmcs, SECONDARY_VM_EXEC_CONTROL) & bit);
}

static bool glue_pin(struct image_vmcs *vmcs, u32 bit)
{
	return glue_field(vmcs, PIN_BASED_VM_EXEC_CONTROL) & bit;
}

static bool glue_entry(struct image_vmcs *vmcs, u32 bit)
{
	return glue_field(vmcs, VM_ENTRY_CONTROLS) & bit;
}

/* An address of a page, within the CPU's width. */
static bool glue_page_ok(u64 pa)
{
	return PAGE_ALIGNED(pa) && !(pa >> boot_cpu_data.x86_phys_bits);
}

/* ---- "Checks on VMX Controls" ---- */

static bool glue_allowed(struct image_vmcs *vmcs, unsigned int field, u32 msr)
{
	const u32 value = glue_field(vmcs, field);
	const u64 capability = glue_capability(msr);

	return !((u32)capability & ~value) && !(value & ~(u32)(capability >> 32));
}

static bool glue_eptp_ok(u64 eptp)
{
	const u64 cap = glue_capability(MSR_IA32_VMX_EPT_VPID_CAP);
	const u64 type = eptp & VMX_EPTP_MT_MASK, levels = eptp & VMX_EPTP_PWL_MASK;

	if (type != VMX_EPTP_MT_WB && type != VMX_EPTP_MT_UC)
		return false;
	if (levels != VMX_EPTP_PWL_4 &&
	    (levels != VMX_EPTP_PWL_5 || !(cap & VMX_EPT_PAGE_WALK_5_BIT)))
		return false;
	return !(eptp & GENMASK_ULL(11, 7)) && glue_page_ok(eptp & PAGE_MASK);
}

static bool glue_apic_ok(struct image_vmcs *vmcs)
{
	const u64 page = glue_field(vmcs, VIRTUAL_APIC_PAGE_ADDR);
	const u32 threshold = glue_field(vmcs, TPR_THRESHOLD);
	const bool delivery = glue_secondary(vmcs, SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY);

	if (!glue_primary(vmcs, CPU_BASED_TPR_SHADOW))
		return !glue_secondary(vmcs, SECONDARY_EXEC_APIC_REGISTER_VIRT |
				       SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY |
				       SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE);
	if (!glue_page_ok(page) || (!delivery && threshold >> 4))
		return false;
	if (delivery && !glue_pin(vmcs, PIN_BASED_EXT_INTR_MASK))
		return false;
	if (!glue_pin(vmcs, PIN_BASED_POSTED_INTR))
		return true;
	return delivery && !(glue_field(vmcs, POSTED_INTR_NV) >> 8) &&
	       (glue_field(vmcs, VM_EXIT_CONTROLS) & VM_EXIT_ACK_INTR_ON_EXIT) &&
	       IS_ALIGNED(glue_field(vmcs, POSTED_INTR_DESC_ADDR), 64);
}

static bool glue_event_ok(struct image_vmcs *vmcs)
{
	const u32 event = glue_field(vmcs, VM_ENTRY_INTR_INFO_FIELD);
	const u8 vector = event & INTR_INFO_VECTOR_MASK;
	const bool error = event & INTR_INFO_DELIVER_CODE_MASK;

	if (!(event & INTR_INFO_VALID_MASK))
		return true;
	if (event & GENMASK(30, 12))
		return false;
	switch (event & INTR_INFO_INTR_TYPE_MASK) {
	case INTR_TYPE_NMI_INTR:
		return vector == 2 && !error;
	case INTR_TYPE_HARD_EXCEPTION:
		/* With CR0.PE, these have one: #DF, #TS to #PF, #AC, #CP. */
		return vector < 32 &&
		       error == ((BIT(8) | GENMASK(14, 10) | BIT(17) | BIT(21)) >> vector & 1 &&
				 (glue_field(vmcs, GUEST_CR0) & X86_CR0_PE));
	case INTR_TYPE_EXT_INTR:
		return !error;
	case INTR_TYPE_SOFT_INTR:
	case INTR_TYPE_PRIV_SW_EXCEPTION:
	case INTR_TYPE_SOFT_EXCEPTION:
		return !error && glue_field(vmcs, VM_ENTRY_INSTRUCTION_LEN) <= 15;
	}
	return false;
}

static bool glue_controls_ok(struct image_vmcs *vmcs)
{
	static const struct {
		u16 field;
		u32 msr;
	} controls[] = {
		{ PIN_BASED_VM_EXEC_CONTROL, MSR_IA32_VMX_TRUE_PINBASED_CTLS },
		{ CPU_BASED_VM_EXEC_CONTROL, MSR_IA32_VMX_TRUE_PROCBASED_CTLS },
		{ VM_EXIT_CONTROLS, MSR_IA32_VMX_TRUE_EXIT_CTLS },
		{ VM_ENTRY_CONTROLS, MSR_IA32_VMX_TRUE_ENTRY_CTLS },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(controls); i++)
		if (!glue_allowed(vmcs, controls[i].field, controls[i].msr))
			return false;
	if (glue_primary(vmcs, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS) &&
	    !glue_allowed(vmcs, SECONDARY_VM_EXEC_CONTROL, MSR_IA32_VMX_PROCBASED_CTLS2))
		return false;
	if (glue_secondary(vmcs, SECONDARY_EXEC_ENABLE_EPT) ?
	    !glue_eptp_ok(glue_field(vmcs, EPT_POINTER)) :
	    glue_secondary(vmcs, SECONDARY_EXEC_UNRESTRICTED_GUEST))
		return false;
	if (glue_secondary(vmcs, SECONDARY_EXEC_ENABLE_VPID) &&
	    !glue_field(vmcs, VIRTUAL_PROCESSOR_ID))
		return false;
	if (glue_pin(vmcs, PIN_BASED_VIRTUAL_NMIS) ? !glue_pin(vmcs, PIN_BASED_NMI_EXITING) :
	    glue_primary(vmcs, CPU_BASED_NMI_WINDOW_EXITING))
		return false;
	if (glue_primary(vmcs, CPU_BASED_USE_MSR_BITMAPS) &&
	    !glue_page_ok(glue_field(vmcs, MSR_BITMAP)))
		return false;
	return glue_apic_ok(vmcs) && glue_event_ok(vmcs);
}

/* ---- "Checks on the Host-State Area", and control registers of both ---- */

/* @exempt: bits that need not be 1. */
static bool glue_fixed_ok(u64 value, u32 fixed0, u64 exempt)
{
	return !(glue_capability(fixed0) & ~exempt & ~value) &&
	       !(value & ~glue_capability(fixed0 + 1));
}

static bool glue_host_ok(struct image_vmcs *vmcs)
{
	static const u16 selectors[] = {
		HOST_ES_SELECTOR, HOST_CS_SELECTOR, HOST_SS_SELECTOR, HOST_DS_SELECTOR,
		HOST_FS_SELECTOR, HOST_GS_SELECTOR, HOST_TR_SELECTOR,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(selectors); i++)
		if (glue_field(vmcs, selectors[i]) & 7)
			return false;
	return glue_fixed_ok(glue_field(vmcs, HOST_CR0), MSR_IA32_VMX_CR0_FIXED0, 0) &&
	       glue_fixed_ok(glue_field(vmcs, HOST_CR4), MSR_IA32_VMX_CR4_FIXED0, 0) &&
	       glue_field(vmcs, HOST_CS_SELECTOR) && glue_field(vmcs, HOST_TR_SELECTOR) &&
	       (glue_field(vmcs, VM_EXIT_CONTROLS) & VM_EXIT_HOST_ADDR_SPACE_SIZE);
}

/* ---- "Checks on the Guest-State Area" ---- */

#define GLUE_AR_TYPE		15
#define GLUE_AR_PRESENT		BIT(7)
#define GLUE_AR_UNUSABLE	BIT(16)

static bool glue_segments_ok(struct image_vmcs *vmcs, bool unrestricted)
{
	const u32 cs = glue_field(vmcs, GUEST_CS_AR_BYTES), tr = glue_field(vmcs, GUEST_TR_AR_BYTES);
	unsigned int i;

	if (glue_field(vmcs, GUEST_RFLAGS) & X86_EFLAGS_VM)
		return true;
	/* From ES to GS */
	for (i = 0; i < 6; i++) {
		const u32 ar = glue_field(vmcs, GUEST_ES_AR_BYTES + 2 * i);

		if (!(ar & GLUE_AR_UNUSABLE) && !(ar & GLUE_AR_PRESENT))
			return false;
	}
	if (!(cs & 1) || (!(cs & 8) && !(unrestricted && (cs & GLUE_AR_TYPE) == 3)))
		return false;
	return !(tr & GLUE_AR_UNUSABLE) && (tr & GLUE_AR_PRESENT) &&
	       ((tr & GLUE_AR_TYPE) == 11 ||
		((tr & GLUE_AR_TYPE) == 3 && !glue_entry(vmcs, VM_ENTRY_IA32E_MODE)));
}

static bool glue_guest_ok(struct image_vmcs *vmcs)
{
	const bool unrestricted = glue_secondary(vmcs, SECONDARY_EXEC_UNRESTRICTED_GUEST);
	const u64 cr0 = glue_field(vmcs, GUEST_CR0), cr4 = glue_field(vmcs, GUEST_CR4);
	const u64 rflags = glue_field(vmcs, GUEST_RFLAGS), efer = glue_field(vmcs, GUEST_IA32_EFER);
	const u32 event = glue_field(vmcs, VM_ENTRY_INTR_INFO_FIELD);
	const u32 blocking = glue_field(vmcs, GUEST_INTERRUPTIBILITY_INFO);
	const bool long_mode = glue_entry(vmcs, VM_ENTRY_IA32E_MODE);

	if (!glue_fixed_ok(cr0, MSR_IA32_VMX_CR0_FIXED0,
			   unrestricted ? X86_CR0_PG | X86_CR0_PE : 0) ||
	    ((cr0 & X86_CR0_PG) && !(cr0 & X86_CR0_PE)) ||
	    !glue_fixed_ok(cr4, MSR_IA32_VMX_CR4_FIXED0, 0) ||
	    glue_field(vmcs, GUEST_CR3) >> boot_cpu_data.x86_phys_bits)
		return false;
	if (long_mode && (!(cr0 & X86_CR0_PG) || !(cr4 & X86_CR4_PAE)))
		return false;
	if (glue_entry(vmcs, VM_ENTRY_LOAD_IA32_EFER) &&
	    (!!(efer & EFER_LMA) != long_mode ||
	     ((cr0 & X86_CR0_PG) && !!(efer & EFER_LMA) != !!(efer & EFER_LME))))
		return false;
	if (!(rflags & X86_EFLAGS_FIXED) || rflags & (GENMASK_ULL(63, 22) | BIT(15) | BIT(5) | BIT(3)) ||
	    (long_mode && (rflags & X86_EFLAGS_VM)))
		return false;
	if ((event & (INTR_INFO_VALID_MASK | INTR_INFO_INTR_TYPE_MASK)) ==
	    (INTR_INFO_VALID_MASK | INTR_TYPE_EXT_INTR) &&
	    (!(rflags & X86_EFLAGS_IF) ||
	     (blocking & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS))))
		return false;
	return !(blocking >> 5) && !glue_field(vmcs, GUEST_ACTIVITY_STATE) &&
	       glue_field(vmcs, VMCS_LINK_POINTER) == ~0ULL &&
	       glue_segments_ok(vmcs, unrestricted);
}

/* ---- MSRs, of those that a guest shares with its host ---- */

struct glue_msr_entry {
	u32 index, reserved;
	u64 value;
};

static void glue_msrs_load(struct image_vmcs *vmcs, unsigned int addr, unsigned int count)
{
	const struct glue_msr_entry *entry = __va(glue_field(vmcs, addr));
	const struct glue_msr_entry *end = entry + glue_field(vmcs, count);

	for (; entry < end; entry++)
		glue_host_wrmsr(entry->index, entry->value);
}

static void glue_msrs_store(struct image_vmcs *vmcs)
{
	struct glue_msr_entry *entry = __va(glue_field(vmcs, VM_EXIT_MSR_STORE_ADDR));
	struct glue_msr_entry *end = entry + glue_field(vmcs, VM_EXIT_MSR_STORE_COUNT);

	for (; entry < end; entry++)
		if (entry->index == MSR_IA32_TSC)
			entry->value = rdtsc();
		else if (!glue_host_rdmsr(entry->index, &entry->value))
			glue_not_driven("MSR %#x in a VM-exit MSR-store area", entry->index);
}

/* ---- the instructions ---- */

#define GLUE_INVALID_GUEST_STATE	(VMX_EXIT_REASONS_FAILED_VMENTRY | EXIT_REASON_INVALID_STATE)

static enum glue_vmx_status glue_check(struct image_vmcs *vmcs, bool launch)
{
	if (!!vmcs->launched != !launch)
		return launch ? GLUE_VMX_LAUNCH_NOT_CLEAR : GLUE_VMX_RESUME_NOT_LAUNCHED;
	if (!glue_controls_ok(vmcs))
		return GLUE_VMX_ENTRY_CONTROLS;
	return glue_host_ok(vmcs) ? GLUE_VMX_SUCCEED : GLUE_VMX_ENTRY_HOST_STATE;
}

/*
 * After the VM exit the host goes on where the VMCS says, which here has to be with the stack
 * of the VMLAUNCH: that goes up by the return address, as a RET has it.
 */
static void glue_vmentry(struct image_gprs *gprs, bool launch)
{
	struct image_vmcs *vmcs = glue_vmcs();
	struct glue_host_state *state = glue_host_state();
	unsigned long *stack = (unsigned long *)(gprs + 1);
	enum glue_vmx_status status;

	if (!vmcs) {
		gprs->gpr[IMAGE_RSP] = glue_vmx_flags(GLUE_VMX_FAIL_INVALID);
		return;
	}
	status = glue_check(vmcs, launch);
	if (status) {
		gprs->gpr[IMAGE_RSP] = glue_vmx_flags(glue_vmx_fail(status));
		return;
	}
	if (glue_field(vmcs, HOST_RSP) != (unsigned long)(stack + 1))
		glue_not_driven("a VM entry with another stack than its VM exit's");
	stack[0] = glue_field(vmcs, HOST_RIP);
	if (!glue_guest_ok(vmcs)) {
		*image_vmcs_field(vmcs, VM_EXIT_REASON) = GLUE_INVALID_GUEST_STATE;
		*image_vmcs_field(vmcs, EXIT_QUALIFICATION) = 0;
		return;
	}
	if (!glue_secondary(vmcs, SECONDARY_EXEC_ENABLE_EPT))
		glue_not_driven("an ordinary Intel VM without EPT");
	vmcs->launched = true;
	glue_msrs_load(vmcs, VM_ENTRY_MSR_LOAD_ADDR, VM_ENTRY_MSR_LOAD_COUNT);
	state->ran_by = (const void *)stack[0];
	if (glue_host->vmenter(vmcs, gprs, glue_cr2(), state->area))
		glue_signal_poll();
	/* "Loading MSRs": it is cleared. */
	*glue_host_reg(state, GLUE_HOST_DEBUGCTL) = 0;
	glue_msrs_store(vmcs);
	glue_msrs_load(vmcs, VM_EXIT_MSR_LOAD_ADDR, VM_EXIT_MSR_LOAD_COUNT);
}

void glue_vmlaunch(struct image_gprs *gprs);
void glue_vmresume(struct image_gprs *gprs);

void glue_vmlaunch(struct image_gprs *gprs)
{
	glue_vmentry(gprs, true);
}

void glue_vmresume(struct image_gprs *gprs)
{
	glue_vmentry(gprs, false);
}
