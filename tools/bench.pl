#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# What tools/bench.sh has measured, as a table on stdout, OUT.csv, and OUT.svg.
# Status 0, or 2 with a message.
#
#	tools/bench.pl --out OUT --title TEXT [--base CSV] [--without TEXT] FILE
#
# FILE has a row for each measurement, with tabs between: run, what, KVM, how many (or nothing),
# median and best nanoseconds, operations.  A row of the result is the median of its runs, with the
# lowest and highest of these; and the ratio to the first row of its KVM, or to the fewest, which is
# of one run at a time, since a machine that is slow for a while is so for both.
use strict;
use warnings;
use File::Temp ();
use Getopt::Long;

$SIG{__DIE__} = sub {
	print STDERR "bench.sh: $_[0]";
	exit 2;
};

my %option = (title => '');
GetOptions(\%option, 'out=s', 'title=s', 'base=s', 'without=s') && @ARGV == 1 && defined $option{out}
	or die "usage: tools/bench.pl --out OUT --title TEXT [--base CSV] [--without TEXT] FILE\n";

my @FIELDS = qw(what kvm n median low high runs ratio);
my @rows = summarize($ARGV[0]);
my @base = defined $option{base} ? read_csv($option{base}) : ();
my $title = join ', ', grep { length } $option{title}, $option{out} =~ m{(\d{4})(\d\d)(\d\d)-\d+$} ? "$1-$2-$3" : ();

write_file("$option{out}.csv", csv(@rows));
print table(@rows), "\nas CSV: $option{out}.csv\n";
if (grep { -x "$_/gnuplot" } split /:/, $ENV{PATH}) {
	picture("$option{out}.svg");
	print "as a picture: $option{out}.svg\n";
} else {
	print "no picture: there is no gnuplot (Debian: gnuplot-nox)\n";
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[@sorted / 2];
}

