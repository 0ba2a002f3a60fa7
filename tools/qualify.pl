#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Qualify a machine, or resume that: called by run_tests.sh --qualify when all is built, with
# its options and
#	--root DIR	the repository
#	--build DIR	where it was built
#	--step FILE	what takes the steps, if it is not there
#	--plan		print the plan, and exit
#	--vendor NAME	snp or tdx, where both are there
# All paths are absolute.  Status 0: qualified; 1: not; 2: usage or set-up; 3: incomplete.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);
use Getopt::Long qw(:config no_auto_abbrev bundling);
use POSIX ();
use Time::HiRes qw(time);
use Coco::Platforms;
use Coco::Qualify::KernelLog;
use Coco::Qualify::Machine;
use Coco::Qualify::Plan;
use Coco::Qualify::Record;
use Coco::Qualify::RecordPage;
use Coco::Qualify::State;
use Coco::Qualify::Topology;
use Coco::Results;
use Coco::Suite;

use constant { QUALIFIED => 0, NOT => 1, USAGE => 2, INCOMPLETE => 3 };
# What a step may take beyond the seconds that it is given, before it has hung.
use constant PATIENCE => 240;
# VMs at once where nothing counts the machine's identifiers; those of an in-process KVM fit.
use constant MOST_VMS => 4096;

my %options = (count => 1000, seconds => 10, limit => 2);
my ($stopped, $child);
# The tests' word for a vendor.
my %word = (snp => 'amd', tdx => 'intel');

$| = 1;
for my $signal (qw(INT TERM HUP)) {
	$SIG{$signal} = sub { $stopped = "SIG$signal"; kill TERM => -$child if $child; };
}
exit(eval { main() } // do {
	print STDERR "run_tests.sh: $@";
	USAGE;
});

sub main
{
	GetOptions(\%options, 'root=s', 'build=s', 'step=s', 'out=s', 'platform=s', 'engine=s', 'kdir=s',
		'rounds=s', 'for=s', 'resume=s', 'limit=s', 'count=s', 'seconds=s', 'vms=s', 'mib=s', 'only=s',
		'cpu-hotplug', 'sign-off=s', 'plan', 'vendor=s') or return USAGE;
	$options{step} //= "$options{build}/tools/qualify/step";
	for (qw(rounds count seconds vms mib)) {
		die "--$_: '$options{$_}' is not a number from 1 to 999999\n"
			if defined $options{$_} && $options{$_} !~ /^[1-9]\d{0,5}$/;
	}
	die "--limit: '$options{limit}' is not a positive number of seconds\n"
		unless $options{limit} =~ /^\d{1,6}(?:\.\d+)?$/ && $options{limit} > 0;
	$options{for} = seconds_of($options{for}) if defined $options{for};
	die "--rounds and --for are two ways to say the same\n" if defined $options{rounds} && defined $options{for};
	my $state = defined $options{resume} ? resume() : begin();

	return QUALIFIED unless $state;
	return go($state);
}

# "90s", "10m", "2h", "3d"
sub seconds_of
{
	my ($text) = @_;
	my %unit = (s => 1, m => 60, h => 3600, d => 86400);

	die "--for: '$text' is no time, such as 90s, 10m, 2h or 3d\n" unless $text =~ /^([1-9]\d{0,5})([smhd])$/;
	return $1 * $unit{$2};
}

# ---- what is qualified ----

sub platform
{
	my $platform = $options{platform} // (Coco::Platforms::hw_missing() ? 'src' : 'hw');

	die "--qualify runs on platform hw or src, not on $platform\n" unless $platform =~ /^(?:hw|src)$/;
	return { name => $platform } if $platform eq 'hw';
	my $kdir = $options{kdir} // newest();
	return { name => $platform, engine => Coco::Platforms::engine($options{engine}), kdir => $kdir };
}

