// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intercepted instructions of guests that are not SEV-ES (AMD APM 2, sections 15.8 to
 * 15.12): IN and OUT, HLT, RDMSR and WRMSR, CPUID, MOV to CR8.  A model: the engine stops at
 * them, and what #VMEXIT tells beyond that is decoded from the guest's code here.
 */
#include <string.h>

#include "base/base.h"
#include "gwalk.h"
#include "hw_svm.h"
#include "vmcb.h"

#define MAX_INSN	15

#define IOIO_IN		(1u << 0)
#define IOIO_STRING	(1u << 2)
#define IOIO_REP	(1u << 3)
#define IOIO_SIZE(size)	((uint32_t)(size) << 4)
#define IOIO_ADDR16	(1u << 7)
#define IOIO_ADDR32	(1u << 8)
#define IOIO_ADDR64	(1u << 9)
#define IOIO_SEG(nr)	((uint32_t)(nr) << 10)
#define IOIO_PORT(port)	((uint32_t)(port) << 16)

#define EFER_LMA	(1ULL << 10)
#define CR_VALID	(1ULL << 63)

#define VECTOR_BP	3
#define VECTOR_UD	6
#define VECTOR_PF	14

#define MSR_SEV_STATUS	0xc0010131

/* ---- code ---- */

struct insn {
	struct kvm_regs regs;
	struct gwalk_cpu cpu;
	bool mode64, mode32;
	uint8_t code[MAX_INSN];		/* at RIP */
	size_t len;			/* of what is there */
};

static bool fetch(struct world *w, struct insn *insn)
{
	struct kvm_sregs sregs;
	struct npt npt;

	memset(insn, 0, sizeof(*insn));
	if (engine->get_regs(w->vcpu->engine, &insn->regs) ||
	    engine->get_sregs(w->vcpu->engine, &sregs))
		return false;
	insn->mode64 = (sregs.efer & EFER_LMA) && sregs.cs.l;
	insn->mode32 = !insn->mode64 && sregs.cs.db;
	insn->cpu = (struct gwalk_cpu){ sregs.cr0, sregs.cr3, sregs.cr4, sregs.efer };
	npt_of(w, &npt);
	insn->len = gwalk_read(&npt, &insn->cpu, insn->mode64 ? insn->regs.rip :
			       (uint32_t)(sregs.cs.base + insn->regs.rip), insn->code, MAX_INSN);
	return insn->len;
}

/* ---- port I/O ---- */

/*
 * What INS has read is KVM's to say, and KVM's to write: an engine that has to finish its own
 * writes what is there already.
 */
static void keep_destination(struct world *w, const struct insn *insn)
{
	struct engine_exit *exit = &w->vcpu->exit;
	struct npt npt;

	npt_of(w, &npt);
	gwalk_read(&npt, &insn->cpu, insn->regs.rdi, exit->io.data, exit->io.size * exit->io.count);
}

struct io_insn {
	uint8_t len, size;
	bool in, string, rep;
	uint32_t addr;			/* IOIO_ADDR* */
	uint8_t seg;
};

static bool decode_io(const struct insn *insn, struct io_insn *io)
{
	bool word = insn->mode64 || insn->mode32 ? false : true, addr = false;
	uint8_t op;
	size_t i;

	*io = (struct io_insn){ .seg = 3 };
	for (i = 0; i < insn->len; i++) {
		op = insn->code[i];
		if (op == 0x66)
			word = insn->mode64 || insn->mode32;
		else if (op == 0x67)
			addr = true;
		else if (op == 0xf2 || op == 0xf3)
			io->rep = true;
		else if (op == 0x64 || op == 0x65)
			io->seg = op - 0x60;
		else if ((op & 0xe7) == 0x26)
			io->seg = op >> 3 & 3;
		else if (!insn->mode64 || (op & 0xf0) != 0x40)
			break;
	}
	if (i == insn->len)
		return false;
	op = insn->code[i++];
	io->size = !(op & 1) ? 1 : word ? 2 : 4;
	if (insn->mode64)
		io->addr = addr ? IOIO_ADDR32 : IOIO_ADDR64;
	else
		io->addr = addr != insn->mode32 ? IOIO_ADDR32 : IOIO_ADDR16;
	switch (op) {
	case 0x6c: case 0x6d: case 0x6e: case 0x6f:
		io->string = true;
		io->in = op < 0x6e;
		break;
	case 0xe4: case 0xe5: case 0xe6: case 0xe7:
		i++;
		/* fall through */
	case 0xec: case 0xed: case 0xee: case 0xef:
		io->in = !(op & 2);
		io->rep = false;
		break;
	default:
		return false;
	}
	io->len = i;
	return true;
}

static bool agrees(const struct engine_exit *exit, const struct io_insn *io)
{
	return io->in == exit->io.in && io->size == exit->io.size;
}

/*
 * An engine that emulates may be behind an OUT already: then that is the instruction before,
 * and the guest's registers but for RIP are still right.
 */
