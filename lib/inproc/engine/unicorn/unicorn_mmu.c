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

#include "unicorn_engine.h"

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

/*
 * Mappings in the shadow.  What Unicorn takes for one more grows with the square of those that
 * it has: 8 us at 64, 20 us at 128, 10 ms at 2000, and with 4096 it aborts.  So they are few,
 * and of up to AROUND bytes (a power of two).
 */
#define MAX_SHADOW	64
#define AROUND		(64 * PAGE_SIZE)

#define PAGE_BASE(x)	((x) & ~(uint64_t)(PAGE_SIZE - 1))

/* Room for one more element; what realloc() gave, or NULL. */
static void *grow(void *array, size_t nr, size_t *room, size_t size)
{
	if (nr < *room)
		return array;
	*room = *room ? 2 * *room : 64;
	return realloc(array, *room * size);
}

/* ---- what the shadow depends on ---- */

static size_t slot_of(const struct pte_set *set, const uint64_t *entry)
{
	size_t slot = ((uintptr_t)entry / sizeof(*entry) * 0x9e3779b97f4a7c15ULL) >> 32;

	for (;; slot++) {
		slot &= set->nr_slots - 1;
		if (!set->slots[slot] || set->refs[set->slots[slot] - 1].entry == entry)
			return slot;
	}
}

static void grow_ptes(struct pte_set *set)
{
	size_t i;

	set->nr_slots = set->nr_slots ? 2 * set->nr_slots : 512;
	set->refs = realloc(set->refs, set->nr_slots / 2 * sizeof(*set->refs));
	free(set->slots);
	set->slots = calloc(set->nr_slots, sizeof(*set->slots));
	if (!set->refs || !set->slots)
		abort();
	for (i = 0; i < set->nr; i++)
		set->slots[slot_of(set, set->refs[i].entry)] = (uint32_t)(i + 1);
}

static void clear_ptes(struct pte_set *set)
{
	if (set->nr)
		memset(set->slots, 0, set->nr_slots * sizeof(*set->slots));
	set->nr = set->nr_tables = 0;
}

static bool is_page_table(const struct engine_vcpu *vcpu, const char *page)
{
	size_t i;

	for (i = 0; i < vcpu->ptes.nr_tables; i++)
		if (vcpu->ptes.tables[i] == page)
			return true;
	return false;
}

static bool covers(const struct shadow *s, uint64_t va)
{
	return va - s->va < s->size;
}

/* Give one page of the shadow's @i another protection. */
static uc_err protect_page(struct engine_vcpu *vcpu, size_t i, uint64_t va, uint32_t prot)
{
	struct shadow old = vcpu->shadow[i], *shadow;
	const uint64_t before = va - old.va, after = old.size - before - PAGE_SIZE;
	uc_err err = uc_mem_protect(vcpu->uc, va, PAGE_SIZE, prot);

	if (err)
		return err;
	vcpu->shadow[i] = (struct shadow){ va, PAGE_SIZE, old.hva + before, prot };
	/* Two more, at most, and grow() makes room for one. */
	if (vcpu->room_shadow < vcpu->nr_shadow + 2) {
		vcpu->room_shadow += 64;
		shadow = realloc(vcpu->shadow, vcpu->room_shadow * sizeof(*shadow));
		if (!shadow)
			abort();
		vcpu->shadow = shadow;
	}
	if (before)
		vcpu->shadow[vcpu->nr_shadow++] =
			(struct shadow){ old.va, before, old.hva, old.prot };
	if (after)
		vcpu->shadow[vcpu->nr_shadow++] = (struct shadow){
			va + PAGE_SIZE, after, old.hva + before + PAGE_SIZE, old.prot
		};
	return UC_ERR_OK;
}

