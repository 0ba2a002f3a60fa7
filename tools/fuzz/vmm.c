// SPDX-License-Identifier: GPL-2.0-only
/*
 * What else a VMM does between two KVM_RUNs: ioctls of the vCPU and of the VM, with whatever is
 * in them, and signals.  What a guest and a VMM see after one of these, rules of sequences do
 * not say.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/kvm.h>

#include "fuzz.h"

#define PICK(...)	({							\
	const uint64_t picked[] = { __VA_ARGS__ };				\
	fuzz_pick(picked, sizeof(picked) / sizeof(picked[0]));			\
})

#define SLOT_BYTES	0x200000

static union {
	uint8_t bytes[4096];
	uint32_t words[1024];
	struct kvm_mp_state mp;
	struct kvm_interrupt interrupt;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_vcpu_events events;
	struct kvm_guest_debug debug;
	struct kvm_debugregs debugregs;
	struct kvm_lapic_state lapic;
	struct kvm_nested_state nested;
	struct kvm_msi msi;
	struct kvm_irq_level irq;
	struct kvm_memory_attributes attributes;
	struct kvm_pre_fault_memory fault;
	struct kvm_sev_cmd encrypt;
	struct kvm_translation translation;
	struct kvm_vapic_addr vapic;
	struct kvm_enable_cap cap;
	struct kvm_userspace_memory_region2 slot;
	struct {
		struct kvm_cpuid2 cpuid;
		struct kvm_cpuid_entry2 entries[2];
	} cpuid;
	struct {
		struct kvm_msrs msrs;
		struct kvm_msr_entry entry;
	} msrs;
} arg;

static uint64_t gpa(void)
{
	return PICK(fuzz_gpa, fuzz_gpa + 0x1000, fuzz_gpa + 0x3000, 0, 0x200000, 1ull << 47, ~0xfffull);
}

static void mp_state(void)
{
	arg.mp.mp_state = PICK(KVM_MP_STATE_RUNNABLE, KVM_MP_STATE_UNINITIALIZED,
			       KVM_MP_STATE_INIT_RECEIVED, KVM_MP_STATE_HALTED,
			       KVM_MP_STATE_SIPI_RECEIVED, KVM_MP_STATE_AP_RESET_HOLD, 11);
}

static void interrupt(void)
{
	arg.interrupt.irq = PICK(32, 255, 0, 256, 0x80);
	/* What is left of it makes a WARN with whatever comes next: one that is refused. */
	if (fuzz_known(REQ_KERNEL_TD_EXTINT))
		arg.interrupt.irq = 256;
}

/* Of whatever form: numbers, and addresses of the guest's and of the VMM's. */
static void words(void)
{
	uint64_t *word = (uint64_t *)arg.bytes;

	for (unsigned int i = 0; i < 6; i++)
		word[i] = PICK(0, 1, 2, 3, 4, 8, 0x10, 0x20, 0x1000, 0x10000, fuzz_gpa, fuzz_gpa + 0x1000,
			       (uintptr_t)arg.bytes + 64, 0xffffffff, 1ull << 32, ~0ull);
}

static void cpuid(void)
{
	arg.cpuid.cpuid.nent = PICK(0, 1, 2, 100) & 0xff;
	for (unsigned int i = 0; i < 2; i++) {
		struct kvm_cpuid_entry2 *e = &arg.cpuid.entries[i];

		e->function = PICK(0, 1, 7, 0xd, 0x8000001f, 0x80000008, 0x40000000);
		e->eax = fuzz_bytes(4);
		e->ecx = fuzz_bytes(4);
	}
}

static void slot(void)
{
	/* Not static: guests have a copy of what is. */
	static void *memory;

	if (!memory)
		memory = aligned_alloc(SLOT_BYTES, SLOT_BYTES);
	/* Others are the client's, who wants to have them to the end. */
	arg.slot.slot = PICK(100, 101, 102, 0x10064, 32763) | 0x60;
	arg.slot.flags = PICK(0, KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY, KVM_MEM_GUEST_MEMFD);
	arg.slot.guest_phys_addr = gpa();
	arg.slot.memory_size = PICK(0, 0x1000, SLOT_BYTES) & (SLOT_BYTES | 0x1fff);
	arg.slot.userspace_addr = PICK((uintptr_t)memory, 0, ~0xfffull);
}

/* Something of what it has is another value. */
static void any_of_it(void)
{
	const unsigned int at = fuzz_u8() * 4u + (fuzz_u8() & 3);

	arg.bytes[at] = fuzz_u8();
	arg.bytes[(at + 1) % sizeof(arg)] = fuzz_u8();
}

static void nested(void)
{
	any_of_it();
	/* What comes of it is no more of interest: one that is refused. */
	if (fuzz_known(REQ_TDX_NESTED))
		arg.nested.format = ~0;
}

