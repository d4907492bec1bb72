// The yardstick: pulls everything from a stream through a durable like Daybook's (deliver all,
// AckAll, one pull in flight, one synchronous acknowledgement a batch) and throws it away.
// usage: discard PORT STREAM COUNT
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void check(natsStatus status, const char *what) {
  if (status == NATS_OK) return;
  fprintf(stderr, "%s: %s\n", what, natsStatus_GetText(status));
  exit(1);
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  const char *stream = arguments[2];
  long wanted = atol(arguments[3]);
  char text[512], subject[256];
  natsOptions *options = NULL;
  natsConnection *connection = NULL;
  natsSubscription *subscription = NULL;
  natsMsg *message = NULL;
  snprintf(text, sizeof text, "nats://127.0.0.1:%s", arguments[1]);
  check(natsOptions_Create(&options), "options");
  check(natsOptions_SetURL(options, text), "address");
  check(natsOptions_SetSendAsap(options, true), "options");
  check(natsOptions_SetIOBufSize(options, 1 << 18), "options");
  check(natsConnection_Connect(&connection, options), "connect");
  snprintf(subject, sizeof subject, "$JS.API.CONSUMER.DURABLE.CREATE.%s.discard", stream);
  snprintf(text, sizeof text,
           "{\"stream_name\":\"%s\",\"config\":{\"durable_name\":\"discard\",\"deliver_policy\":"
           "\"all\",\"ack_policy\":\"all\",\"max_ack_pending\":2000000,\"ack_wait\":300000000000}}",
           stream);
  check(natsConnection_RequestString(&message, connection, subject, text, 5000), "consumer");
  natsMsg_Destroy(message);
  natsInbox *inbox = NULL;
  check(natsInbox_Create(&inbox), "inbox");
  check(natsConnection_SubscribeSync(&subscription, connection, inbox), "subscribe");
  natsSubscription_SetPendingLimits(subscription, -1, -1);
  snprintf(subject, sizeof subject, "$JS.API.CONSUMER.MSG.NEXT.%s.discard", stream);

  const int batch = 5000;
  long got = 0, bytes = 0;
  double begun = now();
  while (got < wanted) {
    check(natsConnection_PublishRequestString(
              connection, subject, inbox,
              "{\"batch\":5000,\"expires\":5000000000,\"max_bytes\":16777216}"),
          "pull");
    char reply[256] = "";
    for (int index = 0; index < batch && got < wanted; index++) {
      natsStatus status = natsSubscription_NextMsg(&message, subscription, 6000);
      if (status == NATS_TIMEOUT) break;
      check(status, "next");
      const char *place = natsMsg_GetReply(message);
      if (place == NULL) {  // the pull is over
        natsMsg_Destroy(message);
        break;
      }
      got++;
      bytes += natsMsg_GetDataLength(message);
      strncpy(reply, place, sizeof reply - 1);
      natsMsg_Destroy(message);
    }
    if (reply[0]) {
      check(natsConnection_RequestString(&message, connection, reply, "+ACK", 5000), "ack");
      natsMsg_Destroy(message);
    }
  }
  double seconds = now() - begun;
  printf("{\"messages\":%ld,\"bytes\":%ld,\"seconds\":%.3f}\n", got, bytes, seconds);
  natsSubscription_Destroy(subscription);
  natsConnection_Destroy(connection);
  return 0;
}
