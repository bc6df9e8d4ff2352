// hiredis's protocol reader as Swift sees it: no connection, no variadic function. Arrays are bounded here,
// because hiredis makes room for as many elements as the other side announces.
#include <hiredis/hiredis.h>
#include <stdlib.h>

// What the answers to our commands have is three; a push has as many.
enum { HAWKER_REDIS_ELEMENTS_MAX = 8 };

static inline void *hawker_redis_array(const redisReadTask *task, int elements) {
  if (elements > HAWKER_REDIS_ELEMENTS_MAX) return NULL;
  return ((redisReplyObjectFunctions *)task->privdata)->createArray(task, elements);
}

static inline redisReader *_Nullable hawker_redis_reader_make(void) {
  redisReader *reader = redisReaderCreate();
  if (!reader) return NULL;
  redisReplyObjectFunctions *own = malloc(sizeof *own);
  if (!own) {
    redisReaderFree(reader);
    return NULL;
  }
  *own = *reader->fn;
  own->createArray = hawker_redis_array;
  reader->privdata = reader->fn;
  reader->fn = own;
  return reader;
}

static inline void hawker_redis_reader_free(redisReader *_Nonnull reader) {
  redisReplyObjectFunctions *own = reader->fn;
  redisReaderFree(reader);
  free(own);
}
