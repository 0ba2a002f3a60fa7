// SPDX-License-Identifier: GPL-2.0-only
/*
 * Create, launch and free TDs.
 */
#include <string.h>

#include "kvm_util.h"
#include "processor.h"
#include "sparsebit.h"
#include "ucall_common.h"

#include "check/transcript.h"
#include "guest/libkvm.h"
#include "guest/td_boot.h"
#include "guest/td_call.h"
#include "tdx/td_vm.h"
#include "vm/guest_elf.h"
#include "vm/vm_type.h"

/* Room in the memory slot: the program, tables, stacks, and what a test shares. */
#define SLOT_PAGES		512
#define BOOT_SLOT		1

#define NR_VECTORS		256

/* Pins of the VMM's I/O APIC: with TDs KVM has none of its own. */
#define NR_IOAPIC_PINS		24

/* The state that every TD has: x87, SSE (Intel TDX Module Base Architecture Specification, "XFAM"). */
#define XFAM			3ull

/* What a TD's configurable CPUID may have, at most */

/* EAX[23:16] of leaf 0x80000008 */
#define GPAW_SHIFT		16
#define GPAW_MASK		(0xffu << GPAW_SHIFT)

#define CPUID_1_ECX_X2APIC	(1u << 21)

/* Where KVM_SIGNAL_MSI goes: physical destination, fixed delivery */
#define MSI_ADDRESS		0xfee00000u
#define MSI_DEST_SHIFT		12

const char *td_vm_missing(void)
{
	return vm_type_missing(TDX_VM_TYPE, "TDs");
}

const char *td_vm_gpaw_missing(unsigned int gpaw)
{
	static char why[120];
	uint32_t eax = get_cpuid_entry(kvm_get_supported_cpuid(),
				       TDX_CPUID_ADDRESS_SIZES, 0)->eax;

	if (gpaw == TD_GPAW_48 || (eax & 0xff) >= gpaw || (eax & GPAW_MASK) >> GPAW_SHIFT >= gpaw)
		return NULL;
	snprintf(why, sizeof(why), "guests here have %u physical address bits, not %u", eax & 0xff,
		 gpaw);
	return why;
}

static int tdx_cmd(int fd, uint32_t id, uint32_t flags, uint64_t data)
{
	struct tdx_cmd cmd = { .id = id, .flags = flags, .data = data };
	int ret;

	do {
		errno = 0;
		ret = ioctl(fd, KVM_MEMORY_ENCRYPT_OP, &cmd) ? errno : 0;
	} while (ret == EINTR);
	/* libkvm's assertions take a stale EACCES for a reason to skip. */
	errno = 0;
	return ret;
}

int td_vm_cmd(struct kvm_vm *vm, uint32_t id, uint32_t flags, uint64_t data)
{
	return tdx_cmd(vm->fd, id, flags, data);
}

int td_vcpu_cmd(struct kvm_vcpu *vcpu, uint32_t id, uint32_t flags, uint64_t data)
{
	return tdx_cmd(vcpu->fd, id, flags, data);
}

struct kvm_vm *td_vm_open(void)
{
	struct vm_shape shape = { .mode = VM_MODE_DEFAULT, .type = TDX_VM_TYPE };
	struct kvm_vm *vm = ____vm_create(shape);

	vm_enable_cap(vm, KVM_CAP_SPLIT_IRQCHIP, NR_IOAPIC_PINS);
	return vm;
}

/* ---- KVM_TDX_INIT_VM ---- */

struct tdx_capabilities *td_vm_new_capabilities(void)
{
	struct tdx_capabilities *caps;

	caps = calloc(1, sizeof(*caps) + TDX_MAX_CPUID * sizeof(caps->cpuid.entries[0]));
	TEST_ASSERT(caps, "out of memory");
	caps->cpuid.nent = TDX_MAX_CPUID;
	return caps;
}

static struct tdx_capabilities *get_capabilities(struct kvm_vm *vm)
{
	struct tdx_capabilities *caps = td_vm_new_capabilities();
	int ret = td_vm_cmd(vm, TDX_CMD_CAPABILITIES, 0, (uint64_t)caps);

	TEST_ASSERT(!ret, "KVM_TDX_CAPABILITIES failed: %s", strerror(ret));
	return caps;
}

