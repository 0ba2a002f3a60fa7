#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Kernel trees from Debian's archive: which mirror, which version, and what is left when
# something goes wrong.  All but the last case do without a network: an apt-get of this
# test's serves what $TMP/archive lists, or as $TMP/trouble says.
. "$(dirname "$0")/lib.sh"

for command in apt-get dpkg-deb; do
	command -v $command > /dev/null || {
		echo "1..0 # SKIP there is no $command"
		exit 0
	}
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keyring ] || {
	echo "1..0 # SKIP there is no $keyring"
	exit 0
}
tree=$ROOT/tools/tree.sh
cd "$TMP" || exit 1
mkdir -p bin etc/sources.list.d

cat > bin/apt-get <<END
#!/bin/bash
TMP="$TMP"
case "\$*" in
*--print-uris*)	exec $(command -v apt-get) "\$@" ;;
END
cat >> bin/apt-get <<'END'
*update)
	cp "$(sed -n 's/^Dir::Etc::sourcelist "\(.*\)";/\1/p' "$2")" "$TMP/asked"
	sed -n 's/.*\] \(.*\) bookworm main/\1/p' "$TMP/asked" >> "$TMP/tried"
	echo update >> "$TMP/did"
	case $(cat "$TMP/trouble") in
	down)	rm -f "$TMP/lists"
		echo "W: Failed to fetch it: could not resolve the mirror"
		exit 100 ;;
	no_sid)	grep -v ' sid' "$TMP/archive" > "$TMP/lists"
		echo "W: Failed to fetch sid"
		exit 100 ;;
	unsigned) grep -q bad.invalid "$TMP/asked" && echo "E: not signed" && exit 100 ;;
	esac
	cp "$TMP/archive" "$TMP/lists" ;;
*download*)
	package=${!#} trouble=$(cat "$TMP/trouble")
	name=${package%%=*} version=${package#*=}
	echo "download $version" >> "$TMP/did"
	[ "$trouble" != down ] || { echo "E: Unable to locate package"; exit 100; }
	mkdir -p make/usr/src "make/$name/arch/x86/kvm/svm" make/DEBIAN
	echo "$version" | tee "make/$name/Makefile" > "make/$name/arch/x86/kvm/svm/sev.c"
	head -c 100000 /dev/urandom > "make/$name/arch/x86/kvm/svm/svm.c"
	tar -cJf "make/usr/src/$name.tar.xz" -C make "$name" && rm -r "make/$name"
	[ "$trouble" != truncated ] || truncate -s -5000 "make/usr/src/$name.tar.xz"
	printf '%s\n' "Package: $name" "Version: $version" Architecture:\ all \
		Maintainer:\ Nobody Description:\ none > make/DEBIAN/control
	file=${name}_${version}_all.deb
	dpkg-deb --build make "$file" > /dev/null && rm -r make
	case $trouble in
	half)	truncate -s 1000 "$file"
		echo "E: Failed to fetch it: connection reset"
		exit 100 ;;
	killed)	truncate -s 1000 "$file"
		kill -KILL $PPID $(cut -d ' ' -f 4 /proc/$PPID/stat)
		exit 1 ;;
	esac ;;
*)	exit 1 ;;
esac
END
cat > bin/apt-cache <<END
#!/bin/bash
[ -e "$TMP/lists" ] || exit 0
case "\$*" in
*pkgnames*) printf '%s\n' linux-source linux-source-6.12-rt \$(cut -d ' ' -f 1 "$TMP/lists") ;;
*madison*) sed 's/\(.*\) \(.*\) \(.*\)/\1 |  \2 | http:\/\/m.invalid\/debian \3\/main amd64 Packages/' "$TMP/lists" ;;
esac
END
chmod +x bin/apt-get bin/apt-cache
cat > archive <<END
linux-source-6.12 6.12.117-1 trixie
linux-source-7.2 7.2-1~exp1 experimental
linux-source-7.2 7.2.9-1~bpo13+1 trixie-backports
linux-source-7.2 7.2.13-1~bpo13+1 trixie-backports
linux-source-7.2 7.2.13-1 sid
linux-source-7.3 7.3~rc7-1~exp1 experimental
linux-source-7.20 7.20.1-1 sid
linux-source-8.0 8.0~rc1-1~exp1 experimental
END
echo none > trouble
echo "deb http://m.invalid/debian bookworm main" > etc/sources.list

