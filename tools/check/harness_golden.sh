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

# A signal to the runner: what has ended is told and kept, and nothing else.
runner_ended()
{
	local pid status=0
	"$ROOT/tools/run.pl" --root "$TMP" --build "$TMP/build" --out "$TMP/ended" --platform src \
		--engine unicorn --timeout 60 --jobs 1 fail_test hang_hard_test pass_test \
		> "$TMP/ended.out" 2>&1 < /dev/null & pid=$!
	for _ in {1..300}; do
		still_runs && break
		sleep 0.1
	done
	kill -TERM $pid
	wait $pid || status=$?
	# It has been killed, and may take a moment for that.
	for _ in {1..30}; do
		still_runs || break
		sleep 0.1
	done
	still_runs && { echo "the test still runs"; return 1; }
	[ $status = 2 ] &&
		grep -q '^INTERRUPTED by SIGTERM: 1 of 3 test programs had ended' "$TMP/ended.out" &&
		grep -q "1 failed" "$TMP/ended.out" && grep -q "^Failures:" "$TMP/ended.out" &&
		perl -MJSON::PP -e 'local $/; my $r = decode_json(<STDIN>);
			exit !($r->{run}{status} == 2 && @{$r->{groups}} == 1 &&
			       "@{[map { $_->{name} } @{$r->{groups}[0]{tests}}]}" eq "fail_test")' \
			< "$TMP/ended/results.json" && return
	echo "status $status"
	cat "$TMP/ended.out"
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

# What patches change, of a run before them, and one by one.
: > "$TMP/x86_64/patched_test.c"
tree=(--kdir /k)
for mode in diff each; do
	ok "golden.$mode" golden_case $mode --$mode --patch /p/break.patch --patch /p/other.patch \
		--patch /p/mend.patch
done
ok "golden.diff_mends" golden_case diff_mends --diff --patch /p/mend.patch
runs()	# PATCH...
{
	runner --out "$TMP/run-$1" "${@:2}" patched_test > /dev/null
}
runs old --patch /p/break.patch
runs new --patch /p/mend.patch
golden_compare()
{
	{ "$ROOT/tools/run.pl" --compare "$TMP/run-old" "$TMP/run-new" 2>&1; echo "status $?"; } |
		normalize > "$TMP/compare.got"
	[ -z "${UPDATE-}" ] || cp "$TMP/compare.got" "$golden/compare.txt"
	diff -u "$golden/compare.txt" "$TMP/compare.got"
}
ok "golden.compare" golden_compare
rm "$TMP/x86_64/patched_test.c"

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
: > "$TMP/x86_64/fail_test.c"
ok "runner_killed" runner_killed
ok "runner_ended" runner_ended
rm "$TMP/x86_64/fail_test.c"

# A run that does not begin leaves nothing; one that does, where "latest" says.
kept()
{
	local run=("$ROOT/tools/run.pl" --root "$TMP" --build "$TMP/build" --platform src
		--engine unicorn --kdir /k)

	"${run[@]}" pass_test:nope > "$TMP/kept.said" 2>&1
	[ $? = 2 ] && [ ! -e "$TMP/build/results" ] || { cat "$TMP/kept.said"; return 1; }
	"${run[@]}" pass_test > "$TMP/kept.said" 2>&1 && [ -s "$TMP/build/results/latest/summary" ] &&
		return
	cat "$TMP/kept.said"
	return 1
}
: > "$TMP/x86_64/pass_test.c"
ok "kept" kept

# A disk that is full takes the files, not the summary.
full_disk()
{
	local dir=$TMP/out/src-unicorn-linux-6.12.1

	rm -rf "$TMP/out"
	mkdir -p "$dir"
	ln -s /dev/full "$dir/pass_test.tap"
	ln -s /dev/full "$TMP/out/summary.new"
	runner pass_test > "$TMP/full.said"
	rm -rf "$TMP/out"
	grep -q "cannot write $dir/pass_test.tap: No space left" "$TMP/full.said" &&
		grep -q "cannot write $TMP/out/summary: No space left" "$TMP/full.said" &&
		grep -q "^src/unicorn linux-6.12.1: 2 passed, 0 failed" "$TMP/full.said" &&
		grep -qx "status 0" "$TMP/full.said" && return
	cat "$TMP/full.said"
	return 1
}
ok "full_disk" full_disk

# Nor does what builds an image outlive it.
build_killed()
{
	local pid

	printf '#!/bin/sh\necho > %s\nsleep 987 & wait\n' "$TMP/builds" > "$TMP/tools/image.sh"
	"$ROOT/tools/run.pl" --root "$TMP" --build "$TMP/build" --out "$TMP/out" --platform src \
		--engine unicorn --kdir /k pass_test > /dev/null 2>&1 < /dev/null & pid=$!
	for _ in {1..100}; do
		[ ! -e "$TMP/builds" ] || break
		sleep 0.1
	done
	kill -TERM $pid
	wait $pid
	for _ in {1..30}; do
		grep -qs "$TMP/tools/[i]mage.sh" /proc/[0-9]*/cmdline || return 0
		sleep 0.1
	done
	echo "it still builds"
	return 1
}
ok "build_killed" build_killed

cat > "$TMP/tools/image.sh" <<-END
	#!/bin/sh
	echo "hunk 3 of a.patch does not apply" >&2
	exit 2
END
ok "golden.no_image" golden_case no_image
ok "golden.ref" golden_case ref --platform ref

finish
