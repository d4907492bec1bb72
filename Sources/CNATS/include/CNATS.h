// libnats' core client, loaded when it is first needed, so that neither a build nor a start of the
// executable depends on it. Every function below carries libnats' own name behind `daybook_` and is
// forwarded to it. JetStream's part of the library is left out on purpose: the fetch functions of
// 3.4 overrun the heap.
#ifndef DAYBOOK_CNATS_H
#define DAYBOOK_CNATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct __natsOptions natsOptions;
typedef struct __natsConnection natsConnection;
typedef struct __natsSubscription natsSubscription;
typedef struct __natsMsg natsMsg;
typedef char natsInbox;

// The values of natsStatus that are told apart; checked against libnats' header when that is there.
enum {
  daybook_NATS_OK = 0,
  daybook_NATS_CONNECTION_CLOSED = 5,
  daybook_NATS_NO_SERVER = 6,
  daybook_NATS_SECURE_CONNECTION_WANTED = 8,
  daybook_NATS_SECURE_CONNECTION_REQUIRED = 9,
  daybook_NATS_CONNECTION_AUTH_FAILED = 11,
  daybook_NATS_NOT_PERMITTED = 12,
  daybook_NATS_INVALID_ARG = 16,
  daybook_NATS_MAX_PAYLOAD = 21,
  daybook_NATS_TIMEOUT = 26,
  daybook_NATS_SSL_ERROR = 29,
  daybook_NATS_NO_RESPONDERS = 34,
  daybook_NATS_CONN_STATUS_CONNECTED = 2,
};

