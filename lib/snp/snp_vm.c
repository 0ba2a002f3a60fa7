// SPDX-License-Identifier: GPL-2.0-only
/*
 * Create, launch and free SNP VMs.
 */
#include <fcntl.h>
#include <string.h>

#include "kvm_util.h"
#include "processor.h"
#include "sev.h"
#include "sparsebit.h"
#include "ucall_common.h"

#include "check/transcript.h"
#include "guest/libkvm.h"
#include "snp/snp_vm.h"
#include "vm/guest_elf.h"
#include "vm/vm_type.h"

#define DEV_SEV			"/dev/sev"

/* #VC, the VMM communication exception; libkvm has no name for it. */
#define VC_VECTOR		29

/* Guest policy: bit 17 is reserved and must be 1, bit 16 allows SMT (SEV-SNP firmware ABI) */
#define SNP_POLICY		((1ull << 17) | (1ull << 16))

/* Page table levels above the leaf's: PML4, PDPT, PD */
#define TOP_LEVEL		4
#define LEAF_LEVEL		1
#define ENTRIES			512

/* Bits of an entry in these */
#define TABLE_PRESENT		BIT_ULL(0)
#define TABLE_LARGE		BIT_ULL(7)

/* Room in the memory slot: the program, tables, stacks, and what a test shares. */
#define SLOT_PAGES		512

/* A launch update may be told to try again when memory is short. */
#define MAX_RETRIES		1000

static unsigned int c_bit_position(void)
{
	/*
	 * From KVM, not from CPUID: what counts is the platform that the VM
	 * runs on, and that need not be this CPU.
	 */
	return kvm_cpuid_property(kvm_get_supported_cpuid(), X86_PROPERTY_SEV_C_BIT);
}

static const char *sev_missing(int type, const char *name)
{
	static char why[160];
	const char *missing = vm_type_missing(type, name);
	int fd;

	if (missing)
		return missing;
	fd = open(DEV_SEV, O_RDWR);
	if (fd < 0) {
		snprintf(why, sizeof(why), "cannot open %s: %s", DEV_SEV, strerror(errno));
		return why;
	}
	close(fd);

	if (!c_bit_position())
		return "KVM_GET_SUPPORTED_CPUID has no leaf 0x8000001f: the C-bit is unknown";
	errno = 0;
	return NULL;
}

const char *snp_vm_missing(void)
{
	return sev_missing(KVM_X86_SNP_VM, "SNP VMs");
}

const char *es_vm_missing(void)
{
	return sev_missing(KVM_X86_SEV_ES_VM, "SEV-ES VMs");
}

static void snp_cmd(struct kvm_vm *vm, uint32_t id, const char *name, void *data)
{
	struct kvm_sev_cmd cmd = {
		.id = id,
		.data = (uint64_t)data,
		.sev_fd = vm->arch.sev_fd,
	};
	int ret;

	errno = 0;
	ret = __vm_ioctl(vm, KVM_MEMORY_ENCRYPT_OP, (unsigned long *)&cmd);
	TEST_ASSERT(!ret, "%s failed: %s, firmware status 0x%x", name, strerror(errno), cmd.error);
}

/* The GHCB of vCPU number @i, and the private page that says where it is. */
static void vcpu_init(struct snp_vm *snp, unsigned int i)
{
	struct kvm_vcpu *vcpu = snp->cpu[i].vcpu;
	struct guest_vcpu *info;
	struct kvm_sregs sregs;
	uint64_t gva;

	snp->cpu[i].ghcb = snp_vm_alloc_shared(snp, 1);

	gva = vm_alloc_page(snp->vm);
	info = addr_gva2hva(snp->vm, gva);
	*info = (struct guest_vcpu) {
		.self = (void *)gva,
		.ghcb = (void *)snp->cpu[i].ghcb.gva,
		.ghcb_gpa = snp->cpu[i].ghcb.gpa,
		.id = vcpu->id,
		.is_snp = !snp->is_es,
	};

	/*
	 * The C-bit in CR3, as in the tables (see encrypt_tables()): on
	 * hardware the walk is private anyway.
	 */
	vcpu_sregs_get(vcpu, &sregs);
	sregs.gs.base = gva;
	sregs.cr3 |= snp->vm->arch.c_bit;
	vcpu_sregs_set(vcpu, &sregs);
}

