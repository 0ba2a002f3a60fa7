/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest of machine code on an engine, for the engines' own tests: 64-bit, its pages at the
 * addresses that they have in guest-physical memory, and none of them mapped at first.
 */
#ifndef CHECK_ENGINE_GUEST_H
#define CHECK_ENGINE_GUEST_H

#include <signal.h>
#include <stdio.h>

#include "engine/engine.h"

#define GUEST_PAGE	4096UL

/* Guest-physical addresses */
#define GUEST_PML4	0x1000UL
#define GUEST_PDPT	0x2000UL
#define GUEST_PD	0x3000UL
#define GUEST_PT	0x4000UL	/* of the first 2 MiB, and two more */
#define GUEST_FAR_PD	0x7000UL
#define GUEST_GDT	0x8000UL
#define GUEST_IDT	0x9000UL
#define GUEST_HANDLERS	0xa000UL	/* vector N at N * 16: OUT to port GUEST_TRAPPED + N */
#define GUEST_CODE	0x10000UL
#define GUEST_STACK	0x20000UL	/* grows down from its end */
#define GUEST_DATA	0x200000UL
/* A large page of addresses that maps GUEST_FAR; and the shared memory's size. */
#define GUEST_FAR_VA	0x40000000UL
#define GUEST_FAR	0x4000000000UL
#define GUEST_MEM	0x1000000UL

#define GUEST_TRAPPED	0x80

struct guest {
	const struct engine_ops *ops;
	struct engine_vm *vm;
	struct engine_vcpu *vcpu;
	struct engine_exit exit;
	sigset_t mask;
	char *mem;
	unsigned int mem_exits;
};

/* False: the engine cannot, and has said why. */
bool guest_create(struct guest *g, const struct engine_ops *ops);
void guest_destroy(struct guest *g);

/* Start at GUEST_CODE, with @code there and @regs, but for RIP, RSP and RFLAGS. */
void guest_start(struct guest *g, const void *code, size_t len, const struct kvm_regs *regs);
#define GUEST_START(g, code, ...) \
	guest_start(g, code, sizeof(code) - 1, &(struct kvm_regs){ __VA_ARGS__ })

void guest_map(struct guest *g, uint64_t gpa, bool writable);
void guest_unmap(struct guest *g, uint64_t gpa);

/* Until the next exit. */
void guest_run(struct guest *g);
/* Until an exit that is not for memory of the guest's below GUEST_DATA, which is mapped. */
void guest_run_up(struct guest *g);
/* The same of all memory. */
void guest_run_mapping(struct guest *g);

/* The last exit in words. */
const char *guest_exit_text(const struct guest *g);

#define CHECK(g, cond, ...)							\
	do {									\
		if (!(cond)) {							\
			printf("# %s:%d: %s is false; exit: %s", __FILE__,	\
			       __LINE__, #cond, guest_exit_text(g));		\
			printf("; " __VA_ARGS__);				\
			printf("\n");						\
			return false;						\
		}								\
	} while (0)

#define CHECK_PORT(g, wanted)							\
	CHECK(g, (g)->exit.reason == ENGINE_EXIT_IO && (g)->exit.io.port == (wanted), \
	      "wanted port 0x%x", wanted)
#define CHECK_MEM(g, gpa_, write_)						\
	CHECK(g, (g)->exit.reason == ENGINE_EXIT_MEM &&				\
	      ((g)->exit.mem.gpa & ~(GUEST_PAGE - 1)) == (gpa_) &&		\
	      (g)->exit.mem.write == (write_), "wanted page 0x%lx", (unsigned long)(gpa_))

/* @nr of @tests on each engine, as TAP. */
struct guest_test {
	const char *name;
	bool (*run)(struct guest *g);
};
int guest_tests(const struct guest_test *tests, size_t nr);

#endif
