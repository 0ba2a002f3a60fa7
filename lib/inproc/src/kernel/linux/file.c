// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for fs/file.c, fs/file_table.c, fs/anon_inodes.c and drivers/char/misc.c: files
 * that KVM makes, what a descriptor of the process's is, and how a system call reaches
 * the file operations that KVM has registered.  A fake: descriptors are the process's
 * (src/services/kfile.c), there are no paths, and the last reference ends a file at once, not
 * when its task returns to user mode; but a test can have that put off.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mnt_idmapping.h>
#include <linux/pagemap.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "task.h"

struct glue_file {
	struct file file;
	struct dentry dentry;		/* of an inode of its own */
	char name[64];
	struct glue_file *next_ending;
};

static struct glue_file *to_glue_file(struct file *file)
{
	return container_of(file, struct glue_file, file);
}

/* ---- references: file_ref_t, before 6.13 a counter ---- */

#ifdef HAVE_FILE_REF
static void glue_file_ref_init(struct file *file)
{
	file_ref_init(&file->f_ref, 1);
}

static bool glue_file_ref_put(struct file *file)
{
	return file_ref_put(&file->f_ref);
}

static bool glue_file_ref_get(struct file *file)
{
	return file_ref_get(&file->f_ref);
}

/* The slow halves of the two above: the count has come to its last, or is over. */
bool __file_ref_put(file_ref_t *ref, unsigned long cnt)
{
	return cnt == FILE_REF_NOREF && atomic_long_try_cmpxchg_release(&ref->refcnt, &cnt,
									   FILE_REF_DEAD);
}

bool __file_ref_get(file_ref_t *ref)
{
	atomic_long_set(&ref->refcnt, FILE_REF_DEAD);
	return false;
}
#else
static void glue_file_ref_init(struct file *file)
{
	atomic_long_set(&file->f_count, 1);
}

static bool glue_file_ref_put(struct file *file)
{
	return atomic_long_dec_and_test(&file->f_count);
}

static bool glue_file_ref_get(struct file *file)
{
	return atomic_long_inc_not_zero(&file->f_count);
}
#endif

static struct file *glue_file_new(const char *name, const struct file_operations *fops,
				  void *priv, int flags)
{
	struct glue_file *glue = kzalloc(sizeof(*glue), GFP_KERNEL);

	if (!glue)
		return ERR_PTR(-ENFILE);
	glue_file_ref_init(&glue->file);
	glue->file.f_op = fops;
	glue->file.f_flags = flags;
	glue->file.f_mode = OPEN_FMODE(flags) | FMODE_OPENED;
	glue->file.private_data = priv;
	strscpy(glue->name, name, sizeof(glue->name));
	return &glue->file;
}

/* fs/inode.c's, where there is one: guest_memfd's files have inodes of their own. */
void iput(struct inode *inode) __weak;

/*
 * Files that fdget() gave in the system call that a CPU is in: fdput(), which is fput(), has
 * to come before its end.
 */
static DEFINE_PER_CPU(struct file *[8], glue_fdgets);

static void glue_fdget_begins(struct file *file, const void *caller)
{
	struct file **files = *this_cpu_ptr(&glue_fdgets);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(*this_cpu_ptr(&glue_fdgets)); i++) {
		if (files[i])
			continue;
		files[i] = file;
		glue_host->map(IMAGE_MAP_FILE, file, 0, caller);
		return;
	}
}

static void glue_fdget_ends(struct file *file, const void *caller)
{
	struct file **files = *this_cpu_ptr(&glue_fdgets);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(*this_cpu_ptr(&glue_fdgets)); i++) {
		if (files[i] != file)
			continue;
		files[i] = NULL;
		glue_host->unmap(IMAGE_MAP_FILE, file, caller);
		return;
	}
}

/* What is left is told of by the process, and forgotten. */
static void glue_fdgets_left(void)
{
	memset(this_cpu_ptr(&glue_fdgets), 0, sizeof(glue_fdgets));
}

static void glue_file_end(struct file *file)
{
	glue_order(CONTROL_ORDER_GET, file);
	if (file->f_op->release)
		file->f_op->release(file->f_inode, file);
	if (file->f_inode)
		iput(file->f_inode);
	kfree(to_glue_file(file));
}

/* Files without a reference, while their ends are put off. */
static struct glue_file *glue_ending;
static bool glue_ends_held;

void glue_hold_ends(int hold)
{
	struct glue_file *glue;

	glue_ends_held = hold;
	while (!hold && glue_ending) {
		glue = glue_ending;
		glue_ending = glue->next_ending;
		glue_file_end(&glue->file);
	}
}

void glue_files_end(void)
{
	struct glue_task *task = to_glue_task(current);
	struct glue_file *glue;

	while ((glue = task->ending)) {
		task->ending = glue->next_ending;
		glue_file_end(&glue->file);
	}
}

/* Not now, where the task may have any lock, but as work of the task's on its way out. */
void fput(struct file *file)
{
	struct glue_task *task = to_glue_task(current);

	glue_fdget_ends(file, GLUE_CALLER);
	glue_order(CONTROL_ORDER_PUT, file);
	if (!glue_file_ref_put(file))
		return;
	if (glue_ends_held) {
		to_glue_file(file)->next_ending = glue_ending;
		glue_ending = to_glue_file(file);
	} else if (task->depth) {
		to_glue_file(file)->next_ending = task->ending;
		task->ending = to_glue_file(file);
	} else {
		glue_file_end(file);
	}
}

struct file *fget(unsigned int fd)
{
	struct file *file = glue_host->file_of_fd(fd);

