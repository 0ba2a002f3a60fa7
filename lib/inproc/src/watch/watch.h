/* SPDX-License-Identifier: GPL-2.0-only */
/* What looks at kernel code from outside: steps that fail, hangs, faults. */
#ifndef INPROC_SRC_WATCH_H
#define INPROC_SRC_WATCH_H

#include "src/vm/vm.h"

struct control_td_exit;

/* ---- inject.c: does this one fail?  And how the control says which ---- */

int src_step_fails(enum control_step step);
void src_fail_step(enum control_step step, unsigned int nth);
void src_fail_steps(enum control_step step, unsigned int nth, unsigned int times);
/* Until it is told otherwise, what this thread does is no step of a test's. */
void src_steps_are_ours(bool are);
unsigned int src_steps(enum control_step step);
/* The same of SEAMCALLs; as in struct image_host and struct control_ops. */
unsigned long long src_seamcall_fails(unsigned int leaf);
void src_fail_seamcalls(unsigned int leaf, unsigned int nth, unsigned int times,
			unsigned long long status);
unsigned int src_seamcalls(void);
void src_in_seamcall(unsigned int leaf, void (*fn)(void *data), void *data);
enum control_td_exit_kind src_td_exit(struct image_td_exit *exit);
void src_set_td_exit(const struct control_td_exit *exit, unsigned int times);

/* ---- hang.c: at the platform's start (0 or -errno), and what it has to know of ---- */

int hang_init(void);
void hang_vm_created(void);
void hang_vm_destroyed(void);
void hang_track(struct src_vcpu *src);
void hang_forget(struct src_vcpu *src);
/* VMs that this process has. */
unsigned int hang_nr_vms(void);
/* Take out of @block signals whose handler is ours and does not return; @caller's mask. */
void hang_unblock(sigset_t *block, const sigset_t *caller);

/* ---- fault.c ---- */

/* Signal handlers for traps of kernel code; after image_load(). */
int fault_init(void);
/* services/kfile_mmap.c: an access to a mapping whose page has not come yet is handled; or NULL. */
extern bool (*fault_of_mapping)(uintptr_t addr, bool write);
/* Where the trap is that this thread handles just now, or NULL. */
const struct image_regs *fault_trapped(void);

/* ---- reached.c: with COCO_REACHED, before the image runs; 0 or -errno ---- */

int reached_init(void);
/* Is the trap a function's first call?  Then @regs are as if there had been none. */
bool reached_trap(struct image_regs *regs);

#endif
