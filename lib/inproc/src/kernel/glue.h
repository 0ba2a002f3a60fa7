/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel-side glue: what KVM gets from a kernel and from hardware, compiled with the flags
 * and headers of the tree under test and linked with its objects.  What is fake here says
 * so; nothing here is a copy of the code under test.
 */
#ifndef INPROC_GLUE_H
#define INPROC_GLUE_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "glue_probe.h"
#include "../image/image.h"

extern const struct image_host *glue_host;
extern const struct image_number glue_numbers[];

/* A return address in the code that called the function that says this. */
#define GLUE_CALLER	__builtin_return_address(0)

/* Stops the process; printf formats as the kernel's. */
void glue_die(const char *fmt, ...) __printf(1, 2) __noreturn;
/* The case cannot go on, for want of something of the suite's: what, in printf's formats. */
void glue_not_driven(const char *fmt, ...) __printf(1, 2) __noreturn;

/* The glue's own memory: zeroed, of no VM, but bounded as the kernel's is. */
static inline void *glue_alloc(unsigned long bytes, unsigned long align)
{
	return glue_host->alloc(IMAGE_GLUE, bytes, align, true, GLUE_CALLER);
}

static inline void glue_free(const void *p)
{
	glue_host->free(IMAGE_GLUE, p, GLUE_CALLER);
}

/* The same of what only the glue has the address of: nothing watches it, so it costs little. */
static inline void *glue_note_alloc(unsigned long bytes)
{
	return glue_host->alloc(IMAGE_NOTE, bytes, 8, true, GLUE_CALLER);
}

static inline void glue_note_free(const void *p)
{
	glue_host->free(IMAGE_NOTE, p, GLUE_CALLER);
}

/* Set @var if this tree has it. */
#define glue_set(var, value)			\
	do {					\
		if (&(var))			\
			(var) = (value);	\
	} while (0)

/* linux/boot.c: the machine and its CPUs as the kernel has found them */
int glue_boot(const struct image_cpu *cpu);
/* Bits of enum image_firmware */
extern unsigned int glue_firmware;
/* linux/alternative.c: code as a kernel has it after boot */
void glue_alternatives_apply(void);
/* linux/memmap.c: where memory is; boot_cpu_data is filled in by then */
void glue_memmap_init(void);
/* linux/module.c: run the init function of each module, 0 or -errno */
int glue_modules_init(const struct image_cpu *cpu);

/* linux/cpu.c: the CPUs' areas are there; a thread begins to be CPU @cpu, and ceases to. */
void glue_cpu_area(unsigned int cpu, unsigned long offset);
void glue_cpu_init(unsigned int cpu);
void glue_cpu_exit(unsigned int cpu);
/* Be CPU @cpu with all that is its own, for this thread; returns the old number. */
int glue_set_cpu(int cpu);
/* linux/task.c: the process has forked; around what the process calls in the image */
void glue_forked(void);
void glue_enter(void);
void glue_leave(void);
/*
 * linux/irq.c: words that are locks of the glue's own, for what kernel and hardware do behind
 * KVM's back: in every context, and no reason to sleep.  No waiting for anything else, and
 * no call of KVM's, with one held.
 */
void glue_word_lock(int *word);
bool glue_word_trylock(int *word);
void glue_word_unlock(int *word);
/* Does an interrupt wait for this CPU to leave the guest, or to enable them? */
int glue_irq_is_pending(void);
/* linux/lockdep.c: a WARN of the glue's on behalf of the kernel's debugging code */
void glue_splat(const char *fmt, ...) __printf(1, 2);
/* linux/rcu.c: callbacks and works that were put off have run, as far as no reader is left */
void glue_settle(void);
/* linux/trap.c */
int glue_trap(struct image_regs *regs);
/* The same, of an instruction that the tree's exception table may have. */
int glue_trap_extable(struct image_regs *regs);
/* linux/apic.c: was this CPU interrupted for posted interrupts alone?  Forgets that it was. */
int glue_notification_only(void);
/* Has this CPU got one that it has not taken yet, since it had its interrupts off? */
bool glue_notification_waits(void);
/* linux/initcall.c: of what is built in; before those of modules.  0 or -errno */
int glue_initcalls(void);
/* linux/params.c: parameter @name of @mod; 0 or -errno, -ENOENT if there is none */
struct module;
int glue_set_param(const struct module *mod, const char *name, const char *value);
/* As in struct image_ops. */
int glue_param(const char *module, const char *name, char *value);
/* linux/x86.c */
void glue_idt_init(void);
extern unsigned int glue_host_events[CONTROL_NR_HOST_EVENTS];
/* linux/misc_cg.c */
struct task_struct;
void glue_cgroup_init(struct task_struct *task);
bool glue_keyids_overcharged(unsigned int ids);
void glue_cgroup(unsigned int nr);
/* As control.h has them */
void glue_memlock(unsigned long bytes);
int glue_memory_failure(void *file, unsigned long index);
int glue_cpu_down(unsigned int cpu);
/* No VM is left: has any kept a reference of group @nr? */
bool glue_cgroup_left(unsigned int nr);
unsigned long glue_charged(unsigned int nr, enum control_charge what);
/* amd/psp.c, amd/psp_sev.c: as in struct image_ops */
unsigned int glue_psp_commands(unsigned int id);
void glue_sev_left(void);
/* linux/ida.c: what @owner has not given back; is the KeyID known to hardware? */
void glue_ids_left(void *owner);
bool glue_id_in_use(unsigned int id) __weak;

