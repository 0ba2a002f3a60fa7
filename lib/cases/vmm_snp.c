// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SNP VM that makes any kind of exit, and what is expected of its exits and answers.
 */
#include <errno.h>
#include <linux/kvm_para.h>
#include <string.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "cases/vmm_snp.h"
#include "check/expect.h"
#include "check/run.h"
#include "check/state.h"
#include "check/transcript.h"

static struct vmm_snp_vm *snp_of(const struct vmm_vm *v)
{
	return v->priv;
}

struct vmm_snp_cpu *vmm_snp_cpu(const struct vmm_cpu *cpu)
{
	return &snp_of(cpu->v)->cpu[cpu->id];
}

static const struct cert_revision *rev_of(const struct vmm_cpu *cpu)
{
	return cpu->v->arg;
}

/* ---- its life ---- */

static uint64_t answers(const struct vmm_cpu *cpu)
{
	return vmm_snp_cpu(cpu)->mailbox->answers;
}

/* @guest is no struct vmm_cpu: that may be gone by then, with the case that failed. */
static void tell_answers(const void *guest)
{
	const struct vmm_snp_cpu *cpu = guest;
	const struct psc_request *psc = &cpu->mailbox->psc;

	check_note("guest: vCPU %u: has had %lu answers; the last page state change's SW_EXITINFO2 is 0x%lx, MSR 0x%lx",
		   cpu->certs->vcpu->id, cpu->mailbox->answers, psc->answer.exit_info_2,
		   psc->answer.msr);
}

static void add_cpus(struct vmm_vm *v, struct vmm_snp_vm *s)
{
	const size_t pages = sizeof(struct vmm_mailbox) / v->vm->page_size + 1;
	unsigned int i;

	request_vm_add_vcpus(s->v, v->nr_cpus, guest_vmm_loop);
	for (i = 0; i < v->nr_cpus; i++) {
		struct shared_mem mem = snp_vm_alloc_shared(s->v->snp, pages);
		struct vmm_snp_cpu *cpu = &s->cpu[i];

		cpu->certs = &s->v->cpu[i];
		cpu->ghcb = s->v->snp->cpu[i].ghcb;
		cpu->mailbox = mem.hva;
		cpu->mailbox->request = cpu->certs->mailbox.gva;
		v->cpu[i].vcpu = cpu->certs->vcpu;
		vcpu_args_set(v->cpu[i].vcpu, 1, mem.gva);
		check_guest_view(v->owner, tell_answers, cpu);
	}
}

static bool has(const void *rev)
{
	return !rev || cert_revision_spoken(rev);
}

static bool start(struct vmm_vm *v)
{
	const struct cert_revision *rev = v->arg;
	struct vmm_snp_vm *s;
	unsigned int i;

	if (!has(rev))
		return false;
	s = calloc(1, sizeof(*s));
	TEST_ASSERT(s, "out of memory");
	v->priv = s;
	s->v = request_vm_create_bare();
	v->owner = s->v->snp;
	v->vm = s->v->snp->vm;
	if (rev)
		TEST_ASSERT(!__cert_exit_enable(v->vm, rev, rev->cap_mask, 0),
			    "cannot enable the exit of %s", rev->name);
	vm_enable_cap(v->vm, KVM_CAP_EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE);
	add_cpus(v, s);
	snp_vm_launch(s->v->snp);
	for (i = 0; i < v->nr_cpus; i++)
		if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v->cpu[i].vcpu, STAGE_READY))
			return false;
	request_fw_init(&s->fw, 0, 0);
	return true;
}

static void free_vm(struct vmm_vm *v)
{
	request_vm_free(snp_of(v)->v);
	free(v->priv);
}

static void close_vm(struct vmm_vm *v)
{
	close(v->vm->arch.sev_fd);
}

static bool served_only(enum requirement_nr req, const struct vmm_cpu *cpu)
{
	return EXPECT_FW_CALLS(req, cpu->v->served);
}

