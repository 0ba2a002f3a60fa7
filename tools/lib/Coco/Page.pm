# SPDX-License-Identifier: GPL-2.0-only
#
# The conformance matrix as one HTML page, which needs nothing else: the table is there without
# scripts, for any browser, print and search; tools/results/page.js adds filters and the evidence.
# It is well-formed XML, too, so that simple tools can read it.
package Coco::Page;

use strict;
use warnings;
use utf8;
use Coco::Matrix;
use File::Basename qw(dirname);
use JSON::PP ();

my %entity = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;');

sub escape
{
	my ($text) = @_;
	return $text =~ s/([&<>"])/$entity{$1}/gr;
}

# An element; attributes that are undefined are left out, the content is markup.
sub tag
{
	my ($name, $attributes, @content) = @_;
	my $open = join '', map { qq( $_=") . escape($attributes->{$_}) . '"' }
		grep { defined $attributes->{$_} } sort keys %$attributes;

	return "<$name$open>" . join('', @content) . "</$name>";
}

sub plural
{
	my ($n, $one, $many) = @_;
	return "$n " . ($n == 1 ? $one : $many // "${one}s");
}

sub header
{
	my ($column, $nr) = @_;
	my ($tree, $extra, @rest) = @{$column->{title}};

	return tag('th', { scope => 'col', 'data-c' => $nr, title => $column->{group}{label} },
		   tag('span', {}, tag('b', {}, escape($tree)),
		       (length $extra ? tag('i', {}, escape($extra)) : ()),
		       map { tag('small', {}, escape($_)) } @rest));
}

sub total
{
	my ($column, $nr) = @_;
	my $n = Coco::Matrix::counts($column);
	my @parts = map { $n->{$_->[0]} ? tag('span', { class => "n $_->[0]",
							title => "$n->{$_->[0]} $_->[1]" },
					      $n->{$_->[0]}) : () } @Coco::Matrix::STATES[0 .. 2];

	return tag('td', { 'data-c' => $nr }, @parts);
}

sub row
{
	my ($matrix, $at) = @_;
	my $row = $matrix->{rows}[$at];
	my $note = $row->{twin} ? Coco::Matrix::vendor($row) :
		$row->{cases} || $row->{program} ? undef : 'no case lists it';
	my @cells = map {
		my $letter = substr $matrix->{columns}[$_]{cells}, $at, 1;
		tag('td', { class => $letter, 'data-c' => $_ },
		    tag('i', {}, escape($Coco::Matrix::MARK{$letter})))
	} 0 .. $#{$matrix->{columns}};

	return tag('tr', { 'data-r' => $at }, tag('th', { scope => 'row' },
		tag('b', {}, escape($row->{id})), defined $note ? tag('em', {}, $note) : '',
		tag('span', {}, escape($row->{text}))), @cells) . "\n";
}

# A body for each document, a line for each section.
sub bodies
{
	my ($matrix) = @_;
	my @rows = @{$matrix->{rows}};
	my $span = @{$matrix->{columns}} + 1;
	my ($document, $section, @bodies) = ('', '');
	my $line = sub {
		my ($class, $text) = @_;
		return tag('tr', { class => $class },
			   tag('th', { colspan => $span, scope => 'rowgroup' },
			       tag('span', {}, escape($text)))) . "\n";
	};

	for my $at (0 .. $#rows) {
		if ($rows[$at]{document} ne $document) {
			push @bodies, [$line->('document', $rows[$at]{document})];
			($document, $section) = ($rows[$at]{document}, '');
		}
		if ($rows[$at]{section} ne $section) {
			push @{$bodies[-1]}, $line->('section', $rows[$at]{section});
			$section = $rows[$at]{section};
		}
		push @{$bodies[-1]}, row($matrix, $at);
	}
	return map { tag('tbody', {}, @$_) . "\n" } @bodies;
}

# What the page's script needs, in a form that can stand in a script element.
sub data
{
	my ($matrix, $known) = @_;
	my @columns = map {
		my $column = $_;
		+{ label => $column->{group}{label}, known => $column->{group}{known},
		   map { $_ => $column->{$_} } qw(title run cells verdicts details problems) };
	} @{$matrix->{columns}};
	my $json = JSON::PP->new->canonical->encode({
		columns => \@columns, known => $known, states => \@Coco::Matrix::STATES,
		map { $_ => $matrix->{$_} } qw(rows cases),
	});

	return $json =~ s/([<>&])/sprintf '\u%04x', ord $1/ger;
}

sub runs
{
	my ($matrix) = @_;

	return map {
		my $commit = defined $_->{suite}{commit} ? ', suite ' . substr($_->{suite}{commit}, 0, 12) .
			($_->{suite}{changed} ? ' with changes' : '') : '';
		tag('li', {}, escape(($_->{started} =~ tr/TZ/  /r) . 'UTC, ' .
			sprintf('%.0f s', $_->{seconds}) . $commit . ', on ' .
			($_->{host}{cpu} // $_->{host}{machine}) . ", $_->{host}{system} $_->{host}{release}" .
			(@{$_->{tests}} ? ', of these tests: ' . join(' ', @{$_->{tests}}) : '')))
	} @{$matrix->{runs}};
}

sub read_text
{
	my ($path) = @_;

	open my $fh, '<:encoding(UTF-8)', $path or die "cannot read $path: $!\n";
	return do { local $/; <$fh> };
}

# The page of these results, as Coco::Results has them.
sub of_results
{
	my (@results) = @_;
	my %seen;

	return html(Coco::Matrix::of_results(@results), [
		grep { !$seen{"$_->{requirement} $_->{trees} $_->{evidence}"}++ }
		map { @{$_->{known_issues}} } @results]);
}

# The page of a matrix; @$known is the list of known issues, of all trees.
sub html
{
	my ($matrix, $known) = @_;
	my ($css, $js) = map { read_text(dirname(__FILE__) . "/../../results/$_") } qw(page.css page.js);
	my @columns = @{$matrix->{columns}};
	my %requirements = map { $_->{id} => 1 } grep { !$_->{program} } @{$matrix->{rows}};
	my %cells = map { $_->[0] => 0 } @Coco::Matrix::STATES;
	for my $n (map { Coco::Matrix::counts($_) } @columns) {
		$cells{$_} += $n->{$_} for keys %$n;
	}
	my $legend = join '', map {
		my ($letter, $word, $mark, $text) = @$_;
		tag('button', { type => 'button', class => "state $letter", 'data-s' => $letter,
				'aria-pressed' => 'false', title => $text },
		    tag('i', { class => $letter, 'aria-hidden' => 'true' }, escape($mark)),
		    tag('b', {}, $cells{$letter}), ' ', escape({ h => 'holes', k => 'known issues' }->{$letter} // $word))
	} @Coco::Matrix::STATES;
	my @kernels = grep { $_->{group}{platform} ne 'ref' } @columns;
	my $what = plural(scalar keys %requirements, 'requirement') . ', ' . join ' and ',
		@kernels ? plural(scalar @kernels, 'kernel') : (),
		@kernels < @columns ? 'the reference model' : ();

	return join "\n", '<!DOCTYPE html>',
		'<html xmlns="http://www.w3.org/1999/xhtml" lang="en">', '<head>',
		'<meta charset="utf-8"/>',
		'<meta name="viewport" content="width=device-width, initial-scale=1"/>',
		'<title>KVM for confidential VMs: ' . $what . '</title>',
		"<style>\n$css</style>", '</head>',
		'<body' . (@columns > 10 ? ' class="many"' : '') . '>', '<header>',
		'<h1>KVM for confidential VMs</h1>', "<p>$what</p>",
		tag('div', { id => 'states', role => 'group', 'aria-label' => 'Show rows with' }, $legend),
		'<div id="controls" hidden="hidden"></div>', '</header>', '<main>',
		'<div id="scroll">', '<table id="matrix">',
		'<thead>', tag('tr', {}, tag('th', { scope => 'col' }, tag('span', {}, 'Requirement')),
			       map { header($columns[$_], $_) } 0 .. $#columns),
		tag('tr', { class => 'total' }, tag('th', { scope => 'row' },
				tag('span', {}, 'failed, known issues, passed')),
		    map { total($columns[$_], $_) } 0 .. $#columns), '</thead>',
		bodies($matrix), '</table>', '<p id="none" hidden="hidden">No row has all of that.</p>',
		'<footer>', tag('ul', {}, runs($matrix), map {
			tag('li', {}, escape("Not run: $_->{label}: $_->{why}"))
		} @{$matrix->{absent}}), '</footer>', '</div>',
		'<aside id="evidence" hidden="hidden" tabindex="-1" aria-label="Evidence"></aside>',
		'</main>',
		'<script type="application/json" id="data">' . data($matrix, $known) . '</script>',
		"<script>//<![CDATA[\n$js//]]></script>", '</body>', '</html>', '';
}

1;
