// Locks among the connections of this process: the five states of a database file
// (https://www.sqlite.org/lockingv3.html) and the slots of the shared memory that WAL needs
// (https://www.sqlite.org/walformat.html#locks). Giving up works on dead handles too.

#include <stdlib.h>

#include "Handle.h"

// MARK: The database file

int handle_lock(sqlite3_file *file, int lock) {
  Handle *handle = (Handle *)file;
  Inode *inode = handle->inode;
  int result = SQLITE_OK;
  mutex_enter();
  bool is_reserved_elsewhere = inode->reserved && inode->reserved != handle;
  bool is_closing_elsewhere = inode->pending && inode->pending != handle;
  if (!is_alive(handle)) {
    result = SQLITE_IOERR_LOCK;
  } else if (handle->lock >= lock) {
    result = SQLITE_OK;
  } else if (is_closing_elsewhere || (lock > SQLITE_LOCK_SHARED && is_reserved_elsewhere)) {
    result = SQLITE_BUSY;
  } else if (lock == SQLITE_LOCK_SHARED) {
    inode->sharers++;
    handle->lock = lock;
  } else if (lock == SQLITE_LOCK_RESERVED) {
    inode->reserved = handle;
    handle->lock = lock;
  } else {
    // No new reader comes in while the old ones leave.
    inode->pending = handle;
    handle->lock = SQLITE_LOCK_PENDING;
    if (inode->sharers > 1) {
      result = SQLITE_BUSY;
    } else {
      inode->exclusive = handle;
      handle->lock = SQLITE_LOCK_EXCLUSIVE;
    }
  }
  mutex_leave();
  return result;
}

int handle_unlock(sqlite3_file *file, int lock) {
  Handle *handle = (Handle *)file;
  Inode *inode = handle->inode;
  mutex_enter();
  if (handle->lock > lock) {
    if (inode->reserved == handle) inode->reserved = NULL;
    if (inode->pending == handle) inode->pending = NULL;
    if (inode->exclusive == handle) inode->exclusive = NULL;
    if (lock == SQLITE_LOCK_NONE) inode->sharers--;
    handle->lock = lock;
  }
  mutex_leave();
  return SQLITE_OK;
}

int handle_check_reserved(sqlite3_file *file, int *result) {
  Handle *handle = (Handle *)file;
  mutex_enter();
  bool lives = is_alive(handle);
  *result = lives && (handle->inode->reserved || handle->inode->pending);
  mutex_leave();
  return lives ? SQLITE_OK : SQLITE_IOERR_CHECKRESERVEDLOCK;
}

// MARK: Shared memory

static bool has_regions(SharedMemory *memory, int count) {
  if (memory->region_count >= count) return true;
  void **regions = realloc(memory->regions, (size_t)count * sizeof(void *));
  if (!regions) return false;
  memory->regions = regions;
  while (memory->region_count < count) {
    void *region = calloc(1, (size_t)memory->region_size);
    if (!region) return false;
    regions[memory->region_count++] = region;
  }
  return true;
}

int handle_map(sqlite3_file *file, int region, int size, int extend, void volatile **result) {
  Handle *handle = (Handle *)file;
  Inode *inode = handle->inode;
  int code = SQLITE_OK;
  *result = NULL;
  mutex_enter();
  if (!is_alive(handle)) {
    code = SQLITE_IOERR_SHMMAP;
  } else {
    if (!handle->memory && !inode->memory) {
      inode->memory = calloc(1, sizeof(SharedMemory));
      if (inode->memory) inode->memory->region_size = size;
    }
    if (!handle->memory && inode->memory) {
      handle->memory = inode->memory;
      handle->memory->references++;
    }
    if (!handle->memory) {
      code = SQLITE_IOERR_NOMEM;
    } else if (region < handle->memory->region_count || extend) {
      if (has_regions(handle->memory, region + 1)) {
        *result = handle->memory->regions[region];
      } else {
        code = SQLITE_IOERR_NOMEM;
      }
    }
  }
  mutex_leave();
  return code;
}

static void give_up(Handle *handle, int slot) {
  unsigned bit = 1u << slot;
  if (handle->shared & bit) handle->memory->sharers[slot]--;
  if (handle->exclusive & bit) handle->memory->is_exclusive[slot] = false;
  handle->shared &= ~bit;
  handle->exclusive &= ~bit;
}

int handle_lock_slots(sqlite3_file *file, int offset, int count, int flags) {
  Handle *handle = (Handle *)file;
  SharedMemory *memory = handle->memory;
  if (!memory || offset < 0 || count < 1 || offset + count > LOCK_SLOTS) return SQLITE_IOERR_SHMLOCK;
  int result = SQLITE_OK;
  mutex_enter();
  if (flags & SQLITE_SHM_UNLOCK) {
    for (int slot = offset; slot < offset + count; slot++) give_up(handle, slot);
  } else if (!is_alive(handle)) {
    result = SQLITE_IOERR_SHMLOCK;
  } else {
    bool is_exclusive = flags & SQLITE_SHM_EXCLUSIVE;
    for (int slot = offset; slot < offset + count; slot++) {
      unsigned bit = 1u << slot;
      bool is_taken = memory->is_exclusive[slot] && !(handle->exclusive & bit);
      bool is_shared = memory->sharers[slot] > (handle->shared & bit ? 1 : 0);
      if (is_taken || (is_exclusive && is_shared)) result = SQLITE_BUSY;
    }
    for (int slot = offset; slot < offset + count && result == SQLITE_OK; slot++) {
      give_up(handle, slot);
      if (is_exclusive) {
        memory->is_exclusive[slot] = true;
        handle->exclusive |= 1u << slot;
      } else {
        memory->sharers[slot]++;
        handle->shared |= 1u << slot;
      }
    }
  }
  mutex_leave();
  return result;
}

void handle_barrier(sqlite3_file *file) {
  (void)file;
  mutex_enter();
  mutex_leave();
}

int handle_unmap(sqlite3_file *file, int deletes) {
  (void)deletes;  // the memory goes with its last user in any case
  Handle *handle = (Handle *)file;
  mutex_enter();
  SharedMemory *memory = handle->memory;
  if (memory) {
    for (int slot = 0; slot < LOCK_SLOTS; slot++) give_up(handle, slot);
    handle->memory = NULL;
    if (--memory->references == 0) {
      if (handle->inode->memory == memory) handle->inode->memory = NULL;
      for (int region = 0; region < memory->region_count; region++) free(memory->regions[region]);
      free(memory->regions);
      free(memory);
    }
  }
  mutex_leave();
  return SQLITE_OK;
}
