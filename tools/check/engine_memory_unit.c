// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory that comes and goes by pages, on both engines: what an access to a page
 * that is missing or read-only comes out as, and that the guest goes on when it is there.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine_guest.h"
#include "engine/kvm/kvm_engine.h"

#define NR_PAGES	2000

static double clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* The processor's time, which what else the machine does leaves alone. */
static double cpu_us(void)
{
	return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

static uint64_t *at(struct guest *g, uint64_t gpa)
{
	return (uint64_t *)(g->mem + gpa);
}

static struct kvm_regs regs_of(struct guest *g)
{
	struct kvm_regs regs = { 0 };

	g->ops->get_regs(g->vcpu, &regs);
	return regs;
}

/* mov (%rsi),%rax; out %al,$0x42; mov %rdx,(%rsi); out %al,$0x43 */
static const char load_store[] = "\x48\x8b\x06\xe6\x42\x48\x89\x16\xe6\x43";

static bool test_data(struct guest *g)
{
	*at(g, GUEST_DATA) = 0x1234;
	GUEST_START(g, load_store, .rsi = GUEST_DATA, .rdx = 0x5678);
	guest_run_up(g);
	CHECK_MEM(g, GUEST_DATA, false);
	/* Nothing has happened, and nothing does until the page is there. */
	CHECK(g, regs_of(g).rip == GUEST_CODE, "RIP");
	guest_run(g);
	CHECK_MEM(g, GUEST_DATA, false);
	guest_map(g, GUEST_DATA, false);
	guest_run(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, regs_of(g).rax == 0x1234, "RAX 0x%llx", regs_of(g).rax);

	guest_run(g);
	CHECK_MEM(g, GUEST_DATA, true);
	CHECK(g, *at(g, GUEST_DATA) == 0x1234, "read-only page is written");
	guest_run(g);
	CHECK_MEM(g, GUEST_DATA, true);
	guest_map(g, GUEST_DATA, true);
	guest_run(g);
	CHECK_PORT(g, 0x43);
	CHECK(g, *at(g, GUEST_DATA) == 0x5678, "0x%lx", *at(g, GUEST_DATA));
	return true;
}

static bool test_write_missing(struct guest *g)
{
	/* mov %rdx,(%rsi); out %al,$0x42 */
	GUEST_START(g, "\x48\x89\x16\xe6\x42", .rsi = GUEST_DATA + 8, .rdx = 0x99);
	guest_run_up(g);
	CHECK(g, g->exit.reason == ENGINE_EXIT_MEM && g->exit.mem.gpa >> 12 == GUEST_DATA >> 12,
	      "exit");
	guest_map(g, GUEST_DATA, true);
	guest_run(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, at(g, GUEST_DATA)[1] == 0x99, "0x%lx", at(g, GUEST_DATA)[1]);
	return true;
}

/* What is missing is the guest's page tables, one after another, and no #PF comes of it. */
static bool test_tables(struct guest *g)
{
	static const uint64_t tables[] = { GUEST_PML4, GUEST_PDPT, GUEST_PD, GUEST_PT,
					   GUEST_PT + GUEST_PAGE };
	size_t i;

	GUEST_START(g, load_store, .rsi = GUEST_DATA);
	guest_run_mapping(g);
	CHECK_PORT(g, 0x42);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		GUEST_START(g, load_store, .rsi = GUEST_DATA, .rdx = i);
		guest_unmap(g, tables[i]);
		guest_run(g);
		CHECK(g, g->exit.reason == ENGINE_EXIT_MEM &&
		      g->exit.mem.gpa >> 12 == tables[i] >> 12, "table 0x%lx", tables[i]);
		guest_map(g, tables[i], true);
		guest_run(g);
		CHECK_PORT(g, 0x42);
		guest_run(g);
		CHECK_PORT(g, 0x43);
		CHECK(g, *at(g, GUEST_DATA) == i, "0x%lx", *at(g, GUEST_DATA));
	}
	return true;
}

