// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the SNP firmware in the PSP.  A model: the commands of the SNP firmware ABI (AMD
 * 56860) that KVM issues for a guest's life, each in the states of guest and page in which
 * firmware takes it.  A command buffer is read as the ABI lays it out, not as the tree's
 * structures do.
 *
 * Guests' memory is plain, so that nothing is encrypted; signatures are not verified.  What a
 * launch consists of the process gets to know (fw_launch.c), which measures it and writes the
 * secrets page, and SNP_GUEST_REQUEST is passed on to it (control.c, fw_message.c).
 */
#include <linux/mm.h>
#include <linux/psp-sev.h>
#include <linux/string.h>
#include <asm/sev.h>

#include "../glue.h"
#include "psp.h"

/* "Guest Policy": the bits that have to be 1 and 0 */
#define GLUE_POLICY_ONE		BIT_ULL(17)
#define GLUE_POLICY_ZERO	GENMASK_ULL(63, 26)

#define GLUE_ADDRESS_ZERO	GENMASK_ULL(11, 0)

/* A guest's context, first bytes of its page; "Guest State Machine". */
struct glue_gctx {
	u64 magic;
	u32 asid;			/* 0: not active */
	bool started, finished;		/* GSTATE_LAUNCH from the one on, GSTATE_RUNNING the other */
};

#define GLUE_GCTX_MAGIC	0x7874636770736e73ULL

static struct glue_gctx *glue_gctx(u64 paddr)
{
	struct glue_gctx *gctx = paddr && PAGE_ALIGNED(paddr) ? __va(paddr) : NULL;

	return gctx && gctx->magic == GLUE_GCTX_MAGIC ? gctx : NULL;
}

bool glue_snp_initialized;

/* ---- command buffers ---- */

struct glue_cmd_gctx {			/* the first field of many */
	u64 gctx;
} __packed;

struct glue_cmd_start {
	u64 gctx, policy, ma_gctx;
	u32 flags;			/* MA_EN, IMI_EN; the rest is 0 */
	u32 tsc_khz;
	u8 gosvw[16];
} __packed;

struct glue_cmd_update {
	u64 gctx;
	u32 page;			/* 0: 2 MiB, 3:1 type, 4: IMI; the rest is 0 */
	u32 zero;
	u64 address;
	u8 zero2, vmpl_perms[3];
	u32 zero3;
} __packed;

struct glue_cmd_finish {
	u64 gctx, id_block, id_auth;
	u64 flags;			/* ID_BLOCK_EN, AUTH_KEY_EN, VCEK_DIS; the rest is 0 */
	u8 host_data[32];
} __packed;

struct glue_cmd_activate {
	u64 gctx;
	u32 asid;
} __packed;

struct glue_cmd_request {
	u64 gctx, request, response;
} __packed;

struct glue_cmd_init {			/* SNP_INIT_EX */
	u32 flags, zero;
	u64 list;
	u16 max_snp_asid;
	u8 zero2[46];
} __packed;

struct glue_cmd_shutdown {		/* SNP_SHUTDOWN_EX */
	u32 len;
	u32 flags;			/* IOMMU_SNP_SHUTDOWN; the rest is 0 here */
} __packed;

struct glue_cmd_feature_info {
	u32 len, function;		/* as of CPUID 80000024h, ECX */
	u64 address;
} __packed;

struct glue_cmd_vlek {			/* SNP_VLEK_LOAD */
	u32 len;
	u8 version, zero[3];
	u64 address;			/* of the wrapped hashstick */
} __packed;

union glue_cmd_buf {
	struct glue_cmd_init init;
	struct glue_cmd_shutdown shutdown;
	u32 commit_len;			/* SNP_COMMIT: of its buffer */
	struct glue_cmd_vlek vlek;
	struct glue_cmd_feature_info feature_info;
	struct glue_cmd_gctx gctx;
	struct glue_cmd_start start;
	struct glue_cmd_update update;
	struct glue_cmd_finish finish;
	struct glue_cmd_activate activate;
	struct glue_cmd_request request;
	u64 address;
};

/* ---- commands: each gives firmware's status ---- */

