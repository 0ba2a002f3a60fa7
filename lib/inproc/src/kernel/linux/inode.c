// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for fs/inode.c, fs/libfs.c, fs/super.c and what of fs/namespace.c mounts a file
 * system for the kernel itself: fakes, as far as guest_memfd needs them.
 *
 * What is exact: who makes, counts and frees an inode, by the file system's own functions
 * where it has any, and that its pages go with it.  What is not: inodes are in no table and
 * have no times; a superblock has neither a root nor a list of its inodes.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/statfs.h>

#include "glue.h"
#include "page.h"

struct inode *glue_inode_new(struct super_block *sb, const char *name);

static unsigned long glue_next_ino = 1;

void inode_init_once(struct inode *inode)
{
	memset(inode, 0, sizeof(*inode));
	INIT_HLIST_NODE(&inode->i_hash);
	INIT_LIST_HEAD(&inode->i_sb_list);
	xa_init_flags(&inode->i_data.i_pages, XA_FLAGS_LOCK_IRQ | XA_FLAGS_ACCOUNT);
	init_rwsem(&inode->i_data.i_mmap_rwsem);
	spin_lock_init(&inode->i_data.i_private_lock);
	inode->i_data.i_mmap = RB_ROOT_CACHED;
	i_size_ordered_init(inode);
}

/* Of no file system: one of the anonymous inode's kind. */
static void glue_inode_free(struct inode *inode)
{
	glue_host->free(IMAGE_KMALLOC, inode, (void *)glue_inode_free);
}

/* @name is a label for security modules; there are none. */
struct inode *glue_inode_new(struct super_block *sb, const char *name)
{
	struct inode *inode;

	if (sb && sb->s_op && sb->s_op->alloc_inode) {
		inode = sb->s_op->alloc_inode(sb);
	} else {
		inode = glue_host->alloc(IMAGE_KMALLOC, sizeof(*inode), 64, true, GLUE_CALLER);
		if (inode)
			inode_init_once(inode);
	}
	if (!inode)
		return NULL;
	/* What an inode used before may have left behind, of which a constructor knows nothing. */
	inode->i_sb = sb;
	inode->i_ino = __atomic_fetch_add(&glue_next_ino, 1, __ATOMIC_RELAXED);
	inode->i_mapping = &inode->i_data;
	inode->i_mode = S_IRUSR | S_IWUSR;
	inode->i_blkbits = PAGE_SHIFT;
	atomic_set(&inode->i_count, 1);
	inode->__i_nlink = 1;
	spin_lock_init(&inode->i_lock);
	init_rwsem(&inode->i_rwsem);
	INIT_LIST_HEAD(&inode->i_lru);
	inode->i_data.host = inode;
	inode->i_data.flags = 0;
	mapping_set_gfp_mask(&inode->i_data, GFP_HIGHUSER_MOVABLE);
	init_rwsem(&inode->i_data.invalidate_lock);
#ifdef HAVE_MAPPING_PRIVATE_LIST
	INIT_LIST_HEAD(&inode->i_data.i_private_list);
#endif
	return inode;
}

struct inode *anon_inode_make_secure_inode(struct super_block *sb, const char *name,
					   const struct inode *context_inode)
{
	return glue_inode_new(sb, name) ?: ERR_PTR(-ENOMEM);
}

static void glue_inode_free_rcu(struct rcu_head *head)
{
	struct inode *inode = container_of(head, struct inode, i_rcu);

	inode->i_sb->s_op->free_inode(inode);
}

/* Its pages first, then itself: at once, or when no reader looks at it any more. */
static void glue_inode_evict(struct inode *inode)
{
	const struct super_operations *ops = inode->i_sb ? inode->i_sb->s_op : NULL;

	truncate_inode_pages_range(&inode->i_data, 0, -1);
	if (ops && ops->destroy_inode)
		ops->destroy_inode(inode);
	if (ops && ops->free_inode)
		call_rcu(&inode->i_rcu, glue_inode_free_rcu);
	else if (!ops || !ops->alloc_inode)
		glue_inode_free(inode);
}

void iput(struct inode *inode)
{
	if (inode && atomic_dec_and_test(&inode->i_count))
		glue_inode_evict(inode);
}

/* ---- what file systems refer to ---- */

int generic_file_open(struct inode *inode, struct file *file)
{
	return !(file->f_flags & O_LARGEFILE) && i_size_read(inode) > MAX_NON_LFS ? -EOVERFLOW : 0;
}

/* Inodes have no times here. */
int file_modified(struct file *file)
{
	return 0;
}

void generic_fillattr(struct mnt_idmap *idmap, u32 mask, struct inode *inode, struct kstat *stat)
{
	stat->ino = inode->i_ino;
	stat->mode = inode->i_mode;
	stat->nlink = inode->i_nlink;
	stat->size = i_size_read(inode);
	stat->blksize = PAGE_SIZE;
	stat->blocks = inode->i_blocks;
}

int simple_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	buf->f_type = dentry->d_sb->s_magic;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX;
	return 0;
}

/* ---- mounts of the kernel's own ---- */

struct glue_mount {
	struct vfsmount mnt;
	struct super_block sb;
};

struct pseudo_fs_context *init_pseudo(struct fs_context *fc, unsigned long magic)
{
	struct pseudo_fs_context *ctx = glue_alloc(sizeof(*ctx), 8);

	if (!ctx)
		return NULL;
	ctx->magic = magic;
	fc->fs_private = ctx;
	fc->global = true;
	return ctx;
}

struct vfsmount *kern_mount(struct file_system_type *type)
{
	struct fs_context fc = { .fs_type = type };
	const struct pseudo_fs_context *ctx;
	struct glue_mount *m;
	int ret;

	ret = type->init_fs_context(&fc);
	if (ret)
		return ERR_PTR(ret);
	ctx = fc.fs_private;
	m = glue_alloc(sizeof(*m), 64);
	if (m) {
		m->sb.s_type = type;
		m->sb.s_op = ctx->ops;
		m->sb.s_magic = ctx->magic;
		m->sb.s_maxbytes = MAX_LFS_FILESIZE;
		m->sb.s_blocksize = PAGE_SIZE;
		m->sb.s_blocksize_bits = PAGE_SHIFT;
		m->mnt.mnt_sb = &m->sb;
	}
	glue_free(ctx);
	return m ? &m->mnt : ERR_PTR(-ENOMEM);
}

void kill_anon_super(struct super_block *sb)
{
	glue_free(container_of(sb, struct glue_mount, sb));
}

void kern_unmount(struct vfsmount *mnt)
{
	if (!IS_ERR_OR_NULL(mnt))
		mnt->mnt_sb->s_type->kill_sb(mnt->mnt_sb);
}
