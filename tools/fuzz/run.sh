#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sequences of a guest's exits and of its VMM's answers, made by libFuzzer, on a tree's KVM;
# called by make fuzz.
#
#	tools/fuzz/run.sh [--kdir DIR] [--patch FILE]... [--seconds N] [--all] [--out DIR]
#		[--fixed] [snp|tdx|snp-vmm|tdx-vmm]...
#
# Each kind of guest is searched for N seconds (60), on a processor of its own, in the newest tree
# that was fetched; what is worth to go on from is kept in OUT/KIND/corpus (build/fuzz).  What is
# found is made as short as it can be, told as a sequence with both sides' results, kept in
# OUT/KIND/found, and looked for no more in this run; what tools/known-issues has is told of in
# one line, or found with --all.  --fixed: only the sequences of tools/fuzz/seeds.*, from which a
# search begins, on the kernel that tests run on; make check does that.  They are what libFuzzer
# has kept of searches (-merge=1), and of wrong kernels.
#
# With snp-vmm and tdx-vmm the VMM does other things between KVM_RUNs, too (vmm.c).
# The reference model plays each sequence, too (oracle.c): what it has otherwise is FUZZ-REF.
#
# Status 0: nothing was found; 1: something was; 2: usage or set-up.
set -eu
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
kdir=${KDIR:-debian:newest}
seconds=60
out=
all=
coverage=--coverage
patches=()
kinds=()

die()
{
	echo "fuzz: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--kdir)		kdir=${2:?}; shift ;;
	--patch)	[ -r "${2-}" ] || die "--patch: cannot read '${2-}'"
			patches+=(--patch "$2"); shift ;;
	--seconds)	[[ ${2-} =~ ^[1-9][0-9]{0,6}$ ]] || die "--seconds: '${2-}' is no number"
			seconds=$2; shift ;;
	--out)		out=${2:?}; shift ;;
	--fixed)	coverage= ;;
	--all)		all=1 ;;
	snp|tdx|snp-vmm|tdx-vmm)
			kinds+=("$1") ;;
	*)		die "unknown argument '$1'" ;;
	esac
	shift
