// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults and traps while kernel code runs in this process.  Those that the
 * kernel knows how to handle (WARN, exception tables, privileged instructions)
 * are handled by the image; all others end the process with the name of what
 * was done where.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/base.h"
#include "src/image/loader.h"
#include "src/sched/sched.h"
#include "memory.h"
#include "race.h"
#include "watch.h"

#define TRAP_PAGE_FAULT	14
#define PF_WRITE	2	/* of a page fault's error code */

bool (*fault_of_mapping)(uintptr_t addr, bool write);

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
static struct sigaction old_actions[NSIG];
static __thread const struct image_regs *trapped;

const struct image_regs *fault_trapped(void)
{
	return trapped;
}

/* The image's own business? */
static bool trap(struct image_regs *regs)
{
	bool own;

	trapped = regs;
	own = image->trap(regs);
	trapped = NULL;
	return own;
}

static const struct {
	unsigned long offset;
	int greg;
} reg_map[] = {
#define REG(field, greg)	{ offsetof(struct image_regs, field), greg }
	REG(ax, REG_RAX), REG(bx, REG_RBX), REG(cx, REG_RCX), REG(dx, REG_RDX),
	REG(si, REG_RSI), REG(di, REG_RDI), REG(bp, REG_RBP), REG(sp, REG_RSP),
	REG(r8, REG_R8), REG(r9, REG_R9), REG(r10, REG_R10), REG(r11, REG_R11),
	REG(r12, REG_R12), REG(r13, REG_R13), REG(r14, REG_R14), REG(r15, REG_R15),
	REG(ip, REG_RIP), REG(flags, REG_EFL),
};

static void copy_regs(struct image_regs *regs, ucontext_t *uc, bool back)
{
	for (unsigned int i = 0; i < sizeof(reg_map) / sizeof(reg_map[0]); i++) {
		unsigned long *reg = (void *)regs + reg_map[i].offset;
		greg_t *greg = &uc->uc_mcontext.gregs[reg_map[i].greg];

		if (back)
			*greg = *reg;
		else
			*reg = *greg;
	}
}

/* Code of the image, or something that it just called. */
static bool in_kernel_code(const struct image_regs *regs)
{
	return image_contains(regs->ip) || image_is_undefined(regs->ip) ||
	       (regs->ip == regs->fault_address && image_contains(*(unsigned long *)regs->sp));
}

static void report(int sig, const struct image_regs *regs)
{
	uintptr_t addr = regs->fault_address, ip = regs->ip;
	char text[512];

	/* Where there is no code to run, a call has pushed its return address only. */
	if (!image_contains(ip))
		ip = *(const unsigned long *)regs->sp - 1;
	image_describe(ip, text, sizeof(text));

	if (image_is_undefined(regs->ip))
		inproc_not_driven("kernel code called %s(), which the image does not provide",
				  image_undefined_name(regs->ip));
	else if (sig == SIGSEGV && image_is_undefined(addr))
		inproc_not_driven("kernel code accessed %s, which the image does not provide",
				  image_undefined_name(addr));
	else if (!image_contains(regs->ip))
		inproc_diag("kernel code called address %#lx, in %s", regs->ip, text);
	else
		inproc_diag("kernel code crashed: %s, address %#lx, in %s", strsignal(sig), addr,
			    text);
	image_backtrace(ip, regs->bp, regs->sp);
	sched_tell();
}

static void fault_handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	struct image_regs regs;

	/*
	 * Sent, not caused: the test harness passes the signal that ended a
	 * case's process on with kill(), and must die of it.
	 */
	if (info->si_code <= 0) {
		sigaction(sig, &old_actions[sig], NULL);
		raise(sig);
		return;
	}

	memset(&regs, 0, sizeof(regs));
	copy_regs(&regs, uc, false);
	regs.fault_address = uc->uc_mcontext.gregs[REG_CR2];
	regs.error_code = uc->uc_mcontext.gregs[REG_ERR];
	regs.trapno = uc->uc_mcontext.gregs[REG_TRAPNO];
	/* An access through a non-canonical pointer has no address. */
	if (regs.trapno != TRAP_PAGE_FAULT)
		regs.fault_address = 0;

	if (reached_trap(&regs) || race_trap(&regs)) {
		copy_regs(&regs, uc, true);
		return;
	}
	if (regs.trapno == TRAP_PAGE_FAULT && fault_of_mapping &&
	    fault_of_mapping(regs.fault_address, regs.error_code & PF_WRITE))
		return;
	/* Before the exception tables: they are for the VMM's memory. */
	if (regs.trapno == TRAP_PAGE_FAULT && regs.ip != regs.fault_address &&
	    memory_fault(regs.fault_address, regs.error_code & PF_WRITE,
			 image_contains(regs.ip) ? regs.ip : 0)) {
		image_backtrace(regs.ip, regs.bp, regs.sp);
		sched_tell();
		return;
	}
	if (image_contains(regs.ip) && trap(&regs)) {
		copy_regs(&regs, uc, true);
		return;
	}
	if (in_kernel_code(&regs))
		report(sig, &regs);

	/* As if we had not been here: the next time it is the process's own. */
	sigaction(sig, &old_actions[sig], NULL);
	if (image_is_undefined(regs.ip)) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

int fault_init(void)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO | SA_NODEFER };

	sa.sa_sigaction = fault_handler;
	for (unsigned int i = 0; i < sizeof(fault_signals) / sizeof(fault_signals[0]); i++)
		sigaction(fault_signals[i], &sa, &old_actions[fault_signals[i]]);
	return 0;
}
