// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual APIC (Intel SDM volume 3, "APIC Virtualization and Virtual Interrupts"): the TPR
 * shadow, MSRs of x2APIC mode, virtual-interrupt delivery and posted interrupts.  A model, of a
 * CPU that has no APIC-access page: accesses by memory are KVM's.
 *
 * What is not exact: an interrupt that the engine has by now is taken whatever the guest then
 * writes to CR8, and a second one, of a higher priority, waits for the next entry.
 */
#include <string.h>

#include "base/base.h"
#include "hw_vmx.h"
#include "src/image/loader.h"

/* Registers in the virtual-APIC page; of arrays the first of eight, 16 bytes apart */
enum { VTPR = 0x80, VPPR = 0xa0, VEOI = 0xb0, VISR = 0x100, VIRR = 0x200,
       VSELF_IPI = 0x3f0 };

#define X2APIC_MSR	0x800u
#define X2APIC_MSRS	0x100u

/* Of a posted-interrupt descriptor, behind 256 bits of requests */
#define PID_ON		(1ULL << 0)
#define PRIORITY	0xf0u

static uint32_t *apic(struct world *w, unsigned int reg)
{
	return (uint32_t *)(vmcs_get(w->vmcs, VMCS_APIC_PAGE) + reg);
}

static uint32_t *bits_of(struct world *w, unsigned int reg, unsigned int vector)
{
	return apic(w, reg + vector / 32 * 16);
}

static bool has_tpr_shadow(struct world *w)
{
	return vmcs_get(w->vmcs, VMCS_CPU) & CPU_TPR_SHADOW;
}

static bool has(struct world *w, uint32_t secondary)
{
	return (vmcs_get(w->vmcs, VMCS_CPU) & CPU_SECONDARY) &&
	       (vmcs_get(w->vmcs, VMCS_CPU2) & secondary);
}

/* "Guest interrupt status": the requesting and the servicing virtual interrupt. */
static uint8_t rvi(struct world *w)
{
	return vmcs_get(w->vmcs, VMCS_INTR_STATUS);
}

static uint8_t svi(struct world *w)
{
	return vmcs_get(w->vmcs, VMCS_INTR_STATUS) >> 8;
}

static void set_status(struct world *w, uint8_t requesting, uint8_t servicing)
{
	vmcs_set(w->vmcs, VMCS_INTR_STATUS, requesting | servicing << 8);
}

static uint8_t highest(struct world *w, unsigned int reg)
{
	for (int vector = 255; vector >= 0; vector--)
		if (*bits_of(w, reg, vector) & 1U << vector % 32)
			return vector;
	return 0;
}

/* "PPR Virtualization" and "Evaluation of Pending Virtual Interrupts" */
static void evaluate(struct world *w)
{
	const uint8_t tpr = *apic(w, VTPR), servicing = svi(w) & PRIORITY;
	const uint8_t ppr = (tpr & PRIORITY) >= servicing ? tpr : servicing;

	*apic(w, VPPR) = ppr;
	world_set_interrupt(w, (rvi(w) & PRIORITY) > (ppr & PRIORITY) ? rvi(w) : -1);
}

static void load_tpr(struct world *w)
{
	struct kvm_sregs sregs;

	if (!has_tpr_shadow(w) || engine->get_sregs(w->vcpu->engine, &sregs) ||
	    sregs.cr8 == (*apic(w, VTPR) >> 4 & 0xf))
		return;
	sregs.cr8 = *apic(w, VTPR) >> 4 & 0xf;
	engine->set_sregs(w->vcpu->engine, &sregs);
}

void vmx_apic_enter(struct world *w)
{
	load_tpr(w);
	if (has(w, CPU2_INTR_DELIVERY))
		evaluate(w);
	else
		world_set_interrupt(w, -1);
}

/* CR8 is the upper half of the TPR. */
static void store_tpr(struct world *w)
{
	struct kvm_sregs sregs;

	if (has_tpr_shadow(w) && !engine->get_sregs(w->vcpu->engine, &sregs) &&
	    sregs.cr8 != (*apic(w, VTPR) >> 4 & 0xf))
		*apic(w, VTPR) = sregs.cr8 << 4;
}

/* "Virtual-Interrupt Delivery", by the engine */
static void account(struct world *w)
{
	const uint8_t vector = rvi(w);

	if (!world_interrupt_taken(w))
		return;
	w->v_irq = false;
	*bits_of(w, VISR, vector) |= 1U << vector % 32;
	*bits_of(w, VIRR, vector) &= ~(1U << vector % 32);
	*apic(w, VPPR) = vector & PRIORITY;
	set_status(w, highest(w, VIRR), vector);
}