export COCO_APT_ETC=$TMP/etc PATH=$TMP/bin:$PATH
out="$TMP/out"
debian=$out/debian
get=("$tree" --out "$out")

# As if the lists had been read yesterday.
yesterday()
{
	touch -d yesterday "$debian/offers"
}

# mirrors URI...: of the sources, these are tried, in this order, if none serves.
mirrors()
{
	rm -rf "$out" tried
	echo down > trouble
	expect 2 "could not resolve" "${get[@]}" --list || return 1
	echo none > trouble
	diff tried <(printf '%s\n' "$@")
}

sources()	# FILE: stdin in it, and nothing else
{
	rm -rf etc asked
	mkdir -p etc/sources.list.d
	cat > "etc/$1"
}

sources sources.list <<END
# deb http://comment.invalid/debian bookworm main
deb-src http://source.invalid/debian bookworm main
deb cdrom:[Debian GNU/Linux 12]/ bookworm main
deb http://m.invalid/debian-security bookworm-security main
deb http://security.invalid/ bookworm-security main
deb http://other.invalid/debian bookworm stable
deb [arch=amd64 signed-by=/some/key.gpg] http://one.invalid/debian/ bookworm main contrib
END
ok "mirrors_one_line" mirrors http://one.invalid/debian
sources sources.list.d/debian.sources <<END
Types: deb deb-src
# URIs: http://comment.invalid/debian
URIs: http://two.invalid/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /some/key.gpg

Types: deb
URIs: http://two.invalid/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://disabled.invalid/debian
Suites: bookworm
Components: main
END
ok "mirrors_deb822" mirrors http://two.invalid/debian
sources sources.list.d/cloud.sources <<END
Types: deb
URIs: mirror+file:///some/mirrors/debian.list
Suites: bookworm
Components: main

Types: deb
URIs: mirror+file:///some/mirrors/debian-security.list
Suites: bookworm-security
Components: main
END
ok "mirrors_file" mirrors mirror+file:/some/mirrors/debian.list
sources sources.list.d/more.list <<END
deb http://good.invalid/debian bookworm main
deb http://bad.invalid/debian bookworm main
deb http://a-vendor.invalid/tools bookworm main
END
ok "mirrors_several" mirrors http://bad.invalid/debian http://good.invalid/debian \
	http://a-vendor.invalid/tools
echo unsigned > trouble
rm -rf "$out"
ok "mirror_does_not_verify" expect 0 "7.3-rc7" "${get[@]}" --list
ok "mirror_after_that" grep -F "] http://good.invalid/debian experimental main" asked
ok "mirror_keyring" grep -F "signed-by=$keyring]" asked
echo none > trouble
rm -rf "$out"
sources sources.list < /dev/null
ok "mirror_none" expect 2 "no source in $TMP/etc names a mirror of Debian" "${get[@]}" debian:7.2
sources sources.list <<< "deb nonsense"
ok "mirror_malformed" expect 2 "Malformed entry 1 in list file" "${get[@]}" --list
sources sources.list <<< "deb http://m.invalid/debian bookworm main"

ok "list" expect 0 "7.2.13       sid                  7.2.13-1" "${get[@]}" --list
ok "list_order" expect 0 $'7.2.13-1\n7.3-rc7' "${get[@]}" --list

# version WANTED DIRECTORY PACKAGE-VERSION
version()
{
	expect 0 "$debian/linux-$2" "${get[@]}" "debian:$1" &&
		expect 0 "$3" cat "$debian/linux-$2/Makefile"
}

ok "version_series" version 7.2 7.2.13 7.2.13-1
ok "version_exact" version 7.2.9 7.2.9 7.2.9-1~bpo13+1
ok "version_newest" version newest 7.20.1 7.20.1-1
ok "version_candidate" version 7.3-rc7 7.3-rc7 7.3~rc7-1~exp1
ok "version_only_candidates" expect 2 "Debian's archive has no kernel 8.0; it has 6.12.117 7.2 7.2.9 7.2.13 7.3-rc7 7.20.1 8.0-rc1" \
	"${get[@]}" debian:8.0
ok "version_unknown" expect 2 "has no kernel 7.2.1;" "${get[@]}" debian:7.2.1
for wrong in 7 7.2.x 7.2.13-1 ../x newest.1 ''; do
	ok "version_wrong '$wrong'" expect 2 "'debian:$wrong' is none of debian:newest, debian:7.2" \
		"${get[@]}" "debian:$wrong"