const struct vmm_guest_ops vmm_snp = {
	.req = {
		[VMM_REQ_SIGNAL] = REQ_VMM_SIGNAL,
		[VMM_REQ_SIGNAL_ONCE] = REQ_VMM_SIGNAL_ONCE,
		[VMM_REQ_IMMEDIATE] = REQ_VMM_IMMEDIATE,
		[VMM_REQ_NO_ANSWER] = REQ_VMM_NO_ANSWER,
		[VMM_REQ_VCPUS] = REQ_VMM_VCPUS,
		[VMM_REQ_CLOSE] = REQ_VMM_CLOSE,
		[VMM_REQ_FIELDS] = REQ_VMM_FIELDS,
		[VMM_REQ_REPEAT] = REQ_VMM_REPEAT,
	},
	.has = has,
	.stage_answered = STAGE_ANSWERED,
	.start = start,
	.free = free_vm,
	.close = close_vm,
	.answers = answers,
	.expect_served = served_only,
};

/* ---- certificates ---- */

static void certs_prepare(struct vmm_cpu *cpu)
{
	struct vmm_snp_cpu *s = vmm_snp_cpu(cpu);

	s->mailbox->certs = true;
	s->asked = 1 + cpu->id;
	s->needed = 20 + cpu->id;
	request_prepare(s->certs, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ, s->asked);
}

static bool certs_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	const struct cert_revision *rev = rev_of(cpu);
	const struct vmm_snp_cpu *s = vmm_snp_cpu(cpu);
	const struct kvm_run *run = cpu->vcpu->run;
	struct cert_exit exit;

	if (!EXPECT_REQ_EQ(req, "exit reason", rev->exit_reason, run->exit_reason,
			   &names_exit_reason))
		return false;
	exit = cert_exit_read(rev, run);
	return EXPECT_REQ_EQ(req, "the certificates' address", s->certs->data.gpa,
			     exit.addr << rev->addr_shift, &names_gpa) &&
	       EXPECT_REQ_EQ(req, "npages", s->asked, exit.npages, &names_pages);
}

static const enum cert_answer_nr cert_answers[] = {
	[VMM_OK] = CERT_ANSWER_OK,
	[VMM_ERROR] = CERT_ANSWER_ERROR,
	[VMM_OTHER] = CERT_ANSWER_LEN,
	[VMM_BUSY] = CERT_ANSWER_BUSY,
};

static void certs_answer(struct vmm_cpu *cpu, enum vmm_answer answer)
{
	const struct cert_revision *rev = rev_of(cpu);
	const enum cert_answer_nr nr = cert_answers[answer];

	cert_exit_answer(rev, cpu->vcpu->run, rev->answer[nr].ret,
			 nr == CERT_ANSWER_LEN ? &vmm_snp_cpu(cpu)->needed : NULL);
}

static bool certs_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu,
				enum vmm_answer wanted)
{
	const struct cert_answer *answer = &rev_of(cpu)->answer[cert_answers[wanted]];
	const struct request_fw *fw = &snp_of(cpu->v)->fw;
	const struct vmm_snp_cpu *s = vmm_snp_cpu(cpu);
	const struct guest_request *seen = s->certs->req;
	bool good;

	good = EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_OK, seen->answer.exit_info_1,
			     &names_info_1);
	/* Real firmware refuses a message that is no message. */
	if (wanted != VMM_OK || fw->modelled)
		good &= EXPECT_REQ_EQ(req, "SW_EXITINFO2", answer->exit_info_2,
				      seen->answer.exit_info_2, &names_guest_request);
	good &= EXPECT_REQ_EQ(req, "RBX", answer->rbx_is_npages ? s->needed : s->asked,
			      seen->answer.rbx, &names_pages);
	if (wanted != VMM_OK)
		good &= EXPECT_REQ_FILL(req, "the response page", POISON_RESPONSE,
					request_seen_response(s->certs), REQUEST_PAGE);
	else if (fw->modelled)
		good &= EXPECT_REQ_BYTES(req, "the response page as the guest read it",
					 fw->response, request_seen_response(s->certs),
					 REQUEST_PAGE);
	return good;
}

