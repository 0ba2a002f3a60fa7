/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The border between the process and the kernel image in it.
 *
 * Included by both sides, so neither libc's nor the kernel's types appear here.
 * The image calls the process on the kernel's 8-byte aligned stack: every
 * function in struct image_host realigns it (IMAGE_CALL).  Functions that
 * return int or long give 0 or more, or a negative errno.
 */
#ifndef INPROC_SRC_IMAGE_H
#define INPROC_SRC_IMAGE_H

/* By its place, as the image is compiled without our include/. */
#include "../../../../include/control_enums.h"

/* Counted up on a change that sizes do not show. */
#define IMAGE_ABI	(sizeof(struct image_host) << 16 | sizeof(struct image_ops) << 4 | 1)

/* Kernel objects keep the stack 8-byte aligned only; libc wants 16. */
#define IMAGE_CALL	__attribute__((force_align_arg_pointer))

/* One for each thread in KVM; clients have as many vCPUs as the machine has CPUs, or nearly. */
#define IMAGE_MAX_CPUS	64

/* Where tools/image.mk, which reads it here, binds symbols that nobody provides; how far apart. */
#define IMAGE_UNDEF_BASE	0x70000000
#define IMAGE_UNDEF_STEP	0x10000

/* Pages of a file that lie together. */
#define IMAGE_AREA_SIZE	(1UL << 21)

/* 2^47 bytes of addresses, 4 KiB a page. */
#define IMAGE_VMEMMAP_SIZE	(IMAGE_STRUCT_PAGE << (47 - 12))
/* 16 bytes of RMP for each of these, and 16 KiB before that which are the CPU's. */
#define IMAGE_RMP_SIZE		((16UL << (47 - 12)) + 0x4000)
/* What a struct page may have: mainline's has 64 bytes, others' more. */
#define IMAGE_STRUCT_PAGE	128UL

/* Whose hardware and KVM there is; a process has one of them. */
enum image_vendor {
	IMAGE_AMD,
	IMAGE_INTEL,
};

struct image_cpu {
	enum image_vendor vendor;
	unsigned int view_bit;		/* AMD: the C-bit's position */
	unsigned int tsc_khz;
	unsigned int firmware;		/* bits of enum image_firmware */
	const char *params;		/* "module.name=value,...", as a boot loader gives them */
};

/* What firmware, the TDX module and the BIOS have or lack, other than usual. */
enum image_firmware {
	/* AMD: features as SNP_FEATURE_INFO tells them; hiding is off in the BIOS */
	IMAGE_FW_RAPL_DISABLE = 1 << 0,
	IMAGE_FW_CIPHERTEXT_HIDING = 1 << 1,
	IMAGE_FW_AES_256_XTS = 1 << 2,
	IMAGE_FW_CXL_ALLOW = 1 << 3,
	IMAGE_FW_HIDING_OFF = 1 << 4,
	IMAGE_FW_SNP_INIT_FAILS = 1 << 5,
	IMAGE_FW_SNP_OLD = 1 << 6,	/* API 1.50, before what Linux takes */
	/* Intel */
	IMAGE_FW_NO_TDX_MODULE = 1 << 7,
	IMAGE_FW_NO_KEYIDS = 1 << 8,
	IMAGE_FW_ONE_KEYID = 1 << 9,	/* the module's own, and none for TDs */
};

struct image_vmcs;
/* TSC_AUX behind what VMLOAD loads, where a CPU's registers are kept */
#define IMAGE_SHARED_TSC_AUX	0x280

/* General purpose registers by their numbers in x86 encoding. */
enum image_gpr {
	IMAGE_RAX, IMAGE_RCX, IMAGE_RDX, IMAGE_RBX, IMAGE_RSP, IMAGE_RBP, IMAGE_RSI, IMAGE_RDI,
	IMAGE_R8, IMAGE_R15 = IMAGE_R8 + 7, IMAGE_NR_GPRS,
};

/* The CPU's registers at an instruction that has a model; for RSP it has the flags to leave. */
struct image_gprs {
	unsigned long long gpr[IMAGE_NR_GPRS];
};

