// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has to come of an SNP guest's VMGEXIT, by AMD 56421 GHCB 2.0 and the uAPI, where one can
 * say it of any.  Requirements are those of include/requirements.
 */
#include <errno.h>
#include <string.h>

#include <linux/kvm.h>
#include <linux/kvm_para.h>

#include "check/names.h"
#include "control.h"
#include "exits/cert.h"
#include "guest/psc.h"
#include "snp.h"

static uint64_t lowest_bit(uint64_t bits)
{
	return bits & -bits;
}

/* ---- inputs ("GHCB Protocol", "NAE event" tables) ---- */

static bool missing(const struct snp_event *e)
{
	const uint64_t info_1 = e->field[SNP_INFO_1];
	uint32_t needs = SNP_VALID(CODE) | SNP_VALID(INFO_1) | SNP_VALID(INFO_2);

	switch (e->field[SNP_CODE]) {
	case GHCB_NAE_DR7_WRITE:
		needs |= SNP_VALID(RAX);
		break;
	case GHCB_NAE_RDPMC:
		needs |= SNP_VALID(RCX);
		break;
	case GHCB_NAE_CPUID:
		needs |= SNP_VALID(RAX) | SNP_VALID(RCX);
		if ((e->valid & SNP_VALID(RAX)) && e->field[SNP_RAX] == 0xd)
			needs |= SNP_VALID(XCR0);
		break;
	case GHCB_NAE_IOIO:
		if (info_1 & GHCB_IOIO_STRING)
			needs |= SNP_VALID(SCRATCH);
		else if (!(info_1 & GHCB_IOIO_IN))
			needs |= SNP_VALID(RAX);
		break;
	case GHCB_NAE_MSR:
		needs |= SNP_VALID(RCX);
		if (info_1)
			needs |= SNP_VALID(RAX) | SNP_VALID(RDX);
		break;
	case GHCB_NAE_VMMCALL:
		needs |= SNP_VALID(RAX) | SNP_VALID(CPL);
		break;
	case GHCB_NAE_MONITOR:
		needs |= SNP_VALID(RAX) | SNP_VALID(RCX) | SNP_VALID(RDX);
		break;
	case GHCB_NAE_MWAIT:
		needs |= SNP_VALID(RAX) | SNP_VALID(RCX);
		break;
	case GHCB_NAE_MMIO_READ:
	case GHCB_NAE_MMIO_WRITE:
	case GHCB_NAE_PSC:
		needs |= SNP_VALID(SCRATCH);
		break;
	}
	return (e->valid & needs) != needs;
}

