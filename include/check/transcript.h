/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each side saw: told when the case has failed.
 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include <stdint.h>

struct kvm_vcpu;
struct ucall;

/* KVM_RUN, once: 0, or its errno.  The report tells of each vCPU's last ones. */
int check_run(struct kvm_vcpu *vcpu);
/* The time, in nanoseconds, for which check_run() had this thread in KVM_RUN since the last call. */
uint64_t check_run_ns(void);

/*
 * Have @tell say, by check_note(), what @guest saw.  It is told at the end of the
 * case, or when its @owner goes.
 */
void check_guest_view(const void *owner, void (*tell)(const void *guest), const void *guest);
void check_guest_gone(const void *owner);

/* ---- for lib/check itself ---- */

/* A case begins: forget all. */
void transcript_reset(void);
/* A case that has failed ends: say what each side saw. */
void transcript_tell(void);

/* The last exit of @vcpu was the guest's ucall. */
void transcript_ucall(const struct kvm_vcpu *vcpu, const struct ucall *uc);

#endif