done
rm -f did
# As if 7.2 itself had been the newest once.
cp -r "$debian/linux-7.2.9" "$debian/linux-7.2"
cp "$debian/linux-7.2.9.stamp" "$debian/linux-7.2.stamp"
ok "fetched_once" version 7.2 7.2.13 7.2.13-1
ok "lists_for_an_hour" test ! -e did
yesterday
ok "next_day" version 7.2 7.2.13 7.2.13-1
ok "next_day.log" test "$(cat did)" = update

echo down > trouble
yesterday
ok "offline" expect 0 "could not resolve the mirror; taking linux-7.2.13" "${get[@]}" debian:7.2
ok "offline_list" expect 0 "this is what it offered before" "${get[@]}" --list
# The archive had a newer one when it was last asked.
rm -r "$debian/linux-7.20.1"
ok "offline_older" expect 0 "taking linux-7.2.13" "${get[@]}" debian:newest
ok "offline_not_there" expect 2 "could not resolve the mirror; and $debian has no such tree" \
	"${get[@]}" debian:6.12
ok "offline_nothing" expect 2 "could not resolve the mirror; and" "$tree" --out "$TMP/new" debian:newest
ok "offline_run" expect 2 "debian:6.12: cannot read" env BUILD="$out" "$ROOT/run_tests.sh" \
	--kdir debian:6.12
rm -f did
# What a run without --setup asks for.
ok "fetched" expect 0 "$debian/linux-7.2.13" "${get[@]}" --fetched debian:newest
ok "fetched_series" expect 0 "$debian/linux-7.3-rc7" "${get[@]}" --fetched debian:7.3-rc7
ok "fetched_not" expect 2 "debian:6.12: nothing was fetched; ./run_tests.sh --setup fetches" \
	"${get[@]}" --fetched debian:6.12
ok "fetched_nothing" expect 2 "debian:newest: nothing was fetched" "$tree" --out "$TMP/new" \
	--fetched debian:newest
ok "fetched.log" test ! -e did
ok "offline_exact" expect 0 "linux-7.2.9" "${get[@]}" debian:7.2.9
ok "offline_exact.log" test ! -e did

echo no_sid > trouble
rm -r "$debian"
ok "part_of_the_archive" expect 0 "Failed to fetch sid; taking linux-7.2.13" "${get[@]}" debian:7.2
ok "part_of_the_archive.again" expect 0 "Failed to fetch sid" "${get[@]}" debian:7.2
ok "part_of_the_archive.version" grep -x '7.2.13-1~bpo13+1' "$debian/linux-7.2.13/Makefile"

# broken TROUBLE TEXT: then there is no tree nor anything else of it; and later there is.
broken()
{
	local before after
	before=$(find "$out" ! -name log)
	echo "$1" > trouble
	expect "$3" "$2" bash -c '"$@"; exit' - "${get[@]}" debian:6.12 || return 1
	echo none > trouble
	expect 0 "" "${get[@]}" --list || return 1
	after=$(find "$out" ! -name log)
	[ "$before" = "$after" ] || { diff <(echo "$before") <(echo "$after"); return 1; }
	version 6.12 6.12.117 6.12.117-1 || return 1
	rm -r "$debian"/linux-6.12*
}

echo none > trouble
"${get[@]}" --list > /dev/null
ok "download_half" broken half "connection reset; and" 2
ok "download_truncated" broken truncated "cannot unpack linux-source-6.12 6.12.117-1" 2
ok "download_killed" broken killed "" 137
touch -d yesterday "$debian"/linux-7.2.13
echo changed > "$debian/linux-7.2.13.stamp"
echo truncated > trouble
ok "old_tree_stays" expect 2 "cannot unpack" "${get[@]}" debian:7.2
ok "old_tree_stays.tree" grep -x '7.2.13-1~bpo13+1' "$debian/linux-7.2.13/Makefile"
echo none > trouble
ok "old_tree_is_replaced" version 7.2 7.2.13 7.2.13-1

two_at_once()
{
	local first second status=0

	rm -rf "$debian" did
	expect 0 "linux-7.2.13" "${get[@]}" debian:7.2 & first=$!
	expect 0 "linux-7.2.13" "${get[@]}" debian:newest & second=$!
	wait $first || status=1
	wait $second || status=1
	cat did
	[ $status = 0 ] && [ "$(grep -c download did)" = 1 ]
}
sed -i '/^linux-source-7.20/d' archive
ok "two_at_once" two_at_once

