// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMGEXITs without a guest, to measure the kernel's part alone.
 */
#include <errno.h>

#include "base/base.h"
#include "bench.h"
#include "src/image/loader.h"
#include "src/services/services.h"

long kvm_bench_vmgexits(int vcpu_fd, uint64_t ghcb_msr, void (*prepare)(void *data), void *data,
			unsigned long nr);

struct caller {
	void (*prepare)(void *data);
	void *data;
};

static IMAGE_CALL void prepare_next(void *data)
{
	const struct caller *caller = data;

	if (caller->prepare)
		caller->prepare(caller->data);
}

long kvm_bench_vmgexits(int vcpu_fd, uint64_t ghcb_msr, void (*prepare)(void *data), void *data,
			unsigned long nr)
{
	struct src_vcpu *vcpu = src_vcpu_of_fd(vcpu_fd);
	struct caller caller = { prepare, data };
	long r;

	if (!vcpu)
		return -EBADF;
	image_enter();
	r = image->bench_vmgexits(vcpu->file, ghcb_msr, prepare_next, &caller, nr);
	return r < 0 ? r : 0;
}
