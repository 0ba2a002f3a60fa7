# SPDX-License-Identifier: GPL-2.0-only
#
# A run as JUnit XML, for CI systems: a test suite for each program of each group.  Made of
# results.json, and with its names and its order; tools/results/junit.xsd describes it.
package Coco::JUnit;

use strict;
use warnings;
use Coco::Results;

my %entity = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;', "\t" => '&#9;',
	      "\n" => '&#10;');

# An element: attributes in their order, those that are undefined left out; then what is in it,
# elements or text.
sub element
{
	my ($name, $attributes, @content) = @_;
	my @pairs = @$attributes;
	my $open = $name;

	while (my ($key, $value) = splice @pairs, 0, 2) {
		$open .= qq( $key=") . $value =~ s/([&<>"\t\n])/$entity{$1}/gr . '"' if defined $value;
	}
	return \"<$open/>" unless @content;
	return \("<$open>" . join('', map { ref $_ ? $$_ : s/([&<>])/$entity{$1}/gr } @content) .
		 "</$name>");
}

# What a CI system is to make of a case that did not pass.  It has no word for a known issue or
# for what was not driven; either is no failure, and neither passed.
sub outcome
{
	my ($case) = @_;
	my $verdict = $case->{verdict};
	my $details = join "\n", Coco::Results::details($case);

	return () if $verdict eq 'pass';
	return element('error', [message => $case->{reason}, type => 'none']) if $verdict eq 'none';
	if ($verdict eq 'fail') {
		my ($first) = @{$case->{failures}};
		return element(defined $case->{ended} ? 'error' : 'failure', [
			message => $case->{ended} // ($first ? $first->{text} : 'not ok'),
			type => $first ? $first->{requirement} : 'fail'], $details);
	}
	my $reason = $case->{reason};
	$reason = "not driven: $reason" if $verdict eq 'undriven';
	return (element('skipped', [message => $reason, type => $verdict]),
		length $details ? element('system-out', [], $details) : ());
}

sub properties
{
	my ($group, $test) = @_;
	my %value = (%$group, patches => join(' ', @{$group->{patches}}), vendor => $test->{vendor});

	return element('properties', [], map { element('property', [name => $_, value => $value{$_}]) }
		       grep { length($value{$_} // '') }
		       qw(platform engine tree patches compiler revision vendor));
}

sub counts
{
	my (@cases) = @_;
	my %n = (failure => 0, error => 0, skipped => 0);

	for my $outcome (map { (outcome($_))[0] } grep { $_->{verdict} ne 'pass' } @cases) {
		$n{($$outcome =~ /^<(\w+)/)[0]}++;
	}
	return (tests => scalar @cases, failures => $n{failure}, errors => $n{error},
		skipped => $n{skipped});
}

sub suite
{
	my ($results, $group, $test, @cases) = @_;
	my $class = "$group->{label}.$test->{name}";

	return element('testsuite', [
		name => "$group->{label}: $test->{name}", counts(@cases), time => $test->{seconds},
		timestamp => $results->{run}{started} =~ s/Z$//r], "\n", properties($group, $test), "\n",
		map { (element('testcase', [classname => $class, name => $_->{name},
					    time => $_->{seconds}], outcome($_)), "\n") } @cases);
}

sub xml
{
	my ($results) = @_;
	my (@suites, @all);

	for my $group (@{$results->{groups}}) {
		my @tests = map { [$_, Coco::Results::ends($_)] } @{$group->{tests}};
		push @tests, [{ name => 'all', seconds => 0 }, {
			name => '(group)', verdict => 'skip', reason => $group->{skip}, seconds => 0,
		}] if defined $group->{skip};
		for (@tests) {
			my ($test, @cases) = @$_;
			push @suites, suite($results, $group, $test, @cases), "\n";
			push @all, @cases;
		}
	}
	return qq(<?xml version="1.0" encoding="UTF-8"?>\n) . ${element('testsuites', [
		name => 'kvm-coco-selftests', counts(@all), time => $results->{run}{seconds}],
		"\n", @suites)} . "\n";
}

1;
