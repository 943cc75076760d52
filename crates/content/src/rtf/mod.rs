//! Bodies in RTF, as MAPI keeps them in PidTagRtfCompressed: decompressed ([MS-OXRTFCP]), and read
//! as the text or the HTML that they were made of ([MS-OXRTFEX]).
//!
//! What it is not: no renderer. Of RTF that was written as such the text is read, not how it looks.
//! Both functions are total, and linear in what they read up to `RTF_OCTETS_MAX`.

mod decompress;
mod read;

pub use decompress::decompress;
pub use read::{RtfBody, read};
