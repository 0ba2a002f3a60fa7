// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest paging for Unicorn.  Unicorn 2.0 takes virtual addresses for physical
 * ones (it walks the page tables and drops the result), so its CPU runs with
 * paging off and we are the MMU: a shadow that maps each page at its virtual
 * address, filled on demand from a walk of our own.
 *
 * The shadow follows writes of the guest's to its page tables (they are
 * write-protected), MOV to CR3 and INVLPG (the CPU asks us), and writes of
 * anyone else's at the next run() (the entries are compared).
 *
 * Not modelled: user/supervisor protection, protection keys, accessed and
 * dirty bits, 5-level paging.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine_unicorn.h"

#define PTE_P	(1ULL << 0)
#define PTE_W	(1ULL << 1)
#define PTE_PS	(1ULL << 7)
#define PTE_NX	(1ULL << 63)

#define PHYS_MASK	((1ULL << UNICORN_PHYS_BITS) - 1)
#define RSVD_MASK	(0x000fffffffffffffULL & ~PHYS_MASK)

#define PF_P		(1U << 0)
#define PF_W		(1U << 1)
#define PF_RSVD		(1U << 3)
#define PF_FETCH	(1U << 4)

#define EFER_NXE	(1ULL << 11)
#define CR0_WP		(1ULL << 16)
#define CR0_PG		(1ULL << 31)

#define PAGE_BASE(x)	((x) & ~(uint64_t)(PAGE_SIZE - 1))

char *unicorn_gpa_to_hva(struct engine_vm *vm, uint64_t gpa, uint64_t *left, bool *readonly)
{
	size_t i;

	for (i = 0; i < vm->nr_ram; i++) {
		const struct ram *ram = &vm->ram[i];

		if (gpa < ram->gpa || gpa - ram->gpa >= ram->size)
			continue;
		if (left)
			*left = ram->size - (gpa - ram->gpa);
		if (readonly)
			*readonly = ram->readonly;
		return ram->hva + (gpa - ram->gpa);
	}
	return NULL;
}

/* Room for one more element; what realloc() gave, or NULL. */
static void *grow(void *array, size_t nr, size_t *room, size_t size)
{
	if (nr < *room)
		return array;
	*room = *room ? 2 * *room : 64;
	return realloc(array, *room * size);
}

/*
 * Remember that the shadow depends on @entry, and see that the guest cannot
 * write to its page unseen.
 */
static void note_pte(struct engine_vcpu *vcpu, const uint64_t *entry, uint64_t value)
{
	char *page = (char *)((uintptr_t)entry & ~(uintptr_t)(PAGE_SIZE - 1));
	struct pte_ref *ptes;
	bool new_page = true;
	size_t i;

	for (i = 0; i < vcpu->nr_ptes; i++) {
		if (vcpu->ptes[i].entry == entry)
			return;
		if (((uintptr_t)vcpu->ptes[i].entry ^ (uintptr_t)entry) < PAGE_SIZE)
			new_page = false;
	}
	ptes = grow(vcpu->ptes, vcpu->nr_ptes, &vcpu->room_ptes, sizeof(*ptes));
	if (!ptes)
		abort();
	vcpu->ptes = ptes;
	ptes[vcpu->nr_ptes++] = (struct pte_ref){ entry, value };

	if (!new_page)
		return;
	for (i = 0; i < vcpu->nr_shadow; i++) {
		struct shadow *s = &vcpu->shadow[i];

		if (s->hva != page || !(s->prot & UC_PROT_WRITE))
			continue;
		s->prot &= ~UC_PROT_WRITE;
		uc_mem_protect(vcpu->uc, s->va, PAGE_SIZE, s->prot);
	}
}

static bool is_page_table(const struct engine_vcpu *vcpu, const char *page)
{
	size_t i;

	for (i = 0; i < vcpu->nr_ptes; i++)
		if (((uintptr_t)vcpu->ptes[i].entry ^ (uintptr_t)page) < PAGE_SIZE)
			return true;
	return false;
}

static enum walk_result fault(struct walk *walk, const struct access *access, uint32_t error,
			      bool nx)
{
	walk->error = error;
	if (access->write)
		walk->error |= PF_W;
	if (access->fetch && nx)
		walk->error |= PF_FETCH;
	return WALK_FAULT;
}

/* Without paging every address is what it says. */
static enum walk_result walk_unpaged(struct engine_vcpu *vcpu, const struct access *access,
				     struct walk *walk)
{
	bool readonly = false;

	walk->gpa = access->va;
	walk->hva = unicorn_gpa_to_hva(vcpu->vm, walk->gpa, NULL, &readonly);
	if (!walk->hva || (readonly && access->write))
		return WALK_NO_RAM;
	walk->prot = UC_PROT_READ | UC_PROT_EXEC | (readonly ? 0 : UC_PROT_WRITE);
	return WALK_OK;
}

enum walk_result unicorn_walk(struct engine_vcpu *vcpu, const struct access *access,
			      struct walk *walk)
{
	const bool nx = vcpu->sregs.efer & EFER_NXE;
	uint64_t table = vcpu->sregs.cr3 & PHYS_MASK & ~(uint64_t)(PAGE_SIZE - 1);
	uint64_t pte = 0, size = PAGE_SIZE, va = access->va;
	bool writable = true, executable = true, readonly = false;
	int level;