static bool behind_out(struct world *w, struct insn *insn, struct io_insn *io)
{
	const struct engine_exit *exit = &w->vcpu->exit;
	struct kvm_regs regs;

	if (engine->get_regs(w->vcpu->engine, &regs))
		return false;
	for (unsigned int len = 1; len <= 3; len++) {
		uint16_t port;

		regs.rip -= len;
		engine->set_regs(w->vcpu->engine, &regs);
		regs.rip += len;
		if (!fetch(w, insn) || !decode_io(insn, io) || !agrees(exit, io) || io->string ||
		    io->len != len)
			continue;
		port = insn->code[len - 1] & 8 && insn->code[len - 1] >= 0xec ?
		       regs.rdx : insn->code[len - 1];
		if (port == exit->io.port)
			return true;
	}
	engine->set_regs(w->vcpu->engine, &regs);
	return false;
}

/*
 * Where the code cannot be read KVM is told of a string instruction, which it
 * decodes itself.
 */
bool svm_io(struct world *w)
{
	struct engine_exit *exit = &w->vcpu->exit;
	struct io_insn io;
	struct insn insn;
	uint64_t next = 0;
	bool known;
	uint32_t info;

	known = fetch(w, &insn) && decode_io(&insn, &io) && agrees(exit, &io);
	if (!exit->io.in && (!known || io.string) && !engine->unwind(w->vcpu->engine, exit))
		known = fetch(w, &insn) && decode_io(&insn, &io) && agrees(exit, &io);
	if (!known && !exit->io.in)
		known = behind_out(w, &insn, &io);
	if (known && io.in && io.string)
		keep_destination(w, &insn);
	exit->abandon = true;
	info = IOIO_SIZE(exit->io.size) | IOIO_PORT(exit->io.port) | (exit->io.in ? IOIO_IN : 0);
	if (known) {
		info |= (io.string ? IOIO_STRING : 0) | (io.rep ? IOIO_REP : 0) | io.addr |
			IOIO_SEG(io.seg);
		next = insn.regs.rip + io.len;
	} else {
		info |= IOIO_STRING | IOIO_ADDR64;
	}
	vmexit(w, EXIT_IOIO, info, next);
	set_u64(w->vmcb, VMCB_NEXT_RIP, next);
	return false;
}

/* ---- others ---- */

static void next_rip(struct world *w, unsigned int len)
{
	struct kvm_regs regs;

	set_u64(w->vmcb, VMCB_NEXT_RIP,
		engine->get_regs(w->vcpu->engine, &regs) ? 0 : regs.rip + len);
}

/* The instruction was done by the engine: back to it. */
static void step_back(struct world *w, unsigned int len)
{
	struct kvm_regs regs;

	if (engine->get_regs(w->vcpu->engine, &regs))
		return;
	set_u64(w->vmcb, VMCB_NEXT_RIP, regs.rip);
	regs.rip -= len;
	engine->set_regs(w->vcpu->engine, &regs);
}

bool svm_hlt(struct world *w)
{
	step_back(w, 1);
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
	next_rip(w, 2);
	vmexit(w, EXIT_MSR, w->vcpu->exit.msr.write, 0);
	return false;
}

bool svm_cpuid(struct world *w)
{
	w->vcpu->exit.abandon = true;
	next_rip(w, 2);
	vmexit(w, EXIT_CPUID, 0, 0);
	return false;
}

/* MOV to CR8 has four bytes, 44 0f 22 and the register, unless it has odd prefixes, too. */
bool svm_tpr(struct world *w)
{
	struct insn insn;
	unsigned int reg;

	step_back(w, 4);
	if (!fetch(w, &insn) || insn.len < 4 || (insn.code[0] & 0xfe) != 0x44 ||
	    insn.code[1] != 0x0f || insn.code[2] != 0x22) {
		inproc_not_driven("a MOV to CR8 of other than four bytes");
		vmexit(w, EXIT_INVALID, 0, 0);
		return false;
	}
	reg = (insn.code[3] & 7) | (insn.code[0] & 1) << 3;
	w->keep_tpr = true;
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

	if (!fetch(w, &insn))
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
	struct kvm_vcpu_events events = { .exception = {
		.injected = 1, .nr = vector, .error_code = exit->exception.error,
		.has_error_code = vector == 8 || (vector >= 10 && vector <= 14) || vector == 17,
	} };
	struct kvm_sregs sregs;
	uint64_t code, next;

	if (vector == VECTOR_UD && svm_insn(w, &code, &next)) {
		vmexit(w, code, 0, 0);
		set_u64(w->vmcb, VMCB_NEXT_RIP, next);
		return false;
	}
	if (!(get_u32(w->vmcb, VMCB_INTERCEPT_EXCEPTION) & (1U << vector)))
		return !engine->set_events(w->vcpu->engine, &events);
	/* The intercept is of INT3, the exception comes behind it. */
	if (vector == VECTOR_BP)
		step_back(w, 1);
	engine->get_sregs(w->vcpu->engine, &sregs);
	vmexit(w, EXIT_EXCEPTION + vector, exit->exception.error,
	       vector == VECTOR_PF ? sregs.cr2 : 0);
	return false;
}
