// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has to come of a TDG.VP.VMCALL, by the TDX module's ABI, Intel TDX GHCI 1.5 and the uAPI,
 * where one can say it of any.  Requirements are those of include/requirements.
 */
#include <errno.h>
#include <string.h>

#include <linux/kvm.h>
#include <linux/kvm_para.h>

#include "exits/exit_union.h"
#include "tdx/tdx_check.h"
#include "tdx.h"
#include "tdx_uapi.h"

#define MAP_PIECE	(2ull << 20)

static bool is_private(uint64_t gpa)
{
	return !(gpa >> tdx_shared_bit & 1);
}

/* The requirement by which a call is refused; REQ_NONE: it is not. */
static enum requirement_nr io_is_bad(const uint64_t *r)
{
	if (r[TD_R13] > 1)
		return REQ_TDX_IO_DIRECTION;
	return r[TD_R12] != 1 && r[TD_R12] != 2 && r[TD_R12] != 4 ? REQ_TDX_IO_SIZE : REQ_NONE;
}

static enum requirement_nr mmio_is_bad(const uint64_t *r)
{
	const uint64_t size = r[TD_R12];

	if (r[TD_R13] > 1)
		return REQ_TDX_MMIO_DIRECTION;
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return REQ_TDX_MMIO_SIZE;
	if (is_private(r[TD_R14]))
		return REQ_TDX_MMIO_PRIVATE;
	return is_private(r[TD_R14] + size - 1) ? REQ_TDX_MMIO_BOTH : REQ_NONE;
}

static enum requirement_nr map_is_bad(const uint64_t *r)
{
	const uint64_t gpa = r[TD_R12], size = r[TD_R13], last = gpa + size - 1;

	if (!size)
		return REQ_TDX_MAP_SIZE_0;
	if (gpa + size < gpa)
		return REQ_TDX_MAP_WRAP;
	if (last >> (tdx_shared_bit + 1))
		return REQ_TDX_MAP_GPAW;
	if (is_private(gpa) != is_private(last))
		return REQ_TDX_MAP_BOTH;
	return (gpa | size) & 0xfff ? REQ_TDX_MAP_ALIGN : REQ_NONE;
}

/* ---- exits ---- */

static void map_exit(struct tdx_call *c, const struct kvm_run *run)
{
	const uint64_t gpa = c->next, end = c->passed[TD_R12] + c->passed[TD_R13];
	const uint64_t size = end - gpa < MAP_PIECE ? end - gpa : MAP_PIECE;
	const uint64_t shared = 1ull << tdx_shared_bit;
	const __u64 *args = run->hypercall.args;

	if (map_is_bad(c->passed)) {
		/* Trees are known for GPAs past the width, whatever else is wrong with the range. */
		fuzz_fail(c->passed[TD_R12] >> (tdx_shared_bit + 1) ||
			  (c->passed[TD_R12] + c->passed[TD_R13] - 1) >> (tdx_shared_bit + 1) ?
			  REQ_TDX_MAP_GPAW : map_is_bad(c->passed),
			  "an exit for GPA 0x%lx and size 0x%lx", c->passed[TD_R12],
			  c->passed[TD_R13]);
		return;
	}
	if (c->refused || run->hypercall.nr != KVM_HC_MAP_GPA_RANGE || run->hypercall.ret ||
	    args[0] != (gpa & ~shared) || args[1] != size >> 12 ||
	    args[2] != (is_private(gpa) ? KVM_MAP_GPA_RANGE_ENCRYPTED : 0))
		fuzz_fail(REQ_TDX_MAP_EXIT,
			  "args 0x%llx, 0x%llx, 0x%llx, ret 0x%llx; wanted GPA 0x%lx, %lu pages",
			  args[0], args[1], args[2], run->hypercall.ret, gpa & ~shared, size >> 12);
}

