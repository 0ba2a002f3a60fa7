// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory: slots, guest_memfd, attributes, and what follows for the
 * engine.  The rules and errnos are those of __kvm_set_memory_region(),
 * kvm_vm_ioctl_set_mem_attributes() and guest_memfd.c in Linux 6.12.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"

#define TASK_SIZE_MAX	0x7ffffffff000UL
/* The kernel's KVM_MEM_MAX_NR_PAGES */
#define MAX_NR_PAGES	((1UL << 31) - 1)

#define V1_FLAGS	(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY)

#define PAGE_ALIGNED(x)	(!((x) & (PAGE_SIZE - 1)))

/* Private pages: [start, end) in GFNs, sorted, neither touching nor overlapping. */
struct inproc_attr_range {
	uint64_t start, end;
	struct inproc_attr_range *next;
};

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

bool inproc_gpa_is_private(struct inproc_vm *vm, uint64_t gpa)
{
	const struct inproc_attr_range *r;
	uint64_t gfn = gpa >> PAGE_SHIFT;
	bool private = false;

	pthread_mutex_lock(&vm->lock);
	for (r = vm->attrs; r && r->start <= gfn; r = r->next)
		if (gfn < r->end)
			private = true;
	pthread_mutex_unlock(&vm->lock);
	return private;
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

/* One stretch of a slot that is all private or all shared. */
static void add_stretch(struct map_list *list, const struct inproc_vm *vm,
			const struct inproc_slot *slot, uint64_t start, uint64_t end, bool private)
{
	uint64_t view = private == vm->view_bit_is_private ? vm->view_bit : 0;
	char *base = private ? slot->gmem_hva : slot->hva;

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

/* Slots or attributes have changed: the engine follows.  Under vm->lock. */
static int update_engine(struct vm *vm)
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

static int slots_changed(struct vm *vm)
{
	int r = update_engine(vm);

	if (vm->pub.confidential && platform->slots_changed)
		platform->slots_changed(&vm->pub);
	return r;
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

static void unbind_gmem(struct vm *vm, uint32_t id)
{
	struct inproc_slot *slot = &vm->pub.slots[id];

	if (slot->gmem_hva)
		munmap(slot->gmem_hva, slot->size);
	slot->gmem_hva = NULL;
	vm->slot_gmem[id] = NULL;
}

static bool gmem_in_use(const struct vm *vm, const struct gmem *gmem, uint64_t offset,
			uint64_t size)
{
	uint32_t i;

	for (i = 0; i < INPROC_MAX_SLOTS; i++)
		if (vm->slot_gmem[i] == gmem &&
		    offset < vm->slot_gmem_offset[i] + vm->pub.slots[i].size &&
		    vm->slot_gmem_offset[i] < offset + size)
			return true;
	return false;
}

static long bind_gmem(struct vm *vm, struct inproc_slot *slot,
		      const struct kvm_userspace_memory_region2 *mem)
{
	struct file *file = file_get((int)mem->guest_memfd);
	struct gmem *gmem;
	long r = -EINVAL;
	void *hva;

	if (!file)
		return syscall(SYS_fcntl, mem->guest_memfd, F_GETFD) < 0 ? -EBADF : -EINVAL;
	if (file->kind != FILE_GMEM)
		goto out;
	gmem = file->obj;
	if (gmem->vm != vm || mem->guest_memfd_offset + mem->memory_size > gmem->size ||
	    gmem_in_use(vm, gmem, mem->guest_memfd_offset, mem->memory_size))
		goto out;

	hva = real_mmap(NULL, mem->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, gmem->fd,
			mem->guest_memfd_offset);
	if (hva == MAP_FAILED) {
		r = -ENOMEM;
		goto out;
	}
	slot->gmem_hva = hva;
	vm->slot_gmem[mem->slot] = gmem;
	vm->slot_gmem_offset[mem->slot] = mem->guest_memfd_offset;
	r = 0;
out:
	file_put(file);
	return r;
}

static long delete_slot(struct vm *vm, uint32_t id)
{
	struct inproc_slot *slot = &vm->pub.slots[id];
	int r;

	if (!slot->used)
		return -EINVAL;
	/* The engine lets go of the memory before it goes away. */
	slot->used = false;
	r = update_engine(vm);
	unbind_gmem(vm, id);
	memset(slot, 0, sizeof(*slot));
	if (vm->pub.confidential && platform->slots_changed)
		platform->slots_changed(&vm->pub);
	return r;
}

static long create_slot(struct vm *vm, const struct kvm_userspace_memory_region2 *mem)
{
	struct inproc_slot *slot = &vm->pub.slots[mem->slot];
	long r;

	if (overlaps(&vm->pub, mem->slot, mem->guest_phys_addr, mem->memory_size))
		return -EEXIST;
	if (mem->flags & KVM_MEM_GUEST_MEMFD) {
		r = bind_gmem(vm, slot, mem);
		if (r)
			return r;
	}
	slot->flags = mem->flags;
	slot->gpa = mem->guest_phys_addr;
	slot->size = mem->memory_size;
	slot->hva = (void *)mem->userspace_addr;
	slot->used = true;

	r = slots_changed(vm);
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
	return slots_changed(vm);
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

	pthread_mutex_lock(&vm->pub.lock);
	if (!mem.memory_size)
		r = delete_slot(vm, mem.slot);
	else if (vm->pub.slots[mem.slot].used)
		r = modify_slot(vm, &mem);
	else
		r = create_slot(vm, &mem);
	pthread_mutex_unlock(&vm->pub.lock);
	return r;
}

/* ---- guest_memfd ---- */

long mem_create_gmem(struct vm *vm, unsigned long arg)
{
	struct kvm_create_guest_memfd args;
	struct gmem *gmem;
	int fd, r;

	if (copy_from_user(&args, (void *)arg, sizeof(args)))
		return -EFAULT;
	if (args.flags || (int64_t)args.size <= 0 || !PAGE_ALIGNED(args.size))
		return -EINVAL;

	gmem = calloc(1, sizeof(*gmem));
	if (!gmem)
		return -ENOMEM;
	fd = memfd_create("kvm-gmem", MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)args.size)) {
		r = -errno;
		goto err;
	}
	/* Its size never changes; the kernel's answers EINVAL, a seal EPERM. */
	syscall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK);
	gmem->fd = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
	if (gmem->fd < 0) {
		r = -errno;
		goto err;
	}
	gmem->fd = fd_move_up(gmem->fd);
	gmem->vm = vm;
	gmem->size = args.size;

	r = file_install(fd, FILE_GMEM, gmem);
	if (r < 0) {
		real_close(gmem->fd);
		free(gmem);
		return r;
	}
	vm_get(vm);
	return fd;
err:
	if (fd >= 0)
		real_close(fd);
	free(gmem);
	return r;
}

