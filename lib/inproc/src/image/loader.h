/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel image in this process.
 */
#ifndef INPROC_SRC_LOADER_H
#define INPROC_SRC_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "image.h"

/* The loaded image's functions; NULL before image_load(). */
extern const struct image_ops *image;

/*
 * Map the image that COCO_IMAGE names at its own address, once.  0, or -errno
 * with a message printed.
 */
int image_load(const struct image_host *host);

/* Is @addr inside the image / where unprovided symbols are bound? */
bool image_contains(uintptr_t addr);
bool image_is_undefined(uintptr_t addr);

/*
 * Give the calling thread a CPU of the image, if it has none: its per-CPU area
 * and GS base.  To be called before every call into the image.
 */
void image_enter(void);
/* The number of this thread's CPU; after image_enter(). */
unsigned int image_this_cpu(void);

/* symbols.c: "function+0x12/0x40 (file.c:123)" of @addr, into @buf of @len bytes. */
const char *image_describe(uintptr_t addr, char *buf, unsigned long len);
/*
 * "function() (file.c:123)" of @addr, into @buf of @len bytes: of inlined functions
 * the innermost that is not a header's.
 */
const char *image_place(uintptr_t addr, char *buf, unsigned long len);
/* Just the function around @addr, "?" if there is none. */
const char *image_function(uintptr_t addr);
/* A variable of that name and its @size, or NULL. */
void *image_data(const char *name, unsigned long *size);
/* Call @fn for each function of the image. */
void image_functions(void (*fn)(uintptr_t addr, const char *name));
/* image_describe() of @addr in the program itself, if it is there: guests of tests are. */
const char *program_describe(uintptr_t addr, char *buf, unsigned long len);
/*
 * Print @ip and its callers by frame pointers @bp, as far as they stay in the
 * image; @sp is the stack pointer there.
 */
void image_backtrace(uintptr_t ip, uintptr_t bp, uintptr_t sp);
/* The name of the unprovided symbol at @addr. */
const char *image_undefined_name(uintptr_t addr);
/* Start and end of the symbol tables, in the mapped file; called by image_load(). */
int symbols_init(const void *elf, unsigned long size);

#endif
