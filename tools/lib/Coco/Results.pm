# SPDX-License-Identifier: GPL-2.0-only
#
# A run as data: results.json, which tools/results/README describes, and what is made of a run
# by other modules (all forms of the result have their names and their order from here).
package Coco::Results;

use strict;
use warnings;
use Encode ();
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(time);

use constant { SCHEMA => 'kvm-coco-selftests-results', VERSION => 1 };

# What the runner knows after its jobs are done, as results.json has it.  %run has
#	suite, known	Coco::Suite, Coco::KnownIssues
#	groups		of Coco::Platforms, with {jobs} and {known} where they have run
#	options		of run_tests.sh; tests: what it was told to run
#	root, started, status
sub of_run
{
	my (%run) = @_;
	my ($options, $groups) = @run{qw(options groups)};
	my $requirements = requirements($run{suite});

	return {
		schema => SCHEMA, version => VERSION,
		suite => suite($run{root}),
		run => {
			started => POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $run{started}),
			seconds => seconds(time - $run{started}), status => $run{status} + 0,
			host => host(), tests => $run{tests},
			options => {
				(map { $_ => text($options->{$_}) } qw(platform engine kdir)),
				(map { $_ => bool($options->{$_}) } qw(sanitize strict)),
				patches => [map { text($_) } @{$options->{patches}}],
				jobs => $options->{jobs} + 0, timeout => $options->{timeout} + 0,
			},
		},
		requirements => $requirements,
		known_issues => [map { +{ requirement => $_->{req}, trees => text($_->{trees}),
					 evidence => text($_->{evidence}) } }
				 @{$run{known}}],
		groups => [map { group($_, $run{suite}) } @$groups],
	};
}

# ---- the pieces ----

# A string that is one, whatever bytes a test has written; undef stays.
sub text
{
	my ($bytes) = @_;

	return undef unless defined $bytes;
	return Encode::decode('UTF-8', "$bytes", Encode::FB_DEFAULT) =~
		s/[\0-\x08\x0b-\x1f\x7f\x{fffe}\x{ffff}]//gr;
}