sub summarize
{
	my ($path) = @_;
	my (@order, %of, %first);

	open my $fh, '<', $path or die "cannot read $path: $!\n";
	while (my $line = <$fh>) {
		chomp $line;
		my ($run, $what, $kvm, $n, $ns) = split /\t/, $line;
		die "$path:$.: no measurement: $line\n" unless ($ns // '') =~ /^\d+$/ && $ns;
		my $key = "$what\t$kvm\t$n";
		my $to = length $n ? "$what\t$kvm" : $kvm;

		push @order, $key unless $of{$key};
		$first{$run}{$to} //= $ns;
		push @{$of{$key}{ns}}, $ns;
		push @{$of{$key}{ratios}}, $ns / $first{$run}{$to};
	}
	return map {
		my ($what, $kvm, $n) = split /\t/, $_, -1;
		my @ns = sort { $a <=> $b } @{$of{$_}{ns}};
		{ what => $what, kvm => $kvm, n => $n, median => median(@ns), low => $ns[0],
		  high => $ns[-1], runs => scalar @ns, ratio => sprintf '%.2f', median(@{$of{$_}{ratios}}) }
	} @order;
}

sub table
{
	my @rows = @_;
	my $row = "%-44s %-12s %5s %10s %8s %8s\n";
	my $text = "$option{title}\n";

	$text .= "not here: $option{without}\n" if defined $option{without};
	$text .= "\n" . sprintf $row, 'nanoseconds an operation', 'KVM', '', 'median', 'spread', 'ratio';
	for (@rows) {
		my $spread = 100 * ($_->{high} - $_->{low}) / $_->{median};
		$text .= sprintf $row, @{$_}{qw(what kvm n median)},
			$_->{runs} > 1 ? sprintf('%.0f%%', $spread) : '', $_->{ratio};
	}
	return $text;
}

sub csv
{
	my @rows = @_;
	return join '', map { "$_\n" } join(',', @FIELDS), map {
		my $row = $_;
		join ',', map { $row->{$_} =~ /[",]/ ? '"' . $row->{$_} =~ s/"/""/gr . '"' : $row->{$_} } @FIELDS
	} @rows;
}

sub read_csv
{
	my ($path) = @_;

	open my $fh, '<', $path or die "cannot read $path: $!\n";
	chomp(my $head = <$fh> // '');
	die "$path: no file of make bench's\n" unless $head eq join ',', @FIELDS;
	return map {
		chomp;
		my @values = map { s/^"(.*)"$/$1/r =~ s/""/"/gr } /\G("(?:[^"]|"")*"|[^,]*)(?:,|$)/g;
		my %row;
		@row{@FIELDS} = @values;
		\%row;
	} <$fh>;
}

sub write_file
{
	my ($path, $content) = @_;

	open my $fh, '>', $path or die "cannot write $path: $!\n";
	print $fh $content or die "cannot write $path: $!\n";
	close $fh or die "cannot write $path: $!\n";
}

# ---- the picture ----

# One panel for what does not grow, and one for each thing that does; the earlier measurement is
# grey, and the axes are the same whatever was measured, so that two pictures can be compared.
sub picture
{
	my ($path) = @_;
	my (%panels, @panels);
	my $script = File::Temp->new;

	for (@rows) {
		my $panel = length $_->{n} ? $_->{what} : 'one operation';
		push @panels, $panel unless $panels{$panel}++;
	}
	# The first is as wide as two.
	my $height = 60 + 420 * int(@panels / 2 + 1);
	my $part = 420 / $height;
	print $script "set terminal svg size 1200,$height font 'sans-serif,13' background '#ffffff'\n",
		'set output ', quoted($path), "\nset multiplot title ", quoted($title), " noenhanced\n",
		"set grid lc rgb '#e0e0e0'\nset key top left Left reverse noenhanced\nset border 3\nset tics nomirror\n";
	for my $at (0 .. $#panels) {
		my $panel = $panels[$at];
		my $wide = $panel eq 'one operation';
		my @curves = $wide ? bars($script) : growth($script, $panel);
		my $row = int(($at + 1) / 2);

		printf $script "set size %s,%.4f\nset origin %s,%.4f\n", $wide ? 1 : 0.5, $part,
			$at % 2 || $wide ? 0 : 0.5, 1 - 40 / $height - $part * ($row + 1);
		print $script 'set title ', quoted($panel), " noenhanced\n", 'plot ', join(', ', map { $_->[0] } @curves), "\n",
			map { "$_\n" } map { (@{$_->[1]}, 'e') } @curves;
	}
	print $script "unset multiplot\n";
	$script->flush;
	system('gnuplot', $script->filename) == 0 or die "gnuplot failed\n";
}

sub quoted
{
	my ($text) = @_;
	return "'" . $text =~ s/'/''/gr . "'";
}

sub color
{
	my ($nr) = @_;
	return '#' . (qw(1f5fae c7752b 2f6b41 74408a))[$nr % 4];
}

# Curves, each [what gnuplot shall plot, lines of data].
sub growth
{
	my ($script, $what) = @_;
	my (@curves, %kvms);
	my @kvms = grep { !$kvms{$_}++ } map { $_->{kvm} } grep { length $_->{n} && $_->{what} eq $what } @rows;
	my $points = sub {
		my ($kvm, @from) = @_;
		return map { "$_->{n} $_->{median} $_->{low} $_->{high}" }
			grep { length $_->{n} && $_->{what} eq $what && $_->{kvm} eq $kvm } @from;
	};

	print $script "set logscale x 2\nset xrange [0.8:1200]\nset format x '%g'\nset xlabel\n",
		"set logscale y\nset yrange [100:1e8]\nset format y '10^{%T}'\nset ytics auto enhanced\nset lmargin 10\nset ylabel 'ns'\n";
	for my $nr (0 .. $#kvms) {
		my @old = $points->($kvms[$nr], @base);

		push @curves, ["'-' using 1:2 with linespoints lc rgb '#b0b0b0' dt 2 pt 7 ps 0.4 title " .
			       quoted("$kvms[$nr], before"), \@old] if @old;
		push @curves, ["'-' using 1:2:3:4 with yerrorlines lc rgb '@{[color($nr)]}' lw 2 pt 7 ps 0.5 title " .
			       quoted($kvms[$nr]), [$points->($kvms[$nr], @rows)]];
	}
	return @curves;
}

sub bars
{
	my ($script) = @_;
	my @here = grep { !length $_->{n} } @rows;
	my %before = map { ("$_->{what}\t$_->{kvm}" => $_) } grep { !length $_->{n} } @base;
	my (@old, @new);

	for my $nr (0 .. $#here) {
		my $row = $here[$nr];
		my $was = $before{"$row->{what}\t$row->{kvm}"};
		push @old, "$was->{median} -$nr" if $was;
		push @new, "$row->{median} -$nr $row->{low} $row->{high}";
	}
	print $script "set logscale x 10\nset xrange [10:1e6]\nset format x '10^{%T}'\nset xlabel 'ns'\n",
		"unset logscale y\nset yrange [@{[0.3 - @here]}:1.7]\nset format y '%s'\nset lmargin 46\nset ylabel\n",
		'set ytics noenhanced (',
		join(', ', map { quoted(($here[$_]{what} =~ s/, .*//r) . ", $here[$_]{kvm}") . " -$_" } 0 .. $#here), ")\n";
	return ((@old ? ["'-' using 1:2 with points lc rgb '#909090' pt 6 ps 1.4 title 'before'", \@old] : ()),
		["'-' using 1:2:3:4 with xerrorbars lc rgb '@{[color(0)]}' lw 2 pt 7 ps 0.7 title 'median, lowest, highest'", \@new]);
}
