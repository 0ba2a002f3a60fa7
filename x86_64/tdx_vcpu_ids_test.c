// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many vCPUs a TD can have, and with which IDs: as many as KVM_CAP_MAX_VCPUS says, and any
 * below KVM_CAP_MAX_VCPU_ID.  Each is initialized with its ID as its x2APIC ID, and runs, which
 * in this TD is a triple fault.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"

#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/td_vm.h"

#define MAX_VCPUS	1024u

COCO_FIXTURE(vcpus);
FIXTURE_VARIANT(vcpus)
{
	struct check_row row;
	unsigned int nr;		/* 0: KVM_CAP_MAX_VCPUS, and one more is refused */
	unsigned int step;		/* from one ID to the next; 0: from the highest ID down */
};

#define VCPUS(name, nr_, step_)							\
	FIXTURE_VARIANT_ADD(vcpus, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_VCPU_IDS), .nr = nr_, .step = step_,	\
	};

VCPUS(all, 0, 1)
VCPUS(sparse, 4, 7)
VCPUS(above_255, 3, 200)
VCPUS(highest, 3, 0)

static int fds[MAX_VCPUS];

static unsigned long id_of(const FIXTURE_VARIANT(vcpus) *v, unsigned int i, unsigned int max_id)
{
	return !i ? 0 : v->step ? i * v->step : max_id - i;
}

static bool start(struct raw_td *td, unsigned int i, unsigned long id)
{
	struct tdx_cmd cmd = { .id = TDX_CMD_INIT_VCPU };
	char what[64];

	fds[i] = ioctl(td->raw.vm, KVM_CREATE_VCPU, id);
	snprintf(what, sizeof(what), "KVM_CREATE_VCPU, number %u, ID %lu", i, id);
	if (!EXPECT_REQ_EQ(REQ_TDX_VCPU_IDS, what, 0, raw_errno(fds[i]), &names_errno))
		return false;
	snprintf(what, sizeof(what), "KVM_TDX_INIT_VCPU, number %u, ID %lu", i, id);
	return EXPECT_REQ_EQ(REQ_TDX_VCPU_IDS, what, 0,
			     raw_td_set_cpuid(td, fds[i]) ?:
			     raw_errno(ioctl(fds[i], KVM_MEMORY_ENCRYPT_OP, &cmd)), &names_errno);
}

static bool refused(struct raw_td *td, const char *what, unsigned long id)
{
	int fd = ioctl(td->raw.vm, KVM_CREATE_VCPU, id);

	if (fd >= 0)
		close(fd);
	errno = 0;
	return EXPECT_REQ_TRUE(REQ_TDX_VCPU_IDS, what, fd < 0);
}

/* With the page in which vCPUs start. */
static bool finalize(struct raw_td *td)
{
	const uint64_t gpa = RAW_TD_GPA + (RAW_VM_PAGES - 1) * RAW_VM_PAGE;
	int err;

	td->raw.vcpu = fds[0];
	err = raw_td_region(td, td->raw.mem + gpa - RAW_TD_GPA, gpa) ?:
	      raw_td_vm_cmd(td, TDX_CMD_FINALIZE_VM, 0);
	td->raw.vcpu = -1;
	return EXPECT_REQ_EQ(REQ_TDX_VCPU_IDS, "the rest of the launch", 0, err, &names_errno);
}

static bool runs(struct raw_td *td, unsigned int i, unsigned long id)
{
	struct kvm_run *run = mmap(NULL, td->raw.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
				   fds[i], 0);
	char what[64];
	bool ok;

	TEST_ASSERT(run != MAP_FAILED, "no kvm_run of vCPU %u", i);
	snprintf(what, sizeof(what), "KVM_RUN, number %u, ID %lu", i, id);
	ok = EXPECT_REQ_EQ(REQ_TDX_VCPU_IDS, what, 0, raw_errno(ioctl(fds[i], KVM_RUN, NULL)),
			   &names_errno) &&
	     EXPECT_REQ_EQ(REQ_TDX_VCPU_IDS, "exit_reason", KVM_EXIT_SHUTDOWN, run->exit_reason,
			   &names_exit_reason);
	munmap(run, td->raw.run_size);
	return ok;
}

static void expect_ids(const FIXTURE_VARIANT(vcpus) *v, unsigned int nr, unsigned int max_id)
{
	const struct control_td_launch *l = control() ? control()->td_launch() : NULL;
	unsigned int i;
	char what[64];

	if (!l)
		return;
	EXPECT_REQ_EQ(REQ_TDX_VCPU_IDS, "vCPUs that the TDX module knows", nr, l->nr_vcpus,
		      &names_count);
	for (i = 0; i < nr && i < CONTROL_TD_VCPUS && i < l->nr_vcpus; i++) {
		snprintf(what, sizeof(what), "x2APIC ID of vCPU number %u", i);
		EXPECT_REQ_EQ(REQ_TDX_VCPU_IDS, what, id_of(v, i, max_id), l->x2apic_ids[i],
			      &names_value);
	}
}

COCO_TEST_F(vcpus, run)
{
	unsigned int max_id, max, nr, i = 0, made = 0;
	struct raw_td td;
	bool ok = true;

	if (control())
		control()->fw_measure(true);
	raw_td_open(&td);
	TEST_ASSERT(!raw_td_go(&td, RAW_TD_MEMORY), "the launch before vCPUs");
	max = ioctl(td.raw.vm, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	max_id = ioctl(td.raw.vm, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPU_ID) ?: (int)max;
	EXPECT_REQ_TRUE(REQ_TDX_VCPU_IDS, "KVM_CAP_NR_VCPUS is not above KVM_CAP_MAX_VCPUS",
			ioctl(td.raw.vm, KVM_CHECK_EXTENSION, KVM_CAP_NR_VCPUS) <= (int)max);
	td.raw.run_size = ioctl(td.raw.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	nr = variant->nr ? variant->nr : max;
	if (nr > max || nr > MAX_VCPUS) {
		check_skip("TDs here have %u vCPUs at most, and this test %u", max, MAX_VCPUS);
		goto out;
	}
	if (id_of(variant, nr - 1, max_id) >= max_id) {
		check_skip("IDs of vCPUs here are below %u", max_id);
		goto out;
	}
	for (; ok && made < nr; made += ok)
		ok = start(&td, made, id_of(variant, made, max_id));
	ok = ok && (variant->nr || refused(&td, "one more is refused", nr)) &&
	     refused(&td, "an ID that there is is refused", 0) &&
	     refused(&td, "ID KVM_CAP_MAX_VCPU_ID is refused", max_id) &&
	     finalize(&td);
	for (; ok && i < nr; i++)
		ok = runs(&td, i, id_of(variant, i, max_id));
	if (ok)
		expect_ids(variant, nr, max_id);
	while (made)
		close(fds[--made]);
out:
	raw_td_close(&td);
}

COCO_MAIN(td_vm_missing)