/* The guest must not write to the page table at @page unseen. */
static void note_table(struct engine_vcpu *vcpu, char *page)
{
	struct pte_set *set = &vcpu->ptes;
	char **tables;
	size_t i;

	tables = grow(set->tables, set->nr_tables, &set->room_tables, sizeof(*tables));
	if (!tables)
		abort();
	set->tables = tables;
	tables[set->nr_tables++] = page;

	for (i = 0; i < vcpu->nr_shadow; i++) {
		const struct shadow *s = &vcpu->shadow[i];

		if ((uintptr_t)page - (uintptr_t)s->hva < s->size && (s->prot & UC_PROT_WRITE))
			protect_page(vcpu, i, s->va + (page - s->hva), s->prot & ~UC_PROT_WRITE);
	}
}

/* Remember that the shadow depends on @entry. */
static void note_pte(struct engine_vcpu *vcpu, const uint64_t *entry, uint64_t value)
{
	char *page = (char *)((uintptr_t)entry & ~(uintptr_t)(PAGE_SIZE - 1));
	struct pte_set *set = &vcpu->ptes;
	size_t slot;

	if (2 * (set->nr + 1) > set->nr_slots)
		grow_ptes(set);
	slot = slot_of(set, entry);
	if (set->slots[slot])
		return;
	set->refs[set->nr++] = (struct pte_ref){ entry, value };
	set->slots[slot] = (uint32_t)set->nr;
	if (!is_page_table(vcpu, page))
		note_table(vcpu, page);
}

