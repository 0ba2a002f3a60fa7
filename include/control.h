/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control of the kernel, which a test has where KVM is in its process: what firmware is
 * asked and answers, which steps fail, when memory changes, and what the kernel says.  On
 * real hardware there is none; a check that needs it is left out there, and the case says so.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "control_enums.h"

#define CONTROL_PAGE	4096

/* One SNP_GUEST_REQUEST as the PSP firmware saw it. */
struct control_fw_request {
	__u64 gctx_paddr, req_paddr, res_paddr;
	__u8 request[CONTROL_PAGE];	/* the request page's bytes */
};

#define CONTROL_DIGEST		48
#define CONTROL_MAX_VMSAS	4

/* A page as firmware took it into a guest's launch (AMD 56860, "PAGE_INFO"). */
struct control_fw_page {
	__u64 gpa;
	__u8 type, perms[3];		/* of VMPL 1, 2 and 3 */
	__u8 contents[CONTROL_DIGEST];	/* SHA-384, or 0 where they are not measured */
};

/* A launch as the SNP firmware has it. */
struct control_fw_launch {
	__u64 policy;
	__u32 tsc_khz;
	__u8 gosvw[16];
	__u8 digest[CONTROL_DIGEST];	/* after @nr_pages pages */
	unsigned int nr_pages;
	const struct control_fw_page *pages;
	unsigned int nr_vmsas;		/* so many of them are VMSAs; the first ones: */
	__u8 vmsa[CONTROL_MAX_VMSAS][CONTROL_PAGE];
	bool finished;
	bool has_id_block, auth_key, vcek_disabled;
	__u8 id_block[96], id_auth[CONTROL_PAGE], host_data[32];
};

/* What AMD knows of a chip, and certifies: its ID, and the key of a TCB version. */
struct control_fw_chip {
	__u8 id[64];
	__u64 tcb;			/* that reports are signed for just now */
	__u8 vcek[97];			/* its key, a point of P-384: 4, X, Y */
};

#define CONTROL_TD_PARAMS	1024
#define CONTROL_TD_VCPUS	64

/* A TD's launch as the TDX module has it ("Intel TDX Module ABI", TD_PARAMS, TDINFO_STRUCT). */
struct control_td_launch {
	__u8 params[CONTROL_TD_PARAMS];	/* of TDH.MNG.INIT, which gave @status */
	__u64 status;
	__u64 tsc_offset;		/* from the host's TSC to the TD's */
	unsigned int nr_vcpus;		/* that were initialized; the first ones have */
	__u32 x2apic_ids[CONTROL_TD_VCPUS];
	unsigned int nr_added, nr_extended;	/* pages, and chunks of them that were measured */
	bool finalized;
	__u8 mrtd[CONTROL_DIGEST];	/* when it is finalized */
};

/* What Intel knows of a CPU and its TDX module, and certifies: how new their parts are. */
struct control_td_cpu {
	__u8 cpusvn[16], tee_tcb_svn[16];
};

/* Whose memory a race is about, and from when on until when kernel code is watched. */
enum control_race_of {
	CONTROL_RACE_GUEST,	/* guest memory in the VMM's mapping, shared view; the guest's
				   next exit, until it runs again */
	CONTROL_RACE_VMM,	/* the VMM's own, which it gives to ioctls; until the race's end */
	CONTROL_RACE_RUN,	/* kvm_run of @vcpu_fd in the VMM's mapping; until the guest runs */
};

/*
 * A race with kernel code: before it makes its access number @nth (from 1; 0: before
 * each) to the @size bytes at @hva, which lie in one page, @change is called.  That runs
 * in the middle of kernel code, maybe in a signal handler: it may write to memory, and
 * calls neither KVM nor libc.
 */
struct control_race {
	enum control_race_of of;
	int vcpu_fd;			/* CONTROL_RACE_RUN */
	void *hva;
	size_t size;			/* bytes */
	unsigned int nth;
	void (*change)(void *data);	/* NULL: accesses are only counted */
	void *data;
};

#define CONTROL_ACCESSES	64

/*
 * A TD's exit that its guest does not make by itself.  A notify exit and one for a bus lock
 * come only if the vCPU's VMCS asks for them, as KVM has it written by TDH.VP.WR.
 */
struct control_td_exit {
	enum control_td_exit_kind kind;
	__u64 status;			/* RAX of CONTROL_TD_STATUS */
	__u64 rcx, rdx, r8, r9;		/* those of a status that has an exit reason */
	__u64 qualification;		/* of CONTROL_TD_NOTIFY */
	__u32 window;			/* how long it lets none in, in units of the VMCS field */
};

#define CONTROL_MAX_THREADS	4

/* At point number @point (from 0) of the run @thread goes on. */
struct control_switch {
	unsigned int point, thread;
};

/*
 * Threads of a VMM that call the kernel, of which one runs at a time.  The first switch says
 * who begins (its point is not looked at); the next ones are at points in their order.  In
 * between a thread runs until it waits for another one or ends, and the next that can goes on.
 */