static void tdx_exit(const struct tdx_call *c, const struct kvm_run *run)
{
	const uint64_t *r = c->passed, *w = TDX_WORDS(run);
	const uint64_t shared = 1ull << tdx_shared_bit;

	if (w[0] || w[1] != r[TD_R11])
		fuzz_fail(REQ_TDX_EXIT_NR, "flags 0x%lx, nr 0x%lx of leaf 0x%lx", w[0], w[1], r[TD_R11]);
	switch (r[TD_R11]) {
	case GHCI_GET_QUOTE:
		if (is_private(r[TD_R12]) || w[3] != (r[TD_R12] & ~shared) || w[4] != r[TD_R13])
			fuzz_fail(REQ_TDX_QUOTE_EXIT, "gpa 0x%lx, size 0x%lx of R12 0x%lx, R13 0x%lx",
				  w[3], w[4], r[TD_R12], r[TD_R13]);
		if (w[2] != GHCI_SUBFUNC_UNSUPPORTED)
			fuzz_fail(REQ_TDX_QUOTE_RET, "ret 0x%lx on exit", w[2]);
		break;
	case GHCI_SETUP_EVENT_NOTIFY:
		if (r[TD_R12] < 32 || r[TD_R12] > 255 || w[3] != r[TD_R12])
			fuzz_fail(REQ_TDX_NOTIFY_EXIT, "vector 0x%lx of R12 0x%lx", w[3], r[TD_R12]);
		if (w[2] != GHCI_SUBFUNC_UNSUPPORTED)
			fuzz_fail(REQ_TDX_NOTIFY_RET, "ret 0x%lx on exit", w[2]);
		break;
	case GHCI_GET_TD_VM_CALL_INFO:
		if (r[TD_R12] != 1 || w[2] || w[3] != 1 || w[4] || w[5] || w[6] || w[7])
			fuzz_fail(REQ_TDX_INFO_1, "leaf 0x%lx of R12 0x%lx", w[3], r[TD_R12]);
		break;
	default:
		fuzz_fail(REQ_TDX_UNKNOWN_LEAF, "an exit for leaf 0x%lx", r[TD_R11]);
	}
}

static void io_exit(const struct tdx_call *c, const struct kvm_run *run)
{
	const uint64_t *r = c->passed;

	if (r[TD_R11] != GHCI_INSTRUCTION_IO || io_is_bad(r))
		fuzz_fail(io_is_bad(r) ?: REQ_TDX_IO_SIZE,
			  "KVM_EXIT_IO of leaf 0x%lx, size 0x%lx", r[TD_R11], r[TD_R12]);
	else if (r[TD_R14] > 0xffff)
		fuzz_fail(REQ_TDX_IO_PORT, "port 0x%x of R14 0x%lx", run->io.port, r[TD_R14]);
	else if (run->io.size != r[TD_R12] || run->io.port != r[TD_R14] || run->io.count != 1 ||
		 run->io.direction != r[TD_R13])
		fuzz_fail(REQ_TDX_IO_FIELDS, "port 0x%x, size %u, direction %u, count %u", run->io.port,
			  run->io.size, run->io.direction, run->io.count);
	else if (run->io.direction &&
		 memcmp((const char *)run + run->io.data_offset, &r[TD_R15], run->io.size))
		fuzz_fail(REQ_TDX_IO_OUT, "other data than R15 0x%lx", r[TD_R15]);
}

static void mmio_exit(const struct tdx_call *c, const struct kvm_run *run)
{
	const uint64_t *r = c->passed;
	const uint64_t shared = 1ull << tdx_shared_bit;

	if (r[TD_R11] != GHCI_VE_REQUEST_MMIO || mmio_is_bad(r))
		fuzz_fail((r[TD_R12] | r[TD_R13]) >> 32 ? REQ_TDX_MMIO_64_BITS : REQ_TDX_MMIO_SIZE,
			  "KVM_EXIT_MMIO of leaf 0x%lx, R12 0x%lx, R13 0x%lx, R14 0x%lx", r[TD_R11],
			  r[TD_R12], r[TD_R13], r[TD_R14]);
	else if (r[TD_R14] >> (tdx_shared_bit + 1))
		fuzz_fail(REQ_TDX_MMIO_WIDTH, "GPA 0x%llx of R14 0x%lx", run->mmio.phys_addr, r[TD_R14]);
	else if (run->mmio.phys_addr != (r[TD_R14] & ~shared) || run->mmio.len != r[TD_R12] ||
		 run->mmio.is_write != r[TD_R13] ||
		 (run->mmio.is_write && memcmp(run->mmio.data, &r[TD_R15], run->mmio.len)))
		fuzz_fail(REQ_TDX_MMIO_FIELDS, "GPA 0x%llx, %u bytes, write %u of R14 0x%lx, R12 0x%lx",
			  run->mmio.phys_addr, run->mmio.len, run->mmio.is_write, r[TD_R14],
			  r[TD_R12]);
}

