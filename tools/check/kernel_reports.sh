#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is said of a crash, a WARN, a BUG, a missing symbol or a hang, and where it was,
# against golden output: by the in-process KVM, whose kernel fails on purpose
# (fixtures/reports.patch), and by the runner; and what a failed case tells of host, guest
# and kernel.  UPDATE=1 writes the golden files anew.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/other_build.sh"

here=$(cd "$(dirname "$0")" && pwd)
golden=$here/golden
preload=$BUILD/inproc/libinproc-src.so
reports=$BUILD/tools/check/fixtures/reports
told=$BUILD/tools/check/fixtures/told
told_td=$BUILD/tools/check/fixtures/told_td
slot=check-reports

# With two answers that are wrong; of coco-v1's, only what the others change is to be built.
coco_v1=$ROOT/tools/patches/6.12/coco-v1.patch
"$ROOT/tools/image.sh" --out "$BUILD" --patch "$coco_v1" > /dev/null &&
answer=$("$ROOT/tools/image.sh" --out "$BUILD" --slot $slot \
	--patch "$coco_v1" --patch "$here/fixtures/reports.patch" \
	--patch "$here/wrong_kernels/answer_codes_swapped.patch" \
	--patch "$here/wrong_kernels/psc_refused_code.patch") || {
	echo "Bail out! no kernel image"
	exit 1
}
image=$(sed -n 's/^IMAGE=//p' <<< "$answer")

# What varies with compiler and tree: addresses, lines, names of parts of functions,
# callers, a type's spelling.  Without what libkvm has to say.
normalize()
{
	sed -e '/Random seed/d' -e '/# inproc:     /{/fail_on_purpose/!d}' \
		-e 's/+0x[0-9a-f]*\|+0\b//g' -e 's/\.c:[0-9]*/.c:LINE/g' \
		-e "s/'const int\[4\]'/'int [4]'/" \
		-e 's/\.part\.[0-9]*\|\.cold\|\.isra\.[0-9]*//g' \
		-e 's/RIP 0x[0-9a-f]*/RIP ADDRESS/' -e 's/\(RAX\|gfn\|GVA\) 0x[0-9a-f]*/\1 DATA/' \
		-e 's/engine \(kvm\|unicorn\)/engine ENGINE/' -e 's/([0-9.]* s)/(T s)/' \
		-e "s|$TMP|TMP|g"
}

same()	# NAME: stdin is golden/NAME.txt
{
	cat > "$TMP/got"
	if [ -n "${UPDATE-}" ]; then
		cp "$TMP/got" "$golden/$1.txt"
	fi
	diff -u "$golden/$1.txt" "$TMP/got"
}

# program ENGINE ARGUMENT...: the fixture as it is, in a process group of its own.
program()
{
	local engine=$1
	shift
	env COCO_PLATFORM=src COCO_ENGINE="$engine" COCO_IMAGE="$image" COCO_TIMEOUT="${seconds:-1}" \
		LD_PRELOAD="$preload" timeout -k 2 60 "$reports" "$@" > "$TMP/raw" 2>&1 < /dev/null
	normalize < "$TMP/raw"
}

said()	# NAME ENGINE CASE...
{
	local name=$1 engine=$2 case
	local -a options=()
	shift 2
	for case; do
		options+=(-r "report.$case.ends")
	done
	program "$engine" "${options[@]}" | same "$name"
}

# The file and line of a crash are where it says: the statement is there.
true_line()
{
	local line
	program unicorn -r report.kernel_null_pointer.ends > /dev/null
	line=$(sed -n 's/^# inproc: kernel code crashed: .*sev\.c:\([0-9]*\).*/\1/p' "$TMP/raw")
	find "$BUILD/image/$slot/farm" -name sev.c -path '*/kvm/svm/*' \
		-exec sed -n "${line:-1}p" {} + | grep -F 'WRITE_ONCE(*(int *)0x10, 1);'
}

# The runner on the fixture and that kernel.
mkdir -p "$TMP/x86_64" "$TMP/tools" "$TMP/build/x86_64" "$TMP/build/inproc"
: > "$TMP/x86_64/reports_test.c"
: > "$TMP/x86_64/told_test.c"
: > "$TMP/x86_64/tdx_told_test.c"
echo "SNP-PSC-REFUSED | <5.0 | repaired by 123456789abc" > "$TMP/tools/known-issues"
ln -s "$reports" "$TMP/build/x86_64/reports_test"
ln -s "$told" "$TMP/build/x86_64/told_test"
ln -s "$told_td" "$TMP/build/x86_64/tdx_told_test"
ln -s "$BUILD/inproc/libinproc-ref.so" "$TMP/build/inproc/"
ln -s "$preload" "$TMP/build/inproc/libinproc-src.so"
cat > "$TMP/tools/image.sh" <<-END
	#!/bin/sh
	printf '%s\n' IMAGE=\$(cat $TMP/image) TREE=linux-x VERSION=6.12.1 PATCHES=
END
chmod +x "$TMP/tools/image.sh"
echo "$image" > "$TMP/image"

runner()
{
	"$ROOT/tools/run.pl" --root "$TMP" --build "$TMP/build" --out "$TMP/out" --platform src \
		--engine unicorn --kdir /k "$@" 2>&1 < /dev/null
	echo "status $?"
}

reported()	# NAME OPTION...
{
	local name=$1
	shift
	runner "$@" | normalize | same "$name"
}

# Places are looked up while the VM lives, which takes time.
patiently()
{
	local seconds=20
	"$@"
}

# The same kernel with its undefined behaviour sanitizer.
sanitized()
{
	local answer image
	answer=$(other_image) || return
	image=$(sed -n 's/^IMAGE=//p' <<< "$answer")
	patiently said reports_sanitized unicorn undefined_index memory_past_end
}

no_image()
{
	echo "$TMP/build" > "$TMP/image"
	reported reports_no_image 'reports_test:report.kernel_warns.*'
}

ok "crashes" patiently said reports_crashes unicorn kernel_warns kernel_warns_without_end \
	kernel_bugs kernel_null_pointer kernel_calls_nowhere kernel_unprovided_call \
	kernel_unprovided_data kernel_bad_opcode
ok "memory" patiently said reports_memory unicorn memory_past_end memory_in_slack memory_after_free \
	memory_freed_twice memory_wrong_free memory_leaks
ok "hangs" said reports_hangs unicorn hang_kernel_loops hang_kernel_deadlocks \
	hang_guest_spins hang_host_spins hang_own_handler
if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
	ok "hangs.kvm" said reports_hangs kvm hang_kernel_loops hang_kernel_deadlocks \
		hang_guest_spins hang_host_spins hang_own_handler
else
	skip "hangs.kvm" "no usable /dev/kvm"
fi
ok "line" true_line
ok "runner.crashes" reported reports_runner 'reports_test:report.kernel_*'
ok "runner.hang" reported reports_runner_hang --timeout 2 'reports_test:report.hang_kernel_loops*'
ok "runner.sides" reported reports_sides told_test
# Of a TD, on the reference model.
ok "runner.sides_td" reported reports_sides_td --platform ref tdx_told_test
ok "sanitized, of a tree that was built in place" sanitized
ok "no_image" no_image

finish
