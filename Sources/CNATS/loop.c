#include <poll.h>

#include "CNATS.h"

// libnats' callbacks: they only note what it wants. All of them are called by the thread that
// connects, turns or closes, as such a connection has no thread and no timer of its own.

static unsigned attach(void **data, void *loop, natsConnection *connection, int descriptor) {
  (void)connection;
  daybook_nats_loop *state = loop;
  state->descriptor = descriptor;
  state->wantsToWrite = false;
  *data = state;
  return daybook_NATS_OK;
}

// It always wants to read until it detaches.
static unsigned want_read(void *data, bool wants) {
  (void)data, (void)wants;
  return daybook_NATS_OK;
}

static unsigned want_write(void *data, bool wants) {
  ((daybook_nats_loop *)data)->wantsToWrite = wants;
  return daybook_NATS_OK;
}

static unsigned detach(void *data) {
  ((daybook_nats_loop *)data)->descriptor = -1;
  return daybook_NATS_OK;
}

unsigned daybook_nats_use_loop(natsOptions *options, daybook_nats_loop *loop) {
  loop->descriptor = -1;
  loop->wantsToWrite = false;
  return daybook_natsOptions_SetEventLoop(options, loop, attach, want_read, want_write, detach);
}

int daybook_nats_turn(natsConnection *connection, daybook_nats_loop *loop, int milliseconds) {
  if (loop->descriptor >= 0 && loop->wantsToWrite)
    daybook_natsConnection_ProcessWriteEvent(connection);
  if (loop->descriptor < 0) return -1;
  struct pollfd entry = {.fd = loop->descriptor, .events = POLLIN};
  if (loop->wantsToWrite) entry.events |= POLLOUT;
  if (poll(&entry, 1, milliseconds) <= 0) return 0;
  if (entry.revents & POLLOUT) daybook_natsConnection_ProcessWriteEvent(connection);
  // An error or an end shows itself to whoever reads.
  if (loop->descriptor >= 0 && (entry.revents & ~POLLOUT))
    daybook_natsConnection_ProcessReadEvent(connection);
  return loop->descriptor < 0 ? -1 : 1;
}