/* What the image has to know of how VMRUN ended. */
#define IMAGE_VMRUN_INTERRUPTED	1	/* a signal or another CPU has ended it, not the guest */
#define IMAGE_VMRUN_DEBUG_SWAP	2	/* it has loaded the VMSA's address masks of DR0 to DR3 */

/* Why a TD's vCPU stopped, for the image's TDH.VP.ENTER. */
enum image_exit {
	IMAGE_EXIT_TDCALL,	/* the registers are in td_run.gpr */
	IMAGE_EXIT_INTR,	/* the VMM's thread has a signal pending, or another CPU interrupts */
	IMAGE_EXIT_SHUTDOWN,	/* the guest died of a triple fault */
	IMAGE_EXIT_NPF,		/* a GPA that nothing backs in that view; gpa, ... */
	IMAGE_EXIT_FAIL,	/* the engine failed and has said why */
};

struct image_td_run {
	int load;			/* in: the guest goes on with gpr */
	unsigned long long gpr[IMAGE_NR_GPRS];	/* out, TDCALL: the guest's */
	unsigned long long gpa;		/* out, NPF: without the shared bit */
	int private, write, fetch;	/* out, NPF */
	/*
	 * in: a vector for the guest to take when it has interrupts enabled, or -1; out: -1 if
	 * the guest's CPU has it now, which keeps one at a time.
	 */
	int vector;
	int nmi;			/* in: it gets an NMI; out: 0, it has got it */
	int pending;			/* out: that CPU has one that it has not taken */
};

/* As struct control_td_exit */
struct image_td_exit {
	unsigned long long status, rcx, rdx, r8, r9, qualification;
	unsigned int window;
};

/* A walk of page tables in EPT format. */
enum image_ept {
	IMAGE_EPT_MAPPED,
	IMAGE_EPT_VIOLATION,		/* not present at all */
	IMAGE_EPT_MISCONFIG,
};

struct image_ept_entry {
	unsigned long long pa;		/* the 4 KiB page's */
	int read, write, exec;		/* of all levels together */
	int suppress_ve;		/* of the entry that ended the walk */
};

/* SNP_GUEST_REQUEST as firmware gets it; the pages are the image's own. */
struct image_guest_request {
	unsigned long long gctx_paddr, req_paddr, res_paddr;
	const void *request;
	void *response;
	unsigned int fw_err;	/* out */
};

/* A command of an SNP guest's launch that firmware has looked at; what is not of it is 0. */
enum image_launch_op {
	IMAGE_LAUNCH_START, IMAGE_LAUNCH_UPDATE, IMAGE_LAUNCH_FINISH,
	IMAGE_LAUNCH_ES_VMSA,			/* of a guest of SEV-ES: @page alone */
};

struct image_launch {
	enum image_launch_op op;
	unsigned long long gctx;		/* which guest */
	/* START */
	unsigned long long policy;
	unsigned int tsc_khz;
	const void *gosvw;			/* 16 bytes */
	/* UPDATE: @perms of VMPL 1, 2 and 3 */
	unsigned int type;
	const unsigned char *perms;
	unsigned long long gpa;
	void *page;
	/* FINISH: NULL without an ID block */
	const void *id_block, *id_auth;
	const void *host_data;			/* 32 bytes */
	int auth_key, vcek_disabled;
};

/* What the TDX module does of a TD's measurement; what is not of it is 0. */
enum image_td_measure_op {
	/* TDH.MNG.INIT: @data is TD_PARAMS, which end in @status; with @tsc_offset */
	IMAGE_TD_INIT,
	IMAGE_TD_ADD,			/* TDH.MEM.PAGE.ADD at @gpa */
	IMAGE_TD_EXTEND,		/* TDH.MR.EXTEND: @data is the chunk at @gpa */
	IMAGE_TD_FINALIZE,
	IMAGE_TD_VCPU,			/* TDH.VP.INIT with x2APIC ID @nr */
	IMAGE_TD_RTMR,			/* register @nr is extended with @data */
	IMAGE_TD_REPORT,		/* @report gets TDREPORT_STRUCT, for REPORTDATA at @data */
	IMAGE_TD_VERIFY,		/* REPORTMACSTRUCT at @data; enum image_td_verified */
};

