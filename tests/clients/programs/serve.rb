# A service of a few calls, with Ruby's library. It prints its port, and serves.
require "webrick"
require "xmlrpc/server"

silent = WEBrick::Log.new(File::NULL)
http = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: 0, Logger: silent, AccessLog: [])
service = XMLRPC::WEBrickServlet.new
http.mount("/", service)

service.add_handler("login") do |name, password, safe|
  if password != "mot de passe: été <&> €"
    raise XMLRPC::FaultException.new(510150, "DataError: bad credential [login: #{name}]")
  end
  "a-session"
end
service.add_handler("vm_info") do |session, vm_id|
  {
    "id" => vm_id,
    "hostname" => "été-€-<&>-日本-😀",
    "state" => "running",
    "shares" => 4,
    "load" => 0.1,
    "tiny" => 1.25e-07,
    "below" => -1234.5,
    "on" => true,
    "off" => false,
    "disks" => [7, 8],
    "ips" => [],
    "nothing" => {},
    "empty" => "",
    "lines" => "  one\n two\t",
    "nested" => {"list" => [[1, [2]], {"three" => 3}]},
    "date_created" => Time.utc(2006, 1, 2, 3, 4, 5),
  }
end
service.add_handler("vm_stop") do |session, vm_id|
  raise XMLRPC::FaultException.new(530260, "DataError: ne peut être arrêté [vm_id: #{vm_id}]")
end
service.add_handler("operation_details") do |session, operation_id|
  {"id" => operation_id, "type" => "vm_start", "state" => "DONE", "params" => {"vm_id" => 5}}
end
service.add_handler("account_balance") { |session| 1234.5 }
service.add_handler("vm_list") { |session| [5, 6] }
service.add_handler("disk_list") { |session| [] }
service.add_handler("operation_list") { |session, filter = {}| [] }
service.add_handler("vm_start") { |session, vm_id| 99 }
service.add_handler("echo") { |session, value| value }

$stdout.puts http.listeners.first.addr[1]
$stdout.flush
http.start
