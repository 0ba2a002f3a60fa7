/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fuzzer's bytes become: a sequence of a guest's exits and of its VMM's answers, played
 * by a guest without instructions (include/script.h) to the kernel under test.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/requirement.h"
#include "script.h"

struct kvm_run;

/* ---- main.c ---- */

/* The next bytes of the sequence; zeroes behind its end. */
uint8_t fuzz_u8(void);
uint64_t fuzz_bytes(unsigned int nr);
bool fuzz_ended(void);
/* One of @nr values, or any; @nr at most 64. */
uint64_t fuzz_pick(const uint64_t *values, unsigned int nr);

/*
 * The kernel under test has broken requirement @req, or, for fuzz_odd(), a rule of the fuzzer's
 * own, which no document has ("FUZZ-..."): the sequence ends, unless the tree is known for it.
 */
#define fuzz_fail(req, ...)	__fuzz_fail(requirement(req), __FILE__, __LINE__, __VA_ARGS__)
#define fuzz_odd(id_, ...)								\
	__fuzz_fail(&(const struct requirement){ .id = id_ }, __FILE__, __LINE__, __VA_ARGS__)
void __fuzz_fail(const struct requirement *r, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Is the tree known for @req?  Then a sequence may avoid what would follow from it. */
bool fuzz_known(enum requirement_nr req);

/* The VMM is to do something else after the next KVM_RUN, if it is one that does. */
void fuzz_disturb(void);

/*
 * Where a sequence is shown, or compared: what follows is C for a case of x86_64/, and what both
 * sides got.
 */
extern bool fuzz_shown;
void fuzz_show(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

extern int fuzz_vcpu_fd, fuzz_vm_fd;
extern uint64_t fuzz_gpa;		/* of memory that the guest shares */

/* ---- vmm.c ---- */

/* Something that a VMM may do between two KVM_RUNs. */
void fuzz_act(struct kvm_run *run, struct kvm_script *script);

/* A vendor's guests. */
struct fuzz_guest {
	void (*create)(void);
	void (*destroy)(void);
	/* Before a sequence: what the one before has left behind is undone. */
	void (*begin)(void);
	/* The guest goes on: it looks at the answer to its last exit, and makes the next one. */
	void (*guest)(struct kvm_script *script);
	/*
	 * KVM_RUN has returned @err: the VMM looks at the exit and answers.  False: it was the
	 * last.
	 */
	bool (*vmm)(struct kvm_run *run, int err);
};

extern struct kvm_run *fuzz_kvm_run;
extern const struct fuzz_guest fuzz_snp, fuzz_tdx;

/* ---- oracle.c: what the reference model has of the same sequence ---- */

/* This is the model's side: it has no control, and rules are not for it. */
extern bool fuzz_second;

/* True if COCO_FUZZ_REF names one. */
bool oracle_wanted(void);
/* When COCO_REF_REVISION is known. */
void oracle_start(void);
/* A sequence begins; a part of it; the rest of it is not compared. */
void oracle_begin(void);
void oracle_note(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
/* So many bytes of the guest's memory. */
void oracle_memory(const void *p, size_t size);
void oracle_stop(void);
/* At its end: fuzz_odd() where the two differ. */
void oracle_compare(const uint8_t *data, size_t size);
/* Plays what the other side sends, to its end; an exit status. */
int oracle_second(bool (*play)(const uint8_t *data, size_t size));

/* ---- psc.c: page state changes as AMD 56421 has them ---- */

struct psc_buffer;

/* The guest asks for this, in a buffer of @bytes bytes. */
void psc_begin(const struct psc_buffer *buffer, unsigned int bytes);
/* The VMM is told of a range, and has answered; what the guest has in the end. */
void psc_exit(uint64_t gpa, uint64_t npages, uint64_t attributes);
void psc_answer(uint64_t ret);
void psc_end(const struct psc_buffer *buffer, uint64_t info_2);

#endif
