#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# What became of each mutant, and what the cases reach: from the results that programs have
# kept (lib/check/mutants.c), for run.sh.
#
#	report.pl --out DIR --tree NAME --root DIR --mode mutants|coverage [--covers FILE:LINE]
#
# DIR has table, wanted, same, coverage/results, run/results and again/; what is made of them goes there, too.  --root
# is where the sources are.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Getopt::Long;
use JSON::PP ();
use Coco::Page;

my %verdicts = (
	survived => 'no case fails that reaches it and was run on it',
	waiting => 'it was not run so far',
	undriven => 'the suite lacks what it asks for',
	unreached => 'no case reaches it',
	equivalent => 'it cannot be told from the original',
	killed => 'a case fails',
);
my @order = qw(survived waiting undriven unreached equivalent killed);
my %options;

GetOptions(\%options, 'out=s', 'tree=s', 'root=s', 'mode=s', 'covers=s') or exit 2;
my (%site, %mutant);
lines('table', sub {
	my ($what, $id, @rest) = @_;
	if ($what eq 'site') {
		@{$site{$id}}{qw(id form line function file)} = ($id, @rest);
	} else {
		@{$mutant{$id}}{qw(id site line column kind function original mutated file)} = ($id, @rest);
	}
});
my ($reached, $start) = cases('coverage');
if ($options{covers}) {
	print map { "$_\n" } covers($options{covers});
	exit 0;
}
my @coverage = lcov();
if ($options{mode} eq 'mutants') {
	judge();
	my @mutants = sorted(grep { $_->{wanted} } values %mutant);
	write_file('table.txt', text(@mutants));
	write_file('mutants.json', json(@mutants));
	write_file('index.html', html(@mutants));
	print rates(@mutants);
}
print @coverage, "All of it: $options{out}/" .
	($options{mode} eq 'mutants' ? '{table.txt,index.html,mutants.json,coverage.info}' : 'coverage.info') . "\n";

# Each line of a file in DIR, in its fields.
sub lines
{
	my ($name, $take) = @_;

	open my $in, '<', "$options{out}/$name" or die "mutants: $options{out}/$name: $!\n";
	while (my $line = <$in>) {
		chomp $line;
		$take->(split /\t/, $line, -1);
	}
}

sub write_file
{
	my ($name, $content) = @_;

	open my $out, '>:utf8', "$options{out}/$name" or die "mutants: $options{out}/$name: $!\n";
	print $out $content;
	close $out or die "mutants: $options{out}/$name: $!\n";
}

