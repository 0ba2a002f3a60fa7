// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for what arch/x86/kernel and arch/x86/mm have of a CPU that KVM
 * looks at: control registers, descriptor tables, mitigations, memory types, trace.
 * Stubs but for CR4, which is kept: nothing here has an effect that a process could see,
 * there is no trace, and the CPU needs no mitigation.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/sched/smt.h>
#include <linux/smp.h>
#include <asm/cpu_entry_area.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/e820/api.h>
#include <asm/hardirq.h>
#include <asm/intel_pt.h>
#include <asm/irq_remapping.h>
#include <asm/memtype.h>
#include <asm/mmu_context.h>
#include <asm/nospec-branch.h>
#include <asm/perf_event.h>
#include <asm/spec-ctrl.h>
#include <asm/tlbflush.h>

#include "glue.h"

/* Versions put these into different per-CPU sections; the declared one wins. */
#pragma GCC diagnostic ignored "-Wattributes"

/* ---- control registers ---- */

/* What a running kernel has set: PAE, MCE, PGE, FXSR, XMM exceptions, OSXSAVE, SMEP, SMAP. */
#define GLUE_CR4	(X86_CR4_PAE | X86_CR4_MCE | X86_CR4_PGE | X86_CR4_OSFXSR |	\
			 X86_CR4_OSXMMEXCPT | X86_CR4_OSXSAVE | X86_CR4_SMEP | X86_CR4_SMAP)

/* By CPU number, not per CPU: functions that are called on another CPU ask for its own. */
static unsigned long glue_cr4s[IMAGE_MAX_CPUS];

unsigned long glue_cr4(void);

unsigned long glue_cr4(void)
{
	return glue_cr4s[smp_processor_id()] ?: GLUE_CR4;
}

unsigned long cr4_read_shadow(void)
{
	return glue_cr4();
}

void cr4_update_irqsoff(unsigned long set, unsigned long clear)
{
	glue_cr4s[smp_processor_id()] = (glue_cr4() & ~clear) | set;
}

/* For a VMCS' host state alone; the page tables are the process's. */
unsigned long __get_current_cr3_fast(void)
{
	return PAGE_SIZE;
}

/* ---- descriptor tables and segments: the process's own stay loaded ---- */

DEFINE_PER_CPU_PAGE_ALIGNED(struct gdt_page, gdt_page);
DEFINE_PER_CPU(bool, __tss_limit_invalid);

/* An address for a VMCS' host state; nothing is there. */
struct cpu_entry_area *get_cpu_entry_area(int cpu)
{
	return (struct cpu_entry_area *)CPU_ENTRY_AREA_PER_CPU + cpu;
}

void load_direct_gdt(int cpu)
{
}

void load_fixmap_gdt(int cpu)
{
}

/* GS base is per-CPU data's, and a selector would change it. */
void glue_load_gs_index(unsigned int selector) asm("asm_load_gs_index");

void glue_load_gs_index(unsigned int selector)
{
}

/* thread.fsbase and thread.gsbase: nobody but a VM's host state wants them. */
void current_save_fsgs(void);

void current_save_fsgs(void)
{
}

/*
 * ---- interrupts that arrived in a guest: the process's signals are handled elsewhere, and
 * of the handlers' work there is only a count ----
 */

unsigned int glue_host_events[CONTROL_NR_HOST_EVENTS];

void do_machine_check(struct pt_regs *regs);

void do_machine_check(struct pt_regs *regs)
{
	__atomic_fetch_add(&glue_host_events[CONTROL_HOST_MACHINE_CHECK], 1, __ATOMIC_RELAXED);
}

/* asm/fred.h: EVENT_TYPE_EXTINT, EVENT_TYPE_NMI */
void x86_entry_from_kvm(unsigned int type, unsigned int vector);

void __weak x86_entry_from_kvm(unsigned int type, unsigned int vector)
{
	__atomic_fetch_add(&glue_host_events[type ? CONTROL_HOST_NMI : CONTROL_HOST_INTERRUPT], 1,
			   __ATOMIC_RELAXED);
}

/*
 * Older trees find the handler of an interrupt that ended a guest's run in the IDT.  The
 * instruction SIDT gives this one (insn.h); all entries lead to the same handler
 * (x86_entry.S).
 */
extern char glue_irq_handler[];
gate_desc glue_idt[IDT_ENTRIES];
void glue_idt_init(void)
{
	unsigned int i;

	for (i = 0; i < IDT_ENTRIES; i++)
		pack_gate(&glue_idt[i], GATE_INTERRUPT, (unsigned long)glue_irq_handler, 0, 0,
			  __KERNEL_CS);
}

DEFINE_PER_CPU_SHARED_ALIGNED(irq_cpustat_t, irq_stat);

/* The interrupt that wakes a vCPU up which sleeps: no device posts any. */
void kvm_set_posted_intr_wakeup_handler(void (*handler)(void));

void kvm_set_posted_intr_wakeup_handler(void (*handler)(void))
{
}

/* ---- emergencies, suspend and hibernation do not happen ---- */

void cpu_emergency_register_virt_callback(void *callback);
void cpu_emergency_unregister_virt_callback(void *callback);
bool hibernation_available(void);

void __weak cpu_emergency_register_virt_callback(void *callback)
{
}

void __weak cpu_emergency_unregister_virt_callback(void *callback)
{
}

bool hibernation_available(void)
{
	return false;
}

int (*glue_acpi_suspend_lowlevel)(void) asm("acpi_suspend_lowlevel");

/* ---- features that a kernel turns on or off at boot ---- */

/* Words of features and of bugs, as boot_cpu_data has them; nobody reads it after boot. */
u32 cpu_caps_set[NCAPINTS + NBUGINTS];

void __weak setup_clear_cpu_cap(unsigned int feature)
{
	clear_bit(feature, (unsigned long *)boot_cpu_data.x86_capability);
}

/* ---- mitigations ---- */

DEFINE_STATIC_KEY_FALSE(sched_smt_present);
/* Older trees. */
struct static_key_false cpu_buf_vm_clear, mmio_stale_data_clear;
/* enum l1tf_mitigations, of which 0 is "off" */
int glue_l1tf_mitigation asm("l1tf_mitigation");
DEFINE_PER_CPU(u64, x86_spec_ctrl_current);
u16 x86_verw_sel = __KERNEL_DS;

bool itlb_multihit_kvm_mitigation;
struct static_key_false switch_vcpu_ibpb;

/* ---- memory types: PAT is on, all is memory, and no firmware's map says otherwise ---- */

bool pat_enabled(void)
{
	return true;
}

/* No page is a device's. */
bool pat_pfn_immune_to_uc_mtrr(unsigned long pfn)
{
	return false;
}

bool e820__mapped_raw_any(u64 start, u64 end, enum e820_type type)
{
	return true;
}

/* ---- interrupt remapping: there is no IOMMU ---- */

bool irq_remapping_cap(enum irq_remap_cap cap)
{
	return false;
}

/* ---- processor trace ---- */

u32 intel_pt_validate_hw_cap(enum pt_capabilities cap)
{
	return 0;
}

u32 intel_pt_validate_cap(u32 *caps, enum pt_capabilities cap)
{
	return 0;
}

void intel_pt_handle_vmx(int on)
{
}
