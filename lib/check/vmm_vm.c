// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SNP VM that makes any kind of exit, and what is expected of its exits and answers.
 */
#include <errno.h>
#include <linux/kvm_para.h>
#include <string.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "vmm_vm.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC push_options
#pragma GCC target("general-regs-only")

static void guest_vmm(struct vmm_mailbox *mailbox)
{
	struct guest_vcpu *vcpu = guest_this_vcpu();

	ghcb_register();
	GUEST_SYNC(STAGE_READY);
	for (;;) {
		if (mailbox->kind == VMM_CERTS)
			guest_make_request((struct guest_request *)mailbox->request, vcpu->ghcb,
					   vcpu->ghcb_gpa);
		else
			guest_make_psc(&mailbox->psc);
		mailbox->answers++;
		GUEST_SYNC(STAGE_ANSWERED);
	}
}

#pragma GCC pop_options

static void tell_answers(const void *guest)
{
	const struct vmm_cpu *cpu = guest;

	check_note("guest: vCPU %u: has had %lu answers; the last page state change's SW_EXITINFO2 is 0x%lx, MSR 0x%lx",
		   cpu->vcpu->id, cpu->mailbox->answers, cpu->mailbox->psc.answer.exit_info_2,
		   cpu->mailbox->psc.answer.msr);
}

static void add_cpus(struct vmm_vm *v, unsigned int nr_cpus)
{
	const size_t pages = sizeof(struct vmm_mailbox) / v->v->snp->vm->page_size + 1;
	unsigned int i;

	request_vm_add_vcpus(v->v, nr_cpus, guest_vmm);
	v->nr_cpus = nr_cpus;
	for (i = 0; i < nr_cpus; i++) {
		struct shared_mem mem = snp_vm_alloc_shared(v->v->snp, pages);
		struct vmm_cpu *cpu = &v->cpu[i];

		cpu->v = v;
		cpu->certs = &v->v->cpu[i];
		cpu->vcpu = cpu->certs->vcpu;
		cpu->ghcb = v->v->snp->cpu[i].ghcb;
		cpu->mailbox = mem.hva;
		cpu->mailbox->request = cpu->certs->mailbox.gva;
		vcpu_args_set(cpu->vcpu, 1, mem.gva);
		check_guest_view(v->v->snp, tell_answers, cpu);
	}
}

bool vmm_vm_start(struct vmm_vm *v, const struct cert_revision *rev, unsigned int nr_cpus)
{
	unsigned int i;

	memset(v, 0, sizeof(*v));
	if (rev && !cert_revision_spoken(rev))
		return false;
	v->rev = rev;
	v->v = request_vm_create_bare();
	if (rev)
		TEST_ASSERT(!__cert_exit_enable(v->v->snp->vm, rev, rev->cap_mask, 0),
			    "cannot enable the exit of %s", rev->name);
	vm_enable_cap(v->v->snp->vm, KVM_CAP_EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE);
	add_cpus(v, nr_cpus);
	snp_vm_launch(v->v->snp);
	for (i = 0; i < nr_cpus; i++)
		if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v->cpu[i].vcpu, STAGE_READY))
			return false;
	request_fw_init(&v->fw, 0, 0);
	return true;
}

void vmm_vm_free(struct vmm_vm *v)
{
	request_vm_free(v->v);
}

/* Each vCPU asks for a page of its own. */
static uint64_t psc_gfn(const struct vmm_cpu *cpu)
{
	return PSC_GFN + 16 * cpu->vcpu->id;
}

void vmm_prepare(struct vmm_cpu *cpu, enum vmm_exit kind)
{
	struct psc_request *psc = &cpu->mailbox->psc;

	cpu->kind = kind;
	cpu->mailbox->kind = kind;
	if (kind == VMM_CERTS) {
		cpu->asked = 1 + cpu->vcpu->id;
		cpu->needed = 20 + cpu->vcpu->id;
		request_prepare(cpu->certs, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ,
				cpu->asked);
		return;
	}
	memset(psc, 0, sizeof(*psc));
	if (kind == VMM_PSC_MSR) {
		psc->msr = GHCB_MSR_PSC(PSC_OP_SHARED, psc_gfn(cpu));
		return;
	}
	psc->size = sizeof(psc->buffer);
	psc->scratch = cpu->ghcb.gpa + offsetof(struct ghcb, shared_buffer);
	psc->scratch_marked = true;
	psc->buffer.entries[0] = PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, psc_gfn(cpu), 0);
}

