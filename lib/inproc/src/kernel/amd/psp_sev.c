// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the SEV firmware in the PSP, for guests of SEV and SEV-ES.  A model: the commands
 * of the SEV API (AMD 55766) for a guest's launch, its ASID and debugging, with the states
 * and arguments checked that a wrong kernel could get wrong.
 *
 * Guests' memory is plain, so what encrypts does nothing, and what decrypts copies;
 * measurements are no more than a number that depends on what was measured; certificates and
 * sessions are not looked at.  SEND_* and RECEIVE_* are psp_send.c's, the platform's keys
 * psp_keys.c's; not there: SEND_* and RECEIVE_* of VMSAs.
 */
#include <linux/mm.h>
#include <linux/psp-sev.h>
#include <linux/string.h>
#include <asm/sev.h>

#include "../glue.h"
#include "psp.h"

#define GLUE_MAX_GUESTS		64

#define IN(state)		BIT(GLUE_SEV_##state)
#define IN_ANY			(BIT(GLUE_SEV_NR_STATES) - 1 - BIT(GLUE_SEV_NONE))

#define GLUE_POLICY_NODBG	BIT(0)
#define GLUE_POLICY_NOKS	BIT(1)
#define GLUE_POLICY_ES		BIT(2)
#define GLUE_POLICY_RESERVED	GENMASK(15, 6)

/* "Platform Context" */
enum glue_platform_state { GLUE_UNINIT, GLUE_INIT, GLUE_WORKING };

/* bytes: a measurement with its nonce, the header of a secret, a report */
#define GLUE_MEASURE_LEN	48
#define GLUE_SECRET_HEADER	52
#define GLUE_SECRET_MAX		(16 * 1024)
#define GLUE_REPORT_LEN		208
#define GLUE_BLOCK		16

static struct glue_sev_guest glue_sev_guests[GLUE_MAX_GUESTS + 1];	/* by handle */

/* ASIDs that are a guest's, and that were until DF_FLUSH. */
#define GLUE_MAX_ASIDS		1024
static DECLARE_BITMAP(glue_asids, GLUE_MAX_ASIDS);
static DECLARE_BITMAP(glue_asids_dirty, GLUE_MAX_ASIDS);
static int glue_sev_lock;
bool glue_sev_initialized;

/* CPUID 8000001fh: how many ASIDs there are, and the first that is not for SEV-ES */
void glue_sev_asids(u32 *max, u32 *first)
{
	struct image_gprs gprs = { .gpr = { [IMAGE_RAX] = 0x8000001f } };

	glue_host->cpuid(&gprs);
	*max = gprs.gpr[IMAGE_RCX];
	*first = gprs.gpr[IMAGE_RDX];
}

u64 glue_sev_c_bit(void)
{
	struct image_gprs gprs = { .gpr = { [IMAGE_RAX] = 0x8000001f } };

	glue_host->cpuid(&gprs);
	return BIT_ULL(gprs.gpr[IMAGE_RBX] & 0x3f);
}

int glue_asid_take(u32 asid)
{
	if (asid >= GLUE_MAX_ASIDS)
		return SEV_RET_INVALID_ASID;
	if (test_bit(asid, glue_asids_dirty))
		return SEV_RET_DFFLUSH_REQUIRED;
	return test_and_set_bit(asid, glue_asids) ? SEV_RET_ASID_OWNED : 0;
}

/* How often all caches had been written back when an ASID was last given back, and one; 0: none */
static unsigned int glue_asids_cached;

void glue_asid_put(u32 asid)
{
	set_bit(asid, glue_asids_dirty);
	clear_bit(asid, glue_asids);
	glue_asids_cached = glue_caches_written_back() + 1;
}

void glue_asids_stale(void)
{
	bitmap_fill(glue_asids_dirty, GLUE_MAX_ASIDS);
}

bool glue_asids_want_flush(void)
{
	return glue_asids_cached;
}

int glue_asids_flush(void)
{
	if (glue_asids_cached && glue_asids_cached == glue_caches_written_back() + 1)
		return SEV_RET_WBINVD_REQUIRED;
	bitmap_zero(glue_asids_dirty, GLUE_MAX_ASIDS);
	glue_asids_cached = 0;
	return 0;
}

/*
 * "Legacy SEV commands" in the SNP firmware ABI: what firmware writes to has to be its own, when
 * it has the RMP.
 */
