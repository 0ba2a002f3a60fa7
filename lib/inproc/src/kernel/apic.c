// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's own local APICs, and where its interrupts go.  Fakes: an IPI to
 * oneself or to another CPU is the notification of a posted interrupt; a vCPU's next entry
 * looks for them without (tdx_enter.c), and KVM_SIGNAL_MSI sees to that (vm.c).
 */
#include <linux/msi.h>
#include <linux/percpu.h>
#include <asm/apic.h>

#include "glue.h"

/* Versions put these into different per-CPU sections; the declared one wins. */
#pragma GCC diagnostic ignored "-Wattributes"

DEFINE_PER_CPU(u32, x86_cpu_to_apicid);
int x2apic_mode = 1;

static void glue_send_self(int vector)
{
}

static struct apic glue_apic = { .send_IPI_self = glue_send_self };
struct apic *apic = &glue_apic;

void glue_send_IPI_mask(const struct cpumask *mask, int vector) asm("__SCT__apic_call_send_IPI_mask");
void glue_send_IPI_self(int vector) asm("__SCT__apic_call_send_IPI_self");

void glue_send_IPI_mask(const struct cpumask *mask, int vector)
{
}

void glue_send_IPI_self(int vector)
{
}

/* The destination in an MSI's address (Intel SDM volume 3, "Message Address Register Format"). */
u32 x86_msi_msg_get_destid(struct msi_msg *msg, bool extid)
{
	return msg->arch_addr_lo.destid_0_7 |
	       (extid ? msg->arch_addr_hi.destid_8_31 << 8 : 0);
}
