# Drives FixMyStreet's own Open311 client, as its site does, against the endpoint given; what it read is told as JSON.
#
#   perl -I FIXMYSTREET/perllib fixmystreet.pl ENDPOINT KEY send DETAIL
#   perl -I FIXMYSTREET/perllib fixmystreet.pl ENDPOINT KEY read NUMBER
#
# The parts of FixMyStreet that its client names and does not need for this are empty here.
use strict;
use warnings;
use utf8;
use Encode;
use JSON::PP;

BEGIN {
    $INC{$_} = __FILE__
        for qw(FixMyStreet.pm FixMyStreet/Cobrand.pm FixMyStreet/DB.pm FixMyStreet/ImageMagick.pm
               FixMyStreet/App/Model/PhotoSet.pm Utils.pm);
}

package FixMyStreet { sub config { undef } sub test_mode { 1 } }
package Utils { sub truncate_coordinate { sprintf '%0.6f', $_[0] } }
package FixMyStreet::DB::Result::Problem {
    sub open_states { return { confirmed => 1, 'in progress' => 1 } }
    sub fixed_states { return { fixed => 1, 'fixed - council' => 1 } }
}
package FixMyStreet::DB::Result::Body { sub get_cobrand_handler { undef } }
package Row {
    our $AUTOLOAD;
    sub AUTOLOAD { my ($name) = $AUTOLOAD =~ /(\w+)$/; return $_[0]{$name} }
    sub DESTROY { }
    sub call_hook { }
    sub get_extra_fields { $_[0]{fields} }
    sub get_extra_metadata { {} }
    sub get_cobrand_logged { bless {}, 'Row' }
}

package main;
use Open311;
use DateTime;

my ($endpoint, $key, $what, $given) = map { decode('UTF-8', $_) } @ARGV;
my $client = Open311->new(
    endpoint => $endpoint, api_key => $key, jurisdiction => 'city', extended_statuses => 1, mark_reopen => 1,
    fixmystreet_body => bless({}, 'FixMyStreet::DB::Result::Body'),
);
my %told = $what eq 'send' ? sent($given) : heard($given);
print JSON::PP->new->utf8->canonical->encode(\%told);

sub report {
    my ($detail, @fields) = @_;
    my $user = bless { email => 'ming@mail.example', phone => '0912345678' }, 'Row';
    return bless {
        id => 311, title => '路燈不亮', detail => $detail, name => '王小明', user => $user, used_map => 1,
        phone_waste => '0912345678', latitude => 22.6273, longitude => 120.3014, cobrand => 'tw',
        fields => \@fields,
    }, 'Row';
}

sub sent {
    my ($detail) = @_;
    my $list = $client->get_service_list->{service};
    my %asked = map { $_->{service_code} => $client->get_service_meta_info($_->{service_code})->{attributes} }
        grep { $_->{metadata} eq 'true' } @$list;
    my @fields = ({ name => 'fault', value => 'out' }, { name => 'pole', value => '五福42號桿' });
    my $url = { url => 'http://fms.example/report/311' };
    my @numbers = map { $client->send_service_request(report($detail, @fields), $url, 'streetlight') } 1 .. 2;
    my $refused = $client->send_service_request(report('另一件'), $url, 'streetlight');
    return (services => $list, asked => \%asked, numbers => \@numbers, refused => $refused, error => $client->error);
}

sub heard {
    my ($number) = @_;
    my $problem = bless { state => 'confirmed', external_id => $number }, 'Row';
    my $word = bless {
        id => 77, name => '王小明', user => bless({}, 'Row'), problem => $problem, text => '「還有一盞」也不亮 & <暗>',
        confirmed => DateTime->now,
    }, 'Row';
    my @words = map { $client->post_service_request_update($word) } 1 .. 2;
    my @range = map { DateTime::Format::W3CDTF->format_datetime(DateTime->now->add(hours => $_)) } -1, 1;
    return (
        words => \@words,
        reports => $client->get_service_requests({ report_ids => [$number], api_key => $key }),
        public => $client->get_service_requests({ report_ids => [$number] }),
        updates => $client->get_service_request_updates(@range),
        states => [ map { $client->map_state($_->{status}) } @{ $client->get_service_request_updates(@range) } ],
    );
}
