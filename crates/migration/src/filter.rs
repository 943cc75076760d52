//! Which folders of a source are meant: IncludeFolders, ExcludeFolders, SourceRootFolder.

use mailbox::Special;

use crate::folder::SourceFolder;

/// A folder as Exchange's parameters name it: `Projects/2024`, with `/*` behind it for what is
/// below as well; `#Inbox#` for a folder by its purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderPattern {
    start: Start,
    below: Vec<String>,
    subfolders: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    Top,
    Special(Special),
}

impl FolderPattern {
    /// None: empty, or a purpose that no folder has.
    pub fn parse(text: &str) -> Option<Self> {
        let (text, subfolders) = match text.strip_suffix("/*") {
            Some(above) => (above, true),
            None => (text, false),
        };
        let mut names = split_path(text).into_iter().peekable();
        let marked = |name: &String| {
            let purpose = name.strip_prefix('#')?.strip_suffix('#')?;
            Some(purpose.to_owned())
        };
        let start = match names.peek().and_then(marked) {
            None => Start::Top,
            Some(purpose) => {
                let mut known = Special::NAMES.iter();
                let (_, special) = known.find(|(name, _)| name.eq_ignore_ascii_case(&purpose))?;
                names.next();
                Start::Special(*special)
            }
        };
        let below: Vec<String> = names.collect();
        let named = start != Start::Top || !below.is_empty();
        named.then_some(FolderPattern { start, below, subfolders })
    }

    /// Whether it names the folder of that path; `all` say which one has the purpose.
    fn matches(&self, path: &[String], all: &[SourceFolder]) -> bool {
        let above = match self.start {
            Start::Top => &[][..],
            Start::Special(special) => {
                let found = all.iter().find(|folder| folder.special == Some(special));
                let Some(found) = found else { return false };
                &found.path[..]
            }
        };
        let wanted = above.iter().chain(&self.below);
        let length = above.len() + self.below.len();
        let begins = path.len() >= length && wanted.zip(path).all(|(a, b)| same_name(a, b));
        begins && (self.subfolders || path.len() == length)
    }
}

/// Names between slashes; empty ones do not count.
pub(crate) fn split_path(text: &str) -> Vec<String> {
    text.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

pub(crate) fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Which folders of a source are carried over.
#[derive(Clone, Debug, Default)]
pub struct FolderFilter {
    /// Only what is below this folder, which becomes the top; empty: all.
    pub root: Vec<String>,
    /// Only these; empty: all.
    pub include: Vec<FolderPattern>,
    /// Without these.
    pub exclude: Vec<FolderPattern>,
}

impl FolderFilter {
    /// The folders that are meant, their paths without the root.
    pub fn apply(&self, mut all: Vec<SourceFolder>) -> Vec<SourceFolder> {
        if !self.root.is_empty() {
            all = all.into_iter().filter_map(|folder| self.below_root(folder)).collect();
        }
        let any = |patterns: &[FolderPattern], path: &[String]| {
            patterns.iter().any(|pattern| pattern.matches(path, &all))
        };
        let wanted = |folder: &&SourceFolder| {
            (self.include.is_empty() || any(&self.include, &folder.path))
                && !any(&self.exclude, &folder.path)
        };
        all.iter().filter(wanted).cloned().collect()
    }

    /// A folder below the root. The root's own items keep its last name.
    fn below_root(&self, folder: SourceFolder) -> Option<SourceFolder> {
        let depth = self.root.len();
        let begins = folder.path.len() >= depth
            && self.root.iter().zip(&folder.path).all(|(a, b)| same_name(a, b));
        if !begins {
            return None;
        }
        let cut = if folder.path.len() == depth { depth - 1 } else { depth };
        Some(SourceFolder { path: folder.path[cut..].to_vec(), ..folder })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::special_by_name;

    fn folders() -> Vec<SourceFolder> {
        let all = ["INBOX", "INBOX/Lists", "Work", "Work/2024", "Work/2024/May", "Workshop"];
        let folder = |name: &str| {
            let path = split_path(name);
            let special = special_by_name(&path);
            SourceFolder { place: name.to_owned(), path, special, class: None, units: 0 }
        };
        all.map(folder).to_vec()
    }

    fn shown(filter: &FolderFilter) -> Vec<String> {
        filter.apply(folders()).into_iter().map(|folder| folder.path.join("/")).collect()
    }

    fn patterns(texts: &[&str]) -> Vec<FolderPattern> {
        texts.iter().map(|text| FolderPattern::parse(text).unwrap()).collect()
    }

    #[test]
    fn folders_are_included_and_excluded_as_exchange_names_them() {
        for (include, exclude, expected) in [
            (&[][..], &["Work/*"][..], &["INBOX", "INBOX/Lists", "Workshop"][..]),
            (&["#Inbox#"], &[], &["INBOX"]),
            (&["#inbox#/*"], &[], &["INBOX", "INBOX/Lists"]),
            (&["work/*"], &["Work/2024"], &["Work", "Work/2024/May"]),
            (&["#Drafts#"], &[], &[]),
        ] {
            let (include, exclude) = (patterns(include), patterns(exclude));
            let filter = FolderFilter { root: Vec::new(), include, exclude };
            assert_eq!(shown(&filter), expected);
        }
        assert_eq!(FolderPattern::parse("#Nothing#"), None);
        assert_eq!(FolderPattern::parse("/"), None);
    }

    #[test]
    fn a_root_becomes_the_top() {
        let filter = FolderFilter { root: split_path("Work/2024"), ..FolderFilter::default() };
        assert_eq!(shown(&filter), ["2024", "May"]);
    }
}
