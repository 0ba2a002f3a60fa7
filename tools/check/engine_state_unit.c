// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a CPU on both engines, and what of its doings comes out: what a world switch
 * of SVM or VMX moves between a guest and its control block.
 */
#include <errno.h>
#include <string.h>

#include "engine_guest.h"

#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_KERNEL_GS	0xc0000102
#define MSR_EFER	0xc0000080
/* No CPU has it. */
#define MSR_NONE	0xc0010999

#define RFLAGS_IF	0x200

static struct kvm_regs regs_of(struct guest *g)
{
	struct kvm_regs regs = { 0 };

	g->ops->get_regs(g->vcpu, &regs);
	return regs;
}

static bool can(struct guest *g, uint32_t feature)
{
	return g->ops->features() & feature;
}

static int access_msr(struct guest *g, uint32_t index, uint64_t *value, bool write)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = { .head.nmsrs = 1, .entry = { .index = index, .data = *value } };
	int r = write ? g->ops->set_msrs(g->vcpu, &msrs.head) :
			g->ops->get_msrs(g->vcpu, &msrs.head);

	*value = msrs.entry.data;
	return r;
}

/* rdmsr; out %al,$0x42; wrmsr; out %al,$0x43 */
static const char rd_wr_msr[] = "\x0f\x32\xe6\x42\x0f\x30\xe6\x43";

static bool test_msrs(struct guest *g)
{
	static const uint32_t list[] = { MSR_STAR, MSR_LSTAR, MSR_KERNEL_GS };
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		value = 0x7fff12340000 + i;
		CHECK(g, access_msr(g, list[i], &value, true) == 1, "set_msrs() of 0x%x", list[i]);
		GUEST_START(g, rd_wr_msr, .rcx = list[i]);
		guest_run_mapping(g);
		CHECK_PORT(g, 0x42);
		CHECK(g, regs_of(g).rax == 0x12340000 + i && regs_of(g).rdx == 0x7fff,
		      "MSR 0x%x: 0x%llx", list[i], regs_of(g).rax);
	}
	value = 0;
	access_msr(g, MSR_KERNEL_GS, &value, false);
	CHECK(g, value == 0x7fff12340002, "get_msrs(): 0x%lx", value);
	CHECK(g, access_msr(g, MSR_EFER, &value, false) == 1 && value == 0xd00, "EFER 0x%lx",
	      value);
	CHECK(g, access_msr(g, MSR_NONE, &value, false) == 0, "MSR 0x%x is there", MSR_NONE);
	return true;
}

