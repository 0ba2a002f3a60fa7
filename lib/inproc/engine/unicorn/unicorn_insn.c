// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that Unicorn's CPU is not asked to do: those that a VMM
 * intercepts (port I/O, HLT, CPUID, MSRs) and those that touch paging, which is
 * ours.  RIP stays on an instruction until it is complete.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/cpuid2.h"
#include "unicorn_engine.h"

#define RFLAGS_DF	(1ULL << 10)

#define KVM_ENOSYS	1000

/* JMP ptr16:32; not in 64-bit code. */
#define FAR_JUMP	0xea
/* Behind 0f 01 */
#define RDTSCP		0xf9

enum op {
	OP_NONE,
	OP_IN,
	OP_OUT,
	OP_INS,
	OP_OUTS,
	OP_HLT,
	OP_CPUID,
	OP_RDMSR,
	OP_WRMSR,
	OP_MOV_FROM_CR,
	OP_MOV_TO_CR,
	OP_HYPERCALL,
	OP_INVLPG,
	OP_FAR_JUMP,
	OP_RDTSC,
	OP_RDTSCP,
};

struct insn {
	enum op op;
	uint8_t len;
	uint8_t size;			/* of an I/O operand, bytes */
	bool imm;			/* port in the instruction, else in DX */
	bool rep;
	uint8_t port;
	uint8_t reg, cr;		/* MOV CRn */
	uint32_t offset;		/* far jump */
	uint16_t selector;
};

static const int gpr[16] = {
	UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX,
	UC_X86_REG_RSP, UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI,
	UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11,
	UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15,
};

/* ---- decoding ---- */

/* Opcodes of one byte, by operation; the others are OP_NONE. */
static const uint8_t one_byte[256] = {
	[0x6c] = OP_INS, [0x6d] = OP_INS, [0x6e] = OP_OUTS, [0x6f] = OP_OUTS,
	[0xe4] = OP_IN, [0xe5] = OP_IN, [0xe6] = OP_OUT, [0xe7] = OP_OUT,
	[0xec] = OP_IN, [0xed] = OP_IN, [0xee] = OP_OUT, [0xef] = OP_OUT,
	[0xf4] = OP_HLT,
};

/* Those behind 0f; 01 is a group, told apart by what follows. */
static const uint8_t two_byte[256] = {
	[0x01] = OP_INVLPG, [0x20] = OP_MOV_FROM_CR, [0x22] = OP_MOV_TO_CR,
	[0x30] = OP_WRMSR, [0x31] = OP_RDTSC, [0x32] = OP_RDMSR, [0xa2] = OP_CPUID,
};

static bool is_prefix(uint8_t byte, bool mode32)
{
	/* REX; in 32-bit code INC and DEC. */
	if (byte >= 0x40 && byte <= 0x4f)
		return !mode32;
	switch (byte) {
	case 0x26: case 0x2e: case 0x36: case 0x3e:
	case 0x64 ... 0x67:
	case 0xf0: case 0xf2: case 0xf3:
		return true;
	}
	return false;
}

bool unicorn_is_ours(const uint8_t *code, size_t len, bool mode32)
{
	size_t i = 0;

	while (i < len && is_prefix(code[i], mode32))
		i++;
	if (i >= len)
		return false;
	if (code[i] == FAR_JUMP)
		return mode32;
	if (code[i] != 0x0f)
		return one_byte[code[i]] != OP_NONE;
	if (i + 1 >= len || two_byte[code[i + 1]] == OP_NONE)
		return false;
	if (code[i + 1] != 0x01)
		return true;
	/* Of group 7: VMCALL, VMMCALL, RDTSCP, and INVLPG with its memory operand. */
	return i + 2 < len && (code[i + 2] == 0xc1 || code[i + 2] == 0xd9 ||
			       code[i + 2] == RDTSCP ||
			       ((code[i + 2] & 0x38) == 0x38 && code[i + 2] < 0xc0));
}