enum image_td_verified { IMAGE_TD_GOOD, IMAGE_TD_BAD_CPUSVN, IMAGE_TD_BAD_MAC };

struct image_td_measure {
	enum image_td_measure_op op;
	const void *td;
	unsigned long long gpa, status, tsc_offset;
	unsigned int nr;
	const void *data;
	void *report;
};

/* Whom a command is for, and with it what its operands are. */
enum image_commanded {
	IMAGE_PSP,		/* those of its buffer, in the order in which it has them */
	IMAGE_SEAM,		/* RCX, RDX, R8 and R9 */
	IMAGE_RMP,		/* the page, and its state in the RMP: GPA, flags and ASID */
};

/*
 * How memory is allocated, and given back.  What kvmalloc() gives is freed by
 * kvfree() alone, which takes what kmalloc() and vmalloc() give, too.
 */
enum image_alloc {
	IMAGE_KMALLOC,
	IMAGE_VMALLOC,
	IMAGE_KVMALLOC,
	IMAGE_CACHE,		/* kmem_cache_alloc(); kfree() takes it, too */
	IMAGE_PAGES,
	IMAGE_FOLIO,		/* page cache and what else guests or the VMM can map: shared memory */
	IMAGE_GLUE,		/* the glue's own */
	IMAGE_NOTE,		/* the same, with nothing around: no kernel code ever has its address */
};

/* Mappings of guest memory. */
enum image_map {
	IMAGE_MAP_VCPU,		/* kvm_vcpu_map(): until kvm_vcpu_unmap() or the VM's end */
	IMAGE_MAP_KMAP,		/* kmap_local_page() and its kin: until the return to the VMM */
	IMAGE_MAP_PIN,		/* pin_user_pages(): no mapping, but the VMM's page is held */
	IMAGE_MAP_PIN_LONG,	/* the same with FOLL_LONGTERM; both end by IMAGE_MAP_PIN */
	IMAGE_MAP_GET,		/* get_user_pages(): @at is its reference count, which tells the end */
	IMAGE_MAP_FILE,		/* fdget(): a reference to a file, until the return to the VMM */
};

/* A mapping of the VMM's; protection as in mmap(). */
struct image_vma {
	unsigned long start, end;
	int prot, shared;
};

/* What fstat() says of a file. */
struct image_stat {
	long long size;
	unsigned long long ino;
	unsigned int block;		/* bytes */
};

/* What the process does for the image. */
struct image_host {
	unsigned int abi;

	/*
	 * A sparse, zeroed reservation for the struct page of every user address
	 * (IMAGE_VMEMMAP_SIZE bytes).
	 */
	void *page_structs;
	/* AMD: the same for the reverse map table (IMAGE_RMP_SIZE bytes). */
	void *rmp;

	/*
	 * @bytes of memory aligned to @align (a power of two), zeroed or not, or NULL.
	 * @caller: a return address in the kernel code that asks.
	 */
	void *(*alloc)(enum image_alloc how, unsigned long bytes, unsigned long align, int zero,
		       const void *caller);
	/* @how: the family of the function that the kernel called. */
	void (*free)(enum image_alloc how, const void *p, const void *caller);
	/* Is the kernel's memory at @p in a page that others may have parts of, too? */
	int (*in_shared_page)(const void *p);
	/* Each page of what was allocated at @p is given back for itself from now on. */
	void (*split)(void *p);
	/*
	 * Addresses for IMAGE_AREA_SIZE bytes of a file's pages, aligned to that, which are out
	 * of reach, or NULL; and all of it back, with no page in use.
	 */
	void *(*area_get)(void);
	void (*area_put)(void *area);
	/*
	 * The page at @page of such an area is in use, zeroed or not, until it is freed as
	 * IMAGE_FOLIO; 1, or 0: no memory.
	 */
	int (*area_alloc)(void *page, int zero, const void *caller);
	/*
	 * An address for the page at @page (VMM's memory or guest_memfd, page aligned),
	 * good until unmap() of that address; @gfn is for messages.
	 */
	void *(*map)(enum image_map how, void *page, unsigned long long gfn, const void *caller);
	void (*unmap)(enum image_map how, const void *page, const void *caller);
	/* The page that is mapped at @at, or @at. */
	void *(*mapped)(void *at);
	/* The image found one itself: @text goes on after the place of @caller. */
	void (*mem_bug)(enum control_mem_bug what, const char *text, const void *caller);
	/* These pages are no guest's from now on: no CPU may enter one that still reaches them. */
	void (*given_back)(unsigned long start, unsigned long end, const void *caller);
	/* Stands for the VM that this thread works for, NULL if none. */
	void *(*mem_owner)(void);
	/* Shall this one fail? */
	int (*step_fails)(enum control_step step);
	/* NULL, or to be told of commands that firmware and hardware got, and how they ended. */
	void (*command)(enum image_commanded who, const char *name,
			const unsigned long long *operands, unsigned int nr,
			unsigned long long status);
	/* This SEAMCALL is under way: 0, or with what status it fails. */
	unsigned long long (*seamcall_fails)(unsigned int leaf);
	/* What becomes of this TDH.VP.ENTER */
	enum control_td_exit_kind (*td_exit)(struct image_td_exit *exit);

