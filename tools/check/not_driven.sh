#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The suite on a kernel image that lacks a symbol: a few cases need it, and are not
# driven, for that reason; all others are what they are with it.  UPDATE=1 writes the
# golden file anew.
. "$(dirname "$0")/lib.sh"

golden=$(cd "$(dirname "$0")" && pwd)/golden/not_driven.txt

# The suite as the runner sees it, with another image.sh.
mkdir -p "$TMP/root/tools"
ln -s "$ROOT/x86_64" "$TMP/root/x86_64"
ln -s "$ROOT/tools/known-issues" "$TMP/root/tools/known-issues"
cat > "$TMP/root/tools/image.sh" <<-END
	#!/bin/sh
	exec "$ROOT/tools/image.sh" --unprovide schedule "\$@"
END
chmod +x "$TMP/root/tools/image.sh"

lacking()
{
	"$ROOT/tools/run.pl" --root "$TMP/root" --build "$BUILD" --out "$TMP/out" --platform src \
		--kdir "$BUILD/linux-source-6.12" --engine unicorn "$@" > "$TMP/raw" 2>&1 < /dev/null
	echo "status $?" >> "$TMP/raw"
	sed -e 's/([0-9.]* s)/(T s)/' -e 's/linux-[0-9.]*/linux-x/' -e 's/+0x[0-9a-f]*//g' \
		-e 's/\.c:[0-9]*/.c:LINE/' -e "s|$TMP|TMP|g" "$TMP/raw" > "$TMP/got"
	[ -z "${UPDATE-}" ] || cp "$TMP/got" "$golden"
	diff -u "$golden" "$TMP/got"
}

ok "lacking" lacking snp_ghcb_ap_test snp_psc_msr_test

finish
