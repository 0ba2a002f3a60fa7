/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a thread of any VMM can call about a VM and its vCPU, for tables of pairs (interleave.h):
 * each returns 0 or an errno.  Addresses are GPAs of a page, offsets those of a page in
 * guest_memfd, in bytes.
 */
#ifndef CASES_PAIR_CALLS_H
#define CASES_PAIR_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "vm/raw_vm.h"

/* A member of struct pair_call: @expression is about "m", the test's struct machine. */
#define PAIR_CALL(name, expression)							\
	static int name(void *machine, unsigned int thread)				\
	{										\
		struct machine *m = machine;						\
											\
		(void)thread;								\
		return expression;							\
	}

int pair_vm_ioctl(struct raw_vm *vm, unsigned long cmd, const void *arg);
int pair_vcpu_ioctl(struct raw_vm *vm, unsigned long cmd, const void *arg);

int pair_run(struct raw_vm *vm);
/* KVM_SET_MP_STATE: KVM_MP_STATE_HALTED */
int pair_halt(struct raw_vm *vm);
/* KVM_SET_LAPIC of what KVM_GET_LAPIC says */
int pair_set_lapic(struct raw_vm *vm);
int pair_signal_msi(struct raw_vm *vm);
int pair_pre_fault(struct raw_vm *vm, uint64_t gpa);

/* Slot 0 */
int pair_delete_slot(struct raw_vm *vm);
/* Slot 1, at @gpa: the first page of the same guest_memfd, which is bound already. */
int pair_second_slot(struct raw_vm *vm, uint64_t gpa);
/* KVM_SET_MEMORY_ATTRIBUTES: not private */
int pair_make_shared(struct raw_vm *vm, uint64_t gpa);
int pair_punch_hole(struct raw_vm *vm, uint64_t offset);
/* MADV_DONTNEED of the VMM's page at @gpa of slot 0 */
int pair_discard(struct raw_vm *vm, uint64_t gpa);

/* KVM_CREATE_VCPU; @fd is its descriptor, or -1. */
int pair_create_vcpu(struct raw_vm *vm, unsigned long id, int *fd);
/* @fd is -1 then. */
int pair_close(int *fd);
/* Those of @nr that are not -1 */
void pair_close_all(const int *fds, unsigned int nr);

/* A sum of each VMSA that firmware was given in the last launch, see interleave_tell(). */
void pair_tell_vmsas(char *text, size_t size);

#endif
