// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<GetQuote> where the TDX module makes quotes and KVM has them made, without
 * the VMM: proposed, "KVM: TDX: Add in-kernel Quote generation", v2 of 2026-06-18.
 *
 * The quote is a model's: it holds the report, and is longer than a page, as real ones with
 * their certificates are.
 */
#include <string.h>

#include "ref.h"

#define HEADER_SIZE	sizeof(struct ghci_quote_header)
#define QUOTE_SIZE	5000u

/* TDREPORT_STRUCT (Intel TDX Module Base Architecture Specification): a TD's */
#define REPORT_SIZE	1024u
#define REPORT_TYPE_TD	0x81

/* Through the VMM's mapping; false: there is no memory. */
static bool access_shared(struct ref_vcpu *vcpu, uint64_t gpa, void *buf, size_t size, bool write)
{
	uint64_t len;
	char *at;

	for (; size; gpa += len, buf = (char *)buf + len, size -= len) {
		at = inproc_gpa_to_hva(vcpu->host->vm, gpa, false, &len);
		if (!at)
			return false;
		if (len > size)
			len = size;
		if (write ? copy_to_user(at, buf, len) : copy_from_user(buf, at, len))
			return false;
	}
	return true;
}

static uint64_t check_range(struct ref_vcpu *vcpu, uint64_t gpa, uint64_t size)
{
	if (!size)
		return GHCI_INVALID_OPERAND;
	if (!PAGE_ALIGNED(gpa) || !PAGE_ALIGNED(size))
		return GHCI_ALIGN_ERROR;
	if (gpa + size < gpa || !inproc_range_is_shared(vcpu->host->vm, gpa, size))
		return GHCI_INVALID_OPERAND;
	return GHCI_SUCCESS;
}

/* The module's part: true, if @report of @len bytes is one of its. */
static bool make_quote(const unsigned char *report, size_t len, unsigned char *quote)
{
	size_t i;

	if (len != REPORT_SIZE || report[0] != REPORT_TYPE_TD)
		return false;
	for (i = 0; i < QUOTE_SIZE; i++)
		quote[i] = (unsigned char)(i * 7 + 3);
	memcpy(quote + 64, report, len);
	return true;
}

/* The status word of the buffer, of which @header has been read. */
static uint64_t answer(struct ref_vcpu *vcpu, const struct ghci_quote_header *header, uint64_t gpa,
		       uint64_t size)
{
	unsigned char quote[QUOTE_SIZE];
	uint32_t out_len = QUOTE_SIZE;

	if (header->version != GHCI_QUOTE_VERSION)
		return GHCI_QUOTE_ERROR;
	if (header->in_len > PAGE_SIZE - HEADER_SIZE)
		return GHCI_QUOTE_ERROR;
	if (!make_quote(header->data, header->in_len, quote))
		return GHCI_QUOTE_UNAVAILABLE;
	if (HEADER_SIZE + out_len > size)
		return GHCI_QUOTE_ERROR;
	if (!access_shared(vcpu, gpa + HEADER_SIZE, quote, out_len, true) ||
	    !access_shared(vcpu, gpa + offsetof(struct ghci_quote_header, out_len), &out_len,
			   sizeof(out_len), true))
		return GHCI_QUOTE_ERROR;
	return GHCI_QUOTE_SUCCESS;
}

long ref_make_quote(struct ref_vcpu *vcpu)
{
	const uint64_t gpa = vcpu->call[TD_R12] & ~vcpu->vm->shared_bit, size = vcpu->call[TD_R13];
	union {
		struct ghci_quote_header header;
		unsigned char bytes[PAGE_SIZE];
	} page;
	uint64_t status;

	if (!(vcpu->call[TD_R12] & vcpu->vm->shared_bit))
		return ref_status(vcpu, GHCI_INVALID_OPERAND);
	status = check_range(vcpu, gpa, size);
	if (status != GHCI_SUCCESS)
		return ref_status(vcpu, status);
	/* Once: the guest may change it meanwhile. */
	if (!access_shared(vcpu, gpa, &page, sizeof(page), false))
		return ref_status(vcpu, GHCI_INVALID_OPERAND);
	status = answer(vcpu, &page.header, gpa, size);
	if (!access_shared(vcpu, gpa + offsetof(struct ghci_quote_header, status), &status,
			   sizeof(status), true) || status != GHCI_QUOTE_SUCCESS)
		return ref_status(vcpu, GHCI_INVALID_OPERAND);
	return ref_status(vcpu, GHCI_SUCCESS);
}