static void events(void)
{
	any_of_it();
	arg.events.flags = fuzz_u8();
}

static void debug(void)
{
	arg.debug.control = PICK(0, KVM_GUESTDBG_ENABLE, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
				 KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
				 KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_INJECT_DB,
				 KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_BLOCKIRQ);
	arg.debug.arch.debugreg[7] = PICK(0, 0x400, 0x4ff, ~0ull);
}

static void msr(void)
{
	arg.msrs.msrs.nmsrs = 1;
	arg.msrs.entry.index = PICK(0x10, 0x1b, 0x3b, 0x174, 0x1a0, 0x1d9, 0x277, 0x6e0, 0x802, 0x830,
				    0xda0, 0xc0000080, 0xc0000081, 0xc0000103, 0xc0010015, 0xc0010058,
				    0xc0010130, 0xc0010117, 0x4b564d00, 0x4b564d01, 0x4b564d02);
	arg.msrs.entry.data = PICK(0, 1, 0x1000, 0xd01, 0xfee00900, fuzz_gpa, fuzz_gpa | 1, ~0ull);
}

static void lapic(void)
{
	static const uint16_t regs[] = { 0x20, 0x80, 0xd0, 0xe0, 0xf0, 0x100, 0x170, 0x200, 0x270, 0x320,
					 0x350, 0x360, 0x380, 0x3e0 };

	arg.words[regs[fuzz_u8() % (sizeof(regs) / sizeof(regs[0]))] / 4] = fuzz_bytes(4);
}

static void msi(void)
{
	arg.msi.address_lo = 0xfee00000 | PICK(0, 0x1000, 0xff000, 0x4, 0xc);
	arg.msi.data = PICK(0x20, 0xff, 0x10, 0x100, 0x200, 0x400, 0x500, 0x608, 0x700, 0x8020, 0xc020);
}

static void line(void)
{
	arg.irq.irq = PICK(0, 1, 2, 8, 15, 23, 24, 255);
	arg.irq.level = fuzz_u8() & 1;
}

static void attributes(void)
{
	arg.attributes.address = gpa();
	/* It takes memory for each page, and time. */
	arg.attributes.size = PICK(0x1000, 0x4000, 0x200000, 0, 0x800) & 0xfffffff;
	arg.attributes.attributes = PICK(0, KVM_MEMORY_ATTRIBUTE_PRIVATE, 1);
}

static void pre_fault(void)
{
	arg.fault.gpa = gpa();
	arg.fault.size = PICK(0x1000, 0x4000, 0x200000, 0, 0x800) & 0xfffffff;
}

static void encrypt(void)
{
	arg.encrypt.id = PICK(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
			      23, 24, 100, 101, 102, 103, 104);
	arg.encrypt.sev_fd = PICK(~0u, 0);
	arg.encrypt.data = PICK((uintptr_t)arg.bytes + 64, (uintptr_t)arg.bytes + 64, 0);
}

static void translate(void)
{
	arg.translation.linear_address = gpa();
}

static void vapic(void)
{
	arg.vapic.vapic_addr = gpa();
}

static void cap(void)
{
	arg.cap.cap = PICK(KVM_CAP_EXIT_HYPERCALL, KVM_CAP_HYPERV_SYNIC2, KVM_CAP_MAX_VCPU_ID,
			   KVM_CAP_X86_DISABLE_EXITS, KVM_CAP_X86_NOTIFY_VMEXIT, KVM_CAP_VM_TYPES,
			   KVM_CAP_X86_BUS_LOCK_EXIT, KVM_CAP_X2APIC_API, KVM_CAP_SPLIT_IRQCHIP);
	arg.cap.args[0] = PICK(0, 1, 2, 0x1000, ~0ull);
}

