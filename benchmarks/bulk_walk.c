/* Walks subtrees of devices with net-snmp's C library: what a collector in C would cost.
   Arguments: port repetitions subtree,subtree,... address...
   Prints: varbinds, PDUs, processor seconds. */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static long varbinds, pdus;

static void walk(void *handle, const oid *root, size_t root_length, long repetitions)
{
    oid name[MAX_OID_LEN];
    size_t length = root_length;
    int is_over = 0;
    memcpy(name, root, root_length * sizeof(oid));
    while (!is_over) {
        netsnmp_pdu *reply = NULL, *request = snmp_pdu_create(SNMP_MSG_GETBULK);
        request->non_repeaters = 0;
        request->max_repetitions = repetitions;
        snmp_add_null_var(request, name, length);
        if (snmp_sess_synch_response(handle, request, &reply) != STAT_SUCCESS || !reply)
            exit(1);
        pdus++;
        is_over = reply->variables == NULL || reply->errstat != SNMP_ERR_NOERROR;
        for (netsnmp_variable_list *one = reply->variables; one; one = one->next_variable) {
            if (one->type == SNMP_ENDOFMIBVIEW || one->name_length < root_length ||
                memcmp(root, one->name, root_length * sizeof(oid)) != 0) {
                is_over = 1;
                break;
            }
            varbinds++;
            memcpy(name, one->name, one->name_length * sizeof(oid));
            length = one->name_length;
        }
        snmp_free_pdu(reply);
    }
}

int main(int count, char **words)
{
    struct rusage used;
    long repetitions = atol(words[2]);
    setenv("MIBS", "", 1);
    init_snmp("bulk_walk");
    for (int i = 4; i < count; i++) {
        netsnmp_session session;
        char peer[64], subtrees[2048];
        void *handle;
        snmp_sess_init(&session);
        snprintf(peer, sizeof peer, "%s:%s", words[i], words[1]);
        session.peername = peer;
        session.version = SNMP_VERSION_2c;
        session.community = (u_char *)"public";
        session.community_len = 6;
        handle = snmp_sess_open(&session);
        if (!handle)
            return 1;
        strncpy(subtrees, words[3], sizeof subtrees - 1);
        for (char *one = strtok(subtrees, ","); one; one = strtok(NULL, ",")) {
            oid root[MAX_OID_LEN];
            size_t length = MAX_OID_LEN;
            if (!read_objid(one, root, &length))
                return 1;
            walk(handle, root, length, repetitions);
        }
        snmp_sess_close(handle);
    }
    getrusage(RUSAGE_SELF, &used);
    printf("%ld %ld %f\n", varbinds, pdus,
           used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 +
           used.ru_stime.tv_sec + used.ru_stime.tv_usec / 1e6);
    return 0;
}
