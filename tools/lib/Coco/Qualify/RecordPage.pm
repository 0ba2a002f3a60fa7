# SPDX-License-Identifier: GPL-2.0-only
#
# The record of a qualification as one HTML page, which needs nothing else, to be read, printed
# and signed.  It is well-formed XML, too.
package Coco::Qualify::RecordPage;

use strict;
use warnings;
use utf8;
use Coco::Page;
use Coco::Qualify::Record;
use Coco::Qualify::Topology;
use File::Basename qw(dirname);

*tag = \&Coco::Page::tag;
*escape = \&Coco::Page::escape;

# Nanoseconds in words.
sub ns
{
	my ($ns) = @_;
	for (['s', 1e9], ['ms', 1e6], ['µs', 1e3]) {
		my ($unit, $of) = @$_;
		return sprintf('%.*f %s', $ns / $of < 10 ? 2 : $ns / $of < 100 ? 1 : 0, $ns / $of, $unit) if $ns >= $of;
	}
	return "$ns ns";
}

sub seconds
{
	my ($s) = @_;
	return $s < 60 ? sprintf('%.0f s', $s) : $s < 3600 ? sprintf('%d min %d s', $s / 60, $s % 60) :
		sprintf '%d h %d min', $s / 3600, $s / 60 % 60;
}

sub row { return tag('tr', {}, tag('th', { scope => 'row' }, escape(shift)), map { tag('td', {}, escape($_)) } @_); }
sub head { return tag('tr', {}, map { tag('th', { scope => 'col' }, escape($_)) } @_); }
sub scroll { return tag('div', { class => 'scroll' }, @_); }
sub list { return tag('ul', {}, map { tag('li', {}, escape($_)) } @_); }

# Names and values, of those that there are.
sub terms
{
	my (@terms) = @_;
	my $html = '';

	while (my ($name, $value) = splice @terms, 0, 2) {
		next unless defined $value && length $value;
		$html .= tag('dt', {}, escape($name)) . tag('dd', {}, escape($value)) . "\n";
	}
	return tag('dl', {}, $html);
}

sub verdict
{
	my ($r) = @_;
	my $class = $r->{verdict} =~ /^(\w+)/ ? $1 : '';
	my $n = $r->{steps};

	return tag('div', { id => 'verdict', class => $class }, tag('b', {}, escape(ucfirst $r->{verdict})),
		list(@{$r->{reasons}}, @{$r->{lacks}}) x !!(@{$r->{reasons}} + @{$r->{lacks}})) .
		tag('p', {}, escape("$n->{pass} steps passed, $n->{fail} failed, $n->{skip} skipped, $n->{undone} could not be done; " .
			($r->{rounds} || 'no') . " whole round" . ($r->{rounds} > 1 ? 's' : '') . " of $r->{steps_of_a_round} steps, in " . seconds($r->{seconds}) . '.'));
}