	/* None of KVM's: the VMM's own. */
	if (!file)
		return glue_eventfd_file(fd);
	return glue_file_ref_get(file) ? file : NULL;
}

struct file *get_file_active(struct file **f)
{
	struct file *file = READ_ONCE(*f);

	return file && glue_file_ref_get(file) ? file : NULL;
}

/* A reference is always taken: no descriptor table is private here. */
struct fd fdget(unsigned int fd)
{
	struct file *file = fget(fd);

	if (file)
		glue_fdget_begins(file, GLUE_CALLER);
#ifdef HAVE_FD_WORD
	return (struct fd){ file ? (unsigned long)file | FDPUT_FPUT : 0 };
#else
	return (struct fd){ file, file ? FDPUT_FPUT : 0 };
#endif
}

/* ---- descriptors ---- */

int get_unused_fd_flags(unsigned int flags)
{
	return glue_host->fd_take(flags);
}

void put_unused_fd(unsigned int fd)
{
	glue_host->fd_give_back(fd);
}

void fd_install(unsigned int fd, struct file *file)
{
	glue_host->fd_install(fd, file);
}

/* ---- anonymous inodes ---- */

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv,
				int flags)
{
	return glue_file_new(name, fops, priv, flags);
}

struct file *anon_inode_getfile_fmode(const char *name, const struct file_operations *fops,
				      void *priv, int flags, fmode_t f_mode)
{
	struct file *file = glue_file_new(name, fops, priv, flags);

	if (!IS_ERR(file))
		file->f_mode |= f_mode;
	return file;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = glue_file_new(name, fops, priv, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name,
			       int flags, const struct file_operations *fops)
{
	struct file *file = glue_file_new(name, fops, NULL, flags);

	if (IS_ERR(file))
		return file;
	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	to_glue_file(file)->dentry.d_inode = inode;
	*(struct path *)&file->f_path = (struct path){
		.mnt = mnt, .dentry = &to_glue_file(file)->dentry,
	};
	return file;
}

/* Before 6.19 (linux/inode.c makes the inode). */
struct inode *glue_inode_new(struct super_block *sb, const char *name) __weak;

struct file *anon_inode_create_getfile(const char *name, const struct file_operations *fops,
				       void *priv, int flags, const struct inode *context_inode)
{
	struct inode *inode = glue_inode_new(NULL, name);
	struct file *file;

	if (IS_ERR_OR_NULL(inode))
		return ERR_PTR(-ENOMEM);
	file = alloc_file_pseudo(inode, NULL, name, flags, fops);
	if (IS_ERR(file))
		iput(inode);
	else
		file->private_data = priv;
	return file;
}

loff_t noop_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos;
}

/* ---- misc devices, by name ---- */

static struct miscdevice *glue_misc[4];

int misc_register(struct miscdevice *misc)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(glue_misc); i++) {
		if (glue_misc[i])
			continue;
		glue_misc[i] = misc;
		return 0;
	}
	return -EBUSY;
}

void misc_deregister(struct miscdevice *misc)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(glue_misc); i++)
		if (glue_misc[i] == misc)
			glue_misc[i] = NULL;
}

long glue_open(const char *name, unsigned int flags, void **out)
{
	struct file *file;
	unsigned int i;
	long ret = 0;

	for (i = 0; i < ARRAY_SIZE(glue_misc); i++)
		if (glue_misc[i] && !strcmp(glue_misc[i]->name, name))
			break;
	if (i == ARRAY_SIZE(glue_misc))
		return -ENOENT;
	file = glue_file_new(name, glue_misc[i]->fops, glue_misc[i], flags);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (file->f_op->open)
		ret = file->f_op->open(NULL, file);
	if (ret)
		kfree(to_glue_file(file));
	else
		*out = file;
	return ret;
}

/* ---- system calls ---- */

void glue_release(void *file)
{
	fput(file);
}

const char *glue_file_name(void *file)
{
	return to_glue_file(file)->name;
}

long glue_ioctl(void *p, unsigned int cmd, unsigned long arg)
{
	struct file *file = p;
	long ret = -ENOTTY;

	if (file->f_op->unlocked_ioctl)
		ret = file->f_op->unlocked_ioctl(file, cmd, arg);
	glue_fdgets_left();
	glue_order(CONTROL_ORDER_PUT, file);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

long glue_fallocate(void *p, int mode, long long offset, long long len)
{
	struct file *file = p;
	long ret;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (!file->f_op->fallocate)
		return -EOPNOTSUPP;
	ret = file->f_op->fallocate(file, mode, offset, len);
	glue_order(CONTROL_ORDER_PUT, file);
	return ret;
}

long glue_read(void *p, void *to, unsigned long len, long long *pos)
{
	struct file *file = p;

	if (!file->f_op->read)
		return -EINVAL;
	return file->f_op->read(file, (char __user *)to, len, pos);
}

/* As fs/stat.c has it. */
long glue_stat(void *p, struct image_stat *to)
{
	struct file *file = p;
	struct inode *inode = file->f_inode;
	struct kstat stat = {};
	int ret = 0;

	if (!inode)
		return -ENOENT;
	if (inode->i_op && inode->i_op->getattr)
		ret = inode->i_op->getattr(&nop_mnt_idmap, &file->f_path, &stat,
					   STATX_BASIC_STATS, 0);
	else
		generic_fillattr(&nop_mnt_idmap, STATX_BASIC_STATS, inode, &stat);
	*to = (struct image_stat){ .size = stat.size, .ino = stat.ino, .block = stat.blksize };
	return ret;
}
