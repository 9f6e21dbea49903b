// A file system in memory under SQLite (a "VFS", https://www.sqlite.org/vfs.html), with the faults that real disks
// have: lost, torn and reordered writes at a power cut, failing calls, no space left, flipped bits. It serves the paths
// `/sim/<disk>/<file>` and hands every other path to the VFS that was the default before.
//
// What a disk promises, and nothing more: bytes are durable after xSync of their file; a new or deleted name is durable
// after the next xSync of any file of the disk, or at once for xDelete with syncDir. A write damages no byte outside
// its range (SQLITE_IOCAP_POWERSAFE_OVERWRITE, as the unix VFS says), but may be torn at every 512th byte of the file.
//
// It has no time and no chance of its own: the same calls and seeds in the same order give the same bytes. Every
// function may be called from every thread; one mutex guards everything.
#ifndef LIANXIN_FAULT_VFS_H
#define LIANXIN_FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

/// A named set of files. A pointer is valid from `faultvfs_create` to `faultvfs_release`.
typedef struct faultvfs_disk faultvfs_disk;

/// What SQLite asks of a disk. All but reads change what a power cut may leave.
typedef enum {
  FAULTVFS_READ = 0,
  FAULTVFS_WRITE = 1,
  FAULTVFS_SYNC = 2,
  FAULTVFS_TRUNCATE = 3,
  FAULTVFS_DELETE = 4,
  FAULTVFS_CREATION = 5,
} faultvfs_kind;

enum { FAULTVFS_KINDS = 6 };

/// Calls since the disk was made, by kind, and bytes written.
typedef struct {
  int64_t of[FAULTVFS_KINDS];
  int64_t bytes;
} faultvfs_calls;

/// Makes this the process's default VFS. Does it once; later calls only return the first result, an SQLite code.
int faultvfs_install(void);

/// From now on SQLite's random numbers (in the whole process, every connection) come from `seed`.
void faultvfs_seed(uint64_t seed);

/// From now on SQLite's clock stands at `milliseconds` of Unix time; below zero it is the system's again.
void faultvfs_set_clock(int64_t milliseconds);

/// Makes an empty disk. One that has the name already loses it: its handles are dead, its owner must still release it.
/// NULL without memory, or where the name is empty, longer than 127 bytes or has a slash.
faultvfs_disk *faultvfs_create(const char *name);

/// Ends the owner's use. Handles that are still open are dead; the memory goes with the last of them.
void faultvfs_release(faultvfs_disk *disk);

/// The power is cut and comes back. Each write, truncation, creation and deletion that is not durable is kept or lost,
/// writes torn as well, as `seed` says; with `lose_all` nothing of it is kept. All handles are dead from here on; new
/// ones see what is left. Ends a planned or past `faultvfs_crash_at`; other faults stay. Returns an SQLite code:
/// without memory the disk stays dead.
int faultvfs_crash(faultvfs_disk *disk, uint64_t seed, bool lose_all);

/// The process is killed: all handles are dead and new ones see every present byte, durable or not, as before. Ends a
/// planned or past `faultvfs_crash_at`. Returns an SQLite code: without memory the disk stays dead.
int faultvfs_kill(faultvfs_disk *disk);

/// The `call`-th changing call from now (1 is the next) does not return well, and nothing after it does anything, as if
/// the process had died there; `faultvfs_crash` decides what is left and revives the disk. That call itself may have
/// been done in part if it is a write, and is not done otherwise. 0 cancels.
void faultvfs_crash_at(faultvfs_disk *disk, int64_t call);

/// True from the call that `faultvfs_crash_at` named until `faultvfs_crash`.
bool faultvfs_has_crashed(faultvfs_disk *disk);

/// The `call`-th call of `kind` from now fails with SQLITE_IOERR_*, and with `on` every later one. 0 cancels. A failing
/// write leaves its first half. A failing sync with `forget` is the one of Linux: what was not synced can still be
/// read, but no later sync makes it durable.
void faultvfs_fail(faultvfs_disk *disk, faultvfs_kind kind, int64_t call, bool on, bool forget);

/// Files may grow by `bytes` in all; then a write that needs more leaves what fits and gives SQLITE_FULL. Below zero:
/// no end.
void faultvfs_fill(faultvfs_disk *disk, int64_t bytes);

/// No planned fault any more. Does not revive a disk that has crashed.
void faultvfs_heal(faultvfs_disk *disk);

faultvfs_calls faultvfs_count(faultvfs_disk *disk);

/// Makes `to` hold exactly the present bytes of `from`, durable; nothing where `from` is NULL. The handles of `to` are
/// dead. Returns an SQLite code.
int faultvfs_copy(faultvfs_disk *from, faultvfs_disk *to);

/// Turns one bit of a file over, on the medium. False where there is no such byte.
bool faultvfs_flip(faultvfs_disk *disk, const char *file, int64_t offset, int bit);

/// Writes the name of the `index`-th file with its final zero into `name`; false where there is none or it does not
/// fit.
bool faultvfs_list(faultvfs_disk *disk, int index, char *name, int capacity);

/// Bytes in the file at present, -1 where there is none.
int64_t faultvfs_size(faultvfs_disk *disk, const char *file);

/// Copies present bytes from the start of the file; returns how many.
int64_t faultvfs_read(faultvfs_disk *disk, const char *file, void *bytes, int64_t capacity);

#endif