struct control_interleave {
	unsigned int nr_threads;
	void (*body)(unsigned int thread, void *data);	/* what each does */
	void *data;
	const struct control_switch *switches;
	unsigned int nr_switches;
};

/* What a thread was about to do, or had done. */
struct control_point {
	enum control_point_kind kind;
	unsigned int thread;
	unsigned int others;	/* threads that could have gone on instead, as bits */
	int write;		/* of a lock: not as a reader */
	const void *obj;	/* the lock */
	const char *name;	/* its name, or what the step is */
	unsigned long ip;	/* 0: not known */
};

/* One of two accesses, of which nothing says which one is first, and one writes. */
struct control_data_access {
	unsigned int thread;
	int kind;			/* enum control_access */
	unsigned int bytes;		/* at most 255 are told of */
	unsigned long at, ip;		/* @ip is a return address */
	char locks[256];		/* that its thread had */
};

struct control_data_race {
	struct control_data_access by[2];
	char object[256];		/* what is accessed */
};

struct control_ops {
	/* Forget requests, log and splats; answers go back to the default. */
	void (*reset)(void);

	/* SNP_GUEST_REQUESTs since reset(); [@idx] of them, in order (the last 64 are kept). */
	unsigned int (*nr_fw_requests)(void);
	const struct control_fw_request *(*fw_request)(unsigned int idx);
	/*
	 * How firmware answers from now on.  @issue_err: 0, or a negative errno
	 * for a command that could not be issued (then firmware never sees it).
	 * @fw_err: its status, 0 for success.  @response: CONTROL_PAGE bytes
	 * that it writes to the response page on success, whatever the message;
	 * NULL: firmware takes messages as the ABI wants them, and refuses all others.
	 */
	void (*fw_answer)(int issue_err, __u32 fw_err, const void *response);

	/*
	 * How long firmware waits before it looks at a request, in us: a kernel
	 * that lets a second one come in between is found out.
	 */
	void (*fw_delay)(unsigned int us);

	/*
	 * Firmware measures launches of SNP guests, and the TDX module those of TDs, from now on,
	 * which takes time, or no longer.
	 */
	void (*fw_measure)(int on);
	/* The last one that began meanwhile, or NULL. */
	const struct control_fw_launch *(*fw_launch)(void);
	const struct control_fw_chip *(*fw_chip)(void);
	const struct control_td_launch *(*td_launch)(void);
	const struct control_td_cpu *(*td_cpu)(void);
	/* ENCLU[EVERIFYREPORT2]: has this CPU made this REPORTMACSTRUCT, which is as it was? */
	bool (*td_verify)(const void *report_mac);

	/*
	 * How long an AMD CPU takes to leave its guest when another one interrupts it, in us:
	 * a kernel that does not wait for that is found out.
	 */
	void (*leave_delay)(unsigned int us);

	/*
	 * The next @times accesses of an SNP guest to its private page at @gpa fault by the RMP, as
	 * they may while another CPU splits an entry of 2 MiB.
	 */
	void (*rmp_faults)(__u64 gpa, unsigned int times);

	/*
	 * The next nested page fault of an AMD guest is taken for one that came while the CPU was
	 * delivering @event (as EXITINTINFO has it), with the error code @error: so the guest has
	 * not got that.
	 */
	void (*interrupt_delivery)(__u32 event, __u32 error);

	/*
	 * What the uAPI headers of the tree under test call @name: 0, or -ENOENT.
	 * tools/image.sh lists the names that can be asked for.
	 */
	int (*header_number)(const char *name, __u64 *value);

	/* Lines of the kernel's log since reset() (at most 256 are kept). */
	unsigned int (*nr_log_lines)(void);
	const char *(*log_line)(unsigned int idx);

	/* WARNs and BUGs since reset(); the text of [@idx]: function, file and line. */
	unsigned int (*nr_splats)(void);
	const char *(*splat)(unsigned int idx);

	/*
	 * Files whose last reference goes end later, when this is called with 0: in a kernel a
	 * task does that when it returns to user mode, and others run meanwhile.
	 */
	void (*hold_ends)(int hold);

	/* How often the PSP got command @id of psp-sev.h since reset(). */
	unsigned int (*fw_commands)(unsigned int id);
	/* The VMM is in misc cgroup @nr from now on (0 or 1; 0 at first); charges of @nr. */
	void (*cgroup)(unsigned int nr);
	unsigned long (*charged)(unsigned int nr, enum control_charge what);
	/*
	 * The machine loses the page at @offset (bytes) of the guest_memfd @fd, as by a machine check:
	 * 0, or -ENOENT, there is none yet.
	 */
	int (*memory_failure)(int fd, __u64 offset);
	/* The CPU that this thread is, from 0 on: no other one is it before the thread ends. */
	unsigned int (*this_cpu)(void);
	/*
	 * CPU @cpu, whose thread has ended, goes offline until a new thread is it: 0, -ENODEV for one
	 * that is not online, -EBUSY for this thread's, or the kernel refuses.  Those with even and
	 * those with odd numbers are a package each.
	 */
	int (*cpu_down)(unsigned int cpu);
	/* RLIMIT_MEMLOCK of the VMM is @bytes from now on, and it has no CAP_IPC_LOCK. */
	void (*memlock)(unsigned long bytes);

