#include "CNATS.h"

#include "CLoading.h"

#ifdef __APPLE__
static const char *const names[] = {"libnats.dylib", "/opt/homebrew/lib/libnats.dylib"};
#else
static const char *const names[] = {"libnats.so", "libnats.so.3", "libnats.so.3.4",
                                    "libnats.so.3.10"};
#endif

DAYBOOK_LOADER(DAYBOOK_NATS_FUNCTIONS, daybook_nats_load, "libnats", names)

static void ignore(natsConnection *c, natsSubscription *s, unsigned status, void *closure) {
  (void)c, (void)s, (void)status, (void)closure;
}

unsigned daybook_nats_silence(natsOptions *options) {
  return daybook_natsOptions_SetErrorHandler(options, ignore, NULL);
}
