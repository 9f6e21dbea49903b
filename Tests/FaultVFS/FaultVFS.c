// SQLite's side: the methods of an open file and of the VFS (https://www.sqlite.org/c3ref/io_methods.html,
// https://www.sqlite.org/c3ref/vfs.html). Paths outside /sim go to the VFS that was the default before.

#include "FaultVFS.h"

#include <pthread.h>
#include <string.h>

#include "Handle.h"

static const char prefix[] = "/sim/";
static sqlite3_vfs *parent;

// MARK: An open file

static int file_close(sqlite3_file *file) {
  Handle *handle = (Handle *)file;
  handle_unmap(file, 0);
  handle_unlock(file, SQLITE_LOCK_NONE);
  mutex_enter();
  if (handle->deletes_on_close && is_alive(handle)) {
    Entry *entry = disk_entry(handle->disk, handle->name);
    if (entry && entry->present == handle->inode) disk_unlink(handle->disk, entry, false);
  }
  inode_release(handle->inode);
  disk_release(handle->disk);
  mutex_leave();
  return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *bytes, int amount, sqlite3_int64 offset) {
  Handle *handle = (Handle *)file;
  mutex_enter();
  int result = SQLITE_OK;
  if (!is_alive(handle) || disk_call(handle->disk, FAULTVFS_READ) != CALL_GOES) {
    result = SQLITE_IOERR_READ;
  } else {
    Bytes *present = &handle->inode->present;
    int64_t count = present->size - offset;
    if (count > amount) count = amount;
    if (count < 0) count = 0;
    if (count > 0) memcpy(bytes, present->data + offset, (size_t)count);
    if (count < amount) {
      // SQLite wants zeros for what is not there.
      memset((unsigned char *)bytes + count, 0, (size_t)(amount - count));
      result = SQLITE_IOERR_SHORT_READ;
    }
  }
  mutex_leave();
  return result;
}

/// Writes as much as the space allows.
static int put(Handle *handle, int64_t offset, const unsigned char *bytes, int64_t amount) {
  faultvfs_disk *disk = handle->disk;
  Bytes *present = &handle->inode->present;
  int result = SQLITE_OK;
  int64_t growth = offset + amount - present->size;
  if (disk->space >= 0 && growth > disk->space) {
    result = SQLITE_FULL;
    amount -= growth - disk->space;
    growth = disk->space;
  }
  if (amount <= 0) return result;
  if (offset + amount > MAX_FILE) return SQLITE_FULL;
  if (!inode_note(handle->inode, false, offset, bytes, amount)) return SQLITE_IOERR_NOMEM;
  if (!bytes_put(present, offset, bytes, amount)) return SQLITE_IOERR_NOMEM;
  if (disk->space >= 0 && growth > 0) disk->space -= growth;
  disk->calls.bytes += amount;
  return result;
}

static int file_write(sqlite3_file *file, const void *bytes, int amount, sqlite3_int64 offset) {
  Handle *handle = (Handle *)file;
  mutex_enter();
  int result = SQLITE_IOERR_WRITE;
  if (is_alive(handle)) {
    switch (disk_call(handle->disk, FAULTVFS_WRITE)) {
      case CALL_GOES: result = put(handle, offset, bytes, amount); break;
      case CALL_FAILS: (void)put(handle, offset, bytes, amount / 2); break;
      case CALL_IS_LAST: (void)put(handle, offset, bytes, amount); break;  // the power cut will tear it, or not
    }
  }
  mutex_leave();
  return result;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
  Handle *handle = (Handle *)file;
  mutex_enter();
  int result = SQLITE_OK;
  Bytes *present = &handle->inode->present;
  if (!is_alive(handle) || disk_call(handle->disk, FAULTVFS_TRUNCATE) != CALL_GOES) {
    result = SQLITE_IOERR_TRUNCATE;
  } else if (size < present->size) {
    if (inode_note(handle->inode, true, size, NULL, 0)) {
      if (handle->disk->space >= 0) handle->disk->space += present->size - size;
      present->size = size;
    } else {
      result = SQLITE_IOERR_NOMEM;
    }
  }
  mutex_leave();
  return result;
}

