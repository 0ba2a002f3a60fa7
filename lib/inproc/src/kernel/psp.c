// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PSP's driver and the SNP firmware behind it.  A model: commands of the
 * SNP firmware ABI (AMD 56860) that KVM issues for a guest's life, with their
 * arguments checked as far as a wrong kernel could get them wrong, and
 * SNP_GUEST_REQUEST passed on to the process, which records and answers it.
 */
#include <linux/file.h>
#include <linux/psp-sev.h>

#include "glue.h"
#include "svm/svm.h"

#include <asm/sev.h>

/* A guest context that LAUNCH_START filled, first bytes of its page. */
struct glue_gctx {
	u64 magic;
	u32 asid;
	bool started, finished;
};

#define GLUE_GCTX_MAGIC	0x7874636770736e73ULL

static struct glue_gctx *glue_gctx(u64 paddr)
{
	struct glue_gctx *gctx = paddr && PAGE_ALIGNED(paddr) ? __va(paddr) : NULL;

	return gctx && gctx->magic == GLUE_GCTX_MAGIC ? gctx : NULL;
}

static int glue_guest_request(struct sev_data_snp_guest_request *data, int *fw_err)
{
	struct glue_gctx *gctx = glue_gctx(data->gctx_paddr);
	struct image_guest_request req = {
		.gctx_paddr = data->gctx_paddr,
		.req_paddr = data->req_paddr,
		.res_paddr = data->res_paddr,
	};
	int ret;

	if (!gctx || !gctx->finished) {
		*fw_err = SEV_RET_INVALID_GUEST;
		return -EIO;
	}
	if (!PAGE_ALIGNED(req.req_paddr) || !PAGE_ALIGNED(req.res_paddr) ||
	    req.req_paddr == req.res_paddr || !req.req_paddr || !req.res_paddr) {
		*fw_err = SEV_RET_INVALID_ADDRESS;
		return -EIO;
	}
	/* A response page has to be in firmware state: from snp_alloc_firmware_page(). */
	if (!glue_rmp_assigned(req.res_paddr >> PAGE_SHIFT)) {
		*fw_err = SEV_RET_INVALID_PAGE_STATE;
		return -EIO;
	}
	req.request = __va(req.req_paddr);
	req.response = __va(req.res_paddr);
	ret = glue_host->guest_request(&req);
	if (ret)
		return ret;
	*fw_err = req.fw_err;
	return req.fw_err ? -EIO : 0;
}

static struct kvm_vcpu *glue_vmsa_owner(void *vmsa);

static int glue_launch_update(struct sev_data_snp_launch_update *data, int *fw_err)
{
	struct glue_gctx *gctx = glue_gctx(data->gctx_paddr);
	struct kvm_vcpu *vcpu;
	void *page = __va(__sme_clr(data->address));

	if (!gctx || !gctx->started || gctx->finished) {
		*fw_err = SEV_RET_INVALID_GUEST_STATE;
		return -EIO;
	}
	if (!glue_rmp_assigned(__pa(page) >> PAGE_SHIFT)) {
		*fw_err = SEV_RET_INVALID_PAGE_STATE;
		return -EIO;
	}
	/* It is the guest's now, and no more to be kept from the hypervisor. */
	glue_rmp_set_mutable(__pa(page) >> PAGE_SHIFT);
	if (data->page_type != SNP_PAGE_TYPE_VMSA)
		return 0;

	vcpu = glue_vmsa_owner(page);
	if (!vcpu) {
		*fw_err = SEV_RET_INVALID_ADDRESS;
		return -EIO;
	}
	return glue_host->vmsa_ready(to_glue_vcpu(vcpu)->host_vcpu, page);
}

static int glue_launch_finish(struct sev_data_snp_launch_finish *data, int *fw_err)
{
	struct glue_gctx *gctx = glue_gctx(data->gctx_paddr);

	if (!gctx || !gctx->started || gctx->finished) {
		*fw_err = SEV_RET_INVALID_GUEST_STATE;
		return -EIO;
	}
	gctx->finished = true;
	return 0;
}