/* Of what may be configured, what KVM supports; the address width is ours. */
static void fill_cpuid(struct kvm_cpuid2 *cpuid, const struct kvm_cpuid2 *configurable,
		       unsigned int gpaw)
{
	const struct kvm_cpuid2 *supported = kvm_get_supported_cpuid();
	uint32_t i, j;

	for (i = 0; i < configurable->nent; i++) {
		const struct kvm_cpuid_entry2 *mask = &configurable->entries[i];
		struct kvm_cpuid_entry2 *e = &cpuid->entries[cpuid->nent];

		*e = (struct kvm_cpuid_entry2){
			.function = mask->function, .index = mask->index, .flags = mask->flags,
		};
		for (j = 0; j < supported->nent; j++) {
			const struct kvm_cpuid_entry2 *s = &supported->entries[j];

			if (s->function != mask->function)
				continue;
			e->flags = s->flags;
			if (s->index != mask->index)
				continue;
			e->eax = s->eax & mask->eax;
			e->ebx = s->ebx & mask->ebx;
			e->ecx = s->ecx & mask->ecx;
			e->edx = s->edx & mask->edx;
		}
		if (mask->function == TDX_CPUID_ADDRESS_SIZES)
			e->eax = (e->eax & ~GPAW_MASK) | gpaw << GPAW_SHIFT;
		cpuid->nent++;
	}
}

static void fill_id(uint8_t *id, void *init, unsigned int first)
{
	unsigned int i;

	for (i = 0; i < sizeof(((struct td_vm *)0)->ids[0]); i++)
		id[i] = first + i;
	memcpy(init, id, i);
}

static void init_vm(struct td_vm *td)
{
	struct tdx_capabilities *caps = get_capabilities(td->vm);
	struct tdx_init_vm *init;
	int ret;

	init = calloc(1, sizeof(*init) + caps->cpuid.nent * sizeof(init->cpuid.entries[0]));
	TEST_ASSERT(init, "out of memory");
	/* As every Linux guest wants it; and an engine cannot deliver #VE. */
	init->attributes = TDX_ATTR_SEPT_VE_DISABLE & caps->supported_attrs;
	td->attributes = init->attributes;
	td->xfam = init->xfam = XFAM & caps->supported_xfam;
	fill_id(td->ids[0], init->mrconfigid, 0x10);
	fill_id(td->ids[1], init->mrowner, 0x50);
	fill_id(td->ids[2], init->mrownerconfig, 0x90);
	fill_cpuid(&init->cpuid, &caps->cpuid, td->gpaw);
	ret = td_vm_cmd(td->vm, TDX_CMD_INIT_VM, 0, (uint64_t)init);
	TEST_ASSERT(!ret, "KVM_TDX_INIT_VM with %u address bits failed: %s", td->gpaw,
		    strerror(ret));
	free(init);
	free(caps);
}

/* ---- what libkvm's kvm_arch_vm_post_create() and vm_arch_vcpu_add() do otherwise ---- */

/* An interrupt gate (Intel SDM volume 3, "64-Bit Mode IDT") */
struct gate {
	uint16_t offset0, selector;
	uint8_t ist, type;
	uint16_t offset1;
	uint32_t offset2, reserved;
};

#define GATE_INTERRUPT	0x8e

/*
 * libkvm sets up its handlers together with an irqchip that TDs cannot have, so here
 * they are installed once more.
 */
static void init_idt(struct kvm_vm *vm)
{
	extern void *idt_handlers;
	extern gva_t exception_handlers;
	struct gate *gates;
	unsigned int i;

	vm->arch.idt = vm_alloc_page(vm);
	vm->handlers = vm_alloc_page(vm);
	gates = addr_gva2hva(vm, vm->arch.idt);
	for (i = 0; i < NR_VECTORS; i++) {
		uint64_t handler = (uint64_t)(&idt_handlers)[i];

		gates[i] = (struct gate) {
			.offset0 = handler, .offset1 = handler >> 16, .offset2 = handler >> 32,
			.selector = TD_BOOT_CS, .type = GATE_INTERRUPT,
		};
	}
	write_guest_global(vm, exception_handlers, vm->handlers);
}

