// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where KVM emulates instructions, a write to memory that is missing comes out when the
 * instruction is done, but for the write.  Who is to see the CPU as hardware shows it, with
 * the instruction before it, finds it here: its end is known, and its address and
 * data have to agree with what KVM says was written.
 *
 * What is told of: MOV to memory, STOS and MOVS, of 64-bit and of 32-bit code.  Read, modify
 * and write come out at the read where nothing can be read, with nothing done.
 */
#include <string.h>

#include "engine/gpr.h"
#include "kvm_engine.h"

#define MAX_INSN	15

#define EFER_LMA	(1ULL << 10)
#define RFLAGS_DF	(1ULL << 10)

struct store {
	uint8_t len;			/* of the instruction */
	uint8_t size;			/* bytes that it writes */
	bool string, rep, movs;
	uint64_t addr;			/* linear */
	uint64_t value;			/* but for MOVS */
};

struct cpu {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	bool mode64;
};

static uint64_t gpr(const struct cpu *cpu, unsigned int nr)
{
	return *gpr_of(&cpu->regs, nr);
}

struct prefixes {
	bool word, addr32, rep;
	uint8_t segment;		/* 0x64, 0x65, or 0 */
	uint8_t rex;
};

static const uint8_t *read_prefixes(const struct cpu *cpu, const uint8_t *at, struct prefixes *p)
{
	memset(p, 0, sizeof(*p));
	for (;; at++) {
		switch (*at) {
		case 0x66:
			p->word = true;
			continue;
		case 0x67:
			p->addr32 = true;
			continue;
		case 0xf2: case 0xf3:
			p->rep = true;
			continue;
		case 0x64: case 0x65:
			p->segment = *at;
			continue;
		case 0x26: case 0x2e: case 0x36: case 0x3e:
			continue;
		}
		break;
	}
	if (cpu->mode64 && (*at & 0xf0) == 0x40)
		p->rex = *at++;
	return at;
}

/* The memory operand at @at; what follows it, or NULL: it is a register. */
static const uint8_t *read_operand(const struct cpu *cpu, const struct prefixes *p,
				   const uint8_t *at, uint64_t end_rip, uint64_t *addr)
{
	const uint8_t modrm = *at++, mod = modrm >> 6;
	unsigned int base = modrm & 7, index;
	uint64_t sum = 0;
	int32_t disp = 0;
	uint8_t sib;

	if (mod == 3)
		return NULL;
	if (base == 4) {
		sib = *at++;
		base = sib & 7;
		index = ((sib >> 3) & 7) | (p->rex & 2) << 2;
		if (index != 4)
			sum += gpr(cpu, index) << (sib >> 6);
		if (base != 5 || mod)
			sum += gpr(cpu, base | (p->rex & 1) << 3);
	} else if (base != 5 || mod) {
		sum += gpr(cpu, base | (p->rex & 1) << 3);
	} else if (cpu->mode64) {
		sum += end_rip;
	}
	if (mod == 1) {
		disp = (int8_t)*at++;
	} else if (mod == 2 || base == 5) {
		memcpy(&disp, at, sizeof(disp));
		at += sizeof(disp);
	}
	sum += (int64_t)disp;
	*addr = p->addr32 || !cpu->mode64 ? (uint32_t)sum : sum;
	return at;
}

static uint64_t segment_base(const struct cpu *cpu, const struct prefixes *p)
{
	if (p->segment == 0x64)
		return cpu->sregs.fs.base;
	if (p->segment == 0x65)
		return cpu->sregs.gs.base;
	return cpu->mode64 ? 0 : cpu->sregs.ds.base;
}

/* Of a register as an operand of @size bytes; AH to BH are told by the lack of REX. */
static uint64_t operand(const struct cpu *cpu, const struct prefixes *p, unsigned int nr,
			unsigned int size)
{
	if (size == 1 && !p->rex && nr >= 4)
		return gpr(cpu, nr - 4) >> 8;
	return gpr(cpu, nr);
}

/* The instruction at @code, which ends at @end_rip if it is a MOV; false: none of ours. */
static bool decode(const struct cpu *cpu, const uint8_t *code, uint64_t end_rip, struct store *s)
{
	const uint8_t *at;
	struct prefixes p;
	uint8_t opcode;
	int32_t imm = 0;
	size_t imm_size;

	memset(s, 0, sizeof(*s));
	at = read_prefixes(cpu, code, &p);
	opcode = *at++;
	s->size = !(opcode & 1) ? 1 : p.rex & 8 ? 8 : p.word ? 2 : 4;
	switch (opcode) {
	case 0x88: case 0x89:
		s->value = operand(cpu, &p, ((*at >> 3) & 7) | (p.rex & 4) << 1, s->size);
		at = read_operand(cpu, &p, at, end_rip, &s->addr);
		break;
	case 0xc6: case 0xc7:
		imm_size = s->size < 4 ? s->size : 4;
		if (*at & 0x38)
			return false;
		at = read_operand(cpu, &p, at, end_rip, &s->addr);
		if (!at)
			return false;
		memcpy(&imm, at, imm_size);
		s->value = (int64_t)imm;
		at += imm_size;
		break;
	case 0xa4: case 0xa5:
	case 0xaa: case 0xab:
		s->string = true;
		s->movs = opcode < 0xaa;
		s->rep = p.rep;
		/* It has stepped on. */
		s->addr = cpu->regs.rdi + (cpu->regs.rflags & RFLAGS_DF ? s->size : -s->size);
		s->value = cpu->regs.rax;
		break;
	default:
		return false;
	}
	if (!at)
		return false;
	if (!s->string)
		s->addr += segment_base(cpu, &p);
	s->len = at - code;
	return s->len <= MAX_INSN;
}

