#include "CNATS.h"

#include "CLoading.h"

#ifdef __APPLE__
static const char *const names[] = {"libnats.dylib", "/opt/homebrew/lib/libnats.dylib"};
#else
static const char *const names[] = {"libnats.so", "libnats.so.3", "libnats.so.3.4",
                                    "libnats.so.3.10"};
#endif

DAYBOOK_LOADER(DAYBOOK_NATS_FUNCTIONS, daybook_nats_load, "libnats", names)

// Not in libnats' header, but among what it exports: frees a message at once.
static void (*free_message)(void *message);

static void find_free_message(void) {
  char why[256];
  void *library =
      daybook_open_library(names, sizeof names / sizeof *names, why, sizeof why);
  if (library)
    *(void **)&free_message =
        daybook_find_function(library, "libnats", "natsMsg_free", why, sizeof why);
}

void daybook_nats_release(natsMsg *message) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find_free_message);
  if (free_message) {
    free_message(message);
  } else {
    daybook_natsMsg_Destroy(message);
  }
}

static void ignore(natsConnection *c, natsSubscription *s, unsigned status, void *closure) {
  (void)c, (void)s, (void)status, (void)closure;
}

unsigned daybook_nats_silence(natsOptions *options) {
  return daybook_natsOptions_SetErrorHandler(options, ignore, NULL);
}
