// Compares our declarations with libnats' own header where that is installed; makes no code.
#if __has_include(<nats/nats.h>)
#include <nats/nats.h>

#include "CNATS.h"

#define DAYBOOK_COMPARE(result, name, parameters, arguments)                              \
  _Static_assert(__builtin_types_compatible_p(__typeof__(&name), result(*) parameters),   \
                 "CNATS.h declares " #name " differently than nats.h");
DAYBOOK_NATS_FUNCTIONS(DAYBOOK_COMPARE)

#define DAYBOOK_SAME(name) \
  _Static_assert((int)daybook_##name == (int)name, "CNATS.h gives " #name " another value");
DAYBOOK_SAME(NATS_OK)
DAYBOOK_SAME(NATS_CONNECTION_CLOSED)
DAYBOOK_SAME(NATS_NO_SERVER)
DAYBOOK_SAME(NATS_SECURE_CONNECTION_WANTED)
DAYBOOK_SAME(NATS_SECURE_CONNECTION_REQUIRED)
DAYBOOK_SAME(NATS_CONNECTION_AUTH_FAILED)
DAYBOOK_SAME(NATS_NOT_PERMITTED)
DAYBOOK_SAME(NATS_INVALID_ARG)
DAYBOOK_SAME(NATS_MAX_PAYLOAD)
DAYBOOK_SAME(NATS_TIMEOUT)
DAYBOOK_SAME(NATS_SSL_ERROR)
DAYBOOK_SAME(NATS_NO_RESPONDERS)
DAYBOOK_SAME(NATS_CONN_STATUS_CONNECTED)
#endif
