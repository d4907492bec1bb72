// Functions of a library that is loaded when it is first used, decision 0013.
//
// A table names them: FUNCTIONS(X) calls X(result, name, parameters, arguments) for each. One file
// defines the loader with DAYBOOK_LOADER; one compares the table with the library's own header.
#pragma once

#include <pthread.h>
#include <stdio.h>

// The first library of `names` that can be loaded; NULL, and why, without one.
void *daybook_open_library(const char *const *names, size_t count, char *why, size_t capacity);

// The address of a function; without it `why` says so.
void *daybook_find_function(void *library, const char *file, const char *name, char *why,
                            size_t capacity);

#define DAYBOOK_POINTER(result, name, parameters, arguments) static result(*name##_) parameters;

#define DAYBOOK_FORWARD(result, name, parameters, arguments) \
  result daybook_##name parameters { return name##_ arguments; }

#define DAYBOOK_LOOK_UP(result, name, parameters, arguments)                            \
  *(void **)&name##_ = daybook_find_function(library, file, #name, failure, sizeof failure); \
  if (!name##_) return;

// Defines every function of the table, and `load`, which gives NULL or why they cannot be called.
// `library_names` is an array of file names, `what` the library's name for people.
#define DAYBOOK_LOADER(FUNCTIONS, load, what, library_names)                              \
  FUNCTIONS(DAYBOOK_POINTER)                                                              \
  FUNCTIONS(DAYBOOK_FORWARD)                                                              \
  static pthread_once_t once = PTHREAD_ONCE_INIT;                                         \
  static char failure[512];                                                               \
  static void load_once(void) {                                                           \
    static const char file[] = what;                                                      \
    void *library = daybook_open_library(                                                 \
        library_names, sizeof library_names / sizeof *library_names, failure, sizeof failure); \
    if (!library) return;                                                                 \
    FUNCTIONS(DAYBOOK_LOOK_UP)                                                            \
  }                                                                                       \
  const char *load(void) {                                                                \
    pthread_once(&once, load_once);                                                       \
    return failure[0] ? failure : NULL;                                                   \
  }

// Compares a declaration of the table with the library's own.
#define DAYBOOK_COMPARE(result, name, parameters, arguments)                            \
  _Static_assert(__builtin_types_compatible_p(__typeof__(&name), result(*) parameters), \
                 "our header declares " #name " differently than the library's");

// Compares a constant of ours with the library's.
#define DAYBOOK_SAME(name) \
  _Static_assert((int)daybook_##name == (int)name, "our header gives " #name " another value");
