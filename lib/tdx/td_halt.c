// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD whose vCPUs halt and take interrupts.
 */
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "kvm_util.h"
#include "processor.h"

#include "tdx/td_halt.h"

void td_halt_create(struct tdvmcall_vm *v, unsigned int nr_vcpus)
{
	unsigned int id, vector;

	memset(v, 0, sizeof(*v));
	v->td = td_vm_create(TD_GPAW_48, nr_vcpus, guest_td_halts);
	for (id = 0; id < nr_vcpus; id++) {
		struct shared_mem mailbox = td_vm_alloc_shared(v->td, 1);

		v->reqs[id] = mailbox.hva;
		td_vm_set_arg(v->td, id, mailbox.gva);
	}
	vm_install_exception_handler(v->td->vm, NMI_VECTOR, guest_td_interrupted);
	for (vector = 32; vector < 256; vector++)
		vm_install_exception_handler(v->td->vm, vector, guest_td_interrupted);
	td_vm_launch(v->td);
	for (id = nr_vcpus; id-- > 0;) {
		tdvmcall_vm_select(v, id);
		tdvmcall_enable_apic(v);
	}
}

void td_halt_prepare(struct tdvmcall_vm *v, uint64_t blocked)
{
	tdvmcall_prepare(v, GHCI_INSTRUCTION_HLT, blocked, TD_FILL(13), TD_FILL(14), TD_FILL(15));
	v->req->wait_max = TD_HALT_PATIENCE;
}

/* In seconds: more than any machine takes. */
#define RESCUE_AFTER	2

static struct tdvmcall_vm *asleep;

/* On the thread that is in KVM_RUN, after that has ended with EINTR. */
static void rescue(int sig __attribute__((unused)))
{
	if (asleep)
		td_vm_send_interrupt(asleep->td, asleep->vcpu->id, TD_HALT_RESCUE);
}

void td_halt_rescue(struct tdvmcall_vm *v)
{
	struct sigaction act = { .sa_handler = rescue };
	struct itimerval timer = { .it_value.tv_sec = v ? RESCUE_AFTER : 0 };

	asleep = v;
	TEST_ASSERT(!sigaction(SIGALRM, &act, NULL) && !setitimer(ITIMER_REAL, &timer, NULL),
		    "no alarm");
}
