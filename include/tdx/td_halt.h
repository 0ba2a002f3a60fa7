/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TD whose vCPUs halt and take interrupts.
 */
#ifndef TD_HALT_H
#define TD_HALT_H

#include "guest/td_interrupts.h"
#include "tdx/tdvmcall_vm.h"

/* A vector of the guest's. */
#define TD_HALT_VECTOR	64
/* Looks that a guest takes which is not told, and one that gets no interrupt. */
#define TD_HALT_PATIENCE	2000000ull
#define TD_HALT_NONE	100ull

/* A launched TD; its vCPUs have enabled their local APICs, vCPU 0 is selected. */
void td_halt_create(struct tdvmcall_vm *v, unsigned int nr_vcpus);

/* HLT, and interrupts are on after it.  R12 is @blocked: the guest says it takes none. */
void td_halt_prepare(struct tdvmcall_vm *v, uint64_t blocked);

/*
 * A vCPU that nothing wakes is a hang, which names no requirement: unless told that it is up
 * again (NULL), have it woken after a while, by a vector that no test expects.
 */
#define TD_HALT_RESCUE	200
void td_halt_rescue(struct tdvmcall_vm *v);

#endif
