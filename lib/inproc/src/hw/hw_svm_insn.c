// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intercepted instructions of guests that are not SEV-ES (AMD APM 2, sections 15.8 to
 * 15.12): IN and OUT, HLT, RDMSR and WRMSR, CPUID, MOV to CR8.  A model: the engine stops at
 * them, and what #VMEXIT tells beyond that is decoded from the guest's code here.
 */
#include <string.h>

#include "base/base.h"
#include "hw_svm.h"
#include "vmcb.h"

#define IOIO_IN		(1u << 0)
#define IOIO_STRING	(1u << 2)
#define IOIO_REP	(1u << 3)
#define IOIO_SIZE(size)	((uint32_t)(size) << 4)
/* One bit for each size: 2, 4 and 8 bytes. */
#define IOIO_ADDR(size)	((uint32_t)(size) << 6)
#define IOIO_SEG(nr)	((uint32_t)(nr) << 10)
#define IOIO_PORT(port)	((uint32_t)(port) << 16)

#define CR_VALID	(1ULL << 63)

#define VECTOR_BP	3
#define VECTOR_UD	6
#define VECTOR_PF	14

#define MSR_SEV_STATUS	0xc0010131

/*
 * Where the code cannot be read KVM is told of a string instruction, which it
 * decodes itself.
 */
bool svm_io(struct world *w)
{
	const struct engine_exit *exit = &w->vcpu->exit;
	struct io_insn io;
	struct insn insn;
	uint64_t next = 0;
	uint32_t info;

	info = IOIO_SIZE(exit->io.size) | IOIO_PORT(exit->io.port) | (exit->io.in ? IOIO_IN : 0);
	if (world_io(w, &insn, &io)) {
		info |= (io.string ? IOIO_STRING : 0) | (io.rep ? IOIO_REP : 0) |
			IOIO_ADDR(io.addr) | IOIO_SEG(io.seg);
		next = insn.regs.rip + io.len;
	} else {
		info |= IOIO_STRING | IOIO_ADDR(8);
	}
	vmexit(w, EXIT_IOIO, info, next);
	set_u64(w->vmcb, VMCB_NEXT_RIP, next);
	return false;
}

/* ---- others ---- */

bool svm_hlt(struct world *w)
{
	set_u64(w->vmcb, VMCB_NEXT_RIP, world_step_back(w, 1));
	vmexit(w, EXIT_HLT, 0, 0);
	return false;
}

bool svm_sev_status(struct world *w)
{
	struct engine_exit *exit = &w->vcpu->exit;

	if (!w->sev || exit->msr.write || exit->msr.index != MSR_SEV_STATUS)
		return false;
	exit->msr.data = 1 | w->es << 1 | w->snp << 2;
	return true;
}

bool svm_msr(struct world *w)
{
	if (svm_sev_status(w))
		return true;
	w->vcpu->exit.abandon = true;
	set_u64(w->vmcb, VMCB_NEXT_RIP, world_next_rip(w, 2));
	vmexit(w, EXIT_MSR, w->vcpu->exit.msr.write, 0);
	return false;
}

bool svm_cpuid(struct world *w)
{
	w->vcpu->exit.abandon = true;
	set_u64(w->vmcb, VMCB_NEXT_RIP, world_next_rip(w, 2));
	vmexit(w, EXIT_CPUID, 0, 0);
	return false;
}

bool svm_tpr(struct world *w)
{
	const int reg = world_mov_to_cr8(w);

	if (reg < 0)
		vmexit(w, EXIT_INVALID, 0, 0);
	else
		vmexit(w, EXIT_CR_WRITE + 8, CR_VALID | reg, 0);
	return false;
}

/* ---- exceptions ---- */

/* VMRUN to INVLPGA, 0f 01 d8 to 0f 01 df: an intercept comes before #UD. */
static bool svm_insn(struct world *w, uint64_t *code, uint64_t *next)
{
	struct insn insn;
	size_t i = 0;
	uint8_t nr;

	if (!world_fetch(w, &insn))
		return false;
	while (i < insn.len && (insn.code[i] == 0xf2 || insn.code[i] == 0xf3 ||
				insn.code[i] == 0x66 || insn.code[i] == 0x67))
		i++;
	if (i + 3 > insn.len || insn.code[i] != 0x0f || insn.code[i + 1] != 0x01)
		return false;
	nr = insn.code[i + 2] - 0xd8;
	if (nr > 7)
		return false;
	*code = nr == 7 ? EXIT_INVLPGA : EXIT_VMRUN + nr;
	*next = insn.regs.rip + i + 3;
	return true;
}

/* True to go on in the guest, with its exception. */
bool svm_exception(struct world *w)
{
	struct engine_exit *exit = &w->vcpu->exit;
	const uint8_t vector = exit->exception.vector;
	struct kvm_sregs sregs;
	uint64_t code, next;

	if (vector == VECTOR_UD && svm_insn(w, &code, &next)) {
		vmexit(w, code, 0, 0);
		set_u64(w->vmcb, VMCB_NEXT_RIP, next);
		return false;
	}
	if (!(get_u32(w->vmcb, VMCB_INTERCEPT_EXCEPTION) & (1U << vector)))
		return !world_reflect(w);
	/* The intercept is of INT3, the exception comes behind it. */
	if (vector == VECTOR_BP)
		set_u64(w->vmcb, VMCB_NEXT_RIP, world_step_back(w, 1));
	engine->get_sregs(w->vcpu->engine, &sregs);
	vmexit(w, EXIT_EXCEPTION + vector, exit->exception.error,
	       vector == VECTOR_PF ? sregs.cr2 : 0);
	return false;
}