/* With @get the argument is what the vCPU has, and then some of it is changed. */
static const struct action {
	const char *name;
	unsigned long cmd, get;
	bool of_vm;
	void (*fill)(void);
} actions[] = {
#define VCPU(cmd_, fill_)	{ .name = #cmd_, .cmd = cmd_, .fill = fill_ }
#define CHANGE(what, fill_)								\
	{ .name = "KVM_SET_" #what, .cmd = KVM_SET_##what, .get = KVM_GET_##what, .fill = fill_ }
#define VM(cmd_, fill_)		{ .name = #cmd_, .cmd = cmd_, .of_vm = true, .fill = fill_ }
	VCPU(KVM_SET_MP_STATE, mp_state), VCPU(KVM_NMI, NULL), VCPU(KVM_SMI, NULL),
	VCPU(KVM_INTERRUPT, interrupt), CHANGE(REGS, any_of_it), CHANGE(SREGS, any_of_it),
	CHANGE(VCPU_EVENTS, events), VCPU(KVM_SET_GUEST_DEBUG, debug), CHANGE(DEBUGREGS, any_of_it),
	VCPU(KVM_SET_MSRS, msr), VCPU(KVM_GET_MSRS, msr), CHANGE(LAPIC, lapic), VCPU(KVM_KVMCLOCK_CTRL, NULL),
	VCPU(KVM_TRANSLATE, translate), VCPU(KVM_PRE_FAULT_MEMORY, pre_fault),
	VCPU(KVM_GET_MP_STATE, NULL), VCPU(KVM_GET_XSAVE, NULL), VCPU(KVM_SET_XSAVE, any_of_it),
	VCPU(KVM_GET_SREGS2, NULL), VCPU(KVM_SET_VAPIC_ADDR, vapic), VCPU(KVM_ENABLE_CAP, cap),
	VCPU(KVM_MEMORY_ENCRYPT_OP, encrypt),
	VCPU(KVM_SET_CPUID2, cpuid), VCPU(KVM_SET_TSC_KHZ, NULL), VCPU(KVM_X86_SETUP_MCE, words),
	VCPU(KVM_X86_SET_MCE, words), VCPU(KVM_SET_ONE_REG, words), VCPU(KVM_GET_ONE_REG, words),
	CHANGE(XCRS, any_of_it), CHANGE(NESTED_STATE, nested), VCPU(KVM_XEN_VCPU_SET_ATTR, words),
	VCPU(KVM_XEN_VCPU_GET_ATTR, words), VCPU(KVM_GET_SUPPORTED_HV_CPUID, words),
	VCPU(KVM_SET_DEVICE_ATTR, words),
	VM(KVM_XEN_HVM_CONFIG, words), VM(KVM_XEN_HVM_SET_ATTR, words), VM(KVM_XEN_HVM_EVTCHN_SEND, words),
	VM(KVM_SET_CLOCK, words), VM(KVM_GET_CLOCK, NULL), VM(KVM_SET_TSS_ADDR, NULL),
	VM(KVM_SET_IDENTITY_MAP_ADDR, words), VM(KVM_CREATE_IRQCHIP, NULL), VM(KVM_CREATE_PIT2, words),
	VM(KVM_SET_PMU_EVENT_FILTER, words), VM(KVM_X86_SET_MSR_FILTER, words),
	VM(KVM_SET_USER_MEMORY_REGION2, slot), VM(KVM_GET_DIRTY_LOG, words),
	VM(KVM_HYPERV_EVENTFD, words), VM(KVM_SET_BOOT_CPU_ID, NULL), VM(KVM_REINJECT_CONTROL, words),
	VM(KVM_RESET_DIRTY_RINGS, NULL), VM(KVM_SET_GSI_ROUTING, words), VM(KVM_REGISTER_COALESCED_MMIO, words),
	VM(KVM_SIGNAL_MSI, msi), VM(KVM_IRQ_LINE, line), VM(KVM_SET_MEMORY_ATTRIBUTES, attributes),
	VM(KVM_MEMORY_ENCRYPT_OP, encrypt), VM(KVM_ENABLE_CAP, cap),
#undef VCPU
#undef CHANGE
#undef VM
};

#define NR_ACTIONS	(sizeof(actions) / sizeof(actions[0]))

void fuzz_act(struct kvm_run *run, struct kvm_script *script)
{
	const unsigned int nr = fuzz_u8() % (NR_ACTIONS + 3);
	const struct action *a = &actions[nr];
	int fd, ret;

	switch (nr) {
	case NR_ACTIONS:
		script->signal = 1;
		fuzz_show("\t/* a signal is pending */\n");
		return;
	case NR_ACTIONS + 1:
		run->immediate_exit = 1;
		fuzz_show("\trun->immediate_exit = 1;\n");
		return;
	case NR_ACTIONS + 2:
		run->request_interrupt_window = fuzz_u8() & 1;
		run->cr8 = fuzz_u8();
		run->kvm_valid_regs = fuzz_u8();
		run->kvm_dirty_regs = fuzz_u8();
		fuzz_show("\t/* cr8 0x%llx, kvm_valid_regs 0x%llx, kvm_dirty_regs 0x%llx */\n", run->cr8,
			  run->kvm_valid_regs, run->kvm_dirty_regs);
		return;
	}
	memset(&arg, 0, sizeof(arg));
	fd = a->of_vm ? fuzz_vm_fd : fuzz_vcpu_fd;
	if (a->get)
		ioctl(fd, a->get, &arg);
	if (a->fill)
		a->fill();
	ret = ioctl(fd, a->cmd, _IOC_SIZE(a->cmd) || a->fill ? &arg : NULL);
	fuzz_show("\t/* %s of the %s: %s */\n", a->name, a->of_vm ? "VM" : "vCPU",
		  ret < 0 ? strerror(errno) : "done");
}