/* SNP_PLATFORM_STATUS, at offset 8 */
#define GLUE_STATUS_VLEK_EN		BIT(2)
#define GLUE_STATUS_FEATURE_INFO	BIT(3)
#define GLUE_STATUS_HIDING_CAP		BIT(5)
#define GLUE_STATUS_HIDING_EN		BIT(6)

/* SNP_FEATURE_INFO, ECX */
#define GLUE_FEATURE_RAPL_DISABLE	BIT(2)
#define GLUE_FEATURE_HIDING		BIT(3)
#define GLUE_FEATURE_AES_256_XTS	BIT(4)
#define GLUE_FEATURE_CXL_ALLOW		BIT(5)

/* SNP_INIT_EX */
#define GLUE_INIT_RMP			BIT(0)
#define GLUE_INIT_LIST			BIT(1)
#define GLUE_INIT_HIDING		BIT(3)
#define GLUE_INIT_RESERVED		GENMASK(31, 5)

#define GLUE_IOMMU_SNP_SHUTDOWN		BIT(0)

u32 glue_max_snp_asid;

u8 glue_api_minor(void)
{
	return glue_firmware & IMAGE_FW_SNP_OLD ? GLUE_API_MINOR_OLD : GLUE_API_MINOR;
}

static u32 glue_snp_features(void)
{
	return (glue_firmware & IMAGE_FW_RAPL_DISABLE ? GLUE_FEATURE_RAPL_DISABLE : 0) |
	       (glue_firmware & IMAGE_FW_CIPHERTEXT_HIDING ? GLUE_FEATURE_HIDING : 0) |
	       (glue_firmware & IMAGE_FW_AES_256_XTS ? GLUE_FEATURE_AES_256_XTS : 0) |
	       (glue_firmware & IMAGE_FW_CXL_ALLOW ? GLUE_FEATURE_CXL_ALLOW : 0);
}

static bool glue_snp_can_hide(void)
{
	return glue_firmware & IMAGE_FW_CIPHERTEXT_HIDING &&
	       !(glue_firmware & IMAGE_FW_HIDING_OFF);
}

static bool glue_vlek_loaded;

/* API version, the state (initialized or not), and what there is. */
static int glue_snp_status(union glue_cmd_buf *c)
{
	u8 *status = __va(c->address);

	if (!status)
		return SEV_RET_INVALID_ADDRESS;
	if (glue_snp_initialized && !glue_rmp_firmware(c->address, 32))
		return SEV_RET_INVALID_PAGE_STATE;
	memset(status, 0, 32);
	status[0] = GLUE_API_MAJOR;
	status[1] = glue_api_minor();
	status[2] = glue_snp_initialized;
	*(u32 *)(status + 8) = (glue_vlek_loaded ? GLUE_STATUS_VLEK_EN : 0) |
			       (glue_snp_features() ? GLUE_STATUS_FEATURE_INFO : 0) |
			       (glue_snp_can_hide() ? GLUE_STATUS_HIDING_CAP : 0) |
			       (glue_max_snp_asid ? GLUE_STATUS_HIDING_EN : 0);
	if (glue_snp_initialized)
		glue_rmp_set_mutable(c->address >> PAGE_SHIFT);
	return 0;
}

/* EAX and EBX are CPUID's; function 0 is all that there is. */
static int glue_snp_feature_info(union glue_cmd_buf *c)
{
	const struct glue_cmd_feature_info *info = &c->feature_info;
	u32 *regs = __va(info->address);

	if (info->len != sizeof(*info) || info->function)
		return SEV_RET_INVALID_PARAM;
	if (!info->address || info->address & 7 || (info->address & ~PAGE_MASK) > PAGE_SIZE - 16)
		return SEV_RET_INVALID_ADDRESS;
	if (glue_snp_initialized && !glue_rmp_firmware(info->address, 16))
		return SEV_RET_INVALID_PAGE_STATE;
	memset(regs, 0, 16);
	regs[2] = glue_snp_features();
	return 0;
}

