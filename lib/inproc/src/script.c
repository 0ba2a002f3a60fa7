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

#define ALL_SIGNALS	(~0ULL)

static struct kvm_script *now;
static struct image_host host;
static int fd = -1;		/* of @vcpu, which is found once */
static struct src_vcpu *vcpu;

static IMAGE_CALL int signal_pending(unsigned long long blocked)
{
	(void)blocked;
	return now->signal;
}

static IMAGE_CALL unsigned long long signals_blocked(void)
{
	return 0;
}

/* Nobody else will wake a vCPU that waits: a signal of the VMM's does. */
static IMAGE_CALL int event_wait(int event, unsigned long long blocked, unsigned long long deadline)
{
	if (blocked == ALL_SIGNALS)
		return host.event_wait(event, blocked, deadline);
	now->signal = 1;
	return 1;
}

void kvm_script_start(struct kvm_script *script)
{
	if (!now)
		host = src_host;
	now = script;
	fd = -1;
	src_host.signal_pending = script ? signal_pending : host.signal_pending;
	src_host.signals_blocked = script ? signals_blocked : host.signals_blocked;
	src_host.event_wait = script ? event_wait : host.event_wait;
	engine_script(script);
}

long kvm_script_run(int vcpu_fd)
{
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
