// Compares our declarations with librdkafka's own headers where they are installed; makes no code.
#if __has_include(<librdkafka/rdkafka_mock.h>)
#define rd_kafka_topic_partition_s ours_topic_partition
#define rd_kafka_topic_partition_list_s ours_topic_partition_list
#define rd_kafka_message_s ours_message
#define rd_kafka_metadata_broker ours_metadata_broker
#define rd_kafka_metadata_partition ours_metadata_partition
#define rd_kafka_metadata_topic ours_metadata_topic
#define rd_kafka_metadata ours_metadata
#define rd_kafka_topic_partition_t ours_topic_partition_t
#define rd_kafka_topic_partition_list_t ours_topic_partition_list_t
#define rd_kafka_message_t ours_message_t
#define rd_kafka_metadata_broker_t ours_metadata_broker_t
#define rd_kafka_metadata_partition_t ours_metadata_partition_t
#define rd_kafka_metadata_topic_t ours_metadata_topic_t
#define rd_kafka_metadata_t ours_metadata_t
#define rd_kafka_resp_err_t ours_resp_err_t
#define rd_kafka_type_t ours_type_t
#define rd_kafka_conf_res_t ours_conf_res_t
#define rd_kafka_timestamp_type_t ours_timestamp_type_t
#include "CKafkaTypes.h"
#undef rd_kafka_topic_partition_s
#undef rd_kafka_topic_partition_list_s
#undef rd_kafka_message_s
#undef rd_kafka_metadata_broker
#undef rd_kafka_metadata_partition
#undef rd_kafka_metadata_topic
#undef rd_kafka_metadata
#undef rd_kafka_topic_partition_t
#undef rd_kafka_topic_partition_list_t
#undef rd_kafka_message_t
#undef rd_kafka_metadata_broker_t
#undef rd_kafka_metadata_partition_t
#undef rd_kafka_metadata_topic_t
#undef rd_kafka_metadata_t
#undef rd_kafka_resp_err_t
#undef rd_kafka_type_t
#undef rd_kafka_conf_res_t
#undef rd_kafka_timestamp_type_t

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define DAYBOOK_CKAFKA_HAS_TYPES
#include "CKafka.h"
#include "CLoading.h"

DAYBOOK_KAFKA_FUNCTIONS(DAYBOOK_COMPARE)

#define DAYBOOK_FIELD(ours, theirs, field)                                               \
  _Static_assert(offsetof(ours, field) == offsetof(theirs, field) &&                     \
                     sizeof(((ours *)0)->field) == sizeof(((theirs *)0)->field),         \
                 "CKafkaTypes.h lays out " #theirs "." #field " differently");
#define DAYBOOK_SIZE(ours, theirs) \
  _Static_assert(sizeof(ours) == sizeof(theirs), "CKafkaTypes.h: " #theirs " has another size");

DAYBOOK_SIZE(ours_topic_partition_t, rd_kafka_topic_partition_t)
DAYBOOK_FIELD(ours_topic_partition_t, rd_kafka_topic_partition_t, topic)
DAYBOOK_FIELD(ours_topic_partition_t, rd_kafka_topic_partition_t, partition)
DAYBOOK_FIELD(ours_topic_partition_t, rd_kafka_topic_partition_t, offset)
DAYBOOK_FIELD(ours_topic_partition_t, rd_kafka_topic_partition_t, err)
DAYBOOK_SIZE(ours_topic_partition_list_t, rd_kafka_topic_partition_list_t)
DAYBOOK_FIELD(ours_topic_partition_list_t, rd_kafka_topic_partition_list_t, cnt)
DAYBOOK_FIELD(ours_topic_partition_list_t, rd_kafka_topic_partition_list_t, elems)
DAYBOOK_SIZE(ours_message_t, rd_kafka_message_t)
DAYBOOK_FIELD(ours_message_t, rd_kafka_message_t, err)
DAYBOOK_FIELD(ours_message_t, rd_kafka_message_t, rkt)
DAYBOOK_FIELD(ours_message_t, rd_kafka_message_t, partition)
DAYBOOK_FIELD(ours_message_t, rd_kafka_message_t, payload)
DAYBOOK_FIELD(ours_message_t, rd_kafka_message_t, len)
DAYBOOK_FIELD(ours_message_t, rd_kafka_message_t, offset)
DAYBOOK_FIELD(ours_message_t, rd_kafka_message_t, _private)
DAYBOOK_SIZE(ours_metadata_partition_t, rd_kafka_metadata_partition_t)
DAYBOOK_FIELD(ours_metadata_partition_t, rd_kafka_metadata_partition_t, id)
DAYBOOK_SIZE(ours_metadata_topic_t, rd_kafka_metadata_topic_t)
DAYBOOK_FIELD(ours_metadata_topic_t, rd_kafka_metadata_topic_t, topic)
DAYBOOK_FIELD(ours_metadata_topic_t, rd_kafka_metadata_topic_t, partition_cnt)
DAYBOOK_FIELD(ours_metadata_topic_t, rd_kafka_metadata_topic_t, partitions)
DAYBOOK_FIELD(ours_metadata_topic_t, rd_kafka_metadata_topic_t, err)
DAYBOOK_SIZE(ours_metadata_t, rd_kafka_metadata_t)
DAYBOOK_FIELD(ours_metadata_t, rd_kafka_metadata_t, topic_cnt)
DAYBOOK_FIELD(ours_metadata_t, rd_kafka_metadata_t, topics)

DAYBOOK_SAME(RD_KAFKA_PRODUCER)
DAYBOOK_SAME(RD_KAFKA_CONSUMER)
DAYBOOK_SAME(RD_KAFKA_CONF_OK)
DAYBOOK_SAME(RD_KAFKA_MSG_F_COPY)
DAYBOOK_SAME(RD_KAFKA_PARTITION_UA)
DAYBOOK_SAME(RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR_NO_ERROR)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR__TRANSPORT)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR__PARTITION_EOF)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR__TIMED_OUT)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR__QUEUE_FULL)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR__SSL)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR__AUTHENTICATION)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR__FATAL)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
DAYBOOK_SAME(RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED)
#endif
