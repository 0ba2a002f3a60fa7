// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD without instructions, and its VMM, as bytes have them.
 */
#include <errno.h>
#include <string.h>

#include <linux/kvm_para.h>

#include "exits/exit_union.h"
#include "kvm_util.h"
#include "tdx.h"
#include "tdx/tdvmcall_vm.h"
#include "tdx_uapi.h"

#define PICK(...)	({							\
	const uint64_t picked[] = { __VA_ARGS__ };				\
	fuzz_pick(picked, sizeof(picked) / sizeof(picked[0]));			\
})

/* What registers have that nobody looks at. */
#define FILL(nr)	(0x1111111111111111ull * (nr))

/* Pieces of one MapGPA after which the VMM has enough. */
#define MAX_PIECES	12

unsigned int tdx_shared_bit;

static struct tdvmcall_vm v;
static struct tdx_call call;

static void create(void)
{
	const struct tdvmcall_vm_options options = { .map_gpa = true, .buffer_pages = 4 };

	tdvmcall_vm_create_with(&v, &options);
	tdx_shared_bit = __builtin_ctzll(v.td->shared_bit);
	fuzz_vcpu_fd = v.vcpu->fd;
	fuzz_kvm_run = v.vcpu->run;
	fuzz_vm_fd = v.td->vm->fd;
	fuzz_gpa = v.buffer.gpa;
}

static void destroy(void)
{
	tdvmcall_vm_free(&v);
}

static void begin(void)
{
	memset(&call, 0, sizeof(call));
	fuzz_show("static void found(void)\n{\n");
}

static uint64_t any(void)
{
	return PICK(0, 1, 2, 4, 8, 0xff, 0x1000, 0xffffffff, 1ull << 32, 1ull << 47, 1ull << 63, ~0ull);
}

static uint64_t gpa(void)
{
	const uint64_t shared = v.td->shared_bit, buffer = v.buffer.gpa;

	return PICK(buffer | shared, buffer, shared, 0, 0x1000, shared - 0x1000, 2 * shared - 0x1000,
		    0x1fe000, shared | 0xfed00000, 0xfed00000, shared - 4, 2 * shared);
}

static void fill(uint64_t *r)
{
	r[TD_R12] = any();
	r[TD_R13] = any();
	r[TD_R14] = any();
	r[TD_R15] = any();
	switch (r[TD_R11]) {
	case GHCI_MAP_GPA:
		r[TD_R12] = gpa();
		r[TD_R13] = PICK(0x1000, 0x2000, 2ull << 20, 5ull << 20, (4ull << 20) + 0x1000, 0, 0x800,
				 ~0xfffull, 1ull << 47, 24ull << 20);
		break;
	case GHCI_GET_QUOTE:
		r[TD_R12] = gpa();
		break;
	case GHCI_SETUP_EVENT_NOTIFY:
		r[TD_R12] = PICK(32, 255, 31, 256, 0x80, 0, 1ull << 32 | 64);
		break;
	case GHCI_INSTRUCTION_IO:
		r[TD_R12] = PICK(1, 2, 4, 8, 3);
		r[TD_R13] = PICK(0, 1, 2);
		r[TD_R14] = PICK(0x80, 0x3f8, 0xffff, 0xcf8, 0x10000, 1ull << 32);
		break;
	case GHCI_VE_REQUEST_MMIO:
		r[TD_R12] = PICK(1, 2, 4, 8, 3, 0, 16);
		r[TD_R13] = PICK(0, 1, 2);
		r[TD_R14] = gpa();
		break;
	case GHCI_INSTRUCTION_RDMSR:
	case GHCI_INSTRUCTION_WRMSR:
		r[TD_R12] = PICK(0x10, 0x1b, 0x3a, 0x174, 0x277, 0x17b, 0x802, 0x80b, 0x830, 0x831, 0x6e0,
				 0xc0000080, 0x4b564d00, 0x12345678);
		break;
	case GHCI_INSTRUCTION_CPUID:
		r[TD_R12] = PICK(0, 1, 4, 7, 0xb, 0xd, 0x12, 0x80000008, 0x40000000, 0x80000000);
		break;
	}
}

static void the_end(struct tdx_call *c)
{
	uint64_t *r = c->gpr;

	c->kind = TDX_END;
	r[TD_RCX] = TD_PASS_STANDARD;
	r[TD_R10] = 0;
	r[TD_R11] = GHCI_INSTRUCTION_IO;
	r[TD_R12] = 4;
	r[TD_R13] = GHCI_IO_WRITE;
	r[TD_R14] = TDX_END_PORT;
	r[TD_R15] = TDX_END_VALUE;
}

