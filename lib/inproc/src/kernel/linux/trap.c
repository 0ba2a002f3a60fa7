// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for arch/x86/kernel/traps.c and arch/x86/mm/extable.c: traps of kernel code, which
 * runs in user mode.  A fake: WARN and BUG, exception tables, and the few privileged
 * instructions on the paths that are run here.
 */
#include <linux/bitfield.h>
#include <linux/bug.h>
#include <linux/extable.h>
#include <linux/string.h>
#include <asm/extable.h>
#include <asm/extable_fixup_types.h>
#include <asm/processor.h>
#include <asm/trapnr.h>

#include <linux/kernel.h>

#include "glue.h"
#include "hoststate.h"

extern struct bug_entry __start___bug_table[], __stop___bug_table[];
extern struct exception_table_entry __start___ex_table[], __stop___ex_table[];

static struct bug_entry *glue_find_bug(unsigned long ip)
{
	struct bug_entry *bug;

	for (bug = __start___bug_table; bug < __stop___bug_table; bug++)
		if ((unsigned long)&bug->bug_addr_disp + bug->bug_addr_disp == ip)
			return bug;
	return NULL;
}

static int glue_trap_bug(struct image_regs *regs, unsigned int insn_len)
{
	struct bug_entry *bug = glue_find_bug(regs->ip);
	bool warning;
	char text[256];

	if (!bug)
		return 0;

	warning = bug->flags & BUGFLAG_WARNING;
	if (warning && (bug->flags & BUGFLAG_ONCE)) {
		/* Not once a boot but each time: every case judges for itself. */
		bug->flags &= ~BUGFLAG_DONE;
	}
	snprintf(text, sizeof(text), "%s at %s:%u", warning ? "WARNING" : "BUG",
		 (const char *)&bug->file_disp + bug->file_disp, bug->line);
	glue_host->splat(!warning, text);
	regs->ip += insn_len;
	return warning;
}

#ifdef HAVE_ARCH_BUG_FORMAT_ARGS
/* Newer trees' WARN with a text: a static call instead of a trap. */
void glue_warn(struct bug_entry *bug, ...) asm("__SCT__WARN_trap");

void glue_warn(struct bug_entry *bug, ...)
{
	va_list args;
	char text[256];
	int len;

	len = scnprintf(text, sizeof(text), "WARNING at %s:%u: ",
			(const char *)&bug->file_disp + bug->file_disp, bug->line);
	va_start(args, bug);
	vscnprintf(text + len, sizeof(text) - len,
		   (const char *)&bug->format_disp + bug->format_disp, args);
	va_end(args);
	glue_host->splat(false, text);
}
#endif

int glue_trap_extable(struct image_regs *regs)
{
	struct exception_table_entry *e;

	for (e = __start___ex_table; e < __stop___ex_table; e++) {
		if ((unsigned long)&e->insn + e->insn != regs->ip)
			continue;
		switch (FIELD_GET(EX_DATA_TYPE_MASK, e->data)) {
		case EX_TYPE_FAULT:
			regs->ax = regs->trapno;
			break;
		case EX_TYPE_RDMSR:
			regs->ax = 0;
			regs->dx = 0;
			break;
		case EX_TYPE_RDMSR_SAFE:
		case EX_TYPE_WRMSR_SAFE:
			/* Which register the error goes to is in the entry; it is EAX or ECX. */
			if (FIELD_GET(EX_DATA_REG_MASK, e->data))
				regs->cx = -EIO;
			else
				regs->ax = -EIO;
			break;
		}
		regs->ip = (unsigned long)&e->fixup + e->fixup;
		return 1;
	}
	return 0;
}

/* What the CPU does not have is an exception, which its caller may expect: false. */
static bool glue_trap_rdmsr(struct image_regs *regs)
{
	const u32 index = regs->cx;
	unsigned long long value;
	u64 own;

	if (glue_host_rdmsr(index, &own) ||
	    (boot_cpu_data.x86_vendor == X86_VENDOR_INTEL ? glue_intel_msr(index, &own) :
							    glue_amd_msr(index, &own)))
		value = own;
	else if (!glue_host->rdmsr(index, &value))
		return false;
	regs->ax = (u32)value;
	regs->dx = value >> 32;
	return true;
}

