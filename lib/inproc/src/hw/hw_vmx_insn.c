// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions and exceptions that come to a VM exit (Intel SDM volume 3, "Instructions That
 * Cause VM Exits", "Information for VM Exits Due to Instruction Execution").  A model.
 */
#include <string.h>

#include "base/base.h"
#include "hw_vmx.h"

#define MSR_TSC		0x10
#define CR4_OSXSAVE	(1ULL << 18)

#define VECTOR_DB	1
#define VECTOR_BP	3
#define VECTOR_OF	4
#define VECTOR_UD	6
#define VECTOR_PF	14

#define IO_IN		(1u << 3)
#define IO_STRING	(1u << 4)
#define IO_REP		(1u << 5)
#define IO_IMMEDIATE	(1u << 6)

/* Where the code cannot be read KVM is told of a string instruction, which it decodes itself. */
bool vmx_io(struct world *w)
{
	const struct engine_exit *exit = &w->vcpu->exit;
	uint32_t info = (exit->io.size - 1) | (uint32_t)exit->io.port << 16 |
			(exit->io.in ? IO_IN : 0);
	struct io_insn io = { 0 };
	struct insn insn;

	if (world_io(w, &insn, &io))
		info |= (io.string ? IO_STRING : 0) | (io.rep ? IO_REP : 0) |
			(io.imm ? IO_IMMEDIATE : 0);
	else
		info |= IO_STRING;
	vmx_insn_exit(w, VMX_IO, info, io.len);
	return false;
}

bool vmx_hlt(struct world *w)
{
	world_step_back(w, 1);
	vmx_insn_exit(w, VMX_HLT, 0, 1);
	return false;
}

/* Engines stop at more than the bitmap says (vmx_trap_msrs()). */
bool vmx_msr(struct world *w)
{
	struct engine_exit *exit = &w->vcpu->exit;
	bool on;

	if (!vmx_msr_exits(w, exit->msr.index, exit->msr.write)) {
		if (exit->msr.index == MSR_TSC && !exit->msr.write) {
			exit->msr.data = __builtin_ia32_rdtsc() + vmx_tsc_offset(w);
			return true;
		}
		if (vmx_apic_msr(w, &on))
			return on;
	}
	exit->abandon = true;
	vmx_insn_exit(w, exit->msr.write ? VMX_WRMSR : VMX_RDMSR, 0, 2);
	return false;
}

/* MOV to CR0 or CR4: an exit if a bit that is the host's is to differ from the read shadow. */
bool vmx_cr(struct world *w)
{
	struct engine_exit *exit = &w->vcpu->exit;
	const bool cr4 = exit->cr.nr == 4;
	const uint64_t owned = vmcs_get(w->vmcs, cr4 ? VMCS_CR4_MASK : VMCS_CR0_MASK);
	const uint64_t shadow = vmcs_get(w->vmcs, cr4 ? VMCS_CR4_SHADOW : VMCS_CR0_SHADOW);

	if (!((exit->cr.value ^ shadow) & owned))
		return true;
	exit->abandon = true;
	vmx_insn_exit(w, VMX_CR, exit->cr.nr | exit->cr.reg << 8, exit->cr.len);
	return false;
}

/* ---- instructions that an engine does not have ---- */

struct modrm {
	uint8_t mod, reg, rm;
	uint8_t scale, index, base;
	bool has_index, has_base;
	int64_t displacement;
	uint8_t seg, addr;		/* address size: 0, 1, 2 for 16, 32, 64 bits */
};

/* @at the ModR/M byte; where the instruction ends, which has no immediate, or 0. */
static size_t decode_modrm(const struct insn *insn, size_t at, uint8_t rex, struct modrm *m)
{
	const uint8_t *code = insn->code;
	unsigned int bytes;
	int32_t disp32;

	if (at >= insn->len)
		return 0;
	m->mod = code[at] >> 6;
	m->reg = (code[at] >> 3 & 7) | (rex & 4) << 1;
	m->rm = (code[at] & 7) | (rex & 1) << 3;
	m->base = m->rm;
	m->has_base = true;
	bytes = m->mod == 1 ? 1 : m->mod == 2 ? 4 : 0;
	at++;
	if (m->mod != 3 && (m->rm & 7) == 4 && at < insn->len) {
		m->scale = code[at] >> 6;
		m->index = (code[at] >> 3 & 7) | (rex & 2) << 2;
		m->has_index = m->index != 4;
		m->base = (code[at] & 7) | (rex & 1) << 3;
		at++;
	}
	if (!m->mod && (m->base & 7) == 5) {
		m->has_base = false;
		bytes = 4;
	}
	if (at + bytes > insn->len)
		return 0;
	if (bytes == 1) {
		m->displacement = (int8_t)code[at];
	} else if (bytes == 4) {
		memcpy(&disp32, code + at, 4);
		m->displacement = disp32;
	}
	at += bytes;
	/* Relative to RIP; elsewhere it is absolute. */
	if (!m->mod && (m->rm & 7) == 5 && insn->mode64)
		m->displacement += insn->regs.rip + at;
	return at;
}

