// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest.h"

#include "engine/kvm/kvm_engine.h"
#include "engine_guest.h"

/* ---- what engines ask of the rest of the in-process KVM ---- */

void inproc_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
}

/* ---- the guest ---- */

#define PTE_RW	3ULL
#define PTE_PS	0x80ULL

/* OUT %al, $port; HLT */
static void fill_handlers(char *mem)
{
	struct {
		uint16_t offset0, selector;
		uint8_t ist, type;
		uint16_t offset1;
		uint32_t offset2, reserved;
	} __attribute__((packed)) *idt = (void *)(mem + GUEST_IDT);
	unsigned int i;

	for (i = 0; i < 64; i++) {
		const uint8_t handler[] = { 0xe6, GUEST_TRAPPED + i, 0xf4 };

		idt[i].offset0 = GUEST_HANDLERS + i * 16;
		idt[i].selector = 8;
		idt[i].type = 0x8e;
		memcpy(mem + GUEST_HANDLERS + i * 16, handler, sizeof(handler));
	}
}

static void fill_tables(char *mem)
{
	uint64_t *pd = (uint64_t *)(mem + GUEST_PD), *pt = (uint64_t *)(mem + GUEST_PT);
	uint64_t *pdpt = (uint64_t *)(mem + GUEST_PDPT);
	unsigned int i;

	*(uint64_t *)(mem + GUEST_PML4) = GUEST_PDPT | PTE_RW;
	pdpt[0] = GUEST_PD | PTE_RW;
	pdpt[1] = GUEST_FAR_PD | PTE_RW;
	*(uint64_t *)(mem + GUEST_FAR_PD) = GUEST_FAR | PTE_RW | PTE_PS;
	for (i = 0; i < 3; i++)
		pd[i] = (GUEST_PT + i * GUEST_PAGE) | PTE_RW;
	for (; i < GUEST_MEM >> 21; i++)
		pd[i] = ((uint64_t)i << 21) | PTE_RW | PTE_PS;
	for (i = 0; i < 3 * 512; i++)
		pt[i] = i * GUEST_PAGE | PTE_RW;
}

static void set_up_memory(char *mem)
{
	uint64_t *gdt = (uint64_t *)(mem + GUEST_GDT);

	memset(mem, 0, GUEST_DATA);
	gdt[1] = 0x00af9b000000ffff;
	gdt[2] = 0x00cf93000000ffff;
	fill_tables(mem);
	fill_handlers(mem);
}

static int set_up_vcpu(struct guest *g)
{
	static const struct kvm_segment data = {
		.selector = 16, .limit = ~0u, .type = 3, .s = 1, .present = 1, .db = 1, .g = 1,
	};
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + 256 * sizeof(cpuid->entries[0]));
	struct kvm_sregs sregs;
	int r;

	cpuid->nent = 256;
	r = g->ops->get_supported_cpuid(cpuid);
	if (!r)
		r = g->ops->set_cpuid2(g->vcpu, cpuid);
	free(cpuid);
	if (!r)
		r = g->ops->get_sregs(g->vcpu, &sregs);
	if (r)
		return r;
	sregs.cr0 = 0x80050033;
	sregs.cr3 = GUEST_PML4;
	sregs.cr4 = 0x620;
	sregs.efer = 0xd00;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cs = (struct kvm_segment){
		.selector = 8, .limit = ~0u, .type = 11, .s = 1, .present = 1, .l = 1, .g = 1,
	};
	sregs.gdt.base = GUEST_GDT;
	sregs.gdt.limit = 0x17;
	sregs.idt.base = GUEST_IDT;
	sregs.idt.limit = 64 * 16 - 1;
	return g->ops->set_sregs(g->vcpu, &sregs);
}

