#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What tools/bench.pl makes of measurements: the median of runs, ratios within each of them, a file
# that it can read again, and a picture.
. "$(dirname "$0")/lib.sh"

cd "$TMP" || exit 1

# row RUN WHAT KVM SIZE NS: the second run was on a machine that was slow, and the last of all.
row()
{
	printf '%s\t%s\t%s\t%s\t%s\t%s\t7\n' "$1" "$2" "$3" "$4" "$5" "$5"
}
{
	for run in "1 1" "2 4" "3 2"; do
		read -r nr slow <<< "$run"
		row $nr "an exit, ordinary VM" src/kvm "" $((1000 * slow))
		row $nr 'a "request", kernel only' src/kvm "" $((2500 * slow))
		row $nr "an exit, ordinary VM" src/unicorn "" $((4000 * slow))
		for n in 1 16 253; do
			row $nr "entries" src $n $((100 * slow * (n + 9)))
		done
	done
} > rows

bench()
{
	"$ROOT/tools/bench.pl" --title "linux-6.12.1 it's" "$@"
}

cells()	# WANTED WHAT
{
	diff - <(sed -n "s/^$2  *//p" table | tr -s ' ') <<< "$1"
}

ok "run" bench --out 20261129-010203 --without "no such device" rows
bench --out 20261129-010203 --without "no such device" rows > table 2>&1
ok "title" grep -q "^linux-6.12.1 it's$" table
ok "what is not here" grep -q "^not here: no such device$" table
ok "ratios within a run" cells "src/kvm 5000 150% 2.50" 'a "request", kernel only'
ok "growth" cells "src 1 2000 150% 1.00
src 16 5000 150% 2.50
src 253 52400 150% 26.20" entries
ok "each KVM has its own first" cells "src/kvm 2000 150% 1.00
src/unicorn 8000 150% 1.00" "an exit, ordinary VM"
ok "CSV" diff - <(sed -n 1,3p 20261129-010203.csv) <<-END
	what,kvm,n,median,low,high,runs,ratio
	"an exit, ordinary VM",src/kvm,,2000,1000,4000,3,1.00
	"a ""request"", kernel only",src/kvm,,5000,2500,10000,3,2.50
END
ok "no file" expect 2 "cannot read nowhere" bench --out new nowhere
echo "Random seed: 0x6b8b4567" > other
ok "no rows" expect 2 "no measurement: Random seed" bench --out new other
ok "no CSV" expect 2 "other: no file of make bench's" bench --out new --base other rows

if command -v gnuplot > /dev/null; then
	ok "beside an earlier one" bench --out new --base 20261129-010203.csv rows
	ok "both are in the picture" grep -q 'before' new.svg
	ok "the first has none" test "$(grep -c before 20261129-010203.svg)" = 0
	ok "date" grep -q '2026-11-29' 20261129-010203.svg
	if command -v xmllint > /dev/null; then
		ok "well-formed" xmllint --noout new.svg
	else
		skip "well-formed" "no xmllint"
	fi
else
	skip "picture" "no gnuplot"
	ok "without gnuplot" grep -q "no picture: there is no gnuplot" table
fi
finish