static int file_sync(sqlite3_file *file, int flags) {
  (void)flags;
  Handle *handle = (Handle *)file;
  mutex_enter();
  int result = SQLITE_IOERR_FSYNC;
  if (is_alive(handle)) {
    switch (disk_call(handle->disk, FAULTVFS_SYNC)) {
      case CALL_GOES: result = disk_sync(handle->disk, handle->inode); break;
      case CALL_FAILS:
        if (handle->disk->plans[FAULTVFS_SYNC].forget) inode_forget(handle->inode);
        break;
      case CALL_IS_LAST: break;
    }
  }
  mutex_leave();
  return result;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
  Handle *handle = (Handle *)file;
  mutex_enter();
  bool lives = is_alive(handle);
  if (lives) *size = handle->inode->present.size;
  mutex_leave();
  return lives ? SQLITE_OK : SQLITE_IOERR_FSTAT;
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
  (void)file, (void)operation, (void)argument;
  return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file) {
  (void)file;
  return 4096;  // as the unix VFS says; tearing is finer, which SQLite must not rely on
}

static int file_characteristics(sqlite3_file *file) {
  (void)file;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = handle_lock,
    .xUnlock = handle_unlock,
    .xCheckReservedLock = handle_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = handle_map,
    .xShmLock = handle_lock_slots,
    .xShmBarrier = handle_barrier,
    .xShmUnmap = handle_unmap,
};

// MARK: The file system

static bool is_ours(const char *path) { return path && strncmp(path, prefix, sizeof(prefix) - 1) == 0; }

/// The listed disk of a path of ours, NULL where there is none; `file` is what follows its name.
static faultvfs_disk *disk_of(const char *path, const char **file) {
  const char *name = path + sizeof(prefix) - 1;
  const char *slash = strchr(name, '/');
  if (!slash) return NULL;
  *file = slash + 1;
  return disk_named(name, (size_t)(slash - name));
}

static int open_ours(const char *path, Handle *handle, int flags) {
  const char *name = NULL;
  faultvfs_disk *disk = disk_of(path, &name);
  if (!disk) return SQLITE_CANTOPEN;
  if (disk->has_crashed) return SQLITE_IOERR;
  Entry *entry = disk_entry(disk, name);
  bool is_new = !entry;
  if (is_new ? !(flags & SQLITE_OPEN_CREATE) : (flags & SQLITE_OPEN_CREATE) && (flags & SQLITE_OPEN_EXCLUSIVE)) {
    return SQLITE_CANTOPEN;
  }
  if (is_new) {
    if (disk_call(disk, FAULTVFS_CREATION) != CALL_GOES) return SQLITE_CANTOPEN;
    entry = disk_create(disk, name);
    if (!entry) return SQLITE_CANTOPEN;
  }
  memset(handle, 0, sizeof(Handle));
  memcpy(handle->name, entry->name, sizeof(handle->name));
  handle->disk = disk;
  handle->inode = entry->present;
  handle->generation = disk->generation;
  handle->deletes_on_close = flags & SQLITE_OPEN_DELETEONCLOSE;
  handle->base.pMethods = &file_methods;
  disk->references++;
  entry->present->references++;
  return SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out) {
  (void)vfs;
  if (!is_ours(path)) return parent->xOpen(parent, path, file, flags, out);
  file->pMethods = NULL;
  mutex_enter();
  int result = open_ours(path, (Handle *)file, flags);
  mutex_leave();
  if (result == SQLITE_OK && out) *out = flags;
  return result;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int is_durable) {
  (void)vfs;
  if (!is_ours(path)) return parent->xDelete(parent, path, is_durable);
  mutex_enter();
  int result = SQLITE_OK;
  const char *name = NULL;
  faultvfs_disk *disk = disk_of(path, &name);
  Entry *entry = disk ? disk_entry(disk, name) : NULL;
  if (disk && disk->has_crashed) {
    result = SQLITE_IOERR_DELETE;
  } else if (!entry) {
    result = SQLITE_IOERR_DELETE_NOENT;
  } else if (disk_call(disk, FAULTVFS_DELETE) != CALL_GOES) {
    result = SQLITE_IOERR_DELETE;
  } else {
    disk_unlink(disk, entry, is_durable);
  }
  mutex_leave();
  return result;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
  (void)vfs;
  if (!is_ours(path)) return parent->xAccess(parent, path, flags, result);
  mutex_enter();
  const char *name = NULL;
  faultvfs_disk *disk = disk_of(path, &name);
  bool lives = !disk || !disk->has_crashed;
  Entry *entry = disk ? disk_entry(disk, name) : NULL;
  // Like the unix VFS: an empty journal is none.
  *result = lives && entry && (flags != SQLITE_ACCESS_EXISTS || entry->present->present.size > 0);
  mutex_leave();
  return lives ? SQLITE_OK : SQLITE_IOERR_ACCESS;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int capacity, char *full) {
  (void)vfs;
  if (!is_ours(path)) return parent->xFullPathname(parent, path, capacity, full);
  size_t length = strlen(path) + 1;
  if (capacity < 0 || length > (size_t)capacity) return SQLITE_CANTOPEN;
  memcpy(full, path, length);
  return SQLITE_OK;
}

