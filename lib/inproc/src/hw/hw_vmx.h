/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VM entry and VM exit: what their parts share.
 */
#ifndef INPROC_SRC_HW_VMX_H
#define INPROC_SRC_HW_VMX_H

#include "vmcs_fields.h"
#include "world.h"

/* ---- hw_vmx.c ---- */

void vmx_exit(struct world *w, enum vmx_reason reason, uint64_t qualification);
/* The same of an instruction of @len bytes, which is not done. */
void vmx_insn_exit(struct world *w, enum vmx_reason reason, uint64_t qualification,
		   unsigned int len);

/* ---- hw_vmx_state.c: the guest-state area, and MSRs; 0 or -errno ---- */

int vmx_load(struct world *w);
int vmx_store(struct world *w);
int vmx_trap_msrs(struct world *w);
/* By the MSR bitmap. */
bool vmx_msr_exits(struct world *w, uint32_t index, bool write);
uint64_t vmx_tsc_offset(struct world *w);
/* By the MSR bitmap. */
bool vmx_msr_exits(struct world *w, uint32_t index, bool write);
uint64_t vmx_tsc_offset(struct world *w);
/* Of this thread's CPU, one that it shares with its guests; NULL: it is another. */
unsigned long long *vmx_cpu_msr(uint32_t index);

/* ---- hw_vmx_insn.c: instructions; true to go on in the guest ---- */

bool vmx_io(struct world *w);
bool vmx_hlt(struct world *w);
bool vmx_msr(struct world *w);
bool vmx_cr(struct world *w);
bool vmx_exception(struct world *w);

/* ---- hw_vmx_apic.c: the virtual APIC ---- */

/* Before the guest. */
void vmx_apic_enter(struct world *w);
/* The guest has lowered CR8; true to go on. */
bool vmx_apic_tpr(struct world *w);
/* An MSR that does not come to an exit: false if it is none of the APIC's; *@on: true to go on. */
bool vmx_apic_msr(struct world *w, bool *on);
/* The engine was interrupted: true if that was for posted interrupts alone. */
bool vmx_apic_posted(struct world *w);
/* After the guest. */
void vmx_apic_leave(struct world *w);

#endif