done
[ ${#kinds[@]} -gt 0 ] || kinds=(snp tdx snp-vmm tdx-vmm)

BUILD=$build "$top/tools/build.sh" all fuzz || exit 2
report=$("$top/tools/image.sh" --out "$build" --kdir "$kdir" $coverage \
	${patches[@]+"${patches[@]}"}) || exit 2
image=$(sed -n 's/^IMAGE=//p' <<< "$report")
version=$(sed -n 's/^VERSION=//p' <<< "$report")
known=
[ -n "$all" ] || known=$(perl -I "$top/tools/lib" -MCoco::KnownIssues -e '
	print join " ", sort keys %{Coco::KnownIssues->load($ARGV[0])->of_version($ARGV[1])}' \
	"$top/tools/known-issues" "$version")
out=${out:-$build/fuzz}

# play ARGUMENT...: the fuzzer, for a kind of guest ($kind).  One processor has all its threads:
# else each change of a mapping has to be told to the others.
play()
{
	local vendor=amd ref=$build/inproc/libinproc-ref.so vmm=
	[ "${kind%-vmm}" = snp ] || vendor=intel
	[ "$kind" = "${kind%-vmm}" ] || { ref=; vmm=COCO_FUZZ_VMM=1; }
	env $vmm COCO_PLATFORM=src COCO_ENGINE=unicorn COCO_VENDOR=$vendor COCO_IMAGE="$image" \
		COCO_FUZZ_KNOWN="$known" COCO_FUZZ_REF="$ref" \
		COCO_REF_REVISION="$revision" LD_PRELOAD="$build/inproc/libinproc-src.so" \
		taskset -c "$cpu" "$build/tools/fuzz/fuzz" "$@"
}

# Where the requirement of that is from, its words, and who looks after it.
rule()	# LOG
{
	sed -n "s/^RULE /$kind:   /p" "$1" | head -n 1
}

# What a process that has ended says: the requirement and what was wrong.
said()	# LOG
{
	sed -n -e 's/^FOUND //p' "$1" | head -n 1 | grep . ||
		sed -n -e 's/^# inproc: kernel code crashed/KERNEL-CRASH: &/p' \
			-e 's/^# inproc: kernel BUG/KERNEL-NO-SPLAT: &/p' "$1" | head -n 1 | grep . ||
		{ ! grep -q 'libFuzzer: timeout' "$1" || echo "FUZZ-HANG: no end after 20 s"; }
}

fixed()	# the seeds alone; status as search()'s
{
	local log=$out/$kind/log what
	if play --play "$top/tools/fuzz/seeds.$kind" < /dev/null > "$log" 2>&1; then
		sed -n "s/^[0-9]* sequences/$kind: &/p" "$log"
		return
	fi
	what=$(said "$log")
	[ -n "$what" ] || { tail -n 20 "$log" >&2; return 2; }
	echo "$kind: FOUND $what"
	rule "$log"
	return 1
}

# COCO_REF_REVISION, or the first of TDs' revisions in which the reference model has MapGPA's errors as this kernel has.
find_revision()
{
	local probe=$out/$kind/probe
	[ -z "$revision" ] || return 0
	echo 520000000000323b00004600 > "$probe"
	[ "$kind" = tdx ] || return 0
	for revision in tdx-map-errno tdx; do
		! play --play "$probe" < /dev/null > /dev/null 2>&1 || return 0
	done
}

search()	# until its time is over; status 1 if there is something
{
	local dir=$out/$kind status=0 log end what id place artifact left
	log=$dir/log
	mkdir -p "$dir/corpus" "$dir/found"
	corpus=$dir/corpus perl -ne 'chomp; open my $f, ">", "$ENV{corpus}/seed$." or die "$!\n";
		print $f pack "H*", $_' "$top/tools/fuzz/seeds.$kind" \
		$([ "$kind" = "${kind%-vmm}" ] || echo "$top/tools/fuzz/seeds.${kind%-vmm}")
	rm -f "$dir"/{crash,timeout,oom,leak}-*
	end=$((SECONDS + seconds))
	while left=$((end - SECONDS)); [ $left -gt 0 ]; do
		play -max_total_time=$left -timeout=20 -rss_limit_mb=4096 -max_len=256 \
			-artifact_prefix="$dir/" "$dir/corpus" < /dev/null > "$log" 2>&1 || :
		sed -n 's/^known issue/'"$kind"': &/p' "$log" | sort -u -k 4,4 | grep -vxFf "$dir/told" || :
		sed -n 's/^known issue/'"$kind"': &/p' "$log" >> "$dir/told"
		sed -n "s/^#\([0-9]*\)	DONE.* exec\/s: \([0-9]*\).*/$kind: \1 sequences, \2 a second/p" "$log"
		what=$(said "$log")
		if [ -z "$what" ]; then
			grep -q 'DONE' "$log" || { tail -n 20 "$log" >&2; return 2; }
			break
		fi
		status=1
		id=${what%%:*}
		artifact=$(ls -t "$dir"/{crash,timeout}-* 2> /dev/null | head -n 1)
		echo "$kind: FOUND $what"
		rule "$log"
		[ -n "$artifact" ] || return 2
		cp "$artifact" "$dir/found/$id"
		case $id in
		KERNEL-*|FUZZ-HANG) ;;
		*)	play --reduce "$dir/found/$id" > "$log" 2>&1 ||
				echo "$kind: it is not found again by itself" ;;
		esac
		COCO_FUZZ_SHOW=1 play "$dir/found/$id" > "$dir/found/$id.c" 2> "$dir/found/$id.log" || :
		sed -e "s/^/$kind:   /" "$dir/found/$id.c"
		place=$(grep -o '[a-z0-9_]*\.c:[0-9]*' <<< "$what" | head -n 1)
		case $id in
		KERNEL-CRASH|FUZZ-HANG) break ;;
		KERNEL-*)	known="$known $id${place:+:$place}" ;;
		*)		known="$known $id" ;;
		esac
	done
	return $status
}

pids=()
mapfile -t cpus < <(taskset -cp $$ | sed 's/.*: //' | tr ',' '\n' |
	while IFS=- read -r a b; do seq "$a" "${b:-$a}"; done)
for kind in "${kinds[@]}"; do
	cpu=${cpus[${#pids[@]} % ${#cpus[@]}]}
	mkdir -p "$out/$kind"
	: > "$out/$kind/told"
	revision=${COCO_REF_REVISION-}
	find_revision
	if [ -n "$coverage" ]; then search; else fixed; fi &
	pids+=($!)
done
status=0
for pid in "${pids[@]}"; do
	result=0
	wait "$pid" || result=$?
	[ $result -le $status ] || status=$result
done
exit $status