static void init_boot_page(struct td_vm *td)
{
	struct kvm_vm *vm = td->vm;

	vm_mem_add(vm, VM_MEM_SRC_ANONYMOUS, TD_BOOT_GPA, BOOT_SLOT, 1, KVM_MEM_GUEST_MEMFD, -1, 0);
	__vm_phy_pages_alloc(vm, 1, TD_BOOT_GPA, BOOT_SLOT, true);
	virt_pg_map(vm, TD_BOOT_GPA, TD_BOOT_GPA);
	td->boot = addr_gpa2hva(vm, TD_BOOT_GPA);
	memcpy(td->boot, td_boot_page, TD_BOOT_SIZE);
}

/* The vCPU's block in the boot page; *@gpa is where the guest finds it. */
static struct td_boot_vcpu *boot_vcpu(struct td_vm *td, unsigned int id, uint64_t *gpa)
{
	const uint64_t offset = TD_BOOT_VCPUS + id * TD_BOOT_VCPU_SIZE;

	if (gpa)
		*gpa = TD_BOOT_GPA + offset;
	return td->boot + offset;
}

/* The TDX module decides about CPUID; KVM gets the same, and has to be told of the x2APIC. */
static void init_cpuid(struct kvm_vcpu *vcpu)
{
	struct kvm_cpuid_entry2 *e;
	int ret;

	vcpu->cpuid = allocate_kvm_cpuid2(TDX_MAX_CPUID);
	ret = td_vcpu_cmd(vcpu, TDX_CMD_GET_CPUID, 0, (uint64_t)vcpu->cpuid);
	TEST_ASSERT(!ret, "KVM_TDX_GET_CPUID failed: %s", strerror(ret));
	/* vcpu_get_cpuid_entry() would ask KVM once more, which knows of none yet. */
	e = (struct kvm_cpuid_entry2 *)get_cpuid_entry(vcpu->cpuid, 1, 0);
	e->ecx |= CPUID_1_ECX_X2APIC;
	e->ebx = (e->ebx & 0x00ffffff) | vcpu->id << 24;
	vcpu_set_cpuid(vcpu);
}

static void add_vcpu(struct td_vm *td, unsigned int id, void *guest_code)
{
	const size_t stack_size = DEFAULT_STACK_PGS * td->vm->page_size;
	struct td_boot_vcpu *boot;
	uint64_t gpa, stack;
	int ret;

	stack = __vm_alloc(td->vm, stack_size, DEFAULT_GUEST_STACK_VADDR_MIN,
				 MEM_REGION_DATA);
	boot = boot_vcpu(td, id, &gpa);
	*boot = (struct td_boot_vcpu) {
		.cr3 = vm_pgd(td->vm),
		.rip = (uint64_t)guest_code,
		.rsp = stack + stack_size,
		.idt = { NR_VECTORS * sizeof(struct gate) - 1, td->vm->arch.idt },
	};

	td->vcpu[id] = __vm_vcpu_add(td->vm, id);
	init_cpuid(td->vcpu[id]);
	ret = td_vcpu_cmd(td->vcpu[id], TDX_CMD_INIT_VCPU, 0, gpa);
	TEST_ASSERT(!ret, "KVM_TDX_INIT_VCPU of vCPU %u failed: %s", id, strerror(ret));
}

