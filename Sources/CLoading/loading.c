#include "CLoading.h"

#include <dlfcn.h>

void *daybook_open_library(const char *const *names, size_t count, char *why, size_t capacity) {
  for (size_t index = 0; index < count; index++) {
    void *library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
  }
  const char *words = dlerror();
  snprintf(why, capacity, "%s", words ? words : "the library was not found");
  return NULL;
}

void *daybook_find_function(void *library, const char *file, const char *name, char *why,
                            size_t capacity) {
  void *address = dlsym(library, name);
  if (!address) snprintf(why, capacity, "the %s found has no %s", file, name);
  return address;
}
