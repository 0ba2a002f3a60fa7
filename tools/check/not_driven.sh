#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The suite on a kernel image that lacks a symbol: a few cases need it, and are not
# driven, for that reason; all others are what they are with it.  UPDATE=1 writes the
# golden file anew.  And how an image comes to lack one: what does not fit a tree is left out.
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

cat > "$TMP/tree.h" <<-END
	long other_prototype(int of_this_tree);
	struct page { int as_here; };
	int fits(void);
	int other_member(struct page *page);
END
cat > "$TMP/glue.c" <<-END
	#include "tree.h"

	int other_prototype(void)
	{
		return 1;
	}

	static const int table[] = {
		1,
		2,
	};
	int other_member(struct page *page)
	{
		return page->as_elsewhere + table[1];
	}

	int fits(void)
	{
		return table[0];
	}
END
glue=("$ROOT/tools/image/glue.sh" "$TMP/glue.c" "$TMP/glue.o" gcc)
ok "misfit" expect 0 "" "${glue[@]}"
ok "misfit.provided" diff - <(nm "$TMP/glue.o" | sed -n 's/.* T //p') <<< fits
ok "misfit.said" diff - <(sed "s#$TMP#TMP#" "$TMP/glue.o.misfit") <<-END
	glue.c does not fit this tree; left out:
	TMP/glue.c:3:5: error: conflicting types for 'other_prototype'; have 'int(void)'
	TMP/tree.h:1:6: note: previous declaration of 'other_prototype' with type 'long int(int)'
	TMP/glue.c:14:12: error: 'struct page' has no member named 'as_elsewhere'
END
sed -i 's/int fits(void);/#error no headers/' "$TMP/tree.h"
ok "misfit_whole" expect 0 "" "${glue[@]}"
ok "misfit_whole.provided" test -z "$(nm "$TMP/glue.o")"
ok "misfit_whole.said" grep -x "all of glue.c" "$TMP/glue.o.misfit"

finish