static bool test_code(struct guest *g)
{
	/* The last byte of an instruction is in the next page: out %al,$0x44; out %al,$0x45 */
	static const uint8_t far_code[] = { 0xe6, 0x44, 0xe6, 0x45 };

	memcpy(g->mem + GUEST_DATA + GUEST_PAGE - 3, far_code, sizeof(far_code));
	GUEST_START(g, "\xff\xe6", .rsi = GUEST_DATA + GUEST_PAGE - 3);	/* jmp *%rsi */
	guest_run_up(g);
	CHECK_MEM(g, GUEST_DATA, false);
	guest_run(g);
	CHECK_MEM(g, GUEST_DATA, false);
	guest_map(g, GUEST_DATA, false);
	guest_run(g);
	/* A CPU may decode ahead, and want the next page first. */
	if (g->exit.reason == ENGINE_EXIT_IO) {
		CHECK_PORT(g, 0x44);
		guest_run(g);
	}
	CHECK_MEM(g, GUEST_DATA + GUEST_PAGE, false);
	guest_map(g, GUEST_DATA + GUEST_PAGE, false);
	guest_run(g);
	if (g->exit.reason == ENGINE_EXIT_IO && g->exit.io.port == 0x44)
		guest_run(g);
	CHECK_PORT(g, 0x45);

	guest_unmap(g, GUEST_CODE);
	GUEST_START(g, "\xe6\x46");
	guest_run(g);
	CHECK_MEM(g, GUEST_CODE, false);
	guest_map(g, GUEST_CODE, true);
	guest_run(g);
	CHECK_PORT(g, 0x46);
	return true;
}

/* From the end of one page to the end of another, with four pages to be had. */
static bool test_rep_movs(struct guest *g)
{
	const uint64_t from = GUEST_DATA + GUEST_PAGE - 0x100;
	const uint64_t to = GUEST_DATA + 8 * GUEST_PAGE - 0x80;
	unsigned int i;

	for (i = 0; i < 0x200; i++)
		g->mem[from + i] = (char)(i * 7 + 1);
	GUEST_START(g, "\xf3\xa4\xe6\x42", .rsi = from, .rdi = to, .rcx = 0x200);
	guest_run_up(g);
	CHECK_MEM(g, GUEST_DATA, false);
	g->mem_exits = 1;
	guest_map(g, GUEST_DATA, false);
	guest_run_mapping(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, !memcmp(g->mem + from, g->mem + to, 0x200), "copy differs");
	CHECK(g, g->mem_exits == 4, "%u exits", g->mem_exits);
	CHECK(g, !regs_of(g).rcx && regs_of(g).rsi == from + 0x200, "registers");
	return true;
}

/* One that crosses a page boundary, both sides missing. */
static bool test_crossing(struct guest *g)
{
	const uint64_t place = GUEST_DATA + GUEST_PAGE - 3;

	memcpy(g->mem + place, &(uint64_t){ 0x1122334455667788 }, 8);
	GUEST_START(g, load_store, .rsi = place, .rdx = 0x0102030405060708);
	guest_run_mapping(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, regs_of(g).rax == 0x1122334455667788, "0x%llx", regs_of(g).rax);
	guest_map(g, GUEST_DATA + GUEST_PAGE, false);
	guest_run(g);
	CHECK_MEM(g, GUEST_DATA + GUEST_PAGE, true);
	guest_map(g, GUEST_DATA + GUEST_PAGE, true);
	guest_run(g);
	CHECK_PORT(g, 0x43);
	CHECK(g, !memcmp(g->mem + place, &(uint64_t){ 0x0102030405060708 }, 8), "data");
	return true;
}

