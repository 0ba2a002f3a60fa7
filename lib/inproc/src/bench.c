// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMGEXITs without a guest, to measure the kernel's part alone.
 */
#include <errno.h>

#include "../bench.h"
#include "../device.h"
#include "loader.h"
#include "src.h"

long kvm_bench_vmgexits(int vcpu_fd, uint64_t ghcb_msr, void (*prepare)(void *data), void *data,
			unsigned long nr);

static long vmgexits(struct inproc_vcpu *vcpu, uint64_t ghcb_msr, void (*prepare)(void *data),
		     void *data, unsigned long nr)
{
	struct src_vcpu *src = vcpu->priv;
	long r = 0;

	image_enter();
	while (nr-- && r >= 0) {
		if (prepare)
			prepare(data);
		r = image->bench_vmgexit(src->vcpu, ghcb_msr);
	}
	return r < 0 ? r : 0;
}

long kvm_bench_vmgexits(int vcpu_fd, uint64_t ghcb_msr, void (*prepare)(void *data), void *data,
			unsigned long nr)
{
	struct file *file = file_get(vcpu_fd);
	long r = -EBADF;

	if (file && file->kind == FILE_VCPU) {
		struct vcpu *vcpu = file->obj;

		pthread_mutex_lock(&vcpu->mutex);
		r = vcpu->pub.vm->confidential ?
			vmgexits(&vcpu->pub, ghcb_msr, prepare, data, nr) : -EINVAL;
		pthread_mutex_unlock(&vcpu->mutex);
	}
	file_put(file);
	return r;
}
