// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that makes the same request without end: it costs the kernel time, which is the
 * guest's own, but no memory.
 */
#include "kvm_util.h"

#include "cases/vmm_cases.h"
#include "check/expect.h"
#include "check/state.h"
#include "control.h"

#define REPEATS		64
/* By then all that a vCPU allocates once is there. */
#define WARM		8

void vmm_case_repeat(const struct vmm_case *c)
{
	const struct vmm_exit_ops *kind = c->kind[0];
	const char *missing = kind->missing ? kind->missing() : NULL;
	enum requirement_nr req;
	unsigned long held = 0;
	unsigned int i;
	struct vmm_vm v;

	if (missing) {
		check_skip("%s", missing);
		return;
	}
	if (!vmm_vm_start(&v, c->type, c->arg, 1))
		return;
	req = vmm_req(&v, VMM_REQ_REPEAT);
	for (i = 0; i < REPEATS && !check_failed(); i++) {
		enum vmm_answer answer = i & 1 ? VMM_ERROR : VMM_OK;

		if (i == WARM && control())
			held = control()->mem_held();
		vmm_prepare(&v.cpu[0], kind);
		if (!vmm_run_to_exit(req, &v.cpu[0]))
			break;
		vmm_answer(&v.cpu[0], answer);
		if (!vmm_run_to_answer(req, &v.cpu[0], answer))
			break;
	}
	if (check_failed())
		check_note("that was request %u", i);
	else if (control())
		EXPECT_REQ_EQ(req, "allocations that the kernel holds after it", held,
			      control()->mem_held(), &names_count);
	vmm_vm_free(&v);
}