	memset(walk, 0, sizeof(*walk));
	if (!(vcpu->sregs.cr0 & CR0_PG))
		return walk_unpaged(vcpu, access, walk);
	for (level = 3; level >= 0; level--) {
		const unsigned int shift = PAGE_SHIFT + 9 * level;
		uint64_t gpa = table + ((va >> shift) & 0x1ff) * sizeof(pte);
		const uint64_t *entry = (uint64_t *)unicorn_gpa_to_hva(vcpu->vm, gpa, NULL, NULL);

		if (!entry) {
			walk->gpa = gpa;
			return WALK_NO_RAM;
		}
		pte = __atomic_load_n(entry, __ATOMIC_RELAXED);
		if (!(pte & PTE_P))
			return fault(walk, access, 0, nx);
		if ((pte & RSVD_MASK) || (!nx && (pte & PTE_NX)))
			return fault(walk, access, PF_P | PF_RSVD, nx);
		writable &= !!(pte & PTE_W);
		executable &= !(pte & PTE_NX);
		note_pte(vcpu, entry, pte);
		table = pte & PHYS_MASK & ~(uint64_t)(PAGE_SIZE - 1);
		if (level && level < 3 && (pte & PTE_PS)) {
			size = 1ULL << shift;
			table &= ~(size - 1);
			break;
		}
	}
	if (access->write && !writable && (vcpu->sregs.cr0 & CR0_WP))
		return fault(walk, access, PF_P, nx);
	if (access->fetch && !executable)
		return fault(walk, access, PF_P, nx);

	walk->gpa = table | (va & (size - 1));
	walk->hva = unicorn_gpa_to_hva(vcpu->vm, walk->gpa, NULL, &readonly);
	if (!walk->hva || (readonly && access->write))
		return WALK_NO_RAM;
	walk->prot = UC_PROT_READ;
	if (executable)
		walk->prot |= UC_PROT_EXEC;
	if (!readonly && (writable || !(vcpu->sregs.cr0 & CR0_WP)))
		walk->prot |= UC_PROT_WRITE;
	return WALK_OK;
}

bool unicorn_fault_in(struct engine_vcpu *vcpu, const struct access *access)
{
	const uint64_t va = PAGE_BASE(access->va);
	struct shadow *shadow;
	struct walk walk;
	char *page;

	if (unicorn_walk(vcpu, access, &walk) != WALK_OK)
		return false;
	page = walk.hva - (access->va - va);
	if (is_page_table(vcpu, page))
		walk.prot &= ~UC_PROT_WRITE;

	shadow = grow(vcpu->shadow, vcpu->nr_shadow, &vcpu->room_shadow, sizeof(*shadow));
	if (!shadow)
		return false;
	vcpu->shadow = shadow;
	if (uc_mem_map_ptr(vcpu->uc, va, PAGE_SIZE, walk.prot, page) != UC_ERR_OK)
		return false;
	shadow[vcpu->nr_shadow++] = (struct shadow){ va, page, walk.prot };
	return true;
}

bool unicorn_write_protected(struct engine_vcpu *vcpu, const struct access *access)
{
	const uint64_t va = PAGE_BASE(access->va);
	struct walk walk;
	size_t i;

	if (unicorn_walk(vcpu, access, &walk) != WALK_OK)
		return false;
	/* Ours, for being a page table: let the write pass, then forget what it changed. */
	for (i = 0; i < vcpu->nr_shadow; i++) {
		struct shadow *s = &vcpu->shadow[i];

		if (s->va != va)
			continue;
		s->prot |= UC_PROT_WRITE;
		if (uc_mem_protect(vcpu->uc, va, PAGE_SIZE, s->prot) != UC_ERR_OK)
			return false;
		/* Stopped now, the CPU would do the instruction a second time. */
		vcpu->flush_wanted = true;
		return true;
	}
	return false;
}

void unicorn_flush(struct engine_vcpu *vcpu)
{
	size_t i;

	for (i = 0; i < vcpu->nr_shadow; i++) {
		const uint64_t va = vcpu->shadow[i].va;

		/*
		 * Translated code outlives its page and would come back with the
		 * next one at this address.  (Not uc_ctl_flush_tlb(): it touches all
		 * of a code buffer of 1 GiB, which takes a second.)
		 */
		if (vcpu->shadow[i].prot & UC_PROT_EXEC)
			uc_ctl_remove_cache(vcpu->uc, va, va + PAGE_SIZE);
		uc_mem_unmap(vcpu->uc, va, PAGE_SIZE);
	}
	vcpu->nr_shadow = 0;
	vcpu->nr_ptes = 0;
	vcpu->code_hva = NULL;
}

void unicorn_revalidate(struct engine_vcpu *vcpu)
{
	size_t i;

	for (i = 0; i < vcpu->nr_ptes; i++) {
		if (__atomic_load_n(vcpu->ptes[i].entry, __ATOMIC_RELAXED) ==
		    vcpu->ptes[i].value)
			continue;
		unicorn_flush(vcpu);
		return;
	}
}

enum walk_result unicorn_virt(struct engine_vcpu *vcpu, uint64_t va, void *data, size_t len,
			      bool write, struct access *access, struct walk *walk)
{
	while (len) {
		size_t part = PAGE_SIZE - (va & (PAGE_SIZE - 1));
		enum walk_result r;

		if (part > len)
			part = len;
		*access = (struct access){ .va = va, .len = part, .write = write };
		r = unicorn_walk(vcpu, access, walk);
		if (r != WALK_OK)
			return r;
		if (write)
			memcpy(walk->hva, data, part);
		else
			memcpy(data, walk->hva, part);
		va += part;
		data = (char *)data + part;
		len -= part;
	}
	return WALK_OK;
}
