// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory slots.  The rules and errnos are those of __kvm_set_memory_region() in
 * Linux 6.12.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "engine/sites.h"

#define TASK_SIZE_MAX	0x7ffffffff000UL
/* The kernel's KVM_MEM_MAX_NR_PAGES */
#define MAX_NR_PAGES	((1UL << 31) - 1)

#define V1_FLAGS	(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY)

/* ---- look-ups ---- */

static struct inproc_slot *find_slot(struct inproc_vm *vm, uint64_t gpa)
{
	size_t i;

	for (i = 0; i < INPROC_MAX_SLOTS; i++) {
		struct inproc_slot *slot = &vm->slots[i];

		if (slot->used && gpa >= slot->gpa && gpa - slot->gpa < slot->size)
			return slot;
	}
	return NULL;
}

const struct inproc_slot *inproc_find_slot(struct inproc_vm *vm, uint64_t gpa)
{
	const struct inproc_slot *slot;

	pthread_mutex_lock(&vm->lock);
	slot = find_slot(vm, gpa);
	pthread_mutex_unlock(&vm->lock);
	return slot;
}

bool inproc_is_readonly(struct inproc_vm *vm, uint64_t gpa)
{
	const struct inproc_slot *slot = inproc_find_slot(vm, gpa);

	return slot && (slot->flags & KVM_MEM_READONLY);
}

void *inproc_gpa_to_hva(struct inproc_vm *vm, uint64_t gpa, bool private, uint64_t *len)
{
	const struct inproc_slot *slot;
	char *base = NULL;

	pthread_mutex_lock(&vm->lock);
	slot = find_slot(vm, gpa);
	if (slot)
		base = private ? slot->gmem_hva : slot->hva;
	if (base) {
		base += gpa - slot->gpa;
		if (len)
			*len = slot->size - (gpa - slot->gpa);
	}
	pthread_mutex_unlock(&vm->lock);
	return base;
}

bool inproc_give_page(struct inproc_vm *vm, uint64_t gpa, bool give)
{
	struct inproc_slot *slot;
	uint64_t page, *word;
	bool backed;

	pthread_mutex_lock(&vm->lock);
	slot = find_slot(vm, gpa);
	backed = slot && slot->given && slot->gmem_hva;
	if (backed) {
		page = (gpa - slot->gpa) >> PAGE_SHIFT;
		word = &slot->given[page / 64];
		if (give)
			*word |= 1ULL << (page % 64);
		else
			*word &= ~(1ULL << (page % 64));
	}
	pthread_mutex_unlock(&vm->lock);
	return backed;
}

void mem_private_gone(struct vm *vm, uint64_t gpa, uint64_t size, bool freed)
{
	if (vm->pub.confidential && model->private_gone)
		model->private_gone(&vm->pub, gpa, size, freed);
}

/* ---- slots ---- */

static long check_region(const struct vm *vm, const struct kvm_userspace_memory_region2 *mem)
{
	uint32_t valid = KVM_MEM_LOG_DIRTY_PAGES;

	if (vm->pub.confidential)
		valid |= KVM_MEM_GUEST_MEMFD;
	if (mem->flags & KVM_MEM_GUEST_MEMFD)
		valid &= ~KVM_MEM_LOG_DIRTY_PAGES;
	else
		valid |= KVM_MEM_READONLY;
	if (mem->flags & ~valid)
		return -EINVAL;

	if (!PAGE_ALIGNED(mem->memory_size) || !PAGE_ALIGNED(mem->guest_phys_addr) ||
	    !PAGE_ALIGNED(mem->userspace_addr))
		return -EINVAL;
	if (mem->memory_size > TASK_SIZE_MAX ||
	    mem->userspace_addr > TASK_SIZE_MAX - mem->memory_size)
		return -EINVAL;
	if ((mem->flags & KVM_MEM_GUEST_MEMFD) &&
	    (!PAGE_ALIGNED(mem->guest_memfd_offset) ||
	     mem->guest_memfd_offset + mem->memory_size < mem->guest_memfd_offset))
		return -EINVAL;
	/* One address space: the upper half of the slot number picks SMM's elsewhere. */
	if (mem->slot >= INPROC_MAX_SLOTS)
		return -EINVAL;
	if (mem->guest_phys_addr + mem->memory_size < mem->guest_phys_addr)
		return -EINVAL;
	if (mem->memory_size >> PAGE_SHIFT > MAX_NR_PAGES)
		return -EINVAL;
	if (vm->pub.view_bit && mem->guest_phys_addr + mem->memory_size > vm->pub.view_bit) {
		inproc_diag("slot %u: GPA 0x%llx and up collide with the bit that picks the view",
			    mem->slot, (unsigned long long)mem->guest_phys_addr);
		return -EINVAL;
	}
	return 0;
}

static bool overlaps(const struct inproc_vm *vm, uint32_t id, uint64_t gpa, uint64_t size)
{
	uint32_t i;

	for (i = 0; i < INPROC_MAX_SLOTS; i++) {
		const struct inproc_slot *slot = &vm->slots[i];

		if (i != id && slot->used && gpa < slot->gpa + slot->size && slot->gpa < gpa + size)
			return true;
	}
	return false;
}

