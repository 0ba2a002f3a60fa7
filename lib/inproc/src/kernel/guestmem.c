// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory as virt/kvm/kvm_main.c offers it, over the process's memory
 * slots.  Fakes that read and write the shared view, whatever the attributes:
 * so does the kernel, through the VMM's mapping.
 */
#include <linux/uaccess.h>

#include "glue.h"

struct kvm_memory_slot *glue_find_slot(struct kvm *kvm, gfn_t gfn)
{
	struct glue_vm *vm = to_glue_vm(kvm);
	struct kvm_memory_slot *slot;
	struct image_slot host;
	unsigned int i;

	if (gfn >> (64 - PAGE_SHIFT) || !glue_host->find_slot(vm->host_vm, gfn_to_gpa(gfn), &host))
		return NULL;

	for (i = 0; i < GLUE_MAX_SLOTS; i++) {
		slot = &vm->slots[i];
		if (slot->npages && slot->base_gfn != gpa_to_gfn(host.gpa))
			continue;
		slot->base_gfn = gpa_to_gfn(host.gpa);
		slot->npages = host.size >> PAGE_SHIFT;
		slot->userspace_addr = (unsigned long)host.hva;
		slot->flags = host.flags;
		slot->id = i;
		return slot;
	}
	glue_die("more than %d memory slots", GLUE_MAX_SLOTS);
}

struct kvm_memory_slot *gfn_to_memslot(struct kvm *kvm, gfn_t gfn)
{
	return glue_find_slot(kvm, gfn);
}

struct kvm_memory_slot *kvm_vcpu_gfn_to_memslot(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	return glue_find_slot(vcpu->kvm, gfn);
}

unsigned long kvm_vcpu_gfn_to_hva(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	struct kvm_memory_slot *slot = glue_find_slot(vcpu->kvm, gfn);

	return slot ? slot->userspace_addr + ((gfn - slot->base_gfn) << PAGE_SHIFT) :
		      KVM_HVA_ERR_BAD;
}

/* Copy page by page, as the kernel does: what lies before a hole is copied. */
static int glue_copy_guest(struct kvm *kvm, gpa_t gpa, void *data, unsigned long len, bool write,
			   unsigned long caller)
{
	while (len) {
		unsigned long n = min(len, PAGE_SIZE - offset_in_page(gpa));
		struct kvm_memory_slot *slot = glue_find_slot(kvm, gpa_to_gfn(gpa));
		unsigned long left;
		void *hva;

		if (!slot || (write && (slot->flags & KVM_MEM_READONLY)))
			return -EFAULT;
		hva = (void *)slot->userspace_addr + (gpa - gfn_to_gpa(slot->base_gfn));
		glue_host->copy_begin(hva, n, caller);
		left = write ? raw_copy_to_user((void __user *)hva, data, n) :
			       raw_copy_from_user(data, (void __user *)hva, n);
		glue_host->copy_end();
		if (left)
			return -EFAULT;
		data += n;
		gpa += n;
		len -= n;
	}
	return 0;
}

int kvm_read_guest(struct kvm *kvm, gpa_t gpa, void *data, unsigned long len)
{
	return glue_copy_guest(kvm, gpa, data, len, false, _RET_IP_);
}

int kvm_write_guest(struct kvm *kvm, gpa_t gpa, const void *data, unsigned long len)
{
	return glue_copy_guest(kvm, gpa, (void *)data, len, true, _RET_IP_);
}

int kvm_vcpu_read_guest(struct kvm_vcpu *vcpu, gpa_t gpa, void *data, unsigned long len)
{
	return glue_copy_guest(vcpu->kvm, gpa, data, len, false, _RET_IP_);
}

int kvm_vcpu_write_guest(struct kvm_vcpu *vcpu, gpa_t gpa, const void *data, unsigned long len)
{
	return glue_copy_guest(vcpu->kvm, gpa, (void *)data, len, true, _RET_IP_);
}

int kvm_vcpu_read_guest_page(struct kvm_vcpu *vcpu, gfn_t gfn, void *data, int offset, int len)
{
	return glue_copy_guest(vcpu->kvm, gfn_to_gpa(gfn) + offset, data, len, false, _RET_IP_);
}

int kvm_clear_guest(struct kvm *kvm, gpa_t gpa, unsigned long len)
{
	static const u8 zeroes[PAGE_SIZE];

	while (len) {
		unsigned long n = min(len, PAGE_SIZE - offset_in_page(gpa));

		if (glue_copy_guest(kvm, gpa, (void *)zeroes, n, true, _RET_IP_))
			return -EFAULT;
		gpa += n;
		len -= n;
	}
	return 0;
}

void kvm_vcpu_mark_page_dirty(struct kvm_vcpu *vcpu, gfn_t gfn)
{
}

static int glue_vcpu_map(struct kvm_vcpu *vcpu, gfn_t gfn, struct kvm_host_map *map,
			 const void *caller)
{
	struct kvm_memory_slot *slot = glue_find_slot(vcpu->kvm, gfn);
	void *hva;
	u8 byte;

	if (!slot)
		return -EINVAL;
	memset(map, 0, sizeof(*map));
	hva = (void *)slot->userspace_addr + ((gfn - slot->base_gfn) << PAGE_SHIFT);
	/* The kernel would not get a page behind a bad pointer either. */
	if (raw_copy_from_user(&byte, (void __user *)hva, 1))
		return -EINVAL;
	map->hva = glue_host->map(IMAGE_MAP_VCPU, hva, gfn, caller);
	if (!map->hva)
		return -EINVAL;
	map->page = virt_to_page(hva);
	map->pfn = __pa(hva) >> PAGE_SHIFT;
	map->gfn = gfn;
	glue_host->guest_mapped(hva, map->hva);
	return 0;
}

#ifdef HAVE_VCPU_MAP_WRITABLE
int __kvm_vcpu_map(struct kvm_vcpu *vcpu, gfn_t gfn, struct kvm_host_map *map, bool writable)
{
	int ret = glue_vcpu_map(vcpu, gfn, map, GLUE_CALLER);

	map->writable = !ret && writable;
	return ret;
}
#else
int kvm_vcpu_map(struct kvm_vcpu *vcpu, gfn_t gfn, struct kvm_host_map *map)
{
	return glue_vcpu_map(vcpu, gfn, map, GLUE_CALLER);
}
#endif

#ifdef HAVE_VCPU_UNMAP_DIRTY
void kvm_vcpu_unmap(struct kvm_vcpu *vcpu, struct kvm_host_map *map, bool dirty)
#else
void kvm_vcpu_unmap(struct kvm_vcpu *vcpu, struct kvm_host_map *map)
#endif
{
	if (!map->hva)
		return;
	glue_host->guest_unmapped(map->hva);
	glue_host->unmap(IMAGE_MAP_VCPU, map->hva, GLUE_CALLER);
	map->hva = NULL;
	map->page = NULL;
}
