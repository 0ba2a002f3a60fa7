#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The files for CI systems: valid to what reads them, as far as that is here; their commands have
# options that there are, and name files that a run leaves.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/outcomes.sh"

ci=$ROOT/tools/ci
cd "$TMP" || exit 1

# Debian's python3 has what Debian packages.
python()
{
	local python
	for python in /usr/bin/python3 python3; do
		"$python" -c "import $1" 2> /dev/null && echo "$python" && return
	done
	return 1
}

load='
import sys, yaml
files = [yaml.safe_load(open(name).read().replace("URL", "https://localhost/suite.git")) for name in sys.argv[1:]]'

if python=$(python yaml); then
	ok "gitlab" "$python" -c "$load
job = files[0]['kvm-coco']
assert job['script'] and all(isinstance(line, str) for line in job['before_script'] + job['script'])
assert job['artifacts']['reports']['junit'] == 'results/junit.xml' and job['artifacts']['when'] == 'always'
assert job['artifacts']['paths'] == ['results']" "$ci/gitlab-ci.yml"
	ok "lava-test" "$python" -c "$load
assert files[0]['metadata']['format'] == 'Lava-Test Test Definition 1.0'
assert set(files[1]['actions'][-1]['test']['definitions'][0]['parameters']) <= set(files[0]['params'])
open('steps', 'w').write(''.join(step + '\n' for step in files[0]['run']['steps']))" \
		"$ci/lava-test.yaml" "$ci/lava.yaml"
	# As kernelci-pipeline's tests/validate_yaml.py has it.
	ok "kernelci" "$python" -c "$load
jobs, entries = files[0]['jobs'], files[0]['scheduler']
for job in jobs.values():
    assert job['template'] and job['kind'] in ('kbuild', 'job', 'process', 'test')
    assert job['kcidb_test_suite'] and isinstance(job['params'], dict)
for entry in entries:
    assert entry['job'] in jobs and entry['event']['channel'] == 'node' and entry['runtime']" "$ci/kernelci.yaml"
	sed 's/{{ *job_timeout *}}/30/; s/{{ node.name }}/kvm-coco/' "$ci/kernelci.jinja2" > kernelci-test.yaml
	ok "kernelci.jinja2" "$python" -c "$load
assert files[0][0]['test']['definitions'][0]['path'] == 'tools/ci/lava-test.yaml'" kernelci-test.yaml
else
	skip "YAML" "no python3 with yaml"
fi
if python=$(python lava_common.schemas); then
	ok "lava" "$python" -c "$load
from lava_common import schemas
schemas.validate(files[0])
files[0]['actions'][-1] = files[1][0]
schemas.validate(files[0])" "$ci/lava.yaml" kernelci-test.yaml
else
	skip "lava" "no lava-common"
fi

# Options that are not run_tests.sh's.
unknown()
{
	local option
	for option in $(grep -h 'run_tests.sh\|OPTIONS: --' "$ci"/* | sed 's/.*run_tests.sh//' |
			grep -o -e '--[a-z]*' | sort -u); do
		"$ROOT/run_tests.sh" --help | grep -qe "^  $option\b" || echo "$option"
	done
}
ok "options" diff - <(unknown) < /dev/null

# The steps as LAVA would have them carried out, in a suite of programs that end in every way.
make_suite pass fail known skip_case
rm "$TMP/x86_64/kselftest_test.c"
mkdir bin
cat > bin/lava-test-case <<-END
	#!/bin/sh
	echo "\$*" >> $TMP/lava
END
cat > run_tests.sh <<-END
	#!/bin/sh
	echo "\$*" > $TMP/arguments
	"$ROOT/tools/run.pl" --root "$TMP" --build "$TMP/build" --out "$TMP/results" --platform src \
		--engine unicorn --kdir /k
END
chmod +x bin/lava-test-case run_tests.sh
ln -s "$ci" tools/ci
steps()
{
	PATH=$TMP/bin:$PATH OPTIONS="--platform hw" sh -eu steps > "$TMP/log" 2>&1 || return
	echo "--setup --platform hw --out results" | diff - arguments && diff - lava <<-END
		run --result fail
		src_unicorn_linux-6.12.1_fail_test_f.one --result fail
		src_unicorn_linux-6.12.1_fail_test_f.two --result pass
		src_unicorn_linux-6.12.1_known_test_f.one --result skip
		src_unicorn_linux-6.12.1_known_test_f.two --result pass
		src_unicorn_linux-6.12.1_pass_test_f.one --result pass
		src_unicorn_linux-6.12.1_pass_test_f.two --result pass
		src_unicorn_linux-6.12.1_skip_case_test_f.one --result pass
		src_unicorn_linux-6.12.1_skip_case_test_f.two --result skip
	END
}
if [ -e steps ]; then
	ok "steps" steps
	ok "what GitLab takes is there" test -e results/junit.xml
else
	skip "steps" "no python3 with yaml"
fi

# vng stands for the VM; the suite is built already.
cat > bin/vng <<-END
	#!/bin/bash
	printf '%s\n' "\$@" > $TMP/vng
	exit 3
END
chmod +x bin/vng
mkdir tree
ok "virtme-ng" expect 3 "" env BUILD="$BUILD" PATH="$TMP/bin:$PATH" "$ci/virtme-ng" tree snp_psc_test
ok "virtme-ng's VM" grep -qxF -- \
	"BUILD=$BUILD ./run_tests.sh --platform src --engine kvm --kdir $TMP/tree snp_psc_test" vng
if command -v vng > /dev/null; then
	ok "vng" expect 0 "" env BUILD="$BUILD" vng --dry-run --cpus 2 --memory 4G --cwd "$ROOT" \
		--rwdir "$BUILD" --exec true
else
	skip "vng" "no virtme-ng"
fi
finish
