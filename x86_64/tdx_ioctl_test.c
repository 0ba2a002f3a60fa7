// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a VMM can ask of any VM and vCPU, asked of a TD: served as for others, or refused where
 * the TD keeps it to itself or has it not; and the TD goes on after each.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"

#include "tdx/raw_td.h"
#include "tdx/td_vm.h"
#include "tdx/tdx_check.h"

/* More than any structure has. */
#define ARG_SIZE	(16 * 4096)
#define UNTOUCHED	0xa5

static char arg[ARG_SIZE] __attribute__((aligned(4096)));

/* A guest with a request; its answer. */
static bool goes_on(struct tdvmcall_vm *v)
{
	tdvmcall_prepare(v, GHCI_GET_TD_VM_CALL_INFO, 0, 0, 0, 0);
	return expect_tdvmcall_answer(check_main_req(), v, GHCI_SUCCESS);
}

/* ---- registers that a TD keeps to itself ---- */

COCO_FIXTURE(registers);
FIXTURE_VARIANT(registers)
{
	struct check_row row;
	unsigned long request;
};

#define KEPT(name)								\
	FIXTURE_VARIANT_ADD(registers, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_PROTECTED), .request = KVM_##name,	\
	};

KEPT(GET_REGS)
KEPT(SET_REGS)
KEPT(GET_SREGS)
KEPT(SET_SREGS)
KEPT(GET_SREGS2)
KEPT(SET_SREGS2)
KEPT(GET_FPU)
KEPT(SET_FPU)
KEPT(GET_XSAVE)
KEPT(SET_XSAVE)
KEPT(GET_XSAVE2)
KEPT(GET_XCRS)
KEPT(SET_XCRS)
KEPT(GET_DEBUGREGS)
KEPT(SET_DEBUGREGS)
KEPT(SET_GUEST_DEBUG)
KEPT(GET_LAPIC)
KEPT(SET_LAPIC)

static void expect_kept(int vcpu, unsigned long request, const char *when)
{
	char what[60];

	/* What is read must not be written; what is written, 0, would be right for most. */
	memset(arg, _IOC_DIR(request) & _IOC_READ ? UNTOUCHED : 0, sizeof(arg));
	snprintf(what, sizeof(what), "the ioctl %s", when);
	EXPECT_REQ_EQ(REQ_TDX_PROTECTED, what, EINVAL, raw_errno(ioctl(vcpu, request, arg)),
		      &names_errno);
	errno = 0;
	if (_IOC_DIR(request) & _IOC_READ)
		EXPECT_REQ_FILL(REQ_TDX_PROTECTED, "the VMM's memory", UNTOUCHED, arg, sizeof(arg));
}

COCO_TEST_F(registers, kept)
{
	struct tdvmcall_vm v;
	struct raw_td td;

	raw_td_open(&td);
	TEST_ASSERT(!raw_td_go(&td, RAW_TD_VCPU), "the launch up to a vCPU");
	expect_kept(td.raw.vcpu, variant->request, "of a vCPU that is not initialized");
	raw_td_close(&td);
	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	expect_kept(v.vcpu->fd, variant->request, "of one that has not run");
	if (goes_on(&v)) {
		expect_kept(v.vcpu->fd, variant->request, "of one that has run");
		goes_on(&v);
	}
	tdvmcall_vm_free(&v);
}

COCO_FIXTURE(sync);
FIXTURE_VARIANT(sync)
{
	struct check_row row;
	bool dirty;
};

FIXTURE_VARIANT_ADD(sync, valid_regs)
{
	COCO_ROW(NULL, REQ_TDX_PROTECTED),
};

FIXTURE_VARIANT_ADD(sync, dirty_regs)
{
	COCO_ROW(NULL, REQ_TDX_PROTECTED), .dirty = true,
};

