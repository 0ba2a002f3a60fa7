#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Paths with blanks: refused in one line where make or kbuild would take them for two,
# before anything is made or removed; anywhere else they are as good as others.
. "$(dirname "$0")/lib.sh"

export BUILD
blank="$TMP/a b"
suite="$blank/suite"
plain=$TMP/suite

copy()	# DIR: the suite, without what was built
{
	mkdir -p "$1" && cp -a "$ROOT"/{Makefile,run_tests.sh,include,lib,tools,x86_64} "$1"
}
copy "$suite"
copy "$plain"
mkdir -p "$blank/linux/arch/x86/kvm/svm"
touch "$blank/linux/Makefile" "$blank/linux/arch/x86/kvm/svm/sev.c"

# What goes when "$blank/..." is taken for two paths, the second one relative.
canaries=("$TMP/a" "$suite/b/suite/build" "$plain/b/build" "$blank/build" "$suite/build")
for canary in "${canaries[@]}"; do
	mkdir -p "$canary"
	touch "$canary/canary"
done

alive()
{
	local canary
	for canary in "${canaries[@]}"; do
		[ "$(ls "$canary")" = canary ] && continue
		echo "$canary is not as it was: $(ls "$canary" 2>&1)"
		return 1
	done
}

# refused TEXT COMMAND...: status 2 and one line with the text, and nothing is touched.
refused()
{
	local text=$1
	shift
	expect 2 "$text" timeout 60 "$@" && alive || return
	[ "$("$@" 2>&1 < /dev/null | wc -l)" = 1 ] && return
	echo "$*: not one line:"
	"$@" 2>&1 < /dev/null
	return 1
}

checkout="checkout: a path with blanks"
build="BUILD: a path with blanks"
for target in clean all check; do
	ok "make $target in a checkout" refused "$checkout" \
		env -u BUILD make -C "$suite" --no-print-directory $target
	ok "make $target with BUILD" refused "$build" \
		make -C "$plain" --no-print-directory $target "BUILD=$blank/build"
done
ok "make check with KDIR" refused "KDIR: a path with blanks" \
	make -C "$plain" --no-print-directory check "KDIR=$blank/linux"
ok "make clean with BUILD in the environment" refused "$build" \
	env BUILD="$blank/build" make -C "$plain" --no-print-directory clean
ok "run_tests.sh in a checkout" refused "$checkout" "$suite/run_tests.sh" --list
ok "run_tests.sh with BUILD" refused "$build" env BUILD="$blank/build" "$ROOT/run_tests.sh" --list
ok "--kdir" refused "--kdir: a path with blanks" "$ROOT/run_tests.sh" --kdir "$blank/linux"
ln -s "$blank/linux" "$TMP/link"
ok "--kdir through a link" refused "--kdir: a path with blanks" \
	"$ROOT/run_tests.sh" --kdir "$TMP/link"
ok "KDIR" refused "KDIR: a path with blanks" env KDIR="$blank/linux" "$ROOT/run_tests.sh"
for character in "'" '$(touch x)' ';' '#' '%'; do
	ok "make clean with BUILD=x$character" refused "BUILD: a path with" \
		make -C "$plain" --no-print-directory clean "BUILD=$TMP/x${character//'$'/'$$'}"
done

# Whatever BUILD says, clean does not take the sources with it.
for dir in . .. "$plain"; do
	ok "make clean BUILD=$dir" refused "holds the sources" \
		make -C "$plain" --no-print-directory clean "BUILD=$dir"
done
ok "make clean" expect 0 "" make -C "$plain" clean "BUILD=$TMP/a"
ok "make clean removes" test ! -e "$TMP/a"
mkdir "$TMP/a"
touch "$TMP/a/canary"

file=arch/x86/kvm/svm/sev.c
cat > "$blank/our fix.patch" <<END
--- a/$file
+++ b/$file
@@ -1 +1,2 @@
 $(head -n 1 "$BUILD/linux-source-6.12/$file")
+/* fixed */
END
taken()
{
	expect 0 "$@" && alive
}
ok "--out" taken "Output of each test: $blank/out" "$ROOT/run_tests.sh" --platform src \
	--out "$blank/out" snp_psc_msr_test
ok "--out holds the results" test -s "$blank/out/summary"
ok "--patch" taken "PATCHES=our fix.patch" "$ROOT/tools/image.sh" --out "$BUILD" \
	--slot check-paths --patch "$blank/our fix.patch"

finish
