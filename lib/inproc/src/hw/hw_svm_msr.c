// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs of guests that are not SEV-ES: the permission map (AMD APM 2, section 15.11), and
 * those that VMRUN, VMLOAD and VMSAVE exchange.  A model.
 *
 * The engine's traps are a VM's, and the map is a vCPU's: all have that of the one that
 * entered last with another than before, which KVM's are but for a moment.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "hw_svm.h"
#include "vmcb.h"

/* Three ranges of 8192 MSRs with two bits each, for reading and for writing. */
#define NR_RANGES	3
#define RANGE_MSRS	0x2000
#define RANGE_BYTES	(RANGE_MSRS / 4)

static const uint32_t bases[NR_RANGES] = { 0, 0xc0000000, 0xc0010000 };

struct msr_traps {
	uint8_t map[NR_RANGES * RANGE_BYTES];	/* as it was in memory */
	uint8_t read[NR_RANGES][RANGE_MSRS / 8], write[NR_RANGES][RANGE_MSRS / 8];
};

static void unpack(struct msr_traps *t)
{
	for (unsigned int i = 0; i < NR_RANGES * RANGE_MSRS; i++) {
		const uint8_t bits = t->map[i / 4] >> i % 4 * 2;
		const unsigned int range = i / RANGE_MSRS, nr = i % RANGE_MSRS;

		t->read[range][nr / 8] |= (bits & 1) << nr % 8;
		t->write[range][nr / 8] |= (bits >> 1 & 1) << nr % 8;
	}
}

int svm_trap_msrs(struct world *w)
{
	static const uint8_t all[NR_RANGES * RANGE_BYTES];
	const void *map = get_u32(w->vmcb, VMCB_INTERCEPT_1) & INTERCEPT_1_MSR ?
			  (const void *)(get_u64(w->vmcb, VMCB_MSRPM_PA) & ~0xfffULL) : all;
	struct engine_msr_range ranges[NR_RANGES];
	struct src_vm *vm = w->vcpu->vm;
	struct msr_traps *t = vm->msr_traps;
	int ret;

	if (t && !memcmp(t->map, map, sizeof(t->map)))
		return 0;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	memcpy(t->map, map, sizeof(t->map));
	unpack(t);
	for (unsigned int i = 0; i < NR_RANGES; i++)
		ranges[i] = (struct engine_msr_range){ bases[i], RANGE_MSRS, t->read[i],
						       t->write[i] };
	pthread_mutex_lock(&vm->lock);
	ret = engine->trap_msrs(vm->engine, ranges, NR_RANGES, true);
	if (ret) {
		free(t);
	} else {
		free(vm->msr_traps);
		vm->msr_traps = t;
	}
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

void svm_free_msr_traps(struct src_vm *vm)
{
	free(vm->msr_traps);
}

/* ---- values ---- */

#define MSR_TSC		0x10

static const struct {
	uint32_t index;
	unsigned int save;
	bool vmload;			/* by VMLOAD and VMSAVE */
} msrs[] = {
	{ 0x174, SAVE_SYSENTER_CS, true },
	{ 0x175, SAVE_SYSENTER_ESP, true },
	{ 0x176, SAVE_SYSENTER_EIP, true },
	{ 0x277, SAVE_PAT, false },
	{ 0xc0000081, SAVE_STAR, true },
	{ 0xc0000082, SAVE_LSTAR, true },
	{ 0xc0000083, SAVE_CSTAR, true },
	{ 0xc0000084, SAVE_SFMASK, true },
	{ 0xc0000102, SAVE_KERNEL_GS_BASE, true },
};

#define NR_MSRS		(sizeof(msrs) / sizeof(msrs[0]))

struct svm_msrs {
	bool known;
	uint64_t tsc_offset;
	uint64_t values[NR_MSRS];
};

static void *area_of(const struct world *w, unsigned int i)
{
	return msrs[i].vmload ? w->loaded : svm_save_area(w);
}

int svm_load_msrs(struct world *w)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[NR_MSRS + 1];
	} list = { .head.nmsrs = 0 };
	const uint64_t offset = get_u64(w->vmcb, VMCB_TSC_OFFSET);
	struct svm_msrs *has = w->vcpu->msrs;
	int ret;

	if (!has) {
		has = w->vcpu->msrs = calloc(1, sizeof(*has));
		if (!has)
			return -ENOMEM;
	}
	for (unsigned int i = 0; i < NR_MSRS; i++) {
		const uint64_t value = get_u64(area_of(w, i), msrs[i].save);

		if (has->known && has->values[i] == value)
			continue;
		has->values[i] = value;
		list.entries[list.head.nmsrs].index = msrs[i].index;
		list.entries[list.head.nmsrs++].data = value;
	}
	/* That of the CPU under test is the process's. */
	if (!has->known || has->tsc_offset != offset) {
		list.entries[list.head.nmsrs].index = MSR_TSC;
		list.entries[list.head.nmsrs++].data = __builtin_ia32_rdtsc() + offset;
	}
	has->tsc_offset = offset;
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

int svm_store_msrs(struct world *w)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[NR_MSRS];
	} list = { .head.nmsrs = NR_MSRS };
	struct svm_msrs *has = w->vcpu->msrs;
	int ret;

	for (unsigned int i = 0; i < NR_MSRS; i++)
		list.entries[i].index = msrs[i].index;
	ret = engine->get_msrs(w->vcpu->engine, &list.head);
	if (ret != (int)NR_MSRS)
		return ret < 0 ? ret : -EINVAL;
	for (unsigned int i = 0; i < NR_MSRS; i++) {
		has->values[i] = list.entries[i].data;
		set_u64(area_of(w, i), msrs[i].save, has->values[i]);
	}
	return 0;
}

void svm_free_msrs(struct src_vcpu *vcpu)
{
	free(vcpu->msrs);
}
