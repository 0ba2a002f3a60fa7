// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a VMM can ask of any VM and vCPU, and has nothing to do with registers, asked of an SNP
 * VM whose guest runs: what it sets it reads back, what it cannot have is refused and changes
 * nothing, and the guest goes on.  snp_ioctls_test has those that nothing is promised of.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"
#include "processor.h"

#include "snp/ghcb_check.h"
#include "vm/raw_vm.h"

#define SERVED	REQ_SNP_SERVED
#define REFUSED	REQ_SNP_REFUSED

static bool expect(enum requirement_nr req, const char *what, int fd, unsigned long request,
		   const void *arg, int err)
{
	int got = raw_errno(ioctl(fd, request, arg));

	errno = 0;
	return EXPECT_REQ_EQ(req, what, err, got, &names_errno);
}

/* ---- of a vCPU ---- */

static void mp_state(int vm, int vcpu)
{
	struct kvm_mp_state state = { .mp_state = 17 };

	(void)vm;
	expect(REFUSED, "KVM_SET_MP_STATE, none that there is", vcpu, KVM_SET_MP_STATE, &state,
	       EINVAL);
	expect(SERVED, "KVM_GET_MP_STATE", vcpu, KVM_GET_MP_STATE, &state, 0);
	EXPECT_REQ_EQ(REFUSED, "mp_state of a vCPU that runs", KVM_MP_STATE_RUNNABLE,
		      state.mp_state, &names_value);
	state.mp_state = KVM_MP_STATE_HALTED;
	expect(SERVED, "KVM_SET_MP_STATE, halted", vcpu, KVM_SET_MP_STATE, &state, 0);
	state.mp_state = 17;
	expect(SERVED, "KVM_GET_MP_STATE", vcpu, KVM_GET_MP_STATE, &state, 0);
	EXPECT_REQ_EQ(SERVED, "mp_state", KVM_MP_STATE_HALTED, state.mp_state, &names_value);
	state.mp_state = KVM_MP_STATE_RUNNABLE;
	expect(SERVED, "KVM_SET_MP_STATE, runnable", vcpu, KVM_SET_MP_STATE, &state, 0);
}

static void events(int vm, int vcpu)
{
	struct kvm_vcpu_events before = {}, after = {}, wrong;

	(void)vm;
	expect(SERVED, "KVM_GET_VCPU_EVENTS", vcpu, KVM_GET_VCPU_EVENTS, &before, 0);
	wrong = before;
	wrong.flags = 1u << 31;
	expect(REFUSED, "KVM_SET_VCPU_EVENTS with flag 31", vcpu, KVM_SET_VCPU_EVENTS, &wrong,
	       EINVAL);
	wrong = before;
	wrong.exception.injected = 1;
	wrong.exception.nr = 32;
	expect(REFUSED, "KVM_SET_VCPU_EVENTS with exception 32", vcpu, KVM_SET_VCPU_EVENTS,
	       &wrong, EINVAL);
	expect(SERVED, "KVM_GET_VCPU_EVENTS", vcpu, KVM_GET_VCPU_EVENTS, &after, 0);
	EXPECT_REQ_BYTES(REFUSED, "the events after it", &before, &after, sizeof(before));
	expect(SERVED, "KVM_SET_VCPU_EVENTS, the same", vcpu, KVM_SET_VCPU_EVENTS, &before, 0);
	expect(SERVED, "KVM_GET_VCPU_EVENTS", vcpu, KVM_GET_VCPU_EVENTS, &after, 0);
	EXPECT_REQ_BYTES(SERVED, "the events", &before, &after, sizeof(before));
}

/* The LVT entry of errors, masked, with another vector */
#define LVT_ERROR	0x370
#define LVT_MASKED	(1u << 16)