static int glue_psp_cmd(int cmd, void *data, int *fw_err)
{
	switch (cmd) {
	case SEV_CMD_SNP_GCTX_CREATE: {
		struct sev_data_snp_addr *addr = data;
		struct glue_gctx *gctx = __va(addr->address);

		memset(gctx, 0, PAGE_SIZE);
		gctx->magic = GLUE_GCTX_MAGIC;
		return 0;
	}
	case SEV_CMD_SNP_LAUNCH_START: {
		struct sev_data_snp_launch_start *start = data;
		struct glue_gctx *gctx = glue_gctx(start->gctx_paddr);

		if (!gctx || gctx->started) {
			*fw_err = SEV_RET_INVALID_GUEST_STATE;
			return -EIO;
		}
		gctx->started = true;
		return 0;
	}
	case SEV_CMD_SNP_ACTIVATE: {
		struct sev_data_snp_activate *act = data;
		struct glue_gctx *gctx = glue_gctx(act->gctx_paddr);

		if (!gctx || !act->asid) {
			*fw_err = gctx ? SEV_RET_INVALID_ASID : SEV_RET_INVALID_GUEST;
			return -EIO;
		}
		gctx->asid = act->asid;
		return 0;
	}
	case SEV_CMD_SNP_LAUNCH_UPDATE:
		return glue_launch_update(data, fw_err);
	case SEV_CMD_SNP_LAUNCH_FINISH:
		return glue_launch_finish(data, fw_err);
	case SEV_CMD_SNP_GUEST_REQUEST:
		return glue_guest_request(data, fw_err);
	case SEV_CMD_SNP_DECOMMISSION: {
		struct sev_data_snp_addr *addr = data;
		struct glue_gctx *gctx = glue_gctx(addr->address);

		if (!gctx) {
			*fw_err = SEV_RET_INVALID_GUEST;
			return -EIO;
		}
		gctx->magic = 0;
		return 0;
	}
	case SEV_CMD_SNP_PAGE_RECLAIM: {
		struct sev_data_snp_page_reclaim *reclaim = data;

		/* Bit 0 of the address is the page's size. */
		glue_rmp_set_mutable(reclaim->paddr >> PAGE_SHIFT);
		return 0;
	}
	case SEV_CMD_SNP_DF_FLUSH:
	case SEV_CMD_DF_FLUSH:
		return 0;
	}
	glue_die("not driven: PSP command %#x: the firmware model does not have it", cmd);
}

int sev_do_cmd(int cmd, void *data, int *psp_ret)
{
	int fw_err = 0;
	int ret;

	if (glue_host->step_fails(IMAGE_STEP_PSP)) {
		fw_err = SEV_RET_RESOURCE_LIMIT;
		ret = -EIO;
	} else {
		ret = glue_psp_cmd(cmd, data, &fw_err);
	}
	if (psp_ret)
		*psp_ret = fw_err;
	return ret;
}

int sev_issue_cmd_external_user(struct file *filep, unsigned int id, void *data, int *error)
{
	return sev_do_cmd(id, data, error);
}

int sev_platform_init(struct sev_platform_init_args *args)
{
	return 0;
}

int sev_guest_df_flush(int *error)
{
	return 0;
}

void *psp_copy_user_blob(u64 uaddr, u32 len)
{
	if (!uaddr || !len || len > 32 * 1024)
		return ERR_PTR(-EINVAL);
	return glue_dup_user(IMAGE_KMALLOC, (void __user *)uaddr, len, GLUE_CALLER);
}

void *snp_alloc_firmware_page(gfp_t mask)
{
	void *page = glue_host->alloc(IMAGE_PAGES, PAGE_SIZE, PAGE_SIZE, !!(mask & __GFP_ZERO),
				      GLUE_CALLER);

	if (page && rmp_make_private(__pa(page) >> PAGE_SHIFT, 0, PG_LEVEL_4K, 0, true)) {
		glue_host->free(IMAGE_PAGES, page, GLUE_CALLER);
		return NULL;
	}
	return page;
}

void snp_free_firmware_page(void *addr)
{
	if (!addr)
		return;
	if (glue_gctx(__pa(addr)))
		glue_host->mem_bug(IMAGE_MEM_FIRMWARE,
				   "freed the page of a guest's context that firmware still has",
				   GLUE_CALLER);
	glue_rmp_set_mutable(__pa(addr) >> PAGE_SHIFT);
	rmp_make_shared(__pa(addr) >> PAGE_SHIFT, PG_LEVEL_4K);
	glue_host->free(IMAGE_PAGES, addr, GLUE_CALLER);
}

/* vCPUs by their VMSA: firmware sees only the page. */
static struct kvm_vcpu *glue_vcpus[GLUE_MAX_VCPUS * 16];
static DEFINE_MUTEX(glue_vcpus_lock);

void glue_psp_vcpu(struct kvm_vcpu *vcpu, bool add)
{
	unsigned int i;

	mutex_lock(&glue_vcpus_lock);
	for (i = 0; i < ARRAY_SIZE(glue_vcpus); i++) {
		if (glue_vcpus[i] != (add ? NULL : vcpu))
			continue;
		glue_vcpus[i] = add ? vcpu : NULL;
		break;
	}
	mutex_unlock(&glue_vcpus_lock);
	if (i == ARRAY_SIZE(glue_vcpus))
		glue_die("more than %zu vCPUs in one process", ARRAY_SIZE(glue_vcpus));
}

static struct kvm_vcpu *glue_vmsa_owner(void *vmsa)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(glue_vcpus); i++)
		if (glue_vcpus[i] && to_svm(glue_vcpus[i])->sev_es.vmsa == vmsa)
			return glue_vcpus[i];
	return NULL;
}