sub machine
{
	my ($r) = @_;
	my ($m, $f, $k) = @$r{qw(machine firmware kernel)};
	my $model = join ', ', map { "$_ $m->{$_}" } grep { defined $m->{$_} } qw(family model stepping);

	return tag('h2', {}, 'Machine') . terms(
		'Host' => $m->{host}, 'Machine' => join(' ', grep { defined } @$m{qw(sys_vendor product_name board_name)}),
		'Serial number' => $m->{serial}, 'CPU' => "$m->{cpu} ($model)", 'CPUs' => "$m->{online} online" .
			(length $m->{offline} ? ", $m->{offline} offline" : ''),
		'BIOS' => $f->{bios}, 'Microcode' => $f->{microcode}, 'SEV-SNP firmware' => $f->{sev_snp},
		'TDX module' => $f->{tdx_module}, 'Firmware and CPU under test' => $f->{models},
		'Kernel under test' => $k->{under_test}, 'Kernel' => "$k->{release} $k->{version}",
		'Command line' => $k->{command_line},
		'Configuration' => defined $k->{config} ? "$k->{config}, SHA-256 " . ($k->{config_sha256} // 'unknown') : undef,
		'Platform' => $r->{platform}{name} . ($r->{platform}{engine} ? ', engine ' . $r->{platform}{engine} : ''),
		'Suite' => defined $r->{suite}{commit} ? $r->{suite}{commit} . ($r->{suite}{changed} ? ' with changes' : '') : undef,
	) . tag('h2', {}, 'Nodes') . scroll(tag('table', {}, tag('thead', {}, head('', 'memory', 'CPUs', 'distances')),
		tag('tbody', {}, map { row(Coco::Qualify::Topology::name($_), $_->{memory} ? sprintf('%.1f GiB', $_->{memory} / (1 << 20)) : 'none',
			@{$_->{cpus}} ? Coco::Qualify::Topology::list(@{$_->{cpus}}) : 'none', join ' ', @{$_->{distances}}) } @{$m->{nodes}})));
}

sub kinds
{
	my ($r) = @_;
	my @columns = qw(pass fail skip undone exits vms interrupted moved_pages replaced);

	return tag('h2', {}, 'Steps') . scroll(tag('table', {},
		tag('thead', {}, head('', 'time', 'passed', 'failed', 'skipped', 'not done', 'exits', 'VMs', 'interrupted',
				      'pages moved', 'certificates replaced')),
		tag('tbody', {}, map { my $k = $_; row($k->{kind}, seconds($k->{seconds}), map { $k->{$_} || '·' } @columns) } @{$r->{kinds}}))) .
		(%{$r->{cases}} ? tag('p', {}, 'Cases of tests: ' . join ', ', map { "$r->{cases}{$_} $_" } sort keys %{$r->{cases}}) : '') .
		(@{$r->{left_out}} ? tag('h3', {}, 'Left out') . list(@{$r->{left_out}}) : '');
}

# Nodes of memory down, nodes of CPUs across; the colour goes from the fastest pair to twice as slow.
sub pairs
{
	my ($exit) = @_;
	my @pairs = @{$exit->{pairs}};
	my (%at, %rows, %columns);

	for (@pairs) {
		my ($m, $c) = map { $_ // '-' } @$_{qw(memory cpus)};
		$at{"$m $c"} = $_;
		($rows{$m}, $columns{$c}) = (1, 1);
	}
	my ($best) = sort { $a <=> $b } map { $_->{p50} } @pairs;
	my @columns = sort { $a <=> $b } grep { !/-/ } keys %columns;
	@columns = ('-') unless @columns;
	my $cell = sub {
		my ($p) = @_;
		return tag('td', {}, '') unless $p;
		my $heat = $best ? 100 * ($p->{p50} / $best - 1) : 0;
		return tag('td', {}, tag('i', { class => $heat >= 100 ? 'far' : undef, style => sprintf('--heat: %.0f', $heat > 100 ? 100 : $heat) },
			escape(ns($p->{p50})), tag('small', {}, escape(ns($p->{p99}) . ' · ' . ns($p->{max})))));
	};

	return '' unless @pairs;
	return scroll(tag('table', {}, tag('thead', {}, head('memory', map { "CPUs of $_" } @columns)),
		tag('tbody', {}, map { my $m = $_; tag('tr', {}, tag('th', { scope => 'row' }, $m eq '-' ? 'memory' : "node $m"),
			map { $cell->($at{"$m $_"}) } @columns) } sort { no warnings 'numeric'; $a <=> $b } keys %rows)));
}

# All pairs together, each bar a fifth of a factor of two wide; the scale is the logarithm.
sub histogram
{
	my ($exit) = @_;
	my %all;
	for my $of (@{$exit->{pairs}}) {
		$all{$_} += $of->{steps}{$_} for keys %{$of->{steps}};
	}
	my @at = sort { $a <=> $b } keys %all or return '';
	my ($from, $to) = map { log } $at[0] || 1, $at[-1] * 1.3 + 1;
	my ($most) = sort { $b <=> $a } values %all;
	my $x = sub { sprintf '%.1f', 500 * (log($_[0] || 1) - $from) / ($to - $from) };
	my @bars = map {
		my $height = 44 * log(1 + $all{$_}) / log(1 + $most);
		tag('rect', { x => $x->($_), width => sprintf('%.1f', $x->($_ * 1.19) - $x->($_) + .5), y => sprintf('%.1f', 46 - $height),
			      height => sprintf('%.1f', $height) }, tag('title', {}, escape(ns($_) . ": $all{$_}")));
	} @at;
	return tag('svg', { viewBox => '0 0 500 62', role => 'img', 'aria-label' => 'histogram' },
		tag('line', { x1 => 0, x2 => 500, y1 => 46.5, y2 => 46.5 }), @bars,
		tag('text', { x => 0, y => 59 }, escape(ns($at[0]))),
		tag('text', { x => 500, y => 59, 'text-anchor' => 'end' }, escape(ns($at[-1]))));
}

sub exits
{
	my ($r) = @_;
	my %what = (to_vmm => 'from the guest to the VMM', to_guest => 'from the answer to the guest', whole => '');
	my @cards = map {
		my $exit = $_;
		my $s = $exit->{slowest};
		my $slow = $s->{ns} > $r->{options}{limit} * 1e9 && $exit->{way} ne 'whole';
		my @load = map { "$_->{kind}: " . ns($_->{p50}) . ' · ' . ns($_->{p99}) . ' · ' . ns($_->{max}) . " ($_->{n})" } @{$exit->{load}};
		my $n = 0;
		$n += $_->{n} for @{$exit->{pairs}};
		tag('section', { class => 'exit' }, tag('h3', {}, escape("\U$exit->{vendor}\E: $exit->{name} "), tag('small', {}, escape($what{$exit->{way}}))),
			pairs($exit), histogram($exit), tag('p', { class => 'quiet' }, "$n measured by pairs") x !!$n,
			tag('p', { class => $slow ? 'slow bad' : 'slow' }, escape('Slowest: ' . ns($s->{ns}) . ", $s->{title}, round $s->{round}")),
			@load ? tag('details', {}, tag('summary', {}, 'beside others'), list(@load)) : '') . "\n";
	} @{$r->{exits}};

	return '' unless @cards;
	return tag('h2', {}, 'Latencies') . tag('p', { class => 'quiet' }, 'In each cell: the median; below it the 99th of a hundred, and the slowest. ' .
		'Time is that which the VMM spends in KVM_RUN. Bars are on logarithmic scales.') . tag('div', { class => 'exits' }, @cards);
}

sub failures
{
	my ($r) = @_;
	return '' unless @{$r->{failures}};
	return tag('h2', {}, 'What failed, or could not be done') . join '', map {
		tag('h3', {}, escape("$_->{title}, round $_->{round}: " . ($_->{status} eq 'fail' ? 'failed' : 'not done'))) .
		tag('pre', {}, escape(join "\n", @{$_->{text}}))
	} @{$r->{failures}};
}

sub log_lines
{
	my ($r) = @_;
	my @lines = @{$r->{log}{lines}};
	my $none = defined $r->{log}{missing} ? "Not watched: $r->{log}{missing}" : 'None.';

	return tag('h2', {}, 'New lines of the kernel\'s log') .
		(@lines ? join '', map { tag('pre', { class => $_->{bad} ? 'bad' : undef },
			escape(sprintf '<%d> %s  (%s, round %d)', @$_{qw(level text step round)})) } @lines : '') .
		(!@lines || defined $r->{log}{missing} ? tag('p', { class => 'quiet' }, escape($none)) : '');
}

sub sign
{
	my ($r) = @_;
	my $s = $r->{signed_off};
	my @sessions = map { "$_->{started} to $_->{ended}" . (defined $_->{stopped} ? $_->{stopped} eq 'done' ? '' : ", stopped by $_->{stopped}" :
		', broken off') } @{$r->{sessions}};

	return tag('h2', {}, 'When') . list(@sessions) . tag('div', { id => 'sign' }, tag('h3', {}, 'Signed off'),
		tag('p', {}, $s ? escape("$s->{by}, $s->{at}: $r->{verdict}") :
			'<span>&#160;</span><span>&#160;</span><br/><small>name, date and signature</small>'));
}

sub html
{
	my ($r) = @_;
	my $dir = dirname(__FILE__) . '/../../../results';
	my ($colours) = Coco::Page::read_text("$dir/page.css") =~ /\A(.*?)^\* \{/ms;
	my $title = "Qualification of $r->{machine}{host} for confidential VMs";

	return join "\n", '<!DOCTYPE html>', '<html xmlns="http://www.w3.org/1999/xhtml" lang="en">', '<head>',
		'<meta charset="utf-8"/>', '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
		tag('title', {}, escape($title)), "<style>\n$colours" . Coco::Page::read_text("$dir/record.css") . '</style>', '</head>',
		'<body>', '<header>', tag('h1', {}, escape($title)),
		tag('p', { class => 'quiet' }, escape("$r->{started} to $r->{ended}, $r->{kernel}{under_test}")), '</header>', '<main>',
		map({ $_->($r) } \&verdict, \&failures, \&machine, \&kinds, \&exits, \&log_lines, \&sign), '</main>', '</body>', '</html>', '';
}

1;