/* SNP_INIT has no buffer.  There is no memory that the list could keep from guests. */
static int glue_snp_init(union glue_cmd_buf *c)
{
	const struct glue_cmd_init *init = c ? &c->init : NULL;
	const bool hide = init && init->flags & GLUE_INIT_HIDING;
	u32 max, first;

	if (glue_snp_initialized)
		return SEV_RET_INVALID_PLATFORM_STATE;
	glue_sev_asids(&max, &first);
	if (init && (init->flags & GLUE_INIT_RESERVED || init->zero ||
		     memchr_inv(init->zero2, 0, sizeof(init->zero2)) ||
		     (hide && (!glue_snp_can_hide() || init->max_snp_asid >= first)) ||
		     (!hide && init->max_snp_asid)))
		return SEV_RET_INVALID_PARAM;
	if (glue_firmware & IMAGE_FW_SNP_INIT_FAILS)
		return SEV_RET_HWSEV_RET_PLATFORM;
	glue_max_snp_asid = hide ? init->max_snp_asid : 0;
	glue_snp_initialized = true;
	glue_asids_stale();
	return 0;
}

/* Guests of SEV's have to be gone by then, and what caches have of all. */
static int glue_snp_shutdown(union glue_cmd_buf *c)
{
	if (c->shutdown.len != sizeof(c->shutdown))
		return SEV_RET_INVALID_LEN;
	if (c->shutdown.flags & ~GLUE_IOMMU_SNP_SHUTDOWN)
		return SEV_RET_INVALID_PARAM;
	if (glue_sev_initialized)
		return SEV_RET_INVALID_PLATFORM_STATE;
	if (glue_asids_want_flush())
		return SEV_RET_DFFLUSH_REQUIRED;
	glue_max_snp_asid = 0;
	glue_snp_initialized = false;
	return 0;
}

/* The firmware that runs is the oldest that may from now on. */
static int glue_snp_commit(union glue_cmd_buf *c)
{
	return c->commit_len == sizeof(c->commit_len) ? 0 : SEV_RET_INVALID_LEN;
}

/*
 * A VLEK comes wrapped by AMD, and signed.  Not ABI, and the model's alone: what is signed has
 * bytes whose sum is 0xff, in 8 bits.  Nothing is done with the key.
 */
#define GLUE_HASHSTICK	432

static int glue_snp_vlek_load(union glue_cmd_buf *c)
{
	const struct glue_cmd_vlek *vlek = &c->vlek;
	const u8 *wrapped = __va(__sme_clr(vlek->address));
	u8 sum = 0;
	int i;

	if (vlek->len != sizeof(*vlek))
		return SEV_RET_INVALID_LEN;
	if (vlek->version || !vlek->address)
		return SEV_RET_INVALID_PARAM;
	for (i = 0; i < GLUE_HASHSTICK; i++)
		sum += wrapped[i];
	if (sum != 0xff)
		return SEV_RET_BAD_SIGNATURE;
	glue_vlek_loaded = true;
	return 0;
}

static int glue_snp_create(union glue_cmd_buf *c)
{
	struct glue_gctx *gctx;

	if (c->address & GLUE_ADDRESS_ZERO)
		return SEV_RET_INVALID_ADDRESS;
	gctx = __va(c->address);
	if (!glue_rmp_firmware(c->address, PAGE_SIZE))
		return SEV_RET_INVALID_PAGE_STATE;
	memset(gctx, 0, PAGE_SIZE);
	gctx->magic = GLUE_GCTX_MAGIC;
	return 0;
}

static int glue_snp_start(union glue_cmd_buf *c)
{
	const struct glue_cmd_start *start = &c->start;
	struct glue_gctx *gctx = glue_gctx(start->gctx);
	const u8 minor = start->policy, major = start->policy >> 8;
	struct image_launch launch = {
		.op = IMAGE_LAUNCH_START, .gctx = start->gctx, .policy = start->policy,
		.tsc_khz = start->tsc_khz, .gosvw = start->gosvw,
	};

	if (!gctx)
		return SEV_RET_INVALID_GUEST;
	if (gctx->started)
		return SEV_RET_INVALID_GUEST_STATE;
	/* No migration agent, nor an image for one. */
	if (start->flags || start->ma_gctx)
		return SEV_RET_INVALID_PARAM;
	if (!(start->policy & GLUE_POLICY_ONE) || start->policy & GLUE_POLICY_ZERO ||
	    major > GLUE_API_MAJOR || (major == GLUE_API_MAJOR && minor > GLUE_API_MINOR))
		return SEV_RET_POLICY_FAILURE;
	gctx->started = true;
	return glue_host->launch(&launch);
}