static bool glue_trap_wrmsr(struct image_regs *regs)
{
	if (regs->cx == MSR_AMD64_VM_PAGE_FLUSH && boot_cpu_data.x86_vendor == X86_VENDOR_AMD)
		glue_rmp_written_back(__pa((regs->dx << 32 | (u32)regs->ax) & PAGE_MASK) >> PAGE_SHIFT);
	/* Of any other nothing here can see the effect. */
	glue_host_wrmsr(regs->cx, regs->dx << 32 | (u32)regs->ax);
	return true;
}

static bool glue_trap_xsetbv(struct image_regs *regs)
{
	*glue_host_reg(glue_host_state(), GLUE_HOST_XCR0) = regs->dx << 32 | (u32)regs->ax;
	return true;
}

/* RDPKRU and WRPKRU of a CPU that has protection keys where the machine's has none: no effect. */
static bool glue_trap_rdpkru(struct image_regs *regs)
{
	regs->ax = *glue_host_reg(glue_host_state(), GLUE_HOST_PKRU);
	regs->dx = 0;
	return true;
}

static bool glue_trap_wrpkru(struct image_regs *regs)
{
	*glue_host_reg(glue_host_state(), GLUE_HOST_PKRU) = (u32)regs->ax;
	return true;
}

/*
 * Instructions that only ring 0, or only a CPU with SVM, executes.  Those whose
 * effect nothing here can see are overwritten with a NOP of their length, so
 * that they trap once; MSRs read as the CPU under test has them, and some keep what
 * is written to them.
 */
static const struct glue_insn {
	u8 len, bytes[3];
	u8 nop[3];
	bool (*msr)(struct image_regs *regs);
} glue_insns[] = {
	{ 1, { 0xfa }, { 0x90 } },					/* cli */
	{ 1, { 0xfb }, { 0x90 } },					/* sti */
	{ 3, { 0x0f, 0x01, 0xdc }, { 0x0f, 0x1f, 0x00 } },		/* stgi */
	{ 3, { 0x0f, 0x01, 0xdd }, { 0x0f, 0x1f, 0x00 } },		/* clgi */
	{ 3, { 0x0f, 0x01, 0xd1 }, { 0 }, .msr = glue_trap_xsetbv },
	{ 3, { 0x0f, 0x01, 0xee }, { 0 }, .msr = glue_trap_rdpkru },
	{ 3, { 0x0f, 0x01, 0xef }, { 0 }, .msr = glue_trap_wrpkru },
	{ 2, { 0x0f, 0x32 }, { 0 }, .msr = glue_trap_rdmsr },
	{ 2, { 0x0f, 0x30 }, { 0 }, .msr = glue_trap_wrmsr },
};

/*
 * Other threads may be executing these very bytes: what changes is one store,
 * before and after which there is an instruction of the same length.
 */
static void glue_patch(u8 *ip, const struct glue_insn *insn)
{
	if (insn->len == 1)
		WRITE_ONCE(*ip, insn->nop[0]);
	else
		WRITE_ONCE(*(u16 *)(ip + insn->len - 2), *(const u16 *)(insn->nop + insn->len - 2));
}

static int glue_trap_insn(struct image_regs *regs)
{
	u8 *ip = (u8 *)regs->ip;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(glue_insns); i++) {
		const struct glue_insn *insn = &glue_insns[i];

		/* Another thread was faster: go on with what stands there now. */
		if (!insn->msr && !memcmp(ip, insn->nop, insn->len))
			return 1;
		if (memcmp(ip, insn->bytes, insn->len))
			continue;
		if (!insn->msr)
			glue_patch(ip, insn);
		else if (!insn->msr(regs))
			return 0;
		regs->ip += insn->len;
		return 1;
	}
	return 0;
}