static struct snp_vm *create_bare(bool is_es, uint16_t ghcb_version, uint64_t vmsa_features)
{
	struct vm_shape shape = {
		.mode = VM_MODE_DEFAULT, .type = is_es ? KVM_X86_SEV_ES_VM : KVM_X86_SNP_VM,
	};
	struct kvm_sev_init init = {
		.ghcb_version = ghcb_version, .vmsa_features = vmsa_features,
	};
	const char *missing = is_es ? es_vm_missing() : snp_vm_missing();
	struct userspace_mem_region *slot;
	struct snp_vm *snp;
	unsigned long type;
	struct kvm_vm *vm;
	unsigned int i;

	TEST_ASSERT(!missing, "%s", missing);
	snp = calloc(1, sizeof(*snp));
	TEST_ASSERT(snp, "out of memory");
	snp->c_bit = c_bit_position();
	snp->is_es = is_es;
	snp->start.policy = SNP_POLICY;

	/*
	 * What __vm_create() of libkvm does, with two differences: slot 0 has
	 * private memory, and the C-bit is known before anything is mapped.
	 */
	vm = snp->vm = ____vm_create(shape);
	vm->arch.c_bit = 1ull << snp->c_bit;
	vm->gpa_tag_mask = vm->arch.c_bit;
	if (!is_es)
		vm->arch.sev_fd = open(DEV_SEV, O_RDWR);
	TEST_ASSERT(vm->arch.sev_fd >= 0, "cannot open %s: %s", DEV_SEV, strerror(errno));

	vm_mem_add(vm, VM_MEM_SRC_ANONYMOUS, 0, 0,
		   SLOT_PAGES + ucall_nr_pages_required(vm->page_size),
		   is_es ? 0 : KVM_MEM_GUEST_MEMFD, -1, 0);
	for (i = 0; i < NR_MEM_REGIONS; i++)
		vm->memslots[i] = 0;
	kvm_vm_elf_load(vm, guest_elf());
	slot = memslot2region(vm, 0);
	ucall_init(vm, slot->region.guest_phys_addr + slot->region.memory_size);
	sync_global_to_guest(vm, kvm_rng);

	/* Before any vCPU: KVM_SEV_INIT2 refuses a VM that has some. */
	snp_cmd(vm, KVM_SEV_INIT2, "KVM_SEV_INIT2", &init);
	/* SEV VMs libkvm would initialize by itself. */
	type = vm->type;
	vm->type = KVM_X86_DEFAULT_VM;
	vm_post_create(vm, 0);
	vm->type = type;
	vm_install_exception_handler(vm, VC_VECTOR, guest_vc_handler);
	return snp;
}

struct snp_vm *snp_vm_create_bare(uint64_t vmsa_features)
{
	return create_bare(false, GHCB_PROTOCOL_VERSION, vmsa_features);
}

void snp_vm_add_vcpu_ids(struct snp_vm *snp, unsigned int nr_vcpus, const uint32_t *ids,
			 void *guest_code)
{
	unsigned int i;

	TEST_ASSERT(nr_vcpus && nr_vcpus <= SNP_VM_MAX_VCPUS,
		    "an SNP VM of ours has 1 to %d vCPUs, not %u", SNP_VM_MAX_VCPUS, nr_vcpus);
	snp->nr_vcpus = nr_vcpus;
	for (i = 0; i < nr_vcpus; i++) {
		snp->cpu[i].vcpu = vm_vcpu_add(snp->vm, ids ? ids[i] : i, guest_code);
		vcpu_init(snp, i);
	}
}

void snp_vm_add_vcpus(struct snp_vm *snp, unsigned int nr_vcpus, void *guest_code)
{
	snp_vm_add_vcpu_ids(snp, nr_vcpus, NULL, guest_code);
}

struct snp_vm *snp_vm_create(unsigned int nr_vcpus, void *guest_code)
{
	struct snp_vm *snp = snp_vm_create_bare(0);

	snp_vm_add_vcpus(snp, nr_vcpus, guest_code);
	return snp;
}

struct snp_vm *es_vm_create_bare(uint16_t ghcb_version, uint64_t vmsa_features)
{
	return create_bare(true, ghcb_version, vmsa_features);
}

struct snp_vm *es_vm_create(unsigned int nr_vcpus, void *guest_code, uint16_t ghcb_version)
{
	struct snp_vm *snp = es_vm_create_bare(ghcb_version, 0);

	snp_vm_add_vcpus(snp, nr_vcpus, guest_code);
	return snp;
}

struct shared_mem snp_vm_alloc_shared(struct snp_vm *snp, size_t pages)
{
	return shared_mem_alloc(snp->vm, pages);
}

/*
 * libkvm marks leaf entries only, since on hardware the walk is always private.
 * An in-process KVM has no such walk: there the entry names the view that the
 * next table lies in.
 */