/* The caller does the access itself: it is not done again, and registers are the caller's. */
static bool test_abandon(struct guest *g)
{
	struct kvm_regs regs;

	GUEST_START(g, load_store, .rsi = GUEST_DATA, .rdx = 0x77);
	guest_run_up(g);
	CHECK_MEM(g, GUEST_DATA, false);
	regs = regs_of(g);
	regs.rax = 0xabc;
	regs.rip += 3;
	g->ops->set_regs(g->vcpu, &regs);
	g->exit.abandon = true;
	guest_run(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, regs_of(g).rax == 0xabc, "0x%llx", regs_of(g).rax);

	/* The OUT again: it has not been retired. */
	regs = regs_of(g);
	regs.rip = GUEST_CODE + 3;
	g->ops->set_regs(g->vcpu, &regs);
	g->exit.abandon = true;
	guest_run(g);
	CHECK_PORT(g, 0x42);

	guest_map(g, GUEST_DATA, false);
	guest_run(g);
	CHECK_MEM(g, GUEST_DATA, true);
	if (g->exit.mem.retired) {
		CHECK(g, !(g->ops->features() & ENGINE_CAN_RESTART), "retired");
		CHECK(g, !g->ops->unwind(g->vcpu, &g->exit), "unwind()");
	}
	regs = regs_of(g);
	CHECK(g, regs.rip == GUEST_CODE + 5, "RIP 0x%llx", regs.rip);
	regs.rip += 3;
	g->ops->set_regs(g->vcpu, &regs);
	g->exit.abandon = true;
	guest_run(g);
	CHECK_PORT(g, 0x43);
	CHECK(g, *at(g, GUEST_DATA) == 0, "written all the same");
	return true;
}

/* After unwind() a retired write is an instruction that has not begun. */
static bool test_unwind(struct guest *g)
{
	static const struct {
		const char *name, *code;
		size_t len;
		uint64_t rcx;
	} writes[] = {
		{ "mov %edx,8(%rsi)", "\x89\x56\x08", 3, 0 },
		{ "mov %dl,(%rsi,%rcx,4)", "\x88\x14\x8e", 3, 5 },
		{ "movl $1,(%rsi)", "\xc7\x06\x01\x00\x00\x00", 6, 0 },
		{ "movb $1,0x300(%rsi)", "\xc6\x86\x00\x03\x00\x00\x01", 7, 0 },
		{ "mov %r10,(%r8)", "\x4d\x89\x10", 3, 0 },
		{ "stosl", "\xab", 1, 0 },
		{ "rep stosq", "\xf3\x48\xab", 3, 3 },
		{ "movsb", "\xa4", 1, 0 },
		{ "rep movsq", "\xf3\x48\xa5", 3, 2 },
	};
	struct kvm_regs regs;
	char code[16];
	size_t i;

	for (i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		memset(code, 0x90, sizeof(code));
		memcpy(code, writes[i].code, writes[i].len);
		memcpy(code + writes[i].len, "\xe6\x42", 2);
		guest_start(g, code, sizeof(code), &(struct kvm_regs){
			.rsi = i < 7 ? GUEST_DATA : GUEST_DATA + GUEST_PAGE, .rdi = GUEST_DATA,
			.rcx = writes[i].rcx, .rdx = 0x1234, .r8 = GUEST_DATA, .r10 = 5,
			.rax = 0x55 });
		guest_map(g, GUEST_DATA + GUEST_PAGE, false);
		guest_map(g, GUEST_DATA, false);
		guest_run_up(g);
		CHECK_MEM(g, GUEST_DATA, true);
		if (g->exit.mem.retired)
			CHECK(g, !g->ops->unwind(g->vcpu, &g->exit), "%s", writes[i].name);
		regs = regs_of(g);
		CHECK(g, !g->exit.mem.retired && regs.rip == GUEST_CODE && regs.rdi == GUEST_DATA &&
		      regs.rcx == writes[i].rcx, "%s", writes[i].name);
		guest_run(g);
		CHECK_MEM(g, GUEST_DATA, true);
		guest_map(g, GUEST_DATA, true);
		guest_run(g);
		CHECK_PORT(g, 0x42);
	}
	return true;
}

