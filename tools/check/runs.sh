#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Whole runs of the suite: how fast, how many at once, as whom, from where, and what
# they do to the tree under test.
. "$(dirname "$0")/lib.sh"

cd / || exit 1
export BUILD
run=$ROOT/run_tests.sh
tree=$BUILD/linux-source-6.12

# With nothing to build nothing is: the image and all programs are those of the run before.
not_rebuilt()
{
	local image before
	image=$("$ROOT/tools/image.sh" --out "$BUILD" | sed -n 's/^IMAGE=//p')
	before=$(stat -c '%n %i %y' "$image" "$BUILD"/{x86_64,inproc}/*)
	expect 0 "passed, 0 failed" "$run" --out "$TMP/again" snp_psc_msr_test || return 1
	[ "$before" = "$(stat -c '%n %i %y' "$image" "$BUILD"/{x86_64,inproc}/*)" ] && return
	echo "something was built again"
	return 1
}

two_at_once()
{
	local first second status=0
	expect 0 "" "$run" --platform src --out "$TMP/first" \
		snp_psc_msr_test & first=$!
	expect 0 "" "$run" --platform src --out "$TMP/second" \
		snp_psc_msr_test & second=$!
	wait $first || status=1
	wait $second || status=1
	return $status
}

# Name, size and times of every file.
state()
{
	find "$1" -printf '%P %s %T@ %C@ %m\n' | sort | cksum
}

not_written()
{
	local before after
	before=$(state "$tree")
	expect 0 "linux-6.12" "$run" --platform src --kdir "$tree" --out "$TMP/kdir" \
		snp_psc_msr_test || return 1
	after=$(state "$tree")
	[ "$before" = "$after" ] && return
	echo "the tree has changed"
	return 1
}

patch_rejected()
{
	cat > "$TMP/bad.patch" <<-END
		--- a/arch/x86/kvm/svm/sev.c
		+++ b/arch/x86/kvm/svm/sev.c
		@@ -1,3 +1,3 @@
		 /* no such line */
		-/* nor this one */
		+/* but this */
		 /* and none like this */
	END
	expect 2 "arch/x86/kvm/svm/sev.c" "$run" --patch "$TMP/bad.patch" --out "$TMP/bad" ||
		return 1
	[ ! -e "$TMP/bad/summary" ] || { echo "it went on"; return 1; }
	# The runner tells it from a build that failed.
	expect 3 "patch does not apply" "$ROOT/tools/image.sh" --out "$BUILD" --slot check-rejected \
		--patch "$TMP/bad.patch"
}

# What was compiled before must not stand in for it.
patch_uncompiled()
{
	local file=arch/x86/kvm/svm/sev.c

	sed "\$a int hugo = undeclared;" "$tree/$file" |
		diff -u --label "a/$file" --label "b/$file" "$tree/$file" - > "$TMP/uncompiled.patch"
	expect 2 "undeclared" "$run" --kdir "$tree" --patch "$TMP/uncompiled.patch" \
		--out "$TMP/uncompiled" snp_psc_msr_test || return 1
	[ ! -e "$TMP/uncompiled/summary" ] || { echo "it went on"; return 1; }
}

ok "first_run" expect 0 "passed, 0 failed" "$run" --out "$TMP/run" snp_psc_msr_test
ok "nothing_changed_nothing_built" not_rebuilt
ok "two_at_once" two_at_once
ok "coco_v1_unicorn" expect 0 "coco_v1" "$run" --platform src --engine unicorn --out "$TMP/uc" \
	snp_req_certs_answer_test
if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
	ok "coco_v1_kvm" expect 0 "coco_v1" "$run" --platform src --engine kvm --out "$TMP/kvm" \
		snp_req_certs_answer_test
else
	skip "coco_v1_kvm" "no usable /dev/kvm"
fi
echo "SNP-PSC-MSR-BAD-OP | >=6.12 | not true, for this test" > "$TMP/known"
repaired=("$run" --platform src --kdir "$tree" --known-issues "$TMP/known" --out "$TMP/repaired")
ok "repaired" expect 0 "REPAIRED: " "${repaired[@]}" snp_psc_msr_test
ok "repaired_strict" expect 1 "REPAIRED: " "${repaired[@]}" --strict snp_psc_msr_test
ok "kdir_not_written" not_written
ok "patch_rejected" patch_rejected
ok "patch_uncompiled" patch_uncompiled

user=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent)
if [ "$(id -u)" != 0 ]; then
	skip "ordinary_user" "not root: all of this runs as an ordinary user"
elif "${user[@]}" test -x "$run" -a -x "$BUILD" 2> /dev/null; then
	ok "ordinary_user" expect 0 "src/unicorn" "${user[@]}" "$run" --engine unicorn \
		snp_psc_test tdx_map_gpa_test
	chmod 755 "$TMP"
	ok "ordinary_user_cannot_build" expect 2 "not yours to write to" \
		"${user[@]}" env BUILD="$TMP" "$run"
else
	skip "ordinary_user" "other users may not enter $BUILD"
fi

finish