static bool test_msr_traps(struct guest *g)
{
	/* Of the second, third and fourth: read, write, both. */
	static const uint8_t read[] = { 0x0a }, write[] = { 0x0c };
	const struct engine_msr_range range = { 0xc0000080, 8, read, write };
	static const struct {
		uint32_t index;
		bool read, write;
	} msrs[] = {
		{ 0xc0000081, true, false },
		{ 0xc0000082, false, true },
		{ 0xc0000083, true, true },
		{ MSR_NONE, true, true },
	};
	struct kvm_regs regs;
	int r = g->ops->trap_msrs(g->vm, &range, 1, true);
	size_t i;

	CHECK(g, !r, "trap_msrs(): %s", strerror(-r));
	/* Else the instruction may come again for them, and out. */
	guest_map(g, GUEST_IDT, false);
	guest_map(g, GUEST_GDT, true);
	guest_map(g, GUEST_HANDLERS, false);
	guest_map(g, GUEST_STACK, true);
	for (i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		GUEST_START(g, rd_wr_msr, .rcx = msrs[i].index, .rax = 1);
		guest_run_mapping(g);
		CHECK(g, (g->exit.reason == ENGINE_EXIT_MSR) == msrs[i].read, "MSR 0x%x",
		      msrs[i].index);
		if (msrs[i].read) {
			CHECK(g, !g->exit.msr.write && g->exit.msr.index == msrs[i].index, "MSR");
			g->exit.msr.data = 0x500000006;
			guest_run(g);
			CHECK(g, regs_of(g).rax == 6 && regs_of(g).rdx == 5, "answer");
		}
		CHECK_PORT(g, 0x42);
		guest_run(g);
		CHECK(g, (g->exit.reason == ENGINE_EXIT_MSR) == msrs[i].write, "MSR 0x%x",
		      msrs[i].index);
		if (!msrs[i].write)
			continue;
		CHECK(g, g->exit.msr.write && g->exit.msr.index == msrs[i].index, "MSR");
		/* Once as if it had not been executed, once for #GP */
		g->exit.abandon = true;
		guest_run(g);
		CHECK(g, g->exit.reason == ENGINE_EXIT_MSR && g->exit.msr.write, "not again");
		regs = regs_of(g);
		CHECK(g, regs.rip == GUEST_CODE + 4, "RIP");
		g->exit.msr.error = true;
		guest_run_mapping(g);
		CHECK_PORT(g, GUEST_TRAPPED + 13);
	}
	r = g->ops->trap_msrs(g->vm, NULL, 0, false);
	CHECK(g, !r, "trap_msrs(): %s", strerror(-r));
	GUEST_START(g, rd_wr_msr, .rcx = MSR_LSTAR);
	guest_run_mapping(g);
	CHECK_PORT(g, 0x42);
	return true;
}

static bool test_xsave(struct guest *g)
{
	struct kvm_xsave xsave;
	uint8_t *region = (uint8_t *)xsave.region;
	uint64_t *data = (uint64_t *)(g->mem + GUEST_DATA);

	CHECK(g, !g->ops->get_xsave(g->vcpu, &xsave), "get_xsave()");
	memcpy(region + 160 + 3 * 16, "sixteen letters", 16);
	memcpy(region + 32, "\0\0\0\0\0\0\0\xc0\0\x40", 10);	/* ST0 = 3 */
	region[3] = 7 << 3;					/* top of the stack: 7 */
	region[4] = 1 << 7;					/* only R7 is in use */
	((uint64_t *)region)[512 / 8] |= 3;
	CHECK(g, !g->ops->set_xsave(g->vcpu, &xsave), "set_xsave()");

	/* movups %xmm3,(%rsi); movups 32(%rsi),%xmm5; out %al,$0x42; fistpll 16(%rsi); out */
	memcpy(data + 4, "letters: sixteen", 16);
	GUEST_START(g, "\x0f\x11\x1e\x0f\x10\x6e\x20\xe6\x42\xdf\x7e\x10\xe6\x43",
		    .rsi = GUEST_DATA);
	guest_run_mapping(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, !memcmp(data, "sixteen letters", 16), "XMM3");
	CHECK(g, !g->ops->get_xsave(g->vcpu, &xsave), "get_xsave()");
	CHECK(g, !memcmp(region + 160 + 5 * 16, "letters: sixteen", 16), "XMM5");
	CHECK(g, region[4] == 1 << 7, "x87 tags: 0x%x", region[4]);
	guest_run_mapping(g);
	/* KVM's emulator has no x87 arithmetic. */
	if (g->exit.reason == ENGINE_EXIT_FAIL && !can(g, ENGINE_CAN_RESTART))
		return true;
	CHECK_PORT(g, 0x43);
	CHECK(g, data[2] == 3, "ST0: %lu", data[2]);
	CHECK(g, !g->ops->get_xsave(g->vcpu, &xsave), "get_xsave()");
	CHECK(g, !region[4], "x87 stack is not empty: 0x%x", region[4]);
	return true;
}

