#!/usr/bin/env perl
# SPDX-License-Identifier: BSD-3-Clause
# Writes MaxMind DB files in the layouts of several vendors, with made-up content about documentation addresses:
#
#     make_mmdb.pl FOLDER              the files of tests/data/context
#     make_mmdb.pl FOLDER NETWORKS     large.mmdb, with that many networks in the layout of GeoLite2 City, to measure with
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my %types = (
	autonomous_system_number => 'uint32', autonomous_system_organization => 'utf8_string', asn => 'utf8_string',
	as_name => 'utf8_string', as_domain => 'utf8_string', name => 'utf8_string', domain => 'utf8_string', route => 'utf8_string',
	type => 'utf8_string', country => 'map', registered_country => 'map', continent => 'map', city => 'map', location => 'map',
	iso_code => 'utf8_string', geoname_id => 'uint32', names => 'map', en => 'utf8_string', de => 'utf8_string', fr => 'utf8_string',
	ja => 'utf8_string', ru => 'utf8_string', es => 'utf8_string', code => 'utf8_string', is_in_european_union => 'boolean',
	latitude => 'double', longitude => 'double', accuracy_radius => 'uint16', time_zone => 'utf8_string',
	subdivisions => ['array', 'map'], traits => 'map', country_code => 'utf8_string', continent_code => 'utf8_string',
	country_name => 'utf8_string', number => 'uint32',
);

sub tree {
	my ($type, %more) = @_;
	my %known = (%types, %{ $more{types} // {} });
	return MaxMind::DB::Writer::Tree->new(
		ip_version => $more{version} // 6, record_size => $more{size} // 24, database_type => $type, languages => ['en'],
		description => { en => 'Made up, for tests of Lookback' }, remove_reserved_networks => 0, alias_ipv6_to_ipv4 => 1,
		map_key_type_callback => sub { my $t = $known{ $_[0] }; return $t });
}

sub put {
	my ($tree, $path) = @_;
	open my $out, '>:raw', $path or die "$path: $!";
	$tree->write_tree($out);
	close $out or die "$path: $!";
}

sub country {
	my ($iso, $name) = @_;
	return { iso_code => $iso, geoname_id => 1, is_in_european_union => $iso eq 'DE' ? 1 : 0,
		names => { en => $name, de => $name, fr => $name, ja => $name, ru => $name, es => $name } };
}

my $folder = shift or die "usage: make_mmdb.pl FOLDER [NETWORKS]\n";

if (my $networks = shift) {
	my $tree = tree('GeoLite2-City', size => 28);
	my @iso = qw(DE FR US GB NL CN RU BR JP IT);
	for my $i (0 .. $networks - 1) {
		my $a = (1 << 24) + $i * 320;
		my $iso = $iso[$i % 10];
		$tree->insert_network(join('.', unpack('C4', pack('N', $a & 0xffffff00))) . '/24', {
			city => { geoname_id => $i % 50000, names => { map { $_ => 'City ' . $i % 50000 } qw(en de fr ja ru es) } },
			continent => { code => 'EU', names => { map { $_ => 'Continent' } qw(en de fr) } },
			country => country($iso, "Country $iso"), registered_country => country($iso, "Country $iso"),
			location => { latitude => $i % 90, longitude => $i % 180, accuracy_radius => 10, time_zone => 'Europe/Berlin' } });
	}
	put($tree, "$folder/large.mmdb");
	exit 0;
}

my $asn = tree('GeoLite2-ASN');
$asn->insert_network('192.0.2.0/24', { autonomous_system_number => 64500, autonomous_system_organization => 'Example Hosting GmbH' });
$asn->insert_network('198.51.100.0/24', { autonomous_system_number => 64501, autonomous_system_organization => "Caf\x{e9} \"Networks\", =1+1" });
$asn->insert_network('203.0.113.0/24', { autonomous_system_number => 4200000000, autonomous_system_organization => "Evil\x{1b}[31m\x{202e}" });
$asn->insert_network('2001:db8::/32', { autonomous_system_number => 64502, autonomous_system_organization => 'Example IPv6' });
put($asn, "$folder/geolite2-asn.mmdb");

my $country = tree('GeoLite2-Country', size => 28);
$country->insert_network('192.0.2.0/24', { country => country('DE', 'Germany'), registered_country => country('US', 'United States'),
	continent => { code => 'EU', names => { en => 'Europe' } } });
$country->insert_network('198.51.100.0/24', { registered_country => country('FR', 'France') });
$country->insert_network('2001:db8::/32', { country => country('NL', 'Netherlands') });
put($country, "$folder/geolite2-country.mmdb");

my $city = tree('DBIP-City-Lite', size => 32);
$city->insert_network('192.0.2.0/25', { city => { names => { en => 'Berlin' } }, continent => { code => 'EU', names => { en => 'Europe' } },
	country => country('DE', 'Germany'), location => { latitude => 52.5, longitude => 13.4 }, subdivisions => [ { iso_code => 'BE', names => { en => 'Berlin' } } ] });
$city->insert_network('192.0.2.128/25', { country => country('AT', 'Austria') });
put($city, "$folder/dbip-city.mmdb");

my $lite = tree('ipinfo lite', types => { country => 'utf8_string' });
$lite->insert_network('192.0.2.0/24', { asn => 'AS64500', as_name => 'Example Hosting GmbH', as_domain => 'example.com',
	country => 'Germany', country_code => 'DE', continent_code => 'EU' });
$lite->insert_network('2001:db8::/32', { asn => 'AS64502', as_name => 'Example IPv6', as_domain => 'example.org',
	country => 'Netherlands', country_code => 'NL', continent_code => 'EU' });
put($lite, "$folder/ipinfo-lite.mmdb");

my $both = tree('ipinfo generic_country_asn_free', version => 4, types => { country => 'utf8_string' });
$both->insert_network('192.0.2.0/24', { asn => 'AS64500', as_name => 'Example Hosting GmbH', country => 'DE', country_name => 'Germany' });
put($both, "$folder/ipinfo-country-asn.mmdb");

my $other = tree('Something-Else');
$other->insert_network('192.0.2.0/24', { number => 1 });
put($other, "$folder/other.mmdb");