static void fatal_exit(const struct tdx_call *c, const struct kvm_run *run)
{
	if (c->passed[TD_R11] != GHCI_REPORT_FATAL_ERROR || run->system_event.ndata != 16) {
		fuzz_fail(REQ_TDX_FATAL_EXIT, "type %u, ndata %u of leaf 0x%lx", run->system_event.type,
			  run->system_event.ndata, c->passed[TD_R11]);
		return;
	}
	for (unsigned int i = TD_RDX; i < TD_NR_GPRS; i++)
		if (i != TD_RSP && i != TD_RBP && run->system_event.data[i] != c->passed[i])
			fuzz_fail(REQ_TDX_FATAL_REGS, "data[%u]: wanted 0x%lx, got 0x%llx", i,
				  c->passed[i], run->system_event.data[i]);
}

void tdx_rules_exit(struct tdx_call *c, const struct kvm_run *run)
{
	const bool hypercall = c->passed[TD_R10];

	if (c->bad_mask)
		fuzz_fail(REQ_TDX_BAD_RCX, "exit reason %u of RCX 0x%lx", run->exit_reason,
			  c->gpr[TD_RCX]);
	switch (run->exit_reason) {
	case KVM_EXIT_HYPERCALL:
		if (!hypercall && c->passed[TD_R11] == GHCI_MAP_GPA)
			map_exit(c, run);
		else if (c->passed[TD_R10] != KVM_HC_MAP_GPA_RANGE)
			fuzz_fail(REQ_TDX_HYPERCALL, "KVM_EXIT_HYPERCALL of R10 0x%lx",
				  c->passed[TD_R10]);
		return;
	case TDX_EXIT_REASON:
		tdx_exit(c, run);
		break;
	case KVM_EXIT_IO:
		io_exit(c, run);
		break;
	case KVM_EXIT_MMIO:
		mmio_exit(c, run);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		fatal_exit(c, run);
		break;
	default:
		fuzz_odd("FUZZ-EXIT", "exit reason %u", run->exit_reason);
	}
	if (hypercall)
		fuzz_fail(REQ_TDX_HYPERCALL, "exit reason %u of R10 0x%lx", run->exit_reason,
			  c->passed[TD_R10]);
}

/* ---- answers ---- */

static void wanted(enum requirement_nr req, const struct tdx_call *c, unsigned int reg,
		   uint64_t want, const uint64_t *gpr)
{
	if (gpr[reg] != want)
		fuzz_fail(req, "leaf 0x%lx: %s: wanted 0x%lx, got 0x%lx", c->passed[TD_R11],
			  td_gpr_name(reg), want, gpr[reg]);
}

static void map_answered(const struct tdx_call *c, const uint64_t *gpr)
{
	const enum requirement_nr bad = map_is_bad(c->passed);
	const uint64_t end = c->passed[TD_R12] + c->passed[TD_R13];

	if (c->failed) {
		if (gpr[TD_R10] == GHCI_SUCCESS && c->next != end)
			fuzz_fail(REQ_TDX_MAP_OTHER_NEXT, "success after a KVM_RUN that failed");
		return;
	}
	/* The exit has been told of. */
	if (bad && c->exits)
		return;
	if (bad) {
		/* Of two reasons either will do. */
		if (gpr[TD_R10] != GHCI_ALIGN_ERROR ||
		    !((c->passed[TD_R12] | c->passed[TD_R13]) & 0xfff))
			wanted(bad, c, TD_R10, bad == REQ_TDX_MAP_ALIGN ? GHCI_ALIGN_ERROR :
			       GHCI_INVALID_OPERAND, gpr);
		wanted(REQ_TDX_MAP_BAD_GPA, c, TD_R11, c->passed[TD_R12], gpr);
		return;
	}
	if (c->refused) {
		if (c->ret == EAGAIN)
			wanted(REQ_TDX_MAP_AGAIN, c, TD_R10, GHCI_RETRY, gpr);
		else
			wanted(REQ_TDX_MAP_REFUSED, c, TD_R10, GHCI_INVALID_OPERAND, gpr);
		wanted(REQ_TDX_MAP_STOPPED, c, TD_R11, c->next, gpr);
		return;
	}
	wanted(REQ_TDX_MAP_DONE, c, TD_R10, GHCI_SUCCESS, gpr);
	if (c->next != end && gpr[TD_R10] == GHCI_SUCCESS)
		fuzz_fail(REQ_TDX_MAP_DONE, "success, but the VMM was not asked for 0x%lx to 0x%lx",
			  c->next, end);
}

static uint64_t low(uint64_t value, uint64_t bytes)
{
	return bytes < 8 ? value & ((1ull << 8 * bytes) - 1) : value;
}