static void lapic(int vm, int vcpu)
{
	struct kvm_lapic_state state = {}, after = {};
	uint32_t *lvt = (void *)(state.regs + LVT_ERROR);

	(void)vm;
	expect(SERVED, "KVM_GET_LAPIC", vcpu, KVM_GET_LAPIC, &state, 0);
	*lvt = LVT_MASKED | 0x55;
	expect(SERVED, "KVM_SET_LAPIC", vcpu, KVM_SET_LAPIC, &state, 0);
	expect(SERVED, "KVM_GET_LAPIC", vcpu, KVM_GET_LAPIC, &after, 0);
	EXPECT_REQ_EQ(SERVED, "the LVT entry of errors", *lvt, *(uint32_t *)(after.regs + LVT_ERROR),
		      &names_value);
}

static void interrupt(int vm, int vcpu)
{
	struct kvm_interrupt irq = { 256 };

	(void)vm;
	expect(REFUSED, "KVM_INTERRUPT of vector 256", vcpu, KVM_INTERRUPT, &irq, EINVAL);
	irq.irq = 70;
	expect(REFUSED, "KVM_INTERRUPT where the PIC is KVM's", vcpu, KVM_INTERRUPT, &irq, ENXIO);
}

static void tsc_khz(int vm, int vcpu)
{
	const int khz = ioctl(vcpu, KVM_GET_TSC_KHZ, 0);
	const bool scales = ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_TSC_CONTROL) > 0;
	const unsigned long half = khz / 2, same = khz;

	EXPECT_REQ_EQ(SERVED, "KVM_GET_TSC_KHZ", ioctl(vm, KVM_GET_TSC_KHZ, 0), khz, &names_value);
	expect(scales ? SERVED : REFUSED, "KVM_SET_TSC_KHZ, half of it", vcpu, KVM_SET_TSC_KHZ,
	       (void *)half, scales ? 0 : EINVAL);
	EXPECT_REQ_EQ(scales ? SERVED : REQ_SNP_TSC_KHZ, "KVM_GET_TSC_KHZ after it",
		      scales ? half : same, (unsigned long)ioctl(vcpu, KVM_GET_TSC_KHZ, 0),
		      &names_value);
	expect(SERVED, "KVM_SET_TSC_KHZ, as it was", vcpu, KVM_SET_TSC_KHZ, (void *)same, 0);
	EXPECT_REQ_EQ(SERVED, "KVM_GET_TSC_KHZ in the end", khz, ioctl(vcpu, KVM_GET_TSC_KHZ, 0),
		      &names_value);
}

#define MAX_ENTRIES	256

static struct cpuid_arg {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[MAX_ENTRIES];
} cpuid_before, cpuid_after;

static void expect_cpuid(enum requirement_nr req, int vcpu)
{
	cpuid_after.head.nent = MAX_ENTRIES;
	if (expect(SERVED, "KVM_GET_CPUID2", vcpu, KVM_GET_CPUID2, &cpuid_after, 0) &&
	    EXPECT_REQ_EQ(req, "entries of CPUID", cpuid_before.head.nent, cpuid_after.head.nent,
			  &names_count))
		EXPECT_REQ_BYTES(req, "CPUID", cpuid_before.entries, cpuid_after.entries,
				 cpuid_before.head.nent * sizeof(cpuid_before.entries[0]));
}

static void cpuid_entries(int vm, int vcpu)
{
	(void)vm;
	cpuid_before.head.nent = MAX_ENTRIES;
	if (!expect(SERVED, "KVM_GET_CPUID2", vcpu, KVM_GET_CPUID2, &cpuid_before, 0))
		return;
	cpuid_after.head.nent = 1;
	expect(REFUSED, "KVM_GET_CPUID2 with room for one entry", vcpu, KVM_GET_CPUID2,
	       &cpuid_after, E2BIG);
	cpuid_after = cpuid_before;
	cpuid_after.entries[0].eax ^= 1;
	expect(REFUSED, "KVM_SET_CPUID2, another one, after KVM_RUN", vcpu, KVM_SET_CPUID2,
	       &cpuid_after, EINVAL);
	expect_cpuid(REFUSED, vcpu);
	expect(SERVED, "KVM_SET_CPUID2, the same", vcpu, KVM_SET_CPUID2, &cpuid_before, 0);
	expect_cpuid(SERVED, vcpu);
}