static bool test_debugregs(struct guest *g)
{
	struct kvm_debugregs set = { .db = { 1, 2, 3, 0x1234 }, .dr6 = 0xffff0ff0, .dr7 = 0x400 };
	struct kvm_debugregs got;
	struct kvm_xcrs xcrs = { 0 };

	CHECK(g, !g->ops->set_debugregs(g->vcpu, &set), "set_debugregs()");
	/* mov %db3,%rax; out %al,$0x42 */
	GUEST_START(g, "\x0f\x21\xd8\xe6\x42");
	guest_run_mapping(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, regs_of(g).rax == 0x1234, "DR3 0x%llx", regs_of(g).rax);
	CHECK(g, !g->ops->get_debugregs(g->vcpu, &got), "get_debugregs()");
	CHECK(g, !memcmp(set.db, got.db, sizeof(got.db)) && got.dr7 == 0x400, "DR7 0x%llx",
	      got.dr7);
	CHECK(g, !g->ops->get_xcrs(g->vcpu, &xcrs) && xcrs.nr_xcrs >= 1 && xcrs.xcrs[0].value & 1,
	      "XCR0");
	CHECK(g, !g->ops->set_xcrs(g->vcpu, &xcrs), "set_xcrs()");
	return true;
}

/* What an entry injects is delivered before the next instruction, with interrupts disabled. */
static bool test_injection(struct guest *g)
{
	static const struct {
		const char *name;
		struct kvm_vcpu_events events;
		unsigned int vector;
		uint64_t error;
	} events[] = {
		{ "#UD", { .exception = { .injected = 1, .nr = 6 } }, 6, 0 },
		{ "#GP", { .exception = { .injected = 1, .nr = 13, .has_error_code = 1,
					  .error_code = 0x18 } }, 13, 0x18 },
		{ "interrupt", { .interrupt = { .injected = 1, .nr = 0x31 } }, 0x31, 0 },
		{ "NMI", { .nmi = { .injected = 1 } }, 2, 0 },
	};
	struct kvm_vcpu_events now;
	uint64_t *frame;
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		/* The stack is missing: the event has to wait for it. */
		guest_unmap(g, GUEST_DATA);
		GUEST_START(g, "\xe6\x42", .rsp = GUEST_DATA + GUEST_PAGE);
		CHECK(g, !g->ops->set_events(g->vcpu, &events[i].events), "%s", events[i].name);
		guest_run_up(g);
		CHECK(g, g->exit.reason == ENGINE_EXIT_MEM, "%s", events[i].name);
		CHECK(g, !g->ops->get_events(g->vcpu, &now), "get_events()");
		CHECK(g, now.exception.injected == events[i].events.exception.injected &&
		      now.interrupt.injected == events[i].events.interrupt.injected &&
		      now.nmi.injected == events[i].events.nmi.injected, "%s: lost, %u %u %u",
		      events[i].name, now.exception.injected, now.interrupt.injected,
		      now.nmi.injected);
		guest_map(g, GUEST_DATA, true);
		guest_run_mapping(g);
		CHECK_PORT(g, GUEST_TRAPPED + events[i].vector);
		frame = (uint64_t *)(g->mem + regs_of(g).rsp);
		CHECK(g, !events[i].error || *frame++ == events[i].error, "error code");
		CHECK(g, frame[0] == GUEST_CODE, "return address 0x%lx", frame[0]);
		CHECK(g, !g->ops->get_events(g->vcpu, &now) && !now.exception.injected &&
		      !now.interrupt.injected && !now.nmi.injected, "%s: again", events[i].name);
		/* So that the next NMI is not held back. */
		now.nmi.masked = 0;
		g->ops->set_events(g->vcpu, &now);
	}
	return true;
}