struct td_vm *td_vm_create_with(unsigned int gpaw, unsigned int nr_vcpus, void *guest_code,
				const struct kvm_enable_cap *caps)
{
	const char *missing = td_vm_missing();
	struct kvm_vm *vm;
	struct td_vm *td;
	unsigned int i;

	TEST_ASSERT(!missing, "%s", missing);
	TEST_ASSERT(nr_vcpus && nr_vcpus <= TD_VM_MAX_VCPUS,
		    "a TD of ours has 1 to %d vCPUs, not %u", TD_VM_MAX_VCPUS, nr_vcpus);
	td = calloc(1, sizeof(*td));
	TEST_ASSERT(td, "out of memory");
	td->gpaw = gpaw;
	td->shared_bit = 1ull << (gpaw - 1);
	td->nr_vcpus = nr_vcpus;

	vm = td->vm = td_vm_open();
	vm->arch.s_bit = td->shared_bit;
	vm->gpa_tag_mask = td->shared_bit;
	for (; caps && caps->cap; caps++)
		vm_enable_cap(vm, caps->cap, caps->args[0]);
	init_vm(td);

	/* As in __vm_create() of libkvm, but that slot 0 has private memory. */
	vm_mem_add(vm, VM_MEM_SRC_ANONYMOUS, 0, 0,
		   SLOT_PAGES + ucall_nr_pages_required(vm->page_size),
		   KVM_MEM_GUEST_MEMFD, -1, 0);
	for (i = 0; i < NR_MEM_REGIONS; i++)
		vm->memslots[i] = 0;
	kvm_vm_elf_load(vm, guest_elf());
	ucall_init(vm, 0);
	sync_global_to_guest(vm, kvm_rng);
	write_guest_global(vm, guest_is_td, true);
	init_idt(vm);
	init_boot_page(td);
	for (i = 0; i < nr_vcpus; i++)
		add_vcpu(td, i, guest_code);
	return td;
}

struct td_vm *td_vm_create(unsigned int gpaw, unsigned int nr_vcpus, void *guest_code)
{
	return td_vm_create_with(gpaw, nr_vcpus, guest_code, NULL);
}

void td_vm_set_arg(struct td_vm *td, unsigned int id, uint64_t arg)
{
	TEST_ASSERT(!td->launched, "arguments are set before the launch");
	boot_vcpu(td, id, NULL)->rdi = arg;
}

struct shared_mem td_vm_alloc_shared(struct td_vm *td, size_t pages)
{
	return shared_mem_alloc(td->vm, pages);
}

/* ---- the launch ---- */

static void add_memory(struct td_vm *td, uint64_t gpa, uint64_t size)
{
	struct tdx_mem_region region = {
		.source_addr = (uint64_t)addr_gpa2hva(td->vm, gpa),
		.gpa = gpa,
		.nr_pages = size / td->vm->page_size,
	};
	uint64_t at;
	int ret;

	vm_mem_set_private(td->vm, gpa, size);
	for (at = gpa; td->page_added && at < gpa + size; at += td->vm->page_size)
		td->page_added(td, at, addr_gpa2hva(td->vm, at));
	ret = td_vcpu_cmd(td->vcpu[0], TDX_CMD_INIT_MEM_REGION,
			  td->measure ? TDX_MEASURE_MEMORY_REGION : 0, (uint64_t)&region);
	TEST_ASSERT(!ret && !region.nr_pages,
		    "KVM_TDX_INIT_MEM_REGION, GPA 0x%llx: %s, %llu pages left", region.gpa,
		    strerror(ret), region.nr_pages);
}

void td_vm_launch(struct td_vm *td)
{
	struct userspace_mem_region *region;
	struct kvm_vm *vm = td->vm;
	sparsebit_idx_t first, last;
	int ctr, ret;

	hash_for_each(vm->regions.slot_hash, ctr, region, slot_node) {
		if (!sparsebit_any_set(region->protected_phy_pages))
			continue;
		sparsebit_for_each_set_range(region->protected_phy_pages, first, last)
			add_memory(td, first << vm->page_shift,
				   (last - first + 1) << vm->page_shift);
	}
	ret = td_vm_cmd(vm, TDX_CMD_FINALIZE_VM, 0, 0);
	TEST_ASSERT(!ret, "KVM_TDX_FINALIZE_VM failed: %s", strerror(ret));

	/* From here on libkvm refuses to walk the page tables. */
	vm->arch.is_pt_protected = true;
	td->launched = true;
}

void td_vm_send_interrupt(struct td_vm *td, unsigned int apic_id, uint8_t vector)
{
	struct kvm_msi msi = {
		.address_lo = MSI_ADDRESS | apic_id << MSI_DEST_SHIFT, .data = vector,
	};
	int ret = __vm_ioctl(td->vm, KVM_SIGNAL_MSI, &msi);

	TEST_ASSERT(ret > 0, "KVM_SIGNAL_MSI gives %d, errno %s", ret, strerror(errno));
}

void td_vm_free(struct td_vm *td)
{
	check_guest_gone(td);
	kvm_vm_free(td->vm);
	free(td);
}