/* IA32_MCG_CAP: banks in bits 7:0, capabilities above */
static void machine_checks(int vm, int vcpu)
{
	const int banks = ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_MCE);
	uint64_t supported = 0, cap;
	int kvm = open_kvm_dev_path_or_exit();

	expect(SERVED, "KVM_X86_GET_MCE_CAP_SUPPORTED", kvm, KVM_X86_GET_MCE_CAP_SUPPORTED,
	       &supported, 0);
	close(kvm);
	cap = 0;
	expect(REFUSED, "KVM_X86_SETUP_MCE without banks", vcpu, KVM_X86_SETUP_MCE, &cap, EINVAL);
	cap = banks + 1;
	expect(REFUSED, "KVM_X86_SETUP_MCE with more banks than there are", vcpu,
	       KVM_X86_SETUP_MCE, &cap, EINVAL);
	for (cap = 1ull << 8; cap & supported; cap <<= 1)
		;
	cap |= 1;
	expect(REFUSED, "KVM_X86_SETUP_MCE with what is not supported", vcpu, KVM_X86_SETUP_MCE,
	       &cap, EINVAL);
	cap = banks | (supported & ~0xffull);
	expect(SERVED, "KVM_X86_SETUP_MCE with all that is", vcpu, KVM_X86_SETUP_MCE, &cap, 0);
}

/* ---- of the VM ---- */

static void kvmclock(int vm, int vcpu)
{
	struct kvm_clock_data set = { .clock = 1ull << 50 }, got = {};

	(void)vcpu;
	expect(SERVED, "KVM_SET_CLOCK", vm, KVM_SET_CLOCK, &set, 0);
	expect(SERVED, "KVM_GET_CLOCK", vm, KVM_GET_CLOCK, &got, 0);
	EXPECT_REQ_TRUE(SERVED, "the clock goes on from what it was set to",
			got.clock - set.clock < 1ull << 40);
	set = (struct kvm_clock_data){ .clock = 1, .flags = 1u << 31 };
	expect(REFUSED, "KVM_SET_CLOCK with flag 31", vm, KVM_SET_CLOCK, &set, EINVAL);
	expect(SERVED, "KVM_GET_CLOCK", vm, KVM_GET_CLOCK, &got, 0);
	EXPECT_REQ_TRUE(REFUSED, "the clock goes on after it", got.clock >= 1ull << 50);
}

/* An entry that is masked, with another vector: the I/O APIC's; the PIC's mask */
#define IOAPIC_ENTRY	(1ull << 16 | 0x77)
#define PIC_MASK	0xfb

static void irqchip(int vm, int vcpu)
{
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC }, after;

	(void)vcpu;
	expect(SERVED, "KVM_GET_IRQCHIP of the I/O APIC", vm, KVM_GET_IRQCHIP, &chip, 0);
	chip.chip.ioapic.redirtbl[5].bits = IOAPIC_ENTRY;
	expect(SERVED, "KVM_SET_IRQCHIP of the I/O APIC", vm, KVM_SET_IRQCHIP, &chip, 0);
	after = (struct kvm_irqchip){ .chip_id = KVM_IRQCHIP_PIC_MASTER };
	expect(SERVED, "KVM_GET_IRQCHIP of the PIC", vm, KVM_GET_IRQCHIP, &after, 0);
	after.chip.pic.imr = PIC_MASK;
	expect(SERVED, "KVM_SET_IRQCHIP of the PIC", vm, KVM_SET_IRQCHIP, &after, 0);
	after.chip_id = KVM_NR_IRQCHIPS;
	expect(REFUSED, "KVM_SET_IRQCHIP of none that there is", vm, KVM_SET_IRQCHIP, &after,
	       EINVAL);
	expect(REFUSED, "KVM_CREATE_IRQCHIP where there is one", vm, KVM_CREATE_IRQCHIP, NULL,
	       EEXIST);
	after = (struct kvm_irqchip){ .chip_id = KVM_IRQCHIP_IOAPIC };
	expect(SERVED, "KVM_GET_IRQCHIP of the I/O APIC", vm, KVM_GET_IRQCHIP, &after, 0);
	EXPECT_REQ_EQ(SERVED, "entry 5 of the I/O APIC", IOAPIC_ENTRY,
		      after.chip.ioapic.redirtbl[5].bits, &names_value);
	after = (struct kvm_irqchip){ .chip_id = KVM_IRQCHIP_PIC_MASTER };
	expect(SERVED, "KVM_GET_IRQCHIP of the PIC", vm, KVM_GET_IRQCHIP, &after, 0);
	EXPECT_REQ_EQ(SERVED, "the PIC's mask", PIC_MASK, after.chip.pic.imr, &names_value);
}

