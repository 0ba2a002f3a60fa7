# SPDX-License-Identifier: GPL-2.0-only
#
# The tree's objects, for image.sh: by its own kbuild, in $objdir, with the compiler that
# LLVM and CC name.

# $compiler, what kbuild is told of the compiler, $tools, what there has to be of it, and
# $assembler, what it is told of the one for files that write instructions as bytes.
choose_compiler()
{
	local tool

	compiler=()
	tools=("${CC:-gcc}")
	if [ -n "${LLVM-}" ]; then
		compiler+=("LLVM=$LLVM")
		case $LLVM in
		*/)	llvm() { echo "$LLVM$1"; } ;;
		-*)	llvm() { echo "$1$LLVM"; } ;;
		*)	llvm() { echo "$1"; } ;;
		esac
		tools=("${CC:-$(llvm clang)}")
		for tool in ld.lld llvm-ar llvm-nm llvm-objcopy; do
			tools+=("$(llvm $tool)")
		done
	fi
	[ -z "${CC-}" ] || compiler+=("CC=$CC")
	for tool in "${tools[@]}"; do
		# From elsewhere, as kbuild does; CC may be several words.
		(set -f && cd / && $tool --version) > /dev/null 2>&1 ||
			die "${compiler[*]:-the compiler}: cannot run $tool --version"
	done
	assembler=-B$top/tools/asm/
	[[ $(set -f && cd / && ${tools[0]} --version) != *clang* ]] ||
		assembler+=' -fno-integrated-as'
}

# With --coverage sev.c and these count where they come by, in linux/kcov.c.
covered=(svm/svm vmx/tdx x86 emulate)
counts=-fsanitize-coverage=trace-pc

# sev.c checks its locks, and tells lockdep of those of many vCPUs at once, if locking is proved:
# that of the image does (linux/lockdep.c), though it is configured without.
kmake()
{
	local o cov=${coverage:+$counts} counted=()

	for o in ${coverage:+"${covered[@]}"}; do
		counted+=("CFLAGS_$o.o=$cov")
	done
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -j "$jobs" -C "$farm" O="$objdir" \
		ARCH=x86_64 KBUILD_BUILD_TIMESTAMP=0 ${compiler[@]+"${compiler[@]}"} \
		"KCFLAGS=-g1 -include $glue/insn.h" "KAFLAGS=-include $glue/insn.h" \
		"CFLAGS_sev.o=$assembler" "AFLAGS_seamcall.o=$assembler" \
		"CFLAGS_svm/sev.o=-include $glue/linux/kmap.h -DCONFIG_PROVE_LOCKING $cov" \
		"CFLAGS_../../../virt/kvm/kvm_main.o=-include $glue/linux/kmap.h ${cov:+-DGLUE_COVERAGE}" \
		"CFLAGS_../../../virt/kvm/pfncache.o=-include $glue/linux/kmap.h" \
		${counted[@]+"${counted[@]}"} "$@"
}

# What a .config was made of: another compiler has other options.
config_inputs()
{
	echo "# ${compiler[*]-}"
	cat "${configs[@]}"
}

configure()
{
	if [ -e "$objdir/.config" ] && config_inputs | cmp -s - "$work/image.config"; then
		return
	fi
	rm -f "$work/compiled"
	mkdir -p "$objdir"
	# What x86_64_defconfig does, with ours on top, in one go of kconfig.
	cat "$farm/arch/x86/configs/x86_64_defconfig" "${configs[@]}" \
		> "$objdir/.config"
	kmake olddefconfig || return
	[ -z "$sanitize" ] || grep -q '^CONFIG_UBSAN=y' "$objdir/.config" ||
		die "CONFIG_UBSAN cannot be enabled in $kdir: no --sanitize (see $objdir/.config)"
	[ -z "$races" ] || grep -q '^CONFIG_KCSAN=y' "$objdir/.config" ||
		die "CONFIG_KCSAN cannot be enabled in $kdir: no --races (see $objdir/.config)"
	grep -q '^CONFIG_KVM_AMD_SEV=y' "$objdir/.config" ||
		die "CONFIG_KVM_AMD_SEV cannot be enabled in $kdir (see $objdir/.config)"
	config_inputs > "$work/image.config"
}

