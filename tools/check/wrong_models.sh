#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Wrong models: each patch in wrong_models/ makes one mistake in the reference model.  The
# tests have to turn red on it, and to name the requirement that is broken.
#
# Header of a patch, as in wrong_kernels.sh: Wrong, Requirement, Also, Run, Set.
#
# By default the cases whose rows list one of the requirements run on each of the short set,
# on Unicorn where it is built in; WRONG_MODELS=all runs everything on all,
# WRONG_MODELS="NAME..." everything on these.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wrong.sh"

dir=$ROOT/tools/check/wrong_models
shown=$dir/shown
list_cases 'tdx_*_test.c snp_*_test.c'

# variable NAME: of the makefile that builds the model.
variable()
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory --silent -C "$ROOT" \
		--file=tools/build.mk "BUILD=$BUILD" --eval="wrong-variable: ; @echo '\$($1)'" \
		wrong-variable
}
cflags="$(variable PIC_CFLAGS) $(variable INPROC_CFLAGS) $(variable INPROC_REF_CFLAGS)"
ldflags=$(variable INPROC_LDFLAGS)
ldlibs=$(variable INPROC_LDLIBS)
objs=$(variable INPROC_OBJS)
sources=$(variable INPROC_REF_SRCS)
engine=kvm
case $ldlibs in
*unicorn*) engine=unicorn ;;
esac

# build NAME FILE: a build directory with the model that FILE makes of ours; its log on
# stdout.
build()
{
	local work=$TMP/$1.model file=$2 source touched object use=()

	mkdir -p "$work/lib/inproc" "$work/build/inproc" "$work/obj" || return
	cp -r "$ROOT/lib/inproc/ref" "$work/lib/inproc/ref" || return
	ln -s "$BUILD/x86_64" "$work/build/x86_64"
	patch -d "$work" -p1 --batch --forward --fuzz=0 -r - < "$file" || return
	touched=$(sed -n 's#^+++ b/\([^	]*\).*#\1#p' "$file" | tr "\n" " ")
	for source in $sources; do
		object=$BUILD/pic/${source%.c}.o
		if [[ " $touched " == *"$source "* ]]; then
			object=$work/obj/$(basename "${source%.c}").o
			# Its own folder's headers are found beside it, the rest where it was.
			(cd "$ROOT" && cc $cflags -MF /dev/null -c "$work/$source" -o "$object") ||
				return
		fi
		use+=("$object")
	done
	(cd "$ROOT" && cc -pthread $ldflags -o "$work/build/inproc/libinproc-ref.so" $objs \
		"${use[@]}" $ldlibs)
}

run_cases()	# NAME [CASE...]
{
	local name=$1 status=0

	timeout -k 5 $LONGEST "$ROOT/tools/run.pl" --summary-only --root "$ROOT" --build "$TMP/$name.model/build" \
		--platform ref --engine $engine --out "$TMP/$name.out" -- "${@:2}" \
		> "$TMP/$name.log" 2>&1 < /dev/null || status=$?
	echo $status > "$TMP/$name.status"
}

# run NAME FILE: the tests on it; the output goes to $TMP/NAME.log, the status to
# $TMP/NAME.status.
run()
{
	local name=$1 file=$2
	local -a selected=()

	if ! build "$name" "$file" > "$TMP/$name.log" 2>&1; then
		{ echo "not built:"; tail -n 20 "$TMP/$name.log"; } > "$TMP/$name.says"
		echo 1 > "$TMP/$name.judged"
		return
	fi
	read -ra selected <<< "$(header "$file" Run)"
	[ ${#selected[@]} != 0 ] || [ -n "${WRONG_MODELS:-}" ] ||
		mapfile -t selected < <(concerned "$file")
	run_selected "$name" "$file" "${selected[@]}"
	rm -rf "$TMP/$name.model"
}

choose "${WRONG_MODELS:-}" "$dir"/*.patch
if [ ${#files[@]} = 0 ]; then
	echo "Bail out! no wrong model is called ${WRONG_MODELS:-anything}; see $dir"
	exit 1
fi

for file in "${files[@]}"; do
	name=${file##*/}
	pool run "${name%.patch}" "$file"
done
wait

for file in "${files[@]}"; do
	name=${file##*/}
	name=${name%.patch}
	ok "$name: $(header "$file" Wrong)" judged "$name"
done

# Every requirement of TDX that a case has is one that a wrong model of the short set has to
# name; or a wrong kernel, for what no model is asked.
each_named()
{
	local id missing=0
	grep -LE '^Set:\s*all' "$dir"/*.patch "$ROOT"/tools/check/wrong_kernels/newest/*.patch |
		xargs sed -n 's/^Requirement:[ 	]*//p' |
		tr -s ', ' '\n' > "$TMP/named.ids"
	for id in $(cut -d ' ' -f 1 "$TMP/cases" | grep '^TDX-' | sort -u); do
		grep -qx -e "$id" "$TMP/named.ids" && continue
		echo "no wrong model has to name $id"
		missing=1
	done
	return $missing
}
case ${WRONG_MODELS:-} in
''|all)	ok "every requirement has a wrong model" each_named ;;
esac
finish
