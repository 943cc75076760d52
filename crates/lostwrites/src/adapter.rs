//! From requests of the kernel to the model and back. Decides nothing.
//!
//! The kernel hands over each write before the program goes on, and the pages that a program
//! has changed in a mapping before it asks for a sync; locks it keeps to itself. What is not
//! here (links, extended attributes, …) it answers with "not supported".

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use crate::model::{BLOCK_OCTETS, Inode, Model, Place, Refused, Status};
use crate::mount::{Disk, Powered, lock};

/// How long the kernel may remember what it was told: all changes come from itself.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// Numbers are never used twice.
const GENERATION: Generation = Generation(0);
/// Files are known by their inode alone.
const HANDLE: FileHandle = FileHandle(0);
/// Unit in which the length of a file is told, whatever its file system.
const STAT_BLOCK_OCTETS: u64 = 512;

pub(crate) struct Adapter {
    model: Powered,
    backing: PathBuf,
    owner: (u32, u32),
    disk: Disk,
}

impl Adapter {
    /// All files belong to the owner of `backing`.
    pub(crate) fn new(model: Powered, backing: &Path, disk: Disk) -> io::Result<Self> {
        let metadata = backing.metadata()?;
        let owner = (metadata.uid(), metadata.gid());
        Ok(Adapter { model, backing: backing.into(), owner, disk })
    }

    fn ask<T>(&self, question: impl FnOnce(&mut Model) -> Result<T, Refused>) -> Result<T, Errno> {
        let mut model = lock(&self.model);
        question(model.as_mut().ok_or(Errno::EIO)?).map_err(errno)
    }

    fn sync(&self, sync: impl FnOnce(&mut Model) -> Result<(), Refused>, reply: ReplyEmpty) {
        empty(reply, self.ask(|model| if self.disk == Disk::Lying { Ok(()) } else { sync(model) }));
    }

    fn entry(&self, reply: ReplyEntry, result: Result<Status, Errno>) {
        match result {
            Ok(status) => reply.entry(&REMEMBERED, &self.attributes(status), GENERATION),
            Err(error) => reply.error(error),
        }
    }

    fn status(&self, reply: ReplyAttr, result: Result<Status, Errno>) {
        match result {
            Ok(status) => reply.attr(&REMEMBERED, &self.attributes(status)),
            Err(error) => reply.error(error),
        }
    }

    fn attributes(&self, status: Status) -> FileAttr {
        FileAttr {
            ino: INodeNo(status.inode.0),
            size: status.octets,
            blocks: status.octets.div_ceil(STAT_BLOCK_OCTETS),
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: kind(status),
            perm: permissions(status.mode) as u16,
            nlink: 1,
            uid: self.owner.0,
            gid: self.owner.1,
            rdev: 0,
            blksize: BLOCK_OCTETS as u32,
            flags: 0,
        }
    }
}

impl Filesystem for Adapter {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        self.entry(reply, self.ask(|model| model.lookup(&place(parent, name))));
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        self.status(reply, self.ask(|model| model.status(inode(ino))));
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        if uid.or(gid).is_some() {
            return reply.error(Errno::EPERM);
        }
        let set = |model: &mut Model| {
            mode.map_or(Ok(()), |mode| model.set_mode(inode(ino), permissions(mode)))?;
            size.map_or(Ok(()), |size| model.resize(inode(ino), size))?;
            model.status(inode(ino))
        };
        self.status(reply, self.ask(set));
    }

    fn mkdir(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _umask: u32,
        reply: ReplyEntry,
    ) {
        let made = self.ask(|model| model.make_directory(place(parent, name), permissions(mode)));
        self.entry(reply, made);
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        match self.ask(|model| model.make_file(place(parent, name), permissions(mode))) {
            Ok(status) => {
                let attributes = self.attributes(status);
                let flags = FopenFlags::FOPEN_KEEP_CACHE;
                reply.created(&REMEMBERED, &attributes, GENERATION, HANDLE, flags);
            }
            Err(error) => reply.error(error),
        }
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(HANDLE, FopenFlags::FOPEN_KEEP_CACHE);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(reply, self.ask(|model| model.remove_file(place(parent, name))));
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(reply, self.ask(|model| model.remove_directory(place(parent, name))));
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        if flags.intersects(RenameFlags::RENAME_EXCHANGE | RenameFlags::RENAME_WHITEOUT) {
            return reply.error(Errno::EINVAL);
        }
        let (from, to) = (place(parent, name), place(newparent, newname));
        let rename = |model: &mut Model| match model.lookup(&to) {
            Ok(_) if flags.contains(RenameFlags::RENAME_NOREPLACE) => Err(Refused::Exists),
            _ => model.rename(from, to),
        };
        empty(reply, self.ask(rename));
    }

    fn readdir(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        // An entry's offset is its inode, so that it stays right when others come and go.
        let fill = |model: &mut Model| {
            let entries = model.entries(inode(ino))?;
            let rest = entries.iter().filter(|(status, _)| status.inode.0 > offset);
            for (status, name) in rest {
                let number = status.inode.0;
                if reply.add(INodeNo(number), number, kind(*status), name) {
                    break;
                }
            }
            Ok(())
        };
        match self.ask(fill) {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(error),
        }
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let read =
            |model: &mut Model| model.read(inode(ino), offset, size as usize).map(<[u8]>::to_vec);
        match self.ask(read) {
            Ok(data) => reply.data(&data),
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.ask(|model| model.write(inode(ino), offset, data)) {
            Ok(()) => reply.written(data.len() as u32),
            Err(error) => reply.error(error),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _data: bool, reply: ReplyEmpty) {
        self.sync(|model| model.sync_file(inode(ino)), reply);
    }

    fn fsyncdir(&self, _: &Request, ino: INodeNo, _: FileHandle, _data: bool, reply: ReplyEmpty) {
        self.sync(|model| model.sync_directory(inode(ino)), reply);
    }

    /// The room there is behind the mount; files in memory are few and small beside it.
    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        match rustix::fs::statvfs(&self.backing) {
            Ok(room) => reply.statfs(
                room.f_blocks,
                room.f_bfree,
                room.f_bavail,
                room.f_files,
                room.f_ffree,
                room.f_bsize as u32,
                room.f_namemax as u32,
                room.f_frsize as u32,
            ),
            Err(error) => reply.error(Errno::from_i32(error.raw_os_error())),
        }
    }
}

fn inode(number: INodeNo) -> Inode {
    Inode(number.0)
}

fn place(directory: INodeNo, name: &OsStr) -> Place {
    Place { directory: inode(directory), name: name.to_owned() }
}

fn kind(status: Status) -> FileType {
    match status.is_directory {
        true => FileType::Directory,
        false => FileType::RegularFile,
    }
}

/// A mode without the kind of file.
fn permissions(mode: u32) -> u32 {
    mode & 0o7777
}

fn empty(reply: ReplyEmpty, result: Result<(), Errno>) {
    match result {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

fn errno(refused: Refused) -> Errno {
    match refused {
        Refused::NotFound => Errno::ENOENT,
        Refused::Exists => Errno::EEXIST,
        Refused::NotEmpty => Errno::ENOTEMPTY,
        Refused::IsDirectory => Errno::EISDIR,
        Refused::NotDirectory => Errno::ENOTDIR,
        Refused::AcrossDirectories => Errno::EXDEV,
        Refused::TooLong => Errno::EFBIG,
    }
}
