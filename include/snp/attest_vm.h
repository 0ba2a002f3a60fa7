/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SNP VM whose guests speak with firmware: a request_vm with a secrets page and
 * guest_attest_loop().
 */
#ifndef ATTEST_VM_H
#define ATTEST_VM_H

#include "guest/attest.h"
#include "snp/request_vm.h"

/* As request_vm_create(), not launched yet. */
struct request_vm *attest_vm_create(unsigned int nr_vcpus);
/* The second of the two steps, see request_vm_create_bare(). */
void attest_vm_add_vcpus(struct request_vm *v, unsigned int nr_vcpus);

static inline struct attest_mailbox *attest_box(const struct request_cpu *cpu)
{
	return (struct attest_mailbox *)cpu->req;
}

/*
 * The guest's next request: a message of type @type with VMPCK @vmpck by event @exit_code, with
 * @npages for certificates.  The caller fills in the payload, of attest_box() all zeroes.
 */
void attest_prepare(struct request_cpu *cpu, uint64_t exit_code, unsigned int npages,
		    unsigned int vmpck, unsigned int type);

#endif
