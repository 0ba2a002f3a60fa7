// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads of a VMM at one TD: the second one asks while a SEAMCALL of the first one's is
 * under way, which waits until that is done, or for a while.
 */
#include "check/harness.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"

#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/seamcall.h"
#include "tdx/tdx_check.h"

/* How long a SEAMCALL waits, in us: who is not held up has done his part by then. */
#define WHILE		20000
#define LOOK		100

struct second {
	pthread_t thread;
	int (*ask)(void *arg);
	void *arg;
	int err;			/* its answer */
	int done;			/* it has got it */
	bool meanwhile;			/* while the SEAMCALL was under way */
};

static void *asks(void *arg)
{
	struct second *s = arg;

	s->err = s->ask(s->arg);
	__atomic_store_n(&s->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* In the middle of the first one's SEAMCALL. */
static void start(void *data)
{
	struct second *s = data;
	unsigned int us;

	TEST_ASSERT(!pthread_create(&s->thread, NULL, asks, s), "no thread");
	for (us = 0; us < WHILE && !__atomic_load_n(&s->done, __ATOMIC_ACQUIRE); us += LOOK)
		usleep(LOOK);
	s->meanwhile = __atomic_load_n(&s->done, __ATOMIC_ACQUIRE);
}

/* Did it come to that? */
static bool finished(enum requirement_nr req, struct second *s)
{
	control()->in_seamcall(0, NULL, NULL);
	if (!EXPECT_REQ_TRUE(req, "the command makes its SEAMCALL", s->thread))
		return false;
	pthread_join(s->thread, NULL);
	return true;
}

/* ---- what a second thread asks of the TD's vCPU 0 or of its memory ---- */

static int get_cpuid(void *arg)
{
	struct raw_td *td = arg;
	struct kvm_cpuid2 *cpuid = allocate_kvm_cpuid2(TDX_MAX_CPUID);
	struct tdx_cmd cmd = { .id = TDX_CMD_GET_CPUID, .data = (uint64_t)cpuid };
	int err = raw_errno(ioctl(td->raw.vcpu, KVM_MEMORY_ENCRYPT_OP, &cmd));

	free(cpuid);
	return err;
}

/* Of what a vCPU is asked, one that does not need the CPU which the first thread has. */
static int set_signal_mask(void *arg)
{
	return raw_errno(ioctl(((struct raw_td *)arg)->raw.vcpu, KVM_SET_SIGNAL_MASK, NULL));
}

static int create_vcpu(void *arg)
{
	int fd = ioctl(((struct raw_td *)arg)->raw.vm, KVM_CREATE_VCPU, 1), err = raw_errno(fd);

	if (fd >= 0)
		close(fd);
	return err;
}

static int punch_hole(void *arg)
{
	return raw_errno(fallocate(((struct raw_td *)arg)->raw.gmem,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   RAW_TD_PAGES_GPA - RAW_TD_GPA, RAW_TD_PAGES * RAW_VM_PAGE));
}

/* ---- commands that change the TD's state ---- */

COCO_FIXTURE(state);
FIXTURE_VARIANT(state)
{
	struct check_row row;
	enum raw_td_stage to;		/* the stage whose command it is */
	unsigned int leaf;
	int (*ask)(void *td);
};

#define STATE_ROW(name, to_, leaf_, ask_)					\
	FIXTURE_VARIANT_ADD(state, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_STATE_LOCK), .to = RAW_TD_##to_, .leaf = leaf_,	\
		.ask = ask_,							\
	};

STATE_ROW(finalize_get_cpuid, FINALIZED, TDH_MR_FINALIZE, get_cpuid)
STATE_ROW(finalize_vcpu, FINALIZED, TDH_MR_FINALIZE, set_signal_mask)
STATE_ROW(finalize_create_vcpu, FINALIZED, TDH_MR_FINALIZE, create_vcpu)
STATE_ROW(region_get_cpuid, REGION, TDH_MEM_PAGE_ADD, get_cpuid)
STATE_ROW(region_vcpu, REGION, TDH_MEM_PAGE_ADD, set_signal_mask)
STATE_ROW(init_vcpu_get_cpuid, VCPU_INITED, TDH_VP_INIT, get_cpuid)
STATE_ROW(init_vcpu_vcpu, VCPU_INITED, TDH_VP_INIT, set_signal_mask)

COCO_TEST_F(state, held)
{
	const enum requirement_nr req = REQ_TDX_STATE_LOCK;
	struct raw_td td;
	struct second s = { .ask = variant->ask, .arg = &td };

	raw_td_open(&td);
	TEST_ASSERT(!raw_td_go(&td, variant->to - 1), "the launch before it");
	control()->in_seamcall(variant->leaf, start, &s);
	EXPECT_REQ_EQ(req, "the command", 0, raw_td_go(&td, variant->to), &names_errno);
	if (finished(req, &s))
		EXPECT_REQ_EQ(req, "the other one is served in the middle of it", 0, s.meanwhile,
			      &names_bool);
	raw_td_close(&td);
}

/* ---- SEAMCALLs that need the TD for themselves ---- */

COCO_FIXTURE(module);
FIXTURE_VARIANT(module)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(module, init_vcpu_punch_hole)
{
	COCO_ROW(NULL, REQ_TDX_MODULE_LOCK),
};

COCO_TEST_F(module, alone)
{
	const enum requirement_nr req = REQ_TDX_MODULE_LOCK;
	struct raw_td td;
	struct second s = { .ask = punch_hole, .arg = &td };
	struct tdx_cmd init = { .id = TDX_CMD_INIT_VCPU };
	int vcpu;

	(void)variant;
	/* A TD that KVM gives up keeps its pages. */
	check_expect_splat("vmx/tdx.c");
	check_attribute_to(REQ_KERNEL_MEM_LEAK, req);
	check_attribute_to(REQ_KERNEL_FIRMWARE_PAGE, req);
	raw_td_open(&td);
	TEST_ASSERT(!raw_td_go(&td, RAW_TD_REGION), "the launch before it");
	vcpu = ioctl(td.raw.vm, KVM_CREATE_VCPU, 1);
	TEST_ASSERT(vcpu >= 0, "KVM_CREATE_VCPU: %s", strerror(errno));
	TEST_ASSERT(!raw_td_set_cpuid(&td, vcpu), "no CPUID for vCPU 1");
	control()->in_seamcall(TDH_VP_INIT, start, &s);
	EXPECT_REQ_EQ(req, "KVM_TDX_INIT_VCPU", 0,
		      raw_errno(ioctl(vcpu, KVM_MEMORY_ENCRYPT_OP, &init)), &names_errno);
	if (finished(req, &s)) {
		EXPECT_REQ_EQ(req, "the hole", 0, s.err, &names_errno);
		EXPECT_REQ_QUIET(req, "WARNs", "vmx/tdx.c");
	}
	close(vcpu);
	raw_td_close(&td);
}

/* ---- a slot that goes while a vCPU waits for a page of it ---- */

COCO_FIXTURE(slot);
FIXTURE_VARIANT(slot)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(slot, deleted)
{
	COCO_ROW(NULL, REQ_TDX_SLOT_GOES),
};

/* Long after both have had their turn. */
#define PATIENCE_US	300000

static int delete_slot(void *arg)
{
	struct kvm_userspace_memory_region none = { .slot = TD_VIEW_SLOT };

	return raw_errno(ioctl(((struct tdvmcall_vm *)arg)->td->vm->fd, KVM_SET_USER_MEMORY_REGION,
			       &none));
}

/* Else it is a hang, which names no requirement: KVM lets go when there is an interrupt. */
struct rescue {
	struct tdvmcall_vm *v;
	int over;
	bool needed;
};

static void *rescue(void *arg)
{
	struct rescue *r = arg;
	unsigned int us;

	for (us = 0; us < PATIENCE_US; us += LOOK) {
		if (__atomic_load_n(&r->over, __ATOMIC_ACQUIRE))
			return NULL;
		usleep(LOOK);
	}
	r->needed = true;
	td_vm_send_interrupt(r->v->td, 0, 64);
	return NULL;
}

COCO_TEST_F(slot, goes)
{
	const struct tdvmcall_vm_options options = { .view_pages = 1 };
	const enum requirement_nr req = REQ_TDX_SLOT_GOES;
	struct tdvmcall_vm v;
	struct second s = { .ask = delete_slot, .arg = &v };
	struct rescue r = { .v = &v };
	pthread_t thread;

	(void)variant;
	tdvmcall_vm_create_with(&v, &options);
	tdvmcall_enable_apic(&v);
	td_view_convert(v.td, v.view.gpa, 4096, true, false);
	tdvmcall_prepare(&v, 0, 0, 0, 0, 0);
	v.req->in.gpr[TD_RAX] = TDG_MEM_PAGE_ACCEPT;
	v.req->in.gpr[TD_RCX] = v.view.gpa;
	/* The page is busy when it is added: KVM tries again, with the slot on its way out. */
	control()->in_seamcall(TDH_MEM_PAGE_AUG, start, &s);
	control()->fail_seamcalls(TDH_MEM_PAGE_AUG, 1, 1,
				  SEAMCALL_OPERAND_BUSY | SEAMCALL_OPERAND_SEPT);
	TEST_ASSERT(!pthread_create(&thread, NULL, rescue, &r), "no thread");
	/* However it ends: the page is of no slot any more. */
	check_run(v.vcpu);
	__atomic_store_n(&r.over, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	errno = 0;
	EXPECT_REQ_EQ(req, "the vCPU needs an interrupt to get out of KVM", 0, r.needed,
		      &names_bool);
	/* The TD goes with the process: libkvm would delete the slot again. */
	if (finished(req, &s))
		EXPECT_REQ_EQ(req, "the slot's deletion", 0, s.err, &names_errno);
}

static const char *missing(void)
{
	const char *why = td_vm_missing();

	return why || control() ? why :
	       "no control of the kernel here: nobody knows when two threads meet";
}

COCO_MAIN(missing)
