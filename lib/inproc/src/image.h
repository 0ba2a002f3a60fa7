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

/* Counted up on a change that sizes do not show. */
#define IMAGE_ABI	(sizeof(struct image_host) << 16 | sizeof(struct image_ops) << 4 | 1)

/* Kernel objects keep the stack 8-byte aligned only; libc wants 16. */
#define IMAGE_CALL	__attribute__((force_align_arg_pointer))

#define IMAGE_MAX_CPUS	64

/* 2^47 bytes of addresses, 4 KiB a page, 64 bytes a struct page. */
#define IMAGE_VMEMMAP_SIZE	(1UL << (47 - 12 + 6))

/* Whose hardware and KVM there is; a process has one of them. */
enum image_vendor {
	IMAGE_AMD,
	IMAGE_INTEL,
};

struct image_cpu {
	enum image_vendor vendor;
	unsigned int view_bit;		/* AMD: the C-bit's position */
	unsigned int phys_bits;
	unsigned int tsc_khz;
};

/* Why the guest stopped, for the image's VMRUN and TDH.VP.ENTER. */
enum image_exit {
	IMAGE_EXIT_VMGEXIT,	/* the GHCB MSR's value is in vmrun.ghcb_msr */
	IMAGE_EXIT_TDCALL,	/* the registers are in td_run.gpr */
	IMAGE_EXIT_INTR,	/* the VMM's thread has a signal pending */
	IMAGE_EXIT_KICK,	/* td_kick() */
	IMAGE_EXIT_SHUTDOWN,	/* the guest died of a triple fault */
	IMAGE_EXIT_NPF,		/* a GPA that nothing backs in that view; gpa, ... */
	IMAGE_EXIT_FAIL,	/* the engine failed and has said why */
};

struct image_vmrun {
	unsigned long long ghcb_msr;	/* in: what the guest reads; out: what it wrote */
	unsigned long long gpa;		/* out, NPF: without the C-bit */
	int private;			/* out, NPF: accessed through the C-bit */
	int write;			/* out, NPF */
};

/* General purpose registers of a TD's vCPU, by their numbers in x86 encoding. */
enum image_gpr {
	IMAGE_RAX, IMAGE_RCX, IMAGE_RDX, IMAGE_RBX, IMAGE_RSP, IMAGE_RBP, IMAGE_RSI, IMAGE_RDI,
	IMAGE_R8, IMAGE_R15 = IMAGE_R8 + 7, IMAGE_NR_GPRS,
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
	int pending;			/* out: that CPU has one that it has not taken */
};

/* A memory slot; GPA and sizes in bytes. */
struct image_slot {
	unsigned long long gpa, size;
	void *hva;		/* shared view */
	void *gmem;		/* private view, NULL without guest_memfd */
	unsigned int flags;
};

/* SNP_GUEST_REQUEST as firmware gets it; the pages are the image's own. */
struct image_guest_request {
	unsigned long long gctx_paddr, req_paddr, res_paddr;
	const void *request;
	void *response;
	unsigned int fw_err;	/* out */
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
	IMAGE_GLUE,		/* the glue's own */
};

/* Mappings of guest memory. */
enum image_map {
	IMAGE_MAP_VCPU,		/* kvm_vcpu_map(): until kvm_vcpu_unmap() or the VM's end */
	IMAGE_MAP_KMAP,		/* kmap_local_page() and its kin: until the return to the VMM */
	IMAGE_MAP_PIN,		/* pin_user_pages(): no mapping, but the VMM's page is held */
	IMAGE_MAP_FILE,		/* fdget(): a reference to a file, until the return to the VMM */
};

