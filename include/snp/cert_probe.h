/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which certificate exits the KVM under test speaks.
 */
#ifndef CERT_PROBE_H
#define CERT_PROBE_H

#include <stdint.h>

#include "exits/cert.h"

struct kvm_vm;

/*
 * The number (capability, or device attribute) under which the KVM under test
 * speaks @rev, or 0 when it does not.  Found once per process, on scratch VMs in
 * a child; cert_probe.c says what is asked.
 */
uint32_t cert_revision_cap(const struct cert_revision *rev);

/*
 * Enable the exit on @vm: 0 or -errno.  @arg and @flags are KVM_ENABLE_CAP's; the
 * command of certs-v6 and on has neither.
 */
int __cert_exit_enable(struct kvm_vm *vm, const struct cert_revision *rev, uint64_t arg,
		       uint32_t flags);

#endif
