# SPDX-License-Identifier: GPL-2.0-only
#
# One build that differs in all that a whole build can differ in, to be sourced after lib.sh,
# since each takes a minute: of another compiler (clang, or another command of gcc, which every
# machine has), sanitized, from a tree that was built in place, and with fixtures/reports.patch.

other_compiler="CC=gcc -DOTHER_COMPILER"
! command -v clang ld.lld llvm-ar > /dev/null || other_compiler=LLVM=1
other_tree=$BUILD/check-built
other_options=(--sanitize --patch "$ROOT/tools/check/fixtures/reports.patch")

# A copy of the tree with the products of a build in it, which make O= refuses.
make_other_tree()
{
	local new=$other_tree.new

	rm -rf "$new"
	cp -a "$BUILD/linux-source-6.12" "$new" || return
	mkdir -p "$new"/include/{config,generated} || return
	touch "$new"/{.config,include/config/auto.conf,include/generated/autoconf.h} \
		"$new/arch/x86/kvm/svm/sev.o" || return
	rm -rf "$other_tree"
	mv "$new" "$other_tree"
}

# What image.sh says of it.  Who comes second finds it made.
other_image()
{
	(
		exec 7> "$other_tree.lock"
		flock 7
		[ "$other_tree/.config" -nt "$BUILD/linux-source-6.12" ] ||
			make_other_tree || exit
		env "$other_compiler" "$ROOT/tools/image.sh" --out "$BUILD" --kdir "$other_tree" \
			"${other_options[@]}" 7>&-
	)
}