/* What the kernel must not do with memory; the observer's, in the same order. */
enum image_mem_bug {
	IMAGE_MEM_BOUNDS,	/* accessed past its end or before its start */
	IMAGE_MEM_FREED,	/* accessed after it was freed, freed twice or by the wrong function */
	IMAGE_MEM_LEAK,		/* not freed when its VM was destroyed */
	IMAGE_MEM_MAP_GONE,	/* guest memory accessed through a mapping that is gone */
	IMAGE_MEM_MAP_LEFT,	/* guest memory mapped or pinned when its VM was destroyed */
	IMAGE_MEM_KMAP_LEFT,	/* kmap_local_page() or fdget() not undone on return */
	IMAGE_MEM_FIRMWARE,	/* a page given back while firmware or a guest owns it */
	IMAGE_MEM_KEYID,	/* a TD's KeyID not given back with its VM, or too early */
	IMAGE_UNDEFINED,	/* a sanitizer found undefined behaviour */
};

/* Steps that a test can make fail; the observer's, in the same order. */
enum image_step {
	IMAGE_STEP_ALLOC,	/* an allocation for a VM */
	IMAGE_STEP_PSP,		/* a command of the PSP's */
	IMAGE_STEP_RMP,		/* a page assigned in the RMP */
	IMAGE_STEP_VCPU,	/* a vCPU that is created gets its place in KVM's array */
	IMAGE_STEP_CHARGE,	/* a cgroup's limit holds for a VM's KeyID or ASID */
	IMAGE_STEP_USER,	/* bytes copied from or to the VMM */
	IMAGE_NR_STEPS
};

/* What the process does for the image. */
struct image_host {
	unsigned int abi;

	/*
	 * A sparse, zeroed reservation for the struct page of every user address
	 * (IMAGE_VMEMMAP_SIZE bytes).
	 */
	void *page_structs;

	/*
	 * @bytes of memory aligned to @align (a power of two), zeroed or not, or NULL.
	 * @caller: a return address in the kernel code that asks.
	 */
	void *(*alloc)(enum image_alloc how, unsigned long bytes, unsigned long align, int zero,
		       const void *caller);
	/* @how: the family of the function that the kernel called. */
	void (*free)(enum image_alloc how, const void *p, const void *caller);
	/* Each page of what was allocated at @p is given back for itself from now on. */
	void (*split)(void *p);
	/*
	 * An address for the page at @page (VMM's memory or guest_memfd, page aligned),
	 * good until unmap() of that address; @gfn is for messages.
	 */
	void *(*map)(enum image_map how, void *page, unsigned long long gfn, const void *caller);
	void (*unmap)(enum image_map how, const void *page, const void *caller);
	/* The image found one itself: @text goes on after the place of @caller. */
	void (*mem_bug)(enum image_mem_bug what, const char *text, const void *caller);
	/* Stands for the VM that this thread works for, NULL if none. */
	void *(*mem_owner)(void);
	/* Shall this one fail? */
	int (*step_fails)(enum image_step step);
	/* 0, or with what status this SEAMCALL fails. */
	unsigned long long (*seamcall_fails)(unsigned int leaf);

	void (*log)(int level, const char *text);
	/* A WARN (@bug 0) or BUG (1); returns after a WARN only. */
	void (*splat)(int bug, const char *text);
	/* The image cannot go on. */
	void (*die)(const char *text) __attribute__((noreturn));

	void (*futex_wait)(int *word, int value);
	void (*futex_wake)(int *word, int nr);
	void (*yield)(void);
	unsigned long long (*time_ns)(void);

	/* @vm, @vcpu: the process's own, as given to vm_create(), vcpu_create(). */
	void *(*gpa_to_hva)(void *vm, unsigned long long gpa, int private, unsigned long *len);
	int (*gpa_is_private)(void *vm, unsigned long long gpa);
	int (*find_slot)(void *vm, unsigned long long gpa, struct image_slot *slot);
	/*
	 * Kernel code has the guest page at @hva (the VMM's address) mapped at @kaddr,
	 * or gives it back.
	 */
	void (*guest_mapped)(void *hva, void *kaddr);
	void (*guest_unmapped)(void *kaddr);
	/* Around a copy of @len bytes from or to the memory of guest or VMM; by @caller. */
	void (*copy_begin)(void *hva, unsigned long len, unsigned long caller);
	void (*copy_end)(void);
	/* Is @fd this process's /dev/sev? */
	int (*fd_is_sev)(int fd);