/* Of all bytes before a call one has the VMM do something meanwhile. */
#define HOW_DISTURBED	0xd6

/* HLT is not here: the vCPU would wait for somebody. */
static void next_call(struct tdx_call *c)
{
	static const uint64_t leaves[] = {
		GHCI_MAP_GPA, GHCI_MAP_GPA, GHCI_GET_QUOTE, GHCI_SETUP_EVENT_NOTIFY,
		GHCI_GET_TD_VM_CALL_INFO, GHCI_REPORT_FATAL_ERROR, GHCI_INSTRUCTION_IO,
		GHCI_VE_REQUEST_MMIO, GHCI_INSTRUCTION_RDMSR, GHCI_INSTRUCTION_WRMSR,
		GHCI_INSTRUCTION_CPUID, 0x10005, 0, 1, 31, 0xffffffffffffffff,
	};
	uint64_t *r = c->gpr;
	uint8_t how;

	memset(c, 0, sizeof(*c));
	for (unsigned int i = 0; i < TD_NR_GPRS; i++)
		r[i] = FILL(i);
	r[TD_RAX] = TDG_VP_VMCALL;
	r[TD_RCX] = TD_PASS_STANDARD;
	r[TD_R10] = 0;
	c->kind = TDX_CALL;
	if (fuzz_ended()) {
		the_end(c);
	} else {
		how = fuzz_u8();
		if (how == HOW_DISTURBED)
			fuzz_disturb();
		r[TD_R11] = fuzz_pick(leaves, sizeof(leaves) / sizeof(leaves[0]));
		if (r[TD_R11] == GHCI_INSTRUCTION_HLT)
			r[TD_R11] = 13;
		fill(r);
		/* All of them, some, such as cannot be passed. */
		if ((how & 7) == 1)
			r[TD_RCX] = TD_PASS_ALL;
		if (how >= 0xf0)
			r[TD_RCX] = fuzz_bytes(2);
		if ((how & 0xf8) == 0xe8)
			r[TD_RCX] |= 1ull << (fuzz_u8() & 63);
		if ((how & 0xf8) == 0xe0)
			r[TD_R10] = PICK(KVM_HC_MAP_GPA_RANGE, 1, 5, 9, 10, 11, ~0ull);
	}
	/* Bits 31:16 are XMM registers. */
	c->bad_mask = r[TD_RCX] & ~(TD_PASS_ALL | 0xffff0000ull);
	for (unsigned int i = TD_RDX; i < TD_NR_GPRS; i++)
		c->passed[i] = r[TD_RCX] & 1u << i ? r[i] : 0;
	/* What is not passed is 0: HLT and the end are neither made by chance. */
	if (c->kind == TDX_CALL && r[TD_R11] == GHCI_INSTRUCTION_IO && r[TD_R14] == TDX_END_PORT)
		r[TD_R14] = c->passed[TD_R14] = 0x80;
	c->next = c->passed[TD_R12];
	for (unsigned int i = TD_RCX; fuzz_shown && i < TD_NR_GPRS; i++)
		if (r[i] != FILL(i))
			fuzz_show("\tv.req->in.gpr[%u] = 0x%lx;\n", i, r[i]);
}

/* A processor's or a paravirtual interface of KVM's own, or what a TD does not come back from. */
static bool is_kvms_own(const struct tdx_call *c)
{
	const uint64_t leaf = c->passed[TD_R11];

	if (c->kind != TDX_CALL || c->bad_mask)
		return false;
	return c->passed[TD_R10] ? c->passed[TD_R10] != KVM_HC_MAP_GPA_RANGE :
	       leaf == GHCI_INSTRUCTION_CPUID || leaf == GHCI_INSTRUCTION_RDMSR ||
	       leaf == GHCI_INSTRUCTION_WRMSR || leaf == GHCI_REPORT_FATAL_ERROR;
}

/* Of two reasons to refuse a MapGPA either will do. */
static bool refused_anyhow(uint64_t r10)
{
	return call.passed[TD_R11] == GHCI_MAP_GPA && !call.passed[TD_R10] &&
	       (call.passed[TD_R12] | call.passed[TD_R13]) & 0xfff &&
	       (r10 == GHCI_ALIGN_ERROR || r10 == GHCI_INVALID_OPERAND);
}

