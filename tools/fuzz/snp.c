// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SNP guest without instructions, and its VMM, as bytes have them.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kvm_para.h>

#include "control.h"
#include "guest/psc.h"
#include "kvm_util.h"
#include "snp.h"
#include "snp/cert_probe.h"
#include "snp/firmware.h"

struct snp_fuzz_vm snp_vm;

static struct snp_event event;
static uint8_t response[REQUEST_PAGE];

static void guest_nothing(struct guest_request *req)
{
	(void)req;
}

static void create(void)
{
	struct request_vm *v = request_vm_create_bare();
	unsigned int i;

	for (i = 0; i < NR_CERT_REVISIONS && !snp_vm.rev; i++)
		if (cert_revision_cap(&cert_revisions[i]))
			snp_vm.rev = &cert_revisions[i];
	if (snp_vm.rev && __cert_exit_enable(v->snp->vm, snp_vm.rev, 1, 0))
		snp_vm.rev = NULL;
	/* The model's side is to speak the same; what it speaks by itself is mainline's. */
	if (snp_vm.rev && snp_vm.rev != &cert_revisions[NR_CERT_REVISIONS - 1])
		setenv("COCO_REF_REVISION", snp_vm.rev->name, 1);
	request_vm_add_vcpus(v, 1, guest_nothing);
	vm_enable_cap(v->snp->vm, KVM_CAP_EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE);
	snp_vm.v = v;
	snp_vm.pages = snp_vm_alloc_shared(v->snp, SNP_PAGES);
	snp_vm_launch(v->snp);
	fuzz_vcpu_fd = v->snp->cpu[0].vcpu->fd;
	fuzz_kvm_run = v->snp->cpu[0].vcpu->run;
	fuzz_vm_fd = v->snp->vm->fd;
	fuzz_gpa = snp_vm.pages.gpa;
	memset(response, 0x69, sizeof(response));
}

static void destroy(void)
{
	request_vm_free(snp_vm.v);
	snp_vm.registered = 0;
}

/* What a sequence changes and the next one must not see. */
static void begin(void)
{
	if (snp_vm.registered != snp_vm.pages.gpa) {
		event = (struct snp_event){
			.kind = SNP_NOTHING, .msr = GHCB_MSR(GHCB_MSR_REG_GPA_REQ,
							     snp_vm.pages.gpa >> 12),
		};
	} else {
		event.kind = SNP_NOTHING;
		event.msr = 0;
	}
	fuzz_kvm_run->immediate_exit = 0;
	memset(snp_vm.pages.hva, 0, snp_vm.pages.size);
	fuzz_show("static void found(void)\n{\n");
}

static bool bad_size(uint64_t info_1)
{
	const uint64_t size = info_1 >> 4 & 7;

	return size != 1 && size != 2 && size != 4;
}

/*
 * Is it for a device, a processor or a paravirtual interface of KVM's own?  What these do, and
 * whether the VMM hears of it, no document of such guests says.
 */
static bool is_kvms_own(const struct snp_event *e)
{
	static bool apic_moved;
	const uint64_t info_1 = e->field[SNP_INFO_1], port = info_1 >> 16 & 0xffff;

	switch (e->field[SNP_CODE]) {
	case GHCB_NAE_IOIO:
		/* snp_rules.c tells of a size that there is not; KVM_RUN may fail for a long string. */
		if (bad_size(info_1) ||
		    (info_1 & GHCB_IOIO_STRING && e->field[SNP_INFO_2] > INT_MAX / 4))
			return true;
		/* PICs, their ELCRs, the PIT, its speaker. */
		return (port & ~0x81) == 0x20 || (port & ~1) == 0x4d0 || (port & ~3) == 0x40 ||
		       port == 0x61;
	case GHCB_NAE_MMIO_READ:
	case GHCB_NAE_MMIO_WRITE:
		return apic_moved || info_1 - 0xfec00000 < 0x1000 || info_1 - 0xfee00000 < 0x1000;
	case GHCB_NAE_VMMCALL:
		return e->field[SNP_RAX] != KVM_HC_MAP_GPA_RANGE;
	case GHCB_NAE_EXT_GUEST_REQUEST:
		return !snp_vm.rev;
	case GHCB_NAE_MSR:
		apic_moved |= e->field[SNP_RCX] == 0x1b && e->field[SNP_INFO_1];
		return true;
	case GHCB_NAE_RDTSC:
	case GHCB_NAE_RDTSCP:
	case GHCB_NAE_RDPMC:
	case GHCB_NAE_TERMINATION:
		return true;
	}
	return false;
}

