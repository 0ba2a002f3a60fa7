// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_RUN with an expectation of how it ends.
 */
#include <stdio.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "check/expect.h"
#include "check/run.h"
#include "check/transcript.h"

/* KVM_RUN until something other than a signal ends it: 0, or an errno. */
static int run(struct kvm_vcpu *vcpu)
{
	int ret;

	do {
		ret = check_run(vcpu);
	} while (ret == EINTR);
	return ret;
}

/* The guest's own words, where it has said any. */
static void guest_says(struct kvm_vcpu *vcpu, struct ucall *uc, char *what, size_t size)
{
	uint64_t cmd = get_ucall(vcpu, uc);

	/* Of another exit it says UCALL_NONE. */
	if (cmd)
		transcript_ucall(vcpu, uc);
	if (cmd != UCALL_ABORT)
		return;
	snprintf(what, size, "guest assertion '%s' at %s:%lu: %s",
		 (const char *)uc->args[GUEST_ERROR_STRING], (const char *)uc->args[GUEST_FILE],
		 uc->args[GUEST_LINE], uc->buffer);
}

bool check_exit(const char *file, int line, enum requirement_nr req, struct kvm_vcpu *vcpu,
		uint32_t reason)
{
	char what[1280] = "exit reason";
	struct ucall uc;

	if (!check_eq(file, line, req, "KVM_RUN", 0, run(vcpu), &names_errno))
		return false;
	if (vcpu->run->exit_reason == reason)
		return true;
	guest_says(vcpu, &uc, what, sizeof(what));
	return check_eq(file, line, req, what, reason, vcpu->run->exit_reason,
			&names_exit_reason);
}

bool check_sync(const char *file, int line, enum requirement_nr req, struct kvm_vcpu *vcpu,
		uint64_t stage)
{
	char what[1280] = "the guest's report";
	struct ucall uc = {};
	uint32_t reason;

	if (!check_eq(file, line, req, "KVM_RUN", 0, run(vcpu), &names_errno))
		return false;
	reason = vcpu->run->exit_reason;
	if (!check_eq(file, line, req, "exit reason", KVM_EXIT_IO, reason, &names_exit_reason))
		return false;
	guest_says(vcpu, &uc, what, sizeof(what));
	return check_eq(file, line, req, what, UCALL_SYNC, uc.cmd, &names_ucall) &&
	       check_eq(file, line, req, "the guest's stage", stage, uc.args[1], &names_stage);
}

bool check_run_errno(const char *file, int line, enum requirement_nr req,
		     struct kvm_vcpu *vcpu, int err)
{
	return check_eq(file, line, req, "KVM_RUN", err, run(vcpu), &names_errno);
}
