#include "CKafka.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define DAYBOOK_POINTER(result, name, parameters, arguments) static result(*name##_) parameters;
DAYBOOK_KAFKA_FUNCTIONS(DAYBOOK_POINTER)

#define DAYBOOK_FORWARD(result, name, parameters, arguments) \
  result daybook_##name parameters { return name##_ arguments; }
DAYBOOK_KAFKA_FUNCTIONS(DAYBOOK_FORWARD)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[512];

static void load(void) {
#ifdef __APPLE__
  static const char *const names[] = {"librdkafka.1.dylib", "/opt/homebrew/lib/librdkafka.1.dylib"};
#else
  static const char *const names[] = {"librdkafka.so.1", "librdkafka.so"};
#endif
  void *library = NULL;
  for (size_t index = 0; !library && index < sizeof names / sizeof *names; index++) {
    library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
  }
  if (!library) {
    const char *why = dlerror();
    snprintf(failure, sizeof failure, "%s", why ? why : "librdkafka was not found");
    return;
  }
#define DAYBOOK_LOOK_UP(result, name, parameters, arguments)                         \
  *(void **)&name##_ = dlsym(library, #name);                                        \
  if (!name##_) {                                                                    \
    snprintf(failure, sizeof failure, "the librdkafka found has no %s", #name);      \
    return;                                                                          \
  }
  DAYBOOK_KAFKA_FUNCTIONS(DAYBOOK_LOOK_UP)
}

const char *daybook_kafka_load(void) {
  pthread_once(&once, load);
  return failure[0] ? failure : NULL;
}

static void ignore(const rd_kafka_t *client, int level, const char *facility, const char *text) {
  (void)client, (void)level, (void)facility, (void)text;
}

void daybook_kafka_silence(rd_kafka_conf_t *conf) {
  daybook_rd_kafka_conf_set_log_cb(conf, ignore);
}
