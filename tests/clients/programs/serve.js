// A service of a few calls, with npm's library `xmlrpc`. It prints its port, and serves.
const xmlrpc = require("xmlrpc");

const calls = {
  login: (name, password, safe) => {
    if (password !== "mot de passe: été <&> €")
      throw { faultCode: 510150, faultString: `DataError: bad credential [login: ${name}]` };
    return "a-session";
  },
  vm_info: (session, id) => ({
    id,
    hostname: "été-€-<&>-日本-😀",
    state: "running",
    shares: 4,
    load: 0.1,
    tiny: 1.25e-7,
    below: -1234.5,
    on: true,
    off: false,
    disks: [7, 8],
    ips: [],
    nothing: {},
    empty: "",
    lines: "  one\n two\t",
    nil: null,
    nested: { list: [[1, [2]], { three: 3 }] },
    date_created: new Date(Date.UTC(2006, 0, 2, 3, 4, 5)),
  }),
  vm_stop: (session, id) => {
    throw { faultCode: 530260, faultString: `DataError: ne peut être arrêté [vm_id: ${id}]` };
  },
  operation_details: (session, id) => ({ id, type: "vm_start", state: "DONE", params: { vm_id: 5 } }),
  account_balance: () => 1234.5,
  vm_list: () => [5, 6],
  disk_list: () => [],
  operation_list: () => [],
  vm_start: () => 99,
  echo: (session, value) => value,
};

const where = { host: "127.0.0.1", port: 0 };
const server = xmlrpc.createServer(where, () => console.log(server.httpServer.address().port));
for (const [name, call] of Object.entries(calls)) {
  server.on(name, (fault, parameters, reply) => {
    try {
      reply(null, call(...parameters));
    } catch (refusal) {
      reply(refusal);
    }
  });
}
