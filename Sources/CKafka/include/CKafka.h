// librdkafka's functions that we call, loaded when they are first needed: neither a build nor a
// start of the executable depends on the library. Names are librdkafka's own behind `daybook_`;
// none is variadic.
#ifndef DAYBOOK_CKAFKA_H
#define DAYBOOK_CKAFKA_H

#ifndef DAYBOOK_CKAFKA_HAS_TYPES
#include "CKafkaTypes.h"
#endif

// Numbers of librdkafka that are told apart; compared with its header in check.c.
enum {
  daybook_RD_KAFKA_PRODUCER = 0,
  daybook_RD_KAFKA_CONSUMER = 1,
  daybook_RD_KAFKA_CONF_OK = 0,
  daybook_RD_KAFKA_MSG_F_COPY = 2,
  daybook_RD_KAFKA_PARTITION_UA = -1,
  daybook_RD_KAFKA_TIMESTAMP_NOT_AVAILABLE = 0,
  daybook_RD_KAFKA_RESP_ERR_NO_ERROR = 0,
  daybook_RD_KAFKA_RESP_ERR__TRANSPORT = -195,
  daybook_RD_KAFKA_RESP_ERR__PARTITION_EOF = -191,
  daybook_RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN = -187,
  daybook_RD_KAFKA_RESP_ERR__TIMED_OUT = -185,
  daybook_RD_KAFKA_RESP_ERR__QUEUE_FULL = -184,
  daybook_RD_KAFKA_RESP_ERR__SSL = -181,
  daybook_RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS = -175,
  daybook_RD_KAFKA_RESP_ERR__AUTHENTICATION = -169,
  daybook_RD_KAFKA_RESP_ERR__FATAL = -150,
  daybook_RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET = -140,
  daybook_RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE = 1,
  daybook_RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART = 3,
  daybook_RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED = 29,
  daybook_RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED = 30,
  daybook_RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED = 31,
  daybook_RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED = 58,
};