/* ---- walking ---- */

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
	walk->hva = unicorn_gpa_to_hva(vcpu->vm, walk->gpa, &readonly);
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
	if ((uint64_t)((int64_t)(va << 16) >> 16) != va)
		return WALK_NOT_CANONICAL;
	for (level = 3; level >= 0; level--) {
		const unsigned int shift = PAGE_SHIFT + 9 * level;
		uint64_t gpa = (table | vcpu->table_bits) + ((va >> shift) & 0x1ff) * sizeof(pte);
		const uint64_t *entry = (uint64_t *)unicorn_gpa_to_hva(vcpu->vm, gpa, NULL);

		if (!entry) {
			walk->gpa = gpa;
			walk->table = true;
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
	walk->hva = unicorn_gpa_to_hva(vcpu->vm, walk->gpa, &readonly);
	if (!walk->hva || (readonly && access->write))
		return WALK_NO_RAM;
	walk->prot = UC_PROT_READ;
	if (executable)
		walk->prot |= UC_PROT_EXEC;
	if (!readonly && (writable || !(vcpu->sregs.cr0 & CR0_WP)))
		walk->prot |= UC_PROT_WRITE;
	return WALK_OK;
}

/* ---- the shadow ---- */

static bool in_shadow(const struct engine_vcpu *vcpu, uint64_t va)
{
	size_t i;

	for (i = 0; i < vcpu->nr_shadow; i++)
		if (covers(&vcpu->shadow[i], va))
			return true;
	return false;
}

static bool walk_page(struct engine_vcpu *vcpu, const struct access *access, struct shadow *s)
{
	struct walk walk;

	if (unicorn_walk(vcpu, access, &walk) != WALK_OK)
		return false;
	s->va = PAGE_BASE(access->va);
	s->size = PAGE_SIZE;
	s->hva = walk.hva - (access->va - s->va);
	s->prot = walk.prot;
	if (is_page_table(vcpu, s->hva))
		s->prot &= ~UC_PROT_WRITE;
	return true;
}

/* Pages around that lie around in memory, too, and are not there yet: one mapping does. */
static void extend(struct engine_vcpu *vcpu, struct shadow *s)
{
	const uint64_t start = s->va & ~(AROUND - 1), end = start + AROUND;
	struct access access = { .len = 1 };
	struct shadow page;

	for (access.va = s->va + s->size; access.va < end; access.va += PAGE_SIZE) {
		if (in_shadow(vcpu, access.va) || !walk_page(vcpu, &access, &page) ||
		    page.prot != s->prot || page.hva != s->hva + s->size)
			break;
		s->size += PAGE_SIZE;
	}
	for (access.va = s->va - PAGE_SIZE; s->va > start; access.va -= PAGE_SIZE) {
		if (in_shadow(vcpu, access.va) || !walk_page(vcpu, &access, &page) ||
		    page.prot != s->prot || page.hva != s->hva - PAGE_SIZE)
			break;
		s->va -= PAGE_SIZE;
		s->hva -= PAGE_SIZE;
		s->size += PAGE_SIZE;
	}
}

bool unicorn_fault_in(struct engine_vcpu *vcpu, const struct access *access)
{
	struct shadow *shadow, new;

	if (!walk_page(vcpu, access, &new)) {
		vcpu->walk_failed = true;
		return false;
	}
	extend(vcpu, &new);
	shadow = grow(vcpu->shadow, vcpu->nr_shadow, &vcpu->room_shadow, sizeof(*shadow));
	if (!shadow)
		return false;
	vcpu->shadow = shadow;
	if (uc_mem_map_ptr(vcpu->uc, new.va, new.size, new.prot, new.hva) != UC_ERR_OK)
		return false;
	shadow[vcpu->nr_shadow++] = new;
	/* Not now: the instruction may need what is there. */
	if (vcpu->nr_shadow >= MAX_SHADOW)
		vcpu->flush_wanted = true;
	return true;
}

bool unicorn_write_protected(struct engine_vcpu *vcpu, const struct access *access)
{
	const uint64_t va = PAGE_BASE(access->va);
	struct walk walk;
	size_t i;

	if (unicorn_walk(vcpu, access, &walk) != WALK_OK) {
		vcpu->walk_failed = true;
		return false;
	}
	/* Ours, for being a page table: let the write pass, then forget what it changed. */
	for (i = 0; i < vcpu->nr_shadow; i++) {
		if (!covers(&vcpu->shadow[i], va))
			continue;
		if (protect_page(vcpu, i, va, vcpu->shadow[i].prot | UC_PROT_WRITE) != UC_ERR_OK)
			return false;
		/* Stopped now, the CPU would do the instruction a second time. */
		vcpu->flush_wanted = true;
		return true;
	}
	return false;
}

static void drop_shadow(struct engine_vcpu *vcpu, size_t i)
{
	const struct shadow *s = &vcpu->shadow[i];

	/*
	 * Translated code outlives its page and would come back with the
	 * next one at this address.  (Not uc_ctl_flush_tlb(): it touches all
	 * of a code buffer of 1 GiB, which takes a second.)
	 */
	if (s->prot & UC_PROT_EXEC)
		uc_ctl_remove_cache(vcpu->uc, s->va, s->va + s->size);
	uc_mem_unmap(vcpu->uc, s->va, s->size);
	vcpu->shadow[i] = vcpu->shadow[--vcpu->nr_shadow];
}

void unicorn_flush(struct engine_vcpu *vcpu)
{
	while (vcpu->nr_shadow)
		drop_shadow(vcpu, vcpu->nr_shadow - 1);
	clear_ptes(&vcpu->ptes);
	vcpu->code_hva = NULL;
}

void unicorn_flush_page(struct engine_vcpu *vcpu, const char *hva)
{
	size_t i;

	if (is_page_table(vcpu, hva)) {
		unicorn_flush(vcpu);
		return;
	}
	for (i = vcpu->nr_shadow; i-- > 0;)
		if ((uintptr_t)hva - (uintptr_t)vcpu->shadow[i].hva < vcpu->shadow[i].size)
			drop_shadow(vcpu, i);
	vcpu->code_hva = NULL;
}

void engine_unicorn_set_table_bits(struct engine_vcpu *vcpu, uint64_t bits)
{
	if (vcpu->table_bits == bits)
		return;
	vcpu->table_bits = bits;
	unicorn_flush(vcpu);
}

void unicorn_revalidate(struct engine_vcpu *vcpu)
{
	const struct pte_set *set = &vcpu->ptes;
	size_t i;

	for (i = 0; i < set->nr; i++) {
		if (__atomic_load_n(set->refs[i].entry, __ATOMIC_RELAXED) == set->refs[i].value)
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