/* Bytes of ModRM, SIB and displacement of a memory operand. */
static uint8_t modrm_len(uint8_t modrm, uint8_t sib)
{
	uint8_t mod = modrm >> 6, rm = modrm & 7, len = 1;

	if (rm == 4) {
		len++;
		if (!mod && (sib & 7) == 5)
			len += 4;
	} else if (!mod && rm == 5) {
		len += 4;
	}
	return len + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

static void decode_two_byte(const uint8_t *code, uint8_t rex, struct insn *insn)
{
	insn->op = two_byte[code[0]];
	insn->len += 1;
	switch (insn->op) {
	case OP_MOV_FROM_CR:
	case OP_MOV_TO_CR:
		insn->cr = ((code[1] >> 3) & 7) | ((rex & 4) << 1);
		insn->reg = (code[1] & 7) | ((rex & 1) << 3);
		insn->len += 1;
		break;
	case OP_INVLPG:
		if (code[1] >= 0xc0) {
			insn->op = code[1] == RDTSCP ? OP_RDTSCP : OP_HYPERCALL;
			insn->len += 1;
		} else {
			insn->len += modrm_len(code[1], code[2]);
		}
		break;
	default:
		break;
	}
}

static void decode(const uint8_t *code, bool mode32, struct insn *insn)
{
	bool word = false;
	uint8_t rex = 0, i = 0;

	memset(insn, 0, sizeof(*insn));
	for (; is_prefix(code[i], mode32) && i < MAX_INSN - 4; i++) {
		rex = !mode32 && (code[i] & 0xf0) == 0x40 ? code[i] : 0;
		word |= code[i] == 0x66;
		insn->rep |= code[i] == 0xf2 || code[i] == 0xf3;
	}
	insn->len = i + 1;
	if (code[i] == 0x0f) {
		decode_two_byte(code + i + 1, rex, insn);
		return;
	}
	if (mode32 && code[i] == FAR_JUMP && !word) {
		insn->op = OP_FAR_JUMP;
		memcpy(&insn->offset, code + i + 1, sizeof(insn->offset));
		memcpy(&insn->selector, code + i + 5, sizeof(insn->selector));
		return;
	}
	insn->op = one_byte[code[i]];
	if (insn->op == OP_HLT)
		return;
	insn->size = !(code[i] & 1) ? 1 : word ? 2 : 4;
	insn->imm = code[i] >= 0xe4 && code[i] <= 0xe7;
	if (insn->imm) {
		insn->port = code[i + 1];
		insn->len++;
	}
}

/* ---- port I/O ---- */

static int64_t step(struct engine_vcpu *vcpu, uint8_t size)
{
	return unicorn_reg(vcpu, UC_X86_REG_RFLAGS) & RFLAGS_DF ? -(int64_t)size : size;
}

/* How many elements one exit carries: INS reads ahead, as KVM's emulator does. */
static uint32_t ins_count(struct engine_vcpu *vcpu, const struct insn *insn)
{
	uint64_t rdi = unicorn_reg(vcpu, UC_X86_REG_RDI), left;
	uint64_t rcx = unicorn_reg(vcpu, UC_X86_REG_RCX);

	if (!insn->rep)
		return 1;
	if (step(vcpu, insn->size) < 0)
		left = (rdi & (PAGE_SIZE - 1)) + insn->size;
	else
		left = PAGE_SIZE - (rdi & (PAGE_SIZE - 1));
	left /= insn->size;
	if (left < 1)
		left = 1;
	return rcx < left ? rcx : left;
}

static bool start_io(struct engine_vcpu *vcpu, struct engine_exit *exit, const struct insn *insn)
{
	const bool in = insn->op == OP_IN || insn->op == OP_INS;
	const bool string = insn->op == OP_INS || insn->op == OP_OUTS;
	struct access access;
	enum walk_result r;
	struct walk walk;
	uint64_t rax;

	if (string && insn->rep && !unicorn_reg(vcpu, UC_X86_REG_RCX)) {
		vcpu->rip += insn->len;
		return false;
	}
	if (insn->op == OP_OUTS) {
		r = unicorn_virt(vcpu, unicorn_reg(vcpu, UC_X86_REG_RSI), vcpu->io_data,
				 insn->size, false, &access, &walk);
		if (r != WALK_OK)
			return unicorn_access_failed(vcpu, exit, &access, r, &walk);
	} else if (insn->op == OP_OUT) {
		rax = unicorn_reg(vcpu, UC_X86_REG_RAX);
		memcpy(vcpu->io_data, &rax, insn->size);
	}
	exit->reason = ENGINE_EXIT_IO;
	exit->io.in = in;
	exit->io.size = insn->size;
	exit->io.port = insn->imm ? insn->port : (uint16_t)unicorn_reg(vcpu, UC_X86_REG_RDX);
	exit->io.count = insn->op == OP_INS ? ins_count(vcpu, insn) : 1;
	exit->io.data = vcpu->io_data;
	vcpu->io = (struct io_state){ vcpu->rip, insn->len, string, insn->rep };
	return true;
}

static bool complete_string(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	const int reg = exit->io.in ? UC_X86_REG_RDI : UC_X86_REG_RSI;
	const int64_t delta = step(vcpu, exit->io.size);
	uint64_t rcx = unicorn_reg(vcpu, UC_X86_REG_RCX), at = unicorn_reg(vcpu, reg);
	enum walk_result r = WALK_OK;
	struct access access;
	struct walk walk;
	uint32_t i;

	/* The VMM may have changed RCX: never go past what the guest now asks for. */
	for (i = 0; i < exit->io.count && (!vcpu->io.rep || rcx); i++) {
		if (exit->io.in)
			r = unicorn_virt(vcpu, at, vcpu->io_data + i * exit->io.size,
					 exit->io.size, true, &access, &walk);
		if (r != WALK_OK)
			break;
		at += delta;
		if (vcpu->io.rep)
			rcx--;
	}
	unicorn_set_reg(vcpu, reg, at);
	if (vcpu->io.rep)
		unicorn_set_reg(vcpu, UC_X86_REG_RCX, rcx);
	if (r != WALK_OK)
		return unicorn_access_failed(vcpu, exit, &access, r, &walk);
	if (!vcpu->io.rep || !rcx)
		vcpu->rip += vcpu->io.len;
	return false;
}

static bool complete_io(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	uint64_t rax, value = 0;

	/* The VMM went elsewhere: the instruction is off, as in KVM. */
	if (vcpu->rip != vcpu->io.rip)
		return false;
	if (vcpu->io.string)
		return complete_string(vcpu, exit);
	if (exit->io.in) {
		rax = unicorn_reg(vcpu, UC_X86_REG_RAX);
		memcpy(&value, vcpu->io_data, exit->io.size);
		/* AL and AX leave the rest of RAX alone, EAX clears it. */
		if (exit->io.size < 4)
			value |= rax & ~((1ULL << (8 * exit->io.size)) - 1);
		unicorn_set_reg(vcpu, UC_X86_REG_RAX, value);
	}
	vcpu->rip += vcpu->io.len;
	return false;
}

void unicorn_open(struct engine_vcpu *vcpu, uint8_t len)
{
	vcpu->io = (struct io_state){ .rip = vcpu->rip, .len = len };
}

/* ---- the rest ---- */

static void do_cpuid(struct engine_vcpu *vcpu)
{
	const struct kvm_cpuid_entry2 *e;

	e = cpuid2_find(vcpu->cpuid, (uint32_t)unicorn_reg(vcpu, UC_X86_REG_RAX),
			(uint32_t)unicorn_reg(vcpu, UC_X86_REG_RCX));
	unicorn_set_reg(vcpu, UC_X86_REG_RAX, e ? e->eax : 0);
	unicorn_set_reg(vcpu, UC_X86_REG_RBX, e ? e->ebx : 0);
	unicorn_set_reg(vcpu, UC_X86_REG_RCX, e ? e->ecx : 0);
	unicorn_set_reg(vcpu, UC_X86_REG_RDX, e ? e->edx : 0);
}

/* The control register, or NULL: there is none. */
static __u64 *cr_of(struct engine_vcpu *vcpu, uint8_t nr)
{
	switch (nr) {
	case 0:
		return &vcpu->sregs.cr0;
	case 2:
		return &vcpu->sregs.cr2;
	case 3:
		return &vcpu->sregs.cr3;
	case 4:
		return &vcpu->sregs.cr4;
	case 8:
		return &vcpu->sregs.cr8;
	}
	return NULL;
}

/* The instruction of @len bytes that moves @value there; true: it came to an exit. */
static bool write_cr(struct engine_vcpu *vcpu, struct engine_exit *exit, uint8_t nr,
		     uint64_t value, uint8_t len)
{
	const uint64_t old_cr8 = vcpu->sregs.cr8;

	if (nr == 0 && !unicorn_new_cr0(vcpu, value))
		return unicorn_fail(vcpu, exit, "guest leaves protected or long mode, or pages "
				    "without long mode: CR0 = 0x%llx", (unsigned long long)value);
	/* Bit 63 only says not to flush. */
	*cr_of(vcpu, nr) = nr == 3 ? value & ~(1ULL << 63) : value;
	if (nr != 2 && nr != 8)
		unicorn_flush(vcpu);
	vcpu->rip += len;
	if (vcpu->sregs.cr8 >= old_cr8 || !(vcpu->traps & ENGINE_TRAP_TPR))
		return false;
	exit->reason = ENGINE_EXIT_TPR;
	return true;
}

static bool move_cr(struct engine_vcpu *vcpu, struct engine_exit *exit, const struct insn *insn)
{
	const __u64 *cr = cr_of(vcpu, insn->cr);
	uint64_t value;

	if (!cr)
		return unicorn_exception(vcpu, exit, VECTOR_UD, 0);
	if (insn->op == OP_MOV_FROM_CR) {
		unicorn_set_reg(vcpu, gpr[insn->reg], *cr);
		vcpu->rip += insn->len;
		return false;
	}
	value = unicorn_reg(vcpu, gpr[insn->reg]);
	if (!(vcpu->traps & ENGINE_TRAP_CR) || (insn->cr && insn->cr != 4))
		return write_cr(vcpu, exit, insn->cr, value, insn->len);
	exit->reason = ENGINE_EXIT_CR;
	exit->cr.nr = insn->cr;
	exit->cr.reg = insn->reg;
	exit->cr.len = insn->len;
	exit->cr.value = value;
	unicorn_open(vcpu, insn->len);
	return true;
}

bool unicorn_complete(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	switch (exit->reason) {
	case ENGINE_EXIT_IO:
		return complete_io(vcpu, exit);
	case ENGINE_EXIT_MSR:
		return unicorn_complete_msr(vcpu, exit);
	case ENGINE_EXIT_CR:
		if (vcpu->rip != vcpu->io.rip)
			return false;
		return write_cr(vcpu, exit, exit->cr.nr, exit->cr.value, exit->cr.len);
	default:
		return false;
	}
}

bool unicorn_insn(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	uint8_t code[MAX_INSN] = { 0 };
	struct access access;
	struct insn insn;
	struct walk walk;
	size_t first = PAGE_SIZE - (vcpu->rip & (PAGE_SIZE - 1));
	uint64_t tsc;

	/* It has been fetched, so its own page is there; the next need not be. */
	if (first > sizeof(code))
		first = sizeof(code);
	unicorn_virt(vcpu, vcpu->rip, code, first, false, &access, &walk);
	if (first < sizeof(code))
		unicorn_virt(vcpu, vcpu->rip + first, code + first, sizeof(code) - first, false,
			     &access, &walk);
	decode(code, vcpu->mode32, &insn);

	switch (insn.op) {
	case OP_IN:
	case OP_OUT:
	case OP_INS:
	case OP_OUTS:
		return start_io(vcpu, exit, &insn);
	case OP_RDMSR:
	case OP_WRMSR:
		return unicorn_msr_insn(vcpu, exit, insn.op == OP_WRMSR, insn.len);
	case OP_MOV_FROM_CR:
	case OP_MOV_TO_CR:
		return move_cr(vcpu, exit, &insn);
	case OP_HLT:
		vcpu->rip += insn.len;
		exit->reason = ENGINE_EXIT_HLT;
		return true;
	case OP_CPUID:
		if (vcpu->traps & ENGINE_TRAP_CPUID) {
			exit->reason = ENGINE_EXIT_CPUID;
			unicorn_open(vcpu, insn.len);
			return true;
		}
		do_cpuid(vcpu);
		break;
	case OP_FAR_JUMP:
		return unicorn_far_jump(vcpu, exit, insn.selector, insn.offset);
	case OP_HYPERCALL:
		if (vcpu->exceptions & (1U << VECTOR_UD))
			return unicorn_exception(vcpu, exit, VECTOR_UD, 0);
		/* No hypercall of KVM's own is offered: what it answers to an unknown one. */
		unicorn_set_reg(vcpu, UC_X86_REG_RAX, (uint64_t)-KVM_ENOSYS);
		break;
	case OP_INVLPG:
		unicorn_flush(vcpu);
		break;
	case OP_RDTSCP:
		unicorn_set_reg(vcpu, UC_X86_REG_RCX, (uint32_t)unicorn_tsc_aux(vcpu));
		/* fall through */
	case OP_RDTSC:
		tsc = unicorn_tsc(vcpu);
		unicorn_set_reg(vcpu, UC_X86_REG_RAX, (uint32_t)tsc);
		unicorn_set_reg(vcpu, UC_X86_REG_RDX, tsc >> 32);
		break;
	case OP_NONE:
		return unicorn_fail(vcpu, exit, "instruction %02x %02x %02x not understood",
				    code[0], code[1], code[2]);
	}
	vcpu->rip += insn.len;
	return false;
}
