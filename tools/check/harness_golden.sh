#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The runner on test programs that end in every way, against golden output: one
# case for each program.  UPDATE=1 writes the golden files anew.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/outcomes.sh"

golden=$here/golden

normalize()
{
	sed -e 's/([0-9.]* s)/(T s)/' -e "s|$TMP|TMP|g" \
		-e 's/\(kselftest\.c:\)[0-9]*/\1LINE/'
}

golden_case()
{
	local name=$1 got=$TMP/$1.got
	shift
	runner "$@" | normalize > "$got"
	if [ -n "${UPDATE-}" ]; then
		cp "$got" "$golden/$name.txt"
	fi
	diff -u "$golden/$name.txt" "$got"
}

# The bracket keeps grep from finding itself.
still_runs()
{
	grep -qs "$TMP/build/x86_64/[h]ang_hard_test" /proc/[0-9]*/cmdline
}

runner_killed()
{
	local pid
	"$ROOT/tools/run.pl" --root "$TMP" --build "$TMP/build" --out "$TMP/out" --platform src \
		--engine unicorn --timeout 60 hang_hard_test > /dev/null 2>&1 < /dev/null & pid=$!
	for _ in {1..300}; do
		still_runs && break
		sleep 0.1
	done
	still_runs || { echo "it never ran"; return 1; }
	kill -KILL $pid
	for _ in {1..30}; do
		still_runs || return 0
		sleep 0.1
	done
	echo "the test still runs"
	return 1
}

names=$(sed -n 's/^\([a-z0-9_]*\))$/\1/p' "$here/fixtures/outcomes.sh")
make_suite $names

for name in $names kselftest; do
	ok "golden.$name" golden_case "$name" "${name}_test"
done

# Without names it prints only programs and failed cases; jobs that run at once
# are printed as whole blocks, in the order in which they end.
rm "$TMP"/x86_64/*_test.c
: > "$TMP/x86_64/known_test.c"
ok "golden.default" golden_case default
rm "$TMP"/x86_64/known_test.c
: > "$TMP/x86_64/fail_test.c"
: > "$TMP/x86_64/hang_test.c"
ok "golden.parallel" golden_case parallel --jobs 3

# A requirement that is listed, and of which everything passed.
printf '%s\n' 'REQ-THREE | <6.12.2 | commit 123456789abc' > "$TMP/tools/known-issues"
rm "$TMP"/x86_64/*_test.c
: > "$TMP/x86_64/pass_test.c"
ok "golden.unexpected_pass" golden_case unexpected_pass pass_test
ok "golden.unexpected_pass_strict" golden_case unexpected_pass_strict --strict pass_test
ok "golden.unexpected_pass_not_run" golden_case unexpected_pass_not_run pass_test:f.one
ok "golden.list" golden_case list --list

# Trees: the newest that was fetched, and the default one with and without our patches; or
# just what was asked for.
cat > "$TMP/tools/tree.sh" <<-END
	#!/bin/sh
	echo "\$*" > $TMP/tree.args
	if [ ! -e $TMP/newest ]; then
		echo "tree.sh: nothing was fetched" >&2
		exit 2
	fi
	echo $TMP/newest
END
chmod +x "$TMP/tools/tree.sh"
tree=()
mkdir -p "$TMP/tools/patches/6.12"
: > "$TMP/tools/patches/6.12/ours.patch"
ok "golden.trees" golden_case trees
ok "tree_arguments" diff - "$TMP/tree.args" <<< "--out $TMP/build --fetched debian:newest"
: > "$TMP/image.args"
mkdir "$TMP/newest"
ok "golden.trees_newest" golden_case trees_newest
sort "$TMP/image.args" > "$TMP/image.sorted"
ok "image_arguments_newest" diff - "$TMP/image.sorted" <<-END
	--out $TMP/build
	--out $TMP/build --kdir $TMP/newest
	--out $TMP/build --patch $TMP/tools/patches/6.12/ours.patch
END
ok "golden.trees_patches" golden_case trees_patches --patch /p/a.patch --patch /p/b.patch
ok "golden.trees_kdir" golden_case trees_kdir --kdir /k
tail -n 2 "$TMP/image.args" > "$TMP/image.tail"
ok "image_arguments" diff - "$TMP/image.tail" <<-END
	--out $TMP/build --patch /p/a.patch --patch /p/b.patch
	--out $TMP/build --kdir /k
END

# One of ours that does not apply any more takes out its own runs; the user's ends the run.
sed -i '/^patches=/i case "$*" in *stale.patch*) echo "stale.patch does not apply" >&2; exit 3;; esac' \
	"$TMP/tools/image.sh"
: > "$TMP/tools/known-issues"
: > "$TMP/tools/patches/6.12/stale.patch"
ok "golden.stale" golden_case stale
ok "golden.stale_strict" golden_case stale_strict --strict
ok "golden.stale_named" golden_case stale_named --patch /p/stale.patch
rm -r "$TMP/tools/patches"
# As if nothing newer were packaged: it is tested once.
sed -i 's/version=7.3.4/version=6.12.1/' "$TMP/tools/image.sh"
ok "golden.trees_same" golden_case trees_same
tree=(--kdir /k)

# Nothing that it started outlives the runner.
: > "$TMP/x86_64/hang_hard_test.c"
ok "runner_killed" runner_killed

cat > "$TMP/tools/image.sh" <<-END
	#!/bin/sh
	echo "hunk 3 of a.patch does not apply" >&2
	exit 2
END
ok "golden.no_image" golden_case no_image
ok "golden.ref" golden_case ref --platform ref

finish
