// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests that execute no instructions, and KVM_RUN of theirs without what only a real process
 * needs: no signal can come but the one that the client says is pending.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/base.h"
#include "engine/engine_script.h"
#include "script.h"
#include "src/image/loader.h"
#include "src/services/services.h"
#include "src/vm/vm.h"
#include "src.h"

void kvm_script_start(struct kvm_script *script);
long kvm_script_run(int vcpu_fd);

static struct kvm_script *now;
static struct image_host host;

static IMAGE_CALL int signal_pending(unsigned long long blocked)
{
	(void)blocked;
	return now->signal;
}

static IMAGE_CALL unsigned long long signals_blocked(void)
{
	return 0;
}

void kvm_script_start(struct kvm_script *script)
{
	if (!now)
		host = src_host;
	now = script;
	src_host.signal_pending = script ? signal_pending : host.signal_pending;
	src_host.signals_blocked = script ? signals_blocked : host.signals_blocked;
	engine_script(script);
}

long kvm_script_run(int vcpu_fd)
{
	static struct src_vcpu *vcpu;
	static int fd = -1;
	long ret;

	if (fd != vcpu_fd)
		vcpu = src_vcpu_of_fd(vcpu_fd);
	if (!vcpu || !now)
		return -EBADF;
	fd = vcpu_fd;
	kfile_enter(vcpu->vm);
	src_now.of = src_now.vcpu = vcpu;
	ret = image->ioctl(vcpu->file, KVM_RUN, 0);
	src_now.vcpu = NULL;
	return kfile_leave(ret);
}