/* MOVDIR64B (%rdx), %rax, which few CPUs have: a store of 64 bytes. */
static int glue_trap_movdir64b(struct image_regs *regs)
{
	static const u8 insn[] = { 0x66, 0x0f, 0x38, 0xf8, 0x02 };

	if (memcmp((u8 *)regs->ip, insn, sizeof(insn)))
		return 0;
	memcpy((void *)regs->ax, (void *)regs->dx, 64);
	regs->ip += sizeof(insn);
	return 1;
}

#define GLUE_DR6_RESET	0xffff0ff0
#define GLUE_DR7_RESET	0x400

/*
 * MOV of DR0 to DR3, which are 0, to register @gpr becomes XOR of that with itself and a NOP,
 * so that it traps once: some kernels read all of them each time they enter a guest.  Other
 * threads may be executing these bytes: within a cache line four are changed at once.
 */
static void glue_patch_dr_read(u8 *ip, bool high, unsigned int gpr)
{
	const u8 reg = 0xc0 | gpr << 3 | gpr;
	const u32 old = *(u32 *)ip;
	const u32 new = high ? 0x90003145 | reg << 16 : (old & 0xff000000) | 0x900031 | reg << 8;

	if ((unsigned long)ip % L1_CACHE_BYTES <= L1_CACHE_BYTES - sizeof(old))
		__sync_bool_compare_and_swap((u32 *)ip, old, new);
}

/* Neither XOR nor NOP raises #GP: it was a MOV when it did, and another thread has replaced it. */
static bool glue_dr_read_patched(u32 insn)
{
	return (insn & 0xff00ffff) == 0x90003145 || (insn & 0x00ff00ff) == 0x00900031;
}

/*
 * MOV to and from a debug register, 0f 23 and 0f 21: the process has none.  KVM has them
 * cleared for a guest that uses none, and would give them to one that does.
 */
static int glue_trap_debug_register(struct image_regs *regs)
{
	/* Once, since other threads replace it. */
	const u32 insn = READ_ONCE(*(u32 *)regs->ip);
	/* With a REX prefix, if it is R8 to R15 */
	const bool high = (u8)insn == 0x41;
	const u8 *ip = (const u8 *)&insn + high;
	unsigned long *gpr[] = {
		&regs->ax, &regs->cx, &regs->dx, &regs->bx,
		&regs->sp, &regs->bp, &regs->si, &regs->di,
		&regs->r8, &regs->r9, &regs->r10, &regs->r11,
		&regs->r12, &regs->r13, &regs->r14, &regs->r15,
	};
	const unsigned int nr = ip[2] >> 3 & 7;
	unsigned long *reg = gpr[(ip[2] & 7) + high * 8];

	if (glue_dr_read_patched(insn))
		return 1;
	if (ip[0] != 0x0f || (ip[1] != 0x23 && ip[1] != 0x21))
		return 0;
	if (ip[1] == 0x21)
		*reg = nr == 6 ? GLUE_DR6_RESET : nr == 7 ? GLUE_DR7_RESET : 0;
	if (ip[1] == 0x21 && nr < 4)
		glue_patch_dr_read((u8 *)regs->ip, high, ip[2] & 7);
	else if (ip[1] == 0x23 && nr < 4 && *reg)
		glue_not_driven("a guest's hardware breakpoints: DR%u = 0x%lx", nr, *reg);
	regs->ip += 3 + high;
	return 1;
}

int glue_trap(struct image_regs *regs)
{
	if (regs->trapno == X86_TRAP_UD && glue_trap_bug(regs, LEN_UD2))
		return 1;
	if (regs->trapno == X86_TRAP_UD && glue_trap_movdir64b(regs))
		return 1;
	if (regs->trapno != X86_TRAP_PF && boot_cpu_data.x86_vendor == X86_VENDOR_INTEL &&
	    glue_intel_insn(regs))
		return 1;
	if (regs->trapno == X86_TRAP_GP && glue_trap_debug_register(regs))
		return 1;
	if (regs->trapno != X86_TRAP_PF && glue_trap_insn(regs))
		return 1;
	return glue_trap_extable(regs);
}
