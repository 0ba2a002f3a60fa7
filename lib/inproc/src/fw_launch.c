// SPDX-License-Identifier: GPL-2.0-only
/*
 * Launches of SNP guests as the SNP firmware measures them: the launch digest (AMD 56860,
 * SNP_LAUNCH_UPDATE, "PAGE_INFO"), and what SNP_LAUNCH_FINISH compares with it.  One at a time,
 * and only when a test asks for it: hashing takes longer than all else of a launch.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "control.h"
#include "fw_guests.h"
#include "src.h"

static unsigned char *(*sha384)(const unsigned char *data, size_t len, unsigned char *digest);
static bool measuring;
static struct control_fw_launch launch;
static struct control_fw_page *pages;
static unsigned int max_pages;
static unsigned long long gctx;		/* whose launch it is; 0: none */

void src_fw_measure(int on)
{
	if (on && !sha384)
		sha384 = inproc_crypto("SHA384", "SNP firmware that measures");
	measuring = on;
	if (!on)
		gctx = 0;
}

const struct control_fw_launch *src_fw_launch(void)
{
	return gctx ? &launch : NULL;
}

static void start(const struct image_launch *l)
{
	memset(&launch, 0, sizeof(launch));
	gctx = l->gctx;
	launch.policy = l->policy;
	launch.tsc_khz = l->tsc_khz;
	memcpy(launch.gosvw, l->gosvw, sizeof(launch.gosvw));
}

static void update(const struct image_launch *l)
{
	struct control_fw_page *page;

	if (launch.nr_pages == max_pages) {
		max_pages = max_pages ? 2 * max_pages : 64;
		pages = realloc(pages, max_pages * sizeof(*pages));
		if (!pages)
			abort();
	}
	launch.pages = pages;
	page = &pages[launch.nr_pages++];
	*page = (struct control_fw_page){ .gpa = l->gpa, .type = l->type };
	memcpy(page->perms, l->perms, sizeof(page->perms));
	if (l->type == FW_PAGE_NORMAL || l->type == FW_PAGE_VMSA)
		sha384(l->page, CONTROL_PAGE, page->contents);
	if (l->type == FW_PAGE_VMSA && launch.nr_vmsas++ < CONTROL_MAX_VMSAS)
		memcpy(launch.vmsa[launch.nr_vmsas - 1], l->page, CONTROL_PAGE);
	fw_digest_page(launch.digest, l->gpa, l->type, page->perms, page->contents);
}

static struct fw_finish operands(const struct image_launch *l)
{
	return (struct fw_finish){
		.id_block = l->id_block, .id_auth = l->id_auth, .host_data = l->host_data,
		.author_key = l->auth_key, .vcek_disabled = l->vcek_disabled,
	};
}

static int finish(const struct image_launch *l)
{
	const struct fw_finish f = operands(l);
	const unsigned int status = fw_id_status(&f, launch.digest, launch.policy);

	if (status)
		return status;
	launch.finished = true;
	launch.has_id_block = l->id_block;
	launch.auth_key = l->auth_key;
	launch.vcek_disabled = l->vcek_disabled;
	if (l->id_block) {
		memcpy(launch.id_block, l->id_block, sizeof(launch.id_block));
		memcpy(launch.id_auth, l->id_auth, sizeof(launch.id_auth));
	}
	memcpy(launch.host_data, l->host_data, sizeof(launch.host_data));
	return 0;
}

/* Guests of SEV-ES: no more than what their vCPUs begin with is kept. */
#define GCTX_OF_ES	(~0ULL)

static void es_vmsa(const struct image_launch *l)
{
	if (gctx != GCTX_OF_ES)
		memset(&launch, 0, sizeof(launch));
	gctx = GCTX_OF_ES;
	if (launch.nr_vmsas++ < CONTROL_MAX_VMSAS)
		memcpy(launch.vmsa[launch.nr_vmsas - 1], l->page, CONTROL_PAGE);
}

/* What is measured of it; one guest at a time is. */
static int measure(const struct image_launch *l)
{
	if (measuring && l->op == IMAGE_LAUNCH_ES_VMSA)
		es_vmsa(l);
	if (measuring && l->op == IMAGE_LAUNCH_START)
		start(l);
	else if (l->op == IMAGE_LAUNCH_UPDATE && l->gctx == gctx)
		update(l);
	else if (l->op == IMAGE_LAUNCH_FINISH && l->gctx == gctx)
		return finish(l);
	return 0;
}

IMAGE_CALL int src_launch(const struct image_launch *l)
{
	const struct fw_finish f = operands(l);
	int ret = measure(l);

	if (l->op == IMAGE_LAUNCH_START)
		fw_guest_start(src_fw_guest_new(l->gctx), l->policy);
	else if (l->op == IMAGE_LAUNCH_UPDATE && l->type == FW_PAGE_SECRETS)
		fw_guest_secrets(src_fw_guest(l->gctx), l->page);
	else if (l->op == IMAGE_LAUNCH_FINISH && !ret)
		fw_guest_finish(src_fw_guest(l->gctx), &f, l->gctx == gctx ? launch.digest : NULL);
	return ret;
}
