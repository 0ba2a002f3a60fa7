// SPDX-License-Identifier: GPL-2.0-only
/* Guests of the model's that execute no instructions. */
#include <errno.h>
#include <linux/kvm.h>

#include "base/base.h"
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
	struct file *file = file_get(vcpu_fd);
	long ret;

	if (!file)
		return -EBADF;
	ret = file->ops->ioctl(file->obj, KVM_RUN, 0);
	file_put(file);
	return ret;
}