static bool test_window(struct guest *g)
{
	/* out %al,$0x42; sti; 1: nop; jmp 1b */
	static const char code[] = "\xe6\x42\xfb\x90\xeb\xfd";

	GUEST_START(g, code);
	CHECK(g, !g->ops->set_traps(g->vcpu, ENGINE_TRAP_WINDOW), "set_traps()");
	guest_run_mapping(g);
	CHECK_PORT(g, 0x42);
	guest_run(g);
	CHECK(g, g->exit.reason == ENGINE_EXIT_WINDOW, "no window");
	CHECK(g, regs_of(g).rflags & RFLAGS_IF, "RFLAGS");
	CHECK(g, !g->ops->set_traps(g->vcpu, 0), "set_traps()");

	/* And the interrupt that waits for it. */
	GUEST_START(g, code);
	g->ops->set_interrupt(g->vcpu, 0x30);
	guest_run(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, g->ops->interrupt_pending(g->vcpu) == 0x30, "taken");
	guest_run_mapping(g);
	CHECK_PORT(g, GUEST_TRAPPED + 0x30);
	CHECK(g, g->ops->interrupt_pending(g->vcpu) == -1, "not taken");
	return true;
}

static bool test_step(struct guest *g)
{
	static const unsigned int rips[] = { 1, 4, 6 };
	size_t i;

	/* nop; mov %rsp,%rax; cpuid; out %al,$0x42 */
	GUEST_START(g, "\x90\x48\x89\xe0\x0f\xa2\xe6\x42");
	if (!can(g, ENGINE_CAN_STEP)) {
		CHECK(g, g->ops->set_traps(g->vcpu, ENGINE_TRAP_STEP) == -EOPNOTSUPP, "taken");
		return true;
	}
	CHECK(g, !g->ops->set_traps(g->vcpu, ENGINE_TRAP_STEP), "set_traps()");
	for (i = 0; i < sizeof(rips) / sizeof(rips[0]); i++) {
		guest_run_mapping(g);
		CHECK(g, g->exit.reason == ENGINE_EXIT_STEP &&
		      regs_of(g).rip == GUEST_CODE + rips[i],
		      "step %zu", i);
	}
	guest_run(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, !g->ops->set_traps(g->vcpu, 0), "set_traps()");
	return true;
}

static bool test_cpuid(struct guest *g)
{
	struct kvm_regs regs;

	/* cpuid; out %al,$0x42 */
	GUEST_START(g, "\x0f\xa2\xe6\x42", .rax = 0x80000001);
	if (!can(g, ENGINE_CAN_CPUID)) {
		CHECK(g, g->ops->set_traps(g->vcpu, ENGINE_TRAP_CPUID) == -EOPNOTSUPP, "taken");
		guest_run_mapping(g);
		CHECK_PORT(g, 0x42);
		return true;
	}
	CHECK(g, !g->ops->set_traps(g->vcpu, ENGINE_TRAP_CPUID), "set_traps()");
	guest_run_mapping(g);
	regs = regs_of(g);
	CHECK(g, g->exit.reason == ENGINE_EXIT_CPUID && regs.rip == GUEST_CODE, "no exit");
	regs.rax = 0x123;
	regs.rip += 2;
	g->ops->set_regs(g->vcpu, &regs);
	g->exit.abandon = true;
	guest_run(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, regs_of(g).rax == 0x123, "RAX 0x%llx", regs_of(g).rax);
	return true;
}