bool vmm_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	const struct kvm_run *run = cpu->vcpu->run;
	struct cert_exit exit;
	uint32_t reason = cpu->kind == VMM_CERTS ? cpu->v->rev->exit_reason : KVM_EXIT_HYPERCALL;

	if (!EXPECT_REQ_EQ(req, "exit reason", reason, run->exit_reason, &names_exit_reason))
		return false;
	if (cpu->kind != VMM_CERTS)
		return EXPECT_REQ_EQ(req, "args[0]", psc_gfn(cpu) << 12, run->hypercall.args[0],
				     &names_gpa);
	exit = cert_exit_read(cpu->v->rev, run);
	return EXPECT_REQ_EQ(req, "the certificates' address", cpu->certs->data.gpa,
			     exit.addr << cpu->v->rev->addr_shift, &names_gpa) &&
	       EXPECT_REQ_EQ(req, "npages", cpu->asked, exit.npages, &names_pages);
}

bool vmm_run_to_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	int err;

	do {
		err = check_run(cpu->vcpu);
	} while (err == EINTR);
	return EXPECT_REQ_EQ(req, "KVM_RUN", 0, err, &names_errno) && vmm_expect_exit(req, cpu);
}

void vmm_answer(struct vmm_cpu *cpu, enum cert_answer_nr nr)
{
	if (cpu->kind != VMM_CERTS) {
		cpu->vcpu->run->hypercall.ret = nr == CERT_ANSWER_OK ? 0 : EINVAL;
		return;
	}
	if (nr == CERT_ANSWER_OK)
		cpu->v->served++;
	cert_exit_answer(cpu->v->rev, cpu->vcpu->run, cpu->v->rev->answer[nr].ret,
			 nr == CERT_ANSWER_LEN ? &cpu->needed : NULL);
}

bool vmm_expect_served(enum requirement_nr req, const struct vmm_cpu *cpu)
{
	return EXPECT_FW_CALLS(req, cpu->v->served) &&
	       EXPECT_REQ_EQ(req, "answers that the guest has had", cpu->answers,
			     cpu->mailbox->answers, &names_count);
}

static bool expect_certs(enum requirement_nr req, const struct vmm_cpu *cpu,
			 enum cert_answer_nr nr)
{
	const struct cert_answer *answer = &cpu->v->rev->answer[nr];
	const struct guest_request *seen = cpu->certs->req;
	bool good;

	good = EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_OK, seen->answer.exit_info_1,
			     &names_info_1);
	/* Real firmware refuses a message that is no message. */
	if (nr != CERT_ANSWER_OK || cpu->v->fw.modelled)
		good &= EXPECT_REQ_EQ(req, "SW_EXITINFO2", answer->exit_info_2,
				      seen->answer.exit_info_2, &names_guest_request);
	good &= EXPECT_REQ_EQ(req, "RBX", answer->rbx_is_npages ? cpu->needed : cpu->asked,
			      seen->answer.rbx, &names_pages);
	if (nr != CERT_ANSWER_OK)
		good &= EXPECT_REQ_FILL(req, "the response page", POISON_RESPONSE,
					request_seen_response(cpu->certs), REQUEST_PAGE);
	else if (cpu->v->fw.modelled)
		good &= EXPECT_REQ_BYTES(req, "the response page as the guest read it",
					 cpu->v->fw.response, request_seen_response(cpu->certs),
					 REQUEST_PAGE);
	return good;
}

bool vmm_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu, enum cert_answer_nr nr)
{
	const struct psc_request *psc = &cpu->mailbox->psc;

	cpu->answers++;
	if (!vmm_expect_served(req, cpu))
		return false;
	if (cpu->kind == VMM_CERTS)
		return expect_certs(req, cpu, nr);
	if (cpu->kind == VMM_PSC_MSR)
		return EXPECT_REQ_EQ(req, "GHCB MSR, bits 11:0", GHCB_MSR_PSC_RESP,
				     psc->answer.msr & 0xfff, &names_value) &&
		       EXPECT_REQ_TRUE(req, "GHCB MSR tells of an error",
				       !!(psc->answer.msr >> 32) == (nr != CERT_ANSWER_OK));
	return EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_OK, psc->answer.exit_info_1,
			     &names_info_1) &&
	       EXPECT_REQ_EQ(req, "SW_EXITINFO2",
			     nr == CERT_ANSWER_OK ? PSC_ANSWER_DONE : PSC_ANSWER_GENERIC,
			     psc->answer.exit_info_2, &names_psc);
}

bool vmm_run_to_answer(enum requirement_nr req, struct vmm_cpu *cpu, enum cert_answer_nr nr)
{
	return EXPECT_REQ_SYNC(req, cpu->vcpu, STAGE_ANSWERED) && vmm_expect_answer(req, cpu, nr);
}