static int glue_snp_activate(union glue_cmd_buf *c)
{
	struct glue_gctx *gctx = glue_gctx(c->activate.gctx);
	u32 max, first;
	int ret;

	if (!gctx)
		return SEV_RET_INVALID_GUEST;
	if (gctx->asid)
		return SEV_RET_ACTIVE;
	glue_sev_asids(&max, &first);
	if (!c->activate.asid || c->activate.asid >= first ||
	    (glue_max_snp_asid && c->activate.asid > glue_max_snp_asid))
		return SEV_RET_INVALID_ASID;
	ret = glue_asid_take(c->activate.asid);
	if (!ret)
		gctx->asid = c->activate.asid;
	return ret;
}

/*
 * "CPUID Page": no function may be told more than the CPU has.  Firmware leaves what it would
 * take in the page.  Looked at are the features of functions 1 and 7.
 */
static int glue_snp_cpuid_page(void *page)
{
	struct {
		u32 count, zero;
		u64 zero2;
		struct {
			u32 in_eax, in_ecx;
			u64 xcr0, xss;
			u32 eax, ebx, ecx, edx;
			u64 zero;
		} fn[64];
	} *cpuid = page;
	int ret = 0;
	u32 i;

	if (cpuid->count > ARRAY_SIZE(cpuid->fn)) {
		cpuid->count = ARRAY_SIZE(cpuid->fn);
		ret = SEV_RET_INVALID_PARAM;
	}
	for (i = 0; i < cpuid->count; i++) {
		const u32 function = cpuid->fn[i].in_eax;
		struct image_gprs has = { .gpr = {
			[IMAGE_RAX] = function, [IMAGE_RCX] = cpuid->fn[i].in_ecx,
		} };
		u32 ebx, ecx, edx;

		if (function != 1 && function != 7)
			continue;
		glue_host->cpuid(&has);
		ebx = function == 7 ? cpuid->fn[i].ebx & has.gpr[IMAGE_RBX] : cpuid->fn[i].ebx;
		ecx = cpuid->fn[i].ecx & has.gpr[IMAGE_RCX];
		edx = cpuid->fn[i].edx & has.gpr[IMAGE_RDX];
		if (ebx != cpuid->fn[i].ebx || ecx != cpuid->fn[i].ecx || edx != cpuid->fn[i].edx)
			ret = SEV_RET_INVALID_PARAM;
		cpuid->fn[i].ebx = ebx;
		cpuid->fn[i].ecx = ecx;
		cpuid->fn[i].edx = edx;
	}
	return ret;
}

static int glue_snp_update(union glue_cmd_buf *c)
{
	const struct glue_cmd_update *update = &c->update;
	struct glue_gctx *gctx = glue_gctx(update->gctx);
	const u64 address = __sme_clr(update->address);
	void *page = __va(address);
	struct glue_rmp_page rmp;
	struct image_launch launch = {
		.op = IMAGE_LAUNCH_UPDATE, .gctx = update->gctx, .page = page,
		.type = update->page >> 1 & 7, .perms = update->vmpl_perms,
	};
	int ret;

	if (!gctx)
		return SEV_RET_INVALID_GUEST;
	if (!gctx->started || gctx->finished)
		return SEV_RET_INVALID_GUEST_STATE;
	if (!gctx->asid)
		return SEV_RET_INACTIVE;
	/* Reserved, an IMI page where the launch has none, or no type */
	if (update->page >> 4 || update->zero || update->zero2 || update->zero3 || !launch.type ||
	    launch.type >= SNP_PAGE_TYPE_MAX)
		return SEV_RET_INVALID_PARAM;
	if (update->page & 1)
		return SEV_RET_INVALID_PAGE_SIZE;
	if (!address || address & GLUE_ADDRESS_ZERO)
		return SEV_RET_INVALID_ADDRESS;
	/* Pre-Guest: assigned, immutable, and not yet launched */
	if (!glue_rmp_lookup(address >> PAGE_SHIFT, &rmp) || !rmp.immutable || !rmp.asid)
		return SEV_RET_INVALID_PAGE_STATE;
	if (rmp.asid != gctx->asid)
		return SEV_RET_INVALID_PAGE_OWNER;
	launch.gpa = rmp.gpa;
	if (launch.type == SNP_PAGE_TYPE_CPUID) {
		ret = glue_snp_cpuid_page(page);
		if (ret)
			return ret;
	}
	if (launch.type == SNP_PAGE_TYPE_ZERO)
		memset(page, 0, PAGE_SIZE);
	ret = glue_host->launch(&launch);
	if (ret)
		return ret;
	/* It is the guest's now, and no more to be kept from the hypervisor. */
	glue_rmp_set_mutable(address >> PAGE_SHIFT);
	glue_rmp_set_vmsa(address >> PAGE_SHIFT, launch.type == SNP_PAGE_TYPE_VMSA);
	if (launch.type == SNP_PAGE_TYPE_NORMAL)
		glue_host->guest_page_launched(page, rmp.gpa);
	return 0;
}

