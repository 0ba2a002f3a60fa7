#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The conformance matrix of two kernels: what each cell says, as text and as a page; that the page
# is well-formed and needs nothing but itself; and, in Chromium, that it does what it offers.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/outcomes.sh"

page=$TMP/matrix.html
cd "$TMP" || exit 1

matrix()
{
	"$ROOT/run_tests.sh" --matrix --out "$page" "$@"
}

# An older kernel, of which something is known, and a newer one on which a program crashes; of the
# requirements of these programs no case lists REQ-NEVER and the like.
make_suite pass known fail skip_case tdx_pass tdx_skip_case undriven
rm "$TMP/x86_64/kselftest_test.c"
mkdir -p {oldest,newest}/arch/x86/kvm/vmx
touch {oldest,newest}/arch/x86/kvm/vmx/tdx.c
tree=(--kdir "$TMP/oldest")
runner --jobs 4 > "$TMP/log"
mv "$TMP/out" "$TMP/old"
: > "$TMP/x86_64/crash_test.c"
ln -s "$here/fixtures/outcomes.sh" "$TMP/build/x86_64/crash_test"
printf '%s\n' 'REQ-ONE | 7.3.* | it is said' > "$TMP/tools/known-issues"
tree=(--kdir "$TMP/newest")
runner --jobs 4 > "$TMP/log"
mv "$TMP/out" "$TMP/new"

export BUILD
ok "text" expect 0 "as a page: $page" matrix old new
matrix new old > "$TMP/text" 2> /dev/null

# line ID [VENDOR]: its cells, of the older kernel and of the newer one.
cells()	# WANTED ID [VENDOR]
{
	local want=$1
	shift
	diff - <(sed -n "s/^    $*  *\(.*\)/\1/p" "$TMP/text" | tr -s ' ') <<< "$want"
}

ok "kernels in their order" diff - <(head -n 2 "$TMP/text") <<-END
	 1  6.12.1 src unicorn
	 2  7.3.4 src unicorn
END
ok "a failure, and one that is known" cells "FAILED known" REQ-ONE AMD
ok "the other vendor's KVM" cells "ok ok" REQ-ONE Intel
ok "not by the newer one's list" cells "known FAILED" REQ-KNOWN
ok "a hole" cells ". ." REQ-NEVER
ok "a program" cells ". FAILED" crash_test
ok "all rows" test "$(grep -c '^    [A-Za-z]' "$TMP/text")" = 10
ok "counts" diff - <(sed -n 's/^\(failed\|holes\)  */\1 /p' "$TMP/text" | tr -s ' ') <<-END
	failed 2 3
	holes 3 2
END

# The page without a browser.
alone()
{
	! grep -nE '(src|href)="|url\(|@import|https?://' "$page" | grep -v 'http://www.w3.org/1999/xhtml'
}
ok "the page needs nothing else" alone
if command -v xmllint > /dev/null; then
	ok "well-formed" xmllint --noout "$page"
	cell()	# VALUE XPATH
	{
		diff - <(xmllint --xpath "$2" "$page") <<< "$1"
	}
	h="local-name()"
	ok "all cells" cell 20 "count(//*[$h='tbody']//*[$h='td'])"
	ok "a cell" cell f "string(//*[$h='tr'][*[1]/*[1]='REQ-ONE'][1]/*[2]/@class)"
else
	skip "well-formed" "no xmllint"
fi

ok "of a run" expect 0 "REQ-ONE" cat "$TMP/new/index.html"
ok "no result" expect 2 "--matrix needs the directory of a run" matrix
ok "no such result" expect 2 "cannot read nowhere: No such file" matrix nowhere
mkdir empty
ok "an empty directory" expect 2 "cannot read empty/results.json" matrix empty

# In a browser: page_test.js goes through it, and leaves its lines of TAP in the document.
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
	skip "in a browser" "no chromium"
	finish
}
{
	sed '/^<\/body>/,$d' "$page"
	echo "<script>"
	cat "$here/fixtures/page_test.js"
	echo "</script></body></html>"
} > "$TMP/driven.html"
browser()	# WIDTH
{
	timeout 60 "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$TMP/profile" \
		--window-size="$1,900" --virtual-time-budget=5000 --dump-dom "file://$TMP/driven.html" \
		2> "$TMP/chromium.log" | sed -n '/<pre id="tap"/,/<\/pre>/p' | sed 's/<[^>]*>//g' > "$TMP/tap.$1"
	grep -q '^1\.\.' "$TMP/tap.$1" || { tail -n 3 "$TMP/chromium.log"; cat "$TMP/tap.$1"; return 1; }
}
for width in 1280 400; do
	ok "in a browser, $width pixels wide" browser $width
	while IFS= read -r line; do
		ok "$width: ${line#*ok * }" test "${line%%ok*}" = ""
	done < <(grep -E '^(not )?ok' "$TMP/tap.$width")
done
# The script's error would be told in the log.
cut_short()
{
	timeout 60 "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$TMP/profile" \
		--enable-logging=stderr --virtual-time-budget=5000 --dump-dom "file://$page#%e0%a" \
		2> "$TMP/chromium.log" | grep -q 'role="grid"' && ! grep Uncaught "$TMP/chromium.log"
}
ok "a link that was cut short" cut_short
finish