	void (*log)(int level, const char *text);
	/* A WARN (@bug 0) or BUG (1); returns after a WARN only. */
	void (*splat)(int bug, const char *text);
	/* The image cannot go on. */
	void (*die)(const char *text) __attribute__((noreturn));

	/* The case ends: the suite lacks what @text names. */
	void (*not_driven)(const char *text) __attribute__((noreturn));

	/* ---- tasks and time: host.c ---- */
	void (*futex_wait)(int *word, int value);
	void (*futex_wake)(int *word, int nr);
	void (*yield)(void);
	/* NULL, or to be called at points where another thread may come in between. */
	void (*point)(enum control_point_kind kind, const void *obj, const char *name, int write,
		      unsigned long ip);
	/*
	 * NULL, or to be told of accesses to memory (enum control_access) where the tree is built
	 * to tell; @ip is a return address.
	 */
	void (*access)(const void *p, unsigned long bytes, int kind, unsigned long ip);
	void (*order)(enum control_order what, const void *obj);
	unsigned long long (*time_ns)(void);

	/* Since 1970. */
	unsigned long long (*real_time_ns)(void);

	/* ---- threads, signals, sleep: ktask.c; a set of signals has signal N in bit N - 1 ---- */
	/* GS base of this thread: it is another CPU from now on, for the image alone. */
	void (*set_gs)(unsigned long base);
	/* The kernel's numbers of this thread and of its process. */
	int (*thread_id)(void);
	int (*process_id)(void);
	/* A thread of the process's own that enters a CPU and calls @run; 0 or -errno. */
	int (*thread_start)(void (*run)(void *arg), void *arg);
	/* What the VMM's thread has blocked, which KVM_RUN changes for as long as it lasts. */
	unsigned long long (*signals_blocked)(void);
	void (*signals_block)(unsigned long long blocked);
	/* Is a signal pending for this thread that is not among @blocked? */
	int (*signal_pending)(unsigned long long blocked);
	/* Something to wait for, -errno if there can be no more of it. */
	int (*event_new)(void);
	void (*event_free)(int event);
	void (*event_signal)(int event);
	/*
	 * Wait until it was signalled, a signal outside @blocked is pending (returns 1), or it
	 * is @deadline by time_ns() (returns 2).
	 */
	int (*event_wait)(int event, unsigned long long blocked, unsigned long long deadline);
	/* Every other thread has passed a memory barrier (membarrier(2)). */
	void (*memory_barrier)(void);
	/* "function() (file.c:123)" of the kernel code at @addr. */
	void (*place)(const void *addr, char *buf, unsigned long len);

	/* ---- the VMM's eventfds: kevent.c ---- */
	/*
	 * A descriptor of one's own for @fd, and which eventfd it is: other descriptors of it
	 * give the same.  -EBADF: @fd is not open; -EINVAL: it is something else.
	 */
	int (*eventfd_open)(int fd, unsigned int *id);
	void (*eventfd_close)(int fd);
	int (*eventfd_readable)(int fd);
	/* What a read() gives, 0 where it would wait. */
	unsigned long long (*eventfd_read)(int fd);
	void (*eventfd_signal)(int fd);
	/* Have eventfd_next() return @id when it is signalled. */
	int (*eventfd_watch)(int fd, unsigned int id);
	unsigned int (*eventfd_next)(void);