static void guest(struct kvm_script *script)
{
	const uint64_t *r = script->gpr;

	tdx_rules_answered(&call, r);
	if (call.kind == TDX_CALL)
		fuzz_show("\t/* RAX 0x%lx, R10 0x%lx, R11 0x%lx, R12 0x%lx, R13 0x%lx */\n",
			  r[TD_RAX], refused_anyhow(r[TD_R10]) ? 1 : r[TD_R10], r[TD_R11], r[TD_R12],
			  r[TD_R13]);
	next_call(&call);
	if (is_kvms_own(&call)) {
		oracle_stop();
		if (fuzz_second)
			the_end(&call);
	}
	memcpy(script->gpr, call.gpr, sizeof(call.gpr));
}

static void answer_map(struct kvm_run *run)
{
	static const uint64_t values[] = { 0, 0, 0, 0, EINVAL, EAGAIN, EIO, 1, 1ull << 32 };
	const uint64_t size = run->hypercall.args[1] << 12;

	call.ret = fuzz_pick(values, sizeof(values) / sizeof(values[0]));
	if (call.exits >= MAX_PIECES)
		call.ret = EAGAIN;
	run->hypercall.ret = call.ret;
	call.refused = call.ret;
	if (!call.ret)
		call.next += size;
	fuzz_show("\t/* KVM_EXIT_HYPERCALL: args 0x%llx, 0x%llx, 0x%llx */\n"
		  "\trun->hypercall.ret = 0x%lx;\n", run->hypercall.args[0], run->hypercall.args[1],
		  run->hypercall.args[2], call.ret);
}

static void answer_tdx(uint64_t *w)
{
	call.ret = w[2] = PICK(GHCI_SUCCESS, GHCI_RETRY, GHCI_INVALID_OPERAND,
			       GHCI_SUBFUNC_UNSUPPORTED, 5, ~0ull);
	fuzz_show("\t/* KVM_EXIT_TDX: nr 0x%lx, 0x%lx, 0x%lx; ret 0x%lx */\n", w[1], w[3],
		  w[1] == GHCI_GET_QUOTE ? w[4] : 0, call.ret);
	if (w[1] != GHCI_GET_TD_VM_CALL_INFO)
		return;
	for (unsigned int i = 0; i < 4; i++)
		call.info[i] = w[4 + i] = any();
}

static void answer(struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_HYPERCALL:
		answer_map(run);
		break;
	case TDX_EXIT_REASON:
		answer_tdx(TDX_WORDS(run));
		break;
	case KVM_EXIT_IO:
		call.data = fuzz_bytes(4);
		if (!run->io.direction)
			memcpy((char *)run + run->io.data_offset, &call.data, run->io.size);
		break;
	case KVM_EXIT_MMIO:
		call.data = fuzz_bytes(8);
		if (!run->mmio.is_write)
			memcpy(run->mmio.data, &call.data, 8);
		break;
	}
}

static bool is_end(const struct kvm_run *run)
{
	return call.kind == TDX_END && run->exit_reason == KVM_EXIT_IO &&
	       run->io.port == TDX_END_PORT && run->io.size == 4 && run->io.direction;
}

static bool vmm(struct kvm_run *run, int err)
{
	static unsigned int failures;

	if (err) {
		fuzz_show("\t/* KVM_RUN: %s */\n", strerror(-err));
		call.failed = true;
		/* The VMM's answer may be one that it refuses; no TD can have it fail. */
		if (!call.exits || call.passed[TD_R11] != GHCI_MAP_GPA || !call.refused)
			fuzz_fail(REQ_TDX_ANY_REGS, "KVM_RUN fails with %s for leaf 0x%lx", strerror(-err),
				  call.passed[TD_R11]);
		if (err != -EINVAL && err != -EFAULT && err != -EINTR)
			fuzz_odd("FUZZ-ERRNO", "KVM_RUN fails with %s", strerror(-err));
		if (++failures > 100)
			fuzz_odd("FUZZ-DEAD", "KVM_RUN fails again and again: %s", strerror(-err));
		/* An answer that KVM has refused: one that it takes, in case that it still waits. */
		oracle_stop();
		if (run->exit_reason == KVM_EXIT_HYPERCALL)
			run->hypercall.ret = EINVAL;
		return call.kind != TDX_END;
	}
	failures = 0;
	if (is_end(run)) {
		fuzz_show("}\n");
		return false;
	}
	tdx_rules_exit(&call, run);
	call.exits++;
	answer(run);
	return true;
}

const struct fuzz_guest fuzz_tdx = { create, destroy, begin, guest, vmm };
