// What a disk is made of, for the files of this folder only. Every function here expects the caller to hold the mutex.
#ifndef LIANXIN_FAULT_VFS_DISK_H
#define LIANXIN_FAULT_VFS_DISK_H

#include <sqlite3.h>
#include <stddef.h>

#include "FaultVFS.h"

enum {
  SECTOR = 512,
  LOCK_SLOTS = SQLITE_SHM_NLOCK,
  MAX_NAME = 127,
  // Far above what a simulation needs: a runaway ends in SQLITE_FULL, not in a machine without memory.
  MAX_FILE = 1 << 29,
};

typedef struct {
  unsigned char *data;
  int64_t size, capacity;
} Bytes;

/// A write, or a truncation to `offset`, that no sync has made durable.
typedef struct Op {
  struct Op *next;
  int64_t offset, length;
  bool is_truncation;
  unsigned char data[];
} Op;

/// The shared memory of a WAL database. Dead connections keep their own: SQLite still looks into it.
typedef struct {
  int references;
  int region_count, region_size;
  void **regions;
  int sharers[LOCK_SLOTS];
  bool is_exclusive[LOCK_SLOTS];
} SharedMemory;

/// A file without its name.
typedef struct {
  int references;
  Bytes present, durable;
  Op *first, *last;
  int sharers;
  const void *reserved, *pending, *exclusive;
  SharedMemory *memory;
} Inode;

/// A name, and the file that it means now and would mean after losing what is not durable.
typedef struct Entry {
  struct Entry *next;
  Inode *present, *durable;
  char name[MAX_NAME + 1];
} Entry;

typedef struct {
  int64_t in;
  bool on, forget;
} Plan;

struct faultvfs_disk {
  faultvfs_disk *next;
  int references;
  /// Handles of an older generation are dead.
  int64_t generation;
  bool is_listed, has_crashed;
  Entry *entries;
  Plan plans[FAULTVFS_KINDS];
  int64_t crash_in, space;
  faultvfs_calls calls;
  char name[MAX_NAME + 1];
};

/// What becomes of a call.
typedef enum { CALL_GOES, CALL_FAILS, CALL_IS_LAST } Verdict;

void mutex_enter(void);
void mutex_leave(void);

bool bytes_resize(Bytes *bytes, int64_t size);
bool bytes_put(Bytes *bytes, int64_t offset, const unsigned char *data, int64_t length);

Inode *inode_make(void);
void inode_release(Inode *inode);
bool inode_note(Inode *inode, bool is_truncation, int64_t offset, const unsigned char *data, int64_t length);
void inode_forget(Inode *inode);

faultvfs_disk *disk_named(const char *name, size_t length);
void disk_release(faultvfs_disk *disk);
Entry *disk_entry(faultvfs_disk *disk, const char *name);
Entry *disk_create(faultvfs_disk *disk, const char *name);
void disk_unlink(faultvfs_disk *disk, Entry *entry, bool is_durable);
int disk_sync(faultvfs_disk *disk, Inode *inode);
Verdict disk_call(faultvfs_disk *disk, faultvfs_kind kind);

#endif
