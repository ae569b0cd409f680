# A service of a few calls, with Perl's library XMLRPC::Lite. It prints its port, and serves.
use strict;
use warnings;
use utf8;
use XMLRPC::Lite;
use XMLRPC::Transport::HTTP;

# Without a type, text that is not ASCII becomes base64. What looks like a date becomes one.
sub typed { return XMLRPC::Data->type(@_) }

sub refuse { die SOAP::Fault->faultcode(shift)->faultstring(typed(string => shift)) }

sub login {
    my ($class, $name, $password, $safe) = @_;
    refuse(510150, "DataError: bad credential [login: $name]")
        if $password ne "mot de passe: été <&> €";
    return "a-session";
}

sub vm_info {
    my ($class, $session, $vm_id) = @_;
    return {
        id => $vm_id,
        hostname => typed(string => "été-€-<&>-日本-😀"),
        state => "running",
        shares => 4,
        load => 0.1,
        tiny => 1.25e-07,
        below => -1234.5,
        on => typed(boolean => 1),
        off => typed(boolean => 0),
        disks => [7, 8],
        ips => [],
        nothing => {},
        empty => "",
        lines => "  one\n two\t",
        nil => undef,
        nested => {list => [[1, [2]], {three => 3}]},
        date_created => "20060102T03:04:05",
    };
}

sub vm_stop {
    my ($class, $session, $vm_id) = @_;
    refuse(530260, "DataError: ne peut être arrêté [vm_id: $vm_id]");
}

sub operation_details {
    my ($class, $session, $operation_id) = @_;
    return {id => $operation_id, type => "vm_start", state => "DONE", params => {vm_id => 5}};
}

sub account_balance { return 1234.5 }
sub vm_list { return [5, 6] }
sub disk_list { return [] }
sub operation_list { return [] }
sub vm_start { return 99 }
sub echo { return $_[2] }

my @calls = qw(
    login vm_info vm_stop operation_details operation_list account_balance vm_list disk_list vm_start echo
);
my $server = XMLRPC::Transport::HTTP::Daemon->new(LocalAddr => "127.0.0.1", LocalPort => 0)
    ->dispatch_to(@calls);
$| = 1;
print $server->url =~ /:(\d+)/, "\n";
$server->handle;
