// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP VMs whose guests speak with firmware.
 */
#include <string.h>

#include "kvm_util.h"

#include "guest/gcm.h"
#include "snp/attest_vm.h"

void attest_vm_add_vcpus(struct request_vm *v, unsigned int nr_vcpus)
{
	uint64_t secrets = snp_vm_alloc_secrets(v->snp);
	unsigned int i;

	gcm_make_tables();
	sync_global_to_guest(v->snp->vm, gcm_tables);
	request_vm_add_vcpus(v, nr_vcpus, guest_attest_loop);
	for (i = 0; i < nr_vcpus; i++) {
		struct attest_mailbox *box = attest_box(&v->cpu[i]);

		box->secrets = secrets;
		box->request_page = v->cpu[i].request.gva;
		box->response_page = v->cpu[i].response.gva;
	}
}

struct request_vm *attest_vm_create(unsigned int nr_vcpus)
{
	struct request_vm *v = request_vm_create_bare();

	attest_vm_add_vcpus(v, nr_vcpus);
	return v;
}

void attest_prepare(struct request_cpu *cpu, uint64_t exit_code, unsigned int npages,
		    unsigned int vmpck, unsigned int type)
{
	struct attest_mailbox *box = attest_box(cpu);

	request_prepare(cpu, exit_code, type, npages);
	request_copy_nothing(cpu);
	box->vmpck = vmpck;
	box->type = type;
	box->size = type == SNP_MSG_KEY_REQ ? sizeof(box->key_req) : sizeof(box->report_req);
	memset(box->payload, 0, sizeof(box->payload));
	memset(&box->spoil, 0, sizeof(box->spoil));
	box->key_of = 0;
	box->again = false;
	memset(&box->report, 0xee, sizeof(box->report));
}
