/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Races of the guest with kernel code: what the parts of platform src tell race.c,
 * and the control's part of it.
 */
#ifndef INPROC_SRC_RACE_H
#define INPROC_SRC_RACE_H

#include <stdbool.h>

#include "src/image/image.h"

struct control_race;
struct src_vcpu;

/* Was the fault or trap one of a race's?  Then @regs say where to go on. */
bool race_trap(struct image_regs *regs);

/* Kernel code begins or ends to run, on this thread. */
void race_kernel_runs(bool runs);
/* The same around the guest; @vmgexit: that is why it stopped. */
void race_guest_enters(void);
void race_guest_left(bool vmgexit);

/* image_host's copy_begin() and so on */
void race_copy_begin(void *hva, unsigned long len, unsigned long caller);
void race_copy_end(void);
void race_mapped(void *hva, void *kaddr);
void race_unmapped(void *kaddr);

/* control_ops'; with the vCPU that it names, or NULL */
int race_start(const struct control_race *race, const struct src_vcpu *vcpu);
unsigned int race_stop(void);
const char *race_access(unsigned int idx, char *buf, unsigned long len);

#endif
