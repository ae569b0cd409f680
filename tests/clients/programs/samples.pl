# The provider's samples for Perl, word for word (the one for disk_delete is not preserved). Added:
# the modules, the braces in which each sample stands for itself, and whose output follows.
use XMLRPC::Lite;
use Data::Dumper;

my $safe_mode = XMLRPC::Data->type('boolean')->value(1);
my $proxy = XMLRPC::Lite->proxy("https://api.gandi.net/xmlrpc/");
my $reply = $proxy->call("login", "AA1234-GANDI", "mypassword", $safe_mode);
my $session = $reply->result();
die "could not login because: " . $reply->faultstring . "\n" unless defined $session;

{ print "== account_currency\n";
    my $reply = $proxy->call("account_currency", $session);
    my $currency = $reply->result();
    print "prepaid account currency: " . $currency . "\n";
}

{ print "== account_balance\n";
    my $reply = $proxy->call("account_balance", $session);
    my $balance = $reply->result();
    print "prepaid account balance: " . $balance . "\n";
}

{ print "== hosting_account_info\n";
    my $reply = $proxy->call("hosting_account_info", $session);
    my $info = $reply->result();
    unless (defined $opid) {
        printf "could not get information for hosting account: %s\n", $reply->faultstring;
    } else {
        print Dumper($info);
    }
}

{ print "== hosting_account_product_add\n";
    my $reply = $proxy->call("hosting_account_product_add", $session, "shares", 4, "1m");
    my $opid = $reply->result();
    unless (defined $opid) {
        printf "could not create a hosting_account_product_add operation because: %s\n", $reply->faultstring;
    } else {
        printf "created operation#%s\n", $opid;
    }
}

{ print "== hosting_account_product_renew\n";
    my $reply = $proxy->call("hosting_account_product_renew", $session, 1234, "1m");
    my $opid = $reply->result();
    unless (defined $opid) {
        printf "could not create a hosting_account_product_renew operation because: %s\n", $reply->faultstring;
    } else {
        printf "created operation#%s\n", $opid;
    }
}

{ print "== hosting_account_product_remove\n";
    my $reply = $proxy->call("hosting_account_product_remove", $session, 1234);
    my $opid = $reply->result();
    unless (defined $opid) {
        printf "could not create a hosting_account_product_remove operation because: %s\n", $reply->faultstring;
    } else {
        printf "created operation#%s\n", $opid;
    }
}

{ print "== hosting_account_product_update\n";
    my $reply = $proxy->call("hosting_account_product_update", $session, 1234, 5);
    my $opid = $reply->result();
    unless (defined $opid) {
        printf "could not create a hosting_account_product_update operation because: %s\n", $reply->faultstring;
    } else {
        printf "created operation#%s\n", $opid;
    }
}

{ print "== vm_create\n";
    my $hostname = "vmtest1";
    my $password = "my_password";
    my $os_id = 111;
    my $shares = 4;
    my $cpu = 1;
    my $specs = {};
    $specs["login"] = "gandi";
    my $reply = $proxy->call("vm_create", $session, $hostname, $password, $os_id, $shares, $cpu, $specs);
    my $vm_id = $reply->result();
    unless (defined $opid) {
        printf "could not create VM because: %s\n", $reply->faultstring;
    } else {
        printf "creating VM#%d\n", $vm_id;
    }
}

{ print "== vm_info\n";
    my $vm_id = 456;
    my $reply = $proxy->call("vm_info", $session, $vm_id);
    my $info = $reply->result();
    unless (defined $info) {
        printf "could not retrieve informations of VM#%s because: %s\n", $vm_id, $reply->faultstring;
    } else {
        printf "informations for VM#%s\n", $vm_id;
        print Dumper($info);
    }
}

{ print "== vm_list\n";
    my $reply = $proxy->call("vm_list", $session);
    my $vms = $reply->result();
    unless (defined $vms) {
        print "could not retrieve the list of VMs because: " . $reply->faultstring . "\n";
    } else {
        print Dumper($vms);
    }
}

{ print "== vm_update\n";
    my $vm_id = 1234;
    my $specs = {};
    $specs["shares"] = 5;
    my $reply = $proxy->call("vm_update", $session, $vm_id, $specs);
    my $opid = $reply->result();
    unless (defined $opid) {
        printf "could not update VM#%s because: %s\n", $vm_id, $reply->faultstring;
    } else {
        printf "updating VM#%d is operation id#%s\n", $vm_id, $opid;
    }
}

{ print "== vm_delete\n";
    my $vm_id = 9876;
    my $reply = $proxy->call("vm_delete", $session, $vm_id);
    my $opid = $reply->result();
    unless (defined $opid) {
        printf "could not create a vm_delete for VM#%s operation because: %s\n", $vm_id, $reply->faultstring;
    } else {
        printf "created operation#%s\n", $opid;
    }
}

{ print "== vm_start\n";
    my $vm_id = 9876;
    my $reply = $proxy->call("vm_start", $session, $vm_id);
    my $opid = $reply->result();
    unless (defined $opid) {
        printf "could not create a vm_start for VM#%s operation because: %s\n", $vm_id, $reply->faultstring;
    } else {
        printf "created operation#%s\n", $opid;
    }
}

{ print "== vm_stop\n";
    my $vm_id = 9876;
    my $reply = $proxy->call("vm_stop", $session, $vm_id);
    my $opid = $reply->result();
    unless (defined $opid) {
        printf "could not create a vm_stop for VM#%s operation because: %s\n", $vm_id, $reply->faultstring;
    } else {
        printf "created operation#%s\n", $opid;
    }
}

{ print "== vm_reboot\n";
    my $vm_id = 9876;
    my $reply = $proxy->call("vm_reboot", $session, $vm_id);
    my $opid = $reply->result();
    unless (defined $opid) {
        printf "could not create a vm_reboot for VM#%s operation because: %s\n", $vm_id, $reply->faultstring;
    } else {
        printf "created operation#%s\n", $opid;
    }
}

{ print "== disk_create\n";
    my $specs = {};
    $specs["size"] = 2048;
    $specs["name"] = "disk2GB";
    $specs["fstype"] = "ext3";
    my $reply = $proxy->call("disk_create", $session, $specs);
    my $disk_id = $reply->result();
    unless (defined $opid) {
        printf "could not create disk because: %s\n", $reply->faultstring;
    } else {
        printf "creating disk#%d\n", $disk_id;
    }
}

{ print "== disk_info\n";
    my $disk_id = 123;
    my $reply = $proxy->call("disk_info", $session, $disk_id);
    my $info = $reply->result();
    unless (defined $info) {
        printf "could not retrieve informations of disk#%s because: %s\n", $disk_id, $reply->faultstring;
    } else {
        printf "informations for disk#%s\n", $disk_id;
        print Dumper($info);
    }
}
