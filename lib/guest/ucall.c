// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's half of ucall, see guest/ucall.h: guest code.
 */
#include "ucall_common.h"

#include "guest/ghcb.h"
#include "guest/libkvm.h"
#include "guest/td_call.h"
#include "guest/ucall.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

static void ghcb_ucall(gva_t uc)
{
	struct guest_vcpu *vcpu = guest_this_vcpu();
	struct ghcb *ghcb = vcpu->ghcb;

	ghcb_clear(ghcb);
	*(volatile uint64_t *)ghcb->shared_buffer = uc;
	ghcb_set(ghcb, sw_exit_code, GHCB_NAE_IOIO);
	ghcb_set(ghcb, sw_exit_info_1, GHCB_IOIO_PORT(UCALL_PIO_PORT) | GHCB_IOIO_ADDR_64 |
				       GHCB_IOIO_SIZE_32 | GHCB_IOIO_REP | GHCB_IOIO_STRING);
	ghcb_set(ghcb, sw_exit_info_2, sizeof(uc) / sizeof(uint32_t));
	ghcb_set(ghcb, sw_scratch, vcpu->ghcb_gpa + offsetof(struct ghcb, shared_buffer));
	ghcb_exit(vcpu->ghcb_gpa);

	/* Nobody can be told by ucall that ucall doesn't work. */
	if (ghcb->sw_exit_info_1 != GHCB_INFO1_OK)
		ghcb_terminate(0, 0);
}

void ucall_arch_do_ucall(gva_t uc)
{
	if (!guest_is_td)
		ghcb_ucall(uc);
	else if (td_out32(UCALL_PIO_PORT, (uint32_t)uc) != GHCI_SUCCESS)
		td_fatal(0);
}
