#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Machines and moments that are not as the suite would have them: locales, other
# distributions, what may not be written to, another run at the same time, signals.
. "$(dirname "$0")/lib.sh"

cd "$TMP" || exit 1
export BUILD
run=$ROOT/run_tests.sh
chmod 755 "$TMP"

# One that is not installed, and one whose letters are others.
want=$("$run" --list snp_psc_test | cksum)
for locale in xx_YY.UTF-8 tr_TR.UTF-8; do
	LC_ALL=$locale "$run" --list snp_psc_test > list.out 2> list.err
	ok "locale.$locale.list" test "$(cksum < list.out)" = "$want"
	ok "locale.$locale.perl" test -z "$(grep -v '^[^ ]*: warning: setlocale' list.err)"
	ok "locale.$locale.make" test -z "$(LC_ALL=$locale make -C "$ROOT" help 2>&1 |
		grep -i 'warning: Setting locale failed')"
done

ok "out_before_anything" expect 2 "--out: cannot write to '/proc/nowhere'" env BUILD="$TMP/none" \
	"$run" --out /proc/nowhere
ok "out_built_nothing" test ! -e "$TMP/none"

# What a kernel finds is the CPU of the model, whatever this machine's is: no instruction that
# tells of a CPU's features without a trap is left in an image.  (RDTSC and RDTSCP are the
# machine's clock; what SGDT and SLDT tell is put back and never looked at.)
asks_this_cpu()	# [OPTION...]: of image.sh
{
	local image

	image=$("$ROOT/tools/image.sh" --out "$BUILD" "$@" 2> image.log | sed -n 's/^IMAGE=//p')
	[ -s "$image" ] || { cat image.log; return 1; }
	objdump -d -j .text --no-show-raw-insn "$image" > image.insns || return
	grep -qP '\tvmxoff|\twrmsr' image.insns || { echo "no code in $image"; return 1; }
	! grep -P '\t(cpuid|xgetbv|rdpid|smsw|str|lsl|lar|rdrand|rdseed|rdpru)\b' image.insns
}
ok "cpu_of_the_model" asks_this_cpu
if [ -n "${CHECK_KDIR:-}" ]; then
	ok "cpu_of_the_model.newest" asks_this_cpu --kdir "$CHECK_KDIR"
else
	skip "cpu_of_the_model.newest" "no newest kernel was fetched"
fi

# No --list has to wait for what it does not need.
mkdir bin
for command in bash dirname readlink nproc make sed cat perl rm find sort sh grep; do
	ln -s "$(command -v $command)" bin/
done
ok "list_needs_no_packages" expect 0 "SNP-PSC-EXIT" env PATH="$TMP/bin" "$run" --list snp_psc_test

user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if [ "$(id -u)" = 0 ] && "${user[@]}" test -x "$run" 2> /dev/null; then
	mkdir mine
	ok "read_only_names_build" expect 2 "set BUILD to a directory that you may write to" \
		"${user[@]}" env BUILD="$TMP/mine/build" HOME=/nonexistent "$run"
else
	skip "read_only_names_build" "needs root, and a checkout that others may enter"
fi

# Another run has the lock: that is said, and a signal to the script alone ends it all.
mkdir locked
cp -a "$BUILD"/linux-source-6.12.stamp locked/
ln -s "$BUILD/linux-source-6.12" locked/linux-source-6.12
exec 8> locked/.lock
flock 8
waits()
{
	local pid n

	env BUILD="$TMP/locked" "$run" --platform ref > waits.log 2>&1 8>&- < /dev/null & pid=$!
	for n in {1..100}; do
		grep -q "waiting for another run" waits.log && break
		sleep 0.1
	done
	kill -TERM $pid
	wait $pid
	grep -q "waiting for another run that has the lock of $TMP/locked" waits.log ||
		{ cat waits.log; return 1; }
	for n in {1..30}; do
		# The bracket keeps grep from finding itself.
		grep -qs "BUILD=$TMP/[l]ocked" /proc/[0-9]*/environ || return 0
		sleep 0.1
	done
	echo "something still runs"
	return 1
}
ok "waiting_is_said_and_ended" waits
exec 8>&-

# ---- what other distributions have ----

