// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for arch/x86/kernel/apic: the machine's own local APICs, and where its interrupts
 * go that are not of the kernel itself (irq.c).  A fake: an interrupt ends a guest's run on
 * the CPU that it is for.  Of those that KVM sends there is one kind, the notification of
 * posted interrupts, which hardware handles without the VMM.
 */
#include <linux/msi.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/apic.h>

#include "glue.h"

/* Versions put these into different per-CPU sections; the declared one wins. */
#pragma GCC diagnostic ignored "-Wattributes"

DEFINE_PER_CPU(u32, x86_cpu_to_apicid);
int x2apic_mode = 1;

/* By CPU number: whoever sends one knows nothing else. */
static int glue_notified[IMAGE_MAX_CPUS];

int glue_notification_only(void)
{
	return __atomic_exchange_n(&glue_notified[smp_processor_id()], 0, __ATOMIC_ACQ_REL) &&
	       !glue_irq_is_pending();
}

static void glue_notify(const struct cpumask *mask)
{
	unsigned int cpu;

	for_each_cpu(cpu, mask) {
		__atomic_store_n(&glue_notified[cpu], 1, __ATOMIC_RELEASE);
		glue_host->ipi(cpu);
	}
}

/* To oneself, right before a guest is entered: there it waits until the entry. */
static int glue_self_notified[IMAGE_MAX_CPUS];

static void glue_send_self(int vector)
{
	if (vector == POSTED_INTR_VECTOR)
		__atomic_store_n(&glue_self_notified[smp_processor_id()], 1, __ATOMIC_RELEASE);
}

bool glue_notification_waits(void)
{
	const unsigned int cpu = smp_processor_id();

	return __atomic_exchange_n(&glue_self_notified[cpu], 0, __ATOMIC_ACQ_REL) |
	       __atomic_load_n(&glue_notified[cpu], __ATOMIC_ACQUIRE);
}

static void glue_send_mask(const struct cpumask *mask, int vector)
{
	glue_notify(mask);
}

static struct apic glue_apic = {
	.send_IPI_self = glue_send_self,
	.send_IPI_mask = glue_send_mask,
};
struct apic *apic = &glue_apic;

void glue_send_IPI_mask(const struct cpumask *mask, int vector) asm("__SCT__apic_call_send_IPI_mask");
void glue_send_IPI_self(int vector) asm("__SCT__apic_call_send_IPI_self");

void glue_send_IPI_mask(const struct cpumask *mask, int vector)
{
	glue_notify(mask);
}

void glue_send_IPI_self(int vector)
{
	glue_send_self(vector);
}

u32 default_cpu_present_to_apicid(int cpu)
{
	return cpu < nr_cpu_ids && cpu_present(cpu) ? per_cpu(x86_cpu_to_apicid, cpu) : BAD_APICID;
}

/* The destination in an MSI's address (Intel SDM volume 3, "Message Address Register Format"). */
u32 x86_msi_msg_get_destid(struct msi_msg *msg, bool extid)
{
	return msg->arch_addr_lo.destid_0_7 |
	       (extid ? msg->arch_addr_hi.destid_8_31 << 8 : 0);
}