/* The stack, or the IDT, of a handler is missing when an exception comes. */
static bool test_delivery(struct guest *g)
{
	uint64_t *frame;

	GUEST_START(g, "\x0f\x0b", .rsp = GUEST_DATA + GUEST_PAGE);	/* ud2 */
	guest_run_up(g);
	CHECK_MEM(g, GUEST_DATA, g->exit.mem.write);
	guest_map(g, GUEST_DATA, true);
	guest_run_mapping(g);
	CHECK_PORT(g, GUEST_TRAPPED + 6);
	frame = at(g, GUEST_DATA + GUEST_PAGE - 40);
	CHECK(g, frame[0] == GUEST_CODE && frame[3] == GUEST_DATA + GUEST_PAGE, "frame: 0x%lx",
	      frame[0]);
	guest_unmap(g, GUEST_IDT);
	GUEST_START(g, "\x0f\x0b", .rsp = GUEST_DATA + GUEST_PAGE);
	guest_run(g);
	CHECK_MEM(g, GUEST_IDT, false);
	guest_map(g, GUEST_IDT, false);
	guest_run(g);
	CHECK_PORT(g, GUEST_TRAPPED + 6);
	return true;
}

/* What a triple fault is, it stays. */
static bool test_shutdown(struct guest *g)
{
	GUEST_START(g, "\x0f\x0b");
	memset(at(g, GUEST_IDT), 0, GUEST_PAGE);
	guest_run_mapping(g);
	CHECK(g, g->exit.reason == ENGINE_EXIT_SHUTDOWN, "no shutdown");
	return true;
}

/* Where no page has ever been, and none is near. */
static bool test_far(struct guest *g)
{
	GUEST_START(g, load_store, .rsi = GUEST_FAR_VA + 0x10, .rdx = 3);
	*at(g, 0x10) = 0x4321;
	guest_run_up(g);
	CHECK_MEM(g, GUEST_FAR, false);
	guest_map(g, GUEST_FAR, true);
	guest_run(g);
	CHECK_PORT(g, 0x42);
	CHECK(g, regs_of(g).rax == 0x4321, "0x%llx", regs_of(g).rax);
	guest_run(g);
	CHECK_PORT(g, 0x43);
	CHECK(g, *at(g, 0x10) == 3, "0x%lx", *at(g, 0x10));
	return true;
}

/* Memory that nobody shares cannot be mapped. */
static bool test_private(struct guest *g)
{
	static char page[2 * 4096];
	char *start = (char *)(((uintptr_t)page + 4095) & ~4095UL);
	int r = g->ops->map_page(g->vm, GUEST_DATA, GUEST_PAGE, start, true);

	CHECK(g, r < 0 || g->ops != &engine_kvm || engine_kvm_fault_mode == KVM_FAULT_SLOTS,
	      "private memory is taken");
	GUEST_START(g, load_store, .rsi = GUEST_DATA + GUEST_PAGE);
	guest_run_up(g);
	CHECK_MEM(g, GUEST_DATA + GUEST_PAGE, false);
	return true;
}

/* loop: mov (%rsi),%rax; mov %rax,(%rsi); add $4096,%rsi; loop; out %al,$0x42 */
static const char touch[] = "\x48\x8b\x06\x48\x89\x06\x48\x81\xc6\x00\x10\x00\x00\xe2\xf1\xe6\x42";

