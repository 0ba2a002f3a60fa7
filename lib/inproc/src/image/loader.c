// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads the kernel image at the address it was linked for, and gives threads
 * its CPUs.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/base.h"
#include "loader.h"

const struct image_ops *image;

static uintptr_t image_start, image_end;

/* Per-CPU areas, one a CPU, and who has which. */
static char *percpu_areas;
static size_t percpu_size;
static pthread_mutex_t cpus_lock = PTHREAD_MUTEX_INITIALIZER;
static bool cpu_used[IMAGE_MAX_CPUS];
/*
 * How many there are: for a client with as many vCPUs as the machine has CPUs, or nearly.  KVM
 * looks at what each has, used or not, when a vCPU ends.
 */
#define LEAST_CPUS	16
static unsigned int nr_cpus;
static pthread_key_t cpu_key;

/* CPU of this thread plus one; survives fork() as GS base does. */
static __thread unsigned int my_cpu;

bool image_contains(uintptr_t addr)
{
	return addr >= image_start && addr < image_end;
}

bool image_is_undefined(uintptr_t addr)
{
	return addr >= IMAGE_UNDEF_BASE && addr < 0x80000000UL;
}

static void cpu_release(void *value)
{
	image->cpu_exit((uintptr_t)value - 1);
	pthread_mutex_lock(&cpus_lock);
	cpu_used[(uintptr_t)value - 1] = false;
	pthread_mutex_unlock(&cpus_lock);
}

static unsigned int cpu_take(void)
{
	unsigned int cpu;

	pthread_mutex_lock(&cpus_lock);
	for (cpu = 0; cpu < nr_cpus; cpu++)
		if (!cpu_used[cpu])
			break;
	if (cpu == nr_cpus) {
		inproc_diag("more than %u threads use the in-process KVM at once", nr_cpus);
		abort();
	}
	cpu_used[cpu] = true;
	pthread_mutex_unlock(&cpus_lock);
	return cpu;
}

static unsigned long cpu_offset(unsigned int cpu)
{
	return percpu_areas + cpu * percpu_size - (char *)image->percpu_start;
}

void image_enter(void)
{
	unsigned long offset;
	unsigned int cpu;

	if (my_cpu)
		return;

	cpu = cpu_take();
	offset = cpu_offset(cpu);
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, offset)) {
		inproc_diag("cannot set the GS base: %s", strerror(errno));
		abort();
	}
	my_cpu = cpu + 1;
	pthread_setspecific(cpu_key, (void *)(uintptr_t)my_cpu);
	image->cpu_init(cpu);
}

unsigned int image_this_cpu(void)
{
	return my_cpu - 1;
}

static int map_segment(int fd, const Elf64_Phdr *ph)
{
	uintptr_t start = ph->p_vaddr & ~4095UL, from_file = ph->p_vaddr + ph->p_filesz;
	uintptr_t end = (ph->p_vaddr + ph->p_memsz + 4095) & ~4095UL;
	void *p;

	/* Writable text: static calls and privileged instructions are patched. */
	p = mmap((void *)start, end - start, PROT_READ | PROT_WRITE | PROT_EXEC,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p != (void *)start) {
		int err = p == MAP_FAILED ? errno : EEXIST;

		inproc_diag("cannot map the kernel image at %#lx: %s", start, strerror(err));
		return -err;
	}
	/* What is not written to stays the file's; ld has it at the same offsets in a page. */
	if (mmap(p, from_file - start, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_FIXED,
		 fd, ph->p_offset & ~4095UL) == MAP_FAILED) {
		inproc_diag("cannot map the kernel image's file: %s", strerror(errno));
		return -errno;
	}
	memset((void *)from_file, 0, -from_file & 4095);
	if (!image_start || start < image_start)
		image_start = start;
	if (end > image_end)
		image_end = end;
	return 0;
}

