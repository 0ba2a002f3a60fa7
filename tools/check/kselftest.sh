#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The repository as a target of a kernel tree's selftests, with the libkvm of the tree of KDIR= or
# the newest that was fetched (all else here is built with 6.12's); installed, and its exit codes.
. "$(dirname "$0")/lib.sh"

cd "$TMP" || exit 1
tree=${CHECK_KDIR:-}
export TESTS="snp_psc_msr_test tdx_hlt_test"

# Directories of the tree with links in them, and one to the suite.
make_tree()
{
	local dir
	for dir in . tools tools/testing tools/testing/selftests; do
		mkdir -p "tree/$dir"
		ln -sf "$tree/$dir"/* "tree/$dir/"
		rm -f tree/tools tree/tools/testing tree/tools/testing/selftests 2> /dev/null
	done
	ln -s "$ROOT" tree/tools/testing/selftests/kvm-coco
}

# What takes long is there already.
export COCO_BUILT=$BUILD

selftests()	# GOAL...
{
	make -s -C tree/tools/testing/selftests O="$TMP/o" TARGETS=kvm-coco "$@" > log 2>&1 || { cat log; return 1; }
}

line()	# PATTERN
{
	grep -qE "$1" log && return
	tail -n 20 log
	return 1
}

if [ -z "$tree" ]; then
	skip "kselftest" "the newest kernel that Debian packages was not fetched yet"
	finish
fi
make_tree
ok "run_tests" selftests run_tests
ok "a program by itself" line '^ok 1 selftests: kvm-coco: snp_psc_msr_test( # SKIP)?$'
ok "all in the process" line '^ok 3 selftests: kvm-coco: in_process.sh$'
ok "its cases" line '^# ok [0-9]+ .*snp_psc_msr_test: msr.private.answer'
ok "the tree's settings" line '^# timeout set to 300$'
ok "its libkvm" grep -qF "$(readlink -f "$tree")/tools/testing/selftests/kvm/include" \
	o/kselftest/kvm-coco/build/libkvm/libkvm.cflags

out=$TMP/o/kselftest/kvm-coco/build
inst=$TMP/inst/kvm-coco
mkdir inst
printf '%s\n' kvm:one_test kvm-coco:old_test > inst/kselftest-list.txt
ok "install" env KDIR="$TMP/tree" "$ROOT/tools/kselftest/install.sh" --out "$out" inst
ok "list" diff - inst/kselftest-list.txt <<-END
	kvm:one_test
	kvm-coco:snp_psc_msr_test
	kvm-coco:tdx_hlt_test
	kvm-coco:in_process.sh
END
if [ -e "$tree/tools/testing/selftests/run_kselftest.sh" ]; then
	ok "run_kselftest" expect 0 "ok 1 selftests: kvm-coco: in_process.sh" \
		inst/run_kselftest.sh -t kvm-coco:in_process.sh
else
	skip "run_kselftest" "this tree was unpacked without run_kselftest.sh"
fi

# Exit codes: what is installed needs neither the repository nor what was built.
entry=$inst/in_process.sh
ok "status.passed" expect 0 "1..12" "$entry" snp_psc_msr_test
ok "status.unknown" expect 1 "unknown test" "$entry" no_test
said()	# STATUS RESULT...: a runner that ends so
{
	local status=$1
	shift
	{
		echo '#!/bin/bash'
		echo 'while [ "$1" != --out ]; do shift; done; mkdir -p "$2"; touch "$2/summary"'
		printf 'echo "%s" >> "$2/results.tap"\n' "$@"
		echo "exit $status"
	} > "$inst/suite/tools/run.pl"
}
said 1 "not ok 1 a"
ok "status.failed" expect 1 "not ok 1 a" "$entry"
said 4 "ok 1 a # SKIP b"
ok "status.nothing" expect 4 "# SKIP b" "$entry"
said 3 "ok 1 a" "not ok 2 b # TODO not driven"
ok "status.some_not_driven" expect 0 "ok 1 a" "$entry"
said 3 "ok 1 a # SKIP c" "not ok 2 b # TODO not driven"
ok "status.none_driven" expect 4 "not ok 2 b" "$entry"
said 2 "1..0"
ok "status.usage" expect 1 "1..0" "$entry"
rm "$inst/suite/image.elf"
echo "no flex" > "$inst/suite/why"
ok "status.no_image" expect 4 "1..0 # SKIP no flex" "$entry"

finish