# "1-3,7" as numbers.
sub numbers
{
	return map { my ($a, $b) = split /-/; $a .. $b // $a } split /,/, $_[0];
}

# { SITE => { CASE => 1 } }, and the sites that are reached before any case.
sub cases
{
	my ($dir) = @_;
	my (%reached, %start);

	lines("$dir/results", sub {
		my ($what, $test, $case, $verdict, $ms, $runs, $sites) = @_;
		if ($what eq 'case') {
			$reached{$_}{"$test:$case"} = $ms for numbers($sites);
		} elsif ($what eq 'start') {
			$start{$_} = 1 for numbers($sites);
		}
	});
	return (\%reached, \%start);
}

sub judge
{
	my (%equivalent, %same, %wanted);

	open my $ids, '<', "$options{out}/wanted" or die "mutants: wanted: $!\n";
	$wanted{$_ + 0} = 1 while <$ids>;
	open my $pairs, '<', "$options{out}/same" or die "mutants: same: $!\n";
	while (<$pairs>) {
		my ($id, $other) = split;
		$same{$id} = 'compiled to the same code as ' . ($other ? "mutant $other" : 'the original');
	}
	my $take = sub {
		my ($what, $id, $test, $case, @rest) = @_;
		my $m = $mutant{$id};
		if ($what eq 'killed') {
			@$m{qw(verdict case requirement how)} = ('killed', "$test:$case", @rest);
		} elsif ($what eq 'undriven' && !$m->{verdict}) {
			@$m{qw(verdict case how)} = ('undriven', "$test:$case", @rest);
		}
	};
	lines('run/results', $take);
	my %again;
	if (-e "$options{out}/again/results") {
		lines('again/results', $take);
		lines('again/chosen', sub { $again{$_}++ for (split ' ', $_[0])[1 .. $_[0] =~ tr/ //] });
	}
	open my $in, '<', "$FindBin::RealBin/equivalent" or die "mutants: equivalent: $!\n";
	while (my $line = <$in>) {
		next if $line =~ /^(#|$)/;
		chomp $line;
		my ($function, $original, $mutated, $why) = split /\t/, $line;
		$equivalent{"$function\t$original\t$mutated"} = $why;
	}
	open my $tries, '<:raw', "$options{out}/run/tries" or die "mutants: tries: $!\n";
	my @tries = unpack 'S*', do { local $/; <$tries> };
	for my $m (values %mutant) {
		my $why = $same{$m->{id}} // $equivalent{join "\t", @$m{qw(function original mutated)}};
		$m->{wanted} = $wanted{$m->{id}};
		$m->{cases} = keys %{$reached->{$m->{site}}};
		$m->{tried} = ($tries[$m->{id}] // 0) + ($again{$m->{id}} // 0);
		next if $m->{verdict};
		@$m{qw(verdict how)} = defined $why ? ('equivalent', $why) :
			$m->{cases} ? ($m->{tried} ? 'survived' : 'waiting', '') :
			('unreached', $start->{$m->{site}} ? 'reached before any case' : '');
	}
}

# By verdict, file and line.
sub sorted
{
	my %rank = map { $order[$_] => $_ } 0 .. $#order;

	return sort { $rank{$a->{verdict}} <=> $rank{$b->{verdict}} || $a->{file} cmp $b->{file} ||
		$a->{line} <=> $b->{line} || $a->{id} <=> $b->{id} } @_;
}

sub where
{
	my ($m) = @_;
	return "$m->{file}:$m->{line}";
}

# Who has seen it, or who has not.
sub seen_by
{
	my ($m) = @_;

	return "$m->{case}: $m->{how}" if $m->{verdict} =~ /^(killed|undriven)$/;
	return $m->{how} if length $m->{how};
	return (keys %{$reached->{$m->{site}}})[0] if $m->{cases} == 1;
	return "run in $m->{tried} of $m->{cases} cases that reach it" if $m->{cases};
	return $verdicts{$m->{verdict}};
}

sub text
{
	my $text = "$options{tree}\n" . rates(@_);
	my $verdict = '';

	for my $m (@_) {
		$text .= "\n== $m->{verdict}: $verdicts{$m->{verdict}} ==\n\n" if $m->{verdict} ne $verdict;
		$verdict = $m->{verdict};
		$text .= "$m->{verdict}\t" . where($m) . "\t$m->{function}()\t$m->{kind}\tmutant $m->{id}\t" .
			seen_by($m) . "\n\t- $m->{original}\n" .
			(length $m->{mutated} ? "\t+ $m->{mutated}\n" : '');
	}
	return $text;
}

sub json
{
	my $json = JSON::PP->new->canonical;
	my @list = map {
		my $m = $_;
		$json->encode({ map { $_ => defined $m->{$_} && /^(id|site|line|column|cases|tried)$/ ? $m->{$_} + 0 : $m->{$_} }
			grep { $_ ne 'wanted' } keys %$m })
	} @_;

	return qq({\n"schema": "kvm-coco-selftests-mutants",\n"version": 1,\n"tree": ) .
		$json->allow_nonref->encode($options{tree}) . qq(,\n"mutants": [\n) . join(",\n", @list) . "\n]\n}\n";
}

sub percent
{
	my ($part, $all) = @_;
	return $all ? sprintf '%.1f %%', 100 * $part / $all : '-';
}

# Lines of a table: of those that cases reach and that can be told, how many are killed.
sub rates
{
	my @mutants = @_;
	my @lines = (['', 'killed', 'of', 'rate', 'survived', 'not run yet', 'not driven', 'not reached',
		'equivalent']);
	my $row = sub {
		my ($name, @of) = @_;
		my %n = map { $_ => 0 } @order;
		$n{$_->{verdict}}++ for @of;
		my $all = $n{killed} + $n{survived};
		push @lines, [$name, $n{killed}, $all, percent($n{killed}, $all),
			@n{qw(survived waiting undriven unreached equivalent)}];
	};

	for my $key (qw(file kind)) {
		my %by;
		push @{$by{$_->{$key} =~ s{.*/}{}r}}, $_ for @mutants;
		$row->($_, @{$by{$_}}) for sort keys %by;
	}
	$row->('all', @mutants);
	return join '', map { sprintf "%-12s %7s %7s %8s %9s %12s %11s %12s %11s\n", @$_ } @lines;
}

# ---- coverage ----

# coverage.info, and lines of a summary.
sub lcov
{
	my (%line, %branch, @said, $info);

	$info = '';
	for my $s (sort { $a->{id} <=> $b->{id} } values %site) {
		my $hits = keys %{$reached->{$s->{id}} // {}};
		my $at = $line{$s->{file}}{$s->{line}} //= { hits => 0, function => $s->{function} };
		$at->{hits} = $hits if $hits > $at->{hits};
		push @{$branch{$s->{file}}{$s->{line}}}, [map { scalar keys %{$reached->{$_} // {}} }
			$s->{id} + 1, $s->{id} + 2] if $s->{form} eq 'cond';
	}
	for my $file (sort keys %line) {
		my ($lines, $functions) = ($line{$file}, {});
		my ($taken, $ways) = (0, 0);

		$info .= "TN:\nSF:$options{root}/$file\n";
		for my $nr (sort { $a <=> $b } keys %$lines) {
			my $f = $functions->{$lines->{$nr}{function}} //= { line => $nr, hits => 0 };
			$f->{hits} = $lines->{$nr}{hits} if $lines->{$nr}{hits} > $f->{hits};
		}
		$info .= "FN:$functions->{$_}{line},$_\nFNDA:$functions->{$_}{hits},$_\n"
			for sort keys %$functions;
		for my $nr (sort { $a <=> $b } keys %{$branch{$file}}) {
			my $block = 0;
			for my $two (@{$branch{$file}{$nr}}) {
				$info .= "BRDA:$nr,$block,$_,$two->[$_]\n" for 0, 1;
				$ways += 2;
				$taken += grep { $_ } @$two;
				$block++;
			}
		}
		$info .= "BRF:$ways\nBRH:$taken\n";
		$info .= "DA:$_,$lines->{$_}{hits}\n" for sort { $a <=> $b } keys %$lines;
		my $hit = grep { $_->{hits} } values %$lines;
		$info .= 'LF:' . keys(%$lines) . "\nLH:$hit\nend_of_record\n";
		push @said, sprintf "%s: lines %d of %d (%s), branches %d of %d (%s)\n", $file, $hit,
			scalar keys %$lines, percent($hit, scalar keys %$lines), $taken, $ways, percent($taken, $ways);
	}
	write_file('coverage.info', $info);
	return @said;
}

# Cases that come by FILE:LINE, which may be in the middle of a statement, quickest first.
sub covers
{
	my ($file, $nr) = $_[0] =~ /^(?:.*\/)?(.+):(\d+)$/ or die "mutants: --covers FILE:LINE, not '$_[0]'\n";
	my ($line) = sort { $b <=> $a } map { $_->{line} } grep { $_->{file} =~ /\b\Q$file\E$/ && $_->{line} <= $nr }
		values %site;

	die "mutants: nothing can be written otherwise at $_[0], nor before it\n" unless $line;
	my %cases = map { %{$reached->{$_->{id}} // {}} }
		grep { $_->{file} =~ /\b\Q$file\E$/ && $_->{line} == $line } values %site;
	print STDERR "mutants: no case comes by $file:$line\n" unless %cases;
	return sort { $cases{$a} <=> $cases{$b} || $a cmp $b } keys %cases;
}

# ---- the page ----

sub html
{
	my ($style, $rows) = (<<'CSS', '');
body { font: 14px/1.4 sans-serif; margin: 1em; } table { border-collapse: collapse; }
td, th { border: 1px solid #bbb; padding: 2px 6px; text-align: left; vertical-align: top; }
pre { margin: 0; white-space: pre-wrap; } .survived { background: #fdd; } .killed { background: #dfd; }
.o { color: #a00; } .m { color: #070; }
CSS

	for my $m (@_) {
		$rows .= Coco::Page::tag('tr', { class => $m->{verdict}, id => "m$m->{id}" },
			map({ Coco::Page::tag('td', {}, Coco::Page::escape($_)) } $m->{verdict}, where($m),
				"$m->{function}()", $m->{kind}),
			Coco::Page::tag('td', {}, Coco::Page::tag('pre', {},
				Coco::Page::tag('span', { class => 'o' }, Coco::Page::escape("- $m->{original}")), "\n",
				Coco::Page::tag('span', { class => 'm' }, Coco::Page::escape("+ $m->{mutated}")))),
			map({ Coco::Page::tag('td', {}, Coco::Page::escape($_)) } $m->{requirement} // '', seen_by($m)))
			. "\n";
	}
	my $title = Coco::Page::escape("Mutants of $options{tree}");
	my $heads = join '', map { Coco::Page::tag('th', {}, $_) }
		'verdict', 'line', 'function', 'kind', 'mutant', 'requirement', 'by';
	return "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"/><title>$title</title><style>$style</style></head>" .
		"<body><h1>$title</h1><pre>" . Coco::Page::escape(rates(@_)) . "</pre>\n<table><tr>$heads</tr>\n" .
		"$rows</table></body></html>\n";
}