/* Accesses to symbols that nobody provides fault here, and fault.c names them. */
static int map_undefined(void)
{
	void *base = (void *)IMAGE_UNDEF_BASE;
	size_t len = 0x80000000UL - IMAGE_UNDEF_BASE;

	if (mmap(base, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
		 MAP_FIXED_NOREPLACE, -1, 0) != base) {
		inproc_diag("cannot reserve %p for unprovided symbols: %s", base,
			    strerror(errno));
		return -ENOMEM;
	}
	return 0;
}

static int load_elf(int fd, const char *file, size_t size, const struct image_host *host)
{
	const Elf64_Ehdr *eh = (const void *)file;
	const Elf64_Phdr *ph = (const void *)(file + eh->e_phoff);
	image_entry_t entry;
	int ret;

	if (size < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_type != ET_EXEC ||
	    eh->e_phoff + eh->e_phnum * sizeof(*ph) > size) {
		inproc_diag("COCO_IMAGE is not a kernel image (make one with tools/image.sh)");
		return -ENOEXEC;
	}
	for (unsigned int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		ret = map_segment(fd, &ph[i]);
		if (ret)
			return ret;
	}
	ret = map_undefined() ?: symbols_init(file, size);
	if (ret)
		return ret;

	entry = (image_entry_t)eh->e_entry;
	image = entry(host);
	if (!image || image->abi != IMAGE_ABI) {
		inproc_diag("the kernel image was built for another version of the suite");
		image = NULL;
		return -ENOEXEC;
	}
	return 0;
}

/* COCO_MUTANT: which one is there, in an image that has some (tools/mutants). */
static void choose_mutant(void)
{
	const char *nr = getenv("COCO_MUTANT");
	unsigned long size;
	unsigned int *mutant = nr ? image_data("coco_mutant", &size) : NULL;

	if (mutant)
		*mutant = strtoul(nr, NULL, 10);
}

static int init_cpus(void)
{
	static const char zeroes[4096];
	struct iovec parts[2 * IMAGE_MAX_CPUS];
	long wanted = sysconf(_SC_NPROCESSORS_CONF) + LEAST_CPUS / 2;
	size_t len;
	int fd;

	nr_cpus = wanted < LEAST_CPUS ? LEAST_CPUS : wanted < IMAGE_MAX_CPUS ? wanted : IMAGE_MAX_CPUS;
	len = (char *)image->percpu_end - (char *)image->percpu_start;
	percpu_size = (len + 4095) & ~4095UL;
	for (unsigned int i = 0; i < 2 * nr_cpus; i += 2) {
		parts[i] = (struct iovec){ image->percpu_start, len };
		parts[i + 1] = (struct iovec){ (void *)zeroes, percpu_size - len };
	}
	len = percpu_size * nr_cpus;
	fd = memfd_create("per-CPU areas", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Few CPUs are ever used, and of theirs few pages: the others are never copied. */
	percpu_areas = writev(fd, parts, 2 * nr_cpus) == (ssize_t)len ?
		mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	real_close(fd);
	if (percpu_areas == MAP_FAILED)
		return -ENOMEM;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		image->cpu_area(cpu, cpu_offset(cpu));
	return -pthread_key_create(&cpu_key, cpu_release);
}

int image_load(const struct image_host *host)
{
	const char *path = getenv("COCO_IMAGE");
	struct stat st;
	void *file;
	int fd, ret;

	if (!path) {
		inproc_diag("COCO_IMAGE names no kernel image");
		return -ENOENT;
	}
	fd = real_open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || real_fstat(fd, &st)) {
		inproc_diag("cannot open the kernel image %s: %s", path, strerror(errno));
		return -ENOENT;
	}
	/* Stays mapped: the symbol tables are read from it when something fails. */
	file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	ret = file == MAP_FAILED ? -errno : 0;
	if (ret)
		inproc_diag("cannot read the kernel image %s: %s", path, strerror(-ret));
	else
		ret = load_elf(fd, file, st.st_size, host);
	real_close(fd);
	if (!ret)
		choose_mutant();
	return ret ?: init_cpus();
}