static void note_answer(uint64_t msr)
{
	const struct ghcb *g = event.ghcb;
	const uint64_t code = event.field[SNP_CODE];
	const bool request = code == GHCB_NAE_GUEST_REQUEST || code == GHCB_NAE_EXT_GUEST_REQUEST;

	if (event.kind == SNP_MSR)
		fuzz_show("\t/* GHCB MSR 0x%lx */\n",
			  GHCB_MSR_INFO(msr) == GHCB_MSR_CPUID_RESP ? (uint32_t)msr : msr);
	if (event.kind != SNP_NAE || !g)
		return;
	if (request && !g->sw_exit_info_1 && !event.failed && !event.ret)
		/* SW_EXITINFO2 is firmware's, which the model's cannot be told. */
		fuzz_show("\t/* SW_EXITINFO1 0 */\n");
	else if (code == GHCB_NAE_AP_JUMP_TABLE)
		/* A GET may tell of what a sequence has set that was not compared to its end. */
		fuzz_show("\t/* SW_EXITINFO1 0x%lx */\n", g->sw_exit_info_1);
	else if (request && !g->sw_exit_info_1)
		fuzz_show("\t/* SW_EXITINFO1 0x%lx, SW_EXITINFO2 0x%lx, RBX 0x%lx */\n",
			  g->sw_exit_info_1, g->sw_exit_info_2, g->rbx);
	else if (!g->sw_exit_info_1 && (code == GHCB_NAE_IOIO || code == GHCB_NAE_VMMCALL))
		fuzz_show("\t/* SW_EXITINFO1 0x%lx, SW_EXITINFO2 0x%lx, RAX 0x%lx */\n",
			  g->sw_exit_info_1, g->sw_exit_info_2, g->rax);
	else {
		/* CPUID's values are between the VMM and its processor. */
		fuzz_show("\t/* SW_EXITINFO1 0x%lx, SW_EXITINFO2 0x%lx */\n", g->sw_exit_info_1,
			  g->sw_exit_info_2);
	}
	if (request && snp_memory(event.field[SNP_INFO_2] & ~0xfffull))
		memset(snp_memory(event.field[SNP_INFO_2] & ~0xfffull), 0, 0x1000);
	/* What is in a page state change's buffer, psc.c knows; of other operations it is open. */
	if (code == GHCB_NAE_PSC)
		memset(event.ghcb->shared_buffer, 0, sizeof(event.ghcb->shared_buffer));
	else if (!request)
		for (unsigned int i = 0; i < SNP_PAGES; i++)
			oracle_memory(snp_vm.pages.hva + i * 0x1000 + 0x800, 0x7f0);
}

static void guest(struct kvm_script *script)
{
	const uint64_t registers = GHCB_MSR(GHCB_MSR_REG_GPA_REQ, snp_vm.pages.gpa >> 12);

	if (event.kind == SNP_NOTHING && event.msr) {
		/* Its own GHCB first. */
		script->ghcb_msr = event.msr;
		snp_vm.registered = snp_vm.pages.gpa;
		event.msr = 0;
		return;
	}
	snp_rules_answered(&event, script->ghcb_msr);
	note_answer(script->ghcb_msr);
	snp_event_next(&event);
	if (event.kind == SNP_NAE && event.ghcb && !snp_rules_malformed(&event) &&
	    is_kvms_own(&event))
		oracle_stop();
	script->ghcb_msr = event.msr;
	if (event.kind == SNP_MSR && GHCB_MSR_INFO(event.msr) == GHCB_MSR_INFO(registers))
		snp_vm.registered = GHCB_MSR_DATA(event.msr) << 12;
	if (event.kind != SNP_NAE)
		return;
	if (event.registered && event.field[SNP_CODE] == GHCB_NAE_PSC && event.ghcb &&
	    !snp_rules_malformed(&event))
		psc_begin(snp_memory(event.field[SNP_SCRATCH]),
			  0xff0 - (event.field[SNP_SCRATCH] & 0xfff));
	if (!control())
		return;
	control()->fw_answer(0, event.fw_err, response);
	event.requests = control()->nr_fw_requests();
}

