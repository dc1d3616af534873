/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle-none.c: what this daemon has none of, and says so: clients ask for these as a matter of
 * course, and some take an error for a reason to go.
 */
#include "handlers.h"

/* A procedure that returns a number: 0. */
#define NUMBER_IS_0(name, args_t)                                                                  \
    void handle_##name(struct request *req, const args_t *args)                                    \
    {                                                                                              \
        remote_##name##_ret none = {.num = 0};                                                     \
                                                                                                   \
        (void)args;                                                                                \
        reply_##name(req, &none);                                                                  \
    }

/* A procedure that returns a list: empty, whatever counts it. */
#define LIST_IS_EMPTY(name)                                                                        \
    void handle_##name(struct request *req, const remote_##name##_args *args)                      \
    {                                                                                              \
        static const remote_##name##_ret empty;                                                    \
                                                                                                   \
        (void)args;                                                                                \
        reply_##name(req, &empty);                                                                 \
    }

NUMBER_IS_0(connect_num_of_networks, rpc_void)
NUMBER_IS_0(connect_num_of_defined_networks, rpc_void)
LIST_IS_EMPTY(connect_list_networks)
LIST_IS_EMPTY(connect_list_defined_networks)
LIST_IS_EMPTY(connect_list_all_networks)

NUMBER_IS_0(connect_num_of_storage_pools, rpc_void)
NUMBER_IS_0(connect_num_of_defined_storage_pools, rpc_void)
LIST_IS_EMPTY(connect_list_storage_pools)
LIST_IS_EMPTY(connect_list_defined_storage_pools)
LIST_IS_EMPTY(connect_list_all_storage_pools)

NUMBER_IS_0(node_num_of_devices, remote_node_num_of_devices_args)
