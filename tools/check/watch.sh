#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What --watch runs after a save, and what it need not: tools/watch.sh on a tree of one file,
# with an image.sh that compiles that, and a runner that tells what it was asked for.
. "$(dirname "$0")/lib.sh"

cd "$TMP" || exit 1
mkdir -p suite/tools tree/arch/x86/kvm/svm build
cp "$ROOT/tools/watch.sh" suite/tools/
sev=tree/arch/x86/kvm/svm/sev.c
cat > $sev <<END
void warn(int line);
static const volatile int table[4] = { 1, 2, 3, 4 };
static inline int inlined(int a) { return a ^ 0x55; }
int psc(int a) { return a + 1; }
int req(int a) { warn(__LINE__); return a * 3 + table[a & 3]; }
int common(int a) { return inlined(a); }
END

cat > suite/tools/image.sh <<END
#!/bin/bash
obj=$TMP/build/slot/farm$TMP/tree/obj/arch/x86/kvm/svm
mkdir -p "\$obj"
gcc -g1 -O2 -c -o "\$obj/sev.o.new" "$TMP/$sev" 2> /dev/null || { echo "does not compile" >&2; exit 2; }
mv "\$obj/sev.o.new" "\$obj/sev.o"
echo "SLOT=$TMP/build/slot"
END
# What the tests' cases reach, in a file of that name: "TEST CASE FUNCTION".
cat > reach <<END
a_test one psc
a_test two req
b_test - common
b_test one psc
END
cat > suite/run <<END
#!/bin/bash
cd "$TMP" || exit 2
said=verdict
while [ "\$1" != -- ]; do
	case \$1 in
	--out)		out=\$2; shift ;;
	--reached)	said=recorded ;;
	esac
	shift
done
shift
[ ! -e slow.\$said ] || sleep 1234
mkdir -p "\$out/src"
while [ \$said = recorded ] && read -r name case function; do
	for wanted in "\${@:-\$name}"; do
		[[ \$wanted == \$name || \$wanted == \$name:\$case || \$case == - ]] || continue
		printf '%s\t%s\n' "\$case" "\$function" >> "\$out/src/\$name.reached"
	done
done < reach
echo "\$said \${*:-all}" >> runs
END
chmod +x suite/tools/image.sh suite/run

BUILD=$TMP/build bash suite/tools/watch.sh "$TMP/tree" "$TMP/suite/run" -- > said 2>&1 < /dev/null &
watch=$!
trap 'kill $watch 2> /dev/null; rm -rf "$TMP"' EXIT

before_long()	# COMMAND...
{
	local n
	for n in {1..300}; do
		"$@" && return
		sleep 0.1
	done
	tail -n 5 said
	cat runs
	return 1
}
has_lines()	# N TEXT FILE
{
	[ "$(grep -c "$2" "$3" 2> /dev/null)" -ge "$1" ]
}

runs()
{
	# The bracket keeps grep from finding itself.
	cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\0' ' ' | grep -q "$TMP/[s]uite/run --image"
}
ended()
{
	! runs
}

# save SED-SCRIPT [LINE]...: what is run after it
saves=1
save()
{
	saves=$(($(grep -c '^watching ' said) + 1))
	: > runs
	sed "$1" $sev > $sev.new
	mv $sev.new $sev
	shift
	before_long has_lines $saves '^watching ' said && before_long has_lines $# '' runs || return
	# A recording that has not ended yet would be one that was interrupted.
	[[ "$*" != *recorded* ]] || before_long ended || return
	diff runs <([ $# = 0 ] || printf '%s\n' "$@")
}

ok "all at first" before_long has_lines 1 "^watching $TMP/tree" said
ok "and recorded" diff runs - <<< "recorded all"
ok "lines that move" save '1s/^/\/* one *\/\n/'
ok "are no change" grep -q "no code has changed" said
ok "a function" save 's/a + 1/a + 2/' "verdict a_test:one b_test:one" "recorded a_test:one b_test:one"
ok "is named" grep -q "changed: psc, which 2 cases" said
ok "one that is inlined, and all cases of a test reach" save 's/0x55/0x66/' \
	"verdict b_test" "recorded b_test"
ok "data" save 's/1, 2, 3/1, 2, 2/' "recorded all"
ok "one that none reaches" save '$s/$/\nint none(int a) { return a; }/'
ok "is named, too" grep -q "changed: none, which 0 cases" said
echo "a_test one req" >> reach
ok "one that now calls another" save 's/a + 2/a + 3/' \
	"verdict a_test:one b_test:one" "recorded a_test:one b_test:one"
ok "what is reached since" save 's/a \* 3/a * 5/' \
	"verdict a_test:one a_test:two" "recorded a_test:one a_test:two"
ok "what does not compile" save 's/^int common/int int common/'
ok "is said" grep -q "does not compile" said
ok "is forgotten" save 's/int int/int/'

# Saved again before it is known what the cases reach.
touch slow.recorded
ok "not recorded" save 's/0x66/0x77/' "verdict b_test"
rm slow.recorded
ok "is run again" save 's/a \* 5/a * 7/' "verdict a_test:one a_test:two b_test" \
	"recorded a_test:one a_test:two b_test"

# Ended in the middle of a run, by a signal to it alone.
touch slow.verdict
sed -i 's/0x77/0x88/' $sev
before_long runs
kill -TERM $watch
wait $watch
ok "ended" before_long ended
finish