# packages MANAGER OS: a PATH on which nothing is installed, and what is said of it.
packages()
{
	local path=$TMP/path-$1 command
	mkdir -p "$path"
	for command in bash dirname cat id tr awk grep; do
		ln -sf "$(command -v $command)" "$path/"
	done
	[ "$1" = none ] || printf '#!/bin/bash\necho "$*" >> %s\n' "$TMP/$1.log" > "$path/$1"
	[ "$1" = none ] || chmod +x "$path/$1"
	echo "ID=$2" > "$TMP/os-$2"
	shift 2
	env PATH="$path" BUILD="$TMP/none" COCO_OS_RELEASE="$TMP/os-$OS" "$ROOT/tools/setup.sh" "$@"
}
OS=debian
ok "debian" expect 2 "apt-get install -y --no-install-recommends gcc make" \
	packages apt-get debian build src
OS=fedora
ok "fedora" expect 2 "dnf install -y --setopt=install_weak_deps=False gcc make" \
	packages dnf fedora build src unicorn
ok "fedora_names" expect 2 "pkgconf-pkg-config" packages dnf fedora unicorn
OS=other
ok "other_manager" expect 2 "neither apt-get nor dnf" packages none other build src
ok "other_manager_lists" expect 2 "missing: gcc make" packages none other build src

# libkvm of any tree that is named: a tree that was built in place, a tarball, a repository.
mkdir -p any/linux/{arch/x86/kvm/svm,tools/testing/selftests/kvm,drivers/gpu,include/generated}
(cd any/linux && touch Makefile arch/x86/kvm/svm/sev.{c,o} tools/testing/selftests/kvm/Makefile \
	drivers/gpu/{Kconfig,a.c} include/generated/a.h)
tar -C any -czf any.tar.gz linux
git -C any/linux init -q
git -C any/linux -c user.name=a -c user.email=a@example.org add -A
git -C any/linux -c user.name=a -c user.email=a@example.org commit -q -m all
git clone -q --bare any/linux any.git 2> /dev/null
before=$(find any -printf '%P %s %T@ %C@\n' | sort | cksum)
unpacked()	# PATH
{
	local tree
	rm -rf any-build
	tree=$(env LIBKVM="$1" "$ROOT/tools/tree.sh" --out any-build 2> any.log) || { cat any.log; return 1; }
	[ -e "$tree/tools/testing/selftests/kvm/Makefile" ] && [ -e "$tree/drivers/gpu/Kconfig" ] &&
		[ ! -e "$tree/drivers/gpu/a.c" ] || { find "$tree"; return 1; }
	# Named once it is enough.
	[ "$(env COCO_TARBALL=/nonexistent "$ROOT/tools/tree.sh" --out any-build)" = "$tree" ]
}
ok "libkvm_of_a_tree" unpacked any/linux
ok "libkvm_no_products" test ! -e any-build/linux-source-6.12/include/generated -a \
	! -e any-build/linux-source-6.12/arch/x86/kvm/svm/sev.o
ok "libkvm_of_a_tarball" unpacked any.tar.gz
ok "libkvm_of_a_repository" unpacked any.git
ok "libkvm_missing" expect 2 "LIBKVM: there is no" env LIBKVM="$TMP/nowhere" \
	"$ROOT/tools/tree.sh" --out any-build
ok "libkvm_tree_not_written" test "$before" = "$(find any -printf '%P %s %T@ %C@\n' | sort | cksum)"

# ---- the container ----

# Without an engine for it: what it names is there.
containerfile()
{
	local file

	for file in $(grep -oE '(\./|tools/)[a-z_]+\.sh' "$ROOT/Containerfile"); do
		test -x "$ROOT/$file" || { echo "no $file"; return 1; }
	done
	grep -qx 'FROM docker.io/library/debian:12' "$ROOT/Containerfile" &&
		grep -qx build "$ROOT/.dockerignore"
}
ok "containerfile" containerfile
cd "$ROOT" || exit 1
if podman info > /dev/null 2>&1; then
	ok "container_builds" expect 0 "" podman build -t kvm-coco .
	mkdir -p "$TMP/home/src"
	ln -s "$BUILD/linux-source-6.12" "$TMP/home/src/linux"
	ok "container_runs" expect 0 " passed, 0 failed" env HOME="$TMP/home" bash -c \
		'podman run --rm -v ~/src/linux:/linux:ro -v kvm-coco:/suite/build kvm-coco --kdir /linux'
else
	skip "container_builds" "no podman that runs"
fi

finish
