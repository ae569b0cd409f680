// The life of a server, with npm's library `xmlrpc`: node life.js URL LOGIN PASSWORD
const xmlrpc = require("xmlrpc");

const [url, login, password] = process.argv.slice(2);
const server = xmlrpc.createClient(url);

const call = (method, parameters) =>
  new Promise((resolve, reject) =>
    server.methodCall(method, parameters, (fault, value) => (fault ? reject(fault) : resolve(value)))
  );

async function live() {
  const session = await call("login", [login, password, false]);
  const gandi = (method, ...parameters) => call(method, [session, ...parameters]);

  async function finish(operation) {
    for (;;) {
      const { state } = await gandi("operation_details", operation);
      if (["DONE", "ERROR", "CANCEL"].includes(state)) return state;
      await new Promise((resume) => setTimeout(resume, 10));
    }
  }

  console.log(`currency=${await gandi("account_currency")}`);
  console.log(`balance=${await gandi("account_balance")}`);
  const product = await gandi("hosting_account_product_add", "shares", 4, "1m");
  console.log(`product=${await finish(product)}`);

  const vm = await gandi("vm_create", "web-1", "s3cret-password", 111, 4, 1, { login: "gandi" });
  const since = new Date(2006, 0, 1);
  const filter = { type: "vm_create", created_after: since, param: { vm_id: vm } };
  const [created] = await gandi("operation_list", filter);
  console.log(`vm=${await finish(created)}`);

  const disk = await gandi("disk_create", { size: 2048, name: "data", fstype: "ext3" });
  const [made] = await gandi("operation_list", { param: { disk_id: disk } });
  console.log(`disk=${await finish(made)}`);
  console.log(`attached=${await finish(await gandi("disk_attach", vm, disk))}`);

  const info = await gandi("vm_info", vm);
  console.log(`info=${info.hostname} ${info.state} ${info.shares} [${info.disks}]`);
  console.log(`created=${info.date_created.toISOString().slice(0, 19)}`);

  await gandi("vm_delete", vm).catch((fault) => console.log(`refused=${fault.faultCode}`));
  console.log(`stopped=${await finish(await gandi("vm_stop", vm))}`);
  console.log(`deleted=${await finish(await gandi("vm_delete", vm))}`);
  console.log(`left=[${await gandi("vm_list")}]`);
}

live();