bool glue_sev_writable(u64 address, u32 len)
{
	return !glue_snp_initialized || glue_rmp_firmware(__sme_clr(address), len);
}

bool glue_asid_active(u32 asid)
{
	return asid && asid < GLUE_MAX_ASIDS && test_bit(asid, glue_asids);
}

int glue_sev_vmsa(unsigned long long pfn, unsigned int asid)
{
	const struct glue_sev_guest *g;
	unsigned int i;

	for (g = glue_sev_guests + 1; g <= glue_sev_guests + GLUE_MAX_GUESTS; g++) {
		if (g->state == GLUE_SEV_NONE || !asid || g->asid != asid)
			continue;
		for (i = 0; i < g->nr_vmsas && i < GLUE_SEV_VMSAS; i++)
			if (g->vmsas[i] == pfn)
				return 1;
		return g->nr_vmsas > GLUE_SEV_VMSAS;
	}
	return 0;
}

void glue_sev_left(void)
{
	static const char *const charges[CONTROL_NR_CHARGES] = {
		[CONTROL_CHARGE_SEV] = "charged a cgroup for an ASID of SEV, and not back with its VM",
		[CONTROL_CHARGE_SEV_ES] =
			"charged a cgroup for an ASID of SEV-ES, and not back with its VM",
	};
	unsigned int i, group;

	for (i = 1; i <= GLUE_MAX_GUESTS; i++)
		if (glue_sev_guests[i].state != GLUE_SEV_NONE)
			break;
	/* Nobody can tell it. */
	if (glue_psp_is_silent())
		return;
	if (i <= GLUE_MAX_GUESTS || !bitmap_empty(glue_asids, GLUE_MAX_ASIDS))
		glue_host->mem_bug(CONTROL_SEV_LEFT, i <= GLUE_MAX_GUESTS ?
				   "leaves a guest of SEV to firmware when its VM is gone" :
				   "leaves an ASID to firmware when its VM is gone", NULL);
	for (group = 0; group < CONTROL_NR_CGROUPS; group++) {
		for (i = 0; i < CONTROL_NR_CHARGES; i++)
			if (glue_charged(group, i))
				glue_host->mem_bug(CONTROL_SEV_LEFT, charges[i], NULL);
		if (boot_cpu_data.x86_vendor == X86_VENDOR_AMD && glue_cgroup_left(group))
			glue_host->mem_bug(CONTROL_SEV_LEFT,
					   "keeps a reference of a cgroup when its VM is gone", NULL);
	}
}

static void glue_measure(struct glue_sev_guest *g, const void *data, u32 len)
{
	const u8 *at = data;
	u32 i;

	for (i = 0; i < len; i++)
		g->digest = (g->digest ^ at[i]) * 0x100000001b3ULL;
}

static int glue_blocks(u64 address, u32 len)
{
	if (!len || len % GLUE_BLOCK)
		return SEV_RET_INVALID_LEN;
	return address && !(address % GLUE_BLOCK) ? 0 : SEV_RET_INVALID_ADDRESS;
}

int glue_answer_room(u64 address, u32 *len, u32 want)
{
	const u32 has = *len;

	*len = want;
	if (has < want)
		return SEV_RET_INVALID_LEN;
	if (!address)
		return SEV_RET_INVALID_ADDRESS;
	return glue_sev_writable(address, want) ? 0 : SEV_RET_INVALID_PAGE_STATE;
}

/* ---- commands of the platform ---- */

static int glue_sev_init(u32 flags, u64 tmr, u32 len)
{
	const u64 size = glue_snp_initialized ? PMD_SIZE : PMD_SIZE / 2;

	if (glue_sev_initialized)
		return SEV_RET_INVALID_PLATFORM_STATE;
	if (flags & SEV_INIT_FLAGS_SEV_ES) {
		if (len < size)
			return SEV_RET_INVALID_LEN;
		if (!tmr || tmr & (size - 1))
			return SEV_RET_INVALID_ADDRESS;
		if (!glue_sev_writable(tmr, len))
			return SEV_RET_INVALID_PAGE_STATE;
	}
	glue_sev_initialized = true;
	glue_asids_stale();
	return 0;
}

static int glue_sev_plain_init(struct glue_sev_guest *none, void *data)
{
	struct sev_data_init *init = data;

	return glue_sev_init(init->flags, init->tmr_address, init->tmr_len);
}

