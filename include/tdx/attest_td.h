/* SPDX-License-Identifier: GPL-2.0-only */
/* TDs that have themselves attested: guest_td_attest_loop(). */
#ifndef ATTEST_TD_H
#define ATTEST_TD_H

#include "guest/td_attest.h"
#include "tdx/td_vm.h"

struct attest_td {
	struct td_vm *td;
	struct kvm_vcpu *vcpu;
	struct td_attest *box;
	struct shared_mem buffer;	/* of GetQuote */
	void *own;			/* the guest's own page, before the launch */
};

/* Not launched yet. */
void attest_td_create(struct attest_td *a, unsigned int gpaw);
void attest_td_free(struct attest_td *a);

#endif