static void pit(int vm, int vcpu)
{
	struct kvm_pit_config config = {};
	struct kvm_pit_state2 state = {}, after = {};

	(void)vcpu;
	expect(REFUSED, "KVM_GET_PIT2 without a PIT", vm, KVM_GET_PIT2, &state, ENXIO);
	expect(SERVED, "KVM_CREATE_PIT2", vm, KVM_CREATE_PIT2, &config, 0);
	expect(REFUSED, "KVM_CREATE_PIT2 where there is one", vm, KVM_CREATE_PIT2, &config, EEXIST);
	expect(SERVED, "KVM_GET_PIT2", vm, KVM_GET_PIT2, &state, 0);
	/* The one that makes no interrupts. */
	state.channels[2].count = 0x1234;
	state.channels[2].mode = 3;
	expect(SERVED, "KVM_SET_PIT2", vm, KVM_SET_PIT2, &state, 0);
	expect(SERVED, "KVM_GET_PIT2", vm, KVM_GET_PIT2, &after, 0);
	EXPECT_REQ_EQ(SERVED, "count of channel 2", 0x1234, after.channels[2].count, &names_value);
	EXPECT_REQ_EQ(SERVED, "mode of channel 2", 3, after.channels[2].mode, &names_value);
}

static void identity_map(int vm, int vcpu)
{
	uint64_t at = 0xfffbc000;

	(void)vcpu;
	expect(REFUSED, "KVM_SET_IDENTITY_MAP_ADDR where there is a vCPU", vm,
	       KVM_SET_IDENTITY_MAP_ADDR, &at, EINVAL);
}

COCO_FIXTURE(of_any);
FIXTURE_VARIANT(of_any)
{
	struct check_row row;
	void (*ask)(int vm, int vcpu);
};

#define OF_ANY_ROW(name, ...)								\
	FIXTURE_VARIANT_ADD(of_any, name)						\
	{										\
		COCO_ROW(NULL, __VA_ARGS__, REQ_SNP_IOCTL_KEPT), .ask = name,		\
	};

OF_ANY_ROW(mp_state, SERVED, REFUSED)
OF_ANY_ROW(events, SERVED, REFUSED)
OF_ANY_ROW(lapic, SERVED)
OF_ANY_ROW(interrupt, REFUSED)
OF_ANY_ROW(tsc_khz, SERVED, REFUSED, REQ_SNP_TSC_KHZ)
OF_ANY_ROW(cpuid_entries, SERVED, REFUSED)
OF_ANY_ROW(machine_checks, SERVED, REFUSED)
OF_ANY_ROW(kvmclock, SERVED, REFUSED)
OF_ANY_ROW(irqchip, SERVED, REFUSED)
OF_ANY_ROW(pit, SERVED, REFUSED)
OF_ANY_ROW(identity_map, REFUSED)

COCO_TEST_F(of_any, and_goes_on)
{
	struct ghcb_step *step;
	struct ghcb_vm v;

	if (!ghcb_vm_start(&v))
		return;
	variant->ask(v.snp->vm->fd, v.cpu[0].vcpu->fd);
	ghcb_script_reset(&v, 0);
	step = ghcb_add_event(&v, 0, GHCB_NAE_HV_FEATURES, 0, 0);
	if (EXPECT_REQ_SYNC(REQ_SNP_IOCTL_KEPT, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		EXPECT_REQ_EQ(REQ_SNP_IOCTL_KEPT, "SW_EXITINFO1 of the next event", GHCB_INFO1_OK,
			      step->answer.page.sw_exit_info_1, &names_info_1);
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
