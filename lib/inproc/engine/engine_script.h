/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef INPROC_ENGINE_SCRIPT_H
#define INPROC_ENGINE_SCRIPT_H

struct kvm_script;

/* Guests are @script from now on, NULL: what they were before (include/script.h). */
void engine_script(struct kvm_script *script);

#endif
