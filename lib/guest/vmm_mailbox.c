// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make certificate requests and page state changes, whichever the host wants next: guest
 * code.
 */
#include "ucall_common.h"

#include "guest/vmm_mailbox.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

void guest_vmm_loop(struct vmm_mailbox *mailbox)
{
	struct guest_vcpu *vcpu = guest_this_vcpu();

	ghcb_register();
	GUEST_SYNC(STAGE_READY);
	for (;;) {
		if (mailbox->certs)
			guest_make_request((struct guest_request *)mailbox->request, vcpu->ghcb,
					   vcpu->ghcb_gpa);
		else
			guest_make_psc(&mailbox->psc);
		mailbox->answers++;
		GUEST_SYNC(STAGE_ANSWERED);
	}
}