bool guest_create(struct guest *g, const struct engine_ops *ops)
{
	int fd = memfd_create("guest", MFD_CLOEXEC), r;

	memset(g, 0, sizeof(*g));
	g->ops = ops;
	sigprocmask(SIG_SETMASK, NULL, &g->mask);
	if (fd < 0 || ftruncate(fd, GUEST_MEM))
		return false;
	g->mem = mmap(NULL, GUEST_MEM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	set_up_memory(g->mem);
	r = ops->vm_create(&g->vm);
	if (!r)
		r = ops->vcpu_create(g->vm, 0, &g->vcpu);
	if (!r)
		r = set_up_vcpu(g);
	g->exit.reason = ENGINE_EXIT_INTR;
	if (r)
		printf("# engine %s: no guest: %s\n", ops->name, strerror(-r));
	return !r;
}

void guest_destroy(struct guest *g)
{
	g->ops->vcpu_destroy(g->vcpu);
	g->ops->vm_destroy(g->vm);
	munmap(g->mem, GUEST_MEM);
}

static char *hva_of(struct guest *g, uint64_t gpa)
{
	return g->mem + (gpa >= GUEST_FAR ? gpa - GUEST_FAR : gpa);
}

void guest_map(struct guest *g, uint64_t gpa, bool writable)
{
	int r;

	gpa &= ~(GUEST_PAGE - 1);
	r = g->ops->map_page(g->vm, gpa, GUEST_PAGE, hva_of(g, gpa), writable);
	if (r)
		printf("# map_page(0x%lx) fails: %s\n", (unsigned long)gpa, strerror(-r));
}

void guest_unmap(struct guest *g, uint64_t gpa)
{
	int r = g->ops->unmap_page(g->vm, gpa & ~(GUEST_PAGE - 1), GUEST_PAGE);

	if (r)
		printf("# unmap_page(0x%lx) fails: %s\n", (unsigned long)gpa, strerror(-r));
}

void guest_start(struct guest *g, const void *code, size_t len, const struct kvm_regs *regs)
{
	struct kvm_regs start = *regs;

	/* The unicorn engine does not see that code changes behind its back. */
	if (memcmp(g->mem + GUEST_CODE, code, len))
		guest_unmap(g, GUEST_CODE);
	memcpy(g->mem + GUEST_CODE, code, len);
	start.rip = GUEST_CODE;
	start.rsp = start.rsp ?: GUEST_STACK + GUEST_PAGE;
	start.rflags |= 2;
	if (g->ops->set_regs(g->vcpu, &start))
		printf("# set_regs() fails\n");
	g->exit.abandon = true;
	g->mem_exits = 0;
}

void guest_run(struct guest *g)
{
	sigset_t all;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	r = g->ops->run(g->vcpu, &g->exit, &g->mask, false);
	pthread_sigmask(SIG_SETMASK, &g->mask, NULL);
	if (r) {
		g->exit.reason = ENGINE_EXIT_FAIL;
		g->exit.text = strerror(-r);
	}
	g->mem_exits += g->exit.reason == ENGINE_EXIT_MEM;
}

static void run_until(struct guest *g, uint64_t end)
{
	uint64_t last = ~0ULL;
	unsigned int same = 0;

	do {
		guest_run(g);
		if (g->exit.reason != ENGINE_EXIT_MEM || g->exit.mem.gpa >= end)
			return;
		same = g->exit.mem.gpa == last ? same + 1 : 0;
		last = g->exit.mem.gpa;
		guest_map(g, last, true);
	} while (same < 4);
	g->exit.reason = ENGINE_EXIT_FAIL;
	g->exit.text = "memory that was mapped is said to be missing, again and again";
}

void guest_run_up(struct guest *g)
{
	run_until(g, GUEST_DATA);
}

void guest_run_mapping(struct guest *g)
{
	run_until(g, ~0ULL);
}

const char *guest_exit_text(const struct guest *g)
{
	static const char *const names[] = {
		[ENGINE_EXIT_IO] = "IO", [ENGINE_EXIT_MSR] = "MSR", [ENGINE_EXIT_MEM] = "MEM",
		[ENGINE_EXIT_HLT] = "HLT", [ENGINE_EXIT_SHUTDOWN] = "SHUTDOWN",
		[ENGINE_EXIT_INTR] = "INTR", [ENGINE_EXIT_FAIL] = "FAIL",
		[ENGINE_EXIT_WINDOW] = "WINDOW", [ENGINE_EXIT_STEP] = "STEP",
		[ENGINE_EXIT_TPR] = "TPR", [ENGINE_EXIT_CPUID] = "CPUID",
	};
	const struct engine_exit *e = &g->exit;
	static char text[256];
	struct kvm_regs regs;
	int n;

	g->ops->get_regs(g->vcpu, &regs);
	n = snprintf(text, sizeof(text), "%s at RIP 0x%llx", names[e->reason], regs.rip);
	if (e->reason == ENGINE_EXIT_MEM)
		snprintf(text + n, sizeof(text) - n, ", GPA 0x%lx, %u bytes%s%s%s%s",
			 (unsigned long)e->mem.gpa, e->mem.len, e->mem.write ? ", write" : "",
			 e->mem.fetch ? ", fetch" : "", e->mem.walk ? ", walk" : "",
			 e->mem.retired ? ", retired" : "");
	else if (e->reason == ENGINE_EXIT_IO)
		snprintf(text + n, sizeof(text) - n, ", port 0x%x", e->io.port);
	else if (e->reason == ENGINE_EXIT_MSR)
		snprintf(text + n, sizeof(text) - n, ", MSR 0x%x", e->msr.index);
	else if (e->reason == ENGINE_EXIT_FAIL)
		snprintf(text + n, sizeof(text) - n, ": %s", e->text);
	return text;
}

/* ---- tests ---- */

/* An engine, or one in a way that this machine would not take. */
struct subject {
	const char *name;
	const struct engine_ops *ops;
	void (*change)(void);
};

static void run_test(const struct guest_test *test, const struct subject *subject,
		     const char *why)
{
	const struct engine_ops *ops = subject->ops;
	struct guest g;
	bool passed;

	if (why) {
		ksft_test_result_skip("%s: %s: %s\n", subject->name, test->name, why);
		return;
	}
	passed = guest_create(&g, ops);
	if (passed) {
		passed = test->run(&g);
		guest_destroy(&g);
	}
	ksft_test_result(passed, "%s: %s\n", subject->name, test->name);
}

/* As with a KVM that does not say where an access has failed. */
static void by_slots(void)
{
	engine_kvm_fault_mode = KVM_FAULT_SLOTS;
}

int guest_tests(const struct guest_test *tests, size_t nr)
{
	static const struct subject subjects[] = {
		{ "kvm", &engine_kvm, NULL },
		{ "kvm with slots", &engine_kvm, by_slots },
#ifdef HAVE_UNICORN
		{ "unicorn", &engine_unicorn, NULL },
#endif
	};
	const size_t nr_subjects = sizeof(subjects) / sizeof(subjects[0]);
	size_t i, s;

	ksft_print_header();
	ksft_set_plan(nr * nr_subjects);
	for (s = 0; s < nr_subjects; s++) {
		const char *why = NULL;

		if (subjects[s].ops->usable(&why))
			why = NULL;
		if (subjects[s].change)
			subjects[s].change();
		for (i = 0; i < nr; i++)
			run_test(&tests[i], &subjects[s], why);
	}
	ksft_finished();
	return 0;
}
