// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SNP VM that makes GHCB requests.
 */
#include <string.h>

#include "kvm_util.h"

#include "check/names.h"
#include "check/state.h"
#include "check/transcript.h"
#include "snp/request_vm.h"

struct request_vm *request_vm_create_bare(void)
{
	struct request_vm *v = calloc(1, sizeof(*v));

	TEST_ASSERT(v, "out of memory");
	v->snp = snp_vm_create_bare(0);
	return v;
}

static void tell_answer(const void *guest)
{
	const struct request_cpu *cpu = guest;
	uint64_t info_1 = cpu->req->answer.exit_info_1, info_2 = cpu->req->answer.exit_info_2;
	const struct value_names *names = info_1 == GHCB_INFO1_MALFORMED ? &names_malformed :
									    &names_guest_request;

	if (!cpu->req->answer.count) {
		check_note("guest: vCPU %u: has had no answer", cpu->vcpu->id);
		return;
	}
	check_note("guest: vCPU %u: answer %lu: SW_EXITINFO1 %s (0x%lx), SW_EXITINFO2 %s (0x%lx), RAX 0x%lx, RBX 0x%lx",
		   cpu->vcpu->id, cpu->req->answer.count, name_of(&names_info_1, info_1), info_1,
		   name_of(names, info_2), info_2, cpu->req->answer.rax, cpu->req->answer.rbx);
}

void request_vm_add_vcpus(struct request_vm *v, unsigned int nr_vcpus, void *guest_code)
{
	unsigned int i;

	snp_vm_add_vcpus(v->snp, nr_vcpus, guest_code);
	for (i = 0; i < nr_vcpus; i++) {
		struct request_cpu *cpu = &v->cpu[i];

		cpu->vcpu = v->snp->cpu[i].vcpu;
		cpu->mailbox = snp_vm_alloc_shared(v->snp, 1);
		cpu->request = snp_vm_alloc_shared(v->snp, 1);
		cpu->response = snp_vm_alloc_shared(v->snp, 1);
		cpu->data = snp_vm_alloc_shared(v->snp, MAX_DATA_PAGES);
		cpu->seen = snp_vm_alloc_shared(v->snp, 1 + MAX_DATA_PAGES);
		cpu->ghcb_before = snp_vm_alloc_shared(v->snp, 1);
		cpu->ghcb_after = snp_vm_alloc_shared(v->snp, 1);
		cpu->req = cpu->mailbox.hva;
		vcpu_args_set(cpu->vcpu, 1, cpu->mailbox.gva);
		check_guest_view(v->snp, tell_answer, cpu);
	}
}

struct request_vm *request_vm_create(unsigned int nr_vcpus, void *guest_code)
{
	struct request_vm *v = request_vm_create_bare();

	request_vm_add_vcpus(v, nr_vcpus, guest_code);
	return v;
}

void request_vm_free(struct request_vm *v)
{
	snp_vm_free(v->snp);
	free(v);
}

void request_prepare(struct request_cpu *cpu, uint64_t exit_code, uint8_t msg_type,
		     uint64_t npages)
{
	struct guest_request *req = cpu->req;
	unsigned int i;

	for (i = 0; i < sizeof(cpu->sent); i++)
		cpu->sent[i] = i * 7 + (i >> 8) * 3 + 1;
	cpu->sent[SNP_MSG_TYPE_OFFSET] = msg_type;
	memcpy(cpu->request.hva, cpu->sent, sizeof(cpu->sent));
	memset(cpu->response.hva, POISON_RESPONSE, cpu->response.size);
	memset(cpu->data.hva, POISON_DATA, cpu->data.size);
	memset(cpu->seen.hva, 0, cpu->seen.size);

	/* answer.count stays: it goes on counting. */
	req->exit_code = exit_code;
	req->exit_info_1 = cpu->request.gpa;
	req->exit_info_2 = cpu->response.gpa;
	req->rax = cpu->data.gpa;
	req->rbx = npages;
	req->mark = MARK_ALL;
	req->usage = GHCB_USAGE_STANDARD;
	req->copy[0].from = cpu->response.gva;
	req->copy[0].to = cpu->seen.gva;
	req->copy[0].size = cpu->response.size;
	req->copy[1].from = cpu->data.gva;
	req->copy[1].to = cpu->seen.gva + cpu->response.size;
	req->copy[1].size = cpu->data.size;
}

void request_watch_ghcb(struct request_cpu *cpu)
{
	uint8_t *page = cpu->ghcb_before.hva;
	unsigned int i;

	for (i = 0; i < REQUEST_PAGE; i++)
		page[i] = i * 11 + (i >> 8) * 5 + 3;
	memset(cpu->ghcb_after.hva, 0, REQUEST_PAGE);
	cpu->req->ghcb_before = cpu->ghcb_before.gva;
	cpu->req->ghcb_after = cpu->ghcb_after.gva;
}

void request_copy_nothing(struct request_cpu *cpu)
{
	cpu->req->copy[0].size = cpu->req->copy[1].size = 0;
}

void request_read_shared(struct request_cpu *cpu)
{
	memcpy(cpu->seen.hva, cpu->response.hva, cpu->response.size);
	memcpy((char *)cpu->seen.hva + cpu->response.size, cpu->data.hva, cpu->data.size);
}