#define GLUE_ID_BLOCK_EN	BIT_ULL(0)
#define GLUE_AUTH_KEY_EN	BIT_ULL(1)
#define GLUE_VCEK_DIS		BIT_ULL(2)
/* "Algorithm Encodings": ECDSA P-384 with SHA-384 */
#define GLUE_ECDSA_P384		1

static int glue_snp_finish(union glue_cmd_buf *c)
{
	const struct glue_cmd_finish *finish = &c->finish;
	struct glue_gctx *gctx = glue_gctx(finish->gctx);
	const bool id_block = finish->flags & GLUE_ID_BLOCK_EN;
	const bool auth_key = finish->flags & GLUE_AUTH_KEY_EN;
	const u32 *algorithms = __va(__sme_clr(finish->id_auth));	/* ID key's, author key's */
	struct image_launch launch = {
		.op = IMAGE_LAUNCH_FINISH, .gctx = finish->gctx, .host_data = finish->host_data,
		.auth_key = auth_key, .vcek_disabled = !!(finish->flags & GLUE_VCEK_DIS),
	};
	int ret;

	if (!gctx)
		return SEV_RET_INVALID_GUEST;
	if (!gctx->started || gctx->finished)
		return SEV_RET_INVALID_GUEST_STATE;
	if (finish->flags & ~(GLUE_ID_BLOCK_EN | GLUE_AUTH_KEY_EN | GLUE_VCEK_DIS) ||
	    (auth_key && !id_block))
		return SEV_RET_INVALID_PARAM;
	if (id_block) {
		if (!finish->id_block || !finish->id_auth)
			return SEV_RET_INVALID_ADDRESS;
		if (algorithms[0] != GLUE_ECDSA_P384 ||
		    (auth_key && algorithms[1] != GLUE_ECDSA_P384))
			return SEV_RET_INVALID_PARAM;
		launch.id_block = __va(__sme_clr(finish->id_block));
		launch.id_auth = algorithms;
	}
	ret = glue_host->launch(&launch);
	if (!ret)
		gctx->finished = true;
	return ret;
}

static int glue_snp_request(union glue_cmd_buf *c)
{
	struct glue_gctx *gctx = glue_gctx(c->request.gctx);
	struct image_guest_request req = {
		.gctx_paddr = c->request.gctx,
		.req_paddr = c->request.request,
		.res_paddr = c->request.response,
	};

	if (!gctx || !gctx->finished)
		return SEV_RET_INVALID_GUEST;
	if (!PAGE_ALIGNED(req.req_paddr) || !PAGE_ALIGNED(req.res_paddr) ||
	    req.req_paddr == req.res_paddr || !req.req_paddr || !req.res_paddr)
		return SEV_RET_INVALID_ADDRESS;
	if (!glue_rmp_firmware(req.res_paddr, PAGE_SIZE))
		return SEV_RET_INVALID_PAGE_STATE;
	req.request = __va(req.req_paddr);
	req.response = __va(req.res_paddr);
	glue_host->guest_request(&req);
	return req.fw_err;
}

static int glue_snp_decommission(union glue_cmd_buf *c)
{
	struct glue_gctx *gctx = glue_gctx(c->address);

	if (!gctx)
		return SEV_RET_INVALID_GUEST;
	if (gctx->asid)
		glue_asid_put(gctx->asid);
	gctx->magic = 0;
	return 0;
}

