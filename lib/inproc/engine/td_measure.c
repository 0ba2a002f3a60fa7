// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs as the TDX module measures them: MRTD is a SHA-384 of what TDH.MEM.PAGE.ADD and
 * TDH.MR.EXTEND do, in their order, RTMRs are what the guest makes of them, and
 * TDREPORT_STRUCT shows both ("Intel TDX Module ABI", "TD Measurement" and TDG.MR.REPORT).
 *
 * A CPU makes the MAC of a report with a key that it keeps to itself, by a method of its own.
 * HMAC-SHA256 stands for that, with another key in each process.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/base.h"
#include "td_measure.h"

#define CHUNK		256

/* libcrypto's @function. */
#define crypto(function)	((typeof(&function))inproc_crypto(#function, "a TD's measurement"))

const uint8_t td_cpusvn[TDX_SVNS] = { 6, 6, 2, 2, 3, 1, 0, 5 };

/* A module 1.5; all fields are valid.  The signer of Intel's modules is 0. */
const struct tdx_tcb_info td_tcb = {
	.valid = 0x301ff, .tee_tcb_svn = { 7, 1, 6 }, .tee_tcb_svn2 = { 7, 1, 6 },
	.mrseam = "MRSEAM of a TDX module that is a model",
};

/* 128 bytes go into MRTD for each call: its name, where it is about, and zeroes. */
struct mr_header {
	char name[16];
	uint64_t gpa;
	uint8_t zero[104];
};
_Static_assert(sizeof(struct mr_header) == 128, "of TDH.MEM.PAGE.ADD and TDH.MR.EXTEND");

void td_measure_init(struct td_measure *m, uint64_t attributes, uint64_t xfam, const void *ids)
{
	m->info = (struct tdx_td_info){ .attributes = attributes, .xfam = xfam };
	memcpy(m->info.ids, ids, sizeof(m->info.ids));
	m->nr = 0;
}

static void hash(struct td_measure *m, const void *data, size_t len)
{
	if (m->nr + len > m->max) {
		m->max = 2 * (m->nr + len);
		m->hashed = realloc(m->hashed, m->max);
		if (!m->hashed)
			abort();
	}
	memcpy(m->hashed + m->nr, data, len);
	m->nr += len;
}

static void hash_header(struct td_measure *m, const char *name, uint64_t gpa)
{
	struct mr_header header = { .gpa = gpa };

	memcpy(header.name, name, strlen(name));
	hash(m, &header, sizeof(header));
}

void td_measure_page(struct td_measure *m, uint64_t gpa)
{
	hash_header(m, "MEM.PAGE.ADD", gpa);
}

void td_measure_chunk(struct td_measure *m, uint64_t gpa, const void *chunk)
{
	hash_header(m, "MR.EXTEND", gpa);
	hash(m, chunk, CHUNK);
}

const uint8_t *td_measure_mrtd(struct td_measure *m)
{
	static const uint8_t none[TDX_DIGEST];

	if (!memcmp(m->info.mrtd, none, sizeof(none)))
		crypto(SHA384)(m->hashed, m->nr, m->info.mrtd);
	return m->info.mrtd;
}

void td_measure_rtmr(struct td_measure *m, unsigned int nr, const void *data)
{
	uint8_t both[2 * TDX_DIGEST];

	memcpy(both, m->info.rtmr[nr], TDX_DIGEST);
	memcpy(both + TDX_DIGEST, data, TDX_DIGEST);
	crypto(SHA384)(both, sizeof(both), m->info.rtmr[nr]);
}

static void make_mac(const struct tdx_report_mac *of, uint8_t mac[32])
{
	static uint8_t key[32];
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	unsigned int len;

	pthread_mutex_lock(&lock);
	if (!*(uint64_t *)key && getrandom(key, sizeof(key), 0) != sizeof(key))
		abort();
	pthread_mutex_unlock(&lock);
	if (!crypto(HMAC)(crypto(EVP_sha256)(), key, sizeof(key), (const uint8_t *)of,
			  offsetof(struct tdx_report_mac, mac), mac, &len))
		abort();
}

void td_measure_report(struct td_measure *m, const void *data, struct tdx_report *report)
{
	struct tdx_report_mac *mac = &report->mac;

	td_measure_mrtd(m);
	*report = (struct tdx_report){
		.mac = { .type = TDX_REPORT_TYPE, .version = TDX_REPORT_VERSION },
		.tcb = td_tcb, .info = m->info,
	};
	memcpy(mac->cpusvn, td_cpusvn, sizeof(mac->cpusvn));
	memcpy(mac->data, data, sizeof(mac->data));
	crypto(SHA384)((void *)&report->tcb, sizeof(report->tcb), mac->tcb_hash);
	crypto(SHA384)((void *)&report->info, sizeof(report->info), mac->info_hash);
	make_mac(mac, mac->mac);
}

void td_measure_free(struct td_measure *m)
{
	free(m->hashed);
}

static bool all_zero(const uint8_t *p, size_t size)
{
	while (size && !*p)
		p++, size--;
	return !size;
}

enum td_verified td_report_verify(const struct tdx_report_mac *mac)
{
	uint8_t right[sizeof(mac->mac)];
	unsigned int i;

	if (mac->type != TDX_REPORT_TYPE || mac->subtype || mac->version != TDX_REPORT_VERSION ||
	    !all_zero(mac->zero0, sizeof(mac->zero0)) || !all_zero(mac->zero1, sizeof(mac->zero1)))
		return TD_REPORT_BAD_MAC;
	/* Keys are there of this CPU's SVNs and older ones. */
	for (i = 0; i < TDX_SVNS; i++)
		if (mac->cpusvn[i] > td_cpusvn[i])
			return TD_REPORT_BAD_CPUSVN;
	make_mac(mac, right);
	return memcmp(right, mac->mac, sizeof(right)) ? TD_REPORT_BAD_MAC : TD_REPORT_GOOD;
}
