//! What Linux knows of this process (proc(5)).

use std::fs;

/// File descriptors that are open; None where the system does not tell.
pub(super) fn open_descriptors() -> Option<usize> {
    // Reading the folder takes one itself.
    fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count().saturating_sub(1))
}

/// Octets of memory that are in RAM; None where the system does not tell.
pub(super) fn resident_octets() -> Option<u64> {
    resident(&fs::read_to_string("/proc/self/status").ok()?)
}

/// The line `VmRSS: 123 kB`.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn memory_as_the_system_writes_it() {
        assert_eq!(
            resident("VmPeak:\t 9 kB\nVmRSS:\t   12345 kB\nRssAnon: 1 kB\n"),
            Some(12_641_280)
        );
        assert_eq!(resident("VmRSS:\t many kB\n"), None);
        assert_eq!(resident(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_open_file_counts() {
        let files: Vec<_> = (0..500).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        assert!(open_descriptors().unwrap() >= files.len());
        assert!(resident_octets().unwrap() > 0);
    }
}