static long delete_slot(struct vm *vm, uint32_t id)
{
	struct inproc_slot *slot = &vm->pub.slots[id];
	int r;

	if (!slot->used)
		return -EINVAL;
	/* The engine lets go of the memory before it goes away. */
	slot->used = false;
	r = mem_update_engine(vm);
	gmem_unbind(vm, id);
	free(slot->given);
	memset(slot, 0, sizeof(*slot));
	return r;
}

static long create_slot(struct vm *vm, const struct kvm_userspace_memory_region2 *mem)
{
	struct inproc_slot *slot = &vm->pub.slots[mem->slot];
	long r;

	if (overlaps(&vm->pub, mem->slot, mem->guest_phys_addr, mem->memory_size))
		return -EEXIST;
	if (vm->pub.confidential)
		share_memory((void *)mem->userspace_addr, mem->memory_size);
	if (mem->flags & KVM_MEM_GUEST_MEMFD) {
		r = gmem_bind(vm, mem);
		if (r)
			return r;
	}
	if (slot->gmem_hva && vm->pub.private_is_given) {
		slot->given = calloc((mem->memory_size >> PAGE_SHIFT) / 64 + 1,
				     sizeof(*slot->given));
		if (!slot->given) {
			gmem_unbind(vm, mem->slot);
			return -ENOMEM;
		}
	}
	slot->flags = mem->flags;
	slot->gpa = mem->guest_phys_addr;
	slot->size = mem->memory_size;
	slot->hva = (void *)mem->userspace_addr;
	slot->used = true;
	if (vm->slot_gmem[mem->slot] && vm->slot_gmem[mem->slot]->private)
		slot->hva = slot->gmem_hva;

	r = mem_update_engine(vm);
	if (r)
		delete_slot(vm, mem->slot);
	return r;
}

static long modify_slot(struct vm *vm, const struct kvm_userspace_memory_region2 *mem)
{
	struct inproc_slot *slot = &vm->pub.slots[mem->slot];

	/* Private memslots are immutable, they can only be deleted. */
	if (mem->flags & KVM_MEM_GUEST_MEMFD)
		return -EINVAL;
	if ((void *)mem->userspace_addr != slot->hva || mem->memory_size != slot->size ||
	    ((mem->flags ^ slot->flags) & (KVM_MEM_READONLY | KVM_MEM_GUEST_MEMFD)))
		return -EINVAL;
	if (mem->guest_phys_addr == slot->gpa && mem->flags == slot->flags)
		return 0;
	if (mem->guest_phys_addr != slot->gpa &&
	    overlaps(&vm->pub, mem->slot, mem->guest_phys_addr, mem->memory_size))
		return -EEXIST;

	slot->gpa = mem->guest_phys_addr;
	slot->flags = mem->flags;
	return mem_update_engine(vm);
}

long mem_set_region(struct vm *vm, unsigned int cmd, unsigned long arg)
{
	const bool v1 = cmd == KVM_SET_USER_MEMORY_REGION;
	struct kvm_userspace_memory_region2 mem = { 0 };
	long r;

	if (copy_from_user(&mem, (void *)arg,
			   v1 ? sizeof(struct kvm_userspace_memory_region) : sizeof(mem)))
		return -EFAULT;
	if (v1 && (mem.flags & ~V1_FLAGS))
		return -EINVAL;
	r = check_region(vm, &mem);
	if (r)
		return r;

	if (!mem.memory_size && vm->pub.slots[mem.slot].used)
		mem_private_gone(vm, vm->pub.slots[mem.slot].gpa, vm->pub.slots[mem.slot].size,
				 true);
	pthread_mutex_lock(&vm->pub.lock);
	if (!mem.memory_size)
		r = delete_slot(vm, mem.slot);
	else if (vm->pub.slots[mem.slot].used)
		r = modify_slot(vm, &mem);
	else
		r = create_slot(vm, &mem);
	pthread_mutex_unlock(&vm->pub.lock);
	return r ?: gmem_bound(vm, mem.slot);
}

void mem_destroy(struct vm *vm)
{
	uint32_t i;

	/* The engine's VM goes next, and its mappings with it; no need to undo each. */
	for (i = 0; i < INPROC_MAX_SLOTS; i++) {
		gmem_unbind(vm, i);
		free(vm->pub.slots[i].given);
	}
	mem_free_maps(vm);
}

int inproc_patch_sites(struct inproc_vm *vm, uint64_t gpa, uint64_t size)
{
	uint64_t len;
	int nr = 0;
	void *hva;

	if ((gpa | size) & (PAGE_SIZE - 1))
		return -EINVAL;
	while (size) {
		hva = inproc_gpa_to_hva(vm, gpa, true, &len);
		if (!hva)
			return -EFAULT;
		if (len > size)
			len = size;
		nr += sites_patch(hva, len);
		gpa += len;
		size -= len;
	}
	return nr;
}
