#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Where a requirement comes from can be looked up: of a document that is a file of the kernel's the
# section stands in 6.12's, in the newest tree's, or in what our patches add to it.  Of trees that
# were fetched only KVM's documents are unpacked: others are looked into where KDIR has them.
. "$(dirname "$0")/lib.sh"

trees=("$BUILD/linux-source-6.12" ${CHECK_KDIR:+"$CHECK_KDIR"})

cat > "$TMP/rows.c" <<'END'
#include <stdio.h>
#include "check/requirement.h"
#define ROW(symbol, id, document, section, text) printf("%s\t%s\t%s\n", id, document, section);
int main(void)
{
	REQUIREMENTS(ROW)
	return 0;
}
END

# stands DOCUMENT WORDS: a function goes without its parentheses, in C; of "A or B" one will do.
stands()
{
	local tree words

	while IFS= read -r words; do
		for tree in "${trees[@]}"; do
			[ ! -e "$tree/$1" ] || ! grep -qF -e "${words%()}" "$tree/$1" || return 0
		done
		! grep -qF -e "${words%()}" "$ROOT"/tools/patches/*/*.patch || return 0
	done < <(sed 's/ or /\n/g' <<< "$2")
	return 1
}

each_stands()
{
	local id document section part missing=0

	while IFS=$'\t' read -r id document section; do
		case $document in
		Documentation/*|arch/*|include/*|virt/*|drivers/*) ;;
		*)	continue ;;
		esac
		[ -e "${trees[0]}/$document" ] || [ -e "${trees[-1]}/$document" ] || continue
		while IFS= read -r part; do
			stands "$document" "$part" && continue
			echo "$id: $document has no '$part'"
			missing=1
		done < <(sed 's/, /\n/g' <<< "$section")
	done < "$TMP/rows"
	return $missing
}

if [ ! -d "${trees[0]}" ]; then
	echo "1..0 # SKIP no kernel tree to look into"
	exit 0
fi
ok "a table of the requirements" bash -c '"$@"' - gcc -I"$ROOT/include" -o "$TMP/rows.bin" "$TMP/rows.c"
"$TMP/rows.bin" > "$TMP/rows"
if [ -n "${CHECK_KDIR:-}" ]; then
	ok "each has a section that there is" each_stands
else
	skip "each has a section that there is" "no newest kernel was fetched"
fi
printf 'NO\tDocumentation/virt/kvm/api.rst\tKVM_NO_SUCH_SECTION\n' > "$TMP/rows"
ok "one that there is not is told" expect 1 "NO: Documentation/virt/kvm/api.rst has no 'KVM_NO_SUCH" each_stands
finish