static void encrypt_tables(struct kvm_vm *vm, uint64_t table_gpa, int level)
{
	uint64_t *table = addr_gpa2hva(vm, table_gpa);
	int i;

	for (i = 0; i < ENTRIES; i++) {
		if (!(table[i] & TABLE_PRESENT) || (table[i] & TABLE_LARGE))
			continue;
		if (level - 1 > LEAF_LEVEL)
			encrypt_tables(vm, PTE_GET_PA(table[i]), level - 1);
		table[i] |= vm->arch.c_bit;
	}
}

uint64_t snp_vm_alloc_secrets(struct snp_vm *snp)
{
	uint64_t gva = vm_alloc_page(snp->vm);

	snp->secrets = addr_gva2gpa(snp->vm, gva);
	return gva;
}

/* @size bytes at @gpa, from the shared view's memory. */
static void launch_update(struct snp_vm *snp, uint64_t gpa, uint64_t size, unsigned int type,
			  void *data)
{
	struct kvm_vm *vm = snp->vm;
	struct kvm_sev_snp_launch_update update = {
		.gfn_start = gpa >> vm->page_shift,
		.uaddr = (uint64_t)addr_gpa2hva(vm, gpa),
		.len = size,
		.type = type,
	};
	struct kvm_sev_cmd cmd = {
		.id = KVM_SEV_SNP_LAUNCH_UPDATE,
		.data = (uint64_t)&update,
		.sev_fd = vm->arch.sev_fd,
	};
	unsigned int retries = 0;

	(void)data;
	vm_mem_set_private(vm, gpa, size);

	/* KVM advances the struct by what it has done, which need not be all. */
	while (update.len) {
		uint64_t len = update.len;
		int ret;

		errno = 0;
		ret = __vm_ioctl(vm, KVM_MEMORY_ENCRYPT_OP, (unsigned long *)&cmd);
		TEST_ASSERT(!ret || errno == EAGAIN,
			    "KVM_SEV_SNP_LAUNCH_UPDATE, GFN 0x%llx: %s, firmware status 0x%x",
			    update.gfn_start, strerror(errno), cmd.error);
		if (update.len == len)
			TEST_ASSERT(++retries < MAX_RETRIES,
				    "KVM_SEV_SNP_LAUNCH_UPDATE of GFN 0x%llx makes no progress",
				    update.gfn_start);
	}
	errno = 0;
}

void snp_vm_for_each_range(struct snp_vm *snp,
			   void (*fn)(struct snp_vm *snp, uint64_t gpa, uint64_t size,
				      unsigned int type, void *data), void *data)
{
	struct userspace_mem_region *region;
	struct kvm_vm *vm = snp->vm;
	sparsebit_idx_t first, last;
	int ctr;

	hash_for_each(vm->regions.slot_hash, ctr, region, slot_node)
		sparsebit_for_each_set_range(region->protected_phy_pages, first, last) {
			uint64_t gpa = first << vm->page_shift, end = (last + 1) << vm->page_shift;

			if (snp->secrets && snp->secrets >= gpa && snp->secrets < end) {
				if (snp->secrets > gpa)
					fn(snp, gpa, snp->secrets - gpa,
					   KVM_SEV_SNP_PAGE_TYPE_NORMAL, data);
				fn(snp, snp->secrets, vm->page_size,
				   KVM_SEV_SNP_PAGE_TYPE_SECRETS, data);
				gpa = snp->secrets + vm->page_size;
			}
			if (gpa < end)
				fn(snp, gpa, end - gpa, KVM_SEV_SNP_PAGE_TYPE_NORMAL, data);
		}
}

void snp_vm_launch(struct snp_vm *snp)
{
	struct kvm_vm *vm = snp->vm;

	encrypt_tables(vm, vm_pgd(vm), TOP_LEVEL);
	if (snp->is_es) {
		vm_sev_launch(vm, SEV_POLICY_ES, NULL);
		return;
	}

	snp_cmd(vm, KVM_SEV_SNP_LAUNCH_START, "KVM_SEV_SNP_LAUNCH_START", &snp->start);
	snp_vm_for_each_range(snp, launch_update, NULL);
	if (snp->updating)
		snp->updating(snp);
	snp_cmd(vm, KVM_SEV_SNP_LAUNCH_FINISH, "KVM_SEV_SNP_LAUNCH_FINISH", &snp->finish);

	/* From here on libkvm refuses to walk the page tables. */
	vm->arch.is_pt_protected = true;
}

void snp_vm_free(struct snp_vm *snp)
{
	check_guest_gone(snp);
	close(snp->vm->arch.sev_fd);
	kvm_vm_free(snp->vm);
	free(snp);
}