	/* ---- files: kfile.c ---- */
	/* A free descriptor of the process's, taken, with O_CLOEXEC of @flags; or -errno. */
	int (*fd_take)(unsigned int flags);
	/* It stands for the image's @file from now on, which the process owns a reference of. */
	void (*fd_install)(int fd, void *file);
	/* It is given back, nothing was installed. */
	void (*fd_give_back)(int fd);
	/* The image's file behind @fd, or NULL: none, or not the image's. */
	void *(*file_of_fd)(int fd);
	/*
	 * The page of the image's at @page (IMAGE_FOLIO) is the VMM's at @addr, too; both page
	 * aligned.  0 or -errno.
	 */
	int (*map_to_user)(unsigned long addr, void *page, int prot);
	/* It is no more; the next access to @addr is a fault(). */
	void (*unmap_from_user)(unsigned long addr);

	/* ---- the VMM's address space: mm.c ---- */
	/* The mapping around @addr or the first one behind it: 1 and *@vma, or 0. */
	int (*find_vma)(unsigned long addr, struct image_vma *vma);
	/* mmap() without a file: an address or -errno; munmap(). */
	long (*mm_map)(unsigned long addr, unsigned long len, int prot, int flags);
	int (*mm_unmap)(unsigned long addr, unsigned long len);
	/* One more (@more 1) or one less (-1) wants mm_invalidate(). */
	void (*mm_watch)(int more);

	/* ---- hardware ---- */
	/*
	 * VMRUN on this thread's CPU: RAX is the VMCB's address, the rest are the guest's; but for
	 * those of VMLOAD, which are in the state save area @loaded.  IMAGE_VMRUN_*.
	 */
	int (*vmrun)(struct image_gprs *gprs, void *loaded);
	/*
	 * The VM entry of VMLAUNCH or VMRESUME, which is to succeed, and what comes until the VM
	 * exit, which @vmcs tells of.  @shared has MSRs that a guest has from its host, at the
	 * offsets of VMLOAD's state, and TSC_AUX.  Returns as vmrun() does.
	 */
	int (*vmenter)(struct image_vmcs *vmcs, struct image_gprs *gprs, unsigned long long *cr2,
		       void *shared);
	/* INVEPT of @eptp, or of all with 0. */
	void (*invept)(unsigned long long eptp);
	/*
	 * The guest of this thread's KVM_RUN has its x87 and SSE registers from @area, as XSAVE
	 * leaves them there, from now on; and no longer, with @area as they are.
	 */
	void (*fpu_load)(const void *area, unsigned int size);
	void (*fpu_save)(void *area, unsigned int size);
	/* CPUID as the CPU under test has it: RAX and RCX in, RAX to RDX out. */
	void (*cpuid)(struct image_gprs *gprs);
	/* The same of an MSR; 0: there is none. */
	int (*rdmsr)(unsigned int index, unsigned long long *value);
	int (*wrmsr)(unsigned int index, unsigned long long value);
	/* AMD: is the page the VMSA that a CPU runs a guest with just now? */
	int (*vmsa_in_use)(unsigned long long pfn);
	/* Interrupt CPU @cpu: if it is in a guest, it leaves. */
	void (*ipi)(unsigned int cpu);

	/*
	 * Kernel code has the guest page at @hva (the VMM's address) mapped at @kaddr,
	 * or gives it back.
	 */
	void (*guest_mapped)(void *hva, void *kaddr);
	void (*guest_unmapped)(void *kaddr);
	/* Around a copy of @len bytes from or to the memory of guest or VMM; by @caller. */
	void (*copy_begin)(void *hva, unsigned long len, unsigned long caller);
	void (*copy_end)(void);

	/*
	 * Firmware has taken the page at @page (page aligned) into the guest's initial memory,
	 * at @gpa: instructions that an ordinary VM does not intercept are replaced in it.
	 */
	void (*guest_page_launched)(void *page, unsigned long long gpa);

