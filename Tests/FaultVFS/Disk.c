// The bytes of a disk, present and durable, and what lies between them. What a power cut leaves of it is in PowerCut.c;
// SQLite's side is in FaultVFS.c.

#include "Disk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static faultvfs_disk *disks;

void mutex_enter(void) { pthread_mutex_lock(&mutex); }
void mutex_leave(void) { pthread_mutex_unlock(&mutex); }

// MARK: Bytes

/// New bytes are zero. False without memory, and nothing has changed.
bool bytes_resize(Bytes *bytes, int64_t size) {
  if (size < 0 || size > MAX_FILE) return false;
  if (size > bytes->capacity) {
    int64_t capacity = bytes->capacity * 2 > size ? bytes->capacity * 2 : size;
    unsigned char *data = realloc(bytes->data, (size_t)capacity);
    if (!data) return false;
    bytes->data = data;
    bytes->capacity = capacity;
  }
  if (size > bytes->size) memset(bytes->data + bytes->size, 0, (size_t)(size - bytes->size));
  bytes->size = size;
  return true;
}

bool bytes_put(Bytes *bytes, int64_t offset, const unsigned char *data, int64_t length) {
  if (length == 0) return true;
  if (offset + length > bytes->size && !bytes_resize(bytes, offset + length)) return false;
  memcpy(bytes->data + offset, data, (size_t)length);
  return true;
}

// MARK: Files

/// One reference, the caller's.
Inode *inode_make(void) {
  Inode *inode = calloc(1, sizeof(Inode));
  if (inode) inode->references = 1;
  return inode;
}

/// Nothing that is not durable yet will become so.
void inode_forget(Inode *inode) {
  while (inode->first) {
    Op *op = inode->first;
    inode->first = op->next;
    free(op);
  }
  inode->last = NULL;
}

void inode_release(Inode *inode) {
  if (!inode || --inode->references > 0) return;
  inode_forget(inode);
  free(inode->present.data);
  free(inode->durable.data);
  free(inode);
}

/// Remembers a change for the next sync or power cut.
bool inode_note(Inode *inode, bool is_truncation, int64_t offset, const unsigned char *data, int64_t length) {
  Op *op = malloc(sizeof(Op) + (size_t)length);
  if (!op) return false;
  op->next = NULL;
  op->offset = offset;
  op->length = length;
  op->is_truncation = is_truncation;
  if (length > 0) memcpy(op->data, data, (size_t)length);
  if (inode->last) {
    inode->last->next = op;
  } else {
    inode->first = op;
  }
  inode->last = op;
  return true;
}

// MARK: Disks

static bool is_name(const char *name) {
  size_t length = strlen(name);
  return length > 0 && length <= MAX_NAME && !strchr(name, '/');
}

faultvfs_disk *disk_named(const char *name, size_t length) {
  for (faultvfs_disk *disk = disks; disk; disk = disk->next) {
    if (strlen(disk->name) == length && memcmp(disk->name, name, length) == 0) return disk;
  }
  return NULL;
}

static void disk_unlist(faultvfs_disk *disk) {
  if (!disk->is_listed) return;
  faultvfs_disk **link = &disks;
  while (*link != disk) link = &(*link)->next;
  *link = disk->next;
  disk->is_listed = false;
  disk->generation++;
}

static void disk_empty(faultvfs_disk *disk) {
  while (disk->entries) {
    Entry *entry = disk->entries;
    disk->entries = entry->next;
    inode_release(entry->present);
    inode_release(entry->durable);
    free(entry);
  }
}

void disk_release(faultvfs_disk *disk) {
  if (--disk->references > 0) return;
  disk_empty(disk);
  free(disk);
}

faultvfs_disk *faultvfs_create(const char *name) {
  if (!is_name(name)) return NULL;
  faultvfs_disk *disk = calloc(1, sizeof(faultvfs_disk));
  if (!disk) return NULL;
  memcpy(disk->name, name, strlen(name) + 1);
  disk->references = 1;
  disk->space = -1;
  mutex_enter();
  faultvfs_disk *other = disk_named(name, strlen(name));
  if (other) disk_unlist(other);
  disk->is_listed = true;
  disk->next = disks;
  disks = disk;
  mutex_leave();
  return disk;
}

void faultvfs_release(faultvfs_disk *disk) {
  mutex_enter();
  disk_unlist(disk);
  disk_release(disk);
  mutex_leave();
}

