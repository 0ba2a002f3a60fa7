// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's code at an exit: what an exit tells of an intercepted instruction beyond that
 * it came is decoded here.
 */
#include <string.h>

#include "base/base.h"
#include "world.h"

#define EFER_LMA	(1ULL << 10)

bool world_fetch(struct world *w, struct insn *insn)
{
	struct kvm_sregs sregs;

	memset(insn, 0, sizeof(*insn));
	if (engine->get_regs(w->vcpu->engine, &insn->regs) ||
	    engine->get_sregs(w->vcpu->engine, &sregs))
		return false;
	insn->mode64 = (sregs.efer & EFER_LMA) && sregs.cs.l;
	insn->mode32 = !insn->mode64 && sregs.cs.db;
	insn->cpu = (struct gwalk_cpu){ sregs.cr0, sregs.cr3, sregs.cr4, sregs.efer };
	insn->len = gwalk_read(&w->npt, &insn->cpu, insn->mode64 ? insn->regs.rip :
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

	gwalk_read(&w->npt, &insn->cpu, insn->regs.rdi, exit->io.data, exit->io.size * exit->io.count);
}

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
		io->addr = addr ? 4 : 8;
	else
		io->addr = addr != insn->mode32 ? 4 : 2;
	switch (op) {
	case 0x6c: case 0x6d: case 0x6e: case 0x6f:
		io->string = true;
		io->in = op < 0x6e;
		break;
	case 0xe4: case 0xe5: case 0xe6: case 0xe7:
		io->imm = true;
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
		if (!world_fetch(w, insn) || !decode_io(insn, io) || !agrees(exit, io) || io->string ||
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

bool world_io(struct world *w, struct insn *insn, struct io_insn *io)
{
	struct engine_exit *exit = &w->vcpu->exit;
	bool known = world_fetch(w, insn) && decode_io(insn, io) && agrees(exit, io);

	if (!exit->io.in && (!known || io->string) && !engine->unwind(w->vcpu->engine, exit))
		known = world_fetch(w, insn) && decode_io(insn, io) && agrees(exit, io);
	if (!known && !exit->io.in)
		known = behind_out(w, insn, io);
	if (known && io->in && io->string)
		keep_destination(w, insn);
	exit->abandon = true;
	return known;
}

/* ---- others ---- */

uint64_t world_next_rip(struct world *w, unsigned int len)
{
	struct kvm_regs regs;

	return engine->get_regs(w->vcpu->engine, &regs) ? 0 : regs.rip + len;
}

uint64_t world_step_back(struct world *w, unsigned int len)
{
	struct kvm_regs regs;

	if (engine->get_regs(w->vcpu->engine, &regs))
		return 0;
	regs.rip -= len;
	engine->set_regs(w->vcpu->engine, &regs);
	return regs.rip + len;
}

/* It has four bytes, 44 0f 22 and the register, unless it has odd prefixes, too. */
int world_mov_to_cr8(struct world *w)
{
	struct insn insn;

	world_step_back(w, 4);
	if (!world_fetch(w, &insn) || insn.len < 4 || (insn.code[0] & 0xfe) != 0x44 ||
	    insn.code[1] != 0x0f || insn.code[2] != 0x22) {
		inproc_not_driven("a MOV to CR8 of other than four bytes");
		return -1;
	}
	w->keep_tpr = true;
	return (insn.code[3] & 7) | (insn.code[0] & 1) << 3;
}
