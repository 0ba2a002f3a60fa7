/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDs that make any kind of exit; see vmm_vm.h.  tdx_revision_find() comes first.
 */
#ifndef VMM_TDX_H
#define VMM_TDX_H

#include "cases/vmm_vm.h"
#include "tdx/tdvmcall_vm.h"

/* vmm_vm's arg is NULL. */
extern const struct vmm_guest_ops vmm_tdx;

extern const struct vmm_exit_ops
	vmm_info,			/* GetTdVmCallInfo, R12 = 1 */
	vmm_quote,			/* GetQuote */
	vmm_notify,			/* SetupEventNotifyInterrupt */
	vmm_map_gpa,			/* MapGPA of a page */
	vmm_map_gpa_3,			/* of 6 MiB, which is several exits: the first */
	vmm_io_in,			/* Instruction.IO, 32 bits; VMM_ERROR and so on: other data */
	vmm_fatal;			/* ReportFatalError: the guest has no answer */

/* What there is of a TD for @cpu, with @cpu selected. */
struct tdvmcall_vm *vmm_tdx_vm(const struct vmm_cpu *cpu);

/* The range that @cpu's MapGPA is for: its first GPA, without the shared bit. */
uint64_t vmm_tdx_gpa(const struct vmm_cpu *cpu);

#endif