static bool is_event(uint64_t code)
{
	static const uint64_t codes[] = {
		GHCB_NAE_DR7_READ, GHCB_NAE_DR7_WRITE, GHCB_NAE_RDTSC, GHCB_NAE_RDPMC,
		GHCB_NAE_CPUID, GHCB_NAE_INVD, GHCB_NAE_IOIO, GHCB_NAE_MSR, GHCB_NAE_VMMCALL,
		GHCB_NAE_RDTSCP, GHCB_NAE_WBINVD, GHCB_NAE_MONITOR, GHCB_NAE_MWAIT,
		GHCB_NAE_MMIO_READ, GHCB_NAE_MMIO_WRITE, GHCB_NAE_NMI_COMPLETE,
		GHCB_NAE_AP_RESET_HOLD, GHCB_NAE_AP_JUMP_TABLE, GHCB_NAE_PSC,
		GHCB_NAE_GUEST_REQUEST, GHCB_NAE_EXT_GUEST_REQUEST, GHCB_NAE_AP_CREATION,
		GHCB_NAE_HV_FEATURES, GHCB_NAE_TERMINATION, GHCB_NAE_UNSUPPORTED,
	};

	for (unsigned int i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* "Shared Buffer": version 2 has all scratch areas there. */
static bool outside(const struct snp_event *e, uint64_t bytes)
{
	const uint64_t at = e->field[SNP_SCRATCH], buffer = e->msr + 0x800, end = buffer + 2032;

	return at < buffer || at > end || bytes > end - at;
}

static unsigned int malformed_event(const struct snp_event *e)
{
	const uint64_t info_1 = e->field[SNP_INFO_1], info_2 = e->field[SNP_INFO_2];

	switch (e->field[SNP_CODE]) {
	case GHCB_NAE_MMIO_READ:
	case GHCB_NAE_MMIO_WRITE:
		if (info_2 > 8)
			return GHCB_REASON_INVALID_INPUT;
		return info_2 && outside(e, info_2) ? GHCB_REASON_SCRATCH : 0;
	case GHCB_NAE_PSC:
		return outside(e, 8) ? GHCB_REASON_SCRATCH : 0;
	case GHCB_NAE_GUEST_REQUEST:
	case GHCB_NAE_EXT_GUEST_REQUEST:
		return (info_1 | info_2) & 0xfff || info_1 == info_2 ? GHCB_REASON_INVALID_INPUT : 0;
	case GHCB_NAE_AP_JUMP_TABLE:
		return info_1 > 1 ? GHCB_REASON_INVALID_INPUT : 0;
	}
	return 0;
}

unsigned int snp_rules_malformed(const struct snp_event *e)
{
	if (!e->registered)
		return GHCB_REASON_NOT_REGISTERED;
	if (e->usage)
		return GHCB_REASON_USAGE;
	if (missing(e))
		return GHCB_REASON_MISSING_INPUT;
	if (!is_event(e->field[SNP_CODE]))
		return GHCB_REASON_INVALID_EVENT;
	return malformed_event(e);
}

/* What is broken if it is not refused so. */
static enum requirement_nr refusal(const struct snp_event *e)
{
	const uint64_t code = e->field[SNP_CODE];

	switch (snp_rules_malformed(e)) {
	case GHCB_REASON_NOT_REGISTERED:
		return REQ_GHCB_REGISTER_ERR;
	case GHCB_REASON_USAGE:
		return REQ_GHCB_ERR_USAGE;
	case GHCB_REASON_MISSING_INPUT:
		return SNP_VALID(CODE) & ~e->valid ? REQ_GHCB_ERR_MISSING : REQ_GHCB_ERR_MISSING_STATE;
	case GHCB_REASON_INVALID_EVENT:
		return REQ_GHCB_ERR_EVENT;
	case GHCB_REASON_SCRATCH:
		return code == GHCB_NAE_PSC ? REQ_PSC_SCRATCH : REQ_GHCB_NAE_MMIO_SCRATCH;
	}
	return code == GHCB_NAE_AP_JUMP_TABLE ? REQ_GHCB_NAE_JUMP_TABLE :
	       code == GHCB_NAE_MMIO_READ || code == GHCB_NAE_MMIO_WRITE ? REQ_GHCB_NAE_MMIO_LEN :
	       REQ_SNP_REQ_GPA_REASON;
}

/* ---- exits ---- */

static void io_exit(const struct snp_event *e, const struct kvm_run *run)
{
	const uint64_t info_1 = e->field[SNP_INFO_1], size = info_1 >> 4 & 7;
	const bool string = info_1 & GHCB_IOIO_STRING, in = info_1 & GHCB_IOIO_IN;

	if (e->kind != SNP_NAE || e->field[SNP_CODE] != GHCB_NAE_IOIO) {
		fuzz_odd("FUZZ-EXIT", "KVM_EXIT_IO, which nobody asked for");
		return;
	}
	if (size != 1 && size != 2 && size != 4) {
		fuzz_fail(REQ_GHCB_NAE_IO_SIZE, "size bits 0x%lx: KVM_EXIT_IO of %u bytes", size,
			  run->io.size);
		return;
	}
	if (run->io.size != size || run->io.port != (uint16_t)(info_1 >> 16) ||
	    run->io.direction == in)
		fuzz_fail(in ? REQ_GHCB_NAE_IO_IN : REQ_GHCB_NAE_IO_OUT,
			  "SW_EXITINFO1 0x%lx: port 0x%x, size %u, direction %u",
			  info_1, run->io.port, run->io.size, run->io.direction);
	if (run->io.count == 0 || (uint64_t)run->io.count * run->io.size > 4096 ||
	    (!string && run->io.count != 1) || (string && run->io.count > e->field[SNP_INFO_2]))
		fuzz_fail(in ? REQ_GHCB_NAE_IO_INS : REQ_GHCB_NAE_IO_OUT,
			  "count %u of %u bytes, SW_EXITINFO2 0x%lx",
			  run->io.count, run->io.size, e->field[SNP_INFO_2]);
	else if (!string && run->io.direction &&
		 memcmp((const char *)run + run->io.data_offset, &e->field[SNP_RAX], size))
		fuzz_fail(REQ_GHCB_NAE_IO_OUT, "OUT of another value than RAX 0x%lx",
			  e->field[SNP_RAX]);
}

static void mmio_exit(const struct snp_event *e, const struct kvm_run *run)
{
	const uint64_t code = e->field[SNP_CODE], gpa = e->field[SNP_INFO_1];
	const void *scratch = snp_memory(e->field[SNP_SCRATCH]);

	if (e->kind != SNP_NAE || (code != GHCB_NAE_MMIO_READ && code != GHCB_NAE_MMIO_WRITE))
		fuzz_odd("FUZZ-EXIT", "KVM_EXIT_MMIO, which nobody asked for");
	else if (run->mmio.is_write != (code == GHCB_NAE_MMIO_WRITE) ||
		 run->mmio.phys_addr < gpa || run->mmio.phys_addr - gpa >= e->field[SNP_INFO_2] ||
		 run->mmio.len > e->field[SNP_INFO_2] - (run->mmio.phys_addr - gpa) || !run->mmio.len)
		fuzz_fail(run->mmio.is_write ? REQ_GHCB_NAE_MMIO_WRITE : REQ_GHCB_NAE_MMIO_READ,
			  "GPA 0x%llx, %u bytes, write %u, but 0x%lx and %lu bytes",
			  run->mmio.phys_addr, run->mmio.len, run->mmio.is_write, gpa,
			  e->field[SNP_INFO_2]);
	else if (run->mmio.is_write &&
		 memcmp(run->mmio.data, scratch + (run->mmio.phys_addr - gpa), run->mmio.len))
		fuzz_fail(REQ_GHCB_NAE_MMIO_WRITE,
			  "a write of other bytes than those in the scratch area");
}

static void map_exit(const struct snp_event *e, const struct kvm_run *run)
{
	const uint64_t gpa = run->hypercall.args[0], pages = run->hypercall.args[1];
	const uint64_t attributes = run->hypercall.args[2];

	if (run->hypercall.nr != KVM_HC_MAP_GPA_RANGE)
		fuzz_fail(REQ_PSC_EXIT, "hypercall %llu", run->hypercall.nr);
	if (run->hypercall.ret)
		fuzz_fail(REQ_PSC_EXIT_RET, "ret 0x%llx on exit", run->hypercall.ret);
	if (gpa & 0xfff || !pages || (gpa >> 12) + pages > 1ull << 40)
		fuzz_fail((gpa >> 12) + pages > 1ull << 40 ? REQ_PSC_NO_MERGE_WRAP : REQ_PSC_EXIT,
			  "GPA 0x%lx and %lu pages", gpa, pages);
	if (e->kind == SNP_MSR && GHCB_MSR_INFO(e->msr) == GHCB_MSR_PSC_REQ) {
		const uint64_t op = GHCB_MSR_DATA(e->msr) >> 40 & 0xf;

		if (gpa != (GHCB_MSR_DATA(e->msr) & 0xffffffffffull) << 12 || pages != 1 ||
		    attributes != (op == PSC_OP_PRIVATE ? KVM_MAP_GPA_RANGE_ENCRYPTED : 0) ||
		    (op != PSC_OP_PRIVATE && op != PSC_OP_SHARED))
			fuzz_fail(REQ_PSC_MSR_EXIT,
				  "GHCB MSR 0x%lx: GPA 0x%lx, %lu pages, attributes 0x%lx", e->msr,
				  gpa, pages, attributes);
	} else if (e->kind == SNP_NAE && e->field[SNP_CODE] == GHCB_NAE_PSC) {
		psc_exit(gpa, pages, attributes);
	} else if (e->kind != SNP_NAE || e->field[SNP_CODE] != GHCB_NAE_VMMCALL ||
		   e->field[SNP_RAX] != KVM_HC_MAP_GPA_RANGE) {
		fuzz_fail(REQ_PSC_EXIT, "KVM_EXIT_HYPERCALL, which nobody asked for");
	} else if (e->field[SNP_CPL]) {
		fuzz_fail(REQ_GHCB_NAE_VMMCALL, "a hypercall of CPL %lu", e->field[SNP_CPL]);
	}
}

void snp_rules_exit(const struct snp_event *e, const struct kvm_run *run)
{
	if (e->kind == SNP_NAE && (!e->ghcb || snp_rules_malformed(e)))
		fuzz_fail(e->ghcb ? refusal(e) : REQ_GHCB_NO_PAGE,
			  "exit reason %u of a malformed request (reason %u)", run->exit_reason,
			  e->ghcb ? snp_rules_malformed(e) : 0);
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		io_exit(e, run);
		break;
	case KVM_EXIT_MMIO:
		mmio_exit(e, run);
		break;
	case KVM_EXIT_HYPERCALL:
		map_exit(e, run);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		if (run->system_event.type != KVM_SYSTEM_EVENT_SEV_TERM ||
		    run->system_event.ndata != 1 || run->system_event.data[0] != e->msr ||
		    !(e->kind == SNP_NAE ? e->field[SNP_CODE] == GHCB_NAE_TERMINATION :
		      GHCB_MSR_INFO(e->msr) == GHCB_MSR_TERM_REQ))
			fuzz_fail(e->kind == SNP_NAE ? REQ_GHCB_NAE_TERM : REQ_GHCB_MSR_TERM,
				  "type %u, ndata %u, data 0x%llx of GHCB MSR 0x%lx",
				  run->system_event.type, run->system_event.ndata,
				  run->system_event.data[0], e->msr);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		if (e->field[SNP_CODE] == GHCB_NAE_RDTSC)
			fuzz_fail(REQ_GHCB_NAE_RDTSC, "KVM_EXIT_INTERNAL_ERROR, suberror %u",
				  run->internal.suberror);
		else
			fuzz_odd("FUZZ-INTERNAL-ERROR",
				 "KVM_EXIT_INTERNAL_ERROR, suberror %u, of NAE event 0x%lx",
				 run->internal.suberror, e->field[SNP_CODE]);
		break;
	default:
		if (snp_vm.rev && run->exit_reason == snp_vm.rev->exit_reason &&
		    e->kind == SNP_NAE && e->field[SNP_CODE] == GHCB_NAE_EXT_GUEST_REQUEST)
			break;
		fuzz_odd("FUZZ-EXIT", "exit reason %u", run->exit_reason);
	}
}

/* ---- answers ---- */

static void msr_answered(const struct snp_event *e, uint64_t msr)
{
	const uint64_t info = GHCB_MSR_INFO(e->msr), data = GHCB_MSR_DATA(e->msr);
	enum requirement_nr req = REQ_GHCB_MSR_UNDEFINED;
	uint64_t wanted;

	switch (info) {
	case GHCB_MSR_SEV_INFO_REQ:
		if (GHCB_MSR_INFO(msr) != GHCB_MSR_SEV_INFO_RESP || GHCB_SEV_INFO_MAX(msr) != 2 ||
		    GHCB_SEV_INFO_MIN(msr) != 1 || GHCB_SEV_INFO_CBIT(msr) != snp_vm.v->snp->c_bit)
			fuzz_fail(REQ_GHCB_SEV_INFO, "0x%lx", msr);
		return;
	case GHCB_MSR_CPUID_REQ:
		if ((msr ^ e->msr) & 0xfffff000ull || GHCB_MSR_INFO(msr) != GHCB_MSR_CPUID_RESP)
			fuzz_fail(REQ_GHCB_MSR_CPUID, "0x%lx of 0x%lx", msr, e->msr);
		return;
	case GHCB_MSR_REG_GPA_REQ:
		req = REQ_GHCB_REGISTER;
		wanted = GHCB_MSR(GHCB_MSR_REG_GPA_RESP, data);
		break;
	case GHCB_MSR_PREF_GPA_REQ:
		req = REQ_GHCB_PREF_GPA;
		wanted = GHCB_MSR(GHCB_MSR_PREF_GPA_RESP, ~0ull >> 12);
		break;
	case GHCB_MSR_HV_FEATURES_REQ:
		if (GHCB_MSR_INFO(msr) != GHCB_MSR_HV_FEATURES_RESP ||
		    !(GHCB_MSR_DATA(msr) & GHCB_HV_FEATURE_SNP))
			fuzz_fail(REQ_GHCB_HV_FEATURES, "0x%lx", msr);
		return;
	case GHCB_MSR_PSC_REQ:
		wanted = GHCB_MSR_PSC_RESP | (!e->exits || e->ret ? GHCB_MSR_PSC_ERR : 0);
		/* Bits 51:12 are reserved, and of an error only that it is one matters. */
		if (e->failed || (GHCB_MSR_INFO(msr) == GHCB_MSR_PSC_RESP &&
				  !(msr >> 32) == !(wanted >> 32)))
			return;
		fuzz_fail(!e->exits ? REQ_PSC_MSR_BAD_OP :
			  e->ret ? REQ_PSC_MSR_ERR : REQ_PSC_MSR_OK,
			  "0x%lx of 0x%lx, answered 0x%lx", msr, e->msr,
			  e->ret);
		return;
	default:
		wanted = e->msr;
	}
	if (msr != wanted)
		fuzz_fail(req, "wanted 0x%lx, got 0x%lx of 0x%lx", wanted, msr, e->msr);
}

static void request_answered(const struct snp_event *e, uint64_t info_2)
{
	const bool served = !e->exits || !e->ret;
	const unsigned int requests = control() ? control()->nr_fw_requests() - e->requests : served;
	const struct control_fw_request *seen;
	const void *sent;

	if (e->failed) {
		if (!info_2)
			fuzz_fail(e->exits && e->ret ? REQ_SNP_CERTS_REFUSED_NEXT :
				  REQ_SNP_REQ_FAILED_NEXT,
				  "success after a KVM_RUN that failed");
		return;
	}
	if (requests != served) {
		fuzz_fail(served ? REQ_SNP_REQ_FW_ONCE : REQ_SNP_CERTS_ERR_NO_FW,
			  "%u calls of firmware, wanted %u", requests, served);
		return;
	}
	if (served && info_2 != e->fw_err)
		fuzz_fail(REQ_SNP_REQ_FW_ERR, "SW_EXITINFO2 0x%lx, firmware's status 0x%x", info_2,
			  e->fw_err);
	if (!served) {
		const uint64_t wanted = e->ret == ENOSPC ? GHCB_VMM_ERR_INVALID_LEN :
					e->ret == EAGAIN ? GHCB_VMM_ERR_BUSY : GHCB_VMM_ERR_GENERIC;

		if (info_2 != wanted || (e->ret == ENOSPC && e->ghcb->rbx != e->npages))
			fuzz_fail(e->ret == ENOSPC ? REQ_SNP_CERTS_RET_LEN :
				  e->ret == EAGAIN ? REQ_SNP_CERTS_RET_BUSY :
				  REQ_SNP_CERTS_RET_GENERIC,
				  "answered %lu with %lu pages: SW_EXITINFO2 0x%lx, RBX 0x%lx", e->ret,
				  e->npages, info_2, e->ghcb->rbx);
		return;
	}
	if (!control())
		return;
	seen = control()->fw_request(control()->nr_fw_requests() - 1);
	sent = snp_memory(e->field[SNP_INFO_1]);
	if (seen && sent && memcmp(seen->request, sent, 64) &&
	    e->field[SNP_INFO_1] != (e->field[SNP_RAX] & ~0xfffull))
		fuzz_fail(REQ_SNP_REQ_BYTES, "firmware got another page than the guest's");
}

/* What of the answer is the event's own. */
static void event_answered(const struct snp_event *e, uint64_t info_1, uint64_t info_2)
{
	const struct ghcb *g = e->ghcb;
	const uint64_t code = e->field[SNP_CODE], size = e->field[SNP_INFO_1] >> 4 & 7;
	const uint64_t mask = size == 4 ? 0xffffffff : size == 2 ? 0xffff : 0xff;

	switch (code) {
	case GHCB_NAE_HV_FEATURES:
		if (info_1 || !(info_2 & GHCB_HV_FEATURE_SNP) || info_2 & ~0xffull)
			fuzz_fail(REQ_GHCB_NAE_FEATURES, "SW_EXITINFO2 0x%lx", info_2);
		break;
	case GHCB_NAE_PSC:
		if (info_1)
			fuzz_fail(REQ_PSC_INFO_1, "SW_EXITINFO1 0x%lx", info_1);
		else if (!e->failed)
			psc_end(snp_memory(e->field[SNP_SCRATCH]), info_2);
		else if (!info_2)
			fuzz_fail(REQ_PSC_OTHER_AFTER, "success after a KVM_RUN that failed");
		break;
	case GHCB_NAE_GUEST_REQUEST:
	case GHCB_NAE_EXT_GUEST_REQUEST:
		if (!info_1)
			request_answered(e, info_2);
		break;
	case GHCB_NAE_IOIO:
		if (size != 1 && size != 2 && size != 4 && !info_1 && !e->failed)
			fuzz_fail(REQ_GHCB_NAE_IO_SIZE, "success of size bits 0x%lx", size);
		if (e->field[SNP_INFO_1] & GHCB_IOIO_STRING && size && !info_1 && !e->failed &&
		    e->field[SNP_INFO_2] > 2032)
			fuzz_fail(REQ_GHCB_NAE_IO_LONG, "success of a string of 0x%lx",
				  e->field[SNP_INFO_2]);
		if (e->exits && !(e->field[SNP_INFO_1] & GHCB_IOIO_STRING) &&
		    e->field[SNP_INFO_1] & GHCB_IOIO_IN && lowest_bit(size) == size &&
		    (!ghcb_is_valid(g, rax) || (g->rax ^ e->data) & mask))
			fuzz_fail(REQ_GHCB_NAE_IO_IN, "IN of 0x%lx, %lu bytes, gives RAX 0x%lx",
				  e->data, size, g->rax);
		break;
	case GHCB_NAE_MMIO_READ:
		if (e->exits == 1 && !e->failed &&
		    memcmp(snp_memory(e->field[SNP_SCRATCH]), &e->data, e->field[SNP_INFO_2]))
			fuzz_fail(REQ_GHCB_NAE_MMIO_READ,
				  "the guest has not got the VMM's data 0x%lx",
				  e->data);
		break;
	}
}

static void nae_answered(const struct snp_event *e)
{
	const struct ghcb *g = e->ghcb;
	const uint64_t info_1 = g->sw_exit_info_1, info_2 = g->sw_exit_info_2;
	const unsigned int reason = snp_rules_malformed(e);

	if (e->failed && e->field[SNP_CODE] == GHCB_NAE_UNSUPPORTED)
		return;
	if (!ghcb_is_valid(g, sw_exit_info_1) || !ghcb_is_valid(g, sw_exit_info_2)) {
		fuzz_fail(REQ_GHCB_VALID_BITS, "no answer to NAE event 0x%lx", e->field[SNP_CODE]);
		return;
	}
	if (reason) {
		if (info_1 != GHCB_INFO1_MALFORMED || info_2 != reason)
			fuzz_fail(refusal(e),
				  "event 0x%lx: wanted reason %u, got SW_EXITINFO1 0x%lx, SW_EXITINFO2 0x%lx",
				  e->field[SNP_CODE], reason, info_1, info_2);
		return;
	}
	switch (info_1) {
	case GHCB_INFO1_OK:
		break;
	case GHCB_INFO1_EXCEPTION:
		/* An event as EVENTINJ has it. */
		if (!(info_2 & 1u << 31) || (info_2 & 0xff) > 31)
			fuzz_fail(REQ_GHCB_NAE_MSR_GP, "SW_EXITINFO2 0x%lx", info_2);
		else if (info_2 >> 32)
			fuzz_fail(REQ_GHCB_NAE_MSR_GP_CODE, "SW_EXITINFO2 0x%lx", info_2);
		break;
	case GHCB_INFO1_MALFORMED:
		if (e->field[SNP_CODE] != GHCB_NAE_AP_CREATION &&
		    e->field[SNP_CODE] != GHCB_NAE_EXT_GUEST_REQUEST &&
		    !(e->field[SNP_INFO_1] & GHCB_IOIO_STRING))
			fuzz_fail(REQ_GHCB_ANY, "event 0x%lx is refused with reason %lu",
				  e->field[SNP_CODE], info_2);
		break;
	default:
		fuzz_fail(REQ_GHCB_ANY, "SW_EXITINFO1 0x%lx", info_1);
	}
	event_answered(e, info_1, info_2);
}

void snp_rules_answered(const struct snp_event *e, uint64_t msr)
{
	if (e->kind == SNP_MSR && !e->failed) {
		if (GHCB_MSR_INFO(e->msr) != GHCB_MSR_TERM_REQ)
			msr_answered(e, msr);
		return;
	}
	if (e->kind != SNP_NAE)
		return;
	if (msr != e->msr)
		fuzz_fail(REQ_GHCB_KEPT, "GHCB MSR 0x%lx after an NAE event at 0x%lx", msr, e->msr);
	if (e->ghcb)
		nae_answered(e);
}
