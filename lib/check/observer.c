// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find the in-process KVM's observer, if one is loaded.
 */
#include <dlfcn.h>

#include "observer.h"

const struct observer_ops *observer(void)
{
	static const struct observer_ops *ops;
	const struct observer_ops *(*get)(void);

	if (ops)
		return ops;
	get = (const struct observer_ops *(*)(void))dlsym(RTLD_DEFAULT, "kvm_observer");
	if (get)
		ops = get();
	return ops;
}