static int glue_sev_shutdown(struct glue_sev_guest *none, void *data)
{
	memset(glue_sev_guests, 0, sizeof(glue_sev_guests));
	glue_sev_initialized = false;
	return 0;
}

static int glue_sev_platform(struct glue_sev_guest *none, void *data)
{
	struct sev_user_data_status *status = data;
	u32 i, guests = 0;

	for (i = 1; i <= GLUE_MAX_GUESTS; i++)
		guests += glue_sev_guests[i].state != GLUE_SEV_NONE;
	*status = (struct sev_user_data_status){
		.api_major = GLUE_API_MAJOR, .api_minor = glue_api_minor(), .guest_count = guests,
		.state = guests ? GLUE_WORKING : glue_sev_initialized ? GLUE_INIT : GLUE_UNINIT,
	};
	return 0;
}

static int glue_sev_flush(struct glue_sev_guest *none, void *data)
{
	return glue_asids_flush();
}

/* ---- commands of a guest; each begins with its handle ---- */

int glue_sev_guest_new(enum glue_sev_state state, u32 policy, u32 *handle)
{
	u32 h;

	for (h = 1; h <= GLUE_MAX_GUESTS; h++)
		if (glue_sev_guests[h].state == GLUE_SEV_NONE)
			break;
	if (h > GLUE_MAX_GUESTS)
		return SEV_RET_RESOURCE_LIMIT;
	glue_sev_guests[h] = (struct glue_sev_guest){
		.state = state, .policy = policy, .digest = 0xcbf29ce484222325ULL,
	};
	*handle = h;
	return 0;
}

static int glue_sev_launch_start(struct glue_sev_guest *shares, void *data)
{
	struct sev_data_launch_start *start = data;

	if (start->policy & GLUE_POLICY_RESERVED || start->policy >> 16 == 0xffff ||
	    (start->policy >> 16 & 0xff) > GLUE_API_MAJOR ||
	    ((start->policy >> 16 & 0xff) == GLUE_API_MAJOR &&
	     start->policy >> 24 > GLUE_API_MINOR))
		return SEV_RET_POLICY_FAILURE;
	/* With another guest's key: both have to allow that. */
	if (start->handle && (!shares || shares->state == GLUE_SEV_NONE))
		return SEV_RET_INVALID_GUEST;
	if (start->handle && ((start->policy | shares->policy) & GLUE_POLICY_NOKS))
		return SEV_RET_POLICY_FAILURE;
	if (!start->dh_cert_address != !start->session_address)
		return SEV_RET_INVALID_ADDRESS;
	return glue_sev_guest_new(GLUE_SEV_LUPDATE, start->policy, &start->handle);
}

/* Where caches are not coherent with encrypted memory, what is encrypted is what memory has. */
static void glue_sev_encrypts(u64 address, u32 len)
{
	const u64 from = __sme_clr(address) >> PAGE_SHIFT;
	const u64 end = PAGE_ALIGN(__sme_clr(address) + len) >> PAGE_SHIFT;
	bool all = true;
	u64 pfn;

	for (pfn = from; pfn < end && !boot_cpu_has(X86_FEATURE_SME_COHERENT); pfn++)
		all &= glue_rmp_was_written_back(pfn);
	if (!all)
		glue_host->mem_bug(CONTROL_SEV_CACHE,
				   "has firmware encrypt memory in place, of which caches were not"
				   " written back", GLUE_CALLER);
}

static int glue_sev_update_data(struct glue_sev_guest *g, void *data)
{
	struct sev_data_launch_update_data *update = data;
	int ret = glue_blocks(update->address, update->len);
	u64 address = __sme_clr(update->address), page;

	if (ret)
		return ret;
	if (!glue_sev_writable(address, update->len))
		return SEV_RET_INVALID_PAGE_STATE;
	glue_sev_encrypts(address, update->len);
	glue_measure(g, __va(address), update->len);
	if (!(g->policy & GLUE_POLICY_ES))
		return 0;
	/* At which GPA firmware does not learn; pages that lie together here do so there. */
	for (page = address & PAGE_MASK; page < address + update->len; page += PAGE_SIZE)
		glue_host->guest_page_launched(__va(page), page);
	return 0;
}

