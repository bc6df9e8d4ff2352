// The file layer: SQLite's own, with a record beside it.
#include "CFaultyDisk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct faulty_disk {
  sqlite3_vfs vfs;
  sqlite3_vfs *real;
  char *name;
  pthread_mutex_t mutex;
  faulty_operation *operations;
  int64_t count, capacity;
  int64_t syncs_left;
  int sync_of_database;
  int64_t bytes_left;
};

// The real file's structure lies behind ours.
typedef struct faulty_handle {
  sqlite3_file base;
  faulty_disk *disk;
  faulty_file kind;
} faulty_handle;

static sqlite3_file *real_of(sqlite3_file *file) { return (sqlite3_file *)((faulty_handle *)file + 1); }
static faulty_disk *disk_of(sqlite3_file *file) { return ((faulty_handle *)file)->disk; }

static void record(faulty_disk *disk, faulty_operation operation) {
  if (operation.file == FAULTY_FILES) return;
  pthread_mutex_lock(&disk->mutex);
  if (disk->count == disk->capacity) {
    disk->capacity = disk->capacity ? disk->capacity * 2 : 1024;
    disk->operations =
        realloc(disk->operations, (size_t)disk->capacity * sizeof *disk->operations);
  }
  if (operation.bytes) {
    uint8_t *copy = malloc((size_t)operation.count);
    memcpy(copy, operation.bytes, (size_t)operation.count);
    operation.bytes = copy;
  }
  disk->operations[disk->count++] = operation;
  pthread_mutex_unlock(&disk->mutex);
}

static int has_room(faulty_disk *disk, int64_t count) {
  pthread_mutex_lock(&disk->mutex);
  int fits = disk->bytes_left < 0 || disk->bytes_left >= count;
  if (fits && disk->bytes_left >= 0) disk->bytes_left -= count;
  pthread_mutex_unlock(&disk->mutex);
  return fits;
}

static int sync_fails(faulty_disk *disk, faulty_file kind) {
  pthread_mutex_lock(&disk->mutex);
  int fails = 0;
  if (disk->syncs_left >= 0 && kind == (disk->sync_of_database ? FAULTY_DATABASE : FAULTY_LOG)) {
    if (disk->syncs_left == 0) fails = 1;
    else disk->syncs_left--;
  }
  pthread_mutex_unlock(&disk->mutex);
  return fails;
}

static int file_close(sqlite3_file *file) {
  sqlite3_file *real = real_of(file);
  return real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
}
static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
  return real_of(file)->pMethods->xRead(real_of(file), bytes, count, offset);
}
static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
  if (!has_room(disk_of(file), count)) return SQLITE_FULL;
  int code = real_of(file)->pMethods->xWrite(real_of(file), bytes, count, offset);
  if (code == SQLITE_OK)
    record(disk_of(file), (faulty_operation){FAULTY_WRITE, ((faulty_handle *)file)->kind, offset,
                                             count, bytes});
  return code;
}
static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
  int code = real_of(file)->pMethods->xTruncate(real_of(file), size);
  if (code == SQLITE_OK)
    record(disk_of(file),
           (faulty_operation){FAULTY_TRUNCATE, ((faulty_handle *)file)->kind, size, 0, NULL});
  return code;
}
static int file_sync(sqlite3_file *file, int flags) {
  faulty_file kind = ((faulty_handle *)file)->kind;
  if (sync_fails(disk_of(file), kind)) return SQLITE_IOERR_FSYNC;
  int code = real_of(file)->pMethods->xSync(real_of(file), flags);
  if (code == SQLITE_OK)
    record(disk_of(file), (faulty_operation){FAULTY_SYNC, kind, 0, 0, NULL});
  return code;
}
static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
  return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
static int file_lock(sqlite3_file *file, int level) {
  return real_of(file)->pMethods->xLock(real_of(file), level);
}
static int file_unlock(sqlite3_file *file, int level) {
  return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
static int file_check_lock(sqlite3_file *file, int *result) {
  return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}
static int file_control(sqlite3_file *file, int operation, void *argument) {
  return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}
static int file_sector_size(sqlite3_file *file) {
  return real_of(file)->pMethods->xSectorSize(real_of(file));
}
static int file_characteristics(sqlite3_file *file) {
  // Batches of writes would go past the record.
  return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file)) &
         ~SQLITE_IOCAP_BATCH_ATOMIC;
}
static int file_shm_map(sqlite3_file *file, int page, int bytes, int extend, void volatile **at) {
  return real_of(file)->pMethods->xShmMap(real_of(file), page, bytes, extend, at);
}
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
  return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