static void *vfs_dl_open(sqlite3_vfs *vfs, const char *path) {
  (void)vfs;
  return parent->xDlOpen(parent, path);
}

static void vfs_dl_error(sqlite3_vfs *vfs, int count, char *message) {
  (void)vfs;
  parent->xDlError(parent, count, message);
}

static void (*vfs_dl_symbol(sqlite3_vfs *vfs, void *library, const char *symbol))(void) {
  (void)vfs;
  return parent->xDlSym(parent, library, symbol);
}

static void vfs_dl_close(sqlite3_vfs *vfs, void *library) {
  (void)vfs;
  parent->xDlClose(parent, library);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
  (void)vfs;
  return parent->xSleep(parent, microseconds);
}

static int vfs_last_error(sqlite3_vfs *vfs, int count, char *message) {
  (void)vfs;
  return parent->xGetLastError(parent, count, message);
}

// MARK: Chance and time

static bool is_seeded;
static uint64_t random_state;
static int64_t clock_milliseconds = -1;

void faultvfs_seed(uint64_t seed) {
  mutex_enter();
  is_seeded = true;
  random_state = seed;
  mutex_leave();
  // SQLite then asks its default VFS for a new seed.
  sqlite3_randomness(0, NULL);
}

void faultvfs_set_clock(int64_t milliseconds) {
  mutex_enter();
  clock_milliseconds = milliseconds;
  mutex_leave();
}

static int vfs_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
  (void)vfs;
  mutex_enter();
  bool seeded = is_seeded;
  for (int index = 0; seeded && index < count; index++) {
    // Knuth's MMIX generator; its high bits are good enough to seed another.
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    bytes[index] = (char)(random_state >> 56);
  }
  mutex_leave();
  return seeded ? count : parent->xRandomness(parent, count, bytes);
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *julian_milliseconds) {
  (void)vfs;
  mutex_enter();
  int64_t milliseconds = clock_milliseconds;
  mutex_leave();
  if (milliseconds >= 0) {
    *julian_milliseconds = milliseconds + INT64_C(210866760000000);
    return SQLITE_OK;
  }
  if (parent->iVersion >= 2 && parent->xCurrentTimeInt64) {
    return parent->xCurrentTimeInt64(parent, julian_milliseconds);
  }
  double days = 0;
  int result = parent->xCurrentTime(parent, &days);
  *julian_milliseconds = (sqlite3_int64)(days * 86400000.0);
  return result;
}

static int vfs_time_in_days(sqlite3_vfs *vfs, double *days) {
  sqlite3_int64 milliseconds = 0;
  int result = vfs_time(vfs, &milliseconds);
  *days = (double)milliseconds / 86400000.0;
  return result;
}

// MARK: Installation

static sqlite3_vfs vfs = {
    .iVersion = 2,
    .zName = "lianxin-fault",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xDlOpen = vfs_dl_open,
    .xDlError = vfs_dl_error,
    .xDlSym = vfs_dl_symbol,
    .xDlClose = vfs_dl_close,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time_in_days,
    .xGetLastError = vfs_last_error,
    .xCurrentTimeInt64 = vfs_time,
};

static int installed = SQLITE_ERROR;

static void install(void) {
  parent = sqlite3_vfs_find(NULL);
  if (!parent) return;
  // A handle of ours and one of the parent's share the memory that SQLite gives.
  vfs.szOsFile = parent->szOsFile > (int)sizeof(Handle) ? parent->szOsFile : (int)sizeof(Handle);
  vfs.mxPathname = parent->mxPathname;
  installed = sqlite3_vfs_register(&vfs, 1);
}

int faultvfs_install(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
  return installed;
}
