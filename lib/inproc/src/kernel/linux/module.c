// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/module/ and kernel/static_call.c: the modules that the image is made
 * of are initialized in the order that their dependencies give, and what they patch at
 * run time is patched.  A fake: no module is ever removed.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include "glue.h"

/* As tools/image.mk names each module's init_module() and __this_module. */
int init_kvm(void);
int init_kvm_amd(void);
int init_kvm_intel(void) __weak;

#define GLUE_THIS_MODULE(id, text)					\
	struct module id = { .name = text, .state = MODULE_STATE_UNFORMED }

GLUE_THIS_MODULE(this_module_kvm, "kvm");
GLUE_THIS_MODULE(this_module_kvm_amd, "kvm_amd");
GLUE_THIS_MODULE(this_module_kvm_intel, "kvm_intel");

/* Those of @mod in a list "module.name=value,..."; one that there is not is ignored, as by Linux. */
static int glue_set_params(const struct module *mod, const char *params)
{
	const size_t len = strlen(mod->name);
	char param[64], *value;
	size_t end;
	int ret;

	for (; *params; params += end + !!params[end]) {
		end = strcspn(params, ",");
		if (strncmp(params, mod->name, len) || params[len] != '.' || end >= sizeof(param))
			continue;
		memcpy(param, params, end);
		param[end] = 0;
		value = strchr(param, '=');
		if (value)
			*value++ = 0;
		ret = glue_set_param(mod, param + len + 1, value);
		if (ret && ret != -ENOENT) {
			pr_err("%s: '%s' invalid for parameter '%s'\n", mod->name, value ?: "",
			       param + len + 1);
			return ret;
		}
	}
	return 0;
}

int glue_modules_init(const struct image_cpu *cpu)
{
	int ret = glue_set_params(&this_module_kvm, cpu->params) ?: init_kvm();

	if (ret)
		return ret;
	this_module_kvm.state = MODULE_STATE_LIVE;
	if (cpu->vendor == IMAGE_INTEL) {
		/* Off by default; trees without it have no such parameter. */
		glue_set_param(&this_module_kvm_intel, "tdx", "1");
		ret = glue_set_params(&this_module_kvm_intel, cpu->params);
		if (ret)
			return ret;
		this_module_kvm_intel.state = MODULE_STATE_LIVE;
		return &init_kvm_intel ? init_kvm_intel() : -ENODEV;
	}
	ret = glue_set_params(&this_module_kvm_amd, cpu->params);
	if (ret)
		return ret;
	this_module_kvm_amd.state = MODULE_STATE_LIVE;
	return init_kvm_amd();
}

bool try_module_get(struct module *module)
{
	return true;
}

void __module_get(struct module *module)
{
}

void module_put(struct module *module)
{
}

/* Functions of modules that are not there: VFIO's. */
void *__symbol_get(const char *symbol)
{
	return NULL;
}

void __symbol_put(const char *symbol)
{
}

/*
 * The calls themselves are left as the compiler made them, to the trampoline: five bytes
 * that jump to the function, or return, or return 0.
 */
void __static_call_update(struct static_call_key *key, void *tramp, void *func)
{
	static const u8 ret[] = { 0xc3, 0x90, 0x90, 0x90, 0x90 };
	u8 *at = tramp;
	s32 rel = (long)func - ((long)tramp + 5);

	WRITE_ONCE(key->func, func);
	if (!func) {
		memcpy(at, ret, sizeof(ret));
		return;
	}
	at[0] = 0xe9;
	memcpy(at + 1, &rel, sizeof(rel));
}

long __static_call_return0(void)
{
	return 0;
}

/* As if CPUs had been patched: nothing waits for it. */
int alternatives_patched = 1;
bool static_key_initialized = true;
