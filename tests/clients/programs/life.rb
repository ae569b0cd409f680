# The life of a server, with Ruby's library: ruby life.rb URL LOGIN PASSWORD
require "xmlrpc/client"

url, login, password = ARGV
server = XMLRPC::Client.new2(url)
session = server.call("login", login, password, false)
gandi = ->(method, *arguments) { server.call(method, session, *arguments) }

finish = lambda do |operation|
  loop do
    state = gandi.("operation_details", operation)["state"]
    return state if %w[DONE ERROR CANCEL].include?(state)
    sleep 0.01
  end
end

puts "currency=#{gandi.("account_currency")}"
puts "balance=#{gandi.("account_balance").round(2)}"
puts "product=#{finish.(gandi.("hosting_account_product_add", "shares", 4, "1m"))}"

vm = gandi.("vm_create", "web-1", "s3cret-password", 111, 4, 1, {"login" => "gandi"})
since = XMLRPC::DateTime.new(2006, 1, 1, 0, 0, 0)
filter = {"type" => "vm_create", "created_after" => since, "param" => {"vm_id" => vm}}
created, = gandi.("operation_list", filter)
puts "vm=#{finish.(created)}"

disk = gandi.("disk_create", {"size" => 2048, "name" => "data", "fstype" => "ext3"})
made, = gandi.("operation_list", {"param" => {"disk_id" => disk}})
puts "disk=#{finish.(made)}"
puts "attached=#{finish.(gandi.("disk_attach", vm, disk))}"

info = gandi.("vm_info", vm)
puts "info=#{info["hostname"]} #{info["state"]} #{info["shares"]} #{info["disks"]}"
puts "created=#{info["date_created"].to_time.strftime("%Y-%m-%dT%H:%M:%S")}"

begin
  gandi.("vm_delete", vm)
rescue XMLRPC::FaultException => fault
  puts "refused=#{fault.faultCode}"
end
puts "stopped=#{finish.(gandi.("vm_stop", vm))}"
puts "deleted=#{finish.(gandi.("vm_delete", vm))}"
puts "left=#{gandi.("vm_list")}"