/* linux/file.c */
void glue_hold_ends(int hold);
/* linux/eventfd.c: the file behind a descriptor that is none of the image's, or NULL */
struct file *glue_eventfd_file(int fd);
long glue_open(const char *name, unsigned int flags, void **file);
void glue_release(void *file);
const char *glue_file_name(void *file);
long glue_ioctl(void *file, unsigned int cmd, unsigned long arg);
long glue_stat(void *file, struct image_stat *stat);
long glue_fallocate(void *file, int mode, long long offset, long long len);
long glue_read(void *file, void *to, unsigned long len, long long *pos);
/* mmap()'s arguments, which are the same everywhere (uapi/asm-generic/mman-common.h) */
#define GLUE_PROT_READ	1
#define GLUE_PROT_WRITE	2
#define GLUE_PROT_EXEC	4
#define GLUE_MAP_SHARED	1
/* linux/mapping.c */
long glue_mmap(void *file, unsigned long addr, unsigned long len, int prot, int flags,
	       long long offset, void **mapping);
void glue_munmap(void *mapping);
int glue_fault(void *mapping, unsigned long addr, int write);
/* linux/mm.c: an address space that is zeroed; it has the first references */
struct mm_struct;
void glue_mm_init(struct mm_struct *mm);
/* linux/page.c: was the VMM's page marked dirty since this was asked last? */
int glue_page_dirty(const void *page);
/* linux/gup.c: may the VMM read (or @write) the page around @addr? */
bool glue_user_page_ok(unsigned long addr, bool write);
/* linux/mmu_notifier.c */
void glue_mm_invalidate(unsigned long start, unsigned long end, int done);
/* linux/mm.c: pages of 2 MiB, or no more. */
void glue_mm_huge(unsigned long start, unsigned long end, int huge);

/* Does the page belong to a guest or to firmware?  One of them is there, or both. */
bool glue_rmp_assigned(u64 pfn);		/* amd/rmp.c */
bool glue_pamt_owned(u64 pfn) __weak;		/* tdx/pamt.c, where the tree has a tdx.c */

/*
 * intel/: the Intel CPU at boot, when boot_cpu_data and each CPU's copy are filled in; its MSRs
 * (false: there is none); the instruction that trapped at @regs->ip (false: not one of Intel's,
 * or it faults indeed).
 */
void glue_intel_boot(void);
bool glue_intel_msr(u32 index, u64 *value);
bool glue_intel_insn(struct image_regs *regs);
/* As in struct image_ops. */
enum image_ept glue_ept_walk(unsigned long long eptp, unsigned long long gpa,
			     struct image_ept_entry *out);

/* linux/cache.c: this CPU runs an encrypted guest; which have, with caches not written back */
void glue_cache_dirtied(void);
void glue_cache_unpinned(void);
unsigned long long glue_caches_dirty(void);
/* How often all CPUs have written back their caches. */
unsigned int glue_caches_written_back(void);

/* amd/: the machine at boot; its MSRs, as Intel's; bench.c */
void glue_amd_boot(void);
bool glue_amd_msr(u32 index, u64 *value);
long glue_bench_vmgexits(void *file, unsigned long long ghcb_msr, void (*prepare)(void *data),
			 void *data, unsigned long nr);

/* Is it a guest's, and at which GPA?  Firmware lets the hypervisor have it again. */
int glue_rmp_guest_page(unsigned long long pfn, unsigned long long *gpa);
void glue_rmp_set_mutable(u64 pfn);
/*
 * The CPU writes to the page with another key than the kernel's, as to an SEV-ES guest's VMSA.
 */
void glue_rmp_encrypted(u64 pfn);
/*
 * What caches have of the page is written back; of one that was a guest's it is not yet; it was,
 * since this was asked the last time.
 */
void glue_rmp_written_back(u64 pfn);
bool glue_rmp_cached(u64 pfn);
bool glue_rmp_was_written_back(u64 pfn);
/* It becomes a VMSA or ceases to be one; which one of the guest with @asid it is, 0: none. */
void glue_rmp_set_vmsa(unsigned long long pfn, int vmsa);
unsigned int glue_rmp_vmsa(unsigned long long pfn, unsigned int asid);
int glue_sev_vmsa(unsigned long long pfn, unsigned int asid);

static inline bool glue_page_owned(u64 pfn)
{
	return glue_rmp_assigned(pfn) || (&glue_pamt_owned && glue_pamt_owned(pfn));
}

#endif
