// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the SEV firmware in the PSP: what a platform is known by.  A model: the commands of
 * the SEV API (AMD 55766) for its ID, its keys and their certificates, in the states of the
 * platform in which they are taken.  There are no keys: certificates are so many bytes.
 */
#include <linux/mm.h>
#include <linux/psp-sev.h>

#include "../glue.h"
#include "psp.h"

/* The ID has those of two sockets. */
#define GLUE_ID_LEN		128
#define GLUE_CERT_LEN		2084

static void glue_fill(u64 address, u32 len)
{
	u8 *to = __va(__sme_clr(address));
	u32 i;

	for (i = 0; i < len; i++)
		to[i] = i * 7 + 1;
}

static int glue_keys_id(void *data)
{
	struct sev_data_get_id *id = data;
	int ret = glue_answer_room(id->address, &id->len, GLUE_ID_LEN);

	if (!ret)
		glue_fill(id->address, GLUE_ID_LEN);
	return ret;
}

static int glue_keys_csr(void *data)
{
	struct sev_data_pek_csr *csr = data;
	int ret = glue_answer_room(csr->address, &csr->len, GLUE_CERT_LEN);

	if (!ret)
		glue_fill(csr->address, GLUE_CERT_LEN);
	return ret;
}

/* The PDH's, and those that it goes back to: three. */
static int glue_keys_pdh_export(void *data)
{
	struct sev_data_pdh_cert_export *pdh = data;
	int ret = glue_answer_room(pdh->pdh_cert_address, &pdh->pdh_cert_len, GLUE_CERT_LEN);
	int ret2 = glue_answer_room(pdh->cert_chain_address, &pdh->cert_chain_len,
				    3 * GLUE_CERT_LEN);

	if (ret || ret2)
		return ret ?: ret2;
	glue_fill(pdh->pdh_cert_address, GLUE_CERT_LEN);
	glue_fill(pdh->cert_chain_address, 3 * GLUE_CERT_LEN);
	return 0;
}

static int glue_keys_import(void *data)
{
	struct sev_data_pek_cert_import *import = data;

	if (import->pek_cert_len != GLUE_CERT_LEN || import->oca_cert_len != GLUE_CERT_LEN)
		return SEV_RET_INVALID_LEN;
	return import->pek_cert_address && import->oca_cert_address ? 0 : SEV_RET_INVALID_ADDRESS;
}

/* New ones, which are as those before. */
static int glue_keys_new(void *data)
{
	return 0;
}

/* "Platform Management API": the state in which a command is taken, of those that it matters to */
static const struct glue_keys_command {
	unsigned int cmd;
	const char *name;
	size_t len;
	bool uninit, init;		/* it wants that */
	bool writes;			/* to its buffer */
	int (*run)(void *data);
} glue_keys_commands[] = {
	{ SEV_CMD_FACTORY_RESET, "FACTORY_RESET", .uninit = true, .run = glue_keys_new },
	{ SEV_CMD_PEK_GEN, "PEK_GEN", .init = true, .run = glue_keys_new },
	{ SEV_CMD_PDH_GEN, "PDH_GEN", .init = true, .run = glue_keys_new },
	{ SEV_CMD_GET_ID, "GET_ID", sizeof(struct sev_data_get_id), .writes = true,
	  .run = glue_keys_id },
	{ SEV_CMD_PEK_CSR, "PEK_CSR", sizeof(struct sev_data_pek_csr), .init = true, .writes = true,
	  .run = glue_keys_csr },
	{ SEV_CMD_PDH_CERT_EXPORT, "PDH_CERT_EXPORT", sizeof(struct sev_data_pdh_cert_export),
	  .init = true, .writes = true, .run = glue_keys_pdh_export },
	{ SEV_CMD_PEK_CERT_IMPORT, "PEK_CERT_IMPORT", sizeof(struct sev_data_pek_cert_import),
	  .init = true, .run = glue_keys_import },
};

static int glue_keys_run(const struct glue_keys_command *c, void *buf)
{
	if (c->len && !buf)
		return SEV_RET_INVALID_ADDRESS;
	if (c->writes && !glue_sev_writable(__pa(buf), c->len))
		return SEV_RET_INVALID_PAGE_STATE;
	if ((c->uninit && glue_sev_initialized) || (c->init && !glue_sev_initialized))
		return SEV_RET_INVALID_PLATFORM_STATE;
	return c->run(buf);
}

const char *glue_keys_cmd(unsigned int cmd, void *buf, size_t *len, int *status)
{
	const struct glue_keys_command *c;

	for (c = glue_keys_commands; c < glue_keys_commands + ARRAY_SIZE(glue_keys_commands); c++) {
		if (c->cmd != cmd)
			continue;
		*len = c->len;
		*status = glue_keys_run(c, buf);
		return c->name;
	}
	return NULL;
}