static bool touch_all(struct guest *g, bool backwards, double *us)
{
	unsigned int i, exits = 0;
	double map_us = 0, start, t;

	for (i = 0; i < 3; i++)
		guest_map(g, GUEST_PT + i * GUEST_PAGE, true);
	GUEST_START(g, touch, .rsi = GUEST_DATA, .rcx = NR_PAGES);
	guest_run_up(g);
	start = cpu_us();
	for (; g->exit.reason == ENGINE_EXIT_MEM; guest_run(g)) {
		i = (unsigned int)((g->exit.mem.gpa - GUEST_DATA) / GUEST_PAGE);
		CHECK(g, i == exits, "page %u at exit %u", i, exits);
		exits++;
		t = cpu_us();
		g->ops->map_page(g->vm, GUEST_DATA + i * GUEST_PAGE, GUEST_PAGE,
				 g->mem + GUEST_DATA +
				 (backwards ? NR_PAGES - 1 - i : i) * GUEST_PAGE, true);
		map_us += cpu_us() - t;
	}
	*us = cpu_us() - start;
	CHECK_PORT(g, 0x42);
	CHECK(g, exits == NR_PAGES, "%u exits", exits);
	printf("# %s, memory %s: %.1f us a page, %.1f of it map_page()\n", g->ops->name,
	       backwards ? "scattered" : "in order", *us / NR_PAGES, map_us / NR_PAGES);
	return true;
}

static bool test_many(struct guest *g)
{
	double us, start;
	unsigned int i;

	if (!touch_all(g, false, &us))
		return false;
	start = cpu_us();
	GUEST_START(g, touch, .rsi = GUEST_DATA, .rcx = NR_PAGES);
	guest_run_up(g);
	CHECK_PORT(g, 0x42);
	us = cpu_us() - start;
	start = cpu_us();
	for (i = 0; i < NR_PAGES; i++)
		guest_unmap(g, GUEST_DATA + i * GUEST_PAGE);
	printf("# %s: %.1f us a page that is there, unmap_page() %.1f us\n", g->ops->name,
	       us / NR_PAGES, (cpu_us() - start) / NR_PAGES);
	if (!touch_all(g, true, &us))
		return false;
	start = cpu_us();
	GUEST_START(g, touch, .rsi = GUEST_DATA, .rcx = NR_PAGES);
	guest_run_up(g);
	CHECK_PORT(g, 0x42);
	printf("# %s: %.1f us a page that is there, scattered\n", g->ops->name,
	       (cpu_us() - start) / NR_PAGES);
	return true;
}

/* What an exit costs, without and with what a world switch moves. */
static bool test_exits(struct guest *g)
{
	struct kvm_vcpu_events events;
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	double us[2], start;
	unsigned int i, with;

	/* 1: out %al,$0x42; jmp 1b */
	GUEST_START(g, "\xe6\x42\xeb\xfc");
	guest_run_mapping(g);
	for (with = 0; with < 2; with++) {
		start = cpu_us();
		for (i = 0; i < NR_PAGES; i++) {
			guest_run(g);
			CHECK_PORT(g, 0x42);
			if (!with)
				continue;
			g->ops->get_regs(g->vcpu, &regs);
			g->ops->get_sregs(g->vcpu, &sregs);
			g->ops->get_events(g->vcpu, &events);
			regs.rbx++;
			g->ops->set_regs(g->vcpu, &regs);
			g->ops->set_sregs(g->vcpu, &sregs);
			g->ops->set_events(g->vcpu, &events);
		}
		us[with] = (cpu_us() - start) / NR_PAGES;
	}
	printf("# %s: %.1f us an exit, %.1f with registers and events\n", g->ops->name, us[0],
	       us[1]);
	g->ops->get_regs(g->vcpu, &regs);
	CHECK(g, regs.rbx == NR_PAGES, "RBX %llu", regs.rbx);
	return true;
}

/* ---- while the guest runs ---- */

/* loop: mov (%rsi),%rax; mov %rax,(%rdi); incq (%rbx); jmp loop */
static const char copier[] = "\x48\x8b\x06\x48\x89\x07\x48\xff\x03\xeb\xf5";