static bool translate(struct engine_vcpu *vcpu, uint64_t va, uint64_t *gpa)
{
	struct kvm_translation tr = { .linear_address = va };

	if (kvm_ioctl(vcpu->fd, KVM_TRANSLATE, &tr) || !tr.valid)
		return false;
	*gpa = tr.physical_address;
	return true;
}

/* Did @s write what @exit says, all of it in one page, or the first or last part of it? */
static bool agrees(struct engine_vcpu *vcpu, const struct engine_exit *exit, const struct store *s)
{
	const unsigned int to_end = PAGE_SIZE - (s->addr & (PAGE_SIZE - 1));
	const unsigned int first = s->size < to_end ? s->size : to_end;
	unsigned int part = 0;
	uint64_t gpa;

	/* The second page's part, if only that is missing */
	if ((s->addr ^ exit->mem.gpa) & (PAGE_SIZE - 1)) {
		part = first;
		if (part >= s->size || exit->mem.gpa & (PAGE_SIZE - 1))
			return false;
	}
	if (exit->mem.len != (part ? s->size - part : first))
		return false;
	if (!translate(vcpu, s->addr + part, &gpa) || gpa != exit->mem.gpa)
		return false;
	return s->movs || !memcmp((const char *)&s->value + part, exit->mem.data, exit->mem.len);
}

/* Bytes of code at @va; what is not there is zeroed. */
static void read_code(struct engine_vcpu *vcpu, uint64_t va, uint8_t *to, size_t len)
{
	size_t part;
	uint64_t gpa;
	void *hva;

	memset(to, 0, len);
	for (; len; va += part, to += part, len -= part) {
		part = PAGE_SIZE - (va & (PAGE_SIZE - 1));
		part = part < len ? part : len;
		hva = translate(vcpu, va, &gpa) ? kvm_gpa_to_hva(vcpu->vm, gpa, part, false) : NULL;
		if (hva)
			memcpy(to, hva, part);
	}
}

static bool find(struct engine_vcpu *vcpu, const struct cpu *cpu, const struct engine_exit *exit,
		 struct store *s)
{
	/* What lies before RIP, behind it, and room for a decoder to run on. */
	uint8_t code[4 * MAX_INSN] = { 0 };
	const uint64_t base = cpu->mode64 ? 0 : cpu->sregs.cs.base;
	unsigned int len;

	read_code(vcpu, base + cpu->regs.rip - MAX_INSN, code, 2 * MAX_INSN);
	/* One that repeats has RIP on it until it is all done. */
	if (decode(cpu, code + MAX_INSN, cpu->regs.rip, s) && s->rep && agrees(vcpu, exit, s))
		return true;
	/* Without its prefixes it may be one, too: the longest. */
	for (len = MAX_INSN; len; len--)
		if (decode(cpu, code + MAX_INSN - len, cpu->regs.rip, s) && s->len == len &&
		    !s->rep && agrees(vcpu, exit, s))
			return true;
	return false;
}

int engine_kvm_unwind(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	struct store store;
	struct cpu cpu;
	int64_t step;
	int r;

	if (exit->reason != ENGINE_EXIT_MEM || !exit->mem.retired || !vcpu->open)
		return -EINVAL;
	r = engine_kvm_get_regs(vcpu, &cpu.regs);
	if (!r)
		r = engine_kvm_get_sregs(vcpu, &cpu.sregs);
	if (r)
		return r;
	cpu.mode64 = (cpu.sregs.efer & EFER_LMA) && cpu.sregs.cs.l;
	if ((!cpu.mode64 && !cpu.sregs.cs.db) || !find(vcpu, &cpu, exit, &store))
		return -ENOENT;

	if (store.string) {
		step = cpu.regs.rflags & RFLAGS_DF ? store.size : -store.size;
		cpu.regs.rdi += step;
		cpu.regs.rsi += store.movs ? step : 0;
		cpu.regs.rcx += store.rep;
	}
	if (!store.rep)
		cpu.regs.rip -= store.len;
	r = engine_kvm_set_regs(vcpu, &cpu.regs);
	if (!r) {
		exit->mem.retired = false;
		vcpu->undone = true;
	}
	return r;
}
