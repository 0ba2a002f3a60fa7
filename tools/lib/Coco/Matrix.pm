# SPDX-License-Identifier: GPL-2.0-only
#
# The conformance matrix of several runs: requirements down, kernels across, a verdict in each
# cell.  A row is a requirement of one vendor's KVM; a column is a group of a run.
package Coco::Matrix;

use strict;
use warnings;
use utf8;

# What a cell can be, the worse before the better: letter, word, mark, and what it says.
our @STATES = (
	[f => 'failed', '✗', 'a case failed it'],
	[k => 'known issue', '!', 'this version of the kernel is known to fail it'],
	[p => 'passed', '✓', 'cases that check it passed, and none failed it'],
	[u => 'not driven', '?', 'the in-process KVM lacks what its cases need'],
	[s => 'skipped', '–', 'the tree or the machine does not have what it is about'],
	[m => 'unclear', '…', 'each case that checks it failed another requirement'],
	[h => 'hole', '', 'nothing that checks it has run'],
);
our %MARK = map { $_->[0] => $_->[2] } @STATES;
my %rank = map { $STATES[$_][0] => $_ } 0 .. $#STATES;
my %VENDOR = (amd => 'AMD', intel => 'Intel');

# The matrix of these results, as Coco::Results has them: a hash of
#	columns	of {title => [lines], group, run, cells => letters, one a row; verdicts => letters,
#		one a case; details => {case => what results.json has of it}}
#	rows	of {id, vendor, document, section, text}
#	cases	of [test, name, [rows], revision]
#	runs, and absent: groups that did not run
sub of_results
{
	my (@results) = @_;
	my %matrix = (columns => [], rows => rows(@results), cases => [], absent => [],
		      runs => [map { { suite => $_->{suite}, %{$_->{run}} } } @results]);
	my (%row, %case);

	push @{$row{$matrix{rows}[$_]{id}}}, $_ for 0 .. $#{$matrix{rows}};
	for my $run (0 .. $#results) {
		for my $group (@{$results[$run]{groups}}) {
			if (defined $group->{skip}) {
				push @{$matrix{absent}}, { label => $group->{label}, why => $group->{skip} };
			} else {
				push @{$matrix{columns}}, column(\%matrix, $group, $run, \%row, \%case);
			}
		}
	}
	order(\%matrix);
	$_->{verdicts} .= '-' x (@{$matrix{cases}} - length $_->{verdicts}) for @{$matrix{columns}};
	return \%matrix;
}

# ---- down ----

# Requirements of all results, by document and section, as the last of them has these; one of two
# vendors' KVM is two.  Then programs that went wrong as a whole.
sub rows
{
	my (@results) = @_;
	my (@rows, %seen, %section, %programs);

	for my $req (map { @{$_->{requirements}} } reverse @results) {
		next if $seen{$req->{id}}++;
		my @vendors = @{$req->{vendors}} ? @{$req->{vendors}} : (undef);
		push @rows, map { { (map { $_ => $req->{$_} } qw(id document section text cases)),
				    vendor => $_, twin => @vendors > 1 } } @vendors;
	}
	$section{"$rows[$_]{document}\0$rows[$_]{section}"} //= $_ for 0 .. $#rows;
	my $place = sub { $section{"$rows[$_[0]]{document}\0$rows[$_[0]]{section}"} };
	my @order = sort {
		lc $rows[$a]{document} cmp lc $rows[$b]{document} || $place->($a) <=> $place->($b) ||
		$a <=> $b
	} 0 .. $#rows;

	for my $test (map { @{$_->{tests}} } map { @{$_->{groups}} } @results) {
		$programs{$test->{name}} = $test->{vendor} if wrong_program($test);
	}
	return [@rows[@order], map { {
		id => $_, vendor => $programs{$_}, document => 'Test programs', section => 'as a whole',
		text => 'the program runs all of its cases, and ends as it has reported',
		cases => 0, program => 1,
	} } sort keys %programs];
}

# Is there a failure that no requirement's cell would show?
sub wrong_program
{
	my ($test) = @_;

	return @{$test->{problems}} || grep {
		$_->{verdict} eq 'fail' && !@{$_->{requirements}} && !@{$_->{failures}}
	} @{$test->{cases}};
}

# ---- across ----