/* ---- writes; true to go on, else the exit comes behind the instruction ---- */

/* "TPR Virtualization" */
static bool wrote_tpr(struct world *w)
{
	if (has(w, CPU2_INTR_DELIVERY)) {
		evaluate(w);
		return true;
	}
	if ((*apic(w, VTPR) >> 4 & 0xf) >= vmcs_get(w->vmcs, VMCS_TPR_THRESHOLD))
		return true;
	vmx_exit(w, VMX_TPR, 0);
	return false;
}

/* "EOI Virtualization" */
static bool wrote_eoi(struct world *w)
{
	const uint8_t vector = svi(w);

	*bits_of(w, VISR, vector) &= ~(1U << vector % 32);
	set_status(w, rvi(w), highest(w, VISR));
	evaluate(w);
	if (!(vmcs_get(w->vmcs, VMCS_EOI_EXITS + 2 * (vector / 64)) >> vector % 64 & 1))
		return true;
	vmx_exit(w, VMX_EOI, vector);
	return false;
}

/* "Self-IPI Virtualization" */
static bool wrote_self_ipi(struct world *w, uint8_t vector)
{
	*bits_of(w, VIRR, vector) |= 1U << vector % 32;
	set_status(w, rvi(w) > vector ? rvi(w) : vector, svi(w));
	evaluate(w);
	return true;
}

/* MOV to CR8, which is done. */
bool vmx_apic_tpr(struct world *w)
{
	int reg;

	if (!has_tpr_shadow(w)) {
		reg = world_mov_to_cr8(w);
		vmx_insn_exit(w, VMX_CR, 8 | reg << 8, 4);
		return false;
	}
	store_tpr(w);
	account(w);
	return wrote_tpr(w);
}

/* ---- "Virtualizing MSR-Based APIC Accesses" ---- */

bool vmx_apic_msr(struct world *w, bool *on)
{
	struct engine_exit *exit = &w->vcpu->exit;
	const unsigned int reg = (exit->msr.index - X2APIC_MSR) << 4;
	struct kvm_regs regs;

	if (exit->msr.index - X2APIC_MSR >= X2APIC_MSRS || !has(w, CPU2_X2APIC))
		return false;
	*on = true;
	exit->msr.error = false;
	if (!exit->msr.write) {
		if (reg != VTPR && !has(w, CPU2_APIC_REGISTERS))
			return false;
		store_tpr(w);
		account(w);
		memcpy(&exit->msr.data, apic(w, reg), sizeof(exit->msr.data));
		return true;
	}
	if (reg != VTPR && ((reg != VEOI && reg != VSELF_IPI) || !has(w, CPU2_INTR_DELIVERY)))
		return false;
	exit->msr.error = exit->msr.data >> (reg == VEOI ? 0 : 8);
	if (exit->msr.error)
		return true;
	account(w);
	memcpy(apic(w, reg), &exit->msr.data, sizeof(exit->msr.data));
	if (reg == VTPR)
		load_tpr(w);
	*on = reg == VTPR ? wrote_tpr(w) : reg == VEOI ? wrote_eoi(w) :
	      wrote_self_ipi(w, exit->msr.data);
	if (*on || engine->get_regs(w->vcpu->engine, &regs))
		return true;
	/* Behind the instruction. */
	exit->abandon = true;
	regs.rip += 2;
	engine->set_regs(w->vcpu->engine, &regs);
	return true;
}

/* ---- interrupts ---- */

bool vmx_apic_posted(struct world *w)
{
	uint64_t *pid = (uint64_t *)vmcs_get(w->vmcs, VMCS_POSTED);
	uint32_t status;

	if (!(vmcs_get(w->vmcs, VMCS_PIN) & PIN_POSTED) || !image->notification_only())
		return false;
	account(w);
	__atomic_fetch_and(&pid[4], ~PID_ON, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < 4; i++) {
		const uint64_t posted = __atomic_exchange_n(&pid[i], 0, __ATOMIC_SEQ_CST);

		*bits_of(w, VIRR, 64 * i) |= posted;
		*bits_of(w, VIRR, 64 * i + 32) |= posted >> 32;
	}
	status = highest(w, VIRR);
	set_status(w, status > rvi(w) ? status : rvi(w), svi(w));
	evaluate(w);
	return true;
}

void vmx_apic_leave(struct world *w)
{
	store_tpr(w);
	account(w);
}
