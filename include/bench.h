/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tools/bench.c: what an in-process KVM exports to be measured by, found at
 * run time by name, as the control is.
 */
#ifndef INPROC_BENCH_H
#define INPROC_BENCH_H

#include <stdint.h>

/*
 * Have the KVM under test handle @nr VMGEXITs of the vCPU behind descriptor
 * @vcpu_fd, with @ghcb_msr in its GHCB MSR (a GHCB's GPA, or a request of the MSR
 * protocol), but no guest.  Before each, @prepare is called with @data: KVM clears
 * the GHCB's valid bitmap.  An exit to the VMM is completed as if it had been
 * answered with what KVM left in kvm_run.  The vCPU must be launched, and not run.
 *
 * 0, or -errno: EBADF @vcpu_fd is no vCPU of the in-process KVM, EINVAL its VM is
 * not confidential, else how KVM refused one of them.
 */
typedef long (*kvm_bench_vmgexits_t)(int vcpu_fd, uint64_t ghcb_msr,
				     void (*prepare)(void *data), void *data, unsigned long nr);

#define KVM_BENCH_VMGEXITS	"kvm_bench_vmgexits"

#endif