/* "Format of the VM-Exit Instruction-Information Field", which they share but for registers. */
static uint32_t insn_info(const struct modrm *m, bool vmread)
{
	uint32_t info = (uint32_t)m->addr << 7 | (uint32_t)m->seg << 15 | (uint32_t)m->reg << 28;

	if (m->mod == 3)
		return info | (vmread ? (uint32_t)m->rm << 3 : 0) | 1u << 10;
	return info | m->scale | (uint32_t)m->index << 18 | (m->has_index ? 0 : 1u << 22) |
	       (uint32_t)m->base << 23 | (m->has_base ? 0 : 1u << 27);
}

#define ANY	0xff

static const struct vmx_insn {
	uint8_t prefix;			/* 66, f2 or f3, 0 for none of them */
	uint8_t opcode[2];		/* behind 0f; the second if it is of that map, or ANY */
	uint8_t reg;			/* of ModR/M, or ANY */
	bool operand;
	enum vmx_reason reason;
} vmx_insns[] = {
	{ 0, { 0x01, 0xc1 }, ANY, false, VMX_VMCALL },
	{ 0, { 0x01, 0xc2 }, ANY, false, VMX_VMLAUNCH },
	{ 0, { 0x01, 0xc3 }, ANY, false, VMX_VMRESUME },
	{ 0, { 0x01, 0xc4 }, ANY, false, VMX_VMXOFF },
	{ 0, { 0x01, 0xc8 }, ANY, false, VMX_MONITOR },
	{ 0, { 0x01, 0xc9 }, ANY, false, VMX_MWAIT },
	{ 0, { 0x01, 0xd1 }, ANY, false, VMX_XSETBV },
	{ 0, { 0x37, ANY }, ANY, false, VMX_GETSEC },
	{ 0, { 0x78, ANY }, ANY, true, VMX_VMREAD },
	{ 0, { 0x79, ANY }, ANY, true, VMX_VMWRITE },
	{ 0, { 0xc7, ANY }, 6, true, VMX_VMPTRLD },
	{ 0, { 0xc7, ANY }, 7, true, VMX_VMPTRST },
	{ 0x66, { 0xc7, ANY }, 6, true, VMX_VMCLEAR },
	{ 0xf3, { 0xc7, ANY }, 6, true, VMX_VMXON },
	{ 0x66, { 0x38, 0x80 }, ANY, true, VMX_INVEPT },
	{ 0x66, { 0x38, 0x81 }, ANY, true, VMX_INVVPID },
	{ 0x66, { 0x38, 0x82 }, ANY, true, VMX_INVPCID },
};

static bool is_insn(const struct vmx_insn *i, uint8_t prefix, const uint8_t *code, size_t left)
{
	const bool two = i->opcode[1] != ANY;
	const uint8_t *modrm = code + 1 + two;

	if (left < 2U + two || i->prefix != prefix || i->opcode[0] != code[0] ||
	    (two && i->opcode[1] != code[1]))
		return false;
	/* VMPTRLD and its kin have memory operands; the others in their place are elsewhere. */
	return i->reg == ANY || (i->reg == (*modrm >> 3 & 7) && *modrm < 0xc0);
}

