/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For libkvm's ucall_common.c: room in its pool for so many ucalls at once.  With the 512 that a
 * tree has every VM zeroes 138 pages, which where page faults are dear is most of its making.
 */
#undef KVM_MAX_VCPUS
#define KVM_MAX_VCPUS 64
