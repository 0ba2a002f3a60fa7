// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest requests, extended ones too (GHCB 2.0, "SNP Guest Request", "SNP Extended Guest
 * Request"): messages to firmware, and certificates for the report that one asks for.
 */
#include <errno.h>

#include "snp.h"
#include "snp_abi.h"

/* SW_EXITINFO2[63:32]: the hypervisor's own status */
#define VMM_ERROR(err)	((uint64_t)(err) << 32)
#define VMM_INVALID_LEN	VMM_ERROR(1)
#define VMM_BUSY	VMM_ERROR(2)

/* A table of no certificates: its last entry, GUID, offset and length 0. */
#define TABLE_END	24

static void *page_at(struct ref_vcpu *vcpu, uint64_t gpa)
{
	return inproc_gpa_to_hva(vcpu->host->vm, gpa, false, NULL);
}

/* The rules for both pages of a request. */
static bool are_pages(const struct ref_nae *nae)
{
	return PAGE_ALIGNED(nae->info_1) && PAGE_ALIGNED(nae->info_2) &&
	       nae->info_1 != nae->info_2;
}

static long send(struct ref_vcpu *vcpu)
{
	const struct ref_nae *nae = &vcpu->snp.nae;
	const void *request = page_at(vcpu, nae->info_1);
	void *response = page_at(vcpu, nae->info_2);

	/* There is no memory: nothing that the guest could be told of. */
	if (!request || !response)
		return -EIO;
	return ghcb_done(vcpu, snp_fw_message(vcpu->vm, request, response));
}

long nae_guest_request(struct ref_vcpu *vcpu)
{
	return are_pages(&vcpu->snp.nae) ? send(vcpu) : ghcb_malformed(vcpu, GHCB_INVALID_INPUT);
}

/* ---- certificates ---- */

static long certs_answered(struct ref_vcpu *vcpu)
{
	uint64_t npages = 0;

	switch (certs_read_answer(vcpu->host->run, &npages)) {
	case CERTS_OK:
		return send(vcpu);
	case CERTS_TOO_SHORT:
		ghcb_return(vcpu, GHCB_RBX, npages);
		return ghcb_done(vcpu, VMM_INVALID_LEN);
	case CERTS_BUSY:
		return ghcb_done(vcpu, VMM_BUSY);
	case CERTS_FAILED:
		return ghcb_done(vcpu, certs_failed_status());
	case CERTS_UNDEFINED:
		break;
	}
	/* No answer: the VMM is told, and the exit is still to be answered. */
	vcpu->complete = certs_answered;
	return -EINVAL;
}

/* Nobody has certificates: an empty table, if there is room for one. */
static long empty_table(struct ref_vcpu *vcpu)
{
	const struct ref_nae *nae = &vcpu->snp.nae;
	void *table = page_at(vcpu, nae->rax);

	if (nae->rbx) {
		if (!table)
			return -EIO;
		memset(table, 0, TABLE_END);
	}
	return send(vcpu);
}

/* RAX and RBX: where the guest wants the table, and how many pages there are. */
long nae_ext_guest_request(struct ref_vcpu *vcpu)
{
	const struct ref_nae *nae = &vcpu->snp.nae;
	const struct snp_message *message;

	if (!are_pages(nae))
		return ghcb_malformed(vcpu, GHCB_INVALID_INPUT);
	message = page_at(vcpu, nae->info_1);
	if (!message)
		return -EIO;
	if (message->type != SNP_MSG_REPORT_REQ)
		return send(vcpu);
	if (!nae->has_rax || !nae->has_rbx || !PAGE_ALIGNED(nae->rax))
		return ghcb_malformed(vcpu, GHCB_INVALID_INPUT);
	if (!vcpu->vm->snp.certs)
		return empty_table(vcpu);
	certs_fill_exit(vcpu->host->run, nae->rax, nae->rbx);
	vcpu->complete = certs_answered;
	return 0;
}