sub newest
{
	open my $fh, '-|', "$options{root}/tools/tree.sh", '--out', $options{build}, '--fetched', 'debian:newest'
		or die "cannot run tools/tree.sh: $!\n";
	chomp(my $kdir = <$fh> // '');
	return close $fh ? $kdir : undef;
}

# What tools/image.sh says, kept in FILE for the tests' runs, too.
sub build_image
{
	my ($platform, $file) = @_;
	my $kdir = $platform->{kdir};

	open my $fh, '-|', "$options{root}/tools/image.sh", '--out', $options{build}, defined $kdir ? ('--kdir', $kdir) : ()
		or die "cannot run tools/image.sh: $!\n";
	my $said = do { local $/; <$fh> } // '';
	close $fh or die "no kernel image\n";
	Coco::Results::write_file($file, $said);
	return { map { /^([A-Z]+)=(.*)$/ ? ($1 => $2) : () } split /\n/, $said };
}

sub tree
{
	my ($platform, $dir) = @_;
	return $platform->{name} eq 'src' ? build_image($platform, "$dir/image") : undef;
}

# SNP and TDX as far as they can be had.
sub vendors
{
	my ($platform, $tree) = @_;
	my ($vendor) = Coco::Preconditions::cpu();

	return ('snp', $tree->{TDX} ? 'tdx' : ()) if $tree;
	return ($vendor // '') eq 'Intel' ? 'tdx' : 'snp';
}

# As many VMs as there are identifiers for, and some more to be refused.
sub limits
{
	my ($platform) = @_;
	my %limit;

	for (['snp', 'sev_es'], ['tdx', 'tdx']) {
		my ($vendor, $resource) = @$_;
		my ($capacity) = (Coco::Preconditions::text('/sys/fs/cgroup/misc.capacity') // '') =~ /^$resource (\d+)$/m;
		$limit{$vendor} = $platform->{name} eq 'hw' && defined $capacity ? $capacity + 8 : MOST_VMS;
		$limit{$vendor} = 64 if $platform->{name} eq 'src';
	}
	return \%limit;
}

# ---- begin, and resume ----

sub begin
{
	my $platform = platform();
	my $dir = $options{out};
	my $topology = Coco::Qualify::Topology::of_machine();

	die "--qualify needs --out DIR, in which it is kept and can be resumed\n" unless defined $dir;
	make_path($dir);
	my $tree = tree($platform, $dir);
	my $suite = Coco::Suite->new(@options{qw(root build)});
	my @vendors = grep { $_ eq ($options{vendor} // $_) } vendors($platform, $tree);
	my %vendor = map { $word{$_} => $_ } @vendors;
	$suite->select(@ARGV);
	my @tests = map { my $v = $vendor{$suite->vendor(s/:.*//r)}; $v ? [$v, $_] : () } @ARGV ? @ARGV : $suite->names;
	my ($limits, $can, $why) = (limits($platform), hotplug($platform));
	my %plan = Coco::Qualify::Plan::of($topology, \@vendors, \@tests, count => $options{count},
		seconds => $options{seconds}, limit => $limits, hotplug => $can, hotplug_why => $why,
		vms => $options{vms} // ($platform->{name} eq 'hw' ? least($limits->{$vendors[0]} - 8, 64) : 8),
		mib => $options{mib} // ($platform->{name} eq 'hw' ? undef : 256));
	my %only = map { $_ => 1 } split /,/, $options{only} // '';

	for my $kind (keys %only) {
		die "--only: '$kind' is not one of ", join(', ', kinds(@{$plan{steps}})), "\n"
			unless grep { $_->{kind} eq $kind } @{$plan{steps}};
	}
	if (%only) {
		push @{$plan{left_out}}, map { "$_: not asked for (--only)" } grep { !$only{$_} } kinds(@{$plan{steps}});
		@{$plan{steps}} = grep { $only{$_->{kind}} } @{$plan{steps}};
	}
	push @{$plan{left_out}}, 'tests: only these: ' . join ' ', @ARGV if @ARGV;
	if ($options{plan}) {
		print map { sprintf "%-40s %s\n", $_->{id}, $_->{argv} ? "@{$_->{argv}}[1 .. $#{$_->{argv}}]" :
			join ' ', @{$_->{places}} } @{$plan{steps}};
		print map { "left out: $_\n" } @{$plan{left_out}};
		return undef;
	}
	return Coco::Qualify::State->create($dir, {
		started => Coco::Qualify::Record::date(time), platform => $platform, plan => \%plan,
		of => Coco::Qualify::Machine::of_machine($topology, $tree),
		options => { rounds => defined $options{for} ? undef : ($options{rounds} // 1) + 0, for => $options{for},
			     map { $_ => $options{$_} + 0 } qw(limit count seconds) },
	});
}

sub kinds { my %seen; return grep { !$seen{$_}++ } map { $_->{kind} } @_; }
sub least { return $_[0] < $_[1] ? $_[0] : $_[1]; }

sub hotplug
{
	my ($platform) = @_;

	return (0, 'not asked for (--cpu-hotplug)') unless $options{'cpu-hotplug'};
	die "--cpu-hotplug: on platform hw alone, as root\n" unless $platform->{name} eq 'hw' && !$>;
	return (1, undef);
}

# What was done before counts if this is what it was done on.
sub resume
{
	my $dir = abs_path($options{resume}) // die "--resume: there is no $options{resume}\n";
	my $state = Coco::Qualify::State->resume($dir);
	my $begun = $state->{begun};
	my $now = Coco::Qualify::Machine::of_machine(Coco::Qualify::Topology::of_machine(),
						     tree($begun->{platform}, $dir));
	my ($was, $is) = map { Coco::Qualify::Machine::identity($_) } $begun->{of}, $now;

	for (sort keys %$is) {
		my ($old, $new) = map { $_ // 'unknown' } $was->{$_}, $is->{$_};
		die "--resume: it was begun with another $_, '$old' and not '$new': begin anew\n" if $old ne $new;
	}
	$options{out} = $dir;
	# More rounds, or hours, than were asked for then.
	if (defined $options{rounds} || defined $options{for}) {
		$begun->{options}{rounds} = defined $options{rounds} ? $options{rounds} + 0 : undef;
		$begun->{options}{for} = $options{for};
		$state->save;
	}
	return $state;
}

# ---- steps ----

sub go
{
	my ($state) = @_;
	my $begun = $state->{begun};
	my @steps = @{$begun->{plan}{steps}};
	my $boot = Coco::Qualify::Machine::boot();
	my $log = Coco::Qualify::KernelLog->open_log($ENV{COCO_KMSG} // '/dev/kmsg',
							   $begun->{platform}{name} ne 'hw');
	my @results = $state->results;
	my $next = @results;

	print "kept in $options{out}; ", scalar @steps, " steps a round\n";
	print "left out: $_\n" for @{$begun->{plan}{left_out}};
	print 'the kernel\'s log is not watched: ', $log->missing, "\n" if $log->missing;
	$state->add(event => 'session', time => time, boot => $boot);
	while (!$stopped && !done($state, $next)) {
		my ($step, $round) = ($steps[$next % @steps], 1 + int($next / @steps));
		my $left = left($state, $next);
		$state->add(event => 'begin', time => time, id => $step->{id}, round => $round);
		my $result = take($step, $round, $begun->{platform});
		last if $stopped;
		my @lines = $log->lines;
		push @{$result->{log}}, @lines;
		$state->add(event => 'end', time => time, round => $round, %$result,
			    map { $_ => $step->{$_} } grep { defined $step->{$_} } qw(id kind vendor title memory cpus));
		printf "round %d, %d/%d, %s left: %s: %s\n", $round, 1 + $next % @steps, scalar @steps, words($left),
			"$step->{vendor}: $step->{title}", outcome($result);
		print map { "  kernel: $_->{text}\n" } @{$result->{log}};
		$next++;
	}
	$state->add(event => 'stop', time => time, why => $stopped // 'done');
	return record($state, $log, done($state, $next));
}

sub done
{
	my ($state, $next) = @_;
	my ($options, $steps) = ($state->{begun}{options}, scalar @{$state->{begun}{plan}{steps}});

	return defined $options->{for} ? elapsed($state) >= $options->{for} : $next >= $options->{rounds} * $steps;
}

# Until now, not only up to the last event.
sub elapsed
{
	my ($state) = @_;
	my ($last) = ($state->events)[-1];

	return $state->seconds + ($last && $last->{event} ne 'stop' ? time - $last->{time} : 0);
}

# By what each step took the last time, or those of its kind, or what it is given.
sub left
{
	my ($state, $next) = @_;
	my ($options, @steps) = ($state->{begun}{options}, @{$state->{begun}{plan}{steps}});
	my (%took, %kind);

	return $options->{for} - elapsed($state) if defined $options->{for};
	for ($state->results) {
		$took{$_->{id}} = $_->{seconds};
		push @{$kind{$_->{kind}}}, $_->{seconds};
	}
	my $sum = 0;
	for ($next .. $options->{rounds} * @steps - 1) {
		my $step = $steps[$_ % @steps];
		my $of = $kind{$step->{kind}};
		$sum += $took{$step->{id}} // ($of ? eval { my $s = 0; $s += $_ for @$of; $s / @$of } : $step->{seconds});
	}
	return $sum;
}

sub words
{
	my ($s) = @_;
	$s = 0 if $s < 0;
	return sprintf '%d:%02d:%02d', $s / 3600, $s / 60 % 60, $s % 60;
}

sub outcome
{
	my ($result) = @_;
	my ($slowest, $exits) = ({ max => 0 }, 0);

	return "$result->{status}: " . ($result->{text}[0] // '') if $result->{status} ne 'pass';
	for my $exit (@{($result->{measured} // {})->{exits} // []}) {
		$exits += $exit->{to_guest}{n};
		for my $way (qw(to_vmm to_guest)) {
			$slowest = { max => $exit->{$way}{max}, name => $exit->{name} } if $exit->{$way}{max} > $slowest->{max};
		}
	}
	return sprintf 'passed, %d exits, the slowest %.3f ms: %s', $exits, $slowest->{max} / 1e6, $slowest->{name} if $exits;
	return 'passed' . ($result->{cases} ? ', ' . join ', ', map { "$result->{cases}{$_} $_" }
		grep { $result->{cases}{$_} } sort keys %{$result->{cases}} : '');
}

# A step: { status, seconds, text, log, measured or cases }.
sub take
{
	my ($step, $round, $platform) = @_;
	my $begin = time;
	my $tests = $step->{kind} eq 'tests';
	my $dir = "$options{out}/tests/$round-" . ($step->{test} // '') =~ s/[^\w]+/-/gr;
	my @command = $tests ? ($options{step}, 'place', '--at', $step->{places}[($round - 1) % @{$step->{places}}],
			"$options{root}/tools/run.pl", '--root', $options{root}, '--build', $options{build}, '--out', $dir,
			'--platform', $platform->{name}, '--jobs', 1, '--timeout', PATIENCE - 30,
			$platform->{engine} ? ('--engine', $platform->{engine}, '--image', "$options{out}/image") : (),
			defined $platform->{kdir} ? ('--kdir', $platform->{kdir}) : (), '--', $step->{test}) :
		($options{step}, @{$step->{argv}}, $step->{online} ? ('--online', $step->{online}) : ());
	my ($status, $said) = run_command($tests ? {} : environment($step, $platform), $step->{seconds} + PATIENCE, @command);
	my $result = $tests ? of_tests($status, $said, $dir) : of_step($step->{vendor}, $status, $said);

	if ($step->{online} && open my $fh, '>', $step->{online}) {
		print $fh '1';
	}
	return { %$result, seconds => Coco::Results::seconds(time - $begin) };
}

sub environment
{
	my ($step, $platform) = @_;

	# Before libkvm and the in-process KVM: a machine that there is not (tools/check/qualify.sh).
	my @preload = defined $ENV{COCO_MACHINE} ? $ENV{COCO_MACHINE} : ();
	return { COCO_PLATFORM => 'hw', LD_PRELOAD => join ':', @preload } if $platform->{name} eq 'hw';
	open my $fh, '<', "$options{out}/image" or die "cannot read $options{out}/image: $!\n";
	my ($image) = map { /^IMAGE=(.*)$/ ? $1 : () } <$fh>;
	return { COCO_PLATFORM => 'src', COCO_ENGINE => $platform->{engine}, COCO_IMAGE => $image,
		 COCO_VENDOR => $word{$step->{vendor}}, COCO_TIMEOUT => $step->{seconds} + PATIENCE - 30,
		 LD_PRELOAD => join ':', @preload, "$options{build}/inproc/libinproc-src.so" };
}

# Its wait status, or 'hung', and what it has said on stdout and stderr.
sub run_command
{
	my ($env, $patience, @command) = @_;
	my ($said, $bits, $end) = ('', '', time + $patience);

	$child = open(my $fh, '-|') // die "cannot fork: $!\n";
	if (!$child) {
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		setpgrp;
		open STDERR, '>&', \*STDOUT;
		open STDIN, '<', '/dev/null';
		length $env->{$_} ? $ENV{$_} = $env->{$_} : delete $ENV{$_} for keys %$env;
		no warnings 'exec';
		exec @command or print "cannot run $command[0]: $!\n";
		POSIX::_exit(2);
	}
	vec($bits, fileno($fh), 1) = 1;
	while (time < $end) {
		# What a signal ends may have to end others first.
		$end = time + 3 if $stopped && $end > time + 3;
		next unless select(my $ready = $bits, undef, undef, 0.5) > 0;
		my $n = sysread $fh, $said, 65536, length $said;
		last if defined $n && !$n;
	}
	my $hung = !$stopped && time >= $end;
	kill KILL => -$child if $hung || $stopped;
	close $fh;
	my $status = $?;
	$child = undef;
	return ($hung ? 'hung' : $status, $said);
}

sub of_step
{
	my ($vendor, $status, $said) = @_;
	my ($measured) = $said =~ /^QUALIFY (\{.*\})$/m;
	my @log = map { { level => 6, seconds => 0, text => "under test: $_", bad => 0 } } $said =~ /^LOG (.*)$/mg;
	my @text = map { Coco::Results::text($_) } $said =~ /^(?:# FAIL|qualify:|# WARN|# inproc: (?!kernel:)) ?(.*)$/mg;
	my %result = (log => \@log, measured => $measured ? eval { JSON::PP->new->decode($measured) } : undef);

	return { %result, status => 'undone', text => ["it has made VMs of $result{measured}{vendor}"] }
		if $result{measured} && $result{measured}{vendor} ne $vendor;
	return { %result, status => 'pass', text => [] } if "$status" eq '0' && $result{measured};
	return { %result, status => 'skip', text => [$said =~ /^SKIP (.*)$/mg] } if "$status" eq 4 << 8;
	# The rest of what it said is where somebody will look.
	push @text, (split /\n/, Coco::Results::text($said) =~ s/^QUALIFY.*\n//mgr)[-20 .. -1] if !@text;
	@text = grep { defined } @text;
	unshift @text, "hung" if $status eq 'hung';
	unshift @text, 'killed by signal ' . ($status & 127) if $status =~ /^\d+$/ && $status & 127;
	return { %result, status => "$status" eq 2 << 8 ? 'undone' : 'fail', text => \@text };
}

# A test's run: what failed of it, and its cases by verdict.
sub of_tests
{
	my ($status, $said, $dir) = @_;
	my $results = eval { Coco::Results::load($dir) };
	my (%cases, @text);

	for my $test (map { @{$_->{tests}} } @{($results // {})->{groups} // []}) {
		$cases{$_->{verdict}}++ for @{$test->{cases}};
		push @text, map { my $case = $_; map { "$test->{name}: $case->{name}: $_->{text}" } @{$case->{failures}} }
			grep { $_->{verdict} eq 'fail' } @{$test->{cases}};
		push @text, map { "$test->{name}: " . (ref $_ ? $_->{text} // '' : $_) } @{$test->{problems}};
	}
	my %status = (0 => 'pass', 3 => 'undone', 4 => 'skip', 2 => 'undone');
	my $word = $status =~ /^\d+$/ && !($status & 127) ? $status{$status >> 8} // 'fail' : 'fail';
	@text = grep { defined } 'hung'x($status eq 'hung'), (split /\n/, $said)[-20 .. -1] if $word ne 'pass' && !@text;
	@text = grep { length } @text;
	remove_tree($dir) if $word eq 'pass';
	return { status => $word, text => \@text, log => [], cases => \%cases };
}

# ---- the record ----

sub record
{
	my ($state, $log, $done) = @_;
	my $of = $state->{begun}{of};
	my $record = Coco::Qualify::Record::of_state($state, $of, root => $options{root}, done => $done,
		log_missing => $log->missing, signed_off => defined $options{'sign-off'} ? {
			by => Coco::Results::text($options{'sign-off'}), at => Coco::Qualify::Record::date(time) } : undef);
	my $json = JSON::PP->new->canonical->pretty->encode($record);

	Coco::Results::write_file("$options{out}/record.json", $json);
	Coco::Results::write_file("$options{out}/record.html", Coco::Qualify::RecordPage::html($record));
	print "\n$record->{verdict}", $record->{signed_off} ? ", signed off by $record->{signed_off}{by}" : '', "\n";
	print map { "  $_\n" } @{$record->{reasons}}, @{$record->{lacks}};
	print "record: $options{out}/record.html and record.json\n";
	print "go on with: ./run_tests.sh --qualify --resume $options{out}\n" if !$done;
	return $record->{verdict} eq 'qualified' ? QUALIFIED : $record->{verdict} eq 'incomplete' ? INCOMPLETE : NOT;
}