	/*
	 * The guest's VMSA was measured: it is what the vCPU starts from, and no more
	 * private pages follow.
	 */
	int (*vmsa_ready)(void *vcpu, const void *vmsa);
	enum image_exit (*vmrun)(void *vcpu, struct image_vmrun *run);

	/*
	 * The TD has its configuration: GPA bit @shared_bit (a position) picks the
	 * shared view.
	 */
	int (*td_init)(void *vm, unsigned int shared_bit);
	/* The vCPU starts as a TD's does, with these registers; RIP and the rest are fixed. */
	int (*td_vcpu_init)(void *vcpu, const unsigned long long *gpr);
	/*
	 * The TD has the private page at @gpa, or has it no more: from the next
	 * td_pages() or td_finalized() on, or when what KVM is busy with has ended.
	 */
	void (*td_page)(void *vm, unsigned long long gpa, int give);
	int (*td_pages)(void *vm);
	/* No more pages are added by the VMM. */
	int (*td_finalized)(void *vm);
	enum image_exit (*td_enter)(void *vcpu, struct image_td_run *run);
	/* Have a td_enter() of @vcpu in another thread return, or the next one, with IMAGE_EXIT_KICK. */
	void (*td_kick)(void *vcpu);
	/*
	 * Sleep until vcpu_wake(), since the last time too: 0, or until the VMM has a signal: 1.
	 */
	int (*vcpu_wait)(void *vcpu);
	void (*vcpu_wake)(void *vcpu);

	/* 0, or a negative errno: the command could not be issued. */
	int (*guest_request)(struct image_guest_request *req);
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

/* What the image does for the process.  Calls come on a thread that entered a CPU. */
struct image_ops {
	unsigned int abi;
	const char *release;		/* UTS release of the tree */
	unsigned int kvm_run_size;
	const struct image_number *numbers;

	/* The template of the per-CPU area. */
	void *percpu_start, *percpu_end;
	/* CPU @cpu's copy is at percpu_start + @offset; GS base is @offset. */
	void (*cpu_init)(unsigned int cpu, unsigned long offset);

	int (*init)(const struct image_cpu *cpu);
	/* 1 if the trap was the image's own business and @regs say where to go on. */
	int (*trap)(struct image_regs *regs);

	int (*has_vm_type)(unsigned long type);
	long (*check_extension)(void *kvm, long cap);
	long (*dev_ioctl)(unsigned int cmd, unsigned long arg);

	long (*vm_create)(unsigned long type, void *vm, void **kvm);
	void (*vm_destroy)(void *kvm);
	long (*vm_ioctl)(void *kvm, unsigned int cmd, unsigned long arg);
	/* The guest loses its private memory in [@gpa, @gpa + @size) bytes, which is there still. */
	void (*private_gone)(void *kvm, unsigned long long gpa, unsigned long long size);

	/* guest_memfd's pages at @hva, @size bytes, go back to the kernel's allocator. */
	void (*gmem_gone)(void *hva, unsigned long size);

	long (*vcpu_create)(void *kvm, unsigned int id, void *run, void *host_vcpu, void **vcpu);
	void (*vcpu_destroy)(void *vcpu);
	long (*vcpu_ioctl)(void *vcpu, unsigned int cmd, unsigned long arg);
	long (*vcpu_run)(void *vcpu);

	/* For benchmarks: handle one VMGEXIT with @ghcb_msr, no guest involved. */
	long (*bench_vmgexit)(void *vcpu, unsigned long long ghcb_msr);
};

/* The image's ELF entry point. */
typedef const struct image_ops *(*image_entry_t)(const struct image_host *host);

#endif