// result, name, parameters, arguments
#define DAYBOOK_NATS_FUNCTIONS(F)                                                                  \
  F(const char *, nats_GetVersion, (void), ())                                                     \
  F(const char *, nats_GetLastError, (unsigned *status), (status))                                 \
  F(const char *, natsStatus_GetText, (unsigned status), (status))                                 \
  F(unsigned, natsOptions_Create, (natsOptions * *options), (options))                             \
  F(void, natsOptions_Destroy, (natsOptions * options), (options))                                 \
  F(unsigned, natsOptions_SetServers, (natsOptions * options, const char **servers, int count),    \
    (options, servers, count))                                                                     \
  F(unsigned, natsOptions_SetUserInfo,                                                             \
    (natsOptions * options, const char *user, const char *password), (options, user, password))    \
  F(unsigned, natsOptions_SetToken, (natsOptions * options, const char *token), (options, token))  \
  F(unsigned, natsOptions_SetNoRandomize, (natsOptions * options, bool yes), (options, yes))       \
  F(unsigned, natsOptions_SetTimeout, (natsOptions * options, int64_t milliseconds),               \
    (options, milliseconds))                                                                       \
  F(unsigned, natsOptions_SetName, (natsOptions * options, const char *name), (options, name))     \
  F(unsigned, natsOptions_SetSecure, (natsOptions * options, bool yes), (options, yes))            \
  F(unsigned, natsOptions_LoadCATrustedCertificates, (natsOptions * options, const char *path),    \
    (options, path))                                                                               \
  F(unsigned, natsOptions_LoadCertificatesChain,                                                   \
    (natsOptions * options, const char *certificate, const char *key),                             \
    (options, certificate, key))                                                                   \
  F(unsigned, natsOptions_SetExpectedHostname, (natsOptions * options, const char *host),          \
    (options, host))                                                                               \
  F(unsigned, natsOptions_SkipServerVerification, (natsOptions * options, bool skip),              \
    (options, skip))                                                                               \
  F(unsigned, natsOptions_SetPingInterval, (natsOptions * options, int64_t milliseconds),          \
    (options, milliseconds))                                                                       \
  F(unsigned, natsOptions_SetMaxPingsOut, (natsOptions * options, int count), (options, count))    \
  F(unsigned, natsOptions_SetIOBufSize, (natsOptions * options, int size), (options, size))        \
  F(unsigned, natsOptions_SetAllowReconnect, (natsOptions * options, bool yes), (options, yes))    \
  F(unsigned, natsOptions_SetSendAsap, (natsOptions * options, bool yes), (options, yes))          \
  F(unsigned, natsOptions_SetErrorHandler,                                                         \
    (natsOptions * options,                                                                        \
     void (*handler)(natsConnection *, natsSubscription *, unsigned, void *), void *closure),      \
    (options, handler, closure))                                                                   \
  F(unsigned, natsOptions_SetUserCredentialsFromFiles,                                             \
    (natsOptions * options, const char *userOrChain, const char *seed),                            \
    (options, userOrChain, seed))                                                                  \
  F(unsigned, natsOptions_SetNKeyFromSeed,                                                         \
    (natsOptions * options, const char *publicKey, const char *seedFile),                          \
    (options, publicKey, seedFile))                                                                \
  F(unsigned, natsOptions_SetCustomInboxPrefix, (natsOptions * options, const char *prefix),       \
    (options, prefix))                                                                             \
  F(unsigned, natsOptions_SetEventLoop,                                                            \
    (natsOptions * options, void *loop,                                                            \
     unsigned (*attach)(void **, void *, natsConnection *, int),                                   \
     unsigned (*read)(void *, bool), unsigned (*write)(void *, bool),                              \
     unsigned (*detach)(void *)),                                                                  \
    (options, loop, attach, read, write, detach))                                                  \
  F(void, natsConnection_ProcessReadEvent, (natsConnection * connection), (connection))            \
  F(void, natsConnection_ProcessWriteEvent, (natsConnection * connection), (connection))           \
  F(unsigned, natsConnection_Connect, (natsConnection * *connection, natsOptions * options),       \
    (connection, options))                                                                         \
  F(unsigned, natsConnection_Status, (natsConnection * connection), (connection))                  \
  F(unsigned, natsConnection_GetLastError, (natsConnection * connection, const char **text),       \
    (connection, text))                                                                            \
  F(int64_t, natsConnection_GetMaxPayload, (natsConnection * connection), (connection))            \
  F(unsigned, natsConnection_FlushTimeout, (natsConnection * connection, int64_t milliseconds),    \
    (connection, milliseconds))                                                                    \
  F(unsigned, natsConnection_PublishRequest,                                                       \
    (natsConnection * connection, const char *subject, const char *reply, const void *data,        \
     int count),                                                                                   \
    (connection, subject, reply, data, count))                                                     \
  F(unsigned, natsConnection_Request,                                                              \
    (natsMsg * *reply, natsConnection * connection, const char *subject, const void *data,         \
     int count, int64_t milliseconds),                                                             \
    (reply, connection, subject, data, count, milliseconds))                                       \
  F(unsigned, natsConnection_SubscribeSync,                                                        \
    (natsSubscription * *subscription, natsConnection * connection, const char *subject),          \
    (subscription, connection, subject))                                                           \
  F(void, natsConnection_Close, (natsConnection * connection), (connection))                       \
  F(void, natsConnection_Destroy, (natsConnection * connection), (connection))                     \
  F(unsigned, natsSubscription_SetPendingLimits,                                                   \
    (natsSubscription * subscription, int messages, int bytes), (subscription, messages, bytes))   \
  F(unsigned, natsSubscription_NextMsg,                                                            \
    (natsMsg * *message, natsSubscription * subscription, int64_t milliseconds),                   \
    (message, subscription, milliseconds))                                                         \
  F(unsigned, natsSubscription_Unsubscribe, (natsSubscription * subscription), (subscription))     \
  F(void, natsSubscription_Destroy, (natsSubscription * subscription), (subscription))             \
  F(unsigned, natsInbox_Create, (natsInbox * *inbox), (inbox))                                     \
  F(void, natsInbox_Destroy, (natsInbox * inbox), (inbox))                                         \
  F(const char *, natsMsg_GetSubject, (const natsMsg *message), (message))                         \
  F(const char *, natsMsg_GetReply, (const natsMsg *message), (message))                           \
  F(const char *, natsMsg_GetData, (const natsMsg *message), (message))                            \
  F(int, natsMsg_GetDataLength, (const natsMsg *message), (message))                               \
  F(unsigned, natsMsgHeader_Get, (natsMsg * message, const char *key, const char **value),         \
    (message, key, value))                                                                         \
  F(void, natsMsg_Destroy, (natsMsg * message), (message))

#define DAYBOOK_DECLARE(result, name, parameters, arguments) result daybook_##name parameters;
DAYBOOK_NATS_FUNCTIONS(DAYBOOK_DECLARE)
#undef DAYBOOK_DECLARE

// Loads libnats once; NULL when it is ready, otherwise why not (a text that stays valid).
// Must have returned NULL before any other function here is called. Safe from several threads.
const char *daybook_nats_load(void);

// Keeps libnats from printing on standard error what it also returns.
unsigned daybook_nats_silence(natsOptions *options);

// Destroys a message that this thread alone has. libnats' own natsMsg_Destroy hands every message
// to a thread that frees it, and wakes that thread for most of them.
void daybook_nats_release(natsMsg *message);

// What libnats wants of the socket of a connection that its user's thread reads and writes.
typedef struct {
  // -1 before the connection stands and after it has closed.
  int descriptor;
  bool wantsToWrite;
} daybook_nats_loop;

// Makes a connection of these options one that only `daybook_nats_turn` reads and writes. `loop`
// must live until the connection is destroyed.
unsigned daybook_nats_use_loop(natsOptions *options, daybook_nats_loop *loop);

// Sends what waits to be sent, waits at most so long for something to come, and lets libnats take
// one piece of it: whole messages stand in their subscriptions then. One thread at a time.
// 1 when something came, 0 when nothing did, -1 when the connection is closed.
int daybook_nats_turn(natsConnection *connection, daybook_nats_loop *loop, int milliseconds);

#endif
