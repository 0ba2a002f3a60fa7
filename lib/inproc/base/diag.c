// SPDX-License-Identifier: GPL-2.0-only
/* Messages, and the names of ioctls in them. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base.h"

static void say(const char *prefix, const char *fmt, va_list ap)
{
	const size_t head = strlen(prefix);
	int saved = errno;
	char buf[1024];
	size_t len;
	int n;

	memcpy(buf, prefix, head);
	n = vsnprintf(buf + head, sizeof(buf) - head - 1, fmt, ap);
	len = head + (n < 0 ? 0 : (size_t)n);
	if (len > sizeof(buf) - 2)
		len = sizeof(buf) - 2;
	buf[len++] = '\n';
	/* One write, so that lines of several vCPUs don't mix; nobody to tell if it fails. */
	if (write(STDERR_FILENO, buf, len) < 0)
		len = 0;
	errno = saved;
}

void inproc_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("# inproc: ", fmt, ap);
	va_end(ap);
}

void inproc_not_driven(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("# not driven: ", fmt, ap);
	va_end(ap);
}

/* Sorted by name; what an ordinary VMM may ask that we could have to decline. */
static const struct {
	unsigned int cmd;
	const char *name;
} ioctl_names[] = {
#define IOCTL(x) { (unsigned int)(x), #x }
	IOCTL(KVM_CHECK_EXTENSION),
	IOCTL(KVM_CLEAR_DIRTY_LOG),
	IOCTL(KVM_CREATE_DEVICE),
	IOCTL(KVM_CREATE_GUEST_MEMFD),
	IOCTL(KVM_CREATE_IRQCHIP),
	IOCTL(KVM_CREATE_PIT),
	IOCTL(KVM_CREATE_PIT2),
	IOCTL(KVM_CREATE_VCPU),
	IOCTL(KVM_CREATE_VM),
	IOCTL(KVM_ENABLE_CAP),
	IOCTL(KVM_GET_CLOCK),
	IOCTL(KVM_GET_CPUID2),
	IOCTL(KVM_GET_DEBUGREGS),
	IOCTL(KVM_GET_DEVICE_ATTR),
	IOCTL(KVM_GET_DIRTY_LOG),
	IOCTL(KVM_GET_EMULATED_CPUID),
	IOCTL(KVM_GET_FPU),
	IOCTL(KVM_GET_IRQCHIP),
	IOCTL(KVM_GET_LAPIC),
	IOCTL(KVM_GET_MP_STATE),
	IOCTL(KVM_GET_MSRS),
	IOCTL(KVM_GET_MSR_FEATURE_INDEX_LIST),
	IOCTL(KVM_GET_MSR_INDEX_LIST),
	IOCTL(KVM_GET_NESTED_STATE),
	IOCTL(KVM_GET_NR_MMU_PAGES),
	IOCTL(KVM_GET_ONE_REG),
	IOCTL(KVM_GET_PIT2),
	IOCTL(KVM_GET_REGS),
	IOCTL(KVM_GET_REG_LIST),
	IOCTL(KVM_GET_SREGS),
	IOCTL(KVM_GET_SREGS2),
	IOCTL(KVM_GET_STATS_FD),
	IOCTL(KVM_GET_SUPPORTED_CPUID),
	IOCTL(KVM_GET_SUPPORTED_HV_CPUID),
	IOCTL(KVM_GET_TSC_KHZ),
	IOCTL(KVM_GET_VCPU_EVENTS),
	IOCTL(KVM_GET_XCRS),
	IOCTL(KVM_GET_XSAVE),
	IOCTL(KVM_GET_XSAVE2),
	IOCTL(KVM_HAS_DEVICE_ATTR),
	IOCTL(KVM_INTERRUPT),
	IOCTL(KVM_IOEVENTFD),
	IOCTL(KVM_IRQFD),
	IOCTL(KVM_IRQ_LINE),
	IOCTL(KVM_IRQ_LINE_STATUS),
	IOCTL(KVM_KVMCLOCK_CTRL),
	IOCTL(KVM_MEMORY_ENCRYPT_OP),
	IOCTL(KVM_MEMORY_ENCRYPT_REG_REGION),
	IOCTL(KVM_MEMORY_ENCRYPT_UNREG_REGION),
	IOCTL(KVM_NMI),
	IOCTL(KVM_PRE_FAULT_MEMORY),
	IOCTL(KVM_REGISTER_COALESCED_MMIO),
	IOCTL(KVM_REINJECT_CONTROL),
	IOCTL(KVM_RESET_DIRTY_RINGS),
	IOCTL(KVM_RUN),
	IOCTL(KVM_SET_BOOT_CPU_ID),
	IOCTL(KVM_SET_CLOCK),
	IOCTL(KVM_SET_CPUID),
	IOCTL(KVM_SET_CPUID2),
	IOCTL(KVM_SET_DEBUGREGS),
	IOCTL(KVM_SET_DEVICE_ATTR),
	IOCTL(KVM_SET_FPU),
	IOCTL(KVM_SET_GSI_ROUTING),
	IOCTL(KVM_SET_GUEST_DEBUG),
	IOCTL(KVM_SET_IDENTITY_MAP_ADDR),
	IOCTL(KVM_SET_IRQCHIP),
	IOCTL(KVM_SET_LAPIC),
	IOCTL(KVM_SET_MEMORY_ATTRIBUTES),
	IOCTL(KVM_SET_MP_STATE),
	IOCTL(KVM_SET_MSRS),
	IOCTL(KVM_SET_NESTED_STATE),
	IOCTL(KVM_SET_NR_MMU_PAGES),
	IOCTL(KVM_SET_ONE_REG),
	IOCTL(KVM_SET_PIT2),
	IOCTL(KVM_SET_PMU_EVENT_FILTER),
	IOCTL(KVM_SET_REGS),
	IOCTL(KVM_SET_SIGNAL_MASK),
	IOCTL(KVM_SET_SREGS),
	IOCTL(KVM_SET_SREGS2),
	IOCTL(KVM_SET_TSC_KHZ),
	IOCTL(KVM_SET_TSS_ADDR),
	IOCTL(KVM_SET_USER_MEMORY_REGION),
	IOCTL(KVM_SET_USER_MEMORY_REGION2),
	IOCTL(KVM_SET_VCPU_EVENTS),
	IOCTL(KVM_SET_XCRS),
	IOCTL(KVM_SET_XSAVE),
	IOCTL(KVM_SIGNAL_MSI),
	IOCTL(KVM_SMI),
	IOCTL(KVM_TPR_ACCESS_REPORTING),
	IOCTL(KVM_TRANSLATE),
	IOCTL(KVM_UNREGISTER_COALESCED_MMIO),
	IOCTL(KVM_X86_GET_MCE_CAP_SUPPORTED),
	IOCTL(KVM_X86_SETUP_MCE),
	IOCTL(KVM_X86_SET_MCE),
	IOCTL(KVM_X86_SET_MSR_FILTER),
	IOCTL(KVM_XEN_HVM_CONFIG),
	IOCTL(KVM_XEN_HVM_SET_ATTR),
#undef IOCTL
};

const char *diag_ioctl_name(unsigned int cmd)
{
	size_t i;

	for (i = 0; i < sizeof(ioctl_names) / sizeof(ioctl_names[0]); i++)
		if (ioctl_names[i].cmd == cmd)
			return ioctl_names[i].name;
	return "unknown ioctl";
}

long diag_unsupported(const char *what, unsigned int cmd, long err)
{
	/* One bit for each ioctl number; a race costs a second message at worst. */
	static unsigned long said[256 / (8 * sizeof(unsigned long))];
	const unsigned int nr = cmd & 0xff, bits = 8 * sizeof(unsigned long);
	const unsigned long bit = 1UL << (nr % bits);

	if (!(__atomic_fetch_or(&said[nr / bits], bit, __ATOMIC_RELAXED) & bit))
		inproc_not_driven("%s (0x%x) is not implemented for %s: %s", diag_ioctl_name(cmd),
				  cmd, what, strerror((int)-err));
	return err;
}
