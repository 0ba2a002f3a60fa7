// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to SNP firmware (AMD 56860, "Guest Messages"): guest code.
 *
 * A message that firmware refused does not count: the next one has its number.  Real guests may
 * not do that with another payload, since they would use an IV twice; ours have no secrets.
 */
#include "ucall_common.h"

#include "guest/attest.h"
#include "guest/gcm.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

/* Numbers so far with each VMPCK, both ways, where the secrets page has room for them. */
static uint64_t *count_of(struct snp_secrets *secrets, unsigned int vmpck)
{
	return (uint64_t *)secrets->guests_own + vmpck;
}

static void copy(void *to, const void *from, uint64_t size)
{
	asm volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (size) : : "memory");
}

static void zero(void *to, uint64_t size)
{
	asm volatile("rep stosb" : "+D" (to), "+c" (size) : "a" (0) : "memory");
}

static void set_iv(uint8_t iv[GCM_IV_SIZE], uint64_t seqno)
{
	zero(iv, GCM_IV_SIZE);
	copy(iv, &seqno, sizeof(seqno));
}

static void make_message(const struct attest_mailbox *box, struct snp_secrets *secrets)
{
	struct snp_message *m = (struct snp_message *)box->request_page;
	uint8_t *bytes = (uint8_t *)m, iv[GCM_IV_SIZE];
	struct gcm gcm;

	zero(m, SNP_MESSAGE_HEADER);
	m->seqno = *count_of(secrets, box->vmpck) + 1;
	m->algo = SNP_ALGO_AES_256_GCM;
	m->header_version = SNP_HEADER_VERSION;
	m->header_size = SNP_MESSAGE_HEADER;
	m->type = box->type;
	m->version = SNP_MSG_VERSION;
	m->size = box->size;
	m->vmpck = box->vmpck;
	if (!box->spoil.sealed)
		bytes[box->spoil.at] ^= box->spoil.flip;

	gcm_set_key(&gcm, secrets->vmpck[box->key_of ? box->key_of - 1 : box->vmpck]);
	set_iv(iv, m->seqno);
	gcm_seal(&gcm, iv, &m->algo, SNP_MESSAGE_AAD, box->payload, m->payload, box->size, m->tag);
	if (box->spoil.sealed)
		bytes[box->spoil.at] ^= box->spoil.flip;
}

/* Is it the answer to what was sent?  Then it counts. */
static bool open_answer(struct attest_mailbox *box, struct snp_secrets *secrets)
{
	uint64_t *count = count_of(secrets, box->vmpck);
	uint8_t iv[GCM_IV_SIZE];
	/* Not where the host could change it meanwhile; as much as an answer may have. */
	struct snp_message m;
	struct gcm gcm;

	copy(&m, (void *)box->response_page, SNP_MESSAGE_HEADER + sizeof(box->report));
	if (m.seqno != *count + 2 || m.algo != SNP_ALGO_AES_256_GCM ||
	    m.header_version != SNP_HEADER_VERSION || m.header_size != SNP_MESSAGE_HEADER ||
	    m.type != box->type + 1 || m.version != SNP_MSG_VERSION ||
	    m.vmpck != box->vmpck || m.size > sizeof(box->report))
		return false;
	gcm_set_key(&gcm, secrets->vmpck[box->vmpck]);
	set_iv(iv, m.seqno);
	if (!gcm_open(&gcm, iv, &m.algo, SNP_MESSAGE_AAD, m.payload, m.payload, m.size, m.tag))
		return false;
	*count = m.seqno;
	copy(&box->report, m.payload, m.size);
	return true;
}

static unsigned int count_keys(const struct snp_secrets *secrets)
{
	unsigned int i, j, keys = 0;

	for (i = 0; i < SNP_VMPCKS; i++) {
		for (j = 0; j < SNP_VMPCK_SIZE && !secrets->vmpck[i][j]; j++)
			;
		keys += j < SNP_VMPCK_SIZE;
	}
	return keys;
}

void guest_attest_loop(struct attest_mailbox *box)
{
	struct snp_secrets *secrets = (struct snp_secrets *)box->secrets;
	struct guest_vcpu *vcpu = guest_this_vcpu();

	ghcb_register();
	box->secrets_version = secrets->version;
	box->keys = count_keys(secrets);
	GUEST_SYNC(STAGE_READY);
	for (;;) {
		box->opened = 0;
		if (!box->again)
			make_message(box, secrets);
		guest_make_request(&box->request, vcpu->ghcb, vcpu->ghcb_gpa);
		if (!box->request.answer.exit_info_1 && !box->request.answer.exit_info_2)
			box->opened = open_answer(box, secrets);
		GUEST_SYNC(STAGE_ANSWERED);
	}
}
