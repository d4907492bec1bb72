#include "CKafka.h"

#include "CLoading.h"

#ifdef __APPLE__
static const char *const names[] = {"librdkafka.1.dylib", "/opt/homebrew/lib/librdkafka.1.dylib"};
#else
static const char *const names[] = {"librdkafka.so.1", "librdkafka.so"};
#endif

DAYBOOK_LOADER(DAYBOOK_KAFKA_FUNCTIONS, daybook_kafka_load, "librdkafka", names)

static void ignore(const rd_kafka_t *client, int level, const char *facility, const char *text) {
  (void)client, (void)level, (void)facility, (void)text;
}

void daybook_kafka_silence(rd_kafka_conf_t *conf) {
  daybook_rd_kafka_conf_set_log_cb(conf, ignore);
}
