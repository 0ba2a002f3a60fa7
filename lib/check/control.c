// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find the in-process KVM's control, if one is loaded.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

static const struct control_ops *loaded(void)
{
	static const struct control_ops *ops;
	const struct control_ops *(*get)(void);

	if (ops)
		return ops;
	get = (const struct control_ops *(*)(void))dlsym(RTLD_DEFAULT, "kvm_control");
	if (get)
		ops = get();
	return ops;
}

const struct control_ops *control(void)
{
	return strcmp(getenv("COCO_OBSERVER") ?: "", "off") ? loaded() : NULL;
}

bool guest_on_engine(void)
{
	return loaded();
}

bool guest_stops_before_writes(void)
{
	return !loaded() || loaded()->stops_before_writes();
}
