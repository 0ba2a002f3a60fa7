/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A confidential VM by the bare uAPI, for tests of launches that fail: for libkvm every
 * error is the end.
 */
#ifndef RAW_VM_H
#define RAW_VM_H

#include <stdint.h>

#define RAW_VM_PAGE		4096ull
#define RAW_VM_PAGES		8
#define RAW_VM_PRIVATE_PAGES	4

struct raw_vm {
	int kvm, vm, gmem, vcpu;	/* descriptors, or -1 */
	char *mem;			/* RAW_VM_PAGES of the VMM's, shared view of slot 0 */
	struct kvm_run *run;		/* of the vCPU, once raw_vm_map_run() was called */
	int run_size;			/* bytes */
};

/* 0, or the errno of an ioctl() that gave @ret. */
int raw_errno(long ret);

/* /dev/kvm, and memory for the slot; fails an assertion. */
void raw_vm_open(struct raw_vm *v);
/* Closes what is open, in an order that VMMs have at their end, and forgets errno. */
void raw_vm_close(struct raw_vm *v);

/* Each gives 0 or an errno. */
int raw_vm_create(struct raw_vm *v, unsigned long type);
/*
 * Slot 0 at @gpa with a guest_memfd; RAW_VM_PRIVATE_PAGES from @private_gpa on are
 * private.
 */
int raw_vm_add_memory(struct raw_vm *v, uint64_t gpa, uint64_t private_gpa);
int raw_vm_add_vcpu(struct raw_vm *v);
int raw_vm_map_run(struct raw_vm *v);

#endif
