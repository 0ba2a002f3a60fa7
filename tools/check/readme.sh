#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every command in README does what README says.  Each is run as it stands, but for
# names of files that only stand for the reader's; for those that would start this
# test again: of these, make says what it would do; and for whole runs on a tree: of these
# a test is run, as .ci/run has a whole one.  And the files that README and lib/README
# name are there.
. "$(dirname "$0")/lib.sh"

cd "$ROOT" || exit 1
export BUILD

# It goes on for ever.
watched()
{
	local pid

	bash -c "exec $1" > "$TMP/watched" 2>&1 < /dev/null & pid=$!
	for _ in {1..600}; do
		grep -q '^watching ' "$TMP/watched" || ! kill -0 $pid && break
		sleep 0.2
	done 2> /dev/null
	kill -TERM $pid 2> /dev/null
	wait $pid
	grep -q ' passed, 0 failed' "$TMP/watched" && grep -q '^watching ' "$TMP/watched" && return
	cat "$TMP/watched"
	return 1
}

run()
{
	local command=$1
	command=${command//'~/src/linux/.config'/config}
	command=${command//'~/src/linux'/$BUILD/linux-source-6.12}
	command=${command//build\/libkvm/$BUILD/libkvm}
	command=${command//build\/theirs/$TMP/theirs}
	command=${command//build\/mine/$TMP/mine}
	command=${command//fix.patch/tools/patches/6.12/coco-v1.patch}
	case $command in
	*' --watch'*)		watched "$command snp_psc_msr_test" ;;
	# Those of revision.sh have one.
	*' git:'*|*' --bisect '*) expect 2 "is no git repository" bash -c "$command" ;;
	*' --qualify'*)		expect 0 "qualified" bash -c "$command --only limit --rounds 1 --limit 20 --out '$TMP/qualified-$nr'" ;;
	*' --explain '*)	expect 0 "Source:" bash -c "$command" ;;
	'tools/with-kvm'*)	expect 0 "" bash -c "$command" ;;
	'tools/check-config'*)	expect 0 "all that is wanted is there" bash -c "$command" ;;
	*_test|*--list)		expect 0 "" bash -c "$command --out '$TMP/out'" ;;
	*--matrix*)		expect 0 "as a page:" bash -c "$command --out '$TMP/matrix.html'" ;;
	*--out*)		expect 0 "" bash -c "$command snp_psc_msr_test" ;;
	'./run_tests.sh'*)	expect 0 "" bash -c "$command --out '$TMP/out' snp_psc_msr_test" ;;
	# kselftest.sh does.
	*TARGETS=kvm-coco*)	grep -q TARGETS=kvm-coco tools/check/kselftest.sh ;;
	# As far as it can be without podman, anywhere.sh does.
	'podman '*)		grep -qF "$1" tools/check/anywhere.sh ;;
	'make help')		expect 0 "make check" bash -c "$command" ;;
	'make bench')		expect 0 "Guest Request, kernel only" env RUNS=1 MOST=4 bash -c "$command" ;;
	'make '*)		expect 0 "tools/setup.sh" bash -c "$command --dry-run" ;;
	*)			echo "do not know how to run this"; return 1 ;;
	esac
}

nr=0
while read -r command; do
	nr=$((nr + 1))
	ok "README: $command" run "$command"
done < <(sed -n 's/^    \(\(\.\/\|tools\/with-kvm\|tools\/check-config\|make \|podman \).*\)$/\1/p' README)
ok "README has commands" test $nr -ge 5

paths=$(grep -oh '\(tools\|lib\|include\|x86_64\)/[A-Za-z0-9_./-]*[A-Za-z0-9_/]' README lib/README |
	sort -u)
for path in $paths; do
	case $path in
	*NAME*|*SUBJECT*|tools/testing/*) continue ;;
	esac
	ok "$path exists" test -e "$path"
done

finish