# The tree's objects: all of KVM, as its own makefiles make modules of it, the SEAMCALL
# wrappers, and the parts of lib that they lean on.  What a version does not have is left
# out.
tree_objs()
{
	local o

	echo arch/x86/kvm/kvm.o
	echo arch/x86/kvm/kvm-amd.o
	echo arch/x86/kvm/kvm-intel.o
	while read -r o; do
		if [ -e "$farm/$o.c" ] || [ -e "$farm/$o.S" ]; then
			echo "$o.o"
		fi
	done < <(sed -e '/^#/d' -e '/^$/d' "$top/tools/image/objects")
}

# What the objects are made of besides the tree, kept in $work/compiled when all are there.
compiled_with()
{
	(set -f && cd / && ${tools[0]} --version)
	cat "$top/tools/image/kbuild.sh"
	echo "$coverage"
	find "$glue" -name '*.h' -exec sha256sum {} + | sort
}

# The files that name a source or header as what they were made of: NAME.cmd, below $objdir.
made_of()	# PATH
{
	(cd "$objdir" && grep -rlF --include='.*.cmd' "/$1" . || :)
}

# What a .cmd file says the command was, as the shell takes it; false if that is make's alone.
saved_command()	# CMD-FILE
{
	local line

	IFS= read -r line < "$objdir/$1" && [[ $line == savedcmd_*' := '* ]] || return
	line=${line#*' := '}
	[[ $line != *\$* ]] && printf '%s\n' "$line"
}

# The object of a source, compiled as the last time; its .cmd file as kbuild would leave it.
# A command may be several, as with objtool after the compiler: the first to fail ends it.
compile_again()	# CMD-FILE
{
	local command target depfile

	cd "$objdir"
	command=$(saved_command "$1") || return
	target=$(sed -n '1s/^savedcmd_\(.*\) := .*/\1/p' "$1")
	depfile=$(sed -n '1s/.*-Wp,-MMD,\([^ ]*\).*/\1/p' "$1")
	sh -ec "$command" && scripts/basic/fixdep "$depfile" "$target" "$command" > "$1.new" &&
		mv "$1.new" "$1" && rm -f "$depfile"
}

# Where nothing changed but sources, or headers, that only objects of the image are made of,
# these are compiled as they were the last time: kbuild takes seconds to find out the same.
# False if it has to.
make_changed()
{
	local f cmd module of cmds=()

	[ -s "$work/compiled" ] || return
	compiled_with | cmp -s - "$work/compiled" || return
	touch "$work/changed"
	for f in $(sort -u "$work/changed"); do
		[[ $f == *.[ch] ]] && [ -e "$farm/$f" ] || return
		of=$(made_of "$f")
		# One that is new may stand before another of its name.
		[ -n "$of" ] || [[ $f == *.c ]] || return
		for cmd in $of; do
			[[ $cmd == *.o.cmd ]] || return
			case $cmd in
			./arch/x86/kvm/*|./virt/kvm/*|./virt/lib/*|./arch/x86/virt/*|./lib/*) ;;
			*)	return 1 ;;
			esac
			saved_command "$cmd" > /dev/null || return
			cmds+=("$cmd")
		done
	done
	[ ${#cmds[@]} -gt 0 ] || return 0
	mapfile -t cmds < <(printf '%s\n' "${cmds[@]}" | sort -u)
	export objdir
	export -f compile_again saved_command
	printf '%s\n' "${cmds[@]}" | xargs -P "$jobs" -I '{}' bash -c 'compile_again "$1"' - '{}' ||
		return
	for module in kvm kvm-amd kvm-intel; do
		for cmd in "${cmds[@]}"; do
			f=${cmd#./}
			grep -qF "$(sed 's|/\.\([^/]*\)\.cmd$|/\1|' <<< "$f")" \
				"$objdir/arch/x86/kvm/$module.mod" || continue
			(cd "$objdir" && sh -c "$(saved_command "arch/x86/kvm/.$module.o.cmd")") || return
			break
		done
	done
}

# kbuild comes by arch/x86/lib on two ways at once: those go one after the other,
# and only when there is a reason, since every kbuild takes seconds to get going.
make_objs()
{
	local o libs=() rest=()

	if make_changed; then
		rm -f "$work/changed"
		return
	fi
	for o in "${objs[@]}"; do
		case $o in
		arch/x86/lib/*)
			[ "$objdir/$o" -nt "$farm/${o%.o}.S" ] &&
				[ "$objdir/$o" -nt "$objdir/.config" ] || libs+=("$o") ;;
		*)	rest+=("$o") ;;
		esac
	done
	kmake "${rest[@]}" || return
	[ ${#libs[@]} -eq 0 ] || kmake -j1 "${libs[@]}" || return
	rm -f "$work/changed"
	compiled_with > "$work/compiled"
}
