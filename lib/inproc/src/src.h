/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Platform src, process side: the parts that platform_src.c ties together.
 */
#ifndef INPROC_SRC_SRC_H
#define INPROC_SRC_SRC_H

#include "../inproc.h"
#include "image.h"

/* inproc_vcpu.priv */
struct src_vcpu {
	void *vcpu;			/* the image's struct kvm_vcpu */
	unsigned long long ghcb_msr;	/* the guest's view of MSR 0xc0010130 */
};

/* host.c */
extern struct image_host src_host;

/* vmrun.c */
enum image_exit src_vmrun(void *vcpu, struct image_vmrun *run);
/* Have the GHCB MSR trapped in @vm's engine. */
int src_trap_ghcb_msr(struct inproc_vm *vm);

/* observer.c */
int src_guest_request(struct image_guest_request *req);
void src_log(int level, const char *text);
void src_splat(int bug, const char *text);

#endif
