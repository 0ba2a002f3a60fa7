# SPDX-License-Identifier: GPL-2.0-only
#
# Completion of run_tests.sh's options, tests, cases and requirements for bash: source it, or
# have "make install-doc" put it where bash-completion looks.

_coco_run_tests()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} root words
	root=$(dirname "$(readlink -f "$(type -P -- "$1" || echo "$1")")")

	# "TEST:CASE" are three words, since ':' is a break.
	if [ "$cur" = : ] || [ "$prev" = : ]; then
		local test=$prev
		[ "$cur" = : ] && cur='' || test=${COMP_WORDS[COMP_CWORD - 2]}
		words=$("$root/build/x86_64/$test" --list 2> /dev/null | cut -f 1)
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
	fi
	case $prev in
	--platform)	words="hw src src-as-hw ref all" ;;
	--engine)	words="kvm unicorn" ;;
	--explain)	words=$(grep -oh '"[A-Z0-9]*\(-[A-Z0-9]*\)\+"' "$root"/include/requirements/*.h |
				tr -d '"') ;;
	--kdir|--out|--compare|--resume)
			mapfile -t COMPREPLY < <(compgen -d -- "$cur")
			[ "$prev" != --kdir ] || [[ debian:newest != "$cur"* ]] ||
				COMPREPLY+=(debian:newest)
			return ;;
	--patch)	mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	-j|--timeout|--bisect|--rounds|--for|--limit|--only|--vms|--mib|--count|--seconds|--sign-off)
			return ;;
	*)	words=$("$1" --help | sed -n 's/^  \(-[a-z], \)\?\(-[-a-z]*\).*/\2/p')
		words+=" $(cd "$root/x86_64" && printf '%s\n' *_test.c | sed 's/\.c$//')" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _coco_run_tests run_tests.sh ./run_tests.sh