static int glue_sev_update_vmsa(struct glue_sev_guest *g, void *data)
{
	struct image_launch launch = { .op = IMAGE_LAUNCH_ES_VMSA };
	struct sev_data_launch_update_vmsa *update = data;

	if (!(g->policy & GLUE_POLICY_ES))
		return SEV_RET_POLICY_FAILURE;
	if (update->len < PAGE_SIZE)
		return SEV_RET_INVALID_LEN;
	if (!PAGE_ALIGNED(update->address))
		return SEV_RET_INVALID_ADDRESS;
	if (!glue_sev_writable(update->address, PAGE_SIZE))
		return SEV_RET_INVALID_PAGE_STATE;
	glue_sev_encrypts(update->address, PAGE_SIZE);
	glue_rmp_encrypted(__sme_clr(update->address) >> PAGE_SHIFT);
	if (g->nr_vmsas < GLUE_SEV_VMSAS)
		g->vmsas[g->nr_vmsas] = __sme_clr(update->address) >> PAGE_SHIFT;
	g->nr_vmsas++;
	launch.page = __va(__sme_clr(update->address));
	glue_measure(g, launch.page, PAGE_SIZE);
	return glue_host->launch(&launch);
}

static int glue_sev_measure(struct glue_sev_guest *g, void *data)
{
	struct sev_data_launch_measure *measure = data;
	int ret = glue_answer_room(measure->address, &measure->len, GLUE_MEASURE_LEN);
	u8 *to = __va(measure->address);

	if (ret)
		return ret;
	memset(to, 0, GLUE_MEASURE_LEN);
	memcpy(to, &g->digest, sizeof(g->digest));
	g->state = GLUE_SEV_LSECRET;
	return 0;
}

static int glue_sev_secret(struct glue_sev_guest *g, void *data)
{
	struct sev_data_launch_secret *secret = data;
	int ret = glue_blocks(secret->guest_address, secret->guest_len);

	if (ret)
		return ret;
	if (secret->guest_len > GLUE_SECRET_MAX || secret->hdr_len != GLUE_SECRET_HEADER ||
	    secret->trans_len < secret->guest_len)
		return SEV_RET_INVALID_LEN;
	if (!secret->hdr_address || !secret->trans_address)
		return SEV_RET_INVALID_ADDRESS;
	if (!glue_sev_writable(secret->guest_address, secret->guest_len))
		return SEV_RET_INVALID_PAGE_STATE;
	glue_sev_encrypts(secret->guest_address, secret->guest_len);
	memcpy(__va(__sme_clr(secret->guest_address)), __va(__sme_clr(secret->trans_address)),
	       secret->guest_len);
	return 0;
}

static int glue_sev_finish(struct glue_sev_guest *g, void *data)
{
	g->state = GLUE_SEV_RUNNING;
	return 0;
}

static int glue_sev_report(struct glue_sev_guest *g, void *data)
{
	struct sev_data_attestation_report *report = data;
	int ret = glue_answer_room(report->address, &report->len, GLUE_REPORT_LEN);
	u8 *to = __va(report->address);

	if (ret)
		return ret;
	memset(to, 0, GLUE_REPORT_LEN);
	memcpy(to, report->mnonce, sizeof(report->mnonce));
	memcpy(to + 16, &g->digest, sizeof(g->digest));
	memcpy(to + 48, &g->policy, sizeof(g->policy));
	return 0;
}

static int glue_sev_status(struct glue_sev_guest *g, void *data)
{
	struct sev_data_guest_status *status = data;

	status->policy = g->policy;
	status->asid = g->asid;
	status->state = g->state;
	return 0;
}

static int glue_sev_debug(struct glue_sev_guest *g, void *data)
{
	struct sev_data_dbg *dbg = data;
	int ret = glue_blocks(dbg->src_addr, dbg->len) ?: glue_blocks(dbg->dst_addr, dbg->len);

	if (g->policy & GLUE_POLICY_NODBG)
		return SEV_RET_POLICY_FAILURE;
	/* Pages that follow each other for the VMM do not in memory. */
	if ((dbg->src_addr & ~PAGE_MASK) + dbg->len > PAGE_SIZE ||
	    (dbg->dst_addr & ~PAGE_MASK) + dbg->len > PAGE_SIZE)
		glue_host->mem_bug(CONTROL_MEM_BOUNDS,
				   "has firmware debug past the end of a page of the VMM's",
				   GLUE_CALLER);
	/* On an SNP host the driver gives firmware the whole page meanwhile. */
	if (glue_host->in_shared_page(__va(__sme_clr(dbg->dst_addr))))
		glue_host->mem_bug(CONTROL_MEM_FIRMWARE,
				   "has firmware write to a part of a page whose rest is others'",
				   GLUE_CALLER);
	if (!ret && !glue_sev_writable(dbg->dst_addr, dbg->len))
		ret = SEV_RET_INVALID_PAGE_STATE;
	if (!ret)
		memmove(__va(__sme_clr(dbg->dst_addr)), __va(__sme_clr(dbg->src_addr)), dbg->len);
	return ret;
}

