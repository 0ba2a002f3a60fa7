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

long kvm_bench_vmgexits(int vcpu_fd, uint64_t ghcb_msr, void (*prepare)(void *data), void *data,
			unsigned long nr)
{
	struct src_vcpu *vcpu = src_vcpu_of_fd(vcpu_fd);
	long r = 0;

	if (!vcpu)
		return -EBADF;
	image_enter();
	while (nr-- && r >= 0) {
		if (prepare)
			prepare(data);
		r = image->bench_vmgexit(vcpu->file, ghcb_msr);
	}
	return r < 0 ? r : 0;
}
