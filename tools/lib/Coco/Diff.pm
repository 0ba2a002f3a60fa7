# SPDX-License-Identifier: GPL-2.0-only
#
# Two runs of the same tests, before and after: what changed, and nothing else.  A run is a
# group of results.json (tools/results/README), here as
#	{"TEST: CASE" => {end, why, details}}
# end is pass, fail, skip or undriven; why names what was not met, or the reason; TEST: alone
# stands for the program as a whole.
package Coco::Diff;

use strict;
use warnings;
use Coco::Report;

my @kinds = qw(broken fixed otherwise new gone undriven);
my %title = (
	broken => 'Broken', fixed => 'Fixed', otherwise => 'Fails otherwise',
	new => 'New', gone => 'Gone', undriven => 'No longer driven',
);
my %word = (
	broken => 'broken', fixed => 'fixed', otherwise => 'failing otherwise',
	new => 'new', gone => 'gone', undriven => 'no longer driven',
);

# What a case was found to fail; that a version is known for it makes no difference here.
sub of_case
{
	my ($case) = @_;
	my %seen;

	return { end => $case->{verdict}, why => $case->{reason} // '', details => [] }
		unless $case->{verdict} =~ /^(?:fail|known)$/;
	my @failures = @{$case->{failures}};
	my @details = map { ("$_->{requirement} ($_->{source}): $_->{text}", "at $_->{file}:$_->{line}") }
		@failures;
	push @details, map { my $side = $_; map { "$side: $_" } Coco::Report::last_views(@{$case->{$side}}) }
		qw(rule guest host kernel);
	push @details, $case->{ended} // ();
	push @details, map { "| $_" } Coco::Report::last_views(@{$case->{notes}})
		if !@failures || defined $case->{ended};
	return {
		end => 'fail', details => \@details,
		why => join(', ', (grep { !$seen{$_}++ } map { $_->{requirement} } @failures),
			    $case->{ended} // ()),
	};
}

sub of_group
{
	my ($group) = @_;
	my %run;

	for my $test (@{$group->{tests}}) {
		# Of one without a result the program says why.
		$run{"$test->{name}: $_->{name}"} = of_case($_)
			for grep { $_->{verdict} ne 'none' } @{$test->{cases}};
		my @problems = @{$test->{problems}} or next;
		$run{"$test->{name}:"} = {
			end => 'fail', why => $problems[0],
			details => [@problems, map { "| $_" } @{$test->{last_lines}}],
		};
	}
	return \%run;
}

# What became of a case; '' if nothing.
sub change
{
	my ($before, $after) = @_;
	my ($was, $is) = map { $_ && $_->{end} =~ /^(?:pass|fail)$/ ? $_->{end} : '' } $before, $after;

	return $is ? 'new' : '' unless $was;
	return ($after && $after->{end} eq 'undriven') ? 'undriven' : 'gone' unless $is;
	return $is eq 'fail' ? 'broken' : 'fixed' if $is ne $was;
	return $is eq 'fail' && $before->{why} ne $after->{why} ? 'otherwise' : '';
}

# {kind => [{name, before, after}]}, and {same}: how many are as they were.
sub compare
{
	my ($before, $after) = @_;
	my %changes = map { $_ => [] } @kinds;
	my %names = (%$before, %$after);

	$changes{same} = 0;
	for my $name (sort keys %names) {
		my $kind = change($before->{$name}, $after->{$name});
		if ($kind) {
			push @{$changes{$kind}}, {
				name => $name, before => $before->{$name}, after => $after->{$name},
			};
		} elsif ($after->{$name} && $after->{$name}{end} =~ /^(?:pass|fail)$/) {
			$changes{same}++;
		}
	}
	return \%changes;
}

# "1 broken, 2 fixed, 0 new, 0 gone, 412 as before"
sub counts
{
	my ($changes) = @_;
	return join ', ', (map { @{$changes->{$_}} . " $word{$_}" }
		grep { @{$changes->{$_}} || /^(?:broken|fixed|new|gone)$/ } @kinds),
		"$changes->{same} as before";
}

# Of many cases of a test that ended alike: one line.
sub folded
{
	my ($which, @changes) = @_;
	my (%cases, @order);

	for my $change (@changes) {
		my ($test, $case) = split /: ?/, $change->{name}, 2;
		my $side = $change->{$which};
		my $end = $side && $side->{end} eq 'pass' ? 'passes' :
			  $side && $side->{end} eq 'fail' ? "fails: $side->{why}" :
			  $side ? "$side->{end}" . (length $side->{why} ? ": $side->{why}" : '') :
				  'is not there';
		my $key = "$test\0$end";
		push @order, $key unless $cases{$key};
		push @{$cases{$key}}, length $case ? $case : 'all of it';
	}
	return map {
		my ($test, $end) = split /\0/;
		my @names = @{$cases{$_}};
		"  $test: " . (@names > 2 ? "$names[0] and " . (@names - 1) . ' more' :
			join(', ', @names)) . ": $end";
	} @order;
}

# Lines on what changed.
sub lines
{
	my ($changes) = @_;
	my @lines;

	for my $kind (@kinds) {
		my @those = @{$changes->{$kind}} or next;
		push @lines, '', "$title{$kind}:";
		if ($kind =~ /^(?:broken|otherwise)$/) {
			push @lines, Coco::Report::told_once(1, map { {
				head => $_->{name}, details => $_->{after}{details},
				key => join("\n", @{$_->{after}{details}}),
			} } @those);
		} else {
			push @lines, folded('after', @those);
		}
	}
	return @lines;
}

# Something that worked does not any more, or is new and does not work.
sub is_worse
{
	my ($changes) = @_;
	return @{$changes->{broken}} ||
		grep { $_->{after}{end} eq 'fail' } @{$changes->{new}};
}

sub report
{
	my ($title, $changes) = @_;
	return ("$title: " . counts($changes), lines($changes));
}

# Groups (Coco::Platforms) that are stages of one tree, each against the one before it that
# has run, with the same groups of the results: a list of {title, changes}, or {title, skip}.
sub stages
{
	my ($groups, $results) = @_;
	my ($last, @stages);

	for my $nr (0 .. $#$groups) {
		my $group = $groups->[$nr];
		my $run = $group->{skip} ? undef : of_group($results->[$nr]);
		if (length $group->{stage}) {
			push @stages, { title => $group->{stage}, $run && $last ?
				(changes => compare($last, $run)) :
				(skip => $group->{skip} // 'nothing to compare it with') };
		}
		$last = $run // $last;
	}
	return @stages;
}

# Groups of two results that belong together, by their label, or else of one platform and
# one engine: a list of [title, changes], or [title, why there are none].
sub pairs
{
	my ($before, $after) = @_;
	my @left = grep { !defined $_->{skip} } @$before;
	my (%old, @pairs);
	my @new = grep { !defined $_->{skip} } @$after;
	my $take = sub {
		my ($new, $fits) = @_;
		my ($old) = grep { $fits->($_) } @left;
		return 0 unless $old;
		@left = grep { $_ != $old } @left;
		return $old{$new} = $old;
	};

	for my $new (@new) {
		$take->($new, sub { $_[0]{label} eq $new->{label} });
	}
	for my $new (grep { !$old{$_} } @new) {
		$take->($new, sub {
			my ($old) = @_;
			!grep { ($old->{$_} // '') ne ($new->{$_} // '') } qw(platform engine revision);
		});
	}
	for my $new (@new) {
		my $old = $old{$new};
		my $title = !$old || $old->{label} eq $new->{label} ? $new->{label} :
			"$old->{label} -> $new->{label}";
		push @pairs, [$title, $old ? compare(of_group($old), of_group($new)) : 'was not there'];
	}
	return @pairs, map { ["$_->{label}", 'is not there any more'] } @left;
}

1;
