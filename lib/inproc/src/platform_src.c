// SPDX-License-Identifier: GPL-2.0-only
/*
 * Platform src: a kernel tree's own KVM answers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/base.h"
#include "base/platform.h"
#include "src.h"
#include "src/hw/hw.h"
#include "src/image/loader.h"
#include "src/services/services.h"
#include "src/watch/memory.h"
#include "src/watch/watch.h"

/* /dev/kvm is one vendor's: COCO_VENDOR says whose, "amd" or "intel"; amd if unset. */
static int pick_vendor(enum image_vendor *vendor)
{
	const char *name = getenv("COCO_VENDOR") ?: "amd";

	if (strcmp(name, "amd") && strcmp(name, "intel")) {
		inproc_diag("COCO_VENDOR: '%s' is not amd or intel", name);
		return -EINVAL;
	}
	*vendor = strcmp(name, "intel") ? IMAGE_AMD : IMAGE_INTEL;
	return 0;
}

/* As bits of enum image_firmware have it. */
static const char *const firmwares[] = {
	"rapl_disable", "ciphertext_hiding", "aes_256_xts", "cxl_allow", "ciphertext_hiding_off",
	"snp_init_fails", "snp_old", "no_tdx_module", "no_keyids", "one_keyid",
};

/* COCO_FIRMWARE, a test's wish (machine.h), is a list of those. */
static int pick_firmware(unsigned int *firmware)
{
	const char *wish = getenv("COCO_FIRMWARE") ?: "";
	size_t len, i;

	for (; *wish; wish += len + !!wish[len]) {
		len = strcspn(wish, ",");
		for (i = 0; i < sizeof(firmwares) / sizeof(firmwares[0]); i++)
			if (strlen(firmwares[i]) == len && !memcmp(firmwares[i], wish, len))
				break;
		if (i == sizeof(firmwares) / sizeof(firmwares[0])) {
			inproc_diag("COCO_FIRMWARE: there is no '%.*s'", (int)len, wish);
			return -EINVAL;
		}
		*firmware |= 1u << i;
	}
	return 0;
}

static void in_child(void)
{
	if (!image)
		return;
	image_enter();
	image->forked();
}

static void *reserve(size_t bytes, const char *what)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p != MAP_FAILED)
		return p;
	inproc_diag("cannot reserve %s: %s (ulimit -v, or vm.overcommit_memory = 2?)", what,
		    strerror(errno));
	return NULL;
}

static int src_init(void)
{
	/* The highest bit that the engine's page tables can carry picks the view. */
	struct image_cpu cpu = {
		.view_bit = engine->phys_bits() - 1,
		.tsc_khz = engine->tsc_khz(),
		.params = getenv("COCO_PARAMS") ?: "",
	};
	int ret = pick_vendor(&cpu.vendor) ?: pick_firmware(&cpu.firmware);

	if (ret)
		return ret;

	if (cpu.vendor == IMAGE_INTEL && engine->begins_mode32)
		engine->begins_mode32();
	src_host.page_structs = reserve(IMAGE_VMEMMAP_SIZE, "4 TiB of addresses for struct pages");
	src_host.rmp = reserve(IMAGE_RMP_SIZE, "512 GiB of addresses for the RMP");
	if (!src_host.page_structs || !src_host.rmp)
		return -ENOMEM;
	ret = hw_cpuid_init(cpu.vendor, cpu.view_bit) ?: memory_init() ?: image_load(&src_host) ?:
	      fault_init() ?: reached_init() ?: src_commands_init();
	if (ret)
		return ret;
	image_enter();
	ret = hang_init() ?: image->init(&cpu);
	/* Nobody tells firmware that has no observer which launches are worth the time. */
	if (!ret && !strcmp(getenv("COCO_OBSERVER") ?: "", "off"))
		src_measure(1);
	return ret ?: -pthread_atfork(NULL, NULL, in_child);
}

static long src_open(const char *path, int flags)
{
	return kfile_open(path + strlen("/dev/"), flags);
}

static int src_param(const char *module, const char *name, char *value)
{
	image_enter();
	return image->param(module, name, value);
}

static const struct platform_ops src_platform = {
	.name = "src",
	.init = src_init,
	.param = src_param,
	.open = src_open,
};

const struct platform_ops *const platform = &src_platform;
