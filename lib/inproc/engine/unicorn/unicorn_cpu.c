// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU of a vCPU, a Unicorn instance.  It calls code_hook() before each
 * instruction; there RIP is exact, which it is in no other hook, and the CPU can
 * be stopped with nothing half done.
 */
#include <stdio.h>
#include <string.h>

#include "unicorn_engine.h"

#define STI	0xfb
#define POPF	0x9d
#define IRET	0xcf

/* ---- hooks ---- */

static void stop(struct engine_vcpu *vcpu, enum stop_reason reason)
{
	vcpu->stop = reason;
	uc_emu_stop(vcpu->uc);
}

/* @size bytes of code at @va, in @buf if they lie on two pages; NULL: not there. */
static const uint8_t *code_at(struct engine_vcpu *vcpu, uint64_t va, uint32_t size, uint8_t *buf)
{
	const uint64_t page = va & ~(uint64_t)(PAGE_SIZE - 1);
	struct access access = { .va = page, .len = 1, .fetch = true };
	struct walk walk;

	if (va - page + size > PAGE_SIZE)
		return unicorn_virt(vcpu, va, buf, size, false, &access, &walk) == WALK_OK ? buf :
											     NULL;
	if (!vcpu->code_hva || vcpu->code_va != page) {
		if (unicorn_walk(vcpu, &access, &walk) != WALK_OK)
			return NULL;
		vcpu->code_va = page;
		vcpu->code_hva = (uint8_t *)walk.hva;
	}
	return vcpu->code_hva + (va - page);
}

/* Who waits for a window has it behind the instruction that opens it: STI one later. */
static void watch_window(struct engine_vcpu *vcpu, uint64_t va, uint32_t size)
{
	uint8_t buf[MAX_INSN + 1];
	const uint8_t *code = size <= MAX_INSN ? code_at(vcpu, va, size, buf) : NULL;
	unsigned int left;

	if (!code)
		return;
	switch (code[size - 1]) {
	case STI:
		left = 1;
		break;
	case POPF:
	case IRET:
		left = 0;
		break;
	default:
		return;
	}
	if (vcpu->budget > left)
		vcpu->budget = left;
}

static void code_hook(uc_engine *uc, uint64_t address, uint32_t size, void *arg)
{
	struct engine_vcpu *vcpu = arg;
	uint8_t buf[MAX_INSN + 1];
	const uint8_t *code;

	(void)uc;
	if (vcpu->stepping)
		return;
	if (vcpu->flush_wanted) {
		stop(vcpu, STOP_FLUSH);
		return;
	}
	if (!vcpu->budget) {
		stop(vcpu, STOP_POLL);
		return;
	}
	vcpu->budget--;
	if (vcpu->irq >= 0 || (vcpu->traps & ENGINE_TRAP_WINDOW))
		watch_window(vcpu, address, size);
	/* Unicorn does not know the size of an invalid instruction. */
	if (size > MAX_INSN)
		return;
	code = code_at(vcpu, address, size, buf);
	if (!code || !unicorn_is_ours(code, size, vcpu->mode32))
		return;
	if (vcpu->has_native && vcpu->native_rip == address) {
		vcpu->has_native = false;
		return;
	}
	stop(vcpu, STOP_INSN);
}

static bool mem_hook(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
		     void *arg)
{
	struct engine_vcpu *vcpu = arg;
	struct access access = {
		.va = address,
		.len = size,
		.write = type == UC_MEM_WRITE_UNMAPPED || type == UC_MEM_WRITE_PROT,
		.fetch = type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT,
		.value = (uint64_t)value,
	};
	bool done = false;

	(void)uc;
	if (type == UC_MEM_WRITE_PROT)
		done = unicorn_write_protected(vcpu, &access);
	else if (type != UC_MEM_READ_PROT && type != UC_MEM_FETCH_PROT)
		done = unicorn_fault_in(vcpu, &access);
	if (!done) {
		vcpu->access = access;
		vcpu->stop = STOP_MEM;
	}
	return done;
}

static void intr_hook(uc_engine *uc, uint32_t vector, void *arg)
{
	struct engine_vcpu *vcpu = arg;

	(void)uc;
	vcpu->vector = vector;
	stop(vcpu, STOP_EXCEPTION);
}

uc_err unicorn_add_hooks(struct engine_vcpu *vcpu, uc_engine *uc)
{
	uc_hook hook;
	uc_err err;

	err = uc_hook_add(uc, &hook, UC_HOOK_CODE, code_hook, vcpu, 1, 0);
	if (!err)
		err = uc_hook_add(uc, &hook, UC_HOOK_MEM_INVALID, mem_hook, vcpu, 1, 0);
	if (!err)
		err = uc_hook_add(uc, &hook, UC_HOOK_INTR, intr_hook, vcpu, 1, 0);
	return err;
}

/* ---- running ---- */

bool unicorn_emulate_access(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	static __thread uint8_t page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	const uint64_t va = vcpu->access.va & ~(uint64_t)(PAGE_SIZE - 1);
	uc_err err;

	if (!exit->mem.write)
		memcpy(page + (vcpu->access.va - va), exit->mem.data, exit->mem.len);
	err = uc_mem_map_ptr(vcpu->uc, va, PAGE_SIZE, UC_PROT_READ | UC_PROT_WRITE, page);
	if (err)
		return unicorn_fail(vcpu, exit, "MMIO: %s", uc_strerror(err));

	vcpu->stepping = true;
	vcpu->stop = STOP_NONE;
	err = uc_emu_start(vcpu->uc, vcpu->rip, ~0ULL, 0, 1);
	vcpu->stepping = false;
	uc_mem_unmap(vcpu->uc, va, PAGE_SIZE);
	unicorn_flush(vcpu);
	if (err || vcpu->stop != STOP_NONE)
		return unicorn_fail(vcpu, exit, "MMIO instruction not finished: %s",
				    uc_strerror(err));
	vcpu->rip = unicorn_reg(vcpu, UC_X86_REG_RIP);
	return false;
}

bool unicorn_execute(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	enum walk_result result;
	struct walk walk;
	uc_err err;

	vcpu->stop = STOP_NONE;
	vcpu->walk_failed = false;
	err = uc_emu_start(vcpu->uc, vcpu->rip, ~0ULL, 0, 0);
	vcpu->rip = unicorn_reg(vcpu, UC_X86_REG_RIP);
	if (vcpu->flush_wanted) {
		vcpu->flush_wanted = false;
		unicorn_flush(vcpu);
	}

	switch (vcpu->stop) {
	case STOP_POLL:
		return false;
	case STOP_INSN:
		return unicorn_insn(vcpu, exit);
	case STOP_EXCEPTION:
		/* Unicorn keeps the error code to itself; most are 0. */
		return unicorn_exception(vcpu, exit, vcpu->vector, 0);
	case STOP_FLUSH:
		return false;
	case STOP_MEM:
		result = unicorn_walk(vcpu, &vcpu->access, &walk);
		if (result != WALK_OK)
			return unicorn_access_failed(vcpu, exit, &vcpu->access, result, &walk);
		/* It has come meanwhile. */
		if (vcpu->walk_failed)
			return false;
		return unicorn_fail(vcpu, exit, "cannot map 0x%llx: %s",
				    (unsigned long long)vcpu->access.va, uc_strerror(err));
	case STOP_NONE:
	case STOP_ERROR:
		break;
	}
	if (err == UC_ERR_INSN_INVALID)
		return unicorn_exception(vcpu, exit, VECTOR_UD, 0);
	return unicorn_fail(vcpu, exit, "the CPU stopped: %s", uc_strerror(err));
}
