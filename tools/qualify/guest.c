// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMs of a qualification, and an exit of theirs with the time that it takes.
 */
#include <errno.h>
#include <pthread.h>

#include "kvm_util.h"

#include "cases/vmm_snp.h"
#include "cases/vmm_tdx.h"
#include "check/expect.h"
#include "check/transcript.h"
#include "snp/cert_probe.h"
#include "tdx/tdx_probe.h"

#include "step.h"

static const struct vmm_exit_ops *const snp_kinds[] = {
	&vmm_psc_msr, &vmm_psc_nae, &vmm_certs,
};
static const struct vmm_exit_ops *const tdx_kinds[] = {
	&vmm_map_gpa, &vmm_io_in, &vmm_quote, &vmm_notify, &vmm_info,
};

static const struct vmm_exit_ops *kinds[MAX_KINDS];
static unsigned int nr_kinds;
static const struct cert_revision *certs;
static struct vmm_guest_ops type;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void guest_lock(void)
{
	pthread_mutex_lock(&lock);
}

void guest_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static void add_kinds(const struct vmm_exit_ops *const *from, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!from[i]->missing || !from[i]->missing())
			kinds[nr_kinds++] = from[i];
}

const char *guest_missing(void)
{
	const char *why_no_snp = snp_vm_missing(), *why_no_td;
	static char why[512];
	unsigned int i;

	errno = 0;
	if (!why_no_snp) {
		type = vmm_snp;
		for (i = 0; i < NR_CERT_REVISIONS; i++)
			if (cert_revision_cap(&cert_revisions[i]))
				certs = &cert_revisions[i];
		add_kinds(snp_kinds, ARRAY_SIZE(snp_kinds) - !certs);
	} else {
		why_no_td = tdx_revision_find();
		if (why_no_td) {
			snprintf(why, sizeof(why), "%s; %s", why_no_snp, why_no_td);
			return why;
		}
		type = vmm_tdx;
		add_kinds(tdx_kinds, ARRAY_SIZE(tdx_kinds));
	}
	/* What firmware was asked is counted for all VMs at once. */
	type.expect_served = NULL;
	errno = 0;
	return NULL;
}

const struct cert_revision *guest_certs(void)
{
	return certs;
}

bool makes_tds(void)
{
	return type.start == vmm_tdx.start;
}

unsigned int guest_nr_kinds(void)
{
	return nr_kinds;
}

const struct vmm_exit_ops *guest_kind(unsigned int nr)
{
	return kinds[nr];
}

bool guest_start(struct step *step, struct vmm_vm *v, unsigned int nr_cpus)
{
	uint64_t begin = now_ns();

	if (!vmm_vm_start(v, &type, certs, nr_cpus))
		return false;
	latency_add(&step->launch, now_ns() - begin);
	step->vms_made++;
	return true;
}

void guest_free(struct step *step, struct vmm_vm *v)
{
	uint64_t begin = now_ns();

	vmm_vm_free(v);
	latency_add(&step->destroy, now_ns() - begin);
}

static struct userspace_mem_region *slot(struct vmm_vm *v)
{
	return memslot2region(v->vm, 0);
}

bool guest_count_pages(struct step *step, struct vmm_vm *v, const struct place *at)
{
	unsigned long nr[PLACE_MAX_NODES] = {}, elsewhere = 0;
	unsigned int i;

	if (at->node == PLACE_NONE)
		return true;
	place_count(slot(v)->host_mem, slot(v)->region.memory_size, nr);
	for (i = 0; i < PLACE_MAX_NODES; i++) {
		step->pages[i] += nr[i];
		elsewhere += (int)i == at->node ? 0 : nr[i];
	}
	if (!elsewhere && nr[at->node])
		return true;
	fprintf(stderr, "qualify: %lu pages of guest memory are on node %d, to which it is bound, and "
		"%lu elsewhere\n",
		nr[at->node], at->node, elsewhere);
	return false;
}

unsigned long guest_move_pages(struct vmm_vm *v, const struct place *to)
{
	return place_move(slot(v)->host_mem, slot(v)->region.memory_size, to);
}

/* KVM_RUN, by whatever signals it is interrupted; how long it took. */
static bool run(struct step *step, enum requirement_nr req, struct vmm_cpu *cpu, uint64_t *ns)
{
	unsigned long interrupted = 0;
	bool good;
	int err;

	check_run_ns();
	while ((err = check_run(cpu->vcpu)) == EINTR)
		interrupted++;
	*ns = check_run_ns();
	/* The caller has the lock after this. */
	guest_lock();
	step->interrupted += interrupted;
	good = EXPECT_REQ_EQ(req, "KVM_RUN", 0, err, &names_errno);
	return good;
}

bool guest_to_vmm(struct step *step, enum requirement_nr req, struct vmm_cpu *cpu,
		  unsigned int kind)
{
	uint64_t ns;
	bool good;

	vmm_prepare(cpu, kinds[kind]);
	good = run(step, req, cpu, &ns) && vmm_expect_exit(req, cpu);
	if (good)
		latency_add(&step->exits[kind].to_vmm, ns);
	guest_unlock();
	return good;
}

bool guest_to_guest(struct step *step, enum requirement_nr req, struct vmm_cpu *cpu,
		    unsigned int kind, enum vmm_answer answer)
{
	uint64_t ns;
	bool good;

	vmm_answer(cpu, answer);
	good = run(step, req, cpu, &ns) && vmm_expect_answer(req, cpu, answer);
	if (good)
		latency_add(&step->exits[kind].to_guest, ns);
	guest_unlock();
	return good;
}

enum vmm_answer guest_answer(unsigned int round)
{
	return round % 4 == 3 ? VMM_ERROR : VMM_OK;
}

bool guest_exit(struct step *step, enum requirement_nr req, struct vmm_cpu *cpu,
		unsigned int kind, unsigned int round)
{
	return guest_to_vmm(step, req, cpu, kind) &&
	       guest_to_guest(step, req, cpu, kind, guest_answer(round));
}

bool guest_exits(struct step *step, enum requirement_nr req, struct vmm_cpu *cpu,
		 unsigned int times)
{
	unsigned int round, kind;

	for (round = 0; round < times && (!round || now_ns() < step->end); round++)
		for (kind = 0; kind < nr_kinds; kind++)
			if (!guest_exit(step, req, cpu, kind, round))
				return false;
	return true;
}
