// Faults by plan, and what a power cut leaves. The only chance in this folder is here, and comes from the caller's
// seed.

#include <stdlib.h>
#include <string.h>

#include "Disk.h"

// MARK: Planned faults

/// Counts a call on a disk that lives, and says what becomes of it.
Verdict disk_call(faultvfs_disk *disk, faultvfs_kind kind) {
  disk->calls.of[kind]++;
  if (kind != FAULTVFS_READ && disk->crash_in > 0 && --disk->crash_in == 0) {
    disk->has_crashed = true;
    return CALL_IS_LAST;
  }
  Plan *plan = &disk->plans[kind];
  if (plan->in == 0 || --plan->in > 0) return CALL_GOES;
  if (plan->on) plan->in = 1;
  return CALL_FAILS;
}

void faultvfs_crash_at(faultvfs_disk *disk, int64_t call) {
  mutex_enter();
  disk->crash_in = call > 0 ? call : 0;
  mutex_leave();
}

bool faultvfs_has_crashed(faultvfs_disk *disk) {
  mutex_enter();
  bool has_crashed = disk->has_crashed;
  mutex_leave();
  return has_crashed;
}

void faultvfs_fail(faultvfs_disk *disk, faultvfs_kind kind, int64_t call, bool on, bool forget) {
  mutex_enter();
  if ((int)kind >= 0 && (int)kind < FAULTVFS_KINDS) {
    disk->plans[kind] = (Plan){.in = call > 0 ? call : 0, .on = on, .forget = forget};
  }
  mutex_leave();
}

void faultvfs_fill(faultvfs_disk *disk, int64_t bytes) {
  mutex_enter();
  disk->space = bytes < 0 ? -1 : bytes;
  mutex_leave();
}

void faultvfs_heal(faultvfs_disk *disk) {
  mutex_enter();
  memset(disk->plans, 0, sizeof(disk->plans));
  disk->crash_in = 0;
  disk->space = -1;
  mutex_leave();
}

faultvfs_calls faultvfs_count(faultvfs_disk *disk) {
  mutex_enter();
  faultvfs_calls calls = disk->calls;
  mutex_leave();
  return calls;
}

// MARK: The power cut

/// How one power cut treats what is not durable.
typedef struct {
  uint64_t state;
  /// Of eight things that are not durable, so many are lost or torn.
  unsigned toll;
  bool loses_all;
} Cut;

/// SplitMix64 (Steele, Lea and Flood 2014).
static uint64_t draw(Cut *cut) {
  uint64_t mixed = (cut->state += 0x9E3779B97F4A7C15u);
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  return mixed ^ (mixed >> 31);
}

static bool is_hit(Cut *cut) { return cut->loses_all || (draw(cut) >> 32) % 8 < cut->toll; }
static bool coin(Cut *cut) { return draw(cut) >> 63; }

/// Each sector of the write is there or not, by itself: disks write them in any order.
static bool put_torn(Bytes *bytes, const Op *op, Cut *cut) {
  for (int64_t at = 0; at < op->length;) {
    int64_t room = SECTOR - (op->offset + at) % SECTOR;
    int64_t count = room < op->length - at ? room : op->length - at;
    if (coin(cut) && !bytes_put(bytes, op->offset + at, op->data + at, count)) return false;
    at += count;
  }
  return true;
}

static bool put_what_survives(Bytes *bytes, const Op *op, Cut *cut) {
  if (!is_hit(cut)) {
    return op->is_truncation ? bytes_resize(bytes, op->offset) : bytes_put(bytes, op->offset, op->data, op->length);
  }
  return op->is_truncation || cut->loses_all || coin(cut) || put_torn(bytes, op, cut);
}

// MARK: The end of every handle

/// The file without its locks and shared memory, one reference. Takes the bytes of `old`, whose handles are dead.
/// NULL without memory.
static Inode *reborn(Inode *old) {
  Inode *fresh = inode_make();
  if (!fresh) return NULL;
  fresh->present = old->present;
  fresh->durable = old->durable;
  fresh->first = old->first;
  fresh->last = old->last;
  old->present = old->durable = (Bytes){0};
  old->first = old->last = NULL;
  return fresh;
}

/// Leaves what the power cut leaves of a file that was just reborn.
static bool settle(Inode *inode, Cut *cut) {
  for (Op *op = inode->first; op; op = op->next) {
    if (!put_what_survives(&inode->durable, op, cut)) return false;
  }
  inode_forget(inode);
  inode->present.size = 0;
  return bytes_put(&inode->present, 0, inode->durable.data, inode->durable.size);
}

int faultvfs_crash(faultvfs_disk *disk, uint64_t seed, bool lose_all) {
  mutex_enter();
  Cut cut = {.state = seed, .loses_all = lose_all};
  cut.toll = (unsigned)((draw(&cut) >> 32) % 9);
  disk->generation++;
  disk->crash_in = 0;
  bool is_whole = true;
  Entry **link = &disk->entries;
  while (*link) {
    Entry *entry = *link;
    bool is_settled = entry->present == entry->durable;
    Inode *old = is_settled || !is_hit(&cut) ? entry->present : entry->durable;
    Inode *fresh = old ? reborn(old) : NULL;
    if (old && !(fresh && settle(fresh, &cut))) is_whole = false;
    inode_release(entry->present);
    inode_release(entry->durable);
    entry->present = entry->durable = fresh;
    if (fresh) {
      fresh->references++;
      link = &entry->next;
    } else {
      *link = entry->next;
      free(entry);
    }
  }
  disk->has_crashed = !is_whole;
  mutex_leave();
  return is_whole ? SQLITE_OK : SQLITE_NOMEM;
}

int faultvfs_kill(faultvfs_disk *disk) {
  mutex_enter();
  disk->generation++;
  disk->crash_in = 0;
  bool is_whole = true;
  for (Entry *entry = disk->entries; entry; entry = entry->next) {
    bool is_settled = entry->present == entry->durable;
    Inode *present = entry->present ? reborn(entry->present) : NULL;
    Inode *durable = is_settled ? present : entry->durable ? reborn(entry->durable) : NULL;
    if (is_settled && durable) durable->references++;
    if ((entry->present && !present) || (entry->durable && !durable)) is_whole = false;
    inode_release(entry->present);
    inode_release(entry->durable);
    entry->present = present;
    entry->durable = durable;
  }
  disk->has_crashed = !is_whole;
  mutex_leave();
  return is_whole ? SQLITE_OK : SQLITE_NOMEM;
}