/* kvm_run.s.regs is the same by another way. */
COCO_TEST_F(sync, kept)
{
	struct tdvmcall_vm v;
	__u64 *fields;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	fields = variant->dirty ? &v.vcpu->run->kvm_dirty_regs : &v.vcpu->run->kvm_valid_regs;
	EXPECT_REQ_EQ(REQ_TDX_PROTECTED, "KVM_CAP_SYNC_REGS of the VM", 0,
		      ioctl(v.td->vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS), &names_value);
	if (goes_on(&v)) {
		*fields = KVM_SYNC_X86_REGS;
		EXPECT_REQ_EQ(REQ_TDX_PROTECTED, "KVM_RUN", EINVAL,
			      raw_errno(ioctl(v.vcpu->fd, KVM_RUN, NULL)), &names_errno);
		*fields = 0;
		errno = 0;
		goes_on(&v);
	}
	tdvmcall_vm_free(&v);
}

/* ---- others ---- */

static void tsc_khz(struct tdvmcall_vm *v)
{
	const int khz = ioctl(v->td->vm->fd, KVM_GET_TSC_KHZ, 0), vcpu = v->vcpu->fd;

	EXPECT_REQ_EQ(REQ_TDX_TSC_FIXED, "KVM_GET_TSC_KHZ", khz, ioctl(vcpu, KVM_GET_TSC_KHZ, 0),
		      &names_value);
	EXPECT_REQ_EQ(REQ_TDX_TSC_FIXED, "KVM_SET_TSC_KHZ, another one", EINVAL,
		      raw_errno(ioctl(vcpu, KVM_SET_TSC_KHZ, khz / 2)), &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_TSC_FIXED, "KVM_SET_TSC_KHZ, the same", EINVAL,
		      raw_errno(ioctl(vcpu, KVM_SET_TSC_KHZ, khz)), &names_errno);
	/* That of the VM is for vCPUs to come: since 6.17 it is refused where there is one. */
	ioctl(v->td->vm->fd, KVM_SET_TSC_KHZ, khz / 2);
	EXPECT_REQ_EQ(REQ_TDX_TSC_FIXED, "KVM_GET_TSC_KHZ after KVM_SET_TSC_KHZ of the VM", khz,
		      ioctl(vcpu, KVM_GET_TSC_KHZ, 0), &names_value);
	ioctl(v->td->vm->fd, KVM_SET_TSC_KHZ, khz);
}

/* The TD has it by now, but no vCPU: KVM computes a vCPU's timers by what it believes. */
COCO_FIXTURE(tsc_late);
FIXTURE_VARIANT(tsc_late)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(tsc_late, half)
{
	COCO_ROW(NULL, REQ_TDX_TSC_LATE),
};

COCO_TEST_F(tsc_late, of_vcpu)
{
	struct raw_td td;
	int khz;

	(void)variant;
	raw_td_open(&td);
	TEST_ASSERT(!raw_td_go(&td, RAW_TD_INITED), "KVM_TDX_INIT_VM");
	khz = ioctl(td.raw.vm, KVM_GET_TSC_KHZ, 0);
	/* It may be refused. */
	ioctl(td.raw.vm, KVM_SET_TSC_KHZ, khz / 2);
	TEST_ASSERT(!raw_td_go(&td, RAW_TD_VCPU), "the launch up to a vCPU");
	EXPECT_REQ_EQ(REQ_TDX_TSC_LATE, "KVM_GET_TSC_KHZ of a vCPU", khz,
		      ioctl(td.raw.vcpu, KVM_GET_TSC_KHZ, 0), &names_value);
	raw_td_close(&td);
}

static int enable_cap(int vm, uint32_t cap, uint64_t value)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { value } };

	return raw_errno(ioctl(vm, KVM_ENABLE_CAP, &enable));
}

static void encrypted_region(struct tdvmcall_vm *v)
{
	struct kvm_enc_region region = { .addr = (uint64_t)arg, .size = sizeof(arg) };

	EXPECT_REQ_TRUE(REQ_TDX_OTHERS_CMD, "KVM_MEMORY_ENCRYPT_REG_REGION fails",
			ioctl(v->td->vm->fd, KVM_MEMORY_ENCRYPT_REG_REGION, &region));
	EXPECT_REQ_TRUE(REQ_TDX_OTHERS_CMD, "KVM_MEMORY_ENCRYPT_UNREG_REGION fails",
			ioctl(v->td->vm->fd, KVM_MEMORY_ENCRYPT_UNREG_REGION, &region));
}

