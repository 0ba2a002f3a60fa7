// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM is closed while exits wait for their answers.  All that can be said of it is that
 * the kernel lives through it.
 */
#include "cert_rows.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_util.h"

#include "observer.h"
#include "vmm_vm.h"

/* Rows that all KVMs have. */
#define NAME_none	NULL
#define REV_none	NULL

#define NR_CPUS		2

/* How it goes. */
enum end {
	VCPUS_FIRST,		/* descriptors of the vCPUs, then the VM's */
	VM_FIRST,		/* and the other way round */
	ANSWERED,		/* with answers that KVM_RUN never takes */
	COMPLETED,		/* taken, by immediate_exit, but the guest never sees them */
	PROCESS,		/* all at once: the process ends */
};

COCO_FIXTURE(vmm_close);
FIXTURE_VARIANT(vmm_close)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum vmm_exit kind[NR_CPUS];
	enum end end;
};

#define CLOSE_ROW(tag, name, end_, ...)						\
	FIXTURE_VARIANT_ADD(vmm_close, tag##_##name)				\
	{									\
		CERT_ROW(tag, REQ_VMM_CLOSE),				\
		.end = end_, .kind = { __VA_ARGS__ },		\
	};
#define CLOSE_ROWS(tag, name, ...)						\
	CLOSE_ROW(tag, name##_vcpus_first, VCPUS_FIRST, __VA_ARGS__)		\
	CLOSE_ROW(tag, name##_vm_first, VM_FIRST, __VA_ARGS__)			\
	CLOSE_ROW(tag, name##_answered, ANSWERED, __VA_ARGS__)			\
	CLOSE_ROW(tag, name##_completed, COMPLETED, __VA_ARGS__)		\
	CLOSE_ROW(tag, name##_process_ends, PROCESS, __VA_ARGS__)

CLOSE_ROWS(none, psc, VMM_PSC_MSR, VMM_PSC_NAE)
#define CLOSE_CERTS(tag)	CLOSE_ROWS(tag, certs, VMM_CERTS, VMM_PSC_NAE)
ROWS_OF_ALL(CLOSE_CERTS)

static bool pending(struct vmm_vm *v, const FIXTURE_VARIANT(vmm_close) *variant)
{
	unsigned int i;

	if (!vmm_vm_start(v, variant->rev, NR_CPUS))
		return false;
	for (i = 0; i < NR_CPUS; i++) {
		vmm_prepare(&v->cpu[i], variant->kind[i]);
		if (!vmm_run_to_exit(REQ_VMM_CLOSE, &v->cpu[i]))
			return false;
	}
	return true;
}

static void close_vcpus(struct vmm_vm *v)
{
	int dev = open_kvm_dev_path_or_exit(), size = ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	unsigned int i;

	close(dev);
	for (i = 0; i < NR_CPUS; i++) {
		struct kvm_vcpu *vcpu = v->cpu[i].vcpu;

		TEST_ASSERT(!munmap(vcpu->run, size), "cannot unmap kvm_run");
		TEST_ASSERT(!close(vcpu->fd), "cannot close a vCPU");
	}
}

/* As libkvm does not: it knows one order.  What it allocated, the process's end frees. */
static void close_vm(struct vmm_vm *v, bool vcpus_first)
{
	struct snp_vm *snp = v->v->snp;
	struct userspace_mem_region *region;
	int ctr;

	check_guest_gone(snp);
	if (vcpus_first)
		close_vcpus(v);
	TEST_ASSERT(!close(snp->vm->fd), "cannot close the VM");
	/* Each holds the VM, too. */
	hash_for_each(snp->vm->regions.slot_hash, ctr, region, slot_node)
		if ((int)region->region.guest_memfd >= 0)
			close(region->region.guest_memfd);
	if (!vcpus_first)
		close_vcpus(v);
	close(snp->vm->arch.sev_fd);
}

/* Each vCPU's KVM_RUN completes what it was answered, and does not enter the guest. */
static void complete(struct vmm_vm *v)
{
	unsigned int i;

	for (i = 0; i < NR_CPUS; i++) {
		v->cpu[i].vcpu->run->immediate_exit = 1;
		EXPECT_REQ_EQ(REQ_VMM_CLOSE, "KVM_RUN with immediate_exit", EINTR,
			      check_run(v->cpu[i].vcpu), &names_errno);
	}
}

static void expect_no_splat(void)
{
	if (observer())
		EXPECT_REQ_EQ(REQ_VMM_CLOSE, "WARNs and BUGs of the kernel, see below", 0,
			      observer()->nr_splats(), &names_count);
	else
		check_note("no observer here: what the kernel says of it is not checked");
}

/* In a child: it has a VM of its own, and ends with all open. */
static void process_ends(const FIXTURE_VARIANT(vmm_close) *variant)
{
	int status = 0;
	struct vmm_vm v;
	pid_t child;

	if (variant->rev && !cert_revision_spoken(variant->rev))
		return;
	child = fork();
	if (!child)
		_exit(!pending(&v, variant));
	TEST_ASSERT(child > 0 && waitpid(child, &status, 0) == child, "cannot fork");
	EXPECT_REQ_EQ(REQ_VMM_CLOSE, "wait status of a process that ends with exits pending", 0,
		      status, &names_value);
}

COCO_TEST_F(vmm_close, lives)
{
	struct vmm_vm v;
	unsigned int i;

	if (variant->end == PROCESS) {
		process_ends(variant);
		return;
	}
	if (!pending(&v, variant))
		return;
	if (variant->end == ANSWERED || variant->end == COMPLETED)
		for (i = 0; i < NR_CPUS; i++)
			vmm_answer(&v.cpu[i], CERT_ANSWER_OK);
	if (variant->end == COMPLETED)
		complete(&v);
	close_vm(&v, variant->end != VM_FIRST);
	expect_no_splat();
}

CERT_MAIN