sub bool { return $_[0] ? JSON::PP::true : JSON::PP::false; }
sub seconds { return 0 + sprintf '%.3f', $_[0] // 0; }

sub suite
{
	my ($root) = @_;
	my %suite = (commit => undef, changed => undef);

	# Without git, or of another user's checkout, it is not known.
	if (-e "$root/.git" &&
	    open my $fh, '-|', "git -C '$root' describe --always --abbrev=40 --dirty --exclude='*' 2> /dev/null") {
		my ($commit, $dirty) = (<$fh> // '') =~ /^([0-9a-f]{40})(-dirty)?$/;
		@suite{qw(commit changed)} = ($commit, bool($dirty)) if defined $commit;
		close $fh;
	}
	return \%suite;
}

sub host
{
	my ($system, undef, $release, undef, $machine) = POSIX::uname();
	my ($cpu, $cpus);

	if (open my $fh, '<', '/proc/cpuinfo') {
		while (<$fh>) {
			$cpus++ if /^processor\b/;
			$cpu //= $1 if /^model name\s*:\s*(.*\S)/;
		}
	}
	return { system => $system, release => $release, machine => $machine,
		 cpu => text($cpu), cpus => $cpus };
}

# All requirements that the suite has, in its order, each with the number of cases that list
# it, and of which vendors.
sub requirements
{
	my ($suite) = @_;
	my (%cases, %vendors);

	for my $test ($suite->names) {
		for my $req (map { @{$_->{reqs}} } $suite->cases($test)) {
			$cases{$req}++;
			$vendors{$req}{$suite->vendor($test)} = 1;
		}
	}
	return [map {
		my $req = $_;
		+{ (map { $_ => text($req->{$_}) } qw(id document section text)),
		  cases => $cases{$req->{id}} // 0,
		  vendors => [sort keys %{$vendors{$req->{id}} // {}}] };
	} $suite->requirements];
}

sub group
{
	my ($group, $suite) = @_;
	my $of = $group->{of} // {};

	return {
		label => $group->{label},
		platform => $of->{platform}, engine => $of->{engine},
		tree => text($of->{tree}),
		version => length($group->{version} // '') ? $group->{version} : undef,
		patches => $of->{patches} // [],
		compiler => text(length($of->{compiler} // '') ? $of->{compiler} : undef),
		sanitized => bool($of->{sanitized}),
		revision => $group->{revision},
		skip => text($group->{skip}),
		known => { map { $_ => text($group->{known}{$_}) } keys %{$group->{known} // {}} },
		tests => [map { job($_, $group, $suite) } @{$group->{jobs} // []}],
	};
}

# A program's run.  Its cases are those that it was to run, in the order in which it has
# them, without those of revisions that the kernel does not speak: these it leaves out itself.
# Then what else it has reported.
sub job
{
	my ($job, $group, $suite) = @_;
	my $verdict = $job->{verdict};
	my ($program, @filter) = @{$job->{argv}};
	my %wanted = map { $_ => 1 } grep { $_ ne '-r' } @filter;
	my @listed = $suite->cases($job->{test});
	my (%ended, %spoken, @cases);

	push @{$ended{$_->{name}}}, $_ for @{$verdict->{cases}};
	$spoken{$_->{revisions}} = 1 for grep { $_->{revisions} eq '-' || $ended{$_->{name}} } @listed;
	for my $case (grep { !@filter || $wanted{$_->{name}} } @listed) {
		my $ends = delete $ended{$case->{name}};
		next unless $ends || defined($verdict->{skip_all} // $verdict->{undriven_all}) ||
			@{$verdict->{problems}} && $spoken{$case->{revisions}};
		$ends //= [{ no_end($verdict) }];
		push @cases, map { a_case($case->{name}, $case, $_) } @$ends;
	}
	for my $end (@{$verdict->{cases}}) {
		push @cases, a_case($end->{name}, { reqs => [], revisions => '-' }, $end)
			if $ended{$end->{name}};
	}
	return {
		name => $job->{test}, vendor => $suite->vendor($job->{test}),
		seconds => seconds($verdict->{seconds}),
		output => "$group->{dir}/$job->{test}.tap",
		skip => text($verdict->{skip_all}),
		problems => [map { text($_) } @{$verdict->{problems}}],
		last_lines => [map { text($_) } @{$verdict->{last_lines} // []}],
		cases => \@cases,
	};
}

# How a case ended that its program reported nothing of.
sub no_end
{
	my ($verdict) = @_;

	return (status => 'skip', reason => $verdict->{skip_all}) if defined $verdict->{skip_all};
	return (status => 'undriven', reason => $verdict->{undriven_all})
		if defined $verdict->{undriven_all};
	return (status => 'none', reason => $verdict->{problems}[0]);
}

sub a_case
{
	my ($name, $listed, $end) = @_;
	my %views = map { $_ => [] } qw(rule guest host kernel);

	push @{$views{$_->{side}}}, text($_->{text}) for @{$end->{views} // []};
	my $case = {
		name => text($name), verdict => $end->{status}, seconds => seconds($end->{seconds}),
		requirements => $listed->{reqs},
		revision => $listed->{revisions} eq '-' ? undef : $listed->{revisions},
	};
	# Of the many that passed there is nothing to add.
	return $case if $end->{status} eq 'pass';
	return {
		%$case, reason => text($end->{reason}), ended => text($end->{fatal}),
		failures => [map { failure($_) } @{$end->{fails} // []}],
		%views, notes => [map { text($_) } @{$end->{notes} // []}],
	};
}

# A failed expectation: {subject}, {wanted} and {got} where the text has them.
sub failure
{
	my ($fail) = @_;
	my $text = text($fail->{text});
	my ($subject, $wanted, $got) = $text =~ /^(.*): wanted (.*), got (.*)$/;

	return { requirement => $fail->{req}, source => text($fail->{source}), text => $text,
		 subject => $subject, wanted => $wanted, got => $got,
		 file => text($fail->{file}), line => $fail->{line} + 0 };
}

# ---- for other forms ----

# How a test's cases ended, and after them, as one more, what went wrong with the program.
sub ends
{
	my ($test) = @_;
	my @cases = @{$test->{cases}};

	push @cases, {
		name => '(program)', verdict => 'fail', seconds => 0, requirements => [],
		ended => join('; ', @{$test->{problems}}), failures => [],
		(map { $_ => [] } qw(rule guest host kernel)), notes => $test->{last_lines},
	} if @{$test->{problems}};
	return @cases;
}

# Lines on a case that did not pass; none for one that was skipped.
sub details
{
	my ($case) = @_;

	return () unless $case->{verdict} =~ /^(?:fail|known)$/;
	return ((map { ("$_->{requirement} ($_->{source}): $_->{text}", "at $_->{file}:$_->{line}") }
		 @{$case->{failures}}),
		(map { my $side = $_; map { "$side: $_" } @{$case->{$side}} }
		 qw(rule guest host kernel)),
		$case->{ended} // (),
		# Else they repeat what is there.
		(map { "| $_" } !@{$case->{failures}} || defined $case->{ended} ? @{$case->{notes}} : ()));
}

# ---- the file ----

# Written as a whole or not at all.  $content may be bytes, or characters.
sub write_file
{
	my ($path, $content) = @_;
	my $cannot = sub { die "cannot write $path: $!\n" };

	utf8::encode($content) if utf8::is_utf8($content);
	open my $fh, '>', "$path.new" or $cannot->();
	print $fh $content or $cannot->();
	close $fh or $cannot->();
	rename "$path.new", $path or $cannot->();
}

# A line for each case, requirement and the like, so that two files can be compared.
sub encode
{
	my ($results) = @_;
	my $json = JSON::PP->new->utf8->canonical->allow_nonref;
	my $lines = sub {
		my ($indent, @items) = @_;
		return @items ? "[\n" . join(",\n", map { "$indent $_" } @items) . "\n$indent]" : '[]';
	};
	# $name first, the list at the end, which is $text.
	my $object = sub {
		my ($hash, $name, $list, $text) = @_;
		my @rest = grep { $_ ne $name && $_ ne $list } sort keys %$hash;
		return '{' . join(', ', (map { qq("$_": ) . $json->encode($hash->{$_}) } $name, @rest),
				  qq("$list": $text)) . '}';
	};
	my @groups = map {
		my @tests = map {
			$object->($_, 'name', 'cases', $lines->('  ',
				  map { $json->encode($_) } @{$_->{cases}}));
		} @{$_->{tests}};
		$object->($_, 'label', 'tests', $lines->(' ', @tests));
	} @{$results->{groups}};
	return "{\n" . join(",\n", (map { qq("$_": ) . $json->encode($results->{$_}) }
				    qw(schema version suite run)),
		(map { qq("$_": ) . $lines->('', map { $json->encode($_) } @{$results->{$_}}) }
		 qw(requirements known_issues)),
		'"groups": ' . $lines->('', @groups)) . "\n}\n";
}

# The results in $path, or of the run that was kept in the directory $path.
sub load
{
	my ($path) = @_;

	$path .= '/results.json' if -d $path;
	open my $fh, '<', $path or die "cannot read $path: $!\n";
	my $text = do { local $/; <$fh> };
	my $results = eval { JSON::PP->new->utf8->decode($text) };
	die "$path: no results of a run: it is not JSON\n" unless ref $results eq 'HASH';
	die "$path: no results of a run of this suite\n" unless ($results->{schema} // '') eq SCHEMA;
	die "$path: version $results->{version} of the schema, not " . VERSION . "\n"
		unless $results->{version} eq VERSION;
	return $results;
}

1;
