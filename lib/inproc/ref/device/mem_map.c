// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages are private, and what follows for the engine: each stretch of a
 * slot is mapped in the view that its attribute names, and in no other, as
 * hardware's RMP or secure EPT would have it.  The rules and errnos are those
 * of kvm_vm_ioctl_set_mem_attributes() in Linux 6.12.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

/* Private pages: [start, end) in GFNs, sorted, neither touching nor overlapping. */
struct inproc_attr_range {
	uint64_t start, end;
	struct inproc_attr_range *next;
};

/* ---- attributes ---- */

bool inproc_range_is_shared(struct inproc_vm *vm, uint64_t gpa, uint64_t size)
{
	const uint64_t last = (gpa + size - 1) >> PAGE_SHIFT;
	const struct inproc_attr_range *r;
	bool private = false;

	pthread_mutex_lock(&vm->lock);
	for (r = vm->attrs; r && r->start <= last; r = r->next)
		if (gpa >> PAGE_SHIFT < r->end)
			private = true;
	pthread_mutex_unlock(&vm->lock);
	return !private;
}

bool inproc_gpa_is_private(struct inproc_vm *vm, uint64_t gpa)
{
	return !inproc_range_is_shared(vm, gpa, 1);
}

static struct inproc_attr_range *new_range(uint64_t start, uint64_t end,
					   struct inproc_attr_range *next)
{
	struct inproc_attr_range *r = malloc(sizeof(*r));

	if (r)
		*r = (struct inproc_attr_range){ start, end, next };
	return r;
}

/* Make [@start, @end) shared: cut it out of every private range. */
static int cut_range(struct inproc_vm *vm, uint64_t start, uint64_t end)
{
	struct inproc_attr_range **link = &vm->attrs, *r, *tail;

	while ((r = *link) && r->start < end) {
		if (r->end <= start) {
			link = &r->next;
		} else if (r->start < start && r->end > end) {
			tail = new_range(end, r->end, r->next);
			if (!tail)
				return -ENOMEM;
			r->end = start;
			r->next = tail;
			return 0;
		} else if (r->start < start) {
			r->end = start;
			link = &r->next;
		} else if (r->end > end) {
			r->start = end;
			return 0;
		} else {
			*link = r->next;
			free(r);
		}
	}
	return 0;
}

/* Make [@start, @end) private, merging it with what it touches. */
static int join_range(struct inproc_vm *vm, uint64_t start, uint64_t end)
{
	struct inproc_attr_range **link = &vm->attrs, *r, *joined;

	joined = new_range(start, end, NULL);
	if (!joined)
		return -ENOMEM;
	while (*link && (*link)->end < start)
		link = &(*link)->next;
	while ((r = *link) && r->start <= end) {
		if (r->start < joined->start)
			joined->start = r->start;
		if (r->end > joined->end)
			joined->end = r->end;
		*link = r->next;
		free(r);
	}
	joined->next = *link;
	*link = joined;
	return 0;
}

long mem_set_private(struct vm *vm, uint64_t gpa, uint64_t size, bool private)
{
	const uint64_t start = gpa >> PAGE_SHIFT, end = (gpa + size) >> PAGE_SHIFT;
	long r;

	if (!private)
		mem_private_gone(vm, gpa, size, false);
	pthread_mutex_lock(&vm->pub.lock);
	r = private ? join_range(&vm->pub, start, end) : cut_range(&vm->pub, start, end);
	if (!r)
		r = mem_update_engine(vm);
	pthread_mutex_unlock(&vm->pub.lock);
	return r;
}

long mem_set_attributes(struct vm *vm, unsigned long arg)
{
	struct kvm_memory_attributes attrs;

	if (copy_from_user(&attrs, (void *)arg, sizeof(attrs)))
		return -EFAULT;
	if (attrs.flags)
		return -EINVAL;
	if (attrs.attributes & ~(vm->pub.confidential ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0ULL))
		return -EINVAL;
	if (!attrs.size || attrs.address + attrs.size < attrs.address)
		return -EINVAL;
	if (!PAGE_ALIGNED(attrs.address) || !PAGE_ALIGNED(attrs.size))
		return -EINVAL;
	return mem_set_private(vm, attrs.address, attrs.size, attrs.attributes);
}

/* ---- what the engine has mapped ---- */

struct map_list {
	struct mapping *maps;
	size_t nr, room;
	int err;
};

static void add_map(struct map_list *list, uint64_t gpa, uint64_t size, char *hva, bool readonly)
{
	struct mapping *grown;

	if (!size || !hva || list->err)
		return;
	if (list->nr == list->room) {
		list->room = list->room ? 2 * list->room : 16;
		grown = realloc(list->maps, list->room * sizeof(*grown));
		if (!grown) {
			list->err = -ENOMEM;
			return;
		}
		list->maps = grown;
	}
	list->maps[list->nr++] = (struct mapping){ gpa, size, hva, readonly };
}

static bool is_given(const struct inproc_slot *slot, uint64_t page)
{
	return slot->given[page / 64] & (1ULL << (page % 64));
}

/* What the guest was given of the slot's guest_memfd. */
static void add_given(struct map_list *list, const struct inproc_vm *vm,
		      const struct inproc_slot *slot)
{
	const uint64_t view = vm->view_bit_is_private ? vm->view_bit : 0;
	const uint64_t pages = slot->size >> PAGE_SHIFT;
	uint64_t start, end;

	for (start = 0; start < pages; start = end) {
		end = start + 1;
		if (!slot->given[start / 64])
			end = (start / 64 + 1) * 64;
		if (!is_given(slot, start))
			continue;
		while (end < pages && is_given(slot, end))
			end++;
		add_map(list, (slot->gpa + (start << PAGE_SHIFT)) | view,
			(end - start) << PAGE_SHIFT,
			(char *)slot->gmem_hva + (start << PAGE_SHIFT), false);
	}
}

