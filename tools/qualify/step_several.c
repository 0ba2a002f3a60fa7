// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps of many VMs: at once, made and destroyed while others run; and as many as the machine
 * has ASIDs or KeyIDs for, twice.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "kvm_util.h"

#include "check/expect.h"
#include "snp/raw_snp.h"
#include "tdx/raw_td.h"

#include "step.h"

struct one {
	struct step *step;
	const struct place *at;
	pthread_t thread;
	bool good;
};

/* Makes a VM, has its guest make exits and destroys it, until the time is up. */
static void *come_and_go(void *arg)
{
	struct one *one = arg;
	struct step *step = one->step;
	struct vmm_vm v;
	bool more;

	place_memory(one->at);
	place_cpu(one->at, PLACE_NONE);
	do {
		guest_lock();
		one->good = !check_failed() && guest_start(step, &v, 1);
		guest_unlock();
		if (!one->good)
			return NULL;
		one->good = guest_exits(step, vmm_req(&v, VMM_REQ_VCPUS), &v.cpu[0], step->count);
		guest_lock();
		one->good = one->good && guest_count_pages(step, &v, one->at);
		guest_free(step, &v);
		more = one->good && now_ns() < step->end;
		guest_unlock();
	} while (more);
	return NULL;
}

void step_several(struct step *step)
{
	struct one *all = calloc(step->vms, sizeof(*all));
	bool good = true;
	unsigned int i;

	TEST_ASSERT(all, "out of memory");
	for (i = 0; i < step->vms; i++) {
		all[i].step = step;
		all[i].at = &step->at[i % step->nr_places];
		TEST_ASSERT(!pthread_create(&all[i].thread, NULL, come_and_go, &all[i]), "no thread");
	}
	for (i = 0; i < step->vms; i++) {
		pthread_join(all[i].thread, NULL);
		good &= all[i].good;
	}
	free(all);
	if (!good)
		exit(1);
}

/* ---- as many as there are ASIDs, or KeyIDs ---- */

union raw {
	struct raw_snp snp;
	struct raw_td td;
};

/* 0, or the errno of what was refused. */
static int open_one(union raw *raw)
{
	if (makes_tds()) {
		raw_td_open(&raw->td);
		return raw_td_go(&raw->td, RAW_TD_INITED);
	}
	raw_snp_open(&raw->snp);
	return raw_snp_go(&raw->snp, RAW_SNP_NOTHING, RAW_SNP_INITED);
}

static void close_one(union raw *raw)
{
	if (makes_tds())
		raw_td_close(&raw->td);
	else
		raw_snp_close(&raw->snp);
	errno = 0;
}

/* As many VMs as there can be, up to step->vms; all are gone afterwards.  @err is of the next. */
static unsigned int fill(struct step *step, union raw *raws, int *err)
{
	unsigned int i, nr = 0;

	*err = 0;
	while (nr < step->vms) {
		uint64_t begin = now_ns();

		*err = open_one(&raws[nr]);
		if (*err) {
			close_one(&raws[nr]);
			break;
		}
		latency_add(&step->launch, now_ns() - begin);
		nr++;
	}
	step->vms_made += nr;
	for (i = 0; i < nr; i++)
		close_one(&raws[i]);
	return nr;
}

void step_limit(struct step *step)
{
	const enum requirement_nr req = makes_tds() ? REQ_TDX_VMM_CLOSE : REQ_SEV_ASIDS;
	union raw *raws = calloc(step->vms, sizeof(*raws));
	unsigned int first, second;
	struct vmm_vm v;
	int err, again;

	TEST_ASSERT(raws, "out of memory");
	place_memory(&step->at[0]);
	first = fill(step, raws, &err);
	second = fill(step, raws, &again);
	check_note("%u VMs at once%s%s", first, err ? ", and of one more: " : "",
		   err ? strerror(err) : "");
	EXPECT_REQ_TRUE(req, "there can be a VM", first > 0);
	EXPECT_REQ_EQ(req, "VMs at once, after as many have ended", first, second, &names_count);
	EXPECT_REQ_EQ(req, "errno of one more than that", err, again, &names_errno);
	free(raws);
	/* Whole ones, too, are none the worse. */
	if (check_failed() || !guest_start(step, &v, 1) ||
	    !guest_exits(step, vmm_req(&v, VMM_REQ_CLOSE), &v.cpu[0], 1))
		exit(1);
	guest_free(step, &v);
}