	/*
	 * TDs.  @td and @vp stand for a TD and its vCPU (the addresses of their TDR and TDVPR):
	 * the process learns which VM's and vCPU's they are from the ioctl that its thread is in
	 * when td_init() and td_vcpu_init() come.
	 */
	/* The TD has its configuration: GPA bit @shared_bit (a position) picks the shared view. */
	int (*td_init)(const void *td, unsigned int shared_bit);
	/* The vCPU starts as a TD's does, with these registers; RIP and the rest are fixed. */
	int (*td_vcpu_init)(const void *td, const void *vp, const unsigned long long *gpr);
	/*
	 * The TD has the private page at @gpa, which is @page, or has it no more (NULL).  May
	 * come from any thread, and more than once.
	 */
	void (*td_page)(const void *td, unsigned long long gpa, void *page);
	/* The same of the shared view, until td_flush_shared(); @gpa is without the shared bit. */
	void (*td_map_shared)(const void *td, unsigned long long gpa, void *page, int writable);
	void (*td_flush_shared)(const void *td);
	/* No vCPU of the TD's will run any more, nor has it a page. */
	void (*td_gone)(const void *td);
	enum image_exit (*td_enter)(const void *vp, struct image_td_run *run);

	/*
	 * The page at @page (page aligned) is a guest's by the RMP from now on, and not to be
	 * written to by the kernel, or no longer.  Page cache is not looked at.
	 */
	void (*page_owned)(void *page, int owned);
	/* 0, or -1: nobody wants this TD measured */
	int (*td_measure)(const struct image_td_measure *m);
	/* 0, or firmware's status: what it measures is not what the guest's owner wants. */
	int (*launch)(const struct image_launch *launch);
	void (*guest_request)(struct image_guest_request *req);
	/* 0, or a negative errno: a guest request cannot be issued. */
	int (*guest_request_fails)(void);
};

/* A fault or trap at @rip inside the image. */
struct image_regs {
	unsigned long ax, bx, cx, dx, si, di, bp, sp;
	unsigned long r8, r9, r10, r11, r12, r13, r14, r15;
	unsigned long ip, flags;
	unsigned long fault_address;
	unsigned long error_code;	/* of a page fault */
	int trapno;			/* the CPU's exception vector */
};

/* A number of the tree's uAPI headers; a list is ended by name NULL. */
struct image_number {
	const char *name;
	unsigned long long value;
};

/* What a file of the image's is to the process: it knows the uAPI, not the kernel. */
enum image_file_kind {
	IMAGE_FILE_OTHER,
	IMAGE_FILE_KVM,			/* /dev/kvm */
	IMAGE_FILE_SEV,			/* /dev/sev */
};

/* What the image does for the process.  Calls come on a thread that entered a CPU. */
struct image_ops {
	unsigned int abi;
	const char *release;		/* UTS release of the tree */
	unsigned int kvm_run_size;
	const struct image_number *numbers;

	/* The template of the per-CPU area. */
	void *percpu_start, *percpu_end;
	/* CPU @cpu's copy is at percpu_start + @offset; for each that there can be, before all. */
	void (*cpu_area)(unsigned int cpu, unsigned long offset);
	/* A thread begins to be CPU @cpu, whose offset GS base is; and ceases to be it. */
	void (*cpu_init)(unsigned int cpu);
	void (*cpu_exit)(unsigned int cpu);
	/* An interrupt waits for this thread's CPU: it must not enter a guest. */
	int (*irq_pending)(void);
	/* It was interrupted for posted interrupts alone; forgets that it was. */
	int (*notification_only)(void);

	int (*init)(const struct image_cpu *cpu);
	/* Parameter @name of @module as /sys shows it, in a page at @value; 0 or -errno. */
	int (*param)(const char *module, const char *name, char *value);
	/* How long this thread has waited for a CPU, since it began, in ns. */
	void (*set_run_delay)(unsigned long long ns);
	/* The process is a child of fork(): it has another address space. */
	void (*forked)(void);
	/* 1 if the trap was the image's own business and @regs say where to go on. */
	int (*trap)(struct image_regs *regs);

