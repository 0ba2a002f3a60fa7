// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the instruction VMRUN (AMD APM 2, section 15.5), the border at which the engine
 * is the CPU.  A model, of which all but this is the process's (src/hw/hw_svm.c).
 */
#include "glue.h"
#include "linux/task.h"

void glue_vmrun(struct image_gprs *gprs);

/* By insn.S: RAX is the VMCB's address, the other registers are the guest's. */
void glue_vmrun(struct image_gprs *gprs)
{
	/* KVM looks for a signal before it takes note of the exit. */
	if (glue_host->vmrun(gprs))
		glue_signal_poll();
}