sub title
{
	my ($group) = @_;
	my $tree = $group->{tree} // 'model';
	my @extra = map { s/\.patch$//r } @{$group->{patches}};

	push @extra, $group->{revision} if defined $group->{revision};
	push @extra, $group->{compiler} if defined $group->{compiler};
	push @extra, 'sanitized' if $group->{sanitized};
	return [$tree =~ s/^linux-//r, join(', ', @extra),
		join(' ', grep { defined } @{$group}{qw(platform engine)})];
}

# The older before the newer, each as it is before what is changed in it; kernels first.
sub order
{
	my ($matrix) = @_;
	my %platform = (src => 0, 'src-as-hw' => 1, hw => 2, ref => 3);
	my $key = sub {
		my ($column) = @_;
		my $group = $column->{group};
		return join "\0", $platform{$group->{platform}},
			join('.', map { sprintf '%06d', $_ } ($group->{version} // '') =~ /\d+/g),
			scalar @{$group->{patches}}, @{$column->{title}}, sprintf('%04d', $column->{run});
	};
	my %key = map { $_ => $key->($matrix->{columns}[$_]) } 0 .. $#{$matrix->{columns}};

	$matrix->{columns} = [@{$matrix->{columns}}[sort { $key{$a} cmp $key{$b} } keys %key]];
	# Two runs of one tree are told apart by when they were.
	my %times;
	$times{join "\0", @{$_->{title}}}++ for @{$matrix->{columns}};
	for my $column (grep { $times{join "\0", @{$_->{title}}} > 1 } @{$matrix->{columns}}) {
		push @{$column->{title}}, $matrix->{runs}[$column->{run}]{started} =~ s/T(.*):\d+Z$/ $1/r;
	}
}

sub column
{
	my ($matrix, $group, $run, $row, $case) = @_;
	my %column = (group => $group, run => $run, title => title($group), verdicts => '',
		      details => {});
	my @cells = ('h') x @{$matrix->{rows}};
	my $say = sub {
		my ($letter, $vendor, @ids) = @_;
		for my $at (grep { my $of = $matrix->{rows}[$_]{vendor}; !defined $of || $of eq $vendor }
			    map { @{$row->{$_} // []} } @ids) {
			$cells[$at] = $letter if $rank{$letter} < $rank{$cells[$at]};
		}
	};

	for my $test (@{$group->{tests}}) {
		$say->(wrong_program($test) ? 'f' : 'p', $test->{vendor}, $test->{name});
		for my $end (@{$test->{cases}}) {
			my %letter = letters($group, $end);
			$say->($letter{$_}, $test->{vendor}, $_) for keys %letter;

			my $nr = $case->{"$test->{name} $end->{name}"} //= do {
				push @{$matrix->{cases}}, [$test->{name}, $end->{name},
					[grep { my $of = $matrix->{rows}[$_]{vendor};
						!defined $of || $of eq $test->{vendor} }
					 map { @{$row->{$_} // []} } @{$end->{requirements}}],
					$end->{revision}];
				$#{$matrix->{cases}};
			};
			my $gap = $nr - length $column{verdicts};
			$column{verdicts} .= '-' x $gap if $gap > 0;
			substr($column{verdicts}, $nr, 1, substr $end->{verdict}, 0, 1);
			$column{details}{$nr} = $end if $end->{verdict} ne 'pass';
		}
	}
	$column{cells} = join '', @cells;
	$column{problems} = { map { $_->{name} => [@{$_->{problems}}, @{$_->{last_lines}}] }
			      grep { @{$_->{problems}} } @{$group->{tests}} };
	return \%column;
}

# What a case says of requirements: of those that it failed, and, unless it failed others, of
# those that it is about.
sub letters
{
	my ($group, $end) = @_;
	my %letter = (pass => 'p', skip => 's', undriven => 'u', none => 'm', fail => 'm', known => 'm');
	my @failed = map { $_->{requirement} } @{$end->{failures} // []};
	my $of_all = $end->{verdict} eq 'fail' && !@failed ? 'f' : $letter{$end->{verdict}};

	return ((map { $_ => $of_all } @{$end->{requirements}}),
		$end->{verdict} =~ /^(?:fail|known)$/ ?
			(map { $_ => defined $group->{known}{$_} ? 'k' : 'f' } @failed) : ());
}

# ---- in words ----

# How many cells of a column are in each state, {letter => n}.
sub counts
{
	my ($column) = @_;
	my %n = map { $_->[0] => 0 } @STATES;

	$n{$_}++ for split //, $column->{cells};
	return \%n;
}

sub vendor
{
	my ($row) = @_;
	return $VENDOR{$row->{vendor} // ''} // '';
}

# The whole of it for a terminal.
sub text
{
	my ($matrix) = @_;
	my @columns = @{$matrix->{columns}};
	my %word = map { $_->[0] => $_->[1] } @STATES;
	my %short = (%word, p => 'ok', f => 'FAILED', k => 'known', h => '.',
		     s => 'skip', u => 'undriven');
	my ($width) = sort { $b <=> $a } map { length name($_) } @{$matrix->{rows}};
	my ($section, $document, @lines) = ('', '');
	my $cell = '  %-8s';

	push @lines, map { sprintf '%2d  %s', $_ + 1,
			   join(' ', grep { length } @{$columns[$_]{title}}) } 0 .. $#columns;
	push @lines, '', sprintf("    %-${width}s" . $cell x @columns, '', 1 .. @columns) =~ s/\s+$//r;
	for my $at (0 .. $#{$matrix->{rows}}) {
		my $row = $matrix->{rows}[$at];
		push @lines, '', $row->{document} if $row->{document} ne $document;
		push @lines, "  $row->{section}" if "$row->{document}\0$row->{section}" ne $section;
		($document, $section) = ($row->{document}, "$row->{document}\0$row->{section}");
		push @lines, sprintf("    %-${width}s" . $cell x @columns, name($row),
			map { $short{substr $_->{cells}, $at, 1} } @columns) =~ s/\s+$//r;
	}
	my @counts = map { counts($_) } @columns;
	push @lines, '', map {
		my $letter = $_->[0];
		sprintf("%-@{[$width + 4]}s" . $cell x @columns,
			($letter eq 'h' ? 'holes' : $word{$letter}), map { $_->{$letter} } @counts) =~ s/\s+$//r;
	} @STATES;
	push @lines, '', map { "not run: $_->{label}: $_->{why}" } @{$matrix->{absent}}
		if @{$matrix->{absent}};
	return join '', map { "$_\n" } @lines;
}

sub name
{
	my ($row) = @_;
	return $row->{id} . ($row->{twin} ? ' ' . vendor($row) : '');
}

1;