/*
 * Bit 0 of the address is the page's size.  Pages of the hypervisor's, and those that hold a
 * context, are not given back.
 */
static int glue_snp_reclaim(union glue_cmd_buf *c)
{
	const char *why = NULL;
	struct glue_rmp_page page;

	if (!glue_rmp_lookup(c->address >> PAGE_SHIFT, &page))
		why = "wants back a page that firmware does not have";
	else if (!page.asid && glue_gctx(c->address & PAGE_MASK))
		why = "wants back the page of a guest's context that firmware still has";
	if (why) {
		glue_host->mem_bug(CONTROL_MEM_FIRMWARE, why, GLUE_CALLER);
		return SEV_RET_INVALID_PAGE_STATE;
	}
	glue_rmp_set_mutable(c->address >> PAGE_SHIFT);
	return 0;
}

/* What reports are to say of the platform; there are none. */
static int glue_snp_config(union glue_cmd_buf *c)
{
	return 0;
}

/* One data fabric, whoever's ASIDs. */
static int glue_snp_flush(union glue_cmd_buf *c)
{
	return glue_asids_flush();
}

/* With how many bytes the ABI gives them, and in which states: INIT alone, or any. */
static const struct glue_snp_command {
	unsigned int cmd;
	const char *name;
	size_t len;
	bool any;
	int (*run)(union glue_cmd_buf *c);
} glue_snp_commands[] = {
#define COMMAND(cmd, len, any, run) { SEV_CMD_##cmd, #cmd, len, any, run }
	COMMAND(SNP_INIT, 0, true, glue_snp_init),
	COMMAND(SNP_INIT_EX, 64, true, glue_snp_init),
	COMMAND(SNP_SHUTDOWN_EX, sizeof(struct glue_cmd_shutdown), false, glue_snp_shutdown),
	COMMAND(SNP_PLATFORM_STATUS, 8, true, glue_snp_status),
	/* Older trees have no name for it. */
	{ 0xce, "SNP_FEATURE_INFO", sizeof(struct glue_cmd_feature_info), true,
	  glue_snp_feature_info },
	COMMAND(SNP_DF_FLUSH, 0, false, glue_snp_flush),
	COMMAND(SNP_CONFIG, 64, true, glue_snp_config),
	COMMAND(SNP_COMMIT, sizeof(u32), true, glue_snp_commit),
	COMMAND(SNP_VLEK_LOAD, sizeof(struct glue_cmd_vlek), false, glue_snp_vlek_load),
	COMMAND(SNP_PAGE_RECLAIM, 8, false, glue_snp_reclaim),
	COMMAND(SNP_GCTX_CREATE, 8, false, glue_snp_create),
	COMMAND(SNP_LAUNCH_START, sizeof(struct glue_cmd_start), false, glue_snp_start),
	COMMAND(SNP_ACTIVATE, sizeof(struct glue_cmd_activate), false, glue_snp_activate),
	COMMAND(SNP_LAUNCH_UPDATE, sizeof(struct glue_cmd_update), false, glue_snp_update),
	COMMAND(SNP_LAUNCH_FINISH, sizeof(struct glue_cmd_finish), false, glue_snp_finish),
	COMMAND(SNP_GUEST_REQUEST, sizeof(struct glue_cmd_request), false, glue_snp_request),
	COMMAND(SNP_DECOMMISSION, 8, false, glue_snp_decommission),
#undef COMMAND
};

const char *glue_snp_cmd(unsigned int cmd, void *buf, size_t *len, int *status)
{
	const struct glue_snp_command *c;

	for (c = glue_snp_commands; c < glue_snp_commands + ARRAY_SIZE(glue_snp_commands); c++) {
		if (c->cmd != cmd)
			continue;
		*len = c->len;
		if (c->len && !buf)
			*status = SEV_RET_INVALID_ADDRESS;
		else if (!glue_snp_initialized && !c->any)
			*status = SEV_RET_INVALID_PLATFORM_STATE;
		else
			*status = c->run(buf);
		return c->name;
	}
	return NULL;
}
