/* SPDX-License-Identifier: GPL-2.0-only */
/* What confidential guests on an engine do instead of their own instructions. */
#ifndef INPROC_SITES_H
#define INPROC_SITES_H

#include <stddef.h>

/*
 * Trap sites.  VMGEXIT, RMPADJUST, PVALIDATE and TDCALL do not reach a VMM from an ordinary VM,
 * so they are overwritten in guest memory, in place, same length, when the guest's
 * initial private memory is complete (see sites.c):
 *	VMGEXIT  f3 0f 01 d9			-> OUT %al, $TRAP_PORT_VMGEXIT; 2 * NOP
 *	RMPADJUST f3 0f 01 fe			-> OUT %al, $TRAP_PORT_RMPADJUST; 2 * NOP
 *	PVALIDATE f2 0f 01 ff			-> OUT %al, $TRAP_PORT_PVALIDATE; 2 * NOP
 *	TDCALL   66 0f 01 cc			-> OUT %al, $TRAP_PORT_TDCALL; 2 * NOP
 *	WRMSR    0f 30 + TRAP_MSR_MARK		-> OUT %al, $TRAP_PORT_WRMSR
 *	RDMSR    0f 32 + TRAP_MSR_MARK		-> OUT %al, $TRAP_PORT_RDMSR
 * The mark is the 8-byte NOP 0f 1f 84 00 6b 76 6d 21, which our own guests put
 * behind each access to the GHCB MSR; other guests' accesses come out through
 * engine_ops.trap_msr where the engine can.  A confidential guest never uses
 * port I/O itself (on hardware it would get #VC or #VE).
 */
#define TRAP_PORT_VMGEXIT	0xe0
#define TRAP_PORT_TDCALL	0xe1
#define TRAP_PORT_WRMSR		0xe2
#define TRAP_PORT_RDMSR		0xe3
#define TRAP_PORT_RMPADJUST	0xe4
#define TRAP_PORT_PVALIDATE	0xe5

/* Patch every site in @len bytes at @at; how many there were. */
int sites_patch(void *at, size_t len);
/* The same of those that begin in the page @before and end in the page @behind. */
void sites_patch_across(void *before, void *behind);

#endif