/* True: a VM exit, which comes before #UD and #GP. */
static bool insn_exit(struct world *w)
{
	struct modrm m = { .seg = 3 };
	uint8_t prefix = 0, rex = 0;
	struct insn insn;
	size_t i;

	if (!world_fetch(w, &insn))
		return false;
	m.addr = insn.mode64 ? 2 : insn.mode32;
	for (i = 0; i < insn.len && insn.code[i] != 0x0f; i++) {
		const uint8_t byte = insn.code[i];

		if (byte == 0x66 || byte == 0xf2 || byte == 0xf3)
			prefix = byte;
		else if (byte == 0x64 || byte == 0x65)
			m.seg = byte - 0x60;
		else if ((byte & 0xe7) == 0x26)
			m.seg = byte >> 3 & 3;
		else if (byte == 0x67)
			m.addr = insn.mode64 ? 1 : !insn.mode32;
		else if (insn.mode64 && byte >> 4 == 4)
			rex = byte;
		else
			return false;
	}
	i++;
	for (size_t nr = 0; nr < sizeof(vmx_insns) / sizeof(vmx_insns[0]); nr++) {
		const struct vmx_insn *v = &vmx_insns[nr];
		size_t end;

		if (i >= insn.len || !is_insn(v, prefix, insn.code + i, insn.len - i))
			continue;
		end = i + 1 + (v->opcode[1] != ANY);
		if (v->operand)
			end = decode_modrm(&insn, end, rex, &m);
		if (!end || (v->reason == VMX_XSETBV && !(insn.cpu.cr4 & CR4_OSXSAVE)))
			return false;
		vmx_insn_exit(w, v->reason, v->operand ? m.displacement : 0, end);
		if (v->operand)
			vmcs_set(w->vmcs, VMCS_INSN_INFO,
				 insn_info(&m, v->reason == VMX_VMREAD ||
					       v->reason == VMX_VMWRITE));
		return true;
	}
	return false;
}

/* ---- exceptions ---- */

/*
 * XGETBV, XSAVE, XRSTOR or a kin of theirs, that a guest may use and the engine does not have;
 * all of them are 0f, with or without REX.
 */
static bool lacks_xsave(struct world *w)
{
	struct insn insn;
	const uint8_t *code = insn.code;
	uint8_t reg;

	if (!world_fetch(w, &insn) || insn.len < 4 || !(insn.cpu.cr4 & CR4_OSXSAVE))
		return false;
	code += code[0] >> 4 == 4;
	reg = code[2] >> 3 & 7;
	if (code[0] != 0x0f || !((code[1] == 0x01 && code[2] == 0xd0) ||
				 (code[2] < 0xc0 && ((code[1] == 0xae && reg >= 4 && reg <= 6) ||
						     (code[1] == 0xc7 && reg >= 3 && reg <= 5)))))
		return false;
	inproc_not_driven("XSAVE and XGETBV in a guest: engine %s has none", engine->name);
	vmx_exit(w, VMX_TRIPLE_FAULT, 0);
	return true;
}

/* "Exception bitmap": of page faults, those that mask and match tell apart. */
static bool intercepted(struct world *w, uint8_t vector, uint32_t error)
{
	const bool bit = vmcs_get(w->vmcs, VMCS_EXCEPTIONS) >> vector & 1;

	if (vector != VECTOR_PF)
		return bit;
	return bit == ((error & vmcs_get(w->vmcs, VMCS_PF_MASK)) ==
		       vmcs_get(w->vmcs, VMCS_PF_MATCH));
}

static uint64_t qualification_of(struct world *w, uint8_t vector)
{
	struct kvm_debugregs debug;
	struct kvm_sregs sregs;

	if (vector == VECTOR_PF && !engine->get_sregs(w->vcpu->engine, &sregs))
		return sregs.cr2;
	if (vector == VECTOR_DB && !engine->get_debugregs(w->vcpu->engine, &debug))
		return debug.dr6 & 0xe00f;
	return 0;
}

bool vmx_exception(struct world *w)
{
	const struct engine_exit *exit = &w->vcpu->exit;
	const uint8_t vector = exit->exception.vector;
	const bool soft = vector == VECTOR_BP || vector == VECTOR_OF;
	const bool error = world_has_error(vector);

	if (vector == VECTOR_UD && (insn_exit(w) || lacks_xsave(w)))
		return false;
	if (!intercepted(w, vector, exit->exception.error))
		return !world_reflect(w);
	/* The exit is of the instruction, the exception comes behind it. */
	if (soft)
		world_step_back(w, 1);
	vmx_insn_exit(w, VMX_EXCEPTION, qualification_of(w, vector), soft);
	vmcs_set(w->vmcs, VMCS_INTR_INFO, EVENT_VALID | vector |
		 (soft ? EVENT_TYPE_SOFT_EXEPT : EVENT_TYPE_EXEPT) | (error ? EVENT_VALID_ERR : 0));
	vmcs_set(w->vmcs, VMCS_INTR_ERROR, exit->exception.error);
	return false;
}
