// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits of a TD that its VMM asks for by capabilities: KVM_CAP_X86_NOTIFY_VMEXIT, when a
 * guest lets no interrupt in, and KVM_CAP_X86_BUS_LOCK_EXIT.  KVM has both of them for
 * ordinary VMs, too, and enables them for TDs whether it knows their exits or not; which ones
 * it knows shows when one comes.
 */
#include "check/harness.h"

#include <pthread.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"

#include "control.h"
#include "tdx/seamcall.h"
#include "tdx/tdx_check.h"

/* Of kvm_run.flags */
#define BUS_LOCK	KVM_RUN_X86_BUS_LOCK

#define WINDOW		0x12345678u
#define PORT		0x5a0

#define ENABLED		KVM_X86_NOTIFY_VMEXIT_ENABLED
#define USER		KVM_X86_NOTIFY_VMEXIT_USER
#define NOTIFY(window, flags)								\
	{ .cap = KVM_CAP_X86_NOTIFY_VMEXIT, .args = { (uint64_t)(window) << 32 | (flags) } }
#define DETECT(mode)									\
	{ .cap = KVM_CAP_X86_BUS_LOCK_EXIT, .args = { KVM_BUS_LOCK_DETECTION_##mode } }

static void create(struct tdvmcall_vm *v, const struct kvm_enable_cap *caps)
{
	const struct tdvmcall_vm_options options = {
		.caps = caps, .view_pages = 1, .view_private = 1,
	};

	tdvmcall_vm_create_with(v, &options);
	/* It has touched its pages by then, and makes no exits but those that it is told to. */
	tdvmcall_enable_apic(v);
	tdvmcall_prepare(v, GHCI_INSTRUCTION_IO, 4, GHCI_IO_WRITE, PORT, 0);
}

/* The guest comes to its port, and goes on from there. */
static bool expect_port(enum requirement_nr req, struct tdvmcall_vm *v)
{
	return EXPECT_REQ_EXIT(req, v->vcpu, KVM_EXIT_IO) &&
	       EXPECT_REQ_EQ(req, "port", PORT, v->vcpu->run->io.port, &names_value);
}

static bool expect_flag(struct tdvmcall_vm *v, const char *what, unsigned int flag)
{
	return EXPECT_REQ_EQ(REQ_TDX_BUS_LOCK_FLAG, what, flag, v->vcpu->run->flags & BUS_LOCK,
			     &names_value);
}

/* ---- which of them this KVM knows ---- */

static bool knows_notify, knows_bus_lock;

static bool comes_out(struct tdvmcall_vm *v, const struct control_td_exit *exit)
{
	control()->td_exit(exit, 1);
	return __vcpu_run(v->vcpu) || v->vcpu->run->exit_reason != KVM_EXIT_IO;
}

/* Not known: neither is it asked for, nor is an exit that comes all the same another than any. */
static bool knows(const struct kvm_enable_cap *cap, enum control_td_exit_kind kind,
		  uint64_t reason, uint32_t exit_reason)
{
	const struct kvm_enable_cap caps[] = { *cap, {} };
	const struct control_td_exit asked = { .kind = kind, .window = ~0u };
	const struct control_td_exit raw = { .kind = CONTROL_TD_STATUS, .status = reason };
	struct tdvmcall_vm v;
	bool known;

	if (!kvm_has_cap(cap->cap))
		return false;
	create(&v, caps);
	known = comes_out(&v, &asked) ||
		(comes_out(&v, &raw) && v.vcpu->run->exit_reason == exit_reason);
	tdvmcall_vm_free(&v);
	errno = 0;
	return known;
}

static const char *find(void)
{
	const struct kvm_enable_cap notify = NOTIFY(1, ENABLED | USER), lock = DETECT(EXIT);
	const char *missing = td_vm_missing();

	if (missing)
		return missing;
	if (!control())
		return "no control of the CPU here: a TD's exits cannot be made";
	knows_notify = knows(&notify, CONTROL_TD_NOTIFY, TD_EXIT_NOTIFY, KVM_EXIT_NOTIFY);
	knows_bus_lock = knows(&lock, CONTROL_TD_BUS_LOCK, TD_EXIT_BUS_LOCK,
			       KVM_EXIT_X86_BUS_LOCK);
	return NULL;
}

/* ---- notify exits ---- */

COCO_FIXTURE(notify);
FIXTURE_VARIANT(notify)
{
	struct check_row row;
	struct kvm_enable_cap caps[2];
	uint32_t window;		/* how long the guest lets no interrupt in */
	uint64_t qualification;
	bool exits;
};

#define INVALID		1ull		/* Intel SDM volume 3, exit qualification of notify exits */

#define NOTIFY_ROW(name, req, flags, window_, ...)				\
	FIXTURE_VARIANT_ADD(notify, name)					\
	{									\
		COCO_ROW(NULL, req), .caps = { NOTIFY(WINDOW, flags) },		\
		.window = window_, __VA_ARGS__					\
	};

NOTIFY_ROW(at_the_window, REQ_TDX_WINDOW, ENABLED | USER, WINDOW, .exits = true)
NOTIFY_ROW(before_the_window, REQ_TDX_WINDOW, ENABLED | USER, WINDOW - 1)
NOTIFY_ROW(user, REQ_TDX_WINDOW_USER, ENABLED | USER, ~0u, .exits = true)
NOTIFY_ROW(no_user, REQ_TDX_WINDOW_USER, ENABLED, ~0u)
NOTIFY_ROW(invalid, REQ_TDX_WINDOW_INVALID, ENABLED | USER, ~0u, INVALID, .exits = true)
NOTIFY_ROW(invalid_no_user, REQ_TDX_WINDOW_INVALID, ENABLED, ~0u, INVALID, .exits = true)
/* Bits of the qualification that say something else: NMI unblocking by IRET */
NOTIFY_ROW(other_bits, REQ_TDX_WINDOW_USER, ENABLED | USER, ~0u, 1ull << 12, .exits = true)

FIXTURE_VARIANT_ADD(notify, not_enabled)
{
	COCO_ROW(NULL, REQ_TDX_WINDOW), .window = ~0u, .qualification = INVALID,
};

COCO_TEST_F(notify, exit)
{
	const struct control_td_exit exit = {
		.kind = CONTROL_TD_NOTIFY, .window = variant->window,
		.qualification = variant->qualification,
	};
	const enum requirement_nr req = check_main_req();
	struct tdvmcall_vm v;

	if (!knows_notify) {
		check_skip("this KVM does not know notify exits of TDs");
		return;
	}
	create(&v, variant->caps);
	control()->td_exit(&exit, 1);
	if (variant->exits) {
		/* Flags that the last exit has left say nothing. */
		v.vcpu->run->notify.flags = ~0u;
		if (!EXPECT_REQ_EXIT(req, v.vcpu, KVM_EXIT_NOTIFY))
			return;
		EXPECT_REQ_EQ(req, "flags",
			      variant->qualification & INVALID ? KVM_NOTIFY_CONTEXT_INVALID : 0,
			      v.vcpu->run->notify.flags, &names_value);
	}
	if (expect_port(req, &v))
		expect_tdvmcall_answer(req, &v, GHCI_SUCCESS);
	tdvmcall_vm_free(&v);
}

/* ---- bus locks ---- */

COCO_FIXTURE(bus_lock);
FIXTURE_VARIANT(bus_lock)
{
	struct check_row row;
	struct kvm_enable_cap caps[2];
	bool too;			/* it comes with the exit for the port */
	bool asked;
};

#define LOCK_ROW(name, req, ...)						\
	FIXTURE_VARIANT_ADD(bus_lock, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_BUS_LOCK_FLAG), __VA_ARGS__		\
	};

LOCK_ROW(by_itself, REQ_TDX_BUS_LOCK, .caps = { DETECT(EXIT) }, .asked = true)
LOCK_ROW(off, REQ_TDX_BUS_LOCK, .caps = { DETECT(OFF) })
LOCK_ROW(not_enabled, REQ_TDX_BUS_LOCK, .too = false)
LOCK_ROW(with_another_exit, REQ_TDX_BUS_LOCK_FLAG, .caps = { DETECT(EXIT) }, .too = true,
	 .asked = true)
LOCK_ROW(with_another_exit_off, REQ_TDX_BUS_LOCK_FLAG, .caps = { DETECT(OFF) }, .too = true)

COCO_TEST_F(bus_lock, exit)
{
	const struct control_td_exit exit = {
		.kind = variant->too ? CONTROL_TD_BUS_LOCK_TOO : CONTROL_TD_BUS_LOCK,
	};
	const enum requirement_nr req = check_main_req();
	struct tdvmcall_vm v;

	if (!knows_bus_lock) {
		check_skip("this KVM does not know bus locks of TDs");
		return;
	}
	create(&v, variant->caps);
	control()->td_exit(&exit, 1);
	if (variant->asked && !variant->too) {
		if (!EXPECT_REQ_EXIT(req, v.vcpu, KVM_EXIT_X86_BUS_LOCK))
			return;
		expect_flag(&v, "flags of KVM_EXIT_X86_BUS_LOCK", BUS_LOCK);
	}
	if (!expect_port(req, &v))
		return;
	expect_flag(&v, "flags of KVM_EXIT_IO", variant->asked && variant->too ? BUS_LOCK : 0);
	if (expect_tdvmcall_answer(req, &v, GHCI_SUCCESS))
		expect_flag(&v, "flags of the next exit", 0);
	tdvmcall_vm_free(&v);
}

/* A call that KVM answers by itself has an exit all the same, when it comes with a bus lock. */
COCO_FIXTURE(answered);
FIXTURE_VARIANT(answered)
{
	struct check_row row;
	uint64_t leaf;
};

FIXTURE_VARIANT_ADD(answered, cpuid)
{
	COCO_ROW(NULL, REQ_TDX_BUS_LOCK, REQ_TDX_BUS_LOCK_FLAG),
	.leaf = GHCI_INSTRUCTION_CPUID,
};

FIXTURE_VARIANT_ADD(answered, unknown_leaf)
{
	COCO_ROW(NULL, REQ_TDX_BUS_LOCK, REQ_TDX_BUS_LOCK_FLAG), .leaf = 0x1234,
};

COCO_TEST_F(answered, with_bus_lock)
{
	const struct kvm_enable_cap caps[] = { DETECT(EXIT), {} };
	const struct control_td_exit exit = { .kind = CONTROL_TD_BUS_LOCK_TOO };
	struct tdvmcall_vm v;

	if (!knows_bus_lock) {
		check_skip("this KVM does not know bus locks of TDs");
		return;
	}
	create(&v, caps);
	tdvmcall_prepare(&v, variant->leaf, 0, 0, 0, 0);
	control()->td_exit(&exit, 1);
	if (EXPECT_REQ_EXIT(REQ_TDX_BUS_LOCK, v.vcpu, KVM_EXIT_X86_BUS_LOCK)) {
		expect_flag(&v, "flags of KVM_EXIT_X86_BUS_LOCK", BUS_LOCK);
		expect_tdvmcall_answer(REQ_TDX_BUS_LOCK, &v,
				       variant->leaf == GHCI_INSTRUCTION_CPUID ?
				       GHCI_SUCCESS : GHCI_SUBFUNC_UNSUPPORTED);
		expect_flag(&v, "flags of the next exit", 0);
	}
	tdvmcall_vm_free(&v);
}

/* While the VMM takes memory from a TD whose pages are busy, no vCPU enters it. */
COCO_FIXTURE(held_off);
FIXTURE_VARIANT(held_off)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(held_off, after_bus_lock)
{
	COCO_ROW(NULL, REQ_TDX_BUS_LOCK_FLAG, REQ_TDX_BUS_LOCK),
};

/* How long the SEAMCALL waits for who should not get on, in us. */
#define WHILE		20000
#define LOOK		100

/* KVM_RUN of a thread which is told when; a vCPU that came from another CPU would wait for that. */
struct second {
	struct tdvmcall_vm *v;
	int told, done;			/* KVM_RUNs */
	int err;			/* the last one's */
	bool tried, meanwhile;		/* the SEAMCALL came, and KVM_RUN came back in its midst */
};

static void *runs(void *arg)
{
	struct second *s = arg;

	for (int i = 0; i < 2; i++) {
		while (__atomic_load_n(&s->told, __ATOMIC_ACQUIRE) <= i)
			usleep(LOOK);
		s->err = __vcpu_run(s->v->vcpu) ? errno : 0;
		__atomic_store_n(&s->done, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static bool is_done(struct second *s, int nr, unsigned int us)
{
	while (__atomic_load_n(&s->done, __ATOMIC_ACQUIRE) < nr && us >= LOOK) {
		usleep(LOOK);
		us -= LOOK;
	}
	return __atomic_load_n(&s->done, __ATOMIC_ACQUIRE) >= nr;
}

static void tell(struct second *s, int nr)
{
	__atomic_store_n(&s->told, nr, __ATOMIC_RELEASE);
}

static void run_meanwhile(void *data)
{
	struct second *s = data;

	s->tried = true;
	tell(s, 2);
	s->meanwhile = is_done(s, 2, WHILE);
}

/* The first one is busy; at the second KVM has all vCPUs kept out. */
static void at_second(void *data)
{
	control()->in_seamcall(TDH_MEM_RANGE_BLOCK, run_meanwhile, data);
}

COCO_TEST_F(held_off, nothing_again)
{
	const struct kvm_enable_cap caps[] = { DETECT(EXIT), {} };
	const struct control_td_exit exit = { .kind = CONTROL_TD_BUS_LOCK_TOO };
	const enum requirement_nr req = REQ_TDX_BUS_LOCK_FLAG;
	struct tdvmcall_vm v;
	struct second s = { .v = &v, .told = 1 };
	pthread_t thread;

	(void)variant;
	if (!knows_bus_lock) {
		check_skip("this KVM does not know bus locks of TDs");
		return;
	}
	create(&v, caps);
	control()->td_exit(&exit, 1);
	TEST_ASSERT(!pthread_create(&thread, NULL, runs, &s), "no thread");
	while (!is_done(&s, 1, WHILE))
		;
	EXPECT_REQ_EQ(req, "exit reason", KVM_EXIT_IO, v.vcpu->run->exit_reason, &names_exit_reason);
	expect_flag(&v, "flags of KVM_EXIT_IO", BUS_LOCK);
	control()->fail_seamcalls(TDH_MEM_RANGE_BLOCK, 1, 1,
				  SEAMCALL_OPERAND_BUSY | SEAMCALL_OPERAND_SEPT);
	control()->in_seamcall(TDH_MEM_RANGE_BLOCK, at_second, &s);
	vm_guest_mem_punch_hole(v.td->vm, v.view.gpa, 4096);
	control()->fail_seamcalls(0, 0, 0, 0);
	control()->in_seamcall(0, NULL, NULL);
	EXPECT_REQ_TRUE(req, "KVM tries once more to take the page", s.tried);
	tell(&s, 2);
	pthread_join(thread, NULL);
	EXPECT_REQ_EQ(req, "KVM_RUN comes back meanwhile", 0, s.meanwhile, &names_bool);
	EXPECT_REQ_EQ(req, "KVM_RUN", 0, s.err, &names_errno);
	EXPECT_REQ_EQ(req, "exit reason", KVM_EXIT_IO, v.vcpu->run->exit_reason, &names_exit_reason);
	expect_flag(&v, "flags of that exit", 0);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(find)
