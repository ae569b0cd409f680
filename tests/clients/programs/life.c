/* The life of a server, with the C library xmlrpc-c: life URL LOGIN PASSWORD. It ends soon, and frees nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xmlrpc-c/base.h>
#include <xmlrpc-c/client.h>

static xmlrpc_env env;
static const char *url, *session;

#define GANDI(method, format, ...) \
    checked(xmlrpc_client_call(&env, url, method, "(s" format ")", session, ##__VA_ARGS__))

static xmlrpc_value *checked(xmlrpc_value *value) {
    if (env.fault_occurred) {
        fprintf(stderr, "%d %s\n", env.fault_code, env.fault_string);
        exit(1);
    }
    return value;
}

static int number(xmlrpc_value *value) {
    int read;
    xmlrpc_read_int(&env, value, &read);
    checked(value);
    return read;
}

static const char *text(xmlrpc_value *value) {
    const char *read;
    xmlrpc_read_string(&env, value, &read);
    checked(value);
    return read;
}

static xmlrpc_value *member(xmlrpc_value *structure, const char *name) {
    xmlrpc_value *found;
    xmlrpc_struct_find_value(&env, structure, name, &found);
    return checked(found);
}

static xmlrpc_value *first(xmlrpc_value *array) {
    xmlrpc_value *found;
    xmlrpc_array_read_item(&env, array, 0, &found);
    return checked(found);
}

static const char *finish(int operation) {
    for (;;) {
        const char *state = text(member(GANDI("operation_details", "i", operation), "state"));
        if (!strcmp(state, "DONE") || !strcmp(state, "ERROR") || !strcmp(state, "CANCEL"))
            return state;
        usleep(10000);
    }
}

int main(int count, char **arguments) {
    double balance;
    const char *date;
    int vm, disk, operation;
    xmlrpc_value *info;

    if (count != 4)
        return 2;
    url = arguments[1];
    xmlrpc_env_init(&env);
    xmlrpc_client_init2(&env, XMLRPC_CLIENT_NO_FLAGS, "life", "1", NULL, 0);
    session = text(checked(
        xmlrpc_client_call(&env, url, "login", "(ssb)", arguments[2], arguments[3], 0)));

    printf("currency=%s\n", text(GANDI("account_currency", "")));
    xmlrpc_read_double(&env, GANDI("account_balance", ""), &balance);
    printf("balance=%.2f\n", balance);
    operation = number(GANDI("hosting_account_product_add", "sis", "shares", 4, "1m"));
    printf("product=%s\n", finish(operation));

    vm = number(GANDI("vm_create", "ssiii{s:s}", "web-1", "s3cret-password", 111, 4, 1, "login", "gandi"));
    operation = number(first(GANDI(
        "operation_list", "{s:s,s:8,s:{s:i}}",
        "type", "vm_create", "created_after", "20060101T00:00:00", "param", "vm_id", vm)));
    printf("vm=%s\n", finish(operation));

    disk = number(GANDI(
        "disk_create", "{s:i,s:s,s:s}", "size", 2048, "name", "data", "fstype", "ext3"));
    operation = number(first(GANDI("operation_list", "{s:{s:i}}", "param", "disk_id", disk)));
    printf("disk=%s\n", finish(operation));
    printf("attached=%s\n", finish(number(GANDI("disk_attach", "ii", vm, disk))));

    info = GANDI("vm_info", "i", vm);
    printf("info=%s %s", text(member(info, "hostname")), text(member(info, "state")));
    printf(" %d [%d]\n", number(member(info, "shares")), number(first(member(info, "disks"))));
    xmlrpc_read_datetime_str(&env, member(info, "date_created"), &date);
    printf("created=%s\n", date);

    xmlrpc_client_call(&env, url, "vm_delete", "(si)", session, vm);
    printf("refused=%d\n", env.fault_code);
    xmlrpc_env_clean(&env);
    xmlrpc_env_init(&env);

    printf("stopped=%s\n", finish(number(GANDI("vm_stop", "i", vm))));
    printf("deleted=%s\n", finish(number(GANDI("vm_delete", "i", vm))));
    printf("left=[%.0d]\n", xmlrpc_array_size(&env, GANDI("vm_list", "")));
    return 0;
}