static int glue_sev_activate(struct glue_sev_guest *g, void *data)
{
	struct sev_data_activate *activate = data;
	u32 max, first;
	int ret;

	glue_sev_asids(&max, &first);
	if (!activate->asid || activate->asid > max ||
	    !(g->policy & GLUE_POLICY_ES) != (activate->asid >= first) ||
	    activate->asid <= glue_max_snp_asid)
		return SEV_RET_INVALID_ASID;
	if (g->asid)
		return SEV_RET_ACTIVE;
	ret = glue_asid_take(activate->asid);
	if (!ret)
		g->asid = activate->asid;
	return ret;
}

static int glue_sev_deactivate(struct glue_sev_guest *g, void *data)
{
	if (g->asid)
		glue_asid_put(g->asid);
	g->asid = 0;
	return 0;
}

static int glue_sev_decommission(struct glue_sev_guest *g, void *data)
{
	if (g->asid)
		return SEV_RET_ACTIVE;
	*g = (struct glue_sev_guest){ .state = GLUE_SEV_NONE };
	return 0;
}

static const struct glue_sev_command {
	unsigned int cmd;
	const char *name;
	size_t len;
	unsigned int states;		/* of the guest; 0: it needs none */
	bool active;			/* it has to have an ASID */
	bool writes;			/* to its buffer */
	int (*run)(struct glue_sev_guest *g, void *data);
} glue_sev_commands[] = {
#define COMMAND(cmd, type, states, active, writes, run)					\
	{ SEV_CMD_##cmd, #cmd, sizeof(struct type), states, active, writes, run }
	{ SEV_CMD_SHUTDOWN, "SHUTDOWN", 0, 0, false, false, glue_sev_shutdown },
	{ SEV_CMD_DF_FLUSH, "DF_FLUSH", 0, 0, false, false, glue_sev_flush },
	COMMAND(INIT, sev_data_init, 0, false, false, glue_sev_plain_init),
	COMMAND(PLATFORM_STATUS, sev_user_data_status, 0, false, true, glue_sev_platform),
	COMMAND(LAUNCH_START, sev_data_launch_start, 0, false, true, glue_sev_launch_start),
	COMMAND(LAUNCH_UPDATE_DATA, sev_data_launch_update_data, IN(LUPDATE), true, false,
		glue_sev_update_data),
	COMMAND(LAUNCH_UPDATE_VMSA, sev_data_launch_update_vmsa, IN(LUPDATE), true, false,
		glue_sev_update_vmsa),
	COMMAND(LAUNCH_MEASURE, sev_data_launch_measure, IN(LUPDATE), false, true,
		glue_sev_measure),
	COMMAND(LAUNCH_UPDATE_SECRET, sev_data_launch_secret, IN(LSECRET), true, false,
		glue_sev_secret),
	COMMAND(LAUNCH_FINISH, sev_data_launch_finish, IN(LUPDATE) | IN(LSECRET), false, false,
		glue_sev_finish),
	COMMAND(ATTESTATION_REPORT, sev_data_attestation_report, IN(RUNNING), false, true,
		glue_sev_report),
	COMMAND(GUEST_STATUS, sev_data_guest_status, IN_ANY, false, true, glue_sev_status),
	COMMAND(DBG_DECRYPT, sev_data_dbg, IN_ANY, true, false, glue_sev_debug),
	COMMAND(DBG_ENCRYPT, sev_data_dbg, IN_ANY, true, false, glue_sev_debug),
	COMMAND(SEND_START, sev_data_send_start, IN(RUNNING), false, true, glue_send_start),
	COMMAND(SEND_UPDATE_DATA, sev_data_send_update_data, IN(SUPDATE), true, true,
		glue_send_update),
	COMMAND(SEND_FINISH, sev_data_send_finish, IN(SUPDATE), false, false, glue_send_finish),
	COMMAND(SEND_CANCEL, sev_data_send_cancel, IN(SUPDATE) | IN(SENT), false, false,
		glue_send_cancel),
	COMMAND(RECEIVE_START, sev_data_receive_start, 0, false, true, glue_receive_start),
	COMMAND(RECEIVE_UPDATE_DATA, sev_data_receive_update_data, IN(RUPDATE), true, false,
		glue_receive_update),
	COMMAND(RECEIVE_FINISH, sev_data_receive_finish, IN(RUPDATE), false, false,
		glue_receive_finish),
	COMMAND(ACTIVATE, sev_data_activate, IN_ANY, false, false, glue_sev_activate),
	COMMAND(DEACTIVATE, sev_data_deactivate, IN_ANY, false, false, glue_sev_deactivate),
	COMMAND(DECOMMISSION, sev_data_decommission, IN_ANY, false, false,
		glue_sev_decommission),
#undef COMMAND
};

/* Words of commands that are reserved, and so 0 (AMD 55766, "Command Buffer"). */
static const struct glue_sev_reserved {
	unsigned int cmd;
	u16 offset;
} glue_sev_reserved[] = {
#define RESERVED(cmd, type, field)	{ SEV_CMD_##cmd, offsetof(struct type, field) }
#define RESERVED_3(cmd, type)								\
	RESERVED(cmd, type, reserved1), RESERVED(cmd, type, reserved2),			\
	RESERVED(cmd, type, reserved3)
	RESERVED(LAUNCH_START, sev_data_launch_start, reserved),
	RESERVED(LAUNCH_UPDATE_DATA, sev_data_launch_update_data, reserved),
	RESERVED(LAUNCH_UPDATE_VMSA, sev_data_launch_update_vmsa, reserved),
	RESERVED(LAUNCH_MEASURE, sev_data_launch_measure, reserved),
	RESERVED_3(LAUNCH_UPDATE_SECRET, sev_data_launch_secret),
	RESERVED(ATTESTATION_REPORT, sev_data_attestation_report, reserved),
	RESERVED(DBG_DECRYPT, sev_data_dbg, reserved),
	RESERVED(DBG_ENCRYPT, sev_data_dbg, reserved),
	RESERVED_3(SEND_START, sev_data_send_start),
	RESERVED_3(SEND_UPDATE_DATA, sev_data_send_update_data),
	RESERVED(RECEIVE_START, sev_data_receive_start, reserved1),
	RESERVED_3(RECEIVE_UPDATE_DATA, sev_data_receive_update_data),
#undef RESERVED_3
#undef RESERVED
};

static bool glue_sev_reserved_is_0(unsigned int cmd, const void *buf)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(glue_sev_reserved); i++)
		if (glue_sev_reserved[i].cmd == cmd && *(u32 *)(buf + glue_sev_reserved[i].offset))
			return false;
	return true;
}

