// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware has of cryptography, from libcrypto: loaded when a test wants it, as most do not.
 */
#include <dlfcn.h>

#include "base.h"

void *inproc_crypto(const char *name, const char *what)
{
	static void *crypto;
	void *function;

	if (!crypto)
		crypto = dlopen("libcrypto.so", RTLD_NOW) ?: dlopen("libcrypto.so.3", RTLD_NOW);
	function = crypto ? dlsym(crypto, name) : NULL;
	if (!function)
		inproc_not_driven("%s: there is no libcrypto", what);
	return function;
}