const struct vmm_exit_ops vmm_certs = {
	.name = "certificates",
	.prepare = certs_prepare,
	.expect_exit = certs_expect_exit,
	.answer = certs_answer,
	.expect_answer = certs_expect_answer,
	.reaches_firmware = true,
};

/* ---- page state changes: each vCPU asks for a page of its own ---- */

static uint64_t psc_gfn(const struct vmm_cpu *cpu)
{
	return PSC_GFN + 16 * cpu->id;
}

static struct psc_request *psc_new(struct vmm_cpu *cpu)
{
	struct vmm_mailbox *mailbox = vmm_snp_cpu(cpu)->mailbox;

	mailbox->certs = false;
	memset(&mailbox->psc, 0, sizeof(mailbox->psc));
	return &mailbox->psc;
}

static void psc_msr_prepare(struct vmm_cpu *cpu)
{
	psc_new(cpu)->msr = GHCB_MSR_PSC(PSC_OP_SHARED, psc_gfn(cpu));
}

static void psc_nae_prepare(struct vmm_cpu *cpu)
{
	struct psc_request *psc = psc_new(cpu);

	psc->size = sizeof(psc->buffer);
	psc->scratch = vmm_snp_cpu(cpu)->ghcb.gpa + offsetof(struct ghcb, shared_buffer);
	psc->scratch_marked = true;
	psc->buffer.entries[0] = PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, psc_gfn(cpu), 0);
}

static bool psc_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	const struct kvm_run *run = cpu->vcpu->run;

	return EXPECT_REQ_EQ(req, "exit reason", KVM_EXIT_HYPERCALL, run->exit_reason,
			     &names_exit_reason) &&
	       EXPECT_REQ_EQ(req, "args[0]", psc_gfn(cpu) << 12, run->hypercall.args[0],
			     &names_gpa);
}

static void psc_answer(struct vmm_cpu *cpu, enum vmm_answer answer)
{
	cpu->vcpu->run->hypercall.ret = answer == VMM_OK ? 0 : EINVAL;
}

static bool psc_msr_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu,
				  enum vmm_answer answer)
{
	const uint64_t msr = vmm_snp_cpu(cpu)->mailbox->psc.answer.msr;

	return EXPECT_REQ_EQ(req, "GHCB MSR, bits 11:0", GHCB_MSR_PSC_RESP, msr & 0xfff,
			     &names_value) &&
	       EXPECT_REQ_TRUE(req, "GHCB MSR tells of an error",
			       !!(msr >> 32) == (answer != VMM_OK));
}

static bool psc_nae_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu,
				  enum vmm_answer answer)
{
	const struct psc_request *psc = &vmm_snp_cpu(cpu)->mailbox->psc;

	return EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_OK, psc->answer.exit_info_1,
			     &names_info_1) &&
	       EXPECT_REQ_EQ(req, "SW_EXITINFO2",
			     answer == VMM_OK ? PSC_ANSWER_DONE : PSC_ANSWER_GENERIC,
			     psc->answer.exit_info_2, &names_psc);
}

static bool psc_nae_expect_taken(enum requirement_nr req, struct vmm_cpu *cpu,
				 enum vmm_answer answer)
{
	const struct psc_buffer *buffer = vmm_snp_cpu(cpu)->ghcb.hva +
					  offsetof(struct ghcb, shared_buffer);

	return EXPECT_REQ_EQ(req, "cur_entry after the completion", answer == VMM_OK,
			     buffer->cur_entry, &names_count);
}

const struct vmm_exit_ops vmm_psc_msr = {
	.name = "page state change by MSR",
	.prepare = psc_msr_prepare,
	.expect_exit = psc_expect_exit,
	.answer = psc_answer,
	.expect_answer = psc_msr_expect_answer,
};

const struct vmm_exit_ops vmm_psc_nae = {
	.name = "page state change",
	.prepare = psc_nae_prepare,
	.expect_exit = psc_expect_exit,
	.answer = psc_answer,
	.expect_answer = psc_nae_expect_answer,
	.expect_taken = psc_nae_expect_taken,
};
