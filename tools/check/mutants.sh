#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make mutants: what is written otherwise, that it is what it says, and what becomes of it.
. "$(dirname "$0")/lib.sh"

"$ROOT/tools/setup.sh" mutants > "$TMP/setup" 2>&1 || {
	echo "1..0 # SKIP $(head -n 1 "$TMP/setup")"
	exit 0
}
"$ROOT/tools/build.sh" mutants > "$TMP/build" 2>&1 || {
	cat "$TMP/build"
	echo "Bail out! tools/mutants cannot be built"
	exit 1
}
cd "$TMP" || exit 1

# A program that has one of everything, and notices all but what nobody can notice.
cat > some.c <<-'END'
	/* The first line is no directive in a kernel's source. */
	#define TWICE(x) ((x) ? (x) + (x) : 0)
	#define READ_ONCE(x) (*(volatile int *)&(x))
	enum { FIVE = 5 };
	static int locked, shared = 3;
	static void lock(void) { locked++; }
	void pr_err(int x);
	static int minus(int a, int b)
	{
	        return a - b;
	}
	static int some(int x)
	{
	        int sum = 0;

	        if (x < 0)
	                goto out;
	        lock();
	        sum = TWICE(x) + minus(x, FIVE);
	        while (x > 100)
	                x /= 2;
	        pr_err(x + 1);
	        sum |= x == 7 && sum ? 64 : 128;
	        return sum + READ_ONCE(shared);
	out:
	        return -1;
	}
	int check(void)
	{
	        return some(-1) == -1 && !locked && some(0) == 3 - 5 && locked == 1 &&
	               some(7) == 3 + (64 | 16) && some(9) == 3 + (128 | 22) &&
	               some(100) == 3 + (128 | 295) && some(208) == 3 + (128 | 619);
	}
END
cat > main.c <<-'END'
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	extern unsigned int coco_mutant;
	extern unsigned char coco_reached[];
	int check(void);
	void pr_err(int x)
	{
	}
	int main(int argc, char **argv)
	{
	        alarm(2);
	        coco_mutant = argc > 1 ? atoi(argv[1]) : 0;
	        return !check();
	}
END

mutate()
{
	"$BUILD/tools/mutants/mutate" --out "$TMP/out.c" --table "$TMP/table" "$@" some.c &&
		gcc -w -O1 -o some out.c main.c
}

# Its kinds, and what stays as it is: what only logs, and what a macro is made of.
kinds()
{
	cut -f 6 table | sort -u | grep . | paste -sd ' ' > kinds
	diff <(tr ' ' '\n' < kinds) <(printf '%s\n' arguments arithmetic comparison condition \
		constant error-path lock negated read-once return statement) || return
	! grep -P '^mutant\t.*(pr_err|\? \(x\))' table
}

# Each is a mistake: the program says so, or does not end, but for two that are none.
each_shows()
{
	local id

	./some || return
	for id in $(awk '$1 == "mutant" && $7 == "some" { print $2 }' table); do
		! ./some "$id" 2> /dev/null || grep -P "^mutant\t$id\t" table
	done > none
	cut -f 6 none | sort | uniq -c | sed 's/^ *//' | paste -sd , > left
	[ "$(cat left)" = "$SILENT" ] || { cat left none; return 1; }
}
# The first value of sum, where exactly the loop ends, that sum is not 0, READ_ONCE()
SILENT="1 comparison,1 condition,5 constant,1 read-once"

same_function()
{
	"$BUILD/tools/mutants/mutate" --out out.c --table table --function '^minus$' some.c \
		> said || return
	grep -q '^sites 2,' said && ! grep -P '\tsome\t' table
}

ok "mutate: each kind of mistake" mutate
ok "mutate: what only logs, or is a macro's, stays" kinds
ok "mutate: the program is the same without one, and another one with each" each_shows
ok "mutate: --function" same_function

if [ -z "${CHECK_KDIR:-}" ] || ! [ -e "$CHECK_KDIR/arch/x86/kvm/vmx/tdx.c" ]; then
	skip "a function of tdx.c" "no kernel tree with a tdx.c was named or fetched: make check KDIR=DIR"
	finish
fi
run=("$ROOT/tools/mutants/run.sh" --kdir "$CHECK_KDIR" --function '^tdx_emulate_io$'
	--out "$BUILD/mutants-check" tdx_io_test)
out=$BUILD/mutants-check

# became VERDICT REQUIREMENT ORIGINAL MUTATED
became()
{
	local got

	got=$(perl -MJSON::PP -e '
		my $all = decode_json(join "", <STDIN>)->{mutants};
		print "$_->{verdict} ", $_->{requirement} // "-", "\n"
			for grep { $_->{original} eq $ARGV[0] && $_->{mutated} eq $ARGV[1] } @$all' -- "${@:3}" \
		< "$out/mutants.json")
	[ "$got" = "$1 $2" ] || { echo "$3 -> $4: wanted $1 $2, got $got"; return 1; }
}

# What it is run on again is done: it is the same, at once.
again()
{
	cp "$out/table.txt" before
	cp "$out/run/results" results
	expect 0 "All of it:" "${run[@]}" && cmp before "$out/table.txt" &&
		cmp results "$out/run/results"
}

line=$(grep -n 'port = tdx->vp_enter_args.r14' "$CHECK_KDIR/arch/x86/kvm/vmx/tdx.c" | cut -d : -f 1)
condition='(write != 0 && write != 1) || (size != 1 && size != 2 && size != 4)'
ok "a function of tdx.c" expect 0 "All of it:" "${run[@]}" --again
ok "... each has a verdict" diff <(grep -c ^mutant "$out/table") \
	<(grep -c '"verdict"' "$out/mutants.json")
ok "... of a case that sees it" became killed TDX-IO-DIRECTION "$condition" \
	'(size != 1 && size != 2 && size != 4)'
ok "... and of none: nobody reads that" became survived - '++vcpu->stat.io_exits;' ''
ok "... it goes on where it was" again
ok "... which cases come by a line" expect 0 "tdx_io_test:io.in.exit_and_answer" \
	"${run[@]}" --covers "tdx.c:$line"
ok "... and the page" grep -q '<tr class="killed"' "$out/index.html"
finish
