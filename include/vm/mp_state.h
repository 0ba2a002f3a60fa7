/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs that wait in KVM: halted, or an AP that is held.
 */
#ifndef MP_STATE_H
#define MP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "check/names.h"
#include "check/requirement.h"

struct kvm_vcpu;

extern const struct value_names names_mp_state;	/* KVM_MP_STATE_* */

/* KVM_GET_MP_STATE, KVM_SET_MP_STATE */
uint32_t mp_state(struct kvm_vcpu *vcpu);
void mp_state_set(struct kvm_vcpu *vcpu, uint32_t state);

/*
 * KVM_RUN, ended with EINTR by signals, until the vCPU is in @state, and @more times after
 * that, which leave it there; once more with immediate_exit.
 */
#define EXPECT_REQ_STAYS(req, vcpu, state, more)	\
	check_stays(__FILE__, __LINE__, req, vcpu, state, more)

bool check_stays(const char *file, int line, enum requirement_nr req, struct kvm_vcpu *vcpu,
		 uint32_t state, unsigned int more);

#endif