static void file_shm_barrier(sqlite3_file *file) {
  real_of(file)->pMethods->xShmBarrier(real_of(file));
}
static int file_shm_unmap(sqlite3_file *file, int remove) {
  return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

// Version 2: no memory-mapped reads and writes, which would go past the record.
static const sqlite3_io_methods file_methods = {
    2, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock,
    file_unlock, file_check_lock, file_control, file_sector_size, file_characteristics,
    file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, NULL, NULL,
};

static faulty_file kind_of(int flags) {
  if (flags & SQLITE_OPEN_MAIN_DB) return FAULTY_DATABASE;
  if (flags & SQLITE_OPEN_WAL) return FAULTY_LOG;
  if (flags & SQLITE_OPEN_MAIN_JOURNAL) return FAULTY_JOURNAL;
  return FAULTY_FILES;
}

static int disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                     int *out_flags) {
  faulty_disk *disk = vfs->pAppData;
  faulty_handle *handle = (faulty_handle *)file;
  memset(handle, 0, sizeof *handle + (size_t)disk->real->szOsFile);
  handle->disk = disk;
  handle->kind = kind_of(flags);
  int code = disk->real->xOpen(disk->real, name, real_of(file), flags, out_flags);
  handle->base.pMethods = code == SQLITE_OK ? &file_methods : NULL;
  return code;
}
static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync) {
  faulty_disk *disk = vfs->pAppData;
  int code = disk->real->xDelete(disk->real, name, sync);
  const char *suffix = strrchr(name, '-');
  faulty_file kind = FAULTY_FILES;
  if (suffix && strcmp(suffix, "-wal") == 0) kind = FAULTY_LOG;
  if (suffix && strcmp(suffix, "-journal") == 0) kind = FAULTY_JOURNAL;
  if (code == SQLITE_OK) record(disk, (faulty_operation){FAULTY_DELETE, kind, 0, 0, NULL});
  return code;
}
static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
  faulty_disk *disk = vfs->pAppData;
  return disk->real->xAccess(disk->real, name, flags, result);
}
static int disk_path(sqlite3_vfs *vfs, const char *name, int count, char *out) {
  faulty_disk *disk = vfs->pAppData;
  return disk->real->xFullPathname(disk->real, name, count, out);
}
static int disk_random(sqlite3_vfs *vfs, int count, char *out) {
  faulty_disk *disk = vfs->pAppData;
  return disk->real->xRandomness(disk->real, count, out);
}
static int disk_sleep(sqlite3_vfs *vfs, int microseconds) {
  faulty_disk *disk = vfs->pAppData;
  return disk->real->xSleep(disk->real, microseconds);
}
static int disk_time(sqlite3_vfs *vfs, double *time) {
  faulty_disk *disk = vfs->pAppData;
  return disk->real->xCurrentTime(disk->real, time);
}
static int disk_last_error(sqlite3_vfs *vfs, int count, char *out) {
  faulty_disk *disk = vfs->pAppData;
  return disk->real->xGetLastError ? disk->real->xGetLastError(disk->real, count, out) : 0;
}

faulty_disk *faulty_disk_begin(const char *name) {
  if (sqlite3_initialize() != SQLITE_OK) return NULL;
  faulty_disk *disk = calloc(1, sizeof *disk);
  disk->real = sqlite3_vfs_find(NULL);
  disk->name = strdup(name);
  pthread_mutex_init(&disk->mutex, NULL);
  disk->syncs_left = -1;
  disk->bytes_left = -1;
  disk->vfs = (sqlite3_vfs){
      .iVersion = 1,
      .szOsFile = (int)sizeof(faulty_handle) + disk->real->szOsFile,
      .mxPathname = disk->real->mxPathname,
      .zName = disk->name,
      .pAppData = disk,
      .xOpen = disk_open,
      .xDelete = disk_delete,
      .xAccess = disk_access,
      .xFullPathname = disk_path,
      .xRandomness = disk_random,
      .xSleep = disk_sleep,
      .xCurrentTime = disk_time,
      .xGetLastError = disk_last_error,
  };
  if (sqlite3_vfs_register(&disk->vfs, 0) == SQLITE_OK) return disk;
  free(disk->name);
  free(disk);
  return NULL;
}

void faulty_disk_end(faulty_disk *disk) {
  sqlite3_vfs_unregister(&disk->vfs);
  for (int64_t index = 0; index < disk->count; index++)
    free((void *)disk->operations[index].bytes);
  free(disk->operations);
  pthread_mutex_destroy(&disk->mutex);
  free(disk->name);
  free(disk);
}

int64_t faulty_disk_count(faulty_disk *disk) {
  pthread_mutex_lock(&disk->mutex);
  int64_t count = disk->count;
  pthread_mutex_unlock(&disk->mutex);
  return count;
}

faulty_operation faulty_disk_operation(faulty_disk *disk, int64_t index) {
  pthread_mutex_lock(&disk->mutex);
  faulty_operation operation = disk->operations[index];
  pthread_mutex_unlock(&disk->mutex);
  return operation;
}

void faulty_disk_fail_sync(faulty_disk *disk, int64_t count, int of_database) {
  pthread_mutex_lock(&disk->mutex);
  disk->syncs_left = count;
  disk->sync_of_database = of_database;
  pthread_mutex_unlock(&disk->mutex);
}

void faulty_disk_fill(faulty_disk *disk, int64_t bytes) {
  pthread_mutex_lock(&disk->mutex);
  disk->bytes_left = bytes;
  pthread_mutex_unlock(&disk->mutex);
}