#define COPY_OUT	(GUEST_STACK + 8 * GUEST_PAGE)
#define COUNTED		(GUEST_DATA + GUEST_PAGE)
#define ROUNDS		40

static struct {
	unsigned int mem_exits;
	int stop, ready;
} shared;

static void *run_copier(void *arg)
{
	struct guest *g = arg;

	while (!__atomic_load_n(&shared.stop, __ATOMIC_ACQUIRE)) {
		guest_run(g);
		if (g->exit.reason == ENGINE_EXIT_INTR)
			continue;
		if (g->exit.reason != ENGINE_EXIT_MEM)
			break;
		if (g->exit.mem.gpa < GUEST_DATA)
			guest_map(g, g->exit.mem.gpa, true);
		else
			__atomic_add_fetch(&shared.mem_exits, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static bool comes_true(const volatile uint64_t *place, uint64_t wanted)
{
	const double start = clock_us(CLOCK_MONOTONIC);

	while (*place != wanted && clock_us(CLOCK_MONOTONIC) - start < 5e6)
		usleep(20);
	return *place == wanted;
}

static bool change_while_running(struct guest *g, bool paused)
{
	volatile uint64_t *out = at(g, COPY_OUT), *counted;
	unsigned int i, exits;
	uint64_t count;

	for (i = 1; i <= ROUNDS; i++) {
		/* Another page in the place of one. */
		const uint64_t page = GUEST_DATA + (2 + i) * GUEST_PAGE;

		*at(g, page) = i;
		if (paused)
			g->ops->pause(g->vm);
		g->ops->map_page(g->vm, GUEST_DATA, GUEST_PAGE, g->mem + page, false);
		if (paused)
			g->ops->resume(g->vm);
		CHECK(g, comes_true(out, i), "round %u: the guest sees %lu", i, *out);

		/* And one that goes: nobody writes to it any more. */
		counted = at(g, COUNTED);
		exits = __atomic_load_n(&shared.mem_exits, __ATOMIC_ACQUIRE);
		guest_unmap(g, COUNTED);
		count = *counted;
		usleep(200);
		CHECK(g, *counted == count, "round %u: written after unmap_page()", i);
		while (__atomic_load_n(&shared.mem_exits, __ATOMIC_ACQUIRE) == exits)
			usleep(20);
		guest_map(g, COUNTED, true);
	}
	return true;
}

static bool run_while(struct guest *g, bool paused)
{
	pthread_t thread;
	bool passed;

	shared.stop = 0;
	guest_map(g, COUNTED, true);
	guest_map(g, GUEST_DATA, false);
	GUEST_START(g, copier, .rsi = GUEST_DATA, .rdi = COPY_OUT, .rbx = COUNTED);
	if (pthread_create(&thread, NULL, run_copier, g))
		return false;
	passed = change_while_running(g, paused);
	__atomic_store_n(&shared.stop, 1, __ATOMIC_RELEASE);
	g->ops->kick(g->vcpu);
	pthread_join(thread, NULL);
	return passed;
}

static bool test_running(struct guest *g)
{
	return run_while(g, false);
}

static bool test_running_paused(struct guest *g)
{
	return run_while(g, true);
}

static const struct guest_test tests[] = {
	{ "data page missing, then read-only", test_data },
	{ "write to a page that is missing", test_write_missing },
	{ "page tables missing", test_tables },
	{ "code page missing", test_code },
	{ "REP MOVS across pages", test_rep_movs },
	{ "access across pages", test_crossing },
	{ "access that the caller does", test_abandon },
	{ "write that is undone", test_unwind },
	{ "stack and IDT of a handler missing", test_delivery },
	{ "triple fault", test_shutdown },
	{ "far memory", test_far },
	{ "private memory", test_private },
	{ "2000 pages", test_many },
	{ "exits", test_exits },
	{ "pages change while the guest runs", test_running },
	{ "pages change while the guest is paused", test_running_paused },
};

int main(void)
{
	return guest_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
