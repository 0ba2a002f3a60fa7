// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs of a guest's: which come to an exit, and values that the engine has while it runs.
 *
 * The engine's traps are a VM's, and a permission map is a vCPU's: all have that of the one
 * that entered last with another than before, which KVM's are but for a moment.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "world.h"

#define MSR_TSC		0x10

struct msr_map {
	size_t size;
	uint8_t bytes[];		/* as they were in memory */
};

bool world_msr_map_is(const struct world *w, const void *map, size_t size)
{
	const struct msr_map *has = w->vcpu->vm->msr_map;

	return has && has->size == size && !memcmp(has->bytes, map, size);
}

int world_set_msr_map(struct world *w, const void *map, size_t size,
		      const struct engine_msr_range *ranges, unsigned int nr)
{
	struct src_vm *vm = w->vcpu->vm;
	struct msr_map *has = malloc(sizeof(*has) + size);
	int ret;

	if (!has)
		return -ENOMEM;
	has->size = size;
	memcpy(has->bytes, map, size);
	pthread_mutex_lock(&vm->lock);
	ret = engine->trap_msrs(vm->engine, ranges, nr, true);
	if (ret) {
		free(has);
	} else {
		free(vm->msr_map);
		vm->msr_map = has;
	}
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

void world_free_msr_map(struct src_vm *vm)
{
	free(vm->msr_map);
}

/* ---- values ---- */

struct guest_msrs {
	bool known;
	uint64_t tsc_offset;
	uint64_t values[WORLD_MAX_MSRS];
};

int world_load_msrs(struct world *w, const struct world_msr *msrs, unsigned int nr,
		    uint64_t tsc_offset)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[WORLD_MAX_MSRS + 1];
	} list = { .head.nmsrs = 0 };
	struct guest_msrs *has = w->vcpu->msrs;
	int ret;

	if (!has) {
		has = w->vcpu->msrs = calloc(1, sizeof(*has));
		if (!has)
			return -ENOMEM;
	}
	for (unsigned int i = 0; i < nr; i++) {
		if (has->known && has->values[i] == *msrs[i].value)
			continue;
		has->values[i] = *msrs[i].value;
		list.entries[list.head.nmsrs].index = msrs[i].index;
		list.entries[list.head.nmsrs++].data = *msrs[i].value;
	}
	/* That of the CPU under test is the process's. */
	if (!has->known || has->tsc_offset != tsc_offset) {
		list.entries[list.head.nmsrs].index = MSR_TSC;
		list.entries[list.head.nmsrs++].data = __builtin_ia32_rdtsc() + tsc_offset;
	}
	has->tsc_offset = tsc_offset;
	has->known = true;
	if (!list.head.nmsrs)
		return 0;
	ret = engine->set_msrs(w->vcpu->engine, &list.head);
	if (ret >= 0 && ret < (int)list.head.nmsrs) {
		inproc_diag("engine %s does not take %#llx in MSR %#x", engine->name,
			    (unsigned long long)list.entries[ret].data, list.entries[ret].index);
		return -EINVAL;
	}
	return ret < 0 ? ret : 0;
}

int world_store_msrs(struct world *w, const struct world_msr *msrs, unsigned int nr)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[WORLD_MAX_MSRS];
	} list = { .head.nmsrs = nr };
	struct guest_msrs *has = w->vcpu->msrs;
	int ret;

	for (unsigned int i = 0; i < nr; i++)
		list.entries[i].index = msrs[i].index;
	ret = engine->get_msrs(w->vcpu->engine, &list.head);
	if (ret != (int)nr)
		return ret < 0 ? ret : -EINVAL;
	for (unsigned int i = 0; i < nr; i++)
		*msrs[i].value = has->values[i] = list.entries[i].data;
	return 0;
}

void world_free_msrs(struct src_vcpu *vcpu)
{
	free(vcpu->msrs);
}
