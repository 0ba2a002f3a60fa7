/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A step of a qualification: what it is to do, and what it has measured.
 */
#ifndef STEP_H
#define STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "cases/vmm_vm.h"
#include "check/state.h"

#include "latency.h"
#include "place.h"

#define MAX_PLACES	256
#define MAX_KINDS	8

struct step {
	/* The options, see step.c. */
	struct place at[MAX_PLACES];
	unsigned int nr_places;
	unsigned int count, vms, mib;
	uint64_t end;			/* of now_ns(); each does all once, whatever the time */
	const char *cpu_online;		/* the file that takes a CPU away, and gives it back */

	/* What is measured. */
	struct {
		struct latency to_vmm, to_guest;
	} exits[MAX_KINDS];
	struct latency launch, destroy;
	unsigned long vms_made, interrupted, moved, pages[PLACE_MAX_NODES];
	unsigned long retried, replaced, switched;
};

/* ---- guest.c: the VMs of this machine, SNP's or TDs ---- */

/* NULL, or why there is none here. */
const char *guest_missing(void);
/* SNP, with certificates of this revision, or NULL. */
const struct cert_revision *guest_certs(void);
bool makes_tds(void);
unsigned int guest_nr_kinds(void);
const struct vmm_exit_ops *guest_kind(unsigned int nr);
/* Such a VM, launched; its time counts. */
bool guest_start(struct step *step, struct vmm_vm *v, unsigned int nr_cpus);
void guest_free(struct step *step, struct vmm_vm *v);
/* Its slot's pages are counted, where there are any of the node they are to be on. */
bool guest_count_pages(struct step *step, struct vmm_vm *v, const struct place *at);
unsigned long guest_move_pages(struct vmm_vm *v, const struct place *to);

/*
 * By requirement @req, from any thread: KVM_RUN up to exit @kind, which is as it should be;
 * and from its answer on until the guest has that.  The time in KVM_RUN counts.
 */
bool guest_to_vmm(struct step *step, enum requirement_nr req, struct vmm_cpu *cpu,
		  unsigned int kind);
bool guest_to_guest(struct step *step, enum requirement_nr req, struct vmm_cpu *cpu,
		    unsigned int kind, enum vmm_answer answer);
/* Both, with the answer that is due in round @round. */
bool guest_exit(struct step *step, enum requirement_nr req, struct vmm_cpu *cpu,
		unsigned int kind, unsigned int round);
enum vmm_answer guest_answer(unsigned int round);
/* Each kind @times, or until the time is up, but once. */
bool guest_exits(struct step *step, enum requirement_nr req, struct vmm_cpu *cpu,
		 unsigned int times);

/* What judges, and makes and frees VMs, does so one at a time. */
void guest_lock(void);
void guest_unlock(void);

/* ---- the steps ---- */

void step_exits(struct step *step);
void step_each_cpu(struct step *step);
void step_interleave(struct step *step);
void step_migrate(struct step *step);
void step_several(struct step *step);
void step_limit(struct step *step);
void step_pressure(struct step *step);
void step_signals(struct step *step);
void step_certificates(struct step *step);
void step_hotplug(struct step *step);

#endif