static uint64_t status(void)
{
	static const uint64_t values[] = { 0, 0, 0, 0, EINVAL, EAGAIN, EIO, ENOSPC, 1, 1ull << 32 };

	return fuzz_pick(values, sizeof(values) / sizeof(values[0]));
}

/* The VMM's answer, as bytes have it. */
static void answer(struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_HYPERCALL:
		event.ret = status();
		/* What is left of one that KVM does not take is the next one's. */
		if (fuzz_known(REQ_PSC_OTHER_AFTER) && event.ret && event.ret != EAGAIN)
			event.ret = EINVAL;
		run->hypercall.ret = event.ret;
		fuzz_show("\t/* KVM_EXIT_HYPERCALL: args 0x%llx, 0x%llx, 0x%llx */\n"
			  "\trun->hypercall.ret = 0x%llx;\n", run->hypercall.args[0],
			  run->hypercall.args[1], run->hypercall.args[2], run->hypercall.ret);
		psc_answer(event.ret);
		break;
	case KVM_EXIT_IO:
		event.data = fuzz_bytes(4);
		if (!run->io.direction)
			memcpy((char *)run + run->io.data_offset, &event.data,
			       run->io.size > 4 ? 4 : run->io.size);
		fuzz_show("\t/* KVM_EXIT_IO: port 0x%x, %u of %u bytes: data 0x%lx */\n",
			  run->io.port, run->io.count, run->io.size, event.data);
		break;
	case KVM_EXIT_MMIO:
		event.data = fuzz_bytes(8);
		if (!run->mmio.is_write)
			memcpy(run->mmio.data, &event.data, 8);
		fuzz_show("\t/* KVM_EXIT_MMIO: 0x%llx, %u bytes, write %u: data 0x%lx */\n",
			  run->mmio.phys_addr, run->mmio.len, run->mmio.is_write, event.data);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		fuzz_show("\t/* KVM_EXIT_SYSTEM_EVENT: type %u, data 0x%llx */\n",
			  run->system_event.type, run->system_event.data[0]);
		break;
	default:
		if (!snp_vm.rev || run->exit_reason != snp_vm.rev->exit_reason)
			break;
		event.ret = status();
		event.npages = fuzz_bytes(8);
		cert_exit_answer(snp_vm.rev, run, event.ret, &event.npages);
		fuzz_show("\t/* certificates: ret 0x%lx, npages 0x%lx */\n", event.ret,
			  event.npages);
	}
}

/* An answer that KVM has refused: one that it takes, in case that it still waits for one. */
static void answer_anew(struct kvm_run *run)
{
	if (run->exit_reason == KVM_EXIT_HYPERCALL)
		run->hypercall.ret = EINVAL;
	else if (snp_vm.rev && run->exit_reason == snp_vm.rev->exit_reason)
		cert_exit_answer(snp_vm.rev, run, EIO, &event.npages);
}

static bool vmm(struct kvm_run *run, int err)
{
	static unsigned int failures;

	if (err) {
		fuzz_show("\t/* KVM_RUN: %s */\n", strerror(-err));
		event.failed = true;
		if (err != -EINVAL && err != -EIO && err != -EFAULT && err != -EINTR)
			fuzz_odd("FUZZ-ERRNO", "KVM_RUN fails with %s", strerror(-err));
		/* Such a request's every try may fail, a dead VM's too. */
		if (++failures > 100)
			fuzz_odd("FUZZ-DEAD", "KVM_RUN fails again and again: %s", strerror(-err));
		oracle_stop();
		answer_anew(run);
		return event.kind != SNP_END;
	}
	failures = 0;
	if (event.kind == SNP_END && run->exit_reason == KVM_EXIT_SYSTEM_EVENT) {
		fuzz_show("}\n");
		return false;
	}
	snp_rules_exit(&event, run);
	event.exits++;
	answer(run);
	return true;
}

const struct fuzz_guest fuzz_snp = { create, destroy, begin, guest, vmm };
