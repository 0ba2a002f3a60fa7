// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the part of the SEV firmware that sends guests to other machines, and receives
 * them.  A model of the commands of the SEV API (AMD 55766, "Guest migration"), for data: what
 * is in transport is plain, and a header says whose it is and how many bytes.
 */
#include <linux/mm.h>
#include <linux/psp-sev.h>
#include <linux/string.h>
#include <asm/sev.h>

#include "../glue.h"
#include "psp.h"

/* bytes */
#define GLUE_SESSION_LEN	128
#define GLUE_HEADER_LEN		52

#define GLUE_HEADER_MAGIC	0x64657365

static void *glue_at(u64 address)
{
	return __va(__sme_clr(address));
}

/* The guest's memory is named with the C-bit; without that it would be in plain. */
static int glue_guest_address(u64 *address)
{
	const u64 c_bit = glue_sev_c_bit();

	if (!(*address & c_bit) || !(*address & ~c_bit))
		return SEV_RET_INVALID_ADDRESS;
	*address &= ~c_bit;
	return 0;
}

int glue_send_start(struct glue_sev_guest *g, void *data)
{
	struct sev_data_send_start *start = data;
	const bool room = start->session_len >= GLUE_SESSION_LEN;

	start->session_len = GLUE_SESSION_LEN;
	if (!room)
		return SEV_RET_INVALID_LEN;
	if (!start->session_address || !start->pdh_cert_address || !start->plat_certs_address ||
	    !start->amd_certs_address)
		return SEV_RET_INVALID_ADDRESS;
	/* Certificates are not looked at, but there are some. */
	if (!start->pdh_cert_len || !start->plat_certs_len || !start->amd_certs_len)
		return SEV_RET_INVALID_LEN;
	if (!glue_sev_writable(start->session_address, GLUE_SESSION_LEN))
		return SEV_RET_INVALID_PAGE_STATE;
	memset(glue_at(start->session_address), 0x5e, GLUE_SESSION_LEN);
	start->policy = g->policy;
	g->state = GLUE_SEV_SUPDATE;
	return 0;
}

int glue_send_update(struct glue_sev_guest *g, void *data)
{
	struct sev_data_send_update_data *update = data;
	const bool room = update->hdr_len >= GLUE_HEADER_LEN &&
			  update->trans_len >= update->guest_len && update->guest_len;
	u32 *header = glue_at(update->hdr_address);
	u64 guest = update->guest_address;

	if (!room) {
		update->hdr_len = GLUE_HEADER_LEN;
		update->trans_len = update->guest_len ?: PAGE_SIZE;
		return SEV_RET_INVALID_LEN;
	}
	if (!update->hdr_address || !update->trans_address || glue_guest_address(&guest))
		return SEV_RET_INVALID_ADDRESS;
	if (!glue_sev_writable(update->hdr_address, GLUE_HEADER_LEN) ||
	    !glue_sev_writable(update->trans_address, update->guest_len))
		return SEV_RET_INVALID_PAGE_STATE;
	memset(header, 0, GLUE_HEADER_LEN);
	header[0] = GLUE_HEADER_MAGIC;
	header[1] = update->guest_len;
	memcpy(glue_at(update->trans_address), glue_at(guest), update->guest_len);
	return 0;
}

int glue_send_finish(struct glue_sev_guest *g, void *data)
{
	g->state = GLUE_SEV_SENT;
	return 0;
}

int glue_send_cancel(struct glue_sev_guest *g, void *data)
{
	g->state = GLUE_SEV_RUNNING;
	return 0;
}

int glue_receive_start(struct glue_sev_guest *none, void *data)
{
	struct sev_data_receive_start *start = data;

	if (!start->pdh_cert_address || !start->session_address)
		return SEV_RET_INVALID_ADDRESS;
	if (start->session_len < GLUE_SESSION_LEN || !start->pdh_cert_len)
		return SEV_RET_INVALID_LEN;
	return glue_sev_guest_new(GLUE_SEV_RUPDATE, start->policy, &start->handle);
}

int glue_receive_update(struct glue_sev_guest *g, void *data)
{
	struct sev_data_receive_update_data *update = data;
	const u32 *header = glue_at(update->hdr_address);
	u64 guest = update->guest_address;

	if (!update->hdr_address || !update->trans_address || glue_guest_address(&guest))
		return SEV_RET_INVALID_ADDRESS;
	if (update->hdr_len < GLUE_HEADER_LEN || update->trans_len < update->guest_len)
		return SEV_RET_INVALID_LEN;
	if (header[0] != GLUE_HEADER_MAGIC || header[1] != update->guest_len)
		return SEV_RET_BAD_MEASUREMENT;
	if (!glue_sev_writable(guest, update->guest_len))
		return SEV_RET_INVALID_PAGE_STATE;
	memcpy(glue_at(guest), glue_at(update->trans_address), update->guest_len);
	return 0;
}

int glue_receive_finish(struct glue_sev_guest *g, void *data)
{
	g->state = GLUE_SEV_RUNNING;
	return 0;
}
