/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_RUN with an expectation of how it ends.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "check/requirement.h"

struct kvm_vcpu;

/* KVM_RUN; it succeeds with exit reason @reason. */
#define EXPECT_REQ_EXIT(req, vcpu, reason)						\
	check_exit(__FILE__, __LINE__, req, vcpu, reason)

/* KVM_RUN until the guest's GUEST_SYNC(@stage). */
#define EXPECT_REQ_SYNC(req, vcpu, stage)						\
	check_sync(__FILE__, __LINE__, req, vcpu, stage)

/* KVM_RUN; it fails with errno @err. */
#define EXPECT_REQ_RUN_ERRNO(req, vcpu, err)						\
	check_run_errno(__FILE__, __LINE__, req, vcpu, err)

bool check_exit(const char *file, int line, enum requirement_nr req, struct kvm_vcpu *vcpu,
		uint32_t reason);
bool check_sync(const char *file, int line, enum requirement_nr req, struct kvm_vcpu *vcpu,
		uint64_t stage);
bool check_run_errno(const char *file, int line, enum requirement_nr req,
		     struct kvm_vcpu *vcpu, int err);

#endif
