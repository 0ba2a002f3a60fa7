# SPDX-License-Identifier: GPL-2.0-only
#
# A suite of programs that end in every way, and the runner on it, to be sourced after lib.sh:
# fixtures/outcomes.sh and fixtures/kselftest.c in TMP, with an image.sh that builds nothing.

here=$(cd "$(dirname "$0")" && pwd)

# make_suite NAME...: what the runner looks at in a repository and a build.
make_suite()
{
	local name
	mkdir -p "$TMP/x86_64" "$TMP/tools" "$TMP/build/x86_64" "$TMP/build/inproc"
	printf '%s\n' 'REQ-KNOWN | 6.12 | commit 123456789abc' \
		'REQ-OLD | <6.0 | commit abcdef123456' > "$TMP/tools/known-issues"
	cat > "$TMP/tools/image.sh" <<-END
		#!/bin/sh
		echo "\$*" >> $TMP/image.args
		patches= version=6.12.1
		while [ \$# -gt 0 ]; do
			[ "\$1" = --patch ] && patches=\${patches:+\$patches,}\${2##*/}
			[ "\$2" = $TMP/newest ] && version=7.3.4
			shift 2
		done
		touch $TMP/image\$patches
		printf "%s\\n" IMAGE=$TMP/image\$patches TREE=linux-\$version VERSION=\$version PATCHES=\$patches
	END
	chmod +x "$TMP/tools/image.sh"
	for name in "$@"; do
		: > "$TMP/x86_64/${name}_test.c"
		ln -s "$here/fixtures/outcomes.sh" "$TMP/build/x86_64/${name}_test"
	done
	ln -sf "$BUILD/tools/check/fixtures/kselftest" "$TMP/build/x86_64/kselftest_test"
	: > "$TMP/x86_64/kselftest_test.c"
	# The preloaded object has no part in this, but must be one.
	ln -s "$(gcc -print-file-name=libdl.so.2)" "$TMP/build/inproc/libinproc-src.so"
}

tree=(--kdir /k)
runner()
{
	"$ROOT/tools/run.pl" --root "$TMP" --build "$TMP/build" --out "$TMP/out" --platform src \
		--engine unicorn --timeout 1.5 "${tree[@]}" "$@" 2>&1 < /dev/null
	echo "status $?"
}