	/*
	 * CPUs (as bits) that ran an encrypted guest and have not written back caches since, or had
	 * not when the kernel last unpinned a page.
	 */
	__u64 (*caches_dirty)(void);

	/*
	 * Has the kernel marked the VMM's page at @page as dirty, or written to it by the VMM's
	 * address, since this was asked last?
	 */
	int (*page_dirty)(const void *page);

	/*
	 * Start a race, while no vCPU is in KVM_RUN; only one may run until its end.  0,
	 * -EINVAL for no bytes, those of several pages, or no vCPU, -EBUSY before the end
	 * of another.
	 */
	int (*race_start)(const struct control_race *race);
	/* Its end; how many accesses there were (after the one at nth none is counted). */
	unsigned int (*race_stop)(void);
	/*
	 * Where access [@idx] of the last race was made: function, file and line, in
	 * @buf of @len bytes.  NULL past the last (at most CONTROL_ACCESSES are kept).
	 */
	const char *(*race_access)(unsigned int idx, char *buf, unsigned long len);

	/*
	 * Call @fn (NULL: nobody) for each violation of the rules for the kernel's
	 * memory, on the thread and at the time of it: the kernel code that made it
	 * has not gone on yet.  @text names function, file and line.
	 */
	void (*on_mem_bug)(void (*fn)(enum control_mem_bug what, const char *text));
	/*
	 * Close every descriptor of KVM's, as the end of the process does, so that
	 * VMs are destroyed and what is left of them shows.  Returns how many live on,
	 * because a thread is in KVM_RUN.
	 */
	unsigned int (*end_vms)(void);

	/* The @nth step of its kind from now on (from 1; 0: none) fails. */
	void (*fail_step)(enum control_step step, unsigned int nth);
	/* The same of @times in a row: a kernel that tries once more fails again. */
	void (*fail_steps)(enum control_step step, unsigned int nth, unsigned int times);
	/* How many there were since then. */
	unsigned int (*steps)(enum control_step step);
	/* Allocations that VMs hold just now. */
	unsigned long (*mem_held)(void);

	/*
	 * SEAMCALLs number @nth (from 1; 0: none) to @nth + @times - 1 with @leaf from now on
	 * do nothing and give @status.
	 */
	void (*fail_seamcalls)(unsigned int leaf, unsigned int nth, unsigned int times,
			       __u64 status);
	/* How many with that leaf there were since then. */
	unsigned int (*seamcalls)(void);

	/*
	 * Does what executes the guest stop before any instruction that writes to memory which
	 * is not there, as hardware does?  If not, before MOV, MOVS and STOS only.
	 */
	bool (*stops_before_writes)(void);
	/*
	 * Call @fn (NULL: none) in the middle of the next SEAMCALL with @leaf, once: the kernel
	 * holds its locks, and the module holds the TD, as other threads find.
	 */
	void (*in_seamcall)(unsigned int leaf, void (*fn)(void *data), void *data);
	/* How often the kernel's handler of @event was entered since reset(). */
	unsigned int (*host_events)(enum control_host_event event);
	/* The next @times TDH.VP.ENTERs, of any vCPU. */
	void (*td_exit)(const struct control_td_exit *exit, unsigned int times);
	/*
	 * Run these threads to their end.  After CONTROL_DEADLOCK and what follows it they stay
	 * where they are, and this process can do no more than say so.
	 */
	enum control_interleaved (*interleave)(const struct control_interleave *what);
	/* The points of the last run, [@idx] of them or NULL. */
	unsigned int (*points)(void);
	const struct control_point *(*point)(unsigned int idx);
	/* Function, file and line of a point, in @buf of @len bytes. */
	const char *(*place)(unsigned long ip, char *buf, unsigned long len);
	/* Where a thread of the last run is and which locks it holds, or NULL past the last. */
	const char *(*thread_at)(unsigned int thread, char *buf, unsigned long len);
	/* A variable of the kernel image and its @size, or NULL if there is none of the name. */
	void *(*data)(const char *name, unsigned long *size);
	/*
	 * Data races that runs of this process have shown, each pair of places in the code once,
	 * if the kernel under test tells of its accesses; [@idx] of them or NULL.
	 */
	unsigned int (*data_races)(void);
	const struct control_data_race *(*data_race)(unsigned int idx);
};

/*
 * What an in-process KVM exports.  Tests are linked without it, and find it at
 * run time, by name: a weak reference from a non-PIC program would be bound to
 * NULL when it is linked.
 */
const struct control_ops *kvm_control(void);

/*
 * The control, or NULL where there is no in-process KVM, or where a test shall know no more than
 * it would on hardware (COCO_OBSERVER=off, the runner's --platform src-as-hw).
 */
const struct control_ops *control(void);

/* Is the guest's CPU an engine's, which need not know all of hardware's instructions? */
bool guest_on_engine(void);
/* Can an instruction be taken back whose write a VMM has to emulate?  An engine may have done it. */
bool guest_stops_before_writes(void);

#endif
