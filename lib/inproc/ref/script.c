// SPDX-License-Identifier: GPL-2.0-only
/* Guests of the model's that execute no instructions. */
#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "engine/engine_script.h"
#include "script.h"

void kvm_script_start(struct kvm_script *script);
long kvm_script_run(int vcpu_fd);

void kvm_script_start(struct kvm_script *script)
{
	engine_script(script);
}

long kvm_script_run(int vcpu_fd)
{
	const long ret = ioctl(vcpu_fd, KVM_RUN, 0);

	return ret < 0 ? -errno : ret;
}