/* One stretch of a slot that is all private or all shared, by its attribute. */
static void add_stretch(struct map_list *list, const struct inproc_vm *vm,
			const struct inproc_slot *slot, uint64_t start, uint64_t end, bool private)
{
	uint64_t view = private == vm->view_bit_is_private ? vm->view_bit : 0;
	char *base = private ? slot->gmem_hva : slot->hva;

	if (private && vm->private_is_given)
		return;
	if (base && end > start)
		add_map(list, start | view, end - start, base + (start - slot->gpa),
			slot->flags & KVM_MEM_READONLY);
}

static void add_slot(struct map_list *list, const struct inproc_vm *vm,
		     const struct inproc_slot *slot)
{
	const struct inproc_attr_range *r;
	uint64_t at = slot->gpa, end = slot->gpa + slot->size;

	if (!vm->confidential) {
		add_map(list, at, slot->size, slot->hva, slot->flags & KVM_MEM_READONLY);
		return;
	}
	if (slot->given && slot->gmem_hva)
		add_given(list, vm, slot);
	for (r = vm->attrs; r && at < end; r = r->next) {
		uint64_t from = r->start << PAGE_SHIFT, to = r->end << PAGE_SHIFT;

		if (to <= at)
			continue;
		if (from >= end)
			break;
		if (from > at) {
			add_stretch(list, vm, slot, at, from, false);
			at = from;
		}
		if (to > end)
			to = end;
		add_stretch(list, vm, slot, at, to, true);
		at = to;
	}
	add_stretch(list, vm, slot, at, end, false);
}

static int compare_maps(const void *a, const void *b)
{
	const struct mapping *x = a, *y = b;

	return x->gpa < y->gpa ? -1 : x->gpa > y->gpa;
}

static bool same_map(const struct mapping *a, const struct mapping *b)
{
	return a->gpa == b->gpa && a->size == b->size && a->hva == b->hva &&
	       a->readonly == b->readonly;
}

/* Is @map one of @nr sorted @maps? */
static bool has_map(const struct mapping *maps, size_t nr, const struct mapping *map)
{
	const struct mapping *found;

	found = nr ? bsearch(map, maps, nr, sizeof(*maps), compare_maps) : NULL;
	return found && same_map(found, map);
}

/* Bring the engine from vm->maps to @want. */
static int switch_maps(struct vm *vm, const struct map_list *want)
{
	struct engine_vm *ev = vm->pub.engine;
	int r = 0, err;
	size_t i;

	engine->pause(ev);
	for (i = 0; i < vm->nr_maps; i++) {
		const struct mapping *m = &vm->maps[i];

		if (has_map(want->maps, want->nr, m))
			continue;
		err = engine->unmap(ev, m->gpa, m->size);
		if (err)
			inproc_diag("engine %s cannot unmap 0x%llx: %s", engine->name,
				    (unsigned long long)m->gpa, strerror(-err));
	}
	for (i = 0; i < want->nr; i++) {
		const struct mapping *m = &want->maps[i];

		if (has_map(vm->maps, vm->nr_maps, m))
			continue;
		err = engine->map(ev, m->gpa, m->size, m->hva, m->readonly);
		if (err) {
			inproc_diag("engine %s cannot map 0x%llx, 0x%llx bytes: %s", engine->name,
				    (unsigned long long)m->gpa, (unsigned long long)m->size,
				    strerror(-err));
			r = err;
		}
	}
	engine->resume(ev);
	return r;
}

int mem_update_engine(struct vm *vm)
{
	struct map_list want = { 0 };
	size_t i;
	int r;

	for (i = 0; i < INPROC_MAX_SLOTS; i++)
		if (vm->pub.slots[i].used)
			add_slot(&want, &vm->pub, &vm->pub.slots[i]);
	if (want.err) {
		free(want.maps);
		return want.err;
	}
	if (want.nr)
		qsort(want.maps, want.nr, sizeof(*want.maps), compare_maps);

	r = switch_maps(vm, &want);
	free(vm->maps);
	vm->maps = want.maps;
	vm->nr_maps = want.nr;
	return r;
}

int inproc_update_view(struct inproc_vm *vm)
{
	int r;

	pthread_mutex_lock(&vm->lock);
	r = mem_update_engine(to_vm(vm));
	pthread_mutex_unlock(&vm->lock);
	return r;
}

static bool slots_below(const struct inproc_vm *vm, uint64_t limit)
{
	size_t i;

	for (i = 0; i < INPROC_MAX_SLOTS; i++)
		if (vm->slots[i].used && vm->slots[i].gpa + vm->slots[i].size > limit)
			return false;
	return true;
}

int inproc_set_view(struct inproc_vm *vm, uint64_t view_bit, bool view_bit_is_private)
{
	const uint64_t old_bit = vm->view_bit;
	const bool old_private = vm->view_bit_is_private;
	int r = -EINVAL;

	pthread_mutex_lock(&vm->lock);
	if (!view_bit || slots_below(vm, view_bit)) {
		vm->view_bit = view_bit;
		vm->view_bit_is_private = view_bit_is_private;
		r = mem_update_engine(to_vm(vm));
	}
	if (r) {
		vm->view_bit = old_bit;
		vm->view_bit_is_private = old_private;
		/* It was mapped that way before; if it cannot be now, the first error says why. */
		mem_update_engine(to_vm(vm));
	}
	pthread_mutex_unlock(&vm->lock);
	return r;
}

void mem_free_maps(struct vm *vm)
{
	struct inproc_attr_range *r;

	while ((r = vm->pub.attrs)) {
		vm->pub.attrs = r->next;
		free(r);
	}
	free(vm->maps);
}