# Whatever takes a directory.
rm -rf "$debian"/linux-*
ok "image" expect 2 "has no kernel 9.9" "$ROOT/tools/image.sh" --out "$out" --kdir debian:9.9
ok "check" expect 2 "has no kernel 9.9" env KDIR=debian:9.9 "$ROOT/tools/check/run.pl" \
	--root "$ROOT" --build "$out" options
ok "run" expect 2 "has no kernel 9.9" env BUILD="$out" "$ROOT/run_tests.sh" --kdir debian:9.9
ok "run_builds_nothing" test ! -e "$out/x86_64" -a ! -e "$out/libkvm"
ok "run_does_not_need_it" expect 0 SNP-PSC-MSR-OK env BUILD="$BUILD" KDIR=debian:9.9 \
	"$ROOT/run_tests.sh" --list snp_psc_msr_test

mkdir -p old/arch/x86/{configs,kvm/svm,include/uapi/asm}
touch old/Makefile old/Kconfig old/arch/x86/{configs/x86_64_defconfig,kvm/svm/sev.c}
echo KVM_SEV_ES_INIT > old/arch/x86/include/uapi/asm/kvm.h
ok "image_without_snp" expect 2 "has no SNP guests" "$ROOT/tools/image.sh" --out "$out" --kdir old
# Stopped by what comes next: it would build.
rm -rf "$debian"/linux-*
setup=(env BUILD="$out" COCO_TARBALL="$TMP/none.tar.xz" "$ROOT/run_tests.sh" --setup)
ok "setup" expect 2 "none.tar.xz is missing" "${setup[@]}"
ok "setup.tree" grep -x '7.2.13-1' "$debian/linux-7.2.13/Makefile"
rm -rf "$debian"/linux-*
yesterday
echo down > trouble
ok "setup_offline" expect 2 "and $debian has no such tree" "${setup[@]}"
ok "setup_offline_goes_on" expect 2 "none.tar.xz is missing" "${setup[@]}"
echo none > trouble

mkdir none
for command in bash dirname cksum mkdir flock rm cut cat awk find; do
	ln -s "$(command -v $command)" none/
done
ok "no_apt" expect 2 "debian:7.2: there is no apt-get; and" env PATH="$TMP/none" "$tree" \
	--out "$TMP/new" debian:7.2
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$TMP"
	user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	"${get[@]}" debian:7.2 > /dev/null 2>&1
	if "${user[@]}" test -x "$tree" 2> /dev/null; then
		ok "not_mine" expect 0 "is not yours to write to; taking linux-7.2.13" \
			"${user[@]}" "${get[@]}" debian:7.2
		ok "not_mine_missing" expect 2 "is not yours to write to; and" \
			"${user[@]}" "${get[@]}" debian:6.12
	else
		skip "not_mine" "others may not enter the checkout"
	fi
fi

# From here on with the machine's apt: an archive that nobody has signed, and Debian's.
PATH=${PATH#*:}
for suite in $(sed -n '/^suites=/,/"$/p' "$ROOT/tools/debian.sh" | tr -d '"' | sed 's/suites=//'); do
	mkdir -p "unsigned/debian/dists/$suite/main/binary-amd64"
	printf '%s\n' "Package: linux-source-7.2" "Version: 7.2.13-1" "Architecture: all" \
		> "unsigned/debian/dists/$suite/main/binary-amd64/Packages"
	(cd "unsigned/debian/dists/$suite" && printf 'Suite: %s\nSHA256:\n %s %s %s\n' $suite \
		"$(sha256sum main/binary-amd64/Packages | cut -d ' ' -f 1)" \
		"$(stat -c %s main/binary-amd64/Packages)" main/binary-amd64/Packages > Release)
done
sources sources.list <<< "deb [trusted=yes] file:$TMP/unsigned/debian bookworm main"
cat > insecure.conf <<-END
	APT::Get::AllowUnauthenticated "true";
	Acquire::AllowInsecureRepositories "true";
END
ok "unsigned" expect 2 "is not signed" env APT_CONFIG="$TMP/insecure.conf" "$tree" \
	--out "$TMP/unsigned.out" --list
unset COCO_APT_ETC
status=0
"$tree" --out "$BUILD" --list > said 2>&1 < /dev/null || status=$?
if [ $status = 0 ]; then
	ok "archive" grep -E '^7\.[0-9]+\.[0-9]+ ' said
else
	skip "archive" "$(cat said)"
fi

finish
