/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VIEW_H
#define VIEW_H

#include <stddef.h>

struct kvm_vcpu;
struct ucall;

/* A case begins: forget all. */
void view_reset(void);
/* A case that has failed ends: say what each side saw. */
void view_tell(void);

/* The last exit of @vcpu was the guest's ucall. */
void view_ucall(const struct kvm_vcpu *vcpu, const struct ucall *uc);

#endif
