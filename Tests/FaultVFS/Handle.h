// An open file, for the files of this folder only.
#ifndef LIANXIN_FAULT_VFS_HANDLE_H
#define LIANXIN_FAULT_VFS_HANDLE_H

#include "Disk.h"

typedef struct {
  sqlite3_file base;
  faultvfs_disk *disk;
  Inode *inode;
  int64_t generation;
  /// SQLITE_LOCK_NONE … SQLITE_LOCK_EXCLUSIVE.
  int lock;
  SharedMemory *memory;
  /// Slots of the shared memory that this handle holds.
  unsigned shared, exclusive;
  bool deletes_on_close;
  char name[MAX_NAME + 1];
} Handle;

/// Its process and its disk have not died. The caller holds the mutex.
static inline bool is_alive(const Handle *handle) {
  return handle->generation == handle->disk->generation && !handle->disk->has_crashed;
}

int handle_lock(sqlite3_file *file, int lock);
int handle_unlock(sqlite3_file *file, int lock);
int handle_check_reserved(sqlite3_file *file, int *result);
int handle_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory);
int handle_lock_slots(sqlite3_file *file, int offset, int count, int flags);
void handle_barrier(sqlite3_file *file);
int handle_unmap(sqlite3_file *file, int deletes);

#endif