/// The entry whose file is there at present.
Entry *disk_entry(faultvfs_disk *disk, const char *name) {
  for (Entry *entry = disk->entries; entry; entry = entry->next) {
    if (entry->present && strcmp(entry->name, name) == 0) return entry;
  }
  return NULL;
}

/// Makes the file, which is not there at present. NULL without memory or for a name that is none.
Entry *disk_create(faultvfs_disk *disk, const char *name) {
  if (!is_name(name)) return NULL;
  Entry **link = &disk->entries;
  while (*link && strcmp((*link)->name, name) != 0) link = &(*link)->next;
  Inode *inode = inode_make();
  if (!inode) return NULL;
  if (!*link) {
    *link = calloc(1, sizeof(Entry));
    if (!*link) {
      inode_release(inode);
      return NULL;
    }
    memcpy((*link)->name, name, strlen(name) + 1);
  }
  (*link)->present = inode;
  return *link;
}

static void make_name_durable(Entry *entry) {
  if (entry->present == entry->durable) return;
  inode_release(entry->durable);
  entry->durable = entry->present;
  if (entry->durable) entry->durable->references++;
}

/// Removes the name; the file lives on while a handle or the medium has it.
void disk_unlink(faultvfs_disk *disk, Entry *entry, bool is_durable) {
  if (disk->space >= 0) disk->space += entry->present->present.size;
  inode_release(entry->present);
  entry->present = NULL;
  if (is_durable) make_name_durable(entry);
}

/// Makes the file's changes durable, and every name. Returns an SQLite code.
int disk_sync(faultvfs_disk *disk, Inode *inode) {
  for (Op *op = inode->first; op; op = op->next) {
    bool is_done = op->is_truncation ? bytes_resize(&inode->durable, op->offset)
                                     : bytes_put(&inode->durable, op->offset, op->data, op->length);
    if (!is_done) return SQLITE_IOERR_NOMEM;
  }
  inode_forget(inode);
  for (Entry *entry = disk->entries; entry; entry = entry->next) make_name_durable(entry);
  return SQLITE_OK;
}

int faultvfs_copy(faultvfs_disk *from, faultvfs_disk *to) {
  if (from == to) return SQLITE_OK;
  mutex_enter();
  int result = SQLITE_OK;
  disk_empty(to);
  to->generation++;
  to->has_crashed = false;
  for (Entry *entry = from ? from->entries : NULL; entry && result == SQLITE_OK; entry = entry->next) {
    if (!entry->present) continue;
    Bytes *bytes = &entry->present->present;
    Entry *copy = disk_create(to, entry->name);
    if (copy && bytes_put(&copy->present->present, 0, bytes->data, bytes->size)
        && bytes_put(&copy->present->durable, 0, bytes->data, bytes->size)) {
      make_name_durable(copy);
    } else {
      result = SQLITE_NOMEM;
    }
  }
  mutex_leave();
  return result;
}

bool faultvfs_flip(faultvfs_disk *disk, const char *file, int64_t offset, int bit) {
  mutex_enter();
  Entry *entry = disk_entry(disk, file);
  bool is_there = entry && offset >= 0 && offset < entry->present->present.size && bit >= 0 && bit < 8;
  if (is_there) {
    Inode *inode = entry->present;
    inode->present.data[offset] ^= (unsigned char)(1u << bit);
    if (offset < inode->durable.size) inode->durable.data[offset] ^= (unsigned char)(1u << bit);
  }
  mutex_leave();
  return is_there;
}

bool faultvfs_list(faultvfs_disk *disk, int index, char *name, int capacity) {
  mutex_enter();
  bool is_found = false;
  for (Entry *entry = disk->entries; entry && !is_found; entry = entry->next) {
    if (!entry->present || index-- > 0) continue;
    size_t length = strlen(entry->name) + 1;
    if (capacity < 0 || length > (size_t)capacity) break;
    memcpy(name, entry->name, length);
    is_found = true;
  }
  mutex_leave();
  return is_found;
}

int64_t faultvfs_size(faultvfs_disk *disk, const char *file) {
  mutex_enter();
  Entry *entry = disk_entry(disk, file);
  int64_t size = entry ? entry->present->present.size : -1;
  mutex_leave();
  return size;
}

int64_t faultvfs_read(faultvfs_disk *disk, const char *file, void *bytes, int64_t capacity) {
  mutex_enter();
  Entry *entry = disk_entry(disk, file);
  int64_t count = entry ? entry->present->present.size : 0;
  if (count > capacity) count = capacity;
  if (count > 0) memcpy(bytes, entry->present->present.data, (size_t)count);
  mutex_leave();
  return count;
}
