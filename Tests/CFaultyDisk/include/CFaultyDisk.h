// A file layer under SQLite that records what is written and synced, and fails when told to. For tests.
//
// Everything goes through to SQLite's own layer, so the files are real; the record says what a disk
// would have had at each moment.
#ifndef CFAULTYDISK_H
#define CFAULTYDISK_H

#include <stdint.h>

#define NN _Nonnull

typedef struct faulty_disk faulty_disk;

typedef enum faulty_file {
  FAULTY_DATABASE,
  FAULTY_LOG,
  FAULTY_JOURNAL,
  FAULTY_FILES,
} faulty_file;

typedef enum faulty_kind {
  FAULTY_WRITE,
  FAULTY_TRUNCATE,
  FAULTY_SYNC,
  FAULTY_DELETE,
} faulty_kind;

// One recorded operation. `bytes` belongs to the disk; `offset` is the new size of a truncation.
typedef struct faulty_operation {
  faulty_kind kind;
  faulty_file file;
  int64_t offset;
  int64_t count;
  const uint8_t *_Nullable bytes;
} faulty_operation;

// Registers a file layer under `name`, which must be new; 0 when SQLite refuses. Never freed before `end`.
faulty_disk *_Nullable faulty_disk_begin(const char *NN name);
// Unregisters and frees it; no file may be open.
void faulty_disk_end(faulty_disk *NN disk);

int64_t faulty_disk_count(faulty_disk *NN disk);
faulty_operation faulty_disk_operation(faulty_disk *NN disk, int64_t index);

// The sync after the next `count` ones fails, and all later ones; a negative count heals the disk.
// Without `database` only syncs of the write-ahead log count.
void faulty_disk_fail_sync(faulty_disk *NN disk, int64_t count, int of_database);
// Writes beyond this many bytes from now on find the disk full; negative: there is room again.
void faulty_disk_fill(faulty_disk *NN disk, int64_t bytes);

#endif