/* From a TD and to a TD, of both kinds of VMs. */
static void move(struct tdvmcall_vm *v, uint32_t cap, const char *name)
{
	static const unsigned long types[] = { TDX_VM_TYPE, 0 };
	unsigned int i;
	char what[80];
	int fd, kvm = open_kvm_dev_path_or_exit();

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		fd = ioctl(kvm, KVM_CREATE_VM, types[i]);
		TEST_ASSERT(fd >= 0, "KVM_CREATE_VM, type %lu", types[i]);
		snprintf(what, sizeof(what), "%s to a VM of type %lu fails", name, types[i]);
		EXPECT_REQ_TRUE(REQ_TDX_OTHERS_CMD, what, enable_cap(fd, cap, v->td->vm->fd));
		snprintf(what, sizeof(what), "%s from a VM of type %lu fails", name, types[i]);
		EXPECT_REQ_TRUE(REQ_TDX_OTHERS_CMD, what, enable_cap(v->td->vm->fd, cap, fd));
		close(fd);
	}
	close(kvm);
}

static void copy_context(struct tdvmcall_vm *v)
{
	move(v, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM, "KVM_CAP_VM_COPY_ENC_CONTEXT_FROM");
}

static void move_context(struct tdvmcall_vm *v)
{
	move(v, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM");
}

#define SLOT_GPA	0x80000000ull
#define SLOT		9u

static int set_slot(struct tdvmcall_vm *v, uint32_t slot, uint32_t flags, int gmem)
{
	struct kvm_userspace_memory_region2 region = {
		.slot = slot, .flags = flags, .guest_phys_addr = SLOT_GPA,
		.memory_size = gmem < 0 ? 0 : 4096,
		.userspace_addr = (uint64_t)arg, .guest_memfd = gmem,
	};

	return raw_errno(ioctl(v->td->vm->fd, KVM_SET_USER_MEMORY_REGION2, &region));
}

static void slots(struct tdvmcall_vm *v)
{
	struct kvm_create_guest_memfd create = { .size = 4096 };
	int gmem = ioctl(v->td->vm->fd, KVM_CREATE_GUEST_MEMFD, &create);

	TEST_ASSERT(gmem >= 0, "KVM_CREATE_GUEST_MEMFD");
	EXPECT_REQ_EQ(REQ_TDX_SLOT, "KVM_CAP_READONLY_MEM", 0,
		      ioctl(v->td->vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_READONLY_MEM), &names_bool);
	EXPECT_REQ_EQ(REQ_TDX_SLOT, "a slot that is read-only", EINVAL,
		      set_slot(v, SLOT, KVM_MEM_READONLY, 0), &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_SLOT, "a slot with private memory that is read-only", EINVAL,
		      set_slot(v, SLOT, KVM_MEM_READONLY | KVM_MEM_GUEST_MEMFD, gmem),
		      &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_SLOT, "a slot with private memory that is logged", EINVAL,
		      set_slot(v, SLOT, KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_GUEST_MEMFD, gmem),
		      &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_SLOT, "KVM_CAP_MULTI_ADDRESS_SPACE", 1,
		      ioctl(v->td->vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_MULTI_ADDRESS_SPACE),
		      &names_count);
	EXPECT_REQ_EQ(REQ_TDX_SLOT, "a slot of address space 1", EINVAL,
		      set_slot(v, 1u << 16 | SLOT, 0, 0), &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_SLOT, "a slot with private memory", 0,
		      set_slot(v, SLOT, KVM_MEM_GUEST_MEMFD, gmem), &names_errno);
	set_slot(v, SLOT, 0, -1);
	close(gmem);
	errno = 0;
}

static void kvmclock(struct tdvmcall_vm *v)
{
	struct kvm_clock_data set = { .clock = 1ull << 50 }, got = {};

	EXPECT_REQ_EQ(REQ_TDX_SERVED, "KVM_SET_CLOCK", 0,
		      raw_errno(ioctl(v->td->vm->fd, KVM_SET_CLOCK, &set)), &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_SERVED, "KVM_GET_CLOCK", 0,
		      raw_errno(ioctl(v->td->vm->fd, KVM_GET_CLOCK, &got)), &names_errno);
	EXPECT_REQ_TRUE(REQ_TDX_SERVED, "the clock goes on from what it was set to",
			got.clock - set.clock < 1ull << 40);
}

static void mp_state(struct tdvmcall_vm *v)
{
	struct kvm_mp_state state = { .mp_state = ~0u };
	const int vcpu = v->vcpu->fd;

	EXPECT_REQ_EQ(REQ_TDX_SERVED, "KVM_GET_MP_STATE", 0,
		      raw_errno(ioctl(vcpu, KVM_GET_MP_STATE, &state)), &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_SERVED, "mp_state of a vCPU that runs", KVM_MP_STATE_RUNNABLE,
		      state.mp_state, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_SERVED, "KVM_SET_MP_STATE, the same", 0,
		      raw_errno(ioctl(vcpu, KVM_SET_MP_STATE, &state)), &names_errno);
	state.mp_state = 17;
	EXPECT_REQ_EQ(REQ_TDX_SERVED, "KVM_SET_MP_STATE, none that there is", EINVAL,
		      raw_errno(ioctl(vcpu, KVM_SET_MP_STATE, &state)), &names_errno);
}

static void events(struct tdvmcall_vm *v)
{
	struct kvm_vcpu_events before = {}, after = {};
	const int vcpu = v->vcpu->fd;

	EXPECT_REQ_EQ(REQ_TDX_SERVED, "KVM_GET_VCPU_EVENTS", 0,
		      raw_errno(ioctl(vcpu, KVM_GET_VCPU_EVENTS, &before)), &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_SERVED, "KVM_SET_VCPU_EVENTS, the same", 0,
		      raw_errno(ioctl(vcpu, KVM_SET_VCPU_EVENTS, &before)), &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_SERVED, "KVM_GET_VCPU_EVENTS after it", 0,
		      raw_errno(ioctl(vcpu, KVM_GET_VCPU_EVENTS, &after)), &names_errno);
	EXPECT_REQ_BYTES(REQ_TDX_SERVED, "the events", &before, &after, sizeof(before));
}

/* ---- the irqchip ---- */

COCO_FIXTURE(irqchip);
FIXTURE_VARIANT(irqchip)
{
	struct check_row row;
	bool in_kernel;
};

FIXTURE_VARIANT_ADD(irqchip, none)
{
	COCO_ROW(NULL, REQ_TDX_IRQCHIP),
};

FIXTURE_VARIANT_ADD(irqchip, in_kernel)
{
	COCO_ROW(NULL, REQ_TDX_IRQCHIP, REQ_TDX_NO_IRQCHIP), .in_kernel = true,
};

COCO_TEST_F(irqchip, must_be_split)
{
	struct raw_td td;

	raw_td_open(&td);
	TEST_ASSERT(!raw_vm_create(&td.raw, TDX_VM_TYPE) && !raw_td_init_vm(&td, 0),
		    "KVM_TDX_INIT_VM");
	if (variant->in_kernel)
		EXPECT_REQ_EQ(REQ_TDX_NO_IRQCHIP, "KVM_CREATE_IRQCHIP", ENOTTY,
			      raw_errno(ioctl(td.raw.vm, KVM_CREATE_IRQCHIP, 0)), &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_IRQCHIP, "KVM_CREATE_VCPU", EINVAL, raw_vm_add_vcpu(&td.raw),
		      &names_errno);
	raw_td_close(&td);
}

/* ---- eventfds that stand for devices ---- */

#define DEVICE		0xd0000000ull
#define PORT		0x5000u
#define VALUE		0x1234u

static void expect_signalled(int fd, const char *what, uint64_t nr)
{
	uint64_t count = 0;

	if (read(fd, &count, sizeof(count)) < 0)
		count = 0;
	EXPECT_REQ_EQ(REQ_TDX_IOEVENTFD, what, nr, count, &names_count);
}

static void io_eventfd(struct tdvmcall_vm *v, uint32_t len, uint32_t flags)
{
	const bool pio = flags & KVM_IOEVENTFD_FLAG_PIO;
	struct kvm_ioeventfd arg = {
		.addr = pio ? PORT : DEVICE, .len = len, .flags = flags, .datamatch = VALUE,
		.fd = eventfd(0, EFD_NONBLOCK),
	};

	TEST_ASSERT(arg.fd >= 0, "eventfd");
	EXPECT_REQ_EQ(REQ_TDX_IOEVENTFD, "KVM_IOEVENTFD", 0,
		      raw_errno(ioctl(v->td->vm->fd, KVM_IOEVENTFD, &arg)), &names_errno);
	if (pio)
		tdvmcall_prepare(v, GHCI_INSTRUCTION_IO, 4, GHCI_IO_WRITE, PORT, VALUE);
	else
		tdvmcall_prepare(v, GHCI_VE_REQUEST_MMIO, 4, GHCI_MMIO_WRITE,
				 DEVICE | v->td->shared_bit, VALUE);
	if (expect_tdvmcall_answer(REQ_TDX_IOEVENTFD, v, GHCI_SUCCESS))
		expect_signalled(arg.fd, "how often it was signalled", 1);
	arg.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	EXPECT_REQ_EQ(REQ_TDX_IOEVENTFD, "KVM_IOEVENTFD to end it", 0,
		      raw_errno(ioctl(v->td->vm->fd, KVM_IOEVENTFD, &arg)), &names_errno);
	close(arg.fd);
}

static void mmio_eventfd(struct tdvmcall_vm *v)
{
	io_eventfd(v, 4, KVM_IOEVENTFD_FLAG_DATAMATCH);
}

static void mmio_eventfd_any(struct tdvmcall_vm *v)
{
	io_eventfd(v, 0, 0);
}

static void pio_eventfd(struct tdvmcall_vm *v)
{
	io_eventfd(v, 4, KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH);
}

/* ---- MSRs that KVM has for a TD ---- */

#define MSR_APIC_BASE		0x1bu
#define MSR_FEATURE_CONTROL	0x3au
#define MSR_MCG_EXT_CTL		0x4d0u
#define APIC_BASE_BSP		(1ull << 8)
#define APIC_BASE_X2APIC	(3ull << 10)
#define FEATURE_LOCKED		(1ull << 0)
#define FEATURE_LMCE		(1ull << 20)
#define MCG_CTL			(1ull << 8)
#define MCG_LMCE		(1ull << 27)

/* KVM_GET_MSRS or KVM_SET_MSRS of one: how many it did. */
static int one_msr(int vcpu, unsigned long request, uint32_t index, uint64_t *value)
{
	struct {
		struct kvm_msrs msrs;
		struct kvm_msr_entry entry;
	} arg = { .msrs.nmsrs = 1, .entry = { .index = index, .data = *value } };
	int done = ioctl(vcpu, request, &arg);

	*value = arg.entry.data;
	return done;
}

static void expect_msr(enum requirement_nr req, int vcpu, const char *what, uint32_t index,
		       uint64_t wanted)
{
	uint64_t value = ~0ull;

	if (EXPECT_REQ_EQ(req, "KVM_GET_MSRS of one", 1, one_msr(vcpu, KVM_GET_MSRS, index, &value),
			  &names_count))
		EXPECT_REQ_EQ(req, what, wanted, value, &names_value);
}

static void machine_checks(struct tdvmcall_vm *v)
{
	uint64_t supported = 0, cap, value;
	const int vcpu = v->vcpu->fd;
	unsigned int i;

	TEST_ASSERT(!ioctl(v->td->vm->kvm_fd, KVM_X86_GET_MCE_CAP_SUPPORTED, &supported),
		    "KVM_X86_GET_MCE_CAP_SUPPORTED");
	for (i = 0; i < 2; i++) {
		cap = 4 | MCG_CTL | (i ? MCG_LMCE & supported : 0);
		EXPECT_REQ_EQ(REQ_TDX_MCE, "KVM_X86_SETUP_MCE", 0,
			      raw_errno(ioctl(vcpu, KVM_X86_SETUP_MCE, &cap)), &names_errno);
		expect_msr(REQ_TDX_MCE, vcpu, "IA32_FEATURE_CONTROL", MSR_FEATURE_CONTROL,
			   FEATURE_LOCKED | (cap & MCG_LMCE ? FEATURE_LMCE : 0));
		value = 1;
		EXPECT_REQ_EQ(REQ_TDX_MCE, "KVM_SET_MSRS of IA32_MCG_EXT_CTL, bit 0", 1,
			      one_msr(vcpu, KVM_SET_MSRS, MSR_MCG_EXT_CTL, &value), &names_count);
		value = 2;
		EXPECT_REQ_EQ(REQ_TDX_MCE, "KVM_SET_MSRS of IA32_MCG_EXT_CTL, bit 1", 0,
			      one_msr(vcpu, KVM_SET_MSRS, MSR_MCG_EXT_CTL, &value), &names_count);
		expect_msr(REQ_TDX_MCE, vcpu, "IA32_MCG_EXT_CTL", MSR_MCG_EXT_CTL, 1);
	}
}

COCO_FIXTURE(apic_base);
FIXTURE_VARIANT(apic_base)
{
	struct check_row row;
	unsigned int nr_vcpus;
};

FIXTURE_VARIANT_ADD(apic_base, two_vcpus)
{
	COCO_ROW(NULL, REQ_TDX_APIC_BASE), .nr_vcpus = 2,
};

COCO_TEST_F(apic_base, of_each)
{
	const struct tdvmcall_vm_options options = { .nr_vcpus = variant->nr_vcpus };
	struct tdvmcall_vm v;
	unsigned int i;
	char what[40];

	tdvmcall_vm_create_with(&v, &options);
	for (i = 0; i < variant->nr_vcpus; i++) {
		snprintf(what, sizeof(what), "IA32_APIC_BASE of vCPU %u", i);
		expect_msr(REQ_TDX_APIC_BASE, v.td->vcpu[i]->fd, what, MSR_APIC_BASE,
			   0xfee00000 | APIC_BASE_X2APIC | (i ? 0 : APIC_BASE_BSP));
	}
	tdvmcall_vm_free(&v);
}

COCO_FIXTURE(others);
FIXTURE_VARIANT(others)
{
	struct check_row row;
	void (*ask)(struct tdvmcall_vm *v);
};

#define OTHERS(name, req)							\
	FIXTURE_VARIANT_ADD(others, name)					\
	{									\
		COCO_ROW(NULL, req), .ask = name,				\
	};

OTHERS(tsc_khz, REQ_TDX_TSC_FIXED)
OTHERS(encrypted_region, REQ_TDX_OTHERS_CMD)
OTHERS(copy_context, REQ_TDX_OTHERS_CMD)
OTHERS(move_context, REQ_TDX_OTHERS_CMD)
OTHERS(slots, REQ_TDX_SLOT)
OTHERS(kvmclock, REQ_TDX_SERVED)
OTHERS(mp_state, REQ_TDX_SERVED)
OTHERS(events, REQ_TDX_SERVED)
OTHERS(mmio_eventfd, REQ_TDX_IOEVENTFD)
OTHERS(mmio_eventfd_any, REQ_TDX_IOEVENTFD)
OTHERS(pio_eventfd, REQ_TDX_IOEVENTFD)
OTHERS(machine_checks, REQ_TDX_MCE)

COCO_TEST_F(others, and_goes_on)
{
	struct tdvmcall_vm v;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	variant->ask(&v);
	errno = 0;
	if (goes_on(&v)) {
		variant->ask(&v);
		errno = 0;
		goes_on(&v);
	}
	tdvmcall_vm_free(&v);
}

/* Of the ioctls of an x86 KVM some are as old as KVM, and some it has to offer. */
static const char *missing(void)
{
	const char *why = td_vm_missing();

	if (why || (kvm_has_cap(KVM_CAP_DEBUGREGS) && kvm_has_cap(KVM_CAP_XCRS)))
		return why;
	return "this KVM has but some of the ioctls of others";
}

COCO_MAIN(missing)
