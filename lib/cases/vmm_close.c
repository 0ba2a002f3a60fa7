// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM is closed while exits wait for their answers.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_util.h"

#include "cases/vmm_cases.h"
#include "check/expect.h"
#include "check/state.h"
#include "check/transcript.h"
#include "control.h"

#define NR_CPUS		VMM_CLOSE_CPUS

static const char *missing(const struct vmm_case *c)
{
	const char *why = NULL;
	unsigned int i;

	for (i = 0; i < NR_CPUS && !why; i++)
		why = c->kind[i]->missing ? c->kind[i]->missing() : NULL;
	return why;
}

/* Each vCPU has its exit, or was kept from asking. */
static bool pending(struct vmm_vm *v, const struct vmm_case *c)
{
	enum requirement_nr req;
	unsigned int i;

	if (!vmm_vm_start(v, c->type, c->arg, NR_CPUS))
		return false;
	req = vmm_req(v, VMM_REQ_CLOSE);
	for (i = 0; i < NR_CPUS; i++) {
		vmm_prepare(&v->cpu[i], c->kind[i]);
		if (c->end == VMM_INTERRUPTED) {
			v->cpu[i].vcpu->run->immediate_exit = 1;
			if (!vmm_run_interrupted(req, &v->cpu[i]))
				return false;
		} else if (!vmm_run_to_exit(req, &v->cpu[i])) {
			return false;
		}
	}
	return true;
}

static void unmap_runs(struct vmm_vm *v)
{
	int dev = open_kvm_dev_path_or_exit(), size = ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	unsigned int i;

	close(dev);
	for (i = 0; i < v->nr_cpus; i++)
		TEST_ASSERT(!munmap(v->cpu[i].vcpu->run, size), "cannot unmap kvm_run");
}

static void close_vcpus(struct vmm_vm *v)
{
	unsigned int i;

	for (i = 0; i < v->nr_cpus; i++)
		TEST_ASSERT(!close(v->cpu[i].vcpu->fd), "cannot close a vCPU");
}

static void close_gmem(struct vmm_vm *v)
{
	struct userspace_mem_region *region;
	int ctr;

	/* Each holds the VM, too. */
	hash_for_each(v->vm->regions.slot_hash, ctr, region, slot_node)
		if ((int)region->region.guest_memfd >= 0)
			TEST_ASSERT(!close(region->region.guest_memfd),
				    "cannot close a guest_memfd");
}

static void run_unmapped(struct vmm_vm *v)
{
	enum requirement_nr req = vmm_req(v, VMM_REQ_CLOSE);
	unsigned int i;

	/* KVM's own mapping of it stays; the guests stop at their GUEST_SYNC(). */
	for (i = 0; i < NR_CPUS; i++) {
		int err = ioctl(v->cpu[i].vcpu->fd, KVM_RUN, NULL) ? errno : 0;

		EXPECT_REQ_EQ(req, "KVM_RUN without a mapping of kvm_run", 0, err, &names_errno);
	}
	errno = 0;
}

void vmm_close_vm(struct vmm_vm *v, enum vmm_end end)
{
	check_guest_gone(v->owner);
	if (end == VMM_GMEM_FIRST)
		close_gmem(v);
	unmap_runs(v);
	if (end == VMM_RUN_UNMAPPED)
		run_unmapped(v);
	if (end != VMM_VM_FIRST)
		close_vcpus(v);
	TEST_ASSERT(!close(v->vm->fd), "cannot close the VM");
	if (end != VMM_GMEM_FIRST)
		close_gmem(v);
	if (end == VMM_VM_FIRST)
		close_vcpus(v);
	if (v->type->close)
		v->type->close(v);
}

/* Each vCPU's KVM_RUN completes what it was answered, and does not enter the guest. */
static void complete(struct vmm_vm *v)
{
	unsigned int i;

	for (i = 0; i < NR_CPUS; i++) {
		v->cpu[i].vcpu->run->immediate_exit = 1;
		EXPECT_REQ_EQ(vmm_req(v, VMM_REQ_CLOSE), "KVM_RUN with immediate_exit",
			      v->cpu[i].kind->exits_again ? 0 : EINTR, check_run(v->cpu[i].vcpu),
			      &names_errno);
	}
}

void vmm_expect_no_splat(enum requirement_nr req)
{
	if (control())
		EXPECT_REQ_EQ(req, "WARNs and BUGs of the kernel, see below", 0,
			      control()->nr_splats(), &names_count);
	else
		check_note("no control of the kernel here: what it says of that is not checked");
}

/* In a child: it has a VM of its own, and ends with all open. */
static void process_ends(const struct vmm_case *c)
{
	int status = 0;
	struct vmm_vm v;
	pid_t child;

	child = fork();
	if (!child)
		_exit(!pending(&v, c));
	TEST_ASSERT(child > 0 && waitpid(child, &status, 0) == child, "cannot fork");
	EXPECT_REQ_EQ(c->type->req[VMM_REQ_CLOSE],
		      "wait status of a process that ends with exits pending", 0, status,
		      &names_value);
}

/* @served: what firmware has got of the last one's requests. */
static void expect_next_vm(const struct vmm_case *c, unsigned int served)
{
	enum requirement_nr req = c->type->req[VMM_REQ_CLOSE];
	struct vmm_vm v;

	if (!vmm_vm_start(&v, c->type, c->arg, 1))
		return;
	v.served = served;
	vmm_prepare(&v.cpu[0], c->kind[0]);
	if (vmm_run_to_exit(req, &v.cpu[0]) && !c->kind[0]->exits_again) {
		vmm_answer(&v.cpu[0], VMM_ERROR);
		vmm_run_to_answer(req, &v.cpu[0], VMM_ERROR);
	}
	vmm_vm_free(&v);
}

void vmm_case_close(const struct vmm_case *c)
{
	const char *why = missing(c);
	struct vmm_vm v;
	unsigned int i;

	if (why) {
		check_skip("%s", why);
		return;
	}
	if (c->end == VMM_PROCESS) {
		if (c->type->has && !c->type->has(c->arg))
			return;
		process_ends(c);
		return;
	}
	if (!pending(&v, c))
		return;
	if (c->end == VMM_ANSWERED || c->end == VMM_COMPLETED || c->end == VMM_RUN_UNMAPPED)
		for (i = 0; i < NR_CPUS; i++)
			vmm_answer(&v.cpu[i], VMM_OK);
	if (c->end == VMM_COMPLETED)
		complete(&v);
	vmm_close_vm(&v, c->end);
	vmm_expect_no_splat(c->type->req[VMM_REQ_CLOSE]);
	if (c->next)
		expect_next_vm(c, c->end == VMM_COMPLETED || c->end == VMM_RUN_UNMAPPED ? v.served : 0);
}