static void instruction_answered(const struct tdx_call *c, const uint64_t *gpr,
				 enum requirement_nr bad)
{
	const bool io = c->passed[TD_R11] == GHCI_INSTRUCTION_IO, write = c->passed[TD_R13];
	const enum requirement_nr good =
		io ? (write ? REQ_TDX_IO_OUT : REQ_TDX_IO_IN) :
		     (write ? REQ_TDX_MMIO_WRITE : REQ_TDX_MMIO_READ);

	if (bad) {
		wanted(bad, c, TD_R10, GHCI_INVALID_OPERAND, gpr);
		return;
	}
	wanted(good, c, TD_R10, GHCI_SUCCESS, gpr);
	if (!write && c->exits)
		wanted(good, c, TD_R11, low(c->data, c->passed[TD_R12]), gpr);
}

static void leaf_answered(const struct tdx_call *c, const uint64_t *gpr)
{
	const uint64_t *r = c->passed;

	switch (r[TD_R11]) {
	case GHCI_MAP_GPA:
		map_answered(c, gpr);
		return;
	case GHCI_INSTRUCTION_IO:
		instruction_answered(c, gpr, io_is_bad(r));
		return;
	case GHCI_VE_REQUEST_MMIO:
		if (!((r[TD_R12] | r[TD_R13]) >> 32))
			instruction_answered(c, gpr, mmio_is_bad(r));
		return;
	case GHCI_GET_QUOTE:
		wanted(REQ_TDX_QUOTE_ANSWER, c, TD_R10,
		       is_private(r[TD_R12]) ? GHCI_INVALID_OPERAND : c->ret, gpr);
		return;
	case GHCI_SETUP_EVENT_NOTIFY:
		wanted(REQ_TDX_NOTIFY_ANSWER, c, TD_R10,
		       r[TD_R12] < 32 || r[TD_R12] > 255 ? GHCI_INVALID_OPERAND : c->ret, gpr);
		return;
	case GHCI_GET_TD_VM_CALL_INFO:
		wanted(REQ_TDX_INFO_ANSWER, c, TD_R10, r[TD_R12] > 1 ? GHCI_INVALID_OPERAND : c->ret,
		       gpr);
		for (unsigned int i = 0; r[TD_R12] <= 1 && i < 4; i++)
			wanted(REQ_TDX_INFO_ANSWER, c, TD_R11 + i, c->info[i], gpr);
		return;
	case GHCI_INSTRUCTION_CPUID:
		for (unsigned int i = TD_R12; i <= TD_R15; i++)
			if (gpr[i] >> 32)
				fuzz_fail(REQ_TDX_CPUID, "R%u 0x%lx", i, gpr[i]);
		wanted(REQ_TDX_CPUID, c, TD_R10, GHCI_SUCCESS, gpr);
		return;
	case GHCI_INSTRUCTION_RDMSR:
	case GHCI_INSTRUCTION_WRMSR:
		if (gpr[TD_R10])
			wanted(REQ_TDX_MSR, c, TD_R10, GHCI_INVALID_OPERAND, gpr);
		return;
	case GHCI_REPORT_FATAL_ERROR:
		fuzz_fail(REQ_TDX_FATAL_END, "the TD goes on");
		return;
	}
	wanted(REQ_TDX_UNKNOWN_LEAF, c, TD_R10, GHCI_SUBFUNC_UNSUPPORTED, gpr);
}

void tdx_rules_answered(const struct tdx_call *c, const uint64_t *gpr)
{
	const uint64_t mask = c->gpr[TD_RCX];
	/* The most that a leaf changes: R10 to R15. */
	const uint64_t changed = c->bad_mask ? 0 : mask & TD_PASS_STANDARD;

	if (c->kind != TDX_CALL)
		return;
	if (c->bad_mask)
		wanted(REQ_TDX_BAD_RCX, c, TD_RAX, TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX, gpr);
	else
		wanted(REQ_TDX_RAX, c, TD_RAX, 0, gpr);
	for (unsigned int i = TD_RCX; i < TD_NR_GPRS; i++)
		if (!(changed & 1u << i))
			wanted(REQ_TDX_KEPT, c, i, c->gpr[i], gpr);
	if (changed != TD_PASS_STANDARD || c->passed[TD_R10])
		return;
	if (!c->failed || c->passed[TD_R11] == GHCI_MAP_GPA)
		leaf_answered(c, gpr);
}
