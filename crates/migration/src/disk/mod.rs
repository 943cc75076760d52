//! Mail on the server's disk: mbox files, Maildirs, folders of `*.eml`, as a source and as a sink;
//! PST files as a source.
//!
//! Everything is opened by the server's user, below the path of the request, and never through a
//! link.

mod detect;
mod eml;
mod files;
mod flags;
mod maildir;
mod mbox;
mod mbox_source;
mod names;
mod pst_source;
mod root;
mod sink;
mod source;
mod tree;

pub use detect::detect;
pub use mbox::messages as mbox_messages;
pub use root::absolute as check_path;
pub use sink::{DiskSink, ExportFolder, target};
pub use source::DiskSource;
