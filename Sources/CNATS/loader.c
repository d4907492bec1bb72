#include "CNATS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define DAYBOOK_POINTER(result, name, parameters, arguments) static result(*name##_) parameters;
DAYBOOK_NATS_FUNCTIONS(DAYBOOK_POINTER)

#define DAYBOOK_FORWARD(result, name, parameters, arguments) \
  result daybook_##name parameters { return name##_ arguments; }
DAYBOOK_NATS_FUNCTIONS(DAYBOOK_FORWARD)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[512];

static void load(void) {
#ifdef __APPLE__
  static const char *const names[] = {"libnats.dylib", "/opt/homebrew/lib/libnats.dylib"};
#else
  static const char *const names[] = {"libnats.so", "libnats.so.3", "libnats.so.3.4",
                                      "libnats.so.3.10"};
#endif
  void *library = NULL;
  for (size_t index = 0; !library && index < sizeof names / sizeof *names; index++) {
    library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
  }
  if (!library) {
    const char *why = dlerror();
    snprintf(failure, sizeof failure, "%s", why ? why : "libnats was not found");
    return;
  }
#define DAYBOOK_LOOK_UP(result, name, parameters, arguments)                        \
  *(void **)&name##_ = dlsym(library, #name);                                       \
  if (!name##_) {                                                                   \
    snprintf(failure, sizeof failure, "the libnats found has no %s", #name);        \
    return;                                                                         \
  }
  DAYBOOK_NATS_FUNCTIONS(DAYBOOK_LOOK_UP)
}

const char *daybook_nats_load(void) {
  pthread_once(&once, load);
  return failure[0] ? failure : NULL;
}

static void ignore(natsConnection *c, natsSubscription *s, unsigned status, void *closure) {
  (void)c, (void)s, (void)status, (void)closure;
}

unsigned daybook_nats_silence(natsOptions *options) {
  return daybook_natsOptions_SetErrorHandler(options, ignore, NULL);
}