// result, name, parameters, arguments
#define DAYBOOK_KAFKA_FUNCTIONS(F)                                                                 \
  F(const char *, rd_kafka_version_str, (void), ())                                                \
  F(const char *, rd_kafka_err2str, (rd_kafka_resp_err_t error), (error))                          \
  F(void, rd_kafka_mem_free, (rd_kafka_t * client, void *pointer), (client, pointer))              \
  F(rd_kafka_conf_t *, rd_kafka_conf_new, (void), ())                                              \
  F(void, rd_kafka_conf_destroy, (rd_kafka_conf_t * conf), (conf))                                 \
  F(rd_kafka_conf_res_t, rd_kafka_conf_set,                                                        \
    (rd_kafka_conf_t * conf, const char *name, const char *value, char *error, size_t size),       \
    (conf, name, value, error, size))                                                              \
  F(void, rd_kafka_conf_set_opaque, (rd_kafka_conf_t * conf, void *opaque), (conf, opaque))        \
  F(void, rd_kafka_conf_set_log_cb,                                                                \
    (rd_kafka_conf_t * conf,                                                                       \
     void (*callback)(const rd_kafka_t *, int, const char *, const char *)),                       \
    (conf, callback))                                                                              \
  F(void, rd_kafka_conf_set_error_cb,                                                              \
    (rd_kafka_conf_t * conf, void (*callback)(rd_kafka_t *, int, const char *, void *)),           \
    (conf, callback))                                                                              \
  F(void, rd_kafka_conf_set_rebalance_cb,                                                          \
    (rd_kafka_conf_t * conf, void (*callback)(rd_kafka_t *, rd_kafka_resp_err_t,                   \
                                              rd_kafka_topic_partition_list_t *, void *)),         \
    (conf, callback))                                                                              \
  F(void, rd_kafka_conf_set_dr_msg_cb,                                                             \
    (rd_kafka_conf_t * conf,                                                                       \
     void (*callback)(rd_kafka_t *, const rd_kafka_message_t *, void *)),                          \
    (conf, callback))                                                                              \
  F(rd_kafka_t *, rd_kafka_new,                                                                    \
    (rd_kafka_type_t type, rd_kafka_conf_t * conf, char *error, size_t size),                      \
    (type, conf, error, size))                                                                     \
  F(void, rd_kafka_destroy, (rd_kafka_t * client), (client))                                       \
  F(rd_kafka_resp_err_t, rd_kafka_fatal_error, (rd_kafka_t * client, char *error, size_t size),    \
    (client, error, size))                                                                         \
  F(int, rd_kafka_poll, (rd_kafka_t * client, int milliseconds), (client, milliseconds))           \
  F(char *, rd_kafka_clusterid, (rd_kafka_t * client, int milliseconds), (client, milliseconds))   \
  F(rd_kafka_resp_err_t, rd_kafka_poll_set_consumer, (rd_kafka_t * client), (client))              \
  F(rd_kafka_resp_err_t, rd_kafka_subscribe,                                                       \
    (rd_kafka_t * client, const rd_kafka_topic_partition_list_t *topics), (client, topics))        \
  F(rd_kafka_resp_err_t, rd_kafka_assign,                                                          \
    (rd_kafka_t * client, const rd_kafka_topic_partition_list_t *partitions),                      \
    (client, partitions))                                                                          \
  F(rd_kafka_message_t *, rd_kafka_consumer_poll, (rd_kafka_t * client, int milliseconds),         \
    (client, milliseconds))                                                                        \
  F(void, rd_kafka_message_destroy, (rd_kafka_message_t * message), (message))                     \
  F(int64_t, rd_kafka_message_timestamp,                                                           \
    (const rd_kafka_message_t *message, rd_kafka_timestamp_type_t *type), (message, type))         \
  F(rd_kafka_resp_err_t, rd_kafka_consumer_close, (rd_kafka_t * client), (client))                 \
  F(rd_kafka_resp_err_t, rd_kafka_commit,                                                          \
    (rd_kafka_t * client, const rd_kafka_topic_partition_list_t *offsets, int async),              \
    (client, offsets, async))                                                                      \
  F(rd_kafka_topic_partition_list_t *, rd_kafka_topic_partition_list_new, (int size), (size))      \
  F(rd_kafka_topic_partition_t *, rd_kafka_topic_partition_list_add,                               \
    (rd_kafka_topic_partition_list_t * list, const char *topic, int32_t partition),                \
    (list, topic, partition))                                                                      \
  F(void, rd_kafka_topic_partition_list_destroy, (rd_kafka_topic_partition_list_t * list), (list)) \
  F(rd_kafka_resp_err_t, rd_kafka_query_watermark_offsets,                                         \
    (rd_kafka_t * client, const char *topic, int32_t partition, int64_t *low, int64_t *high,       \
     int milliseconds),                                                                            \
    (client, topic, partition, low, high, milliseconds))                                           \
  F(rd_kafka_resp_err_t, rd_kafka_get_watermark_offsets,                                           \
    (rd_kafka_t * client, const char *topic, int32_t partition, int64_t *low, int64_t *high),      \
    (client, topic, partition, low, high))                                                         \
  F(rd_kafka_topic_t *, rd_kafka_topic_new,                                                        \
    (rd_kafka_t * client, const char *topic, rd_kafka_topic_conf_t *conf), (client, topic, conf))  \
  F(void, rd_kafka_topic_destroy, (rd_kafka_topic_t * topic), (topic))                             \
  F(const char *, rd_kafka_topic_name, (const rd_kafka_topic_t *topic), (topic))                   \
  F(rd_kafka_resp_err_t, rd_kafka_metadata,                                                        \
    (rd_kafka_t * client, int all, rd_kafka_topic_t *topic,                                        \
     const struct rd_kafka_metadata **metadata, int milliseconds),                                 \
    (client, all, topic, metadata, milliseconds))                                                  \
  F(void, rd_kafka_metadata_destroy, (const struct rd_kafka_metadata *metadata), (metadata))       \
  F(int, rd_kafka_produce,                                                                         \
    (rd_kafka_topic_t * topic, int32_t partition, int flags, void *bytes, size_t count,            \
     const void *key, size_t keyCount, void *opaque),                                              \
    (topic, partition, flags, bytes, count, key, keyCount, opaque))                                \
  F(rd_kafka_resp_err_t, rd_kafka_last_error, (void), ())                                          \
  F(rd_kafka_resp_err_t, rd_kafka_flush, (rd_kafka_t * client, int milliseconds),                  \
    (client, milliseconds))                                                                        \
  F(int, rd_kafka_outq_len, (rd_kafka_t * client), (client))                                       \
  F(rd_kafka_error_t *, rd_kafka_init_transactions, (rd_kafka_t * client, int milliseconds),       \
    (client, milliseconds))                                                                        \
  F(rd_kafka_error_t *, rd_kafka_begin_transaction, (rd_kafka_t * client), (client))               \
  F(rd_kafka_error_t *, rd_kafka_commit_transaction, (rd_kafka_t * client, int milliseconds),      \
    (client, milliseconds))                                                                        \
  F(rd_kafka_error_t *, rd_kafka_abort_transaction, (rd_kafka_t * client, int milliseconds),       \
    (client, milliseconds))                                                                        \
  F(const char *, rd_kafka_error_string, (const rd_kafka_error_t *error), (error))                 \
  F(void, rd_kafka_error_destroy, (rd_kafka_error_t * error), (error))                             \
  F(rd_kafka_mock_cluster_t *, rd_kafka_mock_cluster_new, (rd_kafka_t * client, int brokers),      \
    (client, brokers))                                                                             \
  F(void, rd_kafka_mock_cluster_destroy, (rd_kafka_mock_cluster_t * cluster), (cluster))           \
  F(const char *, rd_kafka_mock_cluster_bootstraps, (const rd_kafka_mock_cluster_t *cluster),      \
    (cluster))                                                                                     \
  F(rd_kafka_resp_err_t, rd_kafka_mock_topic_create,                                               \
    (rd_kafka_mock_cluster_t * cluster, const char *topic, int partitions, int replicas),          \
    (cluster, topic, partitions, replicas))                                                        \
  F(void, rd_kafka_mock_topic_set_error,                                                           \
    (rd_kafka_mock_cluster_t * cluster, const char *topic, rd_kafka_resp_err_t error),             \
    (cluster, topic, error))

#define DAYBOOK_DECLARE(result, name, parameters, arguments) result daybook_##name parameters;
DAYBOOK_KAFKA_FUNCTIONS(DAYBOOK_DECLARE)
#undef DAYBOOK_DECLARE

// Loads librdkafka once; NULL when it is ready, otherwise why not (a text that stays valid).
// Must have returned NULL before any other function here is called. Safe from several threads.
const char *daybook_kafka_load(void);

// Keeps librdkafka from printing on standard error what it also returns.
void daybook_kafka_silence(rd_kafka_conf_t *conf);

#endif
