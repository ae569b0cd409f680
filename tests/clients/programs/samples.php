<?php
// The provider's samples for PHP, word for word (the one for disk_delete is not preserved). Added:
// this function, which says whose output follows, and with which each sample stands for itself.
function sample($name) {
    echo "$name\n";
    unset($GLOBALS["specs"]);
}

require_once("xmlrpc.inc");
$proxy = new xmlrpc_client("https://api.gandi.net/xmlrpc/");
$msg = new xmlrpcmsg("login", array(new xmlrpcval("AA1234-GANDI"), new xmlrpcval("mypassword"), new xmlrpcval(True, "boolean")));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    echo "could not login because: " . $reply->faultString() . "\n";
    exit(67);
}
$session = $reply->value();

sample("== account_currency");
$msg = new xmlrpcmsg("account_currency", array($session));
$reply = $proxy->send($msg);
$val = $reply->value();
$val = $val->scalarval();
print "prepaid account currency: " . $val . "\n";

sample("== account_balance");
$msg = new xmlrpcmsg("account_balance", array($session));
$reply = $proxy->send($msg);
$val = $reply->value();
$val = $val->scalarval();
print "prepaid account currency: " . $val . "\n";

sample("== hosting_account_info");
$msg = new xmlrpcmsg("hosting_account_info", array($session));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not get information for hosting account: %s\n", $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    print_r($val);
}

sample("== hosting_account_product_add");
$msg = new xmlrpcmsg("hosting_account_product_add", array($session, new xmlrpcval("shares"), new xmlrpcval(4), new xmlrpcval("1m")));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not create a hosting_account_product_add operation because: %s\n", $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    printf("created operation#%s\n", $val);
}

sample("== hosting_account_product_renew");
$msg = new xmlrpcmsg("hosting_account_product_renew", array($session, new xmlrpcval(1234), new xmlrpcval("1m")));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not create a hosting_account_product_renew operation because: %s\n", $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    printf("created operation#%s\n", $val);
}

sample("== hosting_account_product_remove");
$msg = new xmlrpcmsg("hosting_account_product_remove", array($session, new xmlrpcval(1234)));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not create a hosting_account_product_remove operation because: %s\n", $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    printf("created operation#%s\n", $val);
}

sample("== hosting_account_product_update");
$msg = new xmlrpcmsg("hosting_account_product_update", array($session, new xmlrpcval(1234), new xmlrpcval(5)));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not create a hosting_account_product_update operation because: %s\n", $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    printf("created operation#%s\n", $val);
}

sample("== vm_create");
$hostname = new xmlrpcval("vmtest1");
$password = new xmlrpcval("my_password");
$os_id = new xmlrpcval(111);
$shares = new xmlrpcval(4);
$cpu = new xmlrpcval(1);
$specs["login"] = new xmlrpcval("gandi");
$specs = php_xmlrpc_encode($specs);
$msg = new xmlrpcmsg("vm_create", array($session, $hostname, $password, $os_id, $shares, $cpu, $specs));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not create VM because: %s\n", $reply->faultString());
} else {
    $val = $reply->value();
    $val = $val->scalarval();
    printf("creating VM#%d\n", $val);
}

sample("== vm_info");
$vm_id = 456;
$msg = new xmlrpcmsg("vm_info", array($session, new xmlrpcval($vm_id)));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not retrieve informations of VM#%s because: %s\n", $vm_id, $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    printf("informations for VM#%s\n", $vm_id);
    print_r($val);
}

sample("== vm_list");
$msg = new xmlrpcmsg("vm_list", array($session));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not retrieve the list of VMs because: %s\n", $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    print_r($val);
}

sample("== vm_update");
$vm_id = 1234;
$specs["shares"] = new xmlrpcval(5);
$specs = php_xmlrpc_encode($specs);
$msg = new xmlrpcmsg("vm_update", array($session, new xmlrpcval($vm_id), $specs));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not update VM#%s because: %s\n", $vm_id, $reply->faultString());
} else {
    $val = $reply->value();
    $val = $val->scalarval();
    printf("updating VM#%d is operation id#%s\n", $vm_id, $val);
}

sample("== vm_delete");
$vm_id = 9876;
$msg = new xmlrpcmsg("vm_delete", array($session, new xmlrpcval($vm_id)));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not create a vm_delete operation for VM#%d because: %s\n", $vm_id, $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    printf("created operation#%s\n", $val);
}

sample("== vm_start");
$vm_id = 9876;
$msg = new xmlrpcmsg("vm_start", array($session, new xmlrpcval($vm_id)));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not create a vm_start operation for VM#%d because: %s\n", $vm_id, $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    printf("created operation#%s\n", $val);
}

sample("== vm_stop");
$vm_id = 9876;
$msg = new xmlrpcmsg("vm_stop", array($session, new xmlrpcval($vm_id)));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not create a vm_stop operation for VM#%d because: %s\n", $vm_id, $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    printf("created operation#%s\n", $val);
}

sample("== vm_reboot");
$vm_id = 9876;
$msg = new xmlrpcmsg("vm_reboot", array($session, new xmlrpcval($vm_id)));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not create a vm_reboot operation for VM#%d because: %s\n", $vm_id, $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    printf("created operation#%s\n", $val);
}

sample("== disk_create");
$specs["size"] = new xmlrpcval("2048");
$specs["name"] = new xmlrpcval("disk2GB");
$specs["fstype"] = new xmlrpcval("ext3");
$specs = php_xmlrpc_encode($specs);
$msg = new xmlrpcmsg("disk_create", array($session, $specs));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not create disk because: %s\n", $reply->faultString());
} else {
    $val = $reply->value();
    $val = $val->scalarval();
    printf("creating disk#%d\n", $val);
}

sample("== disk_info");
$disk_id = 123;
$msg = new xmlrpcmsg("disk_info", array($session, new xmlrpcval($disk_id)));
$reply = $proxy->send($msg);
if ($reply->faultCode()) {
    printf("could not retrieve informations of disk#%s because: %s\n", $disk_id, $reply->faultString());
} else {
    $val = php_xmlrpc_decode($reply->value());
    printf("informations for disk#%s\n", $disk_id);
    print_r($val);
}