static int glue_sev_run(const struct glue_sev_command *c, void *buf)
{
	const u32 handle = c->states || c->cmd == SEV_CMD_LAUNCH_START ? *(const u32 *)buf : 0;
	struct glue_sev_guest *g = handle && handle <= GLUE_MAX_GUESTS ?
				   &glue_sev_guests[handle] : NULL;

	if (c->writes && !glue_sev_writable(__pa(buf), c->len))
		return SEV_RET_INVALID_PAGE_STATE;
	if ((c->states || c->cmd == SEV_CMD_LAUNCH_START) && !glue_sev_initialized)
		return SEV_RET_INVALID_PLATFORM_STATE;
	if (c->states && (!g || g->state == GLUE_SEV_NONE))
		return SEV_RET_INVALID_GUEST;
	if (c->states && !(c->states & BIT(g->state)))
		return SEV_RET_INVALID_GUEST_STATE;
	if (c->active && !g->asid)
		return SEV_RET_INACTIVE;
	if (!glue_sev_reserved_is_0(c->cmd, buf))
		return SEV_RET_INVALID_PARAM;
	return c->run(g, buf);
}

const char *glue_sev_cmd(unsigned int cmd, void *buf, size_t *len, int *status)
{
	const struct glue_sev_command *c;

	for (c = glue_sev_commands; c < glue_sev_commands + ARRAY_SIZE(glue_sev_commands); c++) {
		if (c->cmd != cmd)
			continue;
		*len = c->len;
		glue_word_lock(&glue_sev_lock);
		*status = c->len && !buf ? SEV_RET_INVALID_ADDRESS : glue_sev_run(c, buf);
		glue_word_unlock(&glue_sev_lock);
		return c->name;
	}
	return NULL;
}
