/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways in which certificate exits are enabled, each 0 or -errno; a test of one
 * revision uses __cert_exit_enable() of cert_probe.h.
 */
#ifndef CERT_ENABLE_H
#define CERT_ENABLE_H

#include <stdint.h>

struct kvm_vm;

#define KVM_X86_GRP_SEV			1
#define KVM_SEV_SNP_ENABLE_REQ_CERTS	103

int __cert_enable_cap(struct kvm_vm *vm, uint32_t cap, uint64_t arg, uint32_t flags);
int __cert_enable_command(struct kvm_vm *vm);
/* KVM_GET_DEVICE_ATTR of /dev/kvm. */
int __cert_attr_get(uint32_t group, uint64_t attr, uint64_t *value);

#endif
