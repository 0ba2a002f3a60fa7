// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs of guests that are not SEV-ES: the permission map (AMD APM 2, section 15.11), and
 * those that VMRUN, VMLOAD and VMSAVE exchange.  A model.
 */
#include "hw_svm.h"
#include "vmcb.h"

/* Three ranges of 8192 MSRs with two bits each, for reading and for writing. */
#define NR_RANGES	3
#define RANGE_MSRS	0x2000
#define RANGE_BYTES	(RANGE_MSRS / 4)

static const uint32_t bases[NR_RANGES] = { 0, 0xc0000000, 0xc0010000 };

static void unpack(const uint8_t *map, uint8_t read[][RANGE_MSRS / 8],
		   uint8_t write[][RANGE_MSRS / 8])
{
	for (unsigned int i = 0; i < NR_RANGES * RANGE_MSRS; i++) {
		const uint8_t bits = map[i / 4] >> i % 4 * 2;
		const unsigned int range = i / RANGE_MSRS, nr = i % RANGE_MSRS;

		read[range][nr / 8] |= (bits & 1) << nr % 8;
		write[range][nr / 8] |= (bits >> 1 & 1) << nr % 8;
	}
}

int svm_trap_msrs(struct world *w)
{
	static const uint8_t all[NR_RANGES * RANGE_BYTES];
	const void *map = get_u32(w->vmcb, VMCB_INTERCEPT_1) & INTERCEPT_1_MSR ?
			  (const void *)(get_u64(w->vmcb, VMCB_MSRPM_PA) & ~0xfffULL) : all;
	uint8_t read[NR_RANGES][RANGE_MSRS / 8] = { 0 }, write[NR_RANGES][RANGE_MSRS / 8] = { 0 };
	struct engine_msr_range ranges[NR_RANGES];

	if (world_msr_map_is(w, map, sizeof(all)))
		return 0;
	unpack(map, read, write);
	for (unsigned int i = 0; i < NR_RANGES; i++)
		ranges[i] = (struct engine_msr_range){ bases[i], RANGE_MSRS, read[i], write[i] };
	return world_set_msr_map(w, map, sizeof(all), ranges, NR_RANGES);
}

/* ---- values ---- */

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

static void list_msrs(const struct world *w, struct world_msr *list)
{
	for (unsigned int i = 0; i < NR_MSRS; i++) {
		void *area = msrs[i].vmload ? w->loaded : svm_save_area(w);

		list[i].index = msrs[i].index;
		list[i].value = (unsigned long long *)((char *)area + msrs[i].save);
	}
}

int svm_load_msrs(struct world *w)
{
	struct world_msr list[NR_MSRS];

	list_msrs(w, list);
	return world_load_msrs(w, list, NR_MSRS, get_u64(w->vmcb, VMCB_TSC_OFFSET));
}

int svm_store_msrs(struct world *w)
{
	struct world_msr list[NR_MSRS];

	list_msrs(w, list);
	return world_store_msrs(w, list, NR_MSRS);
}