	/* ---- file operations; @file as fd_install() or open() gave it ---- */

	/* The misc device @name ("kvm"): 0 and *@file, or -errno. */
	long (*open)(const char *name, unsigned int flags, void **file);
	void (*release_file)(void *file);
	/* "kvm-vm", "kvm-vcpu:0", "[kvm-gmem]", ...: as in /proc/PID/fd */
	const char *(*file_name)(void *file);
	long (*ioctl)(void *file, unsigned int cmd, unsigned long arg);
	/* -ENOENT: its inode is nothing special. */
	long (*stat)(void *file, struct image_stat *stat);
	/*
	 * @addr is there, @len bytes out of reach, for the file's pages to be put in by
	 * map_to_user(): now, or by fault().  0 and *@mapping, for the two below; or -errno.
	 */
	long (*mmap)(void *file, unsigned long addr, unsigned long len, int prot, int flags,
		     long long offset, void **mapping);
	/* All of it is unmapped. */
	void (*munmap)(void *mapping);
	/* An access to @addr of it: 0, again; 1, a SIGBUS; or -errno. */
	int (*fault)(void *mapping, unsigned long addr, int write);
	long (*fallocate)(void *file, int mode, long long offset, long long len);
	long (*read)(void *file, void *to, unsigned long len, long long *pos);

	/* Counts of enum control_host_event */
	const unsigned int *host_events;

	/* What was put off (RCU, work) is done: a VM's last file has gone. */
	void (*settle)(void);

	/* The VM whose mem_owner() is @owner has gone: what it has not given back, but for memory. */
	void (*ids_left)(void *owner);

	/* Files whose last reference goes end later: when this is called with 0. */
	void (*hold_ends)(int hold);

	/* No VM is left: what firmware still has of SEV guests, and who is charged for them. */
	void (*sev_left)(void);
	/* As in struct control_ops; commands since the process began. */
	unsigned int (*fw_commands)(unsigned int id);
	void (*cgroup)(unsigned int nr);
	unsigned long (*charged)(unsigned int nr, enum control_charge what);
	void (*memlock)(unsigned long bytes);
	/* Page @index of a guest_memfd: 0 or -errno. */
	int (*memory_failure)(void *file, unsigned long index);
	/* As in struct control_ops */
	int (*cpu_down)(unsigned int cpu);

	/* AMD: CPUs (as bits) that ran an encrypted guest and have not written back caches since. */
	unsigned long long (*caches_dirty)(void);

	/* Has kernel code marked the VMM's page at @page dirty since this was asked last? */
	int (*page_dirty)(const void *page);

	/* @eptp as the VMCS field has it. */
	enum image_ept (*ept_walk)(unsigned long long eptp, unsigned long long gpa,
				   struct image_ept_entry *out);

	/* AMD: is the page a guest's by the RMP, and at which GPA? */
	int (*rmp_guest_page)(unsigned long long pfn, unsigned long long *gpa);
	/* RMPADJUST: the page becomes a VMSA, or is none any more. */
	void (*rmp_set_vmsa)(unsigned long long pfn, int vmsa);
	/* 0: the page is no VMSA of the guest with @asid; else another number for each made. */
	unsigned int (*rmp_vmsa)(unsigned long long pfn, unsigned int asid);
	/* Not of SNP: has firmware encrypted the page as a VMSA of the guest with @asid? */
	int (*sev_vmsa)(unsigned long long pfn, unsigned int asid);

	/* The VMM's memory in [@start, @end) is about to change or go, or has done so. */
	void (*mm_invalidate)(unsigned long start, unsigned long end, int done);
	/* The VMM wants pages of 2 MiB there. */
	void (*mm_huge)(unsigned long start, unsigned long end, int huge);

	/* For benchmarks: handle @nr VMGEXITs with @ghcb_msr, @prepare before each, without a guest. */
	long (*bench_vmgexits)(void *file, unsigned long long ghcb_msr,
			       void (*prepare)(void *data), void *data, unsigned long nr);
};

/* The image's ELF entry point. */
typedef const struct image_ops *(*image_entry_t)(const struct image_host *host);

#endif
