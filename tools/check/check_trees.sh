#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make check-trees: a line for each tree, whatever becomes of it.  On runs of a
# run_tests.sh of this test's.
. "$(dirname "$0")/lib.sh"

mkdir -p "$TMP/suite/tools" "$TMP/build"
ln -s "$ROOT/tools/check_trees.sh" "$TMP/suite/tools/"
cat > "$TMP/suite/tools/tree.sh" <<'END'
#!/bin/bash
[ ! -e "$BUILD/down" ] || { echo "tree.sh: no archive" >&2; exit 2; }
printf '%s\n' "6.1.1 bookworm 6.1.1-1" "7.1.3 trixie 7.1.3-1~bpo13+1" "7.1.3 sid 7.1.3-1" \
	"7.2-rc1 experimental 7.2~rc1-1~exp1"
END
cat > "$TMP/suite/run_tests.sh" <<'END'
#!/bin/bash
version=${4#debian:} out=$6
echo "$*" >> "$BUILD/args"
summary()
{
	mkdir -p "$out"
	printf '%s\n' "$@" '' "Output of each test: $out" > "$out/summary"
}
case $version in
6.1.1)	echo "image.sh: KVM of $BUILD/debian/linux-6.1.1 has no SNP guests"
	echo "run_tests.sh: no kernel image"
	exit 2 ;;
7.1.3)	summary "src/kvm linux-7.1.3: 9 passed, 0 failed, 1 skipped (a: b)" ;;
7.2-rc1) summary "src/kvm linux-7.2.0: 8 passed, 1 failed" '' Failures: '  one'
	exit 1 ;;
7.3.1)	echo "In file included"
	echo "$(dirname "$0")/lib/x.c:5:1: error: no such thing"
	echo "image.sh: linking failed"
	exit 2 ;;
7.3.2)	summary "src/kvm linux-7.3.2: 9 passed, 0 failed" '' \
		'Expected to fail, but passed (see tools/known-issues):' '  one' '  two'
	exit 1 ;;
7.3.3)	exit 3 ;;
esac
END
chmod +x "$TMP"/suite/run_tests.sh "$TMP"/suite/tools/tree.sh
export BUILD=$TMP/build

# trees STATUS [VERSION...]: its lines are stdin.
trees()
{
	local want=$1 status=0
	shift
	TREES="$*" "$TMP/suite/tools/check_trees.sh" > "$TMP/said" 2>&1 < /dev/null || status=$?
	sed -i 's/([0-9]* s)$/(N s)/' "$TMP/said"
	diff "$TMP/said" - && [ $status = $want ]
}

ok "all" trees 1 <<END
7.2-rc1      8 passed, 1 failed (N s)
7.1.3        9 passed, 0 failed, 1 skipped (N s)
6.1.1        KVM of debian/linux-6.1.1 has no SNP guests (N s)
END
ok "arguments" diff "$BUILD/args" - <<END
--platform src --kdir debian:7.2-rc1 --out $BUILD/check-trees/7.2-rc1
--platform src --kdir debian:7.1.3 --out $BUILD/check-trees/7.1.3
--platform src --kdir debian:6.1.1 --out $BUILD/check-trees/6.1.1
END
ok "passed" trees 0 7.1.3 6.1.1 <<END
7.1.3        9 passed, 0 failed, 1 skipped (N s)
6.1.1        KVM of debian/linux-6.1.1 has no SNP guests (N s)
END
ok "not_built" trees 1 7.3.1 <<END
7.3.1        lib/x.c:5:1: error: no such thing (N s)
END
ok "expected_to_fail" trees 1 7.3.2 <<END
7.3.2        9 passed, 0 failed, 2 expected to fail (N s)
END
ok "unknown_end" trees 1 7.3.3 <<END
7.3.3        status 3, see $BUILD/check-trees/7.3.3.log (N s)
END
# What an earlier run has left is not this run's.
mkdir -p "$BUILD/check-trees/7.3.3"
cp "$BUILD/check-trees/7.1.3/summary" "$BUILD/check-trees/7.3.3"
ok "old_results" trees 1 7.3.3 <<END
7.3.3        status 3, see $BUILD/check-trees/7.3.3.log (N s)
END
touch "$BUILD/down"
ok "no_archive" trees 2 <<END
tree.sh: no archive
END

finish
