/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before the first line of each file of the preloaded object, by an option of the
 * compiler: what our own code does to its address space is no change of the VMM's memory,
 * so these go past the functions that stand before libc's (preload.c, preload_mm.c).
 */
#ifndef INPROC_REAL_MM_H
#define INPROC_REAL_MM_H

#define madvise		real_madvise
#define mmap		real_mmap
#define mprotect	real_mprotect
#define mremap		real_mremap
#define munmap		real_munmap

#endif