void mem_release_gmem(struct gmem *gmem)
{
	struct vm *vm = gmem->vm;
	bool bound = false;
	uint32_t i;

	/* In a child the slots are its parent's and stay as they are. */
	if (vm->mm == current_mm()) {
		pthread_mutex_lock(&vm->pub.lock);
		for (i = 0; i < INPROC_MAX_SLOTS; i++) {
			if (vm->slot_gmem[i] != gmem)
				continue;
			bound = true;
			vm->slot_gmem[i] = NULL;
		}
		if (bound) {
			void *gone[INPROC_MAX_SLOTS] = { 0 };

			for (i = 0; i < INPROC_MAX_SLOTS; i++) {
				struct inproc_slot *slot = &vm->pub.slots[i];

				if (slot->gmem_hva && !vm->slot_gmem[i]) {
					gone[i] = slot->gmem_hva;
					slot->gmem_hva = NULL;
				}
			}
			slots_changed(vm);
			for (i = 0; i < INPROC_MAX_SLOTS; i++)
				if (gone[i])
					munmap(gone[i], vm->pub.slots[i].size);
		}
		pthread_mutex_unlock(&vm->pub.lock);
	}
	real_close(gmem->fd);
	free(gmem);
	vm_put(vm);
}

int mem_fallocate_gmem(struct gmem *gmem, int mode, off_t offset, off_t len)
{
	if (!(mode & FALLOC_FL_KEEP_SIZE) ||
	    (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)))
		return -EOPNOTSUPP;
	if (offset < 0 || len <= 0 || !PAGE_ALIGNED(offset) || !PAGE_ALIGNED(len))
		return -EINVAL;
	if (!(mode & FALLOC_FL_PUNCH_HOLE) && (uint64_t)offset + (uint64_t)len > gmem->size)
		return -EINVAL;
	return syscall(SYS_fallocate, gmem->fd, mode, offset, len) ? -errno : 0;
}

/* ---- attributes ---- */

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

long mem_set_attributes(struct vm *vm, unsigned long arg)
{
	struct kvm_memory_attributes attrs;
	uint64_t start, end;
	long r;

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

	start = attrs.address >> PAGE_SHIFT;
	end = (attrs.address + attrs.size) >> PAGE_SHIFT;
	pthread_mutex_lock(&vm->pub.lock);
	if (attrs.attributes)
		r = join_range(&vm->pub, start, end);
	else
		r = cut_range(&vm->pub, start, end);
	if (!r)
		r = update_engine(vm);
	pthread_mutex_unlock(&vm->pub.lock);
	return r;
}

void mem_destroy(struct vm *vm)
{
	struct inproc_attr_range *r;
	uint32_t i;

	/* The engine's VM goes next, and its mappings with it; no need to undo each. */
	for (i = 0; i < INPROC_MAX_SLOTS; i++)
		unbind_gmem(vm, i);
	while ((r = vm->pub.attrs)) {
		vm->pub.attrs = r->next;
		free(r);
	}
	free(vm->maps);
}