static bool test_tpr(struct guest *g)
{
	struct kvm_sregs sregs;

	/* mov %rax,%cr8; out %al,$0x42; mov %rdx,%cr8; out %al,$0x43 */
	static const char code[] = "\x44\x0f\x22\xc0\xe6\x42\x44\x0f\x22\xc2\xe6\x43";

	GUEST_START(g, code, .rax = 9, .rdx = 4);
	guest_run_mapping(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, !g->ops->get_sregs(g->vcpu, &sregs) && sregs.cr8 == 9, "CR8 %llu", sregs.cr8);
	guest_run(g);
	CHECK_PORT(g, 0x43);

	if (!can(g, ENGINE_CAN_TPR)) {
		CHECK(g, g->ops->set_traps(g->vcpu, ENGINE_TRAP_TPR) == -EOPNOTSUPP, "taken");
		return true;
	}
	CHECK(g, !g->ops->set_traps(g->vcpu, ENGINE_TRAP_TPR), "set_traps()");
	GUEST_START(g, code, .rax = 9, .rdx = 4);
	guest_run(g);
	CHECK_PORT(g, 0x42);
	guest_run(g);
	CHECK(g, g->exit.reason == ENGINE_EXIT_TPR, "no exit");
	CHECK(g, !g->ops->get_sregs(g->vcpu, &sregs) && sregs.cr8 == 4, "CR8 %llu", sregs.cr8);
	guest_run(g);
	CHECK_PORT(g, 0x43);
	CHECK(g, !g->ops->set_traps(g->vcpu, 0), "set_traps()");
	/* The caller's, too. */
	sregs.cr8 = 7;
	CHECK(g, !g->ops->set_sregs(g->vcpu, &sregs), "set_sregs()");
	/* mov %cr8,%rax; out %al,$0x42 */
	GUEST_START(g, "\x44\x0f\x20\xc0\xe6\x42");
	guest_run_mapping(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, regs_of(g).rax == 7, "CR8 0x%llx", regs_of(g).rax);
	return true;
}

/* STI; HLT: in the shadow of STI nothing may be taken. */
static bool test_shadow(struct guest *g)
{
	struct kvm_vcpu_events events = {
		.flags = KVM_VCPUEVENT_VALID_SHADOW,
		.interrupt.shadow = KVM_X86_SHADOW_INT_STI,
	};
	int r;

	/* out %al,$0x42; 1: nop; jmp 1b */
	GUEST_START(g, "\xe6\x42\x90\xeb\xfd", .rflags = RFLAGS_IF);
	r = g->ops->set_events(g->vcpu, &events);
	if (!can(g, ENGINE_CAN_SHADOW)) {
		CHECK(g, r == -EOPNOTSUPP, "taken: %d", r);
		return true;
	}
	CHECK(g, !r, "set_events()");
	g->ops->set_interrupt(g->vcpu, 0x30);
	guest_run_mapping(g);
	CHECK_PORT(g, 0x42);
	guest_run_mapping(g);
	CHECK_PORT(g, GUEST_TRAPPED + 0x30);
	return true;
}

static bool test_hlt(struct guest *g)
{
	GUEST_START(g, "\xf4\xe6\x42");
	guest_run_mapping(g);
	CHECK(g, g->exit.reason == ENGINE_EXIT_HLT && regs_of(g).rip == GUEST_CODE + 1, "no HLT");
	guest_run(g);
	CHECK_PORT(g, 0x42);
	return true;
}

/* IN: answered, and abandoned; the data that is asked for is not taken from before. */
static bool test_in(struct guest *g)
{
	/* in $0x50,%eax; out %al,$0x42 */
	GUEST_START(g, "\xe5\x50\xe6\x42");
	guest_run_mapping(g);
	CHECK_PORT(g, 0x50);
	CHECK(g, g->exit.io.in && g->exit.io.size == 4 && g->exit.io.count == 1, "IN");
	g->exit.abandon = true;
	guest_run(g);
	CHECK_PORT(g, 0x50);
	memcpy(g->exit.io.data, &(uint32_t){ 0xabcdef01 }, 4);
	guest_run(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, regs_of(g).rax == 0xabcdef01, "RAX 0x%llx", regs_of(g).rax);
	return true;
}

static const struct guest_test tests[] = {
	{ "MSRs", test_msrs },
	{ "MSRs that are trapped", test_msr_traps },
	{ "x87 and SSE registers", test_xsave },
	{ "debug registers and XCR0", test_debugregs },
	{ "events that are injected", test_injection },
	{ "interrupt window", test_window },
	{ "single steps", test_step },
	{ "CPUID", test_cpuid },
	{ "CR8", test_tpr },
	{ "interrupt shadow", test_shadow },
	{ "HLT", test_hlt },
	{ "IN", test_in },
};

int main(void)
{
	return guest_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
